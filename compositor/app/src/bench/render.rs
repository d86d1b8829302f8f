//! Frames per second of the renderers, beside GStreamer and ffmpeg on the same pictures in the same run.

use super::compare::compare;
use super::demo::Demo;
use super::pace::{Pace, RUN, RUNS, Runner, Work, copy_rate, median, memory_mb};
use super::peers::{Line, PeerPace, Peers};
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
    let peers = Peers::of(case, size);
    let grades: &[(&str, Option<KeyGrade>)] = match case {
        Case::Key => &[("key-fast", Some(KeyGrade::Fast)), ("key-fine", Some(KeyGrade::Fine))],
        _ => &[(case.name(), None)],
    };
    let canvas_pixels = (0..case.canvases()).map(|canvas| case.canvas(size, canvas).pixels()).sum();
    let mut rows = Vec::new();
    for (label, grade) in grades {
        let frame = Frame { label, size_name, canvas_pixels, bytes: case.bytes_per_frame(size) };
        for still in [false, true] {
            let lines: Vec<&Line> = peers.lines.iter().filter(|line| line.still == still).collect();
            if lines.is_empty() {
                continue;
            }
            let bench = Bench::new(case, size);
            let bench = if still { bench.still() } else { bench };
            let bench = match grade {
                Some(grade) => bench.with_key(Key { grade: *grade, ..Key::default() }),
                None => bench,
            };
            rows.extend(machine.rows(&frame, &Work::Case(&bench), &peers, &lines));
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
    // What its stills need depends on the scene; each canvas byte has to be written at least.
    let frame = Frame { label: SHOW, size_name, canvas_pixels: size.pixels(), bytes: size.pixels() * 3 / 2 };
    machine.rows(&frame, &Work::Demo(&demo), &Peers::none(), &[])
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
    /// Measures us beside each of these peers, and beside our GPU path on an emulated adapter: a row for each, or one
    /// without a peer if there is none.
    fn rows(&mut self, frame: &Frame<'_>, work: &Work<'_>, peers: &Peers, lines: &[&Line]) -> Vec<Row> {
        let before = memory_mb();
        let mut renderers = ours(self.cores, work.canvases());
        let adapter = renderers.first().map(|renderer| renderer.info().adapter).unwrap_or_default();
        let mut us = Runner::new(&mut renderers, work);
        let memory_mb = (memory_mb() - before).max(0.0);
        #[allow(clippy::cast_precision_loss, reason = "bytes and pixels of a frame")]
        let (pixels, bytes) = (frame.canvas_pixels as f64, frame.bytes as f64);
        let copy_limit_fps = self.copy_rate / bytes;
        let row = |ours: Pace| Row {
            case: frame.label.to_owned(),
            size: frame.size_name.to_owned(),
            renderer: "cpu",
            adapter: adapter.clone(),
            fps: ours.fps,
            mpx_per_s_core: pixels / 1e6 / (ours.cpu_ms / 1000.0),
            cpu_ms_per_frame: ours.cpu_ms,
            memory_mb,
            bytes_per_frame: frame.bytes,
            copy_limit_fps,
            peer: None,
            peer_fps: None,
            peer_cpu_ms_per_frame: None,
            peer_memory_mb: None,
            ratio: None,
            note: None,
        };
        let mut rows = Vec::new();
        for line in lines {
            let ready = peers.ready(line);
            let turns = ready.and_then(|peer| beside(&mut us, || peer.run()));
            let note = line.still.then_some("both are given one picture over and over, from memory");
            rows.push(match turns {
                Ok(turns) => row(turns.ours).beside(line.name, &turns, note),
                Err(why) => {
                    eprintln!("{} {}: no {}: {why}", frame.label, frame.size_name, line.name);
                    Row { peer: Some(line.name), note: Some(why), ..row(us.pace(RUN)) }
                }
            });
        }
        // One picture over and over tells nothing of a renderer that is emulated.
        let emulated = lines.iter().all(|line| !line.still).then(|| self.software.get_mut(..work.canvases())).flatten();
        if let Some(emulated) = emulated {
            // Not in turns: what it has begun and nobody waits for goes on while we run.
            let Pace { fps, cpu_ms } = Runner::new(emulated, work).pace(RUN);
            let (peer, ours) = (PeerPace { fps, cpu_ms, memory_mb: 0.0 }, us.pace(RUN));
            rows.push(row(ours).beside(WGPU, &Turns { ours, peer, ratio: ours.fps / fps }, None));
        }
        if rows.is_empty() { vec![row(us.pace(RUN))] } else { rows }
    }
}

/// Medians over runs that we and a peer made in turns.
struct Turns {
    ours: Pace,
    peer: PeerPace,
    /// Median of the ratios of each two runs that lie side by side: a machine that is slower for a while is so for both.
    ratio: f64,
}

/// Runs a peer and us in turns.
fn beside(us: &mut Runner<'_>, mut peer: impl FnMut() -> Result<PeerPace, String>) -> Result<Turns, String> {
    let mut turns = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        turns.push((peer()?, us.run(RUN)));
    }
    let turns: [(PeerPace, Pace); RUNS] = turns.try_into().map_err(|_| "it was not run".to_owned())?;
    Ok(Turns {
        ours: median(turns.map(|(_, ours)| ours), |ours| ours.fps),
        peer: median(turns.map(|(peer, _)| peer), |peer| peer.fps),
        ratio: median(turns.map(|(peer, ours)| ours.fps / peer.fps), |ratio| *ratio),
    })
}

impl Row {
    fn beside(self, peer: &'static str, turns: &Turns, note: Option<&str>) -> Self {
        Self {
            peer: Some(peer),
            peer_fps: Some(turns.peer.fps),
            peer_cpu_ms_per_frame: Some(turns.peer.cpu_ms),
            peer_memory_mb: Some(turns.peer.memory_mb).filter(|memory| *memory > 0.0),
            ratio: Some(turns.ratio),
            note: note.map(str::to_owned),
            ..self
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
