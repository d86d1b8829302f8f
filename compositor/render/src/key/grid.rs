//! A coarse picture of slowly changing quantities, read back smoothly row by row.

use super::simd::{Level, by_level};
use vitrine_media::Size;

/// Quantities per node: the screen's luminance and colour differences, and the subject's own key value.
pub(crate) const CHANNELS: usize = 4;

/// Cells of a run, which `fast` judges and reckons together.
pub(crate) const RUN: usize = 16;
/// Largest side of a block.
const BLOCK_MAX: usize = 8;

/// Values at the centres of square blocks, `CHANNELS` planes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Grid {
    /// Side of a block in 2×2 cells.
    pub(crate) block: usize,
    pub(crate) cols: usize,
    pub(crate) rows: usize,
    pub(crate) planes: [Vec<f32>; CHANNELS],
}

impl Grid {
    pub(crate) fn new(size: Size) -> Self {
        // Wrinkles and hot spots are followed down to 1/80 of a small picture and 1/120 of a large one.
        let block = if size.width < 960 { 4 } else { BLOCK_MAX };
        let half = size.chroma();
        let (cols, rows) = ((half.width as usize).div_ceil(block), (half.height as usize).div_ceil(block));
        Self { block, cols, rows, planes: std::array::from_fn(|_| vec![0.0; cols * rows]) }
    }

    pub(crate) fn fill(&mut self, values: [f32; CHANNELS]) {
        self.planes.iter_mut().zip(values).for_each(|(plane, value)| plane.fill(value));
    }

    /// All channels of cell row `pair`, linear between nodes, one value a cell.
    pub(crate) fn row(&self, level: Level, pair: usize, line: &mut Line) {
        self.nodes(pair, &mut line.nodes);
        for (nodes, row) in line.nodes.channels.iter().zip(&mut line.rows) {
            match self.block {
                4 => spread_by_4(level, nodes, row),
                _ => spread_by_8(level, nodes, row),
            }
        }
    }

    /// All channels of cell row `pair`, at the nodes' columns alone.
    pub(crate) fn nodes(&self, pair: usize, nodes: &mut Nodes) {
        let at = (pair as f32 + 0.5) / self.block as f32 - 0.5;
        let upper = (at.max(0.0) as usize).min(self.rows - 1);
        let lower = (upper + 1).min(self.rows - 1);
        let part = (at - upper as f32).clamp(0.0, 1.0);
        for (plane, row) in self.planes.iter().zip(&mut nodes.channels) {
            let nodes = plane[upper * self.cols..][..self.cols].iter().zip(&plane[lower * self.cols..][..self.cols]);
            row.clear();
            row.extend(nodes.map(|(a, b)| a + (b - a) * part));
        }
    }
}

/// One row of every channel, one value a node.
pub(crate) struct Nodes {
    channels: [Vec<f32>; CHANNELS],
    block: usize,
}

/// One row of every channel, one value a cell, and room to make it.
pub(crate) struct Line {
    /// Each row starts half a block early: use [`Line::cells`].
    rows: [Vec<f32>; CHANNELS],
    nodes: Nodes,
    lead: usize,
}

impl Line {
    pub(crate) fn new(grid: &Grid) -> Self {
        let len = (grid.cols + 1) * grid.block;
        Self { rows: std::array::from_fn(|_| vec![0.0; len]), nodes: Nodes::new(grid), lead: grid.block / 2 }
    }

    /// Channel `index`, from cell 0 on.
    pub(crate) fn cells(&self, index: usize) -> &[f32] {
        &self.rows[index][self.lead..]
    }
}

impl Nodes {
    pub(crate) fn new(grid: &Grid) -> Self {
        Self { channels: std::array::from_fn(|_| Vec::with_capacity(grid.cols)), block: grid.block }
    }

    /// Channel `index`.
    pub(crate) fn channel(&self, index: usize) -> &[f32] {
        &self.channels[index]
    }

    /// Channel `channel` of run `run` and of the cell after it, from the nodes alone; the same values as in
    /// [`Line::cells`]. Zero beyond the last node's block.
    #[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
    #[inline(always)]
    pub(crate) fn run(&self, channel: usize, run: usize) -> [f32; RUN + 1] {
        let block = self.block;
        let first = run * (RUN / block);
        // The block between a node and itself comes first and is wanted at the row's start alone.
        let skip = if first > 0 { block } else { 0 };
        let nodes = &self.channels[channel][first.saturating_sub(1)..];
        let mut room = [0.0; RUN + 3 * BLOCK_MAX];
        if block == 4 {
            spread::<4>(nodes, &mut room)
        } else {
            spread::<8>(nodes, &mut room)
        }
        let mut out = [0.0; RUN + 1];
        out.copy_from_slice(&room[skip + block / 2..][..=RUN]);
        out
    }
}

by_level! {
    fn spread_by_4(nodes: &[f32], out: &mut [f32]) {
        spread::<4>(nodes, out);
    }
}

by_level! {
    fn spread_by_8(nodes: &[f32], out: &mut [f32]) {
        spread::<8>(nodes, out);
    }
}

/// `out` in blocks: before the first node, between each two, after the last.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
fn spread<const B: usize>(nodes: &[f32], out: &mut [f32]) {
    let (mut blocks, _) = out.as_chunks_mut::<B>();
    let mut left = nodes.first().copied().unwrap_or_default();
    let last = nodes.last().copied().unwrap_or_default();
    for right in nodes.iter().copied().chain([last]) {
        let Some((block, rest)) = blocks.split_first_mut() else { return };
        blocks = rest;
        let step = (right - left) * (1.0 / B as f32);
        for (at, value) in block.iter_mut().enumerate() {
            *value = left + step * (at as f32 + 0.5);
        }
        left = right;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_that_is_linear_is_read_back_exactly() {
        let mut grid = Grid::new(Size::new(320, 180));
        for at in 0..grid.cols * grid.rows {
            let (x, y) = ((at % grid.cols) as f32, (at / grid.cols) as f32);
            grid.planes[2][at] = 3.0 * x - 2.0 * y;
        }
        let mut line = Line::new(&grid);
        for pair in [10, 41, 60] {
            grid.row(Level::best(), pair, &mut line);
            for cell in [5, 6, 77, 150] {
                let (x, y) = ((cell as f32 + 0.5) / 4.0 - 0.5, (pair as f32 + 0.5) / 4.0 - 0.5);
                let expected = 3.0 * x - 2.0 * y;
                assert!((line.cells(2)[cell] - expected).abs() < 1e-3, "{pair} {cell}");
            }
        }
    }

    #[test]
    fn a_run_has_the_values_of_its_row() {
        for (size, cells) in [(Size::new(70, 40), 35_usize), (Size::new(1010, 40), 505)] {
            let mut grid = Grid::new(size);
            grid.planes[1].iter_mut().enumerate().for_each(|(at, value)| *value = (at * at % 17) as f32);
            let mut line = Line::new(&grid);
            grid.row(Level::best(), 9, &mut line);
            for run in 0..cells.div_ceil(RUN) {
                let some = &line.cells(1)[run * RUN..cells.min((run + 1) * RUN + 1)];
                assert_eq!(some, &line.nodes.run(1, run)[..some.len()], "{size}, run {run}");
            }
        }
    }
}
