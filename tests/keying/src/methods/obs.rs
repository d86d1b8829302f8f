//! OBS chroma key v2, written from its published behaviour (formulas, defaults and ranges), not from its source.

use super::Cut;
use crate::camera::Frame;
use crate::truth::{decode, encode};

/// Similarity, smoothness and spill in thousandths, as its dialogue has them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Key colour, R'G'B'.
    pub color: [f32; 3],
    /// "Similarity (1-1000)".
    pub similarity: f32,
    /// "Smoothness (1-1000)".
    pub smoothness: f32,
    /// "Key Color Spill Reduction (1-1000)".
    pub spill: f32,
}

/// Similarity, smoothness, spill; and 1 for the preset colour in place of the picked one.
pub(super) const KNOBS: [&[f32]; 4] = [
    &[20.0, 35.0, 50.0, 65.0, 80.0, 100.0, 120.0, 150.0, 185.0, 230.0, 280.0, 340.0, 370.0, 400.0, 430.0, 470.0],
    &[1.0, 10.0, 20.0, 35.0, 50.0, 65.0, 80.0, 110.0, 140.0, 180.0, 240.0, 320.0],
    &[1.0, 15.0, 30.0, 50.0, 75.0, 100.0, 140.0, 190.0, 250.0, 340.0, 500.0],
    &[0.0, 1.0],
];

impl Settings {
    /// As the filter comes: pure green, or its blue for a blue screen.
    #[must_use]
    pub fn default_for(screen: [f32; 3]) -> Self {
        let color = if screen[2] > screen[1] { [0.0, 0.6, 1.0] } else { [0.0, 1.0, 0.0] };
        Self { color, similarity: 400.0, smoothness: 80.0, spill: 100.0 }
    }

    /// The colour picked from the screen, and the smallest similarity that clears nearly all of what is like it.
    #[must_use]
    pub fn picked(frame: &Frame, color: [f32; 3]) -> Self {
        let target = chroma(color);
        // Whatever is nearer to the screen than half-way to grey counts as screen.
        let reach = 0.5 * (target[0] - GREY).hypot(target[1] - GREY);
        let mut off: Vec<f32> = frame.rgb().into_iter().map(|c| distance(c, target)).filter(|d| *d < reach).collect();
        off.sort_by(f32::total_cmp);
        let clears = off.get(off.len() * 99 / 100).copied().unwrap_or(0.0);
        Self { color, similarity: (clears * 1000.0).clamp(1.0, 1000.0), ..Self::default_for(color) }
    }

    pub(super) fn of(picked: [f32; 3], knobs: &[f32]) -> Self {
        let preset = Self::default_for(picked);
        let [similarity, smoothness, spill, is_preset] = knobs else { return preset };
        let color = if *is_preset > 0.5 { preset.color } else { picked };
        Self { color, similarity: *similarity, smoothness: *smoothness, spill: *spill }
    }
}

/// Cb and Cr of grey.
const GREY: f32 = 0.501_961;

/// How far a colour's Cb and Cr lie from `target`.
fn distance(color: [f32; 3], target: [f32; 2]) -> f32 {
    let [u, v] = chroma(color);
    (u - target[0]).hypot(v - target[1])
}

/// Cb and Cr of an encoded colour, BT.709 limited.
fn chroma([r, g, b]: [f32; 3]) -> [f32; 2] {
    [-0.100_644 * r - 0.338_572 * g + 0.439_216 * b + GREY, 0.439_216 * r - 0.398_942 * g - 0.040_274 * b + GREY]
}

/// Keys one frame.
#[must_use]
pub fn key(frame: &Frame, settings: &Settings) -> Cut {
    let (width, height) = (frame.size.width as usize, frame.size.height as usize);
    let source = frame.rgb();
    let target = chroma(settings.color);
    // The taps lie half a pixel off along one axis each: the sampler's mean of two neighbours.
    let sample = |x: isize, y: isize| {
        let (x, y) = (x.clamp(0, width as isize - 1) as usize, y.clamp(0, height as isize - 1) as usize);
        source[y * width + x]
    };
    let distance = |c: [f32; 3]| distance(c, target);
    let half = |a: [f32; 3], b: [f32; 3]| -> [f32; 3] { std::array::from_fn(|c| 0.5 * (a[c] + b[c])) };
    let mut cut = Cut { rgb: Vec::with_capacity(source.len()), alpha: Vec::with_capacity(source.len()) };
    for y in 0..height as isize {
        for x in 0..width as isize {
            let taps = [
                half(sample(x + 1, y), sample(x + 1, y + 1)),
                half(sample(x - 1, y), sample(x - 1, y - 1)),
                half(sample(x, y - 1), sample(x + 1, y - 1)),
                half(sample(x, y + 1), sample(x - 1, y + 1)),
            ];
            let here = sample(x, y);
            let mean = (distance(here) + 2.0 * taps.into_iter().map(distance).sum::<f32>()) / 9.0;
            let off = mean - settings.similarity / 1000.0;
            let part = |width: f32| {
                let part = (off / (width / 1000.0)).clamp(0.0, 1.0);
                part * part.sqrt()
            };
            let light = here.map(decode);
            let grey = 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2];
            let kept = part(settings.spill);
            cut.rgb.push(light.map(|c| encode(grey + (c - grey) * kept)));
            cut.alpha.push(part(settings.smoothness));
        }
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitrine_media::Size;

    #[test]
    fn a_field_of_the_key_colour_goes_and_grey_stays() {
        let field = |y: u8, cb: u8, cr: u8| Frame {
            size: Size::new(4, 4),
            full_chroma: true,
            planes: [vec![y; 16], vec![cb; 16], vec![cr; 16]],
        };
        let settings = Settings::default_for([0.0, 1.0, 0.0]);
        // BT.709 limited codes of pure green.
        assert!(key(&field(173, 42, 26), &settings).alpha.iter().all(|a| *a == 0.0));
        let grey = key(&field(126, 128, 128), &settings);
        assert!(grey.alpha.iter().all(|a| *a > 0.15), "{:?}", grey.alpha[0]);
    }
}
