//! The console over a fake show, to work on the pages: `cargo run -p vitrine-server --example fake_console [ADDR]`.

#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use vitrine_server::{Server, ServerConfig};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    let shutdown = CancellationToken::new();
    let on_ctrl_c = shutdown.clone();
    tokio::spawn(async move {
        let _pressed = tokio::signal::ctrl_c().await;
        on_ctrl_c.cancel();
    });
    let desk: Arc<support::fake_desk::FakeDesk> = support::fake_desk::FakeDesk::start();
    Server::new(ServerConfig::default(), desk).run(listener, shutdown).await
}
