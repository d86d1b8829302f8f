//! A decision in the making: events so far, and the shelves as they would be after them.

use crate::catalogue::Quota;
use crate::order::{Order, OrderState, Units};
use crate::{Delta, Errand, Event, Location, Move, OrderId, Refusal, Sku, State, Stock, Topic, Why};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Reads through to the state, writes into events.
pub(super) struct Draft<'a> {
    pub(super) state: &'a State,
    pub(super) now_ms: u64,
    events: Vec<Event>,
    stock: BTreeMap<(Sku, Location), Stock>,
    quotas: BTreeMap<(crate::Channel, Sku, Location), Quota>,
    freed: BTreeSet<Sku>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(state: &'a State, now_ms: u64) -> Self {
        let (events, freed) = (Vec::with_capacity(2), BTreeSet::new());
        Self { state, now_ms, events, stock: BTreeMap::new(), quotas: BTreeMap::new(), freed }
    }

    /// The events; last, those who wait get what has become free.
    pub(super) fn into_events(mut self) -> Vec<Event> {
        for sku in std::mem::take(&mut self.freed) {
            super::line::serve(&mut self, &sku);
        }
        self.events
    }

    pub(super) fn push(&mut self, event: Event) {
        self.events.push(event);
    }

    pub(super) fn tell(&mut self, topic: Topic, key: String, body: Value) {
        self.events.push(Event::Tell { errand: Errand { topic, key, body } });
    }

    /// Orders of a buyer that this decision has opened so far: the state does not know them yet.
    pub(super) fn opened<'b>(&'b self, customer: &'b crate::CustomerId) -> impl Iterator<Item = &'b Order> {
        self.events.iter().filter_map(move |event| match event {
            Event::OrderOpened { order } if order.customer == *customer => Some(&**order),
            _ => None,
        })
    }

    /// Tells about an order as a whole.
    pub(super) fn tell_order(&mut self, topic: Topic, order: &Order) {
        let key = format!("{}:{}", order.id, order.state.as_str());
        self.tell(topic, key, json!({ "order": order }));
    }

    pub(super) fn stock(&self, sku: &Sku, location: &Location) -> Stock {
        let moved = if self.stock.is_empty() { None } else { self.stock.get(&(sku.clone(), location.clone())) };
        moved.copied().unwrap_or_else(|| self.state.stock(sku, location))
    }

    /// Shelves of a SKU as they would be now.
    pub(super) fn shelves(&self, sku: &Sku) -> BTreeMap<Location, Stock> {
        let mut shelves: BTreeMap<Location, Stock> = self.state.shelves(sku).map(|(l, s)| (l.clone(), *s)).collect();
        shelves.extend(self.stock.iter().filter(|((s, _), _)| s == sku).map(|((_, l), stock)| (l.clone(), *stock)));
        shelves
    }

    /// Where a SKU has shelves, in order.
    fn locations(&self, sku: &Sku) -> Vec<Location> {
        if self.stock.is_empty() {
            return self.state.shelves(sku).map(|(location, _)| location.clone()).collect();
        }
        self.shelves(sku).into_keys().collect()
    }

    pub(super) fn left(&self, sku: &Sku) -> i64 {
        if self.stock.is_empty() {
            return self.state.shelves(sku).map(|(_, stock)| stock.left()).sum();
        }
        self.shelves(sku).values().map(Stock::left).sum()
    }

    /// Moves stock; remembers when units became free.
    pub(super) fn shift(
        &mut self,
        at: (&Sku, &Location),
        why: Why,
        reference: impl Into<Arc<str>>,
        by: Delta,
    ) -> Result<(), Refusal> {
        let (sku, location) = at;
        let before = self.stock(sku, location);
        let after = before.moved(&by).ok_or_else(|| Refusal::StockRange { sku: sku.clone() })?;
        if after.left() > before.left() {
            self.freed.insert(sku.clone());
        }
        self.stock.insert((sku.clone(), location.clone()), after);
        let (sku, location, reference) = (sku.clone(), location.clone(), reference.into());
        self.events.push(Event::Stock { moved: Move { sku, location, why, reference, by } });
        Ok(())
    }

    /// Takes units off the shelves for an order, in order of location; all or nothing.
    pub(super) fn take(
        &mut self,
        need: &BTreeMap<Sku, i64>,
        order: &OrderId,
        why: Why,
        to: fn(i64) -> Delta,
    ) -> Result<Vec<Units>, Refusal> {
        for (sku, wanted) in need {
            let left = self.left(sku);
            if left < *wanted {
                return Err(Refusal::StockSoldOut { sku: sku.clone(), wanted: *wanted, left: left.max(0) });
            }
        }
        let mut units = Vec::with_capacity(need.len());
        for (sku, wanted) in need {
            let mut missing = *wanted;
            for location in self.locations(sku) {
                let qty = missing.min(self.stock(sku, &location).left());
                if qty > 0 {
                    self.shift((sku, &location), why, order.shared(), to(qty))?;
                    missing -= qty;
                    units.push(Units { sku: sku.clone(), location, qty });
                }
                if missing == 0 {
                    break;
                }
            }
        }
        Ok(units)
    }

    /// Moves all units of an order.
    pub(super) fn shift_units(&mut self, order: &Order, why: Why, by: fn(i64) -> Delta) -> Result<(), Refusal> {
        let reference = order.id.shared();
        for units in &order.units {
            self.shift((&units.sku, &units.location), why, Arc::clone(&reference), by(units.qty))?;
        }
        Ok(())
    }

    /// Writes an order's change down.
    pub(super) fn change(&mut self, order: Order, was: OrderState) {
        self.events.push(Event::OrderChanged { order: Arc::new(order), was });
    }

    pub(super) fn quota(&self, channel: &crate::Channel, sku: &Sku, location: &Location) -> Quota {
        let key = (channel.clone(), sku.clone(), location.clone());
        let known = self.quotas.get(&key).or_else(|| self.state.book.quotas.get(&key));
        known.cloned().unwrap_or(Quota { channel: key.0, sku: key.1, location: key.2, target: 0, units: 0, version: 0 })
    }

    pub(super) fn set_quota(&mut self, quota: Quota) {
        let key = (quota.channel.clone(), quota.sku.clone(), quota.location.clone());
        self.tell(
            Topic::QuotaChanged,
            format!("quota:{}:{}:{}:{}", key.0, key.1, key.2, quota.version),
            json!({ "quota": quota }),
        );
        self.quotas.insert(key, quota.clone());
        self.events.push(Event::QuotaSet { quota });
    }
}

/// Into a hold.
pub(super) const fn hold(qty: i64) -> Delta {
    Delta { on_hand: 0, held: qty, allocated: 0, backorder: 0 }
}

/// Out of a hold.
pub(super) const fn unhold(qty: i64) -> Delta {
    hold(-qty)
}

/// Straight into the paid.
pub(super) const fn allocate(qty: i64) -> Delta {
    Delta { on_hand: 0, held: 0, allocated: qty, backorder: 0 }
}

/// Out of the paid.
pub(super) const fn unallocate(qty: i64) -> Delta {
    allocate(-qty)
}

/// From a hold to the paid.
pub(super) const fn pay(qty: i64) -> Delta {
    Delta { on_hand: 0, held: -qty, allocated: qty, backorder: 0 }
}

/// Off the shelf and out of the house.
pub(super) const fn ship(qty: i64) -> Delta {
    Delta { on_hand: -qty, held: 0, allocated: -qty, backorder: 0 }
}

/// Back on the shelf.
pub(super) const fn restock(qty: i64) -> Delta {
    Delta { on_hand: qty, held: 0, allocated: 0, backorder: 0 }
}
