//! Rectangles on the pixel grid, and numbers made safe to reckon with.

use super::limits::COORDINATE_PX_MAX;
use vitrine_scene::draw::Rect;

/// Pixels from `x0` to before `x1`, `y0` to before `y1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct IRect {
    pub(crate) x0: i32,
    pub(crate) y0: i32,
    pub(crate) x1: i32,
    pub(crate) y1: i32,
}

impl IRect {
    pub(crate) const fn of(width: u32, height: u32) -> Self {
        Self { x0: 0, y0: 0, x1: width.cast_signed(), y1: height.cast_signed() }
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.x0 >= self.x1 || self.y0 >= self.y1
    }

    pub(crate) fn intersect(self, other: Self) -> Self {
        Self {
            x0: self.x0.max(other.x0),
            y0: self.y0.max(other.y0),
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
        }
    }

    /// The smallest rectangle around it with even edges: whole chroma samples.
    pub(crate) const fn even_out(self) -> Self {
        Self { x0: self.x0 & !1, y0: self.y0 & !1, x1: (self.x1 + 1) & !1, y1: (self.y1 + 1) & !1 }
    }

    /// The largest rectangle within it with even edges.
    pub(crate) const fn even_in(self) -> Self {
        Self { x0: (self.x0 + 1) & !1, y0: (self.y0 + 1) & !1, x1: self.x1 & !1, y1: self.y1 & !1 }
    }

    /// Tells the at most four pieces of this that lie outside `hole`.
    pub(crate) fn without(self, hole: Self, mut piece: impl FnMut(Self)) {
        let cut = self.intersect(hole);
        if cut.is_empty() {
            piece(self);
            return;
        }
        let pieces = [
            Self { y1: cut.y0, ..self },
            Self { y0: cut.y1, ..self },
            Self { x1: cut.x0, y0: cut.y0, y1: cut.y1, ..self },
            Self { x0: cut.x1, y0: cut.y0, y1: cut.y1, ..self },
        ];
        pieces.into_iter().filter(|p| !p.is_empty()).for_each(&mut piece);
    }
}

/// Zero for what is not a number, and within what a picture can mean.
pub(crate) fn tame(value: f32) -> f32 {
    if value.is_finite() { value.clamp(-COORDINATE_PX_MAX, COORDINATE_PX_MAX) } else { 0.0 }
}

/// A rectangle of tame numbers; never negative in extent.
pub(crate) fn tame_rect(rect: Rect) -> Rect {
    Rect { x: tame(rect.x), y: tame(rect.y), w: tame(rect.w).max(0.0), h: tame(rect.h).max(0.0) }
}

/// Largest whole number at or below; the range of an `i32` is never left by tame numbers.
#[allow(clippy::cast_possible_truncation, reason = "tame numbers fit; others saturate, which is as good")]
pub(crate) fn floor(value: f32) -> i32 {
    value.floor() as i32
}

/// Smallest whole number at or above.
#[allow(clippy::cast_possible_truncation, reason = "tame numbers fit; others saturate, which is as good")]
pub(crate) fn ceil(value: f32) -> i32 {
    value.ceil() as i32
}

/// A whole number, as a coordinate.
#[allow(clippy::cast_precision_loss, reason = "pixel positions are far below 2^24")]
pub(crate) const fn at(value: i32) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_and_hole_make_the_whole() {
        let whole = IRect { x0: -3, y0: 0, x1: 20, y1: 11 };
        for hole in [
            IRect { x0: 2, y0: 3, x1: 9, y1: 7 },
            IRect { x0: -9, y0: -9, x1: 4, y1: 40 },
            IRect { x0: 30, y0: 0, x1: 31, y1: 5 },
            whole,
        ] {
            let mut seen = 0;
            whole.without(hole, |p| seen += (p.x1 - p.x0) * (p.y1 - p.y0));
            let cut = whole.intersect(hole);
            let area = if cut.is_empty() { 0 } else { (cut.x1 - cut.x0) * (cut.y1 - cut.y0) };
            assert_eq!(seen + area, 23 * 11);
        }
    }

    #[test]
    fn what_is_no_number_is_nothing() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(tame_rect(Rect { x: bad, y: bad, w: bad, h: bad }), Rect::default());
        }
    }
}
