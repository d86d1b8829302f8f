//! A shop on a loopback port with the real plugin behind it: store, server, cashier, and the component as it ships.

use super::super::Cashier;
use super::fake_stripe::API_KEY;
use crate::bench::shopfloor::QuietDesk;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};
use vitrine_commerce::{Command, Location, Order, OrderId, Sku, signature};
use vitrine_media::{PluginId, Secret};
use vitrine_plugin_host::{
    Cache, Compiler, MemoryKv, NoFinder, NoLog, Outside, Package, PluginGrant, PluginHost, SecretSource, Source,
    SystemClock, SystemDatagrams, Transport, pack, read_package,
};
use vitrine_server::{Server, ServerConfig};
use vitrine_show::ports::plugins::{PluginState, Plugins, Proposals, Proposed};
use vitrine_show::ports::shop::{IdempotencyKey, Shop};
use vitrine_store::{Options, Store};

const GUEST: &[u8] = include_bytes!("../../../../plugin-host/tests/kept/checkout-stripe-1.0.0.core.wasm");
const MANIFEST: &str = include_str!("../../../../../plugins/checkout-stripe/plugin.toml");
const SETTINGS: &str = include_str!("../../../../../plugins/checkout-stripe/settings.schema.json");
pub(super) const HOOK_SECRET: &str = "whsec_of_this_shop";
pub(super) const HOOK: &str = "/hooks/checkout-stripe/events";
/// Nothing that a test waits for may take longer.
const PATIENCE: Duration = Duration::from_secs(90);

pub(super) struct World {
    pub(super) store: Arc<Store>,
    pub(super) url: String,
    pub(super) http: reqwest::Client,
    pub(super) address: String,
    /// How far the shop's clock is ahead of the wall's.
    ahead: Arc<AtomicU64>,
    changed: Arc<Notify>,
    _ending: DropGuard,
    _folder: tempfile::TempDir,
}

struct Nobody;

impl Proposals for Nobody {
    fn propose(&self, _: &PluginId, _: Proposed) -> bool {
        true
    }
}

impl SecretSource for Nobody {
    fn secret(&self, _: &str, name: &str) -> Option<Secret> {
        let text = if name == "api-key" { API_KEY } else { HOOK_SECRET };
        Some(Secret::new(text.to_owned()))
    }
}

struct Given(Package, PluginGrant);

impl Source for Given {
    fn load(&self) -> Result<(Package, PluginGrant), String> {
        Ok((self.0.clone(), self.1.clone()))
    }
}

/// The plugin's package, allowed to call `api`.
fn package(api: &str) -> Package {
    let folder = tempfile::tempdir().unwrap();
    let manifest = MANIFEST.replace("https://api.stripe.com", api);
    std::fs::write(folder.path().join("plugin.toml"), manifest).unwrap();
    std::fs::write(folder.path().join("settings.schema.json"), SETTINGS).unwrap();
    let encoder = wit_component::ComponentEncoder::default().module(GUEST).unwrap();
    let (_, bytes) = pack(folder.path(), &encoder.validate(true).encode().unwrap()).unwrap();
    read_package(&bytes).unwrap()
}

/// One cache for all tests of a run: the guest is compiled once.
fn cache() -> Cache {
    static FOLDER: OnceLock<std::path::PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let beside = std::env::current_exe().unwrap();
        beside.parent().unwrap().join("payments-plugin-cache")
    });
    Cache::open(folder, Compiler::InProcess).unwrap()
}

async fn plugins(api: &str, transport: Arc<dyn Transport>) -> Arc<PluginHost> {
    let outside = Outside {
        clock: Arc::new(SystemClock::start()),
        proposals: Arc::new(Nobody),
        transport,
        datagrams: Arc::new(SystemDatagrams::open()),
        finder: Arc::new(NoFinder),
        kv: Arc::new(MemoryKv::default()),
        secrets: Arc::new(Nobody),
        log: Arc::new(NoLog),
    };
    let host = PluginHost::start(outside, cache()).unwrap();
    let package = package(api);
    let granted: BTreeSet<String> = package.manifest.asks().into_iter().map(|ask| ask.key).collect();
    let grant = PluginGrant { granted, private: BTreeSet::from([api.to_owned()]), ..PluginGrant::default() };
    let settings = json!({ "page": "element", "methods": ["card"], "api": api });
    host.add(PluginId::new("checkout-stripe").unwrap(), Box::new(Given(package, grant)), settings);
    let running = async {
        while host.list()[0].state != PluginState::Running {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, running).await.unwrap_or_else(|_| panic!("{:?}", host.list()));
    let host = Arc::new(host);
    // A host ends on a thread that may block; the tasks that hold this one end with their runtime, which may not.
    std::mem::forget(Arc::clone(&host));
    host
}

impl World {
    /// A shop with ten mugs for 14.90 EUR each; its plugin speaks with `api` through `transport`.
    pub(super) async fn open(api: &str, transport: Arc<dyn Transport>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("shop.db").display().to_string();
        let ahead = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&ahead);
        let options = Options {
            clock: Arc::new(move || wall_ms() + clock.load(Ordering::SeqCst)),
            sweep_every: Duration::from_secs(3600),
            ..Options::default()
        };
        let (store, work) = Store::open(&url, options).await.unwrap();
        tokio::spawn(work.run());
        let changed = Arc::new(Notify::new());
        let waker = Arc::clone(&changed);
        store.listen(Arc::new(move |_| waker.notify_waiters()));

        let host = plugins(api, transport).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let page = format!("{address}/watch/autumn");
        let cashier = Cashier::new(
            Arc::clone(&store) as Arc<dyn Shop>,
            move || Some(Arc::clone(&host) as Arc<dyn Plugins>),
            page,
        );
        tokio::spawn(Arc::clone(&cashier).run());
        let config = ServerConfig {
            slug: "autumn".to_owned(),
            providers: vec!["checkout-stripe".to_owned()],
            ..ServerConfig::default()
        };
        let server = Server::new(config, Arc::new(QuietDesk)).with_shop(Arc::clone(&store) as Arc<dyn Shop>);
        let ending = CancellationToken::new();
        tokio::spawn(server.with_hooks(cashier).run(listener, ending.clone()));
        let http = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build().unwrap();
        let _ending = ending.drop_guard();
        let world = Self { store, url, http, address, ahead, changed, _ending, _folder: folder };
        let mug = json!({ "sku": "MUG", "title": "Blue mug", "price": { "minor": 1490, "currency": "EUR" } });
        world.ok(Command::PutProducts { products: vec![serde_json::from_value(mug).unwrap()] }).await;
        let (sku, location) = (Sku::new("MUG").unwrap(), Location::main());
        world.ok(Command::AdjustStock { sku, location, by: 10, note: String::new() }).await;
        world
    }

    pub(super) fn advance(&self, ms: u64) {
        self.ahead.fetch_add(ms, Ordering::SeqCst);
    }

    pub(super) async fn ok(&self, command: Command) {
        let key = IdempotencyKey::new(&uuid::Uuid::now_v7().to_string()).unwrap();
        self.store.submit(command, key).await.unwrap();
    }

    /// left, held, allocated, on hand
    pub(super) fn mugs(&self) -> [i64; 4] {
        let view = self.store.view();
        let mug = &view.products[&Sku::new("MUG").unwrap()];
        [mug.left, mug.held, mug.allocated, mug.on_hand]
    }

    pub(super) async fn order(&self, id: &str) -> Order {
        self.store.order(OrderId::new(id).unwrap()).await.unwrap().unwrap()
    }

    /// Waits until an order is as `wanted` says.
    pub(super) async fn until(&self, id: &str, wanted: impl Fn(&Order) -> bool) -> Order {
        let waited = async {
            loop {
                let changed = self.changed.notified();
                let order = self.order(id).await;
                if wanted(&order) {
                    return order;
                }
                changed.await;
            }
        };
        match tokio::time::timeout(PATIENCE, waited).await {
            Ok(order) => order,
            Err(_) => panic!("{:#?}", self.order(id).await),
        }
    }

    async fn post(&self, cookie: &str, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.address)).header("cookie", cookie).json(&body);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }

    /// A buyer of their own holds `qty` mugs and begins to pay; gives the intent's id.
    pub(super) async fn begin(&self, order: &str, qty: i64) -> String {
        self.begin_unanswered(order, qty).await;
        let order = self.until(order, |order| order.payment.reference.is_some()).await;
        assert!(order.payment.next_step.is_some_and(|step| step.contains("_secret_")));
        order.payment.reference.unwrap()
    }

    pub(super) async fn begin_unanswered(&self, order: &str, qty: i64) {
        let cookie = format!("vitrine_buyer={order:0>32}");
        let lines = json!([{ "sku": "MUG", "qty": qty }]);
        self.post(&cookie, "/api/holds", json!({ "order": order, "show": "autumn", "lines": lines })).await;
        let pay = json!({ "provider": "checkout-stripe", "attempt": 1 });
        self.post(&cookie, &format!("/api/orders/{order}/pay"), pay).await;
    }

    /// Delivers raw bytes with this signature header; gives the status.
    pub(super) async fn deliver(&self, signature: Option<&str>, body: &[u8]) -> u16 {
        self.deliver_by(&self.http, signature, body).await.unwrap()
    }

    /// The same; `None` when the server closed the connection while the body was still on its way. Over a connection
    /// of its own: one that is being closed must not meet the next delivery.
    pub(super) async fn deliver_or_be_cut(&self, signature: Option<&str>, body: &[u8]) -> Option<u16> {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        self.deliver_by(&http, signature, body).await
    }

    async fn deliver_by(&self, http: &reqwest::Client, signature: Option<&str>, body: &[u8]) -> Option<u16> {
        let mut request = http.post(format!("{}{HOOK}", self.address)).body(body.to_vec());
        if let Some(signature) = signature {
            request = request.header("Stripe-Signature", signature);
        }
        request.send().await.ok().map(|answer| answer.status().as_u16())
    }

    /// Delivers an event as Stripe would; it must be taken.
    pub(super) async fn event(&self, id: &str, kind: &str, object: &Value) {
        let body = event_body(id, kind, object);
        assert_eq!(self.deliver(Some(&signed(HOOK_SECRET, unix_s(), &body)), &body).await, 200, "{kind}");
    }
}

pub(super) fn event_body(id: &str, kind: &str, object: &Value) -> Vec<u8> {
    json!({ "id": id, "object": "event", "type": kind, "data": { "object": object } }).to_string().into_bytes()
}

fn wall_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

pub(super) fn unix_s() -> i64 {
    i64::try_from(wall_ms() / 1_000).unwrap()
}

pub(super) fn signed(secret: &str, at_s: i64, body: &[u8]) -> String {
    signature::sign_stripe(&Secret::new(secret.to_owned()), at_s, body).unwrap()
}

/// A charge that was paid back, as `charge.refunded` carries it: it names the order only by its payment.
pub(super) fn refunded_charge(intent: &str, minor: i64) -> Value {
    json!({ "id": format!("ch_{intent}"), "object": "charge", "payment_intent": intent, "amount": 1490,
        "amount_refunded": minor, "currency": "eur", "metadata": BTreeMap::<String, String>::new() })
}
