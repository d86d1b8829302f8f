//! Y'CbCr, R'G'B' and light: the few formulas that keyer and correction share, made to be inlined into kernels.

/// The space a keyer thinks in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Space {
    /// Y', Cb, Cr as encoded: `fast`.
    Encoded,
    /// Luminance and colour differences of linear light: `fine`.
    Linear,
}

pub(crate) use crate::color::{CB, CR, G_CB, G_CR, LUMA};

/// Light is `SQUARE·x² + LINE·x` of the encoded value: BT.709's curve to within 0.006, and exactly invertible.
const SQUARE: f32 = 0.95;
/// See [`SQUARE`].
const LINE: f32 = 0.05;

/// The nearest whole number, for values under 2²² either way. Rust's own cast saturates, and that is not vectorised.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
pub(crate) fn round(x: f32) -> i32 {
    // Added to 1.5 · 2²³ the fraction bits fall off the end; what is left in the mantissa is the number.
    const SHIFT: f32 = 12_582_912.0;
    (x + SHIFT).to_bits().wrapping_sub(SHIFT.to_bits()) as i32
}

/// The smaller of two numbers, in one instruction: neither is NaN.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
pub(crate) fn lesser(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// Encoded to light.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
pub(crate) fn to_light(x: f32) -> f32 {
    x * (SQUARE * x + LINE)
}

/// Light, not negative, to encoded.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
pub(crate) fn from_light(light: f32) -> f32 {
    ((light * (4.0 * SQUARE) + LINE * LINE).sqrt() - LINE) * (0.5 / SQUARE)
}

/// 8-bit limited Y'CbCr to R'G'B', black 0, white 1, not clamped.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
pub(crate) fn rgb(y: f32, cb: f32, cr: f32) -> [f32; 3] {
    let y = (y - 16.0) * (1.0 / 219.0);
    let (u, v) = ((cb - 128.0) * (1.0 / 224.0), (cr - 128.0) * (1.0 / 224.0));
    [y + CR * v, y - G_CB * u - G_CR * v, y + CB * u]
}

/// R'G'B' to 8-bit limited Y'CbCr, neither clamped nor rounded.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
pub(crate) fn ycc(rgb: [f32; 3]) -> [f32; 3] {
    let y = luma(rgb);
    [16.0 + 219.0 * y, 128.0 + (rgb[2] - y) * (224.0 / CB), 128.0 + (rgb[0] - y) * (224.0 / CR)]
}

/// Luma of R'G'B', or luminance of R, G, B.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
pub(crate) fn luma(rgb: [f32; 3]) -> f32 {
    LUMA[0] * rgb[0] + LUMA[1] * rgb[1] + LUMA[2] * rgb[2]
}

/// R, G, B to luminance and the two colour differences of the same space.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
pub(crate) fn yuv(rgb: [f32; 3]) -> [f32; 3] {
    let y = luma(rgb);
    [y, (rgb[2] - y) * (1.0 / CB), (rgb[0] - y) * (1.0 / CR)]
}

impl Space {
    /// An 8-bit limited Y'CbCr sample as luminance and colour differences of this space.
    #[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
    #[inline(always)]
    pub(crate) fn of(self, y: f32, cb: f32, cr: f32) -> [f32; 3] {
        match self {
            Self::Encoded => [(y - 16.0) * (1.0 / 219.0), (cb - 128.0) * (1.0 / 224.0), (cr - 128.0) * (1.0 / 224.0)],
            Self::Linear => yuv(rgb(y, cb, cr).map(|c| to_light(c.max(0.0)))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_is_bt709_and_comes_back() {
        for step in 0..=100_u8 {
            let x = f32::from(step) / 100.0;
            let standard = if x < 0.081 { x / 4.5 } else { ((x + 0.099) / 1.099).powf(1.0 / 0.45) };
            assert!((to_light(x) - standard).abs() < 0.012, "{x}: {} against {standard}", to_light(x));
            assert!((from_light(to_light(x)) - x).abs() < 1e-5);
        }
    }

    #[test]
    fn rounding_is_rounding() {
        for x in [0.0, 0.4, 0.6, 254.51, -3.7, 46_810.2, -4_000_000.0_f32] {
            assert_eq!(round(x), x.round() as i32);
        }
    }

    #[test]
    fn colours_survive_the_matrix() {
        for c in [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.3, 0.63, 0.35], [0.9, 0.1, 0.5]] {
            let [y, cb, cr] = ycc(c);
            let back = rgb(y, cb, cr);
            assert!(c.iter().zip(back).all(|(a, b)| (a - b).abs() < 1e-4), "{c:?} {back:?}");
        }
    }
}
