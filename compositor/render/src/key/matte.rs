//! Matte tools on a finished alpha plane: shrink or grow it, feather its edge.

use super::bands::{ParallelFor, bands, each};
use super::setting::Regions;
use super::simd::{Level, by_level};
use vitrine_media::PictureMut;

/// Furthest that an edge moves, in pixels.
const SHRINK_MAX: f32 = 10.0;
/// Widest feather, in pixels.
const FEATHER_MAX: f32 = 20.0;

/// Whether these tools uncover pixels that the keyer had cleared.
pub(crate) fn spreads((shrink_px, feather_px): (f32, f32)) -> bool {
    shrink_px < 0.0 || feather_px > 0.0
}

/// A copy of the plane between two passes.
#[derive(Default)]
pub(crate) struct MatteRoom {
    plane: Vec<u8>,
}

/// One pass over the plane.
#[derive(Clone, Copy)]
enum Pass {
    /// Least (or, grown, most) over `radius` pixels to either side; a fraction mixes two radii.
    Edge { radius: f32, grow: bool },
    /// Mean over `radius` pixels to either side, its ends in part.
    Mean { radius: f32 },
}

/// Shrinks by `shrink_px` (negative grows) and feathers by `feather_px`, then lets the regions have the last word.
pub(crate) fn finish(
    level: Level,
    room: &mut MatteRoom,
    picture: &mut PictureMut<'_>,
    (shrink_px, feather_px): (f32, f32),
    regions: Regions,
    parallel: &ParallelFor<'_>,
) {
    let finite = |value: f32| if value.is_finite() { value } else { 0.0 };
    let shrink = finite(shrink_px).clamp(-SHRINK_MAX, SHRINK_MAX);
    let feather = finite(feather_px).clamp(0.0, FEATHER_MAX);
    if shrink != 0.0 {
        run(level, room, picture, Pass::Edge { radius: shrink.abs(), grow: shrink < 0.0 }, parallel);
    }
    if feather > 0.0 {
        // Two means are a tent as wide as the feather.
        let pass = Pass::Mean { radius: feather * 0.5 };
        run(level, room, picture, pass, parallel);
        run(level, room, picture, pass, parallel);
    }
    if (shrink != 0.0 || feather > 0.0) && regions != Regions::default() {
        let size = picture.size();
        let [_, _, _, alpha] = picture.planes();
        for (row, line) in alpha.bytes.chunks_mut(alpha.stride.max(1)).take(size.height as usize).enumerate() {
            regions.apply(&mut line[..size.width as usize], row, 0, 1, 0, 255);
        }
    }
}

/// Across every row into the room, then down every column back.
fn run(level: Level, room: &mut MatteRoom, picture: &mut PictureMut<'_>, pass: Pass, parallel: &ParallelFor<'_>) {
    let size = picture.size();
    let (width, height) = (size.width as usize, size.height as usize);
    room.plane.resize(width * height, 0);
    let per_band = super::bands::pairs_per_band(size.chroma().height as usize) * 2;
    {
        let [_, _, _, alpha] = picture.planes();
        let rows = room.plane.chunks_mut(per_band * width).zip(alpha.bytes.chunks(per_band * alpha.stride));
        each(parallel, rows.map(|(to, from)| (to, from, alpha.stride)), &|_, (to, from, stride)| {
            for (to, from) in to.chunks_mut(width).zip(from.chunks(stride)) {
                across(pass, &from[..width], to);
            }
        });
    }
    let plane = &room.plane;
    each(parallel, bands(picture), &|_, mut band| {
        for local in 0..2 * band.pairs {
            let row = 2 * band.first + local;
            if row < height {
                let near = |step: isize| {
                    let row = row.saturating_add_signed(step).min(height - 1);
                    &plane[row * width..(row + 1) * width]
                };
                down(level, pass, &near, band.row(3, local, width));
            }
        }
    });
}

/// One row: a window that slides. Radii are small, so that the least of a window is found by looking.
fn across(pass: Pass, from: &[u8], to: &mut [u8]) {
    let last = from.len() - 1;
    let (radius, part) = whole(pass);
    let at = |x: usize, step: isize| from[x.saturating_add_signed(step).min(last)];
    for (x, to) in to.iter_mut().enumerate() {
        *to = match pass {
            Pass::Edge { grow, .. } => {
                let inner = (-radius..=radius).map(|s| at(x, s));
                let ends = [at(x, -radius - 1), at(x, radius + 1)].into_iter();
                let (inner, ends) = if grow { (inner.max(), ends.max()) } else { (inner.min(), ends.min()) };
                let (inner, ends) = (inner.unwrap_or_default(), ends.unwrap_or_default());
                let outer = if grow { inner.max(ends) } else { inner.min(ends) };
                blend(inner, outer, part)
            }
            Pass::Mean { .. } => {
                let inner: u32 = (-radius..=radius).map(|s| u32::from(at(x, s))).sum();
                let ends = u32::from(at(x, -radius - 1)) + u32::from(at(x, radius + 1));
                mean(inner, ends, radius, part)
            }
        };
    }
}

/// Whole pixels of a radius, and the rest in 256ths.
fn whole(pass: Pass) -> (isize, u32) {
    let (Pass::Edge { radius, .. } | Pass::Mean { radius }) = pass;
    (radius as isize, ((radius - radius.floor()) * 256.0) as u32)
}

fn blend(a: u8, b: u8, part: u32) -> u8 {
    ((u32::from(a) * (256 - part) + u32::from(b) * part + 128) >> 8) as u8
}

fn mean(inner: u32, ends: u32, radius: isize, part: u32) -> u8 {
    let weight = 256 * (2 * radius.unsigned_abs() as u32 + 1) + 2 * part;
    ((inner * 256 + ends * part + weight / 2) / weight) as u8
}

/// One row from the rows above and below it.
fn down<'a>(level: Level, pass: Pass, near: &dyn Fn(isize) -> &'a [u8], to: &mut [u8]) {
    let (radius, part) = whole(pass);
    match pass {
        Pass::Edge { grow, .. } => {
            to.copy_from_slice(near(0));
            for step in 1..=radius {
                extreme(level, to, near(-step), near(step), grow, 256);
            }
            if part > 0 {
                extreme(level, to, near(-radius - 1), near(radius + 1), grow, part);
            }
        }
        Pass::Mean { .. } => {
            for (x, to) in to.iter_mut().enumerate() {
                let inner: u32 = (-radius..=radius).map(|s| u32::from(near(s)[x])).sum();
                *to = mean(inner, u32::from(near(-radius - 1)[x]) + u32::from(near(radius + 1)[x]), radius, part);
            }
        }
    }
}

by_level! {
    /// Moves each value towards the least (or most) of it, `a` and `b`, by `part` of 256.
    fn extreme(to: &mut [u8], a: &[u8], b: &[u8], grow: bool, part: u32) {
        for ((to, a), b) in to.iter_mut().zip(a).zip(b) {
            let outer = if grow { (*to).max(*a).max(*b) } else { (*to).min(*a).min(*b) };
            *to = ((u32::from(*to) * (256 - part) + u32::from(outer) * part + 128) >> 8) as u8;
        }
    }
}
