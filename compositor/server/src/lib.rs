//! The control API, the producer's console, the shopper's page, webhooks and metrics, over HTTP and WebSocket.
//!
//! ```text
//!             ┌ guard: host, origin, rate, role ┐
//! browser ──► │ routes.rs: one table            │ ──► Desk (the show)     ──► snapshot, meters, pictures
//! curl    ──► │                                 │ ──► Shop (the store)    ──► events.rs: one encode for all
//! webhook ──► └─────────────────────────────────┘ ──► hooks, chat (plugins)
//! ```
//!
//! Nothing here is on the walk of a frame: a desk that answers late costs a late console, never a late picture.
//!
//! ```no_run
//! # async fn example(desk: std::sync::Arc<dyn vitrine_show::ports::desk::Desk>) -> std::io::Result<()> {
//! use tokio_util::sync::CancellationToken;
//! use vitrine_server::{Server, ServerConfig};
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! Server::new(ServerConfig::default(), desk).run(listener, CancellationToken::new()).await
//! # }
//! ```

mod body;
mod config;
mod desk_api;
mod errors;
mod events;
mod guard;
mod headers;
mod hls;
mod limits;
mod live;
mod metrics;
mod monitor;
mod openapi;
mod routes;
mod serve;
mod session;
mod shop;
mod state;
mod ui;

#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;

pub use config::{AccessToken, Role, ServerConfig};
pub use errors::ApiError;
pub use shop::hooks::{HookAnswer, HookCall, Hooks};
pub use shop::test_pay::TEST_PROVIDER;

use events::EventHub;
use guard::{Rates, Sessions};
use limits::{DESK_CLIENTS_MAX, VIEWERS_MAX};
use shop::ShopFloor;
use state::{App, Shared};
use std::io;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use vitrine_commerce::ShowId;
use vitrine_show::ports::chat::Chat;
use vitrine_show::ports::desk::Desk;
use vitrine_show::ports::shop::Shop;

/// The server, ready to run.
pub struct Server {
    shared: Shared,
}

impl Server {
    /// A server over a show's desk.
    #[must_use]
    pub fn new(config: ServerConfig, desk: Arc<dyn Desk>) -> Self {
        let shared = Shared {
            sessions: Sessions::new(&config.tokens),
            config,
            events: EventHub::new(desk.snapshot()),
            desk,
            shop: None,
            hooks: None,
            chat: None,
            rates: Rates::default(),
            desk_places: Arc::new(Semaphore::new(DESK_CLIENTS_MAX)),
            viewer_places: Arc::new(Semaphore::new(VIEWERS_MAX)),
            ending: CancellationToken::new(),
        };
        Self { shared }
    }

    /// Opens the shop: the shopper's page, the seller's desk, the host's monitor. The configuration's slug names the
    /// show; a slug that can't be an id leaves the shop closed.
    #[must_use]
    pub fn with_shop(mut self, shop: Arc<dyn Shop>) -> Self {
        let show = ShowId::new(&self.shared.config.slug).ok();
        self.shared.shop = show.map(|show| ShopFloor::new(shop, show));
        self
    }

    /// Opens the door for webhooks.
    #[must_use]
    pub fn with_hooks(mut self, hooks: Arc<dyn Hooks>) -> Self {
        self.shared.hooks = Some(hooks);
        self
    }

    /// Lets somebody hear what viewers write in the chat, and answer there.
    #[must_use]
    pub fn with_chat(mut self, chat: Arc<dyn Chat>) -> Self {
        self.shared.chat = Some(chat);
        self
    }

    /// Serves until `shutdown` is cancelled and what was open has ended, at most two seconds later.
    ///
    /// # Errors
    /// The listener's, when it can't be used at all.
    pub async fn run(self, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
        let app = App::new(self.shared);
        let _streams_end_too = app.ending.clone().drop_guard();
        let router = routes::router(&app);
        tokio::select! {
            served = serve::serve(listener, router, shutdown.clone()) => served,
            () = end_streams(&app, &shutdown) => Ok(()),
            () = app.events.pump(app.desk.as_ref()) => Ok(()),
            () = pump_viewers(&app) => Ok(()),
        }
    }
}

async fn pump_viewers(app: &App) {
    match &app.shop {
        Some(floor) => floor.live.pump(floor.shop.as_ref(), app.desk.as_ref(), &floor.show, app.chat.as_deref()).await,
        None => std::future::pending().await,
    }
}

/// Tells the streams to end when the server shall, and then waits for ever: `serve` decides when all is over.
async fn end_streams(app: &App, shutdown: &CancellationToken) {
    shutdown.cancelled().await;
    app.ending.cancel();
    std::future::pending::<()>().await;
}
