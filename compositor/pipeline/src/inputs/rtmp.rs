//! The `rtmp` input: a stream pulled from a server.

use super::{InputError, tap::Tap};
use crate::element::make;
use gstreamer::prelude::*;
use vitrine_media::Secret;

pub(super) fn build(url: &Secret, tap: &Tap) -> Result<(), InputError> {
    let source = make("rtmp2src")?;
    source.set_property("location", url.reveal());
    tap.add(&[&source])?;
    tap.decode(&source)
}
