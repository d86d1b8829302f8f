//! Frames per second of the renderers, beside GStreamer and ffmpeg on the same pictures in the same run.

use super::compare::compare;
use super::demo::Demo;
use super::pace::{Pace, RUN, RUNS, Work, copy_rate, memory_mb, pace};
use super::peers::{self, Peer, PeerPace};
use super::plot;
use crate::cli::BenchArgs;
use anyhow::anyhow;
use serde::Serialize;
use vitrine_media::Size;
use vitrine_render::Renderer;
use vitrine_render::cases::{Bench, Case, all};
use vitrine_render::cpu::CpuRenderer;
use vitrine_render::gpu::{GpuOptions, GpuRenderer};
use vitrine_scene::grade::{Key, KeyGrade};

/// The case of the demo show, which is no case of the renderers' own.
const SHOW: &str = "show";

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    pub(super) case: String,
    pub(super) size: String,
    renderer: &'static str,
    adapter: String,
    pub(super) fps: f64,
    mpx_per_s_core: f64,
    cpu_ms_per_frame: f64,
    memory_mb: f64,
    bytes_per_frame: u64,
    copy_limit_fps: f64,
    pub(super) peer: Option<&'static str>,
    peer_fps: Option<f64>,
    peer_cpu_ms_per_frame: Option<f64>,
    peer_memory_mb: Option<f64>,
    pub(super) ratio: Option<f64>,
    /// Why a peer has no figure, or what makes it differ.
    note: Option<String>,
}

/// The machine, measured once.
struct Machine {
    cores: usize,
    copy_rate: f64,
    /// Our GPU path on an adapter that is emulated on the CPU, one renderer a canvas; empty where there is none.
    software: Vec<Box<dyn Renderer>>,
}

/// Runs all cases that were asked for.
pub(super) fn bench(args: &BenchArgs) -> anyhow::Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if let Some(path) = &args.plot {
        return plot::plot(path, cores);
    }
    let sizes = sizes(args.size.as_deref())?;
    let names: Vec<&str> = all().map(Case::name).into_iter().chain([SHOW]).collect();
    if let Some(name) = args.case.as_deref().filter(|name| !names.contains(name)) {
        return Err(anyhow!("there is no case {name}; there are: {}", names.join(", ")));
    }
    let mut machine = Machine { cores, copy_rate: copy_rate(cores), software: software() };
    let mut rows = Vec::new();
    for (name, size) in sizes {
        for case in names.iter().filter(|name| args.case.as_deref().is_none_or(|wanted| wanted == **name)) {
            eprintln!("{case} {name}");
            match Case::named(case) {
                Some(case) => rows.extend(of_case(case, name, size, &mut machine)),
                None => rows.extend(of_demo(name, size, &mut machine)),
            }
        }
    }
    if args.json {
        let machine = format!("{} cores, copies {:.1} GB/s", cores, machine.copy_rate / 1e9);
        println!("{:#}", serde_json::json!({ "machine": machine, "cases": rows }));
    } else {
        print(&rows, cores, machine.copy_rate);
    }
    args.compare.as_deref().map_or(Ok(()), |path| compare(&rows, path))
}

fn sizes(wanted: Option<&str>) -> anyhow::Result<Vec<(&'static str, Size)>> {
    let all = [("720p", (1280, 720)), ("1080p", (1920, 1080)), ("4k", (3840, 2160))];
    let chosen = all.into_iter().filter(|(name, _)| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(name)));
    let chosen: Vec<_> = chosen.map(|(name, (w, h))| (name, Size::new(w, h))).collect();
    if chosen.is_empty() {
        return Err(anyhow!("there is no size {}; there are: 720p, 1080p, 4k", wanted.unwrap_or_default()));
    }
    Ok(chosen)
}

fn software() -> Vec<Box<dyn Renderer>> {
    let options = GpuOptions { software: true, ..GpuOptions::default() };
    let one = || GpuRenderer::new(&options).ok().filter(|gpu| gpu.info().software);
    let made: Vec<Box<dyn Renderer>> = (0..2).filter_map(|_| one().map(|gpu| Box::new(gpu) as _)).collect();
    if made.is_empty() {
        eprintln!("no wgpu-software: there is no software Vulkan here (Debian: mesa-vulkan-drivers)");
    }
    made
}

/// Our own CPU renderers, one a canvas, on shared threads.
pub(super) fn ours(threads: usize, canvases: usize) -> Vec<Box<dyn Renderer>> {
    let first = CpuRenderer::new(threads);
    let mut beside: Vec<Box<dyn Renderer>> = (1..canvases).map(|_| Box::new(first.beside()) as _).collect();
    beside.insert(0, Box::new(first));
    beside
}

/// All figures of one case at one size, beside every peer.
fn of_case(case: Case, size_name: &str, size: Size, machine: &mut Machine) -> Vec<Row> {
    let mut peers = peers::run(case, size);
    let grades: &[(&str, Option<KeyGrade>)] = match case {
        Case::Key => &[("key-fast", Some(KeyGrade::Fast)), ("key-fine", Some(KeyGrade::Fine))],
        _ => &[(case.name(), None)],
    };
    let canvas_pixels = (0..case.canvases()).map(|canvas| case.canvas(size, canvas).pixels()).sum();
    let mut rows = Vec::new();
    for (label, grade) in grades {
        let bench = |still: bool| {
            let bench = Bench::new(case, size);
            let bench = if still { bench.still() } else { bench };
            match grade {
                Some(grade) => bench.with_key(Key { grade: *grade, ..Key::default() }),
                None => bench,
            }
        };
        let work = bench(false);
        peers.retain(|peer| peer.name != WGPU);
        peers.extend(machine.software(&Work::Case(&work)));
        let frame = Frame { label, size_name, canvas_pixels, bytes: case.bytes_per_frame(size) };
        rows.extend(machine.rows(&frame, &Work::Case(&work), peers.iter().filter(|peer| !peer.still)));
        if peers.iter().any(|peer| peer.still) {
            let still = bench(true);
            rows.extend(machine.rows(&frame, &Work::Case(&still), peers.iter().filter(|peer| peer.still)));
        }
    }
    rows
}

/// All figures of the demo show at one size.
fn of_demo(size_name: &str, size: Size, machine: &mut Machine) -> Vec<Row> {
    let demo = match Demo::new(size) {
        Ok(demo) => demo,
        Err(why) => {
            eprintln!("no {SHOW}: {why:#} (run this from the root of the repository)");
            return Vec::new();
        }
    };
    let work = Work::Demo(&demo);
    let software = machine.software(&work);
    // What its stills need depends on the scene; each canvas byte has to be written at least.
    let frame = Frame { label: SHOW, size_name, canvas_pixels: size.pixels(), bytes: size.pixels() * 3 / 2 };
    machine.rows(&frame, &work, software.iter())
}

/// Our GPU path's name as a peer.
const WGPU: &str = "wgpu-software";

/// What a row says of its case.
struct Frame<'a> {
    label: &'a str,
    size_name: &'a str,
    /// Pixels of all canvases together.
    canvas_pixels: u64,
    bytes: u64,
}

impl Machine {
    /// Our own GPU path on an adapter that is emulated on the CPU, as a peer.
    fn software(&mut self, work: &Work<'_>) -> Option<Peer> {
        let renderers = self.software.get_mut(..work.canvases())?;
        let Pace { fps, cpu_ms } = pace(renderers, work, RUNS, RUN);
        Some(Peer { name: WGPU, still: false, pace: Ok(PeerPace { fps, cpu_ms, memory_mb: 0.0 }) })
    }

    /// Measures us once, and gives a row for each peer; one without a peer if there is none.
    fn rows<'a>(&self, frame: &Frame<'_>, work: &Work<'_>, peers: impl Iterator<Item = &'a Peer>) -> Vec<Row> {
        let before = memory_mb();
        let mut renderers = ours(self.cores, work.canvases());
        let pace = pace(&mut renderers, work, RUNS, RUN);
        #[allow(clippy::cast_precision_loss, reason = "bytes and pixels of a frame")]
        let (pixels, bytes) = (frame.canvas_pixels as f64, frame.bytes as f64);
        let alone = Row {
            case: frame.label.to_owned(),
            size: frame.size_name.to_owned(),
            renderer: "cpu",
            adapter: renderers.first().map(|renderer| renderer.info().adapter).unwrap_or_default(),
            fps: pace.fps,
            mpx_per_s_core: pixels / 1e6 / (pace.cpu_ms / 1000.0),
            cpu_ms_per_frame: pace.cpu_ms,
            memory_mb: (memory_mb() - before).max(0.0),
            bytes_per_frame: frame.bytes,
            copy_limit_fps: self.copy_rate / bytes,
            peer: None,
            peer_fps: None,
            peer_cpu_ms_per_frame: None,
            peer_memory_mb: None,
            ratio: None,
            note: None,
        };
        let rows: Vec<Row> = peers.map(|peer| alone.clone().beside(peer)).collect();
        if rows.is_empty() { vec![alone] } else { rows }
    }
}

impl Row {
    fn beside(self, peer: &Peer) -> Self {
        let row = Self { peer: Some(peer.name), ..self };
        match &peer.pace {
            Ok(pace) => Self {
                peer_fps: Some(pace.fps),
                peer_cpu_ms_per_frame: Some(pace.cpu_ms),
                peer_memory_mb: Some(pace.memory_mb).filter(|memory| *memory > 0.0),
                ratio: Some(row.fps / pace.fps),
                note: peer.still.then(|| "both are given one picture over and over, from memory".to_owned()),
                ..row
            },
            Err(why) => {
                eprintln!("{} {}: no {}: {why}", row.case, row.size, peer.name);
                Self { note: Some(why.clone()), ..row }
            }
        }
    }

    #[cfg(test)]
    pub(super) fn example() -> Self {
        Self {
            case: "quad".to_owned(),
            size: "1080p".to_owned(),
            renderer: "cpu",
            adapter: "scalar, 1 thread".to_owned(),
            fps: 1.0,
            mpx_per_s_core: 1.0,
            cpu_ms_per_frame: 1.0,
            memory_mb: 1.0,
            bytes_per_frame: 1,
            copy_limit_fps: 1.0,
            peer: Some("ffmpeg"),
            peer_fps: Some(1.0),
            peer_cpu_ms_per_frame: Some(1.0),
            peer_memory_mb: None,
            ratio: Some(1.0),
            note: None,
        }
    }
}

fn print(rows: &[Row], cores: usize, copy_rate: f64) {
    println!("{cores} cores; copies {:.1} GB/s (bytes read and written)", copy_rate / 1e9);
    println!(
        "{:<10} {:<6} {:>9} {:>9} {:>9} {:>7} {:>8}  {:<26} {:>9} {:>9} {:>8}",
        "case", "size", "fps", "CPU ms", "Mpx/s·c", "MB", "of limit", "peer", "peer fps", "peer CPU", "ratio"
    );
    let or_dash = |value: Option<f64>, unit: &str| value.map_or("–".to_owned(), |v| format!("{v:.1}{unit}"));
    for r in rows {
        println!(
            "{:<10} {:<6} {:>9.1} {:>9.2} {:>9.1} {:>7.0} {:>7.2}×  {:<26} {:>9} {:>9} {:>8}",
            r.case,
            r.size,
            r.fps,
            r.cpu_ms_per_frame,
            r.mpx_per_s_core,
            r.memory_mb,
            r.copy_limit_fps / r.fps,
            r.peer.unwrap_or("–"),
            or_dash(r.peer_fps, ""),
            or_dash(r.peer_cpu_ms_per_frame, ""),
            or_dash(r.ratio, "×"),
        );
    }
}
