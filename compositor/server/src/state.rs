//! What every handler shares.

use crate::config::ServerConfig;
use crate::events::EventHub;
use crate::guard::{Rates, Sessions};
use crate::shop::ShopFloor;
use crate::shop::hooks::Hooks;
use std::ops::Deref;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use vitrine_show::ports::chat::Chat;
use vitrine_show::ports::desk::Desk;

/// Shared by all requests; a clone is the same.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

/// The parts.
pub(crate) struct Shared {
    pub(crate) config: ServerConfig,
    pub(crate) desk: Arc<dyn Desk>,
    /// The shop, if the show sells.
    pub(crate) shop: Option<ShopFloor>,
    /// Takes webhooks, if a plugin wants them.
    pub(crate) hooks: Option<Arc<dyn Hooks>>,
    /// Hears the viewers' chat and speaks in it, if plugins run.
    pub(crate) chat: Option<Arc<dyn Chat>>,
    pub(crate) sessions: Sessions,
    pub(crate) rates: Rates,
    pub(crate) events: EventHub,
    /// One permit per desk socket or monitor stream.
    pub(crate) desk_places: Arc<Semaphore>,
    /// One permit per viewer.
    pub(crate) viewer_places: Arc<Semaphore>,
    /// Asked to end: streams close themselves.
    pub(crate) ending: CancellationToken,
}

impl App {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for App {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}
