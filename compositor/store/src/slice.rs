//! Loads (and on PostgreSQL locks) the part of the shop that a batch touches.
//!
//! Locks are taken in one order by everybody: the book, orders by id, shelves by (sku, location). What is protected
//! by a shelf's lock (waiting lines, a buyer's other orders) is read after it, so that READ COMMITTED sees it fresh.

use crate::StoreError;
use crate::conn::{Ask, Conn, Gate, Said};
use crate::limits::WAITS_LOADED;
use crate::sql::{self, Sql};
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

    /// Carries out one statement.
    pub(crate) async fn run(&mut self, sql: Sql, arg: Option<String>) -> Result<Said, StoreError> {
        self.pass(sql).await;
        self.conn.one(Ask { sql, arg }).await
    }

    /// Carries out statements in their order, in one message. With a gate, each goes alone: what the
    /// server does is the same, and a test can let another writer in between.
    pub(crate) async fn all(&mut self, asks: Vec<Ask>) -> Result<Vec<Said>, StoreError> {
        if self.gate.is_none() {
            return self.conn.all(asks).await;
        }
        let mut said = Vec::with_capacity(asks.len());
        for ask in asks {
            self.pass(ask.sql).await;
            said.push(self.conn.one(ask).await?);
        }
        Ok(said)
    }

    async fn pass(&self, sql: Sql) {
        if let Some(gate) = &self.gate {
            gate(sql.name).await;
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
    let rows = db.rows_of(book(lock), None).await?;
    follow_book(db, mark, &rows).await
}

const fn book(lock: bool) -> Sql {
    if lock { sql::BOOK_LOCKED } else { sql::BOOK_SHARED }
}

/// Reads what changed since the mark, given the version that the database has now.
async fn follow_book(db: &mut Gated, mark: &mut Shelfmark, ver: &[String]) -> Result<bool, StoreError> {
    let ver: i64 = ver.first().and_then(|text| text.parse().ok()).unwrap_or(0);
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

/// What a batch is decided on.
pub(crate) struct Loaded {
    pub(crate) state: State,
    pub(crate) bases: Bases,
    pub(crate) touch: Touch,
    /// The book's version, whether others changed it meanwhile, and whether it is locked for us alone.
    pub(crate) book_ver: i64,
    pub(crate) book_moved: bool,
    pub(crate) book_locked: bool,
    /// Answers given before under the keys of the batch: key, hash and body, as JSON.
    pub(crate) answers: Vec<String>,
}

/// Begins a transaction and fills a state with what the batch touches and with the holds that have run out. `touch_of`
/// says what it touches, given the book; `keys` are its idempotency keys.
pub(crate) async fn load(
    db: &mut Gated,
    mark: &mut Shelfmark,
    touch_of: impl Fn(&Book) -> Touch,
    keys: &[&str],
    (lock, now_ms): (bool, u64),
) -> Result<Loaded, StoreError> {
    let mut touch = touch_of(&mark.book);
    let mut book_locked = lock || touch.book;
    let mut said = db.all(orders_asked(&touch, book_locked, now_ms)?).await?.into_iter().map(|said| said.rows);
    let (_begun, ver) = (said.next(), said.next().unwrap_or_default());
    let book_moved = follow_book(db, mark, &ver).await?;
    if book_moved {
        touch = touch_of(&mark.book);
        if !book_locked && touch.book {
            book_locked = true;
            sync_book(db, mark, true).await?;
            touch = touch_of(&mark.book);
        }
    }
    let book_ver = std::mem::replace(&mut mark.ver, 0);
    let mut state = State::with_book(std::mem::take(&mut mark.book));
    let waits = if touch.waits && !touch.orders.is_empty() { said.next_back() } else { None };
    for row in said.flatten() {
        let order: Order = serde_json::from_str(&row)?;
        touch.add_order(&order, &state.book);
        state.load_order(order);
    }
    for row in waits.into_iter().flatten() {
        let wait: Wait = serde_json::from_str(&row)?;
        touch.skus.insert(wait.sku.clone());
        state.load_wait(wait);
    }
    let mut loaded =
        Loaded { state, bases: Bases::new(), touch, book_ver, book_moved, book_locked, answers: Vec::new() };
    loaded.rest(db, keys).await?;
    Ok(loaded)
}

/// The first way: the book, and the orders, which tell what else is needed.
fn orders_asked(touch: &Touch, lock_book: bool, now_ms: u64) -> Result<Vec<Ask>, StoreError> {
    let mut asks = vec![
        Ask { sql: sql::BEGIN, arg: None },
        Ask { sql: book(lock_book), arg: None },
        Ask::json(sql::ORDERS_DUE, &(now_ms, SWEEP_ORDERS_MAX))?,
    ];
    if !touch.orders.is_empty() {
        asks.push(Ask::json(sql::ORDERS, &touch.orders)?);
        if touch.waits {
            asks.push(Ask::json(sql::WAITS_BY_ORDER, &touch.orders)?);
        }
    }
    Ok(asks)
}

impl Loaded {
    /// The second way: the shelves, and after their lock is had, what it protects.
    async fn rest(&mut self, db: &mut Gated, keys: &[&str]) -> Result<(), StoreError> {
        let Self { state, bases, touch, answers, .. } = self;
        let buyers = touch.customers.clone();
        let marks: Vec<(&str, &str)> = touch.marks.iter().map(|key| (key.space.as_str(), key.id.as_str())).collect();
        let asks: [(bool, Sql, &dyn Json); 6] = [
            (touch.skus.is_empty(), sql::STOCK, &touch.skus),
            (touch.skus.is_empty(), sql::WAITS, &touch.skus),
            (buyers.is_empty(), sql::ORDERS_OF, &buyers),
            (marks.is_empty(), sql::MARKS, &marks),
            (touch.spaces.is_empty(), sql::SPACES, &touch.spaces),
            (keys.is_empty(), sql::ANSWERS, &keys),
        ];
        let asked = asks.map(|(nothing, sql, arg)| if nothing { Ok(None) } else { arg.ask(sql).map(Some) });
        let asked = asked.into_iter().collect::<Result<Vec<_>, StoreError>>()?;
        let which: Vec<bool> = asked.iter().map(Option::is_some).collect();
        let mut said = db.all(asked.into_iter().flatten().collect()).await?.into_iter().map(|said| said.rows);
        let mut rows = which.into_iter().map(|was| if was { said.next() } else { None }.unwrap_or_default());
        for row in rows.next().unwrap_or_default() {
            let (sku, location, stock) = shelf(&row)?;
            bases.insert((sku.clone(), location.clone()), stock.version);
            state.load_stock(sku, location, stock);
        }
        load_lines(state, touch, &rows.next().unwrap_or_default())?;
        let mut orders = rows.next().unwrap_or_default();
        let (marks, spaces) = (rows.next().unwrap_or_default(), rows.next().unwrap_or_default());
        for row in marks.into_iter().chain(spaces) {
            let (space, id, value): (String, String, String) = serde_json::from_str(&row)?;
            state.load_mark(MarkKey { space, id }, value);
        }
        *answers = rows.next().unwrap_or_default();
        let waiting: Vec<_> = touch.customers.difference(&buyers).collect();
        if !waiting.is_empty() {
            orders.extend(db.rows(sql::ORDERS_OF, &waiting).await?);
        }
        for row in orders {
            state.load_order(serde_json::from_str::<Order>(&row)?);
        }
        Ok(())
    }
}

/// A parameter, whatever its type.
trait Json {
    fn ask(&self, sql: Sql) -> Result<Ask, StoreError>;
}

impl<T: Serialize> Json for T {
    fn ask(&self, sql: Sql) -> Result<Ask, StoreError> {
        Ask::json(sql, self)
    }
}

/// Who waits may be served by this batch, so that their other orders are needed where a cap counts them.
fn load_lines(state: &mut State, touch: &mut Touch, rows: &[String]) -> Result<(), StoreError> {
    for row in rows {
        let (sku, tail, head): (Sku, Option<u64>, Option<Vec<Wait>>) = serde_json::from_str(row)?;
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

/// A shelf as the statements give it.
pub(crate) fn shelf(row: &str) -> Result<(Sku, Location, Stock), StoreError> {
    let (sku, location, on_hand, held, allocated, backorder, version) = serde_json::from_str(row)?;
    Ok((sku, location, Stock { on_hand, held, allocated, backorder, version }))
}
