//! Puts a show on air: opens everything that it needs, in the order bitmaps, inputs, tick, sound, outputs, plugins.

use crate::cards::Cards;
use crate::chat::Words;
use crate::cli::{RendererChoice, RunArgs};
use crate::deals::Waiting;
use crate::guests::Guests;
use crate::load::Loaded;
use crate::machines::{Encoders, Inputs, Outputs};
use crate::moments::Moments;
use crate::on_air::{Assets, OnAir, OnAirCell};
use crate::renderer::{Leaving, Returning, Standby};
use crate::sound::Sound;
use crate::stats::TickStats;
use crate::studio::{Parts, Studio};
use crate::tick::{CanvasRun, Tick};
use crate::{machines, renderer, shopfront, wiring};
use anyhow::Context;
use arc_swap::ArcSwap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use vitrine_audio::{BusSettings, Mixer};
use vitrine_media::{Clock, Lane, MonotonicClock, Popped};
use vitrine_render::RendererInfo;
use vitrine_render::overlay::{BitmapStore, FontOptions, Rasteriser, Request, Requester, Worker};
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
    overlay: Lane<Request>,
    left: Leaving,
}

/// Who draws each canvas, and what happens when one of them is lost.
struct Drawing {
    canvases: Vec<CanvasRun>,
    back: Vec<Returning>,
    left: Leaving,
    /// Who draws the first canvas now.
    first: Arc<ArcSwap<RendererInfo>>,
}

impl Drawing {
    fn open(loaded: &Loaded, choice: RendererChoice) -> anyhow::Result<Self> {
        let left = wiring::leaving_renderers();
        let (mut canvases, mut back, mut renderers) = (Vec::new(), Vec::new(), Vec::new());
        for (index, canvas) in loaded.show.canvases.iter().enumerate() {
            let drawing = renderer::make(choice)?;
            let info = Arc::new(ArcSwap::from_pointee(drawing.info()));
            let returning = wiring::returning_renderer(&canvas.name);
            let (left, spare) = (left.clone(), Box::new(renderer::cpu));
            let standby = Standby { spare, left, back: returning.clone(), info: Arc::clone(&info) };
            canvases.push(CanvasRun::new(index, canvas.size, canvas.rate, drawing, standby));
            back.push(returning);
            renderers.push(info);
        }
        let first = renderers.first().map(Arc::clone).context("a show has a canvas")?;
        tracing::info!("drawing on {}: {}", first.load().kind, first.load().adapter);
        Ok(Self { canvases, back, left, first })
    }
}

/// What is to run on threads of its own once the show is put together.
struct Bodies {
    overlay: Worker,
    sound: Sound,
    tick: Tick,
    back: Vec<Returning>,
    left: Leaving,
    requests: Lane<Request>,
}

/// Opens everything that a show needs, and starts it.
pub fn go_on_air(loaded: &Loaded, args: &RunArgs, clock: Arc<MonotonicClock>) -> anyhow::Result<OnTheAir> {
    vitrine_pipeline::init().context("GStreamer is needed for cameras and encoders")?;
    let dyn_clock: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let started_unix_ms = u64::try_from(started.as_millis()).unwrap_or(0).saturating_sub(clock.now().millis());
    let (stop, stats) = (Arc::new(AtomicBool::new(false)), Arc::new(TickStats::default()));
    let bitmaps = Arc::new(BitmapStore::new(BITMAP_BYTES_MAX));
    let requests = wiring::bitmap_requests();
    let rasteriser = || Rasteriser::new(FontOptions::default());
    let overlay = Worker::new(rasteriser(), Arc::clone(&bitmaps), requests.clone());
    let Drawing { canvases, back, left, first } = Drawing::open(loaded, args.renderer)?;
    let run = RunOfShow::start(Arc::clone(&loaded.file));
    let tallies = Arc::new(ArcSwap::new(Arc::clone(run.tallies())));
    let assets = Arc::new(Assets { products: loaded.product_images.clone(), ..Assets::default() });
    let on_air = first_state(loaded, &run, &assets, started_unix_ms);
    let (events, orders) = (wiring::input_events(), wiring::audio_orders());
    let mixer = Mixer::new(BusSettings { ceiling_dbtp: loaded.file.audio.limiter_db });
    let meters = Arc::new(ArcSwap::from_pointee(mixer.meters()));
    let sound_lanes = Arc::new(ArcSwap::from_pointee(Vec::new()));
    let moments = Arc::new(Moments::new(wiring::clickable(), started_unix_ms, canvases.len()));
    let parts = Parts {
        run,
        show: Arc::clone(&loaded.show),
        inputs: Inputs::new(Arc::clone(&dyn_clock), events.clone(), orders.clone(), rasteriser()),
        encoders: Encoders::new(canvases.iter().map(CanvasRun::lanes).collect(), Arc::clone(&sound_lanes)),
        outputs: Outputs::new(loaded.dir.clone(), start_word(started), Arc::clone(&moments)),
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
        renderer: first,
        audio: orders.clone(),
        events,
        moments: Arc::clone(&moments),
        cards: Cards::new(&loaded.file, shopfront::show_id(&loaded.show.name), address(loaded, args)),
        proposals: Waiting::default(),
        words: Words::default(),
        slate: Arc::new(machines::slate_card("Technical fault\nWe are right back")),
        stop: Arc::clone(&stop),
        parts: Mutex::new(parts),
    });
    let (clock, encoders) = (Arc::clone(&dyn_clock), sound_lanes);
    let (seats, spots) = (Arc::clone(&studio.seats), moments.lane().clone());
    let heard = (on_air.clone(), Arc::clone(&stop));
    let sound = Sound { clock, mixer, orders, encoders, on_air: heard.0, tallies, meters, stop: heard.1 };
    let tick = Tick { clock: dyn_clock, canvases, seats, on_air, bitmaps, stats, spots, stop };
    start(loaded, args.renderer, studio, Bodies { overlay, sound, tick, back, left, requests })
}

/// What the tick plans first.
fn first_state(loaded: &Loaded, run: &RunOfShow, assets: &Arc<Assets>, started_unix_ms: u64) -> OnAirCell {
    OnAirCell::new(OnAir {
        show: Arc::clone(&loaded.show),
        air: run.air().clone(),
        slate: None,
        layers: Arc::default(),
        assets: Arc::clone(assets),
        started_unix_ms,
    })
}

/// Starts all threads: what is planned has a seat before the tick runs, and what the tick draws has a reader after it.
fn start(loaded: &Loaded, choice: RendererChoice, studio: Arc<Studio>, bodies: Bodies) -> anyhow::Result<OnTheAir> {
    let Bodies { overlay, sound, tick, back, left, requests } = bodies;
    let mut threads = vec![wiring::start_overlay(overlay)?, wiring::start_sound(sound)?];
    let (leaving, stopping) = (left.clone(), Arc::clone(&studio.stop));
    threads.push(wiring::start_own("renderer", move || {
        renderer::bring_back(&leaving, &back, &mut || renderer::make(choice), |wait| go_on_after(wait, &stopping));
    })?);
    let now = studio.now();
    studio.parts().inputs.update(loaded, &studio.seats, now);
    threads.push(wiring::start_tick(tick)?);
    {
        let mut parts = studio.parts();
        let Parts { outputs, encoders, .. } = &mut *parts;
        outputs.update(loaded, encoders);
    }
    let guests = Arc::new(Guests::new(&studio));
    guests.follow(studio.now());
    let (minder, minded) = (Arc::clone(&studio), Arc::clone(&guests));
    let requester = Requester::new(Arc::clone(&studio.bitmaps), requests.clone());
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

/// Where viewers reach the pages: as the show file says, else where the program listens.
fn address(loaded: &Loaded, args: &RunArgs) -> String {
    loaded.file.address.clone().unwrap_or_else(|| format!("http://{}", args.listen))
}

/// The start of the show as file names say it: `20261122-140501`, UTC.
fn start_word(since_epoch: Duration) -> String {
    let secs = i64::try_from(since_epoch.as_secs()).unwrap_or(0);
    jiff::Timestamp::from_second(secs).map_or_else(|_| secs.to_string(), |at| at.strftime("%Y%m%d-%H%M%S").to_string())
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
