//! Our keyer through its public interface, as the product runs it; at 4:4:4 through its entry for tools.

use super::Cut;
use crate::camera::Frame;
use crate::peer::Skip;
use vitrine_media::{Picture, PictureData};
use vitrine_render::key::{Cutout, Keyer, Yuv444, cut_out_444, enlarge, find};
use vitrine_scene::draw::Color;
use vitrine_scene::grade::{Key, KeyGrade, Screen};

/// Tolerance, softness, spill.
pub(super) const KNOBS: [&[f32]; 3] = [
    &[0.02, 0.05, 0.08, 0.12, 0.16, 0.2, 0.27, 0.35, 0.45, 0.6, 0.8],
    &[0.02, 0.045, 0.07, 0.12, 0.2, 0.4, 1.0],
    &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
];

pub(super) fn auto(frames: &[Frame], grade: KeyGrade) -> Result<Vec<Cut>, Skip> {
    let like = Key { grade, ..Key::default() };
    let pictures: Vec<Picture> = frames.iter().filter_map(Frame::picture).collect();
    let found = find(&pictures, &like).ok_or_else(|| Skip("auto found no screen".to_owned()))?;
    run(frames, &found.key)
}

pub(super) fn key(frames: &[Frame], grade: KeyGrade, picked: [f32; 3], knobs: &[f32]) -> Result<Vec<Cut>, Skip> {
    let [r, g, b] = picked.map(|c| (c.clamp(0.0, 1.0) * 255.0).round() as u8);
    let [tolerance, softness, spill] = knobs else { return Err(Skip("three knobs are needed".to_owned())) };
    let screen = Screen::Color(Color { r, g, b, a: 255 });
    run(frames, &Key { screen, tolerance: *tolerance, softness: *softness, spill: *spill, grade, ..Key::default() })
}

fn run(frames: &[Frame], key: &Key) -> Result<Vec<Cut>, Skip> {
    let mut keyer = Keyer::new();
    let one = |frame: &Frame| {
        if frame.full_chroma && key.grade == KeyGrade::Fine {
            let picture = Yuv444 { size: frame.size, y: frame.plane(0), cb: frame.plane(1), cr: frame.plane(2) };
            return cut_out_444(picture, key, false);
        }
        enlarge(&keyer.apply(&frame.picture()?, key))
    };
    let cuts: Option<Vec<Cutout>> = frames.iter().map(one).collect();
    let cuts = cuts.ok_or_else(|| Skip("no screen was found".to_owned()))?;
    Ok(cuts.iter().map(|c| from_rgba(&c.rgba)).collect())
}

/// Bytes R, G, B, A with straight alpha.
pub(super) fn from_rgba(rgba: &[u8]) -> Cut {
    let pixels = rgba.as_chunks::<4>().0.iter().map(|p| p.map(|c| f32::from(c) / 255.0));
    let (rgb, alpha) = pixels.map(|[r, g, b, a]| ([r, g, b], a)).unzip();
    Cut { rgb, alpha }
}
