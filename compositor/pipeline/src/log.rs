//! GStreamer's debug log goes into ours, without secrets; its own writer is taken away.

use crate::scrub::scrub;
use gstreamer as gst;

/// Redirects GStreamer's debug log. `GST_DEBUG` still chooses what is said.
pub(crate) fn redirect() {
    gst::log::remove_default_log_function();
    gst::log::add_log_function(|category, level, _file, _function, _line, object, message| {
        let Some(text) = message.get() else { return };
        let text = scrub(&text);
        let who = object.map(|o| scrub(&o.to_string())).unwrap_or_default();
        let category = category.name();
        match level {
            gst::DebugLevel::Error | gst::DebugLevel::Warning => {
                tracing::debug!(target: "gstreamer", category, who, "{text}");
            }
            _ => tracing::trace!(target: "gstreamer", category, who, "{text}"),
        }
    });
}
