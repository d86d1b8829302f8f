//! `fast`: the decision in the chroma plane, in fixed point; alpha follows luma up to full size.
//!
//! As `fine`, with codes for light and one decision for each 2×2 cell: a quarter of the work, on bytes.

use super::bands::{BandMut, Source};
use super::fine::SPILL_COMMON;
use super::grid::{Grid, Line};
use super::light::{Space, round};
use super::setting::{Regions, Setting};
use super::simd::{Level, by_level};
use super::wedge::{BEND_RISE, HUE_BEND, Wedge};

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
/// Luma code under clear pixels.
const BLACK: u8 = 16;
/// Part of 128 by which alpha moves between two neighbours for each code of luma.
const GUIDE: i16 = 3;

/// Cells of a run: what is bare screen or solid subject all along is not reckoned pixel by pixel.
const RUN: usize = 16;

/// One worker's rows: three rows of cells, decided, and what is known of the screen there.
pub(crate) struct Desk {
    line: Line,
    /// What is known for two stretches of row pairs: those of even and of odd number.
    known: [Known; 2],
    ring: [Decided; 3],
    chroma: [Vec<u8>; 2],
}

/// Per cell, in fixed point.
struct Known {
    /// Which stretch of row pairs it is for.
    stretch: Option<usize>,
    wedge: [Vec<i32>; 2],
    gain: Vec<i32>,
    /// Key value up to which the subject's colour is its own and no spill.
    own: Vec<i32>,
    chroma: [Vec<i32>; 2],
    luma: Vec<i16>,
}

/// A row of cells after the decision, one more than the picture has.
struct Decided {
    alpha: Vec<i16>,
    luma: Vec<i16>,
    /// Whether the cells of each run, and one to either side, are all clear or all solid.
    runs: Vec<Run>,
}

/// What a run of cells is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    Clear,
    Solid,
    Mixed,
}

impl Run {
    /// What two runs are together.
    fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Mixed }
    }
}

/// Tells stretches of equal runs: `each(what, first cell, cell after the last)`.
fn stretches(count: usize, cells: usize, of: impl Fn(usize) -> Run, mut each: impl FnMut(Run, usize, usize)) {
    let mut first = 0;
    while first < count {
        let what = of(first);
        let end = (first + 1..count).find(|at| of(*at) != what).unwrap_or(count);
        each(what, first * RUN, (end * RUN).min(cells));
        first = end;
    }
}

/// What stays the same over a picture.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) level: Level,
    pub(crate) source: Source<'a>,
    pub(crate) grid: &'a Grid,
    pub(crate) setting: Setting,
    pub(crate) regions: Regions,
    /// Whether colours under clear pixels may be left out: nothing later uncovers them.
    pub(crate) lean: bool,
}

impl Desk {
    pub(crate) fn new(grid: &Grid, cells: usize) -> Self {
        let wide = || vec![0_i32; cells];
        let decided = || Decided {
            alpha: vec![0; cells + 1],
            luma: vec![0; cells + 1],
            runs: vec![Run::Mixed; cells.div_ceil(RUN)],
        };
        let known = || Known {
            stretch: None,
            wedge: [wide(), wide()],
            gain: wide(),
            own: wide(),
            chroma: [wide(), wide()],
            luma: vec![0; cells + 1],
        };
        Self {
            line: Line::new(grid),
            known: [known(), known()],
            ring: [decided(), decided(), decided()],
            chroma: [vec![0; cells], vec![0; cells]],
        }
    }

    /// Keys a band.
    pub(crate) fn band(&mut self, job: &Job<'_>, band: &mut BandMut<'_>) {
        let size = job.source.size;
        let (width, height) = (size.width as usize, size.height as usize);
        // What a desk knew may be of the picture before.
        self.known.iter_mut().for_each(|known| known.stretch = None);
        self.decide(job, band.first.saturating_sub(1), 0);
        self.decide(job, band.first, 1);
        for local in 0..band.pairs {
            let pair = band.first + local;
            self.decide(job, pair + 1, 2);
            self.colour(job, pair);
            let [above, here, below] = &self.ring;
            let known = &self.known[stretch_of(job, pair) % 2];
            for half in (0..2).filter(|half| 2 * pair + half < height) {
                let far = if half == 0 { above } else { below };
                let row = 2 * local + half;
                let [luma, _, _, alpha] = &mut band.planes;
                let range = |stride: usize| row * stride..row * stride + width;
                let out = [&mut luma.bytes[range(luma.stride)], &mut alpha.bytes[range(alpha.stride)]];
                enlarge(job.level, job.source.luma(2 * pair + half), [here, far], &known.luma, out);
                job.regions.apply(&mut alpha.bytes[range(alpha.stride)], 2 * pair + half, 0, 1, 0, 255);
            }
            for (plane, chroma) in self.chroma.iter().enumerate() {
                band.row(plane + 1, local, chroma.len()).copy_from_slice(chroma);
            }
            self.ring.rotate_left(1);
        }
    }

    /// Decides the cells of row pair `pair`, or of the last one, into ring place `place`.
    fn decide(&mut self, job: &Job<'_>, pair: usize, place: usize) {
        let pair = pair.min(job.source.pairs() - 1);
        let cells = job.source.cells();
        let (out, stretch) = (&mut self.ring[place], stretch_of(job, pair));
        let known = &mut self.known[stretch % 2];
        if known.stretch != Some(stretch) {
            known.stretch = Some(stretch);
            job.grid.row(job.level, stretch * rows_of(job), &mut self.line);
            know(job.level, known, &self.line, job.setting);
            known.luma[cells] = known.luma[cells - 1];
        }
        let low = (job.setting.low * ONE as f32) as i32;
        decide(job.level, job.source.chroma(pair), known, low, &mut out.alpha);
        let (upper, lower) = (job.source.luma(2 * pair), job.source.luma(2 * pair + 1));
        site_codes(job.level, upper, lower, &mut out.luma[..cells]);
        for row in [&mut out.alpha, &mut out.luma] {
            row[cells] = row[cells - 1];
        }
        for (at, run) in out.runs.iter_mut().enumerate() {
            let near = (at * RUN).saturating_sub(1)..((at + 1) * RUN + 1).min(cells + 1);
            let (least, most) = ends(&out.alpha[near]);
            *run = match (least, most) {
                (_, 0) if job.lean => Run::Clear,
                (255, _) => Run::Solid,
                _ => Run::Mixed,
            };
        }
    }

    /// The subject's chroma of row pair `pair`, the middle one of the ring.
    fn colour(&mut self, job: &Job<'_>, pair: usize) {
        let [above, here, below] = &self.ring;
        let known = &self.known[stretch_of(job, pair) % 2];
        let source = job.source.chroma(pair);
        let spill = (job.setting.spill * ONE as f32) as i32;
        let out = &mut self.chroma;
        // A cell that is clear while its neighbours are not still colours a part of their pixels.
        let clear = |at: usize| match above.runs[at].and(here.runs[at]).and(below.runs[at]) {
            Run::Clear => Run::Clear,
            _ => Run::Mixed,
        };
        stretches(here.runs.len(), here.alpha.len() - 1, clear, |run, from, to| match run {
            Run::Clear => out.iter_mut().for_each(|row| row[from..to].fill(128)),
            _ => colour(job.level, source, known, &here.alpha, spill, from..to, out),
        });
    }
}

/// Row pairs for which the screen is worked out once: a quarter of a block of the grid.
const fn rows_of(job: &Job<'_>) -> usize {
    job.grid.block / 4
}

fn stretch_of(job: &Job<'_>, pair: usize) -> usize {
    pair.min(job.source.pairs() - 1) / rows_of(job)
}

/// Least and most of some values.
fn ends(values: &[i16]) -> (i16, i16) {
    values.iter().fold((i16::MAX, i16::MIN), |(least, most), v| (least.min(*v), most.max(*v)))
}

/// Alpha and luma of one row of pixels: run by run, from the cells it lies in (`near`) and the cells beyond (`far`).
fn enlarge(level: Level, row: &[u8], [near, far]: [&Decided; 2], screen: &[i16], out: [&mut [u8]; 2]) {
    let [luma, alpha] = out;
    let width = row.len();
    stretches(
        near.runs.len(),
        near.alpha.len() - 1,
        |at| near.runs[at].and(far.runs[at]),
        |run, from, to| {
            let pixels = 2 * from..(2 * to).min(width);
            let (row, luma, alpha) = (&row[pixels.clone()], &mut luma[pixels.clone()], &mut alpha[pixels]);
            match run {
                Run::Clear => {
                    alpha.fill(0);
                    luma.fill(BLACK);
                }
                Run::Solid => {
                    alpha.fill(255);
                    luma.copy_from_slice(row);
                }
                Run::Mixed => {
                    let cut = |d: &'_ Decided| -> std::ops::RangeInclusive<usize> { from..=to.min(d.alpha.len() - 1) };
                    let cells = [near, far].map(|d| [&d.alpha[cut(d)], &d.luma[cut(d)]]);
                    raise(level, row, &cells, &screen[from..=to], luma, alpha);
                }
            }
        },
    );
}

by_level! {
    /// Luma at the chroma sites: `[1 2 1] / 4` across and `[1 1] / 2` down, centred on even columns.
    fn site_codes(upper: &[u8], lower: &[u8], out: &mut [i16]) {
        let (up, low) = (upper.as_chunks::<2>().0, lower.as_chunks::<2>().0);
        let pairs = up.len().min(low.len()).min(out.len());
        let (up, low) = (&up[..pairs], &low[..pairs]);
        let sum = |at: usize, odd: usize| i16::from(up[at][odd]) + i16::from(low[at][odd]);
        if pairs > 0 {
            // The first site has no column on its left and takes its own for it.
            out[0] = (3 * sum(0, 0) + sum(0, 1) + 4) >> 3;
        }
        for (at, out) in out[..pairs].iter_mut().enumerate().skip(1) {
            *out = (sum(at - 1, 1) + 2 * sum(at, 0) + sum(at, 1) + 4) >> 3;
        }
        if let (Some(last), Some(up_last), Some(low_last)) = (out.get_mut(pairs), upper.last(), lower.last()) {
            // The last column of an odd width has none on its right.
            let even = i16::from(*up_last) + i16::from(*low_last);
            *last = if pairs > 0 { (3 * even + sum(pairs - 1, 1) + 4) >> 3 } else { (even + 1) >> 1 };
        }
    }
}

by_level! {
    /// The screen in fixed point for each cell of a row.
    fn know(known: &mut Known, line: &Line, setting: Setting) {
        let cells = known.gain.len();
        let [wu, wv] = &mut known.wedge;
        let [cu, cv] = &mut known.chroma;
        let (wu, wv, cu, cv) = (&mut wu[..cells], &mut wv[..cells], &mut cu[..cells], &mut cv[..cells]);
        let (gain, luma) = (&mut known.gain[..cells], &mut known.luma[..cells]);
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
    /// Alpha for each cell of a row.
    fn decide(source: [&[u8]; 2], known: &Known, low: i32, alpha: &mut [i16]) {
        let cells = known.gain.len();
        let (cb, cr, gain) = (&source[0][..cells], &source[1][..cells], &known.gain[..cells]);
        let (wu, wv, alpha) = (&known.wedge[0][..cells], &known.wedge[1][..cells], &mut alpha[..cells]);
        for i in 0..cells {
            let at = [i32::from(cb[i]) - 128, i32::from(cr[i]) - 128];
            let bare = (ONE - key(at, [wu[i], wv[i]]) - low).clamp(0, 2 * ONE);
            alpha[i] = ((bare * gain[i]) >> KEY_BITS).clamp(0, 255) as i16;
        }
    }
}

by_level! {
    /// The subject's chroma for some cells of a row.
    fn colour(
        source: [&[u8]; 2],
        known: &Known,
        alpha: &[i16],
        spill: i32,
        range: std::ops::Range<usize>,
        out: &mut [Vec<u8>; 2],
    ) {
        let cells = range.len();
        let (cb, cr) = (&source[0][range.clone()], &source[1][range.clone()]);
        let (wu, wv) = (&known.wedge[0][range.clone()], &known.wedge[1][range.clone()]);
        let (su, sv) = (&known.chroma[0][range.clone()], &known.chroma[1][range.clone()]);
        let (own, alpha) = (&known.own[range.clone()], &alpha[range.clone()]);
        let [ob, or] = out;
        let (ob, or) = (&mut ob[range.clone()], &mut or[range]);
        for i in 0..cells {
            let (u, v) = (i32::from(cb[i]) - 128, i32::from(cr[i]) - 128);
            // (1 − a) / a as the first three terms of its series: exact where it matters, bounded where a is small.
            let b = 255 - i32::from(alpha[i]);
            let more = (b * (65536 + b * (256 + b))) >> 16;
            let (fu, fv) = (u + ((more * (u - su[i])) >> 8), v + ((more * (v - sv[i])) >> 8));
            let (fu, fv) = (fu.clamp(-112, 112), fv.clamp(-112, 112));
            let lit = (key([fu, fv], [wu[i], wv[i]]) - own[i]).clamp(0, ONE);
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
    /// Alpha and luma of some pixels of a row, from alpha and luma of the cells they lie in and of those beyond.
    fn raise(
        row: &[u8],
        cells: &[[&[i16]; 2]; 2],
        screen: &[i16],
        luma: &mut [u8],
        alpha: &mut [u8],
    ) {
        let pairs = row.len() / 2;
        let [[na, nl], [fa, fl]] = cells.map(|of| of.map(|row| &row[..=pairs.max(1)]));
        let screen = &screen[..=pairs.max(1)];
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
