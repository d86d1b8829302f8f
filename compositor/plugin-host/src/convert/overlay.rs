//! Overlay operations from the guest into the picture's own, in fractions of the layer. What they mean together is
//! judged by the layer itself, [`vitrine_scene::overlay::Layer::commit`].

use crate::bindings::Fault;
use crate::bindings::takes::overlay as wit;
use vitrine_scene::draw::Color;
use vitrine_scene::ease::Ease;
use vitrine_scene::overlay::{
    Anim, BarNode, BoxNode, Frame, ImageNode, Keyframe, Node, NumSrc, Op, Paint, Prop, QrNode, Shape, TextNode,
    TextSrc, Token,
};
use vitrine_scene::raster::{Align, Fit};

type Checked<T> = Result<T, Fault>;

fn unknown<T>(what: &str, word: &str, words: &str) -> Checked<T> {
    let word: String = word.chars().take(40).flat_map(char::escape_debug).collect();
    Err(Fault::Invalid(format!("{what} is `{word}`; write {words}")))
}

/// Control characters have no place on air; the rest of hostile text is the rasteriser's.
fn words(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

fn paint(p: &wit::Paint) -> Checked<Paint> {
    match p {
        wit::Paint::Rgba(c) => Ok(Paint::Color(Color { r: c.r, g: c.g, b: c.b, a: c.a })),
        wit::Paint::Token(name) => match Token::parse(name) {
            Some(token) => Ok(Paint::Token(token)),
            None => unknown("paint", name, "accent, panel, panel-raised, ink, ink-muted, warn, danger, good"),
        },
    }
}

fn num_src(src: &wit::NumSrc) -> NumSrc {
    match src {
        wit::NumSrc::Fixed(value) => NumSrc::Fixed(*value),
        wit::NumSrc::Bound(name) => NumSrc::Bound(name.clone()),
        wit::NumSrc::Between((start, end)) => NumSrc::Between(*start, *end),
    }
}

fn text(t: &wit::TextNode) -> Checked<Shape> {
    let src = match &t.src {
        wit::TextSrc::Literal(text) => TextSrc::Literal(words(text)),
        wit::TextSrc::Bound(name) => TextSrc::Bound(name.clone()),
        wit::TextSrc::Countdown(at) => TextSrc::Countdown(*at),
        wit::TextSrc::Marquee(entries) => {
            TextSrc::Marquee(entries.iter().map(|e| words(&e.replace('\n', " "))).collect())
        }
    };
    let align = match t.align.as_str() {
        "start" => Align::Start,
        "center" => Align::Center,
        "end" => Align::End,
        other => return unknown("text.align", other, "start, center, end"),
    };
    let color = paint(&t.color)?;
    let (font, size, weight, lines_max) = (t.font.clone(), t.size, t.weight, t.max_lines);
    Ok(Shape::Text(TextNode { src, font, size, weight, color, align, lines_max }))
}

fn shape(s: &wit::Shape) -> Checked<Shape> {
    Ok(match s {
        wit::Shape::Group => Shape::Group,
        wit::Shape::Rect(b) => Shape::Rect(BoxNode {
            fill: paint(&b.fill)?,
            radius: b.radius,
            border: b.border,
            border_color: paint(&b.border_color)?,
            shadow: b.shadow,
        }),
        wit::Shape::Text(t) => text(t)?,
        wit::Shape::Image(i) => {
            let fit = match i.fit.as_str() {
                "cover" => Fit::Cover,
                "contain" => Fit::Contain,
                "stretch" => Fit::Stretch,
                other => return unknown("image.fit", other, "cover, contain, stretch"),
            };
            Shape::Image(ImageNode { asset: i.asset.clone(), fit, radius: i.radius })
        }
        wit::Shape::Qr(q) => {
            Shape::Qr(QrNode { data: q.data.clone(), dark: paint(&q.dark)?, light: paint(&q.light)?, quiet: q.quiet })
        }
        wit::Shape::Bar(b) => {
            Shape::Bar(BarNode { value: num_src(&b.value), fg: paint(&b.fg)?, bg: paint(&b.bg)?, radius: b.radius })
        }
        wit::Shape::Ext(pair) => return unknown("shape", &pair.key, "a shape of this host"),
    })
}

fn animate(a: &wit::Anim, size: (f32, f32)) -> Checked<Op> {
    let Some(prop) = Prop::parse(&a.prop) else { return unknown("anim.prop", &a.prop, "x, y, scale, opacity") };
    let unit = match prop {
        Prop::X => size.0,
        Prop::Y => size.1,
        Prop::Scale | Prop::Opacity => 1.0,
    };
    let mut keys = Vec::with_capacity(a.keys.len().min(64));
    for key in &a.keys {
        let Some(ease) = Ease::parse(&key.ease) else {
            return unknown("keyframe.ease", &key.ease, "linear, in, out, in-out, hold");
        };
        keys.push(Keyframe { at_ms: key.at_ms, value: key.value / unit, ease });
    }
    Ok(Op::Animate(Anim { node: a.node, prop, keys, repeats: a.repeats }))
}

fn node(n: &wit::Node, size: (f32, f32)) -> Checked<Node> {
    let (w, h) = size;
    let frame = Frame { x: n.frame.x / w, y: n.frame.y / h, w: n.frame.w / w, h: n.frame.h / h };
    let shape = shape(&n.shape).map_err(|fault| match fault {
        Fault::Invalid(text) => Fault::Invalid(format!("node {}: {text}", n.id)),
        other => other,
    })?;
    Ok(Node { id: n.id, parent: n.parent, z: n.z, frame, opacity: n.opacity, shape })
}

/// One operation on a layer of this design size; `None` for `clear`, which only the whole commit can tell.
pub(crate) fn op(op: &wit::Op, size: (f32, f32)) -> Checked<Option<Op>> {
    Ok(Some(match op {
        wit::Op::Put(n) => Op::Put(node(n, size)?),
        wit::Op::Remove(id) => Op::Remove(*id),
        wit::Op::Animate(a) => animate(a, size)?,
        wit::Op::Stop(id) => Op::Stop(*id),
        wit::Op::BindText(pair) => Op::BindText(pair.key.clone(), words(&pair.value)),
        wit::Op::BindNum((name, value)) => Op::BindNum(name.clone(), *value),
        wit::Op::Visible(visible) => Op::Visible(*visible),
        wit::Op::Clear => return Ok(None),
    }))
}
