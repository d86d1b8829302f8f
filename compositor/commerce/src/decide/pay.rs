//! Money: begin to pay, learn what the provider says in any order, take it, give it back.

use super::buy::{self, own};
use super::draft::{self, Draft};
use super::{line, price};
use crate::order::{Contact, Order, OrderState, Payment, PaymentFact};
use crate::{Command, CustomerId, Event, MarkKey, Money, OrderId, Refusal, Topic, Why};
use serde_json::json;

/// Begins to pay.
pub(super) fn begin(
    draft: &mut Draft<'_>,
    (id, customer): (&OrderId, &CustomerId),
    provider: &str,
    contact: Option<&Contact>,
) -> Result<(), Refusal> {
    let before = own(draft, id, Some(customer))?;
    super::list::text("provider", provider, crate::limits::ID_CHARS_MAX)?;
    if before.state.allocates() {
        return Ok(());
    }
    buy::check_alive(draft, before)?;
    let mut order = before.clone();
    if order.state == OrderState::Cart {
        let need = price::need_of(draft, &order.lines)?;
        price::check_offers(draft, &price::offers_of(&order.lines))?;
        buy::reserve(draft, &mut order, &need)?;
    }
    order.contact = contact.cloned().or(order.contact);
    order.expires_ms = order.expires_ms.max(draft.now_ms.saturating_add(draft.state.book.policy.pay_ms));
    let again = before.state == OrderState::Paying && before.payment.failed.is_none();
    order.state = OrderState::Paying;
    order.payment.provider = Some(provider.to_owned());
    order.payment.failed = None;
    if order.total.minor == 0 {
        return settle(draft, before, order);
    }
    if !again || before.payment.provider != order.payment.provider {
        order.payment.attempts = order.payment.attempts.saturating_add(1);
        let body = json!({ "order": id, "provider": provider, "amount": order.total,
            "attempt": order.payment.attempts, "description": order.lines.first().map(|line| &line.title),
            "contact": order.contact });
        draft.tell(Topic::PaymentIntent, format!("{id}:intent:{}", order.payment.attempts), body);
    }
    draft.change(order, before.state);
    Ok(())
}

/// The provider made the intent. If the hold is gone meanwhile, it is given back at once.
pub(super) fn intent_created(
    draft: &mut Draft<'_>,
    id: &OrderId,
    reference: &str,
    next: Option<&str>,
) -> Result<(), Refusal> {
    let before = own(draft, id, None)?;
    super::list::text("reference", reference, crate::limits::TITLE_CHARS_MAX)?;
    let same = before.payment.reference.as_deref() == Some(reference);
    if before.state != OrderState::Paying {
        if !same && before.payment.authorised_minor == 0 {
            let body = json!({ "order": id, "provider": before.payment.provider, "reference": reference });
            draft.tell(Topic::PaymentVoid, format!("{id}:void:{reference}"), body);
        }
        return Ok(());
    }
    if same && before.payment.next_step.as_deref() == next {
        return Ok(());
    }
    remember(draft, id, reference);
    let mut order = before.clone();
    order.payment.reference = Some(reference.to_owned());
    order.payment.next_step = next.map(str::to_owned);
    order.payment.voided = false;
    draft.change(order, before.state);
    Ok(())
}

/// Writes down whose payment a reference is: a provider's later events may name nothing else.
fn remember(draft: &mut Draft<'_>, id: &OrderId, reference: &str) {
    let key = MarkKey::payment(reference);
    if draft.state.mark(&key).is_none() {
        draft.push(Event::Marked { key, value: id.to_string() });
    }
}

/// Learns a fact from the provider, once for each event id.
pub(super) fn event(draft: &mut Draft<'_>, command: &Command) -> Result<(), Refusal> {
    let Command::PaymentEvent { provider, event, order: id, reference, fact } = command else { return Ok(()) };
    super::list::text("event id", event, crate::limits::TITLE_CHARS_MAX)?;
    let key = MarkKey::webhook(provider, event);
    if draft.state.mark(&key).is_some() {
        return Ok(());
    }
    let before = own(draft, id, None)?;
    let mismatch = |text: &str| Refusal::PaymentMismatch { order: id.clone(), text: text.to_owned() };
    if before.payment.provider.as_ref().is_some_and(|known| known != provider) {
        return Err(mismatch("it is paid through another provider"));
    }
    let other = reference.as_ref().filter(|said| before.payment.reference.as_ref().is_some_and(|known| known != *said));
    if let Some(other) = other
        && (before.payment.authorised_minor > 0
            || !matches!(fact, PaymentFact::Authorised { .. } | PaymentFact::Captured { .. }))
    {
        draft.push(Event::Marked { key, value: id.to_string() });
        second_payment(draft, before, other, fact);
        return Ok(());
    }
    let mut order = before.clone();
    order.payment.provider = Some(provider.clone());
    // The buyer paid through an earlier attempt's page, or the provider made the payment out of what it first gave.
    order.payment.reference = reference.clone().or(order.payment.reference);
    if let Some(reference) = reference {
        remember(draft, id, reference);
    }
    learn(&mut order.payment, fact, before.total).map_err(|found| Refusal::CurrencyMismatch {
        sku_or_order: id.to_string(),
        expected: before.total.currency.to_string(),
        found: found.currency.to_string(),
    })?;
    draft.push(Event::Marked { key, value: id.to_string() });
    settle(draft, before, order)
}

/// News of another payment than the one that counts: money that came twice goes back, all else is of no interest.
fn second_payment(draft: &mut Draft<'_>, order: &Order, reference: &str, fact: &PaymentFact) {
    let (id, provider) = (&order.id, &order.payment.provider);
    match fact {
        PaymentFact::Authorised { .. } => {
            let body = json!({ "order": id, "provider": provider, "reference": reference });
            draft.tell(Topic::PaymentVoid, format!("{id}:void:{reference}"), body);
        }
        PaymentFact::Captured { amount } => {
            let body = json!({ "order": id, "provider": provider, "reference": reference, "amount": amount });
            draft.tell(Topic::PaymentRefund, format!("{id}:refund:{reference}"), body);
        }
        _ => {}
    }
}

/// Joins a fact into what is known. Later facts imply earlier ones, and amounts only grow: any order of arrival
/// ends alike.
fn learn(known: &mut Payment, fact: &PaymentFact, total: Money) -> Result<(), Money> {
    let minor = |amount: Money| {
        if amount.currency == total.currency { Ok(amount.minor.max(0)) } else { Err(amount) }
    };
    match fact {
        PaymentFact::Created => {}
        PaymentFact::Authorised { amount } => known.authorised_minor = known.authorised_minor.max(minor(*amount)?),
        PaymentFact::Captured { amount } => known.captured_minor = known.captured_minor.max(minor(*amount)?),
        PaymentFact::Refunded { amount } => known.refunded_minor = known.refunded_minor.max(minor(*amount)?),
        PaymentFact::Disputed => {
            known.disputed = true;
            known.captured_minor = known.captured_minor.max(total.minor);
        }
        PaymentFact::Voided => known.voided = true,
        PaymentFact::Failed { reason } => {
            known.failed = Some(reason.chars().take(crate::limits::TITLE_CHARS_MAX).collect());
        }
    }
    known.captured_minor = known.captured_minor.max(known.refunded_minor);
    known.authorised_minor = known.authorised_minor.max(known.captured_minor);
    known.refund_asked_minor = known.refund_asked_minor.max(known.refunded_minor);
    if known.authorised_minor > 0 {
        known.failed = None;
    }
    Ok(())
}

/// Moves an order to where its payment says it is.
fn settle(draft: &mut Draft<'_>, before: &Order, mut order: Order) -> Result<(), Refusal> {
    let total = order.total.minor;
    let unpaid = order.state.can_expire() || matches!(order.state, OrderState::Released | OrderState::Expired);
    if unpaid && order.payment.authorised_minor >= total && (total == 0 || order.payment.authorised_minor > 0) {
        accept(draft, &mut order)?;
    } else if unpaid && order.payment.authorised_minor > 0 && order.note.is_none() {
        order.note = Some("paid less than the total; the payment is given back".into());
        give_back(draft, &mut order);
    }
    let paid_back = order.payment.refunded_minor > 0 && order.payment.refunded_minor >= order.payment.captured_minor;
    if order.state == OrderState::Paid && order.payment.captured_minor >= total {
        order.state = OrderState::Captured;
        if !paid_back {
            draft.tell_order(Topic::OrderCaptured, &order);
        }
    }
    if order.state.allocates() && (paid_back || order.state == OrderState::Paid && order.payment.voided) {
        draft.shift_units(&order, Why::Cancel, draft::unallocate)?;
        buy::count_use(draft, &order, -1);
        order.state = if paid_back { OrderState::Refunded } else { OrderState::Voided };
        draft.tell_order(Topic::OrderEnded, &order);
    }
    if before.state != OrderState::Paid && order.state == OrderState::Paid {
        let body = json!({ "order": order.id, "provider": order.payment.provider,
            "reference": order.payment.reference, "amount": order.total });
        draft.tell(Topic::PaymentCapture, format!("{}:capture", order.id), body);
    }
    if order.state == OrderState::Voided && order.payment.captured_minor > order.payment.refund_asked_minor {
        give_back(draft, &mut order);
    }
    if order != *before {
        draft.change(order, before.state);
    }
    Ok(())
}

/// Allocates for a payment. Paid too late and sold out meanwhile: given back, and into the waiting line.
fn accept(draft: &mut Draft<'_>, order: &mut Order) -> Result<(), Refusal> {
    if order.state.holds() {
        draft.shift_units(order, Why::Pay, draft::pay)?;
        order.state = OrderState::Paid;
        return Ok(());
    }
    let need = match order.units.is_empty() {
        true => price::need_of(draft, &order.lines).unwrap_or_default(),
        false => order.units.iter().fold(std::collections::BTreeMap::new(), |mut need, units| {
            *need.entry(units.sku.clone()).or_insert(0) += units.qty;
            need
        }),
    };
    let taken = if need.is_empty() { None } else { draft.take(&need, &order.id, Why::Pay, draft::allocate).ok() };
    match taken {
        Some(units) => {
            order.units = units;
            order.state = OrderState::Paid;
            buy::count_use(draft, order, 1);
        }
        None => {
            order.state = OrderState::Voided;
            order.note = Some("paid after the hold ran out, and sold out since; the payment is given back".into());
            give_back(draft, order);
            draft.tell_order(Topic::OrderEnded, order);
            wait_instead(draft, order);
        }
    }
    Ok(())
}

/// Whoever paid for one sold-out product waits for it, without a further click.
fn wait_instead(draft: &mut Draft<'_>, order: &Order) {
    let [only] = order.lines.as_slice() else { return };
    let bundle = draft.state.book.products.get(&only.sku).is_none_or(|p| !p.parts.is_empty());
    if let (Ok(id), false) = (OrderId::new(&format!("{}:w", order.id)), bundle) {
        // A full line only means that there is no place: the payment is given back all the same.
        let _ = line::enqueue(draft, (&id, &order.show, &order.customer), &only.sku, i64::from(only.qty));
    }
}

/// Voids what is only authorised, pays back what is taken.
fn give_back(draft: &mut Draft<'_>, order: &mut Order) {
    let (provider, reference) = (&order.payment.provider, &order.payment.reference);
    let taken = order.payment.captured_minor - order.payment.refund_asked_minor;
    if order.payment.captured_minor == 0 {
        let body = json!({ "order": order.id, "provider": provider, "reference": reference });
        draft.tell(Topic::PaymentVoid, format!("{}:void", order.id), body);
    } else if taken > 0 {
        let amount = Money { minor: taken, currency: order.total.currency };
        let body = json!({ "order": order.id, "provider": provider, "reference": reference, "amount": amount });
        order.payment.refund_asked_minor = order.payment.captured_minor;
        draft.tell(Topic::PaymentRefund, format!("{}:refund:{}", order.id, order.payment.refund_asked_minor), body);
    }
}

/// Calls an order off before it ships.
pub(super) fn cancel(draft: &mut Draft<'_>, id: &OrderId, reason: &str) -> Result<(), Refusal> {
    let before = own(draft, id, None)?;
    super::list::text_or_empty("reason", reason, crate::limits::TITLE_CHARS_MAX)?;
    match before.state {
        state if state.can_expire() => buy::end_hold(draft, before, OrderState::Released),
        OrderState::Paid | OrderState::Captured => {
            let mut order = before.clone();
            draft.shift_units(&order, Why::Cancel, draft::unallocate)?;
            buy::count_use(draft, &order, -1);
            order.state = OrderState::Voided;
            order.note = Some(if reason.is_empty() { "called off by the seller".into() } else { reason.to_owned() });
            if order.total.minor > 0 {
                give_back(draft, &mut order);
            }
            draft.tell_order(Topic::OrderEnded, &order);
            draft.change(order, before.state);
            Ok(())
        }
        OrderState::Released | OrderState::Expired | OrderState::Voided | OrderState::Refunded => Ok(()),
        state => Err(Refusal::OrderState { order: id.clone(), state, action: "called off".into() }),
    }
}

/// Asks to pay money back, some or all.
pub(super) fn refund(draft: &mut Draft<'_>, id: &OrderId, amount: Option<Money>) -> Result<(), Refusal> {
    let before = own(draft, id, None)?;
    let can = before.payment.captured_minor - before.payment.refund_asked_minor;
    let amount = amount.unwrap_or(Money { minor: can, currency: before.total.currency });
    if amount.currency != before.total.currency {
        return Err(Refusal::CurrencyMismatch {
            sku_or_order: id.to_string(),
            expected: before.total.currency.to_string(),
            found: amount.currency.to_string(),
        });
    }
    if amount.minor < 1 || amount.minor > can {
        let most = Money { minor: can.max(0), currency: before.total.currency };
        return Err(Refusal::AmountInvalid { text: format!("{most} of order {id} can be paid back, not {amount}") });
    }
    let mut order = before.clone();
    order.payment.refund_asked_minor += amount.minor;
    let body = json!({ "order": id, "provider": order.payment.provider, "reference": order.payment.reference, "amount": amount });
    draft.tell(Topic::PaymentRefund, format!("{id}:refund:{}", order.payment.refund_asked_minor), body);
    draft.change(order, before.state);
    Ok(())
}
