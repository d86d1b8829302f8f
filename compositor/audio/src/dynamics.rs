//! Gate and compressor of a strip: feed-forward, both channels share one gain so that the stereo picture stands still.

use crate::level::{db_from_gain, gain_from_db};
use serde::{Deserialize, Serialize};
use vitrine_media::{CHANNELS, SAMPLE_RATE_HZ};

/// Closes a strip while nobody speaks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GateSettings {
    /// Opens at this peak level, in dBFS.
    pub threshold_db: f32,
    /// Level while closed, in dB.
    pub range_db: f32,
    /// Time to open, in milliseconds.
    pub attack_ms: f32,
    /// Stays open this long after the last loud sample, in milliseconds.
    pub hold_ms: f32,
    /// Time to close, in milliseconds.
    pub release_ms: f32,
}

impl Default for GateSettings {
    fn default() -> Self {
        Self { threshold_db: -45.0, range_db: -40.0, attack_ms: 2.0, hold_ms: 150.0, release_ms: 120.0 }
    }
}

/// Evens out a strip's loudness.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CompressorSettings {
    /// Level above which it works, in dBFS.
    pub threshold_db: f32,
    /// dB in for one dB out, above the threshold. 1 to 20.
    pub ratio: f32,
    /// Width of the soft knee, in dB.
    pub knee_db: f32,
    /// Time to turn down, in milliseconds.
    pub attack_ms: f32,
    /// Time to let go, in milliseconds.
    pub release_ms: f32,
    /// Gain after it, in dB.
    pub makeup_db: f32,
}

impl Default for CompressorSettings {
    fn default() -> Self {
        Self { threshold_db: -20.0, ratio: 3.0, knee_db: 6.0, attack_ms: 8.0, release_ms: 120.0, makeup_db: 0.0 }
    }
}

/// Share of the old value kept per sample for a time constant in milliseconds.
fn keep(ms: f32) -> f32 {
    #[allow(clippy::cast_precision_loss, reason = "48 000 is exact in an f32")]
    let samples = ms.max(0.05) * SAMPLE_RATE_HZ as f32 / 1000.0;
    (-1.0 / samples).exp()
}

/// Peak of a stereo frame.
fn frame_peak(frame: &[f32]) -> f32 {
    frame.iter().fold(0f32, |peak, x| peak.max(x.abs()))
}

/// A gate at work.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    pub(crate) settings: GateSettings,
    open: f32,
    hold_left: f32,
}

impl Gate {
    pub(crate) const fn new(settings: GateSettings) -> Self {
        Self { settings, open: 1.0, hold_left: 0.0 }
    }

    pub(crate) fn run(&mut self, samples: &mut [f32]) {
        let s = self.settings;
        let (threshold, floor) = (gain_from_db(s.threshold_db), gain_from_db(s.range_db));
        let (attack, release) = (keep(s.attack_ms), keep(s.release_ms));
        #[allow(clippy::cast_precision_loss, reason = "48 000 is exact in an f32")]
        let hold = s.hold_ms.max(0.0) * SAMPLE_RATE_HZ as f32 / 1000.0;
        for frame in samples.chunks_exact_mut(CHANNELS) {
            if frame_peak(frame) >= threshold {
                self.hold_left = hold;
            } else {
                self.hold_left = (self.hold_left - 1.0).max(0.0);
            }
            let (target, keep) = if self.hold_left > 0.0 { (1.0, attack) } else { (floor, release) };
            self.open = target + (self.open - target) * keep;
            frame.iter_mut().for_each(|x| *x *= self.open);
        }
    }
}

/// A compressor at work.
#[derive(Clone, Debug)]
pub(crate) struct Compressor {
    pub(crate) settings: CompressorSettings,
    reduction_db: f32,
}

impl Compressor {
    pub(crate) const fn new(settings: CompressorSettings) -> Self {
        Self { settings, reduction_db: 0.0 }
    }

    /// What is taken off a peak of `level_db`, in dB (soft knee, Giannoulis, Massberg and Reiss 2012, eq. 4).
    fn wanted_db(&self, level_db: f32) -> f32 {
        let s = self.settings;
        let slope = 1.0 - 1.0 / s.ratio.clamp(1.0, 20.0);
        let (over, knee) = (level_db - s.threshold_db, s.knee_db.max(0.0));
        if over <= -knee / 2.0 {
            0.0
        } else if over < knee / 2.0 {
            slope * (over + knee / 2.0).powi(2) / (2.0 * knee)
        } else {
            slope * over
        }
    }

    pub(crate) fn run(&mut self, samples: &mut [f32]) {
        let (attack, release) = (keep(self.settings.attack_ms), keep(self.settings.release_ms));
        let makeup = gain_from_db(self.settings.makeup_db.clamp(-24.0, 24.0));
        for frame in samples.chunks_exact_mut(CHANNELS) {
            let wanted = self.wanted_db(db_from_gain(frame_peak(frame)));
            let keep = if wanted > self.reduction_db { attack } else { release };
            self.reduction_db = wanted + (self.reduction_db - wanted) * keep;
            let gain = makeup * 10f32.powf(-self.reduction_db / 20.0);
            frame.iter_mut().for_each(|x| *x *= gain);
        }
    }

    /// Reduction now, in dB, for the meter.
    pub(crate) const fn reduction_db(&self) -> f32 {
        self.reduction_db
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(amplitude: f32, frames: usize) -> Vec<f32> {
        (0..frames).flat_map(|i| [if (i / 24) % 2 == 0 { amplitude } else { -amplitude }; 2]).collect()
    }

    #[test]
    fn a_gate_closes_on_a_whisper_and_opens_on_a_voice() {
        let mut gate = Gate::new(GateSettings::default());
        let mut whisper = square(0.001, 48_000);
        gate.run(&mut whisper);
        assert!(whisper[95_990].abs() < 0.001 * 0.012, "{}", whisper[95_990]);
        let mut voice = square(0.5, 4_800);
        gate.run(&mut voice);
        assert!(voice[9_590].abs() > 0.49);
    }

    #[test]
    fn a_compressor_takes_off_what_its_ratio_says() {
        let settings = CompressorSettings { threshold_db: -20.0, ratio: 4.0, knee_db: 0.0, ..Default::default() };
        let mut compressor = Compressor::new(settings);
        let mut loud = square(1.0, 48_000);
        compressor.run(&mut loud);
        assert!((compressor.reduction_db() - 15.0).abs() < 0.1, "{}", compressor.reduction_db());
        assert!((db_from_gain(loud[95_990].abs()) + 15.0).abs() < 0.1);
    }
}
