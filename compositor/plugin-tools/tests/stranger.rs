//! A stranger's way through the tools, by the program that a stranger runs: an empty folder, `new`, `check`, `test`,
//! `pack`, `install`, in each language.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::path::Path;
use std::process::{Command, Output};

fn tool(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vitrine-plugin")).args(words).current_dir(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

fn must(folder: &Path, words: &[&str]) -> String {
    let output = tool(folder, words);
    assert!(output.status.success(), "{words:?}: {}", said(&output));
    said(&output)
}

fn walk(lang: &str) {
    let empty = tempfile::tempdir().unwrap();
    must(empty.path(), &["new", "hello", "--lang", lang]);
    let hello = empty.path().join("hello");
    let built = tool(&hello, &["build"]);
    if said(&built).contains("[TOOLCHAIN_MISSING]") {
        println!("skipped: {}", said(&built));
        return;
    }
    assert!(built.status.success(), "{}", said(&built));
    let checked = must(&hello, &["check"]);
    assert!(checked.contains("asks to draw on the layer `hello`"), "{checked}");
    let tested = must(&hello, &["test"]);
    assert!(tested.contains("hello: ok") && tested.contains("denied: ok") && tested.contains("fuel"), "{tested}");
    must(&hello, &["pack"]);
    let component = std::fs::read(hello.join("build/plugin.wasm")).unwrap();
    let here = empty.path().to_string_lossy();
    let names = |path: &str| component.windows(path.len()).any(|w| w == path.as_bytes());
    assert!(!names(&here), "the component names this machine's folder {here}");

    // Nobody at the terminal: it is installed and waits for consent.
    let installed = must(&hello, &["install", "hello-1.0.0.vpk", "--show", "show.toml"]);
    assert!(installed.contains("greets the audience") && installed.contains("waits for consent"), "{installed}");
    let listed: serde_json::Value = serde_json::from_str(&must(&hello, &["list", "--json"])).unwrap();
    assert_eq!(listed[0]["consent"], "waits-for-consent");
    must(&hello, &["grant", "hello", "--all"]);
    let listed: serde_json::Value = serde_json::from_str(&must(&hello, &["list", "--json"])).unwrap();
    assert_eq!((&listed[0]["name"], &listed[0]["consent"]), (&"hello".into(), &"granted".into()));
    let show = std::fs::read_to_string(hello.join("show.toml")).unwrap();
    assert!(show.contains("[plugin.hello]") && show.contains("plugin = \"hello\"") && show.contains("shown = true"));
    assert!(must(&hello, &["revoke", "hello"]).contains("revoked"));
}

#[test]
fn in_rust() {
    walk("rust");
}

#[test]
fn in_javascript() {
    walk("js");
}

#[test]
fn in_python() {
    walk("python");
}

#[test]
fn what_goes_wrong_has_a_code_and_a_cure() {
    let empty = tempfile::tempdir().unwrap();
    let wrong = |words: &[&str]| {
        let output = tool(empty.path(), words);
        assert!(!output.status.success(), "{words:?}");
        said(&output)
    };
    assert!(wrong(&["build"]).contains("[NO_PLUGIN]: there is no plugin in this folder"));
    assert!(wrong(&["new", "Hello"]).contains("[PLUGIN_NAME]"));
    std::fs::create_dir(empty.path().join("there")).unwrap();
    assert!(wrong(&["new", "there"]).contains("[FOLDER_EXISTS]"));
    assert!(wrong(&["install", "x.vpk", "--show", "none.toml"]).contains("[SHOW_FILE]: none.toml: there is no such"));
    std::fs::write(empty.path().join("show.toml"), "").unwrap();
    std::fs::write(empty.path().join("x.vpk"), "no zip").unwrap();
    assert!(wrong(&["install", "x.vpk"]).contains("[PACKAGE_NOT_ZIP]"));
    assert!(wrong(&["grant", "nobody", "--all"]).contains("there is no plugin `nobody`"));
    assert!(!empty.path().join("plugins/x.vpk").exists());
}
