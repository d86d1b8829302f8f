//! The show file's products as the shop's catalogue, and the shop's window as plugins see it.

use crate::cards::short_link;
use crate::ports::plugins::{
    Amount, ChoiceView, LineView, OfferView, OrderView, PollView, ProductView as Listed, ShopView as Window, ViewerView,
};
use std::sync::Arc;
use vitrine_commerce::import::Catalogue;
use vitrine_commerce::limits::STOCK_UNITS_MAX;
use vitrine_commerce::{
    Choice, Currency, Event, Money, Order, OrderState, Product, ProductView, ShopView, ShowId, Sku,
};
use vitrine_scene::file::{self, Price, ShowFile};

/// The products that a show file lists. A product with variants is sold as its variants.
///
/// # Errors
/// A text that names the product and what is wrong with it.
pub fn catalogue(file: &ShowFile) -> Result<Catalogue, String> {
    let mut catalogue = Catalogue::default();
    for listed in &file.products {
        let product = product(listed).map_err(|why| format!("product {}: {why}", listed.sku))?;
        if listed.variants.is_empty() {
            shelve(&mut catalogue, &product.sku, listed.stock);
        }
        for listed_variant in &listed.variants {
            let variant = variant(&product, listed, listed_variant)
                .map_err(|why| format!("variant {} of product {}: {why}", listed_variant.sku, listed.sku))?;
            shelve(&mut catalogue, &variant.sku, listed_variant.stock);
            catalogue.products.push(variant);
        }
        catalogue.products.push(product);
    }
    Ok(catalogue)
}

/// The shop of a show file before anything was sold: what cards show where there is no store.
///
/// # Errors
/// As [`catalogue`].
pub fn shelf(file: &ShowFile) -> Result<ShopView, String> {
    let catalogue = catalogue(file)?;
    let view = |product: &Product| {
        let counted = catalogue.stock.iter().find(|(sku, _)| *sku == product.sku).map(|(_, units)| *units);
        let free = if catalogue.unlimited.contains(&product.sku) { STOCK_UNITS_MAX } else { 0 };
        let on_hand = counted.unwrap_or(0);
        ProductView { left: on_hand + free, on_hand, backorder: free, ..ProductView::empty(product) }
    };
    let products = catalogue.products.iter().map(|product| (product.sku.clone(), Arc::new(view(product))));
    Ok(ShopView { products: products.collect(), ..ShopView::default() })
}

fn shelve(catalogue: &mut Catalogue, sku: &Sku, stock: Option<u32>) {
    match stock {
        Some(units) => catalogue.stock.push((sku.clone(), i64::from(units))),
        None => catalogue.unlimited.push(sku.clone()),
    }
}

fn money(price: Price) -> Result<Money, String> {
    let currency = Currency::new(price.currency()).map_err(|e| e.to_string())?;
    Money::new(price.minor, currency).map_err(|e| e.to_string())
}

fn product(listed: &file::Product) -> Result<Product, String> {
    Ok(Product {
        sku: Sku::new(&listed.sku).map_err(|e| e.to_string())?,
        title: listed.title.clone(),
        description: listed.description.clone().unwrap_or_default(),
        image: listed.image.clone(),
        price: money(listed.price)?,
        was: listed.was.map(money).transpose()?,
        prices: std::collections::BTreeMap::new(),
        variant_of: None,
        options: Vec::new(),
        parts: Vec::new(),
        cap_per_customer: None,
        barcode: None,
        listed: true,
    })
}

fn variant(of: &Product, listed: &file::Product, variant: &file::Variant) -> Result<Product, String> {
    Ok(Product {
        sku: Sku::new(&variant.sku).map_err(|e| e.to_string())?,
        title: format!("{} {}", listed.title, variant.title),
        image: variant.image.clone().or_else(|| listed.image.clone()),
        price: variant.price.map_or(Ok(of.price), money)?,
        variant_of: Some(of.sku.clone()),
        options: vec![Choice { name: "Variant".to_owned(), value: variant.title.clone() }],
        ..of.clone()
    })
}

fn amount(money: Money) -> Amount {
    Amount { minor: money.minor, currency: money.currency.to_string() }
}

/// What plugins may see of the shop: listed products, the offer on stage, and what comes next. `address` is where
/// viewers reach the pages: QR codes lead there.
#[must_use]
pub fn window(view: &ShopView, show: &ShowId, now_ms: u64, address: &str) -> Window {
    let products = view.products.values().filter(|product| product.listed).map(|product| {
        let unlimited = product.unlimited();
        let units = |n: i64| (!unlimited).then(|| u32::try_from(n.max(0)).unwrap_or(u32::MAX));
        Listed {
            sku: product.sku.to_string(),
            title: product.title.clone(),
            price: amount(product.price),
            old_price: product.was.map(amount),
            available: units(product.left),
            total: units(product.on_hand),
        }
    });
    let offer = view.offer_now(show, now_ms).map(|offer| OfferView {
        id: offer.id.to_string(),
        sku: offer.sku.to_string(),
        kind: "flash".to_owned(),
        price: amount(offer.price),
        old_price: view.products.get(&offer.sku).map(|product| amount(product.price)),
        ends_unix_ms: Some(offer.ends_ms),
        short_code: offer.sku.to_string(),
        buy_url: short_link(address, offer.sku.as_str()),
    });
    let staged = view.featured.get(show).and_then(|featured| featured.sku.as_ref()).and_then(|sku| {
        let product = view.products.get(sku)?;
        Some(OfferView {
            id: format!("stage-{sku}"),
            sku: sku.to_string(),
            kind: "plain".to_owned(),
            price: amount(product.price),
            old_price: product.was.map(amount),
            ends_unix_ms: None,
            short_code: sku.to_string(),
            buy_url: short_link(address, sku.as_str()),
        })
    });
    Window { products: products.collect(), offer: offer.or(staged), next: None }
}

/// A show's newest poll, open or closed.
#[must_use]
pub fn poll(view: &ShopView, show: &ShowId) -> Option<PollView> {
    let poll = view.polls.iter().rev().find(|poll| poll.show == *show)?;
    let choices: Vec<ChoiceView> = poll
        .choices
        .iter()
        .enumerate()
        .map(|(n, title)| ChoiceView {
            id: n.to_string(),
            title: title.clone(),
            votes: poll.votes.get(n).copied().unwrap_or_default(),
        })
        .collect();
    let most = choices.iter().map(|choice| choice.votes).max().filter(|votes| *votes > 0);
    let mut first = choices.iter().filter(|choice| Some(choice.votes) == most);
    let winner = match (first.next(), first.next()) {
        (Some(choice), None) if !poll.open => Some(choice.id.clone()),
        // Still open, nobody voted, or a draw.
        _ => None,
    };
    let (id, question) = (poll.id.to_string(), poll.question.clone());
    Some(PollView { id, question, choices, open: poll.open, closes_unix_ms: None, winner })
}

/// The word by which plugins know where an order is; `None` while it holds nothing yet.
const fn order_word(state: OrderState) -> Option<&'static str> {
    match state {
        OrderState::Cart => None,
        OrderState::Held | OrderState::Paying => Some("held"),
        OrderState::Paid | OrderState::Captured => Some("paid"),
        OrderState::Shipped | OrderState::Delivered => Some("shipped"),
        OrderState::Released | OrderState::Expired | OrderState::Voided => Some("cancelled"),
        OrderState::Refunded | OrderState::Returned => Some("refunded"),
    }
}

/// An order as plugins may see it; the host leaves the buyer out where that was not granted. An address is only for
/// those who ship. `None` while the order holds nothing yet.
#[must_use]
pub fn order(order: &Order) -> Option<OrderView> {
    let line = |line: &vitrine_commerce::OrderLine| LineView {
        sku: line.sku.to_string(),
        title: line.title.clone(),
        quantity: line.qty,
        unit_price: amount(line.unit_price),
    };
    let name = order.contact.as_ref().map(|contact| contact.name.clone()).unwrap_or_default();
    let platform = order.channel.to_string();
    Some(OrderView {
        id: order.id.to_string(),
        status: order_word(order.state)?.to_owned(),
        lines: order.lines.iter().map(line).collect(),
        total: amount(order.total),
        buyer: Some(ViewerView { id: order.customer.to_string(), name, platform, roles: Vec::new() }),
        placed_unix_ms: order.created_ms,
        extra: Vec::new(),
    })
}

/// The orders of a show that are new or elsewhere after these events, as plugins may see them.
#[must_use]
pub fn orders(events: &[Event], show: &ShowId) -> Vec<OrderView> {
    let moved = events.iter().filter_map(|event| match event {
        Event::OrderOpened { order } => Some(order),
        Event::OrderChanged { order, was } if order_word(*was) != order_word(order.state) => Some(order),
        _ => None,
    });
    moved.filter(|moved| moved.show == *show).filter_map(|moved| order(moved)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use vitrine_commerce::{Poll, PollId};

    #[test]
    fn a_poll_has_a_winner_once_it_is_closed_and_one_leads() {
        let show = ShowId::new("autumn").unwrap();
        let seen = |open, votes: [u64; 3]| {
            let choices = ["Red", "Blue", "Green"].map(str::to_owned).to_vec();
            let id = PollId::new("p1").unwrap();
            let (question, votes) = ("Which?".into(), votes.into());
            let asked = Poll { id, show: show.clone(), question, choices, votes, open, ends_ms: None };
            let view = ShopView { polls: Arc::new(vec![asked]), ..ShopView::default() };
            poll(&view, &show).unwrap()
        };
        assert_eq!(seen(true, [1, 5, 2]).winner, None);
        assert_eq!(seen(false, [1, 5, 2]).winner.as_deref(), Some("1"));
        assert_eq!(seen(false, [5, 5, 2]).winner, None);
        assert_eq!(seen(false, [0, 0, 0]).winner, None);
        assert_eq!(seen(true, [1, 5, 2]).choices[1].votes, 5);
        assert!(poll(&ShopView::default(), &show).is_none());
    }
}
