//! What moves by itself: rolling numbers, growing bars, animations, countdowns, marquees.

use super::node::{Anim, Prop};
use crate::ease::{Ease, lerp, progress};
use std::time::Duration;
use vitrine_media::ShowTime;

/// How long a value takes to become another.
pub(super) const CHANGE: Duration = Duration::from_millis(300);
/// How long a change waits for its bitmap to be made: it is asked for at once.
pub(super) const CHANGE_DELAY: Duration = Duration::from_millis(100);
/// Speed of a marquee, in pixels of a 1080p design per second: can be read, seems steady at 30 pictures a second.
pub(super) const MARQUEE_SPEED: f64 = 150.0;
/// Space between the texts of a marquee, in sizes of its type.
pub(super) const MARQUEE_GAP: f32 = 1.5;

/// A value, and the one before it while it gives way.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Change<T> {
    pub(super) now: T,
    pub(super) before: Option<(T, ShowTime)>,
}

impl<T: Clone + PartialEq> Change<T> {
    pub(super) const fn still(now: T) -> Self {
        Self { now, before: None }
    }

    /// Becomes `next` from `at` on.
    pub(super) fn turn(&mut self, next: T, at: ShowTime) {
        self.turn_from(next, |change| change.now.clone(), at);
    }

    /// Becomes `next` from `at` on, starting from what is seen.
    pub(super) fn turn_from(&mut self, next: T, seen: impl FnOnce(&Self) -> T, at: ShowTime) {
        if self.now != next {
            let before = seen(self);
            self.now = next;
            self.before = Some((before, at));
        }
    }

    /// The value before and how far it has given way, 0 to 1 eased; `None` when all is still.
    pub(super) fn giving_way(&self, at: ShowTime) -> Option<(&T, f32)> {
        let (before, since) = self.before.as_ref()?;
        let t = progress(since.after(CHANGE_DELAY), CHANGE, at);
        (t < 1.0).then(|| (before, Ease::Out.at(t)))
    }
}

/// How full a bar looks.
pub(super) fn shown_number(change: &Change<f32>, at: ShowTime) -> f32 {
    change.giving_way(at).map_or(change.now, |(before, t)| lerp(*before, change.now, t))
}

/// How much of a layer is seen while it is shown or hidden.
pub(super) fn shown_part(change: &Change<bool>, at: ShowTime) -> f32 {
    let part = |on: bool| if on { 1.0 } else { 0.0 };
    change.giving_way(at).map_or(part(change.now), |(before, t)| lerp(part(*before), part(change.now), t))
}

/// An animation that has started.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Playing {
    pub(super) anim: Anim,
    pub(super) started: ShowTime,
}

impl Playing {
    /// Its value at an instant.
    pub(super) fn value(&self, at: ShowTime) -> f32 {
        let (Some(first), Some(last)) = (self.anim.keys.first(), self.anim.keys.last()) else {
            return self.anim.prop.rest();
        };
        let length = u64::from(last.at_ms);
        let passed = u64::try_from(at.since(self.started).as_millis()).unwrap_or(u64::MAX);
        if length == 0 || passed >= length.saturating_mul(u64::from(self.anim.repeats) + 1) {
            return last.value;
        }
        let nanos = at.since(self.started).as_nanos() % (u128::from(length) * 1_000_000);
        #[allow(clippy::cast_precision_loss, reason = "an animation lasts a minute at most")]
        let ms = nanos as f32 / 1e6;
        let mut from = *first;
        for key in &self.anim.keys {
            if millis(key.at_ms) > ms {
                let span = millis(key.at_ms) - millis(from.at_ms);
                let t = if span > 0.0 { (ms - millis(from.at_ms)) / span } else { 1.0 };
                return lerp(from.value, key.value, key.ease.at(t));
            }
            from = *key;
        }
        from.value
    }
}

#[allow(clippy::cast_precision_loss, reason = "an animation lasts a minute at most")]
const fn millis(ms: u32) -> f32 {
    ms as f32
}

/// The value of one property of a node.
pub(super) fn animated(anims: &[Playing], node: u32, prop: Prop, at: ShowTime) -> f32 {
    let playing = anims.iter().find(|playing| playing.anim.node == node && playing.anim.prop == prop);
    playing.map_or_else(|| prop.rest(), |playing| playing.value(at))
}

/// Whole seconds left, rounded up: a countdown shows `0:01` until nothing is left.
pub(super) fn seconds_left(until_unix_ms: u64, now_unix_ms: u64) -> u64 {
    until_unix_ms.saturating_sub(now_unix_ms).div_ceil(1000)
}

/// `4:05`, `1:02:03`.
pub(super) fn countdown_text(seconds: u64) -> String {
    let seconds = seconds.min(359_999);
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}

/// How far from the first to the second instant, 0 to 1.
pub(super) fn between(from: u64, to: u64, now: u64) -> f32 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a fraction of a bar")]
    let part = |n: i128, whole: i128| (n as f64 / whole as f64) as f32;
    let whole = i128::from(to) - i128::from(from);
    if whole == 0 { 1.0 } else { part(i128::from(now) - i128::from(from), whole).clamp(0.0, 1.0) }
}

/// Whether a text is a number that rolls: figures and what stands around them.
pub(super) fn rolls(text: &str) -> bool {
    let short = text.chars().count() <= 24;
    let figures = text.chars().any(|c| c.is_ascii_digit());
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    short && figures && letters <= 4
}
