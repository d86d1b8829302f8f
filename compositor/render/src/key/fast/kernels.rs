//! The inner loops of `fast`: one run of cells, or the pixels above it, at a time.
//!
//! A run is as long as a register is wide. Its length is told to the compiler wherever it is whole, so that no loop
//! has a rest to do one by one.

use super::super::bands::{Source, around, site_sums};
use super::super::grid::RUN;
use super::super::simd::{Level, by_level};
use super::super::wedge::{BEND_RISE, HUE_BEND};
use super::known;

/// Fraction bits of the wedge.
pub(super) const WEDGE_BITS: u32 = 20;
/// Fraction bits of key values.
const KEY_BITS: u32 = 12;
/// One on the scale of key values.
pub(super) const ONE: i32 = 1 << KEY_BITS;
/// Screen light that a subject reflects seldom exceeds this part of the screen.
const SPILL_MOST: i32 = ONE / 5;
/// Part of 128 by which alpha moves between two neighbours for each code of luma.
const GUIDE: i16 = 3;

/// Columns of pixels that the sites of a run and of one cell more are made of.
const COLUMNS: usize = 2 * RUN + 3;

/// Luma at the chroma sites of a run, and of one cell more.
pub(super) type Sites = [i16; RUN + 1];

/// Those of run `at` of row pair `pair`.
pub(super) fn site_codes(level: Level, source: &Source<'_>, pair: usize, at: usize) -> Sites {
    let mut room = [[0; COLUMNS]; 2];
    let [upper_room, lower_room] = &mut room;
    let upper = around(source.luma(2 * pair), RUN * at, upper_room);
    let lower = around(source.luma(2 * pair + 1), RUN * at, lower_room);
    let mut sites = [0; RUN + 1];
    sites_of(level, upper, lower, &mut sites);
    if let Some(beyond) = source.cells().checked_sub(at * RUN).filter(|count| *count <= RUN) {
        sites[beyond] = sites[beyond - 1];
    }
    sites
}

by_level! {
    /// Luma at the sites.
    fn sites_of(upper: &[u8; COLUMNS], lower: &[u8; COLUMNS], sites: &mut Sites) {
        for (site, sum) in sites.iter_mut().zip(site_sums::<{ RUN + 1 }, COLUMNS>(upper, lower)) {
            *site = ((sum + 4) >> 3).cast_signed();
        }
    }
}

/// The key value of a cell: 1 on the screen, 0 and below where nothing of its hue is left.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
fn key([u, v]: [i32; 2], [wu, wv]: [i32; 2]) -> i32 {
    const SHIFT: u32 = WEDGE_BITS - KEY_BITS;
    const BEND: i32 = (HUE_BEND * 256.0) as i32;
    const RISE: i32 = (BEND_RISE * 256.0) as i32;
    let along = (u * wu + v * wv) >> SHIFT;
    let across = ((v * wu - u * wv) >> SHIFT).clamp(-4 * ONE, 4 * ONE);
    let rise = ((along * RISE) >> 8).clamp(0, ONE);
    along - ((((((across * across) >> KEY_BITS) * BEND) >> 8) * rise) >> KEY_BITS)
}

by_level! {
    /// Alpha for the cells of a run.
    pub(super) fn decide(source: [&[u8]; 2], known: &known::Run, low: i32, alpha: &mut [i16]) {
        match source[0].len() {
            RUN => decide_cells(RUN, source, known, low, alpha),
            count => decide_cells(count.min(RUN), source, known, low, alpha),
        }
    }
}

#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
fn decide_cells(count: usize, source: [&[u8]; 2], known: &known::Run, low: i32, alpha: &mut [i16]) {
    let (cb, cr, alpha) = (&source[0][..count], &source[1][..count], &mut alpha[..count]);
    for i in 0..count {
        let at = [i32::from(cb[i]) - 128, i32::from(cr[i]) - 128];
        let bare = (ONE - key(at, [known.wedge[0][i], known.wedge[1][i]]) - low).clamp(0, 2 * ONE);
        alpha[i] = ((bare * known.gain[i]) >> KEY_BITS).clamp(0, 255) as i16;
    }
}

by_level! {
    /// The subject's chroma for the cells of a run.
    pub(super) fn colour(
        source: [&[u8]; 2],
        known: &known::Run,
        alpha: &[i16],
        spill: i32,
        out_cb: &mut [u8],
        out_cr: &mut [u8],
    ) {
        match source[0].len() {
            RUN => colour_cells(RUN, source, known, alpha, spill, [out_cb, out_cr]),
            count => colour_cells(count.min(RUN), source, known, alpha, spill, [out_cb, out_cr]),
        }
    }
}

#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
fn colour_cells(
    count: usize,
    source: [&[u8]; 2],
    known: &known::Run,
    alpha: &[i16],
    spill: i32,
    [out_cb, out_cr]: [&mut [u8]; 2],
) {
    let (cb, cr, alpha) = (&source[0][..count], &source[1][..count], &alpha[..count]);
    let (out_cb, out_cr) = (&mut out_cb[..count], &mut out_cr[..count]);
    for i in 0..count {
        let (u, v) = (i32::from(cb[i]) - 128, i32::from(cr[i]) - 128);
        let (su, sv) = (known.chroma[0][i], known.chroma[1][i]);
        // (1 − a) / a as the first three terms of its series: exact where it matters, bounded where a is small.
        let b = 255 - i32::from(alpha[i]);
        let more = (b * (65536 + b * (256 + b))) >> 16;
        let (fu, fv) = (u + ((more * (u - su)) >> 8), v + ((more * (v - sv)) >> 8));
        let (fu, fv) = (fu.clamp(-112, 112), fv.clamp(-112, 112));
        let lit = (key([fu, fv], [known.wedge[0][i], known.wedge[1][i]]) - known.own[i]).clamp(0, ONE);
        // lit · most / (lit + most), its curve as a parabola that ends flat at two fifths of the screen.
        let near = lit.min(2 * SPILL_MOST);
        let off = near - ((near * near) / (4 * SPILL_MOST));
        let off = (off * spill) >> KEY_BITS;
        out_cb[i] = (128 + fu - ((off * su) >> KEY_BITS)).clamp(1, 254) as u8;
        out_cr[i] = (128 + fv - ((off * sv) >> KEY_BITS)).clamp(1, 254) as u8;
    }
}

/// `a · b / 65536`, as one instruction.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
fn high(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b)) >> 16) as i16
}

/// Between `a` and `b` by `base` parts of 128, moved towards the one whose luma is more like `y`.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
fn part(y: i16, a: i16, b: i16, base: i16) -> i16 {
    (base + ((y - a).abs() - (y - b).abs()) * GUIDE).clamp(0, 128)
}

#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
fn mix(a: i16, b: i16, part: i16) -> i16 {
    a + (((b - a) * part) >> 7)
}

/// The subject's luma: the screen's share taken off, by the same series as its chroma.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
fn unmix(y: i16, alpha: i16, screen: i16) -> u8 {
    let through = (255 - alpha) << 3;
    let off = y - screen;
    let twice = off + high(off << 5, through);
    let thrice = off + high(twice << 5, through);
    (y + high(thrice << 5, through)).clamp(0, 255) as u8
}

by_level! {
    /// Alpha and luma of a row's pixels above a run, from alpha and luma of the cells they lie in and of those beyond,
    /// the next run's first included.
    pub(super) fn raise(
        row: &[u8],
        cell_alpha: [&[i16]; 2],
        cell_luma: [&Sites; 2],
        screen: &[i16; RUN + 1],
        luma: &mut [u8],
        alpha: &mut [u8],
    ) {
        let (row_pairs, rest) = row.as_chunks::<2>();
        let (luma_pairs, luma_rest) = luma.as_chunks_mut::<2>();
        let (alpha_pairs, alpha_rest) = alpha.as_chunks_mut::<2>();
        let pairs = row_pairs.len().min(RUN);
        match pairs {
            RUN => raise_pairs(RUN, row_pairs, cell_alpha, cell_luma, screen, [luma_pairs, alpha_pairs]),
            _ => raise_pairs(pairs, row_pairs, cell_alpha, cell_luma, screen, [luma_pairs, alpha_pairs]),
        }
        if let ([y], [out], [a]) = (rest, luma_rest, alpha_rest) {
            let ([na, fa], [nl, fl]) = (cell_alpha.map(|row| row[pairs]), cell_luma.map(|row| row[pairs]));
            let y = i16::from(*y);
            let found = mix(na, fa, part(y, nl, fl, 32));
            *a = found as u8;
            *out = unmix(y, found, screen[pairs]);
        }
    }
}

#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
fn raise_pairs(
    pairs: usize,
    row: &[[u8; 2]],
    cell_alpha: [&[i16]; 2],
    [nl, fl]: [&Sites; 2],
    screen: &[i16; RUN + 1],
    [luma, alpha]: [&mut [[u8; 2]]; 2],
) {
    let [na, fa] = cell_alpha.map(|row| &row[..=pairs]);
    let (row, luma, alpha) = (&row[..pairs], &mut luma[..pairs], &mut alpha[..pairs]);
    for i in 0..pairs {
        let [even, odd] = row[i].map(i16::from);
        let a = mix(na[i], fa[i], part(even, nl[i], fl[i], 32));
        let (p, q) = (part(odd, nl[i], fl[i], 32), part(odd, nl[i + 1], fl[i + 1], 32));
        let (left, right) = (mix(na[i], fa[i], p), mix(na[i + 1], fa[i + 1], q));
        let between = part(odd, mix(nl[i], fl[i], p), mix(nl[i + 1], fl[i + 1], q), 64);
        let b = mix(left, right, between);
        alpha[i] = [a as u8, b as u8];
        luma[i] = [unmix(even, a, screen[i]), unmix(odd, b, screen[i])];
    }
}
