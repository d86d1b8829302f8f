//! A small shop in memory for tests.

use vitrine_commerce::{
    Channel, Command, Currency, CustomerId, Errand, Event, Location, Money, OfferId, Order, OrderId, PaymentFact,
    Product, Refusal, Reply, ShowId, Sku, State, Topic, Wanted, decide, reply,
};

#[derive(Default, Clone)]
pub(crate) struct House {
    pub(crate) state: State,
    pub(crate) now: u64,
    pub(crate) errands: Vec<Errand>,
}

impl House {
    /// Two mugs, a kit of two mugs and a tea, tea enough.
    pub(crate) fn new() -> Self {
        let mut house = Self { now: 1_000_000, ..Self::default() };
        let kit = serde_json::json!({ "sku": "KIT", "title": "Kit", "price": "30.00 EUR",
            "parts": [{ "sku": "MUG", "qty": 2 }, { "sku": "TEA", "qty": 1 }] });
        let kit = serde_json::from_value(kit).unwrap();
        house.ok(Command::PutProducts { products: vec![product("MUG", "14.90 EUR"), product("TEA", "4.00 EUR"), kit] });
        house.ok(receive("MUG", 2));
        house.ok(receive("TEA", 50));
        house
    }

    pub(crate) fn submit(&mut self, command: Command) -> Result<Reply, Refusal> {
        // As a store does: what has run out is ended first.
        self.carry_out(&Command::Sweep)?;
        let events = self.carry_out(&command)?;
        Ok(reply(&self.state, &command, &events))
    }

    fn carry_out(&mut self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let events = decide(&self.state, command, self.now)?;
        for event in &events {
            self.state.apply(event).unwrap();
            if let Event::Tell { errand } = event {
                self.errands.push(errand.clone());
            }
        }
        Ok(events)
    }

    pub(crate) fn ok(&mut self, command: Command) -> Reply {
        let text = format!("{command:?}");
        self.submit(command).unwrap_or_else(|refusal| panic!("{text}: {refusal}"))
    }

    pub(crate) fn refused(&mut self, command: Command) -> &'static str {
        self.carry_out(&Command::Sweep).unwrap();
        let before = format!("{:?}", self.state);
        let refusal = self.submit(command).unwrap_err();
        assert_eq!(before, format!("{:?}", self.state), "a refusal changed something");
        assert!(refusal.to_string().len() > 10);
        refusal.code()
    }

    pub(crate) fn order(&self, id: &str) -> &Order {
        self.state.order(&OrderId::new(id).unwrap()).unwrap()
    }

    /// left, held, allocated
    pub(crate) fn counters(&self, name: &str) -> [i64; 3] {
        let stock = self.state.stock(&sku(name), &Location::main());
        [stock.left(), stock.held, stock.allocated]
    }

    pub(crate) fn told(&self, topic: Topic) -> usize {
        self.errands.iter().filter(|errand| errand.topic == topic).count()
    }
}

pub(crate) fn product(name: &str, price: &str) -> Product {
    serde_json::from_value(serde_json::json!({ "sku": name, "title": name, "price": price })).unwrap()
}

pub(crate) fn sku(name: &str) -> Sku {
    Sku::new(name).unwrap()
}

pub(crate) fn order(name: &str) -> OrderId {
    OrderId::new(name).unwrap()
}

pub(crate) fn who(name: &str) -> CustomerId {
    CustomerId::new(name).unwrap()
}

pub(crate) fn show() -> ShowId {
    ShowId::new("autumn").unwrap()
}

pub(crate) fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR).unwrap()
}

pub(crate) fn receive(name: &str, by: i64) -> Command {
    Command::AdjustStock { sku: sku(name), location: Location::main(), by, note: String::new() }
}

pub(crate) fn want(name: &str, qty: i64) -> Wanted {
    Wanted { sku: sku(name), qty, offer: None, seen_price: None }
}

pub(crate) fn under(name: &str, qty: i64, offer: &str) -> Wanted {
    Wanted { offer: Some(OfferId::new(offer).unwrap()), ..want(name, qty) }
}

pub(crate) fn hold(id: &str, customer: &str, lines: &[Wanted]) -> Command {
    let (order, show, customer, channel) = (order(id), show(), who(customer), Channel::own());
    Command::Hold { order, show, customer, channel, lines: lines.to_vec(), code: None }
}

pub(crate) fn pay(id: &str, customer: &str) -> Command {
    Command::Pay { order: order(id), customer: who(customer), provider: "test".into(), contact: None }
}

pub(crate) fn fact(id: &str, event: &str, fact: PaymentFact) -> Command {
    Command::PaymentEvent { provider: "test".into(), event: event.into(), order: order(id), reference: None, fact }
}
