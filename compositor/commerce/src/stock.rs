//! Stock of one SKU at one location: on hand, held, allocated, backorder, and the ledger of every change.

use crate::limits::STOCK_UNITS_MAX;
use crate::{Location, Sku};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The counters. `left = on_hand + backorder − held − allocated`, never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stock {
    /// Units on the shelf.
    pub on_hand: i64,
    /// Units in holds that may still expire, and in channel quotas.
    pub held: i64,
    /// Units paid for and not yet shipped.
    pub allocated: i64,
    /// Units that may be sold beyond the shelf.
    pub backorder: i64,
    /// Grows with every change of this row.
    pub version: u64,
}

impl Stock {
    /// Units that can still be sold.
    #[must_use]
    pub const fn left(&self) -> i64 {
        self.on_hand.saturating_add(self.backorder).saturating_sub(self.held).saturating_sub(self.allocated)
    }

    /// The counters after a change; `None` if any would break a rule of the shelf.
    #[must_use]
    pub fn moved(&self, by: &Delta) -> Option<Self> {
        let next = Self {
            on_hand: self.on_hand.checked_add(by.on_hand)?,
            held: self.held.checked_add(by.held)?,
            allocated: self.allocated.checked_add(by.allocated)?,
            backorder: self.backorder.checked_add(by.backorder)?,
            version: self.version.saturating_add(1),
        };
        let counters = [next.on_hand, next.held, next.allocated, next.backorder];
        (counters.iter().all(|n| (0..=STOCK_UNITS_MAX).contains(n)) && next.left() >= 0).then_some(next)
    }
}

/// A change of the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delta {
    /// Change of the shelf.
    pub on_hand: i64,
    /// Change of holds.
    pub held: i64,
    /// Change of what is paid and not shipped.
    pub allocated: i64,
    /// Change of what may be sold beyond the shelf.
    pub backorder: i64,
}

/// Why stock moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The seller counted, received or wrote off.
    Adjust,
    /// The seller allows sales beyond the shelf.
    Backorder,
    /// A hold began.
    Hold,
    /// A hold was let go by the buyer or the seller.
    Release,
    /// A hold ran out.
    Expire,
    /// A hold was paid.
    Pay,
    /// A paid order was called off before it shipped.
    Cancel,
    /// An order left the house.
    Ship,
    /// Goods came back to the shelf.
    Return,
    /// Units went to or came from a channel's quota.
    Quota,
    /// A channel sold from its quota.
    ChannelSale,
}

impl Why {
    /// The word in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Adjust => "adjust",
            Self::Backorder => "backorder",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Expire => "expire",
            Self::Pay => "pay",
            Self::Cancel => "cancel",
            Self::Ship => "ship",
            Self::Return => "return",
            Self::Quota => "quota",
            Self::ChannelSale => "channel_sale",
        }
    }
}

/// One line of the ledger: the sum of all lines of a shelf are its counters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Move {
    /// What moved.
    pub sku: Sku,
    /// Where.
    pub location: Location,
    /// Why.
    pub why: Why,
    /// The order, channel or note that caused it.
    pub reference: Arc<str>,
    /// By how much.
    pub by: Delta,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_change_can_make_a_counter_or_the_rest_negative() {
        let stock = Stock { on_hand: 2, held: 1, allocated: 1, backorder: 0, version: 7 };
        assert_eq!(stock.left(), 0);
        assert_eq!(stock.moved(&Delta { held: 1, ..Delta::default() }), None);
        assert_eq!(stock.moved(&Delta { held: -2, ..Delta::default() }), None);
        assert_eq!(stock.moved(&Delta { on_hand: i64::MAX, ..Delta::default() }), None);
        assert_eq!(stock.moved(&Delta { held: -1, allocated: 1, ..Delta::default() }).unwrap().version, 8);
    }
}
