//! What a rehearsal's script says: what is granted, what the net answers, and what happens step by step.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use vitrine_show::ports::plugins::{ChatMessage, OrderView, PollView, ShopView};

/// `script.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Script {
    /// `"all"`, or the keys that the operator granted.
    pub grant: Granted,
    /// The clock at the start, in milliseconds since 1970.
    pub now: u64,
    /// Minutes to add to UTC for the studio's wall clock.
    pub utc_offset_minutes: i32,
    /// The plugin's settings.
    pub settings: serde_json::Value,
    /// Secrets by name.
    pub secrets: BTreeMap<String, String>,
    /// Addresses of udp endpoints.
    pub udp: BTreeMap<String, SocketAddr>,
    /// What the net answers, each once, in order.
    pub http: Vec<Canned>,
    /// What happens.
    pub step: Vec<Step>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            grant: Granted::default(),
            now: 1_767_261_600_000,
            utc_offset_minutes: 0,
            settings: serde_json::json!({}),
            secrets: BTreeMap::new(),
            udp: BTreeMap::new(),
            http: Vec::new(),
            step: Vec::new(),
        }
    }
}

/// What is granted.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Granted {
    /// `"all"`.
    All(All),
    /// These keys.
    Some(Vec<String>),
}

/// The word `all`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum All {
    /// Everything that the manifest asks for.
    #[default]
    All,
}

impl Default for Granted {
    fn default() -> Self {
        Self::All(All::All)
    }
}

/// An answer from the net.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Canned {
    /// The address that it answers.
    pub url: String,
    /// Its status; 200 if left out.
    #[serde(default = "ok")]
    pub status: u16,
    /// Its headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Its body.
    #[serde(default)]
    pub body: String,
    /// A breakdown instead: `timeout`, or a text.
    #[serde(default)]
    pub fails: Option<String>,
}

const fn ok() -> u16 {
    200
}

/// One step; what is in it happens in the order written here.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Step {
    /// The clock moves, and timers ring.
    pub advance_ms: Option<u64>,
    /// A new instance starts with `reload`.
    pub reload: bool,
    /// The shop window becomes this.
    pub shop: Option<ShopView>,
    /// The poll becomes this.
    pub poll: Option<PollView>,
    /// Orders come in.
    pub orders: Vec<OrderView>,
    /// Chat messages come in.
    pub chat: Vec<ChatMessage>,
    /// Someone presses a button.
    pub panel: Option<Pressed>,
    /// The operator changed settings.
    pub settings_changed: bool,
}

/// A panel's button or form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pressed {
    /// Which.
    pub id: String,
    /// What was filled in.
    #[serde(default)]
    pub form: serde_json::Value,
}
