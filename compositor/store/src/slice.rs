//! Loads (and on PostgreSQL locks) the part of the shop that a batch touches.
//!
//! Locks are taken in one order by everybody: the book, orders by id, shelves by (sku, location). What is protected
//! by a shelf's lock (waiting lines, a buyer's other orders) is read after it, so that READ COMMITTED sees it fresh.

use crate::StoreError;
use crate::conn::{Cell, Conn, Gate};
use crate::limits::WAITS_LOADED;
use crate::sql::{self, Inserts, Sql};
use serde::Serialize;
use std::collections::BTreeMap;
use vitrine_commerce::{
    Book, Event, Location, MarkKey, Order, Sku, State, Stock, Touch, Wait, limits::SWEEP_ORDERS_MAX,
};

/// A connection with the gate before each statement.
pub(crate) struct Gated {
    pub(crate) conn: Conn,
    pub(crate) gate: Option<Gate>,
}

impl Gated {
    pub(crate) async fn rows(&mut self, sql: Sql, arg: impl Serialize) -> Result<Vec<String>, StoreError> {
        self.pass(sql).await;
        self.conn.rows(sql, Some(serde_json::to_string(&arg)?)).await
    }

    /// As [`Gated::rows`], with a plain text instead of JSON.
    pub(crate) async fn rows_of(&mut self, sql: Sql, arg: Option<String>) -> Result<Vec<String>, StoreError> {
        self.pass(sql).await;
        self.conn.rows(sql, arg).await
    }

    pub(crate) async fn run(&mut self, sql: Sql, arg: Option<String>) -> Result<u64, StoreError> {
        self.pass(sql).await;
        self.conn.run(sql, arg).await
    }

    /// Adds rows, if there are any.
    pub(crate) async fn insert(&mut self, into: Inserts, cells: Vec<Cell>) -> Result<(), StoreError> {
        if cells.is_empty() {
            return Ok(());
        }
        self.gate(into.name).await;
        self.conn.insert(into, cells).await
    }

    async fn pass(&self, sql: Sql) {
        self.gate(sql.name).await;
    }

    async fn gate(&self, name: &'static str) {
        if let Some(gate) = &self.gate {
            gate(name).await;
        }
    }
}

/// The book in memory and how far it follows the database.
#[derive(Default)]
pub(crate) struct Shelfmark {
    pub(crate) book: Book,
    pub(crate) ver: i64,
}

/// Brings the book up to date; with `lock`, nobody else may change it until the commit.
pub(crate) async fn sync_book(db: &mut Gated, mark: &mut Shelfmark, lock: bool) -> Result<bool, StoreError> {
    let which = if lock { sql::BOOK_LOCKED } else { sql::BOOK_SHARED };
    let rows = db.rows_of(which, None).await?;
    let ver: i64 = rows.first().and_then(|text| text.parse().ok()).unwrap_or(0);
    if ver == mark.ver {
        return Ok(false);
    }
    for row in db.rows_of(sql::THINGS_SINCE, Some(mark.ver.to_string())).await? {
        let (kind, id, body): (String, String, Option<String>) = serde_json::from_str(&row)?;
        if let Some(event) = thing_event(&kind, &id, body.as_deref())? {
            mark.book.apply(&event)?;
        }
    }
    mark.ver = ver;
    Ok(true)
}

/// The event that puts a stored thing into the book.
fn thing_event(kind: &str, id: &str, body: Option<&str>) -> Result<Option<Event>, StoreError> {
    let Some(body) = body else {
        let removed = |sku| Event::ProductRemoved { sku };
        return Ok(if kind == "product" { Sku::new(id).ok().map(removed) } else { None });
    };
    Ok(Some(match kind {
        "product" => Event::ProductPut { product: serde_json::from_str(body)? },
        "offer" => Event::OfferPut { offer: serde_json::from_str(body)? },
        "code" => Event::CodePut { code: serde_json::from_str(body)? },
        "featured" => Event::Featured { featured: serde_json::from_str(body)? },
        "quota" => Event::QuotaSet { quota: serde_json::from_str(body)? },
        "poll" => Event::PollPut { poll: serde_json::from_str(body)? },
        "giveaway" => Event::GiveawayPut { giveaway: serde_json::from_str(body)? },
        "policy" => Event::PolicySet { policy: serde_json::from_str(body)? },
        _ => return Ok(None),
    }))
}

/// The versions of shelves as loaded: what a write compares with.
pub(crate) type Bases = BTreeMap<(Sku, Location), u64>;

/// Fills a state with what `touch` names and with the holds that have run out.
pub(crate) async fn load(
    db: &mut Gated,
    book: Book,
    mut touch: Touch,
    now_ms: u64,
) -> Result<(State, Bases, Touch), StoreError> {
    let mut state = State::with_book(book);
    let mut bases = Bases::new();
    let mut orders = db.rows(sql::ORDERS_DUE, (now_ms, SWEEP_ORDERS_MAX)).await?;
    if !touch.orders.is_empty() {
        orders.extend(db.rows(sql::ORDERS, &touch.orders).await?);
    }
    for row in orders {
        let order: Order = serde_json::from_str(&row)?;
        touch.add_order(&order, &state.book);
        state.load_order(order);
    }
    if !touch.orders.is_empty() && touch.waits {
        for row in db.rows(sql::WAITS_BY_ORDER, &touch.orders).await? {
            let wait: Wait = serde_json::from_str(&row)?;
            touch.skus.insert(wait.sku.clone());
            state.load_wait(wait);
        }
    }
    if !touch.skus.is_empty() {
        for row in db.rows(sql::STOCK, &touch.skus).await? {
            let (sku, location, stock) = shelf(&row)?;
            bases.insert((sku.clone(), location.clone()), stock.version);
            state.load_stock(sku, location, stock);
        }
        load_lines(db, &mut state, &mut touch).await?;
    }
    if !touch.customers.is_empty() {
        for row in db.rows(sql::ORDERS_OF, &touch.customers).await? {
            state.load_order(serde_json::from_str::<Order>(&row)?);
        }
    }
    load_marks(db, &mut state, &touch).await?;
    Ok((state, bases, touch))
}

/// Who waits may be served by this batch, so that their other orders are needed where a cap counts them.
async fn load_lines(db: &mut Gated, state: &mut State, touch: &mut Touch) -> Result<(), StoreError> {
    for row in db.rows(sql::WAITS, &touch.skus).await? {
        let (sku, tail, head): (Sku, Option<u64>, Option<Vec<Wait>>) = serde_json::from_str(&row)?;
        for wait in head.into_iter().flatten().take(WAITS_LOADED) {
            let Wait { customer, sku, .. } = &wait;
            touch.add_cap(customer, &[sku], &state.book);
            state.load_wait(wait);
        }
        if let Some(tail) = tail {
            state.load_tail(sku, tail);
        }
    }
    Ok(())
}

async fn load_marks(db: &mut Gated, state: &mut State, touch: &Touch) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    if !touch.marks.is_empty() {
        let keys: Vec<(&str, &str)> = touch.marks.iter().map(|key| (key.space.as_str(), key.id.as_str())).collect();
        rows = db.rows(sql::MARKS, keys).await?;
    }
    if !touch.spaces.is_empty() {
        rows.extend(db.rows(sql::SPACES, &touch.spaces).await?);
    }
    for row in rows {
        let (space, id, value): (String, String, String) = serde_json::from_str(&row)?;
        state.load_mark(MarkKey { space, id }, value);
    }
    Ok(())
}

/// A shelf as the statements give it.
pub(crate) fn shelf(row: &str) -> Result<(Sku, Location, Stock), StoreError> {
    let (sku, location, on_hand, held, allocated, backorder, version) = serde_json::from_str(row)?;
    Ok((sku, location, Stock { on_hand, held, allocated, backorder, version }))
}
