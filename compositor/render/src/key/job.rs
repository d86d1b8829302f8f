//! What both grades are given.

use super::bands::Source;
use super::grid::Grid;
use super::setting::{Regions, Setting};
use super::simd::Level;

/// What stays the same over a picture.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) level: Level,
    pub(crate) source: Source<'a>,
    pub(crate) grid: &'a Grid,
    pub(crate) setting: Setting,
    pub(crate) regions: Regions,
    /// Light put in the place of removed spill, as a part of the screen's luminance; `fine` only.
    pub(crate) backdrop: [f32; 3],
    /// Whether colours under clear pixels may be left out: nothing later uncovers them.
    pub(crate) lean: bool,
}
