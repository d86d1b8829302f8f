//! SVG assets, drawn without reading any file or address that they name.

use super::asset::frame;
use super::{FontOptions, RasterError, limits};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{ImageHrefResolver, ImageKind, Options, Tree, fontdb};
use std::io::Cursor;
use std::sync::Arc;
use vitrine_media::Size;
use vitrine_scene::raster::Fit;

/// Fonts for text in SVGs, loaded when the first SVG with text comes: most have none.
pub(super) struct SvgFonts {
    options: FontOptions,
    loaded: Option<Arc<fontdb::Database>>,
}

impl SvgFonts {
    pub(super) const fn new(options: FontOptions) -> Self {
        Self { options, loaded: None }
    }

    fn database(&mut self) -> Arc<fontdb::Database> {
        let options = &self.options;
        let loaded = self.loaded.get_or_insert_with(|| {
            let mut db = fontdb::Database::new();
            for bytes in &options.extra {
                db.load_font_data(bytes.to_vec());
            }
            if options.system {
                db.load_system_fonts();
            }
            db.set_sans_serif_family(&options.family);
            Arc::new(db)
        });
        Arc::clone(loaded)
    }
}

/// An embedded picture is taken only when it is a PNG or JPEG of a size that we would decode ourselves.
fn embedded(bytes: &Arc<Vec<u8>>) -> Option<ImageKind> {
    let reader = image::ImageReader::new(Cursor::new(bytes.as_slice())).with_guessed_format().ok()?;
    let format = reader.format()?;
    let (width, height) = reader.into_dimensions().ok()?;
    if width.max(height) > limits::SIDE_PX_MAX || u64::from(width) * u64::from(height) * 4 > limits::DECODE_BYTES_MAX {
        return None;
    }
    match format {
        image::ImageFormat::Png => Some(ImageKind::PNG(Arc::clone(bytes))),
        image::ImageFormat::Jpeg => Some(ImageKind::JPEG(Arc::clone(bytes))),
        _ => None,
    }
}

fn parse(bytes: &[u8], fonts: &mut SvgFonts) -> Result<Tree, RasterError> {
    let text = std::str::from_utf8(bytes).map_err(|_| RasterError::ImageFormat)?;
    if !text.contains("<svg") {
        return Err(RasterError::ImageFormat);
    }
    if text.len() > limits::SVG_BYTES_MAX {
        return Err(RasterError::Svg(format!("its source has more than {} bytes; simplify it", limits::SVG_BYTES_MAX)));
    }
    if text.contains("<!ENTITY") {
        return Err(RasterError::Svg(
            "it declares entities, which can swell without end; export it as plain SVG".into(),
        ));
    }
    let mut options = Options {
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(|_, bytes, _| embedded(&bytes)),
            resolve_string: Box::new(|_, _| None),
        },
        font_family: fonts.options.family.clone(),
        ..Options::default()
    };
    if text.contains("<text") {
        options.fontdb = fonts.database();
    }
    Tree::from_str(text, &options).map_err(|e| RasterError::Svg(e.to_string()))
}

fn draw(tree: &Tree, size: Size, transform: Transform) -> Result<Vec<[u8; 4]>, RasterError> {
    let mut pixmap = Pixmap::new(size.width, size.height).ok_or(RasterError::NoBox)?;
    resvg::render(tree, transform, &mut pixmap.as_mut());
    Ok(pixmap.pixels().iter().map(|p| [p.red(), p.green(), p.blue(), p.alpha()]).collect())
}

/// The SVG at the size that it states, in pixels at 96 dpi.
pub(super) fn native(bytes: &[u8], fonts: &mut SvgFonts) -> Result<(Size, Vec<[u8; 4]>), RasterError> {
    let tree = parse(bytes, fonts)?;
    let (width, height) = (tree.size().width().ceil(), tree.size().height().ceil());
    if width.max(height) > limits::SIDE_PX_MAX as f32
        || f64::from(width) * f64::from(height) > limits::BITMAP_PX_MAX as f64
    {
        return Err(RasterError::ImageTooLarge);
    }
    let size = Size::new((width as u32).max(1), (height as u32).max(1));
    Ok((size, draw(&tree, size, Transform::identity())?))
}

/// The SVG drawn afresh for a box, sharp at any size.
pub(super) fn fitted(bytes: &[u8], size: Size, fit: Fit, fonts: &mut SvgFonts) -> Result<Vec<[u8; 4]>, RasterError> {
    let tree = parse(bytes, fonts)?;
    let from = (tree.size().width(), tree.size().height());
    let (w, h, x, y) = frame(from, size, fit);
    let transform = Transform::from_row(w / from.0, 0.0, 0.0, h / from.1, x, y);
    draw(&tree, size, transform)
}
