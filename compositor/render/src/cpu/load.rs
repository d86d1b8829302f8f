//! A source's rows for one stretch of the target, with the draw's border on them.

use super::kernels::Kernels;
use super::mask::outside_row;
use super::op::{Alpha, Fetch, Op};
use super::rows::{Passes, Want, borrowed, produce};
use super::surface::PlaneRef;

/// Memory for rows that can't be used where they lie.
#[derive(Default)]
pub(crate) struct Loaded {
    luma: [Vec<u8>; 2],
    chroma: [Vec<u8>; 2],
    alpha: [Vec<u8>; 2],
    chroma_alpha: Vec<u8>,
    rim: [Vec<u8>; 2],
    half_rim: Vec<u8>,
    tint: Vec<u8>,
}

impl Loaded {
    /// Makes every row at least `width` long.
    pub(crate) fn ready(&mut self, width: usize) {
        let Self { luma, chroma, alpha, chroma_alpha, rim, half_rim, tint } = self;
        let pairs = luma.iter_mut().chain(chroma).chain(alpha).chain(rim);
        pairs.chain([chroma_alpha, half_rim, tint]).for_each(|row| row.resize(width, 0));
    }

    /// One row of one plane.
    pub(crate) fn one<'a>(
        &'a mut self,
        kernels: &Kernels,
        passes: &mut Passes,
        fetch: &Fetch,
        plane: PlaneRef<'a>,
        want: Want,
        len: usize,
    ) -> &'a [u8] {
        if let Some(bytes) = borrowed(fetch, plane, want, len) {
            return bytes;
        }
        produce(kernels, passes, fetch, plane, want, &mut self.alpha[0][..len]);
        &self.alpha[0][..len]
    }

    /// Draws the border of `op` over the loaded rows.
    fn edge(&mut self, kernels: &Kernels, op: &Op, (x, y): (i32, i32), len: usize, premultiplied: bool) {
        let Some(edging) = &op.edging else { return };
        let half = len / 2;
        for (row, y) in self.rim.iter_mut().zip([y, y + 1]) {
            outside_row(&edging.inner, edging.strength, y, x, &mut row[..len]);
        }
        let [upper, lower] = &self.rim;
        (kernels.mean_of_four)(&mut self.half_rim[..half], &upper[..len], &lower[..len]);
        let tint = &mut self.tint[..len];
        tint.fill(edging.ycc[0]);
        for (row, rim) in self.luma.iter_mut().zip(&self.rim) {
            (kernels.lerp_mask)(&mut row[..len], tint, &rim[..len]);
        }
        for (row, value) in self.chroma.iter_mut().zip([edging.ycc[1], edging.ycc[2]]) {
            tint.fill(value);
            (kernels.lerp_mask)(&mut row[..half], &tint[..half], &self.half_rim[..half]);
        }
        if premultiplied {
            tint.fill(255);
            for (row, rim) in self.alpha.iter_mut().zip(&self.rim) {
                (kernels.lerp_mask)(&mut row[..len], tint, &rim[..len]);
            }
            (kernels.lerp_mask)(&mut self.chroma_alpha[..half], &tint[..half], &self.half_rim[..half]);
        }
    }
}

/// Source rows for one stretch; alpha is empty where the source is opaque or its alpha straight.
pub(crate) struct Rows<'a> {
    pub(crate) luma: [&'a [u8]; 2],
    pub(crate) chroma: [&'a [u8]; 2],
    pub(crate) alpha: [&'a [u8]; 2],
    pub(crate) chroma_alpha: &'a [u8],
}

/// Loads rows `at.1` and the next, `len` pixels from `at.0`.
pub(crate) fn load<'a>(
    kernels: &Kernels,
    passes: &mut Passes,
    loaded: &'a mut Loaded,
    op: &'a Op,
    at: (i32, i32),
    len: usize,
) -> Rows<'a> {
    let half = len / 2;
    let edged = op.edging.is_some();
    let Some((planes, fetch)) = op.paint.planes() else {
        let color = op.paint.color().unwrap_or([16, 128, 128]);
        loaded.luma.iter_mut().for_each(|row| row[..len].fill(color[0]));
        loaded.chroma.iter_mut().zip([color[1], color[2]]).for_each(|(row, c)| row[..half].fill(c));
        loaded.edge(kernels, op, at, len, false);
        return Rows {
            luma: loaded.luma.each_ref().map(|row| &row[..len]),
            chroma: loaded.chroma.each_ref().map(|row| &row[..half]),
            alpha: [&[], &[]],
            chroma_alpha: &[],
        };
    };
    let full = [at.1, at.1 + 1].map(|y| Want { chroma: false, x: at.0, y });
    let small = Want { chroma: true, x: at.0 / 2, y: at.1 / 2 };
    let lies = |plane: PlaneRef<'a>, want: Want, len: usize| {
        if edged { None } else { borrowed(fetch, plane, want, len) }
    };
    let mut make = |plane: PlaneRef<'a>, want: Want, row: &mut [u8]| {
        if lies(plane, want, row.len()).is_none() {
            produce(kernels, passes, fetch, plane, want, row);
        }
    };
    for (row, want) in loaded.luma.iter_mut().zip(full) {
        make(planes.luma, want, &mut row[..len]);
    }
    for (row, plane) in loaded.chroma.iter_mut().zip(planes.chroma) {
        make(plane, small, &mut row[..half]);
    }
    let alphas = match planes.alpha {
        Alpha::Premultiplied(alpha, chroma_alpha) => Some((alpha, chroma_alpha)),
        Alpha::None => None,
    };
    if let Some((alpha, chroma_alpha)) = alphas {
        for (row, want) in loaded.alpha.iter_mut().zip(full) {
            make(alpha, want, &mut row[..len]);
        }
        make(chroma_alpha, small, &mut loaded.chroma_alpha[..half]);
    }
    loaded.edge(kernels, op, at, len, alphas.is_some());
    let loaded = &*loaded;
    let [upper, lower] = full;
    let take = |plane: PlaneRef<'a>, want: Want, row: &'a [u8]| lies(plane, want, row.len()).unwrap_or(row);
    let both = |plane: PlaneRef<'a>, rows: &'a [Vec<u8>; 2]| {
        [take(plane, upper, &rows[0][..len]), take(plane, lower, &rows[1][..len])]
    };
    let [cb, cr] = &loaded.chroma;
    Rows {
        luma: both(planes.luma, &loaded.luma),
        chroma: [take(planes.chroma[0], small, &cb[..half]), take(planes.chroma[1], small, &cr[..half])],
        alpha: alphas.map_or([&[], &[]], |(alpha, _)| both(alpha, &loaded.alpha)),
        chroma_alpha: alphas.map_or(&[], |(_, alpha)| take(alpha, small, &loaded.chroma_alpha[..half])),
    }
}
