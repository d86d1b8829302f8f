//! From light to the samples a keyer gets: curve, noise, 8-bit Y'CbCr, chroma subsampling, H.264.

use crate::noise::Random;
use crate::peer::{Skip, pipe};
use crate::truth::{Axis, Coding, Truth, encode};
use std::sync::Arc;
use vitrine_media::{Picture, PictureData, PixelFormat, Plane, ShowTime, Size};

/// Three planes of bytes without padding.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Pixels across and down.
    pub size: Size,
    /// Whether chroma is as large as luma.
    pub full_chroma: bool,
    /// Y, Cb, Cr.
    pub planes: [Vec<u8>; 3],
}

/// Bits a second of the coded axis at 1080p30; other sizes get as many a pixel.
const BITS_PER_SECOND: f64 = 4e6;

impl Frame {
    /// The samples of an I420 picture; `None` for other formats.
    #[must_use]
    pub fn of(picture: &Picture) -> Option<Self> {
        if picture.format() != PixelFormat::I420 {
            return None;
        }
        let plane = |index: usize| {
            let (row, rows) = PixelFormat::I420.plane_bytes(picture.size(), index);
            let plane = picture.plane(index);
            (0..rows).flat_map(|y| plane.bytes[y * plane.stride..][..row].iter().copied()).collect()
        };
        Some(Self { size: picture.size(), full_chroma: false, planes: [plane(0), plane(1), plane(2)] })
    }

    /// The planes one after the other.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.planes.concat()
    }

    /// As a picture of the pipeline, chroma halved if it is not yet.
    #[must_use]
    pub fn picture(&self) -> Option<Picture> {
        let half = self.halved();
        Picture::new(half.size, PixelFormat::I420, ShowTime::ZERO, Arc::new(half))
    }

    fn chroma_width(&self) -> usize {
        if self.full_chroma { self.size.width as usize } else { self.size.chroma().width as usize }
    }

    /// Chroma halved: `[1 2 1] / 4` across on even columns, `[1 1] / 2` down (MPEG-2 siting).
    #[must_use]
    pub fn halved(&self) -> Self {
        if !self.full_chroma {
            return self.clone();
        }
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let half = self.size.chroma();
        let plane = |from: &[u8]| {
            let at = |x: isize, y: usize| {
                let x = x.clamp(0, width as isize - 1) as usize;
                u32::from(from[y.min(height - 1) * width + x])
            };
            let mut out = Vec::with_capacity((half.width * half.height) as usize);
            for y in 0..half.height as usize {
                for x in 0..half.width as isize {
                    let row = |y: usize| at(2 * x - 1, y) + 2 * at(2 * x, y) + at(2 * x + 1, y);
                    out.push(((row(2 * y) + row(2 * y + 1) + 4) / 8) as u8);
                }
            }
            out
        };
        Self {
            size: self.size,
            full_chroma: false,
            planes: [self.planes[0].clone(), plane(&self.planes[1]), plane(&self.planes[2])],
        }
    }

    /// R'G'B' of every pixel, 0 to 1; halved chroma is enlarged linearly.
    #[must_use]
    pub fn rgb(&self) -> Vec<[f32; 3]> {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let (cells, pairs) = (self.size.chroma().width as usize, self.size.chroma().height as usize);
        let chroma = |plane: &[u8], x: usize, y: usize| {
            if self.full_chroma {
                return f32::from(plane[y * width + x]);
            }
            let at = |c: usize, r: usize| f32::from(plane[r.min(pairs - 1) * cells + c.min(cells - 1)]);
            let far = if y.is_multiple_of(2) { (y / 2).saturating_sub(1) } else { y / 2 + 1 };
            let column = |c: usize| 0.75 * at(c, y / 2) + 0.25 * at(c, far);
            if x.is_multiple_of(2) { column(x / 2) } else { 0.5 * (column(x / 2) + column(x / 2 + 1)) }
        };
        let mut out = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let luma = (f32::from(self.planes[0][y * width + x]) - 16.0) / 219.0;
                let cb = (chroma(&self.planes[1], x, y) - 128.0) / 224.0;
                let cr = (chroma(&self.planes[2], x, y) - 128.0) / 224.0;
                let rgb = [luma + 1.5748 * cr, luma - 0.187_324 * cb - 0.468_124 * cr, luma + 1.8556 * cb];
                out.push(rgb.map(|c| c.clamp(0.0, 1.0)));
            }
        }
        out
    }
}

impl PictureData for Frame {
    fn plane(&self, index: usize) -> Plane<'_> {
        let width = if index == 0 { self.size.width as usize } else { self.chroma_width() };
        Plane { bytes: self.planes.get(index).map(Vec::as_slice).unwrap_or_default(), stride: width }
    }
}

/// `count` pictures of a scene that stands still, each with noise of its own.
///
/// # Errors
/// Why the axis can't be made here.
pub fn shoot(truth: &Truth, axis: &Axis, seed: u64, count: usize) -> Result<Vec<Frame>, Skip> {
    let mut random = Random::new(seed ^ 0x00ca_4e4a);
    let frames = (0..count).map(|_| sample(truth, axis.noise, &mut random));
    match axis.coding {
        Coding::Full => Ok(frames.collect()),
        Coding::Half => Ok(frames.map(|f| f.halved()).collect()),
        Coding::H264 => h264(&frames.map(|f| f.halved()).collect::<Vec<_>>()),
    }
}

fn sample(truth: &Truth, noise: f32, random: &mut Random) -> Frame {
    let mut planes = [const { Vec::new() }; 3];
    for light in &truth.seen {
        let [r, g, b] = light.map(|c| (encode(c) + noise / 255.0 * random.normal()).clamp(0.0, 1.0));
        let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
        planes[0].push((16.5 + 219.0 * y) as u8);
        planes[1].push((128.5 + 224.0 * (b - y) / 1.8556) as u8);
        planes[2].push((128.5 + 224.0 * (r - y) / 1.5748) as u8);
    }
    Frame { size: Size::new(truth.width as u32, truth.height as u32), full_chroma: true, planes }
}

/// Codes and decodes the frames, as often as is needed for the rate control to settle.
fn h264(frames: &[Frame]) -> Result<Vec<Frame>, Skip> {
    let Some(first) = frames.first() else { return Ok(Vec::new()) };
    let size = first.size;
    let rate = (BITS_PER_SECOND * size.pixels() as f64 / (1920.0 * 1080.0)).max(20_000.0);
    let (dimensions, rate) = (format!("{}x{}", size.width, size.height), format!("{rate:.0}"));
    let raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", &dimensions, "-r", "30"];
    let repeats = 12_usize.div_ceil(frames.len());
    let input: Vec<u8> = (0..repeats).flat_map(|_| frames.iter().flat_map(Frame::bytes)).collect();
    let code = ["-i", "-", "-c:v", "libx264", "-preset", "veryfast", "-b:v", &rate, "-f", "h264", "-"];
    let stream = pipe("ffmpeg", &[&["-v", "error"], &raw[..], &code[..]].concat(), &input)?;
    let args = ["-v", "error", "-f", "h264", "-i", "-", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"];
    let decoded = pipe("ffmpeg", &args, &stream)?;
    let half = size.chroma().pixels() as usize;
    let length = size.pixels() as usize + 2 * half;
    let all: Vec<_> = decoded.chunks_exact(length).collect();
    let last = all.len().checked_sub(frames.len()).ok_or_else(|| Skip("ffmpeg lost frames".to_owned()))?;
    let cut = |bytes: &[u8]| {
        let (y, chroma) = bytes.split_at(size.pixels() as usize);
        let (cb, cr) = chroma.split_at(half);
        Frame { size, full_chroma: false, planes: [y.to_vec(), cb.to_vec(), cr.to_vec()] }
    };
    Ok(all.into_iter().skip(last).map(cut).collect())
}
