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

/// Two neighbours as one number, the left one in its low byte: so the even and the odd ones of a row come apart without
/// a shuffle, which no compiler finds.
#[inline(always)]
const fn both(two: [u8; 2]) -> (u16, u16) {
    let word = u16::from_le_bytes(two);
    (word & 0xff, word >> 8)
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "a mean of bytes is a byte")]
pub(crate) fn mean_of_four(dst: &mut [u8], upper: &[u8], lower: &[u8]) {
    let pairs = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
    for (d, (u, l)) in dst.iter_mut().zip(pairs) {
        let ((a, b), (c, e)) = (both(*u), both(*l));
        *d = ((a + b + c + e + 2) >> 2) as u8;
    }
}

/// `len` pairs of a row, from sample `from` on.
#[inline(always)]
fn pairs(row: &[u8], from: usize, len: usize) -> &[[u8; 2]] {
    row.get(from..).unwrap_or_default().as_chunks::<2>().0.get(..len).unwrap_or_default()
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "a mean of bytes is a byte")]
pub(crate) fn halve_left(dst: &mut [u8], upper: &[u8], lower: &[u8]) {
    let have = |row: &[u8]| row.len().saturating_sub(1) / 2;
    let len = dst.len().min(have(upper)).min(have(lower));
    let outer = pairs(upper, 0, len).iter().zip(pairs(lower, 0, len));
    let inner = pairs(upper, 1, len).iter().zip(pairs(lower, 1, len));
    for (d, ((u, l), (u2, l2))) in dst.iter_mut().zip(outer.zip(inner)) {
        let ((a, b), (c, e)) = (both(*u), both(*l));
        let third = both(*u2).1 + both(*l2).1;
        *d = ((a + c + 4 * (b + e) + 3 * third + 8) >> 4) as u8;
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
    match table.taps {
        2 => across_by::<2>(dst, src, table),
        4 => across_by::<4>(dst, src, table),
        8 => across_by::<8>(dst, src, table),
        _ => {
            let outputs = dst.iter_mut().zip(table.starts).zip(table.weights.chunks_exact(table.taps.max(1)));
            for ((d, start), weights) in outputs {
                let values = src.get((*start as usize).saturating_sub(table.base)..).unwrap_or(&[]);
                *d = settle_across(values.iter().zip(weights).map(|(v, w)| i32::from(*v) * i32::from(*w)).sum());
            }
        }
    }
}

/// [`across`] with a number of weights that the compiler knows.
#[inline(always)]
fn across_by<const TAPS: usize>(dst: &mut [u8], src: &[i16], table: Across<'_>) {
    for ((d, start), weights) in dst.iter_mut().zip(table.starts).zip(table.weights.as_chunks::<TAPS>().0) {
        let values = src.get((*start as usize).saturating_sub(table.base)..).and_then(<[i16]>::first_chunk::<TAPS>);
        let values = values.unwrap_or(&[0; TAPS]);
        let mut sum = 0;
        for tap in 0..TAPS {
            sum += i32::from(values[tap]) * i32::from(weights[tap]);
        }
        *d = settle_across(sum);
    }
}

#[inline(always)]
const fn settle_across(sum: i32) -> u8 {
    to_byte((sum + HALF_ACROSS) >> ACROSS_BITS)
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
