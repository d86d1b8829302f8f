//! Money from the click to the refund: the shipped plugin, the real server and store; Stripe is a fake with faults, and
//! `localstripe` where it is installed.

mod fake_stripe;
mod localstripe;
mod world;

use fake_stripe::FakeStripe;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use vitrine_commerce::{Command, OrderId, OrderState};
use vitrine_show::ports::shop::Shop;
use world::{HOOK_SECRET, World, event_body, refunded_charge, signed, unix_s};

async fn open() -> (World, Arc<FakeStripe>) {
    let stripe = Arc::new(FakeStripe::default());
    (World::open("https://api.stripe.com", stripe.clone()).await, stripe)
}

const CAPTURABLE: &str = "payment_intent.amount_capturable_updated";
const SUCCEEDED: &str = "payment_intent.succeeded";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_is_paid_captured_and_refunded_and_a_lost_answer_makes_no_second_payment() {
    let (world, stripe) = open().await;
    stripe.lose_answers(1);
    world.begin_unanswered("o-1", 1).await;
    stripe.stands("pi_1", "requires_payment_method").await;
    // Stripe made it, and its answer was lost: the errand is tried again under its key when its delay is over.
    while world.order("o-1").await.payment.reference.is_none() {
        world.advance(2_000);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!((stripe.intents(), stripe.asked("o-1:intent:1").len()), (1, 2));
    assert_eq!(world.mugs(), [9, 1, 0, 10]);
    world.event("evt_1", CAPTURABLE, &stripe.confirm("pi_1")).await;
    assert_eq!(world.order("o-1").await.state, OrderState::Paid, "answered only when it is on disk");
    assert_eq!(world.mugs(), [9, 0, 1, 10]);
    let taken = stripe.stands("pi_1", "succeeded").await;
    assert_eq!(stripe.asked("o-1:capture"), ["/v1/payment_intents/pi_1/capture"]);
    world.event("evt_2", SUCCEEDED, &taken).await;
    assert_eq!(world.order("o-1").await.state, OrderState::Captured);
    world.ok(Command::Refund { order: OrderId::new("o-1").unwrap(), amount: None }).await;
    stripe.stands("pi_1", "refunded").await;
    assert_eq!(stripe.asked("o-1:refund:1490"), ["/v1/refunds"]);
    world.event("evt_3", "charge.refunded", &refunded_charge("pi_1", 1490)).await;
    assert_eq!((world.order("o-1").await.state, world.mugs()), (OrderState::Refunded, [10, 0, 0, 10]));
    assert!(vitrine_store::check(&world.url).await.unwrap().clean());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_pays_after_the_last_one_is_gone_gets_the_reservation_back() {
    let (world, stripe) = open().await;
    let late = world.begin("late", 10).await;
    world.advance(3_600_000);
    let quick = world.begin("quick", 10).await;
    world.event("evt_1", CAPTURABLE, &stripe.confirm(&late)).await;
    assert_eq!(world.order("late").await.state, OrderState::Voided);
    let voided = stripe.stands(&late, "canceled").await;
    world.event("evt_2", "payment_intent.canceled", &voided).await;
    world.event("evt_3", CAPTURABLE, &stripe.confirm(&quick)).await;
    stripe.stands(&quick, "succeeded").await;
    assert_eq!((world.order("quick").await.state, world.mugs()), (OrderState::Paid, [0, 0, 10, 10]));
    assert!(world.store.dead_errands(10).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stripe_refuses_for_good_is_a_dead_letter_and_the_buyer_is_told() {
    let (world, stripe) = open().await;
    stripe.refuse_next(400, json!({ "type": "invalid_request_error", "message": "Amount too small" }));
    world.begin_unanswered("o-1", 1).await;
    let order = world.until("o-1", |order| order.payment.failed.is_some()).await;
    assert_eq!(order.payment.failed.as_deref(), Some("the payment could not be started"));
    let dead = loop {
        if let Some(dead) = world.store.dead_errands(10).await.unwrap().pop() {
            break dead;
        }
        tokio::task::yield_now().await;
    };
    let why = dead.last_error.unwrap();
    assert!(why.contains("PLUGIN_REFUSED") && why.contains("Amount too small") && !why.contains("sk_test"), "{why}");
}

/// Every order in which four things can come.
fn orders_of_four() -> Vec<[usize; 4]> {
    let all = (0..256).map(|n: usize| [n / 64, n / 16 % 4, n / 4 % 4, n % 4]);
    all.filter(|order| order.iter().collect::<BTreeSet<_>>().len() == 4).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_24_orders_of_arrival_end_alike_and_1000_replays_have_one_effect() {
    let (world, stripe) = open().await;
    let mut ends = BTreeSet::new();
    let orders = orders_of_four();
    assert_eq!(orders.len(), 24);
    for (n, arrival) in orders.iter().enumerate() {
        let order = format!("o-{n}");
        let intent = world.begin(&order, 1).await;
        let with = |status: &str, field: &str| {
            let mut object = stripe.intent(&intent);
            object["status"] = json!(status);
            object[field] = object["amount"].clone();
            object
        };
        stripe.confirm(&intent);
        let events: [(&str, Value); 4] = [
            ("payment_intent.created", stripe.intent(&intent)),
            (CAPTURABLE, with("requires_capture", "amount_capturable")),
            (SUCCEEDED, with("succeeded", "amount_received")),
            ("charge.refunded", refunded_charge(&intent, 1490)),
        ];
        for at in arrival {
            let (kind, object) = &events[*at];
            world.event(&format!("evt_{n}_{at}"), kind, object).await;
        }
        let end = world.order(&order).await;
        let payment = serde_json::to_string(&end.payment).unwrap().replace(&intent, "pi");
        ends.insert(format!("{:?} {payment} {:?}", end.state, world.mugs()));
    }
    assert_eq!(ends.len(), 1, "{ends:#?}");
    assert!(ends.iter().all(|end| end.starts_with("Refunded") && end.ends_with("[10, 0, 0, 10]")), "{ends:#?}");

    let intent = world.begin("replayed", 1).await;
    let body = event_body("evt_again", CAPTURABLE, &stripe.confirm(&intent));
    assert_eq!(world.deliver(Some(&signed(HOOK_SECRET, unix_s(), &body)), &body).await, 200);
    stripe.stands(&intent, "succeeded").await;
    let lines = vitrine_store::check(&world.url).await.unwrap().ledger_lines;
    for _ in 0..1_000 {
        assert_eq!(world.deliver(Some(&signed(HOOK_SECRET, unix_s(), &body)), &body).await, 200);
    }
    let audit = vitrine_store::check(&world.url).await.unwrap();
    assert_eq!((audit.clean(), audit.ledger_lines), (true, lines));
    assert_eq!((stripe.asked("replayed:capture").len(), world.mugs()), (1, [9, 0, 1, 10]));
}

/// The cases of Stripe's own libraries (stripe-node and stripe-java, their webhook tests), and tricks beside them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_forged_stale_or_malformed_is_taken_and_any_good_v1_will_do() {
    let (world, stripe) = open().await;
    let intent = world.begin("o-1", 1).await;
    let body = event_body("evt_1", CAPTURABLE, &stripe.confirm(&intent));
    let (now, sign) = (unix_s(), |at: i64| signed(HOOK_SECRET, at, &body));
    let hex = sign(now).split_once("v1=").unwrap().1.to_owned();
    let wrong = "0".repeat(64);
    let refused = [
        None,
        Some(String::new()),
        Some("I'm not even a real signature header".to_owned()),
        Some(format!("t={now},v0={hex}")),
        Some(format!("t={now},v1=bad_signature")),
        Some(format!("t={now},v1={wrong}")),
        Some(format!("v1={hex}")),
        Some(format!("t={now}")),
        Some(format!("t={},v1={hex}", now + 1)),
        Some(format!("t={now},t={now},v1={hex}")),
        Some(sign(now - 301)),
        Some(sign(now + 360)),
        Some(sign(12_345)),
        Some(signed("whsec_of_another_shop", now, &body)),
        Some(signed(HOOK_SECRET, now, b"{}")),
        Some(signed("", now, &body)),
    ];
    for header in refused {
        assert_eq!(world.deliver(header.as_deref(), &body).await, 401, "{header:?}");
    }
    let mut changed = body.clone();
    let at = changed.windows(4).position(|w| w == b"1490").unwrap();
    changed[at] = b'0';
    assert_eq!(world.deliver(Some(&sign(now)), &changed).await, 401);
    assert_eq!(world.order("o-1").await.state, OrderState::Paying);
    let other = world.http.post(format!("{}/hooks/nobody/events", world.address)).body("{}").send().await.unwrap();
    assert_eq!(other.status(), 404);
    let huge = vec![b' '; 300 * 1024];
    // Refused before it is read, so that the answer may be lost with the connection.
    let refused = world.deliver_or_be_cut(Some(&signed(HOOK_SECRET, now, &huge)), &huge).await;
    assert!(refused.is_none_or(|status| status == 413), "{refused:?}");
    let no_json = b"\xff\xfe";
    assert_eq!(world.deliver(Some(&signed(HOOK_SECRET, now, no_json)), no_json).await, 400);

    let mixed = format!("t={now},v1={wrong},v0={wrong},v1={hex}");
    assert_eq!(world.deliver(Some(&mixed), &body).await, 200);
    assert_eq!(world.order("o-1").await.state, OrderState::Paid);
    let stranger = json!({ "id": "pi_x", "object": "payment_intent", "amount": 5, "currency": "eur", "metadata": {} });
    world.event("evt_of_others", CAPTURABLE, &stranger).await;
}
