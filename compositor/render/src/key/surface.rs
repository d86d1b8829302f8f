//! A second-order surface through scattered values, and the smooth filling of what no value covers.

use super::simd::{Level, by_level};

/// Terms of the surface: 1, x, y, x², xy, y².
const TERMS: usize = 6;
/// Weight of the neighbours' mean against a node's own value.
const SMOOTH: f32 = 0.15;
/// How far a deviation reaches into the unknown: its weight falls by this a node.
const REACH: f32 = 0.97;
/// Sweeps when there is no last picture to start from.
const SWEEPS_FIRST: usize = 12;

/// One quantity over the nodes of a grid.
pub(crate) struct Surface {
    cols: usize,
    rows: usize,
    /// The surface that was fitted, at every node.
    base: Vec<f32>,
    value: Vec<f32>,
    weight: Vec<f32>,
    /// A row as it was, and one node more at either end.
    was: Vec<f32>,
}

impl Surface {
    pub(crate) fn new(cols: usize, rows: usize) -> Self {
        let plane = || vec![0.0; cols * rows];
        Self { cols, rows, base: plane(), value: plane(), weight: plane(), was: vec![0.0; cols + 2] }
    }

    fn terms(&self, at: usize) -> [f32; TERMS] {
        let x = (at % self.cols) as f32 / self.cols as f32 * 2.0 - 1.0;
        let y = (at / self.cols) as f32 / self.rows as f32 * 2.0 - 1.0;
        [1.0, x, y, x * x, x * y, y * y]
    }

    /// Fits the surface through the values that `seen` gives (value, weight).
    fn fit(&mut self, seen: impl Fn(usize) -> (f32, f32)) {
        let nodes = 0..self.cols * self.rows;
        let mut fit: Option<[f32; TERMS]> = None;
        for _ in 0..3 {
            // Values far from the surface are something else (a shadow, a stain): they count less.
            let robust = |value: f32, terms: &[f32; TERMS]| {
                fit.as_ref().map_or(1.0, |fit| {
                    let off = (value - dot(fit, terms)) / (0.2 * fit[0].abs() + 0.01);
                    1.0 / (1.0 + off * off * 25.0)
                })
            };
            let samples = nodes.clone().map(|at| (self.terms(at), seen(at)));
            let weighed = samples.map(|(terms, (value, weight))| (terms, value, weight * robust(value, &terms)));
            let found = least_squares(weighed);
            fit = found.or(fit);
        }
        let Some(fit) = fit else { return };
        for at in nodes {
            self.base[at] = dot(&fit, &self.terms(at));
        }
    }

    /// Moves `plane` by `follow` towards the values that `seen` gives (value, weight) and a surface through them. With
    /// 1 for `follow` the surface is fitted first; later the deviations from it follow the picture.
    pub(crate) fn follow(&mut self, level: Level, plane: &mut [f32], follow: f32, seen: impl Fn(usize) -> (f32, f32)) {
        let first = follow >= 1.0;
        if first {
            self.fit(&seen);
        }
        let own = self.value.iter_mut().zip(&mut self.weight);
        for (at, ((off, base), (value, weight))) in plane.iter_mut().zip(&self.base).zip(own).enumerate() {
            let (seen, sure) = seen(at);
            *off = if first && sure == 0.0 { 0.0 } else { *off - base };
            *value = if sure > 0.0 { *off + (seen - base - *off) * follow } else { 0.0 };
            *weight = sure;
        }
        if first {
            self.relax(plane)
        } else {
            self.settle(level, plane)
        };
        for (value, base) in plane.iter_mut().zip(&self.base) {
            *value += base;
        }
    }

    /// Moves `plane` by `follow` towards the values that `seen` gives, and fills the rest from the neighbours.
    pub(crate) fn spread(&mut self, level: Level, plane: &mut [f32], follow: f32, seen: impl Fn(usize) -> (f32, f32)) {
        for (at, known) in plane.iter().enumerate() {
            let (value, weight) = seen(at);
            self.value[at] = known + (value - known) * follow;
            self.weight[at] = weight;
        }
        if follow >= 1.0 {
            self.relax(plane)
        } else {
            self.settle(level, plane)
        };
    }

    /// As `relax` where little has changed since the picture before: row by row, down and up again.
    fn settle(&mut self, level: Level, plane: &mut [f32]) {
        let (cols, rows) = (self.cols, self.rows);
        for at in (0..rows).chain((0..rows).rev()) {
            let (above, rest) = plane.split_at_mut(at * cols);
            let (row, below) = rest.split_at_mut(cols);
            let ends = [above.len().saturating_sub(cols), cols.min(below.len())];
            // At the picture's edges the row on the far side stands for the one that is missing.
            let (up, down) = match (above.is_empty(), below.is_empty()) {
                (true, true) => return,
                (true, false) => (&below[..ends[1]], &below[..ends[1]]),
                (false, true) => (&above[ends[0]..], &above[ends[0]..]),
                (false, false) => (&above[ends[0]..], &below[..ends[1]]),
            };
            let nodes = at * cols..(at + 1) * cols;
            let (value, weight) = (&self.value[nodes.clone()], &self.weight[nodes]);
            settle_row(level, row, &mut self.was, up, down, value, weight);
        }
    }

    /// Gauss–Seidel: known nodes keep to their value, unknown ones to their neighbours.
    fn relax(&self, plane: &mut [f32]) {
        let (cols, rows) = (self.cols, self.rows);
        for sweep in 0..SWEEPS_FIRST {
            for turn in 0..cols * rows {
                // Back and forth, so that values travel both ways in one pair of sweeps.
                let at = if sweep % 2 == 0 { turn } else { cols * rows - 1 - turn };
                let (x, y) = (at % cols, at / cols);
                let left = plane[if x > 0 { at - 1 } else { at }];
                let right = plane[if x + 1 < cols { at + 1 } else { at }];
                let up = plane[if y > 0 { at - cols } else { at }];
                let down = plane[if y + 1 < rows { at + cols } else { at }];
                let around = (left + right + up + down) * 0.25;
                let weight = self.weight[at];
                plane[at] = (weight * self.value[at] + SMOOTH * REACH * around) / (weight + SMOOTH);
            }
        }
    }
}

by_level! {
    /// One row of nodes, all at once, from the rows above and below and from what it was.
    fn settle_row(row: &mut [f32], was: &mut [f32], up: &[f32], down: &[f32], value: &[f32], weight: &[f32]) {
        let cols = row.len();
        let (was, up, down) = (&mut was[..cols + 2], &up[..cols], &down[..cols]);
        let (value, weight) = (&value[..cols], &weight[..cols]);
        was[1..=cols].copy_from_slice(row);
        was[0] = row[0];
        was[cols + 1] = row[cols - 1];
        for i in 0..cols {
            let around = (was[i] + was[i + 2] + up[i] + down[i]) * 0.25;
            row[i] = (weight[i] * value[i] + SMOOTH * REACH * around) / (weight[i] + SMOOTH);
        }
    }
}

fn dot(a: &[f32; TERMS], b: &[f32; TERMS]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Solves for the surface by normal equations; `None` when the values don't fix it at all.
fn least_squares(samples: impl Iterator<Item = ([f32; TERMS], f32, f32)>) -> Option<[f32; TERMS]> {
    let mut m = [[0.0_f64; TERMS + 1]; TERMS];
    let mut total = 0.0;
    for (terms, value, weight) in samples.filter(|s| s.2 > 0.0) {
        total += f64::from(weight);
        for (row, a) in m.iter_mut().zip(&terms) {
            let scaled = a * weight;
            row.iter_mut().zip(&terms).for_each(|(cell, b)| *cell += f64::from(scaled * b));
            row[TERMS] += f64::from(scaled * value);
        }
    }
    if total <= 0.0 {
        return None;
    }
    // A little pull to zero of all but the constant: a corner's worth of values must not tilt the whole.
    for (at, row) in m.iter_mut().enumerate().skip(1) {
        row[at] += 0.0005 * total;
    }
    m[0][0] += 1e-6 * total;
    for at in 0..TERMS {
        let pivot = m[at][at];
        if pivot.abs() < 1e-9 {
            return None;
        }
        for below in at + 1..TERMS {
            let factor = m[below][at] / pivot;
            let upper = m[at];
            m[below].iter_mut().zip(upper).skip(at).for_each(|(cell, upper)| *cell -= factor * upper);
        }
    }
    let mut out = [0.0_f64; TERMS];
    for at in (0..TERMS).rev() {
        let known: f64 = (at + 1..TERMS).map(|k| m[at][k] * out[k]).sum();
        out[at] = (m[at][TERMS] - known) / m[at][at];
    }
    Some(out.map(|v| v as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_in_a_curved_surface_is_filled_with_it() {
        let (cols, rows) = (40, 22);
        let mut surface = Surface::new(cols, rows);
        let truth = |at: usize| {
            let (x, y) = ((at % cols) as f32 / 40.0, (at / cols) as f32 / 22.0);
            0.5 - 0.2 * x + 0.1 * y * y - 0.15 * (x - 0.5) * (x - 0.5)
        };
        let hidden = |at: usize| (12..26).contains(&(at % cols)) && at / cols > 5;
        let mut plane = vec![0.0; cols * rows];
        surface.follow(Level::best(), &mut plane, 1.0, |at| if hidden(at) { (0.0, 0.0) } else { (truth(at), 1.0) });
        for (at, found) in plane.into_iter().enumerate() {
            assert!((found - truth(at)).abs() < 0.015, "{at}: {found} for {}", truth(at));
        }
    }
}
