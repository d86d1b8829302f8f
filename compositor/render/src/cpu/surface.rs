//! Working pictures with alpha: premultiplied Y', Cb, Cr, alpha, and alpha again at chroma's size.
//!
//! Chroma carries its own alpha, filtered as the chroma was, because the offset of 128 must cancel exactly:
//! a chroma sample weighed with another alpha than its own would tint every edge.

use super::limits::SURFACES_KEPT;
use std::sync::{Arc, Mutex, PoisonError};
use vitrine_media::Size;

/// Planes of a surface: Y', Cb, Cr, alpha, chroma's alpha.
pub(crate) const PLANES: usize = 5;
/// Row alignment in bytes, as in the pictures' pool.
const ROW_ALIGN: usize = 64;

/// One plane to read, of any origin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlaneRef<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) stride: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl<'a> PlaneRef<'a> {
    /// Row `y`, or the nearest there is.
    pub(crate) fn row(&self, y: usize) -> &'a [u8] {
        let at = y.min(self.height.saturating_sub(1)) * self.stride;
        self.bytes.get(at..at + self.width).unwrap_or_default()
    }
}

/// A premultiplied working picture.
#[derive(Debug)]
pub(crate) struct Surface {
    size: Size,
    bytes: Vec<u8>,
}

/// A plane's place: first byte, stride, rows.
fn layout(size: Size) -> [(usize, usize, usize); PLANES] {
    let half = size.chroma();
    let rows = |full: bool| if full { half.height as usize * 2 } else { half.height as usize };
    // Even sizes inside, so that a band always has whole chroma rows.
    let stride = |full: bool| {
        let wide = if full { half.width as usize * 2 } else { half.width as usize };
        wide.next_multiple_of(ROW_ALIGN)
    };
    let mut from = 0;
    [true, false, false, true, false].map(|full| {
        let plane = (from, stride(full), rows(full));
        from += plane.1 * plane.2;
        plane
    })
}

impl Surface {
    fn new(size: Size) -> Self {
        let len = layout(size).iter().map(|(_, stride, rows)| stride * rows).sum();
        Self { size, bytes: vec![0; len] }
    }

    pub(crate) const fn size(&self) -> Size {
        self.size
    }

    /// Plane `index` to read.
    pub(crate) fn plane(&self, index: usize) -> PlaneRef<'_> {
        let (from, stride, rows) = layout(self.size).get(index).copied().unwrap_or_default();
        let full = matches!(index, 0 | 3);
        let size = if full { self.size } else { self.size.chroma() };
        let bytes = self.bytes.get(from..from + stride * rows).unwrap_or_default();
        PlaneRef { bytes, stride, width: size.width as usize, height: size.height as usize }
    }

    /// All planes to write, with their strides.
    pub(crate) fn planes_mut(&mut self) -> [(&mut [u8], usize); PLANES] {
        let mut rest = self.bytes.as_mut_slice();
        layout(self.size).map(|(_, stride, rows)| {
            let (plane, tail) = std::mem::take(&mut rest).split_at_mut(stride * rows);
            rest = tail;
            (plane, stride)
        })
    }
}

/// Hands out surfaces and takes them back when no one holds them any more.
#[derive(Debug, Default)]
pub(crate) struct SurfacePool {
    kept: Mutex<Vec<Arc<Surface>>>,
}

impl SurfacePool {
    pub(crate) fn new() -> Self {
        Self { kept: Mutex::new(Vec::with_capacity(SURFACES_KEPT)) }
    }

    /// A surface that no one else holds; its content is whatever it was.
    pub(crate) fn take(&self, size: Size) -> Arc<Surface> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let free = kept.iter_mut().position(|s| s.size == size && Arc::get_mut(s).is_some());
        let found = free.map(|place| kept.swap_remove(place));
        drop(kept);
        found.unwrap_or_else(|| Arc::new(Surface::new(size)))
    }

    /// Remembers a surface, so that it is handed out again once its last holder lets go.
    pub(crate) fn keep(&self, surface: &Arc<Surface>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= SURFACES_KEPT
            && let Some(idle) = kept.iter_mut().position(|s| Arc::get_mut(s).is_some())
        {
            kept.swap_remove(idle);
        }
        if kept.len() < SURFACES_KEPT {
            kept.push(Arc::clone(surface));
        }
    }
}
