//! `[[overlay]]`: the downstream keyer. Above every scene, on and off by itself.

use super::base::{About, Between, Given, Named};
use super::goods::{Board, Goods, SkuUsed, Ticker};
use super::place::Look;
use super::reader::{Cx, Fields};
use super::scene::LayerChange;
use super::text::TextLayer;
use super::transition::Side;
use crate::draw::Color;
use vitrine_media::{CanvasName, InputId, OverlayId, PluginId, SceneName};

either! {
    /// What an overlay shows.
    pub enum OverlayContent {
        /// A layer that a plugin draws; `slot` says which.
        "plugin" => Plugin(PluginId),
        /// An input.
        "input" => Input(InputId),
        /// A scene.
        "scene" => Scene(SceneName),
        /// A text.
        "text" => Text(TextLayer),
        /// A colour.
        "color" => Color(Color),
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
    /// An overlay.
    pub struct Overlay {
        /// Its name.
        pub name: OverlayId | (Given),
        /// Which of the plugin's layers; `"main"` if not said.
        pub slot: Option<String> | (super::base::Text(64)) = None,
        /// Whether it is on when the show starts.
        pub shown: bool = false,
        /// The product that it shows, by SKU: viewers can click it on the shopper's page.
        pub product: Option<String> | (SkuUsed) = None,
        /// How it comes.
        pub enter: Motion = Motion::default(),
        /// How it goes.
        pub exit: Motion = Motion::default(),
        /// How it lies on other canvases.
        pub on: Named<CanvasName, LayerChange> | (About) = Named::default(),
    }
    flat {
        /// What it shows.
        pub content: OverlayContent,
        /// How it lies and looks.
        pub look: Look,
    }
    check Overlay::check
}

impl Overlay {
    fn check(&self, fields: &Fields<'_>, cx: &mut Cx<'_>) {
        if self.slot.is_some() && !matches!(self.content, OverlayContent::Plugin(_)) {
            let what = "\"slot\" means something with \"plugin\" only";
            cx.problem(fields.span_of_key("slot"), "FILE_TWO_KEYS", what, "remove it, or say plugin = \"…\"");
        }
    }
}

words! {
    /// How an overlay moves when it comes or goes.
    pub enum MotionKind {
        /// At once.
        None = "none",
        /// Fades.
        #[default]
        Fade = "fade",
        /// Slides over the edge of the picture while it fades.
        Slide = "slide",
        /// Grows from nine tenths of its size while it fades.
        Grow = "grow",
    }
}

table! {
    /// A motion. Coming it eases out, going it eases in.
    default pub struct Motion {
        /// Which.
        pub kind: MotionKind = MotionKind::Fade,
        /// From which side it comes, or to which it goes.
        pub from: Side = Side::Bottom,
        /// How long, in milliseconds, 0 to 5000.
        pub ms: u32 | (Between(0.0..=5_000.0)) = 300,
    }
}
