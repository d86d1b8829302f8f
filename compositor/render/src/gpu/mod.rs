//! The GPU renderer: wgpu, within WebGPU's default limits.
//!
//! ```text
//! DrawList ─► plan ─► records + steps ─► one command buffer ─► I420 packed ─► read-backs in flight ─► Picture
//!              │ pictures: uploaded once each, textures used again
//!              └ groups: targets of their own, drawn first
//! ```
//!
//! All pipelines are made at the start; on air nothing is compiled. A picture comes back one or two draws later;
//! its stamp tells which it is.

mod device;
mod limits;
mod plan;
mod readback;
mod record;
mod textures;

#[cfg(test)]
mod tests;

pub use device::{GpuOptions, probe};

use crate::{Pictures, RenderError, Renderer, RendererInfo};
use device::Gpu;
use limits::{DRAWS_FIRST, RECORD_BYTES};
use plan::{Planner, Step};
use readback::ReadBacks;
use record::Record;
use std::sync::Arc;
use textures::{Target, Textures};
use vitrine_media::{InputId, Picture, ShowTime, Size};
use vitrine_scene::draw::{Blend, Color, Draw, DrawList, Rect, Source};
use vitrine_scene::grade::Grade;
use vitrine_scene::raster::BitmapId;
use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, BindingResource, Buffer, BufferBinding, BufferDescriptor,
    BufferUsages, CommandEncoder, CommandEncoderDescriptor, Extent3d, LoadOp, Operations, Origin3d, RenderPass,
    RenderPassColorAttachment, RenderPassDescriptor, StoreOp, TexelCopyTextureInfo, TextureAspect,
};

/// Draws on a GPU.
pub struct GpuRenderer {
    gpu: Gpu,
    textures: Textures,
    read_backs: ReadBacks,
    uniforms: Uniforms,
    records: Vec<Record>,
    steps: Vec<Step>,
}

/// The records of a frame's draws, where the shader reads them.
struct Uniforms {
    buffer: Buffer,
    group: BindGroup,
    room: usize,
    bytes: Vec<u8>,
}

impl Uniforms {
    fn new(gpu: &Gpu, room: usize) -> Self {
        let buffer = gpu.device.create_buffer(&BufferDescriptor {
            label: Some("records"),
            size: (room * RECORD_BYTES) as u64,
            usage: BufferUsages::UNIFORM | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let one = std::num::NonZeroU64::new(size_of::<Record>() as u64);
        let group = gpu.device.create_bind_group(&BindGroupDescriptor {
            label: Some("records"),
            layout: &gpu.layouts.record,
            entries: &[BindGroupEntry {
                binding: 0,
                resource: BindingResource::Buffer(BufferBinding { buffer: &buffer, offset: 0, size: one }),
            }],
        });
        Self { buffer, group, room, bytes: Vec::new() }
    }

    fn write(&mut self, gpu: &Gpu, records: &[Record]) {
        if records.len() > self.room {
            *self = Self::new(gpu, records.len().next_power_of_two());
        }
        self.bytes.clear();
        self.bytes.resize(records.len() * RECORD_BYTES, 0);
        for (slot, record) in self.bytes.chunks_exact_mut(RECORD_BYTES).zip(records) {
            let record = bytemuck::bytes_of(record);
            if let Some(slot) = slot.get_mut(..record.len()) {
                slot.copy_from_slice(record);
            }
        }
        gpu.queue.write_buffer(&self.buffer, 0, &self.bytes);
    }
}

/// No pictures at all.
struct Nothing;

impl Pictures for Nothing {
    fn input(&self, _id: &InputId) -> Option<Picture> {
        None
    }

    fn bitmap(&self, _id: BitmapId, _place: u64) -> Option<Picture> {
        None
    }
}

/// The one place where a key and a correction are asked for.
fn graded(_id: &InputId, _grade: &Arc<Grade>, picture: &Picture, _now: ShowTime) -> Picture {
    picture.clone()
}

impl GpuRenderer {
    /// A renderer on the adapter that `options` chooses, with everything compiled.
    ///
    /// # Errors
    /// [`RenderError::NoAdapter`] says which adapters there are and why none will do.
    pub fn new(options: &GpuOptions) -> Result<Self, RenderError> {
        let gpu = Gpu::new(options)?;
        let textures = Textures::new(&gpu);
        let uniforms = Uniforms::new(&gpu, DRAWS_FIRST);
        let read_backs = ReadBacks::new();
        let mut renderer = Self { gpu, textures, read_backs, uniforms, records: Vec::new(), steps: Vec::new() };
        renderer.warm_up()?;
        Ok(renderer)
    }

    /// Draws one picture through every pipeline: many drivers compile only when a shader is first used.
    fn warm_up(&mut self) -> Result<(), RenderError> {
        let size = Size::new(16, 16);
        let rect_in_canvas = Rect { x: 2.0, y: 2.0, w: 9.0, h: 9.0 };
        let mut draw = Draw::new(Source::Group { size, draws: Vec::new() }, rect_in_canvas);
        let normal = draw.clone();
        draw.blend = Blend::Multiply;
        let list = DrawList { canvas: size, background: Color::BLACK, draws: vec![normal, draw] };
        self.draw(&list, &Nothing, ShowTime::ZERO)?;
        self.flush()?;
        if !self.gpu.info.software {
            self.read_backs.patience = limits::READ_BACK_WAIT;
        }
        Ok(())
    }

    /// Waits for the pictures that are still in flight, oldest first: at the end of a show, or for one still.
    ///
    /// # Errors
    /// [`RenderError::Lost`] as for a draw.
    pub fn flush(&mut self) -> Result<Vec<Picture>, RenderError> {
        let mut pictures = Vec::new();
        while let Some(picture) = self.read_backs.land_oldest(&self.gpu)? {
            pictures.push(picture);
        }
        Ok(pictures)
    }

    fn encode(&self, encoder: &mut CommandEncoder) {
        let mut at = 0;
        while let Some(Step::Begin { target, clear }) = self.steps.get(at) {
            let rest = self.steps.get(at + 1..).unwrap_or_default();
            let count = rest.iter().take_while(|s| !matches!(s, Step::Begin { .. })).count();
            self.encode_target(encoder, target, *clear, rest.get(..count).unwrap_or_default());
            at += 1 + count;
        }
    }

    /// All draws of one target. A pass goes on until a blend wants a copy of what is there.
    fn encode_target(&self, encoder: &mut CommandEncoder, target: &Target, clear: [f64; 4], steps: &[Step]) {
        let [r, g, b, a] = clear;
        let mut load = LoadOp::Clear(wgpu::Color { r, g, b, a });
        let mut rest = steps;
        loop {
            let mut copied = false;
            if let (Some(Step::Blend { copy, quad, .. }), LoadOp::Load) = (rest.first(), &load) {
                copy_part(encoder, target, copy, *quad);
                copied = true;
            }
            let mut pass = begin(encoder, target, load);
            load = LoadOp::Load;
            while let Some(step) = rest.first() {
                match step {
                    Step::Over { record, planes } => {
                        pass.set_pipeline(&self.gpu.normal);
                        self.quad(&mut pass, *record, planes);
                    }
                    Step::Blend { record, planes, copy, .. } if copied => {
                        pass.set_pipeline(&self.gpu.blended);
                        pass.set_bind_group(2, &copy.backdrop, &[]);
                        self.quad(&mut pass, *record, planes);
                    }
                    Step::Blend { .. } | Step::Begin { .. } => break,
                }
                copied = false;
                rest = rest.get(1..).unwrap_or_default();
            }
            if rest.is_empty() {
                return;
            }
        }
    }

    fn quad(&self, pass: &mut RenderPass<'_>, record: u32, planes: &BindGroup) {
        pass.set_bind_group(0, &self.uniforms.group, &[record * RECORD_BYTES as u32]);
        pass.set_bind_group(1, planes, &[]);
        pass.draw(0..4, 0..1);
    }
}

fn begin<'e>(encoder: &'e mut CommandEncoder, target: &Target, load: LoadOp<wgpu::Color>) -> RenderPass<'e> {
    encoder.begin_render_pass(&RenderPassDescriptor {
        label: Some("layers"),
        color_attachments: &[Some(RenderPassColorAttachment {
            view: &target.view,
            depth_slice: None,
            resolve_target: None,
            ops: Operations { load, store: StoreOp::Store },
        })],
        ..Default::default()
    })
}

/// Copies the pixels that a blend will touch.
fn copy_part(encoder: &mut CommandEncoder, from: &Target, to: &Target, quad: [f32; 4]) {
    let [left, top, right, bottom] = quad.map(|v| v as u32);
    let origin = Origin3d { x: left, y: top, z: 0 };
    let place = |target| TexelCopyTextureInfo { texture: target, mip_level: 0, origin, aspect: TextureAspect::All };
    let extent = Extent3d { width: right - left, height: bottom - top, depth_or_array_layers: 1 };
    encoder.copy_texture_to_texture(place(&from.texture), place(&to.texture), extent);
}

impl Renderer for GpuRenderer {
    fn info(&self) -> RendererInfo {
        self.gpu.info.clone()
    }

    fn draw(
        &mut self,
        list: &DrawList,
        pictures: &dyn Pictures,
        pts: ShowTime,
    ) -> Result<Option<Picture>, RenderError> {
        let fits = |side: u32| (2..=limits::SIDE_PX_MAX).contains(&side) && side.is_multiple_of(2);
        if !fits(list.canvas.width) || !fits(list.canvas.height) {
            return Err(RenderError::Canvas(list.canvas));
        }
        self.gpu.check()?;
        self.textures.begin();
        self.records.clear();
        self.steps.clear();
        let mut planner = Planner {
            gpu: &self.gpu,
            textures: &mut self.textures,
            pictures,
            now: pts,
            records: &mut self.records,
            steps: &mut self.steps,
        };
        let canvas = planner.canvas(list);
        self.uniforms.write(&self.gpu, &self.records);
        let mut encoder = self.gpu.device.create_command_encoder(&CommandEncoderDescriptor { label: Some("frame") });
        self.encode(&mut encoder);
        self.steps.clear();
        let boarding = self.read_backs.record(&self.gpu, &mut encoder, &canvas.view, list.canvas);
        let submission = self.gpu.queue.submit([encoder.finish()]);
        self.read_backs.launch(boarding, pts, submission);
        self.read_backs.land(&self.gpu)
    }
}
