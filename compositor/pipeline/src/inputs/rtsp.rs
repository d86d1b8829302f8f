//! The `rtsp` input: network cameras.

use super::{InputError, tap::Tap};
use crate::element::make;
use gstreamer::prelude::*;
use vitrine_media::Secret;

pub(super) fn build(url: &Secret, latency_ms: u32, tap: &Tap) -> Result<(), InputError> {
    let source = make("rtspsrc")?;
    source.set_property("location", url.reveal());
    source.set_property("latency", latency_ms);
    source.set_property_from_str("protocols", "tcp+udp");
    tap.add(&[&source])?;
    tap.decode_each_pad(&source);
    Ok(())
}
