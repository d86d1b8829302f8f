//! The same work by others: GStreamer's `compositor` and `alpha`, ffmpeg's filters, on raw pictures in memory.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use vitrine_media::{Picture, PixelFormat, Size};
use vitrine_render::cases::{Bench, Case};

/// Pictures in each raw file: enough that starting a process hardly counts, and that is taken off besides.
const PICTURES: usize = 120;
/// The same at 4K, where a picture has four times the bytes.
const PICTURES_4K: usize = 40;
/// Runs of each peer; the median counts.
const RUNS: usize = 5;

/// A peer's pace.
pub(super) struct Peer {
    /// Which.
    pub(super) name: &'static str,
    /// Frames per second.
    pub(super) fps: f64,
}

/// Runs every peer that is installed and can do the case.
pub(super) fn run(case: Case, size: Size) -> Vec<Peer> {
    let Some(lines) = lines(case, size) else { return Vec::new() };
    let pictures = if size.width > 1920 { PICTURES_4K } else { PICTURES };
    let Some(files) = raw_files(case, size, pictures) else { return Vec::new() };
    let fps = |line: &dyn Fn(&[PathBuf]) -> Vec<String>| {
        let whole = median(&line(&files.long))?;
        let start = median(&line(&files.short))?;
        #[allow(clippy::cast_precision_loss, reason = "a few hundred pictures")]
        let frames = (pictures - 1) as f64;
        Some(frames / (whole - start).max(1e-3))
    };
    let peers = lines.into_iter().filter_map(|(name, line)| Some(Peer { name, fps: fps(&*line)? }));
    peers.collect()
}

type Line = Box<dyn Fn(&[PathBuf]) -> Vec<String>>;

/// How each peer is called for a case.
fn lines(case: Case, size: Size) -> Option<Vec<(&'static str, Line)>> {
    let Size { width: w, height: h } = size;
    let gst = |pads: String, chain: Vec<&'static str>| -> Line {
        Box::new(move |files| gst_line(files, size, &pads, &chain))
    };
    let ffmpeg = |filter: String| -> Line { Box::new(move |files| ffmpeg_line(files, size, &filter)) };
    Some(match case {
        Case::Pass => vec![("gstreamer-compositor", gst(String::new(), vec![""]))],
        Case::Quad => {
            let (hw, hh) = (w / 2, h / 2);
            let pad = |n: u32| {
                let (x, y) = (n % 2 * hw, n / 2 * hh);
                format!("sink_{n}::xpos={x} sink_{n}::ypos={y} sink_{n}::width={hw} sink_{n}::height={hh} ")
            };
            let scaled: String = (0..4).map(|n| format!("[{n}]scale={hw}:{hh}[s{n}];")).collect();
            let stack = format!("{scaled}[s0][s1][s2][s3]xstack=inputs=4:layout=0_0|w0_0|0_h0|w0_h0");
            vec![("gstreamer-compositor", gst((0..4).map(pad).collect(), vec![""; 4])), ("ffmpeg", ffmpeg(stack))]
        }
        Case::Pip => {
            let pad = |n: u32| {
                let (x, y) = (w * 7 / 10, h * (5 + 30 * (n - 1)) / 100);
                format!("sink_{n}::xpos={x} sink_{n}::ypos={y} sink_{n}::width={} sink_{n}::height={} ", w / 4, h / 4)
            };
            vec![("gstreamer-compositor", gst((1..4).map(pad).collect(), vec![""; 4]))]
        }
        Case::Fade => vec![("gstreamer-compositor", gst("sink_1::alpha=0.5 ".to_owned(), vec![""; 2]))],
        Case::Key => vec![
            ("gstreamer-alpha", gst(String::new(), vec!["", "! alpha method=green "])),
            ("ffmpeg", ffmpeg("[1]chromakey=0x4ba05a:0.1:0.1[a];[0][a]overlay=format=yuv420".to_owned())),
        ],
        Case::Cards | Case::Vertical => return None,
    })
}

fn gst_line(files: &[PathBuf], size: Size, pads: &str, chain: &[&str]) -> Vec<String> {
    let Size { width: w, height: h } = size;
    let bytes = size.pixels() * 3 / 2;
    let mut line = format!(
        "gst-launch-1.0 -q compositor name=c background=black {pads} ! video/x-raw,format=I420,width={w},height={h} ! fakesink sync=false"
    );
    for (n, (file, filter)) in files.iter().zip(chain).enumerate() {
        line += &format!(
            " filesrc location={} blocksize={bytes} ! rawvideoparse format=i420 width={w} height={h} framerate=30/1 {filter}! queue max-size-buffers=3 ! c.sink_{n}",
            file.display()
        );
    }
    line.split_whitespace().map(str::to_owned).collect()
}

fn ffmpeg_line(files: &[PathBuf], size: Size, filter: &str) -> Vec<String> {
    let mut line: Vec<String> =
        ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin"].map(str::to_owned).to_vec();
    for file in files {
        let input = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-r", "30"].map(str::to_owned);
        line.extend(input);
        line.extend(["-s".to_owned(), format!("{}x{}", size.width, size.height), "-i".to_owned()]);
        line.push(file.display().to_string());
    }
    line.extend(["-filter_complex".to_owned(), filter.to_owned()]);
    line.extend(["-pix_fmt", "yuv420p", "-f", "null", "-"].map(str::to_owned));
    line
}

/// Median seconds of a command; `None` if it isn't installed or fails.
fn median(line: &[String]) -> Option<f64> {
    let (program, words) = line.split_first()?;
    let mut all = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let began = Instant::now();
        let mut command = Command::new(program);
        command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if !command.status().ok()?.success() {
            eprintln!("{program} could not do this case");
            return None;
        }
        all.push(began.elapsed().as_secs_f64());
    }
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied()
}

/// Raw pictures of every camera, in memory: a long file, and one of a single picture that tells what starting costs.
struct Files {
    folder: PathBuf,
    long: Vec<PathBuf>,
    short: Vec<PathBuf>,
}

impl Drop for Files {
    fn drop(&mut self) {
        // Left behind, they would only cost memory until the next start.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn raw_files(case: Case, size: Size, pictures: usize) -> Option<Files> {
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
    let folder = base.join(format!("vitrine-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).ok()?;
    let bench = Bench::new(case, size);
    let mut files = Files { folder, long: Vec::new(), short: Vec::new() };
    for camera in 0..case.inputs() {
        for (count, kind) in [(pictures, "long"), (1, "short")] {
            let path = files.folder.join(format!("{kind}-{camera}.yuv"));
            write(&path, &bench, camera, count)?;
            if count == 1 { files.short.push(path) } else { files.long.push(path) }
        }
    }
    Some(files)
}

fn write(path: &Path, bench: &Bench, camera: usize, count: usize) -> Option<()> {
    let mut out = BufWriter::with_capacity(4 << 20, File::create(path).ok()?);
    for index in 0..count {
        let picture: &Picture = bench.camera(camera, index)?;
        for index in 0..3 {
            let (row, rows) = PixelFormat::I420.plane_bytes(picture.size(), index);
            let plane = picture.plane(index);
            for y in 0..rows {
                out.write_all(plane.bytes.get(y * plane.stride..y * plane.stride + row)?).ok()?;
            }
        }
    }
    out.flush().ok()
}
