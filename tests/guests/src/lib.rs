//! What an author's tools make of real plugins: built with each language's toolchain, rehearsed, and drawn.
//!
//! This library builds and draws; `tests/*.rs` hold what must come out.

pub mod picture;

use std::path::{Path, PathBuf};
use vitrine_plugin_tools::{ToolError, build};

/// The repository's root.
#[must_use]
#[allow(clippy::expect_used, reason = "without the tree there is nothing to build")]
pub fn root() -> PathBuf {
    // Asked at run time: clones share a target directory, and what another one built names its own folder.
    let here =
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("run by cargo, which says where the tree is"));
    here.ancestors().nth(2).unwrap_or(&here).to_path_buf()
}

/// Builds a plugin's component; `None`, with the reason printed, where the language's toolchain isn't there.
///
/// # Panics
/// When the toolchain is there and the build fails.
#[must_use]
#[allow(clippy::panic, reason = "a helper of tests")]
pub fn component(folder: &Path) -> Option<Vec<u8>> {
    match build(folder) {
        Ok(component) => Some(component),
        Err(missing @ ToolError::Toolchain { .. }) => {
            println!("skipped: {}: {missing}", folder.display());
            None
        }
        Err(error) => panic!("{}: {error}", folder.display()),
    }
}
