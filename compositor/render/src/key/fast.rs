//! `fast`: the decision in the chroma plane, in fixed point; alpha follows luma up to full size.
//!
//! As `fine`, with codes for light and one decision for each 2×2 cell: a quarter of the work, on bytes.

use super::bands::{BandMut, Source};
use super::fine::SPILL_COMMON;
use super::grid::{Grid, Line};
use super::light::{Space, round};
use super::setting::{Regions, Setting};
use super::simd::{Level, by_level};
use super::wedge::{HUE_BEND, Wedge};

/// The space of this grade's screen.
pub(crate) const SPACE: Space = Space::Encoded;

/// Fraction bits of the wedge.
const WEDGE_BITS: u32 = 20;
/// Fraction bits of key values.
const KEY_BITS: u32 = 12;
/// One on the scale of key values.
const ONE: i32 = 1 << KEY_BITS;
/// Screen light that a subject reflects seldom exceeds this part of the screen.
const SPILL_MOST: i32 = ONE / 5;
/// Part of 128 by which alpha moves between two neighbours for each code of luma.
const GUIDE: i16 = 3;

/// One worker's rows: three rows of cells, decided, and what is known of the screen there.
pub(crate) struct Desk {
    sites: [Vec<f32>; 3],
    line: Line,
    known: Known,
    ring: [Decided; 3],
}

/// Per cell, in fixed point.
struct Known {
    wedge: [Vec<i32>; 2],
    gain: Vec<i32>,
    /// Key value up to which the subject's colour is its own and no spill.
    own: Vec<i32>,
    chroma: [Vec<i32>; 2],
}

/// A row of cells after the decision, one more than the picture has.
struct Decided {
    alpha: Vec<i16>,
    luma: Vec<i16>,
    screen_luma: Vec<i16>,
    chroma: [Vec<u8>; 2],
}

/// What stays the same over a picture.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) level: Level,
    pub(crate) source: Source<'a>,
    pub(crate) grid: &'a Grid,
    pub(crate) setting: Setting,
    pub(crate) regions: Regions,
}

impl Desk {
    pub(crate) fn new(grid: &Grid, cells: usize) -> Self {
        let wide = || vec![0_i32; cells];
        let decided = || Decided {
            alpha: vec![0; cells + 1],
            luma: vec![0; cells + 1],
            screen_luma: vec![0; cells + 1],
            chroma: [vec![0; cells], vec![0; cells]],
        };
        Self {
            sites: std::array::from_fn(|_| vec![0.0; cells]),
            line: Line::new(grid),
            known: Known { wedge: [wide(), wide()], gain: wide(), own: wide(), chroma: [wide(), wide()] },
            ring: [decided(), decided(), decided()],
        }
    }

    /// Keys a band.
    pub(crate) fn band(&mut self, job: &Job<'_>, band: &mut BandMut<'_>) {
        let size = job.source.size;
        let (width, height) = (size.width as usize, size.height as usize);
        self.decide(job, band.first.saturating_sub(1), 0);
        self.decide(job, band.first, 1);
        for local in 0..band.pairs {
            let pair = band.first + local;
            self.decide(job, pair + 1, 2);
            let [above, here, below] = &self.ring;
            for half in (0..2).filter(|half| 2 * pair + half < height) {
                let far = if half == 0 { above } else { below };
                let row = 2 * local + half;
                let [luma, _, _, alpha] = &mut band.planes;
                let range = |stride: usize| row * stride..row * stride + width;
                let out = (&mut luma.bytes[range(luma.stride)], &mut alpha.bytes[range(alpha.stride)]);
                raise(job.level, job.source.luma(2 * pair + half), here, far, out.0, out.1);
                job.regions.apply(out.1, 2 * pair + half, 0, 1, 0, 255);
            }
            for (plane, chroma) in here.chroma.iter().enumerate() {
                band.row(plane + 1, local, chroma.len()).copy_from_slice(chroma);
            }
            self.ring.rotate_left(1);
        }
    }

    /// Decides the cells of row pair `pair`, or of the last one, into ring place `place`.
    fn decide(&mut self, job: &Job<'_>, pair: usize, place: usize) {
        let pair = pair.min(job.source.pairs() - 1);
        let cells = job.source.cells();
        let out = &mut self.ring[place];
        job.source.sites(job.level, pair, &mut self.sites);
        job.grid.row(pair, &mut self.line);
        know(job.level, &mut self.known, &mut out.screen_luma, &self.line, job.setting);
        let low = (job.setting.low * ONE as f32) as i32;
        let spill = (job.setting.spill * ONE as f32) as i32;
        decide(job.level, job.source.chroma(pair), &self.known, low, spill, out);
        narrow(job.level, &self.sites[0], &mut out.luma);
        for row in [&mut out.alpha, &mut out.luma, &mut out.screen_luma] {
            row[cells] = row[cells - 1];
        }
    }
}

by_level! {
    fn narrow(from: &[f32], to: &mut [i16]) {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = round(*from) as i16);
    }
}

by_level! {
    /// The screen in fixed point for each cell of a row.
    fn know(known: &mut Known, screen_luma: &mut [i16], line: &Line, setting: Setting) {
        let cells = known.gain.len();
        let [wu, wv] = &mut known.wedge;
        let [cu, cv] = &mut known.chroma;
        let (wu, wv, cu, cv) = (&mut wu[..cells], &mut wv[..cells], &mut cu[..cells], &mut cv[..cells]);
        let (gain, luma) = (&mut known.gain[..cells], &mut screen_luma[..cells]);
        let (y, u) = (&line.cells(0)[..cells], &line.cells(1)[..cells]);
        let (v, own) = (&line.cells(2)[..cells], &line.cells(3)[..cells]);
        let kept = &mut known.own[..cells];
        let unit = (1_i32 << WEDGE_BITS) as f32 / 224.0;
        for i in 0..cells {
            let wedge = Wedge::of(u[i], v[i]);
            wu[i] = round(wedge.u * unit);
            wv[i] = round(wedge.v * unit);
            cu[i] = round(u[i] * 224.0);
            cv[i] = round(v[i] * 224.0);
            luma[i] = round(16.0 + y[i] * 219.0) as i16;
            kept[i] = round((own[i] - SPILL_COMMON).max(0.0) * ONE as f32);
            gain[i] = round(255.0 / ((1.0 - own[i] - setting.low) * setting.soft).max(0.02));
        }
    }
}

by_level! {
    /// Alpha and the subject's chroma for each cell of a row.
    fn decide(source: [&[u8]; 2], known: &Known, low: i32, spill: i32, out: &mut Decided) {
        let bend = (HUE_BEND * 256.0) as i32;
        let cells = known.gain.len();
        let (cb, cr, gain) = (&source[0][..cells], &source[1][..cells], &known.gain[..cells]);
        let (wu, wv, own) = (&known.wedge[0][..cells], &known.wedge[1][..cells], &known.own[..cells]);
        let (su, sv) = (&known.chroma[0][..cells], &known.chroma[1][..cells]);
        let [ob, or] = &mut out.chroma;
        let (ob, or, alpha) = (&mut ob[..cells], &mut or[..cells], &mut out.alpha[..cells]);
        let shift = WEDGE_BITS - KEY_BITS;
        for i in 0..cells {
            let (u, v) = (i32::from(cb[i]) - 128, i32::from(cr[i]) - 128);
            let key = |u: i32, v: i32| {
                let along = (u * wu[i] + v * wv[i]) >> shift;
                let across = ((v * wu[i] - u * wv[i]) >> shift).clamp(-4 * ONE, 4 * ONE);
                along - ((((across * across) >> KEY_BITS) * bend) >> 8)
            };
            let bare = (ONE - key(u, v) - low).clamp(0, 2 * ONE);
            let a = ((bare * gain[i]) >> KEY_BITS).clamp(0, 255);
            alpha[i] = a as i16;
            // (1 − a) / a as the first three terms of its series: exact where it matters, bounded where a is small.
            let b = 255 - a;
            let more = (b * (65536 + b * (256 + b))) >> 16;
            let (fu, fv) = (u + ((more * (u - su[i])) >> 8), v + ((more * (v - sv[i])) >> 8));
            let (fu, fv) = (fu.clamp(-112, 112), fv.clamp(-112, 112));
            let lit = (key(fu, fv) - own[i]).clamp(0, ONE);
            // lit · most / (lit + most), its curve as a parabola that ends flat at two fifths of the screen.
            let near = lit.min(2 * SPILL_MOST);
            let off = near - ((near * near) / (4 * SPILL_MOST));
            let off = (off * spill) >> KEY_BITS;
            ob[i] = (128 + fu - ((off * su[i]) >> KEY_BITS)).clamp(1, 254) as u8;
            or[i] = (128 + fv - ((off * sv[i]) >> KEY_BITS)).clamp(1, 254) as u8;
        }
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
    /// Alpha and luma of one row of pixels, from the cells it lies in (`near`) and the cells beyond (`far`).
    fn raise(row: &[u8], near: &Decided, far: &Decided, luma: &mut [u8], alpha: &mut [u8]) {
        let pairs = row.len() / 2;
        let (na, nl) = (&near.alpha[..=pairs.max(1)], &near.luma[..=pairs.max(1)]);
        let (fa, fl) = (&far.alpha[..=pairs.max(1)], &far.luma[..=pairs.max(1)]);
        let screen = &near.screen_luma[..=pairs.max(1)];
        let one = |y: i16, i: usize| mix(na[i], fa[i], part(y, nl[i], fl[i], 32));
        let (row_pairs, rest) = row.as_chunks::<2>();
        let (luma_pairs, luma_rest) = luma.as_chunks_mut::<2>();
        let (alpha_pairs, alpha_rest) = alpha.as_chunks_mut::<2>();
        let (row_pairs, luma_pairs) = (&row_pairs[..pairs], &mut luma_pairs[..pairs]);
        let alpha_pairs = &mut alpha_pairs[..pairs];
        for i in 0..pairs {
            let [even, odd] = row_pairs[i].map(i16::from);
            let a = one(even, i);
            let (p, q) = (part(odd, nl[i], fl[i], 32), part(odd, nl[i + 1], fl[i + 1], 32));
            let (left, right) = (mix(na[i], fa[i], p), mix(na[i + 1], fa[i + 1], q));
            let between = part(odd, mix(nl[i], fl[i], p), mix(nl[i + 1], fl[i + 1], q), 64);
            let b = mix(left, right, between);
            alpha_pairs[i] = [a as u8, b as u8];
            luma_pairs[i] = [unmix(even, a, screen[i]), unmix(odd, b, screen[i])];
        }
        if let ([y], [out], [a]) = (rest, luma_rest, alpha_rest) {
            let found = one(i16::from(*y), pairs);
            *a = found as u8;
            *out = unmix(i16::from(*y), found, screen[pairs]);
        }
    }
}
