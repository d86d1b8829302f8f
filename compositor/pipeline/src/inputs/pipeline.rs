//! The `pipeline` input: a GStreamer launch line, for hardware that we don't name.

use super::{InputError, tap::Tap};
use gstreamer::{self as gst, prelude::*};

pub(super) fn build(launch: &str, tap: &Tap) -> Result<(), InputError> {
    let bad = |why: String| InputError::BadLaunch(crate::scrub::scrub(&why));
    let flags = gst::ParseFlags::FATAL_ERRORS | gst::ParseFlags::PLACE_IN_BIN;
    let parsed = gst::parse::launch_full(launch, None, flags).map_err(|e| bad(e.to_string()))?;
    let bin = parsed.downcast::<gst::Bin>().map_err(|_| bad("it holds no element".to_owned()))?;
    let mut pads = 0;
    while let Some(open) = bin.find_unlinked_pad(gst::PadDirection::Src) {
        let ghost = gst::GhostPad::with_target(&open).map_err(|e| bad(e.to_string()))?;
        bin.add_pad(&ghost).map_err(|e| bad(e.to_string()))?;
        pads += 1;
    }
    if pads == 0 {
        return Err(bad("it has no open end; let it end in the source of video or audio, without a sink".to_owned()));
    }
    tap.add(&[bin.upcast_ref()])?;
    for pad in bin.src_pads() {
        tap.decode_pad(&pad)?;
    }
    Ok(())
}
