//! The shop: stock, holds and orders, as server, plugins and show reach them.
//!
//! ```text
//! server, plugins ─ submit(command, key) ─► [ at most 256 wait ] ─► decide ─► commit ─► Answer
//!                                                                              └► view(), listeners
//! plugin workers  ─ take_errands ─► call outside, no lock held ─► settle_errand
//! ```
//!
//! The show and the tick only ever call [`Shop::view`]: one atomic load.

use super::Answer;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use vitrine_commerce::{
    Channel, Command, CustomerId, Errand, Event, GiveawayId, Order, OrderId, OrderState, Refusal, Reply, ShopView,
    Topic,
};

/// The caller's name for one intention: the same key carries one effect and one answer, for at least 24 hours.
/// 1 to 128 characters; the caller makes and keeps it before the first try.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(Arc<str>);

impl IdempotencyKey {
    /// Takes 1 to 128 visible ASCII characters.
    ///
    /// # Errors
    /// [`Refusal::FieldInvalid`] for anything else.
    pub fn new(key: &str) -> Result<Self, Refusal> {
        if (1..=128).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) {
            return Ok(Self(Arc::from(key)));
        }
        Err(Refusal::FieldInvalid {
            field: "idempotency key".into(),
            text: "give it 1 to 128 visible ASCII characters".into(),
        })
    }

    /// The key as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key as written, to keep without a copy.
    #[must_use]
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl TryFrom<String> for IdempotencyKey {
    type Error = Refusal;
    fn try_from(key: String) -> Result<Self, Refusal> {
        Self::new(&key)
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> Self {
        key.0.as_ref().to_owned()
    }
}

/// What a commit brought, for those who listen.
#[derive(Clone, Debug)]
pub struct News {
    /// The view after it.
    pub view: Arc<ShopView>,
    /// What happened, in order. Empty when another process on the same database did it: only the view is known then.
    pub events: Arc<Vec<Event>>,
}

/// Called after each commit, on the store's own thread: must only hand over (wake a task, push to a lane), never
/// wait. This keeps the port free of any runtime.
pub type Listener = Arc<dyn Fn(&News) + Send + Sync>;

/// Which orders to list, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderQuery {
    /// Only in this state.
    pub state: Option<OrderState>,
    /// Only of this buyer.
    pub customer: Option<CustomerId>,
    /// Only through this channel.
    pub channel: Option<Channel>,
    /// Created before this, milliseconds since the epoch; for the next page.
    pub before_ms: Option<u64>,
    /// At most so many; 1 to 1,000, 100 if zero.
    pub limit: u32,
}

/// An errand on its way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// Its number in the outbox.
    pub seq: i64,
    /// What to do; its key makes the outside call happen once.
    pub errand: Errand,
    /// Tries so far, this one not counted.
    pub tries: u32,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// When it is due next, milliseconds since the epoch.
    pub due_ms: u64,
    /// Given up: waits for a person in the dead-letter view.
    pub dead: bool,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// Done; never again.
    Done,
    /// Failed; again later, with a growing delay and at most a fixed number of times.
    Failed {
        /// Why, without secrets.
        why: String,
    },
    /// Can't ever work: straight to the dead letters.
    Dead {
        /// Why, without secrets.
        why: String,
    },
}

/// The shop.
pub trait Shop: Send + Sync {
    /// Carries a command out once. When it answers, the effect is on disk. A refusal has no effect and is not kept:
    /// the same key may be tried again. [`Refusal::StoreBusy`] comes at once when 256 commands wait.
    fn submit(&self, command: Command, key: IdempotencyKey) -> Answer<'_, Result<Reply, Refusal>>;

    /// The shop now. One atomic load; safe on the tick.
    fn view(&self) -> Arc<ShopView>;

    /// Adds a listener for the life of the shop.
    fn listen(&self, listener: Listener);

    /// One order.
    fn order(&self, id: OrderId) -> Answer<'_, Result<Option<Order>, Refusal>>;

    /// The order that a payment belongs to, by the provider's reference.
    fn order_of_payment(&self, reference: String) -> Answer<'_, Result<Option<Order>, Refusal>>;

    /// Orders, newest first.
    fn orders(&self, query: OrderQuery) -> Answer<'_, Result<Vec<Order>, Refusal>>;

    /// Takes due errands of these topics for `lease_ms`: nobody else gets them meanwhile, and they come back by
    /// themselves if they are not settled. No lock is held while they are out.
    fn take_errands(&self, topics: Vec<Topic>, limit: u32, lease_ms: u64)
    -> Answer<'_, Result<Vec<Outgoing>, Refusal>>;

    /// Says how an errand ended.
    fn settle_errand(&self, seq: i64, settled: Settled) -> Answer<'_, Result<(), Refusal>>;

    /// Who entered a giveaway, in byte order; public once its entries have closed.
    fn entries(&self, giveaway: GiveawayId) -> Answer<'_, Result<Vec<String>, Refusal>>;

    /// Errands that were given up, newest first.
    fn dead_errands(&self, limit: u32) -> Answer<'_, Result<Vec<Outgoing>, Refusal>>;

    /// Puts a dead errand back to work.
    fn revive_errand(&self, seq: i64) -> Answer<'_, Result<(), Refusal>>;
}
