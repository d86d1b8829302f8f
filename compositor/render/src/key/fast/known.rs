//! What is known of the screen, in the fixed point of `fast`: run by run, and only where it is asked for.

use super::super::fine::SPILL_COMMON;
use super::super::grid::{Grid, Nodes, RUN};
use super::super::light::round;
use super::super::setting::Setting;
use super::super::simd::{Level, by_level};
use super::super::wedge::Wedge;
use super::kernels::{ONE, WEDGE_BITS};

/// The screen behind one run, cell by cell.
#[derive(Clone, Default)]
pub(super) struct Run {
    pub(super) wedge: [[i32; RUN]; 2],
    pub(super) gain: [i32; RUN],
    /// Key value up to which the subject's colour is its own and no spill.
    pub(super) own: [i32; RUN],
    pub(super) chroma: [[i32; RUN]; 2],
    /// One more than the run has.
    pub(super) luma: [i16; RUN + 1],
}

/// Runs of one stretch of row pairs.
pub(super) struct Known {
    stretch: Option<usize>,
    /// Whether `nodes` are of this stretch.
    brought: bool,
    nodes: Nodes,
    ready: Vec<bool>,
    runs: Vec<Run>,
}

impl Known {
    pub(super) fn new(grid: &Grid, runs: usize) -> Self {
        let none = Run::default();
        Self {
            stretch: None,
            brought: false,
            nodes: Nodes::new(grid),
            ready: vec![false; runs],
            runs: vec![none; runs],
        }
    }

    /// Makes it be for `stretch`, or, with `None`, for nothing.
    pub(super) fn turn_to(&mut self, stretch: Option<usize>) {
        if self.stretch != stretch {
            self.stretch = stretch;
            self.brought = false;
            self.ready.fill(false);
        }
    }

    /// Run `at`; `first` is the row pair for which the stretch is worked out, `cells` how many there are in a row.
    pub(super) fn run(
        &mut self,
        level: Level,
        (grid, first, cells): (&Grid, usize, usize),
        setting: Setting,
        at: usize,
    ) -> &Run {
        if !self.ready[at] {
            self.ready[at] = true;
            if !self.brought {
                self.brought = true;
                grid.nodes(first, &mut self.nodes);
            }
            let run = &mut self.runs[at];
            know(level, run, &self.nodes, at, setting);
            if let Some(beyond) = cells.checked_sub(at * RUN).filter(|count| *count <= RUN) {
                run.luma[beyond] = run.luma[beyond - 1];
            }
        }
        &self.runs[at]
    }
}

by_level! {
    /// The screen in fixed point for each cell of a run.
    fn know(run: &mut Run, nodes: &Nodes, at: usize, setting: Setting) {
        let [y, u, v, own] = [0, 1, 2, 3].map(|channel| nodes.run(channel, at));
        let unit = (1_i32 << WEDGE_BITS) as f32 / 224.0;
        for i in 0..RUN {
            let wedge = Wedge::of(u[i], v[i]);
            run.wedge[0][i] = round(wedge.u * unit);
            run.wedge[1][i] = round(wedge.v * unit);
            run.chroma[0][i] = round(u[i] * 224.0);
            run.chroma[1][i] = round(v[i] * 224.0);
            run.own[i] = round((own[i] - SPILL_COMMON).max(0.0) * ONE as f32);
            run.gain[i] = round(255.0 / ((1.0 - own[i] - setting.low) * setting.soft).max(0.02));
        }
        for (luma, y) in run.luma.iter_mut().zip(y) {
            *luma = round(16.0 + y * 219.0) as i16;
        }
    }
}
