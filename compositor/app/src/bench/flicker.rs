//! Looks at every picture of the program and compares a part of it with how it was at the start.

use crate::studio::Studio;
use crate::wiring;
use anyhow::{Context, bail};
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use vitrine_media::{Picture, ShowTime};

/// How often it looks: several times between two pictures.
const EVERY: Duration = Duration::from_millis(3);
/// A part whose luma spans less than this shows nothing.
const CONTRAST_MIN: u8 = 40;

/// What was seen.
#[derive(Debug, Default, Serialize)]
pub struct Seen {
    /// Pictures that were compared.
    pub compared: u64,
    /// Pictures of which a pixel of the part was another than at the start.
    pub changed: u64,
}

/// A thread that watches the program.
pub struct Watcher {
    stop: Arc<AtomicBool>,
    seen: Arc<std::sync::Mutex<Seen>>,
    thread: JoinHandle<()>,
}

/// Luma of the part `(x, y, width, height)` of a picture.
pub(super) fn part(picture: &Picture, (x, y, w, h): (usize, usize, usize, usize)) -> Vec<u8> {
    let plane = picture.plane(0);
    let row =
        |n: usize| plane.bytes.get((y + n) * plane.stride + x..(y + n) * plane.stride + x + w).unwrap_or_default();
    (0..h).flat_map(row).copied().collect()
}

impl Watcher {
    /// Watches the part `(x, y, width, height)` of the first canvas.
    ///
    /// # Errors
    /// When there is nothing to see there.
    pub fn start(studio: &Arc<Studio>, place: (usize, usize, usize, usize)) -> anyhow::Result<Self> {
        let program = Arc::clone(studio.programs.first().context("a show has a canvas")?);
        let first = program.load_full().context("the show has no picture yet")?;
        let wanted = part(&first, place);
        let (low, high) = (wanted.iter().min().copied(), wanted.iter().max().copied());
        if high.unwrap_or(0).saturating_sub(low.unwrap_or(0)) < CONTRAST_MIN {
            bail!("the plugin's layer is not on the picture");
        }
        let (stop, seen) = (Arc::new(AtomicBool::new(false)), Arc::<std::sync::Mutex<Seen>>::default());
        let (told, count) = (Arc::clone(&stop), Arc::clone(&seen));
        let thread = wiring::start_own("watcher", move || {
            let mut last: Option<ShowTime> = None;
            while !told.load(Ordering::Relaxed) {
                if let Some(picture) = program.load_full().filter(|picture| last != Some(picture.pts())) {
                    last = Some(picture.pts());
                    let changed = part(&picture, place) != wanted;
                    let mut count = count.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    count.compared += 1;
                    count.changed += u64::from(changed);
                }
                std::thread::sleep(EVERY);
            }
        })?;
        Ok(Self { stop, seen, thread })
    }

    /// Ends the watch.
    ///
    /// # Errors
    /// When the watching thread failed.
    pub fn stop(self) -> anyhow::Result<Seen> {
        self.stop.store(true, Ordering::Relaxed);
        if self.thread.join().is_err() {
            bail!("the watcher failed");
        }
        Ok(std::mem::take(&mut *self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner)))
    }
}
