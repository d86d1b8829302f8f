//! One refusal for each power, word for word: what is not asked for, and what is not granted.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test ends where something is missing")]

mod common;

use common::{Ear, all, host, hostile, id, package, wait_for};
use std::sync::Arc;
use vitrine_show::ports::plugins::{
    Amount, ChatMessage, ChoiceView, Event, OrderView, PluginState, Plugins, PollView, ShopView, ViewerView,
};

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

const WITNESS: &[u8] = include_bytes!("kept/witness.core.wasm");

fn witness(permission: &str) -> vitrine_plugin_host::Package {
    let toml = format!(
        r#"
manifest = 1
exports = ["lifecycle", "interactions", "shop-events", "order-events", "poll-events"]
commands = ["ping"]
[plugin]
id = "test.witness"
name = "Witness"
version = "1.0.0"
api = "1.0"
[[permission.overlay]]
layer = "witness"
size = [640, 160]
reason = "tests"
{permission}"#
    );
    package(WITNESS, &toml)
}

/// A message, an order, a poll and a shop window, as a show tells them.
fn everything() -> [Event; 4] {
    let ada = ViewerView { name: "Ada".into(), platform: "page".into(), ..ViewerView::default() };
    let said = ChatMessage { id: "1".into(), who: ada.clone(), text: "!ping".into(), at_unix_ms: 1, extra: vec![] };
    let total = Amount { minor: 1490, currency: "EUR".into() };
    let order = OrderView {
        id: "o-1".into(),
        status: "paid".into(),
        lines: vec![],
        total,
        buyer: Some(ada),
        placed_unix_ms: 1,
        extra: vec![],
    };
    let choices = vec![ChoiceView { id: "0".into(), title: "Red".into(), votes: 3 }];
    let poll =
        PollView { id: "p".into(), question: "Which?".into(), choices, open: true, closes_unix_ms: None, winner: None };
    let shop = ShopView { next: Some("MUG".into()), ..ShopView::default() };
    [
        Event::Chat([said].into()),
        Event::Orders([order].into()),
        Event::Poll(Arc::new(poll)),
        Event::Shop(Arc::new(shop)),
    ]
}

#[test]
fn who_may_not_read_is_not_told_and_buyers_are_left_out() {
    let ear = Arc::new(Ear::default());
    let host = host(&ear);
    let may = |orders: &str| {
        format!(
            "[permission]\nchat = {{ allow = [\"read\"], reason = \"t\" }}\nshop = {{ allow = [\"read\"], reason = \"t\" }}\norders = {{ allow = [{orders}], reason = \"t\" }}\npolls = {{ allow = [\"read\"], reason = \"t\" }}\n"
        )
    };
    for (name, permission) in
        [("deaf", String::new()), ("some", may("\"read\"")), ("full", may("\"read\", \"buyers\""))]
    {
        host.add(id(name), all(witness(&permission)), serde_json::json!({}));
        wait_for(&host, name, PluginState::Running);
    }
    everything().into_iter().for_each(|event| host.tell(event));
    for line in [
        "info: chat: Ada@page: !ping",
        "info: command: ping  of Ada",
        "info: poll: Which? Red=3 is open",
        "info: shop: next: ",
        "info: order: o-1 paid  1490 by nobody",
        "info: order: o-1 paid  1490 by Ada",
        "warn: its answer was not sent: Fault::Denied(\"plugin.toml does not ask for `chat write`; add: [permission] chat = { allow = [\\\"write\\\"], reason = \\\"…\\\" }\")",
    ] {
        ear.line(line);
    }
    let calls = |name: &str| host.list().into_iter().find(|p| p.plugin.as_str() == name).unwrap().calls;
    assert_eq!(calls("deaf"), 1, "its init, and nothing else");
}
