//! Writes down what a batch's events say: one statement for each table that changed.

use crate::StoreError;
use crate::conn::{Ask, Cell, Said};
use crate::slice::{Bases, Gated};
use crate::sql::{self, Inserts, Sql};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};
use vitrine_commerce::{Event, Location, MarkKey, Move, Order, OrderId, OrderState, Sku, State, Stock, Why};

/// What changed, gathered from events.
#[derive(Default)]
pub(crate) struct Changes {
    /// Orders that have no row yet, with their text where it is known already.
    opened: BTreeMap<OrderId, Option<Written>>,
    changed: BTreeSet<OrderId>,
    appended: bool,
    pub(crate) shelves: BTreeSet<(Sku, Location)>,
    ledger: Vec<(u64, Move)>,
    things: BTreeSet<(&'static str, String)>,
    marked: BTreeMap<MarkKey, String>,
    unmarked: BTreeSet<MarkKey>,
    joined: BTreeSet<OrderId>,
    left: BTreeSet<OrderId>,
    errands: Vec<Value>,
}

/// An order and its text, which the answer to the buyer holds as well.
type Written = (Arc<Order>, Arc<str>);

/// An answer to keep under its key.
pub(crate) struct Kept {
    pub(crate) key: Arc<str>,
    pub(crate) hash: Arc<str>,
    pub(crate) body: Arc<str>,
}

/// Rows that are only ever added. They need nothing that comes later in their batch, so that they are written while the
/// rest of it is being decided.
#[derive(Default)]
pub(crate) struct Rows {
    orders: Vec<Cell>,
    ledger: Vec<Cell>,
    answers: Vec<Cell>,
}

impl Rows {
    /// Writes them to SQLite.
    pub(crate) async fn write(self, db: &mut Gated) -> Result<(), StoreError> {
        db.conn.insert(self.tables().into()).await
    }

    fn tables(self) -> [(Inserts, Vec<Cell>); 3] {
        [(sql::NEW_ORDERS, self.orders), (sql::LEDGER, self.ledger), (sql::PUT_ANSWERS, self.answers)]
    }

    /// What PostgreSQL is asked, to write them with all the rest.
    pub(crate) fn asks(self) -> Result<Vec<Ask>, StoreError> {
        self.tables().into_iter().filter(|(_, cells)| !cells.is_empty()).map(|(into, cells)| into.ask(&cells)).collect()
    }
}

impl Changes {
    /// Whether there is anything to write, or was.
    pub(crate) fn is_empty(&self) -> bool {
        let orders = self.opened.is_empty() && self.changed.is_empty() && self.ledger.is_empty();
        let marks = self.marked.is_empty() && self.unmarked.is_empty();
        orders
            && !self.appended
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
                self.opened.insert(order.id.clone(), None);
            }
            Event::OrderChanged { order, .. } => {
                if !self.opened.contains_key(&order.id) {
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
            Event::SeedKept { giveaway, seed } => {
                self.marked.insert(MarkKey::seed(giveaway), seed.reveal().to_owned());
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

    /// Says how an order that was just opened is written.
    pub(crate) fn know(&mut self, order: &Arc<Order>, text: &Arc<str>) {
        if let Some(written) = self.opened.get_mut(&order.id) {
            *written = Some((Arc::clone(order), Arc::clone(text)));
        }
    }

    /// Takes the rows that can be added now.
    pub(crate) fn rows(&mut self, state: &State, kept: &mut Vec<Kept>, now_ms: u64) -> Result<Rows, StoreError> {
        let mut rows = Rows::default();
        rows.orders.reserve(self.opened.len() * sql::NEW_ORDERS.columns);
        for (id, written) in std::mem::take(&mut self.opened) {
            let Some(order) = state.shared_order(&id) else { continue };
            let text = match written {
                Some((as_written, text)) if Arc::ptr_eq(&as_written, &order) => text,
                _ => Arc::from(serde_json::to_string(&order)?),
            };
            rows.orders.extend(order_row(&order, text));
        }
        rows.ledger.reserve(self.ledger.len() * sql::LEDGER.columns);
        rows.ledger.extend(std::mem::take(&mut self.ledger).into_iter().flat_map(ledger_row));
        rows.answers.reserve(kept.len() * sql::PUT_ANSWERS.columns);
        let answer =
            |kept: Kept| [Cell::Text(kept.key), Cell::Text(kept.hash), Cell::of(now_ms), Cell::Text(kept.body)];
        rows.answers.extend(kept.drain(..).flat_map(answer));
        self.appended |= !(rows.orders.is_empty() && rows.ledger.is_empty() && rows.answers.is_empty());
        Ok(rows)
    }

    /// What has to be asked to write everything but [`Rows`]: first the shelves. `book_ver` is the book's next version
    /// if it changed.
    pub(crate) fn asks(&self, state: &State, bases: &Bases, book_ver: i64, now_ms: u64) -> Result<Shelved, StoreError> {
        let mut to = Shelved { asks: Vec::new(), statements: 0, rows: self.shelves.len() };
        self.ask_shelves(&mut to.asks, state, bases)?;
        to.statements = to.asks.len();
        let asks = &mut to.asks;
        let changed: Vec<_> = self.changed.iter().filter_map(|id| state.order(id)).collect();
        put(asks, sql::CHANGED_ORDERS, &changed)?;
        let joined: Vec<_> = self.joined.iter().filter_map(|id| state.wait(id)).collect();
        put(asks, sql::JOIN_LINE, &joined)?;
        let left: Vec<&OrderId> = self.left.iter().collect();
        put(asks, sql::LEAVE_LINE, &left)?;
        let marks: Vec<Value> =
            self.marked.iter().map(|(key, value)| json!([key.space, key.id, value, now_ms])).collect();
        put(asks, sql::PUT_MARKS, &marks)?;
        let gone: Vec<Value> = self.unmarked.iter().map(|key| json!([key.space, key.id])).collect();
        put(asks, sql::DROP_MARKS, &gone)?;
        put(asks, sql::PUT_ERRANDS, &self.errands)?;
        if self.book() {
            let things =
                self.things.iter().map(|(kind, id)| Ok(json!([kind, id, book_ver, thing_body(state, kind, id)?])));
            let things: Vec<Value> = things.collect::<Result<_, StoreError>>()?;
            put(asks, sql::PUT_THINGS, &things)?;
            asks.push(Ask { sql: sql::BOOK_NEXT, arg: Some(book_ver.to_string()) });
        }
        Ok(to)
    }

    fn ask_shelves(&self, asks: &mut Vec<Ask>, state: &State, bases: &Bases) -> Result<(), StoreError> {
        let row = |key: &(Sku, Location)| {
            let Stock { on_hand, held, allocated, backorder, version } = state.stock(&key.0, &key.1);
            json!([key.0, key.1, bases.get(key), on_hand, held, allocated, backorder, version])
        };
        let (known, new): (Vec<_>, Vec<_>) = self.shelves.iter().partition(|key| bases.contains_key(*key));
        let known: Vec<Value> = known.into_iter().map(row).collect();
        let new: Vec<Value> = new.into_iter().map(row).collect();
        put(asks, sql::CHANGED_STOCK, &known)?;
        put(asks, sql::NEW_STOCK, &new)
    }
}

/// What has to be asked, the shelves first.
pub(crate) struct Shelved {
    pub(crate) asks: Vec<Ask>,
    /// How many of the asks write shelves.
    statements: usize,
    /// How many rows these must touch together.
    rows: usize,
}

impl Shelved {
    /// Asks, and gives what each said. A shelf that was not as it was loaded makes a conflict.
    pub(crate) async fn write(self, db: &mut Gated) -> Result<Vec<Said>, StoreError> {
        let Self { asks, statements, rows } = self;
        let said = db.all(asks).await?;
        let touched: u64 = said.iter().take(statements).map(|said| said.touched).sum();
        if touched == u64::try_from(rows).unwrap_or(u64::MAX) { Ok(said) } else { Err(StoreError::Conflict) }
    }
}

/// The words that nearly every row of a rush has, made once.
static WORDS: LazyLock<[Arc<str>; 2]> =
    LazyLock::new(|| [Why::Hold.as_str(), OrderState::Held.as_str()].map(Arc::from));

fn word(text: &'static str) -> Cell {
    let known = WORDS.iter().find(|word| &***word == text);
    known.map_or_else(|| Cell::text(text), |word| Cell::Text(Arc::clone(word)))
}

fn ledger_row((at_ms, moved): (u64, Move)) -> [Cell; 9] {
    let by = moved.by;
    let [a, b, c, d] = [by.on_hand, by.held, by.allocated, by.backorder].map(Cell::Int);
    let (sku, location) = (Cell::Text(moved.sku.shared()), Cell::Text(moved.location.shared()));
    [Cell::of(at_ms), sku, location, word(moved.why.as_str()), Cell::Text(moved.reference), a, b, c, d]
}

fn order_row(order: &Order, text: Arc<str>) -> [Cell; 7] {
    [
        Cell::Text(order.id.shared()),
        Cell::Text(order.customer.shared()),
        Cell::Text(order.channel.shared()),
        word(order.state.as_str()),
        Cell::of(order.created_ms),
        Cell::of(order.expires_ms),
        Cell::Text(text),
    ]
}

/// Adds a batched statement unless there is nothing to write.
fn put<T: Serialize>(asks: &mut Vec<Ask>, sql: Sql, rows: &[T]) -> Result<(), StoreError> {
    if !rows.is_empty() {
        asks.push(Ask::json(sql, &rows)?);
    }
    Ok(())
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
