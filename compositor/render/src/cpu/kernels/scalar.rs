//! The inner loops in plain Rust: what every SIMD table must equal to the byte.

use super::{Across, Down, Kernels};
use crate::cpu::axis::WEIGHT_BITS;

/// Bits of fraction that rows keep between the two passes of a scaling.
pub(crate) const ROW_BITS: u32 = 6;

pub(crate) static SCALAR: Kernels = Kernels {
    lerp_level,
    mix_level,
    lerp_mask,
    over,
    over_level,
    over_mask,
    multiply,
    mean_of_four,
    halve_left,
    rows,
    rows_bytes,
    across,
    blend_pair: crate::cpu::blend::pair,
    turned: crate::cpu::turned::walk,
};

/// `value / 255`, rounded; exact for every product of two bytes and for sums of such up to 255 · 255.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "the quotient of at most 255² is a byte")]
pub(crate) const fn div255(value: u16) -> u8 {
    let biased = value + 128;
    ((biased + (biased >> 8)) >> 8) as u8
}

#[inline(always)]
const fn times(a: u8, b: u8) -> u8 {
    div255(a as u16 * b as u16)
}

#[inline(always)]
const fn mix(under: u8, over: u8, level: u8) -> u8 {
    div255(under as u16 * (255 - level) as u16 + over as u16 * level as u16)
}

#[inline(always)]
pub(crate) fn lerp_level(dst: &mut [u8], src: &[u8], level: u8) {
    for (d, s) in dst.iter_mut().zip(src) {
        *d = mix(*d, *s, level);
    }
}

#[inline(always)]
pub(crate) fn mix_level(dst: &mut [u8], under: &[u8], over: &[u8], level: u8) {
    for ((d, u), o) in dst.iter_mut().zip(under).zip(over) {
        *d = mix(*u, *o, level);
    }
}

#[inline(always)]
pub(crate) fn lerp_mask(dst: &mut [u8], src: &[u8], mask: &[u8]) {
    for ((d, s), m) in dst.iter_mut().zip(src).zip(mask) {
        *d = mix(*d, *s, *m);
    }
}

#[inline(always)]
pub(crate) fn over(dst: &mut [u8], premultiplied: &[u8], alpha: &[u8]) {
    for ((d, p), a) in dst.iter_mut().zip(premultiplied).zip(alpha) {
        *d = times(*d, 255 - *a).saturating_add(*p);
    }
}

#[inline(always)]
pub(crate) fn over_level(dst: &mut [u8], premultiplied: &[u8], alpha: &[u8], level: u8) {
    for ((d, p), a) in dst.iter_mut().zip(premultiplied).zip(alpha) {
        *d = times(*d, 255 - times(*a, level)).saturating_add(times(*p, level));
    }
}

#[inline(always)]
pub(crate) fn over_mask(dst: &mut [u8], premultiplied: &[u8], alpha: &[u8], mask: &[u8]) {
    for (((d, p), a), m) in dst.iter_mut().zip(premultiplied).zip(alpha).zip(mask) {
        *d = times(*d, 255 - times(*a, *m)).saturating_add(times(*p, *m));
    }
}

#[inline(always)]
pub(crate) fn multiply(dst: &mut [u8], by: &[u8]) {
    for (d, b) in dst.iter_mut().zip(by) {
        *d = times(*d, *b);
    }
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "a mean of bytes is a byte")]
pub(crate) fn mean_of_four(dst: &mut [u8], upper: &[u8], lower: &[u8]) {
    let wide = |v: u8| u16::from(v);
    for ((d, u), l) in dst.iter_mut().zip(upper.chunks_exact(2)).zip(lower.chunks_exact(2)) {
        *d = ((wide(u[0]) + wide(u[1]) + wide(l[0]) + wide(l[1]) + 2) >> 2) as u8;
    }
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "a mean of bytes is a byte")]
pub(crate) fn halve_left(dst: &mut [u8], upper: &[u8], lower: &[u8]) {
    let both = |u: u8, l: u8| u16::from(u) + u16::from(l);
    let outer = upper.chunks_exact(2).zip(lower.chunks_exact(2));
    let inner = upper.get(2..).unwrap_or(&[]).iter().step_by(2).zip(lower.get(2..).unwrap_or(&[]).iter().step_by(2));
    for ((d, (u, l)), (u2, l2)) in dst.iter_mut().zip(outer).zip(inner) {
        *d = ((both(u[0], l[0]) + 4 * both(u[1], l[1]) + 3 * both(*u2, *l2) + 8) >> 4) as u8;
    }
}

/// Bits that the first pass takes off for rows.
pub(crate) const ROW_SHIFT: u32 = WEIGHT_BITS - ROW_BITS;
/// Bits that a pass on its own takes off.
pub(crate) const BYTE_SHIFT: u32 = WEIGHT_BITS;
/// A half, to round rows.
pub(crate) const HALF_ROW: i32 = 1 << (ROW_SHIFT - 1);
/// A half, to round bytes.
pub(crate) const HALF_BYTE: i32 = 1 << (BYTE_SHIFT - 1);
/// Bits that the second pass takes off: its own weights' and the rows'.
pub(crate) const ACROSS_BITS: u32 = WEIGHT_BITS + ROW_BITS;
/// A half, to round after both passes.
pub(crate) const HALF_ACROSS: i32 = 1 << (ACROSS_BITS - 1);

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "clamped to the range of an i16")]
const fn settle_row(sum: i32) -> i16 {
    let value = (sum + HALF_ROW) >> ROW_SHIFT;
    if value > i16::MAX as i32 {
        i16::MAX
    } else if value < i16::MIN as i32 {
        i16::MIN
    } else {
        value as i16
    }
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
const fn to_byte(value: i32) -> u8 {
    if value < 0 {
        0
    } else if value > 255 {
        255
    } else {
        value as u8
    }
}

/// Columns that are summed together: what all rows of them need stays in registers.
pub(crate) const BLOCK: usize = 64;

/// Weighted sums of a block of columns from column `at` on.
#[inline(always)]
fn sums_of(down: Down<'_>, at: usize, len: usize) -> [i32; BLOCK] {
    let mut sums = [0; BLOCK];
    for (pair, weights) in down.weights.chunks_exact(2).enumerate() {
        let [a, b] = down.pair(pair, at, len);
        let [wa, wb] = [weights[0], weights[1]].map(i32::from);
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += i32::from(*a) * wa + i32::from(*b) * wb;
        }
    }
    sums
}

#[inline(always)]
pub(crate) fn rows(dst: &mut [i16], down: Down<'_>) {
    for (block, at) in dst.chunks_mut(BLOCK).zip((0..).step_by(BLOCK)) {
        let sums = sums_of(down, at, block.len());
        for (d, s) in block.iter_mut().zip(sums) {
            *d = settle_row(s);
        }
    }
}

#[inline(always)]
pub(crate) fn rows_bytes(dst: &mut [u8], down: Down<'_>) {
    for (block, at) in dst.chunks_mut(BLOCK).zip((0..).step_by(BLOCK)) {
        let sums = sums_of(down, at, block.len());
        for (d, s) in block.iter_mut().zip(sums) {
            *d = to_byte((s + HALF_BYTE) >> BYTE_SHIFT);
        }
    }
}

#[inline(always)]
pub(crate) fn across(dst: &mut [u8], src: &[i16], table: Across<'_>) {
    let outputs = dst.iter_mut().zip(table.starts).zip(table.weights.chunks_exact(table.taps.max(1)));
    for ((d, start), weights) in outputs {
        let from = (*start as usize).saturating_sub(table.base);
        let values = src.get(from..).unwrap_or(&[]);
        let sum: i32 = values.iter().zip(weights).map(|(v, w)| i32::from(*v) * i32::from(*w)).sum();
        *d = to_byte((sum + HALF_ACROSS) >> ACROSS_BITS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_division_by_255_is_exact_to_the_rounding() {
        for value in 0..=255_u16 * 255 {
            assert_eq!(u32::from(div255(value)), (u32::from(value) * 2 + 255) / 510, "{value}");
        }
    }

    #[test]
    fn the_ends_of_a_mix_are_its_inputs() {
        for (under, over) in [(0, 255), (255, 0), (16, 235), (7, 7)] {
            assert_eq!((mix(under, over, 0), mix(under, over, 255)), (under, over));
        }
    }
}
