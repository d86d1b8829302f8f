//! The show file's words for inputs and outputs, as the pipeline room takes them.

use crate::load::{resolve, secret};
use crate::moments::Moments;
use anyhow::{Context, anyhow};
use std::path::{Path, PathBuf};
use std::time::Duration;
use vitrine_media::{FrameRate, InputId, Secret};
use vitrine_pipeline::encode::{AudioSettings, EncoderSpec, Preset, VideoSettings};
use vitrine_pipeline::inputs::{FileSpec, InputKind, InputSpec, TestPattern};
use vitrine_pipeline::outputs::{HlsSpec, OutputKind, OutputSpec, VirtualCameraSpec};
use vitrine_scene::file::{self, Output, Pattern, Source, Target};
use vitrine_scene::model::{Canvas, Show};

/// What a pipeline must open for an input; `None` for one that is drawn without a pipeline.
///
/// # Errors
/// When a secret that it needs isn't there.
pub fn input(id: &InputId, source: &Source, show: &Show, dir: &Path) -> anyhow::Result<Option<InputSpec>> {
    let first_rate = show.canvases.first().map(|canvas| canvas.rate);
    let kind = match source {
        Source::Color(_) | Source::Text(_) | Source::Image(_) => return Ok(None),
        Source::Test(test) => InputKind::Test {
            size: test.size,
            rate: test.fps.map(|fps| fps.0).or(first_rate).context("a show has a canvas")?,
            pattern: pattern(test.pattern),
            tone_hz: test.tone_hz,
        },
        Source::File(clip) => InputKind::File(clip_spec(clip, dir, first_rate)?),
        Source::V4l2(camera) => InputKind::V4l2 {
            device: PathBuf::from(&camera.device),
            mode: camera.size.zip(camera.fps.map(|fps| fps.0).or(first_rate)),
        },
        Source::Rtsp(rtsp) => {
            let password = rtsp.password.as_ref().map(|at| secret(at, dir)).transpose()?;
            let url = with_login(&rtsp.uri, rtsp.user.as_deref(), password.as_ref());
            InputKind::Rtsp { url, latency_ms: rtsp.latency_ms }
        }
        Source::Srt(srt) => InputKind::Srt {
            url: Secret::new(srt.uri.clone()),
            latency_ms: srt.latency_ms,
            passphrase: srt.passphrase.as_ref().map(|at| secret(at, dir)).transpose()?,
        },
        Source::Rtmp(rtmp) => {
            let key = rtmp.key.as_ref().map(|at| secret(at, dir)).transpose()?;
            let url = key
                .map_or_else(|| rtmp.uri.clone(), |key| format!("{}/{}", rtmp.uri.trim_end_matches('/'), key.reveal()));
            InputKind::Rtmp { url: Secret::new(url) }
        }
        Source::Pipeline(line) => InputKind::Pipeline { launch: line.launch.clone() },
    };
    Ok(Some(InputSpec { id: id.clone(), kind, audio: vitrine_show::run::has_sound(source) }))
}

/// The pipeline room's word for a test picture.
pub const fn pattern(pattern: Pattern) -> TestPattern {
    match pattern {
        Pattern::Bars => TestPattern::Bars,
        Pattern::Ball => TestPattern::Ball,
        Pattern::Checkers => TestPattern::Checkers,
        Pattern::Gradient => TestPattern::Gradient,
        Pattern::Snow => TestPattern::Snow,
        Pattern::ZonePlate => TestPattern::ZonePlate,
    }
}

fn clip_spec(clip: &file::FileSource, dir: &Path, rate: Option<FrameRate>) -> anyhow::Result<FileSpec> {
    let far = clip.uri.contains("://");
    let uri = if far { clip.uri.clone() } else { resolve(dir, &clip.uri).display().to_string() };
    Ok(FileSpec {
        uri,
        looping: clip.looped,
        in_point: Duration::from_millis(clip.start.0),
        out_point: clip.end.map(|end| Duration::from_millis(end.0)),
        paused: false,
        series_rate: rate.context("a show has a canvas")?,
    })
}

/// Puts user and password into an address; the result is a secret.
fn with_login(uri: &str, user: Option<&str>, password: Option<&Secret>) -> Secret {
    let encode = |text: &str| {
        text.bytes().fold(String::new(), |mut out, byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                out.push(char::from(byte));
            } else {
                out.push_str(&format!("%{byte:02X}"));
            }
            out
        })
    };
    let (Some(user), Some((scheme, rest))) = (user, uri.split_once("://")) else {
        return Secret::new(uri.to_owned());
    };
    let password = password.map(|p| format!(":{}", encode(p.reveal()))).unwrap_or_default();
    Secret::new(format!("{scheme}://{}{password}@{rest}", encode(user)))
}

/// What an output needs.
pub struct OutputPlan {
    /// The canvas, by its index.
    pub canvas: usize,
    /// What it takes, and where that goes.
    pub feed: FeedPlan,
}

/// What an output takes.
pub enum FeedPlan {
    /// Packets of an encoder; outputs with equal ones share it.
    Packets(EncoderSpec, OutputSpec),
    /// Pictures as they are.
    Camera(VirtualCameraSpec),
}

/// Plans an output.
///
/// # Errors
/// When its canvas, its device or a secret isn't there, or its folder can't be made.
pub fn output(
    output: &Output,
    show: &Show,
    dir: &Path,
    started: &str,
    moments: &Moments,
) -> anyhow::Result<OutputPlan> {
    let index = match &output.canvas {
        Some(name) => show.canvas_index(name).ok_or_else(|| anyhow!("there is no canvas {name}"))?,
        None => 0,
    };
    let canvas = show.canvases.get(index).context("a show has a canvas")?;
    let kind = match &output.target {
        Target::Rtmp(to) => rtmp(&to.url, to.key.as_ref(), dir)?,
        Target::Rtmps(to) => rtmp(&to.url, to.key.as_ref(), dir)?,
        Target::Srt(srt) => OutputKind::Srt {
            url: Secret::new(srt.url.clone()),
            latency_ms: srt.latency_ms,
            passphrase: srt.passphrase.as_ref().map(|at| secret(at, dir)).transpose()?,
        },
        Target::Record(to) => {
            let path = resolve(dir, &fill(&to.path, &show.name, canvas, started));
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)
                    .with_context(|| format!("can't make the folder {}", folder.display()))?;
            }
            OutputKind::Record { path }
        }
        Target::Hls(to) => {
            let folder = resolve(dir, &to.path);
            std::fs::create_dir_all(&folder).with_context(|| format!("can't make the folder {}", folder.display()))?;
            OutputKind::Hls(HlsSpec {
                folder,
                segment_ms: to.segment_s.saturating_mul(1000),
                segments: (!to.replay).then(|| usize::try_from(to.segments).unwrap_or(usize::MAX)),
                epoch: moments.epoch(),
                ranges: moments.ranges(index),
            })
        }
        Target::VirtualCamera(to) => {
            let device = to.device.as_ref().map_or_else(first_loopback, |device| Ok(PathBuf::from(device)))?;
            let spec = VirtualCameraSpec { id: output.name.clone(), device, rate: canvas.rate };
            return Ok(OutputPlan { canvas: index, feed: FeedPlan::Camera(spec) });
        }
    };
    let encoder = EncoderSpec {
        canvas: canvas.name.to_string(),
        size: canvas.size,
        rate: canvas.rate,
        video: video(&output.video),
        audio: Some(AudioSettings { bitrate_kbps: output.audio.bitrate_kbps }),
    };
    let spec = OutputSpec { id: output.name.clone(), kind, audio: true };
    Ok(OutputPlan { canvas: index, feed: FeedPlan::Packets(encoder, spec) })
}

/// The first camera of this machine that is not hardware: a loopback device.
fn first_loopback() -> anyhow::Result<PathBuf> {
    let names = std::fs::read_dir("/sys/devices/virtual/video4linux").into_iter().flatten().flatten();
    let mut names: Vec<_> = names.map(|entry| entry.file_name()).collect();
    names.sort();
    let first = names.first().context("this machine has no loopback camera; load one with: modprobe v4l2loopback")?;
    Ok(Path::new("/dev").join(first))
}

fn rtmp(url: &str, key: Option<&file::SecretRef>, dir: &Path) -> anyhow::Result<OutputKind> {
    let key = key.map(|at| secret(at, dir)).transpose()?;
    Ok(OutputKind::Rtmp { url: Secret::new(url.to_owned()), key })
}

fn video(video: &file::Video) -> VideoSettings {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0.5 to 10 seconds")]
    let keyframe_ms = (video.keyframe_s * 1000.0) as u32;
    let preset = match video.preset {
        file::Preset::Ultrafast => Preset::Ultrafast,
        file::Preset::Superfast => Preset::Superfast,
        file::Preset::Veryfast => Preset::Veryfast,
        file::Preset::Faster | file::Preset::Fast | file::Preset::Medium => Preset::Faster,
    };
    VideoSettings { bitrate_kbps: video.bitrate_kbps, keyframe_ms, preset, ..VideoSettings::default() }
}

/// Fills `{show}`, `{start}` and `{canvas}` into a path, as names that any file system takes.
fn fill(path: &str, show: &str, canvas: &Canvas, started: &str) -> String {
    path.replace("{show}", &tame(show)).replace("{start}", started).replace("{canvas}", &tame(canvas.name.as_str()))
}

fn tame(name: &str) -> String {
    let tame = |c: char| if c.is_alphanumeric() || "-_".contains(c) { c } else { '-' };
    name.chars().map(tame).collect::<String>().trim_matches('-').to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_show_s_name_can_t_leave_its_folder() {
        assert_eq!(tame("../../Autumn drop: 2026"), "autumn-drop--2026");
    }

    #[test]
    fn a_login_is_escaped_into_the_address() {
        let url = with_login("rtsp://cam/1", Some("ad min"), Some(&Secret::new("p@ss/word".into())));
        assert_eq!(url.reveal(), "rtsp://ad%20min:p%40ss%2Fword@cam/1");
        assert_eq!(with_login("rtsp://cam/1", None, None).reveal(), "rtsp://cam/1");
    }
}
