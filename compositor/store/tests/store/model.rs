//! 100,000 random operations from a seed against a plain model, with the clock jumping. The model knows nothing of
//! the program's types: maps and integers.

use super::world::{World, answers_of, captured, eur, fact, hold, on_both, product, put, receive, sku};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use vitrine_commerce::{Command, CustomerId, Location, OrderId, Parcel, Part, PaymentFact, Product};
use vitrine_show::ports::shop::Shop;

const SKUS: [&str; 4] = ["A", "B", "C", "D"];
const HOLD_MS: u64 = 600_000;
const CAP: i64 = 6;

/// SplitMix64 (Steele, Lea, Flood 2014): small, seeded, the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = self.roll(u64::try_from(from.len()).unwrap());
        &from[usize::try_from(at).unwrap()]
    }

    fn upto(&mut self, n: u64) -> i64 {
        i64::try_from(self.roll(n)).unwrap()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum At {
    Held,
    Gone,
    Paid,
    Shipped,
    Returned,
    Voided,
}

struct Sale {
    buyer: u64,
    units: BTreeMap<&'static str, i64>,
    minor: i64,
    expires: u64,
    created: u64,
    at: At,
}

#[derive(Default, Clone, Copy)]
struct Shelf {
    on_hand: i64,
    held: i64,
    sold: i64,
}

#[derive(Default)]
struct Model {
    shelves: BTreeMap<&'static str, Shelf>,
    sales: BTreeMap<String, Sale>,
    live: BTreeSet<String>,
    by_buyer: BTreeMap<u64, BTreeMap<&'static str, i64>>,
}

impl Model {
    fn left(&self, name: &str) -> i64 {
        let shelf = self.shelves.get(name).copied().unwrap_or_default();
        shelf.on_hand - shelf.held - shelf.sold
    }

    fn shift(&mut self, id: &str, held: i64, sold: i64, on_hand: i64) {
        for (name, qty) in self.sales[id].units.clone() {
            let shelf = self.shelves.entry(name).or_default();
            shelf.held += held * qty;
            shelf.sold += sold * qty;
            shelf.on_hand += on_hand * qty;
        }
    }

    fn counts(&mut self, id: &str, sign: i64) {
        let sale = &self.sales[id];
        let mine = self.by_buyer.entry(sale.buyer).or_default();
        for (name, qty) in &sale.units {
            *mine.entry(name).or_default() += sign * qty;
        }
    }

    fn set(&mut self, id: &str, at: At) {
        self.sales.get_mut(id).unwrap().at = at;
    }

    fn sweep(&mut self, now: u64) {
        let due: Vec<String> = self.live.iter().filter(|id| self.sales[*id].expires <= now).cloned().collect();
        for id in due {
            self.let_go(&id);
        }
    }

    fn let_go(&mut self, id: &str) {
        self.shift(id, -1, 0, 0);
        self.counts(id, -1);
        self.set(id, At::Gone);
        self.live.remove(id);
    }

    fn adjust(&mut self, name: &'static str, by: i64) -> &'static str {
        let shelf = self.shelves.entry(name).or_default();
        if shelf.on_hand + by < 0 {
            return "STOCK_RANGE";
        }
        if shelf.on_hand + by < shelf.held + shelf.sold {
            return "STOCK_COMMITTED";
        }
        shelf.on_hand += by;
        "ok"
    }

    fn hold(&mut self, id: &str, buyer: u64, lines: &[(&'static str, i64)], now: u64) -> &'static str {
        let mut units: BTreeMap<&'static str, i64> = BTreeMap::new();
        let mut minor = 0;
        for (name, qty) in lines {
            if !(1..=999).contains(qty) {
                return "QUANTITY_INVALID";
            }
            // The kit is two of A and one of B.
            let parts: &[(&str, i64)] = if *name == "KIT" { &[("A", 2), ("B", 1)] } else { &[(*name, 1)] };
            for (part, each) in parts {
                let known = SKUS.iter().find(|known| *known == part).unwrap();
                *units.entry(known).or_default() += qty * each;
            }
            minor += qty * if *name == "KIT" { 2500 } else { 1000 };
        }
        let have = self.by_buyer.get(&buyer).and_then(|mine| mine.get("C")).copied().unwrap_or(0);
        if units.get("C").is_some_and(|want| have + want > CAP) {
            return "CUSTOMER_CAP";
        }
        if units.iter().any(|(name, want)| self.left(name) < *want) {
            return "STOCK_SOLD_OUT";
        }
        let sale = Sale { buyer, units, minor, expires: now + HOLD_MS, created: now, at: At::Held };
        self.sales.insert(id.to_owned(), sale);
        self.shift(id, 1, 0, 0);
        self.counts(id, 1);
        self.live.insert(id.to_owned());
        "ok"
    }

    fn extend(&mut self, id: &str, now: u64) -> &'static str {
        let sale = self.sales.get_mut(id).unwrap();
        if sale.at != At::Held {
            return "HOLD_EXPIRED";
        }
        sale.expires = sale.expires.max((now + HOLD_MS).min(sale.created + 3 * HOLD_MS));
        "ok"
    }

    fn release(&mut self, id: &str) -> &'static str {
        match self.sales[id].at {
            At::Held => self.let_go(id),
            At::Gone => {}
            _ => return "ORDER_STATE",
        }
        "ok"
    }

    fn pay(&mut self, id: &str) -> &'static str {
        match self.sales[id].at {
            At::Held => {
                self.shift(id, -1, 1, 0);
                self.set(id, At::Paid);
                self.live.remove(id);
            }
            At::Gone if self.sales[id].units.clone().iter().all(|(name, qty)| self.left(name) >= *qty) => {
                self.shift(id, 0, 1, 0);
                self.counts(id, 1);
                self.set(id, At::Paid);
            }
            At::Gone => self.set(id, At::Voided),
            _ => {}
        }
        "ok"
    }

    fn ship(&mut self, id: &str) -> &'static str {
        if self.sales[id].at != At::Paid {
            return if self.sales[id].at == At::Shipped { "ok" } else { "ORDER_STATE" };
        }
        self.shift(id, 0, -1, -1);
        self.set(id, At::Shipped);
        "ok"
    }

    fn take_back(&mut self, id: &str) -> &'static str {
        match self.sales[id].at {
            At::Shipped => {
                self.shift(id, 0, 0, 1);
                self.counts(id, -1);
                self.set(id, At::Returned);
                "ok"
            }
            At::Returned => "ok",
            _ => "ORDER_STATE",
        }
    }
}

/// One random operation: its key, the command, and what the model says.
fn operation(dice: &mut Dice, model: &mut Model, n: u64, now: u64, ids: &[String]) -> (String, Command, &'static str) {
    let key = format!("k{n}");
    let kind = dice.roll(100);
    if kind < 12 || ids.is_empty() {
        let (name, by) = (*dice.pick(&SKUS), dice.upto(41) - 10);
        return (key, receive(name, by), model.adjust(name, by));
    }
    if kind < 55 {
        let (id, buyer) = (format!("o{n}"), dice.roll(200));
        let names = ["A", "B", "C", "D", "KIT"];
        let lines: Vec<(&str, i64)> = (0..=dice.roll(3)).map(|_| (*dice.pick(&names), dice.upto(5))).collect();
        let code = model.hold(&id, buyer, &lines, now);
        return (key, hold(&id, &format!("b{buyer}"), &lines), code);
    }
    let recent = &ids[ids.len().saturating_sub(400)..];
    let id = dice.pick(recent).clone();
    let order = OrderId::new(&id).unwrap();
    let customer = CustomerId::new(&format!("b{}", model.sales[&id].buyer)).unwrap();
    match kind {
        55..62 => (key, Command::Extend { order, customer }, model.extend(&id, now)),
        62..70 => (key, Command::Release { order, customer: Some(customer) }, model.release(&id)),
        70..84 => (key, captured(&id, model.sales[&id].minor), model.pay(&id)),
        84..86 => (
            key.clone(),
            fact(&id, &key, PaymentFact::Captured { amount: eur(model.sales[&id].minor) }),
            model.pay(&id),
        ),
        86..94 => {
            let parcel = Parcel { carrier: "post".into(), tracking: id.clone() };
            (key, Command::Ship { order, parcel }, model.ship(&id))
        }
        _ => (key, Command::Return { order, restock: true }, model.take_back(&id)),
    }
}

async fn compare(world: &World, model: &Model) {
    let view = world.store.view();
    for name in SKUS {
        let (seen, shelf) = (&view.products[&sku(name)], model.shelves.get(name).copied().unwrap_or_default());
        assert_eq!((seen.on_hand, seen.held, seen.allocated), (shelf.on_hand, shelf.held, shelf.sold), "{name}");
        assert!(seen.left >= 0 && seen.left == model.left(name));
    }
}

async fn run(url: String, operations: u64, seed: u64) {
    let world = World::open(&url).await;
    let mut products: Vec<Product> = SKUS.iter().map(|name| product(name, 1000)).collect();
    products[2].cap_per_customer = Some(u32::try_from(CAP).unwrap());
    let part = |name, qty| Part { sku: sku(name), qty };
    products.push(Product { parts: vec![part("A", 2), part("B", 1)], ..product("KIT", 2500) });
    world.ok("products", put(&products)).await;
    for name in SKUS {
        let count = Command::CountStock { sku: sku(name), location: Location::main(), on_hand: 0, seen_version: None };
        world.ok(&format!("count-{name}"), count).await;
    }
    let (mut dice, mut model, mut ids) = (Dice(seed), Model::default(), Vec::new());
    let (mut n, mut round) = (0, 0);
    while n < operations {
        round += 1;
        // Mostly forward, sometimes back, sometimes far.
        match dice.roll(20) {
            0 => world.now.fetch_sub(dice.roll(3_600_000), Ordering::SeqCst),
            1 => world.now.fetch_add(dice.roll(3_600_000), Ordering::SeqCst),
            _ => world.now.fetch_add(dice.roll(30_000), Ordering::SeqCst),
        };
        let now = world.now_ms();
        model.sweep(now);
        let mut batch = Vec::new();
        for _ in 0..1 + dice.roll(120) {
            n += 1;
            let operation = operation(&mut dice, &mut model, n, now, &ids);
            if matches!(operation.1, Command::Hold { .. }) && operation.2 == "ok" {
                ids.push(format!("o{n}"));
            }
            batch.push(operation);
        }
        let futures = batch.iter().map(|(key, command, _)| Box::pin(world.submit(key, command.clone())) as _).collect();
        let answers = answers_of(futures).await;
        for ((key, command, expected), answer) in batch.iter().zip(&answers) {
            let code = answer.as_ref().map_or_else(|refusal| refusal.code(), |_| "ok");
            assert_eq!(code, *expected, "seed {seed} round {round} {key} {command:?} {answer:?}");
        }
        // A client that lost the answer asks again.
        let (key, command, _) = dice.pick(&batch);
        if let Some(Ok(first)) = batch.iter().position(|(k, _, _)| k == key).map(|at| answers[at].clone())
            && first != vitrine_commerce::Reply::Already
            && !matches!(
                command,
                Command::Extend { .. } | Command::Release { .. } | Command::Ship { .. } | Command::Return { .. }
            )
        {
            assert!(world.submit(key, command.clone()).await.is_ok());
        }
        compare(&world, &model).await;
        if round % 200 == 0 {
            world.audit().await;
        }
    }
    world.audit().await;
    world.close().await;
}

#[test]
fn a_hundred_thousand_random_operations_agree_with_a_plain_model() {
    let operations = std::env::var("VITRINE_MODEL_OPS").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let seed = std::env::var("VITRINE_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    on_both(|url| run(url, operations, seed));
}
