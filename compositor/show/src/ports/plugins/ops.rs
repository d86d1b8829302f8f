//! Overlay operations as a plugin commits them and the host has checked them: a plain mirror of
//! `vitrine:plugin/overlay@1.0.0`.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// sRGB, straight alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rgba(pub u8, pub u8, pub u8, pub u8);

/// A rectangle in pixels of the layer's design size, relative to the parent. Every number is finite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width, not negative.
    pub w: f32,
    /// Height, not negative.
    pub h: f32,
}

/// A soft shadow, as in CSS `box-shadow`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoxShadow {
    /// Blur in layer pixels.
    pub blur: f32,
    /// Offset to the right.
    pub x: f32,
    /// Offset downwards.
    pub y: f32,
    /// Colour; alpha is its strength.
    pub color: Rgba,
}

/// What a text says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextSrc {
    /// These words.
    Literal(Arc<str>),
    /// The value bound to this name.
    Bound(Arc<str>),
    /// Time left until this instant (milliseconds since 1970), run by the host.
    Countdown(u64),
    /// One moving line of these entries.
    Marquee(Vec<Arc<str>>),
}

/// A number that the picture follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumSrc {
    /// This number.
    Fixed(f32),
    /// The value bound to this name; changes glide.
    Bound(Arc<str>),
    /// From 1 to 0 between two instants (milliseconds since 1970).
    Between(u64, u64),
}

/// Across or along, as text in a box stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stand {
    /// Left or top.
    #[default]
    Start,
    /// In the middle.
    Center,
    /// Right or bottom.
    End,
}

/// How a picture fills its box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImageFit {
    /// All of the box is covered.
    #[default]
    Cover,
    /// All of the picture is seen.
    Contain,
    /// Exactly the box.
    Stretch,
}

/// What a node shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Only its children.
    Group,
    /// A rounded panel.
    Rect {
        /// Colour inside.
        fill: Rgba,
        /// Corner radius in layer pixels.
        radius: f32,
        /// Thickness of the line inside the edge; 0 is none.
        border: f32,
        /// Its colour.
        border_color: Rgba,
        /// A soft shadow under it.
        shadow: Option<BoxShadow>,
    },
    /// Words.
    Text {
        /// What it says.
        src: TextSrc,
        /// Family; empty is the show's.
        font: Arc<str>,
        /// Em height in layer pixels.
        size: f32,
        /// 100 to 900.
        weight: u16,
        /// Colour.
        color: Rgba,
        /// Across.
        align: Stand,
        /// Down.
        valign: Stand,
        /// 0 is no limit; the last line ends in an ellipsis.
        max_lines: u8,
        /// Figures of equal width.
        tabular: bool,
        /// Struck through.
        strike: bool,
    },
    /// A picture.
    Image {
        /// A packaged file, an id of `assets.fetch`, or `product:SKU`. See [`super::Plugins::asset`].
        asset: Arc<str>,
        /// How it fills the box.
        fit: ImageFit,
        /// Corner radius in layer pixels.
        radius: f32,
    },
    /// A QR code, error correction M.
    Qr {
        /// What it says.
        data: Arc<str>,
        /// Dark modules.
        dark: Rgba,
        /// Light modules and quiet zone.
        light: Rgba,
        /// Quiet zone in modules.
        quiet: u8,
    },
    /// A bar that fills from its left.
    Bar {
        /// From 0 to 1.
        value: NumSrc,
        /// The filled part.
        fg: Rgba,
        /// The rest.
        bg: Rgba,
        /// Corner radius in layer pixels.
        radius: f32,
    },
}

/// One node of a layer's tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// The plugin's own number, unique in the layer.
    pub id: u32,
    /// Its parent, which exists.
    pub parent: Option<u32>,
    /// Higher is in front, among siblings.
    pub z: i32,
    /// Where it lies.
    pub frame: Frame,
    /// 0 unseen, 1 full.
    pub opacity: f32,
    /// What it shows.
    pub shape: Shape,
}

/// A property that can move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prop {
    /// Offset to the right, in layer pixels.
    X,
    /// Offset downwards, in layer pixels.
    Y,
    /// Factor about the node's centre.
    Scale,
    /// Factor on the node's opacity.
    Opacity,
    /// Degrees clockwise about the node's centre.
    Rotation,
}

/// How a value comes to its keyframe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ease {
    /// Evenly.
    #[default]
    Linear,
    /// Slowly at first.
    In,
    /// Slowly at last.
    Out,
    /// Slowly at both ends.
    InOut,
    /// Stays until then, and jumps.
    Hold,
}

/// A value at an instant of an animation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Keyframe {
    /// Milliseconds from the commit; keyframes are in order.
    pub at_ms: u32,
    /// The value.
    pub value: f32,
    /// How it gets there.
    pub ease: Ease,
}

/// One change of a layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Op {
    /// Adds or replaces a node.
    Put(Node),
    /// Takes a node and its children.
    Remove(u32),
    /// Starts moving a property; replaces what moved it.
    Animate {
        /// The node.
        node: u32,
        /// What moves.
        prop: Prop,
        /// At least one, in order.
        keys: Vec<Keyframe>,
        /// Times that it plays again; 0 plays once.
        repeats: u32,
    },
    /// Stops moving a property: it stands at its last keyframe's end, as if never moved.
    Stop(u32, Prop),
    /// Gives a name its words.
    BindText(Arc<str>, Arc<str>),
    /// Gives a name its number.
    BindNum(Arc<str>, f32),
    /// Shows or hides the layer.
    Visible(bool),
    /// Takes every node.
    Clear,
}
