//! How the seller wants to sell: the two hold policies and their times.

use crate::{Channel, Currency, limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// When units are taken off the shelf for a buyer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HoldPolicy {
    /// At add-to-cart, until the hold runs out.
    #[default]
    AtCart,
    /// First paid, first served: only while paying.
    FirstPaid,
}

/// The seller's rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// When units are held.
    pub hold: HoldPolicy,
    /// How long a hold lasts from the last sign of life, in milliseconds.
    pub hold_ms: u64,
    /// How long a hold lasts once the buyer is paying, in milliseconds.
    pub pay_ms: u64,
    /// Longest life of a hold with all its extensions, in milliseconds.
    pub hold_total_ms_max: u64,
    /// How long the next in the waiting line has, in milliseconds.
    pub wait_offer_ms: u64,
    /// Most units of one SKU for one buyer; `None` for no cap.
    pub cap_per_customer: Option<u32>,
    /// At or below this many left, no units go to other channels: the last ones are for the own stream.
    pub keep_for_own: i64,
    /// The shop's currency, for totals of the desk.
    pub currency: Currency,
    /// Which price list a channel uses.
    pub price_lists: BTreeMap<Channel, String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            hold: HoldPolicy::AtCart,
            hold_ms: limits::HOLD_MS,
            pay_ms: limits::PAY_MS,
            hold_total_ms_max: limits::HOLD_TOTAL_MS_MAX,
            wait_offer_ms: limits::WAIT_OFFER_MS,
            cap_per_customer: None,
            keep_for_own: 0,
            currency: Currency::EUR,
            price_lists: BTreeMap::new(),
        }
    }
}
