//! Sampling along a turned row: linear between neighbours, in 16.16 fixed point.

use super::surface::PlaneRef;

/// Where a row of the canvas runs through a plane. Positions are sample indices with 16 bits of fraction:
/// whole numbers are samples' middles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk {
    /// Position under the row's first output.
    pub(crate) from: (i64, i64),
    /// Way to the next output.
    pub(crate) step: (i64, i64),
    /// Samples that may be read: first and last, across.
    pub(crate) across: (i64, i64),
    /// Samples that may be read: first and last, down.
    pub(crate) down: (i64, i64),
}

/// Fills `dst` with the samples along the walk; beyond the readable samples the nearest one counts.
#[inline(always)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the plane and to 8 bits of fraction"
)]
pub(crate) fn walk(dst: &mut [u8], plane: PlaneRef<'_>, at: Walk) {
    let (mut x, mut y) = at.from;
    let sample = |x: i64, y: i64| {
        let at = y as usize * plane.stride + x as usize;
        u32::from(plane.bytes.get(at).copied().unwrap_or(0))
    };
    for slot in dst {
        let cx = x.clamp(at.across.0 << 16, at.across.1 << 16);
        let cy = y.clamp(at.down.0 << 16, at.down.1 << 16);
        let (ix, iy) = (cx >> 16, cy >> 16);
        let (fx, fy) = ((cx >> 8 & 255) as u32, (cy >> 8 & 255) as u32);
        let (jx, jy) = ((ix + 1).min(at.across.1), (iy + 1).min(at.down.1));
        let upper = sample(ix, iy) * (256 - fx) + sample(jx, iy) * fx;
        let lower = sample(ix, jy) * (256 - fx) + sample(jx, jy) * fx;
        *slot = ((upper * (256 - fy) + lower * fy + (1 << 15)) >> 16) as u8;
        x += at.step.0;
        y += at.step.1;
    }
}
