//! How fast a renderer draws, what it holds, and how fast the machine copies.

use super::demo::Demo;
use crate::stats::cpu_seconds;
use std::time::{Duration, Instant};
use vitrine_media::{ShowTime, Size};
use vitrine_render::Renderer;
use vitrine_render::cases::Bench;
use vitrine_scene::draw::{Color, DrawList};

/// Each figure is the median of so many runs.
pub(super) const RUNS: usize = 5;
/// Length of one run.
pub(super) const RUN: Duration = Duration::from_millis(400);
/// Frames of a run at least.
const FRAMES_MIN: u32 = 3;
/// Frames before anything is measured: what is learnt or made once is made here.
const FRAMES_FIRST: u32 = 12;
/// Bytes of the buffer that the machine's copy rate is measured on, per thread: larger than any cache.
const COPY_BYTES: usize = 128 << 20;

/// What is drawn over and over.
pub(super) enum Work<'a> {
    /// A case of the renderers' own.
    Case(&'a Bench),
    /// The demo show.
    Demo(&'a Demo),
}

impl Work<'_> {
    /// Canvases that are drawn for each frame.
    pub(super) const fn canvases(&self) -> usize {
        match self {
            Self::Case(bench) => bench.canvases(),
            Self::Demo(_) => 1,
        }
    }

    fn draw(&self, renderers: &mut [Box<dyn Renderer>], lists: &mut [DrawList], index: usize) {
        let at = ShowTime::from_millis(index as u64 * 33);
        for (canvas, (renderer, list)) in renderers.iter_mut().zip(lists).enumerate() {
            // A frame that can't be drawn shows as an absurd pace, which is what the reader has to see.
            drop(match self {
                Self::Case(bench) => {
                    bench.write_list(canvas, index, list);
                    renderer.draw(list, &bench.pictures(index), at)
                }
                Self::Demo(demo) => renderer.draw(demo.list(index), demo.pictures(), at),
            });
        }
    }
}

/// A renderer's pace.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    /// Frames per second.
    pub(super) fps: f64,
    /// Processor time of one frame, in milliseconds.
    pub(super) cpu_ms: f64,
}

/// Renderers at work, warmed up: what is learnt or made once has been made.
pub(super) struct Runner<'a> {
    renderers: &'a mut [Box<dyn Renderer>],
    work: &'a Work<'a>,
    lists: Vec<DrawList>,
    index: usize,
}

impl<'a> Runner<'a> {
    /// Draws the first frames, for [`RUN`] at most.
    pub(super) fn new(renderers: &'a mut [Box<dyn Renderer>], work: &'a Work<'a>) -> Self {
        let empty = || DrawList { canvas: Size::new(0, 0), background: Color::BLACK, draws: Vec::new() };
        let lists = (0..work.canvases()).map(|_| empty()).collect();
        let mut runner = Self { renderers, work, lists, index: 0 };
        let began = Instant::now();
        for done in 0..FRAMES_FIRST {
            if done >= FRAMES_MIN && began.elapsed() > RUN {
                break;
            }
            runner.frame();
        }
        runner
    }

    fn frame(&mut self) {
        self.work.draw(self.renderers, &mut self.lists, self.index);
        self.index += 1;
    }

    /// The pace of one run of `length`.
    pub(super) fn run(&mut self, length: Duration) -> Pace {
        let (began, cpu, mut frames) = (Instant::now(), cpu_seconds(), 0_u32);
        while began.elapsed() < length || frames < FRAMES_MIN {
            self.frame();
            frames += 1;
        }
        let frames = f64::from(frames);
        Pace { fps: frames / began.elapsed().as_secs_f64(), cpu_ms: (cpu_seconds() - cpu) * 1000.0 / frames }
    }

    /// The median of [`RUNS`] runs of `length`.
    pub(super) fn pace(&mut self, length: Duration) -> Pace {
        median([(); RUNS].map(|()| self.run(length)), |pace| pace.fps)
    }
}

/// The one in the middle, by what `by` says of each.
pub(super) fn median<T: Copy, const N: usize>(mut all: [T; N], by: impl Fn(&T) -> f64) -> T {
    const { assert!(N > 0) }
    all.sort_by(|a, b| by(a).total_cmp(&by(b)));
    all[N / 2]
}

/// Memory that this process holds, in megabytes; zero where the system won't say.
pub(super) fn memory_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}

/// Bytes per second, read and written together, that all cores copy at once.
pub(super) fn copy_rate(cores: usize) -> f64 {
    let mut best = 0f64;
    // Every page is written before it is timed: the first touch of memory is the system's work, not a copy's.
    let mut buffers: Vec<(Vec<u8>, Vec<u8>)> = (0..cores).map(|_| (vec![1; COPY_BYTES], vec![2; COPY_BYTES])).collect();
    for _ in 0..RUNS {
        let began = Instant::now();
        std::thread::scope(|scope| {
            for (from, to) in &mut buffers {
                scope.spawn(|| to.copy_from_slice(from));
            }
        });
        #[allow(clippy::cast_precision_loss, reason = "bytes of a benchmark")]
        let bytes = (2 * COPY_BYTES * cores) as f64;
        best = best.max(bytes / began.elapsed().as_secs_f64());
    }
    best
}
