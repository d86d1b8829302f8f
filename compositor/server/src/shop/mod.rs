//! The shop over HTTP: what shoppers, the seller's desk and payment providers call.

pub(crate) mod api;
pub(crate) mod buyer;
pub(crate) mod hooks;
pub(crate) mod pages;
pub(crate) mod public;
pub(crate) mod seller;
pub(crate) mod test_pay;

use crate::errors::ApiError;
use crate::limits::{AT_THE_TILL_MAX, TILL_RETRY_AFTER_MS, TILL_WAIT_MAX};
use crate::live::LiveHub;
use crate::state::App;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::{Semaphore, SemaphorePermit};
use vitrine_commerce::{Refusal, ShowId};
use vitrine_show::ports::shop::{IdempotencyKey, Shop};

/// The shop behind the server, and the room where its viewers talk.
pub(crate) struct ShopFloor {
    pub(crate) shop: Arc<dyn Shop>,
    pub(crate) show: ShowId,
    pub(crate) live: LiveHub,
    till: Semaphore,
}

impl ShopFloor {
    pub(crate) fn new(shop: Arc<dyn Shop>, show: ShowId) -> Self {
        Self { live: LiveHub::new(shop.view()), shop, show, till: Semaphore::new(AT_THE_TILL_MAX) }
    }

    /// A place at the till, first come, first served: who pays has their units held, and in a rush must not take the
    /// processor from those who still want some.
    ///
    /// # Errors
    /// [`Refusal::StoreBusy`] after [`TILL_WAIT_MAX`]: a database that hangs must not keep a growing line of buyers.
    pub(crate) async fn turn(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        let turn = tokio::time::timeout(TILL_WAIT_MAX, self.till.acquire()).await;
        turn.ok().and_then(Result::ok).ok_or(Refusal::StoreBusy { retry_after_ms: TILL_RETRY_AFTER_MS })
    }
}

impl App {
    /// The shop, if this show sells.
    pub(crate) fn floor(&self) -> Result<&ShopFloor, ApiError> {
        self.shop.as_ref().ok_or(ApiError::NoShop)
    }

    /// The shop, if it is the one of this show.
    pub(crate) fn floor_of(&self, show: &str) -> Result<&ShopFloor, ApiError> {
        self.floor().ok().filter(|floor| floor.show.as_str() == show).ok_or(ApiError::NotFound)
    }
}

/// Milliseconds since 1970 by the wall clock: the shop's clock.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A key made of what the client named: the same request carries the same key.
pub(crate) fn key(what: &str, id: &impl std::fmt::Display) -> Result<IdempotencyKey, ApiError> {
    Ok(IdempotencyKey::new(&format!("{what}:{id}"))?)
}
