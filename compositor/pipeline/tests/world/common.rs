//! What the tests of this room share: counted pictures, a small studio, readers of what came out.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use vitrine_media::{
    AudioBlock, Clock, FrameRate, Frames, InputId, Lane, MonotonicClock, OnFull, OutputId, Picture, PicturePool,
    PixelFormat, ShowTime, Size, Slot, ThreadName, spawn,
};
use vitrine_pipeline::encode::{AudioSettings, Encoder, EncoderControl, EncoderPorts, EncoderSpec};
use vitrine_pipeline::encode::{Preset, VideoSettings};
use vitrine_pipeline::inputs::{Input, InputControl, InputEvent, InputKind, InputPorts, InputSpec, InputState};
use vitrine_pipeline::outputs::{Output, OutputControl, OutputKind, OutputSpec};

pub(crate) const SIZE: Size = Size::new(320, 180);
pub(crate) const BITS: u32 = 16;
const CELL: usize = 16;

/// Longest wait for anything: the machine may be busy with other things.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn rate() -> FrameRate {
    FrameRate::new(30, 1).unwrap()
}

/// A grey picture with `count` as black and white cells along its top, and something that moves.
pub(crate) fn counted(pool: &PicturePool, count: u32, pts: ShowTime) -> Picture {
    let mut picture = pool.take(SIZE, PixelFormat::I420);
    let [luma, cb, cr, _] = picture.planes();
    luma.bytes.fill(110);
    cb.bytes.fill(128);
    cr.bytes.fill(128);
    for (y, row) in luma.bytes.chunks_mut(luma.stride).enumerate() {
        if y < CELL {
            for bit in 0..BITS as usize {
                let white = count >> bit & 1 == 1;
                row[bit * CELL..(bit + 1) * CELL].fill(if white { 235 } else { 16 });
            }
        } else {
            let x = (count as usize * 5 + y) % 300;
            row[x..x + 12].fill(200);
        }
    }
    picture.freeze(pts)
}

/// Reads the count back from a row in the middle of the cells.
pub(crate) fn read_count(row: &[u8]) -> u32 {
    (0..BITS as usize).filter(|bit| row[bit * CELL + CELL / 2] > 125).map(|bit| 1 << bit).sum()
}

/// The counts in a recording, picture by picture.
pub(crate) fn counts_in(path: &Path) -> Vec<u32> {
    let out = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args(["-map", "0:v", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let (width, bytes) = (SIZE.width as usize, SIZE.pixels() as usize);
    out.stdout.chunks_exact(bytes).map(|frame| read_count(&frame[width * 8..width * 9])).collect()
}

pub(crate) fn assert_consecutive(counts: &[u32]) {
    assert!(!counts.is_empty(), "no picture at all");
    for pair in counts.windows(2) {
        assert_eq!(pair[1], pair[0] + 1, "a picture is missing or doubled in {counts:?}");
    }
}

/// What ffprobe says: one `key=value` line for each wanted entry.
pub(crate) fn ffprobe(target: &str, entries: &str) -> String {
    let out = Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", entries, "-of", "default=noprint_wrappers=1", target])
        .output()
        .unwrap();
    String::from_utf8_lossy(&out.stdout).into_owned()
}

pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> bool) -> Duration {
    wait_at_most(PATIENCE, what, &mut done)
}

pub(crate) fn wait_at_most(limit: Duration, what: &str, done: &mut dyn FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < limit, "{what}: not within {limit:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
    began.elapsed()
}

/// A process that is killed when the test lets go of it.
pub(crate) struct Peer(pub(crate) Child);

impl Peer {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    pub(crate) fn ffmpeg(line: &str) -> Self {
        Self::start(Command::new("ffmpeg").args(["-nostdin", "-loglevel", "quiet"]).args(line.split_whitespace()))
    }

    pub(crate) fn signal(&self, name: &str) {
        let done = Command::new("kill").arg(format!("-{name}")).arg(self.0.id().to_string()).status().unwrap();
        assert!(done.success());
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Makes a file with ffmpeg.
pub(crate) fn make_clip(path: &Path, line: &str) {
    let status = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-y"])
        .args(line.split_whitespace())
        .arg(path)
        .status()
        .unwrap();
    assert!(status.success(), "ffmpeg {line}");
}

pub(crate) fn has(tool: &str) -> bool {
    let found = Command::new(tool).arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        println!("skipped: {tool} is not installed");
    }
    found
}

pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A tick of counted pictures and a tone into an encoder, with outputs attached.
pub(crate) struct Studio {
    pub(crate) clock: Arc<MonotonicClock>,
    pub(crate) encoder: EncoderControl,
    pub(crate) pictures: Lane<Picture>,
    pub(crate) sent: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    outputs: Vec<(OutputControl, JoinHandle<()>)>,
}

pub(crate) fn encoder_spec() -> EncoderSpec {
    EncoderSpec {
        canvas: "main".to_owned(),
        size: SIZE,
        rate: rate(),
        video: VideoSettings {
            bitrate_kbps: 1500,
            keyframe_ms: 1000,
            preset: Preset::Ultrafast,
            low_delay: true,
            ..VideoSettings::default()
        },
        audio: Some(AudioSettings::default()),
    }
}

impl Studio {
    pub(crate) fn start() -> Self {
        begin();
        let clock = Arc::new(MonotonicClock::start());
        // Longer than the program's own: these tests ask what outputs do, not whether a busy machine encodes in time.
        let pictures = Lane::new("tick→enc", 600, OnFull::DropOldest);
        let sound = Lane::new("bus→enc", 600, OnFull::DropOldest);
        let ports = EncoderPorts { pictures: pictures.clone(), sound: sound.clone() };
        let (encoder, control) = Encoder::new(encoder_spec(), ports);
        let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let tick = Tick {
            clock: Arc::clone(&clock),
            pictures: pictures.clone(),
            sound,
            stop: Arc::clone(&stop),
            sent: Arc::clone(&sent),
        };
        let threads = vec![
            spawn(&ThreadName::new("enc-main"), move || encoder.run()).unwrap(),
            spawn(&ThreadName::new("tick"), move || tick.run()).unwrap(),
        ];
        Self { clock, encoder: control, pictures, sent, stop, threads, outputs: Vec::new() }
    }

    pub(crate) fn output(&mut self, name: &str, kind: OutputKind) -> OutputControl {
        let spec = OutputSpec { id: OutputId::new(name).unwrap(), kind, audio: true };
        let lane = spec.lane();
        let (output, control) = Output::new(spec, lane.clone());
        self.encoder.attach(&lane);
        let thread = spawn(&ThreadName::new(&format!("out-{name}")), move || output.run()).unwrap();
        self.outputs.push((control.clone(), thread));
        control
    }

    pub(crate) fn record(&mut self, path: &Path) -> OutputControl {
        self.output("recording", OutputKind::Record { path: path.to_owned() })
    }

    /// Waits for `count` more pictures of the tick.
    pub(crate) fn pictures(&self, count: u64) {
        let until = self.sent.load(Ordering::Relaxed) + count;
        wait_until("pictures from the tick", || self.sent.load(Ordering::Relaxed) >= until);
    }

    /// Ends the show as the program does: tick, encoder, outputs.
    pub(crate) fn finish(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..).rev() {
            thread.join().unwrap();
        }
        for (control, thread) in self.outputs.drain(..) {
            control.stop();
            thread.join().unwrap();
        }
    }
}

/// Whether the picture of this count sounds: lips and voice can be compared.
pub(crate) fn is_beat(count: u32) -> bool {
    count.is_multiple_of(15)
}

struct Tick {
    clock: Arc<MonotonicClock>,
    pictures: Lane<Picture>,
    sound: Lane<AudioBlock>,
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
}

impl Tick {
    fn run(self) {
        let pool = PicturePool::new(16);
        let first = rate().index_at(self.clock.now()).0 + 1;
        let mut count = 0_u32;
        while !self.stop.load(Ordering::Relaxed) {
            let due = rate().due(Frames(first + u64::from(count)));
            std::thread::sleep(due.since(self.clock.now()));
            self.pictures.push(counted(&pool, count, due)).unwrap();
            let loud = if is_beat(count) { 0.6 } else { 0.0 };
            let phase = |n: usize| ((count as usize * 1600 + n) as f32 * 0.06).sin() * loud;
            let samples = (0..1600).flat_map(|n| [phase(n), phase(n)]).collect();
            self.sound.push(AudioBlock { pts: due, samples }).unwrap();
            count += 1;
            self.sent.store(u64::from(count), Ordering::Relaxed);
        }
        self.pictures.close();
    }
}

/// An input at work, and what a show sees of it.
pub(crate) struct Source {
    pub(crate) clock: Arc<MonotonicClock>,
    pub(crate) slot: Arc<Slot>,
    pub(crate) sound: Lane<AudioBlock>,
    pub(crate) events: Lane<InputEvent>,
    pub(crate) control: InputControl,
    thread: Option<JoinHandle<()>>,
}

impl Source {
    pub(crate) fn open(kind: InputKind) -> Self {
        begin();
        let clock = Arc::new(MonotonicClock::start());
        let slot = Arc::new(Slot::new());
        let sound = Lane::new("in→audio", 64, OnFull::DropOldest);
        let events = Lane::new("in→show", 1024, OnFull::DropOldest);
        let spec = InputSpec { id: InputId::new("cam").unwrap(), kind, audio: true };
        let ports = InputPorts {
            pictures: Arc::clone(&slot),
            sound: sound.clone(),
            events: events.clone(),
            clock: Arc::<MonotonicClock>::clone(&clock),
        };
        let (input, control) = Input::new(spec, ports);
        let thread = spawn(&ThreadName::new("in-cam"), move || input.run()).unwrap();
        Self { clock, slot, sound, events, control, thread: Some(thread) }
    }

    pub(crate) fn now_showing(&self) -> Option<Picture> {
        self.slot.pick(self.clock.now()).map(|picked| picked.picture)
    }

    pub(crate) fn wait_for_picture(&self) -> Picture {
        wait_until("a first picture", || self.now_showing().is_some());
        self.now_showing().unwrap()
    }

    /// Waits for a state, whatever comes before; gives the state.
    pub(crate) fn wait_for(&self, what: &str, is: impl Fn(&InputState) -> bool) -> InputEvent {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.events.pop(left) {
                vitrine_media::Popped::Next(event) if is(&event.state) => return event,
                vitrine_media::Popped::Next(_) => {}
                _ => panic!("no event {what}; {:?}", self.control.stats()),
            }
        }
    }

    pub(crate) fn wait_live(&self) {
        self.wait_for("Live", |s| *s == InputState::Live);
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.control.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The average of a square of a plane.
pub(crate) fn mean(picture: &Picture, plane: usize, x: usize, y: usize, side: usize) -> f64 {
    let plane = picture.plane(plane);
    let rows = (y..y + side).flat_map(|y| &plane.bytes[y * plane.stride + x..y * plane.stride + x + side]);
    rows.map(|b| f64::from(*b)).sum::<f64>() / (side * side) as f64
}

pub(crate) fn folder() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_owned();
    (dir, path)
}

/// How much later than its picture each beat sounds, in milliseconds, as a show would see and hear it.
pub(crate) fn lip_sync(source: &Source, beats: usize) -> Vec<f64> {
    let (mut seen, mut heard): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut quiet = 0_usize;
    wait_until("beats", || {
        if let Some(picture) = source.now_showing() {
            let plane = picture.plane(0);
            let count = read_count(&plane.bytes[8 * plane.stride..9 * plane.stride]);
            let at = picture.pts().seconds() * 1e3;
            if is_beat(count) && seen.last() != Some(&at) {
                seen.push(at);
            }
        }
        while let vitrine_media::Popped::Next(block) = source.sound.pop(Duration::ZERO) {
            for (n, frame) in block.samples.chunks_exact(2).enumerate() {
                if frame[0].abs() < 0.05 {
                    quiet += 1;
                } else {
                    if quiet > 4800 {
                        heard.push(block.pts.seconds() * 1e3 + n as f64 / 48.0);
                    }
                    quiet = 0;
                }
            }
        }
        seen.len() > beats + 1 && heard.len() > beats + 1
    });
    let nearest = |at: f64| heard.iter().map(|h| h - at).min_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap();
    // The first and the last may lie outside of what was collected of the other.
    seen[1..=beats].iter().map(|at| nearest(*at)).collect()
}

pub(crate) fn wait_for_live(output: &OutputControl) {
    let began = Instant::now();
    while output.stats().state.word() != "live" {
        assert!(began.elapsed() < PATIENCE, "not live: {:?}", output.stats());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Starts GStreamer; `RUST_LOG` with `GST_DEBUG` show what it does.
pub(crate) fn begin() {
    let filter = tracing_subscriber::EnvFilter::from_default_env();
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
    vitrine_pipeline::init().unwrap();
}
