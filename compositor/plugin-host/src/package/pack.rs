//! Making a package from an author's folder.

use crate::package::{COMPONENT, CONTENTS, Contents, Entry, MANIFEST, sha256_hex};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;
use vitrine_plugin_manifest::{Manifest, ManifestError};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Why no package was made.
#[derive(Debug, Error)]
pub enum PackError {
    /// A file can't be read.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The manifest breaks a rule.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The archive can't be written.
    #[error("the package can't be written: {0}")]
    Zip(#[from] zip::result::ZipError),
}

fn read(path: &Path) -> Result<Vec<u8>, PackError> {
    fs::read(path).map_err(|source| PackError::Io { path: path.to_owned(), source })
}

fn walk(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), PackError> {
    let io = |source| PackError::Io { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}/{name}");
        if entry.file_type().map_err(io)?.is_dir() {
            walk(&entry.path(), &path, files)?;
        } else if !name.starts_with('.') {
            files.insert(path, read(&entry.path())?);
        }
    }
    Ok(())
}

/// Packs `folder` (its `plugin.toml`, schemas and `assets/`) with this component. Equal inputs give equal bytes.
///
/// # Errors
/// [`PackError`] names the file and the trouble.
pub fn pack(folder: &Path, component: &[u8]) -> Result<(Manifest, Vec<u8>), PackError> {
    let mut files = BTreeMap::new();
    let manifest_bytes = read(&folder.join(MANIFEST))?;
    let manifest = Manifest::parse(&String::from_utf8_lossy(&manifest_bytes))?;
    files.insert(MANIFEST.to_owned(), manifest_bytes);
    files.insert(COMPONENT.to_owned(), component.to_vec());
    let forms = manifest.panel.iter().filter_map(|p| p.form.clone());
    for schema in manifest.settings.iter().map(|s| s.schema.clone()).chain(forms) {
        files.insert(schema.clone(), read(&folder.join(&schema))?);
    }
    if folder.join("assets").is_dir() {
        walk(&folder.join("assets"), "assets", &mut files)?;
    }
    let entry = |(path, bytes): (&String, &Vec<u8>)| Entry {
        path: path.clone(),
        size: bytes.len() as u64,
        sha256: sha256_hex(bytes),
    };
    let contents = Contents { format: 1, files: files.iter().map(entry).collect() };
    let json = serde_json::to_vec_pretty(&contents).unwrap_or_default();
    files.insert(CONTENTS.to_owned(), json);
    Ok((manifest, zip_files(&files)?))
}

/// Files as a zip with fixed times.
pub(crate) fn zip_files(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, PackError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for (path, bytes) in files {
        // A file that shrinks beyond the reader's ratio is stored as it is, so that it is never taken for a bomb.
        let dense =
            bytes.len() > 4_096 && bytes.iter().take(65_536).collect::<std::collections::BTreeSet<_>>().len() < 8;
        let method = if dense { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        zip.start_file(path, options.compression_method(method))?;
        zip.write_all(bytes).map_err(zip::result::ZipError::from)?;
    }
    Ok(zip.finish()?.into_inner())
}
