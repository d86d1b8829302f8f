//! What is for sale: products, variants, bundles, price lists, flash offers and discount codes.

use crate::{Channel, CodeId, Money, OfferId, ShowId, Sku};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One sellable thing. A variant names its parent; a bundle names its parts and has no stock of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Product {
    /// What the shelf counts.
    pub sku: Sku,
    /// Name on the card.
    pub title: String,
    /// Longer text of the product page, plain.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Picture: a path beside the show file, or a URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The price without any list, offer or code.
    pub price: Money,
    /// What it used to cost; shown struck through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Money>,
    /// Prices by list name, such as `wholesale`; a channel picks its list in [`crate::Policy::price_lists`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prices: BTreeMap<String, Money>,
    /// Which product this is a variant of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_of: Option<Sku>,
    /// What makes the variant, such as `Size: L`, in the order in which buyers choose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Choice>,
    /// The parts of a bundle; empty for a thing with stock of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// Most units one buyer may have of it, held and bought together; `None` follows the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_per_customer: Option<u32>,
    /// Bar code, for scanners and labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    /// Whether buyers see it.
    #[serde(default = "yes")]
    pub listed: bool,
}

const fn yes() -> bool {
    true
}

/// One option of a variant: `Size: L`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Choice {
    /// What is chosen, such as `Size`.
    pub name: String,
    /// The choice, such as `L`.
    pub value: String,
}

/// So many of a SKU inside a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// The part.
    pub sku: Sku,
    /// Units of it in one bundle.
    pub qty: u32,
}

/// A price for a while, or for so many units, or both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Offer {
    /// Its id.
    pub id: OfferId,
    /// The show that makes it; buyers of another show can't use it.
    pub show: ShowId,
    /// What it is for.
    pub sku: Sku,
    /// The price while it runs.
    pub price: Money,
    /// When it begins, milliseconds since the epoch.
    pub starts_ms: u64,
    /// When it ends, milliseconds since the epoch.
    pub ends_ms: u64,
    /// Units at this price; `None` for as many as there are.
    #[serde(default)]
    pub units: Option<u32>,
    /// Units taken so far, by holds and sales.
    #[serde(default)]
    pub taken: u32,
    /// Ended by hand.
    #[serde(default)]
    pub ended: bool,
}

impl Offer {
    /// Whether it runs at `now_ms`.
    #[must_use]
    pub const fn runs(&self, now_ms: u64) -> bool {
        !self.ended && self.starts_ms <= now_ms && now_ms < self.ends_ms
    }

    /// Units left at this price; `None` when not limited.
    #[must_use]
    pub fn units_left(&self) -> Option<u32> {
        self.units.map(|units| units.saturating_sub(self.taken))
    }
}

/// What a discount code takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Discount {
    /// Hundredths of a per cent: 1,000 is 10 %.
    BasisPoints(u32),
    /// A fixed amount, at most the order's.
    Amount(Money),
}

/// A code that buyers type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiscountCode {
    /// The code, upper case.
    pub code: CodeId,
    /// What it takes off the sum of the lines.
    pub off: Discount,
    /// When it begins, milliseconds since the epoch.
    pub starts_ms: u64,
    /// When it ends, milliseconds since the epoch.
    pub ends_ms: u64,
    /// Smallest sum it works on.
    #[serde(default)]
    pub min_total: Option<Money>,
    /// How often it may be used; `None` for always.
    #[serde(default)]
    pub uses_max: Option<u32>,
    /// Uses so far, by holds and sales.
    #[serde(default)]
    pub uses: u32,
    /// At most one use for each buyer.
    #[serde(default)]
    pub once_per_customer: bool,
}

/// What a show has on stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Featured {
    /// The show.
    pub show: ShowId,
    /// The product in focus; `None` clears the stage.
    pub sku: Option<Sku>,
    /// The offer it is sold under, if any.
    #[serde(default)]
    pub offer: Option<OfferId>,
}

/// Units of the pool set aside for a marketplace that counts by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Quota {
    /// The marketplace.
    pub channel: Channel,
    /// What is set aside.
    pub sku: Sku,
    /// From which shelf.
    pub location: crate::Location,
    /// Units the seller wants there.
    pub target: i64,
    /// Units that are there: held in our pool, sold only by that channel.
    pub units: i64,
    /// Grows with every change, for compare-and-set.
    pub version: u64,
}
