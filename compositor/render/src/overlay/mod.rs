//! Text, QR codes and images as premultiplied bitmaps, made once per change, off the tick thread.
//!
//! ```text
//! tick ── Requester::want ──► Lane<Request> ──► Worker::run (thread `overlay`) ──► BitmapStore
//!   ▲                                            └─ Rasteriser::raster                 │
//!   └──────────────── Pictures::bitmap: this id, or the place's last ready one ◄───────┘
//! ```
//!
//! ```
//! use vitrine_render::overlay::{FontOptions, Rasteriser};
//! use vitrine_scene::{draw::Color, raster::RasterSpec};
//! let mut rasteriser = Rasteriser::new(FontOptions::default());
//! let white = Color { r: 255, g: 255, b: 255, a: 255 };
//! let code = RasterSpec::Qr { data: "https://example.org/7".into(), dark: Color::BLACK, light: white, quiet: 4, side_px: 200 };
//! assert_eq!(rasteriser.raster(&code)?.size().width, 200);
//! # Ok::<(), vitrine_render::overlay::RasterError>(())
//! ```

mod asset;
mod error;
mod fonts;
mod harmless;
mod ink;
pub mod limits;
mod qr;
mod store;
mod svg;
mod text;

#[cfg(test)]
mod tests;

pub use error::RasterError;
pub use fonts::FontOptions;
pub use harmless::{Harmless, harmless};
pub use store::{BitmapStore, Request, Requester, StoreStats, Worker};

use cosmic_text::fontdb::Database;
use fonts::Fonts;
use std::panic::{AssertUnwindSafe, catch_unwind};
use svg::SvgFonts;
use vitrine_media::{Picture, PicturePool, PixelFormat, ShowTime, Size};
use vitrine_scene::raster::{RasterSpec, TextSpec};

/// What a rasteriser has done since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RasterStats {
    /// Bitmaps made.
    pub bitmaps: u64,
    /// Specs refused, panics included.
    pub refused: u64,
    /// Graphemes that went through the shaper.
    pub graphemes_shaped: u64,
    /// Texts of which something was left out, at a limit or for want of room.
    pub texts_cut: u64,
    /// Panics caught inside libraries.
    pub panics: u64,
}

/// Makes bitmaps of specs. Slow (milliseconds): lives on a thread of its own, never on the tick.
pub struct Rasteriser {
    options: FontOptions,
    database: Database,
    fonts: Fonts,
    svg_fonts: SvgFonts,
    pool: PicturePool,
    stats: RasterStats,
}

impl Rasteriser {
    /// A rasteriser with the fonts that `options` names. Reads font files: tens of milliseconds.
    #[must_use]
    pub fn new(options: FontOptions) -> Self {
        let database = fonts::load(&options);
        let fonts = Fonts::new(database.clone(), &options.locale);
        let svg_fonts = SvgFonts::new(options.clone());
        // Bitmaps live as long as the store keeps them; a pool would hold on to them for longer.
        Self { options, database, fonts, svg_fonts, pool: PicturePool::new(0), stats: RasterStats::default() }
    }

    /// Draws `spec` as premultiplied `Rgba`.
    ///
    /// # Errors
    /// [`RasterError`] says what about the spec can't be drawn. Text fails only for its box.
    pub fn raster(&mut self, spec: &RasterSpec) -> Result<Picture, RasterError> {
        self.counted(|this| match spec {
            RasterSpec::Text(text) => this.text(text),
            RasterSpec::Qr { data, dark, light, quiet, side_px } => qr::paint(data, (*dark, *light), *quiet, *side_px),
            RasterSpec::Image { bytes, box_px, fit, radius_px10 } => {
                asset::fitted(bytes, *box_px, *fit, *radius_px10, &mut this.svg_fonts)
            }
        })
    }

    /// Size of the bitmap that `spec` would get: where a side of its box is 0, what the text needs with its
    /// outline and shadow.
    ///
    /// # Errors
    /// [`RasterError::Box`] for a box beyond the limits; [`RasterError::Panicked`].
    pub fn measure(&mut self, spec: &TextSpec) -> Result<Size, RasterError> {
        self.guarded(|this| text::lay_out(spec, &mut this.fonts).map(|laid| laid.size))
    }

    /// Decodes a PNG, JPEG or SVG in its own size, as premultiplied `Rgba`: an image input's picture.
    ///
    /// # Errors
    /// [`RasterError`] says what is wrong with the file.
    pub fn load_image(&mut self, bytes: &[u8]) -> Result<Picture, RasterError> {
        self.counted(|this| asset::native(bytes, &mut this.svg_fonts))
    }

    /// Counters since the start.
    #[must_use]
    pub const fn stats(&self) -> RasterStats {
        self.stats
    }

    fn text(&mut self, spec: &TextSpec) -> Result<(Size, Vec<[u8; 4]>), RasterError> {
        let laid = text::lay_out(spec, &mut self.fonts)?;
        self.stats.graphemes_shaped += laid.graphemes as u64;
        self.stats.texts_cut += u64::from(laid.cut);
        let pixels = text::paint(spec, &laid, &mut self.fonts);
        Ok((laid.size, pixels))
    }

    fn counted(
        &mut self,
        draw: impl FnOnce(&mut Self) -> Result<(Size, Vec<[u8; 4]>), RasterError>,
    ) -> Result<Picture, RasterError> {
        match self.guarded(draw) {
            Ok((size, pixels)) => {
                self.stats.bitmaps += 1;
                Ok(self.picture(size, &pixels))
            }
            Err(error) => {
                self.stats.refused += 1;
                Err(error)
            }
        }
    }

    /// Whatever a font, an image or an SVG does to a library ends here. State that a panic may have left
    /// half-changed is made anew.
    fn guarded<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, RasterError>) -> Result<T, RasterError> {
        if let Ok(result) = catch_unwind(AssertUnwindSafe(|| work(self))) {
            return result;
        }
        self.stats.panics += 1;
        self.fonts = Fonts::new(self.database.clone(), &self.options.locale);
        self.svg_fonts = SvgFonts::new(self.options.clone());
        tracing::error!("a library panicked while rasterising; its fonts were loaded anew");
        Err(RasterError::Panicked)
    }

    fn picture(&self, size: Size, pixels: &[[u8; 4]]) -> Picture {
        let mut picture = self.pool.take(size, PixelFormat::Rgba);
        let [plane, ..] = picture.planes();
        let rows = plane.bytes.chunks_exact_mut(plane.stride.max(1));
        for (to, from) in rows.zip(pixels.chunks_exact(size.width.max(1) as usize)) {
            let from = from.as_flattened();
            if let Some(to) = to.get_mut(..from.len()) {
                to.copy_from_slice(from);
            }
        }
        picture.freeze(ShowTime::ZERO)
    }
}

/// Refuses a box that no bitmap can have; zero stands for "as the content needs".
fn check_box(width: u32, height: u32) -> Result<(), RasterError> {
    let too_wide = width.max(height) > limits::SIDE_PX_MAX;
    if too_wide || Size::new(width.max(1), height.max(1)).pixels() > limits::BITMAP_PX_MAX {
        return Err(RasterError::Box { width, height });
    }
    Ok(())
}
