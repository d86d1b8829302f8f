//! Pictures that carry their own number, as clips to send and as recordings to read back.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const WIDTH: usize = 320;
const HEIGHT: usize = 180;
const CELL: usize = 16;
/// The number's bits; before them a white and a black cell, which no slate has there.
const BITS: usize = 16;

/// Makes a clip whose pictures carry the numbers from `first` on, with a tone.
pub(crate) fn counted_clip(path: &Path, first: u32, pictures: u32) {
    let seconds = (f64::from(pictures) / 30.0).to_string();
    let mut ffmpeg = Command::new("ffmpeg")
        .args([
            "-loglevel",
            "error",
            "-y",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "gray",
            "-s",
            "320x180",
            "-r",
            "30",
            "-i",
            "-",
        ])
        .args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", &seconds])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "15", "-pix_fmt", "yuv420p"])
        .args(["-c:a", "aac"])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut into = ffmpeg.stdin.take().unwrap();
    (first..first + pictures).for_each(|number| into.write_all(&counted(number)).unwrap());
    drop(into);
    assert!(ffmpeg.wait().unwrap().success());
}

fn counted(number: u32) -> Vec<u8> {
    let mut picture = vec![110_u8; WIDTH * HEIGHT];
    let white = |cell: usize| cell == 0 || (cell >= 2 && number >> (cell - 2) & 1 == 1);
    for row in picture.chunks_mut(WIDTH).take(CELL) {
        for cell in 0..BITS + 2 {
            row[cell * CELL..(cell + 1) * CELL].fill(if white(cell) { 235 } else { 16 });
        }
    }
    picture
}

/// The numbers in a recording, picture by picture; `None` where none is seen.
pub(crate) fn numbers_in(path: &Path) -> Vec<Option<u32>> {
    let out = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args(["-map", "0:v", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let read = |picture: &[u8]| {
        let cell = |n: usize| picture[CELL / 2 * WIDTH + n * CELL + CELL / 2];
        let marked = cell(0) > 180 && cell(1) < 60;
        marked.then(|| (0..BITS).filter(|bit| cell(bit + 2) > 125).map(|bit| 1 << bit).sum())
    };
    out.stdout.chunks_exact(WIDTH * HEIGHT).map(read).collect()
}

/// Presentation times of a stream's packets, in milliseconds, in order.
pub(crate) fn stamps(path: &Path, stream: &str) -> Vec<f64> {
    let out = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", stream, "-show_entries", "packet=pts_time", "-of", "csv=p=0"])
        .arg(path)
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let mut all: Vec<f64> = text.lines().filter_map(|line| line.trim_matches(',').parse().ok()).collect();
    all.sort_by(f64::total_cmp);
    all.iter().map(|seconds| seconds * 1000.0).collect()
}

/// Every picture and every block of sound has its place in time; none is missing, none is doubled. The first second is
/// left out: there an encoder is opened on a machine that may be busy with other tests.
pub(crate) fn assert_gapless(path: &Path) {
    for (stream, step) in [("v:0", 1000.0 / 30.0), ("a:0", 1024.0 / 48.0)] {
        let stamps: Vec<f64> = stamps(path, stream).into_iter().filter(|at| *at > 1000.0).collect();
        assert!(stamps.len() > 30, "{}: {} packets of {stream}", path.display(), stamps.len());
        for pair in stamps.windows(2) {
            let wide = pair[1] - pair[0];
            assert!(
                (wide - step).abs() < 1.5,
                "{}: {wide} ms between packets of {stream} at {}",
                path.display(),
                pair[0]
            );
        }
    }
}
