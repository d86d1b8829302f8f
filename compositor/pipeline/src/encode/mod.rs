//! Encoding: canvas pictures and the bus's sound become H.264 and AAC, once for all outputs that agree.
//!
//! ```text
//! Lane<Picture>    ─► appsrc ─► H.264 ─┐
//!                                      ├─► fan-out ─► PacketLane per output
//! Lane<AudioBlock> ─► appsrc ─► AAC ───┘
//! ```

mod choose;
mod packets;
mod run;
mod settings;

pub use choose::{AUDIO_ENCODERS, VIDEO_ENCODERS, audio_encoders, video_encoders};
pub use packets::{Packet, PacketKind, PacketLane, PacketPopped, PacketStats};
pub use run::{Encoder, EncoderControl, EncoderPorts, EncoderStats};
pub use settings::{AudioSettings, EncoderPlan, EncoderSpec, Preset, VideoSettings, share};

use thiserror::Error;

/// Why encoding does not work.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EncodeError {
    /// No encoder for this is installed.
    #[error("no {0} encoder is installed; install one of: {1}")]
    NoEncoder(&'static str, String),
    /// A GStreamer element isn't installed.
    #[error("needs the GStreamer element `{0}`, which is not installed; install its plugin package")]
    NoElement(&'static str),
    /// The encoder took pictures and gave nothing back.
    #[error("the encoder gave nothing back for {0:?}")]
    Stalled(std::time::Duration),
    /// GStreamer's own words.
    #[error("{0}")]
    Failed(String),
}

impl EncodeError {
    /// A stable code for APIs and logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoEncoder(..) => "ENCODER_NONE",
            Self::NoElement(_) => "ENCODER_NO_ELEMENT",
            Self::Stalled(_) => "ENCODER_STALLED",
            Self::Failed(_) => "ENCODER_FAILED",
        }
    }
}

impl From<crate::element::Missing> for EncodeError {
    fn from(missing: crate::element::Missing) -> Self {
        Self::NoElement(missing.0)
    }
}
