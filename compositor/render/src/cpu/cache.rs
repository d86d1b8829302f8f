//! What is remembered from frame to frame: scaling tables, converted bitmaps, shadows, and stills already scaled.

use super::axis::{Axis, AxisSpec};
use super::limits::{AXES_MAX, REMEMBERED_MAX, UNUSED_FRAMES_MAX};
use super::shadow::Look;
use super::surface::Surface;
use std::sync::Arc;
use vitrine_media::Picture;

/// Entries of a table that share a place.
const WAYS: usize = 8;

/// A table, what it was made from, and when it was last wanted.
type AxisEntry = (AxisSpec, Arc<Axis>, u64);

/// Scaling tables by their spec. A table that is pushed out gives its memory to the next.
pub(crate) struct Axes {
    sets: Vec<[Option<AxisEntry>; WAYS]>,
    clock: u64,
}

impl Axes {
    pub(crate) fn new() -> Self {
        Self { sets: (0..AXES_MAX / WAYS).map(|_| [const { None }; WAYS]).collect(), clock: 0 }
    }

    pub(crate) fn get(&mut self, spec: &AxisSpec) -> Arc<Axis> {
        self.clock += 1;
        let clock = self.clock;
        let count = self.sets.len().max(1);
        let Some(set) = self.sets.get_mut(place(spec) % count) else { return Arc::new(Axis::new(spec)) };
        if let Some((_, axis, used)) = set.iter_mut().flatten().find(|(known, _, _)| known == spec) {
            *used = clock;
            return Arc::clone(axis);
        }
        let oldest = set.iter_mut().min_by_key(|entry| entry.as_ref().map_or(0, |(_, _, used)| *used));
        let Some(slot) = oldest else { return Arc::new(Axis::new(spec)) };
        if let Some((known, axis, used)) = slot
            && let Some(free) = Arc::get_mut(axis)
        {
            free.fill(spec);
            (*known, *used) = (*spec, clock);
            return Arc::clone(axis);
        }
        let axis = Arc::new(Axis::new(spec));
        *slot = Some((*spec, Arc::clone(&axis), clock));
        axis
    }
}

/// A place for a spec: any mixing will do, as equal specs are compared in full.
fn place(spec: &AxisSpec) -> usize {
    let parts = [
        spec.first.cast_unsigned(),
        spec.count.cast_unsigned(),
        spec.dst_origin.to_bits(),
        spec.dst_len.to_bits(),
        spec.src_origin.to_bits(),
        spec.src_len.to_bits(),
        spec.site as u32,
    ];
    let mixed =
        parts.iter().fold(0_u64, |h, p| (h ^ u64::from(*p)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23));
    usize::try_from(mixed >> 40).unwrap_or(0)
}

/// A list of things found by key, of which the longest unused goes first.
pub(crate) struct Remembered<K, V> {
    entries: Vec<(K, V, u64)>,
}

impl<K, V> Remembered<K, V> {
    pub(crate) fn new() -> Self {
        Self { entries: Vec::with_capacity(REMEMBERED_MAX) }
    }

    /// The value of the key that `same` knows, noted as used now; with the frame of its last use before.
    pub(crate) fn find(&mut self, now: u64, same: impl Fn(&K) -> bool) -> Option<(&mut V, u64)> {
        let (_, value, used) = self.entries.iter_mut().find(|(key, _, _)| same(key))?;
        let before = std::mem::replace(used, now);
        Some((value, before))
    }

    pub(crate) fn add(&mut self, now: u64, key: K, value: V) {
        if self.entries.len() >= REMEMBERED_MAX
            && let Some(oldest) = self.entries.iter().enumerate().min_by_key(|(_, e)| e.2).map(|(place, _)| place)
        {
            self.entries.swap_remove(oldest);
        }
        self.entries.push((key, value, now));
    }

    /// Forgets what has not been used for long.
    pub(crate) fn tidy(&mut self, now: u64) {
        self.entries.retain(|(_, _, used)| now - used <= UNUSED_FRAMES_MAX);
    }
}

/// How a still lies on the canvas: source rectangle, placement, turn, flips, filter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Lie {
    pub(crate) numbers: [f32; 9],
    pub(crate) flags: [bool; 3],
    pub(crate) corner: (i32, i32),
    pub(crate) extent: (i32, i32),
}

/// A still's source and how it lies.
pub(crate) type StillKey = (Arc<Surface>, Lie);

/// All of it.
pub(crate) struct Caches {
    pub(crate) axes: Axes,
    pub(crate) bitmaps: Remembered<Picture, Arc<Surface>>,
    pub(crate) shadows: Remembered<Look, Arc<Surface>>,
    /// `None` at first sight: what moves is never seen twice, and is not worth keeping.
    pub(crate) stills: Remembered<StillKey, Option<Arc<Surface>>>,
    pub(crate) frame: u64,
}

impl Caches {
    pub(crate) fn new() -> Self {
        Self {
            axes: Axes::new(),
            bitmaps: Remembered::new(),
            shadows: Remembered::new(),
            stills: Remembered::new(),
            frame: 0,
        }
    }

    /// A new frame begins.
    pub(crate) fn next_frame(&mut self) {
        self.frame += 1;
        self.bitmaps.tidy(self.frame);
        self.shadows.tidy(self.frame);
        self.stills.tidy(self.frame);
    }
}
