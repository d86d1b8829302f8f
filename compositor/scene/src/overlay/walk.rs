//! The walk over a layer's nodes: where each lies, how it moves, what it is made of.

use super::layer::{Held, Layer};
use super::layout::Slot;
use super::motion::{self, MARQUEE_GAP, MARQUEE_SPEED};
use super::node::{BarNode, BoxNode, NumSrc, Prop, QrNode, Shape, TextNode, TextSrc};
use crate::draw::{Border, Color, Draw, Rect, Shadow, Source, Vec2};
use crate::model::place_id;
use crate::plan::text::{tenths, whole};
use crate::raster::{Align, RasterSpec, TextSpec, VerticalAlign};
use std::collections::BTreeMap;
use vitrine_media::Size;

/// The one soft shadow of the look, in pixels of a 1080p design.
const SHADOW_BLUR: f32 = 32.0;
const SHADOW_DOWN: f32 = 8.0;
const SHADOW_COLOR: Color = Color { r: 0, g: 0, b: 0, a: 0x73 };
/// Line height of graphics, in per cent of the size.
const LINE_HEIGHT_PCT: u16 = 120;

/// A bitmap where it lies.
pub(super) struct Piece {
    pub(super) place: u64,
    /// Changes when the bitmap does.
    pub(super) key: u64,
    pub(super) rect: Rect,
    pub(super) opacity: f32,
    pub(super) clip: Option<Rect>,
}

/// Takes what the walk finds.
pub(super) trait Sink {
    fn solid(&mut self, draw: Draw);
    fn bitmap(&mut self, piece: &Piece, spec: &dyn Fn() -> RasterSpec);
    /// A bitmap that is not seen yet, but soon will be.
    fn ahead(&mut self, place: u64, spec: &dyn Fn() -> RasterSpec);
    /// The size of a bitmap that is as large as its text; `None` until it is made.
    fn size(&mut self, place: u64, key: u64, spec: &dyn Fn() -> RasterSpec) -> Option<Size>;
}

/// How a node is moved: scaled, then shifted. Parents move what lies in them.
#[derive(Clone, Copy)]
struct Moved {
    scale: f32,
    x: f32,
    y: f32,
    opacity: f32,
}

impl Moved {
    fn rect(self, rect: Rect) -> Rect {
        let (x, y) = (rect.x * self.scale + self.x, rect.y * self.scale + self.y);
        Rect { x, y, w: rect.w * self.scale, h: rect.h * self.scale }
    }
}

pub(super) struct Walk<'a, S> {
    pub(super) layer: &'a Layer,
    pub(super) slot: &'a Slot<'a>,
    pub(super) sink: &'a mut S,
}

impl<S: Sink> Walk<'_, S> {
    pub(super) fn run(&mut self) {
        let shown = motion::shown_part(&self.layer.visible, self.slot.at);
        if shown <= 0.0 {
            return;
        }
        let root = Moved { scale: 1.0, x: 0.0, y: 0.0, opacity: shown };
        let mut moves: BTreeMap<u32, Moved> = BTreeMap::new();
        let layer = self.layer;
        for held in layer.order.iter().filter_map(|id| layer.nodes.get(id)) {
            let parent = held.node.parent.and_then(|parent| moves.get(&parent)).copied().unwrap_or(root);
            let moved = self.moved(held, parent);
            moves.insert(held.node.id, moved);
            self.node(held, moved);
        }
    }

    /// The node's frame in canvas pixels before anything moves, on whole pixels so that type is sharp.
    fn frame(&self, held: &Held) -> Rect {
        let (slot, frame) = (self.slot.rect, held.node.frame);
        let (x, y) = ((slot.x + frame.x * slot.w).round(), (slot.y + frame.y * slot.h).round());
        let (x1, y1) = (slot.x + (frame.x + frame.w) * slot.w, slot.y + (frame.y + frame.h) * slot.h);
        Rect { x, y, w: (x1.round() - x).max(0.0), h: (y1.round() - y).max(0.0) }
    }

    fn moved(&self, held: &Held, parent: Moved) -> Moved {
        let value = |prop| motion::animated(&self.layer.anims, held.node.id, prop, self.slot.at);
        let frame = self.frame(held);
        let scale = value(Prop::Scale);
        let (cx, cy) = (frame.x + frame.w / 2.0, frame.y + frame.h / 2.0);
        let x = cx - cx * scale + value(Prop::X) * self.slot.rect.w;
        let y = cy - cy * scale + value(Prop::Y) * self.slot.rect.h;
        Moved {
            scale: scale * parent.scale,
            x: x * parent.scale + parent.x,
            y: y * parent.scale + parent.y,
            opacity: parent.opacity * held.node.opacity * value(Prop::Opacity),
        }
    }

    fn node(&mut self, held: &Held, moved: Moved) {
        let frame = self.frame(held);
        if frame.w <= 0.0 || frame.h <= 0.0 {
            return;
        }
        match &held.node.shape {
            Shape::Group => {}
            Shape::Rect(rect) => self.rect(rect, frame, moved),
            Shape::Text(text) => self.text(held, text, frame, moved),
            Shape::Image(image) => {
                let Some(bytes) = (self.slot.asset)(&image.asset) else { return };
                let box_px = (whole(frame.w), whole(frame.h));
                let radius_px10 = tenths(f32::from(image.radius) * self.slot.unit);
                let spec = || RasterSpec::Image { bytes: bytes.clone(), box_px, fit: image.fit, radius_px10 };
                let key = place_id((held.revision, box_px, radius_px10, bytes.as_ptr().addr(), bytes.len()));
                self.piece(held, 0, key, frame, None, moved, &spec);
            }
            Shape::Qr(qr) => self.qr(held, qr, frame, moved),
            Shape::Bar(bar) => self.bar(held, bar, frame, moved),
        }
    }

    /// A part of a node that is a bitmap. `part` tells the node's bitmaps from each other.
    #[allow(clippy::too_many_arguments, reason = "a bitmap has this many sides, and one place makes them all")]
    fn piece(
        &mut self,
        held: &Held,
        part: u32,
        key: u64,
        rect: Rect,
        clip: Option<Rect>,
        moved: Moved,
        spec: &dyn Fn() -> RasterSpec,
    ) {
        let place = self.place(held, part);
        if moved.opacity <= 0.0 {
            return self.sink.ahead(place, spec);
        }
        let (rect, clip) = (moved.rect(rect), clip.map(|clip| moved.rect(clip)));
        self.sink.bitmap(&Piece { place, key, rect, opacity: moved.opacity, clip }, spec);
    }

    fn place(&self, held: &Held, part: u32) -> u64 {
        place_id((self.slot.place, held.node.id, part))
    }

    fn rect(&mut self, rect: &BoxNode, frame: Rect, moved: Moved) {
        if moved.opacity <= 0.0 {
            return;
        }
        let length = self.slot.unit * moved.scale;
        let mut draw = Draw::new(Source::Solid(rect.fill.color(self.slot.theme)), moved.rect(frame));
        draw.opacity = moved.opacity;
        draw.corner_radius = rect.radius * length;
        let color = rect.border_color.color(self.slot.theme);
        draw.border = (rect.border > 0.0).then_some(Border { width: rect.border * length, color });
        draw.shadow = rect.shadow.then_some(Shadow {
            blur: SHADOW_BLUR * length,
            offset: Vec2 { x: 0.0, y: SHADOW_DOWN * length },
            color: SHADOW_COLOR,
        });
        self.sink.solid(draw);
    }

    fn bar(&mut self, held: &Held, bar: &BarNode, frame: Rect, moved: Moved) {
        if moved.opacity <= 0.0 {
            return;
        }
        let value = match bar.value {
            NumSrc::Between(from, to) => motion::between(from, to, self.slot.unix_ms),
            _ => motion::shown_number(&held.number, self.slot.at),
        };
        let full = Rect { w: frame.w * value.clamp(0.0, 1.0), ..frame };
        for (paint, rect) in [(bar.bg, frame), (bar.fg, full)] {
            let color = paint.color(self.slot.theme);
            if rect.w > 0.0 && color.a > 0 {
                let mut draw = Draw::new(Source::Solid(color), moved.rect(rect));
                draw.opacity = moved.opacity;
                draw.corner_radius = bar.radius * self.slot.unit * moved.scale;
                self.sink.solid(draw);
            }
        }
    }

    fn qr(&mut self, held: &Held, qr: &QrNode, frame: Rect, moved: Moved) {
        let side = frame.w.min(frame.h);
        let (x, y) = (frame.x + ((frame.w - side) / 2.0).round(), frame.y + ((frame.h - side) / 2.0).round());
        let (dark, light) = (qr.dark.color(self.slot.theme), qr.light.color(self.slot.theme));
        let side_px = whole(side);
        let spec = || RasterSpec::Qr { data: qr.data.clone(), dark, light, quiet: qr.quiet, side_px };
        let key = place_id((held.revision, side_px, dark, light));
        self.piece(held, 0, key, Rect { x, y, w: side, h: side }, None, moved, &spec);
    }

    fn text(&mut self, held: &Held, text: &TextNode, frame: Rect, moved: Moved) {
        match &text.src {
            TextSrc::Literal(_) | TextSrc::Bound(_) => self.changing(held, text, frame, moved),
            TextSrc::Countdown(until) => {
                let left = motion::seconds_left(*until, self.slot.unix_ms);
                let said = motion::countdown_text(left);
                self.line(held, text, 0, &said, frame, None, moved);
                if left > 0 {
                    let next = motion::countdown_text(left - 1);
                    let place = self.place(held, 0);
                    let spec = || self.spec(text, &next, (whole(frame.w), whole(frame.h)), true);
                    let spec = spec();
                    self.sink.ahead(place, &|| spec.clone());
                }
            }
            TextSrc::Marquee(lines) => self.marquee(held, text, lines, frame, moved),
        }
    }

    /// A text that may just be giving way to another: numbers roll upwards in their frame, words fade over.
    fn changing(&mut self, held: &Held, text: &TextNode, frame: Rect, moved: Moved) {
        let now = &held.text.now;
        let Some((before, t)) = held.text.giving_way(self.slot.at) else {
            return self.line(held, text, 0, now, frame, None, moved);
        };
        if motion::rolls(before) && motion::rolls(now) {
            let (up, down) = (frame.y - frame.h * t, frame.y + frame.h * (1.0 - t));
            self.line(held, text, 1, before, Rect { y: up, ..frame }, Some(frame), moved);
            self.line(held, text, 0, now, Rect { y: down, ..frame }, Some(frame), moved);
        } else {
            let faded = |part: f32| Moved { opacity: moved.opacity * part, ..moved };
            self.line(held, text, 1, before, frame, None, faded(1.0 - t));
            self.line(held, text, 0, now, frame, None, faded(t));
        }
    }

    /// One text as one bitmap in its frame.
    #[allow(clippy::too_many_arguments, reason = "a text has this many sides, and one place makes them all")]
    fn line(
        &mut self,
        held: &Held,
        text: &TextNode,
        part: u32,
        said: &str,
        frame: Rect,
        clip: Option<Rect>,
        moved: Moved,
    ) {
        if said.is_empty() {
            return;
        }
        let box_px = (whole(frame.w), whole(frame.h));
        let changes = matches!(text.src, TextSrc::Bound(_) | TextSrc::Countdown(_)) || motion::rolls(said);
        let (unit, theme) = (self.slot.unit, self.slot.theme);
        let color = text.color.color(theme);
        let key = place_id((held.revision, box_px, unit.to_bits(), color, said));
        let spec = || text_spec(text, said, box_px, changes, unit, theme);
        self.piece(held, part, key, frame, clip, moved, &spec);
    }

    fn spec(&self, text: &TextNode, said: &str, box_px: (u32, u32), tabular: bool) -> RasterSpec {
        text_spec(text, said, box_px, tabular, self.slot.unit, self.slot.theme)
    }

    /// Texts that run from right to left, one behind the other, over and over.
    fn marquee(&mut self, held: &Held, text: &TextNode, lines: &[String], frame: Rect, moved: Moved) {
        let (unit, theme) = (self.slot.unit, self.slot.theme);
        let one = TextNode { align: Align::Start, lines_max: 1, ..text.clone() };
        let box_px = (0, whole(frame.h));
        let color = text.color.color(theme);
        let gap = text.size * unit * MARQUEE_GAP;
        let mut widths = Vec::with_capacity(lines.len());
        for (part, line) in (0..).zip(lines) {
            let spec = || text_spec(&one, line, box_px, false, unit, theme);
            let key = place_id((held.revision, box_px, unit.to_bits(), color));
            let place = self.place(held, part);
            let Some(size) = self.sink.size(place, key, &spec) else { return };
            widths.push((crate::model::px(size.width), crate::model::px(size.height), key));
        }
        let total: f32 = widths.iter().map(|(w, ..)| w + gap).sum();
        let round = f64::from(total.max(frame.w));
        let run = self.slot.at.since(held.since).as_secs_f64() * MARQUEE_SPEED * f64::from(unit);
        #[allow(clippy::cast_possible_truncation, reason = "a place within one round")]
        let lead =
            if run < f64::from(frame.w) { frame.w - run as f32 } else { -((run - f64::from(frame.w)) % round) as f32 };
        let mut x = frame.x + lead;
        let rounds = if run < f64::from(frame.w) { 1 } else { 2 };
        for _ in 0..rounds {
            let begin = x;
            for ((part, line), (w, h, key)) in (0..).zip(lines).zip(&widths) {
                if x < frame.x + frame.w && x + w > frame.x {
                    let rect = Rect { x, y: frame.y + ((frame.h - h) / 2.0).round(), w: *w, h: *h };
                    let spec = || text_spec(&one, line, box_px, false, unit, theme);
                    self.piece(held, part, *key, rect, Some(frame), moved, &spec);
                }
                x += w + gap;
            }
            #[allow(clippy::cast_possible_truncation, reason = "a marquee's length in pixels")]
            let next = begin + round as f32;
            x = next;
        }
    }
}

fn text_spec(
    text: &TextNode,
    said: &str,
    box_px: (u32, u32),
    tabular: bool,
    unit: f32,
    theme: &crate::file::Theme,
) -> RasterSpec {
    RasterSpec::Text(TextSpec {
        text: said.to_owned(),
        family: if text.font.is_empty() { theme.font.clone() } else { text.font.clone() },
        weight: text.weight,
        italic: false,
        size_px10: tenths(text.size * unit),
        line_height_pct: LINE_HEIGHT_PCT,
        color: text.color.color(theme),
        box_px,
        align: text.align,
        valign: VerticalAlign::Middle,
        lines_max: u16::from(text.lines_max.max(1)),
        tabular,
        outline: None,
        shadow: None,
    })
}
