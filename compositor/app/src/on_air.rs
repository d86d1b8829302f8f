//! What the tick reads: the show, what is on air and what plugins drew, swapped whole in one `Arc`.

use arc_swap::{ArcSwap, Guard};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use vitrine_media::{PluginId, ShowTime};
use vitrine_scene::air::Air;
use vitrine_scene::draw::{Draw, DrawList, Rect, Sizes, Source};
use vitrine_scene::model::Show;
use vitrine_scene::overlay::Layer;
use vitrine_scene::plan::{Memo, Moment, Overlays, Wanted, plan_into, plan_scene, rasters_needed};
use vitrine_scene::raster::{BitmapId, RasterSpec};
use vitrine_show::ports::plugins::Plugins;

/// Layers that plugins have committed, by plugin and layer name.
pub type Layers = HashMap<(PluginId, String), Arc<Layer>>;

/// Pictures that overlays name: packaged with plugins, or of the show's products.
#[derive(Default)]
pub struct Assets {
    /// Image files of products, by SKU; read when the show file is.
    pub products: HashMap<String, Arc<[u8]>>,
    /// The plugins, once they run.
    pub plugins: OnceLock<Arc<dyn Plugins>>,
}

/// One state of the show, ready to be planned at any instant.
#[derive(Clone)]
pub struct OnAir {
    /// The show.
    pub show: Arc<Show>,
    /// What is on air.
    pub air: Air,
    /// The technical fault slate, if it is up: over everything.
    pub slate: Option<Arc<RasterSpec>>,
    /// What plugins drew.
    pub layers: Arc<Layers>,
    /// Pictures that overlays name.
    pub assets: Arc<Assets>,
    /// Wall clock at the show's start, in milliseconds since 1970: what countdowns count down to.
    pub started_unix_ms: u64,
}

/// Names the slate's place among bitmaps.
const SLATE_PLACE: u64 = u64::MAX;

impl OnAir {
    fn moment<'a>(&'a self, canvas: usize, at: ShowTime, sizes: &'a dyn Sizes) -> Moment<'a> {
        Moment { show: &self.show, air: &self.air, canvas, at, sizes, overlays: self }
    }

    /// Plans the program of a canvas.
    pub fn plan_into(&self, memo: &mut Memo, list: &mut DrawList, canvas: usize, at: ShowTime, sizes: &dyn Sizes) {
        plan_into(&self.moment(canvas, at, sizes), memo, list);
        if let Some(slate) = &self.slate {
            #[allow(clippy::cast_precision_loss, reason = "a canvas has at most 8192 pixels a side")]
            let rect = Rect { x: 0.0, y: 0.0, w: list.canvas.width as f32, h: list.canvas.height as f32 };
            list.draws.push(Draw::new(Source::Bitmap { id: slate.id(), place: SLATE_PLACE }, rect));
        }
    }

    /// Plans one scene alone, as monitors show it.
    pub fn plan_scene(&self, scene: &vitrine_media::SceneName, at: ShowTime, sizes: &dyn Sizes) -> DrawList {
        plan_scene(&self.moment(0, at, sizes), scene)
    }

    /// The bitmaps that all canvases need at `at`.
    pub fn rasters(&self, at: ShowTime, sizes: &dyn Sizes) -> Vec<Wanted> {
        let canvases = 0..self.show.canvases.len();
        let mut all: Vec<Wanted> =
            canvases.flat_map(|canvas| rasters_needed(&self.moment(canvas, at, sizes))).collect();
        if let Some(slate) = &self.slate {
            let id: BitmapId = slate.id();
            all.push(Wanted { id, place: SLATE_PLACE, spec: Arc::clone(slate) });
        }
        all
    }
}

impl Overlays for OnAir {
    fn layer(&self, plugin: &PluginId, slot: &str) -> Option<Arc<Layer>> {
        self.layers.iter().find(|((p, s), _)| p == plugin && s == slot).map(|(_, layer)| Arc::clone(layer))
    }

    fn asset(&self, plugin: &PluginId, name: &str) -> Option<Arc<[u8]>> {
        match name.strip_prefix("product:") {
            Some(sku) => self.assets.products.get(sku).cloned(),
            None => self.assets.plugins.get()?.asset(plugin, name),
        }
    }

    fn unix_ms(&self, at: ShowTime) -> u64 {
        self.started_unix_ms + at.millis()
    }
}

/// The newest state; loading and storing never wait for each other.
#[derive(Clone)]
pub struct OnAirCell(Arc<ArcSwap<OnAir>>);

impl OnAirCell {
    /// A cell with its first state.
    pub fn new(first: OnAir) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(first)))
    }

    /// The newest state.
    pub fn load(&self) -> Guard<Arc<OnAir>> {
        self.0.load()
    }

    /// Swaps in a state.
    pub fn store(&self, next: OnAir) {
        self.0.store(Arc::new(next));
    }
}
