//! Where a picture lies: places, fits, bounds, and what another canvas makes of them.
//!
//! A look is meant for one canvas, the *design* canvas: the first of the show, or the one that a scene speaks of
//! by `[scene.on.NAME]`. On a canvas of another size it is derived:
//! - what fills the design canvas fills the other, by its fit (cover if none is said);
//! - a place with both sides keeps its per cent of the canvas, each way, and the picture is fitted into it anew;
//! - any other place keeps its size as graphics do (by the shorter side of the canvas), but shrinks until it stands
//!   out of the canvas no more than it did before: people are not cut. Its anchor keeps its per cent.

use super::text::anchor_point;
use crate::draw::{Placement, Rect};
use crate::file::{Bounds, BoundsKind, Crop, Look, Place};
use crate::model::{px, unit};
use crate::raster::Fit;
use vitrine_media::Size;

/// A picture that has found its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Laid {
    /// Where it lies.
    pub placement: Placement,
    /// The part of it that is seen, in its own pixels; `None` is all of it.
    pub crop: Option<Rect>,
}

/// Lays a picture of `source` pixels on a canvas of `canvas` pixels as `look`, meant for `design`, says.
/// `None` if nothing of it is left to see.
#[must_use]
pub fn lay(look: &Look, source: Size, canvas: Size, design: Size) -> Option<Laid> {
    let part = cropped(look.crop.as_ref(), source);
    if part.w <= 0.0 || part.h <= 0.0 {
        return None;
    }
    let (rect, seen, anchor) = match (&look.bounds, &look.place) {
        (Some(bounds), place) => bounded(bounds, place.as_ref(), part, canvas, design),
        (None, None) => filled(look.fit.unwrap_or_default(), part, full(canvas), center(full(canvas))),
        (None, Some(place)) => placed(look, place, part, canvas, design),
    };
    let whole = Rect { x: 0.0, y: 0.0, w: px(source.width), h: px(source.height) };
    let crop = if seen == whole { None } else { Some(seen) };
    if rect.w <= 0.0 || rect.h <= 0.0 || seen.w <= 0.0 || seen.h <= 0.0 {
        return None;
    }
    let rotation = look.rotation.unwrap_or(0.0).rem_euclid(360.0);
    let placement = Placement {
        rect_in_canvas: turned_about(rect, anchor, rotation),
        rotation_deg: rotation,
        flip_h: look.flip_h.unwrap_or(false),
        flip_v: look.flip_v.unwrap_or(false),
    };
    Some(Laid { placement, crop })
}

type Found = (Rect, Rect, (f32, f32));

pub(crate) fn full(canvas: Size) -> Rect {
    Rect { x: 0.0, y: 0.0, w: px(canvas.width), h: px(canvas.height) }
}

const fn center(rect: Rect) -> (f32, f32) {
    (rect.x + rect.w / 2.0, rect.y + rect.h / 2.0)
}

/// The part of a picture that its crop leaves.
fn cropped(crop: Option<&Crop>, source: Size) -> Rect {
    let (w, h) = (px(source.width), px(source.height));
    let Some(crop) = crop else { return Rect { x: 0.0, y: 0.0, w, h } };
    let (left, top) = (crop.left.of(w).clamp(0.0, w), crop.top.of(h).clamp(0.0, h));
    let (right, bottom) = (crop.right.of(w).clamp(0.0, w), crop.bottom.of(h).clamp(0.0, h));
    Rect { x: left, y: top, w: (w - left - right).max(0.0), h: (h - top - bottom).max(0.0) }
}

/// Fills `target` with `part` of a picture.
fn filled(fit: Fit, part: Rect, target: Rect, anchor: (f32, f32)) -> Found {
    match fit {
        Fit::Stretch => (target, part, anchor),
        Fit::Contain => {
            let scale = (target.w / part.w).min(target.h / part.h);
            let (w, h) = (part.w * scale, part.h * scale);
            let rect = Rect { x: target.x + (target.w - w) / 2.0, y: target.y + (target.h - h) / 2.0, w, h };
            (rect, part, anchor)
        }
        Fit::Cover => {
            let scale = (target.w / part.w).max(target.h / part.h);
            if scale <= 0.0 || !scale.is_finite() {
                return (target, part, anchor);
            }
            let (w, h) = ((target.w / scale).min(part.w), (target.h / scale).min(part.h));
            let seen = Rect { x: part.x + (part.w - w) / 2.0, y: part.y + (part.h - h) / 2.0, w, h };
            (target, seen, anchor)
        }
    }
}

/// A place without bounds.
fn placed(look: &Look, place: &Place, part: Rect, canvas: Size, design: Size) -> Found {
    let fit = look.fit.unwrap_or_default();
    let rect = own_rect(place, part, design);
    let base = full(design);
    let fills = rect.x <= 0.01 * base.w
        && rect.y <= 0.01 * base.h
        && rect.x + rect.w >= 0.99 * base.w
        && rect.y + rect.h >= 0.99 * base.h;
    if canvas != design && fills && look.rotation.unwrap_or(0.0) == 0.0 {
        return filled(fit, part, full(canvas), center(full(canvas)));
    }
    let rect = derived(place, rect, canvas, design);
    let (fx, fy) = place.anchor.at();
    let anchor = (rect.x + fx * rect.w, rect.y + fy * rect.h);
    if place.w.is_some() && place.h.is_some() { filled(fit, part, rect, anchor) } else { (rect, part, anchor) }
}

/// A place on the canvas that it is meant for.
fn own_rect(place: &Place, part: Rect, design: Size) -> Rect {
    let (dw, dh) = (px(design.width), px(design.height));
    let [sx, sy] = place.scale.unwrap_or([1.0, 1.0]);
    let (natural_w, natural_h) = (part.w * sx, part.h * sy);
    let (w, h) = match (place.w.map(|w| w.of(dw).max(0.0)), place.h.map(|h| h.of(dh).max(0.0))) {
        (Some(w), Some(h)) => (w, h),
        (Some(w), None) => (w, w * natural_h / natural_w),
        (None, Some(h)) => (h * natural_w / natural_h, h),
        (None, None) => (natural_w, natural_h),
    };
    let (fx, fy) = place.anchor.at();
    let (x, y) = anchor_point(place, design);
    Rect { x: x - fx * w, y: y - fy * h, w, h }
}

/// What another canvas makes of a place that does not fill its own.
fn derived(place: &Place, rect: Rect, canvas: Size, design: Size) -> Rect {
    if canvas == design {
        return rect;
    }
    let (fx, fy) = place.anchor.at();
    let (ratio_w, ratio_h) = (px(canvas.width) / px(design.width), px(canvas.height) / px(design.height));
    let point = ((rect.x + fx * rect.w) * ratio_w, (rect.y + fy * rect.h) * ratio_h);
    let (w, h) = if place.w.is_some() && place.h.is_some() {
        (rect.w * ratio_w, rect.h * ratio_h)
    } else {
        let scale = kept_scale(rect, canvas, design);
        (rect.w * scale, rect.h * scale)
    };
    let moved = Rect { x: point.0 - fx * w, y: point.1 - fy * h, w, h };
    pulled_in(moved, rect, canvas, design)
}

/// The scale that keeps a graphic's size, and lets it take no more of the canvas than all of it, or what it took.
fn kept_scale(rect: Rect, canvas: Size, design: Size) -> f32 {
    let (cw, ch) = (px(canvas.width), px(canvas.height));
    let most_w = cw * (rect.w / px(design.width)).max(1.0);
    let most_h = ch * (rect.h / px(design.height)).max(1.0);
    (unit(canvas) / unit(design)).min(most_w / rect.w.max(1e-3)).min(most_h / rect.h.max(1e-3))
}

/// Moves a rectangle back into the canvas on each axis on which it lay inside before.
fn pulled_in(rect: Rect, before: Rect, canvas: Size, design: Size) -> Rect {
    let pull = |at: f32, len: f32, was: f32, was_len: f32, side: f32, was_side: f32| {
        let inside = was >= -0.5 && was + was_len <= was_side + 0.5;
        if inside && len <= side { at.clamp(0.0, side - len) } else { at }
    };
    let x = pull(rect.x, rect.w, before.x, before.w, px(canvas.width), px(design.width));
    let y = pull(rect.y, rect.h, before.y, before.h, px(canvas.height), px(design.height));
    Rect { x, y, ..rect }
}

/// Whole pixels of a length, towards zero, as OBS Studio takes them; a sum's last digit does not cost a pixel.
fn obs_whole(length: f32) -> f32 {
    (length + 1e-3 * length.signum()).trunc()
}

/// What OBS Studio adds for an alignment within `(w, h)`.
fn obs_align((fx, fy): (f32, f32), w: f32, h: f32) -> (f32, f32) {
    let along = |f: f32, length: f32| {
        if f <= 0.0 {
            0.0
        } else if f >= 1.0 {
            obs_whole(length)
        } else {
            (obs_whole(length) / 2.0).trunc()
        }
    };
    (along(fx, w), along(fy, h))
}

/// OBS Studio's bounds: the box lies by the place's anchor, the picture in the box by `align`. Flips and turns happen
/// in place. On another canvas the box is derived like a place with one side said.
fn bounded(bounds: &Bounds, place: Option<&Place>, part: Rect, canvas: Size, design: Size) -> Found {
    let place = place.cloned().unwrap_or_default();
    let [sx, sy] = place.scale.unwrap_or([1.0, 1.0]);
    let point = anchor_point(&place, design);
    let (own_w, own_h) = (part.w * sx, part.h * sy);
    let box_w = bounds.size[0].of(px(design.width)).max(0.0);
    let box_h = bounds.size[1].of(px(design.height)).max(0.0);
    let larger = own_w > box_w || own_h > box_h;
    let aspect = own_w / own_h;
    let inner = || if aspect > box_w / box_h { box_w / own_w } else { box_h / own_h };
    let (w, h) = match bounds.kind {
        BoundsKind::None => (own_w, own_h),
        BoundsKind::Stretch => (box_w, box_h),
        BoundsKind::ScaleInner => (own_w * inner(), own_h * inner()),
        BoundsKind::ScaleOuter => {
            let scale = if aspect > box_w / box_h { box_h / own_h } else { box_w / own_w };
            (own_w * scale, own_h * scale)
        }
        BoundsKind::ScaleToWidth => (box_w, own_h * box_w / own_w),
        BoundsKind::ScaleToHeight => (own_w * box_h / own_h, box_h),
        BoundsKind::MaxOnly if larger => (own_w * inner(), own_h * inner()),
        BoundsKind::MaxOnly => (own_w, own_h),
    };
    let anchor = place.anchor.at();
    let (ox, oy) = if bounds.kind == BoundsKind::None {
        obs_align(anchor, w, h)
    } else {
        let inside = obs_align(bounds.align.at(), -(box_w - w), -(box_h - h));
        let outside = obs_align(anchor, box_w, box_h);
        (inside.0 + outside.0, inside.1 + outside.1)
    };
    let rect = Rect { x: point.0 - ox, y: point.1 - oy, w, h };
    let (rect, seen) = if bounds.crop && bounds.kind != BoundsKind::None {
        let outside = obs_align(anchor, box_w, box_h);
        let frame = Rect { x: point.0 - outside.0, y: point.1 - outside.1, w: box_w, h: box_h };
        cut_to(rect, part, frame)
    } else {
        (rect, part)
    };
    if canvas == design {
        return (rect, seen, point);
    }
    let scale = kept_scale(rect, canvas, design);
    let (ratio_w, ratio_h) = (px(canvas.width) / px(design.width), px(canvas.height) / px(design.height));
    let moved = (point.0 * ratio_w, point.1 * ratio_h);
    let at = Rect {
        x: moved.0 + (rect.x - point.0) * scale,
        y: moved.1 + (rect.y - point.1) * scale,
        w: rect.w * scale,
        h: rect.h * scale,
    };
    (pulled_in(at, rect, canvas, design), seen, moved)
}

/// Cuts what stands over `frame`, from the rectangle and from the part of the picture alike.
fn cut_to(rect: Rect, part: Rect, frame: Rect) -> (Rect, Rect) {
    let (x0, y0) = (rect.x.max(frame.x), rect.y.max(frame.y));
    let (x1, y1) = ((rect.x + rect.w).min(frame.x + frame.w), (rect.y + rect.h).min(frame.y + frame.h));
    let (kx, ky) = (part.w / rect.w, part.h / rect.h);
    let seen = Rect {
        x: part.x + (x0 - rect.x) * kx,
        y: part.y + (y0 - rect.y) * ky,
        w: (x1 - x0).max(0.0) * kx,
        h: (y1 - y0).max(0.0) * ky,
    };
    (Rect { x: x0, y: y0, w: (x1 - x0).max(0.0), h: (y1 - y0).max(0.0) }, seen)
}

/// The rectangle that, turned about its own centre, lies where `rect` lies turned about `anchor`.
fn turned_about(rect: Rect, anchor: (f32, f32), degrees: f32) -> Rect {
    if degrees == 0.0 {
        return rect;
    }
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (cx, cy) = center(rect);
    let (dx, dy) = (cx - anchor.0, cy - anchor.1);
    let (nx, ny) = (anchor.0 + dx * cos - dy * sin, anchor.1 + dx * sin + dy * cos);
    Rect { x: nx - rect.w / 2.0, y: ny - rect.h / 2.0, w: rect.w, h: rect.h }
}
