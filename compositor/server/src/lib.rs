//! The control API, the producer's console, the shopper's page, webhooks and metrics, over HTTP and WebSocket.
//!
//! ```text
//!             ┌ guard: host, origin, rate, role ┐
//! browser ──► │ routes.rs: one table            │ ──► Desk (the show)     ──► snapshot, meters, pictures
//! curl    ──► │                                 │ ──► Shop (the store)    ──► events.rs: one encode for all
//! webhook ──► └─────────────────────────────────┘ ──► hooks (plugins)
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
mod metrics;
mod monitor;
mod openapi;
mod routes;
mod serve;
mod session;
mod state;
mod ui;

#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;

pub use config::{AccessToken, Role, ServerConfig};
pub use errors::ApiError;

use events::EventHub;
use guard::{Rates, Sessions};
use limits::DESK_CLIENTS_MAX;
use state::{App, Shared};
use std::io;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use vitrine_show::ports::desk::Desk;

/// The server, ready to run.
pub struct Server {
    app: App,
}

impl Server {
    /// A server over a show's desk.
    #[must_use]
    pub fn new(config: ServerConfig, desk: Arc<dyn Desk>) -> Self {
        let app = App::new(Shared {
            sessions: Sessions::new(&config.tokens),
            config,
            events: EventHub::new(desk.snapshot()),
            desk,
            rates: Rates::default(),
            desk_places: Arc::new(Semaphore::new(DESK_CLIENTS_MAX)),
            ending: CancellationToken::new(),
        });
        Self { app }
    }

    /// Serves until `shutdown` is cancelled and what was open has ended, at most two seconds later.
    ///
    /// # Errors
    /// The listener's, when it can't be used at all.
    pub async fn run(self, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
        let ending = self.app.ending.clone();
        let _streams_end_too = ending.drop_guard();
        let router = routes::router(&self.app);
        tokio::select! {
            served = serve::serve(listener, router, shutdown.clone()) => served,
            () = end_streams(&self.app, &shutdown) => Ok(()),
            () = self.app.events.pump(self.app.desk.as_ref()) => Ok(()),
        }
    }
}

/// Tells the streams to end when the server shall, and then waits for ever: `serve` decides when all is over.
async fn end_streams(app: &App, shutdown: &CancellationToken) {
    shutdown.cancelled().await;
    app.ending.cancel();
    std::future::pending::<()>().await;
}
