//! The CPU renderer: SIMD over 4:2:0 planes, bands over cores.
//!
//! ```text
//! DrawList ─► plan (find, place, hide) ─► ops ─► bands over threads ─► Picture
//!               │ groups, stills, shadows: surfaces with alpha, drawn the same way
//!               └ one opaque full-frame camera: the camera's own picture, untouched
//! ```
//!
//! Everything stays Y'CbCr 4:2:0 in eight bits; only blend modes other than normal go by way of R'G'B'. Chroma is
//! drawn on its own grid: a chroma sample is covered as much as its four pixels are on average. Surfaces with alpha
//! are premultiplied and carry alpha at both sizes, so that edges stay free of tints.

mod axis;
mod band;
mod blend;
mod cache;
mod convert;
mod geometry;
mod kernels;
mod limits;
mod load;
mod mask;
mod op;
mod plan;
mod rows;
mod shadow;
mod surface;
mod turned;
mod workers;

pub use kernels::Isa;
#[cfg(feature = "bench")]
pub use kernels::{Loop, loops};

use crate::color::ycc_over_black;
use crate::grade::SharedPreparer;
use crate::{Pictures, RenderError, Renderer, RendererInfo};
use band::{Band, Scratch};
use cache::Caches;
use geometry::IRect;
use kernels::Kernels;
use limits::{BAND_ROWS_MIN, BANDS_MAX, PICTURES_KEPT, SIDE_PX_MAX};
use mask::Mask;
use op::{Fetch, Op, Paint};
use plan::Asked;
use std::sync::{Arc, Mutex, PoisonError};
use surface::{PLANES, SurfacePool};
use vitrine_media::{Picture, PicturePool, PixelFormat, ShowTime, Size};
use vitrine_scene::draw::DrawList;
use workers::Workers;

/// What drawing needs beside the ops.
pub(crate) struct Stage {
    kernels: &'static Kernels,
    workers: Arc<Workers>,
    prepared: SharedPreparer,
    surfaces: SurfacePool,
    caches: Caches,
    spare_ops: Vec<Vec<Op>>,
    scratch: Vec<Mutex<Scratch>>,
}

/// Draws on the processor. Bands of a picture go over its threads; the caller's own is one of them.
pub struct CpuRenderer {
    isa: Isa,
    stage: Stage,
    pictures: PicturePool,
}

impl CpuRenderer {
    /// A renderer that draws on `threads` threads, the caller's counted in (at least one, at most 32), with the
    /// best instructions that this processor has. Its helpers are named `render-1` and so on, and sleep between frames.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        Self::with_isa(threads, Isa::available().first().copied().unwrap_or(Isa::Scalar))
    }

    /// As [`new`](Self::new), with given instructions; scalar ones where this processor lacks them.
    #[must_use]
    pub fn with_isa(threads: usize, isa: Isa) -> Self {
        Self::assemble(isa, Arc::new(Workers::new(threads)), SharedPreparer::default())
    }

    /// A renderer for another canvas of the same tick thread: shares threads, and keys each input once for both.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self::assemble(self.isa, Arc::clone(&self.stage.workers), Arc::clone(&self.stage.prepared))
    }

    fn assemble(isa: Isa, workers: Arc<Workers>, prepared: SharedPreparer) -> Self {
        let scratch = (0..workers.threads()).map(|_| Mutex::new(Scratch::default())).collect();
        let stage = Stage {
            kernels: isa.kernels(),
            workers,
            prepared,
            surfaces: SurfacePool::new(),
            caches: Caches::new(),
            spare_ops: Vec::new(),
            scratch,
        };
        Self { isa, stage, pictures: PicturePool::new(PICTURES_KEPT) }
    }
}

impl Renderer for CpuRenderer {
    fn info(&self) -> RendererInfo {
        let threads = self.stage.workers.threads();
        let plural = if threads == 1 { "thread" } else { "threads" };
        RendererInfo { kind: "cpu", adapter: format!("{}, {threads} {plural}", self.isa.name()), software: false }
    }

    fn draw(
        &mut self,
        list: &DrawList,
        pictures: &dyn Pictures,
        pts: ShowTime,
    ) -> Result<Option<Picture>, RenderError> {
        let Size { width, height } = list.canvas;
        let fits = |side: u32| (2..=SIDE_PX_MAX).contains(&side) && side.is_multiple_of(2);
        if !fits(width) || !fits(height) {
            return Err(RenderError::Canvas(list.canvas));
        }
        self.stage.caches.next_frame();
        let mut ops = self.stage.spare_ops.pop().unwrap_or_default();
        let background = Paint::Solid(ycc_over_black(list.background));
        ops.push(Op::new(background, Mask::whole(list.canvas), IRect::of(width, height)));
        self.stage.plan(&list.draws, list.canvas, Asked { pictures, depth: 0 }, &mut ops);
        let picture = if let Some(same) = untouched(&ops, list.canvas) {
            same.at(pts)
        } else {
            let mut canvas = self.pictures.take(list.canvas, PixelFormat::I420);
            let [y, cb, cr, _] = canvas.planes();
            let [y, cb, cr] = [y, cb, cr].map(|plane| (plane.bytes, plane.stride));
            let planes: [(&mut [u8], usize); PLANES] = [y, cb, cr, (&mut [], 0), (&mut [], 0)];
            self.stage.draw_bands(&ops, planes, list.canvas);
            canvas.freeze(pts)
        };
        ops.clear();
        self.stage.spare_ops.push(ops);
        Ok(Some(picture))
    }
}

/// The one picture that is all that is seen, if it is in canvas format already.
fn untouched(ops: &[Op], canvas: Size) -> Option<&Picture> {
    let mut seen = ops.iter().filter(|op| op.piece_count > 0);
    let (Some(op), None) = (seen.next(), seen.next()) else { return None };
    let Paint::Picture(picture, Fetch::Upright(axes)) = &op.paint else { return None };
    let all = IRect::of(canvas.width, canvas.height);
    let covers = op.mask.solid().iter().any(|solid| solid.intersect(all) == all);
    (op.hides() && covers && axes.in_place() && op.edging.is_none() && picture.size() == canvas).then_some(picture)
}

impl Stage {
    /// Draws `ops` on planes of a target of `size`, in bands over the threads.
    fn draw_bands(&self, ops: &[Op], planes: [(&mut [u8], usize); PLANES], size: Size) {
        let pairs = size.height.div_ceil(2) as usize;
        let wanted = (pairs * 2).div_ceil(self.workers.threads() * 4).max(BAND_ROWS_MIN);
        let band_pairs = wanted.max((pairs * 2).div_ceil(BANDS_MAX)).div_ceil(2);
        let mut bands = [const { Mutex::new(None) }; BANDS_MAX];
        let mut rest = planes;
        let count = pairs.div_ceil(band_pairs).min(BANDS_MAX);
        for (index, slot) in bands.iter_mut().enumerate().take(count) {
            let rows = band_pairs.min(pairs - index * band_pairs);
            let mut plane = 0;
            let mine = rest.each_mut().map(|(bytes, stride)| {
                let rows = if matches!(plane, 0 | 3) { 2 * rows } else { rows };
                plane += 1;
                let own = (rows * *stride).min(bytes.len());
                let (head, tail) = std::mem::take(bytes).split_at_mut(own);
                *bytes = tail;
                (head, *stride)
            });
            let position = |pairs: usize| i32::try_from(2 * pairs).unwrap_or(i32::MAX);
            let band = Band { top: position(index * band_pairs), rows: position(rows), planes: mine };
            *slot.get_mut().unwrap_or_else(PoisonError::into_inner) = Some(band);
        }
        self.workers.run(count, &|index, thread| {
            let (Some(slot), Some(scratch)) = (bands.get(index), self.scratch.get(thread)) else { return };
            let mut band = slot.lock().unwrap_or_else(PoisonError::into_inner);
            let mut scratch = scratch.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(band) = band.as_mut() {
                band::draw(self.kernels, ops, band, size.width, &mut scratch);
            }
        });
    }
}
