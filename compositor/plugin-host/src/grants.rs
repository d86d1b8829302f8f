//! What the operator granted each package: `grants.toml`, the other half of every permission.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use thiserror::Error;
use vitrine_media::Secret;
use vitrine_plugin_manifest::{Ask, Manifest};

/// What one package was granted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PluginGrant {
    /// Who signed the version that was granted: the hex of the ed25519 key, empty if unsigned.
    pub publisher: String,
    /// Keys of [`Ask`] that are granted.
    pub granted: BTreeSet<String>,
    /// Patterns of `permission.http` that may lead to private networks.
    pub private: BTreeSet<String>,
    /// Addresses of `permission.udp` endpoints.
    pub udp: BTreeMap<String, SocketAddr>,
    /// Where each secret is found.
    pub secrets: BTreeMap<String, SecretAt>,
}

impl PluginGrant {
    /// Everything that a package asks for, and nothing that it can't ask for: no private network, address or secret.
    #[must_use]
    pub fn all(manifest: &Manifest) -> Self {
        Self { granted: manifest.asks().into_iter().map(|ask| ask.key).collect(), ..Self::default() }
    }
}

/// Where a secret is found. Its value never stands in this file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum SecretAt {
    /// In this environment variable.
    Env(String),
    /// In this file, without its last line end.
    File(PathBuf),
}

/// The grants of all packages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Grants {
    /// By package id.
    pub plugin: BTreeMap<String, PluginGrant>,
}

/// Why the grants can't be used.
#[derive(Debug, Error)]
pub enum GrantsError {
    /// The file can't be read or written.
    #[error("{path}: {source}; check the rights of the folder")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It isn't what it should be.
    #[error("{path}: {text}")]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Where and what.
        text: String,
    },
}

/// Whether a package may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Everything that it asks for was granted.
    Full,
    /// These are not granted; it waits.
    Missing(Vec<Ask>),
    /// Someone else signed it than the version that was granted.
    OtherPublisher,
}

impl Grants {
    /// Reads a `grants.toml`; a missing file grants nothing.
    ///
    /// # Errors
    /// [`GrantsError`] names the file, the place and the trouble.
    pub fn load(path: &Path) -> Result<Self, GrantsError> {
        match fs::read_to_string(path) {
            Ok(text) => {
                toml::from_str(&text).map_err(|e| GrantsError::Syntax { path: path.to_owned(), text: e.to_string() })
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(GrantsError::Io { path: path.to_owned(), source }),
        }
    }

    /// Writes it whole: a new file, renamed over the old.
    ///
    /// # Errors
    /// [`GrantsError::Io`] when the folder can't be written.
    pub fn save(&self, path: &Path) -> Result<(), GrantsError> {
        let io = |source| GrantsError::Io { path: path.to_owned(), source };
        let text = toml::to_string_pretty(self)
            .map_err(|e| GrantsError::Syntax { path: path.to_owned(), text: e.to_string() })?;
        let fresh = path.with_extension("toml.new");
        fs::write(&fresh, text).map_err(io)?;
        fs::rename(&fresh, path).map_err(io)
    }

    /// What this package was granted.
    #[must_use]
    pub fn of(&self, package: &str) -> PluginGrant {
        self.plugin.get(package).cloned().unwrap_or_default()
    }
}

impl PluginGrant {
    /// Whether a package with this manifest, signed by this key, may run.
    #[must_use]
    pub fn consent(&self, manifest: &Manifest, publisher: &str) -> Consent {
        if !self.publisher.is_empty() && self.publisher != publisher {
            return Consent::OtherPublisher;
        }
        let missing: Vec<Ask> = manifest.asks().into_iter().filter(|a| !self.granted.contains(&a.key)).collect();
        if missing.is_empty() { Consent::Full } else { Consent::Missing(missing) }
    }

    /// The secret of this name, if the operator set it and it can be read.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<Secret> {
        let value = match self.secrets.get(name)? {
            SecretAt::Env(variable) => std::env::var(variable).ok()?,
            SecretAt::File(path) => fs::read_to_string(path).ok()?.trim_end_matches(['\r', '\n']).to_owned(),
        };
        Some(Secret::new(value))
    }
}
