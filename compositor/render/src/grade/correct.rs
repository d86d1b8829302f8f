//! Colour correction of whole pictures: the compiled table, looked up linearly between its nodes.
//!
//! Pixels of a cell share their chroma, so a cell finds its place along Cb and Cr once and each of its four pixels
//! only along Y. Integer arithmetic throughout: every instruction set gives the same bits.

use super::table::{CELLS, CODE_BITS, FIRST, NODES, STEP_BITS, Table, index};
use crate::key::simd::{Level, by_level};
use crate::key::{ParallelFor, on_this_thread};
use std::sync::Arc;
use vitrine_media::{Picture, PicturePool, PixelFormat};
use vitrine_scene::grade::Correction;

/// Buffers kept for pictures on their way.
const PICTURES_KEPT: usize = 4;
/// Cells worked on at once.
const CHUNK: usize = 128;

/// Corrects the pictures of one input; keeps the compiled correction while it stays the same.
pub struct Corrector {
    level: Level,
    pool: PicturePool,
    compiled: Option<(Correction, Table)>,
}

impl Default for Corrector {
    fn default() -> Self {
        Self::new()
    }
}

/// Corrects one picture; for a stream keep a [`Corrector`].
#[must_use]
pub fn correct(picture: &Picture, correction: &Correction) -> Picture {
    Corrector::new().apply(picture, correction, &on_this_thread)
}

/// Whether both ask for the same; look-up tables are told apart by their `Arc`.
fn same(a: &Correction, b: &Correction) -> bool {
    let lut = match (&a.lut, &b.lut) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (None, None) => true,
        _ => false,
    };
    let plain = |c: &Correction| (c.gain, c.lift, c.gamma, c.saturation, c.hue_deg, c.temperature);
    lut && plain(a) == plain(b)
}

impl Corrector {
    /// A corrector that has compiled nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::with_level(Level::best())
    }

    /// As [`Corrector::new`], on instructions of `level`: for tests and measurements.
    #[must_use]
    pub fn with_level(level: Level) -> Self {
        Self { level, pool: PicturePool::new(PICTURES_KEPT), compiled: None }
    }

    /// Corrects an I420 or A420 picture; alpha stays. A correction that changes nothing, and other formats, give the
    /// picture itself.
    #[must_use]
    pub fn apply(&mut self, picture: &Picture, correction: &Correction, parallel: &ParallelFor<'_>) -> Picture {
        if picture.format() == PixelFormat::Rgba || same(correction, &Correction::default()) {
            return picture.clone();
        }
        if !self.compiled.as_ref().is_some_and(|(known, _)| same(known, correction)) {
            let kept = self.compiled.take().map(|(_, table)| table);
            let Some(mut table) = kept.or_else(Table::new) else { return picture.clone() };
            table.compile(correction);
            self.compiled = Some((correction.clone(), table));
        }
        let Some((_, table)) = &self.compiled else { return picture.clone() };
        let mut out = self.pool.take(picture.size(), picture.format());
        let level = self.level;
        crate::key::each_band(parallel, &mut out, &|mut band| {
            let mut places = Places::default();
            for local in 0..band.pairs {
                row_pair(level, table, picture, &mut band, local, &mut places);
            }
        });
        out.freeze(picture.pts())
    }
}

/// Where the cells of a chunk lie along Cb and Cr: node index, and parts of the way to the next in 8ths.
struct Places {
    node: [u32; CHUNK],
    cb: [u32; CHUNK],
    cr: [u32; CHUNK],
}

impl Default for Places {
    fn default() -> Self {
        Self { node: [0; CHUNK], cb: [0; CHUNK], cr: [0; CHUNK] }
    }
}

fn row_pair(
    level: Level,
    table: &Table,
    picture: &Picture,
    band: &mut crate::key::BandMut<'_>,
    local: usize,
    places: &mut Places,
) {
    let size = picture.size();
    let (width, height, cells) = (size.width as usize, size.height as usize, size.chroma().width as usize);
    let pair = band.first + local;
    let row_of = |plane: usize, row: usize, length: usize| {
        let plane = picture.plane(plane);
        &plane.bytes[row * plane.stride..][..length]
    };
    let (cb, cr) = (row_of(1, pair, cells), row_of(2, pair, cells));
    let rows: [usize; 2] = [2 * pair, (2 * pair + 1).min(height - 1)];
    for first in (0..cells).step_by(CHUNK) {
        let range = first..(first + CHUNK).min(cells);
        place(level, &cb[range.clone()], &cr[range.clone()], places);
        let pixels = 2 * range.start..(2 * range.end).min(width);
        for half in (0..2).filter(|half| 2 * pair + half < height) {
            let from = &row_of(0, rows[half], width)[pixels.clone()];
            let to = &mut band.row(0, 2 * local + half, width)[pixels.clone()];
            look_up_luma(level, &table.luma, places, from, to);
        }
        let luma = rows.map(|row| &row_of(0, row, width)[pixels.clone()]);
        let mut chroma = [[0_u8; CHUNK]; 2];
        look_up_chroma(level, &table.chroma, places, luma, &mut chroma);
        for (plane, chroma) in chroma.iter().enumerate() {
            band.row(plane + 1, local, cells)[range.clone()].copy_from_slice(&chroma[..range.len()]);
        }
    }
    if picture.format() == PixelFormat::A420 {
        for half in (0..2).filter(|half| 2 * pair + half < height) {
            band.row(3, 2 * local + half, width).copy_from_slice(row_of(3, rows[half], width));
        }
    }
}

/// Node and part of a code: the table covers [`FIRST`] to `FIRST + 8·30`, beyond which no legal code lies.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
fn split(code: u8) -> (u32, u32) {
    let at = (i32::from(code) - FIRST).clamp(0, ((NODES as i32 - 2) << STEP_BITS) - 1) as u32;
    (at >> STEP_BITS, at & ((1 << STEP_BITS) - 1))
}

by_level! {
    fn place(cb: &[u8], cr: &[u8], places: &mut Places) {
        let count = cb.len();
        for i in 0..count {
            let ((b, b_part), (r, r_part)) = (split(cb[i]), split(cr[i]));
            places.node[i] = (b * NODES as u32 + r) * NODES as u32;
            places.cb[i] = b_part;
            places.cr[i] = r_part;
        }
    }
}

/// Steps from a node to the next along Cr and Cb.
const NEXT_CR: usize = index(0, 0, 1);
/// See [`NEXT_CR`].
const NEXT_CB: usize = index(0, 1, 0);

#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
fn corners(table: &[u32; CELLS], at: usize) -> [u32; 4] {
    [0, NEXT_CR, NEXT_CB, NEXT_CB + NEXT_CR].map(|step| table[(at + step) & (CELLS - 1)])
}

by_level! {
    /// Luma of one row.
    fn look_up_luma(table: &[u32; CELLS], places: &Places, from: &[u8], to: &mut [u8]) {
        let one = |y: u8, cell: usize| {
            let (node, part) = split(y);
            let (b, r) = (places.cb[cell], places.cr[cell]);
            let along = corners(table, (places.node[cell] + node) as usize)
                .map(|pair| (pair & 0xffff) * (8 - part) + (pair >> 16) * part);
            let low = along[0] * (8 - r) + along[1] * r;
            let high = along[2] * (8 - r) + along[3] * r;
            ((low * (8 - b) + high * b + (1 << (CODE_BITS + 8))) >> (CODE_BITS + 9)) as u8
        };
        let (pairs, rest) = from.as_chunks::<2>();
        let (out, out_rest) = to.as_chunks_mut::<2>();
        let count = pairs.len().min(CHUNK).min(out.len());
        let (pairs, out) = (&pairs[..count], &mut out[..count]);
        let mut codes = [[0_u8; CHUNK]; 2];
        for i in 0..count {
            codes[0][i] = one(pairs[i][0], i);
        }
        for i in 0..count {
            codes[1][i] = one(pairs[i][1], i);
        }
        for i in 0..count {
            out[i] = [codes[0][i], codes[1][i]];
        }
        if let ([y], [to]) = (rest, out_rest) {
            *to = one(*y, count.min(CHUNK - 1));
        }
    }
}

/// Cb (`shift` 0) or Cr (16) of a cell between its eight nodes.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
fn chroma_between(here: [u32; 4], next: [u32; 4], [y, cb, cr]: [u32; 3], shift: u32) -> u8 {
    let along = |corner: usize| (here[corner] >> shift & 0xffff) * (8 - y) + (next[corner] >> shift & 0xffff) * y;
    let low = along(0) * (8 - cr) + along(1) * cr;
    let high = along(2) * (8 - cr) + along(3) * cr;
    ((low * (8 - cb) + high * cb + (1 << (CODE_BITS + 8))) >> (CODE_BITS + 9)) as u8
}

by_level! {
    /// Chroma of one row of cells, at the mean of each cell's luma.
    fn look_up_chroma(table: &[u32; CELLS], places: &Places, luma: [&[u8]; 2], out: &mut [[u8; CHUNK]; 2]) {
        let mut means = [0_u8; CHUNK];
        let (upper, upper_last) = luma[0].as_chunks::<2>();
        let (lower, lower_last) = luma[1].as_chunks::<2>();
        for ((mean, a), b) in means.iter_mut().zip(upper).zip(lower) {
            *mean = ((u16::from(a[0]) + u16::from(a[1]) + u16::from(b[0]) + u16::from(b[1]) + 2) >> 2) as u8;
        }
        if let ([a], [b], Some(mean)) = (upper_last, lower_last, means.get_mut(upper.len())) {
            *mean = ((u16::from(*a) + u16::from(*b) + 1) >> 1) as u8;
        }
        let [cb, cr] = out;
        for i in 0..CHUNK {
            let (node, part) = split(means[i]);
            let at = (places.node[i] + node) as usize;
            let (here, next) = (corners(table, at), corners(table, at + 1));
            let parts = [part, places.cb[i], places.cr[i]];
            cb[i] = chroma_between(here, next, parts, 0);
            cr[i] = chroma_between(here, next, parts, 16);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::correct_rgb;
    use super::*;
    use crate::key::light::{rgb, ycc};
    use vitrine_media::{ShowTime, Size};
    use vitrine_scene::grade::Lut3;

    /// Flat fields of one colour each, side by side.
    fn fields(colours: &[[u8; 3]], format: PixelFormat) -> Picture {
        let size = Size::new(colours.len() as u32 * 8 + 1, 9);
        let pool = PicturePool::new(1);
        let mut picture = pool.take(size, format);
        for (plane, open) in picture.planes().into_iter().enumerate() {
            let width = if plane == 0 || plane == 3 { 8 } else { 4 };
            for (at, byte) in open.bytes.iter_mut().enumerate() {
                let field = (at % open.stride / width).min(colours.len() - 1);
                *byte = colours[field].get(plane).copied().unwrap_or(at as u8);
            }
        }
        picture.freeze(ShowTime::ZERO)
    }

    const COLOURS: [[u8; 3]; 6] =
        [[16, 128, 128], [235, 128, 128], [100, 90, 160], [180, 110, 140], [60, 150, 120], [126, 128, 128]];

    fn all() -> Correction {
        let swap = |at: usize| [at % 3, at / 3 % 3, at / 9].map(|c| c as f32 / 2.0);
        let table = (0..27).map(swap).map(|[r, g, b]| [r * 0.9, g, b * 0.8 + 0.1]).collect();
        Correction {
            gain: [1.1, 0.95, 1.0],
            lift: [0.02, 0.0, 0.05],
            gamma: [1.2, 1.0, 0.9],
            saturation: 1.3,
            hue_deg: 12.0,
            temperature: 0.4,
            lut: Some(Arc::new(Lut3 { points: 3, domain_min: [0.0; 3], domain_max: [1.0; 3], table })),
        }
    }

    #[test]
    fn the_table_gives_what_the_formulas_give() {
        let one = |c: Correction| c;
        let cases = [
            one(Correction { gain: [1.2, 1.0, 0.9], ..Correction::default() }),
            one(Correction { saturation: 0.0, ..Correction::default() }),
            one(Correction { hue_deg: 40.0, gamma: [1.3; 3], ..Correction::default() }),
            all(),
        ];
        for correction in cases {
            let out = correct(&fields(&COLOURS, PixelFormat::I420), &correction);
            for (field, code) in COLOURS.iter().enumerate() {
                let [y, cb, cr] = code.map(f32::from);
                let expected = ycc(correct_rgb(rgb(y, cb, cr), &correction));
                let got = [(0, 8 * field + 3), (1, 4 * field + 1), (2, 4 * field + 1)]
                    .map(|(plane, x)| f32::from(out.plane(plane).bytes[2 * out.plane(plane).stride + x]));
                for (got, expected) in got.iter().zip(expected) {
                    assert!((got - expected.clamp(1.0, 254.0)).abs() < 2.5, "{code:?}: {got} for {expected}");
                }
            }
        }
    }

    #[test]
    fn instruction_sets_agree_and_alpha_stays() {
        let picture = fields(&COLOURS, PixelFormat::A420);
        let size = picture.size();
        let run = |level| Corrector::with_level(level).apply(&picture, &all(), &on_this_thread);
        let first = run(Level::here()[0]);
        for level in Level::here() {
            let out = run(level);
            for plane in 0..4 {
                let (row, rows) = PixelFormat::A420.plane_bytes(size, plane);
                for y in 0..rows {
                    let part = |p: &Picture| p.plane(plane).bytes[y * p.plane(plane).stride..][..row].to_vec();
                    assert_eq!(part(&out), part(&first), "{} plane {plane} row {y}", level.name());
                    if plane == 3 {
                        assert_eq!(part(&out), part(&picture));
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_asked_shares_the_picture_and_hostile_numbers_do_no_harm() {
        let picture = fields(&COLOURS, PixelFormat::I420);
        assert!(correct(&picture, &Correction::default()).same_bytes(&picture));
        for n in [f32::NAN, f32::INFINITY, -1e30, 1e30] {
            let lut = Lut3 { points: 3, domain_min: [n; 3], domain_max: [n; 3], table: vec![[n; 3]; 27] };
            let correction = Correction {
                gain: [n; 3],
                lift: [n; 3],
                gamma: [n; 3],
                saturation: n,
                hue_deg: n,
                temperature: n,
                lut: Some(Arc::new(lut)),
            };
            assert_eq!(correct(&picture, &correction).size(), picture.size());
        }
    }
}
