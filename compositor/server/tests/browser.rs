//! The pages in a headless Chromium, over a fake show. Skipped, with the reason, where Node, Chromium, the pages'
//! build or their packages are missing. `VITRINE_SHOTS=FOLDER` keeps the screenshots.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod running;
mod support;

use running::start;
use std::path::{Path, PathBuf};
use tokio::process::Command;
use vitrine_server::ServerConfig;

fn missing(ui: &Path) -> Option<&'static str> {
    if !ui.join("dist/index.html").exists() {
        return Some("the pages are not built; run ./dev ui");
    }
    if !ui.join("node_modules/playwright-core").exists() {
        return Some("playwright-core is not installed; run npm ci in compositor/server/ui");
    }
    let found = |name: &str| std::env::split_paths(&std::env::var_os("PATH")?).find(|p| p.join(name).exists());
    if found("node").is_none() {
        return Some("there is no node");
    }
    (found("chromium").is_none() && found("google-chrome").is_none()).then_some("there is no chromium")
}

async fn browse(script: &str) {
    let ui = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("ui");
    if let Some(reason) = missing(&ui) {
        println!("skipped: {reason}");
        return;
    }
    let temporary = tempfile::tempdir().unwrap();
    let shots = std::env::var_os("VITRINE_SHOTS").map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    let server = start(ServerConfig::default()).await;
    let mut node = Command::new("node");
    node.current_dir(&ui).arg(format!("tests/browser/{script}")).arg(server.url("")).arg(shots).kill_on_drop(true);
    let run = node.output().await.unwrap();
    let said = [run.stdout, run.stderr].concat();
    assert!(run.status.success(), "{script}:\n{}", String::from_utf8_lossy(&said));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_producer_runs_the_show_from_the_console() {
    browse("console.mjs").await;
}
