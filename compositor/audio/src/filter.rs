//! A second-order high-pass: takes rumble and wind off a voice. Audio EQ Cookbook (R. Bristow-Johnson), Q = 1/√2.

use std::f32::consts::{FRAC_1_SQRT_2, TAU};
use vitrine_media::{CHANNELS, SAMPLE_RATE_HZ};

/// A Butterworth high-pass over interleaved stereo.
#[derive(Clone, Debug)]
pub(crate) struct HighPass {
    hz: f32,
    feed_forward: [f32; 3],
    feedback: [f32; 2],
    state: [[f32; 2]; CHANNELS],
}

impl HighPass {
    /// A filter whose −3 dB point lies at `hz`, kept within 10 Hz to 2 kHz.
    pub(crate) fn new(hz: f32) -> Self {
        let hz = hz.clamp(10.0, 2_000.0);
        #[allow(clippy::cast_precision_loss, reason = "48 000 is exact in an f32")]
        let angle = TAU * hz / SAMPLE_RATE_HZ as f32;
        let alpha = angle.sin() / (2.0 * FRAC_1_SQRT_2);
        let (cos, a0) = (angle.cos(), 1.0 + alpha);
        let edge = f32::midpoint(1.0, cos) / a0;
        Self {
            hz,
            feed_forward: [edge, -2.0 * edge, edge],
            feedback: [-2.0 * cos / a0, (1.0 - alpha) / a0],
            state: [[0.0; 2]; CHANNELS],
        }
    }

    /// Where the −3 dB point lies.
    pub(crate) const fn hz(&self) -> f32 {
        self.hz
    }

    /// Filters in place (transposed direct form II).
    pub(crate) fn run(&mut self, samples: &mut [f32]) {
        let ([b0, b1, b2], [a1, a2]) = (self.feed_forward, self.feedback);
        for frame in samples.chunks_exact_mut(CHANNELS) {
            for (x, z) in frame.iter_mut().zip(&mut self.state) {
                let y = b0.mul_add(*x, z[0]);
                z[0] = b1.mul_add(*x, z[1]) - a1 * y;
                z[1] = b2 * *x - a2 * y;
                *x = y;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    fn level_after(hz: f32, tone_hz: f32) -> f32 {
        let mut tone: Vec<f32> = (0..48_000).flat_map(|i| [(i as f32 * TAU * tone_hz / 48_000.0).sin(); 2]).collect();
        HighPass::new(hz).run(&mut tone);
        let mut level = Level::default();
        tone[48_000..].chunks(960).for_each(|block| level.feed(block));
        level.peak_db()[0]
    }

    #[test]
    fn rumble_goes_and_the_voice_stays() {
        assert!(level_after(100.0, 25.0) < -22.0);
        assert!((level_after(100.0, 100.0) + 3.0).abs() < 0.3);
        assert!(level_after(100.0, 1_000.0).abs() < 0.2);
    }
}
