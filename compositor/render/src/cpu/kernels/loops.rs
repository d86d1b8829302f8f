//! The inner loops one by one, for measurements: rows of a 1080p canvas, on every instruction set that is here.

use super::scalar::ROW_BITS;
use super::{Across, Isa, Kernels};
use crate::cpu::axis::WEIGHT_ONE;

/// Samples of a row.
const ROW: usize = 1920;

/// Rows to work on.
struct Rows {
    dst: Vec<u8>,
    a: Vec<u8>,
    b: Vec<u8>,
    wide: Vec<i16>,
    starts: Vec<u32>,
    weights: Vec<i16>,
    pairs: Vec<[i16; 2]>,
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
        let (a, b) = (row(7, 2 * ROW + 2), row(13, 2 * ROW + 2));
        let one = i16::try_from(WEIGHT_ONE / 2).unwrap_or(i16::MAX);
        Self {
            dst: row(5, ROW),
            wide: a.iter().map(|v| i16::from(*v) << ROW_BITS).collect(),
            a,
            b,
            starts: (0..ROW as u32).map(|x| x * 2).collect(),
            weights: vec![one; 2 * ROW],
            pairs: vec![[one; 2]; ROW],
        }
    }
}

/// Every loop on every instruction set.
#[must_use]
pub fn loops() -> Vec<Loop> {
    let all: [(&str, Run); 9] = [
        ("lerp_level", |k, r| (k.lerp_level)(&mut r.dst, &r.a[..ROW], 100)),
        ("mix_level", |k, r| (k.mix_level)(&mut r.dst, &r.a[..ROW], &r.b[..ROW], 100)),
        ("lerp_mask", |k, r| (k.lerp_mask)(&mut r.dst, &r.a[..ROW], &r.b[..ROW])),
        ("over", |k, r| (k.over)(&mut r.dst, &r.a[..ROW], &r.b[..ROW])),
        ("over_level", |k, r| (k.over_level)(&mut r.dst, &r.a[..ROW], &r.b[..ROW], 100)),
        ("mean_of_four", |k, r| (k.mean_of_four)(&mut r.dst, &r.a[..2 * ROW], &r.b[..2 * ROW])),
        ("halve_left", |k, r| (k.halve_left)(&mut r.dst, &r.a[..2 * ROW + 1], &r.b[..2 * ROW + 1])),
        ("two_rows_bytes", |k, r| (k.two_rows_bytes)(&mut r.dst, &r.a[..ROW], &r.b[..ROW], [5000, 3192])),
        ("across", |k, r| {
            let table =
                Across { starts: &r.starts, weights: &r.weights, pairs: &r.pairs, pair_stride: ROW, taps: 2, base: 0 };
            (k.across)(&mut r.dst, &r.wide, table);
        }),
    ];
    let one = |isa: Isa| all.map(|(name, run)| Loop { name, isa, rows: Rows::new(), run });
    Isa::available().into_iter().flat_map(one).collect()
}
