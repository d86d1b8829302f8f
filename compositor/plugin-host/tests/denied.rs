//! One refusal for each power, word for word: what is not asked for, and what is not granted.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test ends where something is missing")]

mod common;

use common::{Ear, all, host, hostile, id};
use std::sync::Arc;

#[test]
fn what_the_manifest_does_not_ask_for_is_refused_with_the_line_to_add() {
    let ear = Arc::new(Ear::default());
    let host = host(&ear);
    host.add(id("bad"), all(hostile("")), serde_json::json!({"mode": "powers"}));
    let wanted = [
        (
            "other layer",
            r#"Fault::Denied("plugin.toml does not ask for `overlay secret-layer`; add: [[permission.overlay]] layer = \"secret-layer\", size = [640, 160], reason = \"…\"")"#,
        ),
        (
            "http",
            r#"Fault::Denied("plugin.toml does not ask for `http GET https://example.com`; add: [[permission.http]] allow = \"https://example.com\", methods = [\"GET\"], reason = \"…\"")"#,
        ),
        (
            "kv",
            r#"Fault::Denied("plugin.toml does not ask for `kv 0`; add: [permission] kv = { kib = 64, reason = \"…\" }")"#,
        ),
        (
            "say",
            r#"Fault::Denied("plugin.toml does not ask for `chat write`; add: [permission] chat = { allow = [\"write\"], reason = \"…\" }")"#,
        ),
        (
            "offer",
            r#"Fault::Denied("plugin.toml does not ask for `shop propose`; add: [permission] shop = { allow = [\"propose\"], reason = \"…\" }")"#,
        ),
        (
            "products",
            r#"Fault::Denied("plugin.toml does not ask for `shop read`; add: [permission] shop = { allow = [\"read\"], reason = \"…\" }")"#,
        ),
        ("timer", r#"Fault::Invalid("`every-ms` is at least 50; motion is the host's: use keyframes")"#),
    ];
    for (what, said) in wanted {
        assert_eq!(ear.line(&format!("info: {what}: ")), format!("info: {what}: {said}"));
    }
}
