//! Finished pictures on their way back: several in flight, so that no draw waits for its own.

use super::device::Gpu;
use super::limits;
use super::textures::Target;
use crate::RenderError;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use vitrine_media::{Picture, PicturePool, PixelFormat, ShowTime, Size};
use wgpu::{
    BindGroupDescriptor, BindGroupEntry, BindingResource, Buffer, BufferDescriptor, BufferUsages, CommandEncoder,
    ComputePassDescriptor, MapMode, PollType, SubmissionIndex,
};

const WAITING: u8 = 0;
const READY: u8 = 1;
const FAILED: u8 = 2;

/// Where the planes lie in the packed buffer, in 32-bit words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Packing {
    size: Size,
    luma_words: u32,
    cb_at: u32,
    cr_at: u32,
    words: u32,
}

impl Packing {
    const fn new(size: Size) -> Self {
        // Eight pixels at a time: two words of luma, one of each chroma.
        let luma_words = size.width.div_ceil(8) * 2;
        let cb_at = luma_words * size.height;
        let chroma = luma_words / 2 * (size.height / 2);
        Self { size, luma_words, cb_at, cr_at: cb_at + chroma, words: cb_at + 2 * chroma }
    }

    const fn bytes(&self) -> u64 {
        self.words as u64 * 4
    }
}

struct Staging {
    buffer: Buffer,
    packing: Packing,
}

struct Flight {
    staging: Staging,
    pts: ShowTime,
    submission: SubmissionIndex,
    state: Arc<AtomicU8>,
}

/// Packs canvases as I420 and brings them back in order.
pub(super) struct ReadBacks {
    packed: Option<(Packing, Buffer, Buffer)>,
    free: Vec<Staging>,
    flying: VecDeque<Flight>,
    pool: PicturePool,
    /// Longest wait for one picture.
    pub(super) patience: Duration,
}

impl ReadBacks {
    pub(super) fn new() -> Self {
        // The outputs' lanes hold most of them.
        Self {
            packed: None,
            free: Vec::new(),
            flying: VecDeque::new(),
            pool: PicturePool::new(24),
            patience: limits::SLOW_WAIT,
        }
    }

    /// Records the packing of `canvas` and the copy out; [`launch`](Self::launch) follows once it is submitted.
    pub(super) fn record(&mut self, gpu: &Gpu, encoder: &mut CommandEncoder, canvas: &Target) -> Boarding {
        let size = canvas.size;
        let packing = Packing::new(size);
        let (packed, shape) = self.packed_for(gpu, packing);
        let group = gpu.device.create_bind_group(&BindGroupDescriptor {
            label: Some("pack"),
            layout: &gpu.layouts.pack,
            entries: &[
                BindGroupEntry { binding: 0, resource: BindingResource::TextureView(&canvas.views.luma) },
                BindGroupEntry { binding: 1, resource: BindingResource::TextureView(&canvas.views.chroma) },
                BindGroupEntry { binding: 2, resource: packed.as_entire_binding() },
                BindGroupEntry { binding: 3, resource: shape.as_entire_binding() },
            ],
        });
        {
            let mut pass = encoder.begin_compute_pass(&ComputePassDescriptor::default());
            pass.set_pipeline(&gpu.pack);
            pass.set_bind_group(0, &group, &[]);
            pass.dispatch_workgroups(size.width.div_ceil(64), size.height.div_ceil(16), 1);
        }
        self.free.retain(|staging| staging.packing == packing);
        let staging = self.free.pop().unwrap_or_else(|| Staging {
            buffer: gpu.device.create_buffer(&BufferDescriptor {
                label: Some("staging"),
                size: packing.bytes(),
                usage: BufferUsages::MAP_READ | BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }),
            packing,
        });
        encoder.copy_buffer_to_buffer(&packed, 0, &staging.buffer, 0, packing.bytes());
        Boarding(staging)
    }

    fn packed_for(&mut self, gpu: &Gpu, packing: Packing) -> (Buffer, Buffer) {
        if let Some((known, packed, shape)) = &self.packed
            && *known == packing
        {
            return (packed.clone(), shape.clone());
        }
        let packed = gpu.device.create_buffer(&BufferDescriptor {
            label: Some("packed"),
            size: packing.bytes(),
            usage: BufferUsages::STORAGE | BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });
        let Packing { size, luma_words, cb_at, cr_at, .. } = packing;
        let shape = gpu.device.create_buffer(&BufferDescriptor {
            label: Some("shape"),
            size: 32,
            usage: BufferUsages::UNIFORM | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let numbers = [size.width, size.height, luma_words, cb_at, cr_at, 0, 0, 0];
        gpu.queue.write_buffer(&shape, 0, bytemuck::cast_slice(&numbers));
        self.packed = Some((packing, packed.clone(), shape.clone()));
        (packed, shape)
    }

    /// Sends a recorded read-back on its way.
    pub(super) fn launch(&mut self, boarding: Boarding, pts: ShowTime, submission: SubmissionIndex) {
        let Boarding(staging) = boarding;
        let state = Arc::new(AtomicU8::new(WAITING));
        let told = Arc::clone(&state);
        staging.buffer.map_async(MapMode::Read, .., move |result| {
            told.store(if result.is_ok() { READY } else { FAILED }, Ordering::Release);
        });
        self.flying.push_back(Flight { staging, pts, submission, state });
    }

    /// The oldest picture, if it is back. Waits only for one that has had at least a whole frame's time, and only
    /// when no more may be in flight.
    pub(super) fn land(&mut self, gpu: &Gpu) -> Result<Option<Picture>, RenderError> {
        gpu.device.poll(PollType::Poll).map_err(|e| RenderError::Lost(e.to_string()))?;
        let full = self.flying.len() >= limits::READ_BACKS_MAX;
        // The one that was launched last is never asked for: it was submitted a moment ago.
        let ready =
            self.flying.len() > 1 && self.flying.front().is_some_and(|f| f.state.load(Ordering::Acquire) != WAITING);
        if full || ready { self.land_oldest(gpu) } else { Ok(None) }
    }

    /// The oldest picture, waited for; `None` if none is in flight.
    pub(super) fn land_oldest(&mut self, gpu: &Gpu) -> Result<Option<Picture>, RenderError> {
        let Some(flight) = self.flying.pop_front() else { return Ok(None) };
        if flight.state.load(Ordering::Acquire) == WAITING {
            let wait =
                PollType::Wait { submission_index: Some(flight.submission.clone()), timeout: Some(self.patience) };
            gpu.device.poll(wait).map_err(|e| RenderError::Lost(e.to_string()))?;
        }
        if flight.state.load(Ordering::Acquire) != READY {
            gpu.check()?;
            return Err(RenderError::Lost("a picture did not come back".to_owned()));
        }
        let picture = self.unpack(&flight).map_err(|e| RenderError::Lost(e.to_string()))?;
        flight.staging.buffer.unmap();
        self.free.push(flight.staging);
        Ok(Some(picture))
    }

    fn unpack(&self, flight: &Flight) -> Result<Picture, wgpu::MapRangeError> {
        let packing = flight.staging.packing;
        let bytes = flight.staging.buffer.get_mapped_range(..)?;
        let mut picture = self.pool.take(packing.size, PixelFormat::I420);
        let luma = packing.luma_words as usize * 4;
        let starts = [0, packing.cb_at as usize * 4, packing.cr_at as usize * 4];
        let strides = [luma, luma / 2, luma / 2];
        for (index, plane) in picture.planes().into_iter().take(3).enumerate() {
            let (row, rows) = PixelFormat::I420.plane_bytes(packing.size, index);
            let (start, stride) = (starts.get(index).copied().unwrap_or(0), strides.get(index).copied().unwrap_or(1));
            let from = bytes.get(start..).unwrap_or_default().chunks(stride.max(1));
            for (to, from) in plane.bytes.chunks_mut(plane.stride.max(1)).zip(from).take(rows) {
                if let (Some(to), Some(from)) = (to.get_mut(..row), from.get(..row)) {
                    to.copy_from_slice(from);
                }
            }
        }
        Ok(picture.freeze(flight.pts))
    }
}

/// A read-back that is recorded but not submitted.
pub(super) struct Boarding(Staging);
