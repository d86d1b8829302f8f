//! The whole road in real time: four H.264 cameras, one keyed, two overlays, one encoder to RTMP and a recording.

use super::clips::four_cameras;
use super::threads;
use crate::cli::{BenchArgs, RunArgs};
use crate::load::load;
use crate::opening::go_on_air;
use crate::stats::{Stage, cpu_seconds};
use crate::studio::Studio;
use anyhow::{Context, anyhow};
use serde_json::json;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use vitrine_media::MonotonicClock;

/// Time for caches, encoders and connections to settle, before counting starts.
const WARM_UP: Duration = Duration::from_secs(2);

/// Runs the show and prints its figures.
pub fn bench(args: &BenchArgs) -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join("vitrine-bench");
    let clips = four_cameras(&folder.join("clips"))?;
    let port = free_port()?;
    let mut server = RtmpServer::start(port)?;
    let file = folder.join("on-air.toml");
    let text = show_file(&clips, port);
    save(&file, &text)?;
    let loaded = load(&file, None).map_err(|error| anyhow!(error.lines().join("\n")))?;
    let run = RunArgs {
        file: file.clone(),
        renderer: args.renderer,
        listen: ([127, 0, 0, 1], 0).into(),
        duration: Some(args.seconds),
        db: None,
    };
    let show = go_on_air(&loaded, &run, Arc::new(MonotonicClock::start()))?;
    std::thread::sleep(WARM_UP);
    let studio = Arc::clone(&show.studio);
    let (dropped_before, cpu_before) = (dropped(&studio), cpu_seconds());
    let threads_before = threads::now();
    studio.stats.reset();
    let edits_taken = edit_on_air(args, &studio, &file, &text)?;
    let (cpu, frames_dropped) = (cpu_seconds() - cpu_before, dropped(&studio) - dropped_before);
    let (ticks, late, tick_ms) = (studio.stats.ticks(), studio.stats.late(), studio.stats.whole());
    let threads = threads::between(&threads_before, &threads::now());
    let stage_ms = [Stage::Plan, Stage::Draw, Stage::Push].map(|stage| studio.stats.stage_ms(stage));
    let encoders = studio.parts().encoders.elements().join(", ");
    let outputs = outputs_of(&studio);
    let renderer = studio.renderer.load_full();
    show.end();
    server.stop();
    let seconds = args.seconds.as_secs_f64();
    if args.json {
        let figures = json!({
            "seconds": seconds,
            "ticks": ticks,
            "ticks_late": late,
            "frames_dropped": frames_dropped,
            "tick_ms": { "p50": tick_ms.p50, "p99": tick_ms.p99 },
            "cpu_seconds": cpu,
            "renderer": renderer.kind,
            "adapter": renderer.adapter,
            "encoders": encoders,
            "outputs": outputs,
            "edits_taken": edits_taken,
            "stage_ms": { "plan": stage_ms[0], "draw": stage_ms[1], "push": stage_ms[2] },
            "threads_cpu_seconds": threads.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        });
        println!("{figures:#}");
        return Ok(());
    }
    println!("four 1080p30 H.264 inputs, one keyed, two overlays → RTMP and a recording, {seconds:.0} s");
    println!("renderer        {} ({})", renderer.kind, renderer.adapter);
    println!("encoder         {encoders}");
    println!("ticks           {ticks}, late {late} ({:.3} %)", 100.0 * ratio(late, ticks));
    println!("tick            p50 {:.2} ms, p99 {:.2} ms", tick_ms.p50, tick_ms.p99);
    println!("  of that       plan {:.2} ms, draw {:.2} ms, push {:.2} ms", stage_ms[0], stage_ms[1], stage_ms[2]);
    println!("edits           {edits_taken} of the show file taken on air");
    println!("dropped         {frames_dropped} pictures in all outputs");
    println!("processor       {:.2} cores", cpu / seconds);
    for (name, used) in threads.iter().filter(|(_, used)| *used > 0.005 * seconds) {
        println!("  {name:<20}{:.2} cores", used / seconds);
    }
    outputs.iter().for_each(|output| println!("output          {output}"));
    Ok(())
}

/// What each output sent and dropped.
fn outputs_of(studio: &Studio) -> Vec<serde_json::Value> {
    let parts = studio.parts();
    let all = parts.outputs.all().iter().filter_map(|output| Some((output.output.name.to_string(), output.stats()?)));
    all.map(|(name, s)| json!({ "name": name, "frames_sent": s.frames_sent, "frames_dropped": s.frames_dropped }))
        .collect()
}

#[allow(clippy::cast_precision_loss, reason = "counts of a run of minutes")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// Lets the measured time go by, saving the show file anew now and then. Gives how many edits were taken.
fn edit_on_air(args: &BenchArgs, studio: &Studio, file: &Path, text: &str) -> anyhow::Result<u32> {
    let pause = args.seconds / (args.edits + 1);
    let mut taken = 0;
    for edit in 1..=args.edits {
        std::thread::sleep(pause);
        let name = format!("All {edit}");
        save(file, &text.replace("name = \"All\"", &format!("name = {name:?}")))?;
        studio.reload().map_err(|refusal| anyhow!("an edit was refused: {refusal:?}"))?;
        taken += u32::from(studio.parts().show.scenes.iter().any(|scene| scene.name.as_str() == name));
    }
    std::thread::sleep(pause);
    Ok(taken)
}

fn save(file: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(file, text).with_context(|| format!("can't write {}", file.display()))
}

/// Pictures that lanes of outputs and encoders dropped so far.
pub(super) fn dropped(studio: &Studio) -> u64 {
    let parts = studio.parts();
    parts.outputs.dropped() + parts.encoders.dropped()
}

/// A port that nobody listens on now.
fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
    Ok(listener.local_addr().context("no free port")?.port())
}

/// An RTMP server that no one here wrote: ffmpeg, which takes the stream and throws it away.
struct RtmpServer(Child);

impl RtmpServer {
    fn start(port: u16) -> anyhow::Result<Self> {
        let child = Command::new("ffmpeg")
            .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-listen", "1"])
            .args(["-i", &format!("rtmp://127.0.0.1:{port}/live/bench"), "-c", "copy", "-f", "null", "-"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("ffmpeg is needed as the RTMP server; install it with: apt-get install ffmpeg")?;
        Ok(Self(child))
    }

    fn stop(&mut self) {
        // It may have ended with the stream already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for RtmpServer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn show_file(clips: &[PathBuf], port: u16) -> String {
    let mut text =
        String::from("vitrine = 1\nname = \"Bench\"\n[[canvas]]\nname = \"main\"\nsize = [1920, 1080]\nfps = 30\n");
    for (n, clip) in clips.iter().enumerate() {
        text += &format!("[input.cam{n}]\nkind = \"file\"\nuri = {:?}\nloop = true\n", clip.display().to_string());
    }
    text += "[input.cam0.key]\nscreen = \"#4ba05a\"\ngrade = \"fast\"\n";
    text += &format!(
        r##"
[[scene]]
name = "All"
[[scene.layer]]
input = "cam1"
[[scene.layer]]
input = "cam2"
place = {{ anchor = "top-right", x = "97%", y = "4%", w = "28%" }}
corner_radius = 20
[[scene.layer]]
input = "cam3"
place = {{ anchor = "top-right", x = "97%", y = "36%", w = "28%" }}
corner_radius = 20
[[scene.layer]]
input = "cam0"

[[overlay]]
name = "title"
text = {{ text = "Four cameras, one keyed", size = 54, weight = 700 }}
place = {{ anchor = "bottom-left", x = "5%", y = "94%", w = "50%" }}
shown = true
[[overlay]]
name = "live"
text = {{ text = "LIVE", size = 36, weight = 700, fill = "#ff5a36" }}
place = {{ anchor = "top-left", x = "5%", y = "6%", w = "10%" }}
shown = true

[[output]]
name = "stream"
kind = "rtmp"
url = "rtmp://127.0.0.1:{port}/live/bench"
video = {{ bitrate_kbps = 4500, preset = "ultrafast" }}
[[output]]
name = "recording"
kind = "record"
path = "recordings/{{show}}-{{start}}.mp4"
video = {{ bitrate_kbps = 4500, preset = "ultrafast" }}
"##
    );
    text
}
