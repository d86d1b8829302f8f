//! Between the port's plain values and the WIT's: shop, orders, chat, polls, calls. Overlays have a file of their own.

pub(crate) mod overlay;

use crate::bindings::offers::{
    fulfilment, interactions, payment_provider, payment_settlement as settlement, stock_channel, webhooks,
};
use crate::bindings::takes::{polls, shop, types};
use vitrine_show::ports::plugins as port;

pub(crate) fn money(a: &port::Amount) -> types::Money {
    types::Money { minor: a.minor, currency: a.currency.clone() }
}

fn amount(m: types::Money) -> port::Amount {
    port::Amount { minor: m.minor, currency: m.currency }
}

fn pairs(list: &[(String, String)]) -> Vec<types::Pair> {
    list.iter().map(|(key, value)| types::Pair { key: key.clone(), value: value.clone() }).collect()
}

pub(crate) fn viewer(v: &port::ViewerView) -> types::Viewer {
    types::Viewer { id: v.id.clone(), name: v.name.clone(), platform: v.platform.clone(), roles: v.roles.clone() }
}

pub(crate) fn message(m: &port::ChatMessage) -> interactions::Message {
    interactions::Message {
        id: m.id.clone(),
        who: viewer(&m.who),
        text: m.text.clone(),
        at: m.at_unix_ms,
        extra: pairs(&m.extra),
    }
}

fn line(l: &port::LineView) -> types::LineItem {
    types::LineItem {
        sku: l.sku.clone(),
        title: l.title.clone(),
        quantity: l.quantity,
        unit_price: money(&l.unit_price),
    }
}

/// An order; its buyer only where `buyers` says that the plugin may know.
pub(crate) fn order(o: &port::OrderView, buyers: bool) -> types::Order {
    types::Order {
        id: o.id.clone(),
        status: o.status.clone(),
        lines: o.lines.iter().map(line).collect(),
        total: money(&o.total),
        buyer: o.buyer.as_ref().filter(|_| buyers).map(viewer),
        placed: o.placed_unix_ms,
        extra: if buyers { pairs(&o.extra) } else { Vec::new() },
    }
}

pub(crate) fn product(p: &port::ProductView) -> shop::Product {
    shop::Product {
        sku: p.sku.clone(),
        title: p.title.clone(),
        price: money(&p.price),
        old_price: p.old_price.as_ref().map(money),
        available: p.available,
        total: p.total,
    }
}

pub(crate) fn offer(o: &port::OfferView) -> shop::Offer {
    shop::Offer {
        id: o.id.clone(),
        sku: o.sku.clone(),
        kind: o.kind.clone(),
        price: money(&o.price),
        old_price: o.old_price.as_ref().map(money),
        ends: o.ends_unix_ms,
        short_code: o.short_code.clone(),
        buy_url: o.buy_url.clone(),
    }
}

pub(crate) fn poll(p: &port::PollView) -> polls::Poll {
    let choice = |c: &port::ChoiceView| polls::Choice { id: c.id.clone(), title: c.title.clone(), votes: c.votes };
    polls::Poll {
        id: p.id.clone(),
        question: p.question.clone(),
        choices: p.choices.iter().map(choice).collect(),
        state: if p.open { "open" } else { "closed" }.to_owned(),
        closes: p.closes_unix_ms,
        winner: p.winner.clone(),
    }
}

pub(crate) fn checkout(c: &port::Checkout) -> payment_provider::Checkout {
    payment_provider::Checkout {
        id: c.id.clone(),
        lines: c.lines.iter().map(line).collect(),
        total: money(&c.total),
        buyer: c.buyer.as_ref().map(viewer),
        idempotency_key: c.idempotency_key.clone(),
        return_url: c.return_url.clone(),
    }
}

pub(crate) fn payment_created((reference, step): (String, payment_provider::NextStep)) -> port::Reply {
    let step = match step {
        payment_provider::NextStep::Redirect(url) => port::NextStep::Redirect(url),
        payment_provider::NextStep::ShowQr(data) => port::NextStep::ShowQr(data),
        payment_provider::NextStep::ClientToken(token) => port::NextStep::ClientToken(token),
        payment_provider::NextStep::Completed(reference) => port::NextStep::Completed(reference),
    };
    port::Reply::PaymentCreated(reference, step)
}

pub(crate) fn payment_state(state: payment_provider::PaymentState) -> port::Reply {
    port::Reply::PaymentState(match state {
        payment_provider::PaymentState::Pending => port::PaymentState::Pending,
        payment_provider::PaymentState::Paid => port::PaymentState::Paid,
        payment_provider::PaymentState::Failed => port::PaymentState::Failed,
        payment_provider::PaymentState::Cancelled => port::PaymentState::Cancelled,
        payment_provider::PaymentState::Refunded => port::PaymentState::Refunded,
    })
}

pub(crate) fn quotes(quotes: Vec<fulfilment::Quote>) -> port::Reply {
    let quote = |q: fulfilment::Quote| port::Quote { service: q.service, title: q.title, price: amount(q.price) };
    port::Reply::Quotes(quotes.into_iter().map(quote).collect())
}

pub(crate) fn shipped(s: fulfilment::Shipment) -> port::Reply {
    port::Reply::Shipped(port::Shipment { reference: s.reference, tracking: s.tracking, label_url: s.label_url })
}

pub(crate) fn tracked(pairs: Vec<types::Pair>) -> port::Reply {
    port::Reply::Tracked(pairs.into_iter().map(|p| (p.key, p.value)).collect())
}

pub(crate) fn levels(levels: Vec<stock_channel::Level>) -> port::Reply {
    let level = |l: stock_channel::Level| port::StockLevel { sku: l.sku, available: l.available };
    port::Reply::Levels(levels.into_iter().map(level).collect())
}

pub(crate) fn level(l: &port::StockLevel) -> stock_channel::Level {
    stock_channel::Level { sku: l.sku.clone(), available: l.available }
}

pub(crate) fn inbound(i: &port::Inbound, verified: bool) -> webhooks::Inbound {
    webhooks::Inbound {
        method: i.method.clone(),
        path: i.path.clone(),
        headers: pairs(&i.headers),
        body: i.body.clone(),
        verified,
    }
}

/// A webhook's outcome; its facts count only if the host verified the call, and its status must be one.
pub(crate) fn outcome(o: webhooks::Outcome, verified: bool) -> port::Reply {
    let fact = |f: webhooks::Fact| match f {
        webhooks::Fact::Paid((reference, m)) => port::Fact::Paid { reference, amount: amount(m) },
        webhooks::Fact::PaymentFailed((reference, reason)) => port::Fact::PaymentFailed { reference, reason },
        webhooks::Fact::Refunded((reference, m)) => port::Fact::Refunded { reference, amount: amount(m) },
        webhooks::Fact::Shipped((order, tracking)) => port::Fact::Shipped { order, tracking },
        webhooks::Fact::Stock((sku, available)) => port::Fact::Stock(port::StockLevel { sku, available }),
    };
    let facts = if verified { o.facts.into_iter().map(fact).collect() } else { Vec::new() };
    let (status, body) = (http_status(o.status), o.body);
    port::Reply::Outcome(port::Outcome { status, body, event_id: o.event_id, facts, verified })
}

const fn http_status(said: u16) -> u16 {
    if said >= 200 && said < 600 { said } else { 500 }
}

/// What a payment provider's verified call says.
pub(crate) fn answer(a: settlement::Answer) -> port::Reply {
    let news = |fact: settlement::PaymentFact| match fact {
        settlement::PaymentFact::Authorised(m) => port::PaymentNews::Authorised(amount(m)),
        settlement::PaymentFact::Captured(m) => port::PaymentNews::Captured(amount(m)),
        settlement::PaymentFact::Refunded(m) => port::PaymentNews::Refunded(amount(m)),
        settlement::PaymentFact::Disputed => port::PaymentNews::Disputed,
        settlement::PaymentFact::Voided => port::PaymentNews::Voided,
        settlement::PaymentFact::Failed(text) => port::PaymentNews::Failed(text),
    };
    let notice = |n: settlement::Notice| {
        let fact = news(n.fact);
        port::Fact::Payment(port::Notice { event_id: n.event_id, order: n.order, reference: n.reference, fact })
    };
    let facts = a.notices.into_iter().map(notice).collect();
    let (status, body) = (http_status(a.status), a.body);
    port::Reply::Outcome(port::Outcome { status, body, event_id: None, facts, verified: true })
}
