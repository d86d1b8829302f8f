//! Guests written by hand, for what no language's compiler would make: bombs of tables and results of the wrong type.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test ends where something is missing")]

mod common;

use common::{Ear, all, host, id, package_of, wait_for};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use vitrine_show::ports::plugins::{PluginState, Plugins};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

fn here() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap())
}

const TOML: &str = r#"
manifest = 1
exports = ["lifecycle"]
[plugin]
id = "test.wat"
name = "WAT"
version = "1.0.0"
api = "1.0"
"#;

/// A component whose `init` has this body and whose memory holds this at 1024, where every result lies.
fn guest(init: &str, result: &str) -> Vec<u8> {
    let mut module = wat::parse_str(format!(
        r#"(module
            (memory (export "memory") 1)
            (table $table 1 funcref)
            (data (i32.const 1024) "{result}")
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
            (func (export "vitrine:plugin/lifecycle@1.0.0#init") (param i32 i32) (result i32) {init} (i32.const 1024))
            (func (export "vitrine:plugin/lifecycle@1.0.0#settings-changed") (result i32) (i32.const 1024))
            (func (export "vitrine:plugin/lifecycle@1.0.0#shutdown")))"#
    ))
    .unwrap();
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(here().join("../../plugin-api/wit")).unwrap();
    let world = resolve.select_world(&[package], Some("x-lifecycle")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

fn ends_with(component: &[u8], reason: &str) {
    let ear = Arc::new(Ear::default());
    let host = host(&ear);
    host.add(id("wat"), all(package_of(component, TOML, &BTreeMap::new())), serde_json::json!({}));
    wait_for(&host, "wat", PluginState::Quarantined);
    let said = host.list()[0].last_fault.clone().unwrap();
    assert!(said.contains(reason), "{said}");
}

#[test]
fn a_plain_guest_runs() {
    let ear = Arc::new(Ear::default());
    let host = host(&ear);
    host.add(id("wat"), all(package_of(&guest("", "\\00"), TOML, &BTreeMap::new())), serde_json::json!({}));
    wait_for(&host, "wat", PluginState::Running);
}

fn table_bomb() -> Vec<u8> {
    guest("(loop $l (br_if $l (i32.ne (table.grow $table (ref.null func) (i32.const 1000)) (i32.const -1))))", "\\00")
}

fn wrong_type() -> Vec<u8> {
    guest("", "\\07")
}

#[test]
fn a_table_bomb_meets_its_cap() {
    ends_with(&table_bomb(), "the cap of 32768 table elements is reached");
}

/// `vitrine bench plugins` runs them in a show. `VITRINE_BLESS=1` writes them anew.
#[test]
fn guests_kept_as_bytes_are_what_their_texts_make() {
    for (name, made) in [("table-bomb", table_bomb()), ("wrong-type", wrong_type())] {
        let path = here().join(format!("tests/kept/{name}.wasm"));
        if std::env::var_os("VITRINE_BLESS").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        assert!(std::fs::read(&path).unwrap() == made, "{name} is not what its text makes: VITRINE_BLESS=1");
    }
}

#[test]
fn results_of_the_wrong_type_are_faults() {
    ends_with(&wrong_type(), "discriminant");
    ends_with(&guest("", "\\01\\00\\00\\00\\63"), "discriminant");
    ends_with(&guest("", "\\01\\00\\00\\00\\00\\00\\00\\00\\f0\\ff\\ff\\ff\\ff\\00\\00\\00"), "");
}

#[test]
fn a_manifest_that_names_other_exports_is_refused() {
    let ear = Arc::new(Ear::default());
    let host = host(&ear);
    let lying = TOML.replace("[\"lifecycle\"]", "[\"lifecycle\", \"panel\"]");
    host.add(id("wat"), all(package_of(&guest("", "\\00"), &lying, &BTreeMap::new())), serde_json::json!({}));
    wait_for(&host, "wat", PluginState::Stopped);
    let said = host.list()[0].last_fault.clone().unwrap();
    let wanted = "plugin `wat`: plugin.toml says that it exports lifecycle, panel, the component exports lifecycle; make them equal (PLUGIN_EXPORTS_DIFFER)";
    assert_eq!(said, wanted);
}

#[test]
fn a_guest_that_is_not_configured_is_asked_again_when_settings_change() {
    let ear = Arc::new(Ear::default());
    let host = host(&ear);
    // err(not-configured("")): the text lies at 1024 and is empty.
    let result = "\\01\\00\\00\\00\\01\\00\\00\\00\\00\\04\\00\\00\\00\\00\\00\\00";
    host.add(id("wat"), all(package_of(&guest("", result), TOML, &BTreeMap::new())), serde_json::json!({}));
    wait_for(&host, "wat", PluginState::Backoff);
    let first = host.list().remove(0);
    assert_eq!((first.calls, first.faults, first.last_fault.as_deref()), (1, 0, Some("waits for a setting: ")));
    host.set_settings(&id("wat"), serde_json::json!({"key": "value"})).unwrap();
    let began = std::time::Instant::now();
    while host.list()[0].calls < 2 {
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "it waits for a timer");
        std::thread::yield_now();
    }
    assert!(host.order(&id("wat"), vitrine_show::ports::plugins::Order::Stop));
    wait_for(&host, "wat", PluginState::Stopped);
}
