//! Pictures on the GPU: uploaded once each, in textures that are used again; and the targets that groups are drawn in.

use super::device::{Both, CHROMA, Gpu, LUMA};
use super::limits;
use super::record::Kind;
use vitrine_media::{InputId, Picture, PixelFormat, Size};
use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, BindingResource, Extent3d, Origin3d, TexelCopyBufferLayout,
    TexelCopyTextureInfo, Texture, TextureAspect, TextureDescriptor, TextureDimension, TextureFormat, TextureUsages,
    TextureView, TextureViewDescriptor,
};

/// Whose picture it is: an input's next picture goes into the texture of its last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Input(InputId),
    Bitmap,
}

/// A picture that the shader can read.
#[derive(Clone)]
pub(super) struct Readable {
    pub(super) kind: Kind,
    pub(super) size: Size,
    pub(super) planes: BindGroup,
}

impl Readable {
    /// What was drawn on `target`.
    pub(super) fn of(target: &Target) -> Self {
        Self { kind: Kind::Pair, size: target.size, planes: target.planes.clone() }
    }
}

/// A picture with alpha that was uploaded and waits to be made readable.
#[derive(Clone)]
pub(super) struct Conversion {
    /// Whether it is a keyed picture; else it is a bitmap.
    pub(super) keyed: bool,
    pub(super) raw: BindGroup,
    pub(super) to: Target,
}

struct Uploaded {
    owner: Owner,
    picture: Picture,
    textures: Vec<Texture>,
    readable: Readable,
    conversion: Option<Conversion>,
    bytes: u64,
    used: u64,
}

/// A canvas, a group or a bitmap: luma and chroma with alpha, drawn on and then read.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) textures: Both<Texture>,
    pub(super) views: Both<TextureView>,
    pub(super) size: Size,
    /// As a source of a draw.
    pub(super) planes: BindGroup,
    /// As what lies under a blend that reads it.
    pub(super) backdrop: BindGroup,
}

struct Pooled {
    target: Target,
    taken: bool,
    used: u64,
}

/// All textures of a renderer.
pub(super) struct Textures {
    /// One pixel, for planes that a picture doesn't have.
    nothing: TextureView,
    pub(super) no_planes: BindGroup,
    uploaded: Vec<Uploaded>,
    targets: Vec<Pooled>,
    /// What has to be converted before this frame is drawn.
    pub(super) conversions: Vec<Conversion>,
    frame: u64,
}

const fn extent(size: Size) -> Extent3d {
    Extent3d { width: size.width, height: size.height, depth_or_array_layers: 1 }
}

fn new_texture(gpu: &Gpu, label: &str, size: Size, format: TextureFormat, usage: TextureUsages) -> Texture {
    gpu.device.create_texture(&TextureDescriptor {
        label: Some(label),
        size: extent(size),
        mip_level_count: 1,
        sample_count: 1,
        dimension: TextureDimension::D2,
        format,
        usage,
        view_formats: &[],
    })
}

fn view(texture: &Texture) -> TextureView {
    texture.create_view(&TextureViewDescriptor::default())
}

fn bind_planes(gpu: &Gpu, views: [&TextureView; 4]) -> BindGroup {
    let mut binding = 0;
    let entries = views.map(|view| {
        binding += 1;
        BindGroupEntry { binding: binding - 1, resource: BindingResource::TextureView(view) }
    });
    gpu.device.create_bind_group(&BindGroupDescriptor {
        label: Some("planes"),
        layout: &gpu.layouts.planes,
        entries: &entries,
    })
}

impl Textures {
    pub(super) fn new(gpu: &Gpu) -> Self {
        let usage = TextureUsages::TEXTURE_BINDING;
        let nothing = view(&new_texture(gpu, "nothing", Size::new(1, 1), TextureFormat::R8Unorm, usage));
        let no_planes = bind_planes(gpu, [&nothing; 4]);
        Self { nothing, no_planes, uploaded: Vec::new(), targets: Vec::new(), conversions: Vec::new(), frame: 0 }
    }

    /// Begins a frame: all targets are free again, and what nobody showed for a while goes.
    pub(super) fn begin(&mut self) {
        self.frame += 1;
        let oldest = self.frame.saturating_sub(limits::UNUSED_FRAMES_MAX);
        self.uploaded.retain(|u| u.used >= oldest);
        self.targets.retain(|t| t.used >= oldest);
        self.targets.iter_mut().for_each(|t| t.taken = false);
        self.conversions.clear();
        let mut bytes: u64 = self.uploaded.iter().map(|u| u.bytes).sum();
        while bytes > limits::TEXTURE_BYTES_MAX {
            let longest =
                self.uploaded.iter().enumerate().filter(|(_, u)| u.used + 1 < self.frame).min_by_key(|(_, u)| u.used);
            let Some((at, _)) = longest else { break };
            bytes -= self.uploaded.swap_remove(at).bytes;
        }
    }

    /// `picture` on the GPU; uploaded if it isn't there yet. `None` if it is larger than a texture can be.
    pub(super) fn picture(&mut self, gpu: &Gpu, owner: Owner, picture: &Picture) -> Option<Readable> {
        let frame = self.frame;
        if let Some(known) = self.uploaded.iter_mut().find(|u| u.picture.same_bytes(picture)) {
            known.used = frame;
            return Some(known.readable.clone());
        }
        let (size, format) = (picture.size(), picture.format());
        if size.width.max(size.height) > limits::SIDE_PX_MAX {
            return None;
        }
        let again = self.uploaded.iter_mut().find(|u| {
            u.owner == owner
                && owner != Owner::Bitmap
                && u.used < frame
                && (u.picture.size(), u.picture.format()) == (size, format)
        });
        if let Some(old) = again {
            upload(gpu, &old.textures, picture);
            self.conversions.extend(old.conversion.clone());
            old.picture = picture.clone();
            old.used = frame;
            return Some(old.readable.clone());
        }
        let (textures, mut bytes) = plane_textures(gpu, size, format);
        upload(gpu, &textures, picture);
        let views: Vec<TextureView> = textures.iter().map(view).collect();
        let plane = |index: usize| views.get(index).unwrap_or(&self.nothing);
        let planes = bind_planes(gpu, [plane(0), plane(1), plane(2), plane(3)]);
        let conversion = (format != PixelFormat::I420).then(|| {
            bytes += 6 * size.pixels();
            Conversion { keyed: format == PixelFormat::A420, raw: planes.clone(), to: self.new_target(gpu, size) }
        });
        let readable = match &conversion {
            None => Readable { kind: Kind::Planes, size, planes },
            Some(conversion) => Readable::of(&conversion.to),
        };
        self.conversions.extend(conversion.clone());
        let picture = picture.clone();
        let readable_too = readable.clone();
        self.uploaded.push(Uploaded { owner, picture, textures, readable, conversion, bytes, used: frame });
        Some(readable_too)
    }

    /// A target of `size` that nobody else draws on until it is given back or the frame ends.
    pub(super) fn take(&mut self, gpu: &Gpu, size: Size) -> Target {
        let frame = self.frame;
        if let Some(free) = self.targets.iter_mut().find(|t| !t.taken && t.target.size == size) {
            free.taken = true;
            free.used = frame;
            return free.target.clone();
        }
        let target = self.new_target(gpu, size);
        self.targets.push(Pooled { target: target.clone(), taken: true, used: frame });
        target
    }

    fn new_target(&self, gpu: &Gpu, size: Size) -> Target {
        let usage = TextureUsages::RENDER_ATTACHMENT
            | TextureUsages::TEXTURE_BINDING
            | TextureUsages::COPY_SRC
            | TextureUsages::COPY_DST;
        let luma = new_texture(gpu, "luma", size, LUMA, usage);
        let chroma = new_texture(gpu, "chroma", size.chroma(), CHROMA, usage);
        let views = Both { luma: view(&luma), chroma: view(&chroma) };
        let planes = bind_planes(gpu, [&views.luma, &views.chroma, &self.nothing, &self.nothing]);
        let backdrop = gpu.device.create_bind_group(&BindGroupDescriptor {
            label: Some("backdrop"),
            layout: &gpu.layouts.backdrop,
            entries: &[
                BindGroupEntry { binding: 0, resource: BindingResource::TextureView(&views.luma) },
                BindGroupEntry { binding: 1, resource: BindingResource::TextureView(&views.chroma) },
            ],
        });
        Target { textures: Both { luma, chroma }, views, size, planes, backdrop }
    }

    /// Gives a target back: what was recorded reads it before anything recorded later draws on it.
    pub(super) fn give_back(&mut self, target: &Target) {
        if let Some(pooled) = self.targets.iter_mut().find(|t| t.target.textures.luma == target.textures.luma) {
            pooled.taken = false;
        }
    }
}

fn plane_textures(gpu: &Gpu, size: Size, format: PixelFormat) -> (Vec<Texture>, u64) {
    let usage = TextureUsages::TEXTURE_BINDING | TextureUsages::COPY_DST;
    let mut bytes = 0;
    let textures = (0..format.planes()).map(|index| {
        let (row, rows) = format.plane_bytes(size, index);
        bytes += (row * rows) as u64;
        let (texels, format) = match format {
            PixelFormat::Rgba => (size, TextureFormat::Rgba8Unorm),
            PixelFormat::I420 | PixelFormat::A420 => (Size::new(row as u32, rows as u32), TextureFormat::R8Unorm),
        };
        new_texture(gpu, "plane", texels, format, usage)
    });
    (textures.collect(), bytes)
}

fn upload(gpu: &Gpu, textures: &[Texture], picture: &Picture) {
    for (index, texture) in textures.iter().enumerate() {
        let plane = picture.plane(index);
        let layout =
            TexelCopyBufferLayout { offset: 0, bytes_per_row: u32::try_from(plane.stride).ok(), rows_per_image: None };
        let to = TexelCopyTextureInfo { texture, mip_level: 0, origin: Origin3d::ZERO, aspect: TextureAspect::All };
        gpu.queue.write_texture(to, plane.bytes, layout, texture.size());
    }
}

#[cfg(test)]
impl Textures {
    pub(super) fn uploaded_count(&self) -> usize {
        self.uploaded.len()
    }
}
