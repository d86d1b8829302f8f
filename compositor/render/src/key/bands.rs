//! Work cut into bands of rows, and the pictures it reads and writes.

use super::simd::{Level, by_level};
use std::sync::{Mutex, PoisonError};
use vitrine_media::{Cover, Picture, PictureMut, Plane, PlaneMut, Size};

/// Runs `work(0)` … `work(count − 1)`, in any order, on any threads, and returns when all are done.
pub type ParallelFor<'a> = dyn Fn(usize, &(dyn Fn(usize) + Sync)) + 'a;

/// The simplest [`ParallelFor`]: one after the other, on the calling thread.
pub fn on_this_thread(count: usize, work: &(dyn Fn(usize) + Sync)) {
    (0..count).for_each(work);
}

/// Most bands a picture is cut into.
pub(crate) const BANDS_MAX: usize = 64;
/// Row pairs in a band, at least: its rows then stay in the second-level cache, and the rows around a band, which are
/// decided once more for it, are few beside its own. 1080p is twenty such bands.
const BAND_PAIRS_MIN: usize = 27;

/// Hands each of up to [`BANDS_MAX`] owned jobs to exactly one call of the parallel loop.
pub(crate) fn each<T: Send>(
    parallel: &ParallelFor<'_>,
    jobs: impl Iterator<Item = T>,
    work: &(dyn Fn(usize, T) + Sync),
) {
    let mut jobs = jobs.fuse();
    let mut count = 0;
    let slots: [Mutex<Option<T>>; BANDS_MAX] = std::array::from_fn(|_| {
        let job = jobs.next();
        count += usize::from(job.is_some());
        Mutex::new(job)
    });
    parallel(count, &|index| {
        let job = slots.get(index).and_then(|s| s.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(job) = job {
            work(index, job);
        }
    });
}

/// Row pairs in each band of a picture with `pairs` of them.
pub(crate) const fn pairs_per_band(pairs: usize) -> usize {
    let fewest = pairs.div_ceil(BANDS_MAX);
    if fewest > BAND_PAIRS_MIN { fewest } else { BAND_PAIRS_MIN }
}

/// What is keyed: a picture of the pipeline, or full-size chroma for tools and measurements.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) size: Size,
    y: Plane<'a>,
    cb: Plane<'a>,
    cr: Plane<'a>,
    /// Whether chroma is as large as luma.
    pub(crate) full_chroma: bool,
}

impl<'a> Source<'a> {
    pub(crate) fn of(picture: &'a Picture) -> Self {
        Self {
            size: picture.size(),
            y: picture.plane(0),
            cb: picture.plane(1),
            cr: picture.plane(2),
            full_chroma: false,
        }
    }

    pub(crate) const fn full(size: Size, y: Plane<'a>, cb: Plane<'a>, cr: Plane<'a>) -> Self {
        Self { size, y, cb, cr, full_chroma: true }
    }

    /// Columns of 2×2 cells.
    pub(crate) const fn cells(&self) -> usize {
        self.size.chroma().width as usize
    }

    /// Rows of 2×2 cells.
    pub(crate) const fn pairs(&self) -> usize {
        self.size.chroma().height as usize
    }

    /// Luma row `row`, or the last one beyond it.
    pub(crate) fn luma(&self, row: usize) -> &'a [u8] {
        row_of(self.y, row.min(self.size.height as usize - 1), self.size.width as usize)
    }

    /// Rows `row` of Cb and Cr in their own size, or the last ones beyond it.
    pub(crate) fn chroma(&self, row: usize) -> [&'a [u8]; 2] {
        let (rows, width) = if self.full_chroma {
            (self.size.height as usize, self.size.width as usize)
        } else {
            (self.pairs(), self.cells())
        };
        let row = row.min(rows - 1);
        [row_of(self.cb, row, width), row_of(self.cr, row, width)]
    }

    /// Bytes from one row of luma, and of chroma, to the next.
    pub(crate) const fn strides(&self) -> [usize; 2] {
        [self.y.stride, self.cb.stride]
    }

    /// Y, Cb, Cr where 4:2:0 chroma lies, for the `pair`-th row pair: left column of each cell, between its rows.
    pub(crate) fn sites(&self, level: Level, pair: usize, out: &mut [Vec<f32>; 3]) {
        let pair = pair.min(self.pairs() - 1);
        let [y, cb, cr] = out;
        let (upper, lower) = (self.luma(2 * pair), self.luma(2 * pair + 1));
        site_luma(level, upper, lower, y);
        if self.full_chroma {
            let (up, low) = (self.chroma(2 * pair), self.chroma(2 * pair + 1));
            site_luma(level, up[0], low[0], cb);
            site_luma(level, up[1], low[1], cr);
        } else {
            let rows = self.chroma(pair);
            widen(level, rows[0], cb);
            widen(level, rows[1], cr);
        }
    }
}

by_level! {
    /// Bytes to floats.
    fn widen(from: &[u8], to: &mut [f32]) {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = f32::from(*from));
    }
}

by_level! {
    /// `[1 2 1] / 4` across and `[1 1] / 2` down, centred on even columns.
    fn site_luma(upper: &[u8], lower: &[u8], out: &mut [f32]) {
        let ((up, up_last), (low, low_last)) = (upper.as_chunks::<2>(), lower.as_chunks::<2>());
        let pairs = up.len().min(low.len());
        let (up, low) = (&up[..pairs], &low[..pairs]);
        let column = |at: usize, odd: usize| f32::from(u16::from(up[at][odd]) + u16::from(low[at][odd]));
        if let (Some(first), true) = (out.first_mut(), pairs > 0) {
            // The first site has no column on its left and takes its own for it.
            *first = 0.375 * column(0, 0) + 0.125 * column(0, 1);
        }
        if let Some(inner) = out.get_mut(1..pairs) {
            let left = up.iter().zip(low);
            let here = up[1..].iter().zip(&low[1..]);
            for ((left, here), out) in left.zip(here).zip(inner) {
                let odd = u16::from(left.0[1]) + u16::from(left.1[1]) + u16::from(here.0[1]) + u16::from(here.1[1]);
                let even = u16::from(here.0[0]) + u16::from(here.1[0]);
                *out = f32::from(2 * even + odd) * 0.125;
            }
        }
        if let ([up_last], [low_last], Some(last)) = (up_last, low_last, out.get_mut(pairs)) {
            // The last column of an odd width has none on its right.
            let even = f32::from(u16::from(*up_last) + u16::from(*low_last));
            *last = if pairs > 0 { 0.375 * even + 0.125 * column(pairs - 1, 1) } else { 0.5 * even };
        }
    }
}

/// `N` pixels of a row, from the one before cell `cell` on: where they lie, if all do; else copied to `room`, with the
/// row's last pixels for those that it lacks.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
pub(crate) fn around<'a, const N: usize>(row: &'a [u8], cell: usize, room: &'a mut [u8; N]) -> &'a [u8; N] {
    let inner = row.get((2 * cell).wrapping_sub(1)..).and_then(|row| row.first_chunk());
    inner.unwrap_or_else(|| {
        let pixel = |x: usize| row[(2 * cell + x).saturating_sub(1).min(row.len() - 1)];
        room.iter_mut().enumerate().for_each(|(x, slot)| *slot = pixel(x));
        room
    })
}

/// Eight times the luma at `B` chroma sites, `[1 2 1]` across and `[1 1]` down, centred on even columns, from what
/// [`around`] gives.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
pub(crate) fn site_sums<const B: usize, const N: usize>(upper: &[u8; N], lower: &[u8; N]) -> [u16; B] {
    let mut sums = [0; B];
    for row in [upper, lower] {
        // Two pixels at a time, as one number each: so the even and the odd ones come apart without a shuffle.
        let (left, right) = (row.as_chunks::<2>().0, row[1..].as_chunks::<2>().0);
        for (i, sum) in sums.iter_mut().enumerate() {
            let (left, right) = (u16::from_le_bytes(left[i]), u16::from_le_bytes(right[i]));
            *sum += (left & 0xff) + 2 * (left >> 8) + (right >> 8);
        }
    }
    sums
}

fn row_of(plane: Plane<'_>, row: usize, width: usize) -> &[u8] {
    let start = row * plane.stride;
    &plane.bytes[start..start + width]
}

/// One band of a picture that is being written.
pub(crate) struct BandMut<'a> {
    /// First row pair.
    pub(crate) first: usize,
    /// Row pairs in it.
    pub(crate) pairs: usize,
    /// Y, Cb, Cr, A.
    pub(crate) planes: [PlaneMut<'a>; 4],
    /// What is known of the alpha; empty from [`bands`].
    pub(crate) cover: &'a mut [Cover],
}

impl BandMut<'_> {
    /// Row `row` of plane `index`, counted from the band's start; empty beyond the picture.
    pub(crate) fn row(&mut self, index: usize, row: usize, width: usize) -> &mut [u8] {
        let plane = &mut self.planes[index];
        plane.bytes.get_mut(row * plane.stride..row * plane.stride + width).unwrap_or_default()
    }
}

/// Cuts a picture into bands of row pairs. What was known of its alpha is forgotten.
pub(crate) fn bands<'a>(picture: &'a mut PictureMut<'_>) -> impl Iterator<Item = BandMut<'a>> {
    let size = picture.size();
    cut(size, picture.planes(), &mut [])
}

/// As [`bands`], for a writer that keeps what is known of the alpha true.
pub(crate) fn covered_bands<'a>(picture: &'a mut PictureMut<'_>) -> impl Iterator<Item = BandMut<'a>> {
    let size = picture.size();
    let (planes, cover) = picture.planes_and_cover();
    cut(size, planes, cover)
}

fn cut<'a>(size: Size, mut rest: [PlaneMut<'a>; 4], mut cover: &'a mut [Cover]) -> impl Iterator<Item = BandMut<'a>> {
    let (across, pairs) = Cover::tiles(size);
    let per_band = pairs_per_band(pairs);
    (0..pairs).step_by(per_band).map(move |first| {
        let count = per_band.min(pairs - first);
        let mut at = 0;
        let planes = rest.each_mut().map(|plane| {
            let rows = if at == 1 || at == 2 { count } else { 2 * count };
            at += 1;
            let bytes = std::mem::take(&mut plane.bytes);
            let (head, tail) = bytes.split_at_mut((rows * plane.stride).min(bytes.len()));
            plane.bytes = tail;
            PlaneMut { bytes: head, stride: plane.stride }
        });
        let tiles = std::mem::take(&mut cover);
        let (head, tail) = tiles.split_at_mut((count * across).min(tiles.len()));
        cover = tail;
        BandMut { first, pairs: count, planes, cover: head }
    })
}
