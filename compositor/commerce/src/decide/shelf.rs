//! The shelf itself: receive, count, backorder, and the units set aside for channels.

use super::draft::{self, Draft};
use super::price;
use crate::catalogue::Quota;
use crate::limits::{STOCK_UNITS_MAX, TITLE_CHARS_MAX};
use crate::order::{Order, OrderLine, OrderState, Payment, Units};
use crate::{Channel, Command, Delta, Event, Location, Money, Refusal, Sku, Stock, Topic, Why};
use std::sync::Arc;

fn committed(sku: &Sku, stock: Stock, wanted: i64) -> Refusal {
    Refusal::StockCommitted { sku: sku.clone(), committed: stock.held + stock.allocated, wanted }
}

/// Adds to or takes from the shelf.
pub(super) fn adjust(draft: &mut Draft<'_>, at: (&Sku, &Location), by: i64, note: &str) -> Result<(), Refusal> {
    super::list::text_or_empty("note", note, TITLE_CHARS_MAX)?;
    let stock = draft.stock(at.0, at.1);
    let wanted = stock.on_hand.checked_add(by).filter(|n| *n <= STOCK_UNITS_MAX);
    let wanted = wanted.ok_or_else(|| Refusal::StockRange { sku: at.0.clone() })?;
    set_on_hand(draft, at, wanted, note)
}

fn set_on_hand(draft: &mut Draft<'_>, at: (&Sku, &Location), on_hand: i64, note: &str) -> Result<(), Refusal> {
    let stock = draft.stock(at.0, at.1);
    if !(0..=STOCK_UNITS_MAX).contains(&on_hand) {
        return Err(Refusal::StockRange { sku: at.0.clone() });
    }
    if on_hand + stock.backorder < stock.held + stock.allocated {
        return Err(committed(at.0, stock, on_hand));
    }
    if on_hand == stock.on_hand {
        return Ok(());
    }
    draft.shift(at, Why::Adjust, note, Delta { on_hand: on_hand - stock.on_hand, ..Delta::default() })
}

/// Sets the shelf to a counted number.
pub(super) fn count(
    draft: &mut Draft<'_>,
    at: (&Sku, &Location),
    on_hand: i64,
    seen: Option<u64>,
) -> Result<(), Refusal> {
    let stock = draft.stock(at.0, at.1);
    if seen.is_some_and(|seen| seen != stock.version) {
        return Err(Refusal::Stale { what: format!("stock of {} at {}", at.0, at.1), version: stock.version });
    }
    set_on_hand(draft, at, on_hand, "count")
}

/// Sets how many may be sold beyond the shelf.
pub(super) fn backorder(draft: &mut Draft<'_>, at: (&Sku, &Location), units: i64) -> Result<(), Refusal> {
    let stock = draft.stock(at.0, at.1);
    if !(0..=STOCK_UNITS_MAX).contains(&units) {
        return Err(Refusal::StockRange { sku: at.0.clone() });
    }
    if stock.on_hand + units < stock.held + stock.allocated {
        return Err(committed(at.0, stock, stock.on_hand));
    }
    if units == stock.backorder {
        return Ok(());
    }
    draft.shift(at, Why::Backorder, "seller", Delta { backorder: units - stock.backorder, ..Delta::default() })
}

/// Sets units aside for a channel: as many of the target as there are beyond what is kept for the own page.
pub(super) fn set_quota(
    draft: &mut Draft<'_>,
    (channel, sku, location): (&Channel, &Sku, &Location),
    target: i64,
    seen: Option<u64>,
) -> Result<(), Refusal> {
    let quota = draft.quota(channel, sku, location);
    if seen.is_some_and(|seen| seen != quota.version) {
        return Err(Refusal::Stale { what: format!("quota of {channel} for {sku}"), version: quota.version });
    }
    if !(0..=STOCK_UNITS_MAX).contains(&target) {
        return Err(Refusal::StockRange { sku: sku.clone() });
    }
    let spare = (draft.stock(sku, location).left() - draft.state.book.policy.keep_for_own).max(0);
    let units = target.min(quota.units + spare);
    move_quota(draft, Quota { target, ..quota }, units)
}

fn move_quota(draft: &mut Draft<'_>, quota: Quota, units: i64) -> Result<(), Refusal> {
    let by = units - quota.units;
    if by != 0 {
        let reference = format!("quota:{}", quota.channel);
        let (sku, location) = (quota.sku.clone(), quota.location.clone());
        draft.shift((&sku, &location), Why::Quota, reference.as_str(), draft::hold(by))?;
    }
    draft.set_quota(Quota { units, version: quota.version + 1, ..quota });
    Ok(())
}

/// When the last units are reached, channels give theirs back: those are for the own stream.
pub(super) fn keep_last_for_own(draft: &mut Draft<'_>, sku: &Sku) -> Result<(), Refusal> {
    let keep = draft.state.book.policy.keep_for_own;
    if keep == 0 || draft.left(sku) > keep {
        return Ok(());
    }
    let book = &draft.state.book;
    for (channel, _, location) in book.quotas.keys().filter(|(_, other, _)| other == sku) {
        let quota = draft.quota(channel, sku, location);
        if quota.units > 0 {
            move_quota(draft, quota, 0)?;
        }
    }
    Ok(())
}

/// A channel sold: from its quota, else from what is left.
pub(super) fn channel_sold(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    let Command::ChannelSold { order, show, channel, customer, sku, qty, contact } = command else { return Ok(()) };
    if draft.state.order(order).is_some() {
        return Err(Refusal::OrderExists { order: order.clone() });
    }
    let count = price::quantity(sku, *qty)?;
    let product = draft.state.book.products.get(sku).ok_or_else(|| Refusal::ProductUnknown { sku: sku.clone() })?;
    let quotas = draft.state.book.quotas.values().filter(|q| q.channel == *channel && q.sku == *sku && q.units > 0);
    let (mut missing, mut units) = (*qty, Vec::new());
    for quota in quotas {
        let part = missing.min(quota.units);
        if part > 0 {
            draft.shift((sku, &quota.location), Why::ChannelSale, order.shared(), draft::pay(part))?;
            draft.set_quota(Quota { units: quota.units - part, version: quota.version + 1, ..quota.clone() });
            units.push(Units { sku: sku.clone(), location: quota.location.clone(), qty: part });
            missing -= part;
        }
    }
    if missing > 0 {
        let mut need = std::collections::BTreeMap::new();
        price::explode(product, missing, &mut need);
        let short = |_| Refusal::QuotaShort {
            channel: channel.to_string(),
            sku: sku.clone(),
            units: *qty - missing,
            wanted: *qty,
        };
        units.extend(draft.take(&need, order, Why::ChannelSale, draft::allocate).map_err(short)?);
    }
    let unit_price = price::usual(draft, product, channel);
    let total = unit_price.times(count)?;
    let order = Order {
        id: order.clone(),
        show: show.clone(),
        customer: customer.clone(),
        channel: channel.clone(),
        state: OrderState::Captured,
        lines: vec![OrderLine { sku: sku.clone(), title: product.title.clone(), qty: count, unit_price, offer: None }],
        units: merged(units),
        code: None,
        discount: Money::zero(total.currency),
        total,
        created_ms: draft.now_ms,
        expires_ms: draft.now_ms,
        payment: Payment { authorised_minor: total.minor, captured_minor: total.minor, ..Payment::default() },
        contact: contact.clone(),
        parcel: None,
        note: None,
    };
    draft.tell_order(Topic::OrderCaptured, &order);
    draft.push(Event::OrderOpened { order: Arc::new(order) });
    Ok(())
}

/// One entry for each shelf, in order.
fn merged(mut units: Vec<Units>) -> Vec<Units> {
    units.sort();
    units.dedup_by(|next, kept| {
        let same = next.sku == kept.sku && next.location == kept.location;
        if same {
            kept.qty += next.qty;
        }
        same
    });
    units
}
