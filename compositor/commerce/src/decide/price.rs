//! What an order costs. Prices come from the book alone; what the buyer says is only compared.

use super::draft::Draft;
use crate::catalogue::{Discount, Product};
use crate::limits::{LINE_QTY_MAX, ORDER_LINES_MAX};
use crate::order::OrderLine;
use crate::{Channel, CodeId, CustomerId, MarkKey, Money, MoneyError, OfferId, Refusal, ShowId, Sku, Wanted};
use std::collections::BTreeMap;

/// Lines with the server's prices, and what they need from the shelves.
pub(super) struct Priced {
    pub(super) lines: Vec<OrderLine>,
    pub(super) need: BTreeMap<Sku, i64>,
    pub(super) sum: Money,
}

impl From<MoneyError> for Refusal {
    fn from(error: MoneyError) -> Self {
        Self::AmountInvalid { text: error.to_string() }
    }
}

/// A quantity that can be bought.
pub(super) fn quantity(sku: &Sku, qty: i64) -> Result<u32, Refusal> {
    if !(1..=LINE_QTY_MAX).contains(&qty) {
        return Err(Refusal::QuantityInvalid { sku: sku.clone(), qty });
    }
    u32::try_from(qty).map_err(|_| Refusal::QuantityInvalid { sku: sku.clone(), qty })
}

/// A product that is for sale.
pub(super) fn listed<'a>(draft: &Draft<'a>, sku: &Sku) -> Result<&'a Product, Refusal> {
    let product = draft.state.book.products.get(sku).filter(|p| p.listed);
    product.ok_or_else(|| Refusal::ProductUnknown { sku: sku.clone() })
}

/// The usual price of a product through a channel.
pub(super) fn usual(draft: &Draft<'_>, product: &Product, channel: &Channel) -> Money {
    let list = draft.state.book.policy.price_lists.get(channel);
    list.and_then(|name| product.prices.get(name)).copied().unwrap_or(product.price)
}

/// Prices the lines of a new order.
pub(super) fn price(draft: &Draft<'_>, show: &ShowId, channel: &Channel, wanted: &[Wanted]) -> Result<Priced, Refusal> {
    if wanted.is_empty() || wanted.len() > ORDER_LINES_MAX {
        return Err(Refusal::LinesInvalid { lines: wanted.len() });
    }
    let (mut lines, mut need, mut offers) = (Vec::with_capacity(wanted.len()), BTreeMap::new(), BTreeMap::new());
    let mut sum: Option<Money> = None;
    for want in wanted {
        let qty = quantity(&want.sku, want.qty)?;
        let product = listed(draft, &want.sku)?;
        let unit_price = match &want.offer {
            Some(offer) => {
                *offers.entry(offer.clone()).or_insert(0_u32) += qty;
                offered(draft, show, &want.sku, offer)?
            }
            None => usual(draft, product, channel),
        };
        if let Some(seen) = want.seen_price.filter(|seen| *seen != unit_price) {
            return Err(Refusal::PriceChanged { sku: want.sku.clone(), seen, now: unit_price });
        }
        explode(product, i64::from(qty), &mut need);
        let line = unit_price.times(qty)?;
        sum = Some(match sum {
            Some(sum) if sum.currency != line.currency => return Err(mixed(&want.sku, sum, line)),
            Some(sum) => sum.plus(line)?,
            None => line,
        });
        let (sku, title, offer) = (want.sku.clone(), product.title.clone(), want.offer.clone());
        lines.push(OrderLine { sku, title, qty, unit_price, offer });
    }
    check_offers(draft, &offers)?;
    let sum = sum.ok_or(Refusal::LinesInvalid { lines: 0 })?;
    Ok(Priced { lines, need, sum })
}

fn mixed(sku: &Sku, sum: Money, line: Money) -> Refusal {
    Refusal::CurrencyMismatch {
        sku_or_order: sku.to_string(),
        expected: sum.currency.to_string(),
        found: line.currency.to_string(),
    }
}

/// Takes a bundle apart and sums by SKU, so that two lines that share a part can't each pass alone.
pub(super) fn explode(product: &Product, qty: i64, need: &mut BTreeMap<Sku, i64>) {
    if product.parts.is_empty() {
        *need.entry(product.sku.clone()).or_insert(0) += qty;
    }
    for part in &product.parts {
        *need.entry(part.sku.clone()).or_insert(0) += qty * i64::from(part.qty);
    }
}

/// What lines that are already priced need; for carts that begin to pay.
pub(super) fn need_of(draft: &Draft<'_>, lines: &[OrderLine]) -> Result<BTreeMap<Sku, i64>, Refusal> {
    let mut need = BTreeMap::new();
    for line in lines {
        explode(listed(draft, &line.sku)?, i64::from(line.qty), &mut need);
    }
    Ok(need)
}

fn offered(draft: &Draft<'_>, show: &ShowId, sku: &Sku, id: &OfferId) -> Result<Money, Refusal> {
    let offer = draft.state.book.offers.get(id).filter(|o| o.show == *show && o.sku == *sku);
    let offer = offer.ok_or_else(|| Refusal::OfferUnknown { offer: id.clone() })?;
    if !offer.runs(draft.now_ms) {
        return Err(Refusal::OfferClosed { offer: id.clone() });
    }
    Ok(offer.price)
}

/// Whether the offers still run and have the units.
pub(super) fn check_offers(draft: &Draft<'_>, offers: &BTreeMap<OfferId, u32>) -> Result<(), Refusal> {
    for (id, qty) in offers {
        let offer = draft.state.book.offers.get(id).ok_or_else(|| Refusal::OfferUnknown { offer: id.clone() })?;
        if !offer.runs(draft.now_ms) {
            return Err(Refusal::OfferClosed { offer: id.clone() });
        }
        if let Some(left) = offer.units_left().filter(|left| left < qty) {
            return Err(Refusal::OfferSoldOut { offer: id.clone(), left });
        }
    }
    Ok(())
}

/// The offers that lines were priced by.
pub(super) fn offers_of(lines: &[OrderLine]) -> BTreeMap<OfferId, u32> {
    let mut offers = BTreeMap::new();
    for line in lines {
        if let Some(offer) = &line.offer {
            *offers.entry(offer.clone()).or_insert(0_u32) += line.qty;
        }
    }
    offers
}

/// What a code takes off a sum; refused if it may not be used now, by this buyer, on this sum.
pub(super) fn discount(draft: &Draft<'_>, code: &CodeId, customer: &CustomerId, sum: Money) -> Result<Money, Refusal> {
    let refuse = |text: &str| Refusal::CodeRefused { discount_code: code.clone(), text: text.to_owned() };
    let rule = draft.state.book.codes.get(code).ok_or_else(|| refuse("is not known; check the spelling"))?;
    if draft.now_ms < rule.starts_ms || draft.now_ms >= rule.ends_ms {
        return Err(refuse("is not valid now"));
    }
    if rule.uses_max.is_some_and(|max| rule.uses >= max) {
        return Err(refuse("is used up"));
    }
    if rule.once_per_customer && draft.state.mark(&MarkKey::code(code, customer)).is_some() {
        return Err(refuse("was used by you already"));
    }
    if let Some(min) = rule.min_total
        && (min.currency != sum.currency || sum.minor < min.minor)
    {
        return Err(refuse(&format!("needs an order of at least {min}")));
    }
    match rule.off {
        Discount::BasisPoints(bp) => Ok(sum.basis_points(bp.min(10_000))),
        Discount::Amount(off) if off.currency == sum.currency => {
            Ok(Money { minor: off.minor.min(sum.minor), currency: sum.currency })
        }
        Discount::Amount(off) => Err(refuse(&format!("is for {} only", off.currency))),
    }
}

/// Whether the buyer may have so many more.
pub(super) fn check_caps(
    draft: &Draft<'_>,
    customer: &CustomerId,
    lines: &[OrderLine],
    need: &BTreeMap<Sku, i64>,
) -> Result<(), Refusal> {
    let book = &draft.state.book;
    let known = || draft.state.orders_of(customer).chain(draft.opened(customer));
    let orders = || known().filter(|order| order.state.counts_for_cap());
    for (sku, wanted) in need {
        let own = book.products.get(sku).and_then(|p| p.cap_per_customer);
        let Some(cap) = own.or(book.policy.cap_per_customer) else { continue };
        let have: i64 = orders().flat_map(|o| &o.units).filter(|u| u.sku == *sku).map(|u| u.qty).sum();
        if have.saturating_add(*wanted) > i64::from(cap) {
            return Err(Refusal::CustomerCap { sku: sku.clone(), cap, have });
        }
    }
    for line in lines {
        let bundle = book.products.get(&line.sku).filter(|p| !p.parts.is_empty());
        let Some(cap) = bundle.and_then(|p| p.cap_per_customer) else { continue };
        let count =
            |lines: &[OrderLine]| lines.iter().filter(|l| l.sku == line.sku).map(|l| i64::from(l.qty)).sum::<i64>();
        let have: i64 = orders().map(|o| count(&o.lines)).sum();
        if have + count(lines) > i64::from(cap) {
            return Err(Refusal::CustomerCap { sku: line.sku.clone(), cap, have });
        }
    }
    Ok(())
}
