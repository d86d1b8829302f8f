//! `auto`: which colour the screen has, and which settings suit it.

use super::bands::{Source, on_this_thread};
use super::light::{CB, CR, Space, luma, rgb, to_light, yuv};
use super::screen::ScreenModel;
use super::setting::TOLERANCE_BAND;
use super::simd::Level;
use super::spill::Subjects;
use vitrine_media::{Picture, PixelFormat};
use vitrine_scene::draw::Color;
use vitrine_scene::grade::{Key, KeyGrade, Screen};

/// Bins along each axis of the chroma plane: 8 codes wide.
const BINS: usize = 32;
/// Chroma, in codes from grey, under which no screen is sought.
const CHROMA_MIN: f32 = 12.0;
/// Part of the picture that a screen covers at least.
const SHARE_MIN: f32 = 0.02;
/// Samples that are looked at along the longer side.
const LOOKS: usize = 480;

/// What `auto` found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The screen's colour, at its most common place.
    pub color: Color,
    /// Part of the picture that shows bare screen, 0 to 1.
    pub share: f32,
    /// Difference between the lightest and the darkest part of the screen, as a part of its mean light.
    pub unevenness: f32,
    /// Noise of the key value on bare screen (standard deviation; the screen's own chroma is 1).
    pub noise: f32,
    /// A key that suits: `screen` automatic, tolerance and softness from the noise, spill from the subjects.
    pub key: Key,
}

/// Finds the screen in a few pictures of one camera; `None` if no colour covers enough of them.
///
/// Pictures in other formats than I420 are not looked at. The grade of the returned key is `like`'s, and so are its
/// matte tools and regions.
#[must_use]
pub fn find(pictures: &[Picture], like: &Key) -> Option<Found> {
    let pictures: Vec<_> = pictures.iter().filter(|p| p.format() == PixelFormat::I420).collect();
    let sources = pictures.iter().map(|p| Source::of(p));
    find_in(sources, like)
}

pub(crate) fn find_in<'a>(sources: impl Iterator<Item = Source<'a>> + Clone, like: &Key) -> Option<Found> {
    let level = Level::best();
    let code = screen_of(level, sources.clone())?;
    let space = space_of(like);
    let size = sources.clone().next()?.size;
    let mut model = ScreenModel::new(space, size, space.of(code[0], code[1], code[2]));
    let sources = sources.filter(|s| s.size == size);
    for source in sources.clone() {
        model.update(level, &source, &on_this_thread);
    }
    let usual = Key::default().spill;
    let spill = match like.grade {
        // It keys codes, in which lamps and spill don't add up: nothing to tell them apart by.
        KeyGrade::Fast => usual,
        KeyGrade::Fine => {
            let mut subjects = Subjects::new(&model.grid);
            sources.for_each(|source| subjects.add(level, &source, &model.grid));
            subjects.spill(usual)
        }
    };
    let light = &model.grid.planes[0];
    let (least, most) = light.iter().fold((f32::MAX, f32::MIN), |(a, b), v| (a.min(*v), b.max(*v)));
    let mean = light.iter().sum::<f32>() / light.len().max(1) as f32;
    let [r, g, b] = rgb(code[0], code[1], code[2]).map(|c| (c.clamp(0.0, 1.0) * 255.0).round() as u8);
    Some(Found {
        color: Color { r, g, b, a: 255 },
        share: model.share,
        unevenness: (most - least) / mean.max(1e-3),
        noise: model.noise,
        key: suit(&model, spill, like),
    })
}

/// The space in which `key` is made.
pub(crate) const fn space_of(key: &Key) -> Space {
    match key.grade {
        KeyGrade::Fast => super::fast::SPACE,
        KeyGrade::Fine => super::fine::SPACE,
    }
}

/// Settings for what the model measured.
fn suit(model: &ScreenModel, spill: f32, like: &Key) -> Key {
    let band = 0.01 + 1.5 * model.noise;
    Key {
        screen: Screen::Auto,
        tolerance: (band / TOLERANCE_BAND).clamp(0.05, 1.0),
        softness: 0.4,
        spill,
        ..like.clone()
    }
}

/// The most likely screen colour in Y'CbCr codes.
pub(crate) fn screen_of<'a>(level: Level, sources: impl Iterator<Item = Source<'a>>) -> Option<[f32; 3]> {
    let mut bins = vec![[0.0_f32; 4]; BINS * BINS];
    let mut samples = 0.0_f32;
    for source in sources {
        samples += count(level, &source, &mut bins);
    }
    let weight = |at: usize| bins.get(at).map_or(0.0, |b| b[0]);
    let mut best = (0.0, None);
    for at in 0..BINS * BINS {
        let (u, v) = (centre(at % BINS), centre(at / BINS));
        let size = u.hypot(v);
        // Yellow-green through green and cyan to blue; skin, wood and red have more Cr.
        if size < CHROMA_MIN || v > 0.14 * u.abs() + 1.0 {
            continue;
        }
        // Only a peak: next to grey, a bin of colour has grey neighbours.
        if around(at).any(|near| weight(near) > weight(at)) {
            continue;
        }
        let near: f32 = around(at).map(weight).sum();
        let score = near * (size / 224.0).sqrt();
        if score > best.0 && near > SHARE_MIN * samples {
            best = (score, Some(at));
        }
    }
    let mut sums = [0.0_f32; 4];
    for at in around(best.1?) {
        sums.iter_mut().zip(bins[at]).for_each(|(sum, part)| *sum += part);
    }
    let [n, y, cb, cr] = sums;
    Some([y / n, cb / n, cr / n])
}

/// The bin and its eight neighbours.
fn around(at: usize) -> impl Iterator<Item = usize> {
    let (x, y) = (at % BINS, at / BINS);
    let range = |c: usize| c.saturating_sub(1)..=(c + 1).min(BINS - 1);
    range(y).flat_map(move |y| range(x).map(move |x| y * BINS + x))
}

fn centre(bin: usize) -> f32 {
    (bin as f32 + 0.5) * (256.0 / BINS as f32) - 128.0
}

/// Sorts a picture's samples into bins. The outer parts count double: screens reach the picture's edge.
fn count(level: Level, source: &Source<'_>, bins: &mut [[f32; 4]]) -> f32 {
    let (cells, pairs) = (source.cells(), source.pairs());
    let step = (cells.max(pairs) / LOOKS).max(1);
    let mut rows: [Vec<f32>; 3] = std::array::from_fn(|_| vec![0.0; cells]);
    let mut total = 0.0;
    for pair in (0..pairs).step_by(step) {
        source.sites(level, pair, &mut rows);
        for cell in (0..cells).step_by(step) {
            let inner = cell > cells / 6 && cell < cells - cells / 6 && pair > pairs / 6;
            let weight = if inner { 1.0 } else { 2.0 };
            let [y, cb, cr] = [rows[0][cell], rows[1][cell], rows[2][cell]];
            let bin = |c: f32| (c as usize * BINS / 256).min(BINS - 1);
            if let Some(bin) = bins.get_mut(bin(cr) * BINS + bin(cb)) {
                bin.iter_mut().zip([1.0, y, cb, cr]).for_each(|(sum, part)| *sum += weight * part);
            }
            total += weight;
        }
    }
    total
}

/// A colour that a person picked, in the space of a keyer.
pub(crate) fn picked(space: Space, color: Color) -> [f32; 3] {
    let code = [color.r, color.g, color.b].map(|c| f32::from(c) / 255.0);
    let of = |rgb: [f32; 3]| {
        let y = luma(rgb);
        [y, (rgb[2] - y) / CB, (rgb[0] - y) / CR]
    };
    match space {
        Space::Encoded => of(code),
        Space::Linear => yuv(code.map(to_light)),
    }
}
