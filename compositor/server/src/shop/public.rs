//! What shoppers may see of the shop: no shelves, no holds of others, no quantities but what is left.

use schemars::JsonSchema;
use serde::Serialize;
use vitrine_commerce::{Choice, Featured, Giveaway, Money, Offer, Poll, ProductView, ShopView, ShowId, Sku};

/// A product as shoppers see it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct PublicProduct {
    sku: Sku,
    title: String,
    description: String,
    /// Path of its picture on this server.
    image: Option<String>,
    price: Money,
    /// What it used to cost.
    was: Option<Money>,
    options: Vec<Choice>,
    variant_of: Option<Sku>,
    /// Units that can be bought now.
    left: i64,
    version: u64,
}

/// An offer as shoppers see it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct PublicOffer {
    id: String,
    sku: Sku,
    price: Money,
    ends_ms: u64,
    units_left: Option<u32>,
}

/// What changes while a show runs; each part is left out when it did not change.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct PublicChanges {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) products: Vec<PublicProduct>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) removed: Vec<Sku>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) offers: Option<Vec<PublicOffer>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) featured: Option<Option<Featured>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) polls: Option<Vec<Poll>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) giveaways: Option<Vec<Giveaway>>,
}

impl PublicChanges {
    pub(crate) fn is_empty(&self) -> bool {
        self.products.is_empty()
            && self.removed.is_empty()
            && self.offers.is_none()
            && self.featured.is_none()
            && self.polls.is_none()
            && self.giveaways.is_none()
    }
}

pub(crate) fn product(view: &ProductView) -> PublicProduct {
    // Pictures at other hosts are not shown: the page's policy forbids them, and they would tell who watches.
    let local = view.image.as_ref().filter(|image| !image.contains("://"));
    PublicProduct {
        sku: view.sku.clone(),
        title: view.title.clone(),
        description: view.description.clone(),
        image: local.map(|_| format!("/api/products/{}/image", escaped(view.sku.as_str()))),
        price: view.price,
        was: view.was,
        options: view.options.clone(),
        variant_of: view.variant_of.clone(),
        left: view.left,
        version: view.version,
    }
}

/// A path segment's bytes, all but the plainest written as `%41`.
fn escaped(segment: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    segment.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// Offers of the show that run now or later.
pub(crate) fn offers(view: &ShopView, show: &ShowId, now_ms: u64) -> Vec<PublicOffer> {
    let mine = view.offers.iter().filter(|o: &&Offer| o.show == *show && !o.ended && o.ends_ms > now_ms);
    mine.filter(|o| o.starts_ms <= now_ms)
        .map(|o| PublicOffer {
            id: o.id.to_string(),
            sku: o.sku.clone(),
            price: o.price,
            ends_ms: o.ends_ms,
            units_left: o.units_left(),
        })
        .collect()
}

/// The whole shop as one change from nothing.
pub(crate) fn everything(view: &ShopView, show: &ShowId, now_ms: u64) -> PublicChanges {
    PublicChanges {
        products: view.products.values().filter(|p| p.listed).map(|p| product(p)).collect(),
        removed: Vec::new(),
        offers: Some(offers(view, show, now_ms)),
        featured: Some(view.featured.get(show).cloned()),
        polls: Some(view.polls.iter().filter(|p| p.show == *show).cloned().collect()),
        giveaways: Some(view.giveaways.iter().filter(|g| g.show == *show).cloned().collect()),
    }
}

/// What a shopper who knows `old` has to learn. Shared parts are compared by pointer: a quiet shop costs nothing.
pub(crate) fn changes(old: &ShopView, new: &ShopView, show: &ShowId, (was_ms, now_ms): (u64, u64)) -> PublicChanges {
    let same = |sku: &Sku, p: &std::sync::Arc<ProductView>| {
        old.products.get(sku).is_some_and(|known| std::sync::Arc::ptr_eq(known, p) || **known == **p)
    };
    let touched = || new.products.iter().filter(|(sku, p)| !same(sku, p));
    let gone = old.products.keys().filter(|sku| !new.products.contains_key(*sku)).cloned();
    let hidden = touched().filter(|(_, p)| !p.listed).map(|(sku, _)| sku.clone());
    let offers_now = offers(new, show, now_ms);
    let featured = new.featured.get(show).cloned();
    let whole = |differ: bool| differ.then(|| everything(new, show, now_ms));
    let polls = whole(old.polls != new.polls).and_then(|all| all.polls);
    let giveaways = whole(old.giveaways != new.giveaways).and_then(|all| all.giveaways);
    PublicChanges {
        products: touched().filter(|(_, p)| p.listed).map(|(_, p)| product(p)).collect(),
        removed: gone.chain(hidden).collect(),
        offers: (offers_now != offers(old, show, was_ms)).then_some(offers_now),
        featured: (featured.as_ref() != old.featured.get(show)).then_some(featured),
        polls,
        giveaways,
    }
}
