//! One loaded version of a plugin: its program, its powers, its workers.

use crate::compile::CompileError;
use crate::grants::{Consent, PluginGrant};
use crate::guest::Program;
use crate::host::workers::Workers;
use crate::host::{LoadError, Plugin, Shared};
use crate::package::Package;
use crate::powers::{Means, Powers};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use vitrine_plugin_manifest::Manifest;

/// A loaded version.
pub(crate) struct Version {
    pub manifest: Manifest,
    pub powers: Arc<Powers>,
    pub program: Program,
    pub workers: Workers,
    pub files: Arc<BTreeMap<String, Arc<[u8]>>>,
    /// Who signed it: the hex of the key, empty if unsigned.
    pub publisher: String,
    schema: Option<serde_json::Value>,
}

/// What loading came to.
pub(crate) enum Loaded {
    /// Ready to be started.
    Ready(Arc<Version>),
    /// It may not run yet.
    Waits {
        /// What is missing, for the operator.
        text: String,
        /// What the package is granted now.
        grant: PluginGrant,
    },
}

impl Version {
    /// Reads, checks, compiles if need be, and links. Blocks: called on a thread that may.
    pub(crate) fn load(shared: &Shared, plugin: &Plugin) -> Result<Loaded, LoadError> {
        let name = plugin.name.as_str();
        let (package, grant) = plugin.source.load().map_err(|e| LoadError::Source(name.to_owned(), e))?;
        let consent = grant.consent(&package.manifest, &package.publisher);
        if consent != Consent::Full {
            let text = super::consent_text(&consent, &package.manifest.plugin.id).unwrap_or_default();
            return Ok(Loaded::Waits { text: format!("version {} {text}", package.manifest.plugin.version), grant });
        }
        let component = shared.cache.load(&shared.engine, &package.component_hash, &package.component)?;
        let program =
            Program::link(&shared.linker, &component).map_err(|e| LoadError::Link(name.to_owned(), e.to_string()))?;
        same_exports(name, &package.manifest, &program)?;
        Ok(Loaded::Ready(Arc::new(Self::new(shared, plugin, package, &grant, program)?)))
    }

    fn new(
        shared: &Shared,
        plugin: &Plugin,
        package: Package,
        grant: &PluginGrant,
        program: Program,
    ) -> Result<Self, LoadError> {
        let before = plugin.version();
        let means = Means {
            plugin: &plugin.name,
            manifest: &package.manifest,
            grant,
            outside: &shared.outside,
            view: &shared.view,
            mailbox: &plugin.mailbox,
            files: &package.files,
        };
        let powers = Arc::new(Powers::new(&means, before.as_ref().map(|v| v.powers.as_ref())));
        let version = Self {
            workers: Workers::new(package.manifest.runtime.workers.max(1)),
            manifest: package.manifest,
            powers,
            program,
            files: package.files,
            publisher: package.publisher,
            schema: package.settings_schema,
        };
        let settings = plugin.settings.lock().unwrap_or_else(PoisonError::into_inner).clone();
        version.apply_settings(&settings).map_err(|e| LoadError::Settings(plugin.name.as_str().to_owned(), e))?;
        Ok(version)
    }

    /// Whether the operator still grants all that this version was started with.
    pub(crate) fn granted(&self, grant: &PluginGrant) -> bool {
        grant.consent(&self.manifest, &self.publisher) == Consent::Full
    }

    /// Checks settings, fills their defaults, and gives them to the guest.
    pub(crate) fn apply_settings(&self, settings: &serde_json::Value) -> Result<(), String> {
        let empty = serde_json::json!({});
        let settings = if settings.is_null() { &empty } else { settings };
        let full = match &self.schema {
            Some(schema) => crate::schema::check(schema, settings)?,
            None => settings.clone(),
        };
        self.powers.settings.set(&full.to_string());
        Ok(())
    }
}

/// The manifest and the component must say the same, or the operator reads one thing and runs another.
fn same_exports(name: &str, manifest: &Manifest, program: &Program) -> Result<(), LoadError> {
    let said: BTreeSet<&str> = manifest.exports.iter().map(String::as_str).collect();
    let found: BTreeSet<&str> = program.offered.names().into_iter().collect();
    // A JavaScript or Python guest is built with stubs for more than it offers; never with less.
    if said.is_subset(&found) {
        return Ok(());
    }
    let list = |set: &BTreeSet<&str>| set.iter().copied().collect::<Vec<_>>().join(", ");
    Err(LoadError::Exports { plugin: name.to_owned(), said: list(&said), found: list(&found) })
}

impl From<LoadError> for String {
    fn from(error: LoadError) -> Self {
        error.to_string()
    }
}

impl LoadError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Compile(CompileError::Cache { .. }) => "PLUGIN_CACHE",
            Self::Compile(CompileError::Refused(_)) => "PLUGIN_COMPILE_REFUSED",
            Self::Compile(CompileError::TooLong) => "PLUGIN_COMPILE_TOO_LONG",
            Self::Compile(CompileError::Load(_)) => "PLUGIN_COMPILED_UNUSABLE",
            Self::Link(..) => "PLUGIN_DOES_NOT_FIT",
            Self::Exports { .. } => "PLUGIN_EXPORTS_DIFFER",
            Self::Settings(..) => "PLUGIN_SETTINGS",
            Self::Source(..) => "PLUGIN_PACKAGE",
        }
    }
}
