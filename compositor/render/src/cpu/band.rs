//! Drawing the ops on one band of the target, two rows at a time: a row of chroma and its two rows of luma.

use super::blend::{Over, Under};
use super::geometry::IRect;
use super::kernels::Kernels;
use super::load::{Loaded, load};
use super::mask::{covered, meet};
use super::op::{Alpha, Fetch, Op, Paint, Planes};
use super::rows::{Passes, Want, borrowed, produce};
use super::surface::PLANES;
use crate::ahead::ahead;
use vitrine_media::Cover;

/// Rows `top` to before `top + rows` of the target, both even. The alpha planes of an opaque target are empty.
pub(crate) struct Band<'a> {
    pub(crate) top: i32,
    pub(crate) rows: i32,
    pub(crate) planes: [(&'a mut [u8], usize); PLANES],
}

fn pixels(range: i32) -> usize {
    usize::try_from(range).unwrap_or(0)
}

impl Band<'_> {
    fn has_alpha(&self) -> bool {
        !self.planes[3].0.is_empty()
    }

    /// Part of a row: rows and columns in samples of that plane, rows counted from the target's top.
    fn row(&mut self, plane: usize, y: i32, x: i32, len: usize) -> &mut [u8] {
        let top = if matches!(plane, 0 | 3) { self.top } else { self.top / 2 };
        let Some((bytes, stride)) = self.planes.get_mut(plane) else { return &mut [] };
        let from = pixels(y - top) * *stride + pixels(x);
        bytes.get_mut(from..from + len).unwrap_or_default()
    }

    /// Rows `y` and `y + 1` of a full plane, and row `y / 2` of both chroma planes and chroma's alpha.
    fn pair(&mut self, y: i32, x: i32, len: usize) -> Under<'_> {
        let (top, half_top) = (self.top, self.top / 2);
        let [luma, cb, cr, alpha, chroma_alpha] = &mut self.planes;
        let full = |plane: &mut (&'_ mut [u8], usize)| (pixels(y - top) * plane.1 + pixels(x), plane.1);
        let half = |stride: usize| pixels(y / 2 - half_top) * stride + pixels(x / 2);
        let (at, stride) = full(luma);
        let luma = two(luma.0, at, stride, len);
        let (at, stride) = full(alpha);
        let alpha = two(alpha.0, at, stride, len);
        let one = |(bytes, stride): (&'_ mut [u8], usize)| -> std::ops::Range<usize> {
            let at = half(stride);
            if bytes.is_empty() { 0..0 } else { at..at + len / 2 }
        };
        let (cb_at, cr_at) = (one((&mut *cb.0, cb.1)), one((&mut *cr.0, cr.1)));
        let ca_at = one((&mut *chroma_alpha.0, chroma_alpha.1));
        Under {
            luma,
            chroma: [cb.0.get_mut(cb_at).unwrap_or_default(), cr.0.get_mut(cr_at).unwrap_or_default()],
            alpha,
            chroma_alpha: chroma_alpha.0.get_mut(ca_at).unwrap_or_default(),
        }
    }
}

fn two(bytes: &mut [u8], at: usize, stride: usize, len: usize) -> [&mut [u8]; 2] {
    if bytes.is_empty() {
        return [&mut [], &mut []];
    }
    let (upper, lower) = bytes.split_at_mut((at + stride).min(bytes.len()));
    [upper.get_mut(at..at + len).unwrap_or_default(), lower.get_mut(..len).unwrap_or_default()]
}

/// A thread's memory for rows; grows to the widest target and stays.
#[derive(Default)]
pub(crate) struct Scratch {
    passes: Passes,
    loaded: Loaded,
    mask: [Vec<u8>; 2],
    half_mask: Vec<u8>,
    full: Vec<u8>,
}

impl Scratch {
    fn ready(&mut self, width: usize) {
        if self.full.len() >= width {
            return;
        }
        self.full.resize(width, 255);
        self.loaded.ready(width);
        self.mask.iter_mut().chain([&mut self.half_mask]).for_each(|row| row.resize(width, 0));
    }
}

/// Draws `ops` back to front on `band`.
pub(crate) fn draw(kernels: &Kernels, ops: &[Op], band: &mut Band<'_>, width: u32, scratch: &mut Scratch) {
    scratch.ready(width as usize + 2);
    let all = IRect { x0: 0, y0: band.top, x1: i32::MAX, y1: band.top + band.rows };
    let mut ops = ops.iter();
    while let Some(op) = ops.next() {
        if let Some(over) = ops.as_slice().first().filter(|over| dissolves(op, over)) {
            dissolve(kernels, (op, over), band, width, all);
            ops.next();
            continue;
        }
        for piece in op.pieces() {
            let part = piece.intersect(all);
            if lift(op, band, width, part) {
                continue;
            }
            for y in (part.y0..part.y1).step_by(2) {
                Stroke { kernels, op, y, scratch }.row_pair(band, part.x0, part.x1);
            }
        }
    }
}

/// Whether `over` lies half through on an opaque `op`, the same pixels of both, each in its own place: a cross-fade.
/// It is drawn in one pass then, which reads each source once and writes the target once.
fn dissolves(op: &Op, over: &Op) -> bool {
    plain(op)
        && plain(over)
        && op.level == 255
        && op.pieces() == over.pieces()
        && in_place(op).is_some()
        && in_place(over).is_some()
}

/// Whether `op` is opaque but for its level, wherever it may touch.
fn plain(op: &Op) -> bool {
    let covers = op.mask.solid().iter().any(|solid| solid.intersect(op.bounds) == op.bounds);
    covers && op.mode.is_none() && op.edging.is_none() && op.paint.is_opaque()
}

/// Rows of a plane of luma for each of its own.
const fn rows_of(plane: usize) -> i32 {
    if plane == 0 { 1 } else { 2 }
}

/// Copies the rows of `part` in one go, if they are an opaque source's own in its own place: long copies need not read
/// the target first, which makes them twice as fast.
fn lift(op: &Op, band: &mut Band<'_>, width: u32, part: IRect) -> bool {
    let Some((planes, _)) = in_place(op).filter(|_| op.level == 255 && plain(op)) else { return false };
    let Some(sources) = whole_rows(&planes, band, width, part) else { return false };
    for (index, rows) in sources.into_iter().enumerate() {
        band.row(index, part.y0 / rows_of(index), 0, rows.len()).copy_from_slice(rows);
    }
    true
}

/// The rows of `part` in one piece for each plane, if they run from edge to edge and lie in memory as the band's do.
fn whole_rows<'a>(planes: &Planes<'a>, band: &Band<'_>, width: u32, part: IRect) -> Option<[&'a [u8]; 3]> {
    let wide = width as usize;
    if part.is_empty() || part.x0 != 0 || pixels(part.x1) != wide || band.has_alpha() {
        return None;
    }
    let mut found = [&[] as &[u8]; 3];
    for (index, (plane, found)) in planes.opaque().into_iter().zip(&mut found).enumerate() {
        let wide = if index == 0 { wide } else { wide / 2 };
        if plane.stride != band.planes[index].1 || plane.width != wide {
            return None;
        }
        let rows = pixels((part.y1 - part.y0) / rows_of(index));
        let first = pixels(part.y0 / rows_of(index)) * plane.stride;
        *found = plane.bytes.get(first..first + (rows - 1) * plane.stride + wide)?;
    }
    Some(found)
}

fn in_place(op: &Op) -> Option<(Planes<'_>, &Fetch)> {
    let (planes, fetch) = op.paint.planes()?;
    matches!((fetch, planes.alpha), (Fetch::Upright(axes), Alpha::None) if axes.in_place()).then_some((planes, fetch))
}

/// Draws a cross-fade on the rows of `all`.
fn dissolve(kernels: &Kernels, (op, over): (&Op, &Op), band: &mut Band<'_>, width: u32, all: IRect) {
    let (Some(under), Some(upper)) = (in_place(op), in_place(over)) else { return };
    for piece in op.pieces() {
        let part = piece.intersect(all);
        let whole = (whole_rows(&under.0, band, width, part), whole_rows(&upper.0, band, width, part));
        if let (Some(under), Some(upper)) = whole {
            for (index, (under, upper)) in under.into_iter().zip(upper).enumerate() {
                let out = band.row(index, part.y0 / rows_of(index), 0, under.len());
                (kernels.mix_level)(out, under, upper, over.level);
            }
        } else {
            dissolve_rows(kernels, (under, upper), over.level, band, part);
        }
        if band.has_alpha() {
            for y in part.y0..part.y1 {
                band.row(3, y, part.x0, pixels(part.x1 - part.x0)).fill(255);
                band.row(4, y / 2, part.x0 / 2, pixels(part.x1 - part.x0) / 2).fill(255);
            }
        }
    }
}

/// As [`dissolve`], row by row.
fn dissolve_rows(
    kernels: &Kernels,
    ((under, at), (upper, upper_at)): ((Planes<'_>, &Fetch), (Planes<'_>, &Fetch)),
    level: u8,
    band: &mut Band<'_>,
    part: IRect,
) {
    for (plane, (under, upper)) in under.opaque().into_iter().zip(upper.opaque()).enumerate() {
        let small = |at: i32| at / rows_of(plane);
        let (x, len) = (small(part.x0), pixels(small(part.x1 - part.x0)));
        for y in small(part.y0)..small(part.y1) {
            let want = Want { chroma: plane > 0, x, y };
            let rows = (borrowed(at, under, want, len), borrowed(upper_at, upper, want, len));
            if let (Some(under), Some(upper)) = rows {
                (kernels.mix_level)(band.row(plane, y, x, len), under, upper, level);
            }
        }
    }
}

/// Pixels that are looked at together for being clear or solid.
const STRETCH: usize = Cover::ACROSS;

/// What a stretch of two rows of alpha is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stretch {
    Clear,
    Solid,
    Mixed,
}

impl Stretch {
    fn of(upper: &[u8], lower: &[u8], first: usize) -> Self {
        let (mut any, mut all) = (0, u64::MAX);
        for row in [upper, lower] {
            let row = &row[first..(first + STRETCH).min(row.len())];
            let (words, rest) = row.as_chunks::<8>();
            for word in words.iter().map(|bytes| u64::from_ne_bytes(*bytes)) {
                any |= word;
                all &= word;
            }
            for byte in rest.iter().map(|byte| u64::from(*byte)) {
                any |= byte;
                all &= byte | !0xff;
            }
        }
        match (any, all) {
            (0, _) => Self::Clear,
            (_, u64::MAX) => Self::Solid,
            _ => Self::Mixed,
        }
    }
}

/// One op on one pair of rows.
struct Stroke<'a> {
    kernels: &'a Kernels,
    op: &'a Op,
    y: i32,
    scratch: &'a mut Scratch,
}

impl<'a> Stroke<'a> {
    fn row_pair(&mut self, band: &mut Band<'_>, x0: i32, x1: i32) {
        let (a, b) = (self.op.mask.span(self.y), self.op.mask.span(self.y + 1));
        let join = |a: (i32, i32), b: (i32, i32)| {
            if a.0 >= a.1 {
                b
            } else if b.0 >= b.1 {
                a
            } else {
                (a.0.min(b.0), a.1.max(b.1))
            }
        };
        let mut inner = meet(a.inner, b.inner);
        if let Some(edging) = &self.op.edging {
            inner = meet(inner, meet(covered(&edging.inner, self.y), covered(&edging.inner, self.y + 1)));
        }
        let outer = join(a.outer, b.outer);
        let outer = ((outer.0 & !1).max(x0), ((outer.1.min(i32::MAX / 2) + 1) & !1).min(x1));
        let inner = ((inner.0.max(outer.0) + 1) & !1, inner.1.min(outer.1) & !1);
        if outer.0 >= outer.1 {
            return;
        }
        if inner.0 >= inner.1 {
            self.varied(band, outer.0, outer.1);
            return;
        }
        self.varied(band, outer.0, inner.0);
        self.whole(band, inner.0, inner.1);
        self.varied(band, inner.1, outer.1);
    }

    /// Where nothing but opacity takes from the draw.
    fn whole(&mut self, band: &mut Band<'_>, x0: i32, x1: i32) {
        let (op, level, len) = (self.op, self.op.level, pixels(x1 - x0));
        if op.mode.is_none() && level == 255 && self.keyed(band, x0, len) {
            return;
        }
        if op.mode.is_some() || op.paint.straight_alpha().is_some() {
            self.scratch.mask.iter_mut().for_each(|row| row[..len].fill(level));
            self.masked(band, x0, len);
            return;
        }
        match (&op.paint, op.paint.planes()) {
            (Paint::Clear, _) => self.fill(band, x0, len, [0; PLANES]),
            (Paint::Solid(c), _) if level == 255 => self.fill(band, x0, len, [c[0], c[1], c[2], 255, 255]),
            (_, Some((planes, fetch))) if level == 255 && matches!(planes.alpha, Alpha::None) => {
                self.copy(band, x0, len, &planes, fetch);
            }
            _ => self.leveled(band, x0, len),
        }
    }

    fn fill(&mut self, band: &mut Band<'_>, x0: i32, len: usize, values: [u8; PLANES]) {
        let y = self.y;
        for (plane, value) in values.into_iter().enumerate() {
            if plane >= 3 && !band.has_alpha() {
                break;
            }
            if matches!(plane, 0 | 3) {
                band.row(plane, y, x0, len).fill(value);
                band.row(plane, y + 1, x0, len).fill(value);
            } else {
                band.row(plane, y / 2, x0 / 2, len / 2).fill(value);
            }
        }
    }

    /// An opaque source at full strength: straight to the target.
    fn copy(&mut self, band: &mut Band<'_>, x0: i32, len: usize, planes: &Planes<'_>, fetch: &Fetch) {
        let y = self.y;
        for row in [y, y + 1] {
            let want = Want { chroma: false, x: x0, y: row };
            produce(self.kernels, &mut self.scratch.passes, fetch, planes.luma, want, band.row(0, row, x0, len));
        }
        for (index, plane) in planes.chroma.iter().enumerate() {
            let want = Want { chroma: true, x: x0 / 2, y: y / 2 };
            let out = band.row(index + 1, y / 2, x0 / 2, len / 2);
            produce(self.kernels, &mut self.scratch.passes, fetch, *plane, want, out);
        }
        if band.has_alpha() {
            band.row(3, y, x0, len).fill(255);
            band.row(3, y + 1, x0, len).fill(255);
            band.row(4, y / 2, x0 / 2, len / 2).fill(255);
        }
    }

    /// Constant opacity over opaque or premultiplied rows.
    fn leveled(&mut self, band: &mut Band<'_>, x0: i32, len: usize) {
        let (kernels, level) = (self.kernels, self.op.level);
        let Scratch { passes, loaded, full, .. } = &mut *self.scratch;
        let rows = load(kernels, passes, loaded, self.op, (x0, self.y), len);
        let under = band.pair(self.y, x0, len);
        let full = full.as_slice();
        let lay = |dst: &mut [u8], src: &[u8], alpha: &[u8]| {
            if dst.is_empty() {
            } else if alpha.is_empty() {
                (kernels.lerp_level)(dst, src, level);
            } else if level == 255 {
                (kernels.over)(dst, src, alpha);
            } else {
                (kernels.over_level)(dst, src, alpha, level);
            }
        };
        let or_full =
            |alpha: &[u8], len: usize| -> std::ops::Range<usize> { 0..if alpha.is_empty() { len } else { 0 } };
        for (index, (luma, alpha)) in under.luma.into_iter().zip(under.alpha).enumerate() {
            lay(luma, rows.luma[index], rows.alpha[index]);
            let own = rows.alpha[index];
            let opaque = &full[or_full(own, len)];
            lay(alpha, if own.is_empty() { opaque } else { own }, own);
        }
        for (chroma, src) in under.chroma.into_iter().zip(rows.chroma) {
            lay(chroma, src, rows.chroma_alpha);
        }
        let own = rows.chroma_alpha;
        let opaque = &full[or_full(own, len / 2)];
        lay(under.chroma_alpha, if own.is_empty() { opaque } else { own }, own);
    }

    /// A keyed picture at full strength, its own samples where they lie: clear stretches cost nothing, solid ones
    /// are copied. False if it is something else.
    fn keyed(&mut self, band: &mut Band<'_>, x0: i32, len: usize) -> bool {
        let op = self.op;
        let Paint::Picture(_, fetch) = &op.paint else { return false };
        let (Some((alpha, _)), Some((planes, _)), None) = (op.paint.straight_alpha(), op.paint.planes(), op.edging)
        else {
            return false;
        };
        let row = |y: i32| borrowed(fetch, alpha, Want { chroma: false, x: x0, y }, len);
        let (Some(upper), Some(lower)) = (row(self.y), row(self.y + 1)) else { return false };
        let cover = self.cover(x0);
        let look = |first: usize| match cover.get(first / STRETCH) {
            Some(Cover::Clear) => Stretch::Clear,
            Some(Cover::Solid) => Stretch::Solid,
            Some(Cover::Unknown) | None => Stretch::of(upper, lower, first),
        };
        let mut first = 0;
        while first < len {
            let what = look(first);
            let mut end = (first + STRETCH).min(len);
            while end < len && look(end) == what {
                end = (end + STRETCH).min(len);
            }
            let x = x0 + i32::try_from(first).unwrap_or(0);
            match what {
                Stretch::Clear => {}
                Stretch::Solid => self.copy(band, x, end - first, &planes, fetch),
                Stretch::Mixed => {
                    // The rows below are mostly mixed in the same places.
                    for row in [upper, lower] {
                        ahead(&row[first..end], 2 * alpha.stride);
                    }
                    for (mask, alpha) in self.scratch.mask.iter_mut().zip([upper, lower]) {
                        mask[..end - first].copy_from_slice(&alpha[first..end]);
                    }
                    self.through_mask(band, x, end - first);
                }
            }
            first = end;
        }
        true
    }

    /// What is known of the alpha from pixel `x0` on, if the picture's tiles lie as the stretches do.
    fn cover(&self, x0: i32) -> &'a [Cover] {
        let Paint::Picture(picture, Fetch::Upright(axes)) = &self.op.paint else { return &[] };
        if !axes.in_place() || !pixels(x0).is_multiple_of(STRETCH) {
            return &[];
        }
        picture.cover(pixels(self.y / 2)).get(pixels(x0) / STRETCH..).unwrap_or_default()
    }

    /// Where coverage differs from pixel to pixel.
    fn varied(&mut self, band: &mut Band<'_>, x0: i32, x1: i32) {
        if x0 >= x1 {
            return;
        }
        let len = pixels(x1 - x0);
        for (y, row) in (self.y..).zip(&mut self.scratch.mask) {
            self.op.mask.row(y, x0, &mut row[..len]);
        }
        self.masked(band, x0, len);
    }

    /// Draws through the rows in `scratch.mask` and through the source's own alpha.
    fn masked(&mut self, band: &mut Band<'_>, x0: i32, len: usize) {
        let (kernels, Scratch { passes, loaded, mask, .. }) = (self.kernels, &mut *self.scratch);
        if let Some((plane, fetch)) = self.op.paint.straight_alpha() {
            for (row, mask) in (self.y..).zip(mask) {
                let want = Want { chroma: false, x: x0, y: row };
                (kernels.multiply)(&mut mask[..len], loaded.one(kernels, passes, fetch, plane, want, len));
            }
        }
        self.through_mask(band, x0, len);
    }

    /// Draws through the rows in `scratch.mask`.
    fn through_mask(&mut self, band: &mut Band<'_>, x0: i32, len: usize) {
        let (kernels, op, y) = (self.kernels, self.op, self.y);
        let Scratch { passes, loaded, mask, half_mask, full } = &mut *self.scratch;
        let [upper, lower] = mask;
        let mask = [&mut upper[..len], &mut lower[..len]];
        let half_mask = &mut half_mask[..len / 2];
        (kernels.mean_of_four)(half_mask, mask[0], mask[1]);
        let rows = load(kernels, passes, loaded, op, (x0, y), len);
        let mut under = band.pair(y, x0, len);
        if let Some(mode) = op.mode {
            let over = Over {
                luma: rows.luma,
                chroma: rows.chroma,
                alpha: rows.alpha,
                chroma_alpha: rows.chroma_alpha,
                mask: [mask[0], mask[1]],
            };
            (kernels.blend_pair)(&mut under, &over, mode);
            return;
        }
        let lay = |dst: &mut [u8], src: &[u8], alpha: &[u8], mask: &[u8]| {
            if dst.is_empty() {
            } else if alpha.is_empty() {
                (kernels.lerp_mask)(dst, src, mask);
            } else {
                (kernels.over_mask)(dst, src, alpha, mask);
            }
        };
        let opaque = |alpha: &'_ [u8]| alpha.is_empty();
        for (index, (luma, alpha)) in under.luma.into_iter().zip(under.alpha).enumerate() {
            let own = rows.alpha[index];
            lay(luma, rows.luma[index], own, mask[index]);
            lay(alpha, if opaque(own) { &full[..len] } else { own }, own, mask[index]);
        }
        for (chroma, src) in under.chroma.into_iter().zip(rows.chroma) {
            lay(chroma, src, rows.chroma_alpha, half_mask);
        }
        let own = rows.chroma_alpha;
        lay(under.chroma_alpha, if opaque(own) { &full[..len / 2] } else { own }, own, half_mask);
    }
}
