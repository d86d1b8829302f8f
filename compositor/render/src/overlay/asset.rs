//! Image assets: PNG, JPEG and SVG, decoded within limits and fitted into their box.

use super::ink::mul255;
use super::{RasterError, limits, svg};
use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, RgbaImage};
use std::io::Cursor;
use vitrine_media::Size;
use vitrine_scene::raster::Fit;

/// Decodes a PNG or JPEG, upright, as premultiplied RGBA.
fn decode(bytes: &[u8], format: ImageFormat) -> Result<RgbaImage, RasterError> {
    let broken = |error: image::ImageError| match error {
        image::ImageError::Limits(_) => RasterError::ImageTooLarge,
        other => RasterError::ImageBroken(other.to_string()),
    };
    let mut allowed = image::Limits::default();
    allowed.max_image_width = Some(limits::SIDE_PX_MAX);
    allowed.max_image_height = Some(limits::SIDE_PX_MAX);
    allowed.max_alloc = Some(limits::DECODE_BYTES_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(allowed);
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    // Some decoders take their limits as advice; and what follows needs four bytes a pixel.
    if decoder.total_bytes() > limits::DECODE_BYTES_MAX || pixels * 4 > limits::DECODE_BYTES_MAX {
        return Err(RasterError::ImageTooLarge);
    }
    // A photo from a phone lies on its side and says so.
    let upright = decoder.orientation().map_err(broken)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(broken)?;
    image.apply_orientation(upright);
    let mut rgba = image.into_rgba8();
    for pixel in rgba.pixels_mut() {
        let [r, g, b, a] = pixel.0;
        pixel.0 = [mul255(r, a), mul255(g, a), mul255(b, a), a];
    }
    Ok(rgba)
}

/// PNG or JPEG by their first bytes; `None` may be an SVG.
fn pixel_format(bytes: &[u8]) -> Option<ImageFormat> {
    image::guess_format(bytes).ok()
}

/// An asset in its own size.
pub(super) fn native(bytes: &[u8], fonts: &mut svg::SvgFonts) -> Result<(Size, Vec<[u8; 4]>), RasterError> {
    let image = match pixel_format(bytes) {
        Some(format @ (ImageFormat::Png | ImageFormat::Jpeg)) => decode(bytes, format)?,
        Some(_) => return Err(RasterError::ImageFormat),
        None => return svg::native(bytes, fonts),
    };
    Ok((Size::new(image.width(), image.height()), pixels(image)))
}

/// An asset fitted into a box, with rounded corners.
pub(super) fn fitted(
    bytes: &[u8],
    box_px: (u32, u32),
    fit: Fit,
    radius_px10: u32,
    fonts: &mut svg::SvgFonts,
) -> Result<(Size, Vec<[u8; 4]>), RasterError> {
    super::check_box(box_px.0, box_px.1)?;
    if box_px.0 == 0 || box_px.1 == 0 {
        return Err(RasterError::NoBox);
    }
    let size = Size::new(box_px.0, box_px.1);
    let mut out = match pixel_format(bytes) {
        Some(format @ (ImageFormat::Png | ImageFormat::Jpeg)) => place(decode(bytes, format)?, size, fit),
        Some(_) => return Err(RasterError::ImageFormat),
        None => svg::fitted(bytes, size, fit, fonts)?,
    };
    // A contained picture's corners are its own, not the box's: rounding follows what is seen.
    round_corners(&mut out, size, radius_px10 as f32 / 10.0);
    Ok((size, out))
}

/// Scaled size and offset of a picture of `from` pixels in a box, both in box pixels.
pub(super) fn frame(from: (f32, f32), size: Size, fit: Fit) -> (f32, f32, f32, f32) {
    let (box_w, box_h) = (size.width as f32, size.height as f32);
    let (x, y) = (box_w / from.0, box_h / from.1);
    let (sx, sy) = match fit {
        Fit::Cover => (x.max(y), x.max(y)),
        Fit::Contain => (x.min(y), x.min(y)),
        Fit::Stretch => (x, y),
    };
    let (w, h) = (from.0 * sx, from.1 * sy);
    (w, h, (box_w - w) / 2.0, (box_h - h) / 2.0)
}

/// Scales with a widened three-lobe sinc, so that a product photo of 4000 pixels stays sharp at 300 and free of moiré.
fn place(image: RgbaImage, size: Size, fit: Fit) -> Vec<[u8; 4]> {
    let (w, h, x, y) = frame((image.width() as f32, image.height() as f32), size, fit);
    // Cover: cut in the source first, so that no more is scaled than is seen.
    let image = if fit == Fit::Cover {
        let (scale_x, scale_y) = (image.width() as f32 / w, image.height() as f32 / h);
        let cut_w = ((size.width as f32 * scale_x).round() as u32).clamp(1, image.width());
        let cut_h = ((size.height as f32 * scale_y).round() as u32).clamp(1, image.height());
        let (left, top) = ((image.width() - cut_w) / 2, (image.height() - cut_h) / 2);
        imageops::crop_imm(&image, left, top, cut_w, cut_h).to_image()
    } else {
        image
    };
    let (to_w, to_h) = match fit {
        Fit::Contain => ((w.round() as u32).clamp(1, size.width), (h.round() as u32).clamp(1, size.height)),
        Fit::Cover | Fit::Stretch => (size.width, size.height),
    };
    let mut scaled = if (to_w, to_h) == image.dimensions() {
        image
    } else {
        imageops::resize(&image, to_w, to_h, FilterType::Lanczos3)
    };
    // The filter's negative lobes may lift a colour above its alpha.
    for pixel in scaled.pixels_mut() {
        let [r, g, b, a] = pixel.0;
        pixel.0 = [r.min(a), g.min(a), b.min(a), a];
    }
    if (to_w, to_h) == (size.width, size.height) {
        return pixels(scaled);
    }
    let mut canvas = RgbaImage::new(size.width, size.height);
    imageops::replace(&mut canvas, &scaled, x.max(0.0).round() as i64, y.max(0.0).round() as i64);
    pixels(canvas)
}

fn pixels(image: RgbaImage) -> Vec<[u8; 4]> {
    image.pixels().map(|p| p.0).collect()
}

/// Takes the corners off: the distance to a rounded box, one pixel of antialiasing.
fn round_corners(pixels: &mut [[u8; 4]], size: Size, radius: f32) {
    let (w, h) = (size.width as f32, size.height as f32);
    let radius = radius.min(w.min(h) / 2.0);
    if radius <= 0.0 {
        return;
    }
    for (y, row) in pixels.chunks_exact_mut(size.width.max(1) as usize).enumerate() {
        let dy = ((y as f32 + 0.5 - h / 2.0).abs() - h / 2.0 + radius).max(0.0);
        if dy <= 0.0 {
            continue;
        }
        for (x, pixel) in row.iter_mut().enumerate() {
            let dx = ((x as f32 + 0.5 - w / 2.0).abs() - w / 2.0 + radius).max(0.0);
            let cover = ((radius + 0.5 - dx.hypot(dy)).clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
            if dx > 0.0 && cover < 255 {
                *pixel = pixel.map(|v| mul255(v, cover));
            }
        }
    }
}
