//! The only place that opens threads and lanes: by name, bounded, with what a full one does.
//!
//! | lane | holds | when full |
//! |---|---|---|
//! | `in→audio <input>` | 50 blocks of sound | oldest dropped |
//! | `inputs→show` | 256 states of inputs | oldest dropped |
//! | `tick→enc <canvas>` | 8 pictures | oldest dropped |
//! | `audio→enc <canvas>` | 200 blocks of sound (2 s) | oldest dropped |
//! | `tick→moments` | 256 changes of what can be clicked | oldest dropped |
//! | `show→audio` | 256 orders | refused |
//! | `show→overlay` | 256 bitmaps to make | oldest dropped, asked for again |
//! | `enc→<output>` | seconds of packets, see `pipeline/src/limits.rs` | whole groups of pictures dropped |

use crate::moments::Seen;
use crate::sound::{Order, Sound};
use crate::tick::Tick;
use anyhow::Context;
use std::thread::JoinHandle;
use vitrine_media::{AudioBlock, InputId, Lane, OnFull, Picture, ThreadName, spawn};
use vitrine_pipeline::encode::Encoder;
use vitrine_pipeline::inputs::{Input, InputEvent};
use vitrine_pipeline::outputs::Output;
use vitrine_render::overlay::{Request, Worker};

/// Pictures on their way to an encoder: a quarter of a second at 30 per second.
const PICTURES: usize = 8;
/// Blocks of sound on their way to an encoder: two seconds, so that sound outlives a stall of the picture.
const SOUND_BLOCKS: usize = 200;
/// Blocks of sound on their way from an input.
const INPUT_BLOCKS: usize = 50;
/// Small messages between threads.
const MESSAGES: usize = 256;

/// Sound from an input to the audio thread.
pub fn input_sound(id: &InputId) -> Lane<AudioBlock> {
    Lane::new(&format!("in→audio {id}"), INPUT_BLOCKS, OnFull::DropOldest)
}

/// What inputs tell of themselves.
pub fn input_events() -> Lane<InputEvent> {
    Lane::new("inputs→show", MESSAGES, OnFull::DropOldest)
}

/// Pictures of a canvas to one encoder.
pub fn pictures(encoder: &str) -> Lane<Picture> {
    Lane::new(&format!("tick→enc {encoder}"), PICTURES, OnFull::DropOldest)
}

/// Sound to one encoder.
pub fn encoder_sound(encoder: &str) -> Lane<AudioBlock> {
    Lane::new(&format!("audio→enc {encoder}"), SOUND_BLOCKS, OnFull::DropOldest)
}

/// Orders to the audio thread.
pub fn audio_orders() -> Lane<Order> {
    Lane::new("show→audio", MESSAGES, OnFull::Refuse)
}

/// What can be clicked, when it changes.
pub fn clickable() -> Lane<Seen> {
    Lane::new("tick→moments", MESSAGES, OnFull::DropOldest)
}

/// Bitmaps to make.
pub fn bitmap_requests() -> Lane<Request> {
    Lane::new("show→overlay", MESSAGES, OnFull::DropOldest)
}

fn start<F>(name: &str, work: F) -> anyhow::Result<JoinHandle<()>>
where
    F: FnOnce() + Send + 'static,
{
    spawn(&ThreadName::new(name), work).with_context(|| format!("can't start the thread {name}"))
}

/// Asks the system to run the calling thread before others: the tick and the sound are on time or wrong.
fn go_first() {
    // SAFETY: setpriority changes only the scheduling of the calling thread (`0` on Linux is the thread); it is
    // refused without the right to do so, which is no harm.
    let refused = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, -10) } != 0;
    if refused {
        tracing::debug!("no right to raise the priority of the tick");
    }
}

/// The tick.
pub fn start_tick(tick: Tick) -> anyhow::Result<JoinHandle<()>> {
    start("tick", move || {
        go_first();
        tick.run();
    })
}

/// The sound.
pub fn start_sound(sound: Sound) -> anyhow::Result<JoinHandle<()>> {
    start("audio", move || {
        go_first();
        sound.run();
    })
}

/// The maker of bitmaps.
pub fn start_overlay(worker: Worker) -> anyhow::Result<JoinHandle<()>> {
    start("overlay", move || worker.run())
}

/// An input.
pub fn start_input(input: Input) -> anyhow::Result<JoinHandle<()>> {
    start(&format!("in-{}", input.id()), move || input.run())
}

/// An encoder.
pub fn start_encoder(name: &str, encoder: Encoder) -> anyhow::Result<JoinHandle<()>> {
    start(&format!("enc-{name}"), move || encoder.run())
}

/// An output.
pub fn start_output(output: Output) -> anyhow::Result<JoinHandle<()>> {
    start(&format!("out-{}", output.id()), move || output.run())
}

/// A thread of the show's own: `show`, `monitors`.
pub fn start_own<F>(name: &str, work: F) -> anyhow::Result<JoinHandle<()>>
where
    F: FnOnce() + Send + 'static,
{
    start(name, work)
}
