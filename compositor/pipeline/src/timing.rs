//! Turns GStreamer's time into show time, for files that we pace and for live sources that pace us.

use crate::limits;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use vitrine_media::{Clock, ShowTime};

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// Show time and the GStreamer system clock: both count the machine's monotonic clock, from different zeros.
#[derive(Clone)]
pub(crate) struct ShowClock {
    clock: Arc<dyn Clock>,
    ahead_ns: i64,
}

impl ShowClock {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        use gstreamer::prelude::ClockExt;
        let gst = gstreamer::SystemClock::obtain().time().nseconds();
        let ahead_ns = gst.cast_signed() - clock.now().nanos().cast_signed();
        Self { clock, ahead_ns }
    }

    /// The instant now.
    pub(crate) fn now(&self) -> ShowTime {
        self.clock.now()
    }

    /// The instant now on GStreamer's clock, in nanoseconds.
    pub(crate) fn now_gst_ns(&self) -> i64 {
        self.clock.now().nanos().cast_signed() + self.ahead_ns
    }

    /// Show time of an instant of GStreamer's clock.
    pub(crate) fn show(&self, gst_ns: i64) -> ShowTime {
        ShowTime::from_nanos(u64::try_from(gst_ns - self.ahead_ns).unwrap_or(0))
    }
}

/// Where a source's running time lies on the clock. Sound and picture of one source share one.
pub(crate) struct Timeline {
    live: bool,
    offset_ns: Mutex<Option<i64>>,
}

impl Timeline {
    /// Of a file: running time as the pipeline's clock says, later by the lead of its pictures.
    pub(crate) fn paced() -> Self {
        Self { live: false, offset_ns: Mutex::new(Some(nanos(limits::PICTURE_LEAD))) }
    }

    /// Of a live source: found from when its buffers arrive.
    pub(crate) const fn live() -> Self {
        Self { live: true, offset_ns: Mutex::new(None) }
    }

    /// Nanoseconds to add to a running time to get the instant at which it is due.
    pub(crate) fn offset_ns(&self) -> i64 {
        self.offset_ns.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or(0)
    }

    /// Learns from a buffer of running time `running_ns` that arrived at running time `arrived_ns`; gives the
    /// offset from now on. Grows at once when a buffer comes too late, shrinks slowly, starts anew on a jump.
    pub(crate) fn observe(&self, running_ns: i64, arrived_ns: i64) -> i64 {
        let mut offset = self.offset_ns.lock().unwrap_or_else(PoisonError::into_inner);
        let margin = nanos(limits::LIVE_MARGIN);
        let wanted = arrived_ns.saturating_sub(running_ns).saturating_add(margin);
        let next = match *offset {
            Some(now) if !self.live => now,
            Some(now) if (wanted - now).abs() <= nanos(limits::LIVE_JUMP) => {
                if wanted - margin / 2 > now {
                    wanted - margin / 2
                } else if wanted < now {
                    now - limits::LIVE_CREEP_NS.min(now - wanted)
                } else {
                    now
                }
            }
            _ => wanted,
        };
        *offset = Some(next);
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    #[test]
    fn a_file_keeps_its_place_whatever_arrives() {
        let line = Timeline::paced();
        assert_eq!(line.observe(0, 500 * MS), 25 * MS);
    }

    #[test]
    fn a_live_source_starts_where_it_arrives_even_with_stamps_far_ahead() {
        let line = Timeline::live();
        assert_eq!(line.observe(1_400 * MS, 0), -1_370 * MS);
        assert_eq!(line.observe(1_433 * MS, 33 * MS), -1_370 * MS);
    }

    #[test]
    fn lateness_is_taken_up_at_once_and_given_back_slowly() {
        let line = Timeline::live();
        line.observe(0, 0);
        assert_eq!(line.observe(33 * MS, 133 * MS), 115 * MS);
        assert_eq!(line.observe(66 * MS, 66 * MS), 115 * MS - limits::LIVE_CREEP_NS);
    }

    #[test]
    fn a_jump_of_stamps_is_a_new_beginning() {
        let line = Timeline::live();
        line.observe(0, 0);
        assert_eq!(line.observe(90_000 * MS, 40 * MS), -89_930 * MS);
    }
}
