//! Levels: decibels, peak with decay, RMS over 300 ms.

use crate::limits::GAIN_DB_MIN;
use vitrine_media::{CHANNELS, SAMPLE_RATE_HZ};

/// Fall of the peak reading, in dB per second: 40 dB in 1.7 s, the fast ballistics that OBS shows too.
const PEAK_DECAY_DB_PER_S: f32 = 23.53;
/// Integration time of the RMS reading, in seconds.
const RMS_S: f32 = 0.3;
/// What a meter shows for silence, in dBFS.
const FLOOR_DB: f32 = -120.0;

/// A factor from decibels; at or under −90 dB it is zero.
#[must_use]
pub fn gain_from_db(db: f32) -> f32 {
    if db.is_nan() || db <= GAIN_DB_MIN { 0.0 } else { 10f32.powf(db / 20.0) }
}

/// Decibels from a factor; silence is −120 dB.
#[must_use]
pub fn db_from_gain(gain: f32) -> f32 {
    if gain > 1e-6 { 20.0 * gain.log10() } else { FLOOR_DB }
}

/// Peak and RMS of one stereo stream, in dBFS.
#[derive(Clone, Copy, Debug)]
pub struct Level {
    peak_db: [f32; CHANNELS],
    mean_square: [f32; CHANNELS],
}

impl Default for Level {
    fn default() -> Self {
        Self { peak_db: [FLOOR_DB; CHANNELS], mean_square: [0.0; CHANNELS] }
    }
}

impl Level {
    /// Takes in interleaved stereo samples.
    #[allow(clippy::cast_precision_loss, reason = "a block is far shorter than 2^24 frames")]
    pub fn feed(&mut self, samples: &[f32]) {
        let frames = samples.len() / CHANNELS;
        if frames == 0 {
            return;
        }
        let seconds = frames as f32 / SAMPLE_RATE_HZ as f32;
        let keep = (-seconds / RMS_S).exp();
        for channel in 0..CHANNELS {
            let of_channel = samples.iter().skip(channel).step_by(CHANNELS);
            let (peak, sum) = of_channel.fold((0f32, 0f32), |(p, s), x| (p.max(x.abs()), x.mul_add(*x, s)));
            let fallen = self.peak_db[channel] - PEAK_DECAY_DB_PER_S * seconds;
            self.peak_db[channel] = db_from_gain(peak).max(fallen).max(FLOOR_DB);
            self.mean_square[channel] = self.mean_square[channel] * keep + sum / frames as f32 * (1.0 - keep);
        }
    }

    /// Peak with decay, left and right, in dBFS.
    #[must_use]
    pub const fn peak_db(&self) -> [f32; CHANNELS] {
        self.peak_db
    }

    /// RMS over 300 ms, left and right, in dBFS.
    #[must_use]
    pub fn rms_db(&self) -> [f32; CHANNELS] {
        self.mean_square.map(|m| db_from_gain(m.sqrt()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_jumps_up_and_falls_forty_db_in_1_7_seconds() {
        let mut level = Level::default();
        level.feed(&[1.0; 2 * 480]);
        assert!(level.peak_db()[0].abs() < 0.01);
        for _ in 0..170 {
            level.feed(&[0.0; 2 * 480]);
        }
        assert!((level.peak_db()[1] + 40.0).abs() < 0.1, "{:?}", level.peak_db());
    }

    #[test]
    fn rms_of_a_full_square_wave_is_zero_db() {
        let mut level = Level::default();
        let square: Vec<f32> = (0..48_000 * 2).map(|i| if (i / 200) % 2 == 0 { 1.0 } else { -1.0 }).collect();
        for block in square.chunks(960) {
            level.feed(block);
        }
        assert!(level.rms_db()[0].abs() < 0.2, "{:?}", level.rms_db());
    }

    #[test]
    fn nothing_is_louder_than_its_decibels() {
        assert_eq!(gain_from_db(f32::NAN), 0.0);
        assert_eq!(gain_from_db(-200.0), 0.0);
        assert!((gain_from_db(6.0206) - 2.0).abs() < 1e-4);
    }
}
