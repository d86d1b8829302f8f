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

use crate::grade::SharedPreparer;
use crate::{Pictures, RenderError, Renderer, RendererInfo};
use device::{Both, Gpu};
use limits::{DRAWS_FIRST, RECORD_BYTES};
use plan::{Planner, Step};
use readback::ReadBacks;
use record::Record;
use std::sync::Arc;
use textures::{Conversion, Target, Textures};
use vitrine_media::{InputId, Picture, PicturePool, PixelFormat, ShowTime, Size};
use vitrine_scene::draw::{Blend, Color, Draw, DrawList, Rect, Source};
use vitrine_scene::raster::BitmapId;
use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, BindingResource, Buffer, BufferBinding, BufferDescriptor,
    BufferUsages, CommandEncoder, CommandEncoderDescriptor, Extent3d, LoadOp, Operations, Origin3d, RenderPass,
    RenderPassColorAttachment, RenderPassDescriptor, RenderPipeline, StoreOp, TexelCopyTextureInfo, TextureAspect,
    TextureView,
};

/// Draws on a GPU.
pub struct GpuRenderer {
    gpu: Gpu,
    textures: Textures,
    read_backs: ReadBacks,
    uniforms: Uniforms,
    prepared: SharedPreparer,
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

/// A picture of each kind, to warm up with.
struct Blank(PicturePool);

impl Pictures for Blank {
    fn input(&self, _id: &InputId) -> Option<Picture> {
        Some(self.0.take(Size::new(8, 8), PixelFormat::A420).freeze(ShowTime::ZERO))
    }

    fn bitmap(&self, _id: BitmapId, _place: u64) -> Option<Picture> {
        Some(self.0.take(Size::new(8, 8), PixelFormat::Rgba).freeze(ShowTime::ZERO))
    }
}

impl GpuRenderer {
    /// A renderer on the adapter that `options` chooses, with everything compiled.
    ///
    /// # Errors
    /// [`RenderError::NoAdapter`] says which adapters there are and why none will do.
    pub fn new(options: &GpuOptions) -> Result<Self, RenderError> {
        Self::with(options, SharedPreparer::default())
    }

    /// A renderer that shares keyed and corrected pictures with the other canvases of its tick thread.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with(options: &GpuOptions, prepared: SharedPreparer) -> Result<Self, RenderError> {
        let gpu = Gpu::new(options)?;
        let textures = Textures::new(&gpu);
        let uniforms = Uniforms::new(&gpu, DRAWS_FIRST);
        let read_backs = ReadBacks::new();
        let (records, steps) = (Vec::new(), Vec::new());
        let mut renderer = Self { gpu, textures, read_backs, uniforms, prepared, records, steps };
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
        let bitmap = Draw::new(Source::Bitmap { id: BitmapId(0), place: 0 }, rect_in_canvas);
        let (id, grade) = (InputId::new("warm-up").ok(), Arc::default());
        let keyed = id.map(|id| Draw::new(Source::Input { id, grade }, rect_in_canvas));
        let draws = [normal, draw, bitmap].into_iter().chain(keyed).collect();
        let list = DrawList { canvas: size, background: Color::BLACK, draws };
        self.draw(&list, &Blank(PicturePool::new(0)), ShowTime::ZERO)?;
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
        for Conversion { keyed, raw, to } in &self.textures.conversions {
            let pipelines = if *keyed { &self.gpu.keyed } else { &self.gpu.bitmap };
            for (view, pipeline) in [(&to.views.luma, &pipelines.luma), (&to.views.chroma, &pipelines.chroma)] {
                let mut pass = begin(encoder, view, LoadOp::Clear(wgpu::Color::TRANSPARENT));
                pass.set_pipeline(pipeline);
                pass.set_bind_group(0, raw, &[]);
                pass.draw(0..4, 0..1);
            }
        }
        let mut at = 0;
        while let Some(Step::Begin { target, clear }) = self.steps.get(at) {
            let rest = self.steps.get(at + 1..).unwrap_or_default();
            let count = rest.iter().take_while(|s| !matches!(s, Step::Begin { .. })).count();
            self.encode_target(encoder, target, *clear, rest.get(..count).unwrap_or_default());
            at += 1 + count;
        }
    }

    /// All draws of one target. Passes go on until a blend wants a copy of what is there.
    fn encode_target(&self, encoder: &mut CommandEncoder, target: &Target, clear: [f64; 4], steps: &[Step]) {
        let mut clear = Some(clear);
        let mut rest = steps;
        while clear.is_some() || !rest.is_empty() {
            let mut count = 0;
            if let (Some(Step::Blend { copy, quad, .. }), None) = (rest.first(), clear) {
                copy_part(encoder, target, copy, *quad);
                count = 1;
            }
            let over = rest.iter().skip(count).take_while(|step| matches!(step, Step::Over { .. }));
            let (now, later) = rest.split_at(count + over.count());
            let [y, cb, cr, a] = clear.unwrap_or_default();
            let load = |r, g, b| clear.map_or(LoadOp::Load, |_| LoadOp::Clear(wgpu::Color { r, g, b, a }));
            self.pass(begin(encoder, &target.views.luma, load(y, a, 0.0)), now, |both| &both.luma);
            self.pass(begin(encoder, &target.views.chroma, load(cb, cr, 0.0)), now, |both| &both.chroma);
            clear = None;
            rest = later;
        }
    }

    fn pass(&self, mut pass: RenderPass<'_>, steps: &[Step], of: fn(&Both) -> &RenderPipeline) {
        for step in steps {
            let (record, planes) = match step {
                Step::Over { record, planes } => {
                    pass.set_pipeline(of(&self.gpu.over));
                    (record, planes)
                }
                Step::Blend { record, planes, copy, .. } => {
                    pass.set_pipeline(of(&self.gpu.blended));
                    pass.set_bind_group(2, &copy.backdrop, &[]);
                    (record, planes)
                }
                Step::Begin { .. } => continue,
            };
            pass.set_bind_group(0, &self.uniforms.group, &[record * RECORD_BYTES as u32]);
            pass.set_bind_group(1, planes, &[]);
            pass.draw(0..4, 0..1);
        }
    }
}

fn begin<'e>(encoder: &'e mut CommandEncoder, view: &TextureView, load: LoadOp<wgpu::Color>) -> RenderPass<'e> {
    encoder.begin_render_pass(&RenderPassDescriptor {
        label: Some("layers"),
        color_attachments: &[Some(RenderPassColorAttachment {
            view,
            depth_slice: None,
            resolve_target: None,
            ops: Operations { load, store: StoreOp::Store },
        })],
        ..Default::default()
    })
}

/// Copies the pixels that a blend will touch, whole blocks of them.
fn copy_part(encoder: &mut CommandEncoder, from: &Target, to: &Target, quad: [f32; 4]) {
    let [left, top, right, bottom] = quad.map(|v| v as u32);
    let (left, top) = (left & !1, top & !1);
    let (right, bottom) = (right.next_multiple_of(2), bottom.next_multiple_of(2));
    let pairs = [(&from.textures.luma, &to.textures.luma, 1), (&from.textures.chroma, &to.textures.chroma, 2)];
    for (from, to, step) in pairs {
        let origin = Origin3d { x: left / step, y: top / step, z: 0 };
        let size = from.size();
        let (right, bottom) = ((right / step).min(size.width), (bottom / step).min(size.height));
        let extent = Extent3d { width: right - origin.x, height: bottom - origin.y, depth_or_array_layers: 1 };
        let place = |texture| TexelCopyTextureInfo { texture, mip_level: 0, origin, aspect: TextureAspect::All };
        encoder.copy_texture_to_texture(place(from), place(to), extent);
    }
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
            prepared: &self.prepared,
            records: &mut self.records,
            steps: &mut self.steps,
        };
        let canvas = planner.canvas(list);
        self.uniforms.write(&self.gpu, &self.records);
        let mut encoder = self.gpu.device.create_command_encoder(&CommandEncoderDescriptor { label: Some("frame") });
        self.encode(&mut encoder);
        self.steps.clear();
        let boarding = self.read_backs.record(&self.gpu, &mut encoder, &canvas);
        let submission = self.gpu.queue.submit([encoder.finish()]);
        self.read_backs.launch(boarding, pts, submission);
        self.read_backs.land(&self.gpu)
    }
}
