//! Clips for benchmarks: H.264 with sound, made by ffmpeg, so that what is decoded is not our own make.

use anyhow::{Context, anyhow};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Length of a clip in seconds; shows play it in a loop.
const SECONDS: &str = "8";

/// What the four cameras show. The first stands before a green screen.
const PICTURES: [&str; 4] = [
    "color=0x4ba05a:s=1920x1080:r=30,drawbox=x=700+120*sin(t):y=160:w=420:h=920:color=0xc08060:t=fill,\
     drawbox=x=760+120*sin(t):y=60:w=300:h=300:color=0xe0b090:t=fill,noise=alls=6:allf=t",
    "testsrc2=s=1920x1080:r=30",
    "mandelbrot=s=1920x1080:r=30:maxiter=200",
    "gradients=s=1920x1080:r=30:speed=0.02:n=6,noise=alls=12:allf=t",
];

/// Makes the four clips in `folder`, or finds them there.
///
/// # Errors
/// When ffmpeg isn't installed or fails.
pub fn four_cameras(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    PICTURES.iter().enumerate().map(|(n, picture)| camera(folder, n, picture)).collect()
}

fn camera(folder: &Path, n: usize, picture: &str) -> anyhow::Result<PathBuf> {
    let path = folder.join(format!("camera-{n}.mp4"));
    if path.is_file() {
        return Ok(path);
    }
    eprintln!("making the clip {}", path.display());
    let half = folder.join(format!("camera-{n}.part.mp4"));
    let tone = format!("sine=frequency={}:sample_rate=48000", 220 * (n + 1));
    let status = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-f", "lavfi", "-i", picture])
        .args(["-f", "lavfi", "-i", &tone, "-t", SECONDS, "-pix_fmt", "yuv420p"])
        .args(["-c:v", "libx264", "-preset", "veryfast", "-b:v", "6M", "-g", "60", "-c:a", "aac", "-ac", "2"])
        .arg(&half)
        .stdin(Stdio::null())
        .status()
        .context("ffmpeg is needed for this benchmark; install it with: apt-get install ffmpeg")?;
    if !status.success() {
        return Err(anyhow!("ffmpeg could not make {}", path.display()));
    }
    std::fs::rename(&half, &path).with_context(|| format!("can't rename {}", half.display()))?;
    Ok(path)
}
