//! The inner loops one by one, for measurements: rows of a 1080p canvas, on every instruction set that is here.

use super::scalar::ROW_BITS;
use super::{Across, Down, Isa, Kernels};
use crate::cpu::axis::WEIGHT_ONE;
use crate::cpu::surface::PlaneRef;

/// Samples of a row.
const ROW: usize = 1920;
/// Rows that are weighed, and samples across, as for a reduction to a half.
const TAPS: usize = 4;

/// Rows to work on.
struct Rows {
    dst: Vec<u8>,
    a: Vec<u8>,
    b: Vec<u8>,
    wide: Vec<i16>,
    values: Vec<i16>,
    starts: Vec<u32>,
    weights: Vec<i16>,
}

/// One inner loop.
pub struct Loop {
    /// Its name.
    pub name: &'static str,
    /// The instructions it was compiled for.
    pub isa: Isa,
    rows: Rows,
    run: Run,
}

/// One row of work.
type Run = fn(&Kernels, &mut Rows);

impl Loop {
    /// Runs it once, over one row.
    pub fn run(&mut self) {
        (self.run)(self.isa.kernels(), &mut self.rows);
    }

    /// Samples that one run makes.
    #[must_use]
    pub const fn samples(&self) -> u64 {
        ROW as u64
    }
}

impl Rows {
    #[allow(clippy::cast_possible_truncation, reason = "masked to a byte; rows are short")]
    fn new() -> Self {
        let row = |seed: usize, len: usize| (0..len).map(|x| (x * seed + (x >> 3)) as u8).collect::<Vec<u8>>();
        let (a, b) = (row(7, TAPS * ROW), row(13, TAPS * ROW));
        let part = i16::try_from(WEIGHT_ONE).unwrap_or(i16::MAX) / TAPS as i16;
        Self {
            dst: row(5, ROW),
            wide: a.iter().map(|v| i16::from(*v) << ROW_BITS).collect(),
            a,
            b,
            values: vec![0; ROW],
            starts: (0..ROW as u32).map(|x| x * 2).collect(),
            weights: vec![part; TAPS * ROW],
        }
    }
}

/// Rows one after the other as a plane.
fn plane(bytes: &[u8]) -> PlaneRef<'_> {
    PlaneRef { bytes, stride: ROW, width: ROW, height: bytes.len() / ROW }
}

/// Every loop on every instruction set.
#[must_use]
pub fn loops() -> Vec<Loop> {
    let all: [(&str, Run); 10] = [
        ("lerp_level", |k, r| (k.lerp_level)(&mut r.dst, &r.a[..ROW], 100)),
        ("mix_level", |k, r| (k.mix_level)(&mut r.dst, &r.a[..ROW], &r.b[..ROW], 100)),
        ("lerp_mask", |k, r| (k.lerp_mask)(&mut r.dst, &r.a[..ROW], &r.b[..ROW])),
        ("over", |k, r| (k.over)(&mut r.dst, &r.a[..ROW], &r.b[..ROW])),
        ("over_level", |k, r| (k.over_level)(&mut r.dst, &r.a[..ROW], &r.b[..ROW], 100)),
        ("mean_of_four", |k, r| (k.mean_of_four)(&mut r.dst, &r.a[..2 * ROW], &r.b[..2 * ROW])),
        ("halve_left", |k, r| (k.halve_left)(&mut r.dst, &r.a[..2 * ROW + 1], &r.b[..2 * ROW + 1])),
        ("rows", |k, r| {
            let down = Down { plane: plane(&r.a), column: 0, row: 0, weights: &r.weights[..TAPS] };
            (k.rows)(&mut r.values, down);
        }),
        ("rows_bytes", |k, r| {
            let down = Down { plane: plane(&r.a), column: 0, row: 0, weights: &r.weights[..TAPS] };
            (k.rows_bytes)(&mut r.dst, down);
        }),
        ("across", |k, r| {
            let table = Across { starts: &r.starts, weights: &r.weights, taps: TAPS, base: 0 };
            (k.across)(&mut r.dst, &r.wide, table);
        }),
    ];
    let one = |isa: Isa| all.map(|(name, run)| Loop { name, isa, rows: Rows::new(), run });
    Isa::available().into_iter().flat_map(one).collect()
}
