//! A host for tests: an ear that keeps proposals, packages made on the spot, a cache that tests share.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::Duration;
use vitrine_media::{PluginId, Secret};
use vitrine_plugin_host::{
    Cache, Compiler, Fault, Incoming, LogSink, MemoryKv, NoFinder, Outgoing, Outside, Package, PluginGrant, PluginHost,
    SecretSource, Source, SystemClock, SystemDatagrams, Transport, pack, read_package,
};
use vitrine_show::ports::Answer;
use vitrine_show::ports::plugins::{PluginState, Plugins, Proposals, Proposed};

pub const HOSTILE: &[u8] = include_bytes!("../kept/hostile.core.wasm");
pub const TICKER: &[u8] = include_bytes!("../kept/ticker-1.0.0.core.wasm");

#[derive(Default)]
pub struct Ear {
    heard: Mutex<Vec<(String, Proposed)>>,
    lines: Mutex<Vec<String>>,
    more: Condvar,
}

impl Proposals for Ear {
    fn propose(&self, plugin: &PluginId, what: Proposed) -> bool {
        self.heard.lock().unwrap().push((plugin.as_str().to_owned(), what));
        self.more.notify_all();
        true
    }
}

impl LogSink for Ear {
    fn line(&self, _plugin: &str, _unix_ms: u64, line: &str) {
        self.lines.lock().unwrap().push(line.to_owned());
        self.more.notify_all();
    }
}

impl Ear {
    pub fn heard(&self) -> Vec<(String, Proposed)> {
        self.heard.lock().unwrap().clone()
    }

    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// Waits for a proposal that `wanted` accepts.
    pub fn hear(&self, wanted: impl Fn(&Proposed) -> bool) -> Proposed {
        self.hear_after(0, wanted)
    }

    /// Waits for a proposal that `wanted` accepts, past the first `known` ones. `wanted` is called under the lock.
    pub fn hear_after(&self, known: usize, wanted: impl Fn(&Proposed) -> bool) -> Proposed {
        let mut heard = self.heard.lock().unwrap();
        loop {
            if let Some((_, found)) = heard.iter().skip(known).find(|(_, p)| wanted(p)) {
                return found.clone();
            }
            let (next, timeout) = self.more.wait_timeout(heard, Duration::from_secs(60)).unwrap();
            assert!(!timeout.timed_out(), "not heard; log: {:?}", self.lines());
            heard = next;
        }
    }

    /// Waits for a log line that starts so.
    pub fn line(&self, start: &str) -> String {
        let mut lines = self.lines.lock().unwrap();
        loop {
            if let Some(found) = lines.iter().find(|l| l.starts_with(start)) {
                return found.clone();
            }
            let (next, timeout) = self.more.wait_timeout(lines, Duration::from_secs(60)).unwrap();
            assert!(!timeout.timed_out(), "no line starts with {start:?}: {next:?}");
            lines = next;
        }
    }
}

/// A peer that never answers.
pub struct Silent;

impl Transport for Silent {
    fn send(&self, _request: Outgoing) -> Answer<'_, Result<Incoming, Fault>> {
        Box::pin(std::future::pending())
    }
}

pub struct NoSecrets;

impl SecretSource for NoSecrets {
    fn secret(&self, _package: &str, _name: &str) -> Option<Secret> {
        None
    }
}

pub fn outside(ear: &Arc<Ear>, transport: Arc<dyn Transport>) -> Outside {
    Outside {
        clock: Arc::new(SystemClock::start()),
        proposals: ear.clone(),
        transport,
        datagrams: Arc::new(SystemDatagrams::open()),
        finder: Arc::new(NoFinder),
        kv: Arc::new(MemoryKv::default()),
        secrets: Arc::new(NoSecrets),
        log: ear.clone(),
    }
}

/// One cache for all tests of a run: guests are compiled once.
pub fn cache() -> Cache {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugin-cache"));
    Cache::open(folder, Compiler::InProcess).unwrap()
}

pub fn host(ear: &Arc<Ear>) -> PluginHost {
    PluginHost::start(outside(ear, Arc::new(Silent)), cache()).unwrap()
}

pub fn component(module: &[u8]) -> Vec<u8> {
    wit_component::ComponentEncoder::default().module(module).unwrap().validate(true).encode().unwrap()
}

pub fn package(module: &[u8], manifest: &str) -> Package {
    package_of(&component(module), manifest, &BTreeMap::new())
}

pub fn package_of(component: &[u8], manifest: &str, files: &BTreeMap<&str, &str>) -> Package {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("plugin.toml"), manifest).unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let (_, bytes) = pack(folder.path(), component).unwrap();
    read_package(&bytes).unwrap()
}

pub struct Given(pub Mutex<(Package, PluginGrant)>);

impl Source for Given {
    fn load(&self) -> Result<(Package, PluginGrant), String> {
        Ok(self.0.lock().unwrap().clone())
    }
}

/// The same, for a test that changes what is given while the plugin runs.
pub struct Lent(pub Arc<Given>);

impl Source for Lent {
    fn load(&self) -> Result<(Package, PluginGrant), String> {
        self.0.load()
    }
}

pub fn granted(package: &Package) -> PluginGrant {
    PluginGrant::all(&package.manifest)
}

pub fn all(package: Package) -> Box<dyn Source> {
    let grant = granted(&package);
    Box::new(Given(Mutex::new((package, grant))))
}

pub fn only(package: Package, keys: &[&str]) -> Box<dyn Source> {
    let grant = PluginGrant { granted: keys.iter().map(|k| (*k).to_owned()).collect(), ..PluginGrant::default() };
    Box::new(Given(Mutex::new((package, grant))))
}

pub fn id(name: &str) -> PluginId {
    PluginId::new(name).unwrap()
}

pub fn hostile(extra: &str) -> Package {
    package(HOSTILE, &format!("{HOSTILE_TOML}{extra}"))
}

pub const HOSTILE_TOML: &str = r#"
manifest = 1
exports = ["lifecycle", "timer-events", "payment-provider"]
[plugin]
id = "test.hostile"
name = "Hostile"
version = "1.0.0"
api = "1.0"
[[permission.overlay]]
layer = "card"
size = [100, 100]
reason = "tests"
"#;

/// Waits until a plugin stands so.
pub fn wait_for(host: &PluginHost, name: &str, state: PluginState) {
    let started = std::time::Instant::now();
    loop {
        let list = host.list();
        let found = list.iter().find(|p| p.plugin.as_str() == name).unwrap();
        if found.state == state {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(90), "{found:?}");
        std::thread::yield_now();
        std::thread::sleep(Duration::from_millis(2));
    }
}
