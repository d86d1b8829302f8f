//! True peak: the level between samples, by four-fold oversampling (ITU-R BS.1770-5, Annex 2).

use vitrine_media::CHANNELS;

/// Taps of each of the four phases.
const TAPS: usize = 12;

/// The interpolation filter of BS.1770, Annex 2, table of phases 0 and 1; phases 3 and 2 are their mirrors.
const PHASES: [[f32; TAPS]; 2] = [
    [
        0.001_708_984_4,
        0.010_986_328,
        -0.019_653_32,
        0.033_203_125,
        -0.059_448_242,
        0.137_329_1,
        0.972_167_97,
        -0.102_294_92,
        0.047_607_422,
        -0.026_611_328,
        0.014_892_578,
        -0.008_300_781,
    ],
    [
        -0.029_174_805,
        0.029_296_875,
        -0.051_757_813,
        0.089_111_33,
        -0.166_503_9,
        0.465_087_9,
        0.779_785_16,
        -0.200_317_38,
        0.101_562_5,
        -0.058_227_54,
        0.033_081_055,
        -0.018_920_898,
    ],
];

/// Frames by which the reading lags its input.
pub(crate) const DELAY_FRAMES: usize = TAPS / 2;

/// Finds the true peak of each frame.
#[derive(Clone, Debug, Default)]
pub(crate) struct TruePeak {
    history: [[f32; TAPS]; CHANNELS],
}

impl TruePeak {
    /// Takes one stereo frame; gives the largest absolute value around the frame that lies
    /// [`DELAY_FRAMES`] back, over both channels and all phases.
    pub(crate) fn frame(&mut self, frame: &[f32]) -> f32 {
        let mut peak = 0f32;
        for (history, x) in self.history.iter_mut().zip(frame) {
            history.copy_within(1.., 0);
            history[TAPS - 1] = *x;
            for phase in &PHASES {
                let (mut forward, mut mirrored) = (0f32, 0f32);
                for tap in 0..TAPS {
                    forward = phase[tap].mul_add(history[tap], forward);
                    mirrored = phase[TAPS - 1 - tap].mul_add(history[tap], mirrored);
                }
                peak = peak.max(forward.abs()).max(mirrored.abs());
            }
            peak = peak.max(history[TAPS - 1 - DELAY_FRAMES].abs());
        }
        peak
    }
}
