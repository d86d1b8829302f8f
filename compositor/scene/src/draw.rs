//! What a renderer draws: a flat list, back to front, in canvas pixels. The contract between rooms.

use crate::grade::Grade;
use crate::raster::BitmapId;
use std::sync::Arc;
use vitrine_media::{InputId, Size};

/// A point or an extent in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vec2 {
    /// Rightwards.
    pub x: f32,
    /// Downwards.
    pub y: f32,
}

/// A rectangle in pixels; edges may lie between pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width, never negative.
    pub w: f32,
    /// Height, never negative.
    pub h: f32,
}

/// A colour as people write it: sRGB-encoded, straight alpha, 0 to 255 each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Color {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
    /// 0 clear, 255 opaque.
    pub a: u8,
}

impl Color {
    /// Opaque black.
    pub const BLACK: Self = Self { r: 0, g: 0, b: 0, a: 255 };
}

/// How a draw meets what lies under it. Formulas work on encoded values, as broadcast mixers do,
/// on R'G'B' (not on Y'CbCr) for everything but `Normal`, per W3C Compositing and Blending Level 1:
/// `out = under·(1−a) + B(under, over)·a`, with `a` the draw's alpha.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Blend {
    /// B = over.
    #[default]
    Normal,
    /// B = min(1, under + over).
    Add,
    /// B = under · over.
    Multiply,
    /// B = under + over − under · over.
    Screen,
    /// B = max(0, under − over).
    Subtract,
    /// B = max(under, over).
    Lighten,
    /// B = min(under, over).
    Darken,
}

/// How pixels are made between pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scaling {
    /// Linear between neighbours; on reduction every source pixel counts (area average).
    #[default]
    Bilinear,
    /// Windowed sinc, three lobes; widened on reduction.
    Lanczos,
}

/// Where the (cropped) source lies: a rectangle turned about its centre. Flips happen before the turn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Placement {
    /// The rectangle before the turn, in canvas pixels.
    pub rect_in_canvas: Rect,
    /// Clockwise turn about the rectangle's centre, in degrees.
    pub rotation_deg: f32,
    /// Mirrored left to right.
    pub flip_h: bool,
    /// Mirrored top to bottom.
    pub flip_v: bool,
}

/// A line inside the edge of a draw; follows its rounded corners.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Border {
    /// Thickness in canvas pixels.
    pub width: f32,
    /// Its colour.
    pub color: Color,
}

/// A soft shadow of the draw's rounded rectangle (not of its content's alpha), drawn under it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shadow {
    /// Standard deviation of the Gaussian, in canvas pixels, is half of this (CSS `box-shadow` blur).
    pub blur: f32,
    /// Offset in canvas pixels.
    pub offset: Vec2,
    /// Its colour; alpha is its strength.
    pub color: Color,
}

/// A moving edge: the draw is seen on one side of a line through the canvas. Wipes are made of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wipe {
    /// Unit vector along which the edge travels; the draw shows behind it.
    pub direction: Vec2,
    /// Edge position along `direction`, in canvas pixels from the canvas origin (dot product).
    /// A pixel whose centre c has `dot(c, direction) < edge` shows fully, beyond `edge + softness` not at all,
    /// linear between.
    pub edge: f32,
    /// Width of the soft edge, in canvas pixels.
    pub softness: f32,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// An input's picture for this tick, keyed and corrected as its grade says.
    Input {
        /// Which input.
        id: InputId,
        /// Its key and colour correction. Shared: the same `Arc` means "the same settings".
        grade: Arc<Grade>,
    },
    /// A bitmap that was rasterised off the tick: text, a QR code, an asset.
    Bitmap {
        /// The bitmap wanted.
        id: BitmapId,
        /// Where it belongs. Until `id` is ready, the last ready bitmap of this place is drawn.
        place: u64,
    },
    /// One colour.
    Solid(Color),
    /// A list of its own, drawn to a clear picture of `size` and then placed like any source.
    Group {
        /// Canvas of the group, in pixels.
        size: Size,
        /// Back to front.
        draws: Vec<Draw>,
    },
}

/// What a click on a draw opens. The draws of one thing share its number: together they make one box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// A product's SKU.
    pub sku: Arc<str>,
    /// Tells things of one product from each other within a picture.
    pub thing: u32,
}

/// One thing to draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Draw {
    /// What.
    pub source: Source,
    /// The part of the source that is seen, in source pixels; `None` is all of it. Meaningless for `Solid`.
    pub crop: Option<Rect>,
    /// Where it lies.
    pub placement: Placement,
    /// 0 unseen, 1 full.
    pub opacity: f32,
    /// How it meets what is under it.
    pub blend: Blend,
    /// Radius of its four corners, in canvas pixels; at most half its shorter side counts.
    pub corner_radius: f32,
    /// A line inside its edge.
    pub border: Option<Border>,
    /// A soft shadow under it.
    pub shadow: Option<Shadow>,
    /// Only this part of the canvas is touched (axis-aligned); shadows too. `None` is all of it.
    pub clip: Option<Rect>,
    /// A wipe's edge, if one passes over it.
    pub wipe: Option<Wipe>,
    /// How it is scaled.
    pub scaling: Scaling,
    /// What a click on it opens. Renderers don't look at it.
    pub spot: Option<Spot>,
}

impl Draw {
    /// A plain draw of `source` over `rect_in_canvas`: opaque, uncropped, unturned.
    #[must_use]
    pub const fn new(source: Source, rect_in_canvas: Rect) -> Self {
        Self {
            source,
            crop: None,
            placement: Placement { rect_in_canvas, rotation_deg: 0.0, flip_h: false, flip_v: false },
            opacity: 1.0,
            blend: Blend::Normal,
            corner_radius: 0.0,
            border: None,
            shadow: None,
            clip: None,
            wipe: None,
            scaling: Scaling::Bilinear,
            spot: None,
        }
    }
}

/// A whole picture to draw. Non-finite numbers are treated as zero; a draw without area is skipped.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawList {
    /// Canvas in pixels; even both ways.
    pub canvas: Size,
    /// What shows where nothing is drawn.
    pub background: Color,
    /// Back to front.
    pub draws: Vec<Draw>,
}

/// Sizes of what can be drawn, asked by the plan; `None` when nothing is known yet (the draw is left out).
pub trait Sizes {
    /// The input's picture size in pixels.
    fn input(&self, id: &InputId) -> Option<Size>;
    /// The size of a bitmap that was rasterised as large as its text needed: marquees ask it.
    fn bitmap(&self, id: BitmapId) -> Option<Size> {
        let _ = id;
        None
    }
}
