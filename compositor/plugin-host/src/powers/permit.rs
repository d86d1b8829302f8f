//! Manifest ∩ grant as one question with three answers: granted, not granted, not asked for.

use crate::bindings::Fault;
use crate::grants::PluginGrant;
use std::collections::BTreeSet;
use vitrine_plugin_manifest::Manifest;

/// What one plugin asked for and was granted.
pub(crate) struct Permit {
    package: String,
    asked: BTreeSet<String>,
    granted: BTreeSet<String>,
}

impl Permit {
    pub(crate) fn new(manifest: &Manifest, grant: &PluginGrant) -> Self {
        Self {
            package: manifest.plugin.id.clone(),
            asked: manifest.asks().into_iter().map(|a| a.key).collect(),
            granted: grant.granted.clone(),
        }
    }

    pub(crate) fn package(&self) -> &str {
        &self.package
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.asked.contains(key) && self.granted.contains(key)
    }

    /// Passes, or says in one sentence what to do; `line` is what the author would add to `plugin.toml`.
    pub(crate) fn check(&self, key: &str, line: &str) -> Result<(), Fault> {
        if !self.asked.contains(key) {
            return Err(Fault::Denied(format!("plugin.toml does not ask for `{key}`; add: {line}")));
        }
        if !self.granted.contains(key) {
            let package = &self.package;
            let text = format!("`{key}` is not granted; the operator can: vitrine plugin grant {package} \"{key}\"");
            return Err(Fault::Denied(text));
        }
        Ok(())
    }
}
