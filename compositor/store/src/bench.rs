//! Measurements that the program runs as `vitrine bench`: throughput on one hot SKU, the sales tsunami, and a naive
//! store that oversells, which proves that the tsunami bites.

mod naive;

pub use naive::{Naive, naive};

use crate::conn::Place;
use crate::{Options, Store, StoreError};
use serde::Serialize;
use sqlx::postgres::PgPoolOptions;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use vitrine_commerce::{
    Channel, Command, Currency, CustomerId, IdError, Location, Money, OrderId, PaymentFact, Product, Refusal, ShowId,
    Sku, Wanted,
};
use vitrine_show::ports::shop::{IdempotencyKey, Shop};

/// Why a measurement could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database, outside the store.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The shop said no where it must not.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// An id of the bench itself.
    #[error(transparent)]
    Id(#[from] IdError),
    /// The operating system.
    #[error("system: {0}")]
    System(#[from] std::io::Error),
    /// A task was lost.
    #[error("a client task ended early: {0}")]
    Task(#[from] tokio::task::JoinError),
    /// Asked of the wrong database.
    #[error("{0}")]
    Form(&'static str),
}

/// How reserves reach the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// As the store does it: many commands in one transaction.
    Batched,
    /// The same store with one command in a transaction.
    Unbatched,
    /// PostgreSQL only: update, hold, ledger and outbox as one statement with autocommit, each client for itself.
    OneStatement,
}

/// One line of `vitrine bench store`.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// `sqlite` or `postgres`.
    pub db: &'static str,
    /// How.
    pub form: Form,
    /// Clients at the same time.
    pub clients: usize,
    /// Reserves made durable.
    pub reserves: u64,
    /// How long all took, seconds.
    pub seconds: f64,
    /// Reserves a second.
    pub per_s: f64,
    /// What a client waited, milliseconds.
    pub wait_ms: Percentiles,
}

/// Middle and tail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Percentiles {
    /// Half wait no longer.
    pub p50: f64,
    /// 99 of 100 wait no longer.
    pub p99: f64,
}

impl Percentiles {
    /// Of so many waits; zeros for none.
    #[must_use]
    pub fn of(mut waits: Vec<Duration>) -> Self {
        waits.sort_unstable();
        let at = |percent: usize| {
            let index = (waits.len() * percent / 100).min(waits.len().saturating_sub(1));
            waits.get(index).map_or(0.0, |wait| wait.as_secs_f64() * 1000.0)
        };
        Self { p50: at(50), p99: at(99) }
    }
}

/// Measures reserves of one hot SKU from `clients` clients, durable each. `url` should name an empty database.
///
/// # Errors
/// [`BenchError`] if the database can't be used or a reserve is refused.
pub async fn throughput(url: &str, form: Form, clients: usize, reserves: u64) -> Result<Row, BenchError> {
    let clients = clients.max(1);
    let each = reserves.div_ceil(u64::try_from(clients).unwrap_or(1));
    let began;
    let waits = if form == Form::OneStatement {
        let pool = one_statement_tables(url, clients, each).await?;
        began = Instant::now();
        crowd(clients, move |client| one_statement_client(pool.clone(), client, each)).await?
    } else {
        let batch_max = if form == Form::Batched { crate::limits::BATCH_MAX } else { 1 };
        let (store, work) = Store::open(url, Options { batch_max, ..Options::default() }).await?;
        let working = alone(work);
        let run = uuid::Uuid::now_v7().simple().to_string();
        stock(&store, &run, i64::try_from(reserves).unwrap_or(i64::MAX) * 2).await?;
        began = Instant::now();
        let clients_store = Arc::clone(&store);
        let waits = crowd(clients, move |client| {
            let store = Arc::clone(&clients_store);
            async move { store_client(&*store, client, each).await }
        })
        .await?;
        drop(store);
        working.await??;
        waits
    };
    let seconds = began.elapsed().as_secs_f64();
    let reserves = u64::try_from(waits.len()).unwrap_or(0);
    let db = if matches!(Place::parse(url)?, Place::Sqlite(_)) { "sqlite" } else { "postgres" };
    #[allow(clippy::cast_precision_loss, reason = "a count of reserves fits an f64")]
    let per_s = reserves as f64 / seconds;
    Ok(Row { db, form, clients, reserves, seconds, per_s, wait_ms: Percentiles::of(waits) })
}

/// Runs clients side by side and gathers what each waited.
async fn crowd<F, Fut>(clients: usize, client: F) -> Result<Vec<Duration>, BenchError>
where
    F: Fn(usize) -> Fut,
    Fut: Future<Output = Result<Vec<Duration>, BenchError>> + Send + 'static,
{
    let mut tasks: JoinSet<_> = (0..clients).map(&client).collect();
    let mut waits = Vec::new();
    while let Some(done) = tasks.join_next().await {
        waits.extend(done??);
    }
    Ok(waits)
}

/// The one product of these measurements.
pub const HOT: &str = "HOT";

/// Puts `units` of [`HOT`] on the shelf, beyond what earlier runs on this database left promised.
///
/// # Errors
/// [`BenchError`] if the shop says no.
pub async fn stock(store: &Store, run: &str, units: i64) -> Result<(), BenchError> {
    let (sku, key) = (Sku::new(HOT)?, |what: &str| IdempotencyKey::new(&format!("{run}-{what}")));
    let product: Result<Product, _> = serde_json::from_value(
        serde_json::json!({ "sku": HOT, "title": "Hot", "price": { "minor": 1490, "currency": "EUR" } }),
    );
    let product = product.map_err(StoreError::from)?;
    store.submit(Command::PutProducts { products: vec![product] }, key("put")?).await?;
    // What an earlier run left promised stays promised: `units` are left all the same.
    let on_hand = units.saturating_add(i64::try_from(promised(store, &sku)).unwrap_or(0));
    let location = Location::main();
    store.submit(Command::CountStock { sku, location, on_hand, seen_version: None }, key("count")?).await?;
    Ok(())
}

/// Units in holds and unshipped orders, as the view shows them.
fn promised(store: &Store, sku: &Sku) -> u64 {
    store.view().products.get(sku).map_or(0, |p| u64::try_from(p.held + p.allocated).unwrap_or(0))
}

/// A buyer's hold of one unit.
///
/// # Errors
/// [`IdError`] if `order` or `show` is no id.
pub fn hold_one(order: &str, buyer: &str, show: &str) -> Result<Command, IdError> {
    Ok(Command::Hold {
        order: OrderId::new(order)?,
        show: ShowId::new(show)?,
        customer: CustomerId::new(buyer)?,
        channel: Channel::own(),
        lines: vec![Wanted { sku: Sku::new(HOT)?, qty: 1, offer: None, seen_price: None }],
        code: None,
    })
}

async fn store_client(store: &dyn Shop, client: usize, each: u64) -> Result<Vec<Duration>, BenchError> {
    let mut waits = Vec::with_capacity(usize::try_from(each).unwrap_or(0));
    let mut dice = Dice::new(client);
    let mut n = 0;
    while n < each {
        // Ids as the shopper's page makes them: ordered by time. Each buyer is a stranger.
        let (id, buyer) = (dice.id(), format!("{:016x}{:016x}", dice.roll(), dice.roll()));
        let began = Instant::now();
        match store.submit(hold_one(&id, &buyer, "bench")?, IdempotencyKey::new(&id)?).await {
            Ok(_) => {
                waits.push(began.elapsed());
                n += 1;
            }
            Err(Refusal::StoreBusy { .. }) => tokio::task::yield_now().await,
            Err(refusal) => return Err(refusal.into()),
        }
    }
    Ok(waits)
}

/// Chance for a client's ids: seeded by the system once, so that the buyers cost little beside the store.
struct Dice(u64);

impl Dice {
    fn new(client: usize) -> Self {
        let (seed, _) = uuid::Uuid::new_v4().as_u64_pair();
        Self(seed ^ u64::try_from(client).unwrap_or(0))
    }

    /// SplitMix64.
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A UUID of version 7.
    fn id(&mut self) -> String {
        let mut chance = [0; 10];
        for (byte, rolled) in
            chance.iter_mut().zip(self.roll().to_le_bytes().into_iter().chain(self.roll().to_le_bytes()))
        {
            *byte = rolled;
        }
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let ms = u64::try_from(since.as_millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(ms, &chance).into_uuid().to_string()
    }
}

/// The store's work on a thread of its own, as `vitrine run` has it.
fn alone(work: crate::Work) -> tokio::task::JoinHandle<std::io::Result<()>> {
    tokio::task::spawn_blocking(|| work.block())
}

async fn one_statement_tables(url: &str, clients: usize, each: u64) -> Result<sqlx::PgPool, BenchError> {
    let Place::Postgres(options) = Place::parse(url)? else {
        return Err(BenchError::Form("the one-statement form is for PostgreSQL"));
    };
    let connections = u32::try_from(clients).unwrap_or(32);
    let pool = PgPoolOptions::new().max_connections(connections).connect_with(options).await?;
    let tables = "DROP TABLE IF EXISTS bench_stock, bench_hold, bench_ledger, bench_outbox;
        CREATE TABLE bench_stock(sku text, loc text, on_hand bigint, held bigint, ver bigint, PRIMARY KEY(sku, loc))
          WITH (fillfactor = 50);
        CREATE TABLE bench_hold(id text PRIMARY KEY, sku text, loc text, qty bigint, expires_ms bigint, state text);
        CREATE TABLE bench_ledger(seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sku text, loc text, ref text, d_held bigint);
        CREATE TABLE bench_outbox(seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text, body text)";
    sqlx::raw_sql(tables).execute(&pool).await?;
    let units = i64::try_from(each).unwrap_or(i64::MAX).saturating_mul(i64::from(connections));
    sqlx::query("INSERT INTO bench_stock VALUES('HOT', 'main', $1, 0, 0)").bind(units).execute(&pool).await?;
    Ok(pool)
}

async fn one_statement_client(pool: sqlx::PgPool, client: usize, each: u64) -> Result<Vec<Duration>, BenchError> {
    let mut waits = Vec::new();
    let mut conn = pool.acquire().await?;
    for n in 0..each {
        let began = Instant::now();
        let reserve = "WITH s AS (UPDATE bench_stock SET held = held + 1, ver = ver + 1
              WHERE sku = 'HOT' AND loc = 'main' AND on_hand - held >= 1 RETURNING *),
            h AS (INSERT INTO bench_hold SELECT $1, sku, loc, 1, 0, 'held' FROM s RETURNING *),
            l AS (INSERT INTO bench_ledger(sku, loc, ref, d_held) SELECT sku, loc, id, qty FROM h),
            o AS (INSERT INTO bench_outbox(key, body) SELECT sku, (on_hand - held)::text FROM s)
            SELECT held FROM s";
        sqlx::query(reserve).bind(format!("{client}-{n}")).fetch_one(&mut *conn).await?;
        waits.push(began.elapsed());
    }
    Ok(waits)
}

/// How one try to buy ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bought {
    /// Held and paid.
    Paid,
    /// Told that nothing is left.
    SoldOut,
    /// Told to come again.
    Busy {
        /// When, in milliseconds.
        retry_after_ms: u64,
    },
    /// Anything else: not answered.
    Failed,
}

/// One try of a buyer: how it ended, how long the reserve took, and how long after it the counter showed it.
#[derive(Clone, Copy, Debug)]
pub struct Try {
    /// How it ended.
    pub bought: Bought,
    /// From the click to the answer of the hold.
    pub reserve: Duration,
    /// From that answer until the counter included it; `None` if nothing was held.
    pub counter_lag: Option<Duration>,
}

/// What a tsunami left.
#[derive(Clone, Debug, Serialize)]
pub struct Tsunami {
    /// Orders paid.
    pub sold: u64,
    /// Paid beyond the units there were.
    pub oversold: u64,
    /// Buyers who got an answer, yes or no.
    pub answered: u64,
    /// First click to the answer yes or no, with the waits of those who were told to come again.
    pub reserve_ms: Percentiles,
    /// Answer to counter.
    pub counter_lag_ms: Percentiles,
}

/// Sends `buyers` within `arrival`, each with its own key, trying again when told to. `buy(n)` is one try of buyer
/// `n`: through HTTP, or straight into a store as [`tsunami_on`] does.
///
/// # Errors
/// [`BenchError::Task`] if a buyer's task panics.
pub async fn tsunami<F, Fut>(buyers: u64, units: u64, arrival: Duration, buy: F) -> Result<Tsunami, BenchError>
where
    F: Fn(u64) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Try> + Send,
{
    let began = tokio::time::Instant::now();
    let mut tasks = JoinSet::new();
    for n in 0..buyers {
        let (buy, at) = (buy.clone(), began + arrival.mul_f64(fraction(n, buyers)));
        tasks.spawn(async move {
            tokio::time::sleep_until(at).await;
            let clicked = Instant::now();
            loop {
                let waited = clicked.elapsed();
                let mut tried = buy(n).await;
                tried.reserve += waited;
                let Bought::Busy { retry_after_ms } = tried.bought else { return tried };
                // Spread, so that those who were refused together don't come again together.
                tokio::time::sleep(Duration::from_millis(retry_after_ms / 2 + n % retry_after_ms.max(1))).await;
            }
        });
    }
    let (mut sold, mut answered, mut reserves, mut lags) = (0, 0, Vec::new(), Vec::new());
    while let Some(tried) = tasks.join_next().await {
        let tried = tried?;
        sold += u64::from(tried.bought == Bought::Paid);
        answered += u64::from(tried.bought != Bought::Failed);
        reserves.push(tried.reserve);
        lags.extend(tried.counter_lag);
    }
    let (reserve_ms, counter_lag_ms) = (Percentiles::of(reserves), Percentiles::of(lags));
    Ok(Tsunami { sold, oversold: sold.saturating_sub(units), answered, reserve_ms, counter_lag_ms })
}

#[allow(clippy::cast_precision_loss, reason = "a count of buyers fits an f64")]
fn fraction(n: u64, of: u64) -> f64 {
    n as f64 / of.max(1) as f64
}

/// The tsunami straight into a store on `url`.
///
/// # Errors
/// [`BenchError`] if the store can't be used.
pub async fn tsunami_on(url: &str, buyers: u64, units: u64, arrival: Duration) -> Result<Tsunami, BenchError> {
    let (store, work) = Store::open(url, Options::default()).await?;
    let working = alone(work);
    let run = uuid::Uuid::now_v7().simple().to_string();
    stock(&store, &run, i64::try_from(units).unwrap_or(i64::MAX)).await?;
    let acknowledged = Arc::new(AtomicU64::new(promised(&store, &Sku::new(HOT)?)));
    let shop = Arc::clone(&store);
    let result = tsunami(buyers, units, arrival, move |n| {
        let (shop, acknowledged, id) =
            (Arc::clone(&shop), Arc::clone(&acknowledged), format!("{}-{n}", run.get(..12).unwrap_or("")));
        async move {
            let tried = buy_once(&shop, &acknowledged, &id).await;
            tried.unwrap_or(Try { bought: Bought::Failed, reserve: Duration::ZERO, counter_lag: None })
        }
    })
    .await;
    drop(store);
    working.await??;
    result
}

async fn buy_once(shop: &Store, acknowledged: &AtomicU64, id: &str) -> Result<Try, BenchError> {
    let began = Instant::now();
    let held = shop.submit(hold_one(id, id, "bench")?, IdempotencyKey::new(id)?).await;
    let reserve = began.elapsed();
    let no = |bought| Ok(Try { bought, reserve, counter_lag: None });
    match held {
        Ok(_) => {}
        Err(Refusal::StockSoldOut { .. }) => return no(Bought::SoldOut),
        Err(Refusal::StoreBusy { retry_after_ms }) => return no(Bought::Busy { retry_after_ms }),
        Err(_) => return no(Bought::Failed),
    }
    let sold = acknowledged.fetch_add(1, Ordering::SeqCst) + 1;
    let counted = Instant::now();
    let hot = Sku::new(HOT)?;
    while promised(shop, &hot) < sold {
        tokio::task::yield_now().await;
    }
    let counter_lag = Some(counted.elapsed());
    let amount = Money { minor: 1490, currency: Currency::EUR };
    let paid = || {
        let (order, fact) = (OrderId::new(id)?, PaymentFact::Captured { amount });
        Ok::<_, BenchError>(Command::PaymentEvent {
            provider: "bench".into(),
            event: id.into(),
            order,
            reference: None,
            fact,
        })
    };
    loop {
        match shop.submit(paid()?, IdempotencyKey::new(&format!("{id}-paid"))?).await {
            Ok(_) => return Ok(Try { bought: Bought::Paid, reserve, counter_lag }),
            Err(Refusal::StoreBusy { retry_after_ms }) => {
                tokio::time::sleep(Duration::from_millis(retry_after_ms)).await
            }
            Err(_) => return Ok(Try { bought: Bought::Failed, reserve, counter_lag }),
        }
    }
}
