//! All strips into one bus, a block at a time.

use crate::align::{AlignStats, Aligner};
use crate::bus::{Bus, BusSettings};
use crate::level::Level;
use crate::limits::BLOCK_FRAMES;
use crate::loudness::Loudness;
use crate::strip::{Strip, StripSettings};
use std::time::Duration;
use vitrine_media::{AudioBlock, CHANNELS, InputId, ShowTime};

/// One strip's readings.
#[derive(Clone, Debug)]
pub struct StripMeter {
    /// Whose.
    pub input: InputId,
    /// Peak and RMS after the strip.
    pub level: Level,
    /// What its compressor takes off, in dB.
    pub reduction_db: f32,
    /// How its clock fares.
    pub align: AlignStats,
}

/// All readings.
#[derive(Clone, Debug)]
pub struct MixerMeters {
    /// Each strip's, in the order in which they were added.
    pub strips: Vec<StripMeter>,
    /// Peak and RMS of the program.
    pub bus: Level,
    /// What the limiter takes off, in dB.
    pub bus_reduction_db: f32,
    /// Loudness of the program.
    pub loudness: Loudness,
}

struct Channel {
    input: InputId,
    aligner: Aligner,
    strip: Strip,
    level: Level,
}

/// Mixes inputs. Lives on the audio thread; everything it needs is allocated when a strip is added.
pub struct Mixer {
    channels: Vec<Channel>,
    bus: Bus,
    scratch: Vec<f32>,
    master: f32,
    master_target: f32,
}

impl Mixer {
    /// A mixer without strips.
    #[must_use]
    pub fn new(bus: BusSettings) -> Self {
        let scratch = vec![0.0; BLOCK_FRAMES * CHANNELS];
        Self { channels: Vec::new(), bus: Bus::new(bus), scratch, master: 1.0, master_target: 1.0 }
    }

    fn channel(&mut self, input: &InputId) -> Option<&mut Channel> {
        self.channels.iter_mut().find(|c| c.input == *input)
    }

    /// Adds a strip, or changes the one that is there.
    pub fn set_strip(&mut self, input: &InputId, settings: StripSettings) {
        if let Some(channel) = self.channel(input) {
            channel.strip.set(settings);
        } else {
            let strip = Strip::new(settings);
            let (aligner, level) = (Aligner::default(), Level::default());
            self.channels.push(Channel { input: input.clone(), aligner, strip, level });
        }
    }

    /// Takes a strip away.
    pub fn remove_strip(&mut self, input: &InputId) {
        self.channels.retain(|c| c.input != *input);
    }

    /// A strip's settings.
    #[must_use]
    pub fn strip(&self, input: &InputId) -> Option<&StripSettings> {
        self.channels.iter().find(|c| c.input == *input).map(|c| c.strip.settings())
    }

    /// Says how much of an input is seen in program, 0 to 1: what follow-video goes by.
    pub fn set_seen(&mut self, input: &InputId, seen: f32) {
        if let Some(channel) = self.channel(input) {
            channel.strip.seen = seen;
        }
    }

    /// Sets the gain of the whole program, as a factor: fade to black takes the sound with it. Ramped over one block.
    pub fn set_master(&mut self, gain: f32) {
        self.master_target = if gain.is_finite() { gain.clamp(0.0, 16.0) } else { 1.0 };
    }

    /// Brings sound of an input; ignored if it has no strip.
    pub fn push(&mut self, input: &InputId, block: &AudioBlock) {
        if let Some(channel) = self.channel(input) {
            channel.aligner.push(block);
        }
    }

    /// Mixes the [`BLOCK_FRAMES`] frames of show time `at` into `out`. The block's stamp accounts for the
    /// limiter's delay: what it holds sounded at the stamp.
    pub fn mix(&mut self, at: ShowTime, out: &mut AudioBlock) {
        out.pts = at.before(Bus::delay());
        out.samples.clear();
        out.samples.resize(BLOCK_FRAMES * CHANNELS, 0.0);
        for channel in &mut self.channels {
            let late = Duration::from_millis(u64::from(channel.strip.settings().delay_ms()));
            channel.aligner.read(at.before(late), &mut self.scratch);
            channel.strip.run(&mut self.scratch);
            channel.level.feed(&self.scratch);
            for (sum, x) in out.samples.iter_mut().zip(&self.scratch) {
                *sum += x;
            }
        }
        self.ramp_master(&mut out.samples);
        self.bus.run(&mut out.samples);
    }

    /// Moves the master gain evenly to its target over the block.
    #[allow(clippy::cast_precision_loss, reason = "a block of 480 frames")]
    fn ramp_master(&mut self, samples: &mut [f32]) {
        let step = (self.master_target - self.master) / BLOCK_FRAMES as f32;
        for frame in samples.chunks_exact_mut(CHANNELS) {
            self.master += step;
            frame.iter_mut().for_each(|x| *x *= self.master);
        }
        self.master = self.master_target;
    }

    /// Starts the integrated loudness anew.
    pub fn reset_loudness(&mut self) {
        self.bus.reset_loudness();
    }

    /// All readings now.
    #[must_use]
    pub fn meters(&self) -> MixerMeters {
        let strips = self.channels.iter().map(|c| StripMeter {
            input: c.input.clone(),
            level: c.level,
            reduction_db: c.strip.reduction_db(),
            align: c.aligner.stats(),
        });
        MixerMeters {
            strips: strips.collect(),
            bus: self.bus.level(),
            bus_reduction_db: self.bus.reduction_db(),
            loudness: self.bus.loudness(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> InputId {
        InputId::new(name).unwrap()
    }

    fn tone(ms: u64, value: f32) -> AudioBlock {
        AudioBlock { pts: ShowTime::from_millis(ms), samples: vec![value; 4_800 * 2] }
    }

    /// Mixes from 0 to `ms`, feeding each input 100 ms at a time.
    fn mixed(mixer: &mut Mixer, inputs: &[(&InputId, f32)], ms: u64) -> AudioBlock {
        let mut out = AudioBlock::default();
        inputs.iter().for_each(|(input, value)| mixer.push(input, &tone(0, *value)));
        for at in (0..ms).step_by(10) {
            if at % 100 == 0 {
                inputs.iter().for_each(|(input, value)| mixer.push(input, &tone(at + 100, *value)));
            }
            mixer.mix(ShowTime::from_millis(at), &mut out);
        }
        out
    }

    #[test]
    fn two_inputs_add_up_and_a_muted_one_does_not() {
        let (a, b) = (id("a"), id("b"));
        let mut mixer = Mixer::new(BusSettings::default());
        mixer.set_strip(&a, StripSettings::default());
        mixer.set_strip(&b, StripSettings { mute: true, ..Default::default() });
        mixer.push(&id("stranger"), &tone(0, 1.0));
        let out = mixed(&mut mixer, &[(&a, 0.25), (&b, 0.5)], 500);
        assert!((out.samples[100] - 0.25).abs() < 0.01, "{}", out.samples[100]);
        mixer.set_strip(&b, StripSettings::default());
        assert_eq!(mixer.strip(&b), Some(&StripSettings::default()));
        mixer.remove_strip(&b);
        assert_eq!(mixer.meters().strips.len(), 1);
    }

    #[test]
    fn the_master_takes_all_sound_with_it() {
        let a = id("a");
        let mut mixer = Mixer::new(BusSettings::default());
        mixer.set_strip(&a, StripSettings::default());
        mixer.set_master(0.0);
        let out = mixed(&mut mixer, &[(&a, 0.25)], 300);
        assert!(out.samples.iter().all(|x| x.abs() < 1e-6));
    }

    #[test]
    fn the_stamp_tells_when_the_sound_was() {
        let mut mixer = Mixer::new(BusSettings::default());
        let mut out = AudioBlock::default();
        mixer.mix(ShowTime::from_millis(100), &mut out);
        assert_eq!(out.pts, ShowTime::from_millis(100).before(Bus::delay()));
        assert_eq!(out.frames(), BLOCK_FRAMES);
    }
}
