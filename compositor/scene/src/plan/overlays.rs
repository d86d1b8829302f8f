//! The downstream keyer: overlays above every scene, coming and going by themselves.

use super::Planner;
use super::lay::{full, lay};
use super::pieces::{middle, shift, way_out, zoom};
use crate::draw::{Draw, Rect};
use crate::ease::lerp;
use crate::file::{Motion, MotionKind};
use crate::model::{Layer, LayerContent};
use crate::overlay::{Slot, layout};
use vitrine_media::{PluginId, Size};

/// How large an overlay that grows is when it appears.
const GROW_FROM: f32 = 0.9;
/// How far an overlay that slides travels at most, in parts of its own side: it need not cross the canvas.
const SLIDE_PART: f32 = 1.0;

impl Planner<'_> {
    /// Adds the overlays that are on, coming or going.
    pub(super) fn overlays(&mut self, out: &mut Vec<Draw>) {
        let (show, air, at) = (self.moment.show, self.moment.air, self.moment.at);
        for overlay in &show.overlays {
            let Some(state) = air.overlays.get(&overlay.name) else { continue };
            let Some(layer) = overlay.on.get(self.moment.canvas).filter(|layer| layer.visible) else { continue };
            let presence = state.presence(overlay.enter_duration(), overlay.exit_duration(), at);
            let motion =
                if matches!(state, crate::air::Shown::Leaving { .. }) { &overlay.exit } else { &overlay.enter };
            if presence >= 1.0 {
                self.overlay_layer(layer, out);
            } else if presence > 0.0 {
                let mut draws = self.memo.list();
                self.overlay_layer(layer, &mut draws);
                if let Some(mut draw) = self.bundle(draws) {
                    moved(&mut draw, motion, presence, self.canvas);
                    self.push(out, draw);
                }
            }
        }
    }

    /// An overlay's draws. Its opacity counts for the whole of it.
    fn overlay_layer(&mut self, layer: &Layer, out: &mut Vec<Draw>) {
        let opacity = layer.look.opacity.unwrap_or(1.0);
        if opacity >= 1.0 || !matches!(layer.content, LayerContent::Plugin { .. }) {
            return self.layer(layer, 0, out);
        }
        let mut draws = self.memo.list();
        self.layer(layer, 0, &mut draws);
        if let Some(mut draw) = self.bundle(draws) {
            draw.opacity *= opacity;
            self.push(out, draw);
        }
    }

    /// A plugin's layer, laid out in its slot.
    pub(super) fn plugin_layer(
        &mut self,
        layer: &Layer,
        plugin: &PluginId,
        slot: &str,
        place: u64,
        out: &mut Vec<Draw>,
    ) {
        let overlays = self.moment.overlays;
        let Some(committed) = overlays.layer(plugin, slot) else { return };
        let rect = slot_rect(layer, committed.size_units(), self.canvas);
        let asset = |name: &str| overlays.asset(plugin, name);
        let slot = Slot {
            rect,
            unit: crate::model::unit(self.canvas),
            at: self.moment.at,
            unix_ms: overlays.unix_ms(self.moment.at),
            theme: &self.moment.show.theme,
            place,
            sizes: self.moment.sizes,
            asset: &asset,
        };
        let start = out.len();
        layout(&committed, &slot, self.memo, out);
        let room = self.budget.min(out.len() - start);
        out.truncate(start + room);
        self.budget -= room;
        if let (None, Some(sku), Some(draws)) = (&layer.product, committed.product(), out.get_mut(start..)) {
            self.name_product(draws, sku);
        }
    }
}

/// Where a plugin's layer lies. Its own size is in pixels of a 1080p design; a place may say another.
pub(super) fn slot_rect(layer: &Layer, (w, h): (f32, f32), canvas: Size) -> Rect {
    let unit = crate::model::unit(layer.design);
    let own = Size::new(super::text::whole(w * unit).max(1), super::text::whole(h * unit).max(1));
    let mut look = layer.look.clone();
    look.fit = Some(crate::raster::Fit::Stretch);
    look.rotation = None;
    look.crop = None;
    let laid = lay(&look, own, canvas, layer.design);
    let rect = laid.map_or_else(|| full(canvas), |laid| laid.placement.rect_in_canvas);
    Rect { x: rect.x.round(), y: rect.y.round(), w: rect.w.round(), h: rect.h.round() }
}

/// An overlay on its way: `presence` is 0 gone to 1 there.
fn moved(draw: &mut Draw, motion: &Motion, presence: f32, canvas: Size) {
    let rect = draw.placement.rect_in_canvas;
    match motion.kind {
        MotionKind::None => {}
        MotionKind::Fade => draw.opacity *= presence,
        MotionKind::Slide => {
            let (dx, dy) = way_out(rect, canvas, motion.from);
            let (most_x, most_y) = (rect.w * SLIDE_PART, rect.h * SLIDE_PART);
            let (dx, dy) = (dx.clamp(-most_x, most_x), dy.clamp(-most_y, most_y));
            shift(draw, dx * (1.0 - presence), dy * (1.0 - presence));
            draw.opacity *= presence;
        }
        MotionKind::Grow => {
            zoom(draw, middle(rect), lerp(GROW_FROM, 1.0, presence));
            draw.opacity *= presence;
        }
    }
}
