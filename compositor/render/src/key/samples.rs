//! What each block of a picture shows of the screen and of the subject, in sums over its samples.

use super::bands::{Source, around, site_sums};
use super::grid::Nodes;
use super::light::Space;
use super::simd::by_level;
use super::wedge::{Wedge, bent};
use crate::ahead::ahead;

/// Key value under which a sample may be solid subject.
const SUBJECT_BELOW: f32 = 0.45;

/// Cells that are asked for at once.
const ASKED: usize = 64;

/// Sums over the samples of one block.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Block {
    pub(super) samples: f32,
    /// Samples that are screen; sums of their luminance, colour differences and squared key deviation.
    pub(super) screen: f32,
    pub(super) sum: [f32; 3],
    pub(super) spread: f32,
    /// Samples that are subject; sums of their key value and its square.
    pub(super) subject: f32,
    pub(super) own: f32,
    pub(super) own_squared: f32,
}

/// The pixels of one row of cells.
#[derive(Clone, Copy, Default)]
pub(super) struct Pixels<'a> {
    luma: [&'a [u8]; 2],
    chroma: [[&'a [u8]; 2]; 2],
    full_chroma: bool,
    /// Bytes from a row of luma, and of chroma, to the same row of the blocks below.
    below: [usize; 2],
}

impl<'a> Pixels<'a> {
    /// Those of row pair `pair`, if the blocks below begin `side` pairs further down.
    pub(super) fn of(source: &Source<'a>, pair: usize, side: usize) -> Self {
        let chroma = if source.full_chroma {
            let [upper, lower] = [2 * pair, 2 * pair + 1].map(|row| source.chroma(row));
            [[upper[0], lower[0]], [upper[1], lower[1]]]
        } else {
            source.chroma(pair).map(|row| [row, row])
        };
        let [luma_stride, chroma_stride] = source.strides();
        let chroma_rows = if source.full_chroma { 2 * side } else { side };
        Self {
            luma: [source.luma(2 * pair), source.luma(2 * pair + 1)],
            chroma,
            full_chroma: source.full_chroma,
            below: [2 * side * luma_stride, chroma_rows * chroma_stride],
        }
    }

    /// Asks for what the blocks below will need, from cell `first` on: two lines of luma, one of each chroma.
    #[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
    #[inline(always)]
    fn ask_below(&self, first: usize) {
        let [luma, chroma] = self.below;
        for row in self.luma {
            ahead(row.get(2 * first..).unwrap_or_default().get(..2 * ASKED).unwrap_or_default(), luma);
        }
        for [row, _] in self.chroma {
            ahead(row.get(first..first + ASKED).unwrap_or_default(), chroma);
        }
    }

    /// Y, Cb, Cr where 4:2:0 chroma lies, from cell `first` on; `N` is `2 · B + 1`.
    #[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
    #[inline(always)]
    fn sites<const B: usize, const N: usize>(&self, first: usize) -> [[f32; B]; 3] {
        // Plain loops: what a closure is handed to may not be compiled for the kernel's instruction set.
        let [mut cb, mut cr] = [[0.0; B]; 2];
        for (rows, out) in self.chroma.iter().zip([&mut cb, &mut cr]) {
            if self.full_chroma {
                *out = filtered::<B, N>(*rows, first);
                continue;
            }
            let row = rows[0];
            let mut codes = [0; B];
            if let Some(cells) = row.get(first..).and_then(<[u8]>::first_chunk::<B>) {
                codes = *cells;
            } else {
                for i in 0..B {
                    codes[i] = row[(first + i).min(row.len() - 1)];
                }
            }
            for i in 0..B {
                out[i] = f32::from(codes[i]);
            }
        }
        [filtered::<B, N>(self.luma, first), cb, cr]
    }
}

/// A plane of luma's size at the chroma sites.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
fn filtered<const B: usize, const N: usize>([upper, lower]: [&[u8]; 2], first: usize) -> [f32; B] {
    let mut room = [[0; N]; 2];
    let [upper_room, lower_room] = &mut room;
    let (upper, lower) = (around(upper, first, upper_room), around(lower, first, lower_room));
    let sums = site_sums::<B, N>(upper, lower);
    let mut out = [0.0; B];
    for i in 0..B {
        out[i] = f32::from(sums[i]) * 0.125;
    }
    out
}

/// The values of block `at`, linear between its node and those beside it.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
fn between<const B: usize>(nodes: &[f32], at: usize) -> [f32; B] {
    let (left, here, right) = (nodes[at.saturating_sub(1)], nodes[at], nodes[(at + 1).min(nodes.len() - 1)]);
    let (rise, fall) = ((here - left) * (1.0 / B as f32), (right - here) * (1.0 / B as f32));
    let half = B / 2;
    let mut out = [0.0; B];
    for i in 0..half {
        out[i] = left + rise * ((i + half) as f32 + 0.5);
        out[i + half] = here + fall * (i as f32 + 0.5);
    }
    out
}

by_level! {
    /// Fills a row of blocks, with sides of `side` cells in rows of `cells`, from some of its rows of pixels and the
    /// screen there.
    pub(super) fn measure(
        rows: &[Pixels<'_>],
        screen: &[Nodes],
        space: Space,
        gate: f32,
        side: usize,
        cells: usize,
        blocks: &mut [Block],
    ) {
        match (side, space) {
            (4, Space::Encoded) => sums::<4, 9>(rows, screen, Space::Encoded, gate, cells, blocks),
            (4, Space::Linear) => sums::<4, 9>(rows, screen, Space::Linear, gate, cells, blocks),
            (_, Space::Encoded) => sums::<8, 17>(rows, screen, Space::Encoded, gate, cells, blocks),
            (_, Space::Linear) => sums::<8, 17>(rows, screen, Space::Linear, gate, cells, blocks),
        }
    }
}

/// The sum of all lanes, halves first: no addition waits for the one before, and all instruction sets add alike.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
fn total_of<const B: usize>(mut lanes: [f32; B]) -> f32 {
    let mut half = B / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] += lanes[i + half];
        }
        half /= 2;
    }
    lanes[0]
}

#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
fn sums<const B: usize, const N: usize>(
    rows: &[Pixels<'_>],
    screen: &[Nodes],
    space: Space,
    gate: f32,
    cells: usize,
    blocks: &mut [Block],
) {
    for (at, block) in blocks.iter_mut().enumerate() {
        let count = B.min(cells - at * B);
        let mut inside = [0.0_f32; B];
        inside[..count].fill(1.0);
        let mut lanes = [[0.0_f32; B]; 8];
        let [n, sy, su, sv, ss, m, sk, skk] = &mut lanes;
        for (row, screen) in rows.iter().zip(screen) {
            let scr_y = between::<B>(screen.channel(0), at);
            let (scr_u, scr_v) = (between::<B>(screen.channel(1), at), between::<B>(screen.channel(2), at));
            if (at * B).is_multiple_of(ASKED) {
                row.ask_below(at * B);
            }
            let [py, pb, pr] = row.sites::<B, N>(at * B);
            for i in 0..B {
                let [y, u, v] = space.of(py[i], pb[i], pr[i]);
                let wedge = Wedge::of(scr_u[i], scr_v[i]);
                let (along, across) = wedge.split(u, v);
                let deviation = along - 1.0;
                // Light and shade scale a sample's chroma as its luminance. Another hue is another thing; paler is glass.
                let paler = (along - y / scr_y[i].max(0.01)).abs();
                let is_screen = deviation.abs() < gate && across < 0.6 * gate && paler < 0.1 + 0.4 * gate;
                let one = if is_screen { inside[i] } else { 0.0 };
                n[i] += one;
                sy[i] += one * y;
                su[i] += one * u;
                sv[i] += one * v;
                ss[i] += one * (deviation * deviation);
                let key = bent(along, across);
                // Glass keeps the screen's hue and so its key value; goods have a hue of their own.
                let subject = if key < SUBJECT_BELOW { inside[i] } else { 0.0 };
                let key = key.max(-0.6);
                m[i] += subject;
                sk[i] += subject * key;
                skk[i] += subject * (key * key);
            }
        }
        let mut totals = [0.0; 8];
        for (total, lanes) in totals.iter_mut().zip(lanes) {
            *total = total_of(lanes);
        }
        let [n, y, u, v, s, m, k, kk] = totals;
        *block = Block {
            samples: (rows.len() * count) as f32,
            screen: n,
            sum: [y, u, v],
            spread: s,
            subject: m,
            own: k,
            own_squared: kk,
        };
    }
}
