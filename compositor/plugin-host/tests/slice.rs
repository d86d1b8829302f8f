//! From a Rust guest's commit to validated operations at the show, with a component that was kept as bytes.

mod common;

use common::{Ear, TICKER, all, host, id, only, package_of, wait_for};
use std::collections::BTreeMap;
use std::sync::Arc;
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
