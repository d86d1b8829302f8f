//! Bitmaps and keyed pictures to premultiplied surfaces.

use super::kernels::scalar::div255;
use super::op::picture_plane;
use super::surface::{PLANES, PlaneRef, Surface};
use super::workers::Workers;
use crate::color::PREMULTIPLIED_ROWS;
use std::sync::Mutex;
use vitrine_media::{Picture, PixelFormat};

/// Pairs of rows that one task converts.
const PAIRS_A_TASK: usize = 16;

/// One task's share of a surface.
type Share<'a> = [&'a mut [u8]; PLANES];

/// Fills `surface` with the content of `picture`, which has the same size.
pub(crate) fn convert(workers: &Workers, picture: &Picture, surface: &mut Surface) {
    let pairs = surface.size().chroma().height as usize;
    let mut strides = [0; PLANES];
    let planes = surface.planes_mut();
    let mut parts = planes.into_iter().enumerate().map(|(index, (bytes, stride))| {
        strides[index] = stride;
        let rows = if matches!(index, 0 | 3) { 2 * PAIRS_A_TASK } else { PAIRS_A_TASK };
        bytes.chunks_mut((stride * rows).max(1))
    });
    let (Some(mut y), Some(mut cb), Some(mut cr), Some(mut a), Some(mut ca)) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return;
    };
    drop(parts);
    let shares: Vec<Mutex<Share<'_>>> =
        std::iter::from_fn(|| Some(Mutex::new([y.next()?, cb.next()?, cr.next()?, a.next()?, ca.next()?]))).collect();
    workers.run(shares.len(), &|index, _| {
        let mut share = shares[index].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let first = index * PAIRS_A_TASK;
        for pair in first..(first + PAIRS_A_TASK).min(pairs) {
            let mut rows = rows_of(&mut share, &strides, pair - first);
            match picture.format() {
                PixelFormat::Rgba => from_rgba(picture, pair, &mut rows),
                PixelFormat::A420 | PixelFormat::I420 => from_straight(picture, pair, &mut rows),
            }
        }
    });
}

/// The rows of one pair: two of luma, chroma, two of alpha, chroma's alpha.
struct PairRows<'a> {
    luma: [&'a mut [u8]; 2],
    chroma: [&'a mut [u8]; 2],
    alpha: [&'a mut [u8]; 2],
    chroma_alpha: &'a mut [u8],
}

fn rows_of<'a>(share: &'a mut Share<'_>, strides: &[usize; PLANES], pair: usize) -> PairRows<'a> {
    let [y, cb, cr, a, ca] = share;
    PairRows {
        luma: double(y, strides[0], pair),
        chroma: [single(cb, strides[1], pair), single(cr, strides[2], pair)],
        alpha: double(a, strides[3], pair),
        chroma_alpha: single(ca, strides[4], pair),
    }
}

fn single(bytes: &mut [u8], stride: usize, pair: usize) -> &mut [u8] {
    bytes.get_mut(pair * stride..(pair + 1) * stride).unwrap_or_default()
}

fn double(bytes: &mut [u8], stride: usize, pair: usize) -> [&mut [u8]; 2] {
    let both = bytes.get_mut(2 * pair * stride..2 * (pair + 1) * stride).unwrap_or_default();
    let (upper, lower) = both.split_at_mut(stride.min(both.len()));
    [upper, lower]
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
fn dot(row: [i32; 4], rgba: [i32; 4], shift: u32) -> u8 {
    let sum: i32 = row.iter().zip(rgba).map(|(k, v)| k * v).sum();
    ((sum + (1 << (shift - 1))) >> shift).clamp(0, 255) as u8
}

fn from_rgba(picture: &Picture, pair: usize, rows: &mut PairRows<'_>) {
    let plane = picture.plane(0);
    let (width, height) = (picture.size().width as usize, picture.size().height as usize);
    let source = [2 * pair, 2 * pair + 1].map(|y| {
        let from = y.min(height - 1) * plane.stride;
        plane.bytes.get(from..from + width * 4).unwrap_or_default()
    });
    let [luma_row, cb_row, cr_row] = PREMULTIPLIED_ROWS;
    for (bytes, (luma, alpha)) in source.iter().zip(rows.luma.iter_mut().zip(rows.alpha.iter_mut())) {
        for ((px, y), a) in bytes.chunks_exact(4).zip(luma.iter_mut()).zip(alpha.iter_mut()) {
            let value = [px[0], px[1], px[2], px[3]].map(i32::from);
            *y = dot(luma_row, value, 16);
            *a = px[3];
        }
    }
    let [cb, cr] = &mut rows.chroma;
    let slots = cb.iter_mut().zip(cr.iter_mut()).zip(rows.chroma_alpha.iter_mut());
    for (index, ((cb, cr), ca)) in slots.take(width.div_ceil(2)).enumerate() {
        // Left-sited: one half of the even column, a quarter of each neighbour; both rows alike.
        let columns = [((2 * index).saturating_sub(1), 1), (2 * index, 2), ((2 * index + 1).min(width - 1), 1)];
        let mut sum = [0; 4];
        for bytes in source {
            for (x, weight) in columns {
                let px = bytes.get(4 * x..4 * x + 4).unwrap_or(&[0; 4]);
                sum.iter_mut().zip(px).for_each(|(s, v)| *s += i32::from(*v) * weight);
            }
        }
        *cb = dot(cb_row, sum, 19);
        *cr = dot(cr_row, sum, 19);
        *ca = mean_of_eight(sum[3]);
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of bytes is a byte")]
const fn mean_of_eight(sum: i32) -> u8 {
    ((sum + 4) >> 3) as u8
}

fn times(a: u8, b: u8) -> u8 {
    div255(u16::from(a) * u16::from(b))
}

fn from_straight(picture: &Picture, pair: usize, rows: &mut PairRows<'_>) {
    let plane = |index| picture_plane(picture, index);
    let (luma, alpha) =
        (plane(0), if picture.format() == PixelFormat::A420 { plane(3) } else { PlaneRef { bytes: &[], ..plane(0) } });
    let source = [2 * pair, 2 * pair + 1].map(|y| (luma.row(y), alpha.row(y)));
    for ((values, alphas), (y, a)) in source.iter().zip(rows.luma.iter_mut().zip(rows.alpha.iter_mut())) {
        for (index, ((y, a), value)) in y.iter_mut().zip(a.iter_mut()).zip(*values).enumerate() {
            *a = alphas.get(index).copied().unwrap_or(255);
            *y = times(*value, *a);
        }
    }
    let width = luma.width;
    let [upper, lower] = source.map(|(_, alphas)| alphas);
    let one = |row: &[u8], x: usize| u32::from(row.get(x.min(width - 1)).copied().unwrap_or(255));
    let [cb, cr] = &mut rows.chroma;
    let (from_cb, from_cr) = (plane(1).row(pair), plane(2).row(pair));
    let slots = cb.iter_mut().zip(cr.iter_mut()).zip(rows.chroma_alpha.iter_mut());
    for (x, (((cb, cr), ca), (u, v))) in slots.zip(from_cb.iter().zip(from_cr)).enumerate() {
        let sum = one(upper, 2 * x) + one(upper, 2 * x + 1) + one(lower, 2 * x) + one(lower, 2 * x + 1);
        #[allow(clippy::cast_possible_truncation, reason = "a mean of bytes is a byte")]
        let mean = ((sum + 2) >> 2) as u8;
        (*cb, *cr, *ca) = (times(*u, mean), times(*v, mean), mean);
    }
}
