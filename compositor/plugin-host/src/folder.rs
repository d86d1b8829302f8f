//! The plugins of a show on disk: packages, grants, cache, data and logs in `plugins/` beside the show file.
//!
//! ```text
//! plugins/NAME.vpk  plugins/grants.toml  plugins/.cache/  plugins/.data/  plugins/.logs/NAME.log
//! ```

use crate::compile::{Cache, CompileError, Compiler};
use crate::grants::{Consent, Grants, GrantsError, PluginGrant};
use crate::host::Source;
use crate::outside::{LogSink, SecretSource};
use crate::package::{Package, PackageError, read_package};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use thiserror::Error;
use vitrine_media::Secret;

/// Bytes of a log file before it is started anew; the one before is kept.
const LOG_BYTES_MAX: u64 = 1 << 20;

/// Why a package was not installed, or can't be used.
#[derive(Debug, Error)]
pub enum FolderError {
    /// A file can't be read or written.
    #[error("{path}: {source}; check the path and its rights")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The package was refused.
    #[error("{path}: {source}")]
    Package {
        /// Which.
        path: PathBuf,
        /// Why.
        source: PackageError,
    },
    /// Another package has this name.
    #[error("`{name}` is installed already as {other}; remove plugins/{name}.vpk first if you want this one instead")]
    Name {
        /// The short name.
        name: String,
        /// The package that has it.
        other: String,
    },
    /// Someone else signed it.
    #[error(
        "{0} is signed by another key than the version that was granted; if you trust it: vitrine plugin revoke {0}"
    )]
    Publisher(String),
    /// The grants can't be used.
    #[error(transparent)]
    Grants(#[from] GrantsError),
    /// It can't be compiled.
    #[error(transparent)]
    Compile(#[from] CompileError),
}

impl FolderError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "PLUGIN_FILE",
            Self::Package { source, .. } => source.code(),
            Self::Name { .. } => "PLUGIN_NAME_TAKEN",
            Self::Publisher(_) => "PLUGIN_PUBLISHER_CHANGED",
            Self::Grants(_) => "PLUGIN_GRANTS",
            Self::Compile(_) => "PLUGIN_COMPILE",
        }
    }
}

/// The folder of a show's plugins.
#[derive(Clone, Debug)]
pub struct PluginFolder {
    root: PathBuf,
}

/// What installing came to.
#[derive(Clone, Debug)]
pub struct Installed {
    /// Its name in the show file: the last part of its id.
    pub name: String,
    /// The package.
    pub package: Package,
    /// Whether it may run.
    pub consent: Consent,
}

impl PluginFolder {
    /// The folder beside this show file.
    #[must_use]
    pub fn beside(show: &Path) -> Self {
        let folder = show.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self { root: folder.join("plugins") }
    }

    /// Where the packages lie.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The grants' file.
    #[must_use]
    pub fn grants_path(&self) -> PathBuf {
        self.root.join("grants.toml")
    }

    /// Where plugins' keys and bytes lie.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.root.join(".data")
    }

    /// A plugin's log file.
    #[must_use]
    pub fn log_path(&self, name: &str) -> PathBuf {
        self.root.join(".logs").join(format!("{name}.log"))
    }

    /// Where a plugin's package lies, if it is installed.
    #[must_use]
    pub fn package_path(&self, name: &str) -> PathBuf {
        self.root.join(format!("{name}.vpk"))
    }

    /// The cache of compiled components.
    ///
    /// # Errors
    /// [`CompileError::Cache`] when it can't be made.
    pub fn cache(&self, compiler: Compiler) -> Result<Cache, CompileError> {
        Cache::open(&self.root.join(".cache"), compiler)
    }

    /// Reads an installed package.
    ///
    /// # Errors
    /// [`FolderError`] with a stable code and the cure.
    pub fn read(&self, name: &str) -> Result<Package, FolderError> {
        read_file(&self.package_path(name))
    }

    /// All installed packages by name; a damaged one is left out.
    #[must_use]
    pub fn list(&self) -> BTreeMap<String, Package> {
        let Ok(entries) = fs::read_dir(&self.root) else { return BTreeMap::new() };
        let names = entries.flatten().filter_map(|e| e.file_name().to_str()?.strip_suffix(".vpk").map(str::to_owned));
        names.filter_map(|name| self.read(&name).ok().map(|package| (name, package))).collect()
    }

    /// Reads and checks a package file; nothing is written.
    ///
    /// # Errors
    /// [`FolderError`] with a stable code and the cure.
    pub fn examine(file: &Path) -> Result<Package, FolderError> {
        read_file(file)
    }

    /// Checks a package file and puts it in place: nothing is written before everything was checked.
    ///
    /// # Errors
    /// [`FolderError`] with a stable code and the cure.
    pub fn install(&self, file: &Path) -> Result<Installed, FolderError> {
        let package = read_file(file)?;
        let id = &package.manifest.plugin.id;
        let name = short_name(id).to_owned();
        if let Ok(other) = self.read(&name)
            && other.manifest.plugin.id != *id
        {
            return Err(FolderError::Name { name, other: other.manifest.plugin.id });
        }
        let consent = Grants::load(&self.grants_path())?.of(id).consent(&package.manifest, &package.publisher);
        if consent == Consent::OtherPublisher {
            return Err(FolderError::Publisher(id.clone()));
        }
        let place = self.package_path(&name);
        let io = |source| FolderError::Io { path: place.clone(), source };
        fs::create_dir_all(&self.root).map_err(io)?;
        let fresh = place.with_extension("vpk.new");
        fs::copy(file, &fresh).map_err(io)?;
        fs::rename(&fresh, &place).map_err(io)?;
        Ok(Installed { name, package, consent })
    }

    /// Where an installed plugin's package and grant come from.
    #[must_use]
    pub fn source(&self, name: &str) -> Box<dyn Source> {
        Box::new(FolderSource { folder: self.clone(), name: name.to_owned() })
    }
}

/// The name that a package has in show files: the last part of its id.
#[must_use]
pub fn short_name(id: &str) -> &str {
    id.rsplit('.').next().unwrap_or(id)
}

fn read_file(path: &Path) -> Result<Package, FolderError> {
    let io = |source| FolderError::Io { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    File::open(path).map_err(io)?.take(crate::limits::PACKAGE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(io)?;
    read_package(&bytes).map_err(|source| FolderError::Package { path: path.to_owned(), source })
}

struct FolderSource {
    folder: PluginFolder,
    name: String,
}

impl Source for FolderSource {
    fn load(&self) -> Result<(Package, PluginGrant), String> {
        if !self.folder.package_path(&self.name).exists() {
            let folder = self.folder.root().display();
            return Err(format!("it is not installed in {folder}; vitrine plugin install FILE.vpk --show SHOW.toml"));
        }
        let package = self.folder.read(&self.name).map_err(|e| format!("{e} ({})", e.code()))?;
        let grant =
            Grants::load(&self.folder.grants_path()).map_err(|e| e.to_string())?.of(&package.manifest.plugin.id);
        Ok((package, grant))
    }
}

impl SecretSource for PluginFolder {
    fn secret(&self, package: &str, name: &str) -> Option<Secret> {
        Grants::load(&self.grants_path()).ok()?.of(package).secret(name)
    }
}

/// Log files in the folder, one for each plugin, each with its predecessor.
pub struct FolderLogs {
    folder: PluginFolder,
    open: Mutex<BTreeMap<String, (File, u64)>>,
}

impl FolderLogs {
    /// Logs in this folder.
    #[must_use]
    pub fn new(folder: &PluginFolder) -> Self {
        Self { folder: folder.clone(), open: Mutex::default() }
    }

    fn append(&self, plugin: &str, line: &str) -> io::Result<()> {
        let path = self.folder.log_path(plugin);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.get(plugin).is_some_and(|(_, size)| *size > LOG_BYTES_MAX) {
            open.remove(plugin);
            fs::rename(&path, path.with_extension("log.1"))?;
        }
        if !open.contains_key(plugin) {
            fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
            let file = OpenOptions::new().create(true).append(true).open(&path)?;
            let size = file.metadata()?.len();
            open.insert(plugin.to_owned(), (file, size));
        }
        if let Some((file, size)) = open.get_mut(plugin) {
            writeln!(file, "{line}")?;
            *size += line.len() as u64 + 1;
        }
        Ok(())
    }
}

impl LogSink for FolderLogs {
    fn line(&self, plugin: &str, unix_ms: u64, line: &str) {
        // A log that can't be written must not stop a plugin; the console still has its lines.
        drop(self.append(plugin, &format!("{unix_ms} {line}")));
    }
}
