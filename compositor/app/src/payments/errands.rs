//! One errand: which provider it is for, what that is asked, and what its answer means for the order.

use super::{ASK_LIMIT, Cashier, amount};
use serde::Deserialize;
use std::time::{Duration, Instant};
use vitrine_commerce::{Command, Money, Order, OrderId, OrderState, PaymentFact, Refusal, Topic};
use vitrine_media::PluginId;
use vitrine_server::TEST_PROVIDER;
use vitrine_show::ports::plugins::{Call, CallError, Checkout, LineView, NextStep, Reply};
use vitrine_show::ports::shop::{Outgoing, Settled};

/// How long an errand waits for a busy plugin before it gives its place up: with one call more it stays in its lease.
const QUEUE_LIMIT: Duration = Duration::from_secs(30);
/// Time between two tries at a busy plugin.
const QUEUE_PAUSE: Duration = Duration::from_millis(250);

/// The body of a payment errand.
#[derive(Deserialize)]
struct Asked {
    order: OrderId,
    #[serde(default)]
    provider: Option<String>,
    #[serde(default)]
    reference: Option<String>,
    #[serde(default)]
    amount: Option<Money>,
}

/// Why a try came to nothing.
enum Trouble {
    /// It may work later.
    Later(String),
    /// It never will.
    Never(String),
    /// There is nothing left to do.
    Moot,
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::Later(format!("{}: {refusal}", refusal.code()))
    }
}

impl From<CallError> for Trouble {
    fn from(error: CallError) -> Self {
        let why = format!("{}: {error}", error.code());
        match error {
            CallError::NotExported { .. } | CallError::Refused { code: "invalid" | "unsupported", .. } => {
                Self::Never(why)
            }
            _ => Self::Later(why),
        }
    }
}

impl Cashier {
    pub(super) async fn carry_out(&self, out: &Outgoing) -> Settled {
        match self.attempt(out).await {
            Ok(()) | Err(Trouble::Moot) => Settled::Done,
            Err(Trouble::Later(why)) => Settled::Failed { why },
            Err(Trouble::Never(why)) => Settled::Dead { why },
        }
    }

    async fn attempt(&self, out: &Outgoing) -> Result<(), Trouble> {
        let asked: Asked = serde_json::from_value(out.errand.body.clone())
            .map_err(|error| Trouble::Never(format!("the errand can't be read: {error}")))?;
        let named =
            asked.provider.as_deref().ok_or_else(|| Trouble::Never("the order names no provider".to_owned()))?;
        if named == TEST_PROVIDER {
            return self.test_provider(out.errand.topic, asked).await;
        }
        let plugin = PluginId::new(named).map_err(|error| Trouble::Never(error.to_string()))?;
        let key = out.errand.key.clone();
        if out.errand.topic == Topic::PaymentIntent {
            return self.intent(&plugin, asked.order, key).await;
        }
        let missing = |what: &str| Trouble::Never(format!("the errand has no {what}"));
        let reference = asked.reference.ok_or_else(|| missing("reference of a payment"))?;
        let sum = || asked.amount.map(amount).ok_or_else(|| missing("amount"));
        let call = match out.errand.topic {
            Topic::PaymentCapture => Call::PaymentCapture { reference, amount: sum()?, idempotency_key: key },
            Topic::PaymentRefund => Call::PaymentRefund { reference, amount: sum()?, idempotency_key: key },
            _ => Call::PaymentVoid { reference, idempotency_key: key },
        };
        // What came of it is learnt from the provider's signed events, in whatever order they come.
        self.ask(&plugin, call).await.map(drop)
    }

    async fn ask(&self, plugin: &PluginId, call: Call) -> Result<Reply, Trouble> {
        let plugins = (self.plugins)().ok_or_else(|| Trouble::Later("no plugins run in this show".to_owned()))?;
        let began = Instant::now();
        loop {
            match plugins.call(plugin, call.clone(), ASK_LIMIT).await {
                // A rush: waiting here keeps the buyers' turn, an errand's growing delay would not.
                Err(CallError::Busy(_) | CallError::Refused { code: "rate-limited", .. })
                    if began.elapsed() < QUEUE_LIMIT =>
                {
                    tokio::time::sleep(QUEUE_PAUSE).await;
                }
                answer => return Ok(answer?),
            }
        }
    }

    async fn found(&self, id: OrderId) -> Result<Order, Trouble> {
        let order = self.shop.order(id.clone()).await?;
        order.ok_or_else(|| Trouble::Never(format!("there is no order {id}")))
    }

    /// Has the provider make a payment, and writes down where the buyer goes next.
    async fn intent(&self, plugin: &PluginId, id: OrderId, key: String) -> Result<(), Trouble> {
        let order = self.found(id).await?;
        if order.state != OrderState::Paying {
            return Err(Trouble::Moot);
        }
        let asked = self.ask(plugin, Call::PaymentCreate(self.checkout(&order, key.clone()))).await;
        let (reference, step) = match asked {
            Ok(Reply::PaymentCreated(reference, step)) => (reference, step),
            Ok(other) => return Err(Trouble::Never(format!("the plugin answered {other:?}"))),
            Err(Trouble::Never(why)) => {
                // The buyer is told, and may try again or choose another way while the hold lasts.
                let reason = "the payment could not be started".to_owned();
                self.learn(plugin.as_str(), &key, &order.id, None, PaymentFact::Failed { reason }).await?;
                return Err(Trouble::Never(why));
            }
            Err(other) => return Err(other),
        };
        let (next_step, paid) = match step {
            NextStep::Redirect(text) | NextStep::ShowQr(text) | NextStep::ClientToken(text) => (Some(text), false),
            NextStep::Completed(_) => (None, true),
        };
        let made = Command::IntentCreated { order: order.id.clone(), reference: reference.clone(), next_step };
        self.submit(made).await?;
        if paid {
            let fact = PaymentFact::Captured { amount: order.total };
            self.learn(plugin.as_str(), &key, &order.id, Some(reference), fact).await?;
        }
        Ok(())
    }

    fn checkout(&self, order: &Order, idempotency_key: String) -> Checkout {
        let line = |line: &vitrine_commerce::OrderLine| LineView {
            sku: line.sku.to_string(),
            title: line.title.clone(),
            quantity: line.qty,
            unit_price: amount(line.unit_price),
        };
        Checkout {
            id: order.id.to_string(),
            lines: order.lines.iter().map(line).collect(),
            total: amount(order.total),
            buyer: None,
            idempotency_key,
            return_url: self.page.clone(),
        }
    }

    /// The built-in provider: its page makes and takes payments, so that only giving back is left to do.
    async fn test_provider(&self, topic: Topic, asked: Asked) -> Result<(), Trouble> {
        if !matches!(topic, Topic::PaymentRefund | Topic::PaymentVoid) {
            return Ok(());
        }
        let order = self.found(asked.order).await?;
        let (word, fact) = match topic {
            Topic::PaymentRefund => {
                let minor = order.payment.refund_asked_minor;
                let amount = Money { minor, currency: order.total.currency };
                (format!("refund-{minor}"), PaymentFact::Refunded { amount })
            }
            _ => ("void".to_owned(), PaymentFact::Voided),
        };
        self.learn(TEST_PROVIDER, &format!("test-{}-{word}", order.id), &order.id, asked.reference, fact).await
    }

    async fn learn(
        &self,
        provider: &str,
        event: &str,
        order: &OrderId,
        reference: Option<String>,
        fact: PaymentFact,
    ) -> Result<(), Trouble> {
        let (provider, event, order) = (provider.to_owned(), event.to_owned(), order.clone());
        Ok(self.submit(Command::PaymentEvent { provider, event, order, reference, fact }).await?)
    }
}
