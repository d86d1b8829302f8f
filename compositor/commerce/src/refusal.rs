//! Why the shop refuses: stable codes, and texts that say what, where and what to do.

use crate::{CodeId, GiveawayId, Money, OfferId, OrderId, OrderState, PollId, Sku};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A refusal. In JSON it is `{"code": "STOCK_SOLD_OUT", …}`; [`Refusal::code`] is the same word.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Refusal {
    /// Not enough left.
    #[error("{sku} has {left} left, {wanted} were asked for; take fewer or join the waiting line")]
    StockSoldOut {
        /// What.
        sku: Sku,
        /// Units asked for.
        wanted: i64,
        /// Units left.
        left: i64,
    },
    /// The hold has run out or was let go.
    #[error("the hold of order {order} is over ({}); start a new order", state.as_str())]
    HoldExpired {
        /// Which.
        order: OrderId,
        /// Where it is now.
        state: OrderState,
    },
    /// The buyer may not have more.
    #[error("each buyer may have {cap} of {sku}; you have {have} already")]
    CustomerCap {
        /// What.
        sku: Sku,
        /// The cap.
        cap: u32,
        /// What the buyer has.
        have: i64,
    },
    /// The price is another than the buyer saw.
    #[error("the price of {sku} is {now} now, not {seen}; show it and ask again")]
    PriceChanged {
        /// What.
        sku: Sku,
        /// What the buyer saw.
        seen: Money,
        /// What it costs.
        now: Money,
    },
    /// Not a number of units that can be bought.
    #[error("{qty} is no quantity for {sku}; ask for 1 to 999")]
    QuantityInvalid {
        /// What.
        sku: Sku,
        /// What was asked.
        qty: i64,
    },
    /// Nothing or too much was asked for.
    #[error("an order has 1 to 50 lines, not {lines}")]
    LinesInvalid {
        /// Lines asked for.
        lines: usize,
    },
    /// No such product, or not for sale.
    #[error("there is no product {sku} for sale; reload the list")]
    ProductUnknown {
        /// What.
        sku: Sku,
    },
    /// A product breaks a rule.
    #[error("product {sku}: {text}")]
    ProductInvalid {
        /// What.
        sku: Sku,
        /// Which rule.
        text: String,
    },
    /// No such offer in this show.
    #[error("offer {offer} does not belong to this show or this product")]
    OfferUnknown {
        /// Which.
        offer: OfferId,
    },
    /// The offer has not begun or is over.
    #[error("offer {offer} is not running; the usual price holds")]
    OfferClosed {
        /// Which.
        offer: OfferId,
    },
    /// All units of the offer are taken.
    #[error("offer {offer} has {left} units left; the usual price holds for more")]
    OfferSoldOut {
        /// Which.
        offer: OfferId,
        /// Units left.
        left: u32,
    },
    /// The offer breaks a rule.
    #[error("offer {offer}: {text}")]
    OfferInvalid {
        /// Which.
        offer: OfferId,
        /// Which rule.
        text: String,
    },
    /// No such code, or not now, or used up, or not for this order.
    #[error("code {discount_code}: {text}")]
    CodeRefused {
        /// Which.
        discount_code: CodeId,
        /// Why.
        text: String,
    },
    /// Two currencies in one order, or another than the provider reports.
    #[error("{sku_or_order}: prices are in {expected}, not in {found}; one order has one currency")]
    CurrencyMismatch {
        /// Where.
        sku_or_order: String,
        /// The order's.
        expected: String,
        /// The other.
        found: String,
    },
    /// A sum is out of range.
    #[error("the amount is out of range: {text}")]
    AmountInvalid {
        /// Why.
        text: String,
    },
    /// No such order, or another buyer's.
    #[error("there is no order {order} of yours")]
    OrderUnknown {
        /// Which.
        order: OrderId,
    },
    /// The id is taken by another order.
    #[error("order id {order} is taken; make a new one")]
    OrderExists {
        /// Which.
        order: OrderId,
    },
    /// The order is not where this can be done.
    #[error("order {order} is {}; it can't be {action}", state.as_str())]
    OrderState {
        /// Which.
        order: OrderId,
        /// Where it is.
        state: OrderState,
        /// What was asked, as a participle.
        action: String,
    },
    /// The provider's amount or name does not fit the order.
    #[error("payment of order {order} does not fit: {text}")]
    PaymentMismatch {
        /// Which.
        order: OrderId,
        /// Why.
        text: String,
    },
    /// The shelf can't become that.
    #[error("{sku} has {committed} units in holds and unshipped orders; the shelf can't go to {wanted}")]
    StockCommitted {
        /// What.
        sku: Sku,
        /// Units promised.
        committed: i64,
        /// What was asked.
        wanted: i64,
    },
    /// A counter would leave its range.
    #[error("{sku}: a stock counter must stay between 0 and 10^9; check the number")]
    StockRange {
        /// What.
        sku: Sku,
    },
    /// Goods that are to ship are not there yet.
    #[error("{sku} has {on_hand} on the shelf, {wanted} are to ship; receive stock first")]
    StockNotInHouse {
        /// What.
        sku: Sku,
        /// Units on the shelf.
        on_hand: i64,
        /// Units to ship.
        wanted: i64,
    },
    /// Somebody else changed it since it was read.
    #[error("{what} is at version {version}; read it again and repeat")]
    Stale {
        /// What.
        what: String,
        /// Its version now.
        version: u64,
    },
    /// The channel has not so many units set aside.
    #[error("channel {channel} has {units} of {sku} set aside, {wanted} were sold; raise its quota or buy in")]
    QuotaShort {
        /// The channel.
        channel: String,
        /// What.
        sku: Sku,
        /// Units set aside.
        units: i64,
        /// Units sold.
        wanted: i64,
    },
    /// There is stock; no need to wait.
    #[error("{sku} has {left} left; order it instead of waiting")]
    LineNotNeeded {
        /// What.
        sku: Sku,
        /// Units left.
        left: i64,
    },
    /// The waiting line is full.
    #[error("the waiting line of {sku} is full; try again later")]
    LineFull {
        /// What.
        sku: Sku,
    },
    /// No such poll, closed, or no such choice.
    #[error("poll {poll}: {text}")]
    PollRefused {
        /// Which.
        poll: PollId,
        /// Why.
        text: String,
    },
    /// No such giveaway, closed, or its seed is wrong.
    #[error("giveaway {giveaway}: {text}")]
    GiveawayRefused {
        /// Which.
        giveaway: GiveawayId,
        /// Why.
        text: String,
    },
    /// A text is too long or a setting out of range.
    #[error("{field}: {text}")]
    FieldInvalid {
        /// Which.
        field: String,
        /// Which rule.
        text: String,
    },
    /// The same idempotency key came with another command.
    #[error("idempotency key {key} was used for another request; make a new key for a new request")]
    IdempotencyKeyReused {
        /// The key.
        key: String,
    },
    /// Too many commands wait for the store.
    #[error("the store is busy; try again with the same key in {retry_after_ms} ms")]
    StoreBusy {
        /// When to try again, in milliseconds.
        retry_after_ms: u64,
    },
    /// The store could not write, or can't say whether it wrote.
    #[error("the store could not answer; try again with the same key in {retry_after_ms} ms")]
    StoreUnavailable {
        /// When to try again, in milliseconds.
        retry_after_ms: u64,
    },
}

impl Refusal {
    /// The stable code, such as `STOCK_SOLD_OUT`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::StockSoldOut { .. } => "STOCK_SOLD_OUT",
            Self::HoldExpired { .. } => "HOLD_EXPIRED",
            Self::CustomerCap { .. } => "CUSTOMER_CAP",
            Self::PriceChanged { .. } => "PRICE_CHANGED",
            Self::QuantityInvalid { .. } => "QUANTITY_INVALID",
            Self::LinesInvalid { .. } => "LINES_INVALID",
            Self::ProductUnknown { .. } => "PRODUCT_UNKNOWN",
            Self::ProductInvalid { .. } => "PRODUCT_INVALID",
            Self::OfferUnknown { .. } => "OFFER_UNKNOWN",
            Self::OfferClosed { .. } => "OFFER_CLOSED",
            Self::OfferSoldOut { .. } => "OFFER_SOLD_OUT",
            Self::OfferInvalid { .. } => "OFFER_INVALID",
            Self::CodeRefused { .. } => "CODE_REFUSED",
            Self::CurrencyMismatch { .. } => "CURRENCY_MISMATCH",
            Self::AmountInvalid { .. } => "AMOUNT_INVALID",
            Self::OrderUnknown { .. } => "ORDER_UNKNOWN",
            Self::OrderExists { .. } => "ORDER_EXISTS",
            Self::OrderState { .. } => "ORDER_STATE",
            Self::PaymentMismatch { .. } => "PAYMENT_MISMATCH",
            Self::StockCommitted { .. } => "STOCK_COMMITTED",
            Self::StockRange { .. } => "STOCK_RANGE",
            Self::StockNotInHouse { .. } => "STOCK_NOT_IN_HOUSE",
            Self::Stale { .. } => "STALE",
            Self::QuotaShort { .. } => "QUOTA_SHORT",
            Self::LineNotNeeded { .. } => "LINE_NOT_NEEDED",
            Self::LineFull { .. } => "LINE_FULL",
            Self::PollRefused { .. } => "POLL_REFUSED",
            Self::GiveawayRefused { .. } => "GIVEAWAY_REFUSED",
            Self::FieldInvalid { .. } => "FIELD_INVALID",
            Self::IdempotencyKeyReused { .. } => "IDEMPOTENCY_KEY_REUSED",
            Self::StoreBusy { .. } => "STORE_BUSY",
            Self::StoreUnavailable { .. } => "STORE_UNAVAILABLE",
        }
    }

    /// When to try again with the same key, in milliseconds; `None` if trying again can't help.
    #[must_use]
    pub const fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::StoreBusy { retry_after_ms } | Self::StoreUnavailable { retry_after_ms } => Some(*retry_after_ms),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_in_json_is_the_code_of_the_program() {
        let refusals = [
            Refusal::StockSoldOut { sku: Sku::new("A").unwrap(), wanted: 2, left: 1 },
            Refusal::IdempotencyKeyReused { key: "k".into() },
            Refusal::StockNotInHouse { sku: Sku::new("A").unwrap(), on_hand: 0, wanted: 1 },
        ];
        for refusal in refusals {
            let json = serde_json::to_value(&refusal).unwrap();
            assert_eq!(json["code"], refusal.code());
            assert_eq!(serde_json::from_value::<Refusal>(json).unwrap(), refusal);
        }
    }
}
