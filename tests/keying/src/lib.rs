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

/// Runs the benchmark; `progress` hears of each row as it is done.
pub fn run(options: &Options, mut progress: impl FnMut(&Row)) -> Table {
    let mut table = Table::default();
    let chosen = |axis: &Axis| options.axes.is_empty() || options.axes.iter().any(|name| name == axis.name);
    for axis in axes().into_iter().filter(chosen) {
        let made = scenes(&axis, &TUNING, options).and_then(|t| Ok((t, scenes(&axis, &options.seeds, options)?)));
        for method in &options.methods {
            let row = match &made {
                Ok((tuning, scoring)) => measure(&axis, *method, tuning, scoring),
                Err(skip) => Row::skipped(&axis, *method, skip),
            };
            progress(&row);
            table.rows.push(row);
        }
    }
    table
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
