//! A layer in its slot at an instant, as draws or as the bitmaps that it needs. One walk makes both, so they agree.

use super::layer::Layer;
use super::walk::{Piece, Sink, Walk};
use crate::draw::{Draw, Rect, Sizes, Source};
use crate::file::Theme;
use crate::plan::Memo;
use crate::raster::{BitmapId, RasterSpec};
use std::sync::Arc;
use vitrine_media::{ShowTime, Size};

/// Where and when a layer is laid out.
pub struct Slot<'a> {
    /// The slot, in canvas pixels.
    pub rect: Rect,
    /// How long a pixel of a 1080p design is on this canvas.
    pub unit: f32,
    /// When.
    pub at: ShowTime,
    /// The wall clock then, in milliseconds since 1970.
    pub unix_ms: u64,
    /// The show's look.
    pub theme: &'a Theme,
    /// Names the layer's bitmaps: one number per overlay and canvas.
    pub place: u64,
    /// Sizes of bitmaps that are as large as their text.
    pub sizes: &'a dyn Sizes,
    /// The plugin's images.
    pub asset: &'a dyn Fn(&str) -> Option<Arc<[u8]>>,
}

/// Adds the draws of `layer` in `slot`, back to front.
pub fn layout(layer: &Layer, slot: &Slot<'_>, memo: &mut Memo, out: &mut Vec<Draw>) {
    Walk { layer, slot, sink: &mut Drawing { memo, out, sizes: slot.sizes } }.run();
}

/// The bitmaps that `layer` needs in `slot` at this instant, those that follow within the next second included,
/// each with its place.
#[must_use]
pub fn wanted(layer: &Layer, slot: &Slot<'_>) -> Vec<(u64, RasterSpec)> {
    let mut collect = Collecting { out: Vec::new(), sizes: slot.sizes };
    Walk { layer, slot, sink: &mut collect }.run();
    collect.out
}

struct Drawing<'a> {
    memo: &'a mut Memo,
    out: &'a mut Vec<Draw>,
    sizes: &'a dyn Sizes,
}

impl Sink for Drawing<'_> {
    fn solid(&mut self, draw: Draw) {
        self.out.push(draw);
    }

    fn bitmap(&mut self, piece: &Piece, spec: &dyn Fn() -> RasterSpec) {
        let id = self.memo.id(piece.place, piece.key, spec);
        let mut draw = Draw::new(Source::Bitmap { id, place: piece.place }, piece.rect);
        draw.opacity = piece.opacity;
        draw.clip = piece.clip;
        self.out.push(draw);
    }

    fn ahead(&mut self, _: u64, _: &dyn Fn() -> RasterSpec) {}

    fn size(&mut self, place: u64, key: u64, spec: &dyn Fn() -> RasterSpec) -> Option<Size> {
        let id: BitmapId = self.memo.id(place, key, spec);
        self.sizes.bitmap(id)
    }
}

struct Collecting<'a> {
    out: Vec<(u64, RasterSpec)>,
    sizes: &'a dyn Sizes,
}

impl Sink for Collecting<'_> {
    fn solid(&mut self, _: Draw) {}

    fn bitmap(&mut self, piece: &Piece, spec: &dyn Fn() -> RasterSpec) {
        self.ahead(piece.place, spec);
    }

    fn ahead(&mut self, place: u64, spec: &dyn Fn() -> RasterSpec) {
        let wanted = (place, spec());
        if !self.out.contains(&wanted) {
            self.out.push(wanted);
        }
    }

    fn size(&mut self, place: u64, _: u64, spec: &dyn Fn() -> RasterSpec) -> Option<Size> {
        self.ahead(place, spec);
        self.sizes.bitmap(spec().id())
    }
}
