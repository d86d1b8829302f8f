//! The desk: commands from people and programs to the show, and the snapshot they see of it.
//!
//! ```text
//! console, API, remote ──Command──► Desk ──► show::step          never waits, never draws
//! console, API, remote ◄─Snapshot── Desk ◄── after each step     one Arc, swapped
//!                      ◄─Meters──── Desk ◄── audio bus, 20 Hz
//!                      ◄─Picture─── Desk ◄── monitors, only while somebody looks
//! ```
//!
//! Everything here is data with `serde`: the JSON that a browser sends and gets is these types and no others.

mod command;
mod meters;
mod refusal;
mod snapshot;

pub use command::{Command, Direction, StripChange, TransitionChoice, TransitionKind};
pub use meters::{Loudness, Meters, SILENCE_DB, StripMeter};
pub use refusal::Refusal;
pub use snapshot::{
    CanvasState, FileProblem, HotspotBox, Hotspots, InputState, InputStatus, LaneState, Level, LogLine, OutputState,
    OutputStatus, OverlayState, OverlayStatus, PluginState, PluginStatus, ProposalState, ProposedDeal, RundownState,
    SceneState, Snapshot, Stats, StripState, Tally, TickMs, TransitionState,
};

use std::sync::Arc;
use std::time::Duration;
use vitrine_media::{CanvasName, InputId, SceneName};

/// Which picture to look at. Without a canvas it is the show's first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Monitor {
    /// What is on air.
    Program(Option<CanvasName>),
    /// What would be on air after the next take.
    Preview(Option<CanvasName>),
    /// A scene as a thumbnail, on the first canvas.
    Scene(SceneName),
    /// An input as it arrives, before key and crop.
    Input(InputId),
}

/// One monitor picture, already compressed.
#[derive(Clone, Debug)]
pub struct MonitorPicture {
    /// A whole JPEG file. Program and preview are about 640 pixels wide, thumbnails about 240.
    pub jpeg: Arc<[u8]>,
    /// Grows with each new picture of this monitor: the same number is the same picture.
    pub seq: u64,
    /// How long ago the picture was on the canvas.
    pub age: Duration,
}

/// The show as seen from its control desks. Every method returns at once and takes no lock that the tick waits for.
pub trait Desk: Send + Sync {
    /// Hands a command to the show. `Ok` means taken into the queue after [`Command::check`] and after the names in
    /// it were found; what it did is seen in the next snapshot.
    ///
    /// # Errors
    /// [`Refusal`], with a stable code and a text that says what to do.
    fn submit(&self, command: Command) -> Result<(), Refusal>;

    /// The newest state. Rebuilt after each change, at most 30 times a second and at least once a second.
    fn snapshot(&self) -> Arc<Snapshot>;

    /// The newest sound levels: 20 times a second.
    fn meters(&self) -> Arc<Meters>;

    /// The newest picture of a monitor; `None` if there is no such scene or input, or no picture yet. Asking is what
    /// keeps a monitor running: one that nobody asked for during five seconds is drawn no more.
    fn monitor(&self, monitor: &Monitor) -> Option<MonitorPicture>;

    /// Where clickable things lie: the sets after number `after`, oldest first. Only the newest few hundred are kept.
    fn hotspots(&self, after: u64) -> Vec<Arc<Hotspots>>;
}
