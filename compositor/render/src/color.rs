//! BT.709 limited-range Y'CbCr and full-range R'G'B': the one place that knows the matrix.
//!
//! Source: Recommendation ITU-R BT.709-6, items 3.2 to 3.5. Bitmaps and colours are sRGB-encoded; live mixers
//! take those code values as BT.709's own, and so do we.

use vitrine_scene::draw::Color;

/// Share of red in luma.
const KR: f32 = 0.2126;
/// Share of green in luma.
const KG: f32 = 0.7152;
/// Share of blue in luma.
const KB: f32 = 0.0722;

/// Weights of R, G, B in luma.
pub(crate) const LUMA: [f32; 3] = [KR, KG, KB];
/// `(B' − Y') / CB` is Cb, −½ to ½.
pub(crate) const CB: f32 = 2.0 * (1.0 - KB);
/// `(R' − Y') / CR` is Cr, −½ to ½.
pub(crate) const CR: f32 = 2.0 * (1.0 - KR);
/// G' from Cb and Cr: `G' = Y' − G_CB·Cb − G_CR·Cr`.
pub(crate) const G_CB: f32 = CB * KB / KG;
/// See [`G_CB`].
pub(crate) const G_CR: f32 = CR * KR / KG;

/// Luma code values from black to white.
const LUMA_STEPS: f32 = 219.0;
/// Chroma code values from one extreme to the other.
const CHROMA_STEPS: f32 = 224.0;
/// Luma code value of black.
const BLACK: f32 = 16.0;
/// Chroma code value of grey.
const GREY: f32 = 128.0;

/// Cb per unit of B' − Y'.
const CB_PER: f32 = 1.0 / CB;
/// Cr per unit of R' − Y'.
const CR_PER: f32 = 1.0 / CR;

/// The same numbers for shaders, which put this before their own text.
pub(crate) fn for_shaders() -> String {
    let [r, g, b] = LUMA;
    format!(
        "const LUMA = vec3<f32>({r:?}, {g:?}, {b:?});\nconst CB: f32 = {CB:?};\nconst CR: f32 = {CR:?};\n\
         const LUMA_STEPS: f32 = {LUMA_STEPS:?};\nconst CHROMA_STEPS: f32 = {CHROMA_STEPS:?};\n"
    )
}

/// R'G'B', 0 to 1, to code values.
#[inline]
#[must_use]
pub fn to_ycc(rgb: [f32; 3]) -> [f32; 3] {
    let [r, g, b] = rgb;
    let luma = KR * r + KG * g + KB * b;
    [BLACK + LUMA_STEPS * luma, GREY + CHROMA_STEPS * CB_PER * (b - luma), GREY + CHROMA_STEPS * CR_PER * (r - luma)]
}

/// Code values to R'G'B'; 0 to 1 for colours that exist, beyond it for codes that no colour has.
#[inline]
#[must_use]
pub fn to_rgb(ycc: [f32; 3]) -> [f32; 3] {
    let luma = (ycc[0] - BLACK) * (1.0 / LUMA_STEPS);
    let blue = (ycc[1] - GREY) * (1.0 / (CHROMA_STEPS * CB_PER));
    let red = (ycc[2] - GREY) * (1.0 / (CHROMA_STEPS * CR_PER));
    [luma + red, luma - (KR * red + KB * blue) / KG, luma + blue]
}

/// The code values of a colour, its alpha left aside.
#[must_use]
pub fn ycc_of(color: Color) -> [u8; 3] {
    let unit = |v: u8| f32::from(v) / 255.0;
    to_ycc([unit(color.r), unit(color.g), unit(color.b)]).map(byte)
}

/// The code values of a colour over black.
#[must_use]
pub fn ycc_over_black(color: Color) -> [u8; 3] {
    let unit = |v: u8| f32::from(v) * f32::from(color.a) / (255.0 * 255.0);
    to_ycc([unit(color.r), unit(color.g), unit(color.b)]).map(byte)
}

/// Nearest code value.
#[inline]
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte first")]
pub fn byte(value: f32) -> u8 {
    (value.clamp(0.0, 255.0) + 0.5) as u8
}

/// Fixed-point rows (16 bits of fraction) from premultiplied R, G, B, A bytes to premultiplied Y', Cb, Cr bytes.
/// Offsets ride on alpha: a clear pixel is 0, 0, 0, and an opaque one is plain video.
pub const PREMULTIPLIED_ROWS: [[i32; 4]; 3] = premultiplied_rows();

const fn fixed(value: f64) -> i32 {
    let scaled = value * 65536.0;
    #[allow(clippy::cast_possible_truncation, reason = "coefficients are below 1 in size")]
    {
        (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
    }
}

const fn premultiplied_rows() -> [[i32; 4]; 3] {
    let (kr, kg, kb) = (KR as f64, KG as f64, KB as f64);
    let luma = LUMA_STEPS as f64 / 255.0;
    let cb = CHROMA_STEPS as f64 / 255.0 * CB_PER as f64;
    let cr = CHROMA_STEPS as f64 / 255.0 * CR_PER as f64;
    [
        [fixed(luma * kr), fixed(luma * kg), fixed(luma * kb), fixed(BLACK as f64 / 255.0)],
        [fixed(-cb * kr), fixed(-cb * kg), fixed(cb * (1.0 - kb)), fixed(GREY as f64 / 255.0)],
        [fixed(cr * (1.0 - kr)), fixed(-cr * kg), fixed(-cr * kb), fixed(GREY as f64 / 255.0)],
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours_have_their_codes() {
        let of = |r, g, b| ycc_of(Color { r, g, b, a: 255 });
        assert_eq!(of(0, 0, 0), [16, 128, 128]);
        assert_eq!(of(255, 255, 255), [235, 128, 128]);
        assert_eq!(of(255, 0, 0), [63, 102, 240]);
        assert_eq!(of(0, 255, 0), [173, 42, 26]);
        assert_eq!(of(0, 0, 255), [32, 240, 118]);
    }

    #[test]
    fn there_and_back() {
        for step in 0..1000_u16 {
            let rgb = [f32::from(step % 10) / 9.0, f32::from(step / 10 % 10) / 9.0, f32::from(step / 100) / 9.0];
            let back = to_rgb(to_ycc(rgb));
            assert!(rgb.iter().zip(back).all(|(a, b)| (a - b).abs() < 1e-5), "{rgb:?} {back:?}");
        }
    }
}
