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

use super::grid::{Grid, Line};
use super::job::Job;
use super::light::{CB, CR, G_CB, G_CR, Space, from_light, lesser, luma, rgb, round, to_light, yuv};
use super::look::Look;
use super::setting::{Regions, Setting};
use super::simd::by_level;
use super::spill::spill_of;
use super::wedge::{Wedge, bent};

/// Cells worked on at once; their scratch stays in the first-level cache.
pub(crate) const CHUNK: usize = 32;
/// Difference of luma, in codes, over which chroma moves from one neighbour to the other.
const GUIDE: f32 = 1.0 / 20.0;
/// Smallest alpha that a colour is divided by.
const ALPHA_MIN: f32 = 1.0 / 24.0;
/// How fast, with what shines through beside it, a pixel counts as edge: all of the screen's hue there is the screen's.
const EDGE_RISE: f32 = 3.0;
/// Cells to either side in which something that shines through makes an edge: five in a row are looked at.
const REACH: usize = 2;
/// A subject whose key value is higher all over than spill makes it has the rest as its own colour.
pub(crate) const SPILL_COMMON: f32 = 0.12;
/// Below this alpha, a pixel that was barer a picture ago stays bare.
const CALM_BELOW: f32 = 0.15;

type Cells = [f32; CHUNK];
type Phases = [Cells; 4];

/// One chunk, phase by phase.
pub(crate) struct Chunk {
    y: Phases,
    pub(crate) cb: Phases,
    pub(crate) cr: Phases,
    /// `1 − k`.
    bare: Phases,
    /// The same as bytes, for the next picture's calm.
    pub(crate) raw: [[u8; CHUNK]; 4],
    pub(crate) alpha: Phases,
    /// R'G'B' of the subject, straight.
    pub(crate) rgb: [Phases; 3],
}

/// What the keyer knows for each cell of a row.
struct Known {
    /// Which stretch of row pairs it is for.
    stretch: Option<usize>,
    screen: [Vec<f32>; 3],
    wedge: [Vec<f32>; 2],
    gain: Vec<f32>,
    /// Key value up to which the subject's colour is its own and no spill.
    own: Vec<f32>,
}

/// A row of cells: Y, Cb, Cr at the chroma sites and `1 − k` there, with one cell more.
struct Sites {
    samples: [Vec<f32>; 3],
    bare: Vec<f32>,
    /// What each chunk is at a glance.
    looks: Vec<Look>,
}

/// What became of a chunk.
pub(crate) enum Done<'a> {
    /// It shows the bare screen all over.
    Clear,
    /// It shows a subject without spill all over: the camera's own samples stay.
    Plain,
    /// It was worked on.
    Keyed(&'a Chunk),
}

/// One worker's scratch.
pub(crate) struct Desk {
    /// The row pair above, this one and the one below.
    ring: [Sites; 3],
    /// What is known for two stretches of row pairs: those of even and of odd number.
    known: [Known; 2],
    line: Line,
    chunk: Box<Chunk>,
}

impl Desk {
    pub(crate) fn new(grid: &Grid, cells: usize) -> Self {
        let row = || vec![0.0; cells];
        Self {
            ring: std::array::from_fn(|_| Sites {
                samples: std::array::from_fn(|_| vec![0.0; cells + 1]),
                bare: vec![0.0; cells + 1],
                looks: vec![Look::Mixed; cells.div_ceil(CHUNK)],
            }),
            known: std::array::from_fn(|_| Known {
                stretch: None,
                screen: [row(), row(), row()],
                wedge: [row(), row()],
                gain: row(),
                own: row(),
            }),
            line: Line::new(grid),
            chunk: Box::new(Chunk {
                y: [[0.0; CHUNK]; 4],
                cb: [[0.0; CHUNK]; 4],
                cr: [[0.0; CHUNK]; 4],
                bare: [[0.0; CHUNK]; 4],
                raw: [[0; CHUNK]; 4],
                alpha: [[0.0; CHUNK]; 4],
                rgb: [[[0.0; CHUNK]; 4]; 3],
            }),
        }
    }

    /// Prepares row pairs from `first` on.
    pub(crate) fn start(&mut self, job: &Job<'_>, first: usize) {
        // What a desk knew may be of the picture before.
        self.known.iter_mut().for_each(|known| known.stretch = None);
        self.bring(job, first.saturating_sub(1), 0);
        self.bring(job, first, 1);
    }

    /// Keys row pair `pair` chunk by chunk; `done(what, first cell, cells)` takes each result. `before` is the raw
    /// plane of the picture before, phase after phase of `cells` bytes, and is brought up to date.
    pub(crate) fn pair(
        &mut self,
        job: &Job<'_>,
        pair: usize,
        mut before: Option<&mut [u8]>,
        mut done: impl FnMut(Done<'_>, usize, usize),
    ) {
        let cells = job.source.cells();
        self.bring(job, (pair + 1).min(job.source.pairs() - 1), 2);
        for first in (0..cells).step_by(CHUNK) {
            let count = CHUNK.min(cells - first);
            if let Some(what) = self.at_a_glance(job, first / CHUNK) {
                if let Some(before) = &mut before {
                    for phase in 0..4 {
                        let at = phase * cells + first;
                        if let Some(before) = before.get_mut(at..at + count) {
                            raw_of(job.level, &self.ring[1].bare[first..first + count], before);
                        }
                    }
                }
                done(what, first, count);
                continue;
            }
            self.load(job, pair, first, count);
            let (chunk, known) = (&mut *self.chunk, &self.known[stretch_of(job, pair) % 2]);
            light(job.level, chunk, count);
            if job.source.full_chroma {
                bare(job.level, chunk, known, first, count);
            }
            matte(job.level, chunk, known, first, count, job.setting.low);
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
            subtract(job.level, chunk, known, first, count, job.setting.spill, job.backdrop);
            done(Done::Keyed(chunk), first, count);
        }
        self.ring.rotate_left(1);
    }

    /// What chunk `index` is, where its sites and those above and below tell as much: pixels lie between them.
    fn at_a_glance(&self, job: &Job<'_>, index: usize) -> Option<Done<'static>> {
        if job.source.full_chroma || !job.lean || job.regions != Regions::default() {
            return None;
        }
        let [above, here, below] = self.ring.each_ref().map(|sites| sites.looks[index]);
        match here {
            _ if above != here || below != here => None,
            Look::Clear => Some(Done::Clear),
            Look::Plain => Some(Done::Plain),
            Look::Mixed => None,
        }
    }

    /// Brings row pair `pair` into ring place `place`.
    fn bring(&mut self, job: &Job<'_>, pair: usize, place: usize) {
        let stretch = stretch_of(job, pair);
        let known = &mut self.known[stretch % 2];
        if known.stretch != Some(stretch) {
            known.stretch = Some(stretch);
            job.grid.row(job.level, stretch * rows_of(job), &mut self.line);
            know(job.level, known, &self.line, job.setting);
        }
        self.ring[place].load(job, known, pair);
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
                let sites = [here, far].map(|s| {
                    let [y, cb, cr] = &s.samples;
                    [y, cb, cr, &s.bare].map(|row| &row[first..=first + count])
                });
                guide(job.level, chunk, half, &sites);
            }
        }
    }
}

fn phases_of(phases: &mut Phases, half: usize) -> [&mut Cells; 2] {
    let [a, b, c, d] = phases;
    if half == 0 { [a, b] } else { [c, d] }
}

/// Row pairs for which the screen is worked out once: a quarter of a block of the grid.
const fn rows_of(job: &Job<'_>) -> usize {
    job.grid.block / 4
}

fn stretch_of(job: &Job<'_>, pair: usize) -> usize {
    pair / rows_of(job)
}

impl Sites {
    /// Brings in row pair `pair`.
    fn load(&mut self, job: &Job<'_>, known: &Known, pair: usize) {
        if job.source.full_chroma {
            return;
        }
        let cells = job.source.cells();
        job.source.sites(job.level, pair, &mut self.samples);
        let [y, cb, cr] = &self.samples;
        bare_row(job.level, [y, cb, cr], known, &mut self.bare);
        for row in self.samples.iter_mut().chain([&mut self.bare]) {
            row[cells] = row[cells - 1];
        }
        for (at, look) in self.looks.iter_mut().enumerate() {
            let chunk = at * CHUNK..((at + 1) * CHUNK).min(cells);
            let near = chunk.start.saturating_sub(1)..chunk.end + 1;
            let (gain, own) = (&known.gain[chunk.clone()], &known.own[chunk.clone()]);
            *look = Look::of(job.level, [&self.bare[near], &self.bare[chunk]], gain, own, job.setting.low);
        }
    }
}

by_level! {
    /// `1 − k` as bytes.
    fn raw_of(bare: &[f32], raw: &mut [u8]) {
        raw.iter_mut().zip(bare).for_each(|(raw, bare)| *raw = round((bare * 255.0).clamp(0.0, 255.0)) as u8);
    }
}

by_level! {
    /// `1 − k` at the sites, where luma and chroma are equally sharp.
    fn bare_row(samples: [&[f32]; 3], known: &Known, out: &mut [f32]) {
        let cells = known.gain.len();
        let (y, cb, cr) = (&samples[0][..cells], &samples[1][..cells], &samples[2][..cells]);
        let (wu, wv, out) = (&known.wedge[0][..cells], &known.wedge[1][..cells], &mut out[..cells]);
        for i in 0..cells {
            let [_, u, v] = SPACE.of(y[i], cb[i], cr[i]);
            out[i] = 1.0 - Wedge { u: wu[i], v: wv[i] }.key(u, v);
        }
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
    /// Chroma and `1 − k` for both columns of one row. Between two sites they follow the one whose luma is more like
    /// the pixel's.
    fn guide(chunk: &mut Chunk, half: usize, sites: &[[&[f32]; 4]; 2]) {
        let count = sites[0][0].len() - 1;
        let [near, far] = sites.map(|s| s.map(|row| &row[..=count]));
        let ([even, odd], y) = ([2 * half, 2 * half + 1], &chunk.y);
        let (ye, yo) = (&y[even][..count], &y[odd][..count]);
        let toward = |y: f32, a: f32, b: f32, base: f32| {
            (base + ((y - a).abs() - (y - b).abs()) * GUIDE).clamp(0.0, 1.0)
        };
        let mut parts = [[0.0_f32; CHUNK]; 4];
        let [at_even, left, right, between] = parts.each_mut().map(|p| &mut p[..count]);
        let (ny, fy) = (near[0], far[0]);
        for i in 0..count {
            at_even[i] = toward(ye[i], ny[i], fy[i], 0.25);
            let y = yo[i];
            let (t, s) = (toward(y, ny[i], fy[i], 0.25), toward(y, ny[i + 1], fy[i + 1], 0.25));
            let (a, b) = (ny[i] + (fy[i] - ny[i]) * t, ny[i + 1] + (fy[i + 1] - ny[i + 1]) * s);
            left[i] = t;
            right[i] = s;
            between[i] = toward(y, a, b, 0.5);
        }
        for (plane, to) in [(1, &mut chunk.cb), (2, &mut chunk.cr), (3, &mut chunk.bare)] {
            let (n, f) = (near[plane], far[plane]);
            let to_even = &mut to[even][..count];
            for i in 0..count {
                to_even[i] = n[i] + (f[i] - n[i]) * at_even[i];
            }
            let to_odd = &mut to[odd][..count];
            for i in 0..count {
                let (a, b) = (n[i] + (f[i] - n[i]) * left[i], n[i + 1] + (f[i + 1] - n[i + 1]) * right[i]);
                to_odd[i] = a + (b - a) * between[i];
            }
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
        let kept = &mut known.own[..cells];
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
            sg[i] = (y[i] - G_CB * u[i] - G_CR * v[i]).max(0.0);
            let wedge = Wedge::of(u[i], v[i]);
            wu[i] = wedge.u;
            wv[i] = wedge.v;
            kept[i] = (own[i] - SPILL_COMMON).max(0.0);
            gain[i] = 1.0 / ((1.0 - own[i] - setting.low) * setting.soft).max(0.02);
        }
    }
}

by_level! {
    /// Light from codes.
    fn light(chunk: &mut Chunk, count: usize) {
        let [red, green, blue] = &mut chunk.rgb;
        for phase in 0..4 {
            let (y, cb, cr) = (&chunk.y[phase][..count], &chunk.cb[phase][..count], &chunk.cr[phase][..count]);
            let (r, g, b) = (&mut red[phase][..count], &mut green[phase][..count], &mut blue[phase][..count]);
            for i in 0..count {
                [r[i], g[i], b[i]] = rgb(y[i], cb[i], cr[i]).map(|c| to_light(c.max(0.0)));
            }
        }
    }
}

by_level! {
    /// `1 − k` of every pixel, where chroma is as sharp as luma.
    fn bare(chunk: &mut Chunk, known: &Known, first: usize, count: usize) {
        let (wu, wv) = (&known.wedge[0][first..first + count], &known.wedge[1][first..first + count]);
        let [red, green, blue] = &chunk.rgb;
        for phase in 0..4 {
            let (r, g, b) = (&red[phase][..count], &green[phase][..count], &blue[phase][..count]);
            let bare = &mut chunk.bare[phase][..count];
            for i in 0..count {
                let [_, u, v] = yuv([r[i], g[i], b[i]]);
                bare[i] = 1.0 - Wedge { u: wu[i], v: wv[i] }.key(u, v);
            }
        }
    }
}

by_level! {
    /// Alpha from `1 − k`.
    fn matte(chunk: &mut Chunk, known: &Known, first: usize, count: usize, low: f32) {
        let gain = &known.gain[first..first + count];
        for phase in 0..4 {
            let bare = &chunk.bare[phase][..count];
            let (alpha, raw) = (&mut chunk.alpha[phase][..count], &mut chunk.raw[phase][..count]);
            for i in 0..count {
                alpha[i] = ((bare[i] - low) * gain[i]).clamp(0.0, 1.0);
                raw[i] = round((bare[i] * 255.0).clamp(0.0, 255.0)) as u8;
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
        let (sr, sg, sb) = (&sr[cells.clone()], &sg[cells.clone()], &sb[cells.clone()]);
        let own = &known.own[cells];
        let [red, green, blue] = &mut chunk.rgb;
        let mut least = [1.0_f32; CHUNK + 2 * REACH];
        {
            let [p, q, r, s] = chunk.alpha.each_ref().map(|phase| &phase[..count]);
            let least = &mut least[REACH..][..count];
            for i in 0..count {
                least[i] = lesser(lesser(p[i], q[i]), lesser(r[i], s[i]));
            }
        }
        let mut edge = [0.0_f32; CHUNK];
        {
            let (l2, l1, here) = (&least[..count], &least[1..][..count], &least[2..][..count]);
            let (r1, r2, edge) = (&least[3..][..count], &least[4..][..count], &mut edge[..count]);
            for i in 0..count {
                let near = lesser(lesser(lesser(l2[i], l1[i]), lesser(r1[i], r2[i])), here[i]);
                let near = lesser((1.0 - near) * EDGE_RISE, 1.0);
                edge[i] = near * near;
            }
        }
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
                let (along, across) = Wedge { u: wu[i], v: wv[i] }.split(u, v);
                let lit = (bent(along, across) - own[i]).max(0.0);
                let left = lit * edge[i];
                let off = spill * spill_of(lit).max(left);
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
