//! A coarse picture of slowly changing quantities, read back smoothly row by row.

use super::simd::{Level, by_level};
use vitrine_media::Size;

/// Quantities per node: the screen's luminance and colour differences, and the subject's own key value.
pub(crate) const CHANNELS: usize = 4;

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
        let block = if size.width < 960 { 4 } else { 8 };
        let half = size.chroma();
        let (cols, rows) = ((half.width as usize).div_ceil(block), (half.height as usize).div_ceil(block));
        Self { block, cols, rows, planes: std::array::from_fn(|_| vec![0.0; cols * rows]) }
    }

    pub(crate) fn fill(&mut self, values: [f32; CHANNELS]) {
        self.planes.iter_mut().zip(values).for_each(|(plane, value)| plane.fill(value));
    }

    /// All channels of cell row `pair`, linear between nodes, one value a cell.
    pub(crate) fn row(&self, level: Level, pair: usize, line: &mut Line) {
        let at = (pair as f32 + 0.5) / self.block as f32 - 0.5;
        let upper = (at.max(0.0) as usize).min(self.rows - 1);
        let lower = (upper + 1).min(self.rows - 1);
        let part = (at - upper as f32).clamp(0.0, 1.0);
        for (plane, row) in self.planes.iter().zip(&mut line.rows) {
            let nodes = plane[upper * self.cols..][..self.cols].iter().zip(&plane[lower * self.cols..][..self.cols]);
            line.nodes.clear();
            line.nodes.extend(nodes.map(|(a, b)| a + (b - a) * part));
            match self.block {
                4 => spread_by_4(level, &line.nodes, row),
                _ => spread_by_8(level, &line.nodes, row),
            }
        }
    }
}

/// One row of every channel, one value a cell, and room to make it.
pub(crate) struct Line {
    /// Each row starts half a block early: use [`Line::cells`].
    rows: [Vec<f32>; CHANNELS],
    nodes: Vec<f32>,
    lead: usize,
}

impl Line {
    pub(crate) fn new(grid: &Grid) -> Self {
        let len = (grid.cols + 1) * grid.block;
        Self {
            rows: std::array::from_fn(|_| vec![0.0; len]),
            nodes: Vec::with_capacity(grid.cols),
            lead: grid.block / 2,
        }
    }

    /// Channel `index`, from cell 0 on.
    pub(crate) fn cells(&self, index: usize) -> &[f32] {
        &self.rows[index][self.lead..]
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
}
