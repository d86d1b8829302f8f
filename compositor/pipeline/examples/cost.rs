//! What inputs and an encoder cost here: `cargo run -p vitrine-pipeline --example cost -- SECONDS FILE…`.
//!
//! Plays the files, encodes the first one's pictures as they come, and prints the CPU seconds of each part.

use std::sync::Arc;
use std::time::{Duration, Instant};
use vitrine_media::{Clock, FrameRate, Frames, InputId, Lane, MonotonicClock, OnFull, Slot, ThreadName, spawn};
use vitrine_pipeline::encode::{Encoder, EncoderPorts, EncoderSpec, Preset, VideoSettings};
use vitrine_pipeline::inputs::{FileSpec, Input, InputControl, InputKind, InputPorts, InputSpec};

/// User and system time of this process, in seconds.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn open(file: &str, clock: &Arc<MonotonicClock>) -> Result<(Arc<Slot>, InputControl), Box<dyn std::error::Error>> {
    let slot = Arc::new(Slot::new());
    let ports = InputPorts {
        pictures: Arc::clone(&slot),
        sound: Lane::new("sound", 64, OnFull::DropOldest),
        events: Lane::new("events", 64, OnFull::DropOldest),
        clock: Arc::<MonotonicClock>::clone(clock),
    };
    let kind = InputKind::File(FileSpec { looping: true, ..FileSpec::once(file) });
    let (input, control) = Input::new(InputSpec { id: InputId::new("file")?, kind, audio: true }, ports);
    spawn(&ThreadName::new("in-file"), move || input.run())?;
    Ok((slot, control))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    vitrine_pipeline::init()?;
    let mut args = std::env::args().skip(1);
    let seconds: u64 = args.next().ok_or("say how many seconds")?.parse()?;
    let clock = Arc::new(MonotonicClock::start());
    let inputs = args.map(|file| open(&file, &clock)).collect::<Result<Vec<_>, _>>()?;
    let (slot, _) = inputs.first().ok_or("name a file")?;
    std::thread::sleep(Duration::from_secs(2));
    let began = (cpu_seconds(), Instant::now());
    std::thread::sleep(Duration::from_secs(seconds));
    println!("inputs: {:.3} CPU s per s", (cpu_seconds() - began.0) / began.1.elapsed().as_secs_f64());

    let rate = FrameRate::new(30, 1).ok_or("rate")?;
    let size = slot.pick(clock.now()).ok_or("no picture")?.picture.size();
    let video = VideoSettings { preset: Preset::Ultrafast, ..VideoSettings::default() };
    let spec = EncoderSpec { canvas: "main".to_owned(), size, rate, video, audio: None };
    let pictures = Lane::new("pictures", 8, OnFull::DropOldest);
    let ports = EncoderPorts { pictures: pictures.clone(), sound: Lane::new("none", 1, OnFull::DropOldest) };
    let (encoder, control) = Encoder::new(spec, ports);
    let thread = spawn(&ThreadName::new("enc-main"), move || encoder.run())?;
    let first = rate.index_at(clock.now()).0 + 1;
    let (began, before) = ((cpu_seconds(), Instant::now()), slot.stats());
    for n in 0..seconds * 30 {
        let due = rate.due(Frames(first + n));
        std::thread::sleep(due.since(clock.now()));
        if let Some(picked) = slot.pick(due) {
            pictures.push(picked.picture.at(due)).map_err(|_| "closed")?;
        }
    }
    println!("inputs and encoder: {:.3} CPU s per s", (cpu_seconds() - began.0) / began.1.elapsed().as_secs_f64());
    let after = slot.stats();
    println!(
        "slot: {} arrived, {} skipped, {} repeated; encoder: {:?}; lane: {:?}",
        after.arrived - before.arrived,
        after.skipped - before.skipped,
        after.repeated - before.repeated,
        control.stats(),
        pictures.stats()
    );
    pictures.close();
    inputs.iter().for_each(|(_, input)| input.stop());
    thread.join().map_err(|_| "the encoder panicked")?;
    Ok(())
}
