//! One draw made ready: everything resolved, nothing left to ask while bands are drawn.

use super::axis::{Axis, Kind, Site};
use super::blend::Mode;
use super::geometry::IRect;
use super::limits::PIECES_MAX;
use super::mask::{Mask, Shape};
use super::surface::{PlaneRef, Surface};
use super::turned::Walk;
use std::sync::Arc;
use vitrine_media::{Picture, PixelFormat};

/// Scaling tables for an upright source.
#[derive(Clone, Debug)]
pub(crate) struct Axes {
    pub(crate) across: Arc<Axis>,
    pub(crate) down: Arc<Axis>,
    pub(crate) chroma_across: Arc<Axis>,
    pub(crate) chroma_down: Arc<Axis>,
}

impl Axes {
    /// Whether every sample is one of the source's own.
    pub(crate) fn all_shift(&self) -> bool {
        let tables = [&self.across, &self.down, &self.chroma_across, &self.chroma_down];
        tables.iter().all(|axis| matches!(axis.kind, Kind::Shift(_)))
    }

    /// Whether every sample lies in the source where it goes on the target.
    pub(crate) fn in_place(&self) -> bool {
        let tables = [&self.across, &self.down, &self.chroma_across, &self.chroma_down];
        tables.iter().all(|axis| axis.kind == Kind::Shift(0) && axis.regular == (0, axis.starts.len()))
    }
}

/// From canvas pixels to source pixels, for a turned source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Turned {
    /// `x = m[0]·px + m[1]·py + m[2]`, `y = m[3]·px + m[4]·py + m[5]`.
    pub(crate) matrix: [f64; 6],
    /// Seen part of the source: left, top, right, bottom, in pixels.
    pub(crate) seen: [f32; 4],
}

impl Turned {
    /// The walk of row `y` from sample `x`, `count` samples of a plane with that site.
    #[allow(clippy::cast_possible_truncation, reason = "tame coordinates have room in 48.16 fixed point")]
    pub(crate) fn walk(&self, chroma: bool, x: i32, y: i32, plane: &PlaneRef<'_>) -> Walk {
        let [a, b, c, d, e, f] = self.matrix;
        let (px, py, pitch) = if chroma {
            (f64::from(x) * 2.0 + 0.5, f64::from(y) * 2.0 + 1.0, 2.0)
        } else {
            (f64::from(x) + 0.5, f64::from(y) + 0.5, 1.0)
        };
        let (sx, sy) = (a * px + b * py + c, d * px + e * py + f);
        let (ix, iy, scale) =
            if chroma { ((sx - 0.5) / 2.0, (sy - 1.0) / 2.0, 0.5) } else { (sx - 0.5, sy - 0.5, 1.0) };
        let fixed = |v: f64| (v * 65536.0).round() as i64;
        let limit = |low: f32, high: f32, have: usize| {
            let last = i64::try_from(have).unwrap_or(1) - 1;
            let low = ((f64::from(low) * scale).floor() as i64).clamp(0, last);
            (low, ((f64::from(high) * scale).ceil() as i64 - 1).clamp(low, last))
        };
        Walk {
            from: (fixed(ix), fixed(iy)),
            step: (fixed(a * pitch * scale), fixed(d * pitch * scale)),
            across: limit(self.seen[0], self.seen[2], plane.width),
            down: limit(self.seen[1], self.seen[3], plane.height),
        }
    }
}

/// How samples come from a source.
#[derive(Clone, Debug)]
pub(crate) enum Fetch {
    /// Along the axes.
    Upright(Axes),
    /// Through a turn.
    Turned(Turned),
}

/// What is drawn.
#[derive(Clone, Debug)]
pub(crate) enum Paint {
    /// Nothing at all, over everything: what a group begins with.
    Clear,
    /// One colour, as code values.
    Solid([u8; 3]),
    /// A picture with straight alpha or none.
    Picture(Picture, Fetch),
    /// A premultiplied surface.
    Surface(Arc<Surface>, Fetch),
    /// One colour, as code values, under a surface's alpha.
    Shade(Arc<Surface>, Fetch, [u8; 3]),
}

/// Alpha of a source's planes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Alpha<'a> {
    /// None, or none that is multiplied in.
    None,
    /// Multiplied in: for luma, for chroma.
    Premultiplied(PlaneRef<'a>, PlaneRef<'a>),
}

/// A source's planes to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Planes<'a> {
    pub(crate) luma: PlaneRef<'a>,
    pub(crate) chroma: [PlaneRef<'a>; 2],
    pub(crate) alpha: Alpha<'a>,
}

impl<'a> Planes<'a> {
    /// Those of the colours.
    pub(crate) const fn opaque(&self) -> [PlaneRef<'a>; 3] {
        [self.luma, self.chroma[0], self.chroma[1]]
    }
}

/// Plane `index` of a picture.
pub(crate) fn picture_plane(picture: &Picture, index: usize) -> PlaneRef<'_> {
    let plane = picture.plane(index);
    let size = if matches!(index, 1 | 2) { picture.size().chroma() } else { picture.size() };
    PlaneRef { bytes: plane.bytes, stride: plane.stride, width: size.width as usize, height: size.height as usize }
}

impl Paint {
    /// The planes and how to fetch from them, if this paint has any.
    pub(crate) fn planes(&self) -> Option<(Planes<'_>, &Fetch)> {
        match self {
            Self::Clear | Self::Solid(_) | Self::Shade(..) => None,
            Self::Picture(picture, fetch) => {
                let plane = |index| picture_plane(picture, index);
                Some((Planes { luma: plane(0), chroma: [plane(1), plane(2)], alpha: Alpha::None }, fetch))
            }
            Self::Surface(surface, fetch) => {
                let plane = |index| surface.plane(index);
                let alpha = Alpha::Premultiplied(plane(3), plane(4));
                Some((Planes { luma: plane(0), chroma: [plane(1), plane(2)], alpha }, fetch))
            }
        }
    }

    /// Alpha that is not multiplied into the colours, and so belongs to the mask.
    pub(crate) fn straight_alpha(&self) -> Option<(PlaneRef<'_>, &Fetch)> {
        match self {
            Self::Picture(picture, fetch) if picture.format() == PixelFormat::A420 => {
                Some((picture_plane(picture, 3), fetch))
            }
            Self::Shade(surface, fetch, _) => Some((surface.plane(3), fetch)),
            _ => None,
        }
    }

    /// The one colour, if it has only one.
    pub(crate) const fn color(&self) -> Option<[u8; 3]> {
        match self {
            Self::Solid(ycc) | Self::Shade(_, _, ycc) => Some(*ycc),
            Self::Clear | Self::Picture(..) | Self::Surface(..) => None,
        }
    }

    /// Whether it hides what lies under it.
    pub(crate) fn is_opaque(&self) -> bool {
        match self {
            Self::Clear | Self::Solid(_) => true,
            Self::Picture(picture, _) => picture.format() == PixelFormat::I420,
            Self::Surface(..) | Self::Shade(..) => false,
        }
    }
}

/// A border: the colour that shows outside `inner`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edging {
    pub(crate) inner: Shape,
    pub(crate) ycc: [u8; 3],
    /// 0 to 1.
    pub(crate) strength: f32,
}

/// One draw made ready.
#[derive(Clone, Debug)]
pub(crate) struct Op {
    pub(crate) paint: Paint,
    pub(crate) mask: Mask,
    pub(crate) level: u8,
    pub(crate) edging: Option<Edging>,
    pub(crate) mode: Option<Mode>,
    /// What it may touch, on even edges.
    pub(crate) bounds: IRect,
    /// The parts of `bounds` that nothing opaque hides.
    pub(crate) pieces: [IRect; PIECES_MAX],
    pub(crate) piece_count: usize,
}

impl Op {
    pub(crate) fn new(paint: Paint, mask: Mask, bounds: IRect) -> Self {
        let mut pieces = [IRect::default(); PIECES_MAX];
        pieces[0] = bounds;
        Self { paint, mask, level: mask.level(), edging: None, mode: None, bounds, pieces, piece_count: 1 }
    }

    /// Whether it hides what lies under it, wherever it covers whole pixels.
    pub(crate) fn hides(&self) -> bool {
        self.level == 255 && self.mode.is_none() && self.paint.is_opaque()
    }

    pub(crate) fn pieces(&self) -> &[IRect] {
        self.pieces.get(..self.piece_count).unwrap_or_default()
    }
}

/// Sites of the four tables of an upright source, in the order of [`Axes`].
pub(crate) const SITES: [Site; 4] = [Site::Full, Site::Full, Site::HalfAcross, Site::HalfDown];
