//! The tick: at each canvas's rate, pick pictures, plan, draw, push. It never waits for anything but the clock.

use crate::moments::Seen;
use crate::on_air::OnAirCell;
use crate::seats::{Seat, Seats};
use crate::stats::TickStats;
use arc_swap::{ArcSwap, ArcSwapOption};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use vitrine_media::{Clock, FrameRate, Frames, InputId, Lane, Picture, ShowTime, Size};
use vitrine_render::overlay::BitmapStore;
use vitrine_render::{Pictures, RenderError, Renderer};
use vitrine_scene::draw::{Color, DrawList, Sizes};
use vitrine_scene::plan::{Memo, SpotBox, spots_into};
use vitrine_scene::raster::BitmapId;

/// Slots that one late tick may fill with the picture before it; beyond that the machine was asleep.
const FILLED_MAX: u64 = 300;

/// Makes a renderer when the one that draws is lost.
pub type SpareRenderer = Box<dyn FnMut() -> Box<dyn Renderer> + Send>;

/// One canvas of the tick.
pub struct CanvasRun {
    index: usize,
    rate: FrameRate,
    next: Frames,
    renderer: Box<dyn Renderer>,
    spare: SpareRenderer,
    list: DrawList,
    memo: Memo,
    lanes: Arc<ArcSwap<Vec<Lane<Picture>>>>,
    last: Option<Picture>,
    program: Arc<ArcSwapOption<Picture>>,
    /// What can be clicked in this picture, and what was told last.
    spots: Vec<SpotBox>,
    told: Vec<SpotBox>,
}

impl CanvasRun {
    /// A canvas that starts with the tick due at or after `now`.
    pub fn new(index: usize, size: Size, rate: FrameRate, renderer: Box<dyn Renderer>, spare: SpareRenderer) -> Self {
        Self {
            index,
            rate,
            next: Frames(0),
            renderer,
            spare,
            list: DrawList { canvas: size, background: Color::BLACK, draws: Vec::new() },
            memo: Memo::default(),
            lanes: Arc::default(),
            last: None,
            program: Arc::default(),
            spots: Vec::new(),
            told: Vec::new(),
        }
    }

    /// The lanes that its pictures go into; swapped whole when an output comes or goes.
    pub fn lanes(&self) -> Arc<ArcSwap<Vec<Lane<Picture>>>> {
        Arc::clone(&self.lanes)
    }

    /// Its newest picture, for monitors.
    pub fn program(&self) -> Arc<ArcSwapOption<Picture>> {
        Arc::clone(&self.program)
    }

    fn due(&self) -> ShowTime {
        self.rate.due(self.next)
    }

    fn push(&self, picture: &Picture) {
        for lane in self.lanes.load().iter() {
            // A closed lane belongs to an output that is going; a full one counted its loss.
            let _ = lane.push(picture.clone());
        }
    }

    /// Tells what can be clicked from this picture on, if that is something else than before.
    fn tell_spots(&mut self, at: ShowTime, slate: bool, lane: &Lane<Seen>) {
        spots_into(&self.list, &mut self.spots);
        if slate {
            self.spots.clear();
        }
        if self.spots != self.told {
            // A full lane counts its loss; a closed one belongs to a show that ends.
            let _ = lane.push(Seen { canvas: self.index, at, boxes: self.spots.clone() });
            std::mem::swap(&mut self.spots, &mut self.told);
        }
    }

    /// Fills the slots that were missed with the picture before them. Gives how many there were.
    fn fill_missed(&mut self, now: ShowTime) -> u64 {
        let missed = self.rate.index_at(now).0.saturating_sub(self.next.0);
        for n in self.next.0..self.next.0 + missed.min(FILLED_MAX) {
            if let Some(last) = &self.last {
                self.push(&last.at(self.rate.due(Frames(n))));
            }
        }
        self.next.0 += missed;
        missed
    }
}

/// Everything that the tick thread owns.
pub struct Tick {
    /// Show time.
    pub clock: Arc<dyn Clock>,
    /// The canvases.
    pub canvases: Vec<CanvasRun>,
    /// The inputs.
    pub seats: Seats,
    /// What is on air.
    pub on_air: OnAirCell,
    /// Bitmaps that are ready.
    pub bitmaps: Arc<BitmapStore>,
    /// Where it counts.
    pub stats: Arc<TickStats>,
    /// Where it tells what can be clicked.
    pub spots: Lane<Seen>,
    /// Set when the show ends.
    pub stop: Arc<AtomicBool>,
}

/// What inputs show at one tick, and the bitmaps that are ready.
struct Picks {
    bitmaps: Arc<BitmapStore>,
    seats: Vec<Arc<Seat>>,
    pictures: Vec<Option<Picture>>,
}

impl Picks {
    fn take(&mut self, seats: &Seats, at: ShowTime) {
        let seats = seats.load();
        self.seats.clear();
        self.seats.extend(seats.iter().cloned());
        self.pictures.clear();
        self.pictures.extend(self.seats.iter().map(|seat| seat.picture(at)));
    }

    fn find(&self, id: &InputId) -> Option<&Picture> {
        let at = self.seats.iter().position(|seat| seat.id == *id)?;
        self.pictures.get(at)?.as_ref()
    }
}

impl Sizes for Picks {
    fn input(&self, id: &InputId) -> Option<Size> {
        self.find(id).map(Picture::size)
    }

    fn bitmap(&self, id: BitmapId) -> Option<Size> {
        self.bitmaps.size(id)
    }
}

/// The picks and the bitmaps that are ready, as a renderer asks for them.
struct Ready<'a> {
    picks: &'a Picks,
    bitmaps: &'a BitmapStore,
}

impl Pictures for Ready<'_> {
    fn input(&self, id: &InputId) -> Option<Picture> {
        self.picks.find(id).cloned()
    }

    fn bitmap(&self, id: BitmapId, place: u64) -> Option<Picture> {
        self.bitmaps.bitmap(id, place)
    }
}

impl Tick {
    /// Ticks until told to stop. The body of the thread `tick`.
    pub fn run(mut self) {
        let mut picks = Picks { bitmaps: Arc::clone(&self.bitmaps), seats: Vec::new(), pictures: Vec::new() };
        let start = self.clock.now();
        for canvas in &mut self.canvases {
            canvas.next = Frames(canvas.rate.index_at(start).0 + 1);
        }
        while !self.stop.load(Ordering::Relaxed) {
            let Some(due) = self.canvases.iter().map(CanvasRun::due).min() else { return };
            let now = self.clock.now();
            if now < due {
                std::thread::sleep(due.since(now).min(Duration::from_millis(100)));
                continue;
            }
            let missed: u64 = self.canvases.iter_mut().map(|canvas| canvas.fill_missed(now)).sum();
            self.stats.missed(missed);
            picks.take(&self.seats, now);
            for index in 0..self.canvases.len() {
                if self.canvases.get(index).is_some_and(|canvas| canvas.due() <= now) {
                    self.one(index, &picks);
                }
            }
            self.stats.done(self.clock.now().since(now));
        }
    }

    /// Draws and pushes one picture of one canvas.
    fn one(&mut self, index: usize, picks: &Picks) {
        let Some(canvas) = self.canvases.get_mut(index) else { return };
        let at = canvas.due();
        let on_air = self.on_air.load();
        on_air.plan_into(&mut canvas.memo, &mut canvas.list, canvas.index, at, picks);
        canvas.tell_spots(at, on_air.slate.is_some(), &self.spots);
        let ready = Ready { picks, bitmaps: &self.bitmaps };
        let drawn = match canvas.renderer.draw(&canvas.list, &ready, at) {
            Err(RenderError::Lost(why)) => {
                tracing::error!(%why, "the GPU was lost; the CPU draws on");
                canvas.renderer = (canvas.spare)();
                canvas.renderer.draw(&canvas.list, &ready, at)
            }
            drawn => drawn,
        };
        let picture = match drawn {
            Ok(Some(picture)) => Some(picture),
            // A pipelined renderer fills up, or the canvas can't be drawn: the place is kept by the last picture.
            Ok(None) | Err(_) => canvas.last.as_ref().map(|last| last.at(at)),
        };
        if let Some(picture) = picture {
            canvas.push(&picture);
            canvas.program.store(Some(Arc::new(picture.clone())));
            canvas.last = Some(picture);
        }
        canvas.next.0 += 1;
    }
}
