//! Which bitmaps a moment needs, found without drawing, so that they are made before they are seen.

use super::Moment;
use super::overlays::slot_rect;
use crate::air::{Program, Under};
use crate::limits::DEPTH_MAX;
use crate::model::{Bitmap, InputPicture, Layer, LayerContent};
use crate::overlay::{Slot, wanted};
use crate::raster::{BitmapId, RasterSpec};
use std::collections::HashSet;
use std::sync::Arc;

/// A bitmap that is needed.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Its id.
    pub id: BitmapId,
    /// Where it belongs.
    pub place: u64,
    /// What to rasterise.
    pub spec: Arc<RasterSpec>,
}

/// The bitmaps of everything that may be seen at a moment: program, preview, every overlay, on or not, and text
/// inputs in them. Ask with `at` a little ahead ([`crate::limits::RASTER_LOOKAHEAD_MS`]) as well as now. Each bitmap
/// is named once.
#[must_use]
pub fn rasters_needed(moment: &Moment<'_>) -> Vec<Wanted> {
    let mut all = Collect { moment, seen: HashSet::new(), scenes: HashSet::new(), out: Vec::new() };
    let air = moment.air;
    let program = match &air.program {
        Program::Empty => Vec::new(),
        Program::Scene(scene) => vec![scene],
        Program::Mix(mix) => {
            let under = match &mix.from {
                Under::Empty => Vec::new(),
                Under::Scene(scene) => vec![scene],
                Under::Frozen(frozen) => frozen.from.iter().chain([&frozen.to]).collect(),
            };
            under.into_iter().chain([&mix.to]).collect()
        }
    };
    for scene in program.into_iter().chain(&air.preview) {
        if let Some(index) = moment.show.scene_index(scene) {
            all.scene(index, 0);
        }
    }
    for layer in moment.show.overlays.iter().filter_map(|overlay| overlay.on.get(moment.canvas)) {
        all.layer(layer, 0);
    }
    all.out
}

struct Collect<'a> {
    moment: &'a Moment<'a>,
    seen: HashSet<(u64, BitmapId)>,
    scenes: HashSet<usize>,
    out: Vec<Wanted>,
}

impl Collect<'_> {
    fn scene(&mut self, index: usize, depth: usize) {
        if depth >= DEPTH_MAX || !self.scenes.insert(index) {
            return;
        }
        let show = self.moment.show;
        let layers = show.scenes.get(index).and_then(|scene| scene.on.get(self.moment.canvas));
        for layer in layers.into_iter().flatten().filter(|layer| layer.visible) {
            self.layer(layer, depth);
        }
    }

    fn layer(&mut self, layer: &Layer, depth: usize) {
        let show = self.moment.show;
        match &layer.content {
            LayerContent::Input(index) => {
                if let Some(InputPicture::Text(bitmap)) = show.inputs.get(*index).map(|input| &input.picture) {
                    self.bitmap(bitmap);
                }
            }
            LayerContent::Scene(index) => self.scene(*index, depth + 1),
            LayerContent::Solid(_) => {}
            LayerContent::Text { bitmap, .. } => self.bitmap(bitmap),
            LayerContent::Plugin { plugin, slot, place } => {
                let overlays = self.moment.overlays;
                let Some(committed) = overlays.layer(plugin, slot) else { return };
                let Some(canvas) = show.canvases.get(self.moment.canvas) else { return };
                let asset = |name: &str| overlays.asset(plugin, name);
                let slot = Slot {
                    rect: slot_rect(layer, committed.size_units(), canvas.size),
                    unit: canvas.unit(),
                    at: self.moment.at,
                    unix_ms: overlays.unix_ms(self.moment.at),
                    theme: &show.theme,
                    place: *place,
                    sizes: self.moment.sizes,
                    asset: &asset,
                };
                for (place, spec) in wanted(&committed, &slot) {
                    self.add(place, spec.id(), || Arc::new(spec));
                }
            }
        }
    }

    fn bitmap(&mut self, bitmap: &Bitmap) {
        self.add(bitmap.place, bitmap.id, || Arc::clone(&bitmap.spec));
    }

    fn add(&mut self, place: u64, id: BitmapId, spec: impl FnOnce() -> Arc<RasterSpec>) {
        if self.seen.insert((place, id)) {
            self.out.push(Wanted { id, place, spec: spec() });
        }
    }
}
