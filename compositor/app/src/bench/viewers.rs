//! `vitrine bench viewers`: ten thousand idle viewers on WebSockets, chat and stock changes, and a program on air.
//!
//! The viewers are a process of their own, so that the memory counted here is the server's. Chat lines carry the instant
//! at which they were said; each batch carries the instant at which it was made.

use super::on_air::dropped;
use super::shop::with_folder;
use super::shopfloor::{SLUG, ShopFloor};
use super::wire::{Wire, buyer};
use crate::cli::{BenchArgs, RunArgs};
use crate::load::load;
use crate::opening::{OnTheAir, go_on_air};
use anyhow::{Context, anyhow};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use vitrine_commerce::{Command as ShopCommand, Location, Sku};
use vitrine_media::MonotonicClock;
use vitrine_show::ports::shop::{IdempotencyKey, Shop};
use vitrine_store::bench::{HOT, Percentiles};

/// Viewers who write; each says a line a second.
const CHATTERS: u64 = 200;
/// Stock changes a second.
const CHANGES_PER_S: u32 = 50;
/// One viewer of so many reads everything and takes the times; the others only read.
const ONE_IN: u64 = 20;
/// Connections that are opened at the same time.
const OPENED_AT_ONCE: usize = 64;
/// Where the audience finds the shop.
const ADDRESS: &str = "VITRINE_BENCH_ADDRESS";
/// A word for the audience, and one from it.
const GO: &str = "go";
const READY: &str = "ready";

/// What the audience saw.
#[derive(Serialize, Deserialize)]
struct Seen {
    /// Viewers still connected at the end.
    connected: u64,
    /// Batches that reached a viewer.
    batches: u64,
    /// Chat line said → seen.
    delivery_ms: [f64; 2],
    /// Batch made → seen.
    fan_out_ms: [f64; 2],
}

/// Runs it and prints the figures.
pub(super) fn bench(args: &BenchArgs) -> anyhow::Result<()> {
    crate::files::allow_many();
    let figures = with_folder(async |folder| {
        let program = if args.no_program { None } else { Some(on_air(folder, args)?) };
        let floor = ShopFloor::open(&folder.join("viewers.db").display().to_string(), 1_000_000).await?;
        let before = resident_bytes()?;
        let mut audience = Audience::start(floor.address, args)?;
        let mut audience = tokio::task::spawn_blocking(move || audience.until_ready().map(|()| audience)).await??;
        let with_viewers = resident_bytes()?;
        let frames_before = program.as_ref().map(|p| dropped(&p.studio));
        if let Some(program) = &program {
            program.studio.stats.reset();
        }
        let changing = tokio::spawn(change_stock(Arc::clone(&floor.store)));
        let seen = tokio::task::spawn_blocking(move || audience.watch()).await??;
        changing.abort();
        let [p50, p99] = seen.delivery_ms;
        let [fan_p50, fan_p99] = seen.fan_out_ms;
        let air = program.as_ref().map(|p| {
            let frames_dropped = dropped(&p.studio) - frames_before.unwrap_or(0);
            json!({ "ticks": p.studio.stats.ticks(), "ticks_late": p.studio.stats.late(), "frames_dropped": frames_dropped })
        });
        if let Some(program) = program {
            tokio::task::spawn_blocking(move || program.end()).await?;
        }
        Ok(json!({
            "viewers": args.viewers,
            "connected_at_end": seen.connected,
            "seconds": args.seconds.as_secs_f64(),
            "chat_per_s": CHATTERS.min(args.viewers),
            "stock_changes_per_s": CHANGES_PER_S,
            "batches": seen.batches,
            "delivery_ms": { "p50": p50, "p99": p99 },
            "fan_out_ms": { "p50": fan_p50, "p99": fan_p99 },
            "kib_per_viewer": with_viewers.saturating_sub(before) / 1024 / args.viewers.max(1),
            "program": air,
        }))
    })?;
    println!("{figures:#}");
    Ok(())
}

/// A 1080p30 program that is encoded and recorded.
fn on_air(folder: &Path, args: &BenchArgs) -> anyhow::Result<OnTheAir> {
    let text = "vitrine = 1\nname = \"Viewers\"\n[[canvas]]\nname = \"main\"\nsize = [1920, 1080]\nfps = 30\n\
        [input.bars]\nkind = \"test\"\n[[scene]]\nname = \"One\"\n[[scene.layer]]\ninput = \"bars\"\n\
        [[output]]\nname = \"recording\"\nkind = \"record\"\npath = \"recordings/{show}-{start}.mp4\"\n\
        video = { bitrate_kbps = 4500, preset = \"ultrafast\" }\n";
    let file = folder.join("viewers.toml");
    std::fs::write(&file, text).with_context(|| format!("can't write {}", file.display()))?;
    let loaded = load(&file, None).map_err(|error| anyhow!(error.lines().join("\n")))?;
    let run = RunArgs { file, renderer: args.renderer, listen: ([127, 0, 0, 1], 0).into(), duration: None, db: None };
    go_on_air(&loaded, &run, Arc::new(MonotonicClock::start()))
}

async fn change_stock(store: Arc<vitrine_store::Store>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / CHANGES_PER_S);
    let (Ok(sku), mut n) = (Sku::new(HOT), 0_u64) else { return };
    loop {
        ticks.tick().await;
        n += 1;
        let Ok(key) = IdempotencyKey::new(&format!("change-{n}")) else { return };
        let (sku, location, by) = (sku.clone(), Location::main(), 1);
        let change = ShopCommand::AdjustStock { sku, location, by, note: String::new() };
        if let Err(refusal) = store.submit(change, key).await {
            tracing::warn!("a stock change was refused: {refusal}");
        }
    }
}

/// The process of the viewers.
struct Audience {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Audience {
    fn start(address: SocketAddr, args: &BenchArgs) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("can't find this program")?;
        let mut child = Command::new(program)
            .args(["bench", "audience", "--viewers", &args.viewers.to_string()])
            .args(["--seconds", &format!("{}s", args.seconds.as_secs_f64())])
            .env(ADDRESS, address.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("can't start the viewers")?;
        let lines = BufReader::new(child.stdout.take().context("the viewers have no output")?);
        Ok(Self { child, lines })
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        match self.lines.read_line(&mut line)? {
            0 => {
                Err(anyhow!("the viewers ended early; raise the limit of open files, or ask for fewer with --viewers"))
            }
            _ => Ok(line.trim().to_owned()),
        }
    }

    fn until_ready(&mut self) -> anyhow::Result<()> {
        while self.line()? != READY {}
        Ok(())
    }

    fn watch(&mut self) -> anyhow::Result<Seen> {
        let input = self.child.stdin.as_mut().context("the viewers have no input")?;
        writeln!(input, "{GO}").context("the viewers can't be told to begin")?;
        Ok(serde_json::from_str(&self.line()?)?)
    }
}

impl Drop for Audience {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The viewers: `vitrine bench audience`, started by [`bench`].
pub(super) fn audience(args: &BenchArgs) -> anyhow::Result<()> {
    crate::files::allow_many();
    let address: SocketAddr = std::env::var(ADDRESS).context("this is started by `vitrine bench viewers`")?.parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let seen = runtime.block_on(async {
        let mut wires = open(address, args.viewers).await.context("a viewer can't connect")?;
        println!("{READY}");
        let mut word = String::new();
        io::stdin().read_line(&mut word)?;
        let end = tokio::time::Instant::now() + args.seconds;
        let mut viewers = tokio::task::JoinSet::new();
        for (n, wire) in (0..).zip(wires.drain(..)) {
            viewers.spawn(view(wire, n, end));
        }
        let (mut connected, mut batches, mut delivery, mut fan_out) = (0, 0, Vec::new(), Vec::new());
        while let Some(viewer) = viewers.join_next().await {
            let viewer = viewer?;
            connected += u64::from(viewer.stayed);
            batches += viewer.batches;
            delivery.extend(viewer.delivery);
            fan_out.extend(viewer.fan_out);
        }
        let pair = |times| {
            let Percentiles { p50, p99 } = Percentiles::of(times);
            [p50, p99]
        };
        Ok::<_, anyhow::Error>(Seen { connected, batches, delivery_ms: pair(delivery), fan_out_ms: pair(fan_out) })
    })?;
    println!("{}", serde_json::to_string(&seen)?);
    Ok(())
}

async fn open(address: SocketAddr, viewers: u64) -> io::Result<Vec<Wire>> {
    let places = Arc::new(tokio::sync::Semaphore::new(OPENED_AT_ONCE));
    let mut opening = tokio::task::JoinSet::new();
    for n in 0..viewers {
        let places = Arc::clone(&places);
        opening.spawn(async move {
            let _place = places.acquire_owned().await;
            let mut wire = Wire::connect(address).await?;
            wire.upgrade(&format!("/api/live/{SLUG}"), &buyer(n)).await?;
            wire.frame().await?;
            Ok::<_, io::Error>(wire)
        });
    }
    let mut wires = Vec::new();
    while let Some(opened) = opening.join_next().await {
        wires.push(opened.map_err(io::Error::other)??);
    }
    Ok(wires)
}

#[derive(Default)]
struct Viewer {
    stayed: bool,
    batches: u64,
    delivery: Vec<Duration>,
    fan_out: Vec<Duration>,
}

async fn view(mut wire: Wire, n: u64, end: tokio::time::Instant) -> Viewer {
    let mut viewer = Viewer::default();
    let mut chat = tokio::time::interval(Duration::from_secs(1));
    // Lines come spread over the second.
    chat.reset_after(Duration::from_secs(1).mul_f64(share(n)));
    loop {
        tokio::select! {
            () = tokio::time::sleep_until(end) => break,
            _ = chat.tick(), if n < CHATTERS => {
                let line = format!(r#"{{"chat":{{"name":"Ann","text":"t{}"}}}}"#, unix_us());
                if wire.say(&line).await.is_err() {
                    return viewer;
                }
            }
            frame = wire.frame() => {
                let Ok(frame) = frame else { return viewer };
                viewer.batches += 1;
                if n.is_multiple_of(ONE_IN) {
                    let now = unix_us();
                    let ago = |then: u64, unit: u64| Duration::from_micros(now.saturating_sub(then * unit));
                    viewer.delivery.extend(numbers(frame, b"\"text\":\"t").map(|said| ago(said, 1)));
                    viewer.fan_out.extend(numbers(frame, b"\"now_ms\":").map(|made| ago(made, 1_000)));
                }
            }
        }
    }
    viewer.stayed = true;
    viewer
}

#[allow(clippy::cast_precision_loss, reason = "a few hundred")]
fn share(n: u64) -> f64 {
    (n % CHATTERS) as f64 / CHATTERS as f64
}

/// The numbers that stand behind a mark.
fn numbers<'a>(text: &'a [u8], mark: &'a [u8]) -> impl Iterator<Item = u64> + 'a {
    let starts = text.windows(mark.len()).enumerate().filter(move |(_, window)| *window == mark);
    starts.map(move |(at, _)| {
        let digits = text.get(at + mark.len()..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit());
        digits.fold(0_u64, |number, digit| number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')))
    })
}

fn unix_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// Bytes of this process that lie in memory.
fn resident_bytes() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("/proc is needed")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("/proc/self/status has no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_behind_their_marks() {
        let text = br#"{"chat":[{"text":"t17"},{"text":"t5 x"},{"text":"hello"}],"now_ms":9}"#;
        assert_eq!(numbers(text, b"\"text\":\"t").collect::<Vec<_>>(), [17, 5]);
        assert_eq!(numbers(text, b"\"now_ms\":").collect::<Vec<_>>(), [9]);
    }
}
