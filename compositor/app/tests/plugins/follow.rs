//! A show that runs takes up what happens to its plugins: installed, granted, changed, revoked, taken out.

use crate::running::{Running, SHOW, granted, package, with_overlay};
use std::path::{Path, PathBuf};
use vitrine_plugin_host::{Package, PluginFolder};

const HELLO: &[u8] = include_bytes!("../../../plugin-host/tests/kept/hello-1.0.0.core.wasm");
const TOML: &str = include_str!("../../../plugin-tools/templates/common/plugin.toml");
/// The greeting's panel is dark and its words are light; the ground is one colour.
fn greets(running: &Running) -> bool {
    let luma = running.lower_left();
    luma.iter().max().unwrap() - luma.iter().min().unwrap() > 100
}

fn hello(folder: &Path, version: &str) -> (PathBuf, Package) {
    let toml = TOML.replace("{{name}}", "hello").replace("{{exports}}", r#"["lifecycle", "timer-events"]"#);
    package(folder, HELLO, &toml.replace("\"1.0.0\"", &format!("\"{version}\"")))
}

#[test]
fn a_running_show_follows_its_plugins() {
    let folder = tempfile::tempdir().unwrap();
    let show = folder.path().join("show.toml");
    std::fs::write(&show, SHOW).unwrap();
    let running = Running::start(&show);
    assert!(!greets(&running));

    // Named but not installed: the console says so.
    std::fs::write(&show, format!("{SHOW}{}", with_overlay("hello"))).unwrap();
    running.until("it is named", |r| r.plugin()["error"].to_string().contains("it is not installed"));

    // Installed: it waits for consent, with the author's reason.
    let plugins = PluginFolder::beside(&show);
    let (first, read) = hello(folder.path(), "1.0.0");
    plugins.install(&first).unwrap();
    running.until("it waits", |r| r.plugin()["status"] == "needs_grant");
    assert!(running.plugin()["error"].to_string().contains("greets the audience"));

    // Granted: it is on the picture.
    let mut grants = granted(&read);
    grants.save(&plugins.grants_path()).unwrap();
    running.until("it greets", greets);
    assert_eq!(running.plugin()["error"], serde_json::Value::Null);

    // A new version takes over.
    plugins.install(&hello(folder.path(), "1.0.1").0).unwrap();
    running.until("the new version runs", |r| r.plugin()["version"] == "1.0.1");
    assert!(greets(&running));

    // Revoked: it goes at once, and comes back when it is granted again.
    let kept = std::mem::take(&mut grants.plugin);
    grants.save(&plugins.grants_path()).unwrap();
    running.until("it is revoked", |r| r.plugin()["status"] == "needs_grant" && !greets(r));
    grants.plugin = kept;
    grants.save(&plugins.grants_path()).unwrap();
    running.until("it is granted again", greets);

    // Taken out of the show file: nothing of it is left.
    std::fs::write(&show, SHOW).unwrap();
    running.until("it is gone", |r| r.plugin().is_null() && !greets(r));
}
