//! The `srt` output: MPEG-TS over SRT, as caller or as listener.

use super::OutputError;
use super::sink::{Building, Ends};
use crate::element::make;
use gstreamer::prelude::*;
use vitrine_media::Secret;

pub(super) fn build(
    url: &Secret,
    latency_ms: u32,
    passphrase: Option<&Secret>,
    into: &Building,
) -> Result<Ends, OutputError> {
    if !url.reveal().starts_with("srt://") {
        return Err(OutputError::BadUrl("it must begin with srt://".to_owned()));
    }
    let mux = make("mpegtsmux")?;
    // Seven packets of 188 bytes: what fits one SRT message.
    mux.set_property("alignment", 7_i32);
    let sink = make("srtsink")?;
    sink.set_property("uri", url.reveal());
    sink.set_property("poll-timeout", crate::limits::SRT_POLL_MS);
    sink.set_property("latency", latency_ms.cast_signed());
    sink.set_property("wait-for-connection", false);
    sink.set_property("sync", false);
    sink.set_property("async", false);
    if sink.has_property("auto-reconnect") {
        // We dial again ourselves, so that the first picture is a key picture.
        sink.set_property("auto-reconnect", false);
    }
    if let Some(passphrase) = passphrase {
        sink.set_property("passphrase", passphrase.reveal());
    }
    into.join(&mux, &[&sink], true)
}
