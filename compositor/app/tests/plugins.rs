//! A show that runs takes up what happens to its plugins: installed, granted, changed, revoked, taken out.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test ends where something is missing")]

use image::RgbImage;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use vitrine_plugin_host::{Compiler, Grants, PluginFolder, PluginGrant, pack, read_package};

const HELLO: &[u8] = include_bytes!("../../plugin-host/tests/kept/hello-1.0.0.core.wasm");
const TOML: &str = include_str!("../../plugin-tools/templates/common/plugin.toml");
const SHOW: &str = r##"
vitrine = 1
name = "Follow"
[[canvas]]
name = "main"
size = [1280, 720]
fps = 30
[[scene]]
name = "Main"
[[scene.layer]]
color = "#40505a"
"##;
const PLUGIN: &str = r#"
[plugin.hello]
[[overlay]]
name = "hello"
plugin = "hello"
slot = "hello"
place = { anchor = "bottom-left", x = "5%", y = "95%" }
shown = true
"#;

/// A show in a process of its own.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start(show: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_vitrine"))
            .args(["run", "--renderer", "cpu", "--listen", "127.0.0.1:0"])
            .arg(show)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("the show ended before it served").unwrap();
            if let Some((_, rest)) = line.split_once("the console is at http://") {
                break rest.trim_end_matches('/').to_owned();
            }
        };
        // What it says from now on is of no interest, but the pipe must not fill up.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    fn get(&self, path: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let body = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("an answer has a head") + 4;
        assert!(answer.starts_with(b"HTTP/1.0 200"), "{path}: {}", String::from_utf8_lossy(&answer));
        answer.split_off(body)
    }

    fn picture(&self) -> RgbImage {
        image::load_from_memory(&self.get("/api/monitor/program.jpg")).unwrap().into_rgb8()
    }

    /// The greeting's panel is dark and its words are light; the ground is one colour.
    fn greets(&self) -> bool {
        let picture = self.picture();
        let (w, h) = picture.dimensions();
        let luma: Vec<u8> = picture
            .enumerate_pixels()
            .filter(|(x, y, _)| *x < w * 45 / 100 && *y > h * 70 / 100)
            .map(|(_, _, pixel)| pixel.0[1])
            .collect();
        luma.iter().max().unwrap() - luma.iter().min().unwrap() > 100
    }

    fn plugin(&self) -> serde_json::Value {
        let snapshot: serde_json::Value = serde_json::from_slice(&self.get("/api/snapshot")).unwrap();
        snapshot["plugins"][0].clone()
    }

    fn until(&self, what: &str, is: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !is(self) {
            assert!(began.elapsed() < Duration::from_secs(60), "{what}; the plugin: {}", self.plugin());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The greeting as a package file, in this version.
fn package(folder: &Path, version: &str) -> std::path::PathBuf {
    let component = wit_component::ComponentEncoder::default().module(HELLO).unwrap().validate(true).encode().unwrap();
    let toml = TOML.replace("{{name}}", "hello").replace("{{exports}}", r#"["lifecycle", "timer-events"]"#);
    std::fs::write(folder.join("plugin.toml"), toml.replace("\"1.0.0\"", &format!("\"{version}\""))).unwrap();
    let path = folder.join(format!("hello-{version}.vpk"));
    std::fs::write(&path, pack(folder, &component).unwrap().1).unwrap();
    path
}

#[test]
fn a_running_show_follows_its_plugins() {
    let folder = tempfile::tempdir().unwrap();
    let show = folder.path().join("show.toml");
    std::fs::write(&show, SHOW).unwrap();
    let running = Running::start(&show);
    assert!(!running.greets());

    // Named but not installed: the console says so.
    std::fs::write(&show, format!("{SHOW}{PLUGIN}")).unwrap();
    running.until("it is named", |r| r.plugin()["error"].to_string().contains("it is not installed"));

    // Installed: it waits for consent, with the author's reason.
    let plugins = PluginFolder::beside(&show);
    let first = package(folder.path(), "1.0.0");
    let read = read_package(&std::fs::read(&first).unwrap()).unwrap();
    plugins.cache(Compiler::InProcess).unwrap().prepare(&read.component_hash, &read.component).unwrap();
    plugins.install(&first).unwrap();
    running.until("it waits", |r| r.plugin()["status"] == "needs_grant");
    assert!(running.plugin()["error"].to_string().contains("greets the audience"));

    // Granted: it is on the picture.
    let granted = read.manifest.asks().into_iter().map(|ask| ask.key).collect();
    let grant = PluginGrant { granted, ..PluginGrant::default() };
    let mut grants = Grants { plugin: BTreeMap::from([(read.manifest.plugin.id, grant)]) };
    grants.save(&plugins.grants_path()).unwrap();
    running.until("it greets", Running::greets);
    assert_eq!(running.plugin()["error"], serde_json::Value::Null);

    // A new version takes over.
    plugins.install(&package(folder.path(), "1.0.1")).unwrap();
    running.until("the new version runs", |r| r.plugin()["version"] == "1.0.1");
    assert!(running.greets());

    // Revoked: it goes at once, and comes back when it is granted again.
    let kept = std::mem::take(&mut grants.plugin);
    grants.save(&plugins.grants_path()).unwrap();
    running.until("it is revoked", |r| r.plugin()["status"] == "needs_grant" && !r.greets());
    grants.plugin = kept;
    grants.save(&plugins.grants_path()).unwrap();
    running.until("it is granted again", Running::greets);

    // Taken out of the show file: nothing of it is left.
    std::fs::write(&show, SHOW).unwrap();
    running.until("it is gone", |r| r.plugin().is_null() && !r.greets());
}
