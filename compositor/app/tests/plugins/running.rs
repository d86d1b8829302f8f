//! A show in a process of its own, and packages made of guests that were kept as bytes.

use image::RgbImage;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use vitrine_plugin_host::{Compiler, Grants, Package, PluginFolder, PluginGrant, pack, read_package};

/// A show of one colour, without a plugin.
pub const SHOW: &str = r##"
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

/// What a show file says of a plugin whose overlay lies at the lower left.
pub fn with_overlay(plugin: &str) -> String {
    format!(
        "[plugin.{plugin}]\n[[overlay]]\nname = \"{plugin}\"\nplugin = \"{plugin}\"\nslot = \"{plugin}\"\n\
         place = {{ anchor = \"bottom-left\", x = \"5%\", y = \"95%\" }}\nshown = true\n"
    )
}

/// A running show, ended with the test.
pub struct Running {
    child: Child,
    pub address: String,
}

impl Running {
    pub fn start(show: &Path) -> Self {
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

    pub fn get(&self, path: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let body = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("an answer has a head") + 4;
        assert!(answer.starts_with(b"HTTP/1.0 200"), "{path}: {}", String::from_utf8_lossy(&answer));
        answer.split_off(body)
    }

    pub fn picture(&self) -> RgbImage {
        image::load_from_memory(&self.get("/api/monitor/program.jpg")).unwrap().into_rgb8()
    }

    /// Lightness at the lower left, where the plugins of these tests draw on a plain ground.
    pub fn lower_left(&self) -> Vec<u8> {
        let picture = self.picture();
        let (w, h) = picture.dimensions();
        let inside = |x: u32, y: u32| x < w * 45 / 100 && y > h * 70 / 100;
        picture.enumerate_pixels().filter(|(x, y, _)| inside(*x, *y)).map(|(_, _, pixel)| pixel.0[1]).collect()
    }

    pub fn plugin(&self) -> serde_json::Value {
        let snapshot: serde_json::Value = serde_json::from_slice(&self.get("/api/snapshot")).unwrap();
        snapshot["plugins"][0].clone()
    }

    pub fn until(&self, what: &str, is: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !is(self) {
            assert!(began.elapsed() < Duration::from_secs(60), "{what}; the plugin: {}", self.plugin());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it as an operator does, and waits until it has ended.
    pub fn end(mut self) {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A package file of a kept guest in `folder`, compiled already: the live program has no compiler beside it here.
pub fn package(folder: &Path, module: &[u8], manifest: &str) -> (PathBuf, Package) {
    let component = wit_component::ComponentEncoder::default().module(module).unwrap().validate(true).encode().unwrap();
    std::fs::write(folder.join("plugin.toml"), manifest).unwrap();
    let (manifest, bytes) = pack(folder, &component).unwrap();
    let path = folder.join(format!("made-{}.vpk", manifest.plugin.version));
    std::fs::write(&path, &bytes).unwrap();
    let package = read_package(&bytes).unwrap();
    let plugins = PluginFolder::beside(&folder.join("show.toml"));
    plugins.cache(Compiler::InProcess).unwrap().prepare(&package.component_hash, &package.component).unwrap();
    (path, package)
}

/// A grant of all that a package asks for.
pub fn granted(package: &Package) -> Grants {
    let grant = PluginGrant::all(&package.manifest);
    Grants { plugin: BTreeMap::from([(package.manifest.plugin.id.clone(), grant)]) }
}
