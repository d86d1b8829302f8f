//! How long to wait before the next try: growing, capped, a little random, never giving up.

use crate::limits;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The waits of one supervisor.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    max: Duration,
    jitter: f64,
    next: Duration,
}

impl Backoff {
    /// The waits of an input: short, a camera is wanted back at once.
    pub(crate) const fn input() -> Self {
        let (first, max) = (limits::INPUT_RETRY_FIRST, limits::INPUT_RETRY_MAX);
        Self { first, max, jitter: 0.0, next: first }
    }

    /// The waits of an output, spread by chance.
    pub(crate) const fn output() -> Self {
        let (first, max) = (limits::OUTPUT_RETRY_FIRST, limits::OUTPUT_RETRY_MAX);
        Self { first, max, jitter: limits::RETRY_JITTER, next: first }
    }

    /// After a success the next failure starts from the shortest wait.
    pub(crate) const fn reset(&mut self) {
        self.next = self.first;
    }

    /// The wait before the next try.
    pub(crate) fn wait(&mut self) -> Duration {
        #[allow(clippy::cast_precision_loss, reason = "a fraction needs no 64 bits")]
        let chance = RandomState::new().hash_one(0_u8) as f64 / u64::MAX as f64;
        self.wait_with(chance)
    }

    /// The wait for a given chance in 0..1.
    fn wait_with(&mut self, chance: f64) -> Duration {
        let wait = self.next;
        self.next = wait.mul_f64(limits::RETRY_FACTOR).min(self.max);
        wait.mul_f64(1.0 + self.jitter * (2.0 * chance - 1.0)).min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_cap_and_stay_there() {
        let mut backoff = Backoff::output();
        let waits: Vec<_> = (0..10).map(|_| backoff.wait_with(0.5).as_millis()).collect();
        assert_eq!(waits, [2000, 3000, 4500, 6750, 10125, 15187, 22781, 30000, 30000, 30000]);
        backoff.reset();
        assert_eq!(backoff.wait_with(0.0).as_millis(), 1600);
        assert_eq!(backoff.wait_with(1.0).as_millis(), 3600);
    }
}
