//! A plugin is not in the house without a README and a test of what it may not do; a show not without its picture.

use std::fs;
use tidy::{files, root, shown};

#[test]
fn every_plugin_has_a_readme_and_a_deny_test() {
    let mut wrong = Vec::new();
    for manifest in files("plugins", "plugin.toml") {
        let Some(dir) = manifest.parent() else { continue };
        if !dir.join("README.md").exists() {
            wrong.push(format!("{} has no README.md", shown(dir)));
        }
        let denies = fs::read_dir(dir.join("tests")).into_iter().flatten().flatten();
        if !denies.map(|e| e.file_name()).any(|name| name == "denied") {
            wrong.push(format!("{} has no deny test in tests/denied", shown(dir)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_show_in_scenes_has_a_golden_picture() {
    let mut wrong = Vec::new();
    for show in files("scenes", "show.toml") {
        let Some(name) = show.parent().and_then(|p| p.file_name()) else { continue };
        let golden = root().join("tests/scenes").join(name).join("expected.png");
        if !golden.exists() {
            wrong.push(format!("{} has no {}", shown(&show), shown(&golden)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
