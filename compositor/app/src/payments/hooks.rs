//! Webhooks: handed to their plugin as raw bytes; what a verified one says happens once, and only then is it answered.

use super::{Cashier, fact, money};
use std::time::Duration;
use vitrine_commerce::{Command, OrderId, Parcel, PaymentFact, Refusal};
use vitrine_media::PluginId;
use vitrine_server::{HookAnswer, HookCall, Hooks};
use vitrine_show::ports::Answer;
use vitrine_show::ports::plugins::{Amount, Call, CallError, Fact, Inbound, Outcome, Reply};

/// How long a plugin may take to read a webhook: senders give up soon after.
const READ_LIMIT: Duration = Duration::from_secs(10);

/// What a fact of a webhook comes to.
enum Meaning {
    /// This.
    Command(Box<Command>),
    /// Nothing here.
    Nothing,
    /// The order could not be looked up now.
    Later,
}

impl Hooks for Cashier {
    fn deliver(&self, call: HookCall) -> Answer<'_, Option<HookAnswer>> {
        Box::pin(async move {
            let (plugins, plugin) = ((self.plugins)()?, PluginId::new(&call.plugin).ok()?);
            let request = Inbound {
                method: "POST".to_owned(),
                path: String::new(),
                headers: call.headers,
                body: call.body.to_vec(),
            };
            let asked = plugins.call(&plugin, Call::Webhook { hook: call.hook, request }, READ_LIMIT).await;
            match asked {
                Ok(Reply::Outcome(outcome)) => Some(self.believe(&plugin, outcome).await),
                Ok(_) => Some(say(500, "the plugin gave no answer to a webhook")),
                Err(CallError::Unknown(_) | CallError::NotExported { .. }) => None,
                Err(error) => {
                    tracing::warn!(code = error.code(), plugin = %plugin, "webhook: {error}");
                    Some(say(status_of(&error), error.code()))
                }
            }
        })
    }
}

/// What the sender is answered: anything but 2xx makes it come again.
const fn status_of(error: &CallError) -> u16 {
    match error {
        CallError::BadSignature(_) => 401,
        CallError::Refused { .. } => 400,
        _ => 503,
    }
}

fn say(status: u16, body: &str) -> HookAnswer {
    HookAnswer { status, body: body.to_owned() }
}

impl Cashier {
    /// Carries out what a verified call says, then gives the plugin's answer.
    async fn believe(&self, plugin: &PluginId, outcome: Outcome) -> HookAnswer {
        for (n, said) in outcome.facts.into_iter().enumerate() {
            let command = match self.meaning(plugin, outcome.event_id.as_deref(), n, said).await {
                Meaning::Command(command) => *command,
                Meaning::Nothing => continue,
                Meaning::Later => return say(503, "STORE_UNAVAILABLE"),
            };
            match self.submit(command).await {
                Ok(()) => {}
                Err(refusal @ (Refusal::StoreBusy { .. } | Refusal::StoreUnavailable { .. })) => {
                    return say(503, refusal.code());
                }
                // Others use the same account at the provider: their events are none of ours.
                Err(refusal @ Refusal::OrderUnknown { .. }) => tracing::info!(plugin = %plugin, "webhook: {refusal}"),
                // It would be refused again: a person has to look at it.
                Err(refusal) => {
                    tracing::error!(code = refusal.code(), plugin = %plugin, "a webhook's news was refused: {refusal}");
                }
            }
        }
        HookAnswer { status: outcome.status, body: String::from_utf8_lossy(&outcome.body).into_owned() }
    }

    async fn meaning(&self, plugin: &PluginId, event: Option<&str>, n: usize, said: Fact) -> Meaning {
        let provider = plugin.as_str().to_owned();
        let event = |kind: &str, reference: &str, amount: i64| match event {
            Some(event) => format!("{event}#{n}"),
            None => format!("{kind}:{reference}:{amount}"),
        };
        let (event, order, reference, what) = match said {
            Fact::Payment(notice) => {
                let order = notice.order.and_then(|id| OrderId::new(&id).ok());
                (notice.event_id, order, notice.reference, fact(notice.fact))
            }
            Fact::Paid { reference, amount } => {
                let what = money(&amount).map(|amount| PaymentFact::Captured { amount });
                (event("paid", &reference, amount.minor), None, reference, what)
            }
            Fact::Refunded { reference, amount: Amount { minor, currency } } => {
                let what = money(&Amount { minor, currency }).map(|amount| PaymentFact::Refunded { amount });
                (event("refunded", &reference, minor), None, reference, what)
            }
            Fact::PaymentFailed { reference, reason } => {
                (event("failed", &reference, 0), None, reference, Some(PaymentFact::Failed { reason }))
            }
            Fact::Shipped { order, tracking } => {
                let Ok(order) = OrderId::new(&order) else { return Meaning::Nothing };
                return Meaning::Command(Box::new(Command::Ship {
                    order,
                    parcel: Parcel { carrier: provider, tracking },
                }));
            }
            Fact::Stock(_) => return Meaning::Nothing,
        };
        let Some(what) = what else {
            tracing::error!(code = "PLUGIN_AMOUNT", plugin = %plugin, event, "a webhook's amount is none");
            return Meaning::Nothing;
        };
        let order = match order {
            Some(order) => order,
            None => match self.shop.order_of_payment(reference.clone()).await {
                Ok(Some(order)) => order.id,
                Ok(None) => return Meaning::Nothing,
                Err(_) => return Meaning::Later,
            },
        };
        let reference = Some(reference);
        Meaning::Command(Box::new(Command::PaymentEvent { provider, event, order, reference, fact: what }))
    }
}
