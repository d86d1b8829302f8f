//! The whole program in a headless Chromium: a sale on the shopper's page and a show run from the console.
//!
//! Skipped, with the reason, where Node, Chromium, the pages' build or their packages are missing.
//! `VITRINE_SHOTS=FOLDER` keeps the screenshots.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What the program says once its pages can be opened.
const OPEN: &str = "the console is at ";

/// A running show, ended with the test.
struct Show {
    child: Child,
    base: String,
    folder: tempfile::TempDir,
    log: std::thread::JoinHandle<String>,
}

impl Show {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("show.toml");
        let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap());
        std::fs::copy(here.join("tests/sale/show.toml"), &file).unwrap();
        let mug = here.join("../../scenes/autumn-drop/assets/mug-red.svg");
        std::fs::copy(mug, folder.path().join("mug.svg")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_vitrine"))
            .arg("run")
            .arg(&file)
            .args(["--listen", "127.0.0.1:0", "--renderer", "cpu"])
            .env("NO_COLOR", "1")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut log = String::new();
        let base = loop {
            let Some(Ok(line)) = lines.next() else { panic!("the program ended:\n{log}") };
            log.push_str(&line);
            log.push('\n');
            if let Some((_, base)) = line.split_once(OPEN) {
                break base.trim_end_matches('/').to_owned();
            }
        };
        // The rest is read on, so that the program never waits for a reader.
        let log = std::thread::spawn(move || lines.map_while(Result::ok).fold(log, |log, line| log + &line + "\n"));
        Self { child, base, folder, log }
    }

    /// Ends the show; gives what it said.
    fn end(mut self) -> String {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(asked.is_ok_and(|asked| asked.success()), "the program had ended before");
        let ended = self.child.wait().unwrap();
        let said = self.log.join().unwrap();
        assert!(ended.success(), "{ended}:\n{said}");
        drop(self.folder);
        said
    }
}

fn missing(ui: &Path) -> Option<&'static str> {
    if !ui.join("dist/index.html").exists() {
        return Some("the pages are not built; run ./dev test");
    }
    if !ui.join("node_modules/playwright-core").exists() {
        return Some("playwright-core is not installed; run ./dev test");
    }
    let found = |name: &str| std::env::split_paths(&std::env::var_os("PATH")?).find(|p| p.join(name).exists());
    if found("node").is_none() {
        return Some("there is no node");
    }
    (found("chromium").is_none() && found("google-chrome").is_none()).then_some("there is no chromium")
}

fn browse(script: &str) {
    let ui = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../server/ui");
    if let Some(reason) = missing(&ui) {
        println!("skipped: {reason}");
        return;
    }
    let show = Show::start();
    let shots = std::env::var_os("VITRINE_SHOTS").map_or_else(|| show.folder.path().join("shots"), PathBuf::from);
    let mut node = Command::new("node");
    let ran = node.current_dir(&ui).arg(format!("tests/browser/{script}")).arg(&show.base).arg(&shots).output();
    let ran = ran.unwrap();
    let heard = [ran.stdout, ran.stderr].concat();
    let heard = String::from_utf8_lossy(&heard);
    let said = show.end();
    assert!(ran.status.success(), "{script}:\n{heard}\nthe program said:\n{said}");
    println!("{heard}");
}

#[test]
fn a_shopper_clicks_the_card_on_the_picture_and_buys() {
    browse("sale.mjs");
}

#[test]
fn a_producer_runs_a_real_show() {
    browse("onair.mjs");
}
