//! The `pipeline` input: a GStreamer launch line, for hardware that we don't name.

use super::{InputError, tap::Tap};
use gstreamer::{self as gst, prelude::*};

pub(super) fn build(launch: &str, tap: &Tap) -> Result<(), InputError> {
    let bad = |why: String| InputError::BadLaunch(crate::scrub::scrub(&why));
    let flags = gst::ParseFlags::FATAL_ERRORS | gst::ParseFlags::PLACE_IN_BIN;
    let parsed = gst::parse::launch_full(&open_end(launch), None, flags).map_err(|e| bad(e.to_string()))?;
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

/// A line that ends in caps needs something after them to be parsed.
fn open_end(launch: &str) -> String {
    let last = launch.rsplit('!').next().unwrap_or_default().trim();
    let media = last.split([',', '(', ' ']).next().unwrap_or_default();
    if media.contains('/') && !media.contains('=') { format!("{launch} ! identity") } else { launch.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caps_at_the_end_get_something_to_filter_for() {
        assert!(open_end("videotestsrc ! video/x-raw,width=64").ends_with("! identity"));
        assert!(open_end("a ! video/x-raw(memory:NVMM), width=64").ends_with("! identity"));
        assert_eq!(open_end("filesrc location=a/b ! decodebin"), "filesrc location=a/b ! decodebin");
        assert_eq!(open_end("filesrc location=/a/b"), "filesrc location=/a/b");
    }
}
