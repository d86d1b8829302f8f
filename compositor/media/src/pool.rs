//! Buffers that are used again: once a show runs, a new picture costs no allocation.

use crate::{Cover, Picture, PictureData, PixelFormat, Plane, ShowTime, Size};
use std::sync::{Arc, Mutex, PoisonError};

/// Row alignment in bytes: one AVX-512 register, so that SIMD rows never straddle.
const ROW_ALIGN: usize = 64;

struct Buffer {
    bytes: Vec<u8>,
    planes: [(usize, usize, usize); 4],
    /// One entry a tile for pictures with an alpha plane, none for others.
    cover: Vec<Cover>,
    size: Size,
    format: PixelFormat,
}

impl Buffer {
    fn new(size: Size, format: PixelFormat) -> Self {
        let mut planes = [(0, 0, 0); 4];
        let mut at = 0;
        for (index, plane) in planes.iter_mut().enumerate().take(format.planes()) {
            let (row, rows) = format.plane_bytes(size, index);
            let stride = row.next_multiple_of(ROW_ALIGN);
            *plane = (at, stride * rows, stride);
            at += stride * rows;
        }
        let (across, rows) = if format == PixelFormat::A420 { Cover::tiles(size) } else { (0, 0) };
        Self { bytes: vec![0; at], planes, cover: vec![Cover::Unknown; across * rows], size, format }
    }
}

impl PictureData for Buffer {
    fn plane(&self, index: usize) -> Plane<'_> {
        let (at, len, stride) = self.planes.get(index).copied().unwrap_or_default();
        Plane { bytes: self.bytes.get(at..at + len).unwrap_or_default(), stride }
    }

    fn cover(&self) -> &[Cover] {
        &self.cover
    }
}

/// Hands out picture buffers and takes them back by itself when the last holder lets go.
pub struct PicturePool {
    kept: Mutex<Vec<Arc<Buffer>>>,
    keep_max: usize,
}

impl PicturePool {
    /// A pool that remembers up to `keep_max` buffers; beyond that, buffers are made and freed.
    #[must_use]
    pub fn new(keep_max: usize) -> Self {
        Self { kept: Mutex::new(Vec::with_capacity(keep_max)), keep_max }
    }

    /// A buffer to draw into. Its old content is undefined, but initialised.
    #[must_use]
    pub fn take(&self, size: Size, format: PixelFormat) -> PictureMut<'_> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let free = kept
            .iter_mut()
            .position(|b| b.size == size && b.format == format && Arc::get_mut(b).is_some())
            .map(|at| kept.swap_remove(at));
        drop(kept);
        let buffer = free.unwrap_or_else(|| Arc::new(Buffer::new(size, format)));
        PictureMut { buffer, pool: self }
    }

    fn keep(&self, buffer: &Arc<Buffer>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= self.keep_max
            && let Some(idle) = kept.iter_mut().position(|b| Arc::get_mut(b).is_some())
        {
            kept.swap_remove(idle);
        }
        if kept.len() < self.keep_max {
            kept.push(Arc::clone(buffer));
        }
    }
}

/// A picture being drawn; only this owner sees it until [`freeze`](Self::freeze).
pub struct PictureMut<'p> {
    buffer: Arc<Buffer>,
    pool: &'p PicturePool,
}

/// One plane open for writing.
pub struct PlaneMut<'a> {
    /// The samples.
    pub bytes: &'a mut [u8],
    /// Bytes from one row to the next; a multiple of 64.
    pub stride: usize,
}

impl PictureMut<'_> {
    /// Pixels across and down.
    #[must_use]
    pub fn size(&self) -> Size {
        self.buffer.size
    }

    /// How the planes lie.
    #[must_use]
    pub fn format(&self) -> PixelFormat {
        self.buffer.format
    }

    /// All planes at once, in order; those beyond the format's last are empty. Forgets what was known of the alpha.
    ///
    /// Never fails: this owner is the only one. Should that ever be untrue, the planes are empty.
    #[must_use]
    pub fn planes(&mut self) -> [PlaneMut<'_>; 4] {
        let (planes, cover) = self.planes_and_cover();
        cover.fill(Cover::Unknown);
        planes
    }

    /// As [`planes`](Self::planes), and what is known of the alpha that the buffer has now: whoever wrote the picture
    /// that was in it before left it so. Keep it true to what you write. Empty for formats without alpha.
    #[must_use]
    pub fn planes_and_cover(&mut self) -> ([PlaneMut<'_>; 4], &mut [Cover]) {
        let Some(buffer) = Arc::get_mut(&mut self.buffer) else {
            return (std::array::from_fn(|_| PlaneMut { bytes: &mut [], stride: 0 }), &mut []);
        };
        let mut rest = buffer.bytes.as_mut_slice();
        let planes = buffer.planes;
        let planes = std::array::from_fn(|index| {
            let (_, len, stride) = planes.get(index).copied().unwrap_or_default();
            let (bytes, tail) = std::mem::take(&mut rest).split_at_mut(len);
            rest = tail;
            PlaneMut { bytes, stride }
        });
        (planes, &mut buffer.cover)
    }

    /// Ends the drawing: the picture can be shared, and its buffer comes back to the pool later.
    #[must_use]
    pub fn freeze(self, pts: ShowTime) -> Picture {
        self.pool.keep(&self.buffer);
        let (size, format) = (self.buffer.size, self.buffer.format);
        let data: Arc<dyn PictureData> = self.buffer;
        #[allow(clippy::expect_used, reason = "Buffer::new sizes every plane for this size and format")]
        Picture::new(size, format, pts, data).expect("a pool's buffer fits its own size")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_only_when_no_one_holds_it() {
        let pool = PicturePool::new(2);
        let size = Size::new(33, 17);
        let first = pool.take(size, PixelFormat::A420).freeze(ShowTime::ZERO);
        let second = pool.take(size, PixelFormat::A420).freeze(ShowTime::ZERO);
        assert!(!first.same_bytes(&second));
        let held = first.plane(0).bytes.as_ptr();
        drop(first);
        let third = pool.take(size, PixelFormat::A420).freeze(ShowTime::ZERO);
        assert_eq!(third.plane(0).bytes.as_ptr(), held);
    }

    #[test]
    fn what_is_known_of_the_alpha_stays_with_the_bytes_until_they_are_written() {
        let pool = PicturePool::new(1);
        let size = Size::new(70, 5);
        let mut picture = pool.take(size, PixelFormat::A420);
        picture.planes_and_cover().1[4] = Cover::Solid;
        let picture = picture.freeze(ShowTime::ZERO);
        assert_eq!(picture.cover(1), [Cover::Unknown, Cover::Solid, Cover::Unknown]);
        assert!(picture.cover(3).is_empty());
        drop(picture);
        let mut again = pool.take(size, PixelFormat::A420);
        assert_eq!(again.planes_and_cover().1[4], Cover::Solid);
        let _ = again.planes();
        assert_eq!(again.freeze(ShowTime::ZERO).cover(1), [Cover::Unknown; 3]);
    }

    #[test]
    fn planes_have_the_format_s_shape() {
        let pool = PicturePool::new(1);
        let mut picture = pool.take(Size::new(33, 17), PixelFormat::A420);
        let lens: Vec<_> = picture.planes().iter().map(|p| (p.stride, p.bytes.len())).collect();
        assert_eq!(lens, [(64, 64 * 17), (64, 64 * 9), (64, 64 * 9), (64, 64 * 17)]);
    }
}
