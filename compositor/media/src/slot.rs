//! A camera's place in the house: the newest pictures win, neither side ever waits.

use crate::{Picture, ShowTime};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Pictures kept per input: two of jitter, one being shown, one spare. More would only add delay.
const PICTURES_MAX: usize = 4;

/// What a tick got from a slot.
#[derive(Clone, Debug)]
pub struct Picked {
    /// The picture for the tick.
    pub picture: Picture,
    /// How long ago the input last delivered any picture: what "frozen" is judged by.
    pub silent_for: Duration,
    /// Whether this picture was picked before.
    pub repeated: bool,
}

/// What went through a slot since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlotStats {
    /// Pictures that arrived.
    pub arrived: u64,
    /// Pictures replaced by newer ones before any tick took them.
    pub skipped: u64,
    /// Ticks that had to show a picture again.
    pub repeated: u64,
}

#[derive(Default)]
struct Inside {
    queue: VecDeque<Picture>,
    shown: Option<Picture>,
    arrived_at: ShowTime,
    stats: SlotStats,
}

/// Holds an input's newest pictures. `put` and `pick` hold the lock for a few moves of a pointer.
#[derive(Default)]
pub struct Slot {
    inside: Mutex<Inside>,
}

impl Slot {
    /// An empty slot.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn inside(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a picture that arrived at its own `pts`; the oldest goes if the slot is full.
    pub fn put(&self, picture: Picture) {
        let at = picture.pts();
        self.put_at(picture, at);
    }

    /// Adds a picture to be seen at its `pts`, arrived `now`; the oldest goes if the slot is full.
    pub fn put_at(&self, picture: Picture, now: ShowTime) {
        let mut inside = self.inside();
        if inside.queue.len() == PICTURES_MAX {
            inside.queue.pop_front();
            inside.stats.skipped += 1;
        }
        inside.stats.arrived += 1;
        inside.arrived_at = inside.arrived_at.max(now);
        inside.queue.push_back(picture);
    }

    /// The newest picture due at or before `at`, or the last one shown; `None` before the first.
    pub fn pick(&self, at: ShowTime) -> Option<Picked> {
        let mut inside = self.inside();
        let due = inside.queue.iter().take_while(|p| p.pts() <= at).count();
        for index in 0..due {
            let picture = inside.queue.pop_front();
            if index + 1 < due {
                inside.stats.skipped += 1;
            }
            inside.shown = picture;
        }
        let picture = inside.shown.clone()?;
        if due == 0 {
            inside.stats.repeated += 1;
        }
        Some(Picked { picture, silent_for: at.since(inside.arrived_at), repeated: due == 0 })
    }

    /// The picture that the last tick showed, for those who only watch: monitors and thumbnails.
    pub fn shown(&self) -> Option<Picture> {
        self.inside().shown.clone()
    }

    /// When the input last delivered a picture.
    #[must_use]
    pub fn arrived_at(&self) -> ShowTime {
        self.inside().arrived_at
    }

    /// Forgets everything: the input was replaced.
    pub fn clear(&self) {
        let mut inside = self.inside();
        inside.queue.clear();
        inside.shown = None;
    }

    /// Counters since the slot was made.
    #[must_use]
    pub fn stats(&self) -> SlotStats {
        self.inside().stats
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PicturePool, PixelFormat, Size};

    fn picture(pool: &PicturePool, ms: u64) -> Picture {
        pool.take(Size::new(2, 2), PixelFormat::I420).freeze(ShowTime::from_millis(ms))
    }

    #[test]
    fn the_newest_due_picture_wins_and_the_future_waits() {
        let (pool, slot) = (PicturePool::new(8), Slot::new());
        for ms in [0, 10, 20, 90] {
            slot.put(picture(&pool, ms));
        }
        let picked = slot.pick(ShowTime::from_millis(33)).unwrap();
        assert_eq!((picked.picture.pts().millis(), picked.repeated), (20, false));
        let again = slot.pick(ShowTime::from_millis(66)).unwrap();
        assert_eq!((again.picture.pts().millis(), again.repeated), (20, true));
        assert_eq!(slot.stats(), SlotStats { arrived: 4, skipped: 2, repeated: 1 });
    }

    #[test]
    fn a_silent_input_keeps_its_last_picture_and_tells_its_age() {
        let (pool, slot) = (PicturePool::new(8), Slot::new());
        assert!(slot.pick(ShowTime::from_millis(5)).is_none());
        slot.put(picture(&pool, 10));
        let picked = slot.pick(ShowTime::from_millis(710)).unwrap();
        assert_eq!(picked.silent_for, Duration::from_millis(700));
    }

    #[test]
    fn a_flood_never_grows() {
        let (pool, slot) = (PicturePool::new(8), Slot::new());
        for ms in 0..1000 {
            slot.put(picture(&pool, ms));
        }
        assert_eq!(slot.stats().skipped, 1000 - PICTURES_MAX as u64);
    }
}
