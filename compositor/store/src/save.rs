//! Writes down what a batch's events say: one statement for each table that changed.

use crate::StoreError;
use crate::conn::Cell;

use crate::slice::{Bases, Gated};
use crate::sql::{self, Sql};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use vitrine_commerce::{Event, Location, MarkKey, Move, Order, OrderId, Sku, State, Stock};

/// What changed, gathered from events.
#[derive(Default)]
pub(crate) struct Changes {
    opened: BTreeSet<OrderId>,
    changed: BTreeSet<OrderId>,
    pub(crate) shelves: BTreeSet<(Sku, Location)>,
    ledger: Vec<(u64, Move)>,
    things: BTreeSet<(&'static str, String)>,
    marked: BTreeMap<MarkKey, String>,
    unmarked: BTreeSet<MarkKey>,
    joined: BTreeSet<OrderId>,
    left: BTreeSet<OrderId>,
    errands: Vec<Value>,
}

impl Changes {
    /// Whether there is anything to write.
    pub(crate) fn is_empty(&self) -> bool {
        let orders = self.opened.is_empty() && self.changed.is_empty() && self.ledger.is_empty();
        let marks = self.marked.is_empty() && self.unmarked.is_empty();
        orders
            && marks
            && self.things.is_empty()
            && self.joined.is_empty()
            && self.left.is_empty()
            && self.errands.is_empty()
    }

    /// Whether the book changed.
    pub(crate) fn book(&self) -> bool {
        !self.things.is_empty()
    }

    /// Notes one event.
    pub(crate) fn note(&mut self, event: &Event, now_ms: u64) -> Result<(), StoreError> {
        match event {
            Event::OrderOpened { order } => {
                self.opened.insert(order.id.clone());
            }
            Event::OrderChanged { order, .. } => {
                if !self.opened.contains(&order.id) {
                    self.changed.insert(order.id.clone());
                }
            }
            Event::Stock { moved } => {
                self.shelves.insert((moved.sku.clone(), moved.location.clone()));
                self.ledger.push((now_ms, moved.clone()));
            }
            Event::Marked { key, value } => {
                if !self.unmarked.remove(key) {
                    self.marked.insert(key.clone(), value.clone());
                }
            }
            Event::Unmarked { key } => {
                if self.marked.remove(key).is_none() {
                    self.unmarked.insert(key.clone());
                }
            }
            Event::LineJoined { wait } => {
                self.joined.insert(wait.order.clone());
            }
            Event::LineLeft { order, .. } => {
                if !self.joined.remove(order) {
                    self.left.insert(order.clone());
                }
            }
            Event::Tell { errand } => {
                let body = serde_json::to_string(&errand.body)?;
                self.errands.push(json!([errand.topic.as_str(), errand.key, body, now_ms]));
            }
            other => {
                self.things.extend(thing_key(other));
            }
        }
        Ok(())
    }

    /// Writes everything. `book_ver` is the book's next version if it changed.
    pub(crate) async fn write(
        &self,
        db: &mut Gated,
        state: &State,
        bases: &Bases,
        book_ver: i64,
        now_ms: u64,
    ) -> Result<(), StoreError> {
        self.write_orders(db, state).await?;
        self.write_shelves(db, state, bases).await?;
        let lines: Vec<_> = self.ledger.iter().map(ledger_row).collect();
        db.insert(sql::LEDGER, &lines).await?;
        self.write_lines(db, state).await?;
        let marks: Vec<Value> =
            self.marked.iter().map(|(key, value)| json!([key.space, key.id, value, now_ms])).collect();
        put(db, sql::PUT_MARKS, &marks).await?;
        let gone: Vec<Value> = self.unmarked.iter().map(|key| json!([key.space, key.id])).collect();
        put(db, sql::DROP_MARKS, &gone).await?;
        put(db, sql::PUT_ERRANDS, &self.errands).await?;
        if self.book() {
            let things =
                self.things.iter().map(|(kind, id)| Ok(json!([kind, id, book_ver, thing_body(state, kind, id)?])));
            let things: Vec<Value> = things.collect::<Result<_, StoreError>>()?;
            put(db, sql::PUT_THINGS, &things).await?;
            db.run(sql::BOOK_NEXT, Some(book_ver.to_string())).await?;
        }
        Ok(())
    }

    async fn write_orders(&self, db: &mut Gated, state: &State) -> Result<(), StoreError> {
        let opened = self.opened.iter().filter_map(|id| state.order(id)).map(order_row);
        db.insert(sql::NEW_ORDERS, &opened.collect::<Result<Vec<_>, _>>()?).await?;
        let changed: Vec<_> = self.changed.iter().filter_map(|id| state.order(id)).collect();
        put(db, sql::CHANGED_ORDERS, &changed).await?;
        Ok(())
    }

    async fn write_shelves(&self, db: &mut Gated, state: &State, bases: &Bases) -> Result<(), StoreError> {
        let row = |key: &(Sku, Location)| {
            let Stock { on_hand, held, allocated, backorder, version } = state.stock(&key.0, &key.1);
            json!([key.0, key.1, bases.get(key), on_hand, held, allocated, backorder, version])
        };
        let (known, new): (Vec<_>, Vec<_>) = self.shelves.iter().partition(|key| bases.contains_key(*key));
        let known: Vec<Value> = known.into_iter().map(row).collect();
        let new: Vec<Value> = new.into_iter().map(row).collect();
        let written = put(db, sql::CHANGED_STOCK, &known).await? + put(db, sql::NEW_STOCK, &new).await?;
        let wanted = u64::try_from(self.shelves.len()).unwrap_or(u64::MAX);
        if written == wanted { Ok(()) } else { Err(StoreError::Conflict) }
    }

    async fn write_lines(&self, db: &mut Gated, state: &State) -> Result<(), StoreError> {
        let joined: Vec<_> = self.joined.iter().filter_map(|id| state.wait(id)).collect();
        put(db, sql::JOIN_LINE, &joined).await?;
        let left: Vec<&OrderId> = self.left.iter().collect();
        put(db, sql::LEAVE_LINE, &left).await?;
        Ok(())
    }
}

fn ledger_row((at_ms, moved): &(u64, Move)) -> Vec<Cell<'_>> {
    let by = moved.by;
    let [a, b, c, d] = [by.on_hand, by.held, by.allocated, by.backorder].map(Cell::Int);
    let (sku, location) = (moved.sku.as_str().into(), moved.location.as_str().into());
    vec![Cell::of(*at_ms), sku, location, moved.why.as_str().into(), moved.reference.as_str().into(), a, b, c, d]
}

fn order_row(order: &Order) -> Result<Vec<Cell<'_>>, StoreError> {
    Ok(vec![
        order.id.as_str().into(),
        order.customer.as_str().into(),
        order.channel.as_str().into(),
        order.state.as_str().into(),
        Cell::of(order.created_ms),
        Cell::of(order.expires_ms),
        Cell::text(serde_json::to_string(order)?),
    ])
}

/// Runs a batched statement unless there is nothing to write.
pub(crate) async fn put<T: Serialize>(db: &mut Gated, sql: Sql, rows: &[T]) -> Result<u64, StoreError> {
    if rows.is_empty() {
        return Ok(0);
    }
    db.run(sql, Some(serde_json::to_string(rows)?)).await
}

fn thing_key(event: &Event) -> Option<(&'static str, String)> {
    Some(match event {
        Event::ProductPut { product } => ("product", product.sku.to_string()),
        Event::ProductRemoved { sku } => ("product", sku.to_string()),
        Event::OfferPut { offer } => ("offer", offer.id.to_string()),
        Event::OfferTaken { offer, .. } => ("offer", offer.to_string()),
        Event::CodePut { code } => ("code", code.code.to_string()),
        Event::CodeUsed { code, .. } => ("code", code.to_string()),
        Event::PolicySet { .. } => ("policy", String::new()),
        Event::Featured { featured } => ("featured", featured.show.to_string()),
        Event::QuotaSet { quota } => ("quota", quota_id(quota)),
        Event::PollPut { poll } => ("poll", poll.id.to_string()),
        Event::Voted { poll, .. } => ("poll", poll.to_string()),
        Event::GiveawayPut { giveaway } => ("giveaway", giveaway.id.to_string()),
        Event::Entered { giveaway } => ("giveaway", giveaway.to_string()),
        _ => return None,
    })
}

fn quota_id(quota: &vitrine_commerce::Quota) -> String {
    json!([quota.channel, quota.sku, quota.location]).to_string()
}

/// A thing's document as the state has it now; `None` if it is gone.
fn thing_body(state: &State, kind: &str, id: &str) -> Result<Option<String>, StoreError> {
    let book = &state.book;
    let found = |key: &dyn ToString| key.to_string() == id;
    let text = |thing: Option<&dyn erased::Json>| thing.map(erased::Json::json).transpose();
    text(match kind {
        "policy" => Some(&book.policy as &dyn erased::Json),
        "product" => Sku::new(id).ok().and_then(|sku| book.products.get(&sku)).map(|t| t as _),
        "offer" => book.offers.iter().find(|(k, _)| found(k)).map(|(_, t)| t as _),
        "code" => book.codes.iter().find(|(k, _)| found(k)).map(|(_, t)| t as _),
        "featured" => book.featured.iter().find(|(k, _)| found(k)).map(|(_, t)| t as _),
        "poll" => book.polls.iter().find(|(k, _)| found(k)).map(|(_, t)| t as _),
        "giveaway" => book.giveaways.iter().find(|(k, _)| found(k)).map(|(_, t)| t as _),
        _ => book.quotas.values().find(|quota| quota_id(quota) == id).map(|t| t as _),
    })
}

mod erased {
    //! Serialising through a pointer: the things are of eight types.
    use crate::StoreError;

    pub(super) trait Json {
        fn json(&self) -> Result<String, StoreError>;
    }

    impl<T: serde::Serialize> Json for T {
        fn json(&self) -> Result<String, StoreError> {
            Ok(serde_json::to_string(self)?)
        }
    }
}
