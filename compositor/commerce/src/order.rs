//! An order from its hold to its return, and the money that belongs to it.

use crate::{Channel, CodeId, CustomerId, Location, Money, OfferId, OrderId, ShowId, Sku};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where an order is.
///
/// ```text
/// Cart ─► Held ─► Paying ─► Paid ─► Captured ─► Shipped ─► Delivered ─► Returned
///   │       │       │         │         └► Refunded (before it shipped)
///   └───────┴───────┴► Released, Expired ─► Paid (paid late, stock was left)
///                              └─────────► Voided (paid late, sold out; or called off)
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// First paid, first served: written down, nothing held yet.
    Cart,
    /// Units are held until `expires_ms`.
    Held,
    /// A payment was begun; units are held until `expires_ms`.
    Paying,
    /// The payment is authorised; units are allocated.
    Paid,
    /// The money is taken.
    Captured,
    /// Left the house.
    Shipped,
    /// Arrived.
    Delivered,
    /// Came back.
    Returned,
    /// Paid back in full before it shipped.
    Refunded,
    /// Let go before it was paid.
    Released,
    /// Ran out before it was paid.
    Expired,
    /// The payment is or will be undone: sold out meanwhile, wrong amount, or called off.
    Voided,
}

impl OrderState {
    /// Whether its units are in the `held` counter.
    #[must_use]
    pub const fn holds(self) -> bool {
        matches!(self, Self::Held | Self::Paying)
    }

    /// Whether its units are in the `allocated` counter.
    #[must_use]
    pub const fn allocates(self) -> bool {
        matches!(self, Self::Paid | Self::Captured)
    }

    /// Whether its units count against the buyer's cap.
    #[must_use]
    pub const fn counts_for_cap(self) -> bool {
        matches!(self, Self::Held | Self::Paying | Self::Paid | Self::Captured | Self::Shipped | Self::Delivered)
    }

    /// Whether it can still run out.
    #[must_use]
    pub const fn can_expire(self) -> bool {
        matches!(self, Self::Cart | Self::Held | Self::Paying)
    }

    /// The word in the database and in exports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cart => "cart",
            Self::Held => "held",
            Self::Paying => "paying",
            Self::Paid => "paid",
            Self::Captured => "captured",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Returned => "returned",
            Self::Refunded => "refunded",
            Self::Released => "released",
            Self::Expired => "expired",
            Self::Voided => "voided",
        }
    }
}

/// One line as it was sold: the price is the server's, fixed when the hold began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderLine {
    /// What was bought: a product or a bundle.
    pub sku: Sku,
    /// Its name then.
    pub title: String,
    /// How many.
    pub qty: u32,
    /// Price of one.
    pub unit_price: Money,
    /// The offer that gave the price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<OfferId>,
}

/// Units of a shelf that belong to an order: bundles exploded, summed by (sku, location), in that order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Units {
    /// What.
    pub sku: Sku,
    /// Which shelf.
    pub location: Location,
    /// How many.
    pub qty: i64,
}

/// What is known of the money. Only ever grows, so that the order in which facts arrive can't matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Payment {
    /// The plugin or test provider that takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The provider's name for it, such as `pi_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What the buyer's page needs to go on: a URL, or a client secret of this one payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
    /// Intents asked for so far; part of their idempotency keys.
    pub attempts: u32,
    /// Minor units authorised.
    pub authorised_minor: i64,
    /// Minor units taken.
    pub captured_minor: i64,
    /// Minor units paid back.
    pub refunded_minor: i64,
    /// Minor units asked to be paid back.
    pub refund_asked_minor: i64,
    /// The buyer's bank disputes it.
    pub disputed: bool,
    /// The provider gave the authorisation back.
    pub voided: bool,
    /// Why the last attempt failed, in the provider's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// Who gets it and where to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Contact {
    /// Name on the label.
    pub name: String,
    /// Where the confirmation goes.
    pub email: String,
    /// For the carrier.
    pub phone: String,
    /// Street and number, up to three lines.
    pub street: Vec<String>,
    /// Town.
    pub city: String,
    /// State or province.
    pub region: String,
    /// Post code.
    pub postcode: String,
    /// Two letters of ISO 3166-1.
    pub country: String,
}

/// What the carrier said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Parcel {
    /// Who carries it.
    pub carrier: String,
    /// Tracking number.
    pub tracking: String,
}

/// An order; a hold is an order in its first state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// Made by the buyer's client and kept there before the first try.
    pub id: OrderId,
    /// The show it was made in.
    pub show: ShowId,
    /// Who buys.
    pub customer: CustomerId,
    /// Through what.
    pub channel: Channel,
    /// Where it is.
    pub state: OrderState,
    /// What is bought.
    pub lines: Vec<OrderLine>,
    /// Units of shelves it holds or has allocated; kept after they left, as the record.
    pub units: Vec<Units>,
    /// The code that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeId>,
    /// Taken off by the code.
    pub discount: Money,
    /// To pay.
    pub total: Money,
    /// When it began, milliseconds since the epoch.
    pub created_ms: u64,
    /// When the hold runs out, milliseconds since the epoch.
    pub expires_ms: u64,
    /// The money.
    pub payment: Payment,
    /// Who gets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// What the carrier said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parcel: Option<Parcel>,
    /// Why it ended otherwise than planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Something a payment provider says happened. Amounts are totals so far, not steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum PaymentFact {
    /// The intent exists.
    Created,
    /// The amount is reserved at the bank.
    Authorised {
        /// Total authorised.
        amount: Money,
    },
    /// The amount is taken.
    Captured {
        /// Total taken.
        amount: Money,
    },
    /// Paid back.
    Refunded {
        /// Total paid back.
        amount: Money,
    },
    /// The bank disputes it.
    Disputed,
    /// The authorisation was given back.
    Voided,
    /// The attempt failed; the buyer may try again while the hold lasts.
    Failed {
        /// Why, in the provider's words.
        reason: String,
    },
}
