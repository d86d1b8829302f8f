//! The only place that opens threads and lanes: by name, bounded, with what a full one does.
//!
//! | lane | holds | when full |
//! |---|---|---|
//! | `in→audio <input>` | 50 blocks of sound | oldest dropped |
//! | `inputs→show` | 256 states of inputs | oldest dropped |
//! | `tick→enc <canvas>` | 15 pictures | oldest dropped |
//! | `audio→enc <canvas>` | 200 blocks of sound (2 s) | oldest dropped |
//! | `tick→moments` | 256 changes of what can be clicked | oldest dropped |
//! | `tick→<output>` | 2 pictures, for outputs of raw pictures | oldest dropped |
//! | `show→audio` | 256 orders | refused |
//! | `tick→renderer` | 32 renderers that were lost | refused: taken apart by the tick |
//! | `renderer→tick <canvas>` | 1 renderer | refused |
//! | `show→overlay` | 256 bitmaps to make | oldest dropped, asked for again |
//! | `store→guests` | 256 commits for the plugins | oldest dropped |
//! | `enc→<output>` | seconds of packets, see `pipeline/src/limits.rs` | whole groups of pictures dropped |

use crate::moments::Seen;
use crate::renderer::{Leaving, Returning};
use crate::sound::{Order, Sound};
use crate::tick::Tick;
use crate::urgency::{Urgency, prefer};
use anyhow::Context;
use std::thread::JoinHandle;
use vitrine_media::{AudioBlock, CanvasName, InputId, Lane, OnFull, OutputId, Picture, ThreadName, spawn};
use vitrine_pipeline::encode::Encoder;
use vitrine_pipeline::inputs::{Input, InputEvent};
use vitrine_pipeline::outputs::{Output, VirtualCamera};
use vitrine_render::overlay::{Request, Worker};
use vitrine_show::ports::shop::News;

/// Pictures on their way to an encoder: half a second at 30 per second, so that nothing is lost while it is opened.
const PICTURES: usize = 15;
/// Pictures on their way to a camera of other programs: only the newest is of use.
const RAW_PICTURES: usize = 2;
/// Blocks of sound on their way to an encoder: two seconds, so that sound outlives a stall of the picture.
const SOUND_BLOCKS: usize = 200;
/// Blocks of sound on their way from an input.
const INPUT_BLOCKS: usize = 50;
/// Small messages between threads.
const MESSAGES: usize = 256;
/// Renderers on their way out: each canvas has two at most, and no show has more canvases than this holds.
const RENDERERS: usize = 32;

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

/// Pictures of a canvas to an output that takes them as they are.
pub fn raw_pictures(output: &OutputId) -> Lane<Picture> {
    Lane::new(&format!("tick→{output}"), RAW_PICTURES, OnFull::DropOldest)
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

/// What the shop did, for the plugins.
pub fn shop_news() -> Lane<News> {
    Lane::new("store→guests", MESSAGES, OnFull::DropOldest)
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

/// Makes something whose own threads the tick waits for: threads take after the one that starts them.
pub fn made_for_the_tick<T: Send>(make: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let maker = scope.spawn(|| {
            prefer(Urgency::OnTime);
            make()
        });
        maker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The tick.
pub fn start_tick(tick: Tick) -> anyhow::Result<JoinHandle<()>> {
    start("tick", move || {
        prefer(Urgency::OnTime);
        tick.run();
    })
}

/// The sound.
pub fn start_sound(sound: Sound) -> anyhow::Result<JoinHandle<()>> {
    start("audio", move || {
        prefer(Urgency::OnTime);
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

/// A virtual camera.
pub fn start_camera(id: &OutputId, camera: VirtualCamera) -> anyhow::Result<JoinHandle<()>> {
    start(&format!("out-{id}"), move || camera.run())
}

/// The store's writer. It ends by itself when the last handle of the store is dropped.
pub fn start_store(work: vitrine_store::Work) -> anyhow::Result<JoinHandle<()>> {
    start("store", move || {
        // The thread that SQLite gets is started by this one, and takes after it.
        prefer(Urgency::Soon);
        if let Err(error) = work.block() {
            tracing::error!(code = "STORE_UNAVAILABLE", %error, "the store could not start");
        }
    })
}

/// Renderers that left the tick.
pub fn leaving_renderers() -> Leaving {
    Lane::new("tick→renderer", RENDERERS, OnFull::Refuse)
}

/// A renderer that comes back to a canvas.
pub fn returning_renderer(canvas: &CanvasName) -> Returning {
    Lane::new(&format!("renderer→tick {canvas}"), 1, OnFull::Refuse)
}

/// A thread that everything else goes before: what it draws is looked at, not sent. On a machine with too little to
/// give, monitors are the first to stutter.
pub fn start_last<F>(name: &str, work: F) -> anyhow::Result<JoinHandle<()>>
where
    F: FnOnce() + Send + 'static,
{
    start(name, move || {
        prefer(Urgency::Behind);
        work();
    })
}

/// A thread of the show's own: `show`, `renderer`.
pub fn start_own<F>(name: &str, work: F) -> anyhow::Result<JoinHandle<()>>
where
    F: FnOnce() + Send + 'static,
{
    start(name, work)
}
