//! What is done to an input's picture before any layer shows it: keyed, then corrected, once a picture.
//!
//! ```text
//! input's Picture ─► Preparer (one entry for each input and grade) ─► Keyer ─► Corrector ─► Picture
//! ```

mod correct;
mod table;

pub use correct::{Corrector, correct};

use crate::key::{Keyer, ParallelFor};
use std::sync::Arc;
use vitrine_media::{InputId, Picture};
use vitrine_scene::grade::Grade;

/// One input under one grade.
struct Entry {
    id: InputId,
    grade: Arc<Grade>,
    keyer: Keyer,
    corrector: Corrector,
    /// The last picture and what became of it.
    last: Option<(Picture, Picture)>,
}

/// Prepares inputs' pictures; a picture that several layers or canvases show is prepared once.
///
/// Grades are told apart by their `Arc`, not by content: keep the same `Arc` while the settings stay the same.
/// When an input's grade is replaced, the new one takes over what the keyer has learnt.
#[derive(Default)]
pub struct Preparer {
    entries: Vec<Entry>,
}

impl Preparer {
    /// A preparer that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `picture` of input `id`, keyed and corrected as `grade` says, on the threads of `parallel`.
    ///
    /// Shares `picture` where the grade asks for nothing. The same bytes under the same grade are worked on once.
    #[must_use]
    pub fn prepare(
        &mut self,
        id: &InputId,
        picture: &Picture,
        grade: &Arc<Grade>,
        parallel: &ParallelFor<'_>,
    ) -> Picture {
        if grade.key.is_none() && grade.color.is_none() {
            return picture.clone();
        }
        let entry = self.entry(id, grade);
        if let Some((seen, done)) = &entry.last
            && seen.same_bytes(picture)
        {
            return done.at(picture.pts());
        }
        let keyed = match &grade.key {
            Some(key) => entry.keyer.apply_on(picture, key, parallel),
            None => picture.clone(),
        };
        let done = match &grade.color {
            Some(color) => entry.corrector.apply(&keyed, color, parallel),
            None => keyed,
        };
        entry.last = Some((picture.clone(), done.clone()));
        done
    }

    /// Forgets an input that left the show.
    pub fn forget(&mut self, id: &InputId) {
        self.entries.retain(|e| e.id != *id);
    }

    /// The entry for `id` and `grade`: its own, or one whose grade no one else holds any more, or a new one.
    fn entry(&mut self, id: &InputId, grade: &Arc<Grade>) -> &mut Entry {
        let own = self.entries.iter().position(|e| e.id == *id && Arc::ptr_eq(&e.grade, grade));
        let at = own.unwrap_or_else(|| {
            let old = self.entries.iter().position(|e| e.id == *id && Arc::strong_count(&e.grade) == 1);
            // Others that no one holds belong to inputs or settings that are gone.
            if let Some(at) = old {
                self.entries[at].grade = Arc::clone(grade);
                self.entries[at].last = None;
                at
            } else {
                self.entries.retain(|e| Arc::strong_count(&e.grade) > 1);
                self.entries.push(Entry {
                    id: id.clone(),
                    grade: Arc::clone(grade),
                    keyer: Keyer::new(),
                    corrector: Corrector::new(),
                    last: None,
                });
                self.entries.len() - 1
            }
        });
        &mut self.entries[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::on_this_thread;
    use vitrine_media::{PicturePool, PixelFormat, ShowTime, Size};
    use vitrine_scene::grade::Correction;

    fn picture(luma: u8) -> Picture {
        let pool = PicturePool::new(1);
        let mut picture = pool.take(Size::new(64, 36), PixelFormat::I420);
        let [y, cb, cr, _] = picture.planes();
        y.bytes.fill(luma);
        cb.bytes.fill(128);
        cr.bytes.fill(128);
        picture.freeze(ShowTime::ZERO)
    }

    fn graded(saturation: f32) -> Arc<Grade> {
        let color = Correction { saturation, gain: [1.1; 3], ..Correction::default() };
        Arc::new(Grade { key: None, color: Some(color) })
    }

    #[test]
    fn a_picture_is_prepared_once_for_each_grade() {
        let (id, grade, other) = (InputId::new("host").unwrap(), graded(0.5), graded(2.0));
        let mut preparer = Preparer::new();
        let camera = picture(100);
        let first = preparer.prepare(&id, &camera, &grade, &on_this_thread);
        let again = preparer.prepare(&id, &camera.at(ShowTime::ZERO), &grade, &on_this_thread);
        assert!(first.same_bytes(&again) && !first.same_bytes(&camera));
        let second = preparer.prepare(&id, &camera, &other, &on_this_thread);
        assert!(!second.same_bytes(&first));
        assert!(preparer.prepare(&id, &camera, &grade, &on_this_thread).same_bytes(&first));
        assert!(!preparer.prepare(&id, &picture(101), &grade, &on_this_thread).same_bytes(&first));
    }

    #[test]
    fn nothing_asked_is_nothing_done_and_old_settings_are_let_go() {
        let id = InputId::new("host").unwrap();
        let mut preparer = Preparer::new();
        let camera = picture(100);
        let plain = Arc::new(Grade::default());
        assert!(preparer.prepare(&id, &camera, &plain, &on_this_thread).same_bytes(&camera));
        for step in 0..50_u8 {
            let _ = preparer.prepare(&id, &camera, &graded(f32::from(step) / 25.0), &on_this_thread);
        }
        assert!(preparer.entries.len() <= 2, "{} entries", preparer.entries.len());
    }
}
