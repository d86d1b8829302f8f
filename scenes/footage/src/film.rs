//! From painted frames to a clip: all cores paint, ffmpeg encodes.

use anyhow::{Context, bail};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Frames per second of every clip.
pub(crate) const FPS: u32 = 30;

/// What a clip is.
pub(crate) struct Reel {
    /// Pixels across; even.
    pub(crate) width: usize,
    /// Pixels down; even.
    pub(crate) height: usize,
    /// How many frames until it begins again.
    pub(crate) frames: u32,
}

impl Reel {
    /// Paints every frame and encodes them. `paint` fills a frame of 8-bit RGB, a row after the other, for the
    /// number that it is given.
    ///
    /// # Errors
    /// When ffmpeg isn't there or does not take the frames.
    pub(crate) fn shoot(&self, to: &Path, paint: impl Fn(u32, &mut [u8]) + Sync) -> anyhow::Result<()> {
        let size = format!("{}x{}", self.width, self.height);
        let rate = FPS.to_string();
        let input = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", &size, "-r", &rate, "-i", "-"];
        let colour = ["-vf", "scale=out_color_matrix=bt709:out_range=tv", "-pix_fmt", "yuv420p"];
        let tags = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"];
        let codec = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "17", "-g", &rate, "-movflags", "+faststart"];
        let mut ffmpeg = ffmpeg(&[&input[..], &colour, &tags, &codec].concat(), to)?;
        let mut pipe = ffmpeg.stdin.take().context("ffmpeg takes no frames")?;
        let at_once = std::thread::available_parallelism().map_or(2, usize::from);
        let mut sheets = vec![vec![0_u8; self.width * self.height * 3]; at_once];
        let mut first = 0;
        while first < self.frames {
            std::thread::scope(|scope| {
                for (index, sheet) in (first..self.frames).zip(&mut sheets) {
                    let paint = &paint;
                    scope.spawn(move || paint(index, sheet));
                }
            });
            for (_, sheet) in (first..self.frames).zip(&sheets) {
                pipe.write_all(sheet).context("ffmpeg stopped taking frames")?;
                first += 1;
            }
            if first % FPS == 0 || first >= self.frames {
                eprint!("\r    {}: {first} of {} frames", to.display(), self.frames);
            }
        }
        drop(pipe);
        end(ffmpeg)
    }
}

/// Starts ffmpeg with something to encode on its standard input.
///
/// # Errors
/// When it isn't there.
pub(crate) fn ffmpeg(args: &[&str], to: &Path) -> anyhow::Result<Child> {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error", "-y"]).args(args).arg(to);
    command.stdin(Stdio::piped()).spawn().context("ffmpeg can't be started; install it: apt-get install ffmpeg")
}

/// Waits for ffmpeg.
///
/// # Errors
/// When it failed.
pub(crate) fn end(mut ffmpeg: Child) -> anyhow::Result<()> {
    let status = ffmpeg.wait().context("ffmpeg is gone")?;
    if !status.success() {
        bail!("ffmpeg failed: {status}");
    }
    Ok(())
}

/// A number from 0 to 1 that looks random and is the same each time.
pub(crate) fn chance(seed: u32) -> f32 {
    let mut x = seed.wrapping_mul(0x9E37_79B9) ^ 0x5bd1_e995;
    for (shift, factor) in [(16, 0x7feb_352d_u32), (15, 0x846c_a68b)] {
        x = (x ^ (x >> shift)).wrapping_mul(factor);
    }
    #[allow(clippy::cast_precision_loss, reason = "24 bits fit")]
    let part = (x >> 8) as f32;
    part / 16_777_216.0
}

/// A value from 0 to 1 as eight bits.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=255")]
pub(crate) fn byte(value: f32) -> u8 {
    (value * 255.0 + 0.5).clamp(0.0, 255.0) as u8
}

/// Linear light to the value that a picture holds (sRGB's curve, as a power).
pub(crate) fn encoded(linear: f32) -> f32 {
    linear.max(0.0).powf(1.0 / 2.2)
}

/// The value that a picture holds to linear light.
pub(crate) fn linear(encoded: f32) -> f32 {
    encoded.max(0.0).powf(2.2)
}
