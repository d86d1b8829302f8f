//! Puts an input's sound on the show's clock: small drift is resampled away, a jump is cut over, a gap is silence.

use crate::limits::{BLOCK_FRAMES, DRIFT_RATIO_MAX, OFFSET_JUMP_S, QUEUE_FRAMES_MAX, STAMP_JUMP_S};
use audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Adjustable, Async, FixedAsync, Resampler, SincInterpolationParameters, WindowFunction};
use std::collections::VecDeque;
use vitrine_media::{AudioBlock, CHANNELS, SAMPLE_RATE_HZ, ShowTime};

/// Share of a stamp's error that moves the queue's clock: arrival jitter averages out over about 50 blocks.
const STAMP_TRUST: f64 = 0.02;
/// Correction per second of offset: 10 ms are made good in about five seconds.
const CORRECTION_PER_S: f64 = 0.2;
/// Frames over which sound fades in after a gap, so that a cut does not click: 2.5 ms.
const FADE_FRAMES: usize = 120;

const RATE: f64 = SAMPLE_RATE_HZ as f64;

/// What the aligner did since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AlignStats {
    /// Blocks that could not be filled: the input was late or gone.
    pub starved: u64,
    /// Times that sound was cut or skipped to get back in time.
    pub jumps: u64,
    /// Sound thrown away because too much waited, in frames.
    pub overflow_frames: u64,
    /// Offset of the sound from the picture now, in seconds; positive is late.
    pub offset_s: f64,
    /// Correction of the input's clock now, in parts per million.
    pub drift_ppm: f64,
}

/// Aligns one input. Feed it stamped blocks; take blocks of [`BLOCK_FRAMES`] at show times.
pub struct Aligner {
    queue: VecDeque<f32>,
    /// Show time of the first waiting frame, in seconds; `None` while nothing has come.
    head_s: Option<f64>,
    resampler: Option<Async<f32>>,
    input: Vec<f32>,
    sounding: bool,
    stats: AlignStats,
}

impl Default for Aligner {
    fn default() -> Self {
        let parameters = SincInterpolationParameters::new(64, WindowFunction::Blackman2);
        let most = 1.0 + 2.0 * DRIFT_RATIO_MAX;
        let resampler = Async::new_sinc(1.0, most, &parameters, BLOCK_FRAMES, CHANNELS, FixedAsync::Output).ok();
        let input = Vec::with_capacity(2 * BLOCK_FRAMES * CHANNELS);
        let queue = VecDeque::with_capacity(QUEUE_FRAMES_MAX * CHANNELS);
        Self { queue, head_s: None, resampler, input, sounding: false, stats: AlignStats::default() }
    }
}

impl Aligner {
    #[allow(clippy::cast_precision_loss, reason = "at most two seconds of frames")]
    fn queued_s(&self) -> f64 {
        (self.queue.len() / CHANNELS) as f64 / RATE
    }

    /// Adds a block that should sound at its stamp.
    pub fn push(&mut self, block: &AudioBlock) {
        let stamp = block.pts.seconds();
        let expected = self.head_s.map(|head| head + self.queued_s());
        match expected.map(|expected| stamp - expected) {
            None => self.head_s = Some(stamp),
            Some(error) if error.abs() > STAMP_JUMP_S => {
                self.queue.clear();
                self.head_s = Some(stamp);
                self.stats.jumps += 1;
            }
            Some(error) => self.head_s = self.head_s.map(|head| head + error * STAMP_TRUST),
        }
        self.queue.extend(&block.samples);
        let over = (self.queue.len() / CHANNELS).saturating_sub(QUEUE_FRAMES_MAX);
        self.skip(over);
        self.stats.overflow_frames += over as u64;
    }

    #[allow(clippy::cast_precision_loss, reason = "at most two seconds of frames")]
    fn skip(&mut self, frames: usize) {
        let frames = frames.min(self.queue.len() / CHANNELS);
        self.queue.drain(..frames * CHANNELS);
        self.head_s = self.head_s.map(|head| head + frames as f64 / RATE);
    }

    /// Fills `out` (of [`BLOCK_FRAMES`] frames) with the sound of show time `at`. Says whether there was any.
    pub fn read(&mut self, at: ShowTime, out: &mut [f32]) -> bool {
        let was_sounding = self.sounding;
        self.sounding = self.fill(at, out);
        if !self.sounding {
            out.fill(0.0);
            if was_sounding {
                self.stats.starved += 1;
                self.resampler.iter_mut().for_each(Resampler::reset);
            }
        } else if !was_sounding {
            fade_in(out);
        }
        self.sounding
    }

    fn fill(&mut self, at: ShowTime, out: &mut [f32]) -> bool {
        let (Some(head), Some(resampler)) = (self.head_s, &self.resampler) else { return false };
        #[allow(clippy::cast_precision_loss, reason = "a filter's delay is a few dozen frames")]
        let lag = resampler.output_delay() as f64 / RATE;
        let mut offset = at.seconds() + lag - head;
        if offset.abs() > OFFSET_JUMP_S {
            if offset < 0.0 {
                return false;
            }
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and bounded by skip")]
            self.skip((offset * RATE).min(1e9) as usize);
            if self.sounding {
                self.stats.jumps += 1;
            }
            offset = 0.0;
        }
        let drift = (offset * CORRECTION_PER_S).clamp(-DRIFT_RATIO_MAX, DRIFT_RATIO_MAX);
        self.stats.offset_s = offset;
        self.stats.drift_ppm = drift * 1e6;
        self.resample(1.0 / (1.0 + drift), out)
    }

    /// Makes one block at `ratio` frames out per frame in; `false` if too little waits.
    #[allow(clippy::cast_precision_loss, reason = "a block's frames")]
    fn resample(&mut self, ratio: f64, out: &mut [f32]) -> bool {
        let Some(resampler) = &mut self.resampler else { return false };
        if resampler.set_resample_ratio(ratio, true).is_err() {
            return false;
        }
        let needed = resampler.input_frames_next();
        if self.queue.len() < needed * CHANNELS {
            return false;
        }
        self.input.clear();
        self.input.extend(self.queue.drain(..needed * CHANNELS));
        self.head_s = self.head_s.map(|head| head + needed as f64 / RATE);
        let input = InterleavedSlice::new(&self.input, CHANNELS, needed);
        let output = InterleavedSlice::new_mut(out, CHANNELS, BLOCK_FRAMES);
        let (Ok(input), Ok(mut output)) = (input, output) else { return false };
        resampler.process_into_buffer(&input, &mut output, None).is_ok()
    }

    /// What happened so far.
    #[must_use]
    pub const fn stats(&self) -> AlignStats {
        self.stats
    }
}

/// Ramps the start of a block up from silence.
#[allow(clippy::cast_precision_loss, reason = "a ramp of 120 frames")]
fn fade_in(out: &mut [f32]) {
    for (n, frame) in out.chunks_exact_mut(CHANNELS).take(FADE_FRAMES).enumerate() {
        let gain = n as f32 / FADE_FRAMES as f32;
        frame.iter_mut().for_each(|x| *x *= gain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;
    use std::time::Duration;

    /// A camera whose clock is off by `ppm`: its samples are stamped by arrival on our clock.
    struct Camera {
        ppm: f64,
        sent: u64,
    }

    impl Camera {
        /// The next 20 ms by its own clock: one impulse each second of *show* time would be ideal; a tone whose
        /// phase is the show time lets the offset be measured at any instant.
        fn next(&mut self) -> AudioBlock {
            let own_s = |n: u64| n as f64 / RATE / (1.0 + self.ppm * 1e-6);
            let start = own_s(self.sent);
            let samples = (0..960).flat_map(|i| [(TAU * 5.0 * own_s(self.sent + i)).sin() as f32 * 0.5; 2]).collect();
            self.sent += 960;
            AudioBlock { pts: ShowTime::from_nanos((start * 1e9) as u64), samples }
        }
    }

    fn run(ppm: f64, seconds: u64) -> (Aligner, f64) {
        let (mut aligner, mut camera) = (Aligner::default(), Camera { ppm, sent: 0 });
        let mut out = vec![0.0; BLOCK_FRAMES * CHANNELS];
        let mut worst = 0f64;
        let mut sent_s = 0.0;
        for block in 0..seconds * 100 {
            let at = ShowTime::from_millis(block * 10);
            while sent_s < at.seconds() + 0.1 {
                let next = camera.next();
                sent_s = next.pts.after(next.duration()).seconds();
                aligner.push(&next);
            }
            let sounding = aligner.read(at, &mut out);
            if block > 1_000 {
                assert!(sounding, "silence at {at}");
                // Where the tone crosses zero steeply, its value tells its lateness.
                let expected = (TAU * 5.0 * at.seconds()).sin() * 0.5;
                let slope = TAU * 5.0 * 0.5;
                if (TAU * 5.0 * at.seconds()).cos().abs() > 0.9 {
                    worst = worst.max((f64::from(out[0]) - expected).abs() / (slope * 0.9));
                }
            }
        }
        (aligner, worst)
    }

    #[test]
    fn an_hour_with_a_clock_100_ppm_off_stays_within_20_ms() {
        // The other direction for five minutes only: it is the same controller with the other sign.
        for (ppm, seconds) in [(100.0, 3_600), (-100.0, 300)] {
            let (aligner, worst_s) = run(ppm, seconds);
            assert!(worst_s < 0.020, "{ppm} ppm: {:.1} ms", worst_s * 1e3);
            assert_eq!(aligner.stats().jumps, 0);
            assert_eq!(aligner.stats().starved, 0);
        }
    }

    #[test]
    fn a_gap_is_silence_and_the_sound_comes_back_in_time() {
        let mut aligner = Aligner::default();
        let mut out = vec![0.0; BLOCK_FRAMES * CHANNELS];
        let tone = |ms| AudioBlock { pts: ShowTime::from_millis(ms), samples: vec![0.5; 4_800 * 2] };
        aligner.push(&tone(0));
        assert!(aligner.read(ShowTime::from_millis(0), &mut out));
        assert!(!aligner.read(ShowTime::from_millis(500), &mut out), "nothing is known of 500 ms");
        aligner.push(&tone(1_000));
        assert!(!aligner.read(ShowTime::from_millis(900), &mut out), "it is not yet time");
        assert!(out.iter().all(|x| *x == 0.0));
        assert!(aligner.read(ShowTime::from_millis(1_000), &mut out));
        assert!(aligner.read(ShowTime::from_millis(1_010), &mut out));
        assert!((out[400] - 0.5).abs() < 0.01);
    }

    #[test]
    fn a_flood_is_bounded_and_counted() {
        let mut aligner = Aligner::default();
        let mut at = ShowTime::ZERO;
        for _ in 0..400 {
            let block = AudioBlock::silence(at, 480);
            aligner.push(&block);
            at = at.after(Duration::from_millis(10));
        }
        assert_eq!(aligner.queue.len(), QUEUE_FRAMES_MAX * CHANNELS);
        assert_eq!(aligner.stats().overflow_frames, 400 * 480 - QUEUE_FRAMES_MAX as u64);
    }
}
