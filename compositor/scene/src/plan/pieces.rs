//! Pictures as wholes: what has to fade or move as one thing becomes one draw.

use super::Planner;
use crate::draw::{Blend, Color, Draw, Rect, Source};
use crate::model::{InputPicture, px};
use vitrine_media::Size;

impl Planner<'_> {
    /// Makes one draw, as large as the canvas and opaque, of a whole picture's draws.
    /// A picture that is one opaque draw over all of the canvas already stays as it is.
    pub(super) fn whole(&mut self, mut draws: Vec<Draw>) -> Draw {
        let full = self.full();
        let covered = draws.first().is_some_and(|first| self.covers(first));
        if covered && draws.len() == 1 {
            if let Some(only) = draws.pop() {
                self.memo.give(draws);
                return only;
            }
        }
        if !covered {
            draws.insert(0, Draw::new(Source::Solid(Color::BLACK), full));
        }
        Draw::new(Source::Group { size: self.canvas, draws }, full)
    }

    /// Whether a draw hides all that lies under it.
    fn covers(&self, draw: &Draw) -> bool {
        let opaque = match &draw.source {
            Source::Solid(color) => color.a == 255,
            Source::Input { id, .. } => {
                let input = self.moment.show.input(id);
                input.is_some_and(|input| matches!(input.picture, InputPicture::Live { opaque: true }))
            }
            Source::Group { .. } | Source::Bitmap { .. } => false,
        };
        let plain = draw.opacity >= 1.0
            && draw.blend == Blend::Normal
            && draw.corner_radius == 0.0
            && draw.border.is_none()
            && draw.shadow.is_none()
            && draw.clip.is_none()
            && draw.wipe.is_none()
            && draw.placement.rotation_deg == 0.0;
        opaque && plain && contains(draw.placement.rect_in_canvas, self.full())
    }

    /// Makes one draw of several that belong together, as small as holds them all; `None` if there is none.
    /// The group's own rectangle lies on whole, even pixels.
    pub(super) fn bundle(&mut self, mut draws: Vec<Draw>) -> Option<Draw> {
        if draws.len() <= 1 {
            let only = draws.pop();
            self.memo.give(draws);
            return only;
        }
        let full = self.full();
        let all = draws.iter().map(reach).reduce(union)?;
        let x0 = (all.x.max(full.x) / 2.0).floor() * 2.0;
        let y0 = (all.y.max(full.y) / 2.0).floor() * 2.0;
        let x1 = ((all.x + all.w).min(full.w) / 2.0).ceil() * 2.0;
        let y1 = ((all.y + all.h).min(full.h) / 2.0).ceil() * 2.0;
        let rect = Rect { x: x0, y: y0, w: x1 - x0, h: y1 - y0 };
        if rect.w <= 0.0 || rect.h <= 0.0 {
            self.memo.give(draws);
            return None;
        }
        for draw in &mut draws {
            shift(draw, -x0, -y0);
        }
        let size = Size::new(super::text::whole(rect.w), super::text::whole(rect.h));
        Some(Draw::new(Source::Group { size, draws }, rect))
    }
}

pub(super) fn contains(outer: Rect, inner: Rect) -> bool {
    outer.x <= inner.x
        && outer.y <= inner.y
        && outer.x + outer.w >= inner.x + inner.w
        && outer.y + outer.h >= inner.y + inner.h
}

fn union(a: Rect, b: Rect) -> Rect {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    Rect { x, y, w: (a.x + a.w).max(b.x + b.w) - x, h: (a.y + a.h).max(b.y + b.h) - y }
}

/// All that a draw may touch: its turned rectangle and its shadow.
fn reach(draw: &Draw) -> Rect {
    let rect = draw.placement.rect_in_canvas;
    let (sin, cos) = draw.placement.rotation_deg.to_radians().sin_cos();
    let (w, h) = (rect.w * cos.abs() + rect.h * sin.abs(), rect.w * sin.abs() + rect.h * cos.abs());
    let turned = Rect { x: rect.x + (rect.w - w) / 2.0, y: rect.y + (rect.h - h) / 2.0, w, h };
    let shaded = draw.shadow.map_or(turned, |shadow| {
        let far = shadow.blur * 1.5;
        let moved = Rect {
            x: turned.x + shadow.offset.x - far,
            y: turned.y + shadow.offset.y - far,
            w: turned.w + 2.0 * far,
            h: turned.h + 2.0 * far,
        };
        union(turned, moved)
    });
    draw.clip.map_or(shaded, |clip| {
        let (x, y) = (shaded.x.max(clip.x), shaded.y.max(clip.y));
        let w = ((shaded.x + shaded.w).min(clip.x + clip.w) - x).max(0.0);
        Rect { x, y, w, h: ((shaded.y + shaded.h).min(clip.y + clip.h) - y).max(0.0) }
    })
}

/// Moves a draw.
pub(super) fn shift(draw: &mut Draw, dx: f32, dy: f32) {
    let rect = &mut draw.placement.rect_in_canvas;
    rect.x += dx;
    rect.y += dy;
    if let Some(clip) = &mut draw.clip {
        clip.x += dx;
        clip.y += dy;
    }
    if let Some(wipe) = &mut draw.wipe {
        wipe.edge += dx * wipe.direction.x + dy * wipe.direction.y;
    }
}

/// Scales a draw about a point.
pub(super) fn zoom(draw: &mut Draw, about: (f32, f32), factor: f32) {
    let scaled = |rect: Rect| Rect {
        x: about.0 + (rect.x - about.0) * factor,
        y: about.1 + (rect.y - about.1) * factor,
        w: rect.w * factor,
        h: rect.h * factor,
    };
    draw.placement.rect_in_canvas = scaled(draw.placement.rect_in_canvas);
    draw.clip = draw.clip.map(scaled);
    draw.corner_radius *= factor;
    if let Some(border) = &mut draw.border {
        border.width *= factor;
    }
    if let Some(shadow) = &mut draw.shadow {
        shadow.blur *= factor;
        shadow.offset.x *= factor;
        shadow.offset.y *= factor;
    }
}

/// A rectangle's middle.
pub(super) const fn middle(rect: Rect) -> (f32, f32) {
    (rect.x + rect.w / 2.0, rect.y + rect.h / 2.0)
}

/// How far a draw has to move to leave the canvas over one side.
pub(super) fn way_out(rect: Rect, canvas: Size, side: crate::file::Side) -> (f32, f32) {
    use crate::file::Side;
    match side {
        Side::Left => (-(rect.x + rect.w), 0.0),
        Side::Right => (px(canvas.width) - rect.x, 0.0),
        Side::Top => (0.0, -(rect.y + rect.h)),
        Side::Bottom => (0.0, px(canvas.height) - rect.y),
    }
}
