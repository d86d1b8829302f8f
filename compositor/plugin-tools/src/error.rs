//! What can go wrong in the tools: what, where, and what to do.

use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;
use vitrine_plugin_host::{FolderError, GrantsError, PackError, SignError};
use vitrine_plugin_manifest::ManifestError;

/// Why a command failed.
#[derive(Debug, Error)]
pub enum ToolError {
    /// A file can't be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder holds no plugin.
    #[error("there is no plugin in this folder: {0} is missing; make one with `vitrine plugin new NAME`")]
    NoPlugin(&'static str),
    /// The name can't be used.
    #[error("`{0}` can't be a plugin's name; use 1 to 32 of a-z, 0-9 and `-`, a letter first")]
    Name(String),
    /// The folder is there already.
    #[error("the folder `{0}` is there already; choose another name or remove it")]
    Exists(String),
    /// A tool is missing.
    #[error("{what} is missing; install it: {cure}")]
    Toolchain {
        /// What.
        what: String,
        /// How.
        cure: String,
    },
    /// The build failed; the tool has said why.
    #[error("the build failed: `{0}` ended with an error, see above")]
    Build(String),
    /// The module is no component.
    #[error("the module can't be made a component: {0}; is every interface of `exports` implemented?")]
    Component(String),
    /// The component isn't what the manifest says.
    #[error("{0}")]
    Check(String),
    /// The manifest breaks a rule.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Packing failed.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// Signing failed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// Installing failed.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The grants can't be used.
    #[error(transparent)]
    Grants(#[from] GrantsError),
    /// The compiler refused it.
    #[error("{0}")]
    Compile(String),
    /// A script can't be played.
    #[error("{path}: {text}")]
    Script {
        /// Which.
        path: PathBuf,
        /// Why.
        text: String,
    },
    /// The show file can't be changed.
    #[error("{path}: {text}")]
    Show {
        /// Which.
        path: PathBuf,
        /// Why.
        text: String,
    },
    /// Something named isn't there.
    #[error("{0}")]
    Unknown(String),
}

impl ToolError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "FILE",
            Self::NoPlugin(_) => "NO_PLUGIN",
            Self::Name(_) => "PLUGIN_NAME",
            Self::Exists(_) => "FOLDER_EXISTS",
            Self::Toolchain { .. } => "TOOLCHAIN_MISSING",
            Self::Build(_) => "BUILD_FAILED",
            Self::Component(_) => "NOT_A_COMPONENT",
            Self::Check(_) => "CHECK_FAILED",
            Self::Manifest(e) => e.code(),
            Self::Pack(_) => "PACK_FAILED",
            Self::Sign(_) => "SIGN_FAILED",
            Self::Folder(e) => e.code(),
            Self::Grants(_) => "PLUGIN_GRANTS",
            Self::Compile(_) => "PLUGIN_COMPILE_REFUSED",
            Self::Script { .. } => "SCRIPT",
            Self::Show { .. } => "SHOW_FILE",
            Self::Unknown(_) => "UNKNOWN",
        }
    }
}

/// A file's error with its path.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> ToolError {
    let path = path.to_owned();
    move |source| ToolError::Io { path, source }
}
