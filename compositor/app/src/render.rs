//! `vitrine render`: one exact frame, without a clock, by the same plan and the same renderer as on air.

use crate::cards::Cards;
use crate::cli::RenderArgs;
use crate::load::{Loaded, load, read_asset, resolve};
use crate::on_air::{Assets, Layers, OnAir};
use anyhow::{Context, anyhow};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use vitrine_media::{InputId, Lane, OnFull, Picture, SceneName, ShowTime, Size};
use vitrine_render::Pictures;
use vitrine_render::overlay::{BitmapStore, FontOptions, Rasteriser, Request, Worker};
use vitrine_scene::air::Program;
use vitrine_scene::draw::{Color, DrawList, Sizes};
use vitrine_scene::file::Source;
use vitrine_scene::model::{LayerContent, Show};
use vitrine_scene::plan::Memo;
use vitrine_scene::raster::BitmapId;
use vitrine_show::run::RunOfShow;

/// Bitmaps kept while one frame is drawn, in bytes.
const BITMAP_BYTES_MAX: u64 = 512 << 20;
/// Where QR codes lead in a still of a show that names no address.
const ADDRESS: &str = "http://127.0.0.1:8080";
/// Times that a pipelined renderer is asked before it is given up.
const DRAWS_MAX: usize = 8;

/// Draws one frame and writes it as a PNG.
pub fn render(args: &RenderArgs) -> anyhow::Result<()> {
    let loaded = load(&args.file, None).map_err(|error| anyhow!(error.lines().join("\n")))?;
    let canvas = match &args.canvas {
        None => 0,
        Some(name) => canvas_index(&loaded, name)?,
    };
    let on_air = scene_on_air(&loaded, args.scene.as_deref())?;
    let at = ShowTime::ZERO.after(args.at);
    let stills = Stills::read(&loaded, args.at)?;
    let mut list = DrawList { canvas: Size::new(0, 0), background: Color::BLACK, draws: Vec::new() };
    stills.make_bitmaps(&on_air, at);
    on_air.plan_into(&mut Memo::default(), &mut list, canvas, at, &stills);
    let mut renderer = crate::renderer::make(args.renderer)?;
    for _ in 0..DRAWS_MAX {
        if let Some(picture) = renderer.draw(&list, &stills, at)? {
            return crate::jpeg::write_png(&picture, &args.out);
        }
    }
    Err(anyhow!("the renderer {} gave no picture", renderer.info().adapter))
}

fn canvas_index(loaded: &Loaded, name: &str) -> anyhow::Result<usize> {
    let names: Vec<&str> = loaded.show.canvases.iter().map(|canvas| canvas.name.as_str()).collect();
    let index = names.iter().position(|known| *known == name);
    index.ok_or_else(|| anyhow!("there is no canvas {name}; there are: {}", names.join(", ")))
}

/// The show with one scene on program, and the overlays that the file shows from the start.
pub fn scene_on_air(loaded: &Loaded, scene: Option<&str>) -> anyhow::Result<OnAir> {
    let mut air = RunOfShow::start(Arc::clone(&loaded.file)).air().clone();
    if let Some(name) = scene {
        let names: Vec<&str> = loaded.show.scenes.iter().map(|scene| scene.name.as_str()).collect();
        if !names.contains(&name) {
            return Err(anyhow!("there is no scene {name}; there are: {}", names.join(", ")));
        }
        air.program = Program::Scene(SceneName::new(name)?);
    }
    let assets = Arc::new(Assets { products: loaded.product_images.clone(), ..Assets::default() });
    let address = loaded.file.address.clone().unwrap_or_else(|| ADDRESS.to_owned());
    let cards = Cards::new(&loaded.file, crate::shopfront::show_id(&loaded.show.name), address);
    let layers = cards.refresh(&loaded.file, &Layers::new(), ShowTime::ZERO, 0).unwrap_or_default();
    let layers = Arc::new(layers);
    Ok(OnAir { show: Arc::clone(&loaded.show), air, slate: None, layers, assets, started_unix_ms: 0 })
}

/// One picture of every input, and the bitmaps.
pub struct Stills {
    pictures: HashMap<InputId, Picture>,
    bitmaps: Arc<BitmapStore>,
}

impl Stills {
    /// Reads or decodes what every input shows at an instant of the show.
    pub fn read(loaded: &Loaded, at: Duration) -> anyhow::Result<Self> {
        let mut rasteriser = Rasteriser::new(FontOptions::default());
        let mut pictures = HashMap::new();
        let seen = seen(&loaded.show);
        for (id, input) in loaded.file.inputs.0.iter().filter(|(id, _)| seen.contains(id)) {
            let picture = match &input.source {
                Source::Image(image) => {
                    let bytes = read_asset(&resolve(&loaded.dir, &image.path))?;
                    rasteriser.load_image(&bytes).with_context(|| format!("input {id}"))?
                }
                Source::Color(_) | Source::Text(_) => continue,
                source => decoded(id, source, loaded, at)?,
            };
            pictures.insert(id.clone(), picture);
        }
        Ok(Self { pictures, bitmaps: Arc::new(BitmapStore::new(BITMAP_BYTES_MAX)) })
    }

    /// Makes every bitmap of the moment before it is planned.
    pub fn make_bitmaps(&self, on_air: &OnAir, at: ShowTime) {
        let lane = Lane::new("render→bitmaps", 1, OnFull::Refuse);
        let mut worker = Worker::new(Rasteriser::new(FontOptions::default()), Arc::clone(&self.bitmaps), lane);
        // What lies behind a text asks for its own bitmap only once the text's size is known.
        let mut made = HashSet::new();
        loop {
            let fresh: Vec<_> = on_air.rasters(at, self).into_iter().filter(|wanted| made.insert(wanted.id)).collect();
            if fresh.is_empty() {
                return;
            }
            for wanted in fresh {
                worker.answer(&Request { id: wanted.id, place: wanted.place, spec: wanted.spec });
            }
        }
    }
}

/// The inputs that a scene or an overlay shows: others may have no picture, as music has none.
fn seen(show: &Show) -> HashSet<&InputId> {
    let scenes = show.scenes.iter().flat_map(|scene| scene.on.iter().flatten());
    let layers = scenes.chain(show.overlays.iter().flat_map(|overlay| &overlay.on));
    let inputs = layers.filter_map(|layer| match layer.content {
        LayerContent::Input(index) => show.inputs.get(index),
        _ => None,
    });
    inputs.map(|input| &input.id).collect()
}

/// The picture of a live source or a file at an instant of the show.
fn decoded(id: &InputId, source: &Source, loaded: &Loaded, at: Duration) -> anyhow::Result<Picture> {
    vitrine_pipeline::init()?;
    match source {
        Source::File(clip) => {
            let path = resolve(&loaded.dir, &clip.uri);
            let at = Duration::from_millis(clip.start.0) + at;
            vitrine_pipeline::decode_frame(&path.display().to_string(), at).with_context(|| format!("input {id}"))
        }
        Source::Test(test) => {
            let first = loaded.show.canvases.first().map(|canvas| canvas.rate);
            let rate = test.fps.map(|fps| fps.0).or(first).context("a show has a canvas")?;
            let pattern = crate::spec::pattern(test.pattern);
            vitrine_pipeline::test_frame(test.size, rate, pattern, at).with_context(|| format!("input {id}"))
        }
        _ => Err(anyhow!(
            "input {id} is live: a frame without a clock needs files, images, texts, colours or test pictures"
        )),
    }
}

impl Sizes for Stills {
    fn input(&self, id: &InputId) -> Option<Size> {
        self.pictures.get(id).map(Picture::size)
    }

    fn bitmap(&self, id: BitmapId) -> Option<Size> {
        self.bitmaps.size(id)
    }
}

impl Pictures for Stills {
    fn input(&self, id: &InputId) -> Option<Picture> {
        self.pictures.get(id).cloned()
    }

    fn bitmap(&self, id: BitmapId, place: u64) -> Option<Picture> {
        self.bitmaps.bitmap(id, place)
    }
}
