//! The tick: at each canvas's rate, pick pictures, plan, draw, push. It never waits for anything but the clock.

use crate::moments::Seen;
use crate::on_air::OnAirCell;
use crate::renderer::Standby;
use crate::seats::{Seat, Seats};
use crate::stats::{Stage, TickStats};
use arc_swap::{ArcSwap, ArcSwapOption};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use vitrine_media::{Clock, FrameRate, Frames, InputId, Lane, Picture, Popped, ShowTime, Size};
use vitrine_render::overlay::BitmapStore;
use vitrine_render::{Pictures, RenderError, Renderer};
use vitrine_scene::draw::{Color, DrawList, Sizes};
use vitrine_scene::plan::{Memo, SpotBox, spots_into};
use vitrine_scene::raster::BitmapId;

/// Slots that one late tick may fill with the picture before it; beyond that the machine was asleep.
const FILLED_MAX: u64 = 300;

/// One canvas of the tick.
pub struct CanvasRun {
    index: usize,
    rate: FrameRate,
    next: Frames,
    renderer: Box<dyn Renderer>,
    standby: Standby,
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
    pub fn new(index: usize, size: Size, rate: FrameRate, renderer: Box<dyn Renderer>, standby: Standby) -> Self {
        Self {
            index,
            rate,
            next: Frames(0),
            renderer,
            standby,
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

    /// Draws the planned list with whoever can draw: a GPU that was lost hands over within this very tick, and draws
    /// again once another is ready.
    fn draw(&mut self, ready: &Ready, at: ShowTime) -> Result<Option<Picture>, RenderError> {
        if let Popped::Next(renderer) = self.standby.back.pop(Duration::ZERO) {
            self.take_over(renderer);
        }
        match self.renderer.draw(&self.list, ready, at) {
            Err(RenderError::Lost(why)) => {
                tracing::error!(%why, "the GPU was lost; the CPU draws on");
                let spare = (self.standby.spare)();
                self.take_over(spare);
                self.renderer.draw(&self.list, ready, at)
            }
            drawn => drawn,
        }
    }

    /// What drew until now is taken apart elsewhere: that takes longer than a tick.
    fn take_over(&mut self, renderer: Box<dyn Renderer>) {
        let left = std::mem::replace(&mut self.renderer, renderer);
        self.standby.info.store(Arc::new(self.renderer.info()));
        let _ = self.standby.left.push((self.index, left));
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
        let began = Instant::now();
        on_air.plan_into(&mut canvas.memo, &mut canvas.list, canvas.index, at, picks);
        canvas.tell_spots(at, on_air.slate.is_some(), &self.spots);
        let ready = Ready { picks, bitmaps: &self.bitmaps };
        let planned = Instant::now();
        let picture = match canvas.draw(&ready, at) {
            Ok(Some(picture)) => Some(picture),
            // A pipelined renderer fills up, or the canvas can't be drawn: the place is kept by the last picture.
            Ok(None) | Err(_) => canvas.last.as_ref().map(|last| last.at(at)),
        };
        let drawn = Instant::now();
        if let Some(picture) = picture {
            canvas.push(&picture);
            canvas.program.store(Some(Arc::new(picture.clone())));
            canvas.last = Some(picture);
        }
        canvas.next.0 += 1;
        self.stats.spent(Stage::Plan, planned - began);
        self.stats.spent(Stage::Draw, drawn - planned);
        self.stats.spent(Stage::Push, drawn.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::renderer::{Leaving, Returning, bring_back};
    use vitrine_media::{OnFull, PicturePool, PixelFormat};
    use vitrine_render::RendererInfo;

    /// Draws one grey; a lost one draws no more.
    struct Fake {
        kind: &'static str,
        pool: PicturePool,
        pictures_left: u32,
    }

    impl Fake {
        fn boxed(kind: &'static str, pictures_left: u32) -> Box<dyn Renderer> {
            Box::new(Self { kind, pool: PicturePool::new(2), pictures_left })
        }
    }

    impl Renderer for Fake {
        fn info(&self) -> RendererInfo {
            RendererInfo { kind: self.kind, adapter: String::new(), software: false }
        }

        fn draw(&mut self, _: &DrawList, _: &dyn Pictures, at: ShowTime) -> Result<Option<Picture>, RenderError> {
            if self.pictures_left == 0 {
                return Err(RenderError::Lost("unplugged".to_owned()));
            }
            self.pictures_left -= 1;
            Ok(Some(self.pool.take(Size::new(2, 2), PixelFormat::I420).freeze(at)))
        }
    }

    #[test]
    fn a_lost_gpu_costs_no_picture_and_draws_again_when_another_is_found() {
        let left: Leaving = Lane::new("tick→renderer", 4, OnFull::Refuse);
        let back: Returning = Lane::new("renderer→tick", 1, OnFull::Refuse);
        let info = Arc::new(ArcSwap::from_pointee(Fake::boxed("gpu", 0).info()));
        let standby = Standby {
            spare: Box::new(|| Fake::boxed("cpu", u32::MAX)),
            left: left.clone(),
            back: back.clone(),
            info: Arc::clone(&info),
        };
        let rate = FrameRate::new(30, 1).unwrap();
        let mut canvas = CanvasRun::new(0, Size::new(2, 2), rate, Fake::boxed("gpu", 1), standby);
        let bitmaps = Arc::new(BitmapStore::new(0));
        let picks = Picks { bitmaps: Arc::clone(&bitmaps), seats: Vec::new(), pictures: Vec::new() };
        let ready = Ready { picks: &picks, bitmaps: &bitmaps };
        for (at, drawer) in [(0, "gpu"), (33, "cpu"), (66, "cpu")] {
            assert!(canvas.draw(&ready, ShowTime::from_millis(at)).unwrap().is_some(), "a picture is missing");
            assert_eq!(info.load().kind, drawer);
        }
        left.close();
        let mut tries = 0;
        let mut found = || {
            tries += 1;
            let why = String::new();
            if tries < 3 { Err(RenderError::NoAdapter { wanted: "gpu", why }) } else { Ok(Fake::boxed("gpu", 9)) }
        };
        bring_back(&left, std::slice::from_ref(&back), &mut found, |_| true);
        assert!(canvas.draw(&ready, ShowTime::from_millis(99)).unwrap().is_some());
        assert_eq!((info.load().kind, tries), ("gpu", 3));
    }
}
