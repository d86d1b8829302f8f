//! Hostile guests beside a 1080p30 show: which limit held each, what the tick felt of it, and what memory stayed behind.

use super::memory::Memory;
use super::plugins::{COOL_DOWN, Stretch, id, so_far, status};
use crate::opening::OnTheAir;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use vitrine_media::PluginId;
use vitrine_plugin_host::{Fault, Incoming, Outgoing, PluginFolder, PluginHost, Transport};
use vitrine_show::ports::Answer;
use vitrine_show::ports::plugins::{Order, PluginState, Plugins};

/// What is done, by which package in which of its modes, one instance each and all at once.
const WICKED: [(&str, &str, &str); 16] = [
    ("loop forever", "hostile", "loop"),
    ("memory bomb", "hostile", "memory"),
    ("table bomb", "table-bomb", ""),
    ("stack overflow", "hostile", "stack"),
    ("trap in init", "hostile", "init-panic"),
    ("panic", "hostile", "panic"),
    ("log flood", "hostile", "logs"),
    ("log line of 1 MiB", "hostile", "long-line"),
    ("host-call flood", "hostile", "calls"),
    ("host call of 5 MiB", "hostile", "big"),
    ("sleep in a host call", "hostile", "sleep"),
    ("NaN and enormous overlays", "hostile", "numbers"),
    ("million-node commits", "hostile", "nodes"),
    ("hostile text", "hostile", "text"),
    ("results of the wrong type", "wrong-type", ""),
    ("powers not granted", "hostile", "powers"),
];
/// How often those in quarantine are let out again, to go on with it.
const FORGIVEN_EVERY: Duration = Duration::from_millis(500);
/// How often memory is looked at: a bomb lives for a few epochs.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A net where nobody ever answers.
pub(super) struct Silent;

impl Transport for Silent {
    fn send(&self, _: Outgoing) -> Answer<'_, Result<Incoming, Fault>> {
        Box::pin(std::future::pending())
    }
}

/// What kept one hostile guest from doing harm.
#[derive(Debug, Serialize)]
struct Held {
    /// Instances that were ended.
    cut: u64,
    /// Calls to the host that were refused.
    refused: u64,
    /// Log lines that were dropped.
    lines_dropped: u64,
    /// The limit, in the words that its author reads. `None`: nothing held it.
    limit: Option<String>,
}

impl Held {
    fn of(host: &PluginHost, name: &PluginId) -> anyhow::Result<Self> {
        let bad = status(host, name)?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, far below 2^53")]
        let refused = host.figures(name).get("refused").map_or(0, |figure| figure.sum as u64);
        let lines_dropped = host.lines_dropped(name);
        let lines = host.logs(name, 1_000);
        let said = |word: &str| lines.iter().rev().find(|line| line.contains(word)).cloned();
        let refusal = || said("Fault::Denied").or_else(|| said("Fault::Invalid")).or_else(|| said("Fault::"));
        let limit = bad.last_fault.or_else(|| said("lines were dropped")).or_else(refusal);
        // A line that is too long is cut where it ends, which is all that its author sees of it.
        let limit =
            limit.or_else(|| lines.iter().any(|line| line.ends_with('…')).then(|| "a line of 4 KiB".to_owned()));
        Ok(Self { cut: bad.faults, refused, lines_dropped, limit })
    }
}

/// What came of all of them.
#[derive(Serialize)]
pub(super) struct Outcome {
    tick: Stretch,
    held: BTreeMap<&'static str, Held>,
    innocent_faults: u64,
    innocent_runs: bool,
    memory: BTreeMap<&'static str, Memory>,
}

/// All hostile guests at once beside the innocent one, let out of quarantine again and again.
pub(super) fn hostile(
    show: &OnTheAir,
    host: &PluginHost,
    plugins: &PluginFolder,
    time: Duration,
) -> anyhow::Result<Outcome> {
    let innocent = id("rust")?;
    let (before, memory_before) = (status(host, &innocent)?, Memory::now());
    show.studio.stats.reset();
    let names = let_in(host, plugins)?;
    let worst = let_out_again_and_again(host, &names, time)?;
    let tick = so_far(show);
    let mut held = BTreeMap::new();
    for ((what, ..), name) in WICKED.iter().zip(&names) {
        held.insert(*what, Held::of(host, name)?);
        host.remove(name);
    }
    std::thread::sleep(COOL_DOWN);
    let memory_after = Memory::now();
    // What is left by the first flock may be the allocator's habit; what a second one adds would be a leak.
    let names = let_in(host, plugins)?;
    let_out_again_and_again(host, &names, time)?;
    for name in &names {
        host.remove(name);
    }
    std::thread::sleep(COOL_DOWN);
    let after = status(host, &innocent)?;
    Ok(Outcome {
        tick,
        held,
        innocent_faults: after.faults - before.faults,
        innocent_runs: after.state == PluginState::Running,
        memory: BTreeMap::from([
            ("1 before", memory_before),
            ("2 worst", worst),
            ("3 after", memory_after),
            ("4 after a second time", Memory::now()),
        ]),
    })
}

/// Starts one instance of each.
fn let_in(host: &PluginHost, plugins: &PluginFolder) -> anyhow::Result<Vec<PluginId>> {
    let one = |(number, (_, package, mode)): (usize, &(&str, &str, &str))| {
        let name = id(&format!("bad-{number}"))?;
        host.add(name.clone(), plugins.source(package), json!({ "mode": mode, "again": true }));
        Ok(name)
    };
    WICKED.iter().enumerate().map(one).collect()
}

/// Lets those in quarantine out for so long, and returns the most memory that was seen.
fn let_out_again_and_again(host: &PluginHost, names: &[PluginId], time: Duration) -> anyhow::Result<Memory> {
    let (until, mut worst, mut forgiven) = (Instant::now() + time, Memory::now(), Instant::now());
    while Instant::now() < until {
        std::thread::sleep(LOOK_EVERY);
        worst = worst.most(Memory::now());
        if forgiven.elapsed() < FORGIVEN_EVERY {
            continue;
        }
        forgiven = Instant::now();
        for name in names {
            if status(host, name)?.state == PluginState::Quarantined {
                host.order(name, Order::Start);
            }
        }
    }
    Ok(worst)
}
