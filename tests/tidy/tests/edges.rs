//! Who may know whom: every edge between rooms stands in one table, and each outside world has one room.

#![allow(clippy::expect_used, reason = "a test says what went wrong by failing")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;
use tidy::root;

/// Room → the rooms it may use. A room that is missing here may not exist.
const EDGES: &[(&str, &[&str])] = &[
    ("vitrine-media", &[]),
    ("vitrine-scene", &["media"]),
    ("vitrine-audio", &["media"]),
    ("vitrine-commerce", &["media"]),
    ("vitrine-show", &["media", "scene", "audio", "commerce"]),
    ("vitrine-render", &["media", "scene"]),
    ("vitrine-pipeline", &["media"]),
    ("vitrine-plugin-host", &["media", "scene", "show", "plugin-manifest"]),
    ("vitrine-store", &["media", "commerce", "show"]),
    ("vitrine-server", &["media", "scene", "audio", "commerce", "show"]),
    ("vitrine-plugin-tools", &["plugin-host", "plugin-manifest"]),
    ("vitrine-obs", &["media", "scene", "show"]),
    ("vitrine-plugin-manifest", &[]),
    (
        "vitrine",
        &[
            "media",
            "scene",
            "audio",
            "commerce",
            "show",
            "render",
            "pipeline",
            "plugin-host",
            "store",
            "server",
            "obs",
            "plugin-manifest",
            "keying",
        ],
    ),
    ("guests", &["media", "scene", "render", "plugin-host", "plugin-tools"]),
    ("keying", &["media", "scene", "render"]),
    ("tidy", &[]),
    ("footage", &[]),
];

/// Not a room: it paints the demo's clips before any program runs, and none knows it.
const BEFORE_THE_SHOW: &str = "footage";

/// Outside worlds, by the start of their crates' names, and the one room that knows each.
const WORLDS: &[(&str, &str)] = &[
    ("gstreamer", "vitrine-pipeline"),
    ("wgpu", "vitrine-render"),
    ("cosmic-text", "vitrine-render"),
    ("resvg", "vitrine-render"),
    ("wasmtime", "vitrine-plugin-host"),
    ("sqlx", "vitrine-store"),
    ("axum", "vitrine-server"),
    ("tower", "vitrine-server"),
    ("obws", "vitrine-obs"),
];

/// What the pure rooms may use of the outside: values and arithmetic, no clock and no I/O.
const PURE: &[&str] = &["vitrine-media", "vitrine-scene", "vitrine-audio", "vitrine-commerce", "vitrine-show"];
const PURE_CRATES: &[&str] = &[
    "arc-swap",
    "base64",
    "audioadapter-buffers",
    "ebur128",
    "rubato",
    "schemars",
    "serde",
    "serde_json",
    "thiserror",
    "toml",
    "toml_edit",
    "sha2",
    "hmac",
    "subtle",
    "unicode-segmentation",
];

/// Each workspace package with its ordinary dependencies.
fn packages() -> BTreeMap<String, Vec<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let out = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let metadata: Value = serde_json::from_slice(&out.stdout).expect("cargo metadata is JSON");
    let list = metadata["packages"].as_array().expect("a list of packages");
    list.iter()
        .map(|package| {
            let deps = package["dependencies"].as_array().into_iter().flatten();
            let normal = deps.filter(|d| d["kind"].is_null());
            let names = normal.filter_map(|d| d["name"].as_str()).map(str::to_owned);
            (package["name"].as_str().unwrap_or_default().to_owned(), names.collect())
        })
        .collect()
}

#[test]
fn rooms_know_only_whom_the_table_names() {
    let mut wrong = Vec::new();
    for (package, deps) in packages() {
        let Some((_, allowed)) = EDGES.iter().find(|(name, _)| *name == package) else {
            wrong.push(format!("{package} is not in the table of rooms"));
            continue;
        };
        for dep in deps.iter().filter(|d| EDGES.iter().any(|(name, _)| name == d)) {
            let short = dep.trim_start_matches("vitrine-");
            if !allowed.contains(&short) {
                wrong.push(format!("{package} may not know {dep}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_outside_world_has_one_room() {
    let mut wrong = Vec::new();
    for (package, deps) in packages().into_iter().filter(|(package, _)| package != BEFORE_THE_SHOW) {
        for dep in deps {
            for (world, room) in WORLDS {
                if dep.starts_with(world) && package != *room {
                    wrong.push(format!("{package} uses {dep}; only {room} knows {world}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_rooms_stay_pure() {
    let packages = packages();
    let mut wrong = Vec::new();
    for room in PURE {
        for dep in packages.get(*room).into_iter().flatten() {
            if !dep.starts_with("vitrine-") && !PURE_CRATES.contains(&dep.as_str()) {
                wrong.push(format!("{room} uses {dep}: a pure room holds values, no clock and no I/O"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
