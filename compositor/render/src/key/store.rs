//! A keyed chunk into a picture: luma and alpha pixel by pixel, chroma as its cell's mean.

use super::bands::BandMut;
use super::fine::{CHUNK, Chunk, Done};
use super::job::Job;
use super::light::{CB, CR, luma, round};
use super::simd::by_level;
use vitrine_media::{Cover, PlaneMut};

/// Sums of the odd column left of a chunk: weight, Cb, Cr, and the source's upsampled Cb, Cr.
#[derive(Clone, Copy, Default)]
pub(crate) struct Carry([f32; 5]);

/// Weight of a clear pixel's chroma: a cell without any other has a mean all the same.
const FAINT: f32 = 1e-4;
/// Luma and chroma under clear pixels.
const NOTHING: (u8, u8) = (16, 128);

/// Writes `count` cells from `first` on into row pair `pair` of the band.
pub(crate) fn into_band(
    job: &Job<'_>,
    band: &mut BandMut<'_>,
    pair: usize,
    done: Done<'_>,
    (first, count): (usize, usize),
    carry: &mut Carry,
) {
    let chunk = match done {
        Done::Keyed(chunk) => chunk,
        Done::Clear => return clear(job, band, pair, (first, count), carry),
        Done::Plain => return plain(job, band, pair, (first, count), carry),
    };
    let _ = note(job, band, pair, (first, count), Cover::Unknown);
    let size = job.source.size;
    let width = size.width as usize;
    let local = pair - band.first;
    for half in (0..2).filter(|half| 2 * pair + half < size.height as usize) {
        let [even, odd] = [2 * half, 2 * half + 1];
        let row = &mut band.row(0, 2 * local + half, width)[2 * first..];
        let [r, g, b] = &chunk.rgb;
        let colour = |phase: usize| [&r[phase][..count], &g[phase][..count], &b[phase][..count]];
        write_luma(job.level, &colour(even), &colour(odd), row);
        let row = &mut band.row(3, 2 * local + half, width)[2 * first..];
        write_alpha(job.level, &chunk.alpha[even][..count], &chunk.alpha[odd][..count], row);
    }
    let [_, PlaneMut { bytes: cb, stride }, PlaneMut { bytes: cr, .. }, _] = &mut band.planes;
    let at = local * *stride + first;
    let [source_cb, source_cr] = job.source.chroma(pair);
    let source = [&source_cb[first..first + count], &source_cr[first..first + count]];
    if first == 0 {
        *carry = Carry::default();
    }
    write_chroma(job.level, chunk, source, &mut cb[at..at + count], &mut cr[at..at + count], carry);
}

/// Says what the tiles of a chunk are now; whether they were so in the picture that the buffer held before.
fn note(job: &Job<'_>, band: &mut BandMut<'_>, pair: usize, (first, count): (usize, usize), what: Cover) -> bool {
    let (across, _) = Cover::tiles(job.source.size);
    let row = (pair - band.first) * across;
    let tiles = row + 2 * first / Cover::ACROSS..row + (2 * (first + count)).div_ceil(Cover::ACROSS);
    let tiles = band.cover.get_mut(tiles).unwrap_or_default();
    let same = !tiles.is_empty() && tiles.iter().all(|tile| *tile == what);
    tiles.fill(what);
    same
}

/// Writes nothing but clear pixels.
fn clear(job: &Job<'_>, band: &mut BandMut<'_>, pair: usize, (first, count): (usize, usize), carry: &mut Carry) {
    // Two odd columns that weigh next to nothing.
    *carry = Carry([2.0 * FAINT, 0.0, 0.0, 2.0 * f32::from(NOTHING.1), 2.0 * f32::from(NOTHING.1)]);
    if note(job, band, pair, (first, count), Cover::Clear) {
        return;
    }
    let local = pair - band.first;
    let pixels = 2 * first..(2 * (first + count)).min(job.source.size.width as usize);
    for row in [2 * local, 2 * local + 1] {
        band.row(0, row, pixels.end).get_mut(pixels.clone()).unwrap_or_default().fill(NOTHING.0);
        band.row(3, row, pixels.end).get_mut(pixels.clone()).unwrap_or_default().fill(0);
    }
    for plane in [1, 2] {
        band.row(plane, local, first + count)[first..].fill(NOTHING.1);
    }
}

/// Writes the camera's own samples, opaque.
fn plain(job: &Job<'_>, band: &mut BandMut<'_>, pair: usize, (first, count): (usize, usize), carry: &mut Carry) {
    let _ = note(job, band, pair, (first, count), Cover::Solid);
    let local = pair - band.first;
    let pixels = 2 * first..(2 * (first + count)).min(job.source.size.width as usize);
    for half in 0..2 {
        let luma = &job.source.luma(2 * pair + half)[pixels.clone()];
        if let Some(row) = band.row(0, 2 * local + half, pixels.end).get_mut(pixels.clone()) {
            row.copy_from_slice(luma);
        }
        band.row(3, 2 * local + half, pixels.end).get_mut(pixels.clone()).unwrap_or_default().fill(255);
    }
    let mut last = [0.0; 2];
    for ((plane, source), last) in (1..).zip(job.source.chroma(pair)).zip(&mut last) {
        band.row(plane, local, first + count)[first..].copy_from_slice(&source[first..first + count]);
        *last = f32::from(source[first + count - 1]);
    }
    let weight = 2.0 * (1.0 + FAINT);
    let [cb, cr] = last;
    *carry = Carry([weight, weight * (cb - 128.0), weight * (cr - 128.0), 2.0 * cb, 2.0 * cr]);
}

by_level! {
    fn write_luma(even: &[&[f32]; 3], odd: &[&[f32]; 3], row: &mut [u8]) {
        let count = even[0].len();
        let code = |c: &[&[f32]; 3], i: usize| round(16.0 + 219.0 * luma([c[0][i], c[1][i], c[2][i]])) as u8;
        let mut codes = [[0_u8; CHUNK]; 2];
        for (codes, colour) in codes.iter_mut().zip([even, odd]) {
            for (i, to) in codes[..count].iter_mut().enumerate() {
                *to = code(colour, i);
            }
        }
        interleave(&codes, count, row);
    }
}

by_level! {
    fn write_alpha(even: &[f32], odd: &[f32], row: &mut [u8]) {
        let count = even.len();
        let mut codes = [[0_u8; CHUNK]; 2];
        for i in 0..count {
            codes[0][i] = round(even[i] * 255.0) as u8;
            codes[1][i] = round(odd[i] * 255.0) as u8;
        }
        interleave(&codes, count, row);
    }
}

/// Even and odd columns together; a row that ends in an even column drops the last odd one.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
fn interleave(codes: &[[u8; CHUNK]; 2], count: usize, row: &mut [u8]) {
    let whole = row.len().min(2 * count) / 2;
    for ((pair, even), odd) in row.chunks_exact_mut(2).zip(&codes[0][..count]).zip(&codes[1][..count]) {
        pair[0] = *even;
        pair[1] = *odd;
    }
    if whole < count
        && let Some(last) = row.last_mut()
    {
        *last = codes[0][whole];
    }
}

by_level! {
    /// Chroma where MPEG-2 has it: the even column counts half, the odd ones beside it a quarter each; each pixel as
    /// much as it is opaque. Cells that are opaque all over keep the camera's own chroma but for what was taken off.
    fn write_chroma(chunk: &Chunk, source: [&[u8]; 2], cb: &mut [u8], cr: &mut [u8], carry: &mut Carry) {
        let count = cb.len();
        let [red, green, blue] = &chunk.rgb;
        let mut sums = [[0.0_f32; CHUNK + 1]; 5];
        let mut even = [[0.0_f32; CHUNK]; 5];
        sums.iter_mut().zip(carry.0).for_each(|(sums, carry)| sums[0] = carry);
        for (phase, odd) in [(0, false), (2, false), (1, true), (3, true)] {
            let (r, g, b) = (&red[phase][..count], &green[phase][..count], &blue[phase][..count]);
            let (alpha, ub, ur) = (&chunk.alpha[phase][..count], &chunk.cb[phase][..count], &chunk.cr[phase][..count]);
            let [weight, sb, sr, tb, tr] = if odd {
                sums.each_mut().map(|s| &mut s[1..=count])
            } else {
                even.each_mut().map(|s| &mut s[..count])
            };
            for i in 0..count {
                let a = alpha[i] + FAINT;
                let y = luma([r[i], g[i], b[i]]);
                weight[i] += a;
                sb[i] += a * (b[i] - y) * (224.0 / CB);
                sr[i] += a * (r[i] - y) * (224.0 / CR);
                tb[i] += ub[i];
                tr[i] += ur[i];
            }
        }
        // At the left edge of the picture the odd column on the left is the one on the right.
        let edge = if carry.0[0] > 0.0 { 0 } else { 1 };
        sums.iter_mut().for_each(|s| s[0] = s[edge]);
        for i in 0..count {
            let mean = |q: usize| 2.0 * even[q][i] + sums[q][i] + sums[q][i + 1];
            let weight = mean(0);
            let solid = if weight > 7.999 { 1.0 } else { 0.0 };
            let own = |source: u8, q: usize| solid * (f32::from(source) - 0.125 * mean(q));
            cb[i] = round((128.0 + mean(1) / weight + own(source[0][i], 3)).clamp(1.0, 254.0)) as u8;
            cr[i] = round((128.0 + mean(2) / weight + own(source[1][i], 4)).clamp(1.0, 254.0)) as u8;
        }
        carry.0 = sums.map(|s| s[count]);
    }
}
