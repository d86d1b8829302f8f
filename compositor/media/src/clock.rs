//! Where "now" comes from: the monotonic clock in a show, a clock turned by hand in a test.

use crate::ShowTime;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Tells the show's time. Monotonic; unaffected by wall clock jumps.
pub trait Clock: Send + Sync {
    /// The instant now.
    fn now(&self) -> ShowTime;
}

/// The operating system's monotonic clock, counted from its creation.
#[derive(Debug, Clone)]
pub struct MonotonicClock {
    start: Instant,
}

impl MonotonicClock {
    /// A clock that reads zero now.
    #[must_use]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for MonotonicClock {
    fn now(&self) -> ShowTime {
        ShowTime::ZERO.after(self.start.elapsed())
    }
}

/// A clock that stands still until a test moves it.
#[derive(Debug, Default)]
pub struct FakeClock {
    nanos: AtomicU64,
}

impl FakeClock {
    /// Moves the clock later.
    pub fn advance(&self, by: Duration) {
        let nanos = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.nanos.fetch_add(nanos, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> ShowTime {
        ShowTime::from_nanos(self.nanos.load(Ordering::SeqCst))
    }
}
