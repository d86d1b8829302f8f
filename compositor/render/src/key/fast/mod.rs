//! `fast`: the decision in the chroma plane, in fixed point; alpha follows luma up to full size.
//!
//! As `fine`, with codes for light and one decision for each 2×2 cell: a quarter of the work, on bytes. And most of
//! that is left out:
//!
//! ```text
//! chroma of a row pair ─► flat: which runs of cells are all screen or all subject ─┬─► cleared, copied
//!                                                                                  └─► known, kernels: cell by cell
//! ```

mod flat;
mod kernels;
mod known;

use super::bands::BandMut;
use super::grid::{Grid, RUN};
use super::job::Job;
use super::light::Space;
use super::setting::Regions;
use super::simd::by_level;
use crate::ahead::ahead;
use flat::{Bounds, Extremes, Look};
use kernels::{ONE, Sites};
use known::Known;
use vitrine_media::Cover;

/// The space of this grade's screen.
pub(crate) const SPACE: Space = Space::Encoded;

/// Luma code under clear pixels.
const BLACK: u8 = 16;
/// Chroma code under clear pixels.
const GREY: u8 = 128;

/// One worker's rows: three rows of cells, decided, and what is known of the screen there.
pub(crate) struct Desk {
    bounds: Bounds,
    extremes: Extremes,
    /// What is known for two stretches of row pairs: those of even and of odd number.
    known: [Known; 2],
    ring: [Decided; 3],
    /// What becomes of the runs of this row pair: of their chroma, and of their upper and lower luma and alpha.
    ways: [Vec<Way>; 3],
}

/// A row of cells after the decision.
struct Decided {
    /// One more than the picture has.
    alpha: Vec<i16>,
    looks: Vec<Look>,
    /// Whether the cells of each run, and one to either side, are all clear or all solid.
    runs: Vec<Run>,
    /// Luma at the cells' sites, run by run, where it was asked for.
    sites: Vec<Option<Sites>>,
}

impl Decided {
    fn new(cells: usize, runs: usize) -> Self {
        Self {
            alpha: vec![0; cells + 1],
            looks: vec![Look::Mixed; runs],
            runs: vec![Run::Mixed; runs],
            sites: vec![None; runs],
        }
    }

    /// Luma at the sites of run `at`, if this is row pair `pair`.
    fn sites_of(&mut self, job: &Job<'_>, pair: usize, at: usize) -> &Sites {
        let pair = pair.min(job.source.pairs() - 1);
        self.sites[at].get_or_insert_with(|| kernels::site_codes(job.level, &job.source, pair, at))
    }
}

/// What a run of cells is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    Clear,
    Solid,
    Mixed,
}

impl Run {
    /// What cells are that were reckoned one by one.
    fn of(alpha: &[i16], lean: bool) -> Self {
        let ends = alpha.iter().fold((i16::MAX, i16::MIN), |(least, most), v| (least.min(*v), most.max(*v)));
        match ends {
            (_, 0) if lean => Self::Clear,
            (255, _) => Self::Solid,
            _ => Self::Mixed,
        }
    }

    /// What becomes of its luma and alpha, if `clear` is what becomes of a clear tile.
    #[allow(clippy::inline_always, reason = "part of a kernel; must take its instruction set")]
    #[inline(always)]
    fn way(self, clear: Way) -> Way {
        let own = if self == Self::Solid { Way::Own } else { Way::Reckoned };
        if self == Self::Clear { clear } else { own }
    }

    /// What two runs are together.
    #[allow(clippy::inline_always, reason = "part of a kernel; must take its instruction set")]
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Mixed }
    }
}

/// What becomes of a run in one plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// It is clear, and was so in the picture that the buffer held before.
    Kept,
    Clear,
    /// The camera's own.
    Own,
    Reckoned,
}

// A tile of what is known of the alpha is a run of cells.
const _: () = assert!(Cover::ACROSS == 2 * RUN);

/// Tells stretches of equal runs: `each(what, first run, run after the last)`.
fn stretches<T: Copy + PartialEq>(runs: &[T], mut each: impl FnMut(T, usize, usize)) {
    let mut first = 0;
    while let Some(what) = runs.get(first).copied() {
        let mut end = first + 1;
        while runs.get(end) == Some(&what) {
            end += 1;
        }
        each(what, first, end);
        first = end;
    }
}

impl Job<'_> {
    /// Row pairs for which the screen is worked out once: a quarter of a block of the grid.
    const fn stretch_pairs(&self) -> usize {
        self.grid.block / 4
    }

    fn stretch_of(&self, pair: usize) -> usize {
        pair.min(self.source.pairs() - 1) / self.stretch_pairs()
    }

    /// The cells of run `at`.
    fn cells_of(&self, at: usize) -> std::ops::Range<usize> {
        at * RUN..((at + 1) * RUN).min(self.source.cells())
    }
}

impl Desk {
    pub(crate) fn new(grid: &Grid, cells: usize) -> Self {
        let runs = cells.div_ceil(RUN);
        Self {
            bounds: Bounds::new(grid, runs),
            extremes: Extremes::new(runs),
            known: [Known::new(grid, runs), Known::new(grid, runs)],
            ring: std::array::from_fn(|_| Decided::new(cells, runs)),
            ways: std::array::from_fn(|_| vec![Way::Reckoned; runs]),
        }
    }

    /// Keys a band.
    pub(crate) fn band(&mut self, job: &Job<'_>, band: &mut BandMut<'_>) {
        // What a desk knew may be of the picture before.
        self.bounds.forget();
        self.known.iter_mut().for_each(|known| known.turn_to(None));
        self.decide(job, band.first.saturating_sub(1), 0);
        self.decide(job, band.first, 1);
        for local in 0..band.pairs {
            let pair = band.first + local;
            self.decide(job, pair + 1, 2);
            self.cover(job, local, band);
            self.colour(job, pair, local, band);
            for half in (0..2).filter(|half| 2 * pair + half < job.source.size.height as usize) {
                self.enlarge(job, pair, half, 2 * local + half, band);
            }
            self.ring.rotate_left(1);
        }
    }

    /// Decides the cells of row pair `pair`, or of the last one, into ring place `place`.
    fn decide(&mut self, job: &Job<'_>, pair: usize, place: usize) {
        let pair = pair.min(job.source.pairs() - 1);
        let Decided { alpha, looks, runs, sites } = &mut self.ring[place];
        sites.fill(None);
        let stretch = job.stretch_of(pair);
        self.known[stretch % 2].turn_to(Some(stretch));
        let [cb, cr] = job.source.chroma(pair);
        self.bounds.bring(job.level, job.grid, pair, job.setting);
        self.extremes.looks(job.level, [cb, cr], &self.bounds, job.setting.low, looks);
        let low = (job.setting.low * ONE as f32) as i32;
        let cells = job.source.cells();
        stretches(looks, |look, from, to| {
            let (what, code) = match look {
                Look::Clear if job.lean => (Run::Clear, 0),
                Look::Clear => (Run::Mixed, 0),
                Look::Solid | Look::Plain => (Run::Solid, 255),
                Look::Mixed => {
                    for (at, what) in (from..to).zip(&mut runs[from..to]) {
                        let known = known_run(&mut self.known, job, pair, at);
                        let run = job.cells_of(at);
                        let chroma = [&cb[run.clone()], &cr[run.clone()]];
                        kernels::decide(job.level, chroma, known, low, &mut alpha[run.clone()]);
                        *what = Run::of(&alpha[run], job.lean);
                    }
                    return;
                }
            };
            alpha[from * RUN..cells.min(to * RUN)].fill(code);
            runs[from..to].fill(what);
        });
        alpha[cells] = alpha[cells - 1];
        for at in 1..runs.len() {
            if runs[at - 1] != runs[at] {
                meet(alpha, runs, at);
            }
        }
    }

    /// Says what the tiles of the ring's middle row are, a run of cells each, and what becomes of them.
    fn cover(&mut self, job: &Job<'_>, local: usize, band: &mut BandMut<'_>) {
        let [above, here, below] = &self.ring;
        let [chroma, upper, lower] = &mut self.ways;
        let rows = [&above.runs[..], &here.runs, &below.runs];
        let tiles = band.cover.get_mut(local * chroma.len()..(local + 1) * chroma.len()).unwrap_or_default();
        // Regions that a person drew are laid over the alpha later.
        let sure = job.regions == Regions::default();
        ways(job.level, rows, &here.looks, sure, tiles, chroma, upper, lower);
    }

    /// The subject's chroma of row pair `pair`, the middle one of the ring.
    fn colour(&mut self, job: &Job<'_>, pair: usize, local: usize, band: &mut BandMut<'_>) {
        let here = &self.ring[1];
        let source = job.source.chroma(pair);
        let cells = job.source.cells();
        let spill = (job.setting.spill * ONE as f32) as i32;
        let [_, cb, cr, _] = &mut band.planes;
        let row = |stride: usize| local * stride..local * stride + cells;
        let (out_cb, out_cr) = (&mut cb.bytes[row(cb.stride)], &mut cr.bytes[row(cr.stride)]);
        stretches(&self.ways[0], |way, from, to| {
            let run = from * RUN..cells.min(to * RUN);
            match way {
                Way::Kept => {}
                Way::Clear => [&mut *out_cb, &mut *out_cr].into_iter().for_each(|row| row[run.clone()].fill(GREY)),
                Way::Own => {
                    out_cb[run.clone()].copy_from_slice(&source[0][run.clone()]);
                    out_cr[run.clone()].copy_from_slice(&source[1][run]);
                }
                Way::Reckoned => {
                    for at in from..to {
                        let known = known_run(&mut self.known, job, pair, at);
                        let run = job.cells_of(at);
                        let chroma = source.map(|row| &row[run.clone()]);
                        let (cb, cr) = (&mut out_cb[run.clone()], &mut out_cr[run.clone()]);
                        kernels::colour(job.level, chroma, known, &here.alpha[run], spill, cb, cr);
                    }
                }
            }
        });
    }

    /// Alpha and luma of one row of pixels, the band's row `local`: run by run, from the cells it lies in and those
    /// beyond.
    fn enlarge(&mut self, job: &Job<'_>, pair: usize, half: usize, local: usize, band: &mut BandMut<'_>) {
        let [above, near, below] = &mut self.ring;
        let (far, far_pair) = if half == 0 { (above, pair.saturating_sub(1)) } else { (below, pair + 1) };
        let row = job.source.luma(2 * pair + half);
        let [luma, _, _, alpha] = &mut band.planes;
        let range = |stride: usize| local * stride..local * stride + row.len();
        let (luma, alpha) = (&mut luma.bytes[range(luma.stride)], &mut alpha.bytes[range(alpha.stride)]);
        let [stride, _] = job.source.strides();
        stretches(&self.ways[1 + half], |way, from, to| {
            let pixels = 2 * RUN * from..(2 * RUN * to).min(row.len());
            if matches!(way, Way::Own | Way::Reckoned) {
                ahead(&row[pixels.clone()], 2 * stride);
            }
            match way {
                Way::Kept => {}
                Way::Clear => {
                    alpha[pixels.clone()].fill(0);
                    luma[pixels].fill(BLACK);
                }
                Way::Own => {
                    alpha[pixels.clone()].fill(255);
                    luma[pixels.clone()].copy_from_slice(&row[pixels]);
                }
                Way::Reckoned => {
                    for at in from..to {
                        let pixels = 2 * RUN * at..(2 * RUN * (at + 1)).min(row.len());
                        let cells = job.cells_of(at);
                        let sites = [*near.sites_of(job, pair, at), *far.sites_of(job, far_pair, at)];
                        let decided = [&near.alpha, &far.alpha].map(|alpha| &alpha[cells.start..=cells.end]);
                        let screen = &known_run(&mut self.known, job, pair, at).luma;
                        let (luma, alpha) = (&mut luma[pixels.clone()], &mut alpha[pixels.clone()]);
                        kernels::raise(job.level, &row[pixels], decided, sites.each_ref(), screen, luma, alpha);
                    }
                }
            }
        });
        job.regions.apply(alpha, 2 * pair + half, 0, 1, 0, 255);
    }
}

by_level! {
    /// What becomes of each run of the middle one of three rows, and what its tile is then; `sure` if nothing is laid
    /// over it later.
    fn ways(
        rows: [&[Run]; 3],
        looks: &[Look],
        sure: bool,
        tiles: &mut [Cover],
        chroma: &mut [Way],
        upper: &mut [Way],
        lower: &mut [Way],
    ) {
        let count = looks.len();
        let [above, here, below] = rows.map(|row| &row[..count]);
        let (tiles, chroma) = (&mut tiles[..count], &mut chroma[..count]);
        let (upper, lower) = (&mut upper[..count], &mut lower[..count]);
        for i in 0..count {
            let (up, low) = (above[i].and(here[i]), here[i].and(below[i]));
            // A cell that is clear while its neighbours are not still colours a part of their pixels.
            let all = up.and(low);
            let solid = if all == Run::Solid { Cover::Solid } else { Cover::Unknown };
            let tile = if all == Run::Clear { Cover::Clear } else { solid };
            let tile = if sure { tile } else { Cover::Unknown };
            let clear = if tile == Cover::Clear && tiles[i] == Cover::Clear { Way::Kept } else { Way::Clear };
            tiles[i] = tile;
            let own = if looks[i] == Look::Plain { Way::Own } else { Way::Reckoned };
            chroma[i] = if all == Run::Clear { clear } else { own };
            upper[i] = up.way(clear);
            lower[i] = low.way(clear);
        }
    }
}

/// What is known of the screen behind run `at` of row pair `pair`.
fn known_run<'k>(known: &'k mut [Known; 2], job: &Job<'_>, pair: usize, at: usize) -> &'k known::Run {
    let stretch = job.stretch_of(pair);
    let place = (job.grid, stretch * job.stretch_pairs(), job.source.cells());
    known[stretch % 2].run(job.level, place, job.setting, at)
}

/// Run `at` and the one before it are not the same: each takes the other's first (or last) cell into account.
fn meet(alpha: &[i16], runs: &mut [Run], at: usize) {
    let (before, after) = (alpha[at * RUN - 1], alpha[at * RUN]);
    for (at, beside) in [(at - 1, after), (at, before)] {
        let same = match runs[at] {
            Run::Clear => beside == 0,
            Run::Solid => beside == 255,
            Run::Mixed => true,
        };
        if !same {
            runs[at] = Run::Mixed;
        }
    }
}
