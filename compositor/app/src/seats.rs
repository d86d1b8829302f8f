//! The inputs as the tick sees them: one seat each, with its slot, its slate and what was shown last.

use arc_swap::ArcSwap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;
use vitrine_media::{InputId, Picture, ShowTime, Slot};
use vitrine_show::lost::{self, Shown};

/// Pauses up to this are never silence, whatever an input's usual pace: three pictures at 30 per second.
const INTERVAL_MIN: Duration = Duration::from_millis(100);
/// Pauses beyond this are silence, however slow an input's usual pace.
const INTERVAL_MAX: Duration = Duration::from_secs(5);

/// One input's place.
pub struct Seat {
    /// Whose.
    pub id: InputId,
    /// Its newest pictures.
    pub slot: Arc<Slot>,
    /// How long its last picture stays when it falls silent.
    pub hold: Duration,
    /// What is shown after that.
    pub slate: Picture,
    /// When it was opened.
    pub opened_at: ShowTime,
    /// Its picture is meant to stand: a still, a paused or an ended file.
    pub standing: AtomicBool,
    shown: AtomicU8,
    usual_ns: AtomicU64,
    last_pts_ns: AtomicU64,
}

/// All seats, swapped whole when an input comes or goes.
pub type Seats = Arc<ArcSwap<Vec<Arc<Seat>>>>;

impl Seat {
    /// A seat for an input that is being opened.
    pub fn new(id: InputId, slate: Picture, hold: Duration, opened_at: ShowTime, standing: bool) -> Self {
        Self {
            id,
            slot: Arc::new(Slot::new()),
            hold,
            slate,
            opened_at,
            standing: AtomicBool::new(standing),
            shown: AtomicU8::new(0),
            usual_ns: AtomicU64::new(0),
            last_pts_ns: AtomicU64::new(0),
        }
    }

    /// The picture for the tick at `at`: live, held or slate. Called by the tick thread alone.
    pub fn picture(&self, at: ShowTime) -> Option<Picture> {
        let picked = self.slot.pick(at);
        let silent = picked.as_ref().map(|p| p.silent_for);
        if let Some(picked) = picked.as_ref().filter(|p| !p.repeated) {
            self.learn_pace(picked.picture.pts());
        }
        let shown = if self.standing.load(Ordering::Relaxed) && picked.is_some() {
            Shown::Live
        } else {
            let decided = lost::shown(silent, at.since(self.opened_at), self.hold, self.usual_interval());
            lost::follow(self.shown(), decided, picked.as_ref().is_some_and(|p| p.repeated))
        };
        self.shown.store(shown as u8, Ordering::Relaxed);
        match shown {
            Shown::Slate => Some(self.slate.clone()),
            Shown::Live | Shown::Held => picked.map(|p| p.picture),
        }
    }

    /// What the last tick showed of it.
    pub fn shown(&self) -> Shown {
        match self.shown.load(Ordering::Relaxed) {
            0 => Shown::Live,
            1 => Shown::Held,
            _ => Shown::Slate,
        }
    }

    /// What the last tick showed, for those who only watch.
    pub fn last(&self) -> Option<Picture> {
        if self.shown() == Shown::Slate { Some(self.slate.clone()) } else { self.slot.shown() }
    }

    /// Pictures per second at its usual pace; zero while unknown.
    #[allow(clippy::cast_precision_loss, reason = "an interval of seconds in nanoseconds fits an f64")]
    pub fn fps(&self) -> f64 {
        match self.usual_ns.load(Ordering::Relaxed) {
            0 => 0.0,
            ns => 1e9 / ns as f64,
        }
    }

    /// Follows the distance between pictures; a long gap counts as a gap, not as a pace.
    fn learn_pace(&self, pts: ShowTime) {
        let before = self.last_pts_ns.swap(pts.nanos(), Ordering::Relaxed);
        let step = pts.nanos().saturating_sub(before);
        let usual = self.usual_ns.load(Ordering::Relaxed);
        if before == 0 || step == 0 || step > u64::try_from(INTERVAL_MAX.as_nanos()).unwrap_or(u64::MAX) {
            return;
        }
        let next = if usual == 0 { step } else { usual - usual / 8 + step / 8 };
        self.usual_ns.store(next, Ordering::Relaxed);
    }

    /// The longest pause that is still normal: two and a half pictures at its usual pace.
    fn usual_interval(&self) -> Duration {
        let usual = Duration::from_nanos(self.usual_ns.load(Ordering::Relaxed));
        (usual * 5 / 2).clamp(INTERVAL_MIN, INTERVAL_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitrine_media::{PicturePool, PixelFormat, Size};

    fn picture(pool: &PicturePool, ms: u64) -> Picture {
        pool.take(Size::new(2, 2), PixelFormat::I420).freeze(ShowTime::from_millis(ms))
    }

    fn seat(pool: &PicturePool, standing: bool) -> Seat {
        let hold = Duration::from_millis(500);
        Seat::new(InputId::new("cam").unwrap(), picture(pool, 0), hold, ShowTime::ZERO, standing)
    }

    #[test]
    fn a_one_picture_a_second_camera_is_live_until_it_is_really_gone() {
        let pool = PicturePool::new(8);
        let seat = seat(&pool, false);
        for second in 1..=5 {
            seat.slot.put(picture(&pool, second * 1000));
            seat.picture(ShowTime::from_millis(second * 1000));
        }
        seat.picture(ShowTime::from_millis(6_900));
        assert_eq!(seat.shown(), Shown::Live);
        let gone = seat.picture(ShowTime::from_millis(8_000)).unwrap();
        assert_eq!(seat.shown(), Shown::Slate);
        assert!(gone.same_bytes(&seat.slate));
        assert!((seat.fps() - 1.0).abs() < 0.01);
    }

    #[test]
    fn a_camera_that_is_back_is_seen_with_its_new_pictures_and_not_with_its_last_old_one() {
        let pool = PicturePool::new(8);
        let seat = seat(&pool, false);
        seat.slot.put(picture(&pool, 1_000));
        seat.picture(ShowTime::from_millis(1_000));
        seat.picture(ShowTime::from_millis(3_000));
        assert_eq!(seat.shown(), Shown::Slate);
        seat.slot.put_at(picture(&pool, 4_050), ShowTime::from_millis(4_000));
        assert!(seat.picture(ShowTime::from_millis(4_010)).unwrap().same_bytes(&seat.slate));
        assert_eq!(seat.picture(ShowTime::from_millis(4_060)).unwrap().pts().millis(), 4_050);
        assert_eq!(seat.shown(), Shown::Live);
    }

    #[test]
    fn a_still_stands_for_ever() {
        let pool = PicturePool::new(8);
        let seat = seat(&pool, true);
        seat.slot.put(picture(&pool, 0));
        assert!(!seat.picture(ShowTime::from_millis(3_600_000)).unwrap().same_bytes(&seat.slate));
    }
}
