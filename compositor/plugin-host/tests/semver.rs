//! The version gate: what was released must still be served, type by type, by what is in `plugin-api/wit` now.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::path::{Path, PathBuf};
use wit_parser::Resolve;

fn api() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../plugin-api")
}

/// All WIT of a folder as one text, with the package's version replaced: two packages of one version would be merged,
/// and every difference between them lost.
fn text(folder: &Path, version: &str, change: impl Fn(String) -> String) -> String {
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    let mut package = String::new();
    let mut all = String::new();
    for path in names {
        for line in std::fs::read_to_string(path).unwrap().lines() {
            if line.starts_with("package ") {
                package = format!("package vitrine:plugin@{version};\n");
            } else {
                all += line;
                all.push('\n');
            }
        }
    }
    change(package + &all)
}

fn check(old: &str, new: &str, world: &str) -> Result<(), String> {
    let mut resolve = Resolve::default();
    let old = resolve.push_str("old.wit", old).map_err(|e| format!("{e:#}"))?;
    let old_world = resolve.select_world(&[old], Some(world)).map_err(|e| format!("{e:#}"))?;
    let new = resolve.push_str("new.wit", new).map_err(|e| format!("{e:#}"))?;
    let new_world = resolve.select_world(&[new], Some(world)).map_err(|e| format!("{e:#}"))?;
    wit_component::semver_check(resolve, old_world, new_world).map_err(|e| format!("{e:#}"))
}

fn worlds() -> Vec<String> {
    let exports = vitrine_plugin_manifest::EXPORTS.iter().map(|e| format!("x-{e}"));
    std::iter::once("imports".to_owned()).chain(exports).collect()
}

#[test]
fn every_released_version_is_still_served() {
    let new = text(&api().join("wit"), "1.0.1", |t| t);
    for release in std::fs::read_dir(api().join("released")).unwrap() {
        let release = release.unwrap().path();
        let old = text(&release, "1.0.0", |t| t);
        // What is newer than the release is no promise of it.
        for world in worlds().into_iter().filter(|world| old.contains(&format!("world {world} {{"))) {
            check(&old, &new, &world).unwrap_or_else(|e| panic!("{}, world {world}: {e}", release.display()));
        }
    }
}

#[test]
fn the_gate_lets_growth_through_and_stops_breakage() {
    let wit = api().join("wit");
    let old = text(&wit, "1.0.0", |t| t);
    let grown =
        text(&wit, "1.0.1", |t| t.replace("interface system {", "interface system {\n  uptime: func() -> u64;"));
    assert_eq!(check(&old, &grown, "imports"), Ok(()));
    let breakages = [
        ("imports", "    unsupported,", "    unsupported,\n    novel,"),
        ("imports", "  cancel: func(name: string);", ""),
        ("x-panel", "interface panel {", "interface panel {\n  more: func();"),
        ("x-timer-events", "on-timer: func(name: string)", "on-timer: func(name: u32)"),
    ];
    for (world, from, to) in breakages {
        let broken = text(&wit, "1.0.1", |t| t.replacen(from, to, 1));
        assert_ne!(broken, text(&wit, "1.0.1", |t| t), "{from} is not in the WIT");
        assert!(check(&old, &broken, world).is_err(), "{from} → {to} was let through");
    }
}
