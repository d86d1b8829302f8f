//! Figures of the host on this machine: what a call costs, how fast a plugin starts.

use crate::compile::Cache;
use crate::engine::{engine, start_ticker};
use crate::grants::PluginGrant;
use crate::guest::{Guest, GuestCall, Program, linker};
use crate::mailbox::Mailbox;
use crate::outside::{Outside, View};
use crate::package::Package;
use crate::powers::{Means, Powers};
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;
use vitrine_media::PluginId;

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// The median.
    pub p50: f64,
    /// The worst.
    pub max: f64,
    /// `us` or `ms`.
    pub unit: &'static str,
}

/// Starts counted for the figures.
const STARTS: usize = 50;
/// Rounds of calls, and calls in each: one call is shorter than the clock's own cost.
const ROUNDS: usize = 200;
const CALLS: u32 = 500;

/// Measures one package: start from the cache (load, link, instantiate, `init`), and a call of an event that does
/// nothing, in and out, under all limits. Nothing is compiled here: a component that isn't in the cache yet is put there by
/// the cache's compiler first. `outside` must be cheap to call. Blocks for seconds.
///
/// # Errors
/// A text when the package does not run.
pub fn package(label: &str, package: &Package, outside: &Arc<Outside>, cache: &Cache) -> Result<Vec<Row>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    runtime.block_on(measure(label, package, outside, cache))
}

async fn measure(label: &str, package: &Package, outside: &Arc<Outside>, cache: &Cache) -> Result<Vec<Row>, String> {
    let (engine, _) = engine().map_err(|e| e.to_string())?;
    start_ticker(&engine).map_err(|e| e.to_string())?;
    let linker = linker(&engine).map_err(|e| e.to_string())?;
    let memory = Arc::new(AtomicU64::new(0));
    let mib = package.manifest.runtime.memory_mib;
    let load = || {
        let found = cache.load(&engine, &package.component_hash, &package.component).map_err(|e| e.to_string())?;
        Program::link(&linker, &found).map_err(|e| e.to_string())
    };
    load()?;
    let mut starts = Vec::new();
    let mut last = None;
    for _ in 0..STARTS {
        let began = Instant::now();
        let program = load()?;
        let powers = powers(package, outside)?;
        let mut guest = Guest::start(&program, powers, mib, memory.clone()).await.map_err(|e| e.to_string())?;
        guest.call(GuestCall::Init("start")).await.map_err(|e| e.to_string())?;
        starts.push(began.elapsed().as_secs_f64() * 1e3);
        last = Some(guest);
    }
    let mut guest = last.ok_or("nothing was started")?;
    let mut calls = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        for _ in 0..CALLS {
            guest.call(GuestCall::SettingsChanged).await.map_err(|e| e.to_string())?;
        }
        calls.push(began.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS));
    }
    Ok(vec![
        row(format!("{label}: start from the cache"), starts, "ms"),
        row(format!("{label}: host to guest to host"), calls, "us"),
    ])
}

fn powers(package: &Package, outside: &Arc<Outside>) -> Result<Arc<Powers>, String> {
    let grant = PluginGrant::all(&package.manifest);
    let plugin = PluginId::new("bench").map_err(|e| e.to_string())?;
    let means = Means {
        plugin: &plugin,
        manifest: &package.manifest,
        grant: &grant,
        outside,
        view: &Arc::new(View::default()),
        mailbox: &Arc::new(Mailbox::default()),
        files: &package.files,
    };
    Ok(Arc::new(Powers::new(&means, None)))
}

fn row(name: String, mut samples: Vec<f64>, unit: &'static str) -> Row {
    samples.sort_by(f64::total_cmp);
    let p50 = samples.get(samples.len() / 2).copied().unwrap_or_default();
    Row { name, p50, max: samples.last().copied().unwrap_or_default(), unit }
}
