//! The same work by others: GStreamer's mixers and keyer, ffmpeg's filters, fed with the same raw pictures.

mod lines;

use super::pace::median;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use vitrine_media::{Picture, PixelFormat, Size};
use vitrine_render::cases::{Bench, Case};

/// Runs of a single frame, which tell what starting costs.
const STARTS: usize = 3;
/// Frames of the run that finds out how many fit into [`RUN`].
const PILOT: u32 = 8;
/// Wanted length of a run, starting not counted.
const RUN: Duration = Duration::from_millis(450);
/// Longest that a run may take.
const RUN_MAX: Duration = Duration::from_secs(60);
/// What `timeout` answers for a program that is not there.
const NOT_FOUND: i32 = 127;
/// Frames of a run at least and at most.
const FRAMES: (u32, u32) = (4, 2000);

/// A peer's pace.
#[derive(Clone, Copy)]
pub(super) struct PeerPace {
    /// Frames per second.
    pub(super) fps: f64,
    /// Processor time of one frame, in milliseconds; zero where it was not measured.
    pub(super) cpu_ms: f64,
    /// Most memory that the process held, in megabytes; zero where it was not measured.
    pub(super) memory_mb: f64,
}

/// The words of a command line, for these files and this many pictures.
type Words = Box<dyn Fn(&Files, u32) -> Vec<String>>;

/// How a peer is called: its program and arguments, for so many frames.
pub(super) struct Line {
    /// Which; a stable name.
    pub(super) name: &'static str,
    /// Whether it is fed with one picture over and over, and has to be compared with us fed alike.
    pub(super) still: bool,
    words: Words,
    environment: &'static [(&'static str, &'static str)],
}

/// Every peer that can do a case, and the pictures that they are given.
pub(super) struct Peers {
    files: Option<Files>,
    pub(super) lines: Vec<Line>,
}

impl Peers {
    /// Those of `case`.
    pub(super) fn of(case: Case, size: Size) -> Self {
        Self { files: Files::write(&Bench::new(case, size), case), lines: lines::of(case, size) }
    }

    /// None at all.
    pub(super) const fn none() -> Self {
        Self { files: None, lines: Vec::new() }
    }

    /// Makes a peer ready to be measured.
    ///
    /// # Errors
    /// Why it can't be.
    pub(super) fn ready<'a>(&'a self, line: &'a Line) -> Result<Ready<'a>, String> {
        line.ready(self.files.as_ref().ok_or("the raw pictures can't be written")?)
    }
}

/// A peer of which is known how long it takes to start, and how many frames fit into a run.
pub(super) struct Ready<'a> {
    line: &'a Line,
    files: &'a Files,
    start: Run,
    frames: u32,
}

/// One run of a process.
#[derive(Clone, Copy)]
struct Run {
    seconds: f64,
    cpu_seconds: f64,
    memory_mb: f64,
}

impl Ready<'_> {
    /// The pace of one run.
    ///
    /// # Errors
    /// Why the peer did not do it.
    pub(super) fn run(&self) -> Result<PeerPace, String> {
        let whole = self.line.once(self.files, self.frames)?;
        let more = f64::from(self.frames - 1);
        let cpu_seconds = (whole.cpu_seconds - self.start.cpu_seconds).max(0.0);
        // On a busy machine starting may have taken longer alone than with all frames behind it; but no process is
        // faster than all cores together do its work.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let least = cpu_seconds / f64::from(u32::try_from(cores).unwrap_or(1));
        Ok(PeerPace {
            fps: more / (whole.seconds - self.start.seconds).max(least).max(1e-3),
            cpu_ms: cpu_seconds * 1000.0 / more,
            memory_mb: whole.memory_mb,
        })
    }
}

impl Line {
    fn ready<'a>(&'a self, files: &'a Files) -> Result<Ready<'a>, String> {
        let starts: [Run; STARTS] = [self.once(files, 1)?, self.once(files, 1)?, self.once(files, 1)?];
        let start = median(starts, |run| run.seconds);
        let pilot = self.once(files, PILOT)?;
        let each = ((pilot.seconds - start.seconds) / f64::from(PILOT - 1)).max(1e-4);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a few thousand")]
        let frames = ((RUN.as_secs_f64() / each) as u32).clamp(FRAMES.0, FRAMES.1);
        Ok(Ready { line: self, files, start, frames })
    }

    fn once(&self, files: &Files, frames: u32) -> Result<Run, String> {
        let words = (self.words)(files, frames);
        let (program, words) = words.split_first().ok_or("no command")?;
        let began = Instant::now();
        // A peer that hangs, as GL does on some machines, must not hold up the rest.
        let child = Command::new("timeout")
            .arg(RUN_MAX.as_secs().to_string())
            .arg(program)
            .args(words)
            .envs(self.environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|_| "timeout (coreutils) is not installed".to_owned())?;
        let (status, cpu_seconds, memory_mb) = wait(child).map_err(|error| format!("{program}: {error}"))?;
        if status.code() == Some(NOT_FOUND) {
            return Err(format!("{program} is not installed"));
        }
        if !status.success() {
            return Err(format!("{program} can't do this here ({status})"));
        }
        Ok(Run { seconds: began.elapsed().as_secs_f64(), cpu_seconds, memory_mb })
    }
}

/// Waits for a process and asks what it used: processor seconds, and the most memory in megabytes.
fn wait(child: Child) -> std::io::Result<(ExitStatus, f64, f64)> {
    let id = libc::pid_t::try_from(child.id()).map_err(|_| std::io::ErrorKind::InvalidInput)?;
    let mut status = 0;
    // SAFETY: wait4 writes the two values that it is given and nothing else; zeroed is a valid rusage, and `child`
    // is ours and not waited for by anyone else.
    let (found, usage) = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        (libc::wait4(id, &raw mut status, 0, &raw mut usage), usage)
    };
    if found != id {
        return Err(std::io::Error::last_os_error());
    }
    #[allow(clippy::cast_precision_loss, reason = "seconds and kilobytes of a process fit an f64")]
    let (seconds, memory) =
        (|t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6, usage.ru_maxrss as f64 / 1024.0);
    Ok((ExitStatus::from_raw(status), seconds(usage.ru_utime) + seconds(usage.ru_stime), memory))
}

/// The pictures as raw files in memory: for each camera one file a picture, and one file with all of them.
struct Files {
    folder: PathBuf,
    /// Pictures of each camera.
    pictures: usize,
}

impl Drop for Files {
    fn drop(&mut self) {
        // Left behind, they would only cost memory until the next start.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Files {
    fn write(bench: &Bench, case: Case) -> Option<Self> {
        let memory = Path::new("/dev/shm");
        let base = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
        let folder = base.join(format!("vitrine-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).ok()?;
        let files = Self { folder, pictures: bench.in_turn() };
        for camera in 0..case.inputs() {
            let mut all = create(&files.film(camera))?;
            for index in 0..files.pictures {
                let picture = bench.camera(camera, index)?;
                let mut one = create(&files.folder.join(format!("camera-{camera}-{index}.yuv")))?;
                write(&mut one, picture)?;
                write(&mut all, picture)?;
            }
        }
        for n in 0.. {
            let Some(card) = bench.card(n) else { break };
            write(&mut create(&files.card(n))?, card)?;
        }
        Some(files)
    }

    /// All pictures of a camera in one file.
    fn film(&self, camera: usize) -> PathBuf {
        self.folder.join(format!("camera-{camera}.yuv"))
    }

    /// The pattern of a camera's files of one picture each.
    fn pattern(&self, camera: usize) -> String {
        self.folder.join(format!("camera-{camera}-%d.yuv")).display().to_string()
    }

    /// A card, R, G, B, A.
    fn card(&self, n: usize) -> PathBuf {
        self.folder.join(format!("card-{n}.rgba"))
    }
}

fn create(path: &Path) -> Option<BufWriter<File>> {
    Some(BufWriter::with_capacity(4 << 20, File::create(path).ok()?))
}

fn write(out: &mut BufWriter<File>, picture: &Picture) -> Option<()> {
    for index in 0..picture.format().planes().min(PixelFormat::I420.planes()) {
        let (row, rows) = picture.format().plane_bytes(picture.size(), index);
        let plane = picture.plane(index);
        for y in 0..rows {
            out.write_all(plane.bytes.get(y * plane.stride..y * plane.stride + row)?).ok()?;
        }
    }
    out.flush().ok()
}
