//! Pictures and sound from the world and back. The only room that knows GStreamer.
//!
//! ```text
//! camera ─► Input ─► Slot, Lane ─► (the show) ─► Lane ─► Encoder ─┬─► Output: RTMP
//!             ▲ restarts alone                                    ├─► Output: recording
//!                                                                 └─► Output: HLS …  each with its own lane
//! ```
//!
//! Inputs, encoders and outputs are bodies of threads: make one, run it on a thread of its own, steer it by its
//! control. Each owns a GStreamer pipeline that fails and restarts without touching any other.

mod backoff;
mod element;
pub mod encode;
pub mod inputs;
pub mod limits;
mod log;
pub mod outputs;
mod picture;
mod probe;
mod retire;
mod scrub;
mod still;
mod timing;

pub use probe::{Camera, Found, Probe, probe};
pub use retire::retiring;
pub use still::{decode_frame, test_frame};

use std::sync::OnceLock;
use thiserror::Error;

/// GStreamer could not be started.
#[derive(Clone, Debug, Error)]
#[error("GStreamer can't start: {0}; is the package gstreamer1.0-plugins-base installed?")]
pub struct InitError(String);

/// Starts GStreamer; call it before anything else here. Further calls cost nothing.
///
/// # Errors
/// [`InitError`] when GStreamer does not start.
pub fn init() -> Result<(), InitError> {
    static DONE: OnceLock<Result<(), InitError>> = OnceLock::new();
    DONE.get_or_init(|| {
        gstreamer::init().map_err(|e| InitError(e.to_string()))?;
        log::redirect();
        Ok(())
    })
    .clone()
}
