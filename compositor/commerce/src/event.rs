//! What happened: the only thing that changes the state, and what the store writes down.

use crate::catalogue::{DiscountCode, Featured, Offer, Product, Quota};
use crate::draw::Seed;
use crate::order::{Order, OrderState};
use crate::{
    CodeId, CustomerId, Giveaway, GiveawayId, MarkKey, Move, OfferId, OrderId, Policy, Poll, PollId, ShowId, Sku,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One change. Events of one command are applied together or not at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A product is in the list.
    ProductPut {
        /// The product.
        product: Box<Product>,
    },
    /// A product left the list.
    ProductRemoved {
        /// Which.
        sku: Sku,
    },
    /// An offer is set.
    OfferPut {
        /// The offer.
        offer: Offer,
    },
    /// Units of an offer were taken (or came back, if negative).
    OfferTaken {
        /// Which.
        offer: OfferId,
        /// Units.
        by: i64,
    },
    /// A code is set.
    CodePut {
        /// The code.
        code: DiscountCode,
    },
    /// A code was used (or its use came back, if negative).
    CodeUsed {
        /// Which.
        code: CodeId,
        /// Who.
        customer: CustomerId,
        /// Uses.
        by: i64,
    },
    /// The rules are set.
    PolicySet {
        /// The rules.
        policy: Policy,
    },
    /// The stage is set.
    Featured {
        /// What and where.
        featured: Featured,
    },
    /// Stock moved; also a line of the ledger.
    Stock {
        /// The move.
        moved: Move,
    },
    /// A channel's quota is set.
    QuotaSet {
        /// The quota.
        quota: Quota,
    },
    /// An order began.
    OrderOpened {
        /// The order.
        order: Arc<Order>,
    },
    /// An order changed; `was` tells the step.
    OrderChanged {
        /// The order as it is now.
        order: Arc<Order>,
        /// Where it was before.
        was: OrderState,
    },
    /// Somebody joined a waiting line.
    LineJoined {
        /// Who waits for what.
        wait: Wait,
    },
    /// Somebody left a waiting line, served or not.
    LineLeft {
        /// The id given at joining.
        order: OrderId,
        /// The line.
        sku: Sku,
        /// Whether the turn came.
        served: bool,
    },
    /// A mark was made that can be made once.
    Marked {
        /// The mark.
        key: MarkKey,
        /// What it says.
        value: String,
    },
    /// A mark was taken back.
    Unmarked {
        /// The mark.
        key: MarkKey,
    },
    /// A poll is set.
    PollPut {
        /// The poll.
        poll: Poll,
    },
    /// A vote was counted.
    Voted {
        /// Which poll.
        poll: PollId,
        /// Which choice.
        choice: usize,
    },
    /// A giveaway is set.
    GiveawayPut {
        /// The giveaway.
        giveaway: Giveaway,
    },
    /// The seed of a giveaway is kept until the draw.
    SeedKept {
        /// Of which.
        giveaway: GiveawayId,
        /// The seed.
        seed: Seed,
    },
    /// An entry was counted.
    Entered {
        /// Which.
        giveaway: GiveawayId,
    },
    /// Something to tell the world, through the outbox.
    Tell {
        /// The errand.
        errand: Errand,
    },
}

/// Somebody in a waiting line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Wait {
    /// The id the order will have.
    pub order: OrderId,
    /// The show.
    pub show: ShowId,
    /// Who.
    pub customer: CustomerId,
    /// What.
    pub sku: Sku,
    /// How many.
    pub qty: i64,
    /// Place: smaller is earlier.
    pub place: u64,
    /// Since when, milliseconds since the epoch.
    pub since_ms: u64,
}

/// Something for a plugin or the program to do outside, at least once, under a key that makes it once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Errand {
    /// For whom; see [`Topic`].
    pub topic: Topic,
    /// The idempotency key for the outside call, such as `order-1:capture`.
    pub key: String,
    /// What it takes.
    pub body: serde_json::Value,
}

/// Kinds of errands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Topic {
    /// Make an intent: `{order, provider, amount, description}`.
    #[serde(rename = "payment.intent")]
    PaymentIntent,
    /// Take the money: `{order, provider, reference, amount}`.
    #[serde(rename = "payment.capture")]
    PaymentCapture,
    /// Give the authorisation back: `{order, provider, reference}`.
    #[serde(rename = "payment.void")]
    PaymentVoid,
    /// Pay back: `{order, provider, reference, amount}`.
    #[serde(rename = "payment.refund")]
    PaymentRefund,
    /// An order is paid and taken: pack it. `{order}` is the whole order.
    #[serde(rename = "order.captured")]
    OrderCaptured,
    /// An order ended otherwise: `{order}`.
    #[serde(rename = "order.ended")]
    OrderEnded,
    /// An order is on its way, arrived or came back: `{order}`.
    #[serde(rename = "order.moved")]
    OrderMoved,
    /// The next in the line has an offer: `{order}`.
    #[serde(rename = "line.offered")]
    LineOffered,
    /// A channel's quota changed: `{quota}`.
    #[serde(rename = "quota.changed")]
    QuotaChanged,
}

impl Topic {
    /// The word in the outbox and in webhooks.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PaymentIntent => "payment.intent",
            Self::PaymentCapture => "payment.capture",
            Self::PaymentVoid => "payment.void",
            Self::PaymentRefund => "payment.refund",
            Self::OrderCaptured => "order.captured",
            Self::OrderEnded => "order.ended",
            Self::OrderMoved => "order.moved",
            Self::LineOffered => "line.offered",
            Self::QuotaChanged => "quota.changed",
        }
    }

    /// All topics.
    pub const ALL: [Self; 9] = [
        Self::PaymentIntent,
        Self::PaymentCapture,
        Self::PaymentVoid,
        Self::PaymentRefund,
        Self::OrderCaptured,
        Self::OrderEnded,
        Self::OrderMoved,
        Self::LineOffered,
        Self::QuotaChanged,
    ];

    /// The topic of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.as_str() == word)
    }
}
