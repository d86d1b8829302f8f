//! The program bus: limiter and meters behind the sum of all strips.

use crate::level::{Level, db_from_gain};
use crate::limiter::Limiter;
use crate::loudness::{Loudness, LoudnessMeter};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use vitrine_media::SAMPLE_RATE_HZ;

/// What the bus is set to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BusSettings {
    /// Highest true peak that leaves, in dBTP. −40 to 0.
    pub ceiling_dbtp: f32,
}

impl Default for BusSettings {
    fn default() -> Self {
        Self { ceiling_dbtp: -1.0 }
    }
}

/// The bus at work.
pub struct Bus {
    limiter: Limiter,
    level: Level,
    loudness: LoudnessMeter,
}

impl Bus {
    /// A bus with its settings.
    #[must_use]
    pub fn new(settings: BusSettings) -> Self {
        Self {
            limiter: Limiter::new(settings.ceiling_dbtp),
            level: Level::default(),
            loudness: LoudnessMeter::default(),
        }
    }

    /// By how much the bus delays sound: stamps are moved by this, so that lips stay in time.
    #[must_use]
    pub fn delay() -> Duration {
        Duration::from_nanos(Limiter::DELAY as u64 * 1_000_000_000 / u64::from(SAMPLE_RATE_HZ))
    }

    /// Limits and measures a block in place.
    pub fn run(&mut self, samples: &mut [f32]) {
        self.limiter.run(samples);
        self.level.feed(samples);
        self.loudness.feed(samples);
    }

    /// Starts the integrated loudness anew.
    pub fn reset_loudness(&mut self) {
        self.loudness.reset();
    }

    /// Peak and RMS now.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Loudness now.
    #[must_use]
    pub fn loudness(&self) -> Loudness {
        self.loudness.read()
    }

    /// What the limiter takes off now, in dB, zero or positive.
    #[must_use]
    pub fn reduction_db(&self) -> f32 {
        (-db_from_gain(self.limiter.gain())).max(0.0)
    }
}
