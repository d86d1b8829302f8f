//! A scene's layers as draws.

use super::Planner;
use super::lay::{Laid, lay, turned_about};
use crate::draw::{Blend, Border, Draw, Placement, Rect, Shadow, Source, Vec2};
use crate::limits::DEPTH_MAX;
use crate::model::{InputPicture, Layer, LayerContent, unit};
use std::sync::Arc;
use vitrine_media::Size;

impl Planner<'_> {
    /// Adds a scene's draws, back to front.
    pub(super) fn scene(&mut self, index: usize, depth: usize, out: &mut Vec<Draw>) {
        let show = self.moment.show;
        let layers = show.scenes.get(index).and_then(|scene| scene.on.get(self.moment.canvas));
        let Some(layers) = layers.filter(|_| depth < DEPTH_MAX) else { return };
        for layer in layers.iter().filter(|layer| layer.visible) {
            self.layer(layer, depth, out);
        }
    }

    /// Adds the draws of one layer.
    pub(super) fn layer(&mut self, layer: &Layer, depth: usize, out: &mut Vec<Draw>) {
        if layer.look.opacity.unwrap_or(1.0) <= 0.0 {
            return;
        }
        let start = out.len();
        match &layer.content {
            LayerContent::Input(index) => self.input(layer, *index, out),
            LayerContent::Scene(index) => self.inner_scene(layer, *index, depth, out),
            LayerContent::Solid(color) => self.lay_source(layer, self.canvas, Source::Solid(*color), out),
            LayerContent::Text { bitmap, rect } => {
                let source = Source::Bitmap { id: bitmap.id, place: bitmap.place };
                let laid = Laid { placement: turned(*rect, layer), crop: None };
                let draw = dressed(layer, source, laid, self.canvas);
                self.push(out, draw);
            }
            LayerContent::Plugin { plugin, slot, place } => {
                self.plugin_layer(layer, plugin, slot, *place, out);
            }
        }
        if let (Some(sku), Some(draws)) = (&layer.product, out.get_mut(start..)) {
            self.name_product(draws, sku);
        }
    }

    fn input(&mut self, layer: &Layer, index: usize, out: &mut Vec<Draw>) {
        let show = self.moment.show;
        let Some(input) = show.inputs.get(index) else { return };
        match &input.picture {
            InputPicture::Live { .. } => {
                let Some(size) = self.moment.sizes.input(&input.id) else { return };
                let source = Source::Input { id: input.id.clone(), grade: Arc::clone(&input.grade) };
                self.lay_source(layer, size, source, out);
            }
            InputPicture::Solid { color, size } => {
                self.lay_source(layer, size.unwrap_or(self.canvas), Source::Solid(*color), out);
            }
            InputPicture::Text(bitmap) => {
                let source = Source::Bitmap { id: bitmap.id, place: bitmap.place };
                self.lay_source(layer, bitmap.size, source, out);
            }
        }
    }

    fn lay_source(&mut self, layer: &Layer, size: Size, source: Source, out: &mut Vec<Draw>) {
        if let Some(laid) = lay(&layer.look, size, self.canvas, layer.design) {
            let draw = dressed(layer, source, laid, self.canvas);
            self.push(out, draw);
        }
    }

    /// A scene within a scene: its draws themselves where that is the same picture, else a group.
    fn inner_scene(&mut self, layer: &Layer, index: usize, depth: usize, out: &mut Vec<Draw>) {
        let mut draws = self.memo.list();
        self.scene(index, depth + 1, &mut draws);
        let Some(laid) = lay(&layer.look, self.canvas, self.canvas, layer.design) else {
            self.memo.give(draws);
            return;
        };
        let outer = dressed(layer, Source::Solid(crate::draw::Color::BLACK), laid, self.canvas);
        let plain = Draw {
            source: outer.source.clone(),
            scaling: outer.scaling,
            ..Draw::new(outer.source.clone(), self.full())
        };
        if outer == plain && draws.iter().all(|draw| draw.blend == Blend::Normal) {
            out.append(&mut draws);
            self.memo.give(draws);
            return;
        }
        let source = Source::Group { size: self.canvas, draws };
        self.push(out, Draw { source, ..outer });
    }
}

/// A text's rectangle with the turns that its layer says, about the anchor of its place.
fn turned(rect: Rect, layer: &Layer) -> Placement {
    let look = &layer.look;
    let rotation = look.rotation.unwrap_or(0.0).rem_euclid(360.0);
    let (fx, fy) = look.place.as_ref().map(|place| place.anchor).unwrap_or_default().at();
    let anchor = (rect.x + fx * rect.w, rect.y + fy * rect.h);
    Placement {
        rect_in_canvas: turned_about(rect, anchor, rotation),
        rotation_deg: rotation,
        flip_h: look.flip_h.unwrap_or(false),
        flip_v: look.flip_v.unwrap_or(false),
    }
}

/// A draw with all that its look says. Figures in pixels scale with the canvas, as graphics do.
fn dressed(layer: &Layer, source: Source, laid: Laid, canvas: Size) -> Draw {
    let look = &layer.look;
    let scale = unit(canvas) / unit(layer.design);
    let crop = if matches!(source, Source::Solid(_)) { None } else { laid.crop };
    Draw {
        source,
        crop,
        placement: laid.placement,
        opacity: look.opacity.unwrap_or(1.0),
        blend: look.blend.unwrap_or_default(),
        corner_radius: look.corner_radius.unwrap_or(0.0) * scale,
        border: look
            .border
            .as_ref()
            .filter(|border| border.width > 0.0)
            .map(|border| Border { width: border.width * scale, color: border.color }),
        shadow: look.shadow.as_ref().filter(|shadow| shadow.color.a > 0).map(|shadow| Shadow {
            blur: shadow.blur * scale,
            offset: Vec2 { x: shadow.x * scale, y: shadow.y * scale },
            color: shadow.color,
        }),
        clip: None,
        wipe: None,
        scaling: look.scaling.unwrap_or_default(),
        spot: None,
    }
}
