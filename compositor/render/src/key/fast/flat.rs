//! Which runs of cells are bare screen or solid subject all along, told from the extremes of their chroma.
//!
//! Most of a picture is one or the other. Where even the worst colour between a run's extremes, against the worst
//! screen that may lie there, is well within what reckoning makes clear (or solid), cells need not be reckoned: with
//! the margins here they would come out the same.

use super::super::fine::SPILL_COMMON;
use super::super::grid::{CHANNELS, Grid, RUN};
use super::super::setting::Setting;
use super::super::simd::{Level, by_level};
use super::super::wedge::{BEND_RISE, HUE_BEND};

/// Key value that the fixed point of the reckoning may be off by, and more.
const MARGIN: f32 = 0.01;
/// Colour of the palest screen that is judged at all, in codes.
const SCREEN_MIN: f32 = 4.0;
/// Codes of chroma that the reckoning does not clamp.
const CODES: (u8, u8) = (16, 240);

/// What a run of cells is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Not told from here.
    Mixed,
    Clear,
    Solid,
    /// Solid, and free of spill: its chroma stays as it is.
    Plain,
}

/// Per run, what the screen and the subject's own key value may be in one row of the grid's blocks.
pub(super) struct Bounds {
    /// Which row it is for.
    row: Option<usize>,
    /// Least and most of each channel over the nodes around each run.
    ends: [[Vec<f32>; 2]; CHANNELS],
    /// The screen's chroma in codes, at the middle of what it may be.
    screen: [Vec<f32>; 2],
    /// One by its square.
    inverse: Vec<f32>,
    /// How far it may be from the middle.
    radius: Vec<f32>,
    /// One by the least length it may have; infinite for a screen too pale to judge by.
    per_length: Vec<f32>,
    /// Part of `1 − k − low` from which every cell is solid.
    solid: Vec<f32>,
    /// Key value up to which no cell has spill.
    own: Vec<f32>,
    /// Room for least and most over rows of nodes, one node more at either side.
    nodes: [Vec<f32>; 2],
    wide: [Vec<f32>; 2],
}

impl Bounds {
    pub(super) fn new(grid: &Grid, runs: usize) -> Self {
        let row = || vec![0.0; runs];
        let wide = || vec![0.0; runs * (RUN / grid.block) + 2];
        Self {
            row: None,
            ends: std::array::from_fn(|_| [row(), row()]),
            screen: [row(), row()],
            inverse: row(),
            radius: row(),
            per_length: row(),
            solid: row(),
            own: row(),
            nodes: [wide(), wide()],
            wide: [wide(), wide()],
        }
    }

    /// Forgets the picture before.
    pub(super) fn forget(&mut self) {
        self.row = None;
    }

    /// Makes it be for the blocks of cell row `pair`.
    pub(super) fn bring(&mut self, level: Level, grid: &Grid, pair: usize, setting: Setting) {
        let row = pair / grid.block;
        if self.row == Some(row) {
            return;
        }
        self.row = Some(row);
        let rows = [row.saturating_sub(1), row, (row + 1).min(grid.rows - 1)];
        let step = RUN / grid.block;
        for (plane, ends) in grid.planes.iter().zip(&mut self.ends) {
            let rows = rows.map(|row| &plane[row * grid.cols..][..grid.cols]);
            let [least, most] = &mut self.nodes;
            extremes_down(level, rows, &mut least[1..], &mut most[1..]);
            for (row, edge) in [(&mut *least, grid.cols), (&mut *most, grid.cols)] {
                row[0] = row[1];
                let last = row[edge];
                row[edge + 1..].fill(last);
            }
            for _ in 0..=step {
                let [wide_least, wide_most] = &mut self.wide;
                extremes_across(level, [least, most], wide_least, wide_most);
                std::mem::swap(least, wide_least);
                std::mem::swap(most, wide_most);
            }
            for (ends, nodes) in ends.iter_mut().zip([least, most]) {
                ends.iter_mut().zip(nodes.iter().step_by(step)).for_each(|(end, node)| *end = *node);
            }
        }
        reach(level, self, setting);
    }
}

by_level! {
    /// Least and most of three rows.
    fn extremes_down(rows: [&[f32]; 3], least: &mut [f32], most: &mut [f32]) {
        let count = rows[0].len();
        let [a, b, c] = rows.map(|row| &row[..count]);
        let (least, most) = (&mut least[..count], &mut most[..count]);
        for i in 0..count {
            least[i] = a[i].min(b[i]).min(c[i]);
            most[i] = a[i].max(b[i]).max(c[i]);
        }
    }
}

by_level! {
    /// Least and most of each node and of the one after it; the last stays alone.
    fn extremes_across(from: [&[f32]; 2], least: &mut [f32], most: &mut [f32]) {
        let last = least.len() - 1;
        let [from_least, from_most] = from.map(|row| &row[..=last]);
        let (least, most) = (&mut least[..=last], &mut most[..=last]);
        for i in 0..last {
            least[i] = from_least[i].min(from_least[i + 1]);
            most[i] = from_most[i].max(from_most[i + 1]);
        }
        (least[last], most[last]) = (from_least[last], from_most[last]);
    }
}

by_level! {
    /// From the extremes of the nodes to what runs are judged by.
    fn reach(bounds: &mut Bounds, setting: Setting) {
        let Bounds { ends, screen: [su, sv], inverse, radius, per_length, solid, own, .. } = bounds;
        let count = inverse.len();
        let [_, [u0, u1], [v0, v1], [own0, _]] = ends.each_ref().map(|ends| ends.each_ref().map(|end| &end[..count]));
        let (su, sv, inverse) = (&mut su[..count], &mut sv[..count], &mut inverse[..count]);
        let (radius, per_length) = (&mut radius[..count], &mut per_length[..count]);
        let (solid, own) = (&mut solid[..count], &mut own[..count]);
        for i in 0..count {
            let (u, v) = ((u0[i] + u1[i]) * 112.0, (v0[i] + v1[i]) * 112.0);
            let (du, dv) = ((u1[i] - u0[i]) * 112.0, (v1[i] - v0[i]) * 112.0);
            let square = u * u + v * v;
            let off = (du * du + dv * dv).sqrt();
            let least = square.sqrt() - off;
            su[i] = u;
            sv[i] = v;
            inverse[i] = 1.0 / square.max(1.0);
            radius[i] = off;
            per_length[i] = if least > SCREEN_MIN { 1.0 / least } else { f32::INFINITY };
            solid[i] = ((1.0 - own0[i] - setting.low) * setting.soft).max(0.02) * (1.0 + MARGIN) + MARGIN;
            own[i] = (own0[i] - SPILL_COMMON).max(0.0) - MARGIN;
        }
    }
}

/// Least and most of Cb and of Cr in each run of a row.
pub(super) struct Extremes([[Vec<u8>; 2]; 2]);

impl Extremes {
    pub(super) fn new(runs: usize) -> Self {
        Self(std::array::from_fn(|_| [vec![0; runs], vec![0; runs]]))
    }

    /// What each run of a row of chroma is.
    pub(super) fn looks(&mut self, level: Level, chroma: [&[u8]; 2], by: &Bounds, low: f32, looks: &mut [Look]) {
        for (row, [least, most]) in chroma.into_iter().zip(&mut self.0) {
            extremes(level, row, least, most);
        }
        judge(level, &self.0, by, low, looks);
    }
}

by_level! {
    /// Least and most of each run.
    fn extremes(row: &[u8], least: &mut [u8], most: &mut [u8]) {
        let (runs, rest) = row.as_chunks::<RUN>();
        for ((run, least), most) in runs.iter().zip(least.iter_mut()).zip(most.iter_mut()) {
            *least = run.iter().fold(u8::MAX, |a, b| a.min(*b));
            *most = run.iter().fold(u8::MIN, |a, b| a.max(*b));
        }
        if let (Some(least), Some(most), false) = (least.last_mut(), most.last_mut(), rest.is_empty()) {
            *least = rest.iter().fold(u8::MAX, |a, b| a.min(*b));
            *most = rest.iter().fold(u8::MIN, |a, b| a.max(*b));
        }
    }
}

by_level! {
    /// What each run is. As complex numbers, a colour `c` before a screen `s` has the parts `c / s` along and across
    /// the screen's hue; with `c` off by `d` and `s` by `r`, that is off by `(d + |c / s| · r) / (|s| − r)` at most.
    fn judge(chroma: &[[Vec<u8>; 2]; 2], by: &Bounds, low: f32, looks: &mut [Look]) {
        let count = looks.len();
        let [[b0, b1], [r0, r1]] = chroma.each_ref().map(|ends| ends.each_ref().map(|end| &end[..count]));
        let (su, sv, inverse) = (&by.screen[0][..count], &by.screen[1][..count], &by.inverse[..count]);
        let (radius, per_length) = (&by.radius[..count], &by.per_length[..count]);
        let (solid, own) = (&by.solid[..count], &by.own[..count]);
        let clear = 1.0 - low + MARGIN;
        for i in 0..count {
            let (least_u, most_u) = (f32::from(b0[i]), f32::from(b1[i]));
            let (least_v, most_v) = (f32::from(r0[i]), f32::from(r1[i]));
            let (u, v) = ((least_u + most_u) * 0.5 - 128.0, (least_v + most_v) * 0.5 - 128.0);
            let (du, dv) = ((most_u - least_u) * 0.5, (most_v - least_v) * 0.5);
            let along = (u * su[i] + v * sv[i]) * inverse[i];
            let across = (v * su[i] - u * sv[i]).abs() * inverse[i];
            let size = (along * along + across * across).sqrt();
            let off = ((du * du + dv * dv).sqrt() + size * radius[i]) * per_length[i];
            let (least, most) = (along - off, along + off);
            let (near, far) = ((across - off).max(0.0), across + off);
            let bare = least - far * far * HUE_BEND;
            let key = most - near * near * HUE_BEND * (least * BEND_RISE).clamp(0.0, 1.0);
            let kept = b0[i] >= CODES.0 && b1[i] <= CODES.1 && r0[i] >= CODES.0 && r1[i] <= CODES.1;
            let is_solid = 1.0 - low - key >= solid[i];
            let look = if is_solid && key <= own[i] && kept { Look::Plain } else { Look::Solid };
            let look = if is_solid { look } else { Look::Mixed };
            looks[i] = if bare >= clear { Look::Clear } else { look };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kernels::{self, ONE};
    use super::super::known::Known;
    use super::*;
    use vitrine_media::Size;

    /// Numbers below `end`, from a seed.
    struct Dice(u32);

    impl Dice {
        fn below(&mut self, end: u32) -> u32 {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.0 >> 8) % end
        }

        fn between(&mut self, least: f32, most: f32) -> f32 {
            least + (most - least) * self.below(1 << 16) as f32 / 65536.0
        }
    }

    /// An uneven screen, now and then with no colour at all.
    fn grid(dice: &mut Dice, size: Size) -> Grid {
        let mut grid = Grid::new(size);
        let pale = dice.between(0.0, 1.0);
        let screen = [0.5, dice.between(-0.4, 0.4) * pale, dice.between(-0.4, 0.4) * pale, dice.between(-0.2, 0.3)];
        let uneven = dice.between(0.0, 0.08);
        for (plane, value) in grid.planes.iter_mut().zip(screen) {
            plane.iter_mut().for_each(|node| *node = value + dice.between(-uneven, uneven));
        }
        grid
    }

    #[test]
    fn what_is_called_flat_is_what_reckoning_makes_of_it() {
        let mut dice = Dice(7);
        let mut seen = [0; 4];
        for round in 0..3000 {
            let size = if round % 2 == 0 { Size::new(1010, 40) } else { Size::new(300, 40) };
            let grid = grid(&mut dice, size);
            let cells = size.chroma().width as usize;
            let runs = cells.div_ceil(RUN);
            let setting = Setting { low: dice.between(0.0, 0.3), soft: dice.between(0.02, 1.0), spill: 1.0 };
            let pair = dice.below(20) as usize;
            // Colours near the screen's, or of the other side, with some noise.
            let way = dice.between(-1.3, 1.3);
            let noise = 1 + dice.below(12);
            let [cb, cr] = [1, 2].map(|channel| {
                let mean = 128.0 + 224.0 * way * grid.planes[channel][5];
                let code = |_| (mean + dice.below(2 * noise) as f32 - noise as f32).clamp(0.0, 255.0) as u8;
                (0..cells).map(code).collect::<Vec<u8>>()
            });
            let mut bounds = Bounds::new(&grid, runs);
            bounds.bring(Level::best(), &grid, pair, setting);
            let mut looks = vec![Look::Mixed; runs];
            Extremes::new(runs).looks(Level::best(), [&cb, &cr], &bounds, setting.low, &mut looks);
            let mut known = Known::new(&grid, runs);
            for (at, look) in looks.into_iter().enumerate() {
                seen[look as usize] += 1;
                let run = at * RUN..((at + 1) * RUN).min(cells);
                let known = known.run(Level::best(), (&grid, pair, cells), setting, at);
                let chroma = [&cb[run.clone()], &cr[run.clone()]];
                let mut alpha = vec![0; run.len()];
                kernels::decide(Level::best(), chroma, known, (setting.low * ONE as f32) as i32, &mut alpha);
                let all = |code: i16| alpha.iter().all(|a| *a == code);
                assert!(look != Look::Clear || all(0), "round {round}, run {at}: {alpha:?}");
                assert!(!matches!(look, Look::Solid | Look::Plain) || all(255), "round {round}, run {at}: {alpha:?}");
                let mut out = [vec![0; run.len()], vec![0; run.len()]];
                let [out_cb, out_cr] = &mut out;
                kernels::colour(Level::best(), chroma, known, &alpha, ONE, out_cb, out_cr);
                assert!(look != Look::Plain || (out[0] == chroma[0] && out[1] == chroma[1]), "round {round}, run {at}");
            }
        }
        assert!(seen.into_iter().all(|count| count > 500), "too few of a kind: {seen:?}");
    }
}
