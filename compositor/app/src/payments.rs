//! Payments: what the shop wants done with money is asked of the payment plugin; what the provider says comes back.
//!
//! ```text
//! commit ─► outbox ─► Cashier::run ─► Plugins::call ─► provider           no lock is held, the same key on every try
//! provider ─► /hooks/PLUGIN/HOOK ─► Plugins::call (signature checked) ─► Shop::submit, once for each event ─► 2xx
//! ```

mod errands;
mod hooks;

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use vitrine_commerce::{Event, Money, PaymentFact, Refusal, Topic};
use vitrine_server::TEST_PROVIDER;
use vitrine_show::ports::plugins::{Amount, PaymentNews, Plugins};
use vitrine_show::ports::shop::{IdempotencyKey, Outgoing, Settled, Shop};

/// What the outbox holds for a payment provider.
const TOPICS: [Topic; 4] = [Topic::PaymentIntent, Topic::PaymentCapture, Topic::PaymentVoid, Topic::PaymentRefund];
/// Errands under way at once: twice the workers that a plugin may have, so that none of them waits for the outbox.
const AT_ONCE: usize = 64;
/// How long an errand is lent: longer than a plugin's call may take, its wait for a worker included.
const LEASE_MS: u64 = 60_000;
/// How long a plugin may take.
const ASK_LIMIT: Duration = Duration::from_secs(15);
/// Shortest time between two looks into the outbox: each is a write of its own, and in a rush the buyers' holds must not
/// wait behind hundreds of them.
const LOOKS_APART: Duration = Duration::from_millis(20);
/// Time between two looks into the outbox when nothing was heard: another process may have filled it.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Finds the plugins, once the show has named one.
type FindPlugins = Box<dyn Fn() -> Option<Arc<dyn Plugins>> + Send + Sync>;

/// Between the shop and its payment plugins.
pub struct Cashier {
    shop: Arc<dyn Shop>,
    plugins: FindPlugins,
    /// Where a buyer comes back to, without the order.
    page: String,
}

impl Cashier {
    /// For a shop whose page has this address.
    pub fn new<F>(shop: Arc<dyn Shop>, plugins: F, page: String) -> Arc<Self>
    where
        F: Fn() -> Option<Arc<dyn Plugins>> + Send + Sync + 'static,
    {
        Arc::new(Self { shop, plugins: Box::new(plugins), page })
    }

    /// Carries errands out until dropped.
    pub async fn run(self: Arc<Self>) {
        let wake = Arc::new(Notify::new());
        let waker = Arc::clone(&wake);
        self.shop.listen(Arc::new(move |news| {
            if news.events.iter().any(for_us) {
                waker.notify_one();
            }
        }));
        let mut under_way = JoinSet::new();
        loop {
            let free = u32::try_from(AT_ONCE - under_way.len()).unwrap_or(0);
            let taken = match free {
                0 => Vec::new(),
                _ => self.shop.take_errands(TOPICS.to_vec(), free, LEASE_MS).await.unwrap_or_default(),
            };
            let more = !taken.is_empty();
            for errand in taken {
                let cashier = Arc::clone(&self);
                under_way.spawn(async move { cashier.settle(errand).await });
            }
            tokio::time::sleep(LOOKS_APART).await;
            if more && under_way.len() < AT_ONCE {
                continue;
            }
            tokio::select! {
                () = wake.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                Some(_) = under_way.join_next(), if !under_way.is_empty() => {}
            }
            while under_way.try_join_next().is_some() {}
        }
    }

    /// One try of one errand, and what is written down about it.
    async fn settle(&self, out: Outgoing) {
        let settled = self.carry_out(&out).await;
        let (key, tries) = (&out.errand.key, out.tries + 1);
        match &settled {
            Settled::Done => {}
            Settled::Failed { why } => tracing::warn!(key, tries, "payment errand will be tried again: {why}"),
            Settled::Dead { why } => {
                tracing::error!(
                    code = "PAYMENT_ERRAND_DEAD",
                    key,
                    "payment errand given up, see the dead letters: {why}"
                );
            }
        }
        // What can't be written down now comes back when its lease ends, under the same key.
        if let Err(refusal) = self.shop.settle_errand(out.seq, settled).await {
            tracing::warn!(key, "payment errand not settled: {refusal}");
        }
    }

    /// Submits under a key made here: the shop itself takes each event of a provider once.
    async fn submit(&self, command: vitrine_commerce::Command) -> Result<(), Refusal> {
        let key = IdempotencyKey::new(&format!("cashier:{}", uuid::Uuid::now_v7()))?;
        self.shop.submit(command, key).await.map(drop)
    }
}

const fn for_us(event: &Event) -> bool {
    let Event::Tell { errand } = event else { return false };
    matches!(errand.topic, Topic::PaymentIntent | Topic::PaymentCapture | Topic::PaymentVoid | Topic::PaymentRefund)
}

/// The payment plugins among these, or the test provider so that a demo sells without an account.
pub fn providers<'a>(plugins: impl Iterator<Item = (&'a str, &'a [String])>) -> Vec<String> {
    let pays = |exports: &[String]| exports.iter().any(|export| export == "payment-provider");
    let found: Vec<String> = plugins.filter(|(_, exports)| pays(exports)).map(|(name, _)| name.to_owned()).collect();
    if found.is_empty() { vec![TEST_PROVIDER.to_owned()] } else { found }
}

fn amount(money: Money) -> Amount {
    Amount { minor: money.minor, currency: money.currency.to_string() }
}

fn money(amount: &Amount) -> Option<Money> {
    Money::new(amount.minor, vitrine_commerce::Currency::new(&amount.currency).ok()?).ok()
}

/// A plugin's news in the shop's words; `None` if its amount is none.
fn fact(news: PaymentNews) -> Option<PaymentFact> {
    Some(match news {
        PaymentNews::Authorised(a) => PaymentFact::Authorised { amount: money(&a)? },
        PaymentNews::Captured(a) => PaymentFact::Captured { amount: money(&a)? },
        PaymentNews::Refunded(a) => PaymentFact::Refunded { amount: money(&a)? },
        PaymentNews::Disputed => PaymentFact::Disputed,
        PaymentNews::Voided => PaymentFact::Voided,
        PaymentNews::Failed(reason) => PaymentFact::Failed { reason },
    })
}

#[cfg(test)]
mod tests;
