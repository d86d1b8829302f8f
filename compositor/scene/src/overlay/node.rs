//! What a plugin may put on its layer, in the words of the plugin interface.

use crate::draw::Color;
use crate::ease::Ease;
use crate::file::Theme;
use crate::raster::{Align, Fit};

/// A rectangle in fractions of the slot.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Frame {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

impl Frame {
    /// All of the slot.
    pub const FULL: Self = Self { x: 0.0, y: 0.0, w: 1.0, h: 1.0 };

    /// A rectangle.
    #[must_use]
    pub const fn new(x: f32, y: f32, w: f32, h: f32) -> Self {
        Self { x, y, w, h }
    }
}

/// A colour of the show's look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Token {
    /// The show's one accent colour.
    Accent,
    /// Ground of panels: near black, nine tenths opaque, so that type keeps its contrast over any video.
    Panel,
    /// Ground of parts within panels.
    PanelRaised,
    /// Type.
    Ink,
    /// Lesser type.
    InkMuted,
    /// A warning.
    Warn,
    /// Danger, nearly over.
    Danger,
    /// Good news.
    Good,
}

impl Token {
    /// By its name, as plugins say it: `accent`, `panel`, `panel-raised`, `ink`, `ink-muted`, `warn`, `danger`, `good`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "accent" => Some(Self::Accent),
            "panel" => Some(Self::Panel),
            "panel-raised" => Some(Self::PanelRaised),
            "ink" => Some(Self::Ink),
            "ink-muted" => Some(Self::InkMuted),
            "warn" => Some(Self::Warn),
            "danger" => Some(Self::Danger),
            "good" => Some(Self::Good),
            _ => None,
        }
    }

    const fn color(self, theme: &Theme) -> Color {
        match self {
            Self::Accent => theme.accent,
            Self::Panel => Color { r: 0x10, g: 0x12, b: 0x16, a: 0xE6 },
            Self::PanelRaised => Color { r: 0x2A, g: 0x2E, b: 0x36, a: 0xFF },
            Self::Ink => Color { r: 0xFF, g: 0xFF, b: 0xFF, a: 0xFF },
            Self::InkMuted => Color { r: 0xB8, g: 0xBE, b: 0xC9, a: 0xFF },
            Self::Warn => Color { r: 0xFF, g: 0xB0, b: 0x20, a: 0xFF },
            Self::Danger => Color { r: 0xFF, g: 0x5C, b: 0x5C, a: 0xFF },
            Self::Good => Color { r: 0x3D, g: 0xD6, b: 0x8C, a: 0xFF },
        }
    }
}

/// What something is painted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Paint {
    /// A colour of its own.
    Color(Color),
    /// A colour of the show's look.
    Token(Token),
}

impl Paint {
    /// The colour under a theme.
    #[must_use]
    pub const fn color(self, theme: &Theme) -> Color {
        match self {
            Self::Color(color) => color,
            Self::Token(token) => token.color(theme),
        }
    }
}

/// Where a text comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextSrc {
    /// Said outright.
    Literal(String),
    /// The value bound to a key by [`Op::BindText`], or the number bound by [`Op::BindNum`]; empty until then.
    Bound(String),
    /// Time left until an instant, in milliseconds since 1970: `4:05`, `1:02:03`; `0:00` when it is over.
    Countdown(u64),
    /// One line that runs through from right to left at a constant speed.
    Marquee(Vec<String>),
}

/// Where a number comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum NumSrc {
    /// Said outright.
    Fixed(f32),
    /// The value bound to a key; 0 until then.
    Bound(String),
    /// 0 at the first instant, 1 at the second, in milliseconds since 1970. With the later one first it falls.
    Between(u64, u64),
}

/// A text.
#[derive(Clone, Debug, PartialEq)]
pub struct TextNode {
    /// What is said.
    pub src: TextSrc,
    /// Family; the theme's if empty.
    pub font: String,
    /// Height of the em square, in pixels of a 1080p design, 8 to 500.
    pub size: f32,
    /// Weight, 100 to 900.
    pub weight: u16,
    /// Its colour.
    pub color: Paint,
    /// Across its frame.
    pub align: Align,
    /// Lines at most; the last ends in an ellipsis. 0 counts as 1.
    pub lines_max: u8,
}

/// A rectangle.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxNode {
    /// Its inside.
    pub fill: Paint,
    /// Radius of its corners, in pixels of a 1080p design.
    pub radius: f32,
    /// Thickness of a line inside its edge; 0 is none.
    pub border: f32,
    /// The line's colour.
    pub border_color: Paint,
    /// Whether it throws the one soft shadow of the look.
    pub shadow: bool,
}

/// An image of the plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageNode {
    /// A packaged file, or what `assets.fetch` gave.
    pub asset: String,
    /// How it fills its frame.
    pub fit: Fit,
    /// Radius of its corners, in whole pixels of a 1080p design.
    pub radius: u16,
}

/// A QR code; the largest square in the middle of its frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QrNode {
    /// What it says.
    pub data: String,
    /// Dark modules.
    pub dark: Paint,
    /// Light modules and quiet zone.
    pub light: Paint,
    /// Quiet zone in modules, at most 8.
    pub quiet: u8,
}

/// A bar that grows from the left.
#[derive(Clone, Debug, PartialEq)]
pub struct BarNode {
    /// How full it is, 0 to 1.
    pub value: NumSrc,
    /// The full part.
    pub fg: Paint,
    /// The empty part.
    pub bg: Paint,
    /// Radius of its corners, in pixels of a 1080p design.
    pub radius: f32,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Nothing itself: moves and fades what lies in it.
    Group,
    /// A rectangle.
    Rect(BoxNode),
    /// A text.
    Text(TextNode),
    /// An image.
    Image(ImageNode),
    /// A QR code.
    Qr(QrNode),
    /// A bar.
    Bar(BarNode),
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its number, chosen by the plugin.
    pub id: u32,
    /// The node that it moves and fades with.
    pub parent: Option<u32>,
    /// Order among its siblings: higher lies above; equal ones by id.
    pub z: i32,
    /// Where it lies, in fractions of the slot (not of its parent).
    pub frame: Frame,
    /// 0 unseen, 1 full.
    pub opacity: f32,
    /// What it is.
    pub shape: Shape,
}

/// What an animation moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Prop {
    /// Moved right, in fractions of the slot's width.
    X,
    /// Moved down, in fractions of the slot's height.
    Y,
    /// Scaled about the middle of its frame; 1 is unchanged.
    Scale,
    /// Multiplies the node's opacity.
    Opacity,
}

impl Prop {
    /// By its name, as plugins say it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "x" => Some(Self::X),
            "y" => Some(Self::Y),
            "scale" => Some(Self::Scale),
            "opacity" => Some(Self::Opacity),
            _ => None,
        }
    }

    /// The value that changes nothing.
    #[must_use]
    pub const fn rest(self) -> f32 {
        match self {
            Self::X | Self::Y => 0.0,
            Self::Scale | Self::Opacity => 1.0,
        }
    }
}

/// A value at an instant of an animation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Keyframe {
    /// Milliseconds after the animation's start.
    pub at_ms: u32,
    /// The value then.
    pub value: f32,
    /// The curve that leads to it.
    pub ease: Ease,
}

/// An animation. It starts when it is committed; its last value stays until [`Op::Stop`].
#[derive(Clone, Debug, PartialEq)]
pub struct Anim {
    /// Which node.
    pub node: u32,
    /// What it moves.
    pub prop: Prop,
    /// Values, in the order of time.
    pub keys: Vec<Keyframe>,
    /// How often it plays again after the first time.
    pub repeats: u32,
}

/// A change of a layer.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Puts a node, or replaces the one of the same number.
    Put(Node),
    /// Takes a node and all that lies in it away.
    Remove(u32),
    /// Starts an animation; it replaces a running one of the same node and property.
    Animate(Anim),
    /// Ends all animations of a node.
    Stop(u32),
    /// Binds a text to a key.
    BindText(String, String),
    /// Binds a number to a key.
    BindNum(String, f32),
    /// Shows or hides the whole layer.
    Visible(bool),
}
