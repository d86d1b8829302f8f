//! Why a bitmap could not be made, with stable codes.

use super::limits;
use thiserror::Error;

/// Why a spec has no bitmap. Text never fails for what it says, only for the box it is given.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RasterError {
    /// The box is too large to be a bitmap.
    #[error(
        "a bitmap of {width}×{height} pixels is too large; keep each side within {side} pixels and the whole within {whole} pixels",
        side = limits::SIDE_PX_MAX, whole = limits::BITMAP_PX_MAX
    )]
    Box {
        /// Width asked for, in pixels.
        width: u32,
        /// Height asked for, in pixels.
        height: u32,
    },
    /// The box has no area where one is needed.
    #[error("an image or QR code needs a box; give it a width and a height of at least one pixel")]
    NoBox,
    /// More data than a QR code of correction level M holds.
    #[error("{bytes} bytes don't fit a QR code; use a shorter link (at most 2331 bytes)")]
    QrTooLong {
        /// Bytes of the data.
        bytes: usize,
    },
    /// The modules would be smaller than a pixel.
    #[error(
        "a QR code of this text needs at least {need_px} pixels a side, and got {side_px}; make it larger or shorten the text"
    )]
    QrTooSmall {
        /// Side asked for, in pixels.
        side_px: u32,
        /// Modules across, with the quiet zone: one pixel each at least.
        need_px: u32,
    },
    /// Neither PNG nor JPEG nor SVG.
    #[error("the image is neither PNG, JPEG nor SVG; convert it to one of them")]
    ImageFormat,
    /// Too many pixels to decode.
    #[error(
        "the image is too large to decode; keep each side within {side} pixels and the whole within {whole} bytes",
        side = limits::SIDE_PX_MAX, whole = limits::DECODE_BYTES_MAX
    )]
    ImageTooLarge,
    /// The file is damaged.
    #[error("the image can't be decoded: {0}; export it again")]
    ImageBroken(String),
    /// The SVG can't be drawn.
    #[error("the SVG can't be drawn: {0}")]
    Svg(String),
    /// A library panicked on this input. The fonts were loaded anew; the next spec is drawn.
    #[error("drawing this failed inside a library; change its content, and report it with the content")]
    Panicked,
}

impl RasterError {
    /// A stable code for APIs and logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Box { .. } => "RASTER_BOX_TOO_LARGE",
            Self::NoBox => "RASTER_NO_BOX",
            Self::QrTooLong { .. } => "RASTER_QR_TOO_LONG",
            Self::QrTooSmall { .. } => "RASTER_QR_TOO_SMALL",
            Self::ImageFormat => "RASTER_IMAGE_FORMAT",
            Self::ImageTooLarge => "RASTER_IMAGE_TOO_LARGE",
            Self::ImageBroken(_) => "RASTER_IMAGE_BROKEN",
            Self::Svg(_) => "RASTER_SVG",
            Self::Panicked => "RASTER_PANICKED",
        }
    }
}
