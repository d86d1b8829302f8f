//! Holds: begin, keep alive, let go, run out.

use super::draft::{self, Draft};
use super::price::{self, Priced};
use super::{line, shelf};
use crate::limits::SWEEP_ORDERS_MAX;
use crate::order::{Order, OrderState, Payment};
use crate::{
    Channel, CodeId, Command, CustomerId, Event, HoldPolicy, MarkKey, Money, OrderId, Refusal, ShowId, Topic, Why,
};
use serde_json::json;
use std::sync::Arc;

/// A buyer's own order.
pub(super) fn own<'a>(draft: &Draft<'a>, id: &OrderId, customer: Option<&CustomerId>) -> Result<&'a Order, Refusal> {
    let order = draft.state.order(id).filter(|order| customer.is_none_or(|c| *c == order.customer));
    order.ok_or_else(|| Refusal::OrderUnknown { order: id.clone() })
}

/// Begins an order.
pub(super) fn hold(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    let Command::Hold { order, show, customer, channel, lines, code } = command else { return Ok(()) };
    if draft.state.order(order).is_some() {
        return Err(Refusal::OrderExists { order: order.clone() });
    }
    let priced = price::price(draft, show, channel, lines)?;
    let code = code.as_ref().map(CodeId::canonical);
    open(draft, (order, show, customer, channel), priced, code, draft.state.book.policy.hold_ms)
}

/// Opens an order with priced lines.
pub(super) fn open(
    draft: &mut Draft<'_>,
    (id, show, customer, channel): (&OrderId, &ShowId, &CustomerId, &Channel),
    priced: Priced,
    code: Option<CodeId>,
    hold_ms: u64,
) -> Result<(), Refusal> {
    let policy = &draft.state.book.policy;
    let at_cart = policy.hold == HoldPolicy::AtCart;
    let discount = match &code {
        Some(code) => price::discount(draft, code, customer, priced.sum)?,
        None => Money::zero(priced.sum.currency),
    };
    let mut order = Order {
        id: id.clone(),
        show: show.clone(),
        customer: customer.clone(),
        channel: channel.clone(),
        state: OrderState::Cart,
        lines: priced.lines,
        units: Vec::new(),
        code,
        discount,
        total: priced.sum.minus(discount)?,
        created_ms: draft.now_ms,
        expires_ms: draft.now_ms.saturating_add(if at_cart { hold_ms } else { policy.hold_total_ms_max }),
        payment: Payment::default(),
        contact: None,
        parcel: None,
        note: None,
    };
    if at_cart {
        reserve(draft, &mut order, &priced.need)?;
        order.state = OrderState::Held;
    }
    let guarded: Vec<_> = order.units.iter().map(|units| units.sku.clone()).collect();
    draft.push(Event::OrderOpened { order: Arc::new(order) });
    guarded.iter().try_for_each(|sku| shelf::keep_last_for_own(draft, sku))
}

/// Takes units, offer and code for an order: caps are checked, everything or nothing.
pub(super) fn reserve(
    draft: &mut Draft<'_>,
    order: &mut Order,
    need: &std::collections::BTreeMap<crate::Sku, i64>,
) -> Result<(), Refusal> {
    price::check_caps(draft, &order.customer, &order.lines, need)?;
    order.units = draft.take(need, &order.id, Why::Hold, draft::hold)?;
    count_use(draft, order, 1);
    Ok(())
}

/// Counts the use of an order's offers and code, or takes it back.
pub(super) fn count_use(draft: &mut Draft<'_>, order: &Order, sign: i64) {
    for (offer, qty) in price::offers_of(&order.lines) {
        if draft.state.book.offers.contains_key(&offer) {
            draft.push(Event::OfferTaken { offer, by: sign * i64::from(qty) });
        }
    }
    let Some(code) = order.code.as_ref().and_then(|code| draft.state.book.codes.get(code)) else { return };
    let key = MarkKey::code(&code.code, &order.customer);
    draft.push(Event::CodeUsed { code: code.code.clone(), customer: order.customer.clone(), by: sign });
    if code.once_per_customer {
        draft.push(match sign {
            1 => Event::Marked { key, value: order.id.to_string() },
            _ => Event::Unmarked { key },
        });
    }
}

/// Keeps a hold alive, within its longest life.
pub(super) fn extend(draft: &mut Draft<'_>, id: &OrderId, customer: &CustomerId) -> Result<(), Refusal> {
    let order = own(draft, id, Some(customer))?;
    check_alive(draft, order)?;
    let policy = &draft.state.book.policy;
    let last_ms = order.created_ms.saturating_add(policy.hold_total_ms_max);
    let expires_ms = draft.now_ms.saturating_add(policy.hold_ms).min(last_ms).max(order.expires_ms);
    if expires_ms > order.expires_ms {
        draft.change(Order { expires_ms, ..order.clone() }, order.state);
    }
    Ok(())
}

/// A hold that still lives now, swept or not.
pub(super) fn check_alive(draft: &Draft<'_>, order: &Order) -> Result<(), Refusal> {
    let expired = |state| Refusal::HoldExpired { order: order.id.clone(), state };
    match order.state {
        state if !state.can_expire() => Err(expired(state)),
        _ if order.expires_ms <= draft.now_ms => Err(expired(OrderState::Expired)),
        _ => Ok(()),
    }
}

/// Lets a hold go. Letting go twice is one letting go.
pub(super) fn release(draft: &mut Draft<'_>, id: &OrderId, customer: Option<&CustomerId>) -> Result<(), Refusal> {
    let order = own(draft, id, customer)?;
    match order.state {
        OrderState::Released | OrderState::Expired => Ok(()),
        state if state.can_expire() => end_hold(draft, order, OrderState::Released),
        state => Err(Refusal::OrderState { order: id.clone(), state, action: "let go".into() }),
    }
}

/// Ends a hold; a payment that was begun is given back.
pub(super) fn end_hold(draft: &mut Draft<'_>, order: &Order, state: OrderState) -> Result<(), Refusal> {
    let why = if state == OrderState::Expired { Why::Expire } else { Why::Release };
    if order.state.holds() {
        draft.shift_units(order, why, draft::unhold)?;
        count_use(draft, order, -1);
    }
    if let (Some(provider), Some(reference)) = (&order.payment.provider, &order.payment.reference) {
        let body = json!({ "order": order.id, "provider": provider, "reference": reference });
        draft.tell(Topic::PaymentVoid, format!("{}:void:{reference}", order.id), body);
    }
    draft.change(Order { state, ..order.clone() }, order.state);
    Ok(())
}

/// Ends what has run out.
pub(super) fn sweep(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let state = draft.state;
    for order in state.due(draft.now_ms).take(SWEEP_ORDERS_MAX) {
        end_hold(draft, order, OrderState::Expired)?;
    }
    Ok(())
}

/// Opens the order of somebody whose turn has come; `false` if it can't be had any more.
pub(super) fn open_waiting(draft: &mut Draft<'_>, wait: &crate::Wait) -> bool {
    let channel = Channel::own();
    let wanted = [crate::Wanted { sku: wait.sku.clone(), qty: wait.qty, offer: None, seen_price: None }];
    let Ok(priced) = price::price(draft, &wait.show, &channel, &wanted) else { return false };
    line::open_held(draft, wait, &channel, priced)
}
