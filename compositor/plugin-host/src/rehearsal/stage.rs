//! The fake host of a rehearsal: a clock moved by hand, canned answers, and ears that write everything down.

use crate::bindings::Fault;
use crate::outside::{Datagrams, HostClock, Incoming, LogSink, Outgoing, SecretSource, Transport};
use crate::rehearsal::script::{Canned, Script};
use crate::rehearsal::words;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use vitrine_media::{PluginId, Secret, ShowTime};
use vitrine_scene::overlay::Layer;
use vitrine_show::ports::Answer;
use vitrine_show::ports::plugins::{Proposals, Proposed};

pub(super) struct Stage {
    start_unix_ms: u64,
    offset: i32,
    mono_ms: AtomicU64,
    ids: AtomicU64,
    canned: Mutex<VecDeque<Canned>>,
    secrets: BTreeMap<String, String>,
    lines: Mutex<Vec<String>>,
    layers: Mutex<BTreeMap<String, Layer>>,
}

impl Stage {
    pub(super) fn new(script: &Script) -> Self {
        Self {
            start_unix_ms: script.now,
            offset: script.utc_offset_minutes,
            mono_ms: AtomicU64::new(0),
            ids: AtomicU64::new(0),
            canned: Mutex::new(script.http.iter().cloned().collect()),
            secrets: script.secrets.clone(),
            lines: Mutex::default(),
            layers: Mutex::default(),
        }
    }

    /// The layers as a show would have them now.
    pub(super) fn layers(&self) -> BTreeMap<String, Layer> {
        self.layers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn write(&self, line: &str) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn mono(&self) -> u64 {
        self.mono_ms.load(Ordering::SeqCst)
    }

    pub(super) fn move_to(&self, mono_ms: u64) {
        self.mono_ms.fetch_max(mono_ms, Ordering::SeqCst);
    }

    fn answer(&self, request: &Outgoing) -> Result<Incoming, Fault> {
        let mut canned = self.canned.lock().unwrap_or_else(PoisonError::into_inner);
        let url = request.url.as_str();
        let Some(at) = canned.iter().position(|c| c.url == url) else {
            return Err(Fault::Upstream(format!("the script has no answer for {url}")));
        };
        let found = canned.remove(at).ok_or(Fault::Timeout)?;
        match found.fails.as_deref() {
            Some("timeout") => Err(Fault::Timeout),
            Some(text) => Err(Fault::Upstream(text.to_owned())),
            None => Ok(Incoming {
                status: found.status,
                headers: found.headers.into_iter().collect(),
                body: found.body.into_bytes(),
            }),
        }
    }
}

impl HostClock for Stage {
    fn mono_ms(&self) -> u64 {
        self.mono()
    }

    fn unix_ms(&self) -> u64 {
        self.start_unix_ms + self.mono()
    }

    fn utc_offset_minutes(&self) -> i32 {
        self.offset
    }

    fn unique_id(&self) -> String {
        format!("00000000-0000-4000-8000-{:012}", self.ids.fetch_add(1, Ordering::SeqCst) + 1)
    }
}

impl Proposals for Stage {
    fn propose(&self, _plugin: &PluginId, what: Proposed) -> bool {
        for line in words::proposed(&what) {
            self.write(&line);
        }
        if let Proposed::Overlay { layer, size, ops, .. } = &what {
            let mut layers = self.layers.lock().unwrap_or_else(PoisonError::into_inner);
            #[allow(clippy::cast_precision_loss, reason = "sides are at most 4096")]
            let kept = layers.entry(layer.to_string()).or_insert_with(|| Layer::new((size.0 as f32, size.1 as f32)));
            if let Err(why) = kept.commit(ops, ShowTime::from_millis(self.mono())) {
                self.write(&format!("! the show refused it: {why}"));
            }
        }
        true
    }
}

impl Transport for Stage {
    fn send(&self, request: Outgoing) -> Answer<'_, Result<Incoming, Fault>> {
        let body = String::from_utf8_lossy(&request.body);
        self.write(format!("http {} {} {}", request.method, request.url, body.escape_debug()).trim_end());
        for (name, value) in &request.headers {
            // A secret that the host filled in shows as its name, never as its value.
            let mut shown = value.reveal().to_owned();
            for (secret, hidden) in &self.secrets {
                shown = shown.replace(hidden.as_str(), &format!("<{secret}>"));
            }
            self.write(&format!("  {name}: {shown}"));
        }
        let answer = self.answer(&request);
        Box::pin(async move { answer })
    }
}

impl Datagrams for Stage {
    fn send(&self, to: SocketAddr, payload: &[u8]) -> Result<(), String> {
        self.write(&format!("udp {to} {}", crate::package::hex(payload)));
        Ok(())
    }
}

impl SecretSource for Stage {
    fn secret(&self, _package: &str, name: &str) -> Option<Secret> {
        self.secrets.get(name).cloned().map(Secret::new)
    }
}

impl LogSink for Stage {
    fn line(&self, _plugin: &str, _unix_ms: u64, line: &str) {
        self.write(&format!("log {line}"));
    }
}
