//! Properties of bitmaps that hold with any version of the fonts.

mod assets;
mod hostile;
mod letters;
mod shelf;

use super::*;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use vitrine_scene::draw::Color;
use vitrine_scene::raster::{Align, TextSpec, VerticalAlign};

const WHITE: Color = Color { r: 255, g: 255, b: 255, a: 255 };

/// One rasteriser for all tests: loading the machine's fonts takes longer than any of them.
fn shared() -> MutexGuard<'static, Rasteriser> {
    static SHARED: OnceLock<Mutex<Rasteriser>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| Mutex::new(Rasteriser::new(FontOptions::default())));
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the machine has the families that a test is about; says so if not.
fn have(families: &[&str]) -> bool {
    let shared = shared();
    let missing: Vec<_> = families.iter().filter(|f| !shared.fonts.has_family(f)).collect();
    if !missing.is_empty() {
        println!("skipped: fonts not installed: {missing:?}");
    }
    missing.is_empty()
}

fn text(content: &str) -> TextSpec {
    TextSpec {
        text: content.to_owned(),
        family: "Inter".to_owned(),
        weight: 400,
        italic: false,
        size_px10: 480,
        line_height_pct: 120,
        color: WHITE,
        box_px: (0, 0),
        align: Align::Start,
        valign: VerticalAlign::Top,
        lines_max: 0,
        tabular: false,
        outline: None,
        shadow: None,
    }
}

fn draw(spec: &TextSpec) -> Picture {
    shared().raster(&RasterSpec::Text(spec.clone())).unwrap()
}

fn pixel(picture: &Picture, x: u32, y: u32) -> [u8; 4] {
    let plane = picture.plane(0);
    let at = y as usize * plane.stride + x as usize * 4;
    plane.bytes[at..at + 4].try_into().unwrap()
}

fn pixels(picture: &Picture) -> impl Iterator<Item = (u32, u32, [u8; 4])> + '_ {
    let size = picture.size();
    (0..size.height).flat_map(move |y| (0..size.width).map(move |x| (x, y, pixel(picture, x, y))))
}

/// Left, top, right, bottom of what isn't clear (right and bottom exclusive); `None` if all is.
fn ink(picture: &Picture) -> Option<(u32, u32, u32, u32)> {
    pixels(picture).filter(|(_, _, p)| p[3] > 8).fold(None, |bounds, (x, y, _)| {
        let (l, t, r, b) = bounds.unwrap_or((x, y, x + 1, y + 1));
        Some((l.min(x), t.min(y), r.max(x + 1), b.max(y + 1)))
    })
}

fn is_premultiplied(picture: &Picture) -> bool {
    pixels(picture).all(|(_, _, [r, g, b, a])| r <= a && g <= a && b <= a)
}
