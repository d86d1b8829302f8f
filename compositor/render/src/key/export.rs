//! One keyed picture at full size for tools: R, G, B and A bytes with straight alpha, and the matte.

use super::bands::{Source, on_this_thread};
use super::find::{find_in, picked, screen_of, space_of};
use super::fine::{Desk, Done};
use super::job::Job;
use super::light::rgb;
use super::screen::ScreenModel;
use super::setting::{Regions, Setting};
use super::simd::Level;
use super::{Keyer, plate};
use vitrine_media::{Picture, PixelFormat, Plane, Size};
use vitrine_scene::grade::{Key, KeyGrade, Screen};

/// A picture cut out of its screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cutout {
    /// Pixels across and down.
    pub size: Size,
    /// `width × height × 4` bytes, R G B A, sRGB-encoded, straight alpha.
    pub rgba: Vec<u8>,
}

impl Cutout {
    /// The matte alone: `width × height` bytes, 255 kept.
    #[must_use]
    pub fn matte(&self) -> Vec<u8> {
        self.rgba.as_chunks::<4>().0.iter().map(|p| p[3]).collect()
    }
}

/// Y'CbCr with chroma as large as luma, limited range: what a measurement without subsampling keys.
#[derive(Clone, Copy, Debug)]
pub struct Yuv444<'a> {
    /// Pixels across and down.
    pub size: Size,
    /// Luma.
    pub y: Plane<'a>,
    /// Blue difference.
    pub cb: Plane<'a>,
    /// Red difference.
    pub cr: Plane<'a>,
}

/// Keys one I420 picture, with `auto` settings in place of the key's own if asked.
///
/// `fine` gives colours at full size; `fast` decides in the chroma plane and has its chroma enlarged.
/// `None` if the picture is in another format or shows no screen.
#[must_use]
pub fn cut_out(picture: &Picture, key: &Key, auto: bool) -> Option<Cutout> {
    if picture.format() != PixelFormat::I420 {
        return None;
    }
    let source = Source::of(picture);
    let key = if auto { find_in(std::iter::once(source), key)?.key } else { key.clone() };
    let plain = key.shrink_px == 0.0 && key.feather_px == 0.0;
    let keyed = Keyer::new().apply(picture, &Key { view: Default::default(), ..key.clone() });
    let mut out = match key.grade {
        KeyGrade::Fast => enlarge(&keyed)?,
        KeyGrade::Fine => fine(source, &key)?,
    };
    if !plain {
        let alpha = keyed.plane(3);
        let rows = out.rgba.chunks_mut(source.size.width as usize * 4).zip(alpha.bytes.chunks(alpha.stride));
        for (to, from) in rows {
            to.as_chunks_mut::<4>().0.iter_mut().zip(from).for_each(|(to, from)| to[3] = *from);
        }
    }
    Some(out)
}

/// Keys one 4:4:4 picture with `fine`, whatever grade the key names; matte tools are left out.
/// `None` if a plane is too short or there is no screen.
#[must_use]
pub fn cut_out_444(picture: Yuv444<'_>, key: &Key, auto: bool) -> Option<Cutout> {
    let fits = |p: Plane<'_>| {
        let (width, height) = (picture.size.width as usize, picture.size.height as usize);
        width > 0 && height > 0 && p.stride >= width && p.bytes.len() >= p.stride * (height - 1) + width
    };
    if ![picture.y, picture.cb, picture.cr].into_iter().all(fits) {
        return None;
    }
    let source = Source::full(picture.size, picture.y, picture.cb, picture.cr);
    let key = Key { grade: KeyGrade::Fine, ..key.clone() };
    let key = if auto { find_in(std::iter::once(source), &key)?.key } else { key };
    fine(source, &key)
}

/// The fine grade at full size.
fn fine(source: Source<'_>, key: &Key) -> Option<Cutout> {
    let (level, size, space) = (Level::best(), source.size, space_of(key));
    let mut model = match &key.screen {
        Screen::Auto => {
            let code = screen_of(level, std::iter::once(source))?;
            ScreenModel::new(space, size, space.of(code[0], code[1], code[2]))
        }
        Screen::Color(color) => ScreenModel::new(space, size, picked(space, *color)),
        Screen::CleanPlate(plate) => plate::model(space, size, plate)?,
    };
    model.update(level, &source, &on_this_thread);
    let job = Job {
        level,
        source,
        grid: &model.grid,
        setting: Setting::of(key),
        regions: Regions::of(key, size),
        backdrop: [0.0; 3],
        // A tool's picture may be uncovered by whoever gets it.
        lean: false,
    };
    let (width, height) = (size.width as usize, size.height as usize);
    let mut rgba = vec![0; width * height * 4];
    let mut desk = Desk::new(&model.grid, source.cells());
    desk.start(&job, 0);
    for pair in 0..source.pairs() {
        desk.pair(&job, pair, None, |done, first, count| {
            let Done::Keyed(chunk) = done else { return };
            for phase in 0..4 {
                for cell in 0..count {
                    let (x, y) = (2 * (first + cell) + phase % 2, 2 * pair + phase / 2);
                    if x < width && y < height {
                        let at = (y * width + x) * 4;
                        let [r, g, b] = [0, 1, 2].map(|c| chunk.rgb[c][phase][cell]);
                        let pixel = [r, g, b, chunk.alpha[phase][cell]].map(|c| (c * 255.0 + 0.5) as u8);
                        rgba[at..at + 4].copy_from_slice(&pixel);
                    }
                }
            }
        });
    }
    Some(Cutout { size, rgba })
}

/// A420 to RGBA at full size: chroma linear between its sites. `None` for other formats.
#[must_use]
pub fn enlarge(picture: &Picture) -> Option<Cutout> {
    if picture.format() != PixelFormat::A420 {
        return None;
    }
    let size = picture.size();
    let (width, height) = (size.width as usize, size.height as usize);
    let half = size.chroma();
    let planes = [0, 1, 2, 3].map(|p| picture.plane(p));
    let chroma = |plane: usize, x: usize, y: usize| {
        let (cells, pairs) = (half.width as usize, half.height as usize);
        let at = |c: usize, r: usize| {
            f32::from(planes[plane].bytes[r.min(pairs - 1) * planes[plane].stride + c.min(cells - 1)])
        };
        let far = if y.is_multiple_of(2) { (y / 2).saturating_sub(1) } else { y / 2 + 1 };
        let column = |c: usize| 0.75 * at(c, y / 2) + 0.25 * at(c, far);
        if x.is_multiple_of(2) { column(x / 2) } else { 0.5 * (column(x / 2) + column(x / 2 + 1)) }
    };
    let mut rgba = Vec::with_capacity(width * height * 4);
    for y in 0..height {
        for x in 0..width {
            let luma = f32::from(planes[0].bytes[y * planes[0].stride + x]);
            let code = rgb(luma, chroma(1, x, y), chroma(2, x, y));
            rgba.extend(code.map(|c| (c.clamp(0.0, 1.0) * 255.0 + 0.5) as u8));
            rgba.push(planes[3].bytes[y * planes[3].stride + x]);
        }
    }
    Some(Cutout { size, rgba })
}
