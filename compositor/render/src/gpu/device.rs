//! The device: which adapter, what is compiled at the start, and whether it is still there.

use super::limits;
use crate::{RenderError, RendererInfo};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use wgpu::{
    Adapter, BindGroupLayout, BindGroupLayoutDescriptor, BindGroupLayoutEntry, BindingType, BlendState,
    BufferBindingType, ColorTargetState, ColorWrites, ComputePipeline, ComputePipelineDescriptor, Device, DeviceType,
    Features, FragmentState, Instance, InstanceDescriptor, MultisampleState, PipelineCache, PipelineCompilationOptions,
    PipelineLayout, PipelineLayoutDescriptor, PrimitiveState, PrimitiveTopology, Queue, RenderPipeline,
    RenderPipelineDescriptor, ShaderModule, ShaderStages, TextureFormat, TextureSampleType, TextureViewDimension,
    VertexState,
};

/// What luma and alpha are drawn in. Half floats keep a stack of layers from rounding at each.
pub(super) const LUMA: TextureFormat = TextureFormat::Rg16Float;

/// What chroma and its alpha are drawn in.
pub(super) const CHROMA: TextureFormat = TextureFormat::Rgba16Float;

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
    pub(super) over: Both,
    /// Draws what it reckoned from a copy of what was there.
    pub(super) blended: Both,
    /// Makes a keyed picture readable.
    pub(super) keyed: Both,
    /// Makes a bitmap readable.
    pub(super) bitmap: Both,
    pub(super) pack: ComputePipeline,
    lost: Arc<Mutex<Option<String>>>,
}

/// A thing that luma and chroma each have.
#[derive(Clone)]
pub(super) struct Both<T = RenderPipeline> {
    pub(super) luma: T,
    pub(super) chroma: T,
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
            backdrop: layout("backdrop", &[0, 1].map(|binding| texture(binding, fragment))),
            pack: layout(
                "pack",
                &[
                    texture(0, ShaderStages::COMPUTE),
                    texture(1, ShaderStages::COMPUTE),
                    buffer(2, ShaderStages::COMPUTE, storage, false),
                    buffer(3, ShaderStages::COMPUTE, BufferBindingType::Uniform, false),
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
        let maker = Maker { device: &device, layouts: &layouts, cache: cache.as_ref() };
        let [over, blended] = maker.draws();
        let [keyed, bitmap] = maker.conversions();
        let pack = maker.pack();
        if let (Some(path), Some(cache)) = (&kept, &cache) {
            save_cache(path, cache);
        }
        let gpu = Self { device, queue, info, layouts, over, blended, keyed, bitmap, pack, lost };
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

/// Makes pipelines.
struct Maker<'m> {
    device: &'m Device,
    layouts: &'m Layouts,
    cache: Option<&'m PipelineCache>,
}

impl Maker<'_> {
    fn layout(&self, bind_groups: &[Option<&BindGroupLayout>]) -> PipelineLayout {
        let label = Some("vitrine");
        let descriptor = PipelineLayoutDescriptor { label, bind_group_layouts: bind_groups, immediate_size: 0 };
        self.device.create_pipeline_layout(&descriptor)
    }

    fn render(
        &self,
        layout: &PipelineLayout,
        module: &ShaderModule,
        (vertex, fragment): (&str, &str),
        format: TextureFormat,
        blend: Option<BlendState>,
    ) -> RenderPipeline {
        let state = ColorTargetState { format, blend, write_mask: ColorWrites::ALL };
        self.device.create_render_pipeline(&RenderPipelineDescriptor {
            label: Some(fragment),
            layout: Some(layout),
            vertex: VertexState {
                module,
                entry_point: Some(vertex),
                compilation_options: PipelineCompilationOptions::default(),
                buffers: &[],
            },
            primitive: PrimitiveState { topology: PrimitiveTopology::TriangleStrip, ..Default::default() },
            depth_stencil: None,
            multisample: MultisampleState::default(),
            fragment: Some(FragmentState {
                module,
                entry_point: Some(fragment),
                compilation_options: PipelineCompilationOptions::default(),
                targets: &[Some(state)],
            }),
            multiview_mask: None,
            cache: self.cache,
        })
    }

    /// A shader that knows the colour matrix.
    fn shader(&self, label: &str, text: &str) -> wgpu::ShaderModule {
        let text = crate::color::for_shaders() + text;
        let source = wgpu::ShaderSource::Wgsl(text.into());
        self.device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(label), source })
    }

    /// Over, and by way of a copy.
    fn draws(&self) -> [Both; 2] {
        let module = self.shader("draw", include_str!("draw.wgsl"));
        let Layouts { record, planes, backdrop, .. } = self.layouts;
        let over = self.layout(&[Some(record), Some(planes)]);
        let copied = self.layout(&[Some(record), Some(planes), Some(backdrop)]);
        let premultiplied = Some(BlendState::PREMULTIPLIED_ALPHA_BLENDING);
        let make = |layout, luma, chroma, blend| Both {
            luma: self.render(layout, &module, ("vertex_luma", luma), LUMA, blend),
            chroma: self.render(layout, &module, ("vertex_chroma", chroma), CHROMA, blend),
        };
        [make(&over, "luma_over", "chroma_over", premultiplied), make(&copied, "luma_blended", "chroma_blended", None)]
    }

    /// Of keyed pictures, and of bitmaps.
    fn conversions(&self) -> [Both; 2] {
        let module = self.shader("convert", include_str!("convert.wgsl"));
        let layout = self.layout(&[Some(&self.layouts.planes)]);
        let make = |luma, chroma| Both {
            luma: self.render(&layout, &module, ("whole", luma), LUMA, None),
            chroma: self.render(&layout, &module, ("whole", chroma), CHROMA, None),
        };
        [make("keyed_luma", "keyed_chroma"), make("bitmap_luma", "bitmap_chroma")]
    }

    fn pack(&self) -> ComputePipeline {
        let module = self.device.create_shader_module(wgpu::include_wgsl!("pack.wgsl"));
        self.device.create_compute_pipeline(&ComputePipelineDescriptor {
            label: Some("pack"),
            layout: Some(&self.layout(&[Some(&self.layouts.pack)])),
            module: &module,
            entry_point: Some("pack"),
            compilation_options: PipelineCompilationOptions::default(),
            cache: self.cache,
        })
    }
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
