//! `[[scene]]`: layers, back to front, and how they lie on each canvas.

use super::base::{About, Given, Name, Named};
use super::goods::{Board, Goods, SkuUsed, Ticker};
use super::nearest::nearest;
use super::place::Look;
use super::reader::{Cx, Fields, Kind, Rule, Value, printable};
use super::text::TextLayer;
use super::transition::TransitionUse;
use super::units::Millis;
use crate::draw::Color;
use schemars::{Schema, SchemaGenerator};
use toml::de::DeValue;
use vitrine_media::{CanvasName, IdError, InputId, SceneName};

table! {
    /// A scene: what can be put on preview and program.
    pub struct Scene {
        /// Its name.
        pub name: SceneName | (Given),
        /// How it comes on program; the transition called `default` if not said, else a fade of 400 ms.
        pub transition: Option<TransitionUse> = None,
        /// The scene that follows by itself, and when; none if not said.
        pub then: Option<Then> = None,
        /// Its layers, back to front.
        pub layers as "layer": Vec<Layer> = Vec::new(),
        /// How it lies on other canvases.
        pub on: Named<CanvasName, OnCanvas> | (About) = Named::default(),
    }
    check Scene::check
}

table! {
    /// What follows a scene by itself.
    pub struct Then {
        /// The scene that follows, by its own transition.
        pub scene: SceneName,
        /// How long this one stands before, counted from the end of its transition; 1 second to 24 hours.
        pub after: Millis,
    }
    check Then::check
}

/// Shortest and longest time that a scene may stand before the next follows by itself, in milliseconds. Anything
/// shorter is a flicker that no hand can stop; a day is longer than any show.
const STANDS_MS: std::ops::RangeInclusive<u64> = 1_000..=86_400_000;

impl Then {
    fn check(&self, fields: &Fields<'_>, cx: &mut Cx<'_>) {
        if !STANDS_MS.contains(&self.after.0) {
            let what = format!("a scene can't give way after {} ms", self.after.0);
            cx.problem(fields.span_of_key("after"), "FILE_RANGE", what, "use \"1s\" to \"24h\"");
        }
    }
}

either! {
    /// What a layer shows.
    pub enum Content {
        /// An input.
        "input" => Input(InputId),
        /// Another scene, as a group.
        "scene" => Scene(SceneName),
        /// A colour.
        "color" => Color(Color),
        /// A text.
        "text" => Text(TextLayer),
        /// A product's card: picture, price, what is left, QR code. A SKU, or `"@stage"` for what is on stage.
        "card" => Card(Goods),
        /// A product's QR code with its short code. A SKU, or `"@stage"` for what is on stage.
        "qr" => Qr(Goods),
        /// What viewers play: the newest `"poll"` or `"giveaway"`.
        "board" => Board(Board),
        /// Texts that run along the picture.
        "ticker" => Ticker(Ticker),
    }
}

table! {
    /// A layer.
    pub struct Layer {
        /// Its name; that of its input or scene if not said.
        pub name: Option<LayerName> | (Label) = None,
        /// Whether it is seen.
        pub visible: bool = true,
        /// The product that it shows, by SKU: viewers can click it on the shopper's page.
        pub product: Option<String> | (SkuUsed) = None,
    }
    flat {
        /// What it shows.
        pub content: Content,
        /// How it lies and looks.
        pub look: Look,
    }
}

impl Layer {
    /// The name by which a canvas speaks of it.
    #[must_use]
    pub fn label(&self) -> &str {
        match (&self.name, &self.content) {
            (Some(name), _) => name.as_str(),
            (None, Content::Input(input)) => input.as_str(),
            (None, Content::Scene(scene)) => scene.as_str(),
            (None, Content::Color(_)) => "color",
            (None, Content::Text(_)) => "text",
            (None, Content::Card(_)) => "card",
            (None, Content::Qr(_)) => "qr",
            (None, Content::Board(_)) => "board",
            (None, Content::Ticker(_)) => "ticker",
        }
    }
}

table! {
    /// How a scene lies on one canvas.
    default pub struct OnCanvas {
        /// Changes by layer name. What is not said is derived.
        pub layers as "layer": Named<LayerName, LayerChange> | (About) = Named::default(),
    }
}

table! {
    /// What is other about a layer on one canvas.
    pub struct LayerChange {
        /// Whether it is seen there.
        pub visible: Option<bool> = None,
    }
    flat {
        /// How it lies and looks there.
        pub look: Look,
    }
}

/// The name of a layer within its scene.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LayerName(SceneName);

impl LayerName {
    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Name for LayerName {
    const KIND: Kind = Kind::Layer;
    fn parse(name: &str) -> Result<Self, IdError> {
        SceneName::new(name).map(Self)
    }
    fn text(&self) -> &str {
        self.as_str()
    }
}

/// Reads a layer's own name; it counts within its scene only.
struct Label;

impl Rule<Option<LayerName>> for Label {
    fn read(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<Option<LayerName>> {
        let text = super::base::text_of(value, "the name of a layer", cx)?;
        LayerName::parse(text).map(Some).map_err(|e| cx.problem(value.span(), "FILE_NAME", e.to_string(), "")).ok()
    }
    fn schema(&self, _: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "string", "minLength": 1, "maxLength": 64 })
    }
}

impl Scene {
    fn check(&self, fields: &mut Fields<'_>, cx: &mut Cx<'_>) {
        if self.then.as_ref().is_some_and(|then| then.scene == self.name) {
            let what = format!("scene \"{}\" would follow itself", self.name);
            cx.problem(fields.span_of_key("then"), "FILE_CYCLE", what, "name another scene, or leave `then` out");
        }
        self.check_canvases(fields, cx);
    }

    /// Each layer that a canvas speaks of has to be there, once.
    fn check_canvases(&self, fields: &mut Fields<'_>, cx: &mut Cx<'_>) {
        let Some(DeValue::Table(canvases)) = fields.value("on").map(|value| value.get_ref()) else { return };
        let changes = canvases.values().filter_map(|canvas| match canvas.get_ref() {
            DeValue::Table(canvas) => canvas.get("layer"),
            _ => None,
        });
        for change in changes {
            let DeValue::Table(layers) = change.get_ref() else { continue };
            for key in layers.keys() {
                let name = key.get_ref().as_ref();
                match self.layers.iter().filter(|layer| layer.label() == name).count() {
                    1 => {}
                    0 => {
                        let what = format!("scene \"{}\" has no layer \"{}\"", self.name, printable(name));
                        let near = nearest(name, self.layers.iter().map(Layer::label));
                        let help = near.map_or_else(String::new, |near| format!("did you mean \"{near}\"?"));
                        cx.problem(key.span(), "FILE_UNKNOWN_NAME", what, help);
                    }
                    n => {
                        let what = format!("{n} layers of scene \"{}\" are called \"{}\"", self.name, printable(name));
                        cx.problem(key.span(), "FILE_DUPLICATE", what, "give each a name = \"…\" of its own");
                    }
                }
            }
        }
    }
}
