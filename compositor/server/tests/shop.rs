//! The shop over a real socket, with the real decisions behind it: holds, payment, other people's orders, prices,
//! webhooks, the viewers' room.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod running;
#[path = "support/shop_config.rs"]
mod shop_config;
mod support;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use running::{Running, start_shop, start_with};
use serde_json::{Value, json};
use sha2::Digest;
use shop_config::shop_config;
use std::sync::{Arc, Mutex};
use support::fake_shop::{FakeShop, SHOW};
use vitrine_server::{HookAnswer, HookCall, Hooks};
use vitrine_show::ports::Answer;

/// A shopper with a cookie jar of one cookie.
struct Shopper<'a> {
    server: &'a Running,
    cookie: String,
}

impl<'a> Shopper<'a> {
    async fn arrive(server: &'a Running) -> Self {
        let answer = server.get(&format!("/api/shop/{SHOW}")).await;
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        assert!(cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
        Self { server, cookie: cookie.split(';').next().unwrap().to_owned() }
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let request = self.server.http.post(self.server.url(path)).header("cookie", &self.cookie).json(&body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn hold(&self, order: &str, lines: Value) -> (u16, Value) {
        self.post("/api/holds", json!({ "order": order, "show": SHOW, "lines": lines })).await
    }

    async fn order(&self, order: &str) -> (u16, Value) {
        let request = self.server.http.get(self.server.url(&format!("/api/orders/{order}")));
        let answer = request.header("cookie", &self.cookie).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }
}

async fn left(server: &Running, sku: &str) -> i64 {
    let view: Value = server.get("/api/seller").await.json().await.unwrap();
    view["view"]["products"][sku]["left"].as_i64().unwrap()
}

#[tokio::test]
async fn a_hold_is_made_once_however_often_it_is_asked() {
    let server = start_shop(shop_config()).await;
    let shopper = Shopper::arrive(&server).await;
    let lines = json!([{ "sku": "TEAPOT", "qty": 2 }]);
    let first = shopper.hold("o-1", lines.clone()).await;
    assert_eq!((first.0, &first.1["reply"]["order"]["state"]), (200, &json!("held")));
    assert_eq!(shopper.hold("o-1", lines).await.1["reply"], first.1["reply"]);
    assert_eq!(left(&server, "TEAPOT").await, 7);
    let (status, other) = shopper.hold("o-1", json!([{ "sku": "TEAPOT", "qty": 5 }])).await;
    assert_eq!((status, &other["error"]["code"]), (409, &json!("IDEMPOTENCY_KEY_REUSED")));
}

#[tokio::test]
async fn tampering_gets_nothing() {
    let server = start_shop(shop_config()).await;
    let shopper = Shopper::arrive(&server).await;
    let cheap = json!({ "minor": 1, "currency": "EUR" });
    let cases = [
        (json!([{ "sku": "TRAY", "qty": 1 }]), 409, "STOCK_SOLD_OUT"),
        (json!([{ "sku": "TEAPOT", "qty": 10 }]), 409, "STOCK_SOLD_OUT"),
        (json!([{ "sku": "TEAPOT", "qty": -1 }]), 422, "QUANTITY_INVALID"),
        (json!([{ "sku": "TEAPOT", "qty": i64::MAX }]), 422, "QUANTITY_INVALID"),
        (json!([{ "sku": "TEAPOT", "qty": 1, "seen_price": cheap }]), 409, "PRICE_CHANGED"),
        (json!([{ "sku": "TEAPOT", "qty": 1, "offer": "flash-1" }]), 404, "OFFER_UNKNOWN"),
        (json!([{ "sku": "TEAPOT", "qty": 1, "price": "0.01 EUR" }]), 400, "BAD_BODY"),
        (json!([]), 422, "LINES_INVALID"),
    ];
    for (number, (lines, status, code)) in cases.into_iter().enumerate() {
        let (got, answer) = shopper.hold(&format!("t-{number}"), lines.clone()).await;
        assert_eq!((got, &answer["error"]["code"]), (status, &json!(code)), "{lines}: {answer}");
    }
    assert_eq!((left(&server, "TEAPOT").await, left(&server, "MUG-BLUE").await), (9, 42));
}

#[tokio::test]
async fn an_order_is_paid_through_the_test_provider_and_nobody_else_sees_it() {
    let server = start_shop(shop_config()).await;
    let shopper = Shopper::arrive(&server).await;
    shopper.hold("o-9", json!([{ "sku": "LAMP", "qty": 1 }])).await;
    let contact = json!({ "name": "Ada", "email": "ada@example.com", "street": ["1"], "city": "B", "postcode": "1", "country": "DE" });
    let pay = |attempt: u32| json!({ "provider": "checkout-test", "attempt": attempt, "contact": contact });
    assert_eq!(shopper.post("/api/orders/o-9/pay", pay(1)).await.1["reply"]["order"]["state"], "paying");
    shopper.post("/api/test-pay/o-9", json!({ "outcome": "decline" })).await;
    assert!(shopper.order("o-9").await.1["order"]["payment"]["failed"].is_string());
    assert_eq!(shopper.post("/api/orders/o-9/pay", pay(2)).await.0, 200);
    assert_eq!(shopper.post("/api/test-pay/o-9", json!({ "outcome": "pay" })).await.0, 200);
    assert_eq!(shopper.order("o-9").await.1["order"]["state"], "captured");

    let stranger = Shopper::arrive(&server).await;
    let (status, answer) = stranger.order("o-9").await;
    assert_eq!((status, &answer["error"]["code"]), (404, &json!("ORDER_UNKNOWN")));
    assert_eq!(stranger.post("/api/test-pay/o-9", json!({ "outcome": "pay" })).await.0, 404);
    let (_, unpaid) = shopper.post("/api/orders/o-9/pay", json!({ "provider": "evil", "attempt": 3 })).await;
    assert_eq!(unpaid["error"]["code"], "NO_PROVIDER");
}

#[tokio::test]
async fn in_a_rush_those_who_pay_do_not_keep_the_others_from_their_units() {
    const PAYING: usize = 24;
    const AT_THE_TILL: usize = 8;
    let shop = FakeShop::start();
    let server = start_with(shop_config(), |server| server.with_shop(Arc::clone(&shop) as Arc<_>)).await;
    let mut buyers = Vec::new();
    for n in 0..PAYING {
        let buyer = Shopper::arrive(&server).await;
        assert_eq!(buyer.hold(&format!("rush-{n}"), json!([{ "sku": "TOWEL", "qty": 1 }])).await.0, 200);
        buyers.push((buyer, format!("/api/orders/rush-{n}/pay")));
    }
    let mut waiting = shop.stop_paying();
    let pay = json!({ "provider": "checkout-test", "attempt": 1 });
    let payments = futures_util::future::join_all(buyers.iter().map(|(buyer, path)| buyer.post(path, pay.clone())));
    let others = async {
        waiting.wait_for(|count| count.is_some_and(|count| count >= AT_THE_TILL)).await.unwrap();
        let late = Shopper::arrive(&server).await;
        let held = late.hold("late", json!([{ "sku": "TOWEL", "qty": 1 }])).await;
        let waiting = *waiting.borrow();
        shop.go_on_paying();
        (held.0, waiting)
    };
    let (paid, held) = futures_util::future::join(payments, others).await;
    assert_eq!(held, (200, Some(AT_THE_TILL)));
    assert!(paid.iter().all(|(status, _)| *status == 200), "{paid:?}");
}

#[tokio::test]
async fn who_waits_in_vain_at_the_till_is_told_to_come_again() {
    const AT_THE_TILL: usize = 8;
    let shop = FakeShop::start();
    let server = start_with(shop_config(), |server| server.with_shop(Arc::clone(&shop) as Arc<_>)).await;
    let mut buyers = Vec::new();
    for n in 0..=AT_THE_TILL {
        let buyer = Shopper::arrive(&server).await;
        assert_eq!(buyer.hold(&format!("till-{n}"), json!([{ "sku": "TOWEL", "qty": 1 }])).await.0, 200);
        buyers.push((buyer, format!("/api/orders/till-{n}/pay")));
    }
    let _waiting = shop.stop_paying();
    let pay = json!({ "provider": "checkout-test", "attempt": 1 });
    let mut answers: FuturesUnordered<_> = buyers.iter().map(|(buyer, path)| buyer.post(path, pay.clone())).collect();
    let (status, refused) = answers.next().await.unwrap();
    assert_eq!((status, &refused["error"]["code"]), (503, &json!("STORE_BUSY")));
    assert!(refused["error"]["details"]["retry_after_ms"].as_u64().is_some_and(|wait| wait > 0), "{refused}");
    shop.go_on_paying();
    while let Some((status, answer)) = answers.next().await {
        assert_eq!(status, 200, "{answer}");
    }
}

#[tokio::test]
async fn shoppers_never_see_shelves_or_others() {
    let server = start_shop(shop_config()).await;
    let text = server.get(&format!("/api/shop/{SHOW}")).await.text().await.unwrap();
    for hidden in ["on_hand", "allocated", "customer", "barcode"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    assert!(text.contains("\"left\":42"));
    assert_eq!(server.get("/api/shop/other").await.status(), 404);
    let picture = server.get("/api/products/MUG-BLUE/image").await;
    assert_eq!(picture.headers()["content-type"], "image/svg+xml");
    let short = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let short = short.get(server.url("/b/mug-blue")).send().await.unwrap();
    assert_eq!(short.headers()["location"], "/watch/autumn-drop?p=MUG-BLUE");
}

#[tokio::test]
async fn a_seller_s_command_needs_a_key_and_acts_once() {
    let server = start_shop(shop_config()).await;
    let command = json!({ "do": "adjust_stock", "sku": "TRAY", "by": 5 });
    let ask = |key: Option<&str>| {
        let request = server.http.post(server.url("/api/seller/command")).json(&command);
        key.map_or(request.try_clone().unwrap(), |key| request.header("idempotency-key", key)).send()
    };
    assert_eq!(ask(None).await.unwrap().status(), 400);
    assert_eq!(ask(Some("k1")).await.unwrap().status(), 200);
    assert_eq!(ask(Some("k1")).await.unwrap().status(), 200);
    assert_eq!(left(&server, "TRAY").await, 5);
}

#[tokio::test]
async fn who_entered_a_giveaway_is_public_when_entries_have_closed_and_fits_the_hash() {
    let server = start_shop(shop_config()).await;
    let ask = async |key: &str, command: Value| {
        let request = server.http.post(server.url("/api/seller/command")).json(&command);
        let answer = request.header("idempotency-key", key).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{key}");
        answer.text().await.unwrap()
    };
    let entries = async || server.http.get(server.url("/api/giveaways/g1/entries")).send().await.unwrap();
    assert_eq!(entries().await.status(), 404);
    let giveaway = json!({ "id": "g1", "show": SHOW, "prize": "A mug" });
    let opened = ask("open", json!({ "do": "open_giveaway", "giveaway": giveaway })).await;
    assert!(!opened.contains("5eed"), "the seed stays in the shop: {opened}");
    for viewer in ["zoe", "ann"] {
        ask(viewer, json!({ "do": "enter", "giveaway": "g1", "viewer": viewer })).await;
    }
    assert_eq!(entries().await.status(), 409);
    ask("close", json!({ "do": "close_giveaway", "giveaway": "g1", "viewer_latency_ms": 0 })).await;
    ask("end", json!({ "do": "end_plays" })).await;
    let list = entries().await.text().await.unwrap();
    assert_eq!(list, "ann\nzoe\n");
    let seen: Value =
        server.http.get(server.url(&format!("/api/shop/{SHOW}"))).send().await.unwrap().json().await.unwrap();
    let known = &seen["shop"]["giveaways"][0];
    assert_eq!(known["list_hex"], vitrine_commerce::draw::hex(&sha2::Sha256::digest(list)));
    assert!(!seen.to_string().contains("5eed"));
}

#[tokio::test]
async fn viewers_hear_stock_and_chat_in_batches_and_floods_are_refused() {
    let server = start_shop(shop_config()).await;
    let mut viewer = server.socket(&format!("/api/live/{SHOW}")).await;
    let state = viewer.next_of("state").await;
    assert_eq!(state["shop"]["products"].as_array().unwrap().len(), 6);
    Shopper::arrive(&server).await.hold("o-2", json!([{ "sku": "TOWEL", "qty": 3 }])).await;
    loop {
        let batch = viewer.next_of("batch").await;
        if let Some(products) = batch["shop"]["products"].as_array() {
            assert_eq!((products.len(), &products[0]["sku"], &products[0]["left"]), (1, &json!("TOWEL"), &json!(297)));
            break;
        }
    }
    viewer.send(json!({ "chat": { "name": "Mi\u{202e}na", "text": "hello\nthere" } })).await;
    viewer.send(json!({ "react": "heart" })).await;
    loop {
        let batch = viewer.next_of("batch").await;
        if let Some(line) = batch["chat"].get(0) {
            assert_eq!((&line["name"], &line["text"]), (&json!("Mina"), &json!("hello there")));
            break;
        }
    }
    for _ in 0..8 {
        viewer.send(json!({ "chat": { "name": "Mina", "text": "spam" } })).await;
    }
    assert_eq!(viewer.next_of("refused").await["error"]["code"], "TOO_FAST");
    let mut late = server.socket(&format!("/api/live/{SHOW}")).await;
    let state = late.next_of("state").await;
    assert_eq!(state["chat"][0]["text"], "hello there");
    assert_eq!(state["hotspots"][0]["boxes"][0]["sku"], "MUG-BLUE");
}

/// Keeps what was delivered.
#[derive(Default)]
struct Kept(Mutex<Vec<HookCall>>);

impl Hooks for Kept {
    fn deliver(&self, call: HookCall) -> Answer<'_, Option<HookAnswer>> {
        let known = call.plugin == "stripe";
        self.0.lock().unwrap().push(call);
        Box::pin(async move { known.then(|| HookAnswer { status: 202, body: "kept".to_owned() }) })
    }
}

#[tokio::test]
async fn a_webhook_s_bytes_arrive_as_they_came() {
    let kept = Arc::new(Kept::default());
    let server = running::start_with(shop_config(), |s| s.with_hooks(Arc::clone(&kept) as Arc<dyn Hooks>)).await;
    let body: Vec<u8> = (0..=255).cycle().take(9000).collect();
    let send = |path: &str, body: Vec<u8>| {
        server.http.post(server.url(path)).header("stripe-signature", "t=1,v1=ff").body(body).send()
    };
    assert_eq!(send("/hooks/stripe/events", body.clone()).await.unwrap().status(), 202);
    assert_eq!(send("/hooks/unknown/events", body.clone()).await.unwrap().status(), 404);
    assert_eq!(send("/hooks/stripe/events", vec![0; 300 * 1024]).await.unwrap().status(), 413);
    let calls = kept.0.lock().unwrap();
    assert_eq!((calls.len(), calls[0].hook.as_str(), &calls[0].body[..]), (2, "events", &body[..]));
    assert!(calls[0].headers.contains(&("stripe-signature".to_owned(), "t=1,v1=ff".to_owned())));
}

#[tokio::test]
async fn one_buyer_is_slowed_down_and_told_when_to_come_back() {
    let server = start_shop(shop_config()).await;
    let shopper = Shopper::arrive(&server).await;
    for number in 0.. {
        let (status, answer) = shopper.hold(&format!("f-{number}"), json!([{ "sku": "TOWEL", "qty": 1 }])).await;
        if status == 429 {
            assert_eq!(answer["error"]["code"], "TOO_FAST");
            break;
        }
        assert!(number < 100, "no limit after {number} holds");
    }
}
