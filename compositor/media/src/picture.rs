//! One picture: planes that are shared, never copied, between input, renderer and outputs.

use crate::ShowTime;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Size {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl Size {
    /// A size in pixels.
    #[must_use]
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// Width and height of a 4:2:0 chroma plane: half, rounded up.
    #[must_use]
    pub const fn chroma(self) -> Self {
        Self { width: self.width.div_ceil(2), height: self.height.div_ceil(2) }
    }

    /// Pixels in all.
    #[must_use]
    pub const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}×{}", self.width, self.height)
    }
}

/// How the samples lie in memory. Video is always BT.709, limited range, chroma sited left (MPEG-2);
/// inputs convert what comes otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PixelFormat {
    /// Planes Y, Cb, Cr; chroma halved both ways. Opaque.
    I420,
    /// As `I420`, with a fourth full-size plane of straight alpha (0 clear, 255 opaque).
    A420,
    /// One plane of R, G, B, A bytes, sRGB-encoded, premultiplied. Text, cards, images.
    Rgba,
}

impl PixelFormat {
    /// Number of planes.
    #[must_use]
    pub const fn planes(self) -> usize {
        match self {
            Self::I420 => 3,
            Self::A420 => 4,
            Self::Rgba => 1,
        }
    }

    /// Bytes in a row and rows of plane `index` at `size`, without padding; zero beyond the last plane.
    #[must_use]
    pub const fn plane_bytes(self, size: Size, index: usize) -> (usize, usize) {
        let half = size.chroma();
        match (self, index) {
            (Self::I420 | Self::A420, 0) | (Self::A420, 3) => (size.width as usize, size.height as usize),
            (Self::I420 | Self::A420, 1 | 2) => (half.width as usize, half.height as usize),
            (Self::Rgba, 0) => (size.width as usize * 4, size.height as usize),
            _ => (0, 0),
        }
    }
}

/// One plane's bytes. Row `r` starts at `r * stride`; the last row may end at its last pixel.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    /// The samples.
    pub bytes: &'a [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
}

/// What is known of the alpha of one tile of an A420 picture: [`Cover::ACROSS`] pixels of a pair of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cover {
    /// Nothing: look at the plane.
    #[default]
    Unknown,
    /// Alpha is 0 all over, on black: luma 16, chroma 128.
    Clear,
    /// Alpha is 255 all over.
    Solid,
}

impl Cover {
    /// Pixels across a tile. A row's last tile may be narrower, a picture's last row of tiles one pixel high.
    pub const ACROSS: usize = 32;

    /// Tiles in a row of them, and rows, at `size`.
    #[must_use]
    pub const fn tiles(size: Size) -> (usize, usize) {
        ((size.width as usize).div_ceil(Self::ACROSS), size.chroma().height as usize)
    }
}

/// Whoever owns the bytes: a pool's buffer, a mapped GStreamer buffer, a test.
pub trait PictureData: Send + Sync {
    /// Plane `index` of the picture; an empty plane beyond the last.
    fn plane(&self, index: usize) -> Plane<'_>;

    /// What is known of the alpha plane, tile by tile and row by row of them; empty if nothing is.
    fn cover(&self) -> &[Cover] {
        &[]
    }
}

/// A picture that no one can change any more. Cloning shares the bytes.
#[derive(Clone)]
pub struct Picture {
    size: Size,
    format: PixelFormat,
    pts: ShowTime,
    data: Arc<dyn PictureData>,
}

impl Picture {
    /// A picture over `data`; `None` if a plane is too short for `size` and `format`, or has no area.
    #[must_use]
    pub fn new(size: Size, format: PixelFormat, pts: ShowTime, data: Arc<dyn PictureData>) -> Option<Self> {
        if size.pixels() == 0 {
            return None;
        }
        for index in 0..format.planes() {
            let (row, rows) = format.plane_bytes(size, index);
            let plane = data.plane(index);
            if plane.stride < row || plane.bytes.len() < plane.stride * (rows - 1) + row {
                return None;
            }
        }
        Some(Self { size, format, pts, data })
    }

    /// Pixels across and down.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// How the planes lie.
    #[must_use]
    pub const fn format(&self) -> PixelFormat {
        self.format
    }

    /// When it should be seen, in show time.
    #[must_use]
    pub const fn pts(&self) -> ShowTime {
        self.pts
    }

    /// The same bytes at another instant.
    #[must_use]
    pub fn at(&self, pts: ShowTime) -> Self {
        Self { pts, ..self.clone() }
    }

    /// Plane `index`; empty beyond the last. Its length was checked when the picture was made.
    #[must_use]
    pub fn plane(&self, index: usize) -> Plane<'_> {
        self.data.plane(index)
    }

    /// What is known of the tiles in the row of them that starts at pixel row `2 · pair`; empty if nothing is.
    #[must_use]
    pub fn cover(&self, pair: usize) -> &[Cover] {
        let (across, _) = Cover::tiles(self.size);
        self.data.cover().get(pair * across..(pair + 1) * across).unwrap_or_default()
    }

    /// Whether both are the same bytes in memory: the test for "nothing changed" that costs nothing.
    #[must_use]
    pub fn same_bytes(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.data, &other.data)
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({} {:?} at {})", self.size, self.format, self.pts)
    }
}
