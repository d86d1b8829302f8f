//! Soft shadows: a rounded rectangle under a Gaussian, made once and drawn as any surface.

use super::geometry::at;
use super::limits::STILL_PX_MAX;
use super::mask::{Mask, Shape};
use super::surface::{Surface, SurfacePool};
use std::sync::Arc;
use vitrine_media::Size;
use vitrine_scene::draw::Rect;

/// What a shadow looks like, whatever place, colour and turn it has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Look {
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) radius: f32,
    /// Standard deviation in canvas pixels.
    pub(crate) sigma: f32,
}

/// Standard deviation in its own samples that a shadow keeps: at four, linear enlarging errs by half a step of 255.
const SIGMA_SAMPLES_MIN: f32 = 4.0;
/// Standard deviations to which a shadow reaches; beyond three, less than half a step of 255 is left.
const REACH_SIGMAS: f32 = 3.0;

impl Look {
    /// Canvas pixels a sample: a soft shadow needs few.
    fn pitch(&self) -> f32 {
        let mut pitch = 1.0;
        while self.sigma / (pitch * 2.0) >= SIGMA_SAMPLES_MIN || self.samples(pitch).pixels() > STILL_PX_MAX / 4 {
            pitch *= 2.0;
        }
        pitch
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and halved until small")]
    fn samples(&self, pitch: f32) -> Size {
        let around = 2.0 * (REACH_SIGMAS * self.sigma + 2.0 * pitch);
        let count = |extent: f32| ((extent + around) / pitch).ceil() as u32;
        Size::new(count(self.width), count(self.height))
    }

    /// Extent on the canvas of what [`make`] makes; its centre is the shape's.
    pub(crate) fn extent(&self) -> (f32, f32) {
        let pitch = self.pitch();
        let size = self.samples(pitch);
        (at(size.width.cast_signed()) * pitch, at(size.height.cast_signed()) * pitch)
    }
}

/// Makes the shadow as the alpha of a surface; its other planes mean nothing.
pub(crate) fn make(look: &Look, pool: &SurfacePool) -> Arc<Surface> {
    let pitch = look.pitch();
    let size = look.samples(pitch);
    let (width, height) = (size.width as usize, size.height as usize);
    let (w, h) = (look.width / pitch, look.height / pitch);
    let (x, y) = ((at(size.width.cast_signed()) - w) / 2.0, (at(size.height.cast_signed()) - h) / 2.0);
    let shape = Shape::new(Rect { x, y, w, h }, look.radius / pitch, 0.0);
    let mask = Mask::of_shape(shape);
    let mut levels = vec![0_u8; width];
    let mut field = vec![0.0_f32; width * height];
    for (y, row) in (0..).zip(field.chunks_exact_mut(width)) {
        mask.row(y, 0, &mut levels);
        row.iter_mut().zip(&levels).for_each(|(f, l)| *f = f32::from(*l));
    }
    let kernel = gaussian(look.sigma / pitch);
    let field = blur_rows(&blur_rows(&field, width, &kernel), height, &kernel);
    let mut surface = pool.take(size);
    if let Some(surface) = Arc::get_mut(&mut surface) {
        let [_, _, _, (alpha, stride), _] = surface.planes_mut();
        for (row, levels) in alpha.chunks_exact_mut(stride).zip(field.chunks_exact(width)) {
            row.iter_mut().zip(levels).for_each(|(slot, level)| *slot = crate::color::byte(*level));
        }
    }
    pool.keep(&surface);
    surface
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a kernel's reach is small and positive")]
fn gaussian(sigma: f32) -> Vec<f32> {
    let reach = (REACH_SIGMAS * sigma).ceil().max(1.0) as i32;
    let raw = (-reach..=reach).map(|i| (-0.5 * (at(i) / sigma.max(1e-3)).powi(2)).exp());
    let sum: f32 = raw.clone().sum();
    raw.map(|v| v / sum).collect()
}

/// Blurs each row and turns the field over, so that two calls blur both ways.
fn blur_rows(field: &[f32], width: usize, kernel: &[f32]) -> Vec<f32> {
    let height = field.len() / width.max(1);
    let reach = kernel.len() / 2;
    let mut out = vec![0.0; field.len()];
    let mut padded = vec![0.0; width + 2 * reach];
    for (y, row) in field.chunks_exact(width.max(1)).enumerate() {
        padded[reach..reach + width].copy_from_slice(row);
        for (x, window) in padded.windows(kernel.len()).enumerate() {
            let sum: f32 = window.iter().zip(kernel).map(|(v, k)| v * k).sum();
            if let Some(slot) = out.get_mut(x * height + y) {
                *slot = sum;
            }
        }
    }
    out
}
