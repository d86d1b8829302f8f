//! So many in a window of time, and how long to wait when there were more.

use crate::bindings::Fault;
use std::sync::{Mutex, PoisonError};

/// Lets `most` through in each window.
pub(crate) struct Rate {
    most: u32,
    window_ms: u64,
    now: Mutex<(u64, u32)>,
}

impl Rate {
    pub(crate) const fn per_second(most: u32) -> Self {
        Self { most, window_ms: 1_000, now: Mutex::new((0, 0)) }
    }

    pub(crate) const fn per_minute(most: u32) -> Self {
        Self { most, window_ms: 60_000, now: Mutex::new((0, 0)) }
    }

    /// Takes one at this instant of the monotonic clock.
    pub(crate) fn take(&self, mono_ms: u64) -> Result<(), Fault> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let age = mono_ms.saturating_sub(now.0);
        if age >= self.window_ms {
            *now = (mono_ms, 1);
            return Ok(());
        }
        if now.1 >= self.most {
            return Err(Fault::RateLimited(u32::try_from(self.window_ms - age).unwrap_or(u32::MAX)));
        }
        now.1 += 1;
        Ok(())
    }
}
