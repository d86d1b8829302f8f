//! The state of the show as every control surface sees it: names, states, times, counters, and no secret.
//!
//! Instants are milliseconds of show time, so that a field changes only when something happened; the reader gets
//! an age by subtracting from [`Snapshot::at_ms`].

use super::TransitionChoice;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vitrine_media::{CanvasName, InputId, OutputId, OverlayId, PluginId, SceneName};

/// Everything but sound levels and pictures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// Show time of this snapshot, milliseconds.
    pub at_ms: u64,
    /// When the show started, milliseconds since 1970 by the wall clock.
    pub started_unix_ms: i64,
    /// The show's name.
    pub show: String,
    /// The accent colour of the show's theme, `#rrggbb`.
    pub accent: String,
    /// The pictures that are made, the first being the one that monitors show.
    pub canvases: Vec<CanvasState>,
    /// Scenes in the order of the show file.
    pub scenes: Vec<SceneState>,
    /// The scene on air.
    #[schemars(with = "Option<String>")]
    pub program: Option<SceneName>,
    /// The scene on preview.
    #[schemars(with = "Option<String>")]
    pub preview: Option<SceneName>,
    /// A transition that is under way, by itself or by the T-bar.
    pub transition: Option<TransitionState>,
    /// The transition chosen at the desk; `None`: each scene's own.
    pub chosen: Option<TransitionChoice>,
    /// Program is black, or on its way to or from it: 0 is picture, 1 is black.
    pub black: f32,
    /// Where fade to black is heading.
    pub black_on: bool,
    /// The fault slate is up.
    pub slate_on: bool,
    /// How scenes follow each other by themselves; `None` if the show file says nothing of it.
    pub rundown: Option<RundownState>,
    /// Overlays in the order of the show file.
    pub overlays: Vec<OverlayState>,
    /// Inputs in the order of the show file.
    pub inputs: Vec<InputState>,
    /// Outputs in the order of the show file.
    pub outputs: Vec<OutputState>,
    /// Audio strips in the order of the show file.
    pub strips: Vec<StripState>,
    /// Plugins in the order of the show file.
    pub plugins: Vec<PluginState>,
    /// The queues between threads.
    pub lanes: Vec<LaneState>,
    /// Which renderer draws: `cpu` or `gpu`.
    pub renderer: String,
    /// The adapter that it draws on, or the instruction set of the CPU renderer.
    pub adapter: String,
    /// Figures since the show's start.
    pub stats: Stats,
    /// What plugins propose, oldest first, until the seller accepts or declines it.
    pub proposals: Vec<ProposalState>,
    /// The newest lines of the log, oldest first, at most 200.
    pub log: Vec<LogLine>,
    /// What is wrong with the show file on disk; empty when the running show is the file.
    pub problems: Vec<FileProblem>,
}

/// One canvas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CanvasState {
    /// Its name.
    #[schemars(with = "String")]
    pub name: CanvasName,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Pictures per second.
    pub fps: f64,
}

/// One scene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SceneState {
    /// Its name.
    #[schemars(with = "String")]
    pub name: SceneName,
    /// Its own transition.
    pub transition: Option<TransitionChoice>,
    /// Inputs that are seen in it, through nested scenes too.
    #[schemars(with = "Vec<String>")]
    pub inputs: Vec<InputId>,
}

/// A transition under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TransitionState {
    /// The scene that goes.
    #[schemars(with = "String")]
    pub from: SceneName,
    /// The scene that comes.
    #[schemars(with = "String")]
    pub to: SceneName,
    /// 0 at the start, 1 at the end.
    pub progress: f32,
    /// A hand on the T-bar holds it.
    pub by_hand: bool,
}

/// Scenes that follow each other by themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RundownState {
    /// They do; otherwise a hand holds them.
    pub running: bool,
    /// The scene that follows, if the one on program names one and stands there.
    #[schemars(with = "Option<String>")]
    pub next: Option<SceneName>,
    /// When it follows, show time.
    pub next_ms: Option<u64>,
}

/// One downstream overlay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OverlayState {
    /// Its name.
    #[schemars(with = "String")]
    pub name: OverlayId,
    /// What is seen of it.
    pub status: OverlayStatus,
    /// The plugin that draws it, if one does.
    #[schemars(with = "Option<String>")]
    pub plugin: Option<PluginId>,
}

/// What is seen of an overlay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it all")]
pub enum OverlayStatus {
    Off,
    Entering,
    On,
    Leaving,
}

/// Whether a source is seen in a picture that somebody gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tally {
    /// Nowhere.
    #[default]
    Off,
    /// In preview.
    Preview,
    /// On air, also while a transition shows it in part.
    Program,
}

/// One input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InputState {
    /// Its name.
    #[schemars(with = "String")]
    pub name: InputId,
    /// Its kind: `file`, `srt`, …
    pub kind: String,
    /// How it does.
    pub status: InputStatus,
    /// Since when, show time.
    pub since_ms: u64,
    /// Show time of its last picture, rounded down to 100 ms.
    pub last_picture_ms: Option<u64>,
    /// Pixels across, of the pictures that arrive.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Pictures per second that arrive, over the last two seconds.
    pub fps: f64,
    /// Where it is seen.
    pub tally: Tally,
    /// Reconnects since the show's start.
    pub reconnects: u64,
    /// The last error and its cure, in words, without addresses that hold keys.
    pub error: Option<String>,
    /// For files: position and length in milliseconds, at whole seconds.
    pub position_ms: Option<u64>,
    /// For files: length in milliseconds.
    pub duration_ms: Option<u64>,
    /// For files: held at a picture.
    pub paused: bool,
    /// For files: starts again at its end.
    pub looped: bool,
    /// Whether any sound has come from it.
    pub sound: bool,
}

/// How an input does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InputStatus {
    /// No picture yet.
    Connecting,
    /// Pictures arrive.
    Live,
    /// Silent; its last picture is held.
    Holding,
    /// Silent for too long; its slate is shown.
    Lost,
    /// A file that has played to its end.
    Ended,
}

/// One output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutputState {
    /// Its name.
    #[schemars(with = "String")]
    pub name: OutputId,
    /// Its kind: `rtmp`, `srt`, `record`, `hls`, …
    pub kind: String,
    /// The canvas that it sends.
    #[schemars(with = "String")]
    pub canvas: CanvasName,
    /// How it does.
    pub status: OutputStatus,
    /// Since when, show time.
    pub since_ms: u64,
    /// Bits sent per second, thousands, over the last two seconds.
    pub bitrate_kbps: u32,
    /// Pictures that it could not take.
    pub frames_dropped: u64,
    /// Reconnects since the show's start.
    pub reconnects: u64,
    /// The last error and its cure, in words, without stream keys.
    pub error: Option<String>,
    /// For files: the name of the file, without folders.
    pub file: Option<String>,
}

/// How an output does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutputStatus {
    /// Not running, by command or by the show file.
    Stopped,
    /// On its way up.
    Connecting,
    /// Sending.
    Live,
    /// Lost; tries again after a pause.
    Retrying,
    /// Failed in a way that trying again can't mend.
    Failed,
}

/// One audio strip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StripState {
    /// The input whose sound it is.
    #[schemars(with = "String")]
    pub name: InputId,
    /// Fader, decibels.
    pub gain_db: f32,
    /// Muted.
    pub muted: bool,
    /// −1 left to 1 right.
    pub pan: f32,
    /// Delay, milliseconds.
    pub delay_ms: u32,
    /// Sounds only while its input is on air.
    pub follow_video: bool,
    /// Soloed.
    pub solo: bool,
    /// Heard in program now (not muted, and on air if it follows video).
    pub on_air: bool,
}

/// One plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PluginState {
    /// Its name in the show file.
    #[schemars(with = "String")]
    pub name: PluginId,
    /// Its version.
    pub version: String,
    /// How it does.
    pub status: PluginStatus,
    /// Calls made to it.
    pub calls: u64,
    /// Calls that ended in a trap, a time-out or a fault.
    pub faults: u64,
    /// The last fault and its cure, in words.
    pub error: Option<String>,
}

/// Something that a plugin proposes and the seller judges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProposalState {
    /// Its number; [`Command::Dismiss`](super::Command::Dismiss) names it.
    pub id: u64,
    /// Who proposes.
    #[schemars(with = "String")]
    pub plugin: PluginId,
    /// When, in milliseconds of show time.
    pub at_ms: u64,
    /// What.
    pub deal: ProposedDeal,
}

/// What plugins may propose to the seller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ProposedDeal {
    /// To offer a product.
    Offer {
        /// Which, by SKU.
        sku: String,
        /// The price in minor units and its currency; the usual one if none is said.
        price: Option<(i64, String)>,
        /// For how many seconds.
        seconds: Option<u32>,
    },
    /// To ask the audience.
    Poll {
        /// The question.
        question: String,
        /// The answers.
        answers: Vec<String>,
        /// Open for how many seconds.
        seconds: u32,
    },
}

/// How a plugin does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PluginStatus {
    /// Answers.
    Running,
    /// Waits for the operator to grant what its manifest asks for.
    NeedsGrant,
    /// Failed too often and is left alone until somebody starts it again.
    Quarantined,
    /// Can't be loaded.
    Broken,
}

/// One bounded queue between two threads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaneState {
    /// Who to whom: `tick→tiktok`.
    pub name: String,
    /// Entries in it.
    pub depth: usize,
    /// Entries that fit.
    pub capacity: usize,
    /// Most that were ever in it.
    pub high_water: usize,
    /// Entries that went in.
    pub pushed: u64,
    /// Entries dropped or refused.
    pub dropped: u64,
}

impl From<vitrine_media::LaneStats> for LaneState {
    fn from(stats: vitrine_media::LaneStats) -> Self {
        let vitrine_media::LaneStats { name, capacity, depth, high_water, pushed, dropped } = stats;
        Self { name, depth, capacity, high_water, pushed, dropped }
    }
}

/// Figures since the show's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stats {
    /// Ticks due so far.
    pub ticks: u64,
    /// Ticks that missed their time.
    pub ticks_late: u64,
    /// Pictures that outputs could not take, all together.
    pub frames_dropped: u64,
    /// How long a tick takes, over the last ten seconds.
    pub tick_ms: TickMs,
    /// Processor time used by the program.
    pub cpu_seconds: f64,
}

/// Middle and slowest hundredth of ticks, milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs, reason = "the names say it all")]
pub struct TickMs {
    pub p50: f64,
    pub p99: f64,
}

/// How grave a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it all")]
pub enum Level {
    Info,
    Warn,
    Error,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogLine {
    /// Grows by one per line.
    pub seq: u64,
    /// Show time.
    pub at_ms: u64,
    /// How grave.
    pub level: Level,
    /// Who says it: an input, an output, `show`, …
    pub from: String,
    /// One line without control characters.
    pub text: String,
}

/// One thing wrong in the show file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileProblem {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// Where clickable things lie in the program of one canvas, from one picture on until the next set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hotspots {
    /// Grows with each set.
    pub seq: u64,
    /// Program date-time of the first picture with these boxes, milliseconds since 1970: the clock that HLS carries.
    pub pdt_ms: i64,
    /// The canvas.
    #[schemars(with = "String")]
    pub canvas: CanvasName,
    /// The boxes, back to front; none if nothing can be clicked.
    pub boxes: Vec<HotspotBox>,
}

/// One clickable box, in parts of the canvas: 0 to 1 from the left and from the top.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HotspotBox {
    /// What a click opens: a product's SKU.
    pub sku: String,
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}
