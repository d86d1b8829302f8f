//! Eight bars of music: pads, a bass, plucked notes, a soft beat. Tails run round the end, so that it loops.

use crate::film::{chance, end, ffmpeg};
use anyhow::Context;
use std::f32::consts::TAU;
use std::io::Write;
use std::path::Path;

const RATE: usize = 48_000;
/// 96 beats a minute, 32 beats.
const BEAT: usize = RATE * 60 / 96;
const BEATS: usize = 32;
/// Chords of two bars each, as MIDI notes.
const CHORDS: [[u8; 4]; 4] = [[57, 60, 64, 67], [53, 57, 60, 64], [48, 55, 60, 64], [55, 59, 62, 67]];
/// The order in which plucked notes take a chord's tones.
const PATTERN: [usize; 8] = [0, 2, 1, 3, 2, 1, 3, 2];
/// Loudest sample.
const PEAK: f32 = 0.5;

struct Tape {
    left: Vec<f32>,
    right: Vec<f32>,
}

impl Tape {
    /// Adds a sound of `long` samples from `start` on. `pan` is 0 left to 1 right; the sound is a function of the
    /// seconds since it began and how much of it is over.
    fn add(&mut self, start: usize, long: usize, pan: f32, sound: impl Fn(f32, f32) -> f32) {
        let whole = self.left.len();
        for n in 0..long {
            #[allow(clippy::cast_precision_loss, reason = "seconds of a short tune")]
            let value = sound(n as f32 / RATE as f32, n as f32 / long as f32);
            let at = (start + n) % whole;
            self.left[at] += value * (1.0 - pan).sqrt();
            self.right[at] += value * pan.sqrt();
        }
    }
}

fn pitch(note: u8) -> f32 {
    440.0 * ((f32::from(note) - 69.0) / 12.0).exp2()
}

/// Plays it into a file.
///
/// # Errors
/// When it can't be encoded.
pub(crate) fn play(to: &Path) -> anyhow::Result<()> {
    let mut tape = Tape { left: vec![0.0; BEAT * BEATS], right: vec![0.0; BEAT * BEATS] };
    for beat in 0..BEATS {
        let chord = CHORDS[beat / 8 % CHORDS.len()];
        if beat % 8 == 0 {
            pads(&mut tape, beat * BEAT, chord);
        }
        if beat % 4 == 0 || beat % 8 == 6 {
            bass(&mut tape, beat * BEAT, chord[0] - 12);
        }
        for half in 0..2 {
            let step = beat * 2 + half;
            pluck(&mut tape, step * BEAT / 2, chord[PATTERN[step % 8]] + 12, step);
            shaker(&mut tape, step * BEAT / 2, if half == 1 { 0.045 } else { 0.02 }, step);
        }
        if beat % 2 == 0 {
            kick(&mut tape, beat * BEAT);
        }
    }
    let loudest = tape.left.iter().chain(&tape.right).fold(0.0_f32, |most, v| most.max(v.abs()));
    let gain = PEAK / loudest.max(1e-6);
    let bytes: Vec<u8> =
        tape.left.iter().zip(&tape.right).flat_map(|(l, r)| [l * gain, r * gain]).flat_map(f32::to_le_bytes).collect();
    let args = ["-f", "f32le", "-ar", "48000", "-ac", "2", "-i", "-", "-sample_fmt", "s16"];
    let mut ffmpeg = ffmpeg(&args, to)?;
    let mut pipe = ffmpeg.stdin.take().context("ffmpeg takes no sound")?;
    pipe.write_all(&bytes).context("ffmpeg stopped taking sound")?;
    drop(pipe);
    end(ffmpeg)
}

fn pads(tape: &mut Tape, start: usize, chord: [u8; 4]) {
    for (index, note) in (0_u8..).zip(chord) {
        let f = pitch(note);
        let pan = 0.2 + 0.2 * f32::from(index);
        tape.add(start, BEAT * 9, pan, |t, part| {
            let swell = (part * 6.0).min(1.0) * ((1.0 - part) * 6.0).min(1.0);
            let voice = |detune: f32| {
                let w = TAU * f * detune * t;
                w.sin() + 0.28 * (2.0 * w).sin() + 0.1 * (3.0 * w).sin()
            };
            0.055 * swell * (voice(0.9985) + voice(1.0017))
        });
    }
}

fn bass(tape: &mut Tape, start: usize, note: u8) {
    let f = pitch(note);
    tape.add(start, BEAT * 2, 0.5, |t, part| {
        0.26 * (t * 90.0).min(1.0) * (1.0 - part).powi(2) * ((TAU * f * t).sin() + 0.25 * (TAU * 2.0 * f * t).sin())
    });
}

fn pluck(tape: &mut Tape, start: usize, note: u8, step: usize) {
    let f = pitch(note);
    let pan = if step.is_multiple_of(2) { 0.32 } else { 0.68 };
    tape.add(start, BEAT * 2, pan, |t, _| {
        let body = (TAU * f * t).sin() * (-t * 5.5).exp();
        let tick = (TAU * 3.93 * f * t).sin() * (-t * 26.0).exp();
        0.15 * (t * 600.0).min(1.0) * (body + 0.35 * tick)
    });
}

fn shaker(tape: &mut Tape, start: usize, level: f32, step: usize) {
    let seed = u32::try_from(step).unwrap_or(0) * 65_537;
    tape.add(start, RATE / 14, 0.6, |t, part| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the number of a sample")]
        let n = (t * 48_000.0) as u32;
        let hiss = chance(seed + n) - chance(seed + n + 1);
        level * hiss * (1.0 - part).powi(3)
    });
}

fn kick(tape: &mut Tape, start: usize) {
    tape.add(start, RATE / 3, 0.5, |t, _| {
        let phase = TAU * (48.0 * t + 90.0 / 28.0 * (1.0 - (-t * 28.0).exp()));
        0.42 * (t * 400.0).min(1.0) * phase.sin() * (-t * 11.0).exp()
    });
}
