//! What is shown of an input that fell silent: its last picture for a while, then its slate. Decided here only.

use std::time::Duration;

/// Silence after which an input counts as lost unless the show file says otherwise: half a second reads as a
/// hiccup, more reads as a fault.
pub const HOLD_DEFAULT: Duration = Duration::from_millis(500);

/// What an input shows at a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Its newest picture; it is alive.
    Live,
    /// Its last picture, held.
    Held,
    /// Its slate.
    Slate,
}

/// Decides what to show of an input.
///
/// `silent_for` is how long ago it last delivered a picture, `None` if it never did; `running_for` is how long it
/// has been open; `hold` is how long its last picture is good for; `interval` is the longest pause between two of
/// its pictures that is still normal (a slide show of one picture per second isn't silent after half of one).
#[must_use]
pub fn shown(silent_for: Option<Duration>, running_for: Duration, hold: Duration, interval: Duration) -> Shown {
    match silent_for {
        None if running_for <= hold => Shown::Held,
        None => Shown::Slate,
        Some(silent) if silent <= interval => Shown::Live,
        Some(silent) if silent <= hold.max(interval) => Shown::Held,
        Some(_) => Shown::Slate,
    }
}

/// What follows `before` when `decided` is due: a slate goes only with a picture that was not shown before it
/// (`repeated`). Else the first picture of a camera's return, which waits for its time, would bring back for a moment
/// the last one from before it was lost.
#[must_use]
pub fn follow(before: Shown, decided: Shown, repeated: bool) -> Shown {
    if before == Shown::Slate && repeated { Shown::Slate } else { decided }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitrine_media::{Clock, FakeClock, PicturePool, PixelFormat, ShowTime, Size, Slot};

    const TICK: Duration = Duration::from_millis(33);
    const USUAL: Duration = Duration::from_millis(100);

    /// Plays a camera that sends every 33 ms but for the given silences (from, to, in ms); gives what each tick showed.
    fn play(silences: &[(u64, u64)], until_ms: u64) -> Vec<(u64, Shown)> {
        let (clock, slot, pool) = (FakeClock::default(), Slot::new(), PicturePool::new(8));
        let mut seen = Vec::new();
        while clock.now().millis() < until_ms {
            let now = clock.now();
            if !silences.iter().any(|(from, to)| (*from..*to).contains(&now.millis())) {
                slot.put(pool.take(Size::new(2, 2), PixelFormat::I420).freeze(now));
            }
            let silent = slot.pick(now).map(|p| p.silent_for);
            seen.push((now.millis(), shown(silent, now.since(ShowTime::ZERO), HOLD_DEFAULT, USUAL)));
            clock.advance(TICK);
        }
        seen
    }

    fn first(seen: &[(u64, Shown)], what: Shown, from_ms: u64) -> u64 {
        seen.iter().find(|(ms, s)| *ms >= from_ms && *s == what).expect("it is shown some time").0
    }

    #[test]
    fn a_short_silence_holds_the_picture_and_shows_no_slate() {
        let seen = play(&[(1_000, 1_400)], 3_000);
        assert!(seen.iter().all(|(_, s)| *s != Shown::Slate));
        assert!(first(&seen, Shown::Held, 1_000) < 1_200);
    }

    #[test]
    fn a_long_silence_becomes_the_slate_within_500_ms_and_ends_with_the_next_picture() {
        let seen = play(&[(1_000, 4_000)], 5_000);
        let slate = first(&seen, Shown::Slate, 1_000);
        assert!((1_450..1_550).contains(&slate), "{slate}");
        assert!(first(&seen, Shown::Live, slate) <= 4_033);
    }

    #[test]
    fn a_slate_goes_with_a_new_picture_and_not_with_an_old_one() {
        for decided in [Shown::Live, Shown::Held] {
            assert_eq!(follow(Shown::Slate, decided, true), Shown::Slate);
            assert_eq!(follow(Shown::Slate, decided, false), decided);
            assert_eq!(follow(Shown::Live, decided, true), decided);
        }
    }

    #[test]
    fn an_input_that_never_came_gets_its_slate() {
        assert_eq!(shown(None, Duration::from_millis(100), HOLD_DEFAULT, USUAL), Shown::Held);
        assert_eq!(shown(None, Duration::from_secs(2), HOLD_DEFAULT, USUAL), Shown::Slate);
    }

    #[test]
    fn a_slow_camera_is_not_a_silent_one() {
        let second = Duration::from_secs(1);
        assert_eq!(shown(Some(Duration::from_millis(900)), second, HOLD_DEFAULT, second), Shown::Live);
    }
}
