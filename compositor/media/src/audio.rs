//! Sound inside the house: 48 kHz stereo, 32-bit float, interleaved.

use crate::ShowTime;
use std::time::Duration;

/// Samples per second and channel, everywhere inside the program.
pub const SAMPLE_RATE_HZ: u32 = 48_000;
/// Channels of every block: left, right.
pub const CHANNELS: usize = 2;

/// A run of sound: interleaved left and right samples, full scale at ±1.0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AudioBlock {
    /// When the first sample sounds.
    pub pts: ShowTime,
    /// `frames() * CHANNELS` samples.
    pub samples: Vec<f32>,
}

impl AudioBlock {
    /// Silence of `frames` stereo frames.
    #[must_use]
    pub fn silence(pts: ShowTime, frames: usize) -> Self {
        Self { pts, samples: vec![0.0; frames * CHANNELS] }
    }

    /// Stereo frames held.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.samples.len() / CHANNELS
    }

    /// How long the block sounds.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_nanos(self.frames() as u64 * 1_000_000_000 / u64::from(SAMPLE_RATE_HZ))
    }
}
