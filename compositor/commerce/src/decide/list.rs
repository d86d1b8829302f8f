//! The catalogue: products, offers, codes, rules, the stage.

use super::draft::Draft;
use crate::catalogue::{Discount, DiscountCode, Featured, Offer, Product};
use crate::limits::{BUNDLE_PARTS_MAX, HOLD_MS_RANGE, LINE_QTY_MAX, PRODUCTS_MAX, TEXT_CHARS_MAX, TITLE_CHARS_MAX};
use crate::{Event, OfferId, Policy, Refusal, Sku};
use std::collections::BTreeMap;

/// A text with something in it, not too long, without control characters.
pub(super) fn text(field: &str, value: &str, chars_max: usize) -> Result<(), Refusal> {
    if value.trim().is_empty() {
        return Err(Refusal::FieldInvalid { field: field.to_owned(), text: "can't be empty".into() });
    }
    text_or_empty(field, value, chars_max)
}

/// As [`text`], and may be empty.
pub(super) fn text_or_empty(field: &str, value: &str, chars_max: usize) -> Result<(), Refusal> {
    let refuse = |text: String| Err(Refusal::FieldInvalid { field: field.to_owned(), text });
    if value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return refuse("can't hold control characters".into());
    }
    if value.len() > chars_max && value.chars().count() > chars_max {
        return refuse(format!("is longer than {chars_max} characters"));
    }
    Ok(())
}

/// Adds or replaces products.
pub(super) fn put_products(draft: &mut Draft<'_>, products: &[Product]) -> Result<(), Refusal> {
    if products.len() > PRODUCTS_MAX {
        let text = format!("one import takes at most {PRODUCTS_MAX}");
        return Err(Refusal::FieldInvalid { field: "products".into(), text });
    }
    let batch: BTreeMap<&Sku, &Product> = products.iter().map(|p| (&p.sku, p)).collect();
    let known = |sku: &Sku| batch.get(sku).copied().or_else(|| draft.state.book.products.get(sku));
    for product in products {
        check_product(product, &known)?;
    }
    for product in products {
        if draft.state.book.products.get(&product.sku) != Some(product) {
            draft.push(Event::ProductPut { product: Box::new(product.clone()) });
        }
    }
    Ok(())
}

fn check_product<'a>(product: &Product, known: &dyn Fn(&Sku) -> Option<&'a Product>) -> Result<(), Refusal> {
    let refuse = |text: &str| Err(Refusal::ProductInvalid { sku: product.sku.clone(), text: text.to_owned() });
    text("title", &product.title, TITLE_CHARS_MAX)?;
    text_or_empty("description", &product.description, TEXT_CHARS_MAX)?;
    if product.price.minor < 0 || product.prices.values().any(|price| price.minor < 0) {
        return refuse("a price can't be negative");
    }
    if product.was.is_some_and(|was| was.minor < 0) {
        return refuse("a price can't be negative");
    }
    if product.prices.values().chain(&product.was).any(|price| price.currency != product.price.currency) {
        return refuse("all its prices must be in one currency");
    }
    if product.parts.len() > BUNDLE_PARTS_MAX {
        return refuse("a bundle has at most 32 parts");
    }
    for part in &product.parts {
        if part.qty == 0 || i64::from(part.qty) > LINE_QTY_MAX {
            return refuse("a part comes 1 to 999 times");
        }
        match known(&part.sku) {
            None => return refuse(&format!("its part {} is not in the catalogue; add it first", part.sku)),
            Some(other) if !other.parts.is_empty() => return refuse("a bundle can't be part of a bundle"),
            Some(_) => {}
        }
    }
    Ok(())
}

/// Takes a product off the list.
pub(super) fn remove_product(draft: &mut Draft<'_>, sku: &Sku) -> Result<(), Refusal> {
    let book = &draft.state.book;
    if let Some(bundle) = book.products.values().find(|p| p.parts.iter().any(|part| part.sku == *sku)) {
        let text = format!("it is a part of {}; remove that first", bundle.sku);
        return Err(Refusal::ProductInvalid { sku: sku.clone(), text });
    }
    if book.products.contains_key(sku) {
        draft.push(Event::ProductRemoved { sku: sku.clone() });
    }
    Ok(())
}

/// Adds or replaces an offer.
pub(super) fn put_offer(draft: &mut Draft<'_>, offer: &Offer) -> Result<(), Refusal> {
    let refuse = |text: &str| Err(Refusal::OfferInvalid { offer: offer.id.clone(), text: text.to_owned() });
    let Some(product) = draft.state.book.products.get(&offer.sku) else {
        return Err(Refusal::ProductUnknown { sku: offer.sku.clone() });
    };
    if offer.price.minor < 0 || offer.price.currency != product.price.currency {
        return refuse("its price must not be negative and in the product's currency");
    }
    if offer.ends_ms <= offer.starts_ms {
        return refuse("it must end after it starts");
    }
    let before = draft.state.book.offers.get(&offer.id);
    if before.is_some_and(|b| b.show != offer.show || b.sku != offer.sku) {
        return refuse("it belongs to another show or product; make a new one");
    }
    let offer = Offer { taken: before.map_or(0, |b| b.taken), ..offer.clone() };
    draft.push(Event::OfferPut { offer });
    Ok(())
}

/// Ends an offer.
pub(super) fn end_offer(draft: &mut Draft<'_>, id: &OfferId) -> Result<(), Refusal> {
    let offer = draft.state.book.offers.get(id).ok_or_else(|| Refusal::OfferUnknown { offer: id.clone() })?;
    if !offer.ended {
        draft.push(Event::OfferPut { offer: Offer { ended: true, ..offer.clone() } });
    }
    Ok(())
}

/// Adds or replaces a code.
pub(super) fn put_code(draft: &mut Draft<'_>, code: &DiscountCode) -> Result<(), Refusal> {
    let canonical = code.code.canonical();
    let refuse = |text: &str| Err(Refusal::CodeRefused { discount_code: canonical.clone(), text: text.to_owned() });
    match code.off {
        Discount::BasisPoints(bp) if bp > 10_000 => return refuse("can't take off more than 100 %"),
        Discount::Amount(off) if off.minor < 0 => return refuse("can't take off less than nothing"),
        _ => {}
    }
    if code.ends_ms <= code.starts_ms {
        return refuse("must end after it starts");
    }
    let uses = draft.state.book.codes.get(&canonical).map_or(0, |before| before.uses);
    draft.push(Event::CodePut { code: DiscountCode { code: canonical, uses, ..code.clone() } });
    Ok(())
}

/// Replaces the rules.
pub(super) fn set_policy(draft: &mut Draft<'_>, policy: &Policy) -> Result<(), Refusal> {
    let times = [
        ("hold_ms", policy.hold_ms),
        ("pay_ms", policy.pay_ms),
        ("hold_total_ms_max", policy.hold_total_ms_max),
        ("wait_offer_ms", policy.wait_offer_ms),
    ];
    for (field, ms) in times {
        if !(HOLD_MS_RANGE.0..=HOLD_MS_RANGE.1).contains(&ms) {
            let text = format!("{ms} is out of range; use {} to {} ms", HOLD_MS_RANGE.0, HOLD_MS_RANGE.1);
            return Err(Refusal::FieldInvalid { field: field.into(), text });
        }
    }
    if draft.state.book.policy != *policy {
        draft.push(Event::PolicySet { policy: policy.clone() });
    }
    Ok(())
}

/// Sets the stage.
pub(super) fn feature(draft: &mut Draft<'_>, featured: &Featured) -> Result<(), Refusal> {
    let book = &draft.state.book;
    if let Some(sku) = featured.sku.as_ref().filter(|sku| !book.products.contains_key(sku)) {
        return Err(Refusal::ProductUnknown { sku: sku.clone() });
    }
    if let Some(id) = &featured.offer {
        let fits = |o: &&Offer| o.show == featured.show && Some(&o.sku) == featured.sku.as_ref();
        book.offers.get(id).filter(fits).ok_or_else(|| Refusal::OfferUnknown { offer: id.clone() })?;
    }
    draft.push(Event::Featured { featured: featured.clone() });
    Ok(())
}
