//! One input's strip: delay, high-pass, gate, compressor, gain, pan, mute, follow-video. Every change is ramped.

use crate::dynamics::{Compressor, CompressorSettings, Gate, GateSettings};
use crate::filter::HighPass;
use crate::level::gain_from_db;
use crate::limits::{DELAY_MS_MAX, GAIN_DB_MAX, GAIN_DB_MIN};
use serde::{Deserialize, Serialize};
use std::f32::consts::FRAC_PI_4;
use vitrine_media::CHANNELS;

/// Seconds in which a gain reaches a new setting: quick for a finger, slow enough not to click.
const RAMP_KEEP_PER_FRAME: f32 = 0.998;

/// What a strip is set to. Values out of range are brought into it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StripSettings {
    /// Gain in dB, −90 (silent) to +24.
    pub gain_db: f32,
    /// Silent.
    pub mute: bool,
    /// −1 left, 0 middle, 1 right. Constant power.
    pub pan: f32,
    /// Sounds this much later, in milliseconds, 0 to 10 000.
    pub delay_ms: u32,
    /// Heard only while the input is seen in program.
    pub follow_video: bool,
    /// −3 dB point of the high-pass in Hz; `None` is off.
    pub high_pass_hz: Option<f32>,
    /// Gate; `None` is off.
    pub gate: Option<GateSettings>,
    /// Compressor; `None` is off.
    pub compressor: Option<CompressorSettings>,
}

impl Default for StripSettings {
    fn default() -> Self {
        Self {
            gain_db: 0.0,
            mute: false,
            pan: 0.0,
            delay_ms: 0,
            follow_video: false,
            high_pass_hz: None,
            gate: None,
            compressor: None,
        }
    }
}

impl StripSettings {
    /// Delay in whole milliseconds, within its limit.
    pub(crate) fn delay_ms(&self) -> u32 {
        self.delay_ms.min(DELAY_MS_MAX)
    }

    /// Left and right factors; `seen` is how much of the input is on air, 0 to 1.
    fn gains(&self, seen: f32) -> [f32; CHANNELS] {
        if self.mute {
            return [0.0; CHANNELS];
        }
        let gain = gain_from_db(self.gain_db.clamp(GAIN_DB_MIN, GAIN_DB_MAX));
        let follow = if self.follow_video { seen.clamp(0.0, 1.0) } else { 1.0 };
        let pan = if self.pan.is_finite() { self.pan.clamp(-1.0, 1.0) } else { 0.0 };
        let angle = (pan + 1.0) * FRAC_PI_4;
        let both = gain * follow * std::f32::consts::SQRT_2;
        [both * angle.cos(), both * angle.sin()]
    }
}

/// A strip at work.
#[derive(Clone, Debug)]
pub(crate) struct Strip {
    settings: StripSettings,
    high_pass: Option<HighPass>,
    gate: Option<Gate>,
    compressor: Option<Compressor>,
    gains: [f32; CHANNELS],
    /// How much of the input is seen in program, 0 to 1.
    pub(crate) seen: f32,
}

impl Strip {
    pub(crate) fn new(settings: StripSettings) -> Self {
        let mut strip =
            Self { settings, high_pass: None, gate: None, compressor: None, gains: [0.0; CHANNELS], seen: 0.0 };
        strip.set(settings);
        strip
    }

    pub(crate) const fn settings(&self) -> &StripSettings {
        &self.settings
    }

    /// Changes settings; running filters keep their state where they stay on.
    pub(crate) fn set(&mut self, settings: StripSettings) {
        self.settings = settings;
        match settings.high_pass_hz.filter(|hz| hz.is_finite()) {
            Some(hz) if self.high_pass.as_ref().is_some_and(|f| (f.hz() - hz).abs() < 0.01) => {}
            hz => self.high_pass = hz.map(HighPass::new),
        }
        match (settings.gate, &mut self.gate) {
            (Some(new), Some(gate)) => gate.settings = new,
            (new, _) => self.gate = new.map(Gate::new),
        }
        match (settings.compressor, &mut self.compressor) {
            (Some(new), Some(compressor)) => compressor.settings = new,
            (new, _) => self.compressor = new.map(Compressor::new),
        }
    }

    /// Processes a block in place.
    pub(crate) fn run(&mut self, samples: &mut [f32]) {
        if let Some(filter) = &mut self.high_pass {
            filter.run(samples);
        }
        if let Some(gate) = &mut self.gate {
            gate.run(samples);
        }
        if let Some(compressor) = &mut self.compressor {
            compressor.run(samples);
        }
        let target = self.settings.gains(self.seen);
        for frame in samples.chunks_exact_mut(CHANNELS) {
            for ((x, gain), target) in frame.iter_mut().zip(&mut self.gains).zip(target) {
                *gain = target + (*gain - target) * RAMP_KEEP_PER_FRAME;
                *x *= *gain;
            }
        }
    }

    /// What the compressor takes off now, in dB.
    pub(crate) fn reduction_db(&self) -> f32 {
        self.compressor.as_ref().map_or(0.0, Compressor::reduction_db)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(settings: StripSettings, seen: f32) -> [f32; 2] {
        let mut strip = Strip::new(settings);
        strip.seen = seen;
        let mut block = vec![1.0; 48_000];
        strip.run(&mut block);
        [block[47_998], block[47_999]]
    }

    #[test]
    fn the_middle_is_unity_and_the_sides_keep_their_power() {
        assert!((settled(StripSettings::default(), 0.0)[0] - 1.0).abs() < 1e-3);
        let [left, right] = settled(StripSettings { pan: -1.0, ..Default::default() }, 0.0);
        assert!((left - std::f32::consts::SQRT_2).abs() < 1e-3 && right.abs() < 1e-3);
    }

    #[test]
    fn follow_video_is_heard_only_when_seen() {
        let follow = StripSettings { follow_video: true, ..Default::default() };
        assert!(settled(follow, 0.0)[0].abs() < 1e-3);
        assert!((settled(follow, 1.0)[0] - 1.0).abs() < 1e-3);
    }

    #[test]
    fn a_mute_fades_instead_of_clicking() {
        let mut strip = Strip::new(StripSettings::default());
        let mut block = vec![1.0; 9_600];
        strip.run(&mut block);
        strip.set(StripSettings { mute: true, ..Default::default() });
        let mut block = vec![1.0; 9_600];
        strip.run(&mut block);
        let steepest =
            block.chunks(2).map(|f| f[0]).collect::<Vec<_>>().windows(2).fold(0f32, |s, w| s.max((w[1] - w[0]).abs()));
        assert!(steepest < 0.01 && block[9_598] < 0.01, "{steepest}");
    }

    #[test]
    fn settings_that_are_not_numbers_are_harmless() {
        let odd =
            StripSettings { gain_db: f32::NAN, pan: f32::NAN, high_pass_hz: Some(f32::NAN), ..Default::default() };
        assert!(settled(odd, 1.0).iter().all(|x| *x == 0.0));
    }
}
