//! Signing: ed25519 over the list of files, so that a signature covers every byte of the plugin.

use crate::package::{CONTENTS, SIGNATURE, Signature, hex, pack, unhex};
use ed25519_dalek::{Signer, SigningKey};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::Path;
use thiserror::Error;
use vitrine_media::Secret;
use zip::ZipArchive;

/// Why nothing was signed.
#[derive(Debug, Error)]
pub enum SignError {
    /// The key file can't be used.
    #[error("the signing key {0}; make one with `vitrine plugin sign --new-key FILE`")]
    Key(String),
    /// The package can't be used.
    #[error("the package can't be signed: {0}")]
    Package(String),
}

/// A new signing key as hex, and its public key.
///
/// # Errors
/// [`SignError::Key`] when the system has no randomness.
pub fn generate_key() -> Result<(Secret, String), SignError> {
    let mut seed = [0_u8; 32];
    rand::TryRngCore::try_fill_bytes(&mut rand::rngs::OsRng, &mut seed)
        .map_err(|e| SignError::Key(format!("can't be made: {e}")))?;
    let key = SigningKey::from_bytes(&seed);
    Ok((Secret::new(hex(&seed)), hex(key.verifying_key().as_bytes())))
}

/// Reads a signing key from a file.
///
/// # Errors
/// [`SignError::Key`] when it can't be read or isn't one.
pub fn load_key(path: &Path) -> Result<SigningKey, SignError> {
    let text =
        std::fs::read_to_string(path).map_err(|e| SignError::Key(format!("{} can't be read: {e}", path.display())))?;
    let seed: Option<[u8; 32]> = unhex(text.trim()).and_then(|s| s.try_into().ok());
    let seed = seed.ok_or_else(|| SignError::Key(format!("{} is not 64 hex digits", path.display())))?;
    Ok(SigningKey::from_bytes(&seed))
}

/// The package with a signature by this key in place of any that it had.
///
/// # Errors
/// [`SignError::Package`] when it isn't a package.
pub fn sign(package: &[u8], key: &SigningKey) -> Result<Vec<u8>, SignError> {
    let wrong = |e: &dyn std::fmt::Display| SignError::Package(e.to_string());
    crate::package::read_package(package).map_err(|e| wrong(&e))?;
    let mut archive = ZipArchive::new(Cursor::new(package)).map_err(|e| wrong(&e))?;
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|e| wrong(&e))?;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(|e| wrong(&e))?;
        files.insert(entry.name().map_err(|e| wrong(&e))?.to_string(), bytes);
    }
    let contents = files.get(CONTENTS).ok_or_else(|| wrong(&"it has no contents.json"))?;
    let signature = Signature {
        algorithm: "ed25519".to_owned(),
        public_key: hex(key.verifying_key().as_bytes()),
        signature: hex(&key.sign(contents).to_bytes()),
    };
    files.insert(SIGNATURE.to_owned(), serde_json::to_vec_pretty(&signature).map_err(|e| wrong(&e))?);
    pack::zip_files(&files).map_err(|e| wrong(&e))
}
