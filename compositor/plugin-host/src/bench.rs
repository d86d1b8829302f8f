//! Figures of the host on this machine: what a call costs, how fast a plugin starts, what idle ones hold.

use crate::engine::{engine, start_ticker};
use crate::grants::PluginGrant;
use crate::guest::{Guest, GuestCall, Program};
use crate::mailbox::Mailbox;
use crate::outside::{Outside, View};
use crate::package::Package;
use crate::powers::{Means, Powers};
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use vitrine_media::PluginId;
use wasmtime::component::Component;

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// The median.
    pub p50: f64,
    /// The worst.
    pub max: f64,
    /// `us`, `ms` or `KiB`.
    pub unit: &'static str,
}

/// Measures one package: start from the cache (load, link, instantiate, `init`), a call of an event, and `idle` instances.
/// `outside` must be cheap to call. Blocks for seconds.
///
/// # Errors
/// A text when the package does not run.
pub fn plugins(label: &str, package: &Package, outside: &Arc<Outside>, idle: usize) -> Result<Vec<Row>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    runtime.block_on(measure(label, package, outside, idle))
}

async fn measure(label: &str, package: &Package, outside: &Arc<Outside>, idle: usize) -> Result<Vec<Row>, String> {
    let (engine, _) = engine().map_err(|e| e.to_string())?;
    start_ticker(&engine).map_err(|e| e.to_string())?;
    let folder = std::env::temp_dir().join(format!("vitrine-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let path = folder.join("guest.cwasm");
    std::fs::write(&path, crate::compile::build::compile_bytes(&package.component)?).map_err(|e| e.to_string())?;
    let powers = powers(package, outside)?;
    let memory = Arc::new(AtomicU64::new(0));
    let mib = package.manifest.runtime.memory_mib;
    let (mut starts, mut calls, mut guests) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..20 {
        let began = Instant::now();
        let component = deserialize(&engine, &path)?;
        let program = Program::link(&engine, &component).map_err(|e| e.to_string())?;
        let mut guest = Guest::start(&program, powers.clone(), mib, memory.clone()).await.map_err(|e| e.to_string())?;
        guest.call(GuestCall::Init("start")).await.map_err(|e| e.to_string())?;
        starts.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let component = deserialize(&engine, &path)?;
    let program = Program::link(&engine, &component).map_err(|e| e.to_string())?;
    let before = resident_kib();
    for _ in 0..idle {
        let mut guest = Guest::start(&program, powers.clone(), mib, memory.clone()).await.map_err(|e| e.to_string())?;
        guest.call(GuestCall::Init("start")).await.map_err(|e| e.to_string())?;
        guests.push(guest);
    }
    let each = |kib: f64| if idle == 0 { 0.0 } else { kib / idle as f64 };
    let resident = each((resident_kib() - before).max(0.0));
    let linear = each(memory.load(Ordering::Relaxed) as f64 / 1024.0);
    let mut guest = Guest::start(&program, powers, mib, memory).await.map_err(|e| e.to_string())?;
    guest.call(GuestCall::Init("start")).await.map_err(|e| e.to_string())?;
    for _ in 0..200 {
        let began = Instant::now();
        for _ in 0..100 {
            guest.call(GuestCall::SettingsChanged).await.map_err(|e| e.to_string())?;
        }
        calls.push(began.elapsed().as_secs_f64() * 1e6 / 100.0);
    }
    std::fs::remove_dir_all(&folder).map_err(|e| e.to_string())?;
    Ok(vec![
        row(format!("{label}: start from the cache"), starts, "ms"),
        row(format!("{label}: host to guest to host"), calls, "us"),
        row(format!("{label}: resident memory of each of {idle} idle"), vec![resident], "KiB"),
        row(format!("{label}: linear memory of each of {idle} idle"), vec![linear], "KiB"),
    ])
}

fn powers(package: &Package, outside: &Arc<Outside>) -> Result<Arc<Powers>, String> {
    let granted = package.manifest.asks().into_iter().map(|a| a.key).collect();
    let grant = PluginGrant { granted, ..PluginGrant::default() };
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

#[allow(unsafe_code, reason = "wasmtime's contract for native code from disk")]
fn deserialize(engine: &wasmtime::Engine, path: &Path) -> Result<Component, String> {
    // SAFETY: this process wrote the file a moment ago, from its own compiler's output.
    unsafe { Component::deserialize_file(engine, path) }.map_err(|e| format!("{e:#}"))
}

fn row(name: String, mut samples: Vec<f64>, unit: &'static str) -> Row {
    samples.sort_by(f64::total_cmp);
    let p50 = samples.get(samples.len() / 2).copied().unwrap_or_default();
    Row { name, p50, max: samples.last().copied().unwrap_or_default(), unit }
}

/// Resident memory of this process, by the kernel's account; 0 where there is none.
fn resident_kib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
}
