//! The `v4l2` input: a camera or capture card of this machine.

use super::{InputError, tap::Tap};
use crate::element::make;
use gstreamer::{self as gst, prelude::*};
use std::path::Path;
use vitrine_media::{FrameRate, Size};

pub(super) fn build(device: &Path, mode: Option<(Size, FrameRate)>, tap: &Tap) -> Result<(), InputError> {
    if !device.exists() {
        return Err(InputError::BadUri(format!("there is no camera {}; is it plugged in?", device.display())));
    }
    let source = make("v4l2src")?;
    source.set_property("device", device.to_string_lossy().as_ref());
    let filter = make("capsfilter")?;
    if let Some((size, rate)) = mode {
        filter.set_property("caps", mode_caps(size, rate));
    }
    tap.add(&[&source, &filter])?;
    tap.link(&source, &filter)?;
    tap.decode(&filter)
}

/// Size and rate in full, raw or compressed: v4l2src of 1.22.0 forgets the rate when it chooses by itself.
fn mode_caps(size: Size, rate: FrameRate) -> gst::Caps {
    let mut caps = gst::Caps::new_empty();
    if let Some(all) = caps.get_mut() {
        for name in ["video/x-raw", "image/jpeg", "video/x-h264"] {
            let one = gst::Structure::builder(name)
                .field("width", size.width.cast_signed())
                .field("height", size.height.cast_signed())
                .field("framerate", gst::Fraction::new(rate.num().cast_signed(), rate.den().cast_signed()))
                .build();
            all.append_structure(one);
        }
    }
    caps
}
