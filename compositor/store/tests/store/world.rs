//! What every test needs: a store on a fresh database, a clock turned by hand, short ways to say commands.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;
use tokio::task::JoinHandle;
use vitrine_commerce::{
    Channel, Command, Currency, CustomerId, Location, Money, Order, OrderId, PaymentFact, Product, Refusal, Reply,
    ShowId, Sku, Wanted,
};
use vitrine_show::ports::shop::{IdempotencyKey, Shop};
use vitrine_store::{Options, Store};

pub(crate) struct World {
    pub(crate) store: Arc<Store>,
    pub(crate) now: Arc<AtomicU64>,
    pub(crate) url: String,
    work: JoinHandle<()>,
}

impl World {
    pub(crate) async fn open(url: &str) -> Self {
        Self::open_with(url, Options { sweep_every: Duration::from_secs(3600), ..Options::default() }).await
    }

    pub(crate) async fn open_with(url: &str, options: Options) -> Self {
        let now = Arc::new(AtomicU64::new(1_700_000_000_000));
        let clock = Arc::clone(&now);
        let options = Options { clock: Arc::new(move || clock.load(Ordering::SeqCst)), ..options };
        let (store, work) = Store::open(url, options).await.unwrap();
        Self { store, now, url: url.to_owned(), work: tokio::spawn(work.run()) }
    }

    pub(crate) async fn close(self) {
        drop(self.store);
        self.work.await.unwrap();
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.now.load(Ordering::SeqCst)
    }

    pub(crate) fn advance(&self, ms: u64) {
        self.now.fetch_add(ms, Ordering::SeqCst);
    }

    pub(crate) async fn submit(&self, key: &str, command: Command) -> Result<Reply, Refusal> {
        self.store.submit(command, IdempotencyKey::new(key).unwrap()).await
    }

    /// Must succeed.
    pub(crate) async fn ok(&self, key: &str, command: Command) -> Reply {
        self.submit(key, command).await.unwrap_or_else(|refusal| panic!("{key}: {refusal}"))
    }

    /// Must be refused; gives the code.
    pub(crate) async fn refused(&self, key: &str, command: Command) -> &'static str {
        self.submit(key, command).await.expect_err(key).code()
    }

    pub(crate) async fn order(&self, id: &str) -> Order {
        self.store.order(OrderId::new(id).unwrap()).await.unwrap().unwrap_or_else(|| panic!("no order {id}"))
    }

    /// left, held, allocated, on hand
    pub(crate) fn counters(&self, sku_name: &str) -> [i64; 4] {
        let view = self.store.view();
        let product = view.products.get(&sku(sku_name)).unwrap_or_else(|| panic!("no {sku_name} in the view"));
        [product.left, product.held, product.allocated, product.on_hand]
    }

    pub(crate) async fn audit(&self) {
        let audit = vitrine_store::check(&self.url).await.unwrap();
        assert!(audit.clean(), "{:#?}", audit.faults);
    }
}

/// Runs a test body on a fresh SQLite file and on a fresh PostgreSQL database.
pub(crate) fn on_both<F, Fut>(body: F)
where
    F: Fn(String) -> Fut,
    Fut: Future<Output = ()>,
{
    let folder = tempfile::tempdir().unwrap();
    block_on(body(file(folder.path())));
    if let Some(url) = super::cluster::database() {
        block_on(body(url));
    }
}

pub(crate) fn file(folder: &Path) -> String {
    folder.join("shop.db").display().to_string()
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future)
}

/// Sends commands all at once, in order, and waits for all answers.
pub(crate) async fn answers_of(asked: Vec<Ask<'_>>) -> Vec<Result<Reply, Refusal>> {
    together(asked).await
}

/// A command on its way.
pub(crate) type Ask<'a> = Pin<Box<dyn Future<Output = Result<Reply, Refusal>> + Send + 'a>>;

/// Sends all at once, in order, and waits for all.
pub(crate) async fn together<T>(mut futures: Vec<Pin<Box<dyn Future<Output = T> + Send + '_>>>) -> Vec<T> {
    let mut results: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, result) in futures.iter_mut().zip(&mut results).filter(|(_, result)| result.is_none()) {
            if let Poll::Ready(done) = future.as_mut().poll(cx) {
                *result = Some(done);
            }
        }
        if results.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    results.into_iter().flatten().collect()
}

pub(crate) fn sku(name: &str) -> Sku {
    Sku::new(name).unwrap()
}

pub(crate) fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR).unwrap()
}

pub(crate) fn show() -> ShowId {
    ShowId::new("autumn").unwrap()
}

pub(crate) fn product(name: &str, minor: i64) -> Product {
    let json = serde_json::json!({ "sku": name, "title": name, "price": { "minor": minor, "currency": "EUR" } });
    serde_json::from_value(json).unwrap()
}

pub(crate) fn put(products: &[Product]) -> Command {
    Command::PutProducts { products: products.to_vec() }
}

pub(crate) fn receive(name: &str, by: i64) -> Command {
    Command::AdjustStock { sku: sku(name), location: Location::main(), by, note: "delivery".into() }
}

pub(crate) fn hold(order: &str, customer: &str, lines: &[(&str, i64)]) -> Command {
    let want = |(name, qty): &(&str, i64)| Wanted { sku: sku(name), qty: *qty, offer: None, seen_price: None };
    Command::Hold {
        order: OrderId::new(order).unwrap(),
        show: show(),
        customer: CustomerId::new(customer).unwrap(),
        channel: Channel::own(),
        lines: lines.iter().map(want).collect(),
        code: None,
    }
}

pub(crate) fn pay(order: &str, customer: &str) -> Command {
    Command::Pay {
        order: OrderId::new(order).unwrap(),
        customer: CustomerId::new(customer).unwrap(),
        provider: "test".into(),
        contact: None,
    }
}

pub(crate) fn fact(order: &str, event: &str, fact: PaymentFact) -> Command {
    let order = OrderId::new(order).unwrap();
    Command::PaymentEvent { provider: "test".into(), event: event.into(), order, reference: None, fact }
}

pub(crate) fn captured(order: &str, minor: i64) -> Command {
    fact(order, &format!("evt-captured-{order}"), PaymentFact::Captured { amount: eur(minor) })
}
