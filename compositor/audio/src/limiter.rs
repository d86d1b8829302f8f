//! The bus limiter: nothing leaves above the ceiling, measured as true peak. Look-ahead, so it never clicks.

use crate::level::gain_from_db;
use crate::true_peak::{DELAY_FRAMES, TruePeak};
use std::collections::VecDeque;
use vitrine_media::CHANNELS;

/// Frames that the limiter sees ahead: 5 ms, the time in which it turns down smoothly.
const LOOK_AHEAD: usize = 240;
/// Kept under the ceiling, in dB: what smoothing and a reader's own filter may add between samples.
const MARGIN_DB: f32 = 0.25;
/// Share of the remaining reduction kept per frame while it lets go: about 150 ms.
const RELEASE_KEEP: f32 = 0.999_86;

/// A look-ahead true-peak limiter over interleaved stereo. Delays by [`Limiter::DELAY`] frames.
#[derive(Clone, Debug)]
pub(crate) struct Limiter {
    ceiling: f32,
    true_peak: TruePeak,
    delayed: VecDeque<f32>,
    /// Candidates for the smallest gain within the look-ahead, as (frame number, gain), rising.
    smallest: VecDeque<(u64, f32)>,
    frame: u64,
    held: f32,
    ramp: VecDeque<f32>,
    ramp_sum: f64,
    last_gain: f32,
}

impl Limiter {
    /// Frames by which sound is delayed.
    pub(crate) const DELAY: usize = LOOK_AHEAD + DELAY_FRAMES;

    /// A limiter with its ceiling in dBTP.
    pub(crate) fn new(ceiling_dbtp: f32) -> Self {
        Self {
            ceiling: gain_from_db(ceiling_dbtp.clamp(-40.0, 0.0) - MARGIN_DB),
            true_peak: TruePeak::default(),
            delayed: std::iter::repeat_n(0.0, Self::DELAY * CHANNELS).collect(),
            smallest: VecDeque::with_capacity(LOOK_AHEAD + 1),
            frame: 0,
            held: 1.0,
            ramp: std::iter::repeat_n(1.0, LOOK_AHEAD).collect(),
            ramp_sum: LOOK_AHEAD as f64,
            last_gain: 1.0,
        }
    }

    /// The gain that lets `peak` through under the ceiling.
    fn wanted(&self, peak: f32) -> f32 {
        if peak > self.ceiling { self.ceiling / peak } else { 1.0 }
    }

    /// The smallest wanted gain of the frames within the look-ahead (sliding-window minimum).
    fn smallest_ahead(&mut self, wanted: f32) -> f32 {
        while self.smallest.back().is_some_and(|(_, gain)| *gain >= wanted) {
            self.smallest.pop_back();
        }
        self.smallest.push_back((self.frame, wanted));
        while self.smallest.front().is_some_and(|(at, _)| at + LOOK_AHEAD as u64 <= self.frame) {
            self.smallest.pop_front();
        }
        self.smallest.front().map_or(1.0, |(_, gain)| *gain)
    }

    /// Limits in place.
    pub(crate) fn run(&mut self, samples: &mut [f32]) {
        for frame in samples.chunks_exact_mut(CHANNELS) {
            let peak = self.true_peak.frame(frame);
            let wanted = self.wanted(peak);
            let smallest = self.smallest_ahead(wanted);
            self.held = smallest.min(1.0 - (1.0 - self.held) * RELEASE_KEEP);
            self.ramp.push_back(self.held);
            self.ramp_sum += f64::from(self.held) - f64::from(self.ramp.pop_front().unwrap_or(1.0));
            #[allow(clippy::cast_possible_truncation, reason = "a mean of values within 0 to 1")]
            let gain = (self.ramp_sum / LOOK_AHEAD as f64) as f32;
            self.last_gain = gain;
            for x in frame {
                self.delayed.push_back(*x);
                *x = self.delayed.pop_front().unwrap_or(0.0) * gain;
            }
            self.frame += 1;
        }
    }

    /// Gain now: 1 when it does nothing.
    pub(crate) const fn gain(&self) -> f32 {
        self.last_gain
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ebur128::{EbuR128, Mode};
    use std::f32::consts::TAU;

    fn true_peak_db(samples: &[f32]) -> f64 {
        let mut meter = EbuR128::new(2, 48_000, Mode::TRUE_PEAK).unwrap();
        meter.add_frames_f32(samples).unwrap();
        20.0 * meter.true_peak(0).unwrap().max(meter.true_peak(1).unwrap()).log10()
    }

    #[test]
    fn the_worst_tones_and_steps_stay_under_the_ceiling() {
        for hz in [50.0, 997.0, 5_999.0, 11_999.5, 15_000.0] {
            let mut tone: Vec<f32> = (0..96_000)
                .flat_map(|i| {
                    let burst = if (i / 9_600) % 2 == 0 { 4.0 } else { 0.1 };
                    [burst * (i as f32 * TAU * hz / 48_000.0 + 0.7).sin(); 2]
                })
                .collect();
            let before = true_peak_db(&tone);
            Limiter::new(-1.0).run(&mut tone);
            let after = true_peak_db(&tone);
            assert!(before > 6.0 && after <= -1.0, "{hz} Hz: {before:.2} → {after:.2} dBTP");
        }
    }

    #[test]
    fn quiet_sound_passes_unchanged_but_later() {
        let quiet: Vec<f32> = (0..4_800).flat_map(|i| [0.3 * (i as f32 * 0.05).sin(), 0.2]).collect();
        let mut out = quiet.clone();
        Limiter::new(-1.0).run(&mut out);
        let shift = Limiter::DELAY * CHANNELS;
        let worst = quiet.iter().zip(&out[shift..]).fold(0f32, |w, (a, b)| w.max((a - b).abs()));
        assert!(worst < 1e-6, "{worst}");
    }
}
