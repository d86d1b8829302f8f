//! Loudness of the bus after EBU R128, by the `ebur128` crate.

use ebur128::{EbuR128, Mode};
use vitrine_media::SAMPLE_RATE_HZ;

/// Loudness readings. `None` until enough sound has passed, or for silence.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Loudness {
    /// Over 400 ms, in LUFS.
    pub momentary_lufs: Option<f64>,
    /// Over 3 s, in LUFS.
    pub short_term_lufs: Option<f64>,
    /// Gated, since the start or the last reset, in LUFS.
    pub integrated_lufs: Option<f64>,
    /// Loudness range (EBU Tech 3342) since the start or the last reset, in LU.
    pub range_lu: Option<f64>,
    /// Highest true peak since the start or the last reset, in dBTP.
    pub true_peak_max_dbtp: Option<f64>,
}

/// Measures a stereo stream.
pub struct LoudnessMeter {
    meter: Option<EbuR128>,
}

impl Default for LoudnessMeter {
    fn default() -> Self {
        Self { meter: fresh() }
    }
}

/// All readings, kept in histograms.
const MODE: Mode = Mode::I.union(Mode::S).union(Mode::M).union(Mode::LRA).union(Mode::TRUE_PEAK).union(Mode::HISTOGRAM);

/// A meter with the histogram, so that a show of a day takes no more memory than one of a minute.
fn fresh() -> Option<EbuR128> {
    EbuR128::new(2, SAMPLE_RATE_HZ, MODE).ok()
}

impl LoudnessMeter {
    /// Takes in interleaved stereo samples.
    pub fn feed(&mut self, samples: &[f32]) {
        if let Some(meter) = &mut self.meter
            && meter.add_frames_f32(samples).is_err()
        {
            self.meter = fresh();
        }
    }

    /// Starts the integrated reading and the true peak anew.
    pub fn reset(&mut self) {
        self.meter = fresh();
    }

    /// The readings now.
    #[must_use]
    pub fn read(&self) -> Loudness {
        let Some(meter) = &self.meter else { return Loudness::default() };
        let known = |lufs: Result<f64, ebur128::Error>| lufs.ok().filter(|l| l.is_finite());
        let peak = (0..2).filter_map(|c| meter.true_peak(c).ok()).fold(0f64, f64::max);
        Loudness {
            momentary_lufs: known(meter.loudness_momentary()),
            short_term_lufs: known(meter.loudness_shortterm()),
            integrated_lufs: known(meter.loudness_global()),
            // The range of nothing is nothing, not zero.
            range_lu: known(meter.loudness_range()).filter(|lu| *lu > 0.0),
            true_peak_max_dbtp: (peak > 0.0).then(|| 20.0 * peak.log10()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stereo sine of 1 kHz.
    fn tone(dbfs: f32, seconds: usize) -> Vec<f32> {
        let amplitude = 10f32.powf(dbfs / 20.0);
        (0..48_000 * seconds)
            .flat_map(|i| [amplitude * (i as f32 * std::f32::consts::TAU * 1_000.0 / 48_000.0).sin(); 2])
            .collect()
    }

    /// EBU Tech 3341, case 1: a stereo 1 kHz sine at −23 dBFS reads −23.0 LUFS on all three scales.
    #[test]
    fn ebu_tech_3341_case_1() {
        let mut meter = LoudnessMeter::default();
        tone(-23.0, 20).chunks(960).for_each(|block| meter.feed(block));
        let read = meter.read();
        for lufs in [read.momentary_lufs, read.short_term_lufs, read.integrated_lufs] {
            assert!((lufs.unwrap() + 23.0).abs() < 0.1, "{read:?}");
        }
        assert!((read.true_peak_max_dbtp.unwrap() + 23.0).abs() < 0.2, "{read:?}");
        meter.reset();
        assert_eq!(meter.read().integrated_lufs, None);
    }

    /// EBU Tech 3342, case 1: 20 s at −20 LUFS, then 20 s at −30, have a range of 10 LU.
    #[test]
    fn ebu_tech_3342_case_1() {
        let mut meter = LoudnessMeter::default();
        assert_eq!(meter.read().range_lu, None);
        [tone(-20.0, 20), tone(-30.0, 20)].concat().chunks(960).for_each(|block| meter.feed(block));
        let read = meter.read();
        assert!((read.range_lu.unwrap() - 10.0).abs() < 1.0, "{read:?}");
    }
}
