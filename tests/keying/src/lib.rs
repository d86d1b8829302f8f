//! A benchmark of chroma keyers against known truth: ours, OBS's, ffmpeg's and GStreamer's.
//!
//! ```text
//! paint (foreground, alpha, screen) ─► camera (noise, 4:2:0, H.264) ─► keyer ─► metrics ─► table, contact sheets
//!                                      tuning seeds ─► the same search of settings for every keyer
//! ```
//!
//! Settings are searched on other pictures than those that are scored. Nothing is downloaded: scenes are painted.
//!
//! ```
//! let options = keying::Options { width: 64, height: 36, ..keying::Options::quick() };
//! let table = keying::run(&options, |_| {});
//! assert!(!table.rows.is_empty());
//! ```

pub mod camera;
mod methods;
mod metrics;
mod noise;
mod peer;
mod search;
mod sheet;
mod table;
pub mod truth;

pub use methods::{Cut, Method, obs};
pub use metrics::Scores;
pub use peer::Skip;
pub use sheet::write_sheets;
pub use table::{Row, Table};

use methods::Method as M;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use truth::{Axis, Truth, axes, paint};

/// Seeds of the pictures on which settings are searched.
const TUNING: [u64; 3] = [11, 12, 13];
/// Seeds of the pictures that the keyer was developed with: what tests check on every change.
pub const DEVELOPING: [u64; 3] = [101, 102, 103];
/// Seeds of the pictures that are scored. No constant of the keyer was ever chosen by looking at these.
pub const SCORING: [u64; 3] = [7001, 7002, 7003];
/// Pictures of each still scene: a keyer may learn from the earlier ones.
const PICTURES: usize = 3;

/// What to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Pixels across; a multiple of 8.
    pub width: usize,
    /// Pixels down; even.
    pub height: usize,
    /// The methods.
    pub methods: Vec<Method>,
    /// Names of the axes; empty for all.
    pub axes: Vec<String>,
    /// Seeds of the pictures that are scored.
    pub seeds: [u64; 3],
}

impl Options {
    /// Everything that is installed.
    #[must_use]
    pub fn full() -> Self {
        Self { width: 640, height: 360, methods: M::ALL.to_vec(), axes: Vec::new(), seeds: SCORING }
    }

    /// The two axes of the promised margins, built-in methods, small pictures.
    #[must_use]
    pub fn quick() -> Self {
        let axes = ["clean-444", "noisy-420"].map(str::to_owned).to_vec();
        Self { width: 320, height: 180, methods: M::BUILT_IN.to_vec(), axes, seeds: DEVELOPING }
    }
}

/// One scored scene: the truth and what the keyer is given.
pub(crate) struct Scene {
    pub(crate) truth: Truth,
    pub(crate) frames: Vec<camera::Frame>,
}

pub(crate) fn scenes(axis: &Axis, seeds: &[u64], options: &Options) -> Result<Vec<Scene>, Skip> {
    let one = |seed: &u64| {
        let truth = paint(axis, *seed, options.width, options.height);
        let frames = camera::shoot(&truth, axis, *seed, PICTURES)?;
        Ok(Scene { truth, frames })
    };
    seeds.iter().map(one).collect()
}

/// Runs the benchmark, as many axes at a time as there are cores; `progress` hears of each row as it is done.
pub fn run(options: &Options, mut progress: impl FnMut(&Row)) -> Table {
    let chosen = |axis: &Axis| options.axes.is_empty() || options.axes.iter().any(|name| name == axis.name);
    let axes: Vec<Axis> = axes().into_iter().filter(chosen).collect();
    let next = AtomicUsize::new(0);
    let (done, rows) = mpsc::channel::<(usize, Row)>();
    let mut all: Vec<(usize, Row)> = Vec::new();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            let (done, axes, next) = (done.clone(), &axes, &next);
            scope.spawn(move || {
                while let Some((at, axis)) = take(axes, next) {
                    // No one listens any more only when the run is over.
                    one_axis(options, axis, |row| drop(done.send((at, row))));
                }
            });
        }
        drop(done);
        all.extend(rows.iter().inspect(|(_, row)| progress(row)));
    });
    all.sort_by_key(|(at, _)| *at);
    Table { rows: all.into_iter().map(|(_, row)| row).collect() }
}

fn take<'a>(axes: &'a [Axis], next: &AtomicUsize) -> Option<(usize, &'a Axis)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    Some((at, axes.get(at)?))
}

/// Every method on one axis.
fn one_axis(options: &Options, axis: &Axis, done: impl Fn(Row)) {
    let made = scenes(axis, &TUNING, options).and_then(|tuning| Ok((tuning, scenes(axis, &options.seeds, options)?)));
    for method in &options.methods {
        done(match &made {
            Ok((tuning, scored)) => measure(axis, *method, tuning, scored),
            Err(skip) => Row::skipped(axis, *method, skip),
        });
    }
}

fn measure(axis: &Axis, method: Method, tuning: &[Scene], scoring: &[Scene]) -> Row {
    let result = search::best(method, tuning).and_then(|knobs| {
        let scores: Result<Vec<Scores>, Skip> =
            scoring.iter().map(|scene| search::score(method, scene, &knobs)).collect();
        Ok((knobs, Scores::mean(&scores?)))
    });
    match result {
        Ok((knobs, scores)) => Row {
            axis: axis.name.to_owned(),
            method,
            name: method.name().to_owned(),
            knobs,
            scores: Some(scores),
            skipped: None,
        },
        Err(skip) => Row::skipped(axis, method, &skip),
    }
}
