//! The waiting line of a sold-out product: first come, first offered; the offer is itself a hold.

use super::buy;
use super::draft::{self, Draft};
use super::price::{self, Priced};
use crate::limits::{WAIT_LINE_MAX, WAIT_OFFERS_MAX};
use crate::order::{Order, OrderState, Payment};
use crate::{Channel, Command, CustomerId, Event, Money, OrderId, Refusal, Sku, Topic, Wait, Why};
use std::sync::Arc;

/// Joins a line.
pub(super) fn join(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    let Command::JoinLine { order, show, customer, sku, qty } = command else { return Ok(()) };
    price::quantity(sku, *qty)?;
    let product = price::listed(draft, sku)?;
    if !product.parts.is_empty() {
        let text = "nobody can wait for a bundle; wait for its parts".into();
        return Err(Refusal::ProductInvalid { sku: sku.clone(), text });
    }
    if draft.state.order(order).is_some() {
        return Err(Refusal::OrderExists { order: order.clone() });
    }
    if draft.state.wait(order).is_some() {
        return Ok(());
    }
    let left = draft.left(sku);
    let first = draft.state.line(sku).next().is_none();
    if first && left >= *qty {
        return Err(Refusal::LineNotNeeded { sku: sku.clone(), left });
    }
    enqueue(draft, (order, show, customer), sku, *qty)
}

/// Puts somebody at the end of a line.
pub(super) fn enqueue(
    draft: &mut Draft<'_>,
    (order, show, customer): (&OrderId, &crate::ShowId, &CustomerId),
    sku: &Sku,
    qty: i64,
) -> Result<(), Refusal> {
    let tail = draft.state.tail(sku);
    let head = draft.state.line(sku).next().map_or(tail, |wait| wait.place);
    if tail.saturating_sub(head) >= WAIT_LINE_MAX {
        return Err(Refusal::LineFull { sku: sku.clone() });
    }
    let wait = Wait {
        order: order.clone(),
        show: show.clone(),
        customer: customer.clone(),
        sku: sku.clone(),
        qty,
        place: tail + 1,
        since_ms: draft.now_ms,
    };
    draft.push(Event::LineJoined { wait });
    Ok(())
}

/// Leaves a line.
pub(super) fn leave(draft: &mut Draft<'_>, order: &OrderId, customer: &CustomerId) -> Result<(), Refusal> {
    let wait = draft.state.wait(order).filter(|wait| wait.customer == *customer);
    if let Some(wait) = wait {
        draft.push(Event::LineLeft { order: order.clone(), sku: wait.sku.clone(), served: false });
    }
    Ok(())
}

/// Offers what has become free to those who wait, strictly in turn: who wants more than there is stops the line.
pub(super) fn serve(draft: &mut Draft<'_>, sku: &Sku) {
    let state = draft.state;
    for wait in state.line(sku).take(WAIT_OFFERS_MAX) {
        if draft.left(sku) < wait.qty {
            break;
        }
        let served = buy::open_waiting(draft, wait);
        draft.push(Event::LineLeft { order: wait.order.clone(), sku: sku.clone(), served });
    }
}

/// Holds the units for somebody whose turn has come, whatever the hold policy; caps still count.
pub(super) fn open_held(draft: &mut Draft<'_>, wait: &Wait, channel: &Channel, priced: Priced) -> bool {
    if price::check_caps(draft, &wait.customer, &priced.lines, &priced.need).is_err() {
        return false;
    }
    let Ok(units) = draft.take(&priced.need, &wait.order, Why::Hold, draft::hold) else { return false };
    let order = Order {
        id: wait.order.clone(),
        show: wait.show.clone(),
        customer: wait.customer.clone(),
        channel: channel.clone(),
        state: OrderState::Held,
        lines: priced.lines,
        units,
        code: None,
        discount: Money::zero(priced.sum.currency),
        total: priced.sum,
        created_ms: draft.now_ms,
        expires_ms: draft.now_ms.saturating_add(draft.state.book.policy.wait_offer_ms),
        payment: Payment::default(),
        contact: None,
        parcel: None,
        note: None,
    };
    draft.tell_order(Topic::LineOffered, &order);
    draft.push(Event::OrderOpened { order: Arc::new(order) });
    true
}
