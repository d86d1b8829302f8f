//! What a command touches: a store loads (and locks) this much before it decides.

use crate::{Book, Command, CustomerId, MarkKey, Order, OrderId, Sku};
use std::collections::BTreeSet;

/// Keys to load. Sets are sorted, so that every process locks in the same order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touch {
    /// Orders by id, with the shelves of their units.
    pub orders: BTreeSet<OrderId>,
    /// Buyers whose orders count against a cap.
    pub customers: BTreeSet<CustomerId>,
    /// SKUs whose shelves and waiting lines are needed, bundles taken apart.
    pub skus: BTreeSet<Sku>,
    /// Marks.
    pub marks: BTreeSet<MarkKey>,
    /// Spaces of which every mark is needed.
    pub spaces: BTreeSet<String>,
    /// Whether somebody may wait under one of the order ids.
    pub waits: bool,
    /// Whether the book itself may change: needs it locked and fresh.
    pub book: bool,
}

impl Touch {
    /// Adds what another command touches.
    pub fn merge(&mut self, other: Self) {
        self.orders.extend(other.orders);
        self.customers.extend(other.customers);
        self.skus.extend(other.skus);
        self.marks.extend(other.marks);
        self.spaces.extend(other.spaces);
        self.waits |= other.waits;
        self.book |= other.book;
    }

    /// Adds the shelves that a loaded order needs.
    pub fn add_order(&mut self, order: &Order, book: &Book) {
        self.skus.extend(order.units.iter().map(|units| units.sku.clone()));
        if order.units.is_empty() {
            for line in &order.lines {
                self.add_sku(&line.sku, book);
            }
        }
        self.book |= order.code.is_some() || order.lines.iter().any(|line| line.offer.is_some());
    }

    fn add_sku(&mut self, sku: &Sku, book: &Book) {
        match book.products.get(sku) {
            Some(product) if !product.parts.is_empty() => {
                self.skus.extend(product.parts.iter().map(|part| part.sku.clone()));
            }
            _ => {
                self.skus.insert(sku.clone());
            }
        }
    }

    /// Adds a buyer if a cap counts what they have of these.
    pub fn add_cap(&mut self, customer: &CustomerId, skus: &[&Sku], book: &Book) {
        let capped = |sku: &Sku| {
            let product = book.products.get(sku);
            let parts = product.map_or(&[][..], |p| p.parts.as_slice());
            product.is_some_and(|p| p.cap_per_customer.is_some())
                || parts.iter().any(|part| book.products.get(&part.sku).is_some_and(|p| p.cap_per_customer.is_some()))
        };
        if book.policy.cap_per_customer.is_some() || skus.iter().any(|sku| capped(sku)) {
            self.customers.insert(customer.clone());
        }
    }
}

/// What a command touches, given the book.
#[must_use]
pub fn touches(book: &Book, command: &Command) -> Touch {
    let mut touch = Touch::default();
    match command {
        Command::PutProducts { .. }
        | Command::RemoveProduct { .. }
        | Command::PutOffer { .. }
        | Command::EndOffer { .. }
        | Command::PutCode { .. }
        | Command::SetPolicy { .. }
        | Command::Feature { .. }
        | Command::OpenPoll { .. }
        | Command::ClosePoll { .. }
        | Command::OpenGiveaway { .. }
        | Command::CloseGiveaway { .. } => touch.book = true,
        Command::AdjustStock { sku, .. } | Command::CountStock { sku, .. } | Command::SetBackorder { sku, .. } => {
            touch.skus.insert(sku.clone());
        }
        Command::SetQuota { sku, .. } => {
            touch.book = true;
            touch.skus.insert(sku.clone());
        }
        Command::ChannelSold { order, sku, .. } => {
            touch.book = true;
            touch.orders.insert(order.clone());
            touch.add_sku(sku, book);
        }
        Command::Hold { order, customer, lines, code, .. } => {
            touch_hold(&mut touch, book, (order, customer), lines, code.as_ref())
        }
        Command::Pay { order, customer, .. } => {
            touch.orders.insert(order.clone());
            touch.customers.insert(customer.clone());
        }
        Command::Extend { order, .. }
        | Command::Release { order, .. }
        | Command::Cancel { order, .. }
        | Command::Refund { order, .. }
        | Command::Ship { order, .. }
        | Command::Deliver { order }
        | Command::Return { order, .. } => {
            touch.orders.insert(order.clone());
        }
        Command::IntentCreated { order, reference, .. } => {
            touch.orders.insert(order.clone());
            touch.marks.insert(MarkKey::payment(reference));
        }
        Command::PaymentEvent { provider, event, order, reference, .. } => {
            touch.orders.insert(order.clone());
            touch.marks.extend(reference.as_deref().map(MarkKey::payment));
            touch.marks.insert(MarkKey::webhook(provider, event));
        }
        Command::Sweep => {}
        Command::EndPlays => {
            touch.book = true;
            let to_seal = book.giveaways.values().filter(|g| g.closes_ms.is_some() && g.list_hex.is_none());
            touch.spaces.extend(to_seal.map(|g| format!("giveaway/{}", g.id)));
        }
        Command::JoinLine { order, sku, .. } => {
            touch.waits = true;
            touch.orders.insert(order.clone());
            touch.add_sku(sku, book);
        }
        Command::LeaveLine { order, .. } => {
            touch.waits = true;
            touch.orders.insert(order.clone());
        }
        Command::Vote { .. } | Command::Enter { .. } | Command::Draw { .. } => touch_play(&mut touch, command),
    }
    touch
}

/// Votes, entries and draws: each viewer's own counts once.
fn touch_play(touch: &mut Touch, command: &Command) {
    touch.book = true;
    match command {
        Command::Vote { poll, viewer, .. } => {
            touch.marks.insert(MarkKey::vote(poll, viewer));
        }
        Command::Enter { giveaway, viewer } => {
            touch.marks.insert(MarkKey::entry(giveaway, viewer));
        }
        Command::Draw { giveaway, .. } => {
            touch.spaces.insert(format!("giveaway/{giveaway}"));
            touch.marks.insert(MarkKey::seed(giveaway));
        }
        _ => {}
    }
}

fn touch_hold(
    touch: &mut Touch,
    book: &Book,
    (order, customer): (&OrderId, &CustomerId),
    lines: &[crate::Wanted],
    code: Option<&crate::CodeId>,
) {
    touch.orders.insert(order.clone());
    let skus: Vec<&Sku> = lines.iter().map(|line| &line.sku).collect();
    for sku in &skus {
        touch.add_sku(sku, book);
    }
    touch.add_cap(customer, &skus, book);
    if let Some(code) = code {
        touch.marks.insert(MarkKey::code(&code.canonical(), customer));
    }
    let shares_quota =
        |sku: &&Sku| book.policy.keep_for_own > 0 && book.quotas.keys().any(|(_, other, _)| other == *sku);
    touch.book |= code.is_some()
        || lines.iter().any(|line| line.offer.is_some())
        || touch.skus.iter().any(|sku| shares_quota(&sku));
}
