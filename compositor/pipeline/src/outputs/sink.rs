//! What all encoded outputs have in common: two sources of packets, a mux, a sink, and where each stands.

use super::OutputError;
use crate::element::make;
use crate::encode::{Packet, PacketKind};
use gstreamer::{self as gst, prelude::*};
use gstreamer_app as gst_app;
use std::path::PathBuf;

/// The formats of the streams to send.
#[derive(Clone)]
pub(super) struct Formats {
    pub(super) video: gst::Caps,
    pub(super) audio: Option<gst::Caps>,
}

/// A pipeline being built.
pub(super) struct Building {
    pub(super) pipeline: gst::Pipeline,
    pub(super) formats: Formats,
}

/// A built output: where packets go in.
pub(super) struct Ends {
    pub(super) video: gst_app::AppSrc,
    pub(super) audio: Option<gst_app::AppSrc>,
    /// The file being written, if it is one.
    pub(super) path: Option<PathBuf>,
    /// Whether sound has begun: its first packet is stamped zero, because a fragmented MP4 forgets a later beginning.
    pub(super) sound_begun: std::cell::Cell<bool>,
    /// The sink and its server's port, where the connection's own figures can be watched.
    pub(super) watched: Option<(gst::Element, u16)>,
}

pub(super) fn failed(error: impl std::fmt::Display) -> OutputError {
    OutputError::Failed(crate::scrub::scrub(&error.to_string()))
}

impl Building {
    /// Joins sources, `mux` and `tail` (the last of which is the sink).
    pub(super) fn join(&self, mux: &gst::Element, tail: &[&gst::Element], ts: bool) -> Result<Ends, OutputError> {
        self.pipeline.add(mux).map_err(failed)?;
        self.pipeline.add_many(tail.iter().copied()).map_err(failed)?;
        if let Some(first) = tail.first() {
            mux.link(*first).map_err(failed)?;
        }
        gst::Element::link_many(tail.iter().copied()).map_err(failed)?;
        let video = self.source(&self.formats.video, mux, if ts { "h264parse" } else { "capsfilter" })?;
        let audio = match &self.formats.audio {
            Some(caps) => Some(self.source(caps, mux, if ts { "aacparse" } else { "capsfilter" })?),
            None => None,
        };
        // A transport stream takes its sound as it comes: each HLS segment is a mux of its own and goes on where the one
        // before ended.
        Ok(Ends { video, audio, path: None, sound_begun: std::cell::Cell::new(ts), watched: None })
    }

    fn source(&self, caps: &gst::Caps, mux: &gst::Element, via: &'static str) -> Result<gst_app::AppSrc, OutputError> {
        let source = gst_app::AppSrc::builder().caps(caps).format(gst::Format::Time).build();
        source.set_max_bytes(0);
        let via = make(via)?;
        if via.has_property("caps") {
            // The mux gives a pad by the caps it is asked for.
            via.set_property("caps", caps);
        }
        if via.has_property("config-interval") {
            via.set_property("config-interval", -1_i32);
        }
        self.pipeline.add_many([source.upcast_ref(), &via]).map_err(failed)?;
        gst::Element::link_many([source.upcast_ref(), &via, mux]).map_err(failed)?;
        Ok(source)
    }
}

impl Ends {
    /// Pushes a packet whose stamp is moved so that the stream begins at zero.
    pub(super) fn push(&self, packet: &Packet, zero_ns: i64) -> Result<(), OutputError> {
        let source = match (packet.kind, &self.audio) {
            (PacketKind::Video { .. }, _) => &self.video,
            (PacketKind::Audio, Some(audio)) => audio,
            (PacketKind::Audio, None) => return Ok(()),
        };
        let Ok(at) = u64::try_from(packet.pts_ns - zero_ns) else { return Ok(()) };
        let first_sound = packet.kind == PacketKind::Audio && !self.sound_begun.replace(true);
        let at = if first_sound { 0 } else { at };
        let mut buffer = packet.buffer.copy();
        if let Some(buffer) = buffer.get_mut() {
            let at = gst::ClockTime::from_nseconds(at);
            buffer.set_pts(at);
            buffer.set_dts(at);
        }
        source.push_buffer(buffer).map(|_| ()).map_err(|_| failed("the connection was closed"))
    }

    /// Bytes pushed that the sink has not taken yet.
    pub(super) fn pending_bytes(&self) -> u64 {
        self.video.current_level_bytes() + self.audio.as_ref().map_or(0, gst_app::AppSrc::current_level_bytes)
    }

    /// Packets pushed that the sink has not taken yet.
    pub(super) fn pending_packets(&self) -> u64 {
        self.video.current_level_buffers() + self.audio.as_ref().map_or(0, gst_app::AppSrc::current_level_buffers)
    }

    pub(super) fn end(&self) {
        let _ = self.video.end_of_stream();
        if let Some(audio) = &self.audio {
            let _ = audio.end_of_stream();
        }
    }
}
