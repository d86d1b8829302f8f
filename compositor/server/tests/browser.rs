//! The pages in a headless Chromium, over a fake show. Skipped, with the reason, where Node, Chromium, the pages'
//! build or their packages are missing. `VITRINE_SHOTS=FOLDER` keeps the screenshots.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod running;
#[path = "support/shop_config.rs"]
mod shop_config;
mod support;

use running::start_shop;
use shop_config::shop_config;
use std::path::{Path, PathBuf};
use tokio::process::Command;

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

/// A short stream to play: a test picture with its date; `None` without ffmpeg.
async fn stream(folder: &Path) -> Option<PathBuf> {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.current_dir(folder).args(["-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=640x360:rate=30"]);
    ffmpeg.args(["-t", "4", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-f", "hls"]);
    ffmpeg.args(["-hls_time", "1", "-hls_list_size", "0", "-hls_flags", "program_date_time", "index.m3u8"]);
    let made = ffmpeg.status().await.is_ok_and(|status| status.success());
    made.then(|| folder.to_owned())
}

async fn browse(script: &str) {
    let ui = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("ui");
    if let Some(reason) = missing(&ui) {
        println!("skipped: {reason}");
        return;
    }
    let temporary = tempfile::tempdir().unwrap();
    let shots = std::env::var_os("VITRINE_SHOTS").map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    let mut config = shop_config();
    match stream(temporary.path()).await {
        Some(folder) => {
            config.stream = Some("/hls/web/index.m3u8".to_owned());
            config.hls = [("web".to_owned(), folder)].into();
        }
        None => println!("without a stream: there is no ffmpeg with x264"),
    }
    let server = start_shop(config).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_shopper_buys_a_seller_sells_and_the_host_sees_what_is_left() {
    browse("shop.mjs").await;
}
