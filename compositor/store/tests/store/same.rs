//! One suite over both databases.

use super::world::{World, answers_of, captured, eur, fact, hold, on_both, pay, product, put, receive, show, sku};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use vitrine_commerce::{
    Command, CustomerId, GiveawayId, OrderId, OrderState, PaymentFact, Policy, Refusal, Reply, Topic,
};
use vitrine_show::ports::shop::{News, OrderQuery, Settled, Shop};
use vitrine_store::{Format, Options, Store};

#[test]
fn an_order_walks_from_hold_to_return_and_the_view_follows() {
    on_both(|url| async move {
        let world = World::open(&url).await;
        let news: Arc<Mutex<Vec<u64>>> = Arc::default();
        let heard = Arc::clone(&news);
        world.store.listen(Arc::new(move |n: &News| heard.lock().unwrap().push(n.view.version)));
        world.ok("p", put(&[product("MUG", 1490)])).await;
        world.ok("s", receive("MUG", 5)).await;
        let Reply::Order { order } = world.ok("h", hold("o1", "ann", &[("MUG", 2)])).await else { panic!("no order") };
        assert_eq!((order.state, order.total), (OrderState::Held, eur(2980)));
        assert_eq!(world.counters("MUG"), [3, 2, 0, 5]);
        world.ok("pay", pay("o1", "ann")).await;
        let intents = world.store.take_errands(vec![Topic::PaymentIntent], 10, 1000).await.unwrap();
        assert_eq!(intents[0].errand.key, "o1:intent:1");
        assert_eq!(intents[0].errand.body["amount"]["minor"], 2980);
        world.ok("w1", fact("o1", "e1", PaymentFact::Authorised { amount: eur(2980) })).await;
        assert_eq!(world.counters("MUG"), [3, 0, 2, 5]);
        assert_eq!(world.store.take_errands(vec![Topic::PaymentCapture], 10, 1000).await.unwrap().len(), 1);
        world.ok("w2", captured("o1", 2980)).await;
        let parcel = vitrine_commerce::Parcel { carrier: "post".into(), tracking: "T1".into() };
        let order = OrderId::new("o1").unwrap();
        world.ok("ship", Command::Ship { order: order.clone(), parcel }).await;
        assert_eq!(world.counters("MUG"), [3, 0, 0, 3]);
        world.ok("deliver", Command::Deliver { order: order.clone() }).await;
        world.ok("return", Command::Return { order: order.clone(), restock: true }).await;
        assert_eq!(world.counters("MUG"), [5, 0, 0, 5]);
        assert_eq!(world.order("o1").await.state, OrderState::Returned);
        let found = world
            .store
            .orders(OrderQuery { state: Some(OrderState::Returned), ..OrderQuery::default() })
            .await
            .unwrap();
        assert_eq!(found.len(), 1);
        let versions = news.lock().unwrap().clone();
        assert!(versions.len() >= 8 && versions.windows(2).all(|pair| pair[0] < pair[1]), "{versions:?}");
        let mut csv = Vec::new();
        vitrine_store::orders(&url, Format::Csv, &mut csv).await.unwrap();
        vitrine_store::ledger(&url, Format::Csv, &mut csv).await.unwrap();
        let csv = String::from_utf8(csv).unwrap();
        assert!(csv.contains("o1,autumn,ann,own,returned,") && csv.contains(",ship,o1,-2,0,-2,0"), "{csv}");
        world.audit().await;
        world.close().await;
    });
}

#[test]
fn a_key_gives_one_effect_one_answer_and_no_second_meaning() {
    on_both(|url| async move {
        let world = World::open(&url).await;
        world.ok("p", put(&[product("MUG", 1490)])).await;
        world.ok("s", receive("MUG", 5)).await;
        let first = world.ok("k", hold("o1", "ann", &[("MUG", 2)])).await;
        world.advance(1000);
        assert_eq!(world.ok("k", hold("o1", "ann", &[("MUG", 2)])).await, first);
        assert_eq!(world.refused("k", hold("o1", "ann", &[("MUG", 3)])).await, "IDEMPOTENCY_KEY_REUSED");
        assert_eq!(world.refused("k2", hold("o1", "ann", &[("MUG", 2)])).await, "ORDER_EXISTS");
        let same: Vec<_> =
            (0..50).map(|_| Box::pin(world.submit("k3", hold("o3", "bob", &[("MUG", 1)]))) as _).collect();
        let answers = answers_of(same).await;
        assert!(answers.iter().all(|answer| *answer == answers[0] && answer.is_ok()), "{answers:?}");
        assert_eq!(world.counters("MUG"), [2, 3, 0, 5]);
        // A refusal has no effect and is not kept: the same key may succeed later.
        assert_eq!(world.refused("k4", hold("o4", "eve", &[("MUG", 9)])).await, "STOCK_SOLD_OUT");
        world.ok("s2", receive("MUG", 10)).await;
        world.ok("k4", hold("o4", "eve", &[("MUG", 9)])).await;
        world.close().await;
        let again = World::open(&url).await;
        assert_eq!(again.ok("k", hold("o1", "ann", &[("MUG", 2)])).await, first, "answers outlive the process");
        again.audit().await;
        again.close().await;
    });
}

#[test]
fn a_thousand_replays_of_a_webhook_have_one_effect() {
    on_both(|url| async move {
        let world = World::open(&url).await;
        world.ok("p", put(&[product("MUG", 1490)])).await;
        world.ok("s", receive("MUG", 5)).await;
        world.ok("h", hold("o1", "ann", &[("MUG", 1)])).await;
        for round in 0..10 {
            let keys: Vec<String> = (0..100).map(|n| format!("delivery-{round}-{n}")).collect();
            let replays: Vec<_> =
                keys.iter().map(|key| Box::pin(world.submit(key, captured("o1", 1490))) as _).collect();
            let fresh = answers_of(replays).await.iter().filter(|a| !matches!(a, Ok(Reply::Already))).count();
            assert_eq!(fresh, usize::from(round == 0));
            world.advance(26_000_000);
        }
        assert_eq!(world.counters("MUG"), [4, 0, 1, 5]);
        world.close().await;
    });
}

#[test]
fn paid_after_expiry_is_served_if_it_can_be_and_else_voided_and_queued() {
    on_both(|url| async move {
        let world = World::open(&url).await;
        world.ok("p", put(&[product("MUG", 1490)])).await;
        world.ok("s", receive("MUG", 1)).await;
        world.ok("h1", hold("o1", "ann", &[("MUG", 1)])).await;
        world.advance(11 * 60_000);
        assert_eq!(world.refused("p1", pay("o1", "ann")).await, "HOLD_EXPIRED");
        world.ok("h2", hold("o2", "bob", &[("MUG", 1)])).await;
        world.ok("w1", captured("o1", 1490)).await;
        assert_eq!(world.order("o1").await.state, OrderState::Voided);
        let refunds = world.store.take_errands(vec![Topic::PaymentRefund], 10, 1000).await.unwrap();
        assert_eq!(refunds[0].errand.body["amount"]["minor"], 1490);
        // Bob lets go: ann is next in line and gets a hold without asking again.
        let (order, customer) = (OrderId::new("o2").unwrap(), Some(CustomerId::new("bob").unwrap()));
        world.ok("r2", Command::Release { order, customer }).await;
        assert_eq!(world.order("o1:w").await.state, OrderState::Held);
        assert_eq!(world.store.take_errands(vec![Topic::LineOffered], 10, 1000).await.unwrap().len(), 1);
        world.advance(11 * 60_000);
        world.ok("sweep", receive("MUG", 1)).await;
        world.ok("w2", captured("o2", 1490)).await;
        assert_eq!(world.order("o2").await.state, OrderState::Captured, "stock was left: the late payment is served");
        world.audit().await;
        world.close().await;
    });
}

#[test]
fn the_clock_may_jump_and_no_hold_lives_twice_or_dies_twice() {
    on_both(|url| async move {
        let world = World::open(&url).await;
        world.ok("p", put(&[product("MUG", 1490)])).await;
        world.ok("s", receive("MUG", 3)).await;
        world.ok("h", hold("o1", "ann", &[("MUG", 2)])).await;
        world.advance(3_600_000);
        world.ok("s2", receive("MUG", 1)).await;
        assert_eq!(world.counters("MUG"), [4, 0, 0, 4]);
        world.now.fetch_sub(7_200_000, std::sync::atomic::Ordering::SeqCst);
        let extend = Command::Extend { order: OrderId::new("o1").unwrap(), customer: CustomerId::new("ann").unwrap() };
        assert_eq!(world.refused("e", extend).await, "HOLD_EXPIRED");
        world.advance(7_200_000);
        world.ok("s3", receive("MUG", 1)).await;
        assert_eq!(world.counters("MUG"), [5, 0, 0, 5]);
        world.audit().await;
        world.close().await;
    });
}

#[test]
fn errands_are_leased_retried_with_backoff_buried_and_revived() {
    on_both(|url| async move {
        let world = World::open(&url).await;
        world.ok("p", put(&[product("MUG", 1490)])).await;
        world.ok("s", receive("MUG", 3)).await;
        world.ok("h", hold("o1", "ann", &[("MUG", 1)])).await;
        world.ok("pay", pay("o1", "ann")).await;
        let take = || world.store.take_errands(vec![Topic::PaymentIntent], 5, 30_000);
        let first = take().await.unwrap().remove(0);
        assert!(take().await.unwrap().is_empty(), "leased");
        world.advance(30_000);
        assert_eq!(take().await.unwrap()[0].seq, first.seq, "a worker that died gives it back");
        let mut wait = 2000;
        for tries in 1..=5 {
            world.store.settle_errand(first.seq, Settled::Failed { why: "timeout".into() }).await.unwrap();
            world.advance(wait - 1);
            assert!(take().await.unwrap().is_empty());
            world.advance(1);
            let again = take().await.unwrap().remove(0);
            assert_eq!((again.tries, again.last_error.as_deref()), (tries, Some("timeout")));
            wait *= 2;
        }
        world.store.settle_errand(first.seq, Settled::Dead { why: "card of another shop".into() }).await.unwrap();
        let dead = world.store.dead_errands(10).await.unwrap();
        assert_eq!((dead.len(), dead[0].dead), (1, true));
        world.store.revive_errand(first.seq).await.unwrap();
        world.store.settle_errand(take().await.unwrap()[0].seq, Settled::Done).await.unwrap();
        world.advance(100_000_000);
        assert!(take().await.unwrap().is_empty() && world.store.dead_errands(10).await.unwrap().is_empty());
        world.close().await;
    });
}

/// What the queue takes.
const QUEUED: usize = 4096;

#[test]
fn a_full_queue_refuses_at_once_and_loses_nothing() {
    on_both(|url| async move {
        let options = Options { sweep_every: Duration::from_secs(3600), ..Options::default() };
        let (store, work) = Store::open(&url, options).await.unwrap();
        let key = |n: usize| vitrine_show::ports::shop::IdempotencyKey::new(&format!("k{n}")).unwrap();
        let futures: Vec<_> = (0..QUEUED + 100).map(|n| store.submit(receive("MUG", 1), key(n))).collect();
        // The writer starts when all have come.
        let (answers, started) = tokio::join!(answers_of(futures), async { tokio::spawn(work.run()) });
        let busy = answers.iter().filter(|a| matches!(a, Err(Refusal::StoreBusy { .. }))).count();
        assert_eq!((busy, answers.iter().filter(|a| a.is_ok()).count()), (100, QUEUED));
        assert_eq!(u64::try_from(busy).unwrap(), store.queue().dropped);
        drop(store);
        started.await.unwrap();
        let audit = vitrine_store::check(&url).await.unwrap();
        assert_eq!(audit.ledger_lines, u64::try_from(QUEUED).unwrap());
    });
}

/// A batch is written in parts while the rest of it is being decided: what a later part changes must not be lost, and a
/// key that comes twice within a batch has one effect.
#[test]
fn a_batch_opens_orders_and_changes_them_again() {
    on_both(|url| async move {
        let (store, work) = Store::open(&url, Options::default()).await.unwrap();
        let key = |what: &str, n: i64| vitrine_show::ports::shop::IdempotencyKey::new(&format!("{what}{n}")).unwrap();
        let id = |n: i64| format!("o{n}");
        let release =
            |n: i64| Command::Release { order: OrderId::new(&id(n)).unwrap(), customer: CustomerId::new("ann").ok() };
        let mut asked = vec![
            store.submit(put(&[product("MUG", 1490)]), key("put", 0)),
            store.submit(receive("MUG", 250), key("stock", 0)),
        ];
        asked.extend((0..300).map(|n| store.submit(hold(&id(n), "ann", &[("MUG", 1)]), key("hold", n))));
        asked.extend((0..100).map(|n| store.submit(hold(&id(n), "ann", &[("MUG", 1)]), key("hold", n))));
        asked.extend((0..200).map(|n| store.submit(release(n), key("release", n))));
        let (answers, started) = tokio::join!(answers_of(asked), async { tokio::spawn(work.run()) });
        let code = |at: usize| answers[at].as_ref().err().map(Refusal::code);
        assert!((2..252).chain(302..602).all(|at| answers[at].is_ok()), "{answers:?}");
        assert!((252..302).all(|at| code(at) == Some("STOCK_SOLD_OUT")));
        assert_eq!(answers[2], answers[302], "the same key, the same answer");
        drop(store);
        started.await.unwrap();
        let world = World::open(&url).await;
        assert_eq!(world.counters("MUG"), [200, 50, 0, 250]);
        for (order, state) in [("o0", OrderState::Released), ("o199", OrderState::Released), ("o249", OrderState::Held)]
        {
            assert_eq!(world.order(order).await.state, state, "{order}");
        }
        let again = world.ok("hold0", hold("o0", "ann", &[("MUG", 1)])).await;
        assert_eq!(Ok(again), answers[2], "kept under its key as it was given");
        world.audit().await;
        world.close().await;
    });
}

#[test]
fn two_processes_on_one_postgresql_sell_once_and_see_each_other() {
    let Some(url) = super::cluster::database() else { return };
    super::world::block_on(async {
        let (a, b) = (World::open(&url).await, World::open(&url).await);
        let seen: Arc<tokio::sync::Notify> = Arc::default();
        let wake = Arc::clone(&seen);
        b.store.listen(Arc::new(move |_: &News| wake.notify_one()));
        a.ok("p", put(&[product("MUG", 1490)])).await;
        a.ok("s", receive("MUG", 100)).await;
        while b.store.view().products.get(&sku("MUG")).is_none_or(|p| p.left != 100) {
            seen.notified().await;
        }
        let mut orders = Vec::new();
        for n in 0..150 {
            for (name, world) in [("a", &a), ("b", &b)] {
                let (id, key) = (format!("{name}{n}"), format!("{name}{n}"));
                orders.push(Box::pin(async move { world.submit(&key, hold(&id, name, &[("MUG", 1)])).await }) as _);
            }
        }
        let answers: Vec<Result<Reply, Refusal>> = answers_of(orders).await;
        assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 100);
        assert!(answers.iter().filter_map(|a| a.as_ref().err()).all(|r| r.code() == "STOCK_SOLD_OUT"), "{answers:?}");
        while b.store.view().products[&sku("MUG")].held != 100 {
            seen.notified().await;
        }
        a.audit().await;
        a.close().await;
        b.close().await;
    });
}

/// The seed lies in the shop, not in the browser that opened the giveaway; what has run out ends by itself.
#[test]
fn a_giveaway_outlives_its_browser_and_a_poll_its_time() {
    on_both(|url| async move {
        let open = async || {
            let options = Options { sweep_every: Duration::from_millis(10), ..Options::default() };
            World::open_with(&url, options).await
        };
        let world = open().await;
        let json = |json: serde_json::Value| serde_json::from_value::<Command>(json).unwrap();
        let giveaway = serde_json::json!({ "id": "g", "show": "autumn", "prize": "A mug" });
        let opened = json(serde_json::json!({ "do": "open_giveaway", "giveaway": giveaway }));
        world.ok("g", opened.clone()).await;
        world.ok("g", opened).await;
        let poll = serde_json::json!({ "id": "p", "show": "autumn", "question": "Which?", "choices": ["a", "b"] });
        world.ok("p", json(serde_json::json!({ "do": "open_poll", "poll": poll, "lasts_ms": 5_000 }))).await;
        let id = GiveawayId::new("g").unwrap();
        for viewer in ["zoe", "ann", "Bob"] {
            let viewer = CustomerId::new(viewer).unwrap();
            world.ok(viewer.as_str(), Command::Enter { giveaway: id.clone(), viewer: viewer.clone() }).await;
        }
        world.ok("close", Command::CloseGiveaway { giveaway: id.clone(), viewer_latency_ms: 1_000 }).await;
        let seen: Arc<tokio::sync::Notify> = Arc::default();
        let wake = Arc::clone(&seen);
        world.store.listen(Arc::new(move |_: &News| wake.notify_one()));
        world.advance(5_000);
        let over = |view: &vitrine_commerce::ShopView| {
            view.polls.iter().all(|poll| !poll.open) && view.giveaways.iter().all(|one| one.list_hex.is_some())
        };
        while !over(&world.store.view()) {
            seen.notified().await;
        }
        world.close().await;
        let world = open().await;
        world.advance(10_000);
        let draw = Command::Draw { giveaway: id.clone(), seed_hex: None, beacon: String::new() };
        let Reply::Drawn { draw } = world.ok("draw", draw).await else { panic!("no draw") };
        let entries = world.store.entries(id).await.unwrap();
        assert_eq!(entries, ["Bob", "ann", "zoe"]);
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        assert!(vitrine_commerce::draw::verify(&draw, &entries));
        let view = world.store.view();
        assert_eq!(
            (&view.giveaways[0].commit_hex, view.giveaways[0].list_hex.as_ref()),
            (&draw.commit_hex, Some(&draw.list_hex))
        );
        world.close().await;
    });
}

/// An offer to the waiting line is a hold like any other: what a buyer has already counts against the cap, though the
/// command that freed the units never named that buyer.
#[test]
fn the_waiting_line_offers_nobody_more_than_the_cap() {
    on_both(|url| async move {
        let world = World::open(&url).await;
        let capped = vitrine_commerce::Product { cap_per_customer: Some(1), ..product("MUG", 1490) };
        world.ok("p", put(&[capped])).await;
        world.ok("s", receive("MUG", 3)).await;
        for (order, customer) in [("o1", "ann"), ("o2", "bob"), ("o3", "eve")] {
            world.ok(order, hold(order, customer, &[("MUG", 1)])).await;
        }
        for (order, customer) in [("w1", "ann"), ("w2", "zoe"), ("w3", "zoe")] {
            let (order, customer) = (OrderId::new(order).unwrap(), CustomerId::new(customer).unwrap());
            let join = Command::JoinLine { order: order.clone(), show: show(), customer, sku: sku("MUG"), qty: 1 };
            world.ok(order.as_str(), join).await;
        }
        for (order, customer) in [("o2", "bob"), ("o3", "eve")] {
            let (order, customer) = (OrderId::new(order).unwrap(), Some(CustomerId::new(customer).unwrap()));
            world.ok(&format!("release-{order}"), Command::Release { order, customer }).await;
        }
        let opened = async |id: &str| world.store.order(OrderId::new(id).unwrap()).await.unwrap().is_some();
        assert_eq!([opened("w1").await, opened("w2").await, opened("w3").await], [false, true, false]);
        assert_eq!(world.counters("MUG"), [1, 2, 0, 3]);
        world.audit().await;
        world.close().await;
    });
}

#[test]
fn first_paid_first_served_holds_only_while_paying() {
    on_both(|url| async move {
        let world = World::open(&url).await;
        let policy = Policy { hold: vitrine_commerce::HoldPolicy::FirstPaid, ..Policy::default() };
        world.ok("policy", Command::SetPolicy { policy }).await;
        world.ok("p", put(&[product("MUG", 1490)])).await;
        world.ok("s", receive("MUG", 1)).await;
        world.ok("a", hold("oa", "ann", &[("MUG", 1)])).await;
        world.ok("b", hold("ob", "bob", &[("MUG", 1)])).await;
        assert_eq!(world.counters("MUG"), [1, 0, 0, 1]);
        world.ok("pb", pay("ob", "bob")).await;
        assert_eq!(world.refused("pa", pay("oa", "ann")).await, "STOCK_SOLD_OUT");
        world.ok("cb", captured("ob", 1490)).await;
        assert_eq!(world.counters("MUG"), [0, 0, 1, 1]);
        assert_eq!(show().as_str(), "autumn");
        world.audit().await;
        world.close().await;
    });
}
