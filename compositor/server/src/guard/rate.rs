//! Rates: a bucket of tokens per caller and kind of request.

use crate::limits::RATE_CALLERS_MAX;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use vitrine_commerce::CustomerId;

/// Kinds of request, each with its own buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Rate {
    /// Not limited: files and streams, whose cost is the connection.
    Free,
    /// Reading state.
    Read,
    /// Commands to the show: a T-bar sends 60 a second.
    Command,
    /// Logins: guessing must be hopeless.
    Login,
    /// Holds and checkout, from one address: behind one address there may be a whole house.
    Checkout,
    /// Holds and checkout, by one buyer.
    Buyer,
    /// Chat, votes and entries of one viewer.
    Chat,
    /// Reactions of one viewer: thumbs are fast.
    React,
    /// Webhooks from a provider.
    Hook,
}

impl Rate {
    /// Requests that may come at once, and how many come back per second.
    const fn burst_and_per_second(self) -> (f64, f64) {
        match self {
            Self::Free => (f64::INFINITY, f64::INFINITY),
            Self::Read => (120.0, 60.0),
            Self::Command => (240.0, 120.0),
            Self::Login => (10.0, 10.0 / 60.0),
            Self::Checkout => (200.0, 50.0),
            Self::Buyer => (20.0, 5.0),
            Self::Chat => (4.0, 2.0),
            Self::React => (20.0, 10.0),
            // A sale of a thousand: each order has three events, and a provider has few addresses.
            Self::Hook => (1_000.0, 300.0),
        }
    }
}

/// Whose bucket it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// Everybody behind one address.
    Ip(IpAddr),
    /// One shopper.
    Buyer(CustomerId),
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// All buckets.
#[derive(Default)]
pub(crate) struct Rates {
    buckets: Mutex<HashMap<(Rate, Key), Bucket>>,
}

impl Rates {
    /// Takes one token.
    ///
    /// # Errors
    /// The whole seconds until there is one again.
    pub(crate) fn take(&self, rate: Rate, key: Key) -> Result<(), u64> {
        self.take_at(rate, key, Instant::now())
    }

    fn take_at(&self, rate: Rate, key: Key, now: Instant) -> Result<(), u64> {
        if rate == Rate::Free {
            return Ok(());
        }
        let (burst, per_second) = rate.burst_and_per_second();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= RATE_CALLERS_MAX {
            buckets.retain(|(rate, _), bucket| refilled(*bucket, *rate, now) < rate.burst_and_per_second().0);
            // A flood of new names: forgetting everybody is kinder than growing, or than refusing honest callers.
            if buckets.len() >= RATE_CALLERS_MAX {
                buckets.clear();
            }
        }
        let bucket = buckets.entry((rate, key)).or_insert(Bucket { tokens: burst, at: now });
        let tokens = refilled(*bucket, rate, now);
        *bucket = Bucket { tokens: if tokens >= 1.0 { tokens - 1.0 } else { tokens }, at: now };
        if tokens >= 1.0 { Ok(()) } else { Err(seconds_up((1.0 - tokens) / per_second)) }
    }
}

fn refilled(bucket: Bucket, rate: Rate, now: Instant) -> f64 {
    let (burst, per_second) = rate.burst_and_per_second();
    let gained = now.saturating_duration_since(bucket.at).as_secs_f64() * per_second;
    (bucket.tokens + gained).min(burst)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a wait is a few seconds, never negative")]
fn seconds_up(seconds: f64) -> u64 {
    seconds.ceil().max(1.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_bucket_empties_tells_the_wait_and_fills_again() {
        let (rates, now) = (Rates::default(), Instant::now());
        let key = |last| Key::Ip(IpAddr::from([192, 0, 2, last]));
        for _ in 0..10 {
            assert_eq!(rates.take_at(Rate::Login, key(1), now), Ok(()));
        }
        assert_eq!(rates.take_at(Rate::Login, key(1), now), Err(6));
        assert_eq!(rates.take_at(Rate::Login, key(2), now), Ok(()));
        assert_eq!(rates.take_at(Rate::Read, key(1), now), Ok(()));
        assert_eq!(rates.take_at(Rate::Login, key(1), now + Duration::from_secs(6)), Ok(()));
        assert_eq!(rates.take_at(Rate::Login, key(1), now + Duration::from_secs(6)), Err(6));
    }
}
