//! Inputs: each a GStreamer pipeline of its own that fails and restarts alone. One file a kind.
//!
//! ```text
//! source (one file a kind) ──► decode ──► tap ──► Slot (pictures), Lane (sound)
//!        ▲                                 │
//!        └── run: watches, restarts ◄──────┴──► Lane<InputEvent>
//! ```
//! To add a kind: a file beside these with a `build` function, a variant of [`InputKind`], an arm in [`build`].

mod door;
mod file;
mod pipeline;
mod rtmp;
mod rtsp;
mod run;
mod srt;
mod tap;
mod test;
mod v4l2;

pub(crate) use file::uri_of;
pub use run::{Input, InputControl, InputPorts, InputStats};
pub(crate) use tap::{house_sound, offer_video_meta, tune};
pub use test::TestPattern;

use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;
use vitrine_media::{FrameRate, InputId, Secret, ShowTime, Size};

/// What to open.
#[derive(Clone, Debug, PartialEq)]
pub struct InputSpec {
    /// Its name in the show.
    pub id: InputId,
    /// Where it comes from.
    pub kind: InputKind,
    /// Whether its sound is wanted. Without, sound is not even decoded further than needed.
    pub audio: bool,
}

/// Where an input comes from. Addresses are secrets because they carry passwords and stream keys.
#[derive(Clone, Debug, PartialEq)]
pub enum InputKind {
    /// A moving test picture and a tone.
    Test {
        /// Pixels.
        size: Size,
        /// Pictures per second.
        rate: FrameRate,
        /// What it shows.
        pattern: TestPattern,
        /// Its tone in hertz; silence when not given.
        tone_hz: Option<f32>,
    },
    /// A file, played in real time.
    File(FileSpec),
    /// A camera of this machine.
    V4l2 {
        /// Such as `/dev/video0`.
        device: PathBuf,
        /// Wanted size and rate; what the camera prefers when not given.
        mode: Option<(Size, FrameRate)>,
    },
    /// A network camera.
    Rtsp {
        /// `rtsp://…` or `rtsps://…`.
        url: Secret,
        /// How long packets may be reordered and late, in milliseconds.
        latency_ms: u32,
    },
    /// SRT, called or called by, carrying MPEG-TS.
    Srt {
        /// `srt://host:port?mode=caller` or `srt://0.0.0.0:port?mode=listener`.
        url: Secret,
        /// How long lost packets may be sent again, in milliseconds.
        latency_ms: u32,
        /// 10 to 79 characters, if the stream is encrypted.
        passphrase: Option<Secret>,
    },
    /// RTMP, pulled from a server.
    Rtmp {
        /// `rtmp://host/app/stream`.
        url: Secret,
    },
    /// A GStreamer launch line that ends in raw or encoded video or audio.
    Pipeline {
        /// Such as `decklinkvideosrc device-number=0`.
        launch: String,
    },
}

/// How to play a file.
#[derive(Clone, Debug, PartialEq)]
pub struct FileSpec {
    /// A path, an address with `://`, or a numbered series such as `frames/%04d.png`.
    pub uri: String,
    /// Start again at the end, without a gap.
    pub looping: bool,
    /// Where it begins.
    pub in_point: Duration,
    /// Where it ends; its own end when not given.
    pub out_point: Option<Duration>,
    /// Start standing on the first picture: a clip that waits for its cue.
    pub paused: bool,
    /// Pictures per second of a numbered series; other files know their own.
    pub series_rate: FrameRate,
}

impl FileSpec {
    /// The whole file, once.
    #[must_use]
    pub fn once(uri: &str) -> Self {
        let in_point = Duration::ZERO;
        #[allow(clippy::expect_used, reason = "30/1 is a rate")]
        let series_rate = FrameRate::new(30, 1).expect("not zero");
        Self { uri: uri.to_owned(), looping: false, in_point, out_point: None, paused: false, series_rate }
    }
}

/// What an input tells of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct InputEvent {
    /// Who.
    pub id: InputId,
    /// When.
    pub at: ShowTime,
    /// What.
    pub state: InputState,
}

/// The life of an input.
#[derive(Clone, Debug, PartialEq)]
pub enum InputState {
    /// Being opened, or waiting for a sender.
    Connecting,
    /// Pictures (or, for a source of sound alone, sound) arrive.
    Live,
    /// Nothing has arrived for half a second; the connection still stands.
    Frozen,
    /// Stopped working; it is tried again by itself.
    Lost {
        /// Why.
        why: InputError,
        /// When the next try begins.
        retry_in: Duration,
    },
    /// A file that doesn't loop has ended, and stands on its last picture.
    Ended,
    /// Told to stop.
    Stopped,
}

impl InputState {
    /// One word for APIs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Frozen => "frozen",
            Self::Lost { .. } => "lost",
            Self::Ended => "ended",
            Self::Stopped => "stopped",
        }
    }
}

/// Why an input does not work. Texts never hold a password or a key.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum InputError {
    /// A GStreamer element isn't installed.
    #[error("needs the GStreamer element `{0}`, which is not installed; install its plugin package")]
    NoElement(&'static str),
    /// The launch line doesn't parse.
    #[error("the launch line can't be used: {0}")]
    BadLaunch(String),
    /// The file or address can't be used.
    #[error("can't open it: {0}")]
    BadUri(String),
    /// The picture is larger than inputs may be.
    #[error("its picture of {0} is too large; send at most {max}×{max}", max = crate::limits::INPUT_SIDE_MAX)]
    TooLarge(Size),
    /// Nothing that can be shown or heard is in it.
    #[error("it holds no video and no audio that can be decoded")]
    NothingInside,
    /// The source ended though it should not.
    #[error("the sender ended the stream")]
    Ended,
    /// The source went silent.
    #[error("nothing arrived for {0:?}")]
    Stalled(Duration),
    /// GStreamer's own words.
    #[error("{0}")]
    Failed(String),
}

impl InputError {
    /// A stable code for APIs and logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoElement(_) => "INPUT_NO_ELEMENT",
            Self::BadLaunch(_) => "INPUT_BAD_LAUNCH",
            Self::BadUri(_) => "INPUT_BAD_URI",
            Self::TooLarge(_) => "INPUT_TOO_LARGE",
            Self::NothingInside => "INPUT_NOTHING_INSIDE",
            Self::Ended => "INPUT_ENDED",
            Self::Stalled(_) => "INPUT_STALLED",
            Self::Failed(_) => "INPUT_FAILED",
        }
    }
}

/// How a kind behaves, as its supervisor has to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Nature {
    /// Its pace is its own; ours otherwise.
    live: bool,
    /// Silence of this length ends the attempt, once anything has arrived.
    stall: Option<Duration>,
    /// Silence of this length from the start ends the attempt.
    connect: Option<Duration>,
}

impl InputKind {
    /// Texts that must not be printed.
    fn hide_secrets(&self) {
        match self {
            Self::Rtsp { url, .. } | Self::Rtmp { url } => crate::scrub::keep_address_secret(url),
            Self::Srt { url, passphrase, .. } => {
                crate::scrub::keep_address_secret(url);
                passphrase.iter().for_each(crate::scrub::keep_secret);
            }
            _ => {}
        }
    }

    fn nature(&self) -> Nature {
        use crate::limits::{CONNECT, STALL};
        match self {
            Self::Test { .. } | Self::V4l2 { .. } | Self::Pipeline { .. } => {
                Nature { live: true, stall: Some(STALL), connect: Some(CONNECT) }
            }
            Self::File(file) => {
                let far = file.uri.contains("://") && !file.uri.starts_with("file:");
                Nature { live: false, stall: None, connect: far.then_some(CONNECT) }
            }
            Self::Srt { url, .. } if srt::listens(url.reveal()) => {
                Nature { live: true, stall: Some(STALL), connect: None }
            }
            Self::Rtsp { .. } | Self::Srt { .. } | Self::Rtmp { .. } => {
                Nature { live: true, stall: Some(STALL), connect: Some(CONNECT) }
            }
        }
    }
}

/// Puts the source of `kind` into the tap's pipeline; behind a door it listens in the `room` that the door leads to.
fn build(kind: &InputKind, room: Option<&Secret>, tap: &tap::Tap) -> Result<(), InputError> {
    match kind {
        InputKind::Test { size, rate, pattern, tone_hz } => test::build(*size, *rate, *pattern, *tone_hz, tap),
        InputKind::File(spec) => file::build(spec, tap),
        InputKind::V4l2 { device, mode } => v4l2::build(device, *mode, tap),
        InputKind::Rtsp { url, latency_ms } => rtsp::build(url, *latency_ms, tap),
        InputKind::Srt { url, latency_ms, passphrase } => {
            srt::build(room.unwrap_or(url), *latency_ms, passphrase.as_ref(), tap)
        }
        InputKind::Rtmp { url } => rtmp::build(url, tap),
        InputKind::Pipeline { launch } => pipeline::build(launch, tap),
    }
}
