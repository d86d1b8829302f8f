//! Where a draw covers the canvas, and how much: its rounded and turned rectangle, its clip, its wipe, its opacity.

use super::geometry::{IRect, at, ceil, floor, tame, tame_rect};
use vitrine_media::Size;
use vitrine_scene::draw::{Draw, Rect, Wipe};

/// A rounded rectangle, turned about its centre.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shape {
    center: (f32, f32),
    half: (f32, f32),
    radius: f32,
    cos: f32,
    sin: f32,
}

impl Shape {
    pub(crate) fn new(rect: Rect, radius: f32, rotation_deg: f32) -> Self {
        let half = (rect.w / 2.0, rect.h / 2.0);
        let (sin, cos) = turn(rotation_deg);
        let radius = tame(radius).clamp(0.0, half.0.min(half.1));
        Self { center: (rect.x + half.0, rect.y + half.1), half, radius, cos, sin }
    }

    /// The same shape with its edge moved `by` pixels inwards.
    pub(crate) fn inset(&self, by: f32) -> Self {
        let half = ((self.half.0 - by).max(0.0), (self.half.1 - by).max(0.0));
        Self { half, radius: (self.radius - by).clamp(0.0, half.0.min(half.1)), ..*self }
    }

    pub(crate) fn is_turned(&self) -> bool {
        self.sin != 0.0 || self.cos != 1.0
    }

    fn is_box(&self) -> bool {
        self.radius == 0.0 && !self.is_turned()
    }

    /// How much of the pixel around (`x`, `y`) lies inside. For a plain box that is its exact area; for round and
    /// turned edges, the distance to the edge, clamped to one pixel.
    fn coverage(&self, x: f32, y: f32) -> f32 {
        let (dx, dy) = (x - self.center.0, y - self.center.1);
        if self.is_box() {
            return overlap(dx, self.half.0) * overlap(dy, self.half.1);
        }
        let (lx, ly) = (dx * self.cos + dy * self.sin, dy * self.cos - dx * self.sin);
        let (qx, qy) = (lx.abs() - (self.half.0 - self.radius), ly.abs() - (self.half.1 - self.radius));
        let (ox, oy) = (qx.max(0.0), qy.max(0.0));
        let distance = (ox * ox + oy * oy).sqrt() + qx.max(qy).min(0.0) - self.radius;
        (0.5 - distance).clamp(0.0, 1.0)
    }

    /// Pixels of row `y` that may be touched.
    fn touched(&self, y: i32) -> (i32, i32) {
        let (low, high) = self.crossing(at(y) + 0.5, -1.0);
        if low < high { (floor(low), ceil(high)) } else { (0, 0) }
    }

    /// Pixels of row `y` that are covered whole; a few at the ends may be left out.
    fn covered(&self, y: i32) -> (i32, i32) {
        let middle = at(y) + 0.5;
        if self.is_turned() {
            // The turned inner rectangle without the corners' arcs and without the edge's own pixel.
            let (low, high) = self.crossing(middle, 0.75 + self.radius * 0.3);
            return (ceil(low + 0.5), floor(high - 0.5));
        }
        let off = (middle - self.center.1).abs();
        if off + 0.5 > self.half.1 {
            return (0, 0);
        }
        let into_corner = off + 0.5 - (self.half.1 - self.radius);
        let cut = if self.radius > 0.0 && into_corner > 0.0 {
            self.radius - (self.radius * self.radius - into_corner * into_corner).max(0.0).sqrt() + 1.0
        } else {
            0.0
        };
        (ceil(self.center.0 - self.half.0 + cut), floor(self.center.0 + self.half.0 - cut))
    }

    /// Where the line at height `y` lies inside the rectangle whose edge is moved `inset` inwards.
    fn crossing(&self, y: f32, inset: f32) -> (f32, f32) {
        let half = (self.half.0 - inset, self.half.1 - inset);
        if half.0 <= 0.0 || half.1 <= 0.0 {
            return (0.0, 0.0);
        }
        let dy = y - self.center.1;
        let one = slab(self.cos, dy * self.sin, half.0);
        let two = slab(-self.sin, dy * self.cos, half.1);
        (self.center.0 + one.0.max(two.0), self.center.0 + one.1.min(two.1))
    }

    /// The smallest pixel rectangle around it.
    pub(crate) fn bounds(&self) -> IRect {
        let (cos, sin) = (self.cos.abs(), self.sin.abs());
        let grow = if self.is_turned() { 0.5 } else { 0.0 };
        let x = self.half.0 * cos + self.half.1 * sin + grow;
        let y = self.half.0 * sin + self.half.1 * cos + grow;
        let (cx, cy) = self.center;
        IRect { x0: floor(cx - x), y0: floor(cy - y), x1: ceil(cx + x), y1: ceil(cy + y) }
    }

    /// Two pixel rectangles that are covered whole: between the left and right corners, and between top and bottom.
    pub(crate) fn solid(&self) -> [IRect; 2] {
        if self.is_turned() {
            return [IRect::default(); 2];
        }
        let part = |inset_x: f32, inset_y: f32| IRect {
            x0: ceil(self.center.0 - self.half.0 + inset_x),
            y0: ceil(self.center.1 - self.half.1 + inset_y),
            x1: floor(self.center.0 + self.half.0 - inset_x),
            y1: floor(self.center.1 + self.half.1 - inset_y),
        };
        [part(0.0, self.radius), part(self.radius, 0.0)]
    }

    /// Radius of its corners, at most half its shorter side.
    pub(crate) const fn radius(&self) -> f32 {
        self.radius
    }

    /// Centre, and cosine and sine of the turn: what turned sampling needs.
    pub(crate) const fn frame(&self) -> ((f32, f32), (f32, f32)) {
        (self.center, (self.cos, self.sin))
    }
}

/// Sine and cosine of a turn; exact at quarter turns.
fn turn(degrees: f32) -> (f32, f32) {
    let degrees = tame(degrees).rem_euclid(360.0);
    match degrees {
        0.0 | 360.0 => (0.0, 1.0),
        90.0 => (1.0, 0.0),
        180.0 => (0.0, -1.0),
        270.0 => (-1.0, 0.0),
        other => f64::from(other).to_radians().sin_cos_f32(),
    }
}

trait SinCosF32 {
    fn sin_cos_f32(self) -> (f32, f32);
}

impl SinCosF32 for f64 {
    #[allow(clippy::cast_possible_truncation, reason = "within ±1")]
    fn sin_cos_f32(self) -> (f32, f32) {
        let (sin, cos) = self.sin_cos();
        (sin as f32, cos as f32)
    }
}

/// Length of the pixel around `offset` that lies within `half` of zero.
fn overlap(offset: f32, half: f32) -> f32 {
    ((offset + 0.5).min(half) - (offset - 0.5).max(-half)).clamp(0.0, 1.0)
}

/// Offsets for which `|slope·x + base| ≤ half`.
fn slab(slope: f32, base: f32, half: f32) -> (f32, f32) {
    if slope.abs() < 1e-7 {
        return if base.abs() <= half { (f32::NEG_INFINITY, f32::INFINITY) } else { (0.0, 0.0) };
    }
    let (a, b) = ((-half - base) / slope, (half - base) / slope);
    (a.min(b), a.max(b))
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Edge {
    x: f32,
    y: f32,
    edge: f32,
    softness: f32,
}

impl Edge {
    fn new(wipe: Wipe) -> Self {
        let (x, y) = (tame(wipe.direction.x), tame(wipe.direction.y));
        Self { x, y, edge: tame(wipe.edge), softness: tame(wipe.softness).max(0.0) }
    }

    fn coverage(&self, x: f32, y: f32) -> f32 {
        let past = x * self.x + y * self.y - self.edge;
        if self.softness > 0.0 {
            (1.0 - past / self.softness).clamp(0.0, 1.0)
        } else if past < 0.0 {
            1.0
        } else {
            0.0
        }
    }

    /// Pixels of row `y` before the edge by `margin` pixels, along the direction.
    fn before(&self, y: i32, margin: f32) -> (i32, i32) {
        let room = self.edge + margin - (at(y) + 0.5) * self.y;
        if self.x.abs() < 1e-6 {
            return if room > 0.0 { (i32::MIN / 2, i32::MAX / 2) } else { (0, 0) };
        }
        let x = tame(room / self.x) - 0.5;
        if self.x > 0.0 { (i32::MIN / 2, ceil(x)) } else { (floor(x) + 1, i32::MAX / 2) }
    }
}

/// One row's ends: touched from `outer.0` to `outer.1`, and within that fully covered from `inner.0` to `inner.1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) outer: (i32, i32),
    pub(crate) inner: (i32, i32),
}

/// All that says where and how much a draw covers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mask {
    pub(crate) shape: Shape,
    clip: Option<Shape>,
    wipe: Option<Edge>,
    /// 0 to 1.
    pub(crate) opacity: f32,
}

impl Mask {
    pub(crate) fn new(shape: Shape, draw: &Draw, opacity: f32) -> Self {
        let clip = draw.clip.map(|clip| Shape::new(tame_rect(clip), 0.0, 0.0));
        Self { shape, clip, wipe: draw.wipe.map(Edge::new), opacity }
    }

    /// Everything, at full strength, on even edges.
    pub(crate) fn whole(size: Size) -> Self {
        let side = |len: u32| at(len.next_multiple_of(2).cast_signed());
        let rect = Rect { x: 0.0, y: 0.0, w: side(size.width), h: side(size.height) };
        Self::of_shape(Shape::new(rect, 0.0, 0.0))
    }

    /// A shape at full strength.
    pub(crate) const fn of_shape(shape: Shape) -> Self {
        Self { shape, clip: None, wipe: None, opacity: 1.0 }
    }

    /// Opacity where nothing else takes from it, 0 to 255.
    pub(crate) fn level(&self) -> u8 {
        crate::color::byte(self.opacity * 255.0)
    }

    /// Pixels that may be touched.
    pub(crate) fn bounds(&self) -> IRect {
        self.clip.iter().fold(self.shape.bounds(), |all, clip| all.intersect(clip.bounds()))
    }

    /// Rectangles that are covered whole, if the draw is opaque there at all.
    pub(crate) fn solid(&self) -> [IRect; 2] {
        if self.wipe.is_some() {
            return [IRect::default(); 2];
        }
        let clip = self.clip.map(|clip| clip.solid()[0]);
        self.shape.solid().map(|rect| clip.map_or(rect, |clip| rect.intersect(clip)))
    }

    /// Where row `y` is touched and where it is covered whole.
    pub(crate) fn span(&self, y: i32) -> Span {
        let mut span = Span { outer: self.shape.touched(y), inner: self.shape.covered(y) };
        if let Some(clip) = &self.clip {
            span.outer = meet(span.outer, clip.touched(y));
            span.inner = meet(span.inner, clip.covered(y));
        }
        if let Some(wipe) = &self.wipe {
            span.outer = meet(span.outer, wipe.before(y, wipe.softness + 1.0));
            span.inner = meet(span.inner, wipe.before(y, -0.01));
        }
        span
    }

    /// Writes coverage times opacity for the pixels of row `y` from `x0`, 0 to 255.
    pub(crate) fn row(&self, y: i32, x0: i32, out: &mut [u8]) {
        let middle = at(y) + 0.5;
        let mut x = at(x0) + 0.5;
        for slot in out {
            let mut part = self.shape.coverage(x, middle);
            if let Some(clip) = &self.clip {
                part *= clip.coverage(x, middle);
            }
            if let Some(wipe) = &self.wipe {
                part *= wipe.coverage(x, middle);
            }
            *slot = crate::color::byte(part * self.opacity * 255.0);
            x += 1.0;
        }
    }
}

/// Writes how much of each pixel of row `y` from `x0` lies outside `shape`, times `strength`, 0 to 255.
pub(crate) fn outside_row(shape: &Shape, strength: f32, y: i32, x0: i32, out: &mut [u8]) {
    let middle = at(y) + 0.5;
    let mut x = at(x0) + 0.5;
    for slot in out {
        *slot = crate::color::byte((1.0 - shape.coverage(x, middle)) * strength * 255.0);
        x += 1.0;
    }
}

/// Where row `y` of `shape` is covered whole.
pub(crate) fn covered(shape: &Shape, y: i32) -> (i32, i32) {
    shape.covered(y)
}

pub(crate) fn meet(a: (i32, i32), b: (i32, i32)) -> (i32, i32) {
    (a.0.max(b.0), a.1.min(b.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitrine_scene::draw::{Color, Source, Vec2};

    /// The spans may leave out whole pixels at the ends, but must never call a pixel whole that is not, nor
    /// leave out one that is touched.
    #[test]
    fn spans_never_contradict_the_rows() {
        let rects =
            [(3.0, 2.0, 40.0, 30.0), (-7.25, 4.5, 30.5, 9.125), (10.0, 10.0, 0.5, 50.0), (0.0, 0.0, 64.0, 48.0)];
        for (x, y, w, h) in rects {
            for (radius, turn) in [(0.0, 0.0), (6.0, 0.0), (0.0, 30.0), (5.0, 213.0), (0.0, 90.0), (99.0, 180.0)] {
                for wipe in
                    [None, Some((0.6, 0.8, 30.0, 8.0)), Some((-1.0, 0.0, -20.0, 0.0)), Some((0.0, 1.0, 20.5, 3.0))]
                {
                    let mut draw = Draw::new(Source::Solid(Color::BLACK), Rect { x, y, w, h });
                    draw.clip = (radius > 0.0).then_some(Rect { x: 1.5, y: 2.25, w: 50.0, h: 33.3 });
                    draw.wipe = wipe.map(|(x, y, edge, softness)| Wipe { direction: Vec2 { x, y }, edge, softness });
                    check(&Mask::new(Shape::new(Rect { x, y, w, h }, radius, turn), &draw, 1.0));
                }
            }
        }
    }

    fn check(mask: &Mask) {
        let mut row = [0; 128];
        for y in -20..80 {
            let span = mask.span(y);
            mask.row(y, -32, &mut row);
            for (x, level) in (-32..).zip(row) {
                let inside = |(a, b): (i32, i32)| x >= a && x < b;
                assert!(level == 255 || !inside(span.inner), "{x} {y} {level} {span:?} {mask:?}");
                assert!(level == 0 || inside(span.outer), "{x} {y} {level} {span:?} {mask:?}");
            }
        }
    }
}
