//! What the plan remembers from one tick to the next, so that it allocates and hashes little. Changes no result.

use crate::draw::{Draw, Source};
use crate::raster::{BitmapId, RasterSpec};
use std::collections::HashMap;

/// Entries kept before all are forgotten: texts that came and went.
const ENTRIES_MAX: usize = 8_192;
/// Lists of groups kept for use again.
const SPARE_MAX: usize = 32;

/// Bitmap ids by place, and lists for use again.
#[derive(Debug, Default)]
pub struct Memo {
    ids: HashMap<u64, (u64, BitmapId)>,
    spare: Vec<Vec<Draw>>,
}

impl Memo {
    /// The id of the bitmap for `place`. `key` has to change whenever the bitmap does; `spec` is made only then.
    pub(crate) fn id(&mut self, place: u64, key: u64, spec: impl FnOnce() -> RasterSpec) -> BitmapId {
        if let Some((known, id)) = self.ids.get(&place)
            && *known == key
        {
            return *id;
        }
        if self.ids.len() >= ENTRIES_MAX {
            self.ids.clear();
        }
        let id = spec().id();
        self.ids.insert(place, (key, id));
        id
    }

    /// An empty list, used before if there is one.
    pub(crate) fn list(&mut self) -> Vec<Draw> {
        self.spare.pop().unwrap_or_default()
    }

    /// Gives a list back.
    pub(crate) fn give(&mut self, mut list: Vec<Draw>) {
        if list.capacity() > 0 && self.spare.len() < SPARE_MAX {
            list.clear();
            self.spare.push(list);
        }
    }

    /// Empties a list, keeping the lists of its groups.
    pub(crate) fn recycle(&mut self, draws: &mut Vec<Draw>) {
        for draw in draws.drain(..) {
            if let Source::Group { draws, .. } = draw.source {
                self.give(draws);
            }
        }
    }
}
