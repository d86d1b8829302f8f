//! What everybody may look at: products with what is left, offers, the stage, polls; made after each commit.

use crate::catalogue::{Choice, Featured, Offer, Part, Product};
use crate::{Giveaway, Money, Policy, Poll, ShowId, Sku};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A product as pages, overlays and the host's monitor show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProductView {
    /// What the shelf counts.
    pub sku: Sku,
    /// Name on the card.
    pub title: String,
    /// Plain text of the product page.
    pub description: String,
    /// Picture.
    pub image: Option<String>,
    /// The usual price.
    pub price: Money,
    /// What it used to cost.
    pub was: Option<Money>,
    /// Which product this is a variant of.
    pub variant_of: Option<Sku>,
    /// What makes the variant.
    pub options: Vec<Choice>,
    /// Whether it is a bundle: `left` is what its parts allow.
    pub bundle: bool,
    /// The parts of a bundle.
    pub parts: Vec<Part>,
    /// Whether buyers see it.
    pub listed: bool,
    /// Units that can still be sold.
    pub left: i64,
    /// Units on all shelves.
    pub on_hand: i64,
    /// Units in holds and quotas.
    pub held: i64,
    /// Units paid and not yet shipped.
    pub allocated: i64,
    /// Units that may be sold beyond the shelf.
    pub backorder: i64,
    /// Sum of the versions of its shelves: grows with every change of the counters.
    pub version: u64,
}

impl ProductView {
    /// Whether as many can be sold as anybody wants: nobody counts this product.
    #[must_use]
    pub const fn unlimited(&self) -> bool {
        self.backorder >= crate::limits::STOCK_UNITS_MAX
    }

    /// A product with nothing on any shelf.
    #[must_use]
    pub fn empty(product: &Product) -> Self {
        Self {
            sku: product.sku.clone(),
            title: product.title.clone(),
            description: product.description.clone(),
            image: product.image.clone(),
            price: product.price,
            was: product.was,
            variant_of: product.variant_of.clone(),
            options: product.options.clone(),
            bundle: !product.parts.is_empty(),
            parts: product.parts.clone(),
            listed: product.listed,
            left: 0,
            on_hand: 0,
            held: 0,
            allocated: 0,
            backorder: 0,
            version: 0,
        }
    }
}

/// Sums since the store was opened, for the desk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Totals {
    /// Holds begun.
    pub holds: u64,
    /// Orders paid.
    pub paid: u64,
    /// Units paid.
    pub units_paid: u64,
    /// Minor units of the shop's currency in paid orders.
    pub revenue_minor: i64,
    /// Orders refused because nothing was left: lost demand.
    pub sold_out: u64,
    /// Holds that ran out.
    pub expired: u64,
}

fn through<T: Serialize, S: Serializer>(shared: &Arc<T>, to: S) -> Result<S::Ok, S::Error> {
    shared.as_ref().serialize(to)
}

fn through_each<S: Serializer>(products: &BTreeMap<Sku, Arc<ProductView>>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(products.iter().map(|(sku, product)| (sku, product.as_ref())))
}

/// The shop at one moment. Cheap to take, never changes; compare `version` to see whether there is a newer one.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct ShopView {
    /// Grows with every commit that this process has seen.
    pub version: u64,
    /// When it was made, milliseconds since the epoch.
    pub at_ms: u64,
    /// Products by SKU.
    #[serde(serialize_with = "through_each")]
    pub products: BTreeMap<Sku, Arc<ProductView>>,
    /// Offers that are not over, by id order.
    #[serde(serialize_with = "through")]
    pub offers: Arc<Vec<Offer>>,
    /// The stage of each show.
    #[serde(serialize_with = "through")]
    pub featured: Arc<BTreeMap<ShowId, Featured>>,
    /// Polls, latest last.
    #[serde(serialize_with = "through")]
    pub polls: Arc<Vec<Poll>>,
    /// Giveaways, latest last.
    #[serde(serialize_with = "through")]
    pub giveaways: Arc<Vec<Giveaway>>,
    /// The seller's rules.
    #[serde(serialize_with = "through")]
    pub policy: Arc<Policy>,
    /// Sums for the desk.
    pub totals: Totals,
}

impl ShopView {
    /// The offer on a show's stage that runs at `now_ms`, else the first running offer of its featured product.
    #[must_use]
    pub fn offer_now(&self, show: &ShowId, now_ms: u64) -> Option<&Offer> {
        let featured = self.featured.get(show)?;
        let runs = |offer: &&Offer| offer.show == *show && offer.runs(now_ms);
        match &featured.offer {
            Some(id) => self.offers.iter().filter(runs).find(|o| o.id == *id),
            None => self.offers.iter().filter(runs).find(|o| Some(&o.sku) == featured.sku.as_ref()),
        }
    }
}
