//! Stripe's events, read into facts about a payment: totals so far, so that their order of arrival can't matter.

use serde_json::Value;
use vitrine_plugin::Money;
use vitrine_plugin::x_payment_settlement::{Notice, PaymentFact};

/// The name under which the order's id travels in Stripe's metadata.
pub(crate) const ORDER: &str = "vitrine_order";

/// What an event says, or nothing if it says nothing about a payment of ours.
pub(crate) fn notice(event: &Value) -> Option<Notice> {
    let object = &event["data"]["object"];
    let currency = object["currency"].as_str().unwrap_or_default().to_ascii_uppercase();
    // Amounts that an older API version leaves out are the whole.
    let money = |name: &str| Money {
        minor: object[name].as_i64().or(object["amount"].as_i64()).unwrap_or(0),
        currency: currency.clone(),
    };
    let fact = match event["type"].as_str()? {
        "payment_intent.amount_capturable_updated" => PaymentFact::Authorised(money("amount_capturable")),
        "payment_intent.succeeded" => PaymentFact::Captured(money("amount_received")),
        "payment_intent.canceled" => PaymentFact::Voided,
        "payment_intent.payment_failed" => PaymentFact::Failed(
            object["last_payment_error"]["message"].as_str().unwrap_or("the payment was not accepted").to_owned(),
        ),
        "charge.refunded" => PaymentFact::Refunded(money("amount_refunded")),
        "charge.dispute.created" => PaymentFact::Disputed,
        _ => return None,
    };
    let reference = match object["object"].as_str() {
        Some("payment_intent") => object["id"].as_str(),
        _ => object["payment_intent"].as_str(),
    };
    Some(Notice {
        event_id: event["id"].as_str()?.to_owned(),
        order: object["metadata"][ORDER].as_str().map(str::to_owned),
        reference: reference?.to_owned(),
        fact,
    })
}
