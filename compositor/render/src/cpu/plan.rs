//! From a draw list to ops: sources found, placed and measured, and what is hidden left out.

use super::Stage;
use super::axis::AxisSpec;
use super::blend::Mode;
use super::cache::Lie;
use super::convert::convert;
use super::geometry::{IRect, at, tame, tame_rect};
use super::limits::{BLUR_PX_MAX, NESTING_MAX, OCCLUDERS_MAX, PIECES_MAX, SIDE_PX_MAX, STILL_PX_MAX};
use super::mask::{Mask, Shape};
use super::op::{Axes, Edging, Fetch, Op, Paint, SITES, Turned};
use super::shadow::{Look, make};
use super::surface::Surface;
use crate::Pictures;
use crate::color::ycc_of;
use std::sync::{Arc, PoisonError};
use vitrine_media::{InputId, Picture, PixelFormat, Size};
use vitrine_scene::draw::{Draw, Placement, Rect, Scaling, Source};
use vitrine_scene::grade::Grade;

/// A source that was found.
#[derive(Clone)]
pub(crate) enum Found {
    /// One colour; its alpha is in the draw's opacity.
    Solid([u8; 3]),
    /// I420 or A420.
    Picture(Picture),
    /// Premultiplied; whether it stays the same from frame to frame.
    Surface(Arc<Surface>, bool),
}

impl Found {
    fn size(&self) -> Size {
        match self {
            Self::Solid(_) => Size::new(1, 1),
            Self::Picture(picture) => picture.size(),
            Self::Surface(surface, _) => surface.size(),
        }
    }
}

/// Where a source lies: what is seen of it, and where that goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Lay {
    pub(crate) seen: Rect,
    pub(crate) rect: Rect,
    pub(crate) rotation_deg: f32,
    pub(crate) flip_h: bool,
    pub(crate) flip_v: bool,
    pub(crate) scaling: Scaling,
}

/// What planning asks about the world.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) pictures: &'a dyn Pictures,
    pub(crate) depth: usize,
}

/// What is seen of a source: the crop, as far as the source reaches.
fn seen_of(size: Size, crop: Option<Rect>) -> Option<Rect> {
    let (w, h) = (at(size.width.cast_signed()), at(size.height.cast_signed()));
    let crop = crop.map_or(Rect { x: 0.0, y: 0.0, w, h }, tame_rect);
    let (x, y) = (crop.x.clamp(0.0, w), crop.y.clamp(0.0, h));
    let seen = Rect { x, y, w: (crop.x + crop.w).min(w) - x, h: (crop.y + crop.h).min(h) - y };
    (seen.w > 0.0 && seen.h > 0.0).then_some(seen)
}

/// A placement of tame numbers; half turns become flips, which need no sampling.
fn tame_placement(placement: &Placement) -> Placement {
    let turn = tame(placement.rotation_deg).rem_euclid(360.0);
    let half = turn == 180.0;
    Placement {
        rect_in_canvas: tame_rect(placement.rect_in_canvas),
        rotation_deg: if half { 0.0 } else { turn },
        flip_h: placement.flip_h != half,
        flip_v: placement.flip_v != half,
    }
}

impl Stage {
    /// Plans `draws` for a target of `size`, appending to `ops`.
    pub(crate) fn plan(&mut self, draws: &[Draw], size: Size, asked: Asked<'_>, ops: &mut Vec<Op>) {
        let target = IRect::of(size.width, size.height).even_out();
        for draw in draws {
            self.plan_draw(draw, target, asked, ops);
        }
        hide(ops);
    }

    fn plan_draw(&mut self, draw: &Draw, target: IRect, asked: Asked<'_>, ops: &mut Vec<Op>) {
        let opacity = if draw.opacity.is_finite() { draw.opacity.clamp(0.0, 1.0) } else { 0.0 };
        let placement = tame_placement(&draw.placement);
        let rect = placement.rect_in_canvas;
        if opacity <= 0.0 || rect.w <= 0.0 || rect.h <= 0.0 {
            return;
        }
        let shape = Shape::new(rect, draw.corner_radius, placement.rotation_deg);
        self.plan_shadow(draw, &placement, &shape, opacity, target, ops);
        let solid = if let Source::Solid(color) = draw.source { f32::from(color.a) / 255.0 } else { 1.0 };
        let mask = Mask::new(shape, draw, opacity * solid);
        let bounds = mask.bounds().even_out().intersect(target);
        if bounds.is_empty() || mask.level() == 0 {
            return;
        }
        let Some(found) = self.find(&draw.source, asked) else { return };
        let Some(seen) = seen_of(found.size(), draw.crop.filter(|_| !matches!(found, Found::Solid(_)))) else { return };
        let Placement { rotation_deg, flip_h, flip_v, .. } = placement;
        let lay = Lay { seen, rect, rotation_deg, flip_h, flip_v, scaling: draw.scaling };
        let mut op = Op::new(self.paint(found, lay, &shape, bounds, draw.border.is_some()), mask, bounds);
        op.mode = Mode::of(draw.blend);
        op.edging = draw.border.filter(|b| tame(b.width) > 0.0 && b.color.a > 0).map(|border| Edging {
            inner: shape.inset(tame(border.width)),
            ycc: ycc_of(border.color),
            strength: f32::from(border.color.a) / 255.0,
        });
        ops.push(op);
    }

    fn plan_shadow(
        &mut self,
        draw: &Draw,
        placement: &Placement,
        shape: &Shape,
        opacity: f32,
        target: IRect,
        ops: &mut Vec<Op>,
    ) {
        let Some(shadow) = &draw.shadow else { return };
        let strength = opacity * f32::from(shadow.color.a) / 255.0;
        let (dx, dy) = (tame(shadow.offset.x), tame(shadow.offset.y));
        let rect = placement.rect_in_canvas;
        let sigma = tame(shadow.blur).clamp(0.0, BLUR_PX_MAX) / 2.0;
        let ycc = ycc_of(shadow.color);
        if sigma < 0.25 {
            let moved = Rect { x: rect.x + dx, y: rect.y + dy, ..rect };
            let mask = Mask::new(Shape::new(moved, draw.corner_radius, placement.rotation_deg), draw, strength);
            let bounds = mask.bounds().even_out().intersect(target);
            if !bounds.is_empty() && mask.level() > 0 {
                ops.push(Op::new(Paint::Solid(ycc), mask, bounds));
            }
            return;
        }
        let look = Look { width: rect.w, height: rect.h, radius: shape.radius(), sigma };
        let (w, h) = look.extent();
        let (cx, cy) = (rect.x + rect.w / 2.0 + dx, rect.y + rect.h / 2.0 + dy);
        let rect = Rect { x: cx - w / 2.0, y: cy - h / 2.0, w, h };
        let shape = Shape::new(rect, 0.0, placement.rotation_deg);
        let mask = Mask::new(shape, draw, strength);
        let bounds = mask.bounds().even_out().intersect(target);
        if bounds.is_empty() || mask.level() == 0 {
            return;
        }
        let surface = self.shadow(look);
        let Some(seen) = seen_of(surface.size(), None) else { return };
        let rotation_deg = placement.rotation_deg;
        let lay = Lay { seen, rect, rotation_deg, flip_h: false, flip_v: false, scaling: Scaling::Bilinear };
        let paint = match self.paint_surface(surface, true, lay, &shape, bounds) {
            Paint::Surface(surface, fetch) => Paint::Shade(surface, fetch, ycc),
            other => other,
        };
        ops.push(Op::new(paint, mask, bounds));
    }

    fn shadow(&mut self, look: Look) -> Arc<Surface> {
        let now = self.caches.frame;
        if let Some((surface, _)) = self.caches.shadows.find(now, |known| *known == look) {
            return Arc::clone(surface);
        }
        let surface = make(&look, &self.surfaces);
        self.caches.shadows.add(now, look, Arc::clone(&surface));
        surface
    }

    fn find(&mut self, source: &Source, asked: Asked<'_>) -> Option<Found> {
        match source {
            Source::Solid(color) => Some(Found::Solid(ycc_of(*color))),
            Source::Input { id, grade } => {
                let picture = asked.pictures.input(id)?;
                let picture = self.prepared(id, grade, &picture);
                Some(self.found(picture, false))
            }
            Source::Bitmap { id, place } => Some(self.found(asked.pictures.bitmap(*id, *place)?, true)),
            Source::Group { size, draws } => self.group(*size, draws, asked),
        }
    }

    /// The input's picture keyed and corrected, on this renderer's threads; once for all canvases.
    fn prepared(&self, id: &InputId, grade: &Arc<Grade>, picture: &Picture) -> Picture {
        let parallel = |count: usize, work: &(dyn Fn(usize) + Sync)| {
            self.workers.run(count, &|index, _| work(index));
        };
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).prepare(id, picture, grade, &parallel)
    }

    fn found(&mut self, picture: Picture, still: bool) -> Found {
        match picture.format() {
            PixelFormat::Rgba => Found::Surface(self.converted(&picture), still),
            PixelFormat::I420 | PixelFormat::A420 => Found::Picture(picture),
        }
    }

    /// The picture as a premultiplied surface, converted once for each picture.
    fn converted(&mut self, picture: &Picture) -> Arc<Surface> {
        let now = self.caches.frame;
        if let Some((surface, _)) = self.caches.bitmaps.find(now, |known| known.same_bytes(picture)) {
            return Arc::clone(surface);
        }
        let mut surface = self.surfaces.take(picture.size());
        if let Some(surface) = Arc::get_mut(&mut surface) {
            convert(&self.workers, picture, surface);
        }
        self.surfaces.keep(&surface);
        self.caches.bitmaps.add(now, picture.clone(), Arc::clone(&surface));
        surface
    }

    fn group(&mut self, size: Size, draws: &[Draw], asked: Asked<'_>) -> Option<Found> {
        let sides = 1..=SIDE_PX_MAX;
        if asked.depth >= NESTING_MAX || !sides.contains(&size.width) || !sides.contains(&size.height) {
            return None;
        }
        let mut ops = self.spare_ops.pop().unwrap_or_default();
        ops.push(Op::new(Paint::Clear, Mask::whole(size), IRect::of(size.width, size.height).even_out()));
        self.plan(draws, size, Asked { depth: asked.depth + 1, ..asked }, &mut ops);
        let surface = self.drawn(size, &ops);
        ops.clear();
        self.spare_ops.push(ops);
        Some(Found::Surface(surface, false))
    }

    /// A surface with `ops` drawn on it.
    fn drawn(&mut self, size: Size, ops: &[Op]) -> Arc<Surface> {
        let mut surface = self.surfaces.take(size);
        if let Some(open) = Arc::get_mut(&mut surface) {
            self.draw_bands(ops, open.planes_mut(), size);
        }
        self.surfaces.keep(&surface);
        surface
    }

    /// How to paint a source: straight from its bytes where that is right, else by way of a surface.
    fn paint(&mut self, found: Found, lay: Lay, shape: &Shape, bounds: IRect, edged: bool) -> Paint {
        match found {
            Found::Solid(ycc) => Paint::Solid(ycc),
            Found::Picture(picture) => self.paint_picture(picture, lay, shape, bounds, edged),
            Found::Surface(surface, still) => self.paint_surface(surface, still, lay, shape, bounds),
        }
    }

    fn paint_picture(&mut self, picture: Picture, lay: Lay, shape: &Shape, bounds: IRect, edged: bool) -> Paint {
        let straight = picture.format() == PixelFormat::A420;
        if !shape.is_turned() {
            let axes = self.axes(picture.size(), lay, bounds);
            if !straight || (axes.all_shift() && !edged) {
                return Paint::Picture(picture, Fetch::Upright(axes));
            }
        }
        if straight {
            let surface = self.converted(&picture);
            return self.paint_surface(surface, false, lay, shape, bounds);
        }
        match reduced(&lay) {
            None => Paint::Picture(picture, turned(&lay, shape)),
            Some(size) => {
                let (first, then) = in_two_steps(&lay, size);
                let surface = self.laid(Found::Picture(picture), first, size);
                Paint::Surface(surface, turned(&then, shape))
            }
        }
    }

    fn paint_surface(&mut self, surface: Arc<Surface>, still: bool, lay: Lay, shape: &Shape, bounds: IRect) -> Paint {
        let upright = (!shape.is_turned()).then(|| self.axes(surface.size(), lay, bounds));
        if let Some(axes) = upright.clone().filter(Axes::all_shift) {
            return Paint::Surface(surface, Fetch::Upright(axes));
        }
        if still && let Some(kept) = self.still(&surface, lay, bounds) {
            let (w, h) = (bounds.x1 - bounds.x0, bounds.y1 - bounds.y0);
            let whole = Rect { x: 0.0, y: 0.0, w: at(w), h: at(h) };
            let rect = Rect { x: at(bounds.x0), y: at(bounds.y0), ..whole };
            let lay =
                Lay { seen: whole, rect, rotation_deg: 0.0, flip_h: false, flip_v: false, scaling: Scaling::Bilinear };
            return Paint::Surface(Arc::clone(&kept), Fetch::Upright(self.axes(kept.size(), lay, bounds)));
        }
        if let Some(axes) = upright {
            return Paint::Surface(surface, Fetch::Upright(axes));
        }
        match reduced(&lay) {
            None => Paint::Surface(surface, turned(&lay, shape)),
            Some(size) => {
                let (first, then) = in_two_steps(&lay, size);
                let small = self.laid(Found::Surface(surface, false), first, size);
                Paint::Surface(small, turned(&then, shape))
            }
        }
    }

    /// The part of a still within `bounds`, already scaled and turned; `None` when it is seen like this the first time.
    fn still(&mut self, surface: &Arc<Surface>, lay: Lay, bounds: IRect) -> Option<Arc<Surface>> {
        let (Rect { x, y, w, h }, seen) = (lay.rect, lay.seen);
        let key = Lie {
            numbers: [x, y, w, h, seen.x, seen.y, seen.w, seen.h, lay.rotation_deg],
            flags: [lay.flip_h, lay.flip_v, lay.scaling == Scaling::Lanczos],
            corner: (bounds.x0, bounds.y0),
            extent: (bounds.x1 - bounds.x0, bounds.y1 - bounds.y0),
        };
        let size = Size::new(key.extent.0.unsigned_abs(), key.extent.1.unsigned_abs());
        if size.pixels() > STILL_PX_MAX {
            return None;
        }
        let now = self.caches.frame;
        match self.caches.stills.find(now, |(known, lie)| *lie == key && Arc::ptr_eq(known, surface)) {
            Some((Some(kept), _)) => return Some(Arc::clone(kept)),
            Some((None, before)) if before < now => {}
            Some((None, _)) => return None,
            None => {
                self.caches.stills.add(now, (Arc::clone(surface), key), None);
                return None;
            }
        }
        let moved = Lay { rect: Rect { x: x - at(bounds.x0), y: y - at(bounds.y0), w, h }, ..lay };
        let kept = self.laid(Found::Surface(Arc::clone(surface), false), moved, size);
        if let Some((slot, _)) = self.caches.stills.find(now, |(known, lie)| *lie == key && Arc::ptr_eq(known, surface))
        {
            *slot = Some(Arc::clone(&kept));
        }
        Some(kept)
    }

    /// A surface of `size` with one source laid on it, edge pixels carried on beyond its rectangle.
    fn laid(&mut self, found: Found, lay: Lay, size: Size) -> Arc<Surface> {
        let all = IRect::of(size.width, size.height).even_out();
        let shape = Shape::new(lay.rect, 0.0, lay.rotation_deg);
        let whole = Mask::whole(size);
        let paint = self.paint(found, lay, &shape, all, false);
        let mut ops = self.spare_ops.pop().unwrap_or_default();
        ops.push(Op::new(Paint::Clear, whole, all));
        ops.push(Op::new(paint, whole, all));
        hide(&mut ops);
        let surface = self.drawn(size, &ops);
        ops.clear();
        self.spare_ops.push(ops);
        surface
    }

    /// Scaling tables for an upright source.
    fn axes(&mut self, size: Size, lay: Lay, bounds: IRect) -> Axes {
        let across = AxisSpec {
            first: bounds.x0,
            count: bounds.x1 - bounds.x0,
            dst_origin: lay.rect.x,
            dst_len: lay.rect.w,
            src_origin: lay.seen.x,
            src_len: lay.seen.w,
            src_pixels: size.width.cast_signed(),
            flip: lay.flip_h,
            site: SITES[0],
            scaling: lay.scaling,
        };
        let down = AxisSpec {
            first: bounds.y0,
            count: bounds.y1 - bounds.y0,
            dst_origin: lay.rect.y,
            dst_len: lay.rect.h,
            src_origin: lay.seen.y,
            src_len: lay.seen.h,
            src_pixels: size.height.cast_signed(),
            flip: lay.flip_v,
            site: SITES[1],
            scaling: lay.scaling,
        };
        let halved = |spec: AxisSpec, site| AxisSpec { first: spec.first / 2, count: spec.count / 2, site, ..spec };
        let axes = &mut self.caches.axes;
        Axes {
            across: axes.get(&across),
            down: axes.get(&down),
            chroma_across: axes.get(&halved(across, SITES[2])),
            chroma_down: axes.get(&halved(down, SITES[3])),
        }
    }
}

/// The size to which a turned source is reduced before it is turned; `None` if it is not reduced.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the source's own size")]
fn reduced(lay: &Lay) -> Option<Size> {
    if lay.rect.w >= lay.seen.w && lay.rect.h >= lay.seen.h {
        return None;
    }
    let side = |on_canvas: f32, in_source: f32| {
        let len = if on_canvas < in_source { on_canvas.round() } else { in_source.ceil() };
        (len as u32).clamp(1, SIDE_PX_MAX)
    };
    Some(Size::new(side(lay.rect.w, lay.seen.w), side(lay.rect.h, lay.seen.h)))
}

/// First upright to `size`, then from there to where it lies.
fn in_two_steps(lay: &Lay, size: Size) -> (Lay, Lay) {
    let whole = Rect { x: 0.0, y: 0.0, w: at(size.width.cast_signed()), h: at(size.height.cast_signed()) };
    let first = Lay { rect: whole, rotation_deg: 0.0, flip_h: false, flip_v: false, ..*lay };
    (first, Lay { seen: whole, ..*lay })
}

/// From canvas pixels to source pixels.
fn turned(lay: &Lay, shape: &Shape) -> Fetch {
    let ((cx, cy), (cos, sin)) = shape.frame();
    let [cx, cy, cos, sin] = [cx, cy, cos, sin].map(f64::from);
    let scale = |seen: f32, rect: f32, flip: bool| {
        f64::from(seen) / f64::from(rect.max(1.0 / 16.0)) * if flip { -1.0 } else { 1.0 }
    };
    let (sx, sy) = (scale(lay.seen.w, lay.rect.w, lay.flip_h), scale(lay.seen.h, lay.rect.h, lay.flip_v));
    let (mx, my) = (f64::from(lay.seen.x + lay.seen.w / 2.0), f64::from(lay.seen.y + lay.seen.h / 2.0));
    let (a, b, d, e) = (cos * sx, sin * sx, -sin * sy, cos * sy);
    let matrix = [a, b, mx - a * cx - b * cy, d, e, my - d * cx - e * cy];
    let seen = [lay.seen.x, lay.seen.y, lay.seen.x + lay.seen.w, lay.seen.y + lay.seen.h];
    Fetch::Turned(Turned { matrix, seen })
}

/// Takes from every op what opaque ops above it hide.
fn hide(ops: &mut [Op]) {
    let mut holes = [IRect::default(); OCCLUDERS_MAX];
    let mut count = 0;
    for op in ops.iter_mut().rev() {
        cut(op, holes.get(..count).unwrap_or_default());
        if !op.hides() {
            continue;
        }
        for solid in op.mask.solid() {
            let solid = solid.intersect(op.bounds).even_in();
            if let Some(slot) = holes.get_mut(count).filter(|_| !solid.is_empty()) {
                *slot = solid;
                count += 1;
            }
        }
    }
}

fn cut(op: &mut Op, holes: &[IRect]) {
    for hole in holes {
        let mut pieces = [IRect::default(); PIECES_MAX];
        let mut count = 0;
        let mut fits = true;
        for piece in op.pieces() {
            piece.without(*hole, |rest| match pieces.get_mut(count) {
                Some(slot) => {
                    *slot = rest;
                    count += 1;
                }
                None => fits = false,
            });
        }
        if fits {
            (op.pieces, op.piece_count) = (pieces, count);
        }
    }
}
