//! `vitrine run`: configuration → wiring → show → shutdown.

use crate::cli::RunArgs;
use crate::desk::{Standings, StudioDesk};
use crate::guests::Guests;
use crate::journal::Journal;
use crate::load::{Loaded, load};
use crate::monitors::Monitors;
use crate::one_line::OneLine;
use crate::opening::go_on_air;
use crate::payments::{self, Cashier};
use crate::studio::Studio;
use crate::{shopfront, wiring};
use anyhow::{Context, anyhow};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use vitrine_media::MonotonicClock;
use vitrine_plugin_host::PluginFolder;
use vitrine_scene::file::Target;
use vitrine_server::{Server, ServerConfig};
use vitrine_show::ports::plugins::Plugins;
use vitrine_show::ports::shop::Shop;

/// Runs a show until its duration is over or a signal ends it.
pub fn run(args: &RunArgs) -> anyhow::Result<()> {
    crate::files::allow_many();
    let clock = Arc::new(MonotonicClock::start());
    let journal = Journal::new(Arc::clone(&clock));
    start_log(&journal);
    let loaded = load(&args.file, None).map_err(|error| anyhow!(error.lines().join("\n")))?;
    let show = go_on_air(&loaded, args, clock)?;
    let guests = Arc::clone(&show.guests);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("server")
        .enable_all()
        .build()
        .context("can't start the server's threads")?;
    let served = runtime.block_on(serve(&show.studio, &loaded, args, journal, guests));
    tracing::info!("the show is ending");
    show.end();
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

/// Opens the shop, unless the show sells nothing and no database is named.
async fn open_shop(
    studio: &Arc<Studio>,
    guests: &Arc<Guests>,
    loaded: &Loaded,
    args: &RunArgs,
) -> anyhow::Result<Option<Arc<dyn Shop>>> {
    let sells = !loaded.file.products.is_empty() || loaded.file.catalogue.is_some();
    if !sells && args.db.is_none() {
        return Ok(None);
    }
    let url = shopfront::database(args.db.as_deref(), loaded);
    let store = shopfront::open(&url, loaded).await?;
    show_shop(store.as_ref(), studio);
    tracing::info!("the shop is open at /watch/{}", shopfront::slug(&loaded.show.name));
    let shop: Arc<dyn Shop> = store;
    if let Some(show) = shopfront::show_id(&loaded.show.name) {
        guests.sell(&shop, show, studio.cards.address().to_owned(), tokio::runtime::Handle::current());
    }
    Ok(Some(shop))
}

/// Puts the shop on the picture and into the streams, now and after each change.
fn show_shop(shop: &dyn Shop, studio: &Arc<Studio>) {
    studio.cards.see(shop.view());
    let studio = Arc::downgrade(studio);
    shop.listen(Arc::new(move |news| {
        if let Some(studio) = studio.upgrade() {
            studio.cards.see(Arc::clone(&news.view));
        }
    }));
}

/// Log lines to standard error, as `RUST_LOG` wants, and to the desk's drawer.
fn start_log(journal: &Journal) {
    let wanted = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let lines =
        tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| OneLine(std::io::stderr())).with_target(false);
    // A second subscriber in one process is refused; the first one serves then.
    let _ = tracing_subscriber::registry().with(wanted).with(lines).with(journal.clone()).try_init();
}

/// What the server may show of this show.
fn server_config(loaded: &Loaded, path: &Path) -> ServerConfig {
    let hls = loaded.file.outputs.iter().filter_map(|output| match &output.target {
        Target::Hls(to) => Some((output.name.to_string(), crate::load::resolve(&loaded.dir, &to.path))),
        _ => None,
    });
    let hls: BTreeMap<String, PathBuf> = hls.collect();
    let stream = hls.keys().next().map(|name| format!("/hls/{name}/index.m3u8"));
    ServerConfig {
        slug: shopfront::slug(&loaded.show.name),
        stream,
        assets: Some(loaded.dir.clone()),
        providers: providers(loaded, path),
        hls,
        ..ServerConfig::default()
    }
}

/// Who takes money in this show, as the packages that lie beside the show file say.
fn providers(loaded: &Loaded, path: &Path) -> Vec<String> {
    let installed = PluginFolder::beside(path).list();
    let named = loaded.file.plugins.0.iter().map(|(name, _)| name.as_str());
    payments::providers(named.filter_map(|name| Some((name, installed.get(name)?.manifest.exports.as_slice()))))
}

/// Serves the desk until the show's duration is over or a signal comes.
async fn serve(
    studio: &Arc<Studio>,
    loaded: &Loaded,
    args: &RunArgs,
    journal: Journal,
    guests: Arc<Guests>,
) -> anyhow::Result<()> {
    let monitors = Arc::new(Monitors::new(Arc::clone(studio)));
    let drawing = Arc::clone(&monitors);
    let thread = wiring::start_last("monitors", move || drawing.run())?;
    let desk = Arc::new(StudioDesk {
        studio: Arc::clone(studio),
        monitors,
        journal,
        standings: Standings::default(),
        guests: Arc::clone(&guests),
    });
    let shop = open_shop(studio, &guests, loaded, args).await?;
    let listener = TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("can't listen on {}; is another show running? choose --listen", args.listen))?;
    tracing::info!("the console is at http://{}/", listener.local_addr().unwrap_or(args.listen));
    let shutdown = CancellationToken::new();
    let config = server_config(loaded, &args.file);
    let own = || format!("http://{}", listener.local_addr().unwrap_or(args.listen));
    let page = format!("{}/watch/{}", loaded.file.address.clone().unwrap_or_else(own), config.slug);
    let mut server = Server::new(config, desk);
    let mut paying = None;
    if let Some(shop) = shop {
        let chat = Arc::clone(&guests);
        let plugins = move || guests.host().map(|host| host as Arc<dyn Plugins>);
        let cashier = Cashier::new(Arc::clone(&shop), plugins, page);
        paying = Some(tokio::spawn(Arc::clone(&cashier).run()));
        server = server.with_shop(shop).with_hooks(cashier).with_chat(chat);
    }
    let serving = tokio::spawn(server.run(listener, shutdown.clone()));
    let mut terminate = signal(SignalKind::terminate()).context("can't hear signals")?;
    let over = async {
        match args.duration {
            Some(duration) => tokio::time::sleep(duration).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = over => {}
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    // A second signal doesn't wait for files to be finished.
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        std::process::exit(130);
    });
    shutdown.cancel();
    let _ = tokio::time::timeout(Duration::from_secs(3), serving).await;
    if let Some(paying) = paying {
        paying.abort();
    }
    studio.stop.store(true, Ordering::Relaxed);
    let _ = thread.join();
    Ok(())
}
