//! The show as the plan uses it: names looked up, lengths and colours parsed, settings shared.
//!
//! Built off the tick from a [`ShowFile`]; a reload builds a new one and swaps it in.

use crate::draw::{Color, Rect};
use crate::file::{
    self, Content, Look, Motion, OverlayContent, ScreenColor, ShowFile, Theme, Transition, TransitionUse,
};
use crate::grade::{Correction, Grade, Key, Lut3, Plate, Screen};
use crate::own::Own;
use crate::plan::text;
use crate::raster::{BitmapId, RasterSpec};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use vitrine_media::{CanvasName, FrameRate, InputId, OverlayId, PluginId, SceneName, Size};

/// What a show file names but does not hold; a machine has loaded it. `None` is "not there (yet)".
pub trait Assets {
    /// A clean plate.
    fn plate(&self, path: &str) -> Option<Arc<Plate>>;
    /// A look-up table.
    fn lut(&self, path: &str) -> Option<Arc<Lut3>>;
}

/// The clean plates and look-up tables that a show file names, each once: what a machine loads for [`Assets`].
/// The first list holds plates, the second tables.
#[must_use]
pub fn asset_paths(file: &ShowFile) -> (Vec<&str>, Vec<&str>) {
    let inputs = || file.inputs.0.iter().map(|(_, input)| input);
    let mut plates: Vec<&str> = inputs().filter_map(|input| input.key.as_ref()?.clean_plate.as_deref()).collect();
    let mut tables: Vec<&str> = inputs().filter_map(|input| input.color.as_ref()?.lut.as_deref()).collect();
    for paths in [&mut plates, &mut tables] {
        paths.sort_unstable();
        paths.dedup();
    }
    (plates, tables)
}

/// No assets at all.
impl Assets for () {
    fn plate(&self, _: &str) -> Option<Arc<Plate>> {
        None
    }
    fn lut(&self, _: &str) -> Option<Arc<Lut3>> {
        None
    }
}

/// A show, ready to be planned.
#[derive(Clone, Debug)]
pub struct Show {
    /// Its name.
    pub name: String,
    /// What is composed; the first is the one that scenes are designed on.
    pub canvases: Vec<Canvas>,
    /// Its inputs, in the order of the file.
    pub inputs: Vec<Input>,
    /// Its scenes, in the order of the file.
    pub scenes: Vec<Scene>,
    /// Its overlays, back to front.
    pub overlays: Vec<Overlay>,
    /// Accent colour and type.
    pub theme: Theme,
    scene_index: HashMap<SceneName, usize>,
}

/// A picture that is composed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canvas {
    /// Its name.
    pub name: CanvasName,
    /// Its size in pixels.
    pub size: Size,
    /// Its rate.
    pub rate: FrameRate,
}

impl Canvas {
    /// How long a pixel of a 1080p design is here: figures of graphics scale by it.
    #[must_use]
    pub fn unit(&self) -> f32 {
        unit(self.size)
    }
}

/// How long a pixel of a 1080p design is on a canvas of `size`, by its shorter side.
#[must_use]
pub fn unit(size: Size) -> f32 {
    px(size.width.min(size.height)) / 1080.0
}

#[allow(clippy::cast_precision_loss, reason = "sizes stay below 2^24")]
pub(crate) const fn px(n: u32) -> f32 {
    n as f32
}

/// An input as a scene sees it.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name.
    pub id: InputId,
    /// Where its picture comes from.
    pub picture: InputPicture,
    /// Key and correction; inputs with equal settings share one.
    pub grade: Arc<Grade>,
}

/// Where an input's picture comes from. Colours and texts need no pipeline: the plan draws them.
#[derive(Clone, Debug)]
pub enum InputPicture {
    /// From a pipeline, as pictures.
    Live {
        /// Whether it is opaque for sure: cameras are, files and images may have alpha, keyed ones do.
        opaque: bool,
    },
    /// One colour.
    Solid {
        /// Which.
        color: Color,
        /// Its size; the canvas's if none is said.
        size: Option<Size>,
    },
    /// A text.
    Text(Bitmap),
}

/// A bitmap that a scene needs, known ahead.
#[derive(Clone, Debug, PartialEq)]
pub struct Bitmap {
    /// What to rasterise.
    pub spec: Arc<RasterSpec>,
    /// Its id.
    pub id: BitmapId,
    /// Where it belongs.
    pub place: u64,
    /// Its size in pixels.
    pub size: Size,
}

/// A scene.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Its name.
    pub name: SceneName,
    /// How it comes on program.
    pub transition: Transition,
    /// Its layers for each canvas, back to front.
    pub on: Vec<Vec<Layer>>,
}

/// An overlay.
#[derive(Clone, Debug)]
pub struct Overlay {
    /// Its name.
    pub name: OverlayId,
    /// Whether it is on when the show starts.
    pub shown: bool,
    /// How it comes.
    pub enter: Motion,
    /// How it goes.
    pub exit: Motion,
    /// How it lies, for each canvas.
    pub on: Vec<Layer>,
}

impl Overlay {
    /// How long it takes to come.
    #[must_use]
    pub fn enter_duration(&self) -> Duration {
        motion_duration(&self.enter)
    }

    /// How long it takes to go.
    #[must_use]
    pub fn exit_duration(&self) -> Duration {
        motion_duration(&self.exit)
    }
}

fn motion_duration(motion: &Motion) -> Duration {
    let none = motion.kind == file::MotionKind::None;
    Duration::from_millis(if none { 0 } else { u64::from(motion.ms) })
}

/// A layer of a scene, or an overlay, on one canvas.
#[derive(Clone, Debug)]
pub struct Layer {
    /// What it shows.
    pub content: LayerContent,
    /// Whether it is seen at all.
    pub visible: bool,
    /// How it lies and looks.
    pub look: Look,
    /// The canvas that the look's figures are meant for; another one than its own if its place is derived.
    pub design: Size,
    /// The product that it shows: what a click on it opens.
    pub product: Option<Arc<str>>,
}

/// What a layer shows.
#[derive(Clone, Debug)]
pub enum LayerContent {
    /// An input, by its index.
    Input(usize),
    /// A scene, by its index.
    Scene(usize),
    /// A colour.
    Solid(Color),
    /// A text; it lies in `rect` of the canvas.
    Text {
        /// The bitmap.
        bitmap: Bitmap,
        /// Where.
        rect: Rect,
    },
    /// A layer of a plugin.
    Plugin {
        /// Which plugin.
        plugin: PluginId,
        /// Which of its layers.
        slot: String,
        /// Names its bitmaps.
        place: u64,
    },
}

/// A number that names a spot of the picture: bitmaps that follow each other there share it.
pub(crate) fn place_id(parts: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

impl Show {
    /// Builds the show of a file that [`file::parse`] has accepted. `before` is the show that it replaces: settings
    /// that did not change keep their `Arc`, so that renderers keep what they have made of them.
    #[must_use]
    pub fn new(file: &ShowFile, assets: &dyn Assets, before: Option<&Self>) -> Self {
        let canvases: Vec<Canvas> = file
            .canvases
            .iter()
            .map(|canvas| Canvas { name: canvas.name.clone(), size: canvas.pixels(), rate: canvas.fps.0 })
            .collect();
        let inputs = inputs(file, assets, before);
        let scene_index = file.scenes.iter().enumerate().map(|(i, scene)| (scene.name.clone(), i)).collect();
        let mut show = Self {
            name: file.name.clone(),
            canvases,
            inputs,
            scenes: Vec::new(),
            overlays: Vec::new(),
            theme: file.theme.clone(),
            scene_index,
        };
        show.scenes = file.scenes.iter().map(|scene| show.build_scene(file, scene)).collect();
        show.overlays = file.overlays.iter().filter_map(|overlay| show.build_overlay(overlay)).collect();
        show
    }

    /// The scene called `name`.
    #[must_use]
    pub fn scene(&self, name: &SceneName) -> Option<&Scene> {
        self.scene_index(name).and_then(|index| self.scenes.get(index))
    }

    /// The index of the scene called `name`.
    #[must_use]
    pub fn scene_index(&self, name: &SceneName) -> Option<usize> {
        self.scene_index.get(name).copied()
    }

    /// The input called `id`.
    #[must_use]
    pub fn input(&self, id: &InputId) -> Option<&Input> {
        self.inputs.iter().find(|input| input.id == *id)
    }

    /// The overlay called `name`.
    #[must_use]
    pub fn overlay(&self, name: &OverlayId) -> Option<&Overlay> {
        self.overlays.iter().find(|overlay| overlay.name == *name)
    }

    /// The index of the canvas called `name`.
    #[must_use]
    pub fn canvas_index(&self, name: &CanvasName) -> Option<usize> {
        self.canvases.iter().position(|canvas| canvas.name == *name)
    }

    fn build_scene(&self, file: &ShowFile, scene: &file::Scene) -> Scene {
        let transition = match &scene.transition {
            Some(TransitionUse::Own(own)) => own.clone(),
            Some(TransitionUse::Named(name)) => file.transitions.get(name).cloned().unwrap_or_default(),
            None => file::TransitionName::new("default")
                .ok()
                .and_then(|name| file.transitions.get(&name).cloned())
                .unwrap_or_default(),
        };
        let on = (0..self.canvases.len()).map(|canvas| self.layers_on(scene, canvas)).collect();
        Scene { name: scene.name.clone(), transition, on }
    }

    fn layers_on(&self, scene: &file::Scene, canvas: usize) -> Vec<Layer> {
        let name = self.canvases.get(canvas).map(|canvas| &canvas.name);
        let changes = name.and_then(|name| scene.on.get(name)).map(|on| &on.layers);
        let layers = scene.layers.iter().enumerate().filter_map(|(index, layer)| {
            let change = changes.and_then(|all| all.0.iter().find(|(name, _)| name.as_str() == layer.label()));
            let change = change.map(|(_, change)| change);
            let place = place_id(("scene", scene.name.as_str(), index, canvas));
            let content = match &layer.content {
                Content::Input(input) => Drawn::Input(input),
                Content::Scene(scene) => Drawn::Scene(scene),
                Content::Color(color) => Drawn::Solid(*color),
                Content::Text(text) => Drawn::Text(&text.0),
                Content::Card(goods) => Drawn::Own(Own::Card(goods.clone())),
                Content::Qr(goods) => Drawn::Own(Own::Qr(goods.clone())),
                Content::Board(board) => Drawn::Own(Own::Board(*board)),
                Content::Ticker(ticker) => Drawn::Own(Own::Ticker(ticker.clone())),
            };
            let built = self.build_layer(content, layer.visible, &layer.look, change, canvas, place)?;
            Some(Layer { product: layer.product.as_deref().map(Arc::from), ..built })
        });
        layers.collect()
    }

    fn build_overlay(&self, overlay: &file::Overlay) -> Option<Overlay> {
        let slot = overlay.slot.as_deref().unwrap_or("main");
        let on = self.canvases.iter().enumerate().map(|(index, canvas)| {
            let content = match &overlay.content {
                OverlayContent::Plugin(plugin) => Drawn::Plugin(plugin, slot),
                OverlayContent::Input(input) => Drawn::Input(input),
                OverlayContent::Scene(scene) => Drawn::Scene(scene),
                OverlayContent::Color(color) => Drawn::Solid(*color),
                OverlayContent::Text(text) => Drawn::Text(&text.0),
                OverlayContent::Card(goods) => Drawn::Own(Own::Card(goods.clone())),
                OverlayContent::Qr(goods) => Drawn::Own(Own::Qr(goods.clone())),
                OverlayContent::Board(board) => Drawn::Own(Own::Board(*board)),
                OverlayContent::Ticker(ticker) => Drawn::Own(Own::Ticker(ticker.clone())),
            };
            let change = overlay.on.get(&canvas.name);
            let place = place_id(("overlay", overlay.name.as_str(), index));
            let built = self.build_layer(content, true, &overlay.look, change, index, place)?;
            Some(Layer { product: overlay.product.as_deref().map(Arc::from), ..built })
        });
        Some(Overlay {
            name: overlay.name.clone(),
            shown: overlay.shown,
            enter: overlay.enter.clone(),
            exit: overlay.exit.clone(),
            on: on.collect::<Option<Vec<_>>>()?,
        })
    }

    fn build_layer(
        &self,
        content: Drawn<'_>,
        visible: bool,
        base: &Look,
        change: Option<&file::LayerChange>,
        canvas: usize,
        place: u64,
    ) -> Option<Layer> {
        let size = self.canvases.get(canvas)?.size;
        let first = self.canvases.first()?.size;
        let replaced = change.is_some_and(|change| change.look.place.is_some() || change.look.bounds.is_some());
        let design = if replaced { size } else { first };
        let look = change.map_or_else(|| base.clone(), |change| change.look.over(base));
        let content = match content {
            Drawn::Input(id) => LayerContent::Input(self.inputs.iter().position(|input| input.id == *id)?),
            Drawn::Scene(name) => LayerContent::Scene(self.scene_index(name)?),
            Drawn::Solid(color) => LayerContent::Solid(color),
            Drawn::Text(style) => {
                let (spec, rect) = text::layer(style, &look, size, design, &self.theme);
                let bitmap = bitmap(spec, place);
                LayerContent::Text { bitmap, rect }
            }
            Drawn::Plugin(plugin, slot) => {
                LayerContent::Plugin { plugin: plugin.clone(), slot: slot.to_owned(), place }
            }
            Drawn::Own(own) => LayerContent::Plugin { plugin: crate::own::owner()?, slot: own.slot(), place },
        };
        let visible = change.and_then(|change| change.visible).unwrap_or(visible);
        Some(Layer { content, visible, look, design, product: None })
    }
}

/// What a layer or an overlay of the file draws.
enum Drawn<'a> {
    Input(&'a InputId),
    Scene(&'a SceneName),
    Solid(Color),
    Text(&'a file::TextStyle),
    Plugin(&'a PluginId, &'a str),
    Own(Own),
}

fn bitmap(spec: RasterSpec, place: u64) -> Bitmap {
    let size = match &spec {
        RasterSpec::Text(text) => Size::new(text.box_px.0, text.box_px.1),
        RasterSpec::Qr { side_px, .. } => Size::new(*side_px, *side_px),
        RasterSpec::Image { box_px, .. } => Size::new(box_px.0, box_px.1),
    };
    Bitmap { id: spec.id(), spec: Arc::new(spec), place, size }
}

fn inputs(file: &ShowFile, assets: &dyn Assets, before: Option<&Show>) -> Vec<Input> {
    let mut grades: Vec<Arc<Grade>> =
        before.map_or_else(Vec::new, |show| show.inputs.iter().map(|input| Arc::clone(&input.grade)).collect());
    let mut shared = |grade: Grade| {
        if let Some(known) = grades.iter().find(|known| ***known == grade) {
            return Arc::clone(known);
        }
        let grade = Arc::new(grade);
        grades.push(Arc::clone(&grade));
        grade
    };
    let inputs = file.inputs.0.iter().map(|(id, input)| {
        let picture = match &input.source {
            file::Source::Color(color) => InputPicture::Solid { color: color.fill, size: color.size },
            file::Source::Text(source) => {
                let spec = text::spec(&source.style, source.area, 1.0, &file.theme);
                InputPicture::Text(bitmap(spec, place_id(("input", id.as_str()))))
            }
            file::Source::File(_) | file::Source::Image(_) | file::Source::Pipeline(_) => {
                InputPicture::Live { opaque: false }
            }
            _ => InputPicture::Live { opaque: input.key.is_none() },
        };
        Input { id: id.clone(), picture, grade: shared(grade(input, assets)) }
    });
    inputs.collect()
}

fn grade(input: &file::Input, assets: &dyn Assets) -> Grade {
    let key = input.key.as_ref().map(|key| {
        let plate = key.clean_plate.as_deref().and_then(|path| assets.plate(path));
        let screen = match (plate, key.screen) {
            (Some(plate), _) => Screen::CleanPlate(plate),
            (None, ScreenColor::Auto) => Screen::Auto,
            (None, ScreenColor::Picked(color)) => Screen::Color(color),
        };
        Key {
            screen,
            tolerance: key.tolerance,
            softness: key.softness,
            spill: key.spill,
            shrink_px: key.shrink_px,
            feather_px: key.feather_px,
            garbage: key.garbage.map(file::rect),
            core: key.core.map(file::rect),
            view: key.view,
            grade: key.grade,
        }
    });
    let color = input.color.as_ref().map(|color| Correction {
        gain: color.gain,
        lift: color.lift,
        gamma: color.gamma,
        saturation: color.saturation,
        hue_deg: color.hue_deg,
        temperature: color.temperature,
        lut: color.lut.as_deref().and_then(|path| assets.lut(path)),
    });
    Grade { key, color }
}
