//! Plugins beside a 1080p30 show: hostile ones, a hundred reloads, two hundred idle ones, edits of an author's, and what a
//! call and a start cost.
//!
//! This process has no compiler; the guests are made and compiled by `vitrine-plugin`.

use super::edit::edits;
use super::flicker::Watcher;
use super::hostile::{Silent, hostile};
use super::memory::Memory;
use crate::cli::{BenchArgs, RunArgs};
use crate::guests::tools;
use crate::load::load;
use crate::opening::{OnTheAir, go_on_air};
use anyhow::{Context, anyhow, bail};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use vitrine_media::{MonotonicClock, PluginId};
use vitrine_plugin_host::bench::{Row, package};
use vitrine_plugin_host::{
    Compiler, Grants, Lookup, MemoryKv, NoFinder, NoLog, Outside, PluginFolder, PluginGrant, PluginHost, SystemClock,
    SystemDatagrams, SystemLookup, Wire,
};
use vitrine_show::ports::plugins::{Order, PluginState, PluginStatus, Plugins, Proposals, Proposed};

/// Time for caches, the encoder and the allocator to settle before counting starts.
const WARM_UP: Duration = Duration::from_secs(3);
/// Time for threads to end and memory to be given back: the show does that when plugins have been quiet for a while.
pub(super) const COOL_DOWN: Duration = Duration::from_secs(12);
/// Guests that do nothing, one of each language.
const PLAIN: [&str; 3] = ["rust", "js", "python"];
const RELOADS: u32 = 100;
const IDLE: usize = 200;

/// The tick over a stretch of the show.
#[derive(Serialize)]
pub(super) struct Stretch {
    ticks: u64,
    late: u64,
    tick_p50_ms: f64,
    tick_p99_ms: f64,
}

/// Runs everything and prints the figures.
pub fn bench(args: &BenchArgs) -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("vitrine-bench-plugins-{}", std::process::id()));
    let figures = measure(args, &folder);
    fs::remove_dir_all(&folder).with_context(|| format!("can't remove {}", folder.display()))?;
    let figures = figures?;
    if args.json {
        println!("{figures:#}");
    } else {
        lines("", &figures);
    }
    Ok(())
}

/// Every figure on a line of its own, by its path.
fn lines(path: &str, value: &Value) {
    match value {
        Value::Object(fields) => {
            let under = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path} / {name}") };
            fields.iter().for_each(|(name, value)| lines(&under(name), value));
        }
        other => println!("{path:<48} {other}"),
    }
}

fn measure(args: &BenchArgs, folder: &Path) -> anyhow::Result<Value> {
    match args.case.as_deref() {
        None => everything(args, folder),
        Some("edit") => {
            fs::create_dir_all(folder)?;
            let show = on_air(args, folder, SHOW)?;
            let edited = edits(&show, folder)?;
            show.end();
            Ok(json!({ "edit": edited }))
        }
        Some("hostile") => {
            let plugins = packages(folder)?;
            let (show, host) = with_plugins(args, folder)?;
            let quiet = stretch(&show, args.seconds / 2);
            let hostile = hostile(&show, &host, &plugins, args.seconds / 2)?;
            drop(host);
            show.end();
            Ok(json!({ "quiet": quiet, "hostile": hostile }))
        }
        Some(other) => bail!("there is no case `{other}`; there are: edit, hostile"),
    }
}

/// The show with its plugins, on air for a while.
fn with_plugins(args: &BenchArgs, folder: &Path) -> anyhow::Result<(OnTheAir, Arc<PluginHost>)> {
    let show = on_air(args, folder, &format!("{SHOW}{PLUGIN}"))?;
    std::thread::sleep(WARM_UP);
    let host = show.guests.host().context("the show runs without plugins; see its log")?;
    if status(&host, &id("rust")?)?.state != PluginState::Running {
        bail!("the plugin of the show does not run; see its log");
    }
    Ok((show, host))
}

fn everything(args: &BenchArgs, folder: &Path) -> anyhow::Result<Value> {
    let plugins = packages(folder)?;
    let calls = calls_and_starts(&plugins)?;
    let (show, host) = with_plugins(args, folder)?;
    let each = args.seconds / 4;
    let quiet = stretch(&show, each);
    let hostile = hostile(&show, &host, &plugins, each)?;
    let reload = reload(&show, &host, each)?;
    let idle = idle(&show, &host, &plugins, each)?;
    let edit = edits(&show, folder)?;
    let renderer = show.studio.renderer.load().kind;
    drop(host);
    show.end();
    Ok(json!({
        "renderer": renderer,
        "guests": calls,
        "quiet": quiet,
        "hostile": hostile,
        "reload": reload,
        "idle": idle,
        "edit": edit,
    }))
}

/// The packages, installed beside the show file and granted what they ask for.
fn packages(folder: &Path) -> anyhow::Result<PluginFolder> {
    let plugins = PluginFolder::beside(&folder.join("show.toml"));
    let made = Command::new(tools()?).arg("bench-kit").arg(plugins.root()).stdout(std::io::stderr()).status();
    if !made.context("can't start vitrine-plugin; it is installed beside vitrine")?.success() {
        bail!("vitrine-plugin could not make the guests; see above");
    }
    let mut grants = Grants::default();
    for (_, package) in plugins.list() {
        let grant = PluginGrant::all(&package.manifest);
        grants.plugin.insert(package.manifest.plugin.id, grant);
    }
    grants.save(&plugins.grants_path())?;
    Ok(plugins)
}

fn compiler() -> anyhow::Result<Compiler> {
    Ok(Compiler::Process { program: tools()?, args: vec!["compile".to_owned(), "--all-cores".to_owned()] })
}

struct Deaf;

impl Proposals for Deaf {
    fn propose(&self, _: &PluginId, _: Proposed) -> bool {
        true
    }
}

/// What a call and a start cost, for a guest of each language.
fn calls_and_starts(plugins: &PluginFolder) -> anyhow::Result<BTreeMap<String, Row>> {
    let lookup: Arc<dyn Lookup> = Arc::new(SystemLookup);
    let outside = Arc::new(Outside {
        clock: Arc::new(SystemClock::start()),
        proposals: Arc::new(Deaf),
        transport: Arc::new(Wire::new(&lookup).map_err(|why| anyhow!(why))?),
        datagrams: Arc::new(SystemDatagrams::open()),
        finder: Arc::new(NoFinder),
        kv: Arc::new(MemoryKv::default()),
        secrets: Arc::new(plugins.clone()),
        log: Arc::new(NoLog),
    });
    let cache = plugins.cache(compiler()?)?;
    let mut rows = BTreeMap::new();
    let plain = plugins.list().into_iter().filter(|(name, _)| PLAIN.contains(&name.as_str()));
    for (name, found) in plain {
        for row in package(&name, &found, &outside, &cache).map_err(|why| anyhow!("{name}: {why}"))? {
            rows.insert(row.name.clone(), row);
        }
    }
    Ok(rows)
}

fn on_air(args: &BenchArgs, folder: &Path, show: &str) -> anyhow::Result<OnTheAir> {
    let file: PathBuf = folder.join("show.toml");
    let write = |text: &str| fs::write(&file, text).with_context(|| format!("can't write {}", file.display()));
    write(SHOW)?;
    let loaded = load(&file, None).map_err(|error| anyhow!(error.lines().join("\n")))?;
    let (path, listen) = (file.clone(), ([127, 0, 0, 1], 0).into());
    let run = RunArgs { file: path, renderer: args.renderer, listen, duration: None, db: None };
    let on_the_air = go_on_air(&loaded, &run, Arc::new(MonotonicClock::start()))?;
    // The net is silent before the first plugin starts.
    on_the_air.guests.dial(Arc::new(Silent));
    write(show)?;
    on_the_air.studio.reload().map_err(|why| anyhow!("{why}"))?;
    Ok(on_the_air)
}

/// A moving picture on a plain ground, a recording.
const SHOW: &str = r##"
vitrine = 1
name = "Bench"
[[canvas]]
name = "main"
size = [1920, 1080]
fps = 30
[input.ball]
kind = "test"
pattern = "ball"
size = [1280, 720]
[[scene]]
name = "Main"
[[scene.layer]]
color = "#40505a"
[[scene.layer]]
input = "ball"
place = { anchor = "top-right", x = "100%", y = "0%", w = "60%" }
[[output]]
name = "recording"
kind = "record"
path = "recordings/{show}-{start}.mkv"
video = { bitrate_kbps = 4500, preset = "ultrafast" }
"##;

/// A plugin's panel.
const PLUGIN: &str = r#"
[plugin.rust]
[[overlay]]
name = "hello"
plugin = "rust"
slot = "hello"
place = { anchor = "bottom-left", x = "5%", y = "95%" }
shown = true
"#;

fn stretch(show: &OnTheAir, time: Duration) -> Stretch {
    show.studio.stats.reset();
    std::thread::sleep(time);
    so_far(show)
}

pub(super) fn so_far(show: &OnTheAir) -> Stretch {
    let stats = &show.studio.stats;
    let whole = stats.whole();
    Stretch { ticks: stats.ticks(), late: stats.late(), tick_p50_ms: whole.p50, tick_p99_ms: whole.p99 }
}

pub(super) fn id(name: &str) -> anyhow::Result<PluginId> {
    Ok(PluginId::new(name)?)
}

pub(super) fn status(host: &PluginHost, name: &PluginId) -> anyhow::Result<PluginStatus> {
    host.list().into_iter().find(|s| s.plugin == *name).with_context(|| format!("there is no plugin {name}"))
}

/// A hundred reloads, every frame of the program compared where the plugin draws.
fn reload(show: &OnTheAir, host: &PluginHost, time: Duration) -> anyhow::Result<Value> {
    let name = id("rust")?;
    once(host, &name)?;
    std::thread::sleep(Duration::from_millis(500));
    let memory_before = Memory::now();
    show.studio.stats.reset();
    // The panel's place on the canvas: 560 × 144 at the lower left, inside 5 %.
    let watcher = Watcher::start(&show.studio, (96, 882, 560, 144))?;
    let began = Instant::now();
    for n in 1..=RELOADS {
        once(host, &name)?;
        std::thread::sleep((time * n / RELOADS).saturating_sub(began.elapsed()));
    }
    let seen = watcher.stop()?;
    let tick = so_far(show);
    std::thread::sleep(COOL_DOWN);
    Ok(json!({
        "reloads": RELOADS,
        "tick": tick,
        "frames": seen,
        "faults": status(host, &name)?.faults,
        "memory": { "1 before": memory_before, "3 after": Memory::now() },
    }))
}

/// One reload, waited for: its `init` counts as a call.
fn once(host: &PluginHost, name: &PluginId) -> anyhow::Result<()> {
    let before = status(host, name)?.calls;
    host.order(name, Order::Reload);
    let began = Instant::now();
    loop {
        let now = status(host, name)?;
        if now.calls > before && now.state == PluginState::Running {
            return Ok(());
        }
        if began.elapsed() > Duration::from_secs(10) {
            bail!("a reload did not end: {now:?}");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Two hundred plugins that have drawn and wait for a timer.
fn idle(show: &OnTheAir, host: &PluginHost, plugins: &PluginFolder, time: Duration) -> anyhow::Result<Value> {
    let before = stretch(show, time / 2);
    let memory_before = Memory::now();
    let names = (0..IDLE).map(|n| id(&format!("idle-{n}"))).collect::<anyhow::Result<Vec<_>>>()?;
    for name in &names {
        host.add(name.clone(), plugins.source("rust"), json!({}));
    }
    let began = Instant::now();
    while host.list().iter().any(|s| s.state != PluginState::Running) {
        if began.elapsed() > Duration::from_secs(60) {
            bail!("not all of {IDLE} plugins run");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let started = began.elapsed();
    std::thread::sleep(Duration::from_secs(1));
    let memory = Memory::now();
    let tick = stretch(show, time / 2);
    let linear: u64 = host.list().iter().map(|s| s.memory_bytes).sum();
    for name in &names {
        host.remove(name);
    }
    std::thread::sleep(COOL_DOWN);
    #[allow(clippy::cast_precision_loss, reason = "KiB of a process")]
    let each = memory.resident_kib.saturating_sub(memory_before.resident_kib) as f64 / IDLE as f64;
    Ok(json!({
        "plugins": IDLE,
        "all_started_ms": u64::try_from(started.as_millis()).unwrap_or(u64::MAX),
        "resident_kib_each": each,
        "linear_memory_kib_all": linear / 1024,
        "memory": { "1 before": memory_before, "2 with them": memory, "3 after": Memory::now() },
        "tick_without": before,
        "tick": tick,
    }))
}
