//! The device: which adapter, what is compiled at the start, and whether it is still there.

use super::limits;
use crate::{RenderError, RendererInfo};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use wgpu::{
    Adapter, BindGroupLayout, BindGroupLayoutDescriptor, BindGroupLayoutEntry, BindingType, BufferBindingType,
    ComputePipeline, Device, DeviceType, Features, Instance, InstanceDescriptor, PipelineCache, Queue, RenderPipeline,
    ShaderStages, TextureFormat, TextureSampleType, TextureViewDimension,
};

/// What canvases and groups are drawn in: encoded values, premultiplied. Half floats keep what video has beyond
/// black and white, and a stack of layers from rounding at each.
pub(super) const TARGET: TextureFormat = TextureFormat::Rgba16Float;

/// How a GPU is chosen.
#[derive(Clone, Debug, Default)]
pub struct GpuOptions {
    /// Part of the adapter's name, to choose among several; empty takes the best.
    pub adapter: String,
    /// Whether a GPU that is emulated on the CPU will do.
    pub software: bool,
    /// Folder in which compiled shaders are kept for the next start, where the driver can do that. Only this
    /// program may write to it: a driver trusts what it finds there.
    pub cache: Option<PathBuf>,
}

/// All adapters that could draw, the best first; software ones are marked.
#[must_use]
pub fn probe() -> Vec<RendererInfo> {
    ranked(&instance()).iter().map(info_of).collect()
}

fn instance() -> Instance {
    Instance::new(InstanceDescriptor::new_without_display_handle())
}

fn ranked(instance: &Instance) -> Vec<Adapter> {
    let mut adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    adapters.sort_by_key(|adapter| match adapter.get_info().device_type {
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu => 2,
        DeviceType::Other => 3,
        DeviceType::Cpu => 4,
    });
    adapters
}

fn info_of(adapter: &Adapter) -> RendererInfo {
    let info = adapter.get_info();
    let driver = format!("{} {}", info.driver, info.driver_info);
    RendererInfo {
        kind: "gpu",
        adapter: format!("{} ({:?}, {})", info.name, info.backend, driver.trim()),
        software: info.device_type == DeviceType::Cpu,
    }
}

/// A device with everything compiled.
pub(super) struct Gpu {
    pub(super) device: Device,
    pub(super) queue: Queue,
    pub(super) info: RendererInfo,
    pub(super) layouts: Layouts,
    /// Draws over what is there.
    pub(super) normal: RenderPipeline,
    /// Draws what it reckoned from a copy of what was there.
    pub(super) blended: RenderPipeline,
    pub(super) pack: ComputePipeline,
    lost: Arc<Mutex<Option<String>>>,
}

/// How resources are bound.
pub(super) struct Layouts {
    pub(super) record: BindGroupLayout,
    pub(super) planes: BindGroupLayout,
    pub(super) backdrop: BindGroupLayout,
    pub(super) pack: BindGroupLayout,
}

fn texture(binding: u32, visibility: ShaderStages) -> BindGroupLayoutEntry {
    let ty = BindingType::Texture {
        sample_type: TextureSampleType::Float { filterable: false },
        view_dimension: TextureViewDimension::D2,
        multisampled: false,
    };
    BindGroupLayoutEntry { binding, visibility, ty, count: None }
}

fn buffer(binding: u32, visibility: ShaderStages, ty: BufferBindingType, dynamic: bool) -> BindGroupLayoutEntry {
    let ty = BindingType::Buffer { ty, has_dynamic_offset: dynamic, min_binding_size: None };
    BindGroupLayoutEntry { binding, visibility, ty, count: None }
}

impl Layouts {
    fn new(device: &Device) -> Self {
        let layout = |label, entries: &[BindGroupLayoutEntry]| {
            device.create_bind_group_layout(&BindGroupLayoutDescriptor { label: Some(label), entries })
        };
        let fragment = ShaderStages::FRAGMENT;
        let storage = BufferBindingType::Storage { read_only: false };
        Self {
            record: layout("record", &[buffer(0, ShaderStages::VERTEX_FRAGMENT, BufferBindingType::Uniform, true)]),
            planes: layout("planes", &[0, 1, 2, 3].map(|binding| texture(binding, fragment))),
            backdrop: layout("backdrop", &[texture(0, fragment)]),
            pack: layout(
                "pack",
                &[
                    texture(0, ShaderStages::COMPUTE),
                    buffer(1, ShaderStages::COMPUTE, storage, false),
                    buffer(2, ShaderStages::COMPUTE, BufferBindingType::Uniform, false),
                ],
            ),
        }
    }
}

fn no_adapter(why: String) -> RenderError {
    RenderError::NoAdapter { wanted: "gpu", why }
}

impl Gpu {
    pub(super) fn new(options: &GpuOptions) -> Result<Self, RenderError> {
        let adapter = choose(options)?;
        let info = info_of(&adapter);
        let cached = adapter.features() & Features::PIPELINE_CACHE;
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("vitrine"),
            required_features: cached,
            required_limits: wgpu::Limits::default(),
            ..Default::default()
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
            .map_err(|e| no_adapter(format!("{} gives no device: {e}; use --renderer cpu", info.adapter)))?;
        let lost = watch(&device);
        let kept = options.cache.as_deref().filter(|_| !cached.is_empty()).and_then(|folder| {
            let name = wgpu::util::pipeline_cache_key(&adapter.get_info())?;
            Some(folder.join(name))
        });
        let cache = kept.as_deref().map(|path| open_cache(&device, path));
        let layouts = Layouts::new(&device);
        let (normal, blended) = draw_pipelines(&device, &layouts, cache.as_ref());
        let pack = pack_pipeline(&device, &layouts, cache.as_ref());
        if let (Some(path), Some(cache)) = (&kept, &cache) {
            save_cache(path, cache);
        }
        let gpu = Self { device, queue, info, layouts, normal, blended, pack, lost };
        // A shader that this driver can't compile is told now, not on air.
        gpu.check()?;
        Ok(gpu)
    }

    /// Whether the device is still there.
    pub(super) fn check(&self) -> Result<(), RenderError> {
        match self.lost.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some(why) => Err(RenderError::Lost(why.clone())),
            None => Ok(()),
        }
    }
}

fn choose(options: &GpuOptions) -> Result<Adapter, RenderError> {
    let adapters = ranked(&instance());
    let wanted = options.adapter.to_lowercase();
    let fits = |adapter: &&Adapter| {
        let info = adapter.get_info();
        (options.software || info.device_type != DeviceType::Cpu) && info.name.to_lowercase().contains(&wanted)
    };
    if let Some(found) = adapters.iter().find(fits) {
        return Ok(found.clone());
    }
    let names: Vec<String> = adapters.iter().map(|a| info_of(a).adapter).collect();
    Err(no_adapter(if names.is_empty() {
        "no Vulkan driver found; install the GPU's driver or use --renderer cpu".to_owned()
    } else {
        format!(
            "none of {} will do (software GPUs are slower than the CPU renderer); use --renderer cpu",
            names.join("; ")
        )
    }))
}

/// Notes why the device was lost; an error that nobody expected counts as loss, since nothing drawn after it is sure.
fn watch(device: &Device) -> Arc<Mutex<Option<String>>> {
    let lost = Arc::new(Mutex::new(None));
    let note = |lost: &Arc<Mutex<Option<String>>>, why: String| {
        tracing::error!("GPU: {why}");
        lost.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
    };
    let by_callback = Arc::clone(&lost);
    device.set_device_lost_callback(move |reason, message| note(&by_callback, format!("{reason:?}: {message}")));
    let by_error = Arc::clone(&lost);
    device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| note(&by_error, error.to_string())));
    lost
}

fn draw_pipelines(
    device: &Device,
    layouts: &Layouts,
    cache: Option<&PipelineCache>,
) -> (RenderPipeline, RenderPipeline) {
    let module = device.create_shader_module(wgpu::include_wgsl!("draw.wgsl"));
    let make = |entry, bind_groups: &[Option<&BindGroupLayout>], blend| {
        let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(entry),
            bind_group_layouts: bind_groups,
            immediate_size: 0,
        });
        let state = wgpu::ColorTargetState { format: TARGET, blend, write_mask: wgpu::ColorWrites::ALL };
        device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some(entry),
            layout: Some(&layout),
            vertex: wgpu::VertexState {
                module: &module,
                entry_point: Some("vertex"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                buffers: &[],
            },
            primitive: wgpu::PrimitiveState { topology: wgpu::PrimitiveTopology::TriangleStrip, ..Default::default() },
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            fragment: Some(wgpu::FragmentState {
                module: &module,
                entry_point: Some(entry),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                targets: &[Some(state)],
            }),
            multiview_mask: None,
            cache,
        })
    };
    let Layouts { record, planes, backdrop, .. } = layouts;
    let over = Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING);
    let normal = make("normal", &[Some(record), Some(planes)], over);
    let blended = make("blended", &[Some(record), Some(planes), Some(backdrop)], None);
    (normal, blended)
}

fn pack_pipeline(device: &Device, layouts: &Layouts, cache: Option<&PipelineCache>) -> ComputePipeline {
    let module = device.create_shader_module(wgpu::include_wgsl!("pack.wgsl"));
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("pack"),
        bind_group_layouts: &[Some(&layouts.pack)],
        immediate_size: 0,
    });
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("pack"),
        layout: Some(&layout),
        module: &module,
        entry_point: Some("pack"),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache,
    })
}

fn open_cache(device: &Device, path: &Path) -> PipelineCache {
    let data = std::fs::read(path).ok();
    let descriptor = wgpu::PipelineCacheDescriptor { label: Some("vitrine"), data: data.as_deref(), fallback: true };
    // SAFETY: the data was written by `save_cache` for this very driver (its key is the file's name), in a folder
    // that only this program writes to, as `GpuOptions::cache` asks; a header that doesn't fit is ignored.
    unsafe { device.create_pipeline_cache(&descriptor) }
}

/// Keeps what was compiled. A cache that can't be written only makes the next start slower.
fn save_cache(path: &Path, cache: &PipelineCache) {
    let Some(data) = cache.get_data() else { return };
    let whole = path.with_extension("new");
    let written = std::fs::write(&whole, data).and_then(|()| std::fs::rename(&whole, path));
    if let Err(error) = written {
        tracing::warn!("compiled shaders were not kept in {}: {error}", path.display());
    }
}

/// Largest canvas side that any device takes; see [`limits`].
pub(super) fn side_fits(side: u32) -> bool {
    (1..=limits::SIDE_PX_MAX).contains(&side)
}
