//! AVX2 loops that a compiler does not find by itself: pairs of neighbours, and weighted rows and columns.
//! What is left at the end of a row is done by the scalar loop, or once more with the columns before it: the bytes are
//! the same.

use super::scalar::BLOCK;
use super::{Across, Down, scalar};
use std::arch::x86_64::*;

/// Reads 32 bytes at `at`; the caller has made sure that they are there.
#[target_feature(enable = "avx2")]
#[inline]
fn load32(bytes: &[u8], at: usize) -> __m256i {
    debug_assert!(at + 32 <= bytes.len());
    // SAFETY: every caller runs `at` only so far that 32 bytes remain in `bytes`; unaligned loads are allowed.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().add(at).cast()) }
}

/// Reads 16 bytes at `at` as 16-bit numbers; the caller has made sure that they are there.
#[target_feature(enable = "avx2")]
#[inline]
fn load16_wide(bytes: &[u8], at: usize) -> __m256i {
    debug_assert!(at + 16 <= bytes.len());
    // SAFETY: every caller runs `at` only so far that 16 bytes remain in `bytes`; unaligned loads are allowed.
    _mm256_cvtepu8_epi16(unsafe { _mm_loadu_si128(bytes.as_ptr().add(at).cast()) })
}

/// Writes a register's bytes at element `at`; the caller has made sure that there is room.
#[target_feature(enable = "avx2")]
#[inline]
fn store<T>(dst: &mut [T], at: usize, value: __m256i) {
    debug_assert!((at * size_of::<T>()) + 32 <= size_of_val(dst));
    // SAFETY: every caller runs `at` only so far that 32 bytes remain in `dst`; unaligned stores are allowed.
    unsafe { _mm256_storeu_si256(dst.as_mut_ptr().add(at).cast(), value) }
}

/// Two registers of 16-bit numbers to one of bytes, in order.
#[target_feature(enable = "avx2")]
#[inline]
fn pack(low: __m256i, high: __m256i) -> __m256i {
    _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packus_epi16(low, high))
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn mean_of_four(dst: &mut [u8], upper: &[u8], lower: &[u8]) {
    let len = dst.len().min(upper.len() / 2).min(lower.len() / 2);
    let (one, two) = (_mm256_set1_epi8(1), _mm256_set1_epi16(2));
    let sixteen = |at: usize| {
        let sum = _mm256_add_epi16(
            _mm256_maddubs_epi16(load32(upper, at), one),
            _mm256_maddubs_epi16(load32(lower, at), one),
        );
        _mm256_srli_epi16::<2>(_mm256_add_epi16(sum, two))
    };
    let whole = len & !31;
    for at in (0..whole).step_by(32) {
        store(dst, at, pack(sixteen(2 * at), sixteen(2 * at + 32)));
    }
    scalar::mean_of_four(&mut dst[whole..], &upper[2 * whole..], &lower[2 * whole..]);
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn halve_left(dst: &mut [u8], upper: &[u8], lower: &[u8]) {
    let have = |row: &[u8]| row.len().saturating_sub(1) / 2;
    let len = dst.len().min(have(upper)).min(have(lower));
    let (near, far, half) = (_mm256_set1_epi16(0x0401), _mm256_set1_epi16(0x0300), _mm256_set1_epi16(8));
    let row = |row: &[u8], at: usize| {
        let near = _mm256_maddubs_epi16(load32(row, at), near);
        _mm256_add_epi16(near, _mm256_maddubs_epi16(load32(row, at + 1), far))
    };
    let sixteen = |at: usize| {
        let sum = _mm256_add_epi16(row(upper, at), row(lower, at));
        _mm256_srli_epi16::<4>(_mm256_add_epi16(sum, half))
    };
    let whole = len & !31;
    for at in (0..whole).step_by(32) {
        store(dst, at, pack(sixteen(2 * at), sixteen(2 * at + 32)));
    }
    scalar::halve_left(&mut dst[whole..], &upper[2 * whole..], &lower[2 * whole..]);
}

/// Two weights as every pair of a register.
#[target_feature(enable = "avx2")]
#[inline]
fn pair_of(weights: &[i16]) -> __m256i {
    let [low, high] = [weights[0], weights[1]].map(i16::cast_unsigned);
    _mm256_set1_epi32((u32::from(low) | u32::from(high) << 16).cast_signed())
}

/// Columns of what is left after whole blocks: the last ones are done twice where they don't go up.
const PART: usize = 32;

/// Weighted sums of `COLUMNS` columns from column `at` on, with `half` in each from the start. Each of the `SUMS`
/// registers is for samples 0–3 and 8–11 of sixteen, or for 4–7 and 12–15.
#[target_feature(enable = "avx2")]
#[inline]
fn sums_of<const COLUMNS: usize, const SUMS: usize>(down: Down<'_>, at: usize, half: i32) -> [__m256i; SUMS] {
    const { assert!(COLUMNS == 8 * SUMS) }
    let mut sums = [_mm256_set1_epi32(half); SUMS];
    for (pair, weights) in down.weights.chunks_exact(2).enumerate() {
        let ([a, b], weights) = (down.pair(pair, at, COLUMNS), pair_of(weights));
        let (Some(a), Some(b)) = (a.first_chunk::<COLUMNS>(), b.first_chunk::<COLUMNS>()) else { continue };
        for (nth, sums) in sums.as_chunks_mut::<2>().0.iter_mut().enumerate() {
            let (a, b) = (load16_wide(a, 16 * nth), load16_wide(b, 16 * nth));
            sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), weights));
            sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), weights));
        }
    }
    sums
}

#[target_feature(enable = "avx2")]
#[inline]
fn some_rows<const COLUMNS: usize, const SUMS: usize>(dst: &mut [i16], down: Down<'_>, at: usize) {
    let sums = sums_of::<COLUMNS, SUMS>(down, at, scalar::HALF_ROW);
    for (nth, sums) in sums.as_chunks::<2>().0.iter().enumerate() {
        let low = _mm256_srai_epi32::<{ scalar::ROW_SHIFT as i32 }>(sums[0]);
        let high = _mm256_srai_epi32::<{ scalar::ROW_SHIFT as i32 }>(sums[1]);
        store(dst, at + 16 * nth, _mm256_packs_epi32(low, high));
    }
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn rows(dst: &mut [i16], down: Down<'_>) {
    let Some(last) = dst.len().checked_sub(PART) else { return scalar::rows(dst, down) };
    let whole = dst.len() - dst.len() % BLOCK;
    for at in (0..whole).step_by(BLOCK) {
        some_rows::<BLOCK, { BLOCK / 8 }>(dst, down, at);
    }
    for at in (whole..dst.len()).step_by(PART) {
        some_rows::<PART, { PART / 8 }>(dst, down, at.min(last));
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn some_bytes<const COLUMNS: usize, const SUMS: usize>(dst: &mut [u8], down: Down<'_>, at: usize) {
    let sums = sums_of::<COLUMNS, SUMS>(down, at, scalar::HALF_BYTE);
    for (nth, sums) in sums.as_chunks::<4>().0.iter().enumerate() {
        let settled = |sum: __m256i| _mm256_srai_epi32::<{ scalar::BYTE_SHIFT as i32 }>(sum);
        let low = _mm256_packs_epi32(settled(sums[0]), settled(sums[1]));
        let high = _mm256_packs_epi32(settled(sums[2]), settled(sums[3]));
        store(dst, at + 32 * nth, pack(low, high));
    }
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn rows_bytes(dst: &mut [u8], down: Down<'_>) {
    let Some(last) = dst.len().checked_sub(PART) else { return scalar::rows_bytes(dst, down) };
    let whole = dst.len() - dst.len() % BLOCK;
    for at in (0..whole).step_by(BLOCK) {
        some_bytes::<BLOCK, { BLOCK / 8 }>(dst, down, at);
    }
    for at in (whole..dst.len()).step_by(PART) {
        some_bytes::<PART, { PART / 8 }>(dst, down, at.min(last));
    }
}

/// Eight values at `at`; the caller has made sure that they are there.
#[target_feature(enable = "avx2")]
#[inline]
fn load8(values: &[i16], at: usize) -> __m128i {
    debug_assert!(at + 8 <= values.len());
    // SAFETY: every caller reads only where eight values remain; unaligned loads are allowed.
    unsafe { _mm_loadu_si128(values.as_ptr().add(at).cast()) }
}

/// Four values at `a`, then four at `b`; the caller has made sure that they are there.
#[target_feature(enable = "avx2")]
#[inline]
fn load4_4(values: &[i16], a: usize, b: usize) -> __m128i {
    debug_assert!(a.max(b) + 4 <= values.len());
    // SAFETY: every caller reads only where four values remain at either place.
    let four = |at: usize| unsafe { _mm_loadl_epi64(values.as_ptr().add(at).cast()) };
    _mm_unpacklo_epi64(four(a), four(b))
}

/// Four outputs' sums, `taps` values of each.
#[target_feature(enable = "avx2")]
#[inline]
fn four_across(src: &[i16], from: [usize; 4], weights: &[i16], taps: usize) -> __m128i {
    if taps == 4 {
        let two = |nth: usize| _mm_madd_epi16(load4_4(src, from[nth], from[nth + 1]), load8(weights, 4 * nth));
        return _mm_hadd_epi32(two(0), two(2));
    }
    let mut sums = [_mm_setzero_si128(); 4];
    for (nth, sum) in sums.iter_mut().enumerate() {
        for tap in (0..taps).step_by(8) {
            let part = _mm_madd_epi16(load8(src, from[nth] + tap), load8(weights, nth * taps + tap));
            *sum = _mm_add_epi32(*sum, part);
        }
    }
    _mm_hadd_epi32(_mm_hadd_epi32(sums[0], sums[1]), _mm_hadd_epi32(sums[2], sums[3]))
}

/// Two neighbours for each of eight outputs, from `from` on: both in bytes that lie side by side.
#[target_feature(enable = "avx2")]
#[inline]
fn eight_pairs(src: &[i16], from: __m256i) -> __m256i {
    let first = _mm256_cvtsi256_si32(from);
    let last = _mm256_extract_epi32::<7>(from);
    let low = first.min(last);
    let off = _mm256_sub_epi32(from, _mm256_set1_epi32(low));
    let in_a_row = _mm256_cmpeq_epi32(off, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    if _mm256_movemask_epi8(in_a_row) == -1 {
        // A picture that is moved by parts of a pixel, and not scaled.
        let (here, next) = (load8(src, first as usize), load8(src, first as usize + 1));
        return _mm256_set_m128i(_mm_unpackhi_epi16(here, next), _mm_unpacklo_epi16(here, next));
    }
    // Below zero is beyond six too, as a number without a sign.
    let beyond = _mm256_cmpeq_epi32(_mm256_max_epu32(off, _mm256_set1_epi32(7)), off);
    if _mm256_testz_si256(beyond, beyond) == 1 && low as usize + 8 <= src.len() {
        // A picture that is enlarged: eight values hold all pairs.
        let eight = _mm256_broadcastsi128_si256(load8(src, low as usize));
        let bytes = _mm256_mullo_epi32(off, _mm256_set1_epi32(0x0202_0202));
        return _mm256_shuffle_epi8(eight, _mm256_add_epi32(bytes, _mm256_set1_epi32(0x0302_0100)));
    }
    // SAFETY: each index is at least 0, and two values from there on lie within `src`, as `across` checks. The scale is
    // two bytes, a value's size.
    unsafe { _mm256_i32gather_epi32::<2>(src.as_ptr().cast(), from) }
}

/// Eight outputs' sums, two values of each.
#[target_feature(enable = "avx2")]
#[inline]
fn eight_of_two(src: &[i16], starts: &[u32; 8], base: usize, weights: &[i16; 16]) -> __m256i {
    // SAFETY: eight starts are read, and eight times two weights.
    let (starts, weights) =
        unsafe { (_mm256_loadu_si256(starts.as_ptr().cast()), _mm256_loadu_si256(weights.as_ptr().cast())) };
    let from = _mm256_sub_epi32(starts, _mm256_set1_epi32(base as i32));
    _mm256_madd_epi16(eight_pairs(src, from), weights)
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn across(dst: &mut [u8], src: &[i16], table: Across<'_>) {
    let Across { starts, weights, taps, base } = table;
    let (mut low, mut high) = (u32::MAX, 0);
    // A plain loop: a closure would not be compiled for the registers that this function has.
    for start in starts {
        low = low.min(*start);
        high = high.max(*start);
    }
    let len = dst.len().min(starts.len());
    let inside = low as usize >= base && high as usize - base + taps <= src.len();
    let weighed = (taps == 2 || taps == 4 || taps % 8 == 0) && taps > 0 && weights.len() >= len * taps;
    if !inside || !weighed || i32::try_from(src.len()).is_err() {
        scalar::across(dst, src, table);
        return;
    }
    let half = _mm256_set1_epi32(scalar::HALF_ACROSS);
    let (eights, _) = starts[..len].as_chunks::<8>();
    for ((starts, weights), dst) in eights.iter().zip(weights.chunks_exact(8 * taps)).zip(dst.as_chunks_mut::<8>().0) {
        let sums = if let Some(weights) = weights.first_chunk::<16>().filter(|_| taps == 2) {
            eight_of_two(src, starts, base, weights)
        } else {
            let from = starts.map(|start| start as usize - base);
            let [a, b, c, d, e, f, g, h] = from;
            let (head, tail) = weights.split_at(4 * taps);
            _mm256_set_m128i(four_across(src, [e, f, g, h], tail, taps), four_across(src, [a, b, c, d], head, taps))
        };
        let bytes = _mm256_srai_epi32::<{ scalar::ACROSS_BITS as i32 }>(_mm256_add_epi32(sums, half));
        let words = _mm_packs_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256::<1>(bytes));
        let packed = _mm_packus_epi16(words, words);
        // SAFETY: eight bytes are written to eight bytes.
        unsafe { _mm_storel_epi64(dst.as_mut_ptr().cast(), packed) };
    }
    let whole = len & !7;
    scalar::across(&mut dst[whole..], src, table.after(whole));
}
