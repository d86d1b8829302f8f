//! A bitmap as video: what key and correction work on.

use crate::color::{byte, to_ycc};
use vitrine_media::{Picture, PicturePool, PixelFormat};

/// The picture as I420, or as A420 if it is clear anywhere; video is given back as it is.
pub(super) fn of(picture: &Picture) -> Picture {
    if picture.format() != PixelFormat::Rgba {
        return picture.clone();
    }
    let size = picture.size();
    let (across, down) = (size.width as usize, size.height as usize);
    let opaque = (0..down).all(|y| (0..across).all(|x| pixel(picture, x, y)[3] == 255));
    let format = if opaque { PixelFormat::I420 } else { PixelFormat::A420 };
    let pool = PicturePool::new(0);
    let mut video = pool.take(size, format);
    let [luma, cb, cr, alpha] = video.planes();
    for y in 0..down {
        for x in 0..across {
            let rgba = pixel(picture, x, y);
            put(luma.bytes, y * luma.stride + x, byte(to_ycc(straight(rgba))[0]));
            put(alpha.bytes, y * alpha.stride + x, rgba[3]);
        }
    }
    let half = size.chroma();
    for y in 0..half.height as usize {
        for x in 0..half.width as usize {
            let ycc = to_ycc(straight(block(picture, x * 2, y * 2)));
            put(cb.bytes, y * cb.stride + x, byte(ycc[1]));
            put(cr.bytes, y * cr.stride + x, byte(ycc[2]));
        }
    }
    video.freeze(picture.pts())
}

fn put(bytes: &mut [u8], at: usize, value: u8) {
    if let Some(out) = bytes.get_mut(at) {
        *out = value;
    }
}

fn pixel(picture: &Picture, x: usize, y: usize) -> [u8; 4] {
    let plane = picture.plane(0);
    let at = y * plane.stride + x * 4;
    plane.bytes.get(at..at + 4).and_then(|p| p.try_into().ok()).unwrap_or([0, 0, 0, 255])
}

/// Mean of the up to four pixels that share a chroma sample, still premultiplied.
fn block(picture: &Picture, x: usize, y: usize) -> [u8; 4] {
    let size = picture.size();
    let (right, below) = ((x + 1).min(size.width as usize - 1), (y + 1).min(size.height as usize - 1));
    let four = [pixel(picture, x, y), pixel(picture, right, y), pixel(picture, x, below), pixel(picture, right, below)];
    std::array::from_fn(|c| {
        let sum: u16 = four.iter().map(|p| u16::from(p[c])).sum();
        u8::try_from((sum + 2) / 4).unwrap_or(255)
    })
}

/// R, G, B from 0 to 1 without their alpha.
fn straight([r, g, b, a]: [u8; 4]) -> [f32; 3] {
    let alpha = f32::from(a.max(1));
    [r, g, b].map(|c| (f32::from(c) / alpha).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitrine_media::{ShowTime, Size};

    #[test]
    fn an_opaque_bitmap_becomes_i420_and_a_clear_one_a420() {
        let pool = PicturePool::new(0);
        for (alpha, format) in [(255, PixelFormat::I420), (128, PixelFormat::A420)] {
            let mut bitmap = pool.take(Size::new(3, 3), PixelFormat::Rgba);
            let [plane, ..] = bitmap.planes();
            plane.bytes.chunks_exact_mut(4).for_each(|p| p.copy_from_slice(&[0, alpha, 0, alpha]));
            let video = of(&bitmap.freeze(ShowTime::ZERO));
            assert_eq!(video.format(), format);
            // BT.709 green at full level: Y 173, Cb 42, Cr 26.
            assert_eq!([0, 1, 2].map(|plane| video.plane(plane).bytes[0]), [173, 42, 26]);
        }
    }
}
