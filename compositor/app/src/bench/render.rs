//! Frames per second of the renderers, beside GStreamer and ffmpeg on the same pictures in the same run.

use super::peers::{self, Peer};
use crate::cli::BenchArgs;
use crate::stats::cpu_seconds;
use anyhow::anyhow;
use serde::Serialize;
use std::time::{Duration, Instant};
use vitrine_media::{ShowTime, Size};
use vitrine_render::Renderer;
use vitrine_render::cases::{Bench, Case, all};
use vitrine_render::cpu::CpuRenderer;
use vitrine_render::gpu::{GpuOptions, GpuRenderer};
use vitrine_scene::grade::{Key, KeyGrade};

/// Each figure is the median of so many runs.
const RUNS: usize = 5;
/// Length of one run of a fast renderer.
const RUN: Duration = Duration::from_millis(600);
/// Bytes of the buffer that the machine's copy rate is measured on, per thread: larger than any cache.
const COPY_BYTES: usize = 128 << 20;

/// One figure.
#[derive(Debug, Serialize)]
struct Row {
    case: String,
    size: String,
    renderer: &'static str,
    adapter: String,
    fps: f64,
    mpx_per_s_core: f64,
    cpu_ms_per_frame: f64,
    bytes_per_frame: u64,
    copy_limit_fps: f64,
    peer: Option<&'static str>,
    peer_fps: Option<f64>,
    ratio: Option<f64>,
}

/// A renderer's pace in one case.
struct Pace {
    fps: f64,
    cpu_ms: f64,
}

/// Runs all cases that were asked for.
pub(super) fn bench(args: &BenchArgs) -> anyhow::Result<()> {
    let sizes: Vec<(&str, Size)> = [("720p", (1280, 720)), ("1080p", (1920, 1080)), ("4k", (3840, 2160))]
        .into_iter()
        .filter(|(name, _)| args.size.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(name)))
        .map(|(name, (w, h))| (name, Size::new(w, h)))
        .collect();
    let cases: Vec<Case> = match &args.case {
        None => all().to_vec(),
        Some(name) => {
            let known = || all().map(Case::name).join(", ");
            vec![Case::named(name).ok_or_else(|| anyhow!("there is no case {name}; there are: {}", known()))?]
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let copy_rate = copy_rate(cores);
    let mut rows = Vec::new();
    for (name, size) in sizes {
        for case in &cases {
            eprintln!("{} {name}", case.name());
            rows.extend(one(*case, name, size, copy_rate));
        }
    }
    if args.json {
        let machine = format!("{} cores, copies {:.1} GB/s", cores, copy_rate / 1e9);
        println!("{:#}", serde_json::json!({ "machine": machine, "cases": rows }));
    } else {
        print(&rows, cores, copy_rate);
    }
    Ok(())
}

fn print(rows: &[Row], cores: usize, copy_rate: f64) {
    println!("{cores} cores; copies {:.1} GB/s (bytes read and written)", copy_rate / 1e9);
    println!(
        "{:<10} {:<6} {:<9} {:>9} {:>10} {:>9} {:>10}  {:<22} {:>9} {:>7}",
        "case", "size", "renderer", "fps", "CPU ms/fr", "Mpx/s·c", "of limit", "peer", "peer fps", "ratio"
    );
    for r in rows {
        println!(
            "{:<10} {:<6} {:<9} {:>9.1} {:>10.2} {:>9.1} {:>9.1}×  {:<22} {:>9} {:>7}",
            r.case,
            r.size,
            r.renderer,
            r.fps,
            r.cpu_ms_per_frame,
            r.mpx_per_s_core,
            r.copy_limit_fps / r.fps,
            r.peer.unwrap_or("–"),
            r.peer_fps.map_or("–".to_owned(), |fps| format!("{fps:.1}")),
            r.ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.1}×")),
        );
    }
}

/// All figures of one case at one size: our renderers, each beside every peer.
fn one(case: Case, name: &'static str, size: Size, copy_rate: f64) -> Vec<Row> {
    let peers = peers::run(case, size);
    let grades: &[(&str, Option<KeyGrade>)] = match case {
        Case::Key => &[("key-fast", Some(KeyGrade::Fast)), ("key-fine", Some(KeyGrade::Fine))],
        _ => &[("", None)],
    };
    let mut rows = Vec::new();
    for (label, grade) in grades {
        let mut bench = Bench::new(case, size);
        if let Some(grade) = grade {
            bench = bench.with_key(Key { grade: *grade, ..Key::default() });
        }
        let label = if label.is_empty() { case.name() } else { label };
        let mut cpu = CpuRenderer::new(std::thread::available_parallelism().map_or(1, usize::from));
        let ours = pace(&mut cpu, &bench, RUNS);
        let info = cpu.info();
        let row = |peer: Option<&Peer>, pace: &Pace, kind: &'static str, adapter: &str| Row {
            case: label.to_owned(),
            size: name.to_owned(),
            renderer: kind,
            adapter: adapter.to_owned(),
            fps: pace.fps,
            mpx_per_s_core: megapixels(case.canvas(size)) / (pace.cpu_ms / 1000.0),
            cpu_ms_per_frame: pace.cpu_ms,
            bytes_per_frame: case.bytes_per_frame(size),
            copy_limit_fps: per(copy_rate, case.bytes_per_frame(size)),
            peer: peer.map(|peer| peer.name),
            peer_fps: peer.map(|peer| peer.fps),
            ratio: peer.map(|peer| pace.fps / peer.fps),
        };
        let software = software_gpu(&bench);
        let all = peers.iter().chain(software.iter());
        let mut of_case: Vec<Row> = all.map(|peer| row(Some(peer), &ours, "cpu", &info.adapter)).collect();
        if of_case.is_empty() {
            of_case.push(row(None, &ours, "cpu", &info.adapter));
        }
        rows.extend(of_case);
    }
    rows
}

/// Our own GPU path on an adapter that is emulated on the CPU, as a peer.
fn software_gpu(bench: &Bench) -> Option<Peer> {
    let options = GpuOptions { software: true, ..GpuOptions::default() };
    let mut gpu = GpuRenderer::new(&options).ok().filter(|gpu| gpu.info().software)?;
    let pace = pace(&mut gpu, bench, 1);
    Some(Peer { name: "wgpu-software", fps: pace.fps })
}

/// Median pace over `runs` runs.
fn pace(renderer: &mut dyn Renderer, bench: &Bench, runs: usize) -> Pace {
    let mut list = bench.list(0);
    let mut frame = |index: usize| {
        bench.write_list(index, &mut list);
        // A frame that can't be drawn shows as an absurd pace, which is what the reader has to see.
        drop(renderer.draw(&list, &bench.pictures(index), ShowTime::from_millis(index as u64 * 33)));
    };
    (0..4).for_each(&mut frame);
    let mut index = 4;
    let mut all: Vec<Pace> = (0..runs)
        .map(|_| {
            let (began, cpu, first) = (Instant::now(), cpu_seconds(), index);
            while began.elapsed() < RUN || index - first < 3 {
                frame(index);
                index += 1;
            }
            let frames = count(index - first);
            Pace { fps: frames / began.elapsed().as_secs_f64(), cpu_ms: (cpu_seconds() - cpu) * 1000.0 / frames }
        })
        .collect();
    all.sort_by(|a, b| a.fps.total_cmp(&b.fps));
    all.swap_remove(all.len() / 2)
}

/// Bytes per second, read and written together, that all cores copy at once.
fn copy_rate(cores: usize) -> f64 {
    let mut best = 0f64;
    // Every page is written before it is timed: the first touch of memory is the system's work, not a copy's.
    let mut buffers: Vec<(Vec<u8>, Vec<u8>)> = (0..cores).map(|_| (vec![1; COPY_BYTES], vec![2; COPY_BYTES])).collect();
    for _ in 0..RUNS {
        let began = Instant::now();
        std::thread::scope(|scope| {
            for (from, to) in &mut buffers {
                scope.spawn(|| to.copy_from_slice(from));
            }
        });
        best = best.max(count(2 * COPY_BYTES * cores) / began.elapsed().as_secs_f64());
    }
    best
}

#[allow(clippy::cast_precision_loss, reason = "counts of frames and bytes of a benchmark")]
fn count(n: usize) -> f64 {
    n as f64
}

#[allow(clippy::cast_precision_loss, reason = "bytes of a frame")]
fn per(rate: f64, bytes: u64) -> f64 {
    rate / bytes as f64
}

#[allow(clippy::cast_precision_loss, reason = "pixels of a frame")]
fn megapixels(size: Size) -> f64 {
    size.pixels() as f64 / 1e6
}
