//! Stripe as a payment provider: an intent with manual capture, captured when the order is safe, cancelled when its hold
//! is gone.
//!
//! ```text
//! create ─► Checkout page or payment intent ─► buyer pays ─► amount_capturable_updated ─► capture ─► succeeded
//!                                                                └ hold gone ─► void
//! ```

mod api;
mod events;
mod form;

use api::Settings;
use events::ORDER;
use form::{Form, escape};
use serde_json::Value;
use vitrine_plugin::x_payment_provider::{Checkout, NextStep, PaymentState};
use vitrine_plugin::x_payment_settlement::Answer;
use vitrine_plugin::{
    Fault, Money, Pair, PaymentProvider, PaymentSettlement, Plugin, Result, Start, export, secrets,
};

struct Stripe;

impl Plugin for Stripe {
    fn start(_: Start) -> Result<Self> {
        for name in ["api-key", "webhook-secret"] {
            if !secrets::exists(name)? {
                return Err(Fault::NotConfigured(format!(
                    "the secret `{name}` is not set; Stripe's dashboard shows it under Developers"
                )));
            }
        }
        Ok(Self)
    }
}

impl PaymentProvider for Stripe {
    fn create(checkout: Checkout) -> Result<(String, NextStep)> {
        let settings = Settings::read();
        if settings.element { intent(&settings, &checkout) } else { session(&settings, &checkout) }
    }

    fn status(reference: &str) -> Result<PaymentState> {
        let settings = Settings::read();
        let intent = match intent_of(&settings, reference)? {
            Some(id) => settings.get(&format!("/v1/payment_intents/{}", segment(&id)))?,
            None => return Ok(PaymentState::Pending),
        };
        Ok(match intent["status"].as_str() {
            Some("succeeded") => PaymentState::Paid,
            Some("canceled") => PaymentState::Cancelled,
            _ => PaymentState::Pending,
        })
    }

    fn refund(reference: &str, amount: Money, idempotency_key: &str) -> Result<String> {
        let form = Form::default().field("payment_intent", reference).field("amount", amount.minor);
        let refund = Settings::read().post("/v1/refunds", form, Some(idempotency_key))?;
        text(&refund, "id")
    }
}

impl PaymentSettlement for Stripe {
    fn capture(reference: &str, amount: Money, idempotency_key: &str) -> Result<()> {
        let path = format!("/v1/payment_intents/{}/capture", segment(reference));
        let form = Form::default().field("amount_to_capture", amount.minor);
        let settings = Settings::read();
        match settings.post(&path, form, Some(idempotency_key)) {
            Err(Fault::Invalid(why)) => standing(&settings, reference, "succeeded", why),
            other => other.map(drop),
        }
    }

    fn void(reference: &str, idempotency_key: &str) -> Result<()> {
        let settings = Settings::read();
        if reference.starts_with("cs_") {
            let path = format!("/v1/checkout/sessions/{}/expire", segment(reference));
            let expired = settings.post(&path, Form::default(), Some(idempotency_key));
            if !matches!(expired, Err(Fault::Invalid(_))) {
                return expired.map(drop);
            }
        }
        // A session that can't expire was completed, or had expired by itself.
        let Some(intent) = intent_of(&settings, reference)? else { return Ok(()) };
        let path = format!("/v1/payment_intents/{}/cancel", segment(&intent));
        match settings.post(&path, Form::default(), Some(&format!("{idempotency_key}:intent"))) {
            Err(Fault::Invalid(why)) => standing(&settings, &intent, "canceled", why),
            other => other.map(drop),
        }
    }

    fn read(_hook: &str, _headers: &[Pair], body: &[u8]) -> Result<Answer> {
        let event: Value = serde_json::from_slice(body).map_err(|e| Fault::Invalid(format!("the event: {e}")))?;
        Ok(Answer { status: 200, body: Vec::new(), notices: events::notice(&event).into_iter().collect() })
    }
}

/// Stripe's own page: the buyer goes there and comes back.
fn session(settings: &Settings, checkout: &Checkout) -> Result<(String, NextStep)> {
    let currency = checkout.total.currency.to_ascii_lowercase();
    let mut form = Form::default()
        .field("mode", "payment")
        .field("client_reference_id", &checkout.id)
        .field(&format!("metadata[{ORDER}]"), &checkout.id)
        .field("payment_intent_data[capture_method]", "manual")
        .field(&format!("payment_intent_data[metadata][{ORDER}]"), &checkout.id)
        .field("success_url", &checkout.return_url)
        .field("cancel_url", &checkout.return_url);
    form = methods(form, settings);
    let sum: i64 = checkout.lines.iter().map(|l| l.unit_price.minor.saturating_mul(i64::from(l.quantity))).sum();
    let lines: Vec<(&str, i64, u32)> = if sum == checkout.total.minor {
        checkout.lines.iter().map(|l| (l.title.as_str(), l.unit_price.minor, l.quantity)).collect()
    } else {
        // A discount code has no line of its own at Stripe; the buyer sees the sum that is asked.
        vec![("Your order", checkout.total.minor, 1)]
    };
    for (n, (title, minor, quantity)) in lines.into_iter().enumerate() {
        form = form
            .field(&format!("line_items[{n}][quantity]"), quantity)
            .field(&format!("line_items[{n}][price_data][currency]"), &currency)
            .field(&format!("line_items[{n}][price_data][unit_amount]"), minor)
            .field(&format!("line_items[{n}][price_data][product_data][name]"), title);
    }
    let made = settings.post("/v1/checkout/sessions", form, Some(&checkout.idempotency_key))?;
    Ok((text(&made, "id")?, NextStep::Redirect(text(&made, "url")?)))
}

/// An intent for a page that shows Stripe's element itself.
fn intent(settings: &Settings, checkout: &Checkout) -> Result<(String, NextStep)> {
    let mut form = Form::default()
        .field("amount", checkout.total.minor)
        .field("currency", checkout.total.currency.to_ascii_lowercase())
        .field("capture_method", "manual")
        .field(&format!("metadata[{ORDER}]"), &checkout.id);
    if settings.methods.is_empty() {
        form = form.field("automatic_payment_methods[enabled]", "true");
    }
    form = methods(form, settings);
    let made = settings.post("/v1/payment_intents", form, Some(&checkout.idempotency_key))?;
    Ok((text(&made, "id")?, NextStep::ClientToken(text(&made, "client_secret")?)))
}

fn methods(form: Form, settings: &Settings) -> Form {
    let named = settings.methods.iter().enumerate();
    named.fold(form, |form, (n, method)| form.field(&format!("payment_method_types[{n}]"), method))
}

/// The intent behind a reference; a checkout session has none before the buyer pays.
fn intent_of(settings: &Settings, reference: &str) -> Result<Option<String>> {
    if !reference.starts_with("cs_") {
        return Ok(Some(reference.to_owned()));
    }
    let session = settings.get(&format!("/v1/checkout/sessions/{}", segment(reference)))?;
    Ok(session["payment_intent"].as_str().map(str::to_owned))
}

/// After a refusal: fine if the payment stands as wanted already, else the refusal.
fn standing(settings: &Settings, reference: &str, wanted: &str, why: String) -> Result<()> {
    let intent = settings.get(&format!("/v1/payment_intents/{}", segment(reference)))?;
    if intent["status"] == wanted { Ok(()) } else { Err(Fault::Invalid(why)) }
}

fn text(object: &Value, name: &str) -> Result<String> {
    let found = object[name].as_str().map(str::to_owned);
    found.ok_or_else(|| Fault::Upstream(format!("Stripe's answer has no `{name}`")))
}

fn segment(reference: &str) -> String {
    let mut path = String::new();
    escape(reference, &mut path);
    path
}

export!(Stripe: payments, settlement);
