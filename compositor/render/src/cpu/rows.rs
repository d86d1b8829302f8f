//! Rows of a source as the canvas needs them: borrowed where they lie, copied, scaled, or sampled through a turn.

use super::axis::{Axis, Kind};
use super::kernels::{Across, Down, Kernels};
use super::op::Fetch;
use super::surface::PlaneRef;
use crate::ahead::ahead;

/// Memory between the passes of a scaling; grows to the widest row and stays.
#[derive(Default)]
pub(crate) struct Passes {
    rows: Vec<i16>,
}

/// Samples that are made at once by halving, between which the rows below are asked for.
const HALVED: usize = 128;
/// Values that SIMD may read beyond the last of a row.
const READ_AHEAD: usize = 32;

impl Passes {
    fn ready(&mut self, len: usize) {
        if self.rows.len() < len + READ_AHEAD {
            self.rows.resize(len + READ_AHEAD, 0);
        }
    }
}

/// A stretch of one row that is wanted: sample `x` to before `x + len` of row `y` of a plane.
#[derive(Clone, Copy)]
pub(crate) struct Want {
    pub(crate) chroma: bool,
    pub(crate) x: i32,
    pub(crate) y: i32,
}

fn place(axis: &Axis, sample: i32) -> usize {
    usize::try_from(sample - axis.first).unwrap_or(0).min(axis.starts.len().saturating_sub(1))
}

fn tables(fetch: &Fetch, chroma: bool) -> Option<(&Axis, &Axis)> {
    match fetch {
        Fetch::Upright(axes) if chroma => Some((&axes.chroma_across, &axes.chroma_down)),
        Fetch::Upright(axes) => Some((&axes.across, &axes.down)),
        Fetch::Turned(_) => None,
    }
}

/// The source's own bytes, if they are what is wanted.
pub(crate) fn borrowed<'a>(fetch: &Fetch, plane: PlaneRef<'a>, want: Want, len: usize) -> Option<&'a [u8]> {
    let (across, down) = tables(fetch, want.chroma)?;
    let (Kind::Shift(dx), Kind::Shift(dy)) = (across.kind, down.kind) else { return None };
    let (from, row) = (usize::try_from(want.x - across.first).ok()?, usize::try_from(want.y - down.first).ok()?);
    if from < across.regular.0 || from + len > across.regular.1 || row < down.regular.0 || row >= down.regular.1 {
        return None;
    }
    let x = usize::try_from(want.x + dx).ok()?;
    plane.row(usize::try_from(want.y + dy).ok()?).get(x..x + len)
}

/// Writes what is wanted to `out`.
pub(crate) fn produce(
    kernels: &Kernels,
    passes: &mut Passes,
    fetch: &Fetch,
    plane: PlaneRef<'_>,
    want: Want,
    out: &mut [u8],
) {
    match fetch {
        Fetch::Turned(turned) => {
            let walk = turned.walk(want.chroma, want.x, want.y, &plane);
            (kernels.turned)(out, plane, walk);
        }
        Fetch::Upright(_) => {
            if let Some(bytes) = borrowed(fetch, plane, want, out.len()) {
                out.copy_from_slice(bytes);
            } else if let Some((across, down)) = tables(fetch, want.chroma) {
                scale(kernels, passes, plane, (across, down), (place(across, want.x), place(down, want.y)), out);
            }
        }
    }
}

/// Takes the halving road where both tables allow it, and the general one for the rest.
fn scale(
    kernels: &Kernels,
    passes: &mut Passes,
    plane: PlaneRef<'_>,
    axes: (&Axis, &Axis),
    from: (usize, usize),
    out: &mut [u8],
) {
    let (across, down) = axes;
    let halves = matches!((across.kind, down.kind), (Kind::Half(_) | Kind::HalfLeft(_), Kind::Half(_)));
    let row_regular = from.1 >= down.regular.0 && from.1 < down.regular.1;
    let low = across.regular.0.clamp(from.0, from.0 + out.len());
    let high = across.regular.1.clamp(low, from.0 + out.len());
    if !halves || !row_regular || low == high {
        general(kernels, passes, plane, axes, from, out);
        return;
    }
    let (head, rest) = out.split_at_mut(low - from.0);
    let (body, tail) = rest.split_at_mut(high - low);
    if !halve(kernels, plane, axes, (low, from.1), body) {
        general(kernels, passes, plane, axes, (low, from.1), body);
    }
    if !head.is_empty() {
        general(kernels, passes, plane, axes, from, head);
    }
    if !tail.is_empty() {
        general(kernels, passes, plane, axes, (high, from.1), tail);
    }
}

/// Two rows and two columns to one; false if the source ends too early for it.
fn halve(kernels: &Kernels, plane: PlaneRef<'_>, axes: (&Axis, &Axis), from: (usize, usize), out: &mut [u8]) -> bool {
    let (across, down) = axes;
    let index = |axis: &Axis, place: usize| axis.first + i32::try_from(place).unwrap_or(i32::MAX / 4);
    let Kind::Half(down_shift) = down.kind else { return false };
    let (shift, early) = match across.kind {
        Kind::Half(shift) => (shift, 0),
        Kind::HalfLeft(shift) => (shift - 1, 1),
        Kind::Shift(_) | Kind::Any => return false,
    };
    let row = usize::try_from(2 * index(down, from.1) + down_shift);
    let (Ok(row), Ok(x)) = (row, usize::try_from(2 * index(across, from.0) + shift)) else { return false };
    let len = out.len() * 2 + early;
    let (Some(upper), Some(lower)) = (plane.row(row).get(x..x + len), plane.row(row + 1).get(x..x + len)) else {
        return false;
    };
    let kernel = if early == 1 { kernels.halve_left } else { kernels.mean_of_four };
    for (out, from) in out.chunks_mut(HALVED).zip((0..).step_by(2 * HALVED)) {
        let part = from..from + 2 * out.len() + early;
        let (upper, lower) = (&upper[part.clone()], &lower[part]);
        [upper, lower].into_iter().for_each(|row| ahead(row, 2 * plane.stride));
        kernel(out, upper, lower);
    }
    true
}

/// Rows first, weighted and summed over the columns needed; then across.
fn general(
    kernels: &Kernels,
    passes: &mut Passes,
    plane: PlaneRef<'_>,
    axes: (&Axis, &Axis),
    from: (usize, usize),
    out: &mut [u8],
) {
    let (across, down) = axes;
    let places = from.0..from.0 + out.len();
    let (row, weights) = down.rows_at(from.1);
    if let Some(column) = across.shifted(&places) {
        (kernels.rows_bytes)(out, Down { plane, column, row, weights });
        return;
    }
    let (low, high) = across.reach(places.start, places.end);
    let span = high.min(plane.width).max(low) - low;
    passes.ready(span + across.taps);
    (kernels.rows)(&mut passes.rows[..span], Down { plane, column: low, row, weights });
    let weights = places.start * across.taps..places.end * across.taps;
    let table = Across {
        starts: across.starts.get(places).unwrap_or_default(),
        weights: across.weights.get(weights).unwrap_or_default(),
        taps: across.taps,
        base: low,
    };
    (kernels.across)(out, &passes.rows, table);
}
