//! Where clickable things lie in a planned picture: from the draws themselves, through every group, move and wipe.

use super::Planner;
use super::lay::full;
use crate::draw::{Draw, DrawList, Rect, Source, Spot, Wipe};
use crate::model::px;
use std::sync::Arc;

/// Below this a thing is not there for a viewer: what fades changes hands in the middle.
const SEEN_FROM: f32 = 0.5;
/// Beyond every canvas, in pixels.
const FAR: f32 = 1e6;

/// One clickable box.
#[derive(Clone, Debug, PartialEq)]
pub struct SpotBox {
    /// What a click opens: a product's SKU.
    pub sku: Arc<str>,
    /// Where it lies, within the canvas.
    pub rect_in_canvas: Rect,
    thing: u32,
}

impl Planner<'_> {
    /// Makes draws that are of no product yet draws of `sku`: one thing.
    pub(super) fn name_product(&mut self, draws: &mut [Draw], sku: &Arc<str>) {
        self.things += 1;
        name(draws, &Spot { sku: Arc::clone(sku), thing: self.things });
    }
}

fn name(draws: &mut [Draw], spot: &Spot) {
    for draw in draws {
        match &mut draw.source {
            Source::Group { draws, .. } => name(draws, spot),
            _ => {
                draw.spot.get_or_insert_with(|| spot.clone());
            }
        }
    }
}

/// Finds the boxes of a picture, back to front. `out` is emptied first; its memory is used again.
///
/// A thing's box holds all of its draws, without shadows, cut at the canvas. What has faded below half, or is covered
/// by a picture as large as the canvas, has none.
pub fn spots_into(list: &DrawList, out: &mut Vec<SpotBox>) {
    out.clear();
    let canvas = full(list.canvas);
    let view = View { scale: (1.0, 1.0), shift: (0.0, 0.0), turns: None, clip: canvas, opacity: 1.0 };
    walk(&list.draws, &view, canvas, out);
}

/// How draws of a group come to lie on the canvas.
#[derive(Clone, Copy)]
struct View {
    scale: (f32, f32),
    shift: (f32, f32),
    /// Degrees about a point of the canvas. Of groups within groups only the innermost turn counts: none is planned.
    turns: Option<(f32, (f32, f32))>,
    clip: Rect,
    opacity: f32,
}

impl View {
    fn rect(&self, rect: Rect) -> Rect {
        Rect {
            x: rect.x * self.scale.0 + self.shift.0,
            y: rect.y * self.scale.1 + self.shift.1,
            w: rect.w * self.scale.0,
            h: rect.h * self.scale.1,
        }
    }

    /// Where a draw is seen, as an upright rectangle.
    fn bounds(&self, draw: &Draw) -> Rect {
        let rect = self.rect(draw.placement.rect_in_canvas);
        let own = turned(rect, draw.placement.rotation_deg, middle(rect));
        self.turns.map_or(own, |(degrees, about)| turned(own, degrees, about))
    }

    /// The part of the canvas that a draw may touch.
    fn clip(&self, draw: &Draw) -> Rect {
        let clip = draw.clip.map_or(self.clip, |clip| meet(self.clip, self.rect(clip)));
        draw.wipe.as_ref().map_or(clip, |wipe| self.wiped(clip, wipe))
    }

    /// What a wipe that runs along a side has uncovered; a slanted one uncovers all once it has passed the middle.
    fn wiped(&self, clip: Rect, wipe: &Wipe) -> Rect {
        let edge = wipe.edge + wipe.softness / 2.0;
        let at = (edge * self.scale.0 + self.shift.0, edge * self.scale.1 + self.shift.1);
        let back = (-edge * self.scale.0 + self.shift.0, -edge * self.scale.1 + self.shift.1);
        let open = match (wipe.direction.x, wipe.direction.y) {
            (x, 0.0) if x > 0.0 => Rect { x: at.0 - FAR, y: -FAR, w: FAR, h: 2.0 * FAR },
            (_, 0.0) => Rect { x: back.0, y: -FAR, w: FAR, h: 2.0 * FAR },
            (0.0, y) if y > 0.0 => Rect { x: -FAR, y: at.1 - FAR, w: 2.0 * FAR, h: FAR },
            (0.0, _) => Rect { x: -FAR, y: back.1, w: 2.0 * FAR, h: FAR },
            (x, y) => {
                let (cx, cy) = middle(clip);
                let passed = cx * x + cy * y < edge;
                if passed { clip } else { Rect::default() }
            }
        };
        meet(clip, open)
    }
}

fn walk(draws: &[Draw], view: &View, canvas: Rect, out: &mut Vec<SpotBox>) {
    for draw in draws {
        let (bounds, clip, opacity) = (view.bounds(draw), view.clip(draw), view.opacity * draw.opacity);
        let seen = meet(bounds, clip);
        if opacity < SEEN_FROM || seen.w <= 0.0 || seen.h <= 0.0 {
            continue;
        }
        match &draw.source {
            Source::Group { size, draws } => {
                let part = draw.crop.unwrap_or_else(|| full(*size));
                if part.w > 0.0 && part.h > 0.0 {
                    walk(draws, &inner(view, draw, part, seen, opacity), canvas, out);
                }
            }
            source if draw.spot.is_none() && seen == canvas && opaque(source) => out.clear(),
            _ => {}
        }
        if let Some(spot) = &draw.spot {
            add(spot, seen, out);
        }
    }
}

fn inner(view: &View, group: &Draw, part: Rect, clip: Rect, opacity: f32) -> View {
    let rect = view.rect(group.placement.rect_in_canvas);
    let scale = (rect.w / part.w, rect.h / part.h);
    let degrees = group.placement.rotation_deg;
    View {
        scale,
        shift: (rect.x - part.x * scale.0, rect.y - part.y * scale.1),
        turns: if degrees == 0.0 { view.turns } else { Some((degrees, middle(rect))) },
        clip,
        opacity,
    }
}

fn opaque(source: &Source) -> bool {
    match source {
        Source::Solid(color) => color.a == 255,
        Source::Input { grade, .. } => grade.key.is_none(),
        Source::Bitmap { .. } | Source::Group { .. } => false,
    }
}

fn add(spot: &Spot, seen: Rect, out: &mut Vec<SpotBox>) {
    match out.iter_mut().find(|known| known.thing == spot.thing) {
        Some(known) => known.rect_in_canvas = join(known.rect_in_canvas, seen),
        None => out.push(SpotBox { sku: Arc::clone(&spot.sku), rect_in_canvas: seen, thing: spot.thing }),
    }
}

const fn middle(rect: Rect) -> (f32, f32) {
    (rect.x + rect.w / 2.0, rect.y + rect.h / 2.0)
}

fn join(a: Rect, b: Rect) -> Rect {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    Rect { x, y, w: (a.x + a.w).max(b.x + b.w) - x, h: (a.y + a.h).max(b.y + b.h) - y }
}

fn meet(a: Rect, b: Rect) -> Rect {
    let (x, y) = (a.x.max(b.x), a.y.max(b.y));
    let (w, h) = ((a.x + a.w).min(b.x + b.w) - x, (a.y + a.h).min(b.y + b.h) - y);
    Rect { x, y, w: w.max(0.0), h: h.max(0.0) }
}

/// The upright rectangle around one that is turned about a point.
fn turned(rect: Rect, degrees: f32, (cx, cy): (f32, f32)) -> Rect {
    if degrees == 0.0 {
        return rect;
    }
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (mx, my) = middle(rect);
    let (dx, dy) = (mx - cx, my - cy);
    let (mx, my) = (cx + dx * cos - dy * sin, cy + dx * sin + dy * cos);
    let (w, h) = (rect.w * cos.abs() + rect.h * sin.abs(), rect.w * sin.abs() + rect.h * cos.abs());
    Rect { x: mx - w / 2.0, y: my - h / 2.0, w, h }
}

impl SpotBox {
    /// The box in parts of the canvas: left, top, width, height, 0 to 1.
    #[must_use]
    pub fn parts(&self, canvas: vitrine_media::Size) -> [f32; 4] {
        let (w, h) = (px(canvas.width).max(1.0), px(canvas.height).max(1.0));
        let rect = self.rect_in_canvas;
        [rect.x / w, rect.y / h, rect.w / w, rect.h / h]
    }
}
