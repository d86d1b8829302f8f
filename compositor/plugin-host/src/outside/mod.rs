//! The world as plugins' powers reach it: traits, so that a test or `vitrine plugin test` can stand in for each.

mod finder;
mod kv;
mod wire;

use crate::bindings::Fault;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use vitrine_media::Secret;
use vitrine_show::ports::Answer;
use vitrine_show::ports::plugins::{OrderView, PollView, Proposals, ShopView};

pub use finder::{Found, LanFinder, NoFinder};
pub use kv::{FileKv, KvError, MemoryKv, Stored};
pub use wire::{Address, Lookup, SystemLookup, Wire, may_dial};

/// Where "now" and ids come from.
pub trait HostClock: Send + Sync {
    /// Milliseconds on a clock that never goes back.
    fn mono_ms(&self) -> u64;
    /// Milliseconds since 1970.
    fn unix_ms(&self) -> u64;
    /// Minutes to add to UTC for the studio's wall clock.
    fn utc_offset_minutes(&self) -> i32;
    /// A new unique id.
    fn unique_id(&self) -> String;
}

/// The machine's clocks.
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock that starts now.
    #[must_use]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }
}

impl HostClock for SystemClock {
    fn mono_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn unix_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn utc_offset_minutes(&self) -> i32 {
        jiff::Zoned::now().offset().seconds() / 60
    }

    fn unique_id(&self) -> String {
        uuid::Uuid::new_v4().to_string()
    }
}

/// A request that passed every check but the address's.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Such as `POST`.
    pub method: String,
    /// Where to.
    pub url: url::Url,
    /// Headers with their secrets filled in.
    pub headers: Vec<(String, Secret)>,
    /// The body.
    pub body: Vec<u8>,
    /// How long it may take.
    pub timeout: Duration,
    /// Whether the operator granted private networks for this address.
    pub private: bool,
    /// Bytes that the answer's body may have.
    pub bytes_max: usize,
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Incoming {
    /// HTTP status.
    pub status: u16,
    /// Headers in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Sends requests.
pub trait Transport: Send + Sync {
    /// Sends one and follows no redirect.
    fn send(&self, request: Outgoing) -> Answer<'_, Result<Incoming, Fault>>;
}

/// Sends datagrams.
pub trait Datagrams: Send + Sync {
    /// Sends one without waiting.
    ///
    /// # Errors
    /// A text for the plugin's log.
    fn send(&self, to: SocketAddr, payload: &[u8]) -> Result<(), String>;
}

/// Finds equipment.
pub trait Finder: Send + Sync {
    /// Everything of this kind that answers within [`crate::limits::DEVICE_LISTEN`].
    fn find<'a>(&'a self, kind: &'a str) -> Answer<'a, Result<Vec<Found>, String>>;
}

/// Keeps plugins' keys and bytes.
pub trait KvStore: Send + Sync {
    /// One value.
    ///
    /// # Errors
    /// [`KvError`] when the store can't be read.
    fn get(&self, package: &str, key: &str) -> Result<Option<Stored>, KvError>;
    /// Sets or (with `None`) forgets one.
    ///
    /// # Errors
    /// [`KvError`] when it can't be written.
    fn put(&self, package: &str, key: &str, value: Option<Stored>) -> Result<(), KvError>;
    /// Keys with this prefix, in order, after `after`.
    ///
    /// # Errors
    /// [`KvError`] when the store can't be read.
    fn keys(&self, package: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>, KvError>;
    /// Bytes of all keys and values of a plugin.
    ///
    /// # Errors
    /// [`KvError`] when the store can't be read.
    fn bytes(&self, package: &str) -> Result<usize, KvError>;
}

/// Knows the secrets that the operator set.
pub trait SecretSource: Send + Sync {
    /// The secret of this name for this package.
    fn secret(&self, package: &str, name: &str) -> Option<Secret>;
}

/// Keeps plugins' log lines.
pub trait LogSink: Send + Sync {
    /// One line of a plugin, already made harmless.
    fn line(&self, plugin: &str, unix_ms: u64, line: &str);
}

/// Keeps no lines beyond those that the host holds in memory.
pub struct NoLog;

impl LogSink for NoLog {
    fn line(&self, _plugin: &str, _unix_ms: u64, _line: &str) {}
}

/// Datagrams through one socket of the machine.
pub struct SystemDatagrams {
    socket: std::io::Result<std::net::UdpSocket>,
}

impl SystemDatagrams {
    /// Opens a socket; broadcast is allowed, as Art-Net needs it.
    #[must_use]
    pub fn open() -> Self {
        let socket = std::net::UdpSocket::bind("0.0.0.0:0").and_then(|s| {
            s.set_nonblocking(true)?;
            s.set_broadcast(true)?;
            Ok(s)
        });
        Self { socket }
    }
}

impl Datagrams for SystemDatagrams {
    fn send(&self, to: SocketAddr, payload: &[u8]) -> Result<(), String> {
        let socket = self.socket.as_ref().map_err(|e| format!("no socket for datagrams: {e}"))?;
        socket.send_to(payload, to).map(drop).map_err(|e| format!("the datagram to {to} was not sent: {e}"))
    }
}

/// The world of one host.
pub struct Outside {
    /// Clocks and ids.
    pub clock: Arc<dyn HostClock>,
    /// The show's ear.
    pub proposals: Arc<dyn Proposals>,
    /// HTTP.
    pub transport: Arc<dyn Transport>,
    /// UDP.
    pub datagrams: Arc<dyn Datagrams>,
    /// Discovery.
    pub finder: Arc<dyn Finder>,
    /// Keys and bytes.
    pub kv: Arc<dyn KvStore>,
    /// Secrets.
    pub secrets: Arc<dyn SecretSource>,
    /// Log lines.
    pub log: Arc<dyn LogSink>,
}

/// What plugins may read of the show: the newest of each, put by [`crate::PluginHost::tell`].
#[derive(Default)]
pub(crate) struct View {
    shop: RwLock<Arc<ShopView>>,
    poll: RwLock<Option<Arc<PollView>>>,
    orders: RwLock<VecDeque<OrderView>>,
}

impl View {
    pub(crate) fn shop(&self) -> Arc<ShopView> {
        Arc::clone(&self.shop.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts a new shop window and says what differs.
    pub(crate) fn put_shop(&self, new: &Arc<ShopView>) -> Vec<&'static str> {
        let mut held = self.shop.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *held, Arc::clone(new));
        drop(held);
        let stock = |v: &ShopView| v.products.iter().map(|p| (p.sku.clone(), p.available, p.total)).collect::<Vec<_>>();
        let rest = |v: &ShopView| {
            v.products
                .iter()
                .map(|p| (p.sku.clone(), p.title.clone(), p.price.clone(), p.old_price.clone()))
                .collect::<Vec<_>>()
        };
        let mut what = Vec::new();
        if old.offer != new.offer {
            what.push("offer");
        }
        if stock(&old) != stock(new) {
            what.push("stock");
        }
        if rest(&old) != rest(new) {
            what.push("products");
        }
        if old.next != new.next {
            what.push("next");
        }
        what
    }

    pub(crate) fn poll(&self) -> Option<Arc<PollView>> {
        self.poll.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn put_poll(&self, poll: &Arc<PollView>) {
        *self.poll.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(poll));
    }

    pub(crate) fn orders(&self, limit: usize) -> Vec<OrderView> {
        self.orders.read().unwrap_or_else(PoisonError::into_inner).iter().take(limit).cloned().collect()
    }

    /// Puts orders of before, newest first, behind those that are known: what is known is newer.
    pub(crate) fn remember_orders(&self, orders: &[OrderView]) {
        let mut held = self.orders.write().unwrap_or_else(PoisonError::into_inner);
        for order in orders {
            if held.len() < crate::limits::ORDERS_MAX && held.iter().all(|known| known.id != order.id) {
                held.push_back(order.clone());
            }
        }
    }

    pub(crate) fn put_orders(&self, orders: &[OrderView]) {
        let mut held = self.orders.write().unwrap_or_else(PoisonError::into_inner);
        for order in orders {
            held.retain(|o| o.id != order.id);
            held.push_front(order.clone());
            held.truncate(crate::limits::ORDERS_MAX);
        }
    }
}
