//! Show time: nanoseconds since the show started, on the monotonic clock. The wall clock never drives a picture.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// An instant of the show: nanoseconds since its start. Never goes backwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ShowTime(u64);

impl ShowTime {
    /// The start of the show.
    pub const ZERO: Self = Self(0);

    /// From nanoseconds since the start.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// From milliseconds since the start.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// Nanoseconds since the start.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Whole milliseconds since the start.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Seconds since the start.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a show of 100 days still has microseconds in an f64")]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// How long `earlier` lies before this; zero if it lies after.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// This instant moved later; stays at the end of time instead of wrapping.
    #[must_use]
    pub fn after(self, by: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// This instant moved earlier; stays at zero instead of wrapping.
    #[must_use]
    pub fn before(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl fmt::Display for ShowTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}s", self.seconds())
    }
}

/// A count of pictures since the start of the show, at some canvas rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frames(pub u64);

/// Pictures per second as a fraction: 30/1, 30000/1001.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FrameRate {
    num: u32,
    den: u32,
}

impl FrameRate {
    /// `num/den` pictures per second; `None` if either is zero.
    #[must_use]
    pub const fn new(num: u32, den: u32) -> Option<Self> {
        if num == 0 || den == 0 { None } else { Some(Self { num, den }) }
    }

    /// Pictures in `den()` seconds.
    #[must_use]
    pub const fn num(self) -> u32 {
        self.num
    }

    /// Seconds that `num()` pictures last.
    #[must_use]
    pub const fn den(self) -> u32 {
        self.den
    }

    /// Pictures per second.
    #[must_use]
    pub fn fps(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }

    /// When picture `n` is due. Exact for every rate: computed from the count, so it never drifts.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "584 years of nanoseconds fit a u64")]
    pub fn due(self, n: Frames) -> ShowTime {
        let nanos = u128::from(n.0) * u128::from(self.den) * 1_000_000_000 / u128::from(self.num);
        ShowTime::from_nanos(nanos as u64)
    }

    /// The last picture due at or before `at`.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "a frame count fits a u64 for as long as nanoseconds do")]
    pub fn index_at(self, at: ShowTime) -> Frames {
        let n = (u128::from(at.nanos()) + 1) * u128::from(self.num) / (u128::from(self.den) * 1_000_000_000);
        let n = Frames(n as u64);
        if self.due(n) > at { Frames(n.0.saturating_sub(1)) } else { n }
    }

    /// How long one picture lasts, rounded down to a nanosecond.
    #[must_use]
    pub fn interval(self) -> Duration {
        Duration::from_nanos(u64::from(self.den) * 1_000_000_000 / u64::from(self.num))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_and_index_are_inverse_at_every_rate() {
        for (num, den) in [(30, 1), (25, 1), (30_000, 1001), (60, 1), (24_000, 1001), (50, 1)] {
            let rate = FrameRate::new(num, den).unwrap();
            for n in [0, 1, 2, 29, 30, 31, 1000, 107_892, 9_000_000] {
                assert_eq!(rate.index_at(rate.due(Frames(n))), Frames(n), "{num}/{den} picture {n}");
            }
        }
    }

    #[test]
    fn a_rate_of_nothing_is_refused() {
        assert!(FrameRate::new(0, 1).is_none());
        assert!(FrameRate::new(30, 0).is_none());
    }

    #[test]
    fn time_saturates_instead_of_wrapping() {
        assert_eq!(ShowTime::ZERO.before(Duration::from_secs(1)), ShowTime::ZERO);
        assert_eq!(ShowTime::ZERO.since(ShowTime::from_millis(5)), Duration::ZERO);
    }
}
