//! What a plugin can be asked, and what it answers: payments, shipping, stock channels, webhooks, panels.

use super::{Amount, LineView, OrderView, ViewerView};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What is to be paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkout {
    /// The order's id.
    pub id: String,
    /// What is bought.
    pub lines: Vec<LineView>,
    /// What it costs.
    pub total: Amount,
    /// Who buys.
    pub buyer: Option<ViewerView>,
    /// Made and stored before the first try; the same on every retry.
    pub idempotency_key: String,
    /// Where the buyer comes back to.
    pub return_url: String,
}

/// Where the buyer goes next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NextStep {
    /// To this address.
    Redirect(String),
    /// Scans this.
    ShowQr(String),
    /// The shopper's page goes on with this token.
    ClientToken(String),
    /// Nowhere: it is paid, with this reference.
    Completed(String),
}

/// How a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentState {
    /// Not yet.
    Pending,
    /// Paid.
    Paid,
    /// Refused.
    Failed,
    /// Given up.
    Cancelled,
    /// Given back.
    Refunded,
}

/// A way to ship.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// What to say to choose it.
    pub service: String,
    /// For people.
    pub title: String,
    /// What it costs.
    pub price: Amount,
}

/// Something shipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    /// The shipper's reference.
    pub reference: String,
    /// Tracking number.
    pub tracking: Option<String>,
    /// Address of a label to print.
    pub label_url: Option<String>,
}

/// A level at another sales channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLevel {
    /// What.
    pub sku: String,
    /// How many.
    pub available: u32,
}

/// A call from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbound {
    /// Such as `POST`.
    pub method: String,
    /// Path under the hook.
    pub path: String,
    /// Headers in their order.
    pub headers: Vec<(String, String)>,
    /// The body's bytes as they came.
    pub body: Vec<u8>,
}

/// What a webhook says happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// A payment came in.
    Paid {
        /// The provider's reference.
        reference: String,
        /// How much.
        amount: Amount,
    },
    /// A payment was refused.
    PaymentFailed {
        /// The provider's reference.
        reference: String,
        /// Why.
        reason: String,
    },
    /// Money was given back.
    Refunded {
        /// The provider's reference.
        reference: String,
        /// How much.
        amount: Amount,
    },
    /// An order was shipped.
    Shipped {
        /// The order.
        order: String,
        /// Tracking number.
        tracking: String,
    },
    /// A level at another channel.
    Stock(StockLevel),
    /// What a provider that reserves first and takes later says.
    Payment(Notice),
}

/// One event of a payment provider; it counts once for each `event_id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The event's id at the provider.
    pub event_id: String,
    /// The checkout's id, if the provider sent it back.
    pub order: Option<String>,
    /// The payment.
    pub reference: String,
    /// What happened.
    pub fact: PaymentNews,
}

/// What happened to a payment. Amounts are totals so far, not steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentNews {
    /// Reserved at the bank.
    Authorised(Amount),
    /// Taken.
    Captured(Amount),
    /// Paid back.
    Refunded(Amount),
    /// The buyer's bank disputes it.
    Disputed,
    /// The reservation was given back.
    Voided,
    /// The attempt failed, with words for the buyer.
    Failed(String),
}

/// The answer to a call from outside, and what it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// HTTP status for the caller.
    pub status: u16,
    /// Body for the caller.
    pub body: Vec<u8>,
    /// The event's id at the caller; facts count once for each.
    pub event_id: Option<String>,
    /// What happened. Empty unless `verified`.
    pub facts: Vec<Fact>,
    /// Whether the host checked the signature as the manifest says.
    pub verified: bool,
}

/// Something that a plugin is asked. Each may run on any of its workers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Call {
    /// Starts a payment.
    PaymentCreate(Checkout),
    /// Asks how a payment stands.
    PaymentStatus(String),
    /// Gives money back.
    PaymentRefund {
        /// The payment.
        reference: String,
        /// How much.
        amount: Amount,
        /// The same on every retry.
        idempotency_key: String,
    },
    /// Takes a reserved amount.
    PaymentCapture {
        /// The payment.
        reference: String,
        /// How much.
        amount: Amount,
        /// The same on every retry.
        idempotency_key: String,
    },
    /// Gives a reservation back.
    PaymentVoid {
        /// The payment.
        reference: String,
        /// The same on every retry.
        idempotency_key: String,
    },
    /// What shipping would cost.
    FulfilmentQuotes(OrderView),
    /// Ships an order.
    FulfilmentShip {
        /// What.
        order: OrderView,
        /// One of the quotes' services.
        service: String,
        /// The same on every retry.
        idempotency_key: String,
    },
    /// Where a shipment is.
    FulfilmentTrack(String),
    /// What another channel has.
    StockLevels(Vec<String>),
    /// Tells another channel what is left.
    StockPublish(Vec<StockLevel>),
    /// A call from outside at this hook. The host checks the signature first.
    Webhook {
        /// The hook's id in the manifest.
        hook: String,
        /// What came.
        request: Inbound,
    },
    /// A button or form on the console. Runs on the main instance.
    Panel {
        /// The panel's id in the manifest.
        id: String,
        /// What was filled in.
        form: serde_json::Value,
    },
}

/// What it answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// To [`Call::PaymentCreate`]: the provider's reference and the next step.
    PaymentCreated(String, NextStep),
    /// To [`Call::PaymentStatus`].
    PaymentState(PaymentState),
    /// To [`Call::PaymentRefund`]: the refund's reference.
    Refunded(String),
    /// To [`Call::PaymentCapture`].
    Captured,
    /// To [`Call::PaymentVoid`].
    Voided,
    /// To [`Call::FulfilmentQuotes`].
    Quotes(Vec<Quote>),
    /// To [`Call::FulfilmentShip`].
    Shipped(Shipment),
    /// To [`Call::FulfilmentTrack`].
    Tracked(Vec<(String, String)>),
    /// To [`Call::StockLevels`].
    Levels(Vec<StockLevel>),
    /// To [`Call::StockPublish`].
    Published,
    /// To [`Call::Webhook`].
    Outcome(Outcome),
    /// To [`Call::Panel`]: what to show.
    Shown(String),
}

/// Why a plugin gave no answer.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CallError {
    /// No such plugin in the show.
    #[error("there is no plugin `{0}` in this show; see `vitrine plugin list`")]
    Unknown(String),
    /// It can't do that.
    #[error("plugin `{plugin}` does not export `{export}`; choose one that does")]
    NotExported {
        /// Which plugin.
        plugin: String,
        /// Which interface.
        export: &'static str,
    },
    /// It isn't running.
    #[error("plugin `{0}` is not running; start it on the plugins page or with `vitrine plugin list` see why")]
    NotRunning(String),
    /// Too many calls wait for it already.
    #[error("plugin `{0}` is busy; try again in a second")]
    Busy(String),
    /// It took too long. What was asked may or may not have happened: ask again with the same idempotency key.
    #[error("plugin `{0}` did not answer in time; ask again with the same idempotency key")]
    Timeout(String),
    /// It failed inside.
    #[error("plugin `{plugin}` failed: {reason}")]
    Failed {
        /// Which plugin.
        plugin: String,
        /// What happened, for the operator.
        reason: String,
    },
    /// It answered with a fault of its own.
    #[error("plugin `{plugin}` refused: {reason}")]
    Refused {
        /// Which plugin.
        plugin: String,
        /// Its code: `invalid`, `not-configured`, `denied`, `rate-limited`, `upstream`, `timeout`, `unsupported`, `internal`.
        code: &'static str,
        /// Its words.
        reason: String,
    },
    /// A webhook's signature is missing, wrong or too old: answer 401.
    #[error("the signature of hook `{0}` is missing, wrong or too old; check the hook's secret on both sides")]
    BadSignature(String),
}

impl CallError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "PLUGIN_UNKNOWN",
            Self::NotExported { .. } => "PLUGIN_NOT_EXPORTED",
            Self::NotRunning(_) => "PLUGIN_NOT_RUNNING",
            Self::Busy(_) => "PLUGIN_BUSY",
            Self::Timeout(_) => "PLUGIN_TIMEOUT",
            Self::Failed { .. } => "PLUGIN_FAILED",
            Self::Refused { .. } => "PLUGIN_REFUSED",
            Self::BadSignature(_) => "PLUGIN_BAD_SIGNATURE",
        }
    }
}
