//! A shop that notes how long holds took, seen from the server: from a request that is read to the answer it can write.
//! What the buyers' clients measure beyond it is the way there and back, and waiting for a processor.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use vitrine_commerce::{Command, GiveawayId, Order, OrderId, Refusal, Reply, ShopView, Topic};
use vitrine_show::ports::Answer;
use vitrine_show::ports::shop::{IdempotencyKey, Listener, OrderQuery, Outgoing, Settled, Shop};
use vitrine_store::Store;

/// Passes everything on.
pub(super) struct Timed {
    store: Arc<Store>,
    holds: Mutex<Vec<Duration>>,
}

impl Timed {
    pub(super) fn new(store: Arc<Store>) -> Self {
        Self { store, holds: Mutex::default() }
    }

    /// How long each hold took so far.
    pub(super) fn holds(&self) -> Vec<Duration> {
        self.holds.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Shop for Timed {
    fn submit(&self, command: Command, key: IdempotencyKey) -> Answer<'_, Result<Reply, Refusal>> {
        let began = matches!(command, Command::Hold { .. }).then(Instant::now);
        let answer = self.store.submit(command, key);
        Box::pin(async move {
            let answer = answer.await;
            if let Some(began) = began {
                self.holds.lock().unwrap_or_else(PoisonError::into_inner).push(began.elapsed());
            }
            answer
        })
    }

    fn view(&self) -> Arc<ShopView> {
        self.store.view()
    }

    fn listen(&self, listener: Listener) {
        self.store.listen(listener);
    }

    fn order(&self, id: OrderId) -> Answer<'_, Result<Option<Order>, Refusal>> {
        self.store.order(id)
    }

    fn order_of_payment(&self, reference: String) -> Answer<'_, Result<Option<Order>, Refusal>> {
        self.store.order_of_payment(reference)
    }

    fn orders(&self, query: OrderQuery) -> Answer<'_, Result<Vec<Order>, Refusal>> {
        self.store.orders(query)
    }

    fn take_errands(&self, topics: Vec<Topic>, limit: u32, lease: u64) -> Answer<'_, Result<Vec<Outgoing>, Refusal>> {
        self.store.take_errands(topics, limit, lease)
    }

    fn settle_errand(&self, seq: i64, settled: Settled) -> Answer<'_, Result<(), Refusal>> {
        self.store.settle_errand(seq, settled)
    }

    fn entries(&self, giveaway: GiveawayId) -> Answer<'_, Result<Vec<String>, Refusal>> {
        self.store.entries(giveaway)
    }

    fn dead_errands(&self, limit: u32) -> Answer<'_, Result<Vec<Outgoing>, Refusal>> {
        self.store.dead_errands(limit)
    }

    fn revive_errand(&self, seq: i64) -> Answer<'_, Result<(), Refusal>> {
        self.store.revive_errand(seq)
    }
}
