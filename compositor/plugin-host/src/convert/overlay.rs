//! Overlay operations from the guest, checked one by one and turned into the port's: the only way to the picture.

use crate::bindings::Fault;
use crate::bindings::takes::overlay as wit;
use crate::limits;
use std::sync::Arc;
use vitrine_show::ports::plugins::{
    BoxShadow, Ease, Frame, ImageFit, Keyframe, Node, NumSrc, Op, Prop, Rgba, Shape, Stand, TextSrc,
};

type Checked<T> = Result<T, Fault>;

fn invalid<T>(text: impl Into<String>) -> Checked<T> {
    Err(Fault::Invalid(text.into()))
}

fn number(what: &str, value: f32, min: f32, max: f32) -> Checked<f32> {
    if value.is_finite() && (min..=max).contains(&value) {
        return Ok(value);
    }
    invalid(format!("{what} is {value}; give it a number from {min} to {max}"))
}

/// Text with its length bounded and its control characters gone; what shaping makes of the rest is the rasteriser's.
fn words(what: &str, text: &str, chars_max: usize) -> Checked<Arc<str>> {
    if text.chars().count() > chars_max {
        return invalid(format!("{what} has more than {chars_max} characters; shorten it"));
    }
    Ok(text.chars().filter(|c| *c == '\n' || !c.is_control()).collect::<String>().into())
}

fn name(what: &str, text: &str) -> Checked<Arc<str>> {
    if text.is_empty() || text.len() > limits::NAME_BYTES_MAX || text.chars().any(char::is_control) {
        return invalid(format!("{what} must have 1 to {} bytes without control characters", limits::NAME_BYTES_MAX));
    }
    Ok(text.into())
}

const fn color(c: wit::Color) -> Rgba {
    Rgba(c.r, c.g, c.b, c.a)
}

fn stand(what: &str, word: &str, words: [&str; 3]) -> Checked<Stand> {
    match words.iter().position(|w| *w == word) {
        Some(0) => Ok(Stand::Start),
        Some(1) => Ok(Stand::Center),
        Some(_) => Ok(Stand::End),
        None => invalid(format!("{what} is `{}`; write {}", word.escape_debug(), words.join(", "))),
    }
}

fn num_src(src: &wit::NumSrc) -> Checked<NumSrc> {
    Ok(match src {
        wit::NumSrc::Fixed(v) => NumSrc::Fixed(number("bar.value", *v, 0.0, 1.0)?),
        wit::NumSrc::Bound(n) => NumSrc::Bound(name("bar.value", n)?),
        wit::NumSrc::Between((start, end)) => NumSrc::Between(*start, *end),
    })
}

fn text(t: &wit::TextNode) -> Checked<Shape> {
    let src = match &t.src {
        wit::TextSrc::Literal(s) => TextSrc::Literal(words("text", s, limits::TEXT_CHARS_MAX)?),
        wit::TextSrc::Bound(n) => TextSrc::Bound(name("text.bound", n)?),
        wit::TextSrc::Countdown(at) => TextSrc::Countdown(*at),
        wit::TextSrc::Marquee(entries) => {
            if entries.len() > limits::MARQUEE_ENTRIES_MAX {
                return invalid(format!("a marquee has at most {} entries", limits::MARQUEE_ENTRIES_MAX));
            }
            let entry = |e: &String| words("marquee entry", &e.replace('\n', " "), limits::TEXT_CHARS_MAX);
            TextSrc::Marquee(entries.iter().map(entry).collect::<Checked<_>>()?)
        }
    };
    if !(100..=900).contains(&t.weight) {
        return invalid(format!("text.weight is {}; give it a number from 100 to 900", t.weight));
    }
    Ok(Shape::Text {
        src,
        font: words("text.font", &t.font, 64)?,
        size: number("text.size", t.size, 4.0, 1_000.0)?,
        weight: t.weight,
        color: color(t.color),
        align: stand("text.align", &t.align, ["start", "center", "end"])?,
        valign: stand("text.valign", &t.valign, ["top", "middle", "bottom"])?,
        max_lines: t.max_lines,
        tabular: t.tabular,
        strike: t.strike,
    })
}

fn rect(b: &wit::BoxNode) -> Checked<Shape> {
    let shadow = b.shadow.as_ref().map(|s| {
        Ok(BoxShadow {
            blur: number("shadow.blur", s.blur, 0.0, 200.0)?,
            x: number("shadow.x", s.x, -200.0, 200.0)?,
            y: number("shadow.y", s.y, -200.0, 200.0)?,
            color: color(s.color),
        })
    });
    Ok(Shape::Rect {
        fill: color(b.fill),
        radius: number("box.radius", b.radius, 0.0, limits::FRAME_PX_MAX)?,
        border: number("box.border", b.border, 0.0, 200.0)?,
        border_color: color(b.border_color),
        shadow: shadow.transpose()?,
    })
}

fn shape(s: &wit::Shape) -> Checked<Shape> {
    match s {
        wit::Shape::Group => Ok(Shape::Group),
        wit::Shape::Rect(b) => rect(b),
        wit::Shape::Text(t) => text(t),
        wit::Shape::Image(i) => Ok(Shape::Image {
            asset: name("image.asset", &i.asset)?,
            fit: match i.fit.as_str() {
                "cover" => ImageFit::Cover,
                "contain" => ImageFit::Contain,
                "stretch" => ImageFit::Stretch,
                other => return invalid(format!("image.fit is `{}`; write cover, contain, stretch", other.escape_debug())),
            },
            radius: number("image.radius", i.radius, 0.0, limits::FRAME_PX_MAX)?,
        }),
        wit::Shape::Qr(q) => {
            if q.data.is_empty() || q.data.len() > limits::QR_BYTES_MAX {
                return invalid(format!("qr.data must have 1 to {} bytes", limits::QR_BYTES_MAX));
            }
            Ok(Shape::Qr { data: q.data.as_str().into(), dark: color(q.dark), light: color(q.light), quiet: q.quiet.min(16) })
        }
        wit::Shape::Bar(b) => Ok(Shape::Bar {
            value: num_src(&b.value)?,
            fg: color(b.fg),
            bg: color(b.bg),
            radius: number("bar.radius", b.radius, 0.0, limits::FRAME_PX_MAX)?,
        }),
        wit::Shape::Ext(pair) => invalid(format!("this host knows no shape `{}`", pair.key.escape_debug())),
    }
}

fn node(n: &wit::Node) -> Checked<Node> {
    let far = limits::FRAME_PX_MAX;
    let checked = || {
        Ok(Node {
            id: n.id,
            parent: n.parent,
            z: n.z,
            frame: Frame {
                x: number("frame.x", n.frame.x, -far, far)?,
                y: number("frame.y", n.frame.y, -far, far)?,
                w: number("frame.w", n.frame.w, 0.0, far)?,
                h: number("frame.h", n.frame.h, 0.0, far)?,
            },
            opacity: number("opacity", n.opacity, 0.0, 1.0)?,
            shape: shape(&n.shape)?,
        })
    };
    checked().map_err(|fault| match fault {
        Fault::Invalid(text) => Fault::Invalid(format!("node {}: {text}", n.id)),
        other => other,
    })
}

fn prop(word: &str) -> Checked<Prop> {
    Ok(match word {
        "x" => Prop::X,
        "y" => Prop::Y,
        "scale" => Prop::Scale,
        "opacity" => Prop::Opacity,
        "rotation" => Prop::Rotation,
        other => return invalid(format!("`{}` can't be animated; write x, y, scale, opacity, rotation", other.escape_debug())),
    })
}

fn keyframe(prop: Prop, k: &wit::Keyframe) -> Checked<Keyframe> {
    let (min, max) = match prop {
        Prop::X | Prop::Y => (-limits::FRAME_PX_MAX, limits::FRAME_PX_MAX),
        Prop::Scale => (0.0, 16.0),
        Prop::Opacity => (0.0, 1.0),
        Prop::Rotation => (-36_000.0, 36_000.0),
    };
    let ease = match k.ease.as_str() {
        "linear" => Ease::Linear,
        "in" => Ease::In,
        "out" => Ease::Out,
        "in-out" => Ease::InOut,
        "hold" => Ease::Hold,
        other => return invalid(format!("ease is `{}`; write linear, in, out, in-out, hold", other.escape_debug())),
    };
    Ok(Keyframe { at_ms: k.at_ms, value: number("keyframe.value", k.value, min, max)?, ease })
}

fn animate(a: &wit::Anim) -> Checked<Op> {
    if a.keys.is_empty() || a.keys.len() > limits::KEYFRAMES_MAX {
        return invalid(format!("an animation has 1 to {} keyframes", limits::KEYFRAMES_MAX));
    }
    let prop = prop(&a.prop)?;
    let keys = a.keys.iter().map(|k| keyframe(prop, k)).collect::<Checked<Vec<_>>>()?;
    let sorted = keys.windows(2).all(|pair| matches!(pair, [a, b] if a.at_ms <= b.at_ms));
    if !sorted {
        return invalid("keyframes must be in the order of `at-ms`");
    }
    let length = keys.last().map_or(0, |k| k.at_ms);
    if prop == Prop::Opacity && a.repeats > 0 && length < 334 {
        return invalid("a repeated fade may not flash more than three times a second; make it 334 ms or longer");
    }
    Ok(Op::Animate { node: a.node, prop, keys, repeats: a.repeats })
}

/// One operation, checked by itself; whether its nodes exist is the layer's to say.
pub(crate) fn op(op: &wit::Op) -> Checked<Op> {
    Ok(match op {
        wit::Op::Put(n) => Op::Put(node(n)?),
        wit::Op::Remove(id) => Op::Remove(*id),
        wit::Op::Animate(a) => animate(a)?,
        wit::Op::Stop((id, p)) => Op::Stop(*id, prop(p)?),
        wit::Op::BindText(pair) => {
            Op::BindText(name("bind-text", &pair.key)?, words("bind-text", &pair.value, limits::TEXT_CHARS_MAX)?)
        }
        wit::Op::BindNum((key, value)) => Op::BindNum(name("bind-num", key)?, number("bind-num", *value, -1e9, 1e9)?),
        wit::Op::Visible(v) => Op::Visible(*v),
        wit::Op::Clear => Op::Clear,
    })
}
