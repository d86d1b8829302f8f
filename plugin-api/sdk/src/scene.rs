//! The overlay builder: a scene of typed nodes, shown as a whole; values bound to it, changed one by one.

use crate::overlay::{
    Anim, BarNode, BoxNode, Color, Frame, ImageNode, Keyframe, Layer as RawLayer, Node, NumSrc, Op, Paint, QrNode,
    Shape, TextNode, TextSrc,
};
use crate::{Pair, Result};

/// A rectangle in pixels of the layer's design size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left.
    pub x: f32,
    /// Top.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

/// A rectangle from whole pixels: left, top, width, height.
#[must_use]
pub const fn at(x: i32, y: i32, w: i32, h: i32) -> Rect {
    Rect { x: x as f32, y: y as f32, w: w as f32, h: h as f32 }
}

/// A colour: the show's look, or one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tint {
    /// The show's accent.
    Accent,
    /// Ground of panels.
    Panel,
    /// Ground of parts within panels.
    PanelRaised,
    /// Type.
    Ink,
    /// Lesser type.
    InkMuted,
    /// A warning.
    Warn,
    /// Nearly over.
    Danger,
    /// Good news.
    Good,
    /// Red, green, blue, alpha.
    Rgba(u8, u8, u8, u8),
}

impl From<Tint> for Paint {
    fn from(tint: Tint) -> Self {
        let token = |name: &str| Self::Token(name.to_owned());
        match tint {
            Tint::Accent => token("accent"),
            Tint::Panel => token("panel"),
            Tint::PanelRaised => token("panel-raised"),
            Tint::Ink => token("ink"),
            Tint::InkMuted => token("ink-muted"),
            Tint::Warn => token("warn"),
            Tint::Danger => token("danger"),
            Tint::Good => token("good"),
            Tint::Rgba(r, g, b, a) => Self::Rgba(Color { r, g, b, a }),
        }
    }
}

/// What a text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// These words.
    Say(String),
    /// What [`Layer::set_text`] or [`Layer::set_number`] last gave this name.
    Bound(String),
    /// Time left until this instant.
    Countdown(u64),
    /// One moving line.
    Marquee(Vec<String>),
}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Self::Say(text.to_owned())
    }
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Self::Say(text)
    }
}

impl From<&String> for Words {
    fn from(text: &String) -> Self {
        Self::Say(text.clone())
    }
}

/// A number that the picture follows.
#[derive(Clone, Debug, PartialEq)]
pub enum Num {
    /// This number, 0 to 1.
    Fixed(f32),
    /// What [`Layer::set_number`] last gave this name.
    Bound(String),
    /// 0 at the first instant, 1 at the second; with the later one first it falls.
    Between(u64, u64),
}

/// A property that can move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prop {
    /// Offset to the right, in pixels.
    X,
    /// Offset downwards, in pixels.
    Y,
    /// Factor about the middle.
    Scale,
    /// Factor on the opacity.
    Opacity,
}

/// How a value comes to its keyframe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ease {
    /// Evenly.
    Linear,
    /// Slowly at first: for what leaves.
    In,
    /// Slowly at last: for what arrives.
    Out,
    /// Both.
    InOut,
    /// Stays, then jumps.
    Hold,
}

/// A picture to show: nodes in the order of adding, later ones in front. Equal scenes get equal node ids, so a node that
/// is still there goes on from what it shows.
#[derive(Default)]
pub struct Scene {
    nodes: Vec<Node>,
    anims: Vec<Anim>,
    parent: Option<u32>,
    origin: (f32, f32),
}

/// A node just added; its methods say how it looks.
pub struct NodeRef<'a> {
    node: &'a mut Node,
    anims: &'a mut Vec<Anim>,
}

impl Scene {
    /// An empty scene.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn add(&mut self, r: Rect, shape: Shape) -> NodeRef<'_> {
        let id = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX) + 1;
        let z = i32::try_from(id).unwrap_or(i32::MAX);
        let frame = Frame { x: r.x + self.origin.0, y: r.y + self.origin.1, w: r.w, h: r.h };
        self.nodes.push(Node { id, parent: self.parent, z, frame, opacity: 1.0, shape });
        let last = self.nodes.len() - 1;
        NodeRef { node: &mut self.nodes[last], anims: &mut self.anims }
    }

    /// Nodes that move and fade together; inside, rectangles are measured from this one's top left.
    pub fn group(&mut self, r: Rect, inside: impl FnOnce(&mut Self)) -> NodeRef<'_> {
        let id = self.add(r, Shape::Group).id();
        let (parent, origin) = (self.parent.replace(id), self.origin);
        self.origin = (origin.0 + r.x, origin.1 + r.y);
        inside(self);
        self.parent = parent;
        self.origin = origin;
        let index = usize::try_from(id - 1).unwrap_or(0);
        NodeRef { node: &mut self.nodes[index], anims: &mut self.anims }
    }

    /// The look's ground: a panel with rounded corners and the soft shadow.
    pub fn panel(&mut self, r: Rect) -> NodeRef<'_> {
        let shape = BoxNode { fill: Tint::Panel.into(), radius: 20.0, border: 0.0, border_color: Tint::Ink.into(), shadow: true };
        self.add(r, Shape::Rect(shape))
    }

    /// A plain box of one colour.
    pub fn block(&mut self, r: Rect, tint: Tint) -> NodeRef<'_> {
        let shape = BoxNode { fill: tint.into(), radius: 0.0, border: 0.0, border_color: Tint::Ink.into(), shadow: false };
        self.add(r, Shape::Rect(shape))
    }

    /// Words, a bound value, a countdown or a marquee.
    pub fn text(&mut self, r: Rect, words: impl Into<Words>) -> NodeRef<'_> {
        let src = match words.into() {
            Words::Say(text) => TextSrc::Literal(text),
            Words::Bound(name) => TextSrc::Bound(name),
            Words::Countdown(at) => TextSrc::Countdown(at),
            Words::Marquee(entries) => TextSrc::Marquee(entries),
        };
        let text = TextNode {
            src,
            font: String::new(),
            size: 32.0,
            weight: 500,
            color: Tint::Ink.into(),
            align: "start".to_owned(),
            max_lines: 1,
        };
        self.add(r, Shape::Text(text))
    }

    /// A picture: a packaged file, an id of `assets::fetch`, or `product:SKU`.
    pub fn image(&mut self, r: Rect, asset: &str) -> NodeRef<'_> {
        self.add(r, Shape::Image(ImageNode { asset: asset.to_owned(), fit: "cover".to_owned(), radius: 12 }))
    }

    /// A QR code, dark on white.
    pub fn qr(&mut self, r: Rect, data: &str) -> NodeRef<'_> {
        let dark = Tint::Rgba(0x10, 0x12, 0x16, 255).into();
        self.add(r, Shape::Qr(QrNode { data: data.to_owned(), dark, light: Tint::Rgba(255, 255, 255, 255).into(), quiet: 2 }))
    }

    /// A bar that fills from its left.
    pub fn bar(&mut self, r: Rect, value: Num) -> NodeRef<'_> {
        let value = match value {
            Num::Fixed(v) => NumSrc::Fixed(v.clamp(0.0, 1.0)),
            Num::Bound(name) => NumSrc::Bound(name),
            Num::Between(a, b) => NumSrc::Between((a, b)),
        };
        let bar = BarNode { value, fg: Tint::Accent.into(), bg: Tint::PanelRaised.into(), radius: r.h / 2.0 };
        self.add(r, Shape::Bar(bar))
    }

    /// Rows of equal height under each other, each a group; `row` draws one, measured from the row's top left.
    pub fn list<T>(&mut self, r: Rect, row_h: f32, items: &[T], mut row: impl FnMut(&mut Self, Rect, &T)) {
        for (index, item) in items.iter().enumerate() {
            let y = r.y + row_h * index as f32;
            if y + row_h > r.y + r.h + 0.5 {
                return;
            }
            let inner = Rect { x: 0.0, y: 0.0, w: r.w, h: row_h };
            self.group(Rect { x: r.x, y, w: r.w, h: row_h }, |s| row(s, inner, item));
        }
    }
}

impl NodeRef<'_> {
    /// The node's id, for [`Layer::animate`].
    #[must_use]
    pub fn id(&self) -> u32 {
        self.node.id
    }

    /// 0 unseen, 1 full.
    pub fn opacity(self, opacity: f32) -> Self {
        self.node.opacity = opacity;
        self
    }

    /// Fill of a box, colour of a text, full part of a bar.
    pub fn tint(self, tint: Tint) -> Self {
        match &mut self.node.shape {
            Shape::Rect(b) => b.fill = tint.into(),
            Shape::Text(t) => t.color = tint.into(),
            Shape::Bar(b) => b.fg = tint.into(),
            _ => {}
        }
        self
    }

    /// Corner radius of a box, image or bar.
    pub fn radius(self, radius: u16) -> Self {
        match &mut self.node.shape {
            Shape::Rect(b) => b.radius = f32::from(radius),
            Shape::Image(i) => i.radius = radius,
            Shape::Bar(b) => b.radius = f32::from(radius),
            _ => {}
        }
        self
    }

    fn on_text(self, change: impl FnOnce(&mut TextNode)) -> Self {
        if let Shape::Text(text) = &mut self.node.shape {
            change(text);
        }
        self
    }

    /// Em height of a text.
    pub fn size(self, size: u16) -> Self {
        self.on_text(|t| t.size = f32::from(size))
    }

    /// Weight 700.
    pub fn bold(self) -> Self {
        self.on_text(|t| t.weight = 700)
    }

    /// In the middle of its box.
    pub fn center(self) -> Self {
        self.on_text(|t| t.align = "center".to_owned())
    }

    /// At the end of its box.
    pub fn end(self) -> Self {
        self.on_text(|t| t.align = "end".to_owned())
    }

    /// Lines at most.
    pub fn lines(self, most: u8) -> Self {
        self.on_text(|t| t.max_lines = most)
    }

    /// All of the picture is seen.
    pub fn contain(self) -> Self {
        if let Shape::Image(image) = &mut self.node.shape {
            image.fit = "contain".to_owned();
        }
        self
    }

    /// Moves a property when the scene is shown: instants in milliseconds and values.
    pub fn animate(self, prop: Prop, keys: &[(u32, f32)], ease: Ease) -> Self {
        self.anims.push(anim(self.node.id, prop, keys, ease, 0));
        self
    }
}

fn anim(node: u32, prop: Prop, keys: &[(u32, f32)], ease: Ease, repeats: u32) -> Anim {
    let prop = match prop {
        Prop::X => "x",
        Prop::Y => "y",
        Prop::Scale => "scale",
        Prop::Opacity => "opacity",
    };
    let ease = match ease {
        Ease::Linear => "linear",
        Ease::In => "in",
        Ease::Out => "out",
        Ease::InOut => "in-out",
        Ease::Hold => "hold",
    };
    let keys = keys.iter().map(|&(at_ms, value)| Keyframe { at_ms, value, ease: ease.to_owned() }).collect();
    Anim { node, prop: prop.to_owned(), keys, repeats }
}

/// A layer of the manifest.
pub struct Layer {
    raw: RawLayer,
}

impl Layer {
    /// Opens it.
    ///
    /// # Errors
    /// `denied` when the manifest doesn't name it or the operator didn't grant it.
    pub fn open(id: &str) -> Result<Self> {
        Ok(Self { raw: RawLayer::open(id)? })
    }

    /// Shows this scene in place of what was there, in one step.
    ///
    /// # Errors
    /// `invalid` names the node and the rule; `rate-limited` when there were more than 30 commits in a second.
    pub fn show(&self, scene: &Scene) -> Result<()> {
        let mut ops: Vec<Op> = vec![Op::Clear];
        ops.extend(scene.nodes.iter().cloned().map(Op::Put));
        ops.extend(scene.anims.iter().cloned().map(Op::Animate));
        self.commit(&ops)
    }

    /// Changes a bound text.
    ///
    /// # Errors
    /// As [`Layer::show`].
    pub fn set_text(&self, name: &str, value: &str) -> Result<()> {
        self.commit(&[Op::BindText(Pair { key: name.to_owned(), value: value.to_owned() })])
    }

    /// Changes a bound number; what shows it rolls or grows.
    ///
    /// # Errors
    /// As [`Layer::show`].
    pub fn set_number(&self, name: &str, value: f32) -> Result<()> {
        self.commit(&[Op::BindNum((name.to_owned(), value))])
    }

    /// Moves a property of a node.
    ///
    /// # Errors
    /// As [`Layer::show`].
    pub fn animate(&self, node: u32, prop: Prop, keys: &[(u32, f32)], ease: Ease) -> Result<()> {
        self.commit(&[Op::Animate(anim(node, prop, keys, ease, 0))])
    }

    /// Shows or hides the layer.
    ///
    /// # Errors
    /// As [`Layer::show`].
    pub fn visible(&self, visible: bool) -> Result<()> {
        self.commit(&[Op::Visible(visible)])
    }

    /// Applies operations as they are, all or none.
    ///
    /// # Errors
    /// As [`Layer::show`].
    pub fn commit(&self, ops: &[Op]) -> Result<()> {
        self.raw.commit(ops).map(drop)
    }
}

impl crate::Money {
    /// As viewers read it: `€14.90`, `$3`, `¥500`, `149.00 SEK`.
    #[must_use]
    pub fn text(&self) -> String {
        let decimals = match self.currency.as_str() {
            "JPY" | "KRW" | "CLP" | "ISK" | "VND" => 0,
            "BHD" | "KWD" | "JOD" | "OMR" | "TND" => 3,
            _ => 2,
        };
        let unit = 10_u64.pow(decimals);
        let (sign, whole) = (if self.minor < 0 { "-" } else { "" }, self.minor.unsigned_abs());
        let width = decimals as usize;
        let number = match decimals {
            0 => whole.to_string(),
            _ => format!("{}.{:0width$}", whole / unit, whole % unit),
        };
        match self.currency.as_str() {
            "EUR" => format!("{sign}€{number}"),
            "USD" => format!("{sign}${number}"),
            "GBP" => format!("{sign}£{number}"),
            "JPY" => format!("{sign}¥{number}"),
            other => format!("{sign}{number} {other}"),
        }
    }
}
