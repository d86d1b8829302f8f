//! A whole shop on a loopback port for a measurement: store, server and cashier as `vitrine run` wires them.

use super::timed::Timed;
use crate::payments::Cashier;
use crate::wiring;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use vitrine_server::{Server, ServerConfig, TEST_PROVIDER};
use vitrine_show::ports::desk::{self, Desk, Hotspots, Meters, Monitor, MonitorPicture, Snapshot};
use vitrine_show::ports::shop::Shop;
use vitrine_store::{Options, Store};

/// The show's name in addresses.
pub(super) const SLUG: &str = "bench";

/// A desk with no show behind it.
pub struct QuietDesk;

impl Desk for QuietDesk {
    fn submit(&self, _: desk::Command) -> Result<(), desk::Refusal> {
        Ok(())
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::default()
    }

    fn meters(&self) -> Arc<Meters> {
        Arc::default()
    }

    fn monitor(&self, _: &Monitor) -> Option<MonitorPicture> {
        None
    }

    fn hotspots(&self, _: u64) -> Vec<Arc<Hotspots>> {
        Vec::new()
    }
}

/// Open until dropped.
pub(super) struct ShopFloor {
    pub(super) store: Arc<Store>,
    /// The same store, as the server reaches it.
    pub(super) timed: Arc<Timed>,
    pub(super) address: SocketAddr,
    _ending: DropGuard,
}

impl ShopFloor {
    pub(super) async fn open(url: &str, units: u64) -> anyhow::Result<Self> {
        let (store, work) = Store::open(url, Options::default()).await?;
        wiring::start_store(work)?;
        let run = uuid::Uuid::now_v7().simple().to_string();
        vitrine_store::bench::stock(&store, &run, i64::try_from(units)?).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let timed = Arc::new(Timed::new(Arc::clone(&store)));
        let shop = Arc::clone(&timed) as Arc<dyn Shop>;
        let cashier = Cashier::new(Arc::clone(&shop), || None, format!("http://{address}/watch/{SLUG}"));
        let ending = CancellationToken::new();
        let (end, paying) = (ending.clone(), Arc::clone(&cashier));
        tokio::spawn(async move {
            tokio::select! {
                () = paying.run() => {}
                () = end.cancelled() => {}
            }
        });
        let providers = vec![TEST_PROVIDER.to_owned()];
        let config = ServerConfig { slug: SLUG.to_owned(), providers, ..ServerConfig::default() };
        let server = Server::new(config, Arc::new(QuietDesk)).with_shop(shop).with_hooks(cashier);
        tokio::spawn(server.run(listener, ending.clone()));
        Ok(Self { store, timed, address, _ending: ending.drop_guard() })
    }
}
