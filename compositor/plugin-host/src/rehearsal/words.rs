//! What a plugin did, in lines that an author reads and a file keeps.

use crate::bindings::Fault;
use crate::guest::{fault_code, fault_text};
use vitrine_scene::overlay::{Frame, Node, NumSrc, Op, Paint, Shape, TextSrc};
use vitrine_show::ports::plugins::Proposed;

pub(super) fn fault(fault: &Fault) -> String {
    format!("{}: {}", fault_code(fault), fault_text(fault))
}

pub(super) fn proposed(what: &Proposed) -> Vec<String> {
    match what {
        Proposed::Overlay { layer, size, revision, ops } => {
            let head = format!("overlay {layer} revision {revision}");
            let (w, h) = (size.0 as f32, size.1 as f32);
            std::iter::once(head).chain(ops.iter().map(|op| format!("  {}", line(op, w, h)))).collect()
        }
        Proposed::LayersShown(shown) => vec![format!("layers {}", if *shown { "shown" } else { "hidden" })],
        Proposed::Gone => vec!["gone".to_owned()],
        Proposed::Say { channel, text } if channel.is_empty() => vec![format!("say {text:?}")],
        Proposed::Say { channel, text } => vec![format!("say to {channel} {text:?}")],
        Proposed::Offer { sku, price, seconds } => {
            let price = price.as_ref().map_or("its price".to_owned(), |p| format!("{} {}", p.minor, p.currency));
            vec![format!("offer {sku} at {price} for {}", seconds.map_or("ever".to_owned(), |s| format!("{s} s")))]
        }
        Proposed::Poll { question, answers, seconds } => vec![format!("poll {question:?} {answers:?} for {seconds} s")],
    }
}

/// A number without digits that differ between machines.
fn px(value: f32) -> String {
    let rounded = (f64::from(value) * 100.0).round() / 100.0;
    if rounded == 0.0 { "0".to_owned() } else { rounded.to_string() }
}

fn paint(p: Paint) -> String {
    match p {
        Paint::Token(token) => format!("{token:?}"),
        Paint::Color(c) => format!("#{:02x}{:02x}{:02x}{:02x}", c.r, c.g, c.b, c.a),
    }
}

fn num(n: &NumSrc) -> String {
    match n {
        NumSrc::Fixed(v) => px(*v),
        NumSrc::Bound(name) => format!("bound {name:?}"),
        NumSrc::Between(a, b) => format!("between {a} and {b}"),
    }
}

fn shape(s: &Shape) -> String {
    match s {
        Shape::Group => "group".to_owned(),
        Shape::Rect(b) => {
            format!("rect {} radius {}{}", paint(b.fill), px(b.radius), if b.shadow { " shadow" } else { "" })
        }
        Shape::Text(t) => {
            let words = match &t.src {
                TextSrc::Literal(text) => format!("{text:?}"),
                TextSrc::Bound(name) => format!("bound {name:?}"),
                TextSrc::Countdown(at) => format!("countdown to {at}"),
                TextSrc::Marquee(entries) => format!("marquee {entries:?}"),
            };
            format!("text {words} size {} weight {} {} {:?}", px(t.size), t.weight, paint(t.color), t.align)
        }
        Shape::Image(i) => format!("image {:?} {:?}", i.asset, i.fit),
        Shape::Qr(q) => format!("qr {:?}", q.data),
        Shape::Bar(b) => format!("bar {} {}", num(&b.value), paint(b.fg)),
    }
}

fn node(n: &Node, w: f32, h: f32) -> String {
    let Frame { x, y, w: fw, h: fh } = n.frame;
    let parent = n.parent.map_or(String::new(), |p| format!(" in {p}"));
    let opacity = if n.opacity < 1.0 { format!(" opacity {}", px(n.opacity)) } else { String::new() };
    let frame = format!("({} {} {} {})", px(x * w), px(y * h), px(fw * w), px(fh * h));
    format!("put {}{parent} {frame} {}{opacity}", n.id, shape(&n.shape))
}

fn line(op: &Op, w: f32, h: f32) -> String {
    match op {
        Op::Put(n) => node(n, w, h),
        Op::Remove(id) => format!("remove {id}"),
        Op::Animate(a) => {
            let keys: Vec<String> =
                a.keys.iter().map(|k| format!("{}ms {} {:?}", k.at_ms, px(k.value), k.ease)).collect();
            format!("animate {} {:?} {} repeats {}", a.node, a.prop, keys.join(", "), a.repeats)
        }
        Op::Stop(id) => format!("stop {id}"),
        Op::BindText(name, value) => format!("bind {name:?} {value:?}"),
        Op::BindNum(name, value) => format!("bind {name:?} {}", px(*value)),
        Op::Visible(visible) => format!("visible {visible}"),
    }
}
