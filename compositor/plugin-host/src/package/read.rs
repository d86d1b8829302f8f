//! Reading a package that may be hostile: limits while streaming, names before bytes, hashes before meaning.

use crate::limits;
use crate::package::{COMPONENT, CONTENTS, Contents, MANIFEST, Package, SIGNATURE, Signature, sha256_hex, unhex};
use ed25519_dalek::VerifyingKey;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::Arc;
use thiserror::Error;
use vitrine_plugin_manifest::{Manifest, ManifestError};
use zip::ZipArchive;

/// Why a package was refused. Nothing of it was written anywhere.
#[derive(Debug, Error)]
pub enum PackageError {
    /// It isn't a zip, or a damaged one.
    #[error("this is not a Vitrine package ({0}); make one with `vitrine plugin pack`")]
    NotZip(String),
    /// Too many files.
    #[error("the package has {0} entries; at most {max} are read: put pictures together", max = limits::PACKAGE_ENTRIES_MAX)]
    TooMany(usize),
    /// Too many bytes.
    #[error("the package has more than {} MiB unpacked; make its assets smaller", limits::PACKAGE_BYTES_MAX >> 20)]
    TooLarge,
    /// An entry grows too much.
    #[error("`{0}` unpacks to more than {max} times its size; such archives are refused", max = limits::PACKAGE_RATIO_MAX)]
    Bomb(String),
    /// An entry shares bytes with another.
    #[error("`{0}` lies over another file of the archive; make the package with `vitrine plugin pack`")]
    Overlap(String),
    /// A path that could lead out, or that some file system reads otherwise.
    #[error("the package holds the path `{path}`, which {why}; rename the file and pack again")]
    Path {
        /// Which.
        path: String,
        /// What is wrong.
        why: &'static str,
    },
    /// Something must be there.
    #[error("the package has no `{0}`; make it with `vitrine plugin pack`")]
    Missing(&'static str),
    /// A file isn't listed, or a listed one isn't there.
    #[error("`{0}` is not both in the package and in contents.json; pack again")]
    Unlisted(String),
    /// A file isn't what was packed.
    #[error("`{0}` is not what was packed: its size or SHA-256 differs; get the package again from its author")]
    Hash(String),
    /// `contents.json` or `signature.json` can't be read.
    #[error("`{file}` can't be read: {text}; pack again")]
    Syntax {
        /// Which file.
        file: &'static str,
        /// Why.
        text: String,
    },
    /// The signature isn't one of these contents.
    #[error("the signature does not fit the contents; get the package again from its author")]
    Signature,
    /// The manifest breaks a rule.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

impl PackageError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotZip(_) => "PACKAGE_NOT_ZIP",
            Self::TooMany(_) => "PACKAGE_TOO_MANY",
            Self::TooLarge => "PACKAGE_TOO_LARGE",
            Self::Bomb(_) => "PACKAGE_BOMB",
            Self::Overlap(_) => "PACKAGE_OVERLAP",
            Self::Path { .. } => "PACKAGE_PATH",
            Self::Missing(_) => "PACKAGE_MISSING",
            Self::Unlisted(_) => "PACKAGE_UNLISTED",
            Self::Hash(_) => "PACKAGE_HASH",
            Self::Syntax { .. } => "PACKAGE_SYNTAX",
            Self::Signature => "PACKAGE_SIGNATURE",
            Self::Manifest(e) => e.code(),
        }
    }
}

/// Names that Windows gives to devices, with or without an extension.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

fn path_trouble(path: &str) -> Option<&'static str> {
    if path.is_empty() || path.len() > limits::PACKAGE_PATH_BYTES_MAX {
        return Some("is empty or longer than 200 bytes");
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./ ".contains(&b);
    if !path.bytes().all(plain) {
        return Some("holds something other than A-Z, a-z, 0-9, `-`, `_`, `.`, `/`, space");
    }
    if path.starts_with('/') || path.split('/').any(|p| p.is_empty() || p == "." || p == "..") {
        return Some("leads out of the package");
    }
    for part in path.split('/') {
        let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
        let base = stem.trim_end_matches(|c: char| c.is_ascii_digit());
        if DEVICES.contains(&base) && stem.len() <= base.len() + 1 {
            return Some("names a device on some systems");
        }
        if part.ends_with(['.', ' ']) || part.starts_with(' ') {
            return Some("ends in a dot or space, which some systems drop");
        }
    }
    None
}

fn damaged(error: &dyn std::fmt::Display) -> PackageError {
    PackageError::NotZip(crate::powers::log::one_line(&error.to_string(), 120))
}

fn unzip(bytes: &[u8]) -> Result<BTreeMap<String, Arc<[u8]>>, PackageError> {
    let declared = declared_entries(bytes).ok_or_else(|| PackageError::NotZip("it has no end record".to_owned()))?;
    if declared > limits::PACKAGE_ENTRIES_MAX {
        return Err(PackageError::TooMany(declared));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| damaged(&e))?;
    if archive.len() > limits::PACKAGE_ENTRIES_MAX {
        return Err(PackageError::TooMany(archive.len()));
    }
    apart(&mut archive)?;
    let mut files: BTreeMap<String, Arc<[u8]>> = BTreeMap::new();
    let mut folded = std::collections::BTreeSet::new();
    let mut total = 0_u64;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|e| damaged(&e))?;
        let path = String::from_utf8_lossy(entry.name_raw()).into_owned();
        let refuse = |why| PackageError::Path { path: path.escape_debug().to_string(), why };
        if let Some(why) = path_trouble(&path) {
            return Err(refuse(why));
        }
        if entry.is_dir()
            || entry.is_symlink()
            || entry.unix_mode().is_some_and(|m| m & 0o170_000 != 0o100_000 && m & 0o170_000 != 0)
        {
            return Err(refuse("is not a plain file"));
        }
        if !folded.insert(path.to_ascii_lowercase()) {
            return Err(refuse("differs from another only in case, or is there twice"));
        }
        let ratio_cap = entry.compressed_size().max(1).saturating_mul(limits::PACKAGE_RATIO_MAX);
        let room = limits::PACKAGE_BYTES_MAX - total;
        let cap = ratio_cap.min(room);
        let mut content = Vec::new();
        // One byte more than allowed is read, so that "exactly at the limit" and "over it" can be told apart.
        entry.take(cap + 1).read_to_end(&mut content).map_err(|e| damaged(&e))?;
        if content.len() as u64 > cap {
            return Err(if cap == room { PackageError::TooLarge } else { PackageError::Bomb(path) });
        }
        total += content.len() as u64;
        files.insert(path, content.into());
    }
    Ok(files)
}

/// Files that quote each other's bytes are how an archive of kilobytes unpacks to terabytes: each has bytes of its own.
fn apart(archive: &mut ZipArchive<Cursor<&[u8]>>) -> Result<(), PackageError> {
    let mut taken: Vec<(u64, u64)> = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|e| damaged(&e))?;
        let from = entry.header_start();
        let to = entry.data_start().unwrap_or(from).saturating_add(entry.compressed_size());
        if taken.iter().any(|(other, end)| from < *end && *other < to) {
            return Err(PackageError::Overlap(String::from_utf8_lossy(entry.name_raw()).escape_debug().to_string()));
        }
        taken.push((from, to));
    }
    Ok(())
}

/// Entries that the end record declares (APPNOTE 4.3.16), read before the archive's index is built.
fn declared_entries(bytes: &[u8]) -> Option<usize> {
    let from = bytes.len().saturating_sub(22 + 65_535);
    let tail = bytes.get(from..)?;
    let at = tail.windows(4).rposition(|w| w == b"PK\x05\x06")?;
    let &[low, high] = tail.get(at + 10..at + 12)? else { return None };
    Some(usize::from(u16::from_le_bytes([low, high])))
}

/// Reads a package: every limit, every name, every hash and the signature are checked before anything is believed.
///
/// # Errors
/// [`PackageError`] with a stable code and the cure.
pub fn read_package(bytes: &[u8]) -> Result<Package, PackageError> {
    if bytes.len() as u64 > limits::PACKAGE_BYTES_MAX {
        return Err(PackageError::TooLarge);
    }
    let mut files = unzip(bytes)?;
    let contents_bytes = files.remove(CONTENTS).ok_or(PackageError::Missing(CONTENTS))?;
    let syntax = |file, e: serde_json::Error| PackageError::Syntax { file, text: e.to_string() };
    let contents: Contents = serde_json::from_slice(&contents_bytes).map_err(|e| syntax(CONTENTS, e))?;
    let publisher = match files.remove(SIGNATURE) {
        Some(raw) => {
            let signature: Signature = serde_json::from_slice(&raw).map_err(|e| syntax(SIGNATURE, e))?;
            verify(&signature, &contents_bytes)?
        }
        None => String::new(),
    };
    let mut listed = BTreeMap::new();
    for entry in &contents.files {
        let Some(content) = files.get(&entry.path) else {
            return Err(PackageError::Unlisted(entry.path.escape_debug().to_string()));
        };
        if content.len() as u64 != entry.size || sha256_hex(content) != entry.sha256 {
            return Err(PackageError::Hash(entry.path.clone()));
        }
        listed.insert(entry.path.as_str(), ());
    }
    if let Some(extra) = files.keys().find(|path| !listed.contains_key(path.as_str())) {
        return Err(PackageError::Unlisted(extra.clone()));
    }
    let manifest = files.remove(MANIFEST).ok_or(PackageError::Missing(MANIFEST))?;
    let text = std::str::from_utf8(&manifest).map_err(|e| ManifestError::Syntax(e.to_string()))?;
    let manifest = Manifest::parse(text)?;
    let component = files.remove(COMPONENT).ok_or(PackageError::Missing(COMPONENT))?;
    let settings_schema = match &manifest.settings {
        Some(settings) => {
            let raw = files.get(&settings.schema).ok_or_else(|| PackageError::Unlisted(settings.schema.clone()))?;
            Some(serde_json::from_slice(raw).map_err(|e| syntax("settings schema", e))?)
        }
        None => None,
    };
    let component_hash = sha256_hex(&component);
    Ok(Package { manifest, component, component_hash, settings_schema, files: Arc::new(files), publisher })
}

fn verify(signature: &Signature, contents: &[u8]) -> Result<String, PackageError> {
    let wrong = || PackageError::Signature;
    if signature.algorithm != "ed25519" {
        return Err(wrong());
    }
    let key: [u8; 32] = unhex(&signature.public_key).and_then(|k| k.try_into().ok()).ok_or_else(wrong)?;
    let bytes: [u8; 64] = unhex(&signature.signature).and_then(|s| s.try_into().ok()).ok_or_else(wrong)?;
    let key = VerifyingKey::from_bytes(&key).map_err(|_| wrong())?;
    key.verify_strict(contents, &ed25519_dalek::Signature::from_bytes(&bytes)).map_err(|_| wrong())?;
    Ok(crate::package::hex(key.as_bytes()))
}
