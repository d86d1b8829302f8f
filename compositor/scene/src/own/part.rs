//! Builds a layout node by node, in pixels of a 1080p design.

use crate::limits::OVERLAY_TEXT_CHARS_MAX;
use crate::overlay::{BoxNode, Frame, Node, Paint, QrNode, Shape, TextNode, TextSrc, Token};
use crate::raster::Align;

pub(super) const PANEL: Paint = Paint::Token(Token::Panel);
pub(super) const ACCENT: Paint = Paint::Token(Token::Accent);

/// A part of a layout, in pixels of a 1080p design.
pub(super) struct Part {
    size: (f32, f32),
    next: u32,
    pub(super) nodes: Vec<Node>,
}

impl Part {
    pub(super) const fn new(size: (f32, f32)) -> Self {
        Self { size, next: 1, nodes: Vec::new() }
    }

    /// Every part keeps its number whatever is shown, so that what stays is not drawn anew.
    pub(super) fn add(&mut self, [x, y, w, h]: [f32; 4], shown: bool, shape: Shape) {
        let (width, height) = self.size;
        let frame = Frame::new(x / width, y / height, w / width, h / height);
        let opacity = if shown { 1.0 } else { 0.0 };
        self.nodes.push(Node { id: self.next, parent: None, z: 0, frame, opacity, shape });
        self.next += 1;
    }

    pub(super) fn block(&mut self, at: [f32; 4], shown: bool, fill: Paint, radius: f32, shadow: bool) {
        let clear = Paint::Token(Token::Ink);
        self.add(at, shown, Shape::Rect(BoxNode { fill, radius, border: 0.0, border_color: clear, shadow }));
    }

    pub(super) fn text(&mut self, at: [f32; 4], words: Words<'_>) {
        let src = words.until.map_or_else(|| TextSrc::Literal(clipped(words.text)), TextSrc::Countdown);
        let shown = words.until.is_some() || !words.text.is_empty();
        let text = TextNode {
            src,
            font: String::new(),
            size: words.size,
            weight: words.weight,
            color: words.color,
            align: words.align,
            lines_max: words.lines,
        };
        self.add(at, shown, Shape::Text(text));
    }

    pub(super) fn qr(&mut self, at: [f32; 4], shown: bool, link: &str, quiet: u8) {
        let (dark, light) = (Paint::Color(crate::draw::Color::BLACK), Paint::Token(Token::Ink));
        let data = if link.is_empty() { "-".to_owned() } else { link.to_owned() };
        self.add(at, shown, Shape::Qr(QrNode { data, dark, light, quiet }));
    }
}

pub(super) struct Words<'a> {
    pub(super) text: &'a str,
    pub(super) until: Option<u64>,
    pub(super) size: f32,
    pub(super) weight: u16,
    pub(super) color: Paint,
    pub(super) align: Align,
    pub(super) lines: u8,
}

impl<'a> Words<'a> {
    pub(super) const fn new(text: &'a str, size: f32, weight: u16, token: Token) -> Self {
        Self { text, until: None, size, weight, color: Paint::Token(token), align: Align::Start, lines: 1 }
    }
}

/// A text that a layer takes: titles may be longer.
fn clipped(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(OVERLAY_TEXT_CHARS_MAX).collect()
}
