//! A colour correction compiled: every step of it as one table over Y', Cb, Cr.

use crate::key::light::{CB, CR, G_CB, G_CR, luma, rgb, ycc};
use vitrine_scene::grade::{Correction, Lut3};

/// Nodes along each side; they lie 8 codes apart, from code [`FIRST`] on, and the last one is unused.
pub(crate) const NODES: usize = 32;
/// Code of the first node.
pub(crate) const FIRST: i32 = 8;
/// Codes between nodes, as a shift.
pub(crate) const STEP_BITS: u32 = 3;
/// Cells in all. A power of two, so that a masked index needs no check.
pub(crate) const CELLS: usize = NODES * NODES * NODES;
/// Fraction bits of a stored code.
pub(crate) const CODE_BITS: u32 = 7;

/// Index of a node: Cb slowest, Y fastest.
pub(crate) const fn index(y: usize, cb: usize, cr: usize) -> usize {
    (cb * NODES + cr) * NODES + y
}

/// Two 16-bit values a cell, low half first.
pub(crate) struct Table {
    /// Luma at the node and at the next node along Y.
    pub(crate) luma: Box<[u32; CELLS]>,
    /// Cb and Cr at the node.
    pub(crate) chroma: Box<[u32; CELLS]>,
}

impl Table {
    pub(crate) fn new() -> Option<Self> {
        let zeros = || vec![0_u32; CELLS].into_boxed_slice().try_into().ok();
        Some(Self { luma: zeros()?, chroma: zeros()? })
    }

    /// Compiles `correction`.
    pub(crate) fn compile(&mut self, correction: &Correction) {
        let code = |node: usize| (FIRST + ((node as i32) << STEP_BITS)) as f32;
        let fixed = |value: f32| (value.clamp(1.0, 254.0) * (1 << CODE_BITS) as f32 + 0.5) as u32;
        for cb in 0..NODES {
            for cr in 0..NODES {
                let mut before = 0;
                for y in (0..NODES).rev() {
                    let [out_y, out_cb, out_cr] = ycc(correct_rgb(rgb(code(y), code(cb), code(cr)), correction));
                    let here = fixed(out_y);
                    let at = index(y, cb, cr);
                    self.luma[at] = here | (before << 16);
                    self.chroma[at] = fixed(out_cb) | (fixed(out_cr) << 16);
                    before = here;
                }
            }
        }
    }
}

/// One colour through the correction, in the order that [`Correction`] promises. Not clamped.
pub(crate) fn correct_rgb(rgb: [f32; 3], correction: &Correction) -> [f32; 3] {
    let number = |value: f32, or: f32| if value.is_finite() { value } else { or };
    let warm = 0.3 * number(correction.temperature, 0.0).clamp(-1.0, 1.0);
    let [r, g, b] = rgb;
    let mut c = [r * (1.0 + warm), g, b * (1.0 - warm)];
    for (at, c) in c.iter_mut().enumerate() {
        let (gain, lift) = (number(correction.gain[at], 1.0), number(correction.lift[at], 0.0));
        let gamma = number(correction.gamma[at], 1.0).clamp(0.05, 20.0);
        let lit = *c * gain * (1.0 - lift) + lift;
        // Below black there is no power; what lies there stays as far below.
        *c = if lit > 0.0 { lit.powf(1.0 / gamma) } else { lit };
    }
    let (saturation, hue) = (number(correction.saturation, 1.0).max(0.0), number(correction.hue_deg, 0.0));
    let y = luma(c);
    let (u, v) = ((c[2] - y) / CB * saturation, (c[0] - y) / CR * saturation);
    let (sin, cos) = hue.to_radians().sin_cos();
    let (u, v) = (u * cos - v * sin, u * sin + v * cos);
    let turned = [y + CR * v, y - G_CB * u - G_CR * v, y + CB * u];
    correction.lut.as_ref().map_or(turned, |lut| sample(lut, turned))
}

/// Trilinear look-up; a table that is not as long as it says changes nothing.
fn sample(lut: &Lut3, rgb: [f32; 3]) -> [f32; 3] {
    let n = lut.points;
    if n < 2 || n.checked_pow(3) != Some(lut.table.len()) {
        return rgb;
    }
    let mut base = [0_usize; 3];
    let mut part = [0.0_f32; 3];
    for at in 0..3 {
        let span = (lut.domain_max[at] - lut.domain_min[at]).max(1e-6);
        let place = ((rgb[at] - lut.domain_min[at]) / span).clamp(0.0, 1.0) * (n - 1) as f32;
        base[at] = (place as usize).min(n - 2);
        part[at] = place - base[at] as f32;
    }
    let mut out = [0.0; 3];
    for corner in 0..8_usize {
        let bit = |axis: usize| corner >> axis & 1;
        let weight: f32 = (0..3).map(|a| if bit(a) == 1 { part[a] } else { 1.0 - part[a] }).product();
        let at = (base[0] + bit(0)) + n * ((base[1] + bit(1)) + n * (base[2] + bit(2)));
        let colour = lut.table.get(at).copied().unwrap_or(rgb);
        out.iter_mut().zip(colour).for_each(|(out, c)| *out += weight * c);
    }
    out
}
