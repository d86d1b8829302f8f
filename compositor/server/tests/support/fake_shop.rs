//! A shop in memory: the real decisions, no disk.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use vitrine_commerce::draw::Seed;
use vitrine_commerce::{
    Command, Errand, Featured, GiveawayId, Location, Offer, OfferId, Order, OrderId, Poll, PollId, Product,
    ProductView, Refusal, Reply, ShopView, ShowId, Sku, State, Topic, decide, reply,
};
use vitrine_show::ports::Answer;
use vitrine_show::ports::shop::{IdempotencyKey, Listener, News, OrderQuery, Outgoing, Settled, Shop};

/// The slug of the fake show.
pub const SHOW: &str = "autumn-drop";

struct Inside {
    state: State,
    answered: BTreeMap<IdempotencyKey, (Command, Reply)>,
    view: Arc<ShopView>,
    listeners: Vec<Listener>,
    dead: Vec<Outgoing>,
}

/// The fake.
pub struct FakeShop {
    inside: Mutex<Inside>,
    /// Steps of paying that wait in the shop; none does while it is `None`.
    paying: watch::Sender<Option<usize>>,
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}

impl FakeShop {
    /// Six products, one of them sold out, one on flash offer and on stage, one poll, one errand that was given up.
    pub fn start() -> Arc<Self> {
        let view = Arc::new(ShopView::default());
        let body = serde_json::json!({ "order": "0198c0de", "provider": "checkout-stripe", "reference": "pi_1" });
        let errand = Errand { topic: Topic::PaymentCapture, key: "0198c0de:capture".into(), body };
        let last_error = Some("PLUGIN_REFUSED: the card was <b>stolen</b>".into());
        let dead = vec![Outgoing { seq: 7, errand, tries: 60, last_error, due_ms: 0, dead: true }];
        let inside = Inside { state: State::default(), answered: BTreeMap::new(), view, listeners: Vec::new(), dead };
        let shop = Arc::new(Self { inside: Mutex::new(inside), paying: watch::Sender::new(None) });
        let show = ShowId::new(SHOW).unwrap();
        let goods = [
            ("MUG-BLUE", "Blue stoneware mug, 350 ml", "14.90 EUR", 42, "Thrown by hand, glazed twice."),
            ("TEAPOT", "Teapot with bamboo handle", "49.00 EUR", 9, "Holds 0.9 l. Dishwasher safe."),
            ("BOWL-SET", "Breakfast bowls, set of four", "36.50 EUR", 120, "Four glazes, one of each."),
            ("LAMP", "Paper lamp “Nori”", "79.00 EUR", 3, "Washi paper on a beech frame."),
            ("TRAY", "Oak serving tray", "28.00 EUR", 0, "Oiled oak, 40 × 28 cm."),
            ("TOWEL", "Linen tea towel", "9.50 EUR", 300, "Washed linen, 50 × 70 cm."),
        ];
        let mut products = Vec::new();
        for (sku, title, price, _, description) in goods {
            let json = serde_json::json!({ "sku": sku, "title": title, "price": price, "description": description,
                "image": format!("{}.svg", sku.to_lowercase()) });
            products.push(serde_json::from_value::<Product>(json).unwrap());
        }
        shop.now(Command::PutProducts { products }).unwrap();
        for (sku, .., units, _) in goods.iter().filter(|g| g.3 > 0) {
            let (sku, location, note) = (Sku::new(sku).unwrap(), Location::main(), String::new());
            shop.now(Command::AdjustStock { sku, location, by: *units, note }).unwrap();
        }
        let (sku, id) = (Sku::new("MUG-BLUE").unwrap(), OfferId::new("flash-1").unwrap());
        let price = "11.90 EUR".parse().unwrap();
        let (starts_ms, ends_ms) = (now_ms() - 1000, now_ms() + 8 * 60_000);
        let offer = Offer {
            id: id.clone(),
            show: show.clone(),
            sku: sku.clone(),
            price,
            starts_ms,
            ends_ms,
            units: Some(30),
            taken: 0,
            ended: false,
        };
        shop.now(Command::PutOffer { offer }).unwrap();
        shop.now(Command::Feature { featured: Featured { show: show.clone(), sku: Some(sku), offer: Some(id) } })
            .unwrap();
        let poll = Poll {
            id: PollId::new("glaze").unwrap(),
            show,
            question: "Which glaze shall we fire next?".into(),
            choices: vec!["Celadon".into(), "Ash white".into(), "Copper red".into()],
            votes: vec![],
            open: true,
            ends_ms: None,
        };
        shop.now(Command::OpenPoll { poll, lasts_ms: None }).unwrap();
        shop
    }

    /// Lets nobody's payment through from now on; the count of those that wait for it.
    pub fn stop_paying(&self) -> watch::Receiver<Option<usize>> {
        self.paying.send_replace(Some(0));
        self.paying.subscribe()
    }

    /// Lets them through.
    pub fn go_on_paying(&self) {
        self.paying.send_replace(None);
    }

    async fn wait_to_pay(&self) {
        let mut paying = self.paying.subscribe();
        self.paying.send_if_modified(|count| count.as_mut().map(|count| *count += 1).is_some());
        paying.wait_for(Option::is_none).await.unwrap();
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self, command: Command) -> Result<Reply, Refusal> {
        let key = IdempotencyKey::new(&format!("test:{}", uuid::Uuid::new_v4())).unwrap();
        self.carry_out(command, key)
    }

    fn carry_out(&self, command: Command, key: IdempotencyKey) -> Result<Reply, Refusal> {
        let mut inside = self.inside();
        if let Some((known, answer)) = inside.answered.get(&key) {
            let reused = Refusal::IdempotencyKeyReused { key: key.as_str().to_owned() };
            return if *known == command { Ok(answer.clone()) } else { Err(reused) };
        }
        let now = now_ms();
        let events = decide(&inside.state, &command, now)?;
        for event in &events {
            inside.state.apply(event).unwrap();
        }
        let answer = reply(&inside.state, &command, &events);
        inside.answered.insert(key, (command, answer.clone()));
        let old = Arc::clone(&inside.view);
        inside.view = Arc::new(view_of(&inside.state, &old, now));
        let news = News { view: Arc::clone(&inside.view), events: Arc::new(events) };
        inside.listeners.iter().for_each(|tell| tell(&news));
        Ok(answer)
    }
}

fn view_of(state: &State, old: &ShopView, at_ms: u64) -> ShopView {
    let product = |product: &Product| {
        let mut view = ProductView::empty(product);
        view.left = state.left(&product.sku);
        for (_, stock) in state.shelves(&product.sku) {
            view.on_hand += stock.on_hand;
            view.held += stock.held;
            view.allocated += stock.allocated;
        }
        (product.sku.clone(), Arc::new(view))
    };
    let mut view = ShopView { version: old.version + 1, at_ms, ..ShopView::default() };
    view.products = state.book.products.values().map(product).collect();
    view.offers = Arc::new(state.book.offers.values().cloned().collect());
    view.featured = Arc::new(state.book.featured.clone());
    view.polls = Arc::new(state.book.polls.values().cloned().collect());
    view.giveaways = Arc::new(state.book.giveaways.values().cloned().collect());
    view.policy = Arc::new(state.book.policy.clone());
    for order in state.orders().filter(|o| o.state.allocates()) {
        view.totals.paid += 1;
        view.totals.units_paid += order.lines.iter().map(|l| u64::from(l.qty)).sum::<u64>();
        view.totals.revenue_minor += order.total.minor;
    }
    view.totals.holds = state.orders().filter(|o| o.state.holds()).count() as u64;
    view
}

impl Shop for FakeShop {
    fn submit(&self, mut command: Command, key: IdempotencyKey) -> Answer<'_, Result<Reply, Refusal>> {
        if let Command::OpenGiveaway { giveaway, seed: seed @ None } = &mut command
            && giveaway.commit_hex.is_empty()
        {
            *seed = Some(Seed::new("5eed".repeat(16)));
        }
        Box::pin(async move {
            if matches!(command, Command::Pay { .. }) {
                self.wait_to_pay().await;
            }
            self.carry_out(command, key)
        })
    }

    fn view(&self) -> Arc<ShopView> {
        let (seen, now) = (Arc::clone(&self.inside().view), now_ms());
        if seen.polls.iter().any(|poll| poll.ran_out(now)) || seen.giveaways.iter().any(|one| one.to_seal(now)) {
            self.now(Command::EndPlays).unwrap();
        }
        Arc::clone(&self.inside().view)
    }

    fn listen(&self, listener: Listener) {
        self.inside().listeners.push(listener);
    }

    fn order(&self, id: OrderId) -> Answer<'_, Result<Option<Order>, Refusal>> {
        Box::pin(async move { Ok(self.inside().state.order(&id).cloned()) })
    }

    fn orders(&self, query: OrderQuery) -> Answer<'_, Result<Vec<Order>, Refusal>> {
        Box::pin(async move {
            let inside = self.inside();
            let fits = |o: &&Order| query.state.is_none_or(|s| s == o.state);
            let mut found: Vec<_> = inside.state.orders().filter(fits).cloned().collect();
            found.sort_by_key(|o| std::cmp::Reverse(o.created_ms));
            Ok(found)
        })
    }

    fn take_errands(&self, _: Vec<Topic>, _: u32, _: u64) -> Answer<'_, Result<Vec<Outgoing>, Refusal>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn settle_errand(&self, _: i64, _: Settled) -> Answer<'_, Result<(), Refusal>> {
        Box::pin(async { Ok(()) })
    }

    fn order_of_payment(&self, _: String) -> Answer<'_, Result<Option<Order>, Refusal>> {
        Box::pin(async { Ok(None) })
    }

    fn entries(&self, giveaway: GiveawayId) -> Answer<'_, Result<Vec<String>, Refusal>> {
        Box::pin(async move {
            let inside = self.inside();
            Ok(inside.state.marked(&format!("giveaway/{giveaway}")).map(str::to_owned).collect())
        })
    }

    fn dead_errands(&self, _: u32) -> Answer<'_, Result<Vec<Outgoing>, Refusal>> {
        Box::pin(async move { Ok(self.inside().dead.clone()) })
    }

    fn revive_errand(&self, seq: i64) -> Answer<'_, Result<(), Refusal>> {
        Box::pin(async move {
            self.inside().dead.retain(|letter| letter.seq != seq);
            Ok(())
        })
    }
}
