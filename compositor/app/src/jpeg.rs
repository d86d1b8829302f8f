//! Pictures as files: JPEG for monitors, PNG for stills. Colours from BT.709 limited range to sRGB.

use anyhow::Context;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use std::path::Path;
use vitrine_media::{Picture, PixelFormat};

/// JPEG quality of monitors: they are small and seen for a moment.
const QUALITY: u8 = 75;

/// Encodes a picture as a JPEG of about `width` pixels across; the picture's own width if that is less.
pub fn encode(picture: &Picture, width: u32) -> Option<Vec<u8>> {
    let step = (picture.size().width / width.max(1)).max(1);
    let (across, down, rgb) = rgb(picture, step);
    let mut jpeg = Vec::with_capacity(rgb.len() / 6);
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).write_image(&rgb, across, down, ExtendedColorType::Rgb8).ok()?;
    Some(jpeg)
}

/// Writes a picture as a PNG.
///
/// # Errors
/// When the file can't be written.
pub fn write_png(picture: &Picture, path: &Path) -> anyhow::Result<()> {
    let (across, down, rgb) = rgb(picture, 1);
    image::save_buffer_with_format(path, &rgb, across, down, ExtendedColorType::Rgb8, image::ImageFormat::Png)
        .with_context(|| format!("can't write {}", path.display()))
}

/// The picture as R, G, B bytes, reduced by averaging `step × step` blocks.
fn rgb(picture: &Picture, step: u32) -> (u32, u32, Vec<u8>) {
    let (across, down) = (picture.size().width / step, picture.size().height / step);
    let mut out = Vec::with_capacity((across * down * 3) as usize);
    for y in 0..down {
        for x in 0..across {
            out.extend(pixel(picture, x * step, y * step, step));
        }
    }
    (across, down, out)
}

/// Mean of a block of one plane.
fn mean(picture: &Picture, plane: usize, x: u32, y: u32, side: u32, bytes: usize, channel: usize) -> i32 {
    let plane = picture.plane(plane);
    let mut sum = 0u32;
    for row in y..y + side {
        for column in x..x + side {
            let at = row as usize * plane.stride + column as usize * bytes + channel;
            sum += u32::from(plane.bytes.get(at).copied().unwrap_or_default());
        }
    }
    i32::try_from((sum + side * side / 2) / (side * side)).unwrap_or(0)
}

fn pixel(picture: &Picture, x: u32, y: u32, step: u32) -> [u8; 3] {
    if picture.format() == PixelFormat::Rgba {
        let channel = |c| u8::try_from(mean(picture, 0, x, y, step, 4, c)).unwrap_or(255);
        return [channel(0), channel(1), channel(2)];
    }
    let luma = (mean(picture, 0, x, y, step, 1, 0) - 16) * 76_309;
    let half = (step / 2).max(1);
    let cb = mean(picture, 1, x / 2, y / 2, half, 1, 0) - 128;
    let cr = mean(picture, 2, x / 2, y / 2, half, 1, 0) - 128;
    // ITU-R BT.709, limited range, in 1/65536.
    let byte = |v: i32| u8::try_from(((v + 32_768) >> 16).clamp(0, 255)).unwrap_or(0);
    [byte(luma + 117_489 * cr), byte(luma - 13_975 * cb - 34_925 * cr), byte(luma + 138_438 * cb)]
}
