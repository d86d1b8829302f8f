//! Blend modes other than normal: on R'G'B', four pixels and their chroma sample at a time.
//!
//! A pixel takes the chroma of its block, and a block's new chroma is the mean of its pixels', so that chroma
//! under a clear draw stays what it was. Formulas: W3C Compositing and Blending Level 1, and `scene::draw::Blend`.

use crate::color::{byte, to_rgb, to_ycc};
use vitrine_scene::draw::Blend;

/// A mode with a formula of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Add,
    Multiply,
    Screen,
    Subtract,
    Lighten,
    Darken,
}

impl Mode {
    /// The mode of a blend; `None` for the normal one, which needs no R'G'B'.
    pub(crate) const fn of(blend: Blend) -> Option<Self> {
        match blend {
            Blend::Normal => None,
            Blend::Add => Some(Self::Add),
            Blend::Multiply => Some(Self::Multiply),
            Blend::Screen => Some(Self::Screen),
            Blend::Subtract => Some(Self::Subtract),
            Blend::Lighten => Some(Self::Lighten),
            Blend::Darken => Some(Self::Darken),
        }
    }

    #[inline(always)]
    fn apply(self, under: f32, over: f32) -> f32 {
        match self {
            Self::Add => (under + over).min(1.0),
            Self::Multiply => under * over,
            Self::Screen => under + over - under * over,
            Self::Subtract => (under - over).max(0.0),
            Self::Lighten => under.max(over),
            Self::Darken => under.min(over),
        }
    }
}

/// Two rows of what is drawn upon; alpha is empty where the target is opaque.
pub(crate) struct Under<'a> {
    pub(crate) luma: [&'a mut [u8]; 2],
    pub(crate) chroma: [&'a mut [u8]; 2],
    pub(crate) alpha: [&'a mut [u8]; 2],
    pub(crate) chroma_alpha: &'a mut [u8],
}

/// Two rows of what is drawn.
pub(crate) struct Over<'a> {
    pub(crate) luma: [&'a [u8]; 2],
    pub(crate) chroma: [&'a [u8]; 2],
    /// Alpha that the values are premultiplied with; empty if they are straight.
    pub(crate) alpha: [&'a [u8]; 2],
    pub(crate) chroma_alpha: &'a [u8],
    /// Coverage and opacity, for each pixel.
    pub(crate) mask: [&'a [u8]; 2],
}

#[inline(always)]
fn at(row: &[u8], index: usize, absent: u8) -> f32 {
    f32::from(row.get(index).copied().unwrap_or(absent))
}

/// A value freed of its alpha; `absent` where there is nothing to free.
#[inline(always)]
fn freed(value: f32, alpha: f32, absent: f32) -> f32 {
    if alpha > 0.0 { (value * 255.0 / alpha).min(255.0) } else { absent }
}

/// Blends `over` upon `under`.
#[inline(always)]
pub(crate) fn pair(under: &mut Under<'_>, over: &Over<'_>, mode: Mode) {
    match mode {
        Mode::Add => pair_with(under, over, Mode::Add),
        Mode::Multiply => pair_with(under, over, Mode::Multiply),
        Mode::Screen => pair_with(under, over, Mode::Screen),
        Mode::Subtract => pair_with(under, over, Mode::Subtract),
        Mode::Lighten => pair_with(under, over, Mode::Lighten),
        Mode::Darken => pair_with(under, over, Mode::Darken),
    }
}

#[inline(always)]
fn pair_with(under: &mut Under<'_>, over: &Over<'_>, mode: Mode) {
    for index in 0..under.chroma[0].len() {
        let under_ca = at(under.chroma_alpha, index, 255);
        let over_ca = at(over.chroma_alpha, index, 255);
        let held = [at(under.chroma[0], index, 0), at(under.chroma[1], index, 0)];
        let under_c = held.map(|c| freed(c, under_ca, 128.0));
        let over_c = [at(over.chroma[0], index, 0), at(over.chroma[1], index, 0)].map(|c| freed(c, over_ca, 128.0));
        let mut sum = [0.0_f32; 3];
        for row in 0..2 {
            for x in 2 * index..2 * index + 2 {
                let under_a = at(under.alpha[row], x, 255);
                let over_a = at(over.alpha[row], x, 255);
                let a = over_a * at(over.mask[row], x, 0) * (1.0 / (255.0 * 255.0));
                let held_y = at(under.luma[row], x, 0);
                let below = to_rgb([freed(held_y, under_a, 16.0), under_c[0], under_c[1]]).map(|v| v.clamp(0.0, 1.0));
                let above = to_rgb([freed(at(over.luma[row], x, 0), over_a, 16.0), over_c[0], over_c[1]])
                    .map(|v| v.clamp(0.0, 1.0));
                let share = under_a * (1.0 / 255.0);
                let mixed: [f32; 3] =
                    std::array::from_fn(|i| above[i] + share * (mode.apply(below[i], above[i]) - above[i]));
                let [y, cb, cr] = to_ycc(mixed);
                if let Some(slot) = under.luma[row].get_mut(x) {
                    *slot = byte(held_y + (y - held_y) * a);
                }
                if let Some(slot) = under.alpha[row].get_mut(x) {
                    *slot = byte(under_a + (255.0 - under_a) * a);
                }
                sum[0] += held[0] + (cb - held[0]) * a;
                sum[1] += held[1] + (cr - held[1]) * a;
                sum[2] += a;
            }
        }
        for (plane, total) in under.chroma.iter_mut().zip(sum) {
            if let Some(slot) = plane.get_mut(index) {
                *slot = byte(total * 0.25);
            }
        }
        if let Some(slot) = under.chroma_alpha.get_mut(index) {
            *slot = byte(under_ca + (255.0 - under_ca) * sum[2] * 0.25);
        }
    }
}
