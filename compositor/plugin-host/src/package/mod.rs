//! Packages: what is inside a `.vpk`, and how it is proved to be what its author packed.
//!
//! ```text
//! plugin.toml  plugin.wasm  settings.schema.json  assets/…   the plugin
//! contents.json                                              every other file: path, size, SHA-256
//! signature.json                                             ed25519 over contents.json (optional)
//! ```

mod pack;
mod read;
mod sign;

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use vitrine_plugin_manifest::Manifest;

pub use pack::{PackError, pack};
pub use read::{PackageError, read_package};
pub use sign::{SignError, generate_key, load_key, sign};

/// The list of files.
pub(crate) const CONTENTS: &str = "contents.json";
/// The signature over it.
pub(crate) const SIGNATURE: &str = "signature.json";
/// The manifest.
pub(crate) const MANIFEST: &str = "plugin.toml";
/// The component.
pub(crate) const COMPONENT: &str = "plugin.wasm";

/// A package that was read and found whole.
#[derive(Clone, Debug)]
pub struct Package {
    /// What it says about itself.
    pub manifest: Manifest,
    /// The component's bytes.
    pub component: Arc<[u8]>,
    /// SHA-256 of the component, in hex: its name in the cache.
    pub component_hash: String,
    /// The settings' JSON Schema, if there is one.
    pub settings_schema: Option<serde_json::Value>,
    /// Every other file by path.
    pub files: Arc<BTreeMap<String, Arc<[u8]>>>,
    /// Who signed it: the hex of the ed25519 key; empty if nobody did.
    pub publisher: String,
}

/// Lower-case hex.
#[must_use]
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, b| {
        let _infallible = write!(text, "{b:02x}");
        text
    })
}

/// Bytes of a hex text.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(text.get(i..i + 2)?, 16).ok()).collect()
}

/// SHA-256 in hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// One line of `contents.json`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub path: String,
    pub size: u64,
    pub sha256: String,
}

/// `contents.json`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contents {
    pub format: u32,
    pub files: Vec<Entry>,
}

/// `signature.json`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signature {
    pub algorithm: String,
    pub public_key: String,
    pub signature: String,
}
