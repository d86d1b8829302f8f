//! The house checks itself: who knows whom, sizes, first lines, threads. The checks are ordinary tests.
//!
//! This library only reads the tree; `tests/*.rs` hold the rules.

use std::fs;
use std::path::{Path, PathBuf};

/// The repository's root.
#[must_use]
#[allow(clippy::expect_used, reason = "without the tree there is nothing to check, and checks of nothing would pass")]
pub fn root() -> PathBuf {
    // Asked at run time: clones share a target directory, and what another one built names its own folder.
    let here =
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("run by cargo, which says where the tree is"));
    here.ancestors().nth(2).unwrap_or(&here).to_path_buf()
}

/// Folders that hold nothing written by people here.
const SKIPPED: [&str; 6] = ["target", "node_modules", ".git", "dist", ".vitrine", "recordings"];

/// All files under `dir` (relative to the root) whose name ends in `suffix`, sorted.
#[must_use]
pub fn files(dir: &str, suffix: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(dir)];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if path.is_dir() {
                if !SKIPPED.contains(&name.as_ref()) {
                    open.push(path);
                }
            } else if name.ends_with(suffix) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A path as the repository knows it.
#[must_use]
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
