//! AVX2 loops that a compiler does not find by itself: pairs of neighbours, and weighted rows and columns.
//! What is left at the end of a row is done by the scalar loop, so that the bytes are the same.

use super::{Across, scalar};
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
fn pair_of(weights: [i16; 2]) -> __m256i {
    let [low, high] = weights.map(i16::cast_unsigned);
    _mm256_set1_epi32((u32::from(low) | u32::from(high) << 16).cast_signed())
}

/// Weighted sums of sixteen samples of two rows: samples 0–3 and 8–11, then 4–7 and 12–15.
#[target_feature(enable = "avx2")]
#[inline]
fn weighted(a: &[u8], b: &[u8], at: usize, weights: __m256i) -> [__m256i; 2] {
    let (a, b) = (load16_wide(a, at), load16_wide(b, at));
    [_mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), weights), _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), weights)]
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn two_rows(dst: &mut [i16], a: &[u8], b: &[u8], weights: [i16; 2]) {
    let whole = dst.len().min(a.len()).min(b.len()) & !15;
    let (pair, half) = (pair_of(weights), _mm256_set1_epi32(scalar::HALF_ROW));
    for at in (0..whole).step_by(16) {
        let [low, high] = weighted(a, b, at, pair);
        let low = _mm256_srai_epi32::<{ scalar::ROW_SHIFT as i32 }>(_mm256_add_epi32(low, half));
        let high = _mm256_srai_epi32::<{ scalar::ROW_SHIFT as i32 }>(_mm256_add_epi32(high, half));
        store(dst, at, _mm256_packs_epi32(low, high));
    }
    scalar::two_rows(&mut dst[whole..], &a[whole..], &b[whole..], weights);
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn two_rows_bytes(dst: &mut [u8], a: &[u8], b: &[u8], weights: [i16; 2]) {
    let whole = dst.len().min(a.len()).min(b.len()) & !31;
    let (pair, half) = (pair_of(weights), _mm256_set1_epi32(scalar::HALF_BYTE));
    let sixteen = |at: usize| {
        let [low, high] = weighted(a, b, at, pair);
        let low = _mm256_srai_epi32::<{ scalar::BYTE_SHIFT as i32 }>(_mm256_add_epi32(low, half));
        let high = _mm256_srai_epi32::<{ scalar::BYTE_SHIFT as i32 }>(_mm256_add_epi32(high, half));
        _mm256_packs_epi32(low, high)
    };
    for at in (0..whole).step_by(32) {
        store(dst, at, pack(sixteen(at), sixteen(at + 16)));
    }
    scalar::two_rows_bytes(&mut dst[whole..], &a[whole..], &b[whole..], weights);
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn gather_rows(sum: &mut [i32], a: &[u8], b: &[u8], weights: [i16; 2], first: bool) {
    let whole = sum.len().min(a.len()).min(b.len()) & !15;
    let pair = pair_of(weights);
    for at in (0..whole).step_by(16) {
        let [low, high] = weighted(a, b, at, pair);
        let parts = [_mm256_permute2x128_si256::<0x20>(low, high), _mm256_permute2x128_si256::<0x31>(low, high)];
        for (part, at) in parts.into_iter().zip([at, at + 8]) {
            // SAFETY: `at + 8` is at most `whole + 8 − 16 + 8`, so 8 sums remain; unaligned loads are allowed.
            let before = unsafe { _mm256_loadu_si256(sum.as_ptr().add(at).cast()) };
            store(sum, at, if first { part } else { _mm256_add_epi32(before, part) });
        }
    }
    scalar::gather_rows(&mut sum[whole..], &a[whole..], &b[whole..], weights, first);
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn across(dst: &mut [u8], src: &[i16], table: Across<'_>) {
    let Across { starts, pairs, pair_stride, taps, base, .. } = table;
    let (mut low, mut high) = (u32::MAX, 0);
    // A plain loop: a closure would not be compiled for the registers that this function has.
    for start in starts {
        low = low.min(*start);
        high = high.max(*start);
    }
    let len = dst.len().min(starts.len());
    let rounds = taps / 2;
    let inside = low as usize >= base && high as usize - base + taps <= src.len();
    let weighed = rounds > 0 && pairs.len() >= (rounds - 1) * pair_stride + len;
    if !inside || !weighed || i32::try_from(src.len()).is_err() {
        scalar::across(dst, src, table);
        return;
    }
    let whole = len & !7;
    let base_all = _mm256_set1_epi32(base as i32);
    let half = _mm256_set1_epi32(scalar::HALF_ACROSS);
    for at in (0..whole).step_by(8) {
        // SAFETY: `at + 8 <= starts.len()`.
        let from = unsafe { _mm256_loadu_si256(starts.as_ptr().add(at).cast()) };
        let from = _mm256_sub_epi32(from, base_all);
        let mut sum = half;
        for round in 0..rounds {
            let index = _mm256_add_epi32(from, _mm256_set1_epi32(2 * round as i32));
            // SAFETY: each index is at least 0 and at most `high − base + taps − 2`, and two values from there on lie
            // within `src`, as checked above. The scale is two bytes, the size of a value.
            let values = unsafe { _mm256_i32gather_epi32::<2>(src.as_ptr().cast(), index) };
            // SAFETY: `round · pair_stride + at + 8` is at most `(rounds − 1) · pair_stride + len`, checked above.
            let pair = unsafe { _mm256_loadu_si256(pairs.as_ptr().add(round * pair_stride + at).cast()) };
            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(values, pair));
        }
        let bytes = _mm256_srai_epi32::<{ scalar::ACROSS_BITS as i32 }>(sum);
        let words = _mm_packs_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256::<1>(bytes));
        let packed = _mm_packus_epi16(words, words);
        // SAFETY: `at + 8 <= dst.len()`; eight bytes are written.
        unsafe { _mm_storel_epi64(dst.as_mut_ptr().add(at).cast(), packed) };
    }
    scalar::across(&mut dst[whole..], src, table.after(whole));
}
