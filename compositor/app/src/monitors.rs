//! Moving pictures for the desk: drawn on a thread of their own, only what somebody looks at.

use crate::studio::{SeatSizes, Studio};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use vitrine_media::{InputId, Picture, ShowTime};
use vitrine_render::cpu::CpuRenderer;
use vitrine_render::{Pictures, Renderer};
use vitrine_scene::raster::BitmapId;
use vitrine_show::ports::desk::{Monitor, MonitorPicture};

/// Program and preview are drawn this often.
const MAIN_EVERY: Duration = Duration::from_millis(80);
/// Thumbnails and inputs are drawn this often.
const SMALL_EVERY: Duration = Duration::from_millis(900);
/// A monitor that nobody asked for during this is drawn no more.
const IDLE_AFTER: Duration = Duration::from_secs(5);
/// Monitors kept: a show has at most a few dozen scenes and inputs.
const MONITORS_MAX: usize = 128;
/// Width of program and preview pictures, in pixels.
const MAIN_WIDTH: u32 = 640;
/// Width of thumbnails, in pixels.
const SMALL_WIDTH: u32 = 240;
/// Thumbnails drawn in one round: they take turns, so that a round stays short.
const SMALL_PER_ROUND: usize = 2;

struct Seen {
    asked_at: ShowTime,
    drawn_at: Option<ShowTime>,
    jpeg: Option<Arc<[u8]>>,
    seq: u64,
}

/// All monitors that somebody looks at.
pub struct Monitors {
    studio: Arc<Studio>,
    seen: Mutex<HashMap<Monitor, Seen>>,
}

/// The pictures that inputs showed last, and the bitmaps that are ready.
struct Shown<'a>(&'a Studio);

impl Pictures for Shown<'_> {
    fn input(&self, id: &InputId) -> Option<Picture> {
        let seats = self.0.seats.load();
        seats.iter().find(|seat| seat.id == *id)?.last()
    }

    fn bitmap(&self, id: BitmapId, place: u64) -> Option<Picture> {
        self.0.bitmaps.bitmap(id, place)
    }
}

impl Monitors {
    /// Monitors of a show.
    pub fn new(studio: Arc<Studio>) -> Self {
        Self { studio, seen: Mutex::default() }
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<Monitor, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest picture of a monitor, and the wish for more.
    pub fn ask(&self, monitor: &Monitor) -> Option<MonitorPicture> {
        let now = self.studio.now();
        let mut all = self.seen();
        if !all.contains_key(monitor) {
            if all.len() >= MONITORS_MAX {
                return None;
            }
            all.insert(monitor.clone(), Seen { asked_at: now, drawn_at: None, jpeg: None, seq: 0 });
            return None;
        }
        let seen = all.get_mut(monitor)?;
        seen.asked_at = now;
        let (jpeg, drawn_at) = (seen.jpeg.clone()?, seen.drawn_at?);
        Some(MonitorPicture { jpeg, seq: seen.seq, age: now.since(drawn_at) })
    }

    /// Draws what is looked at until the show ends. The body of the thread `monitors`.
    pub fn run(&self) {
        let mut renderer = CpuRenderer::new(1);
        while !self.studio.stop.load(Ordering::Relaxed) {
            let began = self.studio.now();
            let due = self.due(began);
            for monitor in &due {
                let picture = self.draw(&mut renderer, monitor, began);
                let width =
                    if matches!(monitor, Monitor::Program(_) | Monitor::Preview(_)) { MAIN_WIDTH } else { SMALL_WIDTH };
                let jpeg = picture.and_then(|picture| crate::jpeg::encode(&picture, width));
                if let Some(seen) = self.seen().get_mut(monitor) {
                    seen.drawn_at = Some(began);
                    if let Some(jpeg) = jpeg {
                        seen.jpeg = Some(jpeg.into());
                        seen.seq += 1;
                    }
                }
            }
            let spent = self.studio.now().since(began);
            std::thread::sleep(Duration::from_millis(40).saturating_sub(spent).max(Duration::from_millis(5)));
        }
    }

    /// What is due to be drawn; forgets what nobody looks at.
    fn due(&self, now: ShowTime) -> Vec<Monitor> {
        let mut all = self.seen();
        all.retain(|_, seen| now.since(seen.asked_at) < IDLE_AFTER);
        let mut due: Vec<(&Monitor, bool, Option<ShowTime>)> = all
            .iter()
            .map(|(monitor, seen)| {
                (monitor, matches!(monitor, Monitor::Program(_) | Monitor::Preview(_)), seen.drawn_at)
            })
            .filter(|(_, main, drawn)| {
                let every = if *main { MAIN_EVERY } else { SMALL_EVERY };
                drawn.is_none_or(|drawn| now.since(drawn) >= every)
            })
            .collect();
        due.sort_by_key(|(_, main, drawn)| (!main, *drawn));
        let mains = due.iter().filter(|(_, main, _)| *main).count();
        due.into_iter().take(mains + SMALL_PER_ROUND).map(|(monitor, _, _)| monitor.clone()).collect()
    }

    fn draw(&self, renderer: &mut CpuRenderer, monitor: &Monitor, now: ShowTime) -> Option<Picture> {
        let studio = &self.studio;
        let on_air = studio.on_air.load();
        let scene = match monitor {
            Monitor::Program(canvas) => {
                let index = canvas.as_ref().map_or(Some(0), |name| on_air.show.canvas_index(name))?;
                let program = studio.programs.get(index)?.load_full()?;
                return Some((*program).clone());
            }
            Monitor::Input(id) => return Shown(studio).input(id),
            Monitor::Preview(_) => on_air.air.preview.clone()?,
            Monitor::Scene(name) => name.clone(),
        };
        let list = on_air.plan_scene(&scene, now, &SeatSizes(studio));
        renderer.draw(&list, &Shown(studio), now).ok()?
    }
}
