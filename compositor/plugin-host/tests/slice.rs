//! From a Rust guest's commit to validated operations at the show, with a component that was kept as bytes.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test ends where something is missing")]

mod common;

use common::{Ear, Given, Lent, TICKER, all, granted, host, id, only, package_of, wait_for};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use vitrine_media::ShowTime;
use vitrine_plugin_host::Package;
use vitrine_scene::overlay::{Layer, Op, Shape, TextSrc};
use vitrine_show::ports::plugins::{
    Amount, Event, OfferView, Order, PluginState, Plugins, ProductView, Proposed, ShopView,
};

const TOML: &str = include_str!("../../../plugins/inventory-ticker/plugin.toml");
const SCHEMA: &str = include_str!("../../../plugins/inventory-ticker/settings.schema.json");

fn ticker() -> Package {
    package_of(&common::component(TICKER), TOML, &BTreeMap::from([("settings.schema.json", SCHEMA)]))
}

fn shop(left: u32) -> Event {
    let price = Amount { minor: 1490, currency: "EUR".into() };
    let product = ProductView {
        sku: "MUG".into(),
        title: "Blue mug".into(),
        price: price.clone(),
        old_price: None,
        available: Some(left),
        total: Some(120),
    };
    let offer = OfferView {
        id: "o1".into(),
        sku: "MUG".into(),
        kind: "plain".into(),
        price,
        old_price: None,
        ends_unix_ms: None,
        short_code: "A7".into(),
        buy_url: "https://shop.example/a7".into(),
    };
    Event::Shop(Arc::new(ShopView { products: vec![product], offer: Some(offer), next: None }))
}

fn says(ops: &[Op], words: &str) -> bool {
    ops.iter().any(|op| match op {
        Op::Put(node) => matches!(&node.shape, Shape::Text(t) if t.src == TextSrc::Literal(words.into())),
        _ => false,
    })
}

/// The show applies what it hears to a layer of its own; every proposal must be taken.
fn layer_of(ear: &Ear) -> Layer {
    let mut layer = Layer::new((800.0, 248.0));
    for (_, what) in ear.heard() {
        if let Proposed::Overlay { ops, .. } = what {
            layer.commit(&ops, ShowTime::ZERO).unwrap();
        }
    }
    layer
}

#[test]
fn a_stock_change_reaches_the_picture_and_a_reload_does_not_flicker() {
    let ear = Arc::new(Ear::default());
    let host = host(&ear);
    host.tell(shop(100));
    host.add(id("inventory-ticker"), all(ticker()), serde_json::json!({"threshold": 10}));
    ear.hear(|p| matches!(p, Proposed::Overlay { ops, .. } if says(ops, "€14.90") && says(ops, "100 left")));
    wait_for(&host, "inventory-ticker", PluginState::Running);
    host.tell(shop(7));
    ear.hear(|p| matches!(p, Proposed::Overlay { ops, .. } if says(ops, "Only 7 left")));
    host.tell(shop(2));
    ear.hear(|p| matches!(p, Proposed::Overlay { ops, .. } if says(ops, "Last 2!")));
    let before = (layer_of(&ear).nodes(), ear.heard().len());

    assert!(host.order(&id("inventory-ticker"), Order::Reload));
    ear.hear_after(before.1, |p| matches!(p, Proposed::Overlay { .. }));
    let new = ear.heard().split_off(before.1);
    let [(_, Proposed::Overlay { ops, .. })] = new.as_slice() else { panic!("a reload is one commit: {new:?}") };
    assert!(says(ops, "Last 2!"));
    assert!(
        ops.iter().all(|op| matches!(op, Op::Put(_) | Op::Visible(true))),
        "nothing leaves, nothing enters: {ops:?}"
    );
    assert_eq!(layer_of(&ear).nodes(), before.0);
}

#[test]
fn settings_that_break_the_schema_are_refused_with_the_key() {
    let ear = Arc::new(Ear::default());
    let host = host(&ear);
    host.add(id("inventory-ticker"), all(ticker()), serde_json::json!({}));
    wait_for(&host, "inventory-ticker", PluginState::Running);
    let said = host.set_settings(&id("inventory-ticker"), serde_json::json!({"threshold": 0})).unwrap_err();
    assert_eq!(said, "`settings.threshold` measures 0; its schema wants 1 to 10000");
}

#[test]
fn without_consent_nothing_runs_and_the_operator_reads_what_is_missing() {
    let ear = Arc::new(Ear::default());
    let host = host(&ear);
    host.add(id("inventory-ticker"), only(ticker(), &["overlay card"]), serde_json::json!({}));
    wait_for(&host, "inventory-ticker", PluginState::WaitsForConsent);
    let said = host.list()[0].last_fault.clone().unwrap();
    let wanted = "version 1.0.0 waits for consent: \"shop read\" (shows the offer, its price and what is left); grant with: vitrine plugin grant org.vitrine.inventory-ticker KEY…";
    assert_eq!(said, wanted);
    assert!(ear.heard().is_empty());
}

#[test]
fn a_hundred_reloads_leave_everything_as_it_was() {
    let ear = Arc::new(Ear::default());
    let host = host(&ear);
    host.tell(shop(100));
    host.add(id("inventory-ticker"), all(ticker()), serde_json::json!({}));
    wait_for(&host, "inventory-ticker", PluginState::Running);
    let (drawn, status) = (layer_of(&ear), host.list().remove(0));
    for n in 1..=100 {
        let heard = ear.heard().len();
        assert!(host.order(&id("inventory-ticker"), Order::Reload));
        let Proposed::Overlay { ops, .. } = ear.hear_after(heard, |_| true) else { panic!("reload {n}") };
        assert!(ops.iter().all(|op| matches!(op, Op::Put(_) | Op::Visible(true))), "reload {n}: {ops:?}");
    }
    // The last instance's predecessor may still be saying good-bye.
    while host.list()[0].memory_bytes != status.memory_bytes {
        std::thread::yield_now();
    }
    assert_eq!(layer_of(&ear).nodes(), drawn.nodes());
    assert_eq!((host.list()[0].faults, host.list()[0].state), (0, PluginState::Running));
}

#[test]
fn a_grant_that_is_taken_back_ends_what_runs_and_one_that_is_given_starts_it() {
    let package = ticker();
    let full = granted(&package);
    let given = Arc::new(Given(Mutex::new((package.clone(), full.clone()))));
    let ear = Arc::new(Ear::default());
    let host = host(&ear);
    host.tell(shop(100));
    host.add(id("inventory-ticker"), Box::new(Lent(given.clone())), serde_json::json!({}));
    wait_for(&host, "inventory-ticker", PluginState::Running);

    given.0.lock().unwrap().1.granted.remove("shop read");
    host.order(&id("inventory-ticker"), Order::Reload);
    wait_for(&host, "inventory-ticker", PluginState::WaitsForConsent);
    assert!(ear.heard().iter().any(|(_, what)| *what == Proposed::LayersShown(false)));

    // Starting it by hand does not go round the operator.
    host.order(&id("inventory-ticker"), Order::Start);
    let heard = ear.heard().len();
    given.0.lock().unwrap().1 = full;
    host.order(&id("inventory-ticker"), Order::Reload);
    wait_for(&host, "inventory-ticker", PluginState::Running);
    ear.hear_after(heard, |p| *p == Proposed::LayersShown(true));
    assert_eq!(host.list()[0].last_fault, None);
}

#[test]
fn a_new_version_that_asks_for_more_waits_while_the_old_one_serves() {
    let package = ticker();
    let given = Arc::new(Given(Mutex::new((package.clone(), granted(&package)))));
    let ear = Arc::new(Ear::default());
    let host = host(&ear);
    host.add(id("inventory-ticker"), Box::new(Lent(given.clone())), serde_json::json!({}));
    wait_for(&host, "inventory-ticker", PluginState::Running);
    let greedy =
        TOML.replace("version = \"1.0.0\"", "version = \"1.1.0\"").replace("[\"read\"]", "[\"read\", \"propose\"]");
    let files = BTreeMap::from([("settings.schema.json", SCHEMA)]);
    given.0.lock().unwrap().0 = package_of(&common::component(TICKER), &greedy, &files);
    host.order(&id("inventory-ticker"), Order::Reload);
    while host.list()[0].last_fault.is_none() {
        std::thread::yield_now();
    }
    let status = host.list().remove(0);
    assert_eq!((status.state, status.version.as_str()), (PluginState::Running, "1.0.0"));
    let said = status.last_fault.unwrap();
    assert!(said.starts_with("not reloaded: version 1.1.0 waits for consent: \"shop propose\""), "{said}");
}

#[test]
fn settings_wake_a_plugin_that_could_not_start_with_the_old_ones() {
    let ear = Arc::new(Ear::default());
    let host = host(&ear);
    host.add(id("inventory-ticker"), all(ticker()), serde_json::json!({"threshold": 0}));
    wait_for(&host, "inventory-ticker", PluginState::Stopped);
    assert!(host.list()[0].last_fault.clone().unwrap().ends_with("(PLUGIN_SETTINGS)"));
    host.set_settings(&id("inventory-ticker"), serde_json::json!({"threshold": 5})).unwrap();
    wait_for(&host, "inventory-ticker", PluginState::Running);
    assert_eq!(host.list()[0].last_fault, None);
}

#[test]
fn a_plugin_that_leaves_takes_its_layers_along_and_one_of_its_name_may_follow() {
    let ear = Arc::new(Ear::default());
    let host = host(&ear);
    host.tell(shop(100));
    host.add(id("inventory-ticker"), all(ticker()), serde_json::json!({}));
    wait_for(&host, "inventory-ticker", PluginState::Running);
    assert!(host.remove(&id("inventory-ticker")) && host.list().is_empty());
    host.add(id("inventory-ticker"), all(ticker()), serde_json::json!({}));
    wait_for(&host, "inventory-ticker", PluginState::Running);
    let heard = ear.heard();
    let gone = heard.iter().position(|(_, what)| *what == Proposed::Gone).unwrap();
    let drawn = heard.iter().rposition(|(_, what)| matches!(what, Proposed::Overlay { .. })).unwrap();
    assert!(gone < drawn, "the old one is gone before the new one draws");
}

#[test]
fn the_template_kept_from_1_0_0_still_runs() {
    const HELLO: &[u8] = include_bytes!("kept/hello-1.0.0.core.wasm");
    let toml = include_str!("../../plugin-tools/templates/common/plugin.toml");
    let toml = toml.replace("{{name}}", "hello").replace("{{exports}}", "[\"lifecycle\", \"timer-events\"]");
    let ear = Arc::new(Ear::default());
    let host = host(&ear);
    host.add(id("hello"), all(package_of(&common::component(HELLO), &toml, &BTreeMap::new())), serde_json::json!({}));
    ear.hear(|p| matches!(p, Proposed::Overlay { ops, .. } if says(ops, "Hello, world")));
    wait_for(&host, "hello", PluginState::Running);
}
