//! What a plugin says about itself: `plugin.toml`, its permissions as people read them, its JSON Schema.
//!
//! ```text
//! plugin.toml ──parse──► Manifest ──asks()──► [Ask { key, text, reason }] ──the operator grants keys──► powers
//! ```
//!
//! ```
//! let manifest = vitrine_plugin_manifest::Manifest::parse(r#"
//!     manifest = 1
//!     exports = ["lifecycle"]
//!     [plugin]
//!     id = "org.example.hello"
//!     name = "Hello"
//!     version = "1.0.0"
//!     api = "1.0"
//!     [[permission.overlay]]
//!     layer = "hello"
//!     size = [640, 160]
//!     reason = "greets the audience"
//! "#)?;
//! assert_eq!(manifest.asks()[0].key, "overlay hello");
//! # Ok::<(), vitrine_plugin_manifest::ManifestError>(())
//! ```

mod ask;
mod check;
pub mod limits;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use ask::Ask;
pub use check::ManifestError;

/// Every interface that a plugin can export.
pub const EXPORTS: [&str; 13] = [
    "lifecycle",
    "timer-events",
    "http-events",
    "interactions",
    "shop-events",
    "order-events",
    "poll-events",
    "panel",
    "payment-provider",
    "payment-settlement",
    "fulfilment",
    "stock-channel",
    "webhooks",
];

/// A plugin's `plugin.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// Version of this format: 1.
    pub manifest: u32,
    /// Interfaces that the plugin exports; compared with the component's real ones.
    pub exports: Vec<String>,
    /// Who it is.
    pub plugin: About,
    /// How it runs.
    #[serde(default)]
    pub runtime: Runtime,
    /// Its settings.
    #[serde(default)]
    pub settings: Option<SettingsFile>,
    /// Chat commands that it answers, without the `!`.
    #[serde(default)]
    pub commands: Vec<String>,
    /// Calls from outside that it takes.
    #[serde(default)]
    pub webhook: Vec<Webhook>,
    /// Buttons and forms on the console.
    #[serde(default)]
    pub panel: Vec<Panel>,
    /// What it may do, if the operator agrees.
    #[serde(default)]
    pub permission: Permission,
}

/// Who a plugin is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct About {
    /// Unique name, a domain that you own backwards: `org.example.hello`. Lower case, digits, dots, hyphens.
    pub id: String,
    /// For people.
    pub name: String,
    /// `MAJOR.MINOR.PATCH`.
    pub version: String,
    /// Version of `vitrine:plugin` that it was built against: `1.0`.
    pub api: String,
    /// One sentence for the operator.
    #[serde(default)]
    pub description: String,
    /// Who publishes it.
    #[serde(default)]
    pub publisher: String,
    /// SPDX licence expression.
    #[serde(default)]
    pub license: String,
}

/// How a plugin runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Runtime {
    /// Cap on the sum of an instance's memories.
    pub memory_mib: u32,
    /// Extra instances for payment, fulfilment, stock and webhook calls.
    pub workers: u32,
    /// What happens to its layers when it fails.
    pub on_fault: OnFault,
}

impl Default for Runtime {
    fn default() -> Self {
        Self { memory_mib: limits::MEMORY_MIB_DEFAULT, workers: 1, on_fault: OnFault::Hide }
    }
}

/// What happens to a plugin's layers when it fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnFault {
    /// They disappear until it is well again.
    #[default]
    Hide,
    /// They stay as they are.
    Hold,
}

/// Where a plugin's settings are described.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SettingsFile {
    /// A JSON Schema file in the package.
    pub schema: String,
}

/// A call from outside that a plugin takes at `/hooks/PLUGIN/ID`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Webhook {
    /// Its name in the address.
    pub id: String,
    /// How the host checks that it is genuine. Without it the plugin's facts are not believed.
    #[serde(default)]
    pub verify: Option<Verify>,
}

/// How a webhook's signature is checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Verify {
    /// How the signature is made.
    pub scheme: Scheme,
    /// Header that holds it.
    pub header: String,
    /// Name of the secret, listed under `permission.secrets.use`.
    pub secret: String,
    /// How old a signed timestamp may be, in seconds.
    #[serde(default = "tolerance_default")]
    pub tolerance_s: u32,
}

fn tolerance_default() -> u32 {
    limits::WEBHOOK_TOLERANCE_S
}

/// How a webhook's signature is made. Every one is HMAC-SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// The header is the hex of the body's HMAC, perhaps after `sha256=`. No timestamp: replays are found by event id.
    HmacSha256Hex,
    /// The header is the base64 of the body's HMAC.
    HmacSha256Base64,
    /// Stripe's `t=…,v1=…` over `t.body`.
    Stripe,
    /// Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    StandardWebhooks,
}

/// A button or form on the console's plugin page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Panel {
    /// What `panel.on-action` is told.
    pub id: String,
    /// On the button.
    pub label: String,
    /// A JSON Schema file in the package, for a form; without it a button.
    #[serde(default)]
    pub form: Option<String>,
}

/// What a plugin may do, if the operator agrees. Everything left out is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Permission {
    /// Layers that it draws on.
    pub overlay: Vec<OverlayPermission>,
    /// Addresses that it may call.
    pub http: Vec<HttpPermission>,
    /// Equipment that it may send datagrams to.
    pub udp: Vec<UdpPermission>,
    /// Secrets that it uses.
    pub secrets: Option<SecretsPermission>,
    /// Room in the key-value store.
    pub kv: Option<KvPermission>,
    /// `read` and `write` the chats.
    pub chat: Option<Allow>,
    /// `read` the shop window, `propose` offers.
    pub shop: Option<Allow>,
    /// `read` orders; `buyers` adds who bought.
    pub orders: Option<Allow>,
    /// `read` and `propose` polls.
    pub polls: Option<Allow>,
    /// Kinds of equipment that it may look for: `artnet-node`, `_http._tcp`.
    pub devices: Option<Allow>,
}

/// A layer that a plugin draws on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OverlayPermission {
    /// Its name: the `slot` of an `[[overlay]]` in the show file.
    pub layer: String,
    /// Design size in pixels of a 1080-line picture; frames are measured in it.
    pub size: [u32; 2],
    /// Most nodes at once.
    #[serde(default = "nodes_default")]
    pub max_nodes: u32,
    /// Why, for the operator.
    pub reason: String,
}

fn nodes_default() -> u32 {
    limits::OVERLAY_NODES_DEFAULT
}

/// An address that a plugin may call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HttpPermission {
    /// `https://host` or `https://host:port`; `https://*.host` is every name below it.
    pub allow: String,
    /// Methods; `GET` if left out.
    #[serde(default = "methods_default")]
    pub methods: Vec<String>,
    /// Requests a second that the plugin may need here; more than the usual is granted by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_second: Option<u32>,
    /// Why, for the operator.
    pub reason: String,
}

fn methods_default() -> Vec<String> {
    vec!["GET".to_owned()]
}

/// Equipment that a plugin may send datagrams to. The operator binds its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct UdpPermission {
    /// The endpoint's name in `udp.send`.
    pub endpoint: String,
    /// What is spoken, for the operator, such as `art-net`.
    pub protocol: String,
    /// Why, for the operator.
    pub reason: String,
}

/// Secrets that a plugin uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretsPermission {
    /// Names that the host may fill in and sign with.
    pub r#use: Vec<String>,
    /// Names that the plugin may also read.
    #[serde(default)]
    pub reveal: Vec<String>,
    /// Why, for the operator.
    pub reason: String,
}

/// Room in the key-value store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KvPermission {
    /// Keys and values together, in KiB.
    pub kib: u32,
    /// Why, for the operator.
    pub reason: String,
}

/// Parts of a power.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Allow {
    /// Which parts.
    pub allow: Vec<String>,
    /// Why, for the operator.
    pub reason: String,
}

impl Manifest {
    /// Reads and checks a `plugin.toml`.
    ///
    /// # Errors
    /// [`ManifestError`] with a stable code, the place, and what to write instead.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        if text.len() > limits::MANIFEST_BYTES_MAX {
            return Err(ManifestError::TooLong(text.len()));
        }
        let manifest: Self = toml::from_str(text).map_err(|e| ManifestError::Syntax(e.to_string()))?;
        check::check(&manifest)?;
        Ok(manifest)
    }

    /// The JSON Schema of `plugin.toml`, for editors.
    #[must_use]
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }

    /// Whether it says that it exports this interface.
    #[must_use]
    pub fn exports(&self, interface: &str) -> bool {
        self.exports.iter().any(|e| e == interface)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_file_says_what_the_types_say() {
        let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap();
        let path = &std::path::Path::new(&here).join("../plugin.schema.json");
        let text = serde_json::to_string_pretty(&Manifest::json_schema()).unwrap() + "\n";
        if std::env::var_os("VITRINE_WRITE_SCHEMA").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        let file = std::fs::read_to_string(path).unwrap_or_default();
        assert!(file == text, "plugin.schema.json is old: run this test with VITRINE_WRITE_SCHEMA=1");
    }
}
