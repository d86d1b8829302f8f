//! Takes pipelines apart on a helper thread, so that a state change that hangs blocks nobody.

use crate::limits;
use gstreamer::{self as gst, prelude::*};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use vitrine_media::{ThreadName, spawn};

static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// Pipelines that are being taken apart right now. More than a few means a driver or a library hangs.
#[must_use]
pub fn retiring() -> usize {
    UNDER_WAY.load(Ordering::Relaxed)
}

/// Stops `pipeline` and lets it go. Waits for that so that ports and devices are free again, but not for long.
pub(crate) fn retire(pipeline: gst::Pipeline) {
    let (done, finished) = mpsc::sync_channel::<()>(1);
    UNDER_WAY.fetch_add(1, Ordering::Relaxed);
    let work = move || {
        if let Some(bus) = pipeline.bus() {
            bus.set_flushing(true);
        }
        let _ = pipeline.set_state(gst::State::Null);
        drop(pipeline);
        UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
        let _ = done.send(());
    };
    match spawn(&ThreadName::new("gst-retire"), work) {
        Ok(_detached) => {
            if finished.recv_timeout(limits::RETIRE_WAIT) == Err(mpsc::RecvTimeoutError::Timeout) {
                tracing::warn!(code = "PIPELINE_STUCK", "a pipeline does not stop; going on without it");
            }
        }
        Err(error) => tracing::error!(%error, "no thread to take a pipeline apart"),
    }
}
