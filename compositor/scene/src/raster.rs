//! What has to be rasterised off the tick: text, QR codes, assets. A bitmap's id is the hash of what it shows.

use crate::draw::Color;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Names a bitmap by its content: equal specs have equal ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BitmapId(pub u64);

/// Where text stands in its box, across.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Align {
    /// At the start of the line: left in left-to-right text, right in right-to-left.
    #[default]
    Start,
    /// In the middle.
    Center,
    /// At the end of the line.
    End,
}

/// Where text stands in its box, down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum VerticalAlign {
    /// At the top.
    #[default]
    Top,
    /// In the middle.
    Middle,
    /// At the bottom.
    Bottom,
}

/// A line drawn around each letter, outside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Outline {
    /// Thickness in tenths of a pixel.
    pub width_px10: u16,
    /// Its colour.
    pub color: Color,
}

/// A soft shadow under each letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TextShadow {
    /// Blur in tenths of a pixel (CSS `text-shadow` blur).
    pub blur_px10: u16,
    /// Offset in tenths of a pixel.
    pub offset_px10: (i16, i16),
    /// Its colour; alpha is its strength.
    pub color: Color,
}

/// Text in a box. Lengths in tenths of a pixel, so that equal looks have equal ids.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TextSpec {
    /// What is said. Any script; hostile text is made harmless by the rasteriser.
    pub text: String,
    /// Family, such as `Inter`; others fill in for scripts that it lacks.
    pub family: String,
    /// Weight, 100 to 900.
    pub weight: u16,
    /// Italic.
    pub italic: bool,
    /// Height of the em square.
    pub size_px10: u32,
    /// Line height as a per cent of the size.
    pub line_height_pct: u16,
    /// Colour.
    pub color: Color,
    /// Box width and height in whole pixels; the bitmap has this size. 0 means "as the text needs".
    pub box_px: (u32, u32),
    /// Across.
    pub align: Align,
    /// Down.
    pub valign: VerticalAlign,
    /// Lines at most; the last ends in an ellipsis if there were more. 0 is no limit.
    pub lines_max: u16,
    /// Figures of equal width, for numbers that change.
    pub tabular: bool,
    /// Line around the letters.
    pub outline: Option<Outline>,
    /// Shadow under the letters.
    pub shadow: Option<TextShadow>,
}

/// One thing to rasterise.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RasterSpec {
    /// Text.
    Text(TextSpec),
    /// A QR code (ISO/IEC 18004, error correction M), modules on whole pixels.
    Qr {
        /// What it says.
        data: String,
        /// Colour of the dark modules.
        dark: Color,
        /// Colour of the light modules and the quiet zone.
        light: Color,
        /// Quiet zone in modules.
        quiet: u8,
        /// Side of the bitmap in pixels.
        side_px: u32,
    },
    /// An image asset (PNG, JPEG, SVG) fitted into a box.
    Image {
        /// Its file's bytes; the hash of them is the identity.
        bytes: Arc<[u8]>,
        /// Box width and height in pixels; the bitmap has this size.
        box_px: (u32, u32),
        /// How it fills the box.
        fit: Fit,
        /// Corner radius in tenths of a pixel.
        radius_px10: u32,
    },
}

/// How a picture fills a box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Fit {
    /// All of the box is covered; what is over is cut equally at both sides.
    #[default]
    Cover,
    /// All of the picture is seen; the rest of the box is clear.
    Contain,
    /// Exactly the box; the aspect gives way.
    Stretch,
}

impl RasterSpec {
    /// The id of the bitmap that this describes.
    #[must_use]
    pub fn id(&self) -> BitmapId {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        BitmapId(hasher.finish())
    }
}
