//! `fine`: light instead of codes, the screen's colour at each pixel, and its light subtracted.
//!
//! For every pixel of light C before a screen of light S (see [`super::screen`]):
//!
//! 1. chroma is brought to luma's size, following luma's edges;
//! 2. the wedge gives the key value k, 1 on the screen and 0 where nothing of its hue is left;
//! 3. alpha is a ramp over 1 − k, from the noise of the bare screen to the subject's own key value;
//! 4. F = (C − (1 − alpha)·S) / alpha: what was behind hair, glass and blur is taken off, not greyed;
//! 5. screen light that the subject reflects is taken off too, and the new background's put in its place.
//!
//! Two rows of pixels are worked on at a time, as four phases: (upper, lower) × (even, odd column). All loops are
//! then over contiguous cells, and the chroma of a cell is the mean of its phases.

use super::bands::Source;
use super::grid::{Grid, Line};
use super::light::{CB, CR, Space, from_light, luma, rgb, to_light, yuv};
use super::setting::{Regions, Setting};
use super::simd::{Level, by_level};
use super::wedge::Wedge;

/// Cells worked on at once; their scratch stays in the first-level cache.
pub(crate) const CHUNK: usize = 64;
/// Difference of luma, in codes, over which chroma moves from one neighbour to the other.
const GUIDE: f32 = 1.0 / 40.0;
/// Smallest alpha that a colour is divided by.
const ALPHA_MIN: f32 = 1.0 / 24.0;
/// Screen light that a subject reflects seldom exceeds this part of the screen: more is its own colour.
const SPILL_MOST: f32 = 0.2;
/// Below this alpha, a pixel that was barer a picture ago stays bare.
const CALM_BELOW: f32 = 0.3;

type Cells = [f32; CHUNK];
type Phases = [Cells; 4];

/// One chunk, phase by phase.
pub(crate) struct Chunk {
    y: Phases,
    pub(crate) cb: Phases,
    pub(crate) cr: Phases,
    /// `1 − k` as bytes, for the next picture's calm.
    pub(crate) raw: [[u8; CHUNK]; 4],
    pub(crate) alpha: Phases,
    /// R'G'B' of the subject, straight.
    pub(crate) rgb: [Phases; 3],
}

/// What the keyer knows for each cell of a row.
struct Known {
    screen: [Vec<f32>; 3],
    wedge: [Vec<f32>; 2],
    gain: Vec<f32>,
}

/// One worker's scratch.
pub(crate) struct Desk {
    /// Y, Cb, Cr at chroma sites for the row pair above, this one and the one below, with one cell more.
    ring: [[Vec<f32>; 3]; 3],
    line: Line,
    known: Known,
    pub(crate) chunk: Box<Chunk>,
}

/// What stays the same over a picture.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) level: Level,
    pub(crate) source: Source<'a>,
    pub(crate) grid: &'a Grid,
    pub(crate) setting: Setting,
    pub(crate) regions: Regions,
    /// Light put in the place of removed spill, as a part of the screen's luminance.
    pub(crate) backdrop: [f32; 3],
}

impl Desk {
    pub(crate) fn new(grid: &Grid, cells: usize) -> Self {
        let row = || vec![0.0; cells];
        Self {
            ring: std::array::from_fn(|_| std::array::from_fn(|_| vec![0.0; cells + 1])),
            line: Line::new(grid),
            known: Known { screen: [row(), row(), row()], wedge: [row(), row()], gain: row() },
            chunk: Box::new(Chunk {
                y: [[0.0; CHUNK]; 4],
                cb: [[0.0; CHUNK]; 4],
                cr: [[0.0; CHUNK]; 4],
                raw: [[0; CHUNK]; 4],
                alpha: [[0.0; CHUNK]; 4],
                rgb: [[[0.0; CHUNK]; 4]; 3],
            }),
        }
    }

    /// Prepares row pairs from `first` on.
    pub(crate) fn start(&mut self, job: &Job<'_>, first: usize) {
        if !job.source.full_chroma {
            let [above, here, _] = &mut self.ring;
            load_sites(job, first.saturating_sub(1), above);
            load_sites(job, first, here);
        }
    }

    /// Keys row pair `pair` chunk by chunk; `done(chunk, first cell, cells)` takes each result. `before` is the raw
    /// plane of the picture before, phase after phase of `cells` bytes, and is brought up to date.
    pub(crate) fn pair(
        &mut self,
        job: &Job<'_>,
        pair: usize,
        mut before: Option<&mut [u8]>,
        mut done: impl FnMut(&Chunk, usize, usize),
    ) {
        let cells = job.source.cells();
        if !job.source.full_chroma {
            load_sites(job, pair + 1, &mut self.ring[2]);
        }
        job.grid.row(pair, &mut self.line);
        know(job.level, &mut self.known, &self.line, job.setting);
        for first in (0..cells).step_by(CHUNK) {
            let count = CHUNK.min(cells - first);
            self.load(job, pair, first, count);
            let chunk = &mut *self.chunk;
            matte(job.level, chunk, &self.known, first, count, job.setting.low);
            if let Some(before) = &mut before {
                for (phase, raw) in chunk.raw.iter().enumerate() {
                    let at = phase * cells + first;
                    if let Some(before) = before.get_mut(at..at + count) {
                        calm(job.level, &mut chunk.alpha[phase][..count], &raw[..count], before, job.setting.low);
                    }
                }
            }
            for (phase, alpha) in chunk.alpha.iter_mut().enumerate() {
                let (row, column) = (2 * pair + phase / 2, 2 * first + phase % 2);
                job.regions.apply(&mut alpha[..count], row, column, 2, 0.0, 1.0);
            }
            subtract(job.level, chunk, &self.known, first, count, job.setting.spill, job.backdrop);
            done(chunk, first, count);
        }
        self.ring.rotate_left(1);
    }

    /// Luma and chroma of one chunk, phase by phase.
    fn load(&mut self, job: &Job<'_>, pair: usize, first: usize, count: usize) {
        let source = &job.source;
        let chunk = &mut *self.chunk;
        for half in 0..2 {
            let row = 2 * pair + half;
            let [even, odd] = phases_of(&mut chunk.y, half);
            split(job.level, &source.luma(row)[2 * first..], &mut even[..count], &mut odd[..count]);
            if source.full_chroma {
                let [cb, cr] = source.chroma(row);
                let [even, odd] = phases_of(&mut chunk.cb, half);
                split(job.level, &cb[2 * first..], &mut even[..count], &mut odd[..count]);
                let [even, odd] = phases_of(&mut chunk.cr, half);
                split(job.level, &cr[2 * first..], &mut even[..count], &mut odd[..count]);
            } else {
                let [above, here, below] = &self.ring;
                let far = if half == 0 { above } else { below };
                let sites = [here, far].map(|rows| [0, 1, 2].map(|p| &rows[p][first..=first + count]));
                guide(job.level, &mut chunk.cb, &mut chunk.cr, &chunk.y, half, &sites);
            }
        }
    }
}

fn phases_of(phases: &mut Phases, half: usize) -> [&mut Cells; 2] {
    let [a, b, c, d] = phases;
    if half == 0 { [a, b] } else { [c, d] }
}

fn load_sites(job: &Job<'_>, pair: usize, rows: &mut [Vec<f32>; 3]) {
    let cells = job.source.cells();
    job.source.sites(job.level, pair, rows);
    for row in rows {
        row[cells] = row[cells - 1];
    }
}

by_level! {
    /// Even and odd columns apart. A missing last column repeats the one before.
    fn split(row: &[u8], even: &mut [f32], odd: &mut [f32]) {
        for ((pair, even), odd) in row.chunks_exact(2).zip(even.iter_mut()).zip(odd.iter_mut()) {
            *even = f32::from(pair[0]);
            *odd = f32::from(pair[1]);
        }
        if row.len() < 2 * even.len()
            && let (Some(last), Some(even), Some(odd)) = (row.last(), even.last_mut(), odd.last_mut())
        {
            *even = f32::from(*last);
            *odd = f32::from(*last);
        }
    }
}

by_level! {
    /// Chroma for both columns of one row. Between two sites it follows the one whose luma is more like the pixel's.
    fn guide(cb: &mut Phases, cr: &mut Phases, y: &Phases, half: usize, sites: &[[&[f32]; 3]; 2]) {
        let count = sites[0][0].len() - 1;
        let [near, far] = sites;
        let (ny, nb, nr) = (&near[0][..=count], &near[1][..=count], &near[2][..=count]);
        let (fy, fb, fr) = (&far[0][..=count], &far[1][..=count], &far[2][..=count]);
        let (ye, yo) = (&y[2 * half][..count], &y[2 * half + 1][..count]);
        let toward = |y: f32, a: f32, b: f32, base: f32| {
            (base + ((y - a).abs() - (y - b).abs()) * GUIDE).clamp(0.0, 1.0)
        };
        {
            let (be, re) = (&mut cb[2 * half][..count], &mut cr[2 * half][..count]);
            for i in 0..count {
                let t = toward(ye[i], ny[i], fy[i], 0.25);
                be[i] = nb[i] + (fb[i] - nb[i]) * t;
                re[i] = nr[i] + (fr[i] - nr[i]) * t;
            }
        }
        let (bo, ro) = (&mut cb[2 * half + 1][..count], &mut cr[2 * half + 1][..count]);
        for i in 0..count {
            let y = yo[i];
            let (t, s) = (toward(y, ny[i], fy[i], 0.25), toward(y, ny[i + 1], fy[i + 1], 0.25));
            let (ya, yb) = (ny[i] + (fy[i] - ny[i]) * t, ny[i + 1] + (fy[i + 1] - ny[i + 1]) * s);
            let w = toward(y, ya, yb, 0.5);
            let (a, b) = (nb[i] + (fb[i] - nb[i]) * t, nb[i + 1] + (fb[i + 1] - nb[i + 1]) * s);
            bo[i] = a + (b - a) * w;
            let (a, b) = (nr[i] + (fr[i] - nr[i]) * t, nr[i + 1] + (fr[i + 1] - nr[i + 1]) * s);
            ro[i] = a + (b - a) * w;
        }
    }
}

by_level! {
    /// The screen's light, its wedge and the ramp's slope for each cell of a row.
    fn know(known: &mut Known, line: &Line, setting: Setting) {
        let cells = known.gain.len();
        let [sr, sg, sb] = &mut known.screen;
        let [wu, wv] = &mut known.wedge;
        let (sr, sg, sb) = (&mut sr[..cells], &mut sg[..cells], &mut sb[..cells]);
        let (wu, wv, gain) = (&mut wu[..cells], &mut wv[..cells], &mut known.gain[..cells]);
        let (y, u, v, own) = (
            &line.cells(0)[..cells],
            &line.cells(1)[..cells],
            &line.cells(2)[..cells],
            &line.cells(3)[..cells],
        );
        for i in 0..cells {
            let (r, b) = (y[i] + CR * v[i], y[i] + CB * u[i]);
            sr[i] = r.max(0.0);
            sb[i] = b.max(0.0);
            sg[i] = ((y[i] - 0.2126 * r - 0.0722 * b) * (1.0 / 0.7152)).max(0.0);
            let wedge = Wedge::of(u[i], v[i]);
            wu[i] = wedge.u;
            wv[i] = wedge.v;
            gain[i] = 1.0 / ((1.0 - own[i] - setting.low) * setting.soft).max(0.02);
        }
    }
}

by_level! {
    /// Light from codes, the key value, alpha.
    fn matte(chunk: &mut Chunk, known: &Known, first: usize, count: usize, low: f32) {
        let (wu, wv) = (&known.wedge[0][first..first + count], &known.wedge[1][first..first + count]);
        let gain = &known.gain[first..first + count];
        let [red, green, blue] = &mut chunk.rgb;
        for phase in 0..4 {
            let (y, cb, cr) = (&chunk.y[phase][..count], &chunk.cb[phase][..count], &chunk.cr[phase][..count]);
            let (r, g, b) = (&mut red[phase][..count], &mut green[phase][..count], &mut blue[phase][..count]);
            let (alpha, raw) = (&mut chunk.alpha[phase][..count], &mut chunk.raw[phase][..count]);
            for i in 0..count {
                let light = rgb(y[i], cb[i], cr[i]).map(|c| to_light(c.max(0.0)));
                let [_, u, v] = yuv(light);
                let bare = 1.0 - Wedge { u: wu[i], v: wv[i] }.key(u, v);
                r[i] = light[0];
                g[i] = light[1];
                b[i] = light[2];
                alpha[i] = ((bare - low) * gain[i]).clamp(0.0, 1.0);
                raw[i] = (bare * 255.0).clamp(0.0, 255.0) as u8;
            }
        }
    }
}

by_level! {
    /// Holds faint alpha down to what the picture before had: noise on the bare screen does not flicker.
    fn calm(alpha: &mut [f32], raw: &[u8], before: &mut [u8], low: f32) {
        for ((alpha, raw), before) in alpha.iter_mut().zip(raw).zip(before) {
            let was = (f32::from(*before) * (1.0 / 255.0) - low).clamp(0.0, 1.0);
            let held = alpha.min(was);
            let faint = ((CALM_BELOW - *alpha) * (2.0 / CALM_BELOW)).clamp(0.0, 1.0);
            *alpha += (held - *alpha) * faint;
            *before = *raw;
        }
    }
}

by_level! {
    /// Takes the screen's light off, from behind and as spill, and encodes what is left.
    fn subtract(chunk: &mut Chunk, known: &Known, first: usize, count: usize, spill: f32, backdrop: [f32; 3]) {
        let cells = first..first + count;
        let (wu, wv) = (&known.wedge[0][cells.clone()], &known.wedge[1][cells.clone()]);
        let [sr, sg, sb] = &known.screen;
        let (sr, sg, sb) = (&sr[cells.clone()], &sg[cells.clone()], &sb[cells]);
        let [red, green, blue] = &mut chunk.rgb;
        for phase in 0..4 {
            let alpha = &chunk.alpha[phase][..count];
            let (r, g, b) = (&mut red[phase][..count], &mut green[phase][..count], &mut blue[phase][..count]);
            for i in 0..count {
                let a = alpha[i];
                let through = 1.0 - a;
                let whole = 1.0 / a.max(ALPHA_MIN);
                let fr = ((r[i] - through * sr[i]) * whole).clamp(0.0, 1.0);
                let fg = ((g[i] - through * sg[i]) * whole).clamp(0.0, 1.0);
                let fb = ((b[i] - through * sb[i]) * whole).clamp(0.0, 1.0);
                let [_, u, v] = yuv([fr, fg, fb]);
                let lit = Wedge { u: wu[i], v: wv[i] }.key(u, v).max(0.0);
                let off = spill * lit * SPILL_MOST / (lit + SPILL_MOST);
                let screen = luma([sr[i], sg[i], sb[i]]) * off;
                r[i] = from_light((fr - off * sr[i] + screen * backdrop[0]).clamp(0.0, 1.0));
                g[i] = from_light((fg - off * sg[i] + screen * backdrop[1]).clamp(0.0, 1.0));
                b[i] = from_light((fb - off * sb[i] + screen * backdrop[2]).clamp(0.0, 1.0));
            }
        }
    }
}

/// The screen of a picture in this grade's space.
pub(crate) const SPACE: Space = Space::Linear;
