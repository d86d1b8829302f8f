//! A show in the air: its machines, started and stopped as the show file and the desk say.

use crate::cards::Cards;
use crate::chat::Words;
use crate::deals::Waiting;
use crate::load::Loaded;
use crate::machines::{Encoders, Inputs, Outputs};
use crate::moments::Moments;
use crate::on_air::{Assets, Layers, OnAir, OnAirCell};
use crate::seats::Seats;
use crate::sound::Order;
use crate::stats::TickStats;
use arc_swap::{ArcSwap, ArcSwapOption};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use vitrine_audio::MixerMeters;
use vitrine_media::{Clock, InputId, Lane, MonotonicClock, Picture, ShowTime};
use vitrine_pipeline::inputs::{InputEvent, InputState};
use vitrine_render::RendererInfo;
use vitrine_render::overlay::{BitmapStore, Requester};
use vitrine_scene::draw::Sizes;
use vitrine_scene::model::Show;
use vitrine_scene::raster::{BitmapId, RasterSpec};
use vitrine_show::ports::desk::{Command, FileProblem, Refusal};
use vitrine_show::run::{Effect, RunOfShow};
use vitrine_show::tally::Tallies;

/// What everyone shares of a running show.
pub struct Studio {
    /// Show time.
    pub clock: Arc<MonotonicClock>,
    /// Wall clock at the start, milliseconds since 1970.
    pub started_unix_ms: u64,
    /// The show file on disk.
    pub path: PathBuf,
    /// What the tick reads.
    pub on_air: OnAirCell,
    /// The inputs as the tick sees them.
    pub seats: Seats,
    /// Who is seen where.
    pub tallies: Arc<ArcSwap<Tallies>>,
    /// Bitmaps that are ready.
    pub bitmaps: Arc<BitmapStore>,
    /// What the tick counts.
    pub stats: Arc<TickStats>,
    /// Levels of sound.
    pub meters: Arc<ArcSwap<MixerMeters>>,
    /// The newest picture of each canvas.
    pub programs: Vec<Arc<ArcSwapOption<Picture>>>,
    /// Who draws.
    pub renderer: Arc<ArcSwap<RendererInfo>>,
    /// Orders to the audio thread.
    pub audio: Lane<Order>,
    /// What inputs tell.
    pub events: Lane<InputEvent>,
    /// What viewers can click, and when.
    pub moments: Arc<Moments>,
    /// The show's own product cards.
    pub cards: Cards,
    /// What plugins propose to the seller.
    pub proposals: Waiting,
    /// What plugins say to viewers.
    pub words: Words,
    /// The technical fault slate.
    pub slate: Arc<RasterSpec>,
    /// Set when the show ends.
    pub stop: Arc<AtomicBool>,
    /// The parts that change under a lock that the tick never takes.
    pub parts: Mutex<Parts>,
}

/// What a command or a reload changes.
pub struct Parts {
    /// The run of show.
    pub run: RunOfShow,
    /// The show as planned.
    pub show: Arc<Show>,
    /// The inputs.
    pub inputs: Inputs,
    /// The encoders.
    pub encoders: Encoders,
    /// The outputs.
    pub outputs: Outputs,
    /// What is wrong with the show file on disk.
    pub problems: Vec<FileProblem>,
    /// What plugins drew.
    pub layers: Arc<Layers>,
    /// Pictures that overlays name.
    pub assets: Arc<Assets>,
}

/// Sizes of the newest pictures of all inputs, and of the bitmaps that are ready.
pub struct SeatSizes<'a>(pub &'a Studio);

impl Sizes for SeatSizes<'_> {
    fn input(&self, id: &InputId) -> Option<vitrine_media::Size> {
        let seats = self.0.seats.load();
        let seat = seats.iter().find(|seat| seat.id == *id)?;
        seat.last().map(|picture| picture.size())
    }

    fn bitmap(&self, id: BitmapId) -> Option<vitrine_media::Size> {
        self.0.bitmaps.size(id)
    }
}

impl Studio {
    /// The parts; held for moves of values, never over I/O that the tick could feel.
    pub fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Show time now.
    pub fn now(&self) -> ShowTime {
        self.clock.now()
    }

    /// Takes a command; what it did is on air with the next tick.
    pub fn command(&self, command: &Command) -> Result<(), Refusal> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Refusal::Ending);
        }
        let mut parts = self.parts();
        let effects = parts.run.command(self.now(), command)?;
        let reload = effects.contains(&Effect::Reload);
        self.carry_out(&mut parts, effects);
        drop(parts);
        if reload { self.reload() } else { Ok(()) }
    }

    /// Time has passed: ends transitions, hears what inputs tell, asks for bitmaps. Called by the `show` thread.
    pub fn wake(&self, requester: &mut Requester) {
        let now = self.now();
        let mut parts = self.parts();
        let effects = parts.run.wake(now);
        self.carry_out(&mut parts, effects);
        self.refresh_cards(&mut parts, now);
        let show = Arc::clone(&parts.show);
        drop(parts);
        self.moments.hear(&show.canvases, now);
        self.moments.shop(&self.cards.view(), self.cards.show(), now);
        self.want_bitmaps(requester, now);
    }

    /// Brings the show's own cards up to date with the shop.
    fn refresh_cards(&self, parts: &mut Parts, now: ShowTime) {
        let unix_ms = self.started_unix_ms + now.millis();
        let fresh = self.cards.refresh(parts.run.file(), &parts.layers, now, unix_ms);
        if let Some(layers) = fresh {
            parts.layers = Arc::new(layers);
            self.publish(parts);
        }
    }

    /// Asks for every bitmap that is needed now or soon.
    pub fn want_bitmaps(&self, requester: &mut Requester, now: ShowTime) {
        let on_air = self.on_air.load();
        let sizes = SeatSizes(self);
        let soon = now.after(Duration::from_millis(vitrine_scene::limits::RASTER_LOOKAHEAD_MS));
        for wanted in on_air.rasters(now, &sizes).into_iter().chain(on_air.rasters(soon, &sizes)) {
            requester.want(wanted.id, wanted.place, || wanted.spec);
        }
        requester.end_tick();
    }

    /// Hears what an input tells: a file that has ended stands, one that plays again doesn't.
    pub fn heard(&self, event: &InputEvent) {
        let seats = self.seats.load();
        let Some(seat) = seats.iter().find(|seat| seat.id == event.id) else { return };
        match event.state {
            InputState::Ended => seat.standing.store(true, Ordering::Relaxed),
            InputState::Live => {
                let still = self.parts().inputs.stands(&event.id);
                seat.standing.store(still, Ordering::Relaxed);
            }
            _ => {}
        }
        tracing::info!(input = %event.id, "{}", event.state.word());
    }

    fn carry_out(&self, parts: &mut Parts, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Air => self.publish(parts),
                Effect::Strip(id, settings) => {
                    let order = Order::Set(id, settings);
                    if !matches!(self.audio.push(order), Ok(true)) {
                        tracing::warn!("the audio thread's orders are full; a strip's change was lost");
                    }
                }
                Effect::InputRestart(id) => parts.inputs.control(&id, |input| input.restart()),
                Effect::InputSeek(id, to) => parts.inputs.control(&id, |input| {
                    input.seek(to);
                    input.pause(false);
                }),
                Effect::InputPause(id, paused) => {
                    parts.inputs.control(&id, |input| input.pause(paused));
                    parts.inputs.set_paused(&id, paused);
                    self.stand(&id, paused);
                }
                Effect::InputLoop(id, looped) => parts.inputs.set_looped(&id, looped),
                Effect::OutputStart(id) => {
                    let (show, encoders) = (Arc::clone(&parts.show), &mut parts.encoders);
                    parts.outputs.start(&id, &show, encoders);
                }
                Effect::OutputStop(id) => parts.outputs.stop(&id, &mut parts.encoders),
                Effect::Marker(label) => tracing::info!("marker: {label}"),
                Effect::Reload => {}
            }
        }
    }

    fn stand(&self, id: &InputId, standing: bool) {
        if let Some(seat) = self.seats.load().iter().find(|seat| seat.id == *id) {
            seat.standing.store(standing, Ordering::Relaxed);
        }
    }

    /// Swaps in what the tick plans from now on.
    pub fn publish(&self, parts: &Parts) {
        self.on_air.store(OnAir {
            show: Arc::clone(&parts.show),
            air: parts.run.air().clone(),
            slate: parts.run.slate().then(|| Arc::clone(&self.slate)),
            layers: Arc::clone(&parts.layers),
            assets: Arc::clone(&parts.assets),
            started_unix_ms: self.started_unix_ms,
        });
    }

    /// Reads the show file again and takes it whole, or refuses it whole.
    pub fn reload(&self) -> Result<(), Refusal> {
        let before = Arc::clone(&self.parts().show);
        match crate::load::load(&self.path, Some(&before)) {
            Ok(loaded) => {
                self.take(loaded);
                Ok(())
            }
            Err(error) => {
                let problems = problems(&error);
                let count = problems.len();
                error.lines().iter().for_each(|line| tracing::error!("show file refused: {line}"));
                self.parts().problems = problems;
                Err(Refusal::ShowFileBad(count))
            }
        }
    }

    /// Puts a changed show file on air. Machines whose settings did not change are not touched. What must be opened
    /// is opened before it is planned, so that no tick sees an input without a seat.
    fn take(&self, loaded: Loaded) {
        let now = self.now();
        let mut parts = self.parts();
        if let Some(what) = fixed_parts_changed(&parts.show, &loaded.show) {
            tracing::error!("show file refused: {what}");
            parts.problems = vec![FileProblem { line: 1, column: 1, message: what, help: None }];
            return;
        }
        let show = Arc::clone(&loaded.show);
        parts.inputs.update(&loaded, &self.seats, now);
        parts.show = Arc::clone(&show);
        let assets = Assets { products: loaded.product_images.clone(), ..Assets::default() };
        if let Some(plugins) = parts.assets.plugins.get() {
            // A fresh shelf has no plugins yet, so this can't be refused.
            let _ = assets.plugins.set(Arc::clone(plugins));
        }
        parts.assets = Arc::new(assets);
        let effects = parts.run.reload(Arc::clone(&loaded.file), now);
        self.tallies.store(Arc::clone(parts.run.tallies()));
        self.carry_out(&mut parts, effects);
        let Parts { outputs, encoders, .. } = &mut *parts;
        outputs.update(&loaded, encoders);
        parts.problems.clear();
        tracing::info!("show file taken");
    }

    /// Ends everything within about five seconds: files are finished, connections closed.
    pub fn end(&self) {
        self.stop.store(true, Ordering::Relaxed);
        let mut parts = self.parts();
        let Parts { inputs, encoders, outputs, .. } = &mut *parts;
        inputs.end();
        encoders.end();
        outputs.end();
    }
}

/// Canvases can't change under a running tick; everything else can.
fn fixed_parts_changed(old: &Show, new: &Show) -> Option<String> {
    let same = old.canvases == new.canvases;
    (!same).then(|| "canvases can't change while on air; end the show and start it again".to_owned())
}

fn problems(error: &crate::load::LoadError) -> Vec<FileProblem> {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    match error {
        crate::load::LoadError::Problems(problems) => problems
            .iter()
            .map(|p| FileProblem {
                line: number(p.line),
                column: number(p.column),
                message: p.what.clone(),
                help: Some(p.help.clone()).filter(|help| !help.is_empty()),
            })
            .collect(),
        crate::load::LoadError::Unreadable(why) => {
            vec![FileProblem { line: 1, column: 1, message: format!("{why:#}"), help: None }]
        }
    }
}
