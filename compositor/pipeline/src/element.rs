//! Elements by name, with the name of the missing one as the error.

use gstreamer as gst;

/// A GStreamer element that isn't installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Missing(pub(crate) &'static str);

/// Makes an element.
pub(crate) fn make(factory: &'static str) -> Result<gst::Element, Missing> {
    gst::ElementFactory::make(factory).build().map_err(|_| Missing(factory))
}

/// Whether an element can be made.
pub(crate) fn exists(factory: &str) -> bool {
    gst::ElementFactory::find(factory).is_some()
}
