//! `vitrine run`: configuration → wiring → show → shutdown.

use crate::cards::Cards;
use crate::cli::RunArgs;
use crate::deals::Waiting;
use crate::desk::StudioDesk;
use crate::guests::Guests;
use crate::journal::Journal;
use crate::load::{Loaded, load};
use crate::machines::{Encoders, Inputs, Outputs};
use crate::moments::Moments;
use crate::monitors::Monitors;
use crate::on_air::{Assets, OnAir, OnAirCell};
use crate::one_line::OneLine;
use crate::payments::{self, Cashier};
use crate::renderer::Standby;
use crate::sound::Sound;
use crate::studio::{Parts, Studio};
use crate::tick::{CanvasRun, Tick};
use crate::{machines, renderer, shopfront, wiring};
use anyhow::{Context, anyhow};
use arc_swap::ArcSwap;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use vitrine_audio::{BusSettings, Mixer};
use vitrine_media::{Clock, MonotonicClock, Popped};
use vitrine_plugin_host::PluginFolder;
use vitrine_render::overlay::{BitmapStore, FontOptions, Rasteriser, Requester, Worker};
use vitrine_scene::file::Target;
use vitrine_server::{Server, ServerConfig};
use vitrine_show::ports::plugins::Plugins;
use vitrine_show::ports::shop::Shop;
use vitrine_show::run::RunOfShow;

/// Bitmaps kept ready, in bytes: text and cards of a large show are a tenth of this.
const BITMAP_BYTES_MAX: u64 = 256 << 20;
/// How often the `show` thread looks: a transition's end and an overlay's are settled within this.
const WAKE_EVERY: Duration = Duration::from_millis(33);

/// A show in the air and the threads that it started.
pub struct OnTheAir {
    /// The show.
    pub studio: Arc<Studio>,
    /// Its plugins.
    pub guests: Arc<Guests>,
    threads: Vec<JoinHandle<()>>,
    overlay: vitrine_media::Lane<vitrine_render::overlay::Request>,
    left: renderer::Leaving,
}

/// Runs a show until its duration is over or a signal ends it.
pub fn run(args: &RunArgs) -> anyhow::Result<()> {
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
        guests.sell(&shop, show, studio.cards.address().to_owned());
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

/// Where viewers reach the pages: as the show file says, else where the program listens.
fn address(loaded: &Loaded, args: &RunArgs) -> String {
    loaded.file.address.clone().unwrap_or_else(|| format!("http://{}", args.listen))
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

/// Opens everything that a show needs, in the order: bitmaps, inputs, tick, sound, outputs.
pub fn go_on_air(loaded: &Loaded, args: &RunArgs, clock: Arc<MonotonicClock>) -> anyhow::Result<OnTheAir> {
    vitrine_pipeline::init().context("GStreamer is needed for cameras and encoders")?;
    let dyn_clock: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let started_unix_ms = u64::try_from(started.as_millis()).unwrap_or(0).saturating_sub(clock.now().millis());
    let (stop, stats) = (Arc::new(AtomicBool::new(false)), Arc::new(crate::stats::TickStats::default()));
    let bitmaps = Arc::new(BitmapStore::new(BITMAP_BYTES_MAX));
    let requests = wiring::bitmap_requests();
    let rasteriser = || Rasteriser::new(FontOptions::default());
    let worker = Worker::new(rasteriser(), Arc::clone(&bitmaps), requests.clone());

    let run = RunOfShow::start(Arc::clone(&loaded.file));
    let left = wiring::leaving_renderers();
    let (mut canvases, mut back, mut renderers) = (Vec::new(), Vec::new(), Vec::new());
    for (index, canvas) in loaded.show.canvases.iter().enumerate() {
        let drawing = renderer::make(args.renderer)?;
        let info = Arc::new(ArcSwap::from_pointee(drawing.info()));
        let returning = wiring::returning_renderer(&canvas.name);
        let (left, spare) = (left.clone(), Box::new(renderer::cpu));
        let standby = Standby { spare, left, back: returning.clone(), info: Arc::clone(&info) };
        canvases.push(CanvasRun::new(index, canvas.size, canvas.rate, drawing, standby));
        back.push(returning);
        renderers.push(info);
    }
    let renderer = renderers.first().map(Arc::clone).context("a show has a canvas")?;
    tracing::info!("drawing on {}: {}", renderer.load().kind, renderer.load().adapter);

    let assets = Arc::new(Assets { products: loaded.product_images.clone(), ..Assets::default() });
    let on_air = OnAirCell::new(OnAir {
        show: Arc::clone(&loaded.show),
        air: run.air().clone(),
        slate: None,
        layers: Arc::default(),
        assets: Arc::clone(&assets),
        started_unix_ms,
    });
    let (events, audio) = (wiring::input_events(), wiring::audio_orders());
    let tallies = Arc::new(ArcSwap::new(Arc::clone(run.tallies())));
    let mixer = Mixer::new(BusSettings { ceiling_dbtp: loaded.file.audio.limiter_db });
    let meters = Arc::new(ArcSwap::from_pointee(mixer.meters()));
    let sound_lanes = Arc::new(ArcSwap::from_pointee(Vec::new()));
    let encoders = Encoders::new(canvases.iter().map(CanvasRun::lanes).collect(), Arc::clone(&sound_lanes));
    let moments = Arc::new(Moments::new(wiring::clickable(), started_unix_ms, canvases.len()));
    let cards = Cards::new(&loaded.file, shopfront::show_id(&loaded.show.name), address(loaded, args));
    let outputs = Outputs::new(loaded.dir.clone(), start_word(started), Arc::clone(&moments));
    let inputs = Inputs::new(Arc::clone(&dyn_clock), events.clone(), audio.clone(), rasteriser());
    let parts = Parts {
        run,
        show: Arc::clone(&loaded.show),
        inputs,
        encoders,
        outputs,
        problems: Vec::new(),
        layers: Arc::default(),
        assets,
    };
    let studio = Arc::new(Studio {
        clock,
        started_unix_ms,
        path: args.file.clone(),
        on_air: on_air.clone(),
        seats: Arc::default(),
        tallies: Arc::clone(&tallies),
        bitmaps: Arc::clone(&bitmaps),
        stats: Arc::clone(&stats),
        meters: Arc::clone(&meters),
        programs: canvases.iter().map(CanvasRun::program).collect(),
        renderer,
        audio: audio.clone(),
        events: events.clone(),
        moments: Arc::clone(&moments),
        cards,
        proposals: Waiting::default(),
        slate: Arc::new(machines::slate_card("Technical fault\nWe are right back")),
        stop: Arc::clone(&stop),
        parts: Mutex::new(parts),
    });
    let sound = Sound {
        clock: Arc::clone(&dyn_clock),
        mixer,
        orders: audio,
        encoders: sound_lanes,
        on_air: on_air.clone(),
        tallies,
        meters,
        stop: Arc::clone(&stop),
    };
    let mut threads = vec![wiring::start_overlay(worker)?, wiring::start_sound(sound)?];
    let (choice, leaving, stopping) = (args.renderer, left.clone(), Arc::clone(&studio.stop));
    threads.push(wiring::start_own("renderer", move || {
        renderer::bring_back(&leaving, &back, &mut || renderer::make(choice), |wait| go_on_after(wait, &stopping));
    })?);
    let now = studio.now();
    studio.parts().inputs.update(loaded, &studio.seats, now);
    let seats = Arc::clone(&studio.seats);
    threads.push(wiring::start_tick(Tick {
        clock: dyn_clock,
        canvases,
        seats,
        on_air,
        bitmaps: Arc::clone(&bitmaps),
        stats,
        spots: moments.lane().clone(),
        stop,
    })?);
    {
        let mut parts = studio.parts();
        let Parts { outputs, encoders, .. } = &mut *parts;
        outputs.update(loaded, encoders);
    }
    let guests = Arc::new(Guests::new(&studio));
    guests.follow(studio.now());
    let (minder, minded) = (Arc::clone(&studio), Arc::clone(&guests));
    let requester = Requester::new(bitmaps, requests.clone());
    threads.push(wiring::start_own("show", move || mind(&minder, &minded, requester))?);
    Ok(OnTheAir { studio, guests, threads, overlay: requests, left })
}

/// Waits; `false` as soon as the show ends.
fn go_on_after(wait: Duration, stop: &AtomicBool) -> bool {
    let until = Instant::now() + wait;
    while Instant::now() < until && !stop.load(Ordering::Relaxed) {
        std::thread::sleep(WAKE_EVERY);
    }
    !stop.load(Ordering::Relaxed)
}

/// The body of the thread `show`: settles what time has ended, hears inputs, watches the show file and the plugins.
fn mind(studio: &Studio, guests: &Guests, mut requester: Requester) {
    let mut file = crate::watch::Watch::new(&studio.path);
    while !studio.stop.load(Ordering::Relaxed) {
        if let Popped::Next(event) = studio.events.pop(WAKE_EVERY) {
            studio.heard(&event);
        }
        studio.wake(&mut requester);
        if file.changed(studio.now()) {
            // The refusal stands in the snapshot and the log.
            let _ = studio.reload();
        }
        guests.follow(studio.now());
    }
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

/// The start of the show as file names say it: `20261122-140501`, UTC.
fn start_word(since_epoch: Duration) -> String {
    let secs = i64::try_from(since_epoch.as_secs()).unwrap_or(0);
    jiff::Timestamp::from_second(secs).map_or_else(|_| secs.to_string(), |at| at.strftime("%Y%m%d-%H%M%S").to_string())
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
    let desk = Arc::new(StudioDesk { studio: Arc::clone(studio), monitors, journal, guests: Arc::clone(&guests) });
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
        let plugins = move || guests.host().map(|host| host as Arc<dyn Plugins>);
        let cashier = Cashier::new(Arc::clone(&shop), plugins, page);
        paying = Some(tokio::spawn(Arc::clone(&cashier).run()));
        server = server.with_shop(shop).with_hooks(cashier);
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

impl OnTheAir {
    /// Ends the show: files are finished, connections closed, threads joined.
    pub fn end(self) {
        self.guests.end();
        self.studio.end();
        self.overlay.close();
        self.left.close();
        for thread in self.threads {
            let _ = thread.join();
        }
    }
}
