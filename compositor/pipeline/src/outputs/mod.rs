//! Outputs: each a GStreamer pipeline of its own that fails and restarts alone. One file a kind.
//!
//! ```text
//! PacketLane ─► run: waits for a key picture, pushes, watches ─► appsrc ─► mux ─► sink (one file a kind)
//! Lane<Picture> ─► virtual camera: raw pictures, no encoder
//! ```
//! To add a kind of encoded output: a file beside these with a `build` function, a variant of [`OutputKind`],
//! an arm in [`build`].

mod dateranges;
mod egress;
mod hls;
mod raw;
mod record;
mod rtmp;
mod run;
mod sink;
mod srt;
mod virtual_camera;

pub use dateranges::{DateRange, DateRanges, RangeEnd};
pub use hls::{HlsSpec, PLAYLIST as HLS_PLAYLIST};
pub use run::{Output, OutputControl, OutputStats};
pub use virtual_camera::{VirtualCamera, VirtualCameraControl, VirtualCameraSpec, VirtualCameraStats};

use crate::encode::PacketLane;
use crate::limits;
use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;
use vitrine_media::{OutputId, Secret};

/// Where encoded video and sound go.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputSpec {
    /// Its name in the show.
    pub id: OutputId,
    /// What it is.
    pub kind: OutputKind,
    /// Whether it carries sound; must agree with its encoder.
    pub audio: bool,
}

/// The kinds of encoded outputs.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputKind {
    /// RTMP or RTMPS to a server.
    Rtmp {
        /// `rtmp://host/app` or `rtmps://host/app`, without the key.
        url: Secret,
        /// The stream key.
        key: Option<Secret>,
    },
    /// MPEG-TS over SRT.
    Srt {
        /// `srt://host:port?mode=caller` or `srt://0.0.0.0:port?mode=listener`.
        url: Secret,
        /// How long lost packets may be sent again, in milliseconds.
        latency_ms: u32,
        /// 10 to 79 characters, if the stream is to be encrypted.
        passphrase: Option<Secret>,
    },
    /// A file: fragmented MP4, or Matroska if the name ends in `.mkv`.
    Record {
        /// Where; an existing file is never overwritten: `-2`, `-3` … is put to the name.
        path: PathBuf,
    },
    /// A folder of HLS segments and their playlist, for a server to hand out.
    Hls(HlsSpec),
}

impl OutputSpec {
    /// The lane that fits this output: files may wait longer than live streams.
    #[must_use]
    pub fn lane(&self) -> PacketLane {
        let span = match self.kind {
            OutputKind::Record { .. } | OutputKind::Hls(_) => limits::PACKETS_FILE,
            OutputKind::Rtmp { .. } | OutputKind::Srt { .. } => limits::PACKETS_LIVE,
        };
        PacketLane::new(&format!("enc→{}", self.id), span, limits::PACKET_BYTES)
    }

    fn hide_secrets(&self) {
        match &self.kind {
            OutputKind::Rtmp { url, key } => {
                crate::scrub::keep_address_secret(url);
                key.iter().for_each(crate::scrub::keep_secret);
            }
            OutputKind::Srt { url, passphrase, .. } => {
                crate::scrub::keep_address_secret(url);
                passphrase.iter().for_each(crate::scrub::keep_secret);
            }
            OutputKind::Record { .. } | OutputKind::Hls(_) => {}
        }
    }
}

/// The life of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputState {
    /// Waits for a key picture, or for the other side to answer.
    Connecting,
    /// Packets flow.
    Live,
    /// Stopped working; it is tried again by itself.
    Lost {
        /// Why.
        why: OutputError,
        /// When the next try begins.
        retry_in: Duration,
    },
    /// Finished.
    Stopped,
}

impl OutputState {
    /// One word for APIs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Lost { .. } => "lost",
            Self::Stopped => "stopped",
        }
    }
}

/// Why an output does not work. Texts never hold a key.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum OutputError {
    /// A GStreamer element isn't installed.
    #[error("needs the GStreamer element `{0}`, which is not installed; install its plugin package")]
    NoElement(&'static str),
    /// The address can't be used.
    #[error("the address can't be used: {0}")]
    BadUrl(String),
    /// The other side takes nothing.
    #[error("the other side took nothing for {0:?}; is the server overloaded or the network down?")]
    Stalled(Duration),
    /// The loopback device isn't there.
    #[error("there is no device {0}; load the kernel module v4l2loopback")]
    NoDevice(String),
    /// The disk is full.
    #[error("the disk is full; what is recorded so far plays. Free some space: recording goes on in a new file")]
    DiskFull,
    /// The file can't be written.
    #[error("can't write {path}: {why}")]
    File {
        /// Which file.
        path: String,
        /// The operating system's words.
        why: String,
    },
    /// The connection could not be made or broke; GStreamer's words.
    #[error("{0}")]
    Failed(String),
}

impl OutputError {
    /// A stable code for APIs and logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoElement(_) => "OUTPUT_NO_ELEMENT",
            Self::BadUrl(_) => "OUTPUT_BAD_URL",
            Self::Stalled(_) => "OUTPUT_STALLED",
            Self::NoDevice(_) => "OUTPUT_NO_DEVICE",
            Self::DiskFull => "OUTPUT_DISK_FULL",
            Self::File { .. } => "OUTPUT_FILE",
            Self::Failed(_) => "OUTPUT_FAILED",
        }
    }
}

impl From<crate::element::Missing> for OutputError {
    fn from(missing: crate::element::Missing) -> Self {
        Self::NoElement(missing.0)
    }
}

/// How a kind sends: through one pipeline as long as all goes well, or segment by segment.
enum Way {
    Pipeline(sink::Ends),
    Segments(Box<hls::Writer>),
}

/// Puts mux and sink of `kind` into a pipeline, for a stream that begins at `zero_ns`.
fn build(kind: &OutputKind, into: &sink::Building, zero_ns: i64) -> Result<Way, OutputError> {
    let ends = match kind {
        OutputKind::Rtmp { url, key } => rtmp::build(url, key.as_ref(), into)?,
        OutputKind::Srt { url, latency_ms, passphrase } => srt::build(url, *latency_ms, passphrase.as_ref(), into)?,
        OutputKind::Record { path } => record::build(path, into)?,
        OutputKind::Hls(spec) => {
            return hls::Writer::new(spec, into.formats.clone(), zero_ns).map(|writer| Way::Segments(Box::new(writer)));
        }
    };
    Ok(Way::Pipeline(ends))
}
