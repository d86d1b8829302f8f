//! Applies a commit to a draft of a layer and judges it.

use super::error::OverlayError;
use super::layer::{Held, Layer};
use super::motion::{Change, Playing};
use super::node::{Anim, Node, NumSrc, Op, Prop, Shape, TextNode, TextSrc};
use crate::limits::{
    DEPTH_MAX, OVERLAY_ANIMS_MAX, OVERLAY_BINDS_MAX, OVERLAY_BYTES_MAX, OVERLAY_KEYS_MAX, OVERLAY_LINES_MAX,
    OVERLAY_MARQUEE_MAX, OVERLAY_NAME_BYTES_MAX, OVERLAY_NODES_MAX, OVERLAY_OPS_MAX, OVERLAY_QR_BYTES_MAX,
    OVERLAY_RASTERS_MAX, OVERLAY_TEXT_CHARS_MAX,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vitrine_media::ShowTime;

/// Bytes of one text at most: 200 characters of any script with their marks.
const TEXT_BYTES_MAX: usize = 8 * OVERLAY_TEXT_CHARS_MAX;
/// Longest animation, in milliseconds.
const ANIM_MS_MAX: u32 = 60_000;
/// Shortest time between repeats of a change of opacity: at most three flashes a second.
const FLASH_MS_MIN: u32 = 334;

pub(super) fn apply(layer: &mut Layer, ops: &[Op], at: ShowTime) -> Result<(), OverlayError> {
    if ops.len() > OVERLAY_OPS_MAX {
        return Err(OverlayError::TooManyOps(ops.len()));
    }
    for op in ops {
        one(layer, op, at)?;
    }
    whole(layer)
}

fn one(layer: &mut Layer, op: &Op, at: ShowTime) -> Result<(), OverlayError> {
    match op {
        Op::Put(node) => {
            judge_node(node)?;
            put(layer, node, at);
        }
        Op::Remove(id) => remove(layer, *id)?,
        Op::Animate(anim) => {
            judge_anim(layer, anim)?;
            layer.anims.retain(|playing| playing.anim.node != anim.node || playing.anim.prop != anim.prop);
            layer.anims.push(Playing { anim: anim.clone(), started: at });
        }
        Op::Stop(id) => {
            known(layer, *id)?;
            layer.anims.retain(|playing| playing.anim.node != *id);
        }
        Op::BindText(key, text) => {
            name(0, "a binding's key", key)?;
            judge_text(0, text)?;
            layer.texts.insert(key.clone(), Arc::from(text.as_str()));
            layer.numbers.remove(key);
        }
        Op::BindNum(key, number) => {
            name(0, "a binding's key", key)?;
            within(0, "a bound number", *number, -2_000_000_000, 2_000_000_000)?;
            layer.numbers.insert(key.clone(), *number);
            layer.texts.remove(key);
        }
        Op::Visible(visible) => layer.visible.turn(*visible, at),
    }
    Ok(())
}

/// A node that replaces one goes on from what that one shows.
fn put(layer: &mut Layer, node: &Node, at: ShowTime) {
    let revision = layer.revision;
    let node = Arc::new(node.clone());
    let text = layer.text_of(&node);
    if let Some(held) = layer.nodes.get_mut(&node.id) {
        let same_kind = std::mem::discriminant(&held.node.shape) == std::mem::discriminant(&node.shape);
        if !same_kind {
            held.text = Change::still(text);
            held.number = Change::still(0.0);
        }
        if !same_kind || marquee(&held.node) != marquee(&node) {
            held.since = at;
        }
        if held.node != node {
            held.revision = revision;
            held.node = node;
        }
    } else {
        let held =
            Held { revision, text: Change::still(text), number: Change::still(first_number(&node)), since: at, node };
        layer.nodes.insert(held.node.id, held);
    }
}

fn marquee(node: &Node) -> Option<&[String]> {
    match &node.shape {
        Shape::Text(TextNode { src: TextSrc::Marquee(lines), .. }) => Some(lines),
        _ => None,
    }
}

/// A new bar grows from nothing: that is how it is noticed.
const fn first_number(_: &Node) -> f32 {
    0.0
}

fn remove(layer: &mut Layer, id: u32) -> Result<(), OverlayError> {
    known(layer, id)?;
    let mut gone = BTreeSet::from([id]);
    loop {
        let more: Vec<u32> = layer
            .nodes
            .values()
            .filter(|held| held.node.parent.is_some_and(|parent| gone.contains(&parent)))
            .map(|held| held.node.id)
            .filter(|id| !gone.contains(id))
            .collect();
        if more.is_empty() {
            break;
        }
        gone.extend(more);
    }
    layer.nodes.retain(|id, _| !gone.contains(id));
    layer.anims.retain(|playing| !gone.contains(&playing.anim.node));
    Ok(())
}

fn known(layer: &Layer, id: u32) -> Result<(), OverlayError> {
    if layer.nodes.contains_key(&id) { Ok(()) } else { Err(OverlayError::NoNode(id)) }
}

fn within(node: u32, field: &'static str, value: f32, low: i32, high: i32) -> Result<(), OverlayError> {
    if (f64::from(low)..=f64::from(high)).contains(&f64::from(value)) {
        return Ok(());
    }
    Err(OverlayError::Number { node, field, value: value.to_string(), low, high })
}

fn name(node: u32, what: &str, name: &str) -> Result<(), OverlayError> {
    if name.len() > OVERLAY_NAME_BYTES_MAX || name.chars().any(char::is_control) {
        let why = format!("{what} is longer than {OVERLAY_NAME_BYTES_MAX} bytes or holds control characters");
        return Err(OverlayError::Text { node, why });
    }
    Ok(())
}

fn judge_text(node: u32, text: &str) -> Result<(), OverlayError> {
    let seen = text.chars().filter(|c| !rides_along(*c)).count();
    if seen > OVERLAY_TEXT_CHARS_MAX || text.len() > TEXT_BYTES_MAX {
        let why = format!(
            "a text of {seen} characters, {} bytes; use at most {OVERLAY_TEXT_CHARS_MAX} characters, {TEXT_BYTES_MAX} bytes",
            text.len()
        );
        return Err(OverlayError::Text { node, why });
    }
    if let Some(c) = text.chars().find(|c| c.is_control() && *c != '\n') {
        let why = format!("a text holds the control character U+{:04X}; remove it", u32::from(c));
        return Err(OverlayError::Text { node, why });
    }
    Ok(())
}

/// Marks, joiners and variation selectors take no room of their own.
fn rides_along(c: char) -> bool {
    matches!(u32::from(c),
        0x0300..=0x036F | 0x0483..=0x0489 | 0x0591..=0x05BD | 0x0610..=0x061A | 0x064B..=0x065F | 0x0900..=0x0903
        | 0x093A..=0x094F | 0x0E31..=0x0E3A | 0x0E47..=0x0E4E | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x200B..=0x200F
        | 0x20D0..=0x20FF | 0xFE00..=0xFE0F | 0xFE20..=0xFE2F | 0x1F3FB..=0x1F3FF | 0xE0100..=0xE01EF)
}

fn judge_node(node: &Node) -> Result<(), OverlayError> {
    let id = node.id;
    for (field, value) in
        [("frame.x", node.frame.x), ("frame.y", node.frame.y), ("frame.w", node.frame.w), ("frame.h", node.frame.h)]
    {
        let low = if matches!(field, "frame.w" | "frame.h") { 0 } else { -4 };
        within(id, field, value, low, 5)?;
    }
    within(id, "opacity", node.opacity, 0, 1)?;
    match &node.shape {
        Shape::Group => Ok(()),
        Shape::Rect(rect) => {
            within(id, "radius", rect.radius, 0, 2000)?;
            within(id, "border", rect.border, 0, 200)
        }
        Shape::Text(text) => judge_text_node(id, text),
        Shape::Image(image) => name(id, "the asset's name", &image.asset),
        Shape::Qr(qr) if qr.data.is_empty() || qr.data.len() > OVERLAY_QR_BYTES_MAX => {
            let why = format!("a QR code of {} bytes; use 1 to {OVERLAY_QR_BYTES_MAX}", qr.data.len());
            Err(OverlayError::Text { node: id, why })
        }
        Shape::Qr(qr) => within(id, "quiet", f32::from(qr.quiet), 0, 8),
        Shape::Bar(bar) => {
            within(id, "radius", bar.radius, 0, 2000)?;
            match &bar.value {
                NumSrc::Fixed(value) => within(id, "value", *value, 0, 1),
                NumSrc::Bound(key) => name(id, "a binding's key", key),
                NumSrc::Between(..) => Ok(()),
            }
        }
    }
}

fn judge_text_node(id: u32, text: &TextNode) -> Result<(), OverlayError> {
    name(id, "the font's name", &text.font)?;
    within(id, "size", text.size, 8, 500)?;
    within(id, "weight", f32::from(text.weight), 100, 900)?;
    within(id, "lines_max", f32::from(text.lines_max), 0, i32::from(OVERLAY_LINES_MAX))?;
    match &text.src {
        TextSrc::Literal(text) => judge_text(id, text),
        TextSrc::Bound(key) => name(id, "a binding's key", key),
        TextSrc::Countdown(_) => Ok(()),
        TextSrc::Marquee(lines) => {
            if lines.len() > OVERLAY_MARQUEE_MAX {
                let why = format!("a marquee of {} texts; use at most {OVERLAY_MARQUEE_MAX}", lines.len());
                return Err(OverlayError::Text { node: id, why });
            }
            lines.iter().try_for_each(|line| judge_text(id, line))
        }
    }
}

fn judge_anim(layer: &Layer, anim: &Anim) -> Result<(), OverlayError> {
    let node = anim.node;
    known(layer, node)?;
    let refuse = |why| Err(OverlayError::Animation { node, why });
    if anim.keys.is_empty() || anim.keys.len() > OVERLAY_KEYS_MAX {
        return refuse("it has no keyframes, or more than 64; use 1 to 64");
    }
    if anim.keys.windows(2).any(|pair| pair[0].at_ms >= pair[1].at_ms) {
        return refuse("its keyframes are out of order; let each lie after the one before");
    }
    let length = anim.keys.last().map_or(0, |key| key.at_ms);
    if length > ANIM_MS_MAX {
        return refuse("it lasts longer than a minute; make it shorter");
    }
    if anim.prop == Prop::Opacity && anim.repeats > 0 && length < FLASH_MS_MIN {
        return refuse("it would flash more than three times a second; let it last 334 ms or longer");
    }
    let (low, high) = match anim.prop {
        Prop::X | Prop::Y => (-10, 10),
        Prop::Scale => (0, 10),
        Prop::Opacity => (0, 1),
    };
    anim.keys.iter().try_for_each(|key| within(node, "a keyframe", key.value, low, high))
}

/// Judges the layer as it would be.
fn whole(layer: &mut Layer) -> Result<(), OverlayError> {
    if layer.nodes.len() > OVERLAY_NODES_MAX {
        return Err(OverlayError::TooManyNodes(layer.nodes.len()));
    }
    let bytes = size(layer);
    if bytes > OVERLAY_BYTES_MAX {
        return Err(OverlayError::TooLarge(bytes));
    }
    let rasters: usize = layer.nodes.values().map(|held| rasters(&held.node)).sum();
    let binds = layer.texts.len() + layer.numbers.len();
    for (count, what, max) in [
        (layer.anims.len(), "animations", OVERLAY_ANIMS_MAX),
        (binds, "bindings", OVERLAY_BINDS_MAX),
        (rasters, "texts, images and codes", OVERLAY_RASTERS_MAX),
    ] {
        if count > max {
            return Err(OverlayError::TooMany { count, what, max });
        }
    }
    layer.order = order(layer)?;
    Ok(())
}

fn rasters(node: &Node) -> usize {
    match &node.shape {
        Shape::Text(TextNode { src: TextSrc::Marquee(lines), .. }) => lines.len(),
        Shape::Text(_) | Shape::Image(_) | Shape::Qr(_) => 1,
        _ => 0,
    }
}

fn size(layer: &Layer) -> usize {
    let nodes: usize = layer.nodes.values().map(|held| 64 + node_bytes(&held.node)).sum();
    let texts: usize = layer.texts.iter().map(|(key, text)| key.len() + text.len()).sum();
    let numbers: usize = layer.numbers.keys().map(|key| key.len() + 4).sum();
    let keys: usize = layer.anims.iter().map(|playing| 16 + 12 * playing.anim.keys.len()).sum();
    nodes + texts + numbers + keys
}

fn node_bytes(node: &Node) -> usize {
    match &node.shape {
        Shape::Text(text) => {
            text.font.len()
                + match &text.src {
                    TextSrc::Literal(text) | TextSrc::Bound(text) => text.len(),
                    TextSrc::Countdown(_) => 8,
                    TextSrc::Marquee(lines) => lines.iter().map(String::len).sum(),
                }
        }
        Shape::Image(image) => image.asset.len(),
        Shape::Qr(qr) => qr.data.len(),
        Shape::Bar(bar) => match &bar.value {
            NumSrc::Bound(key) => key.len(),
            _ => 8,
        },
        Shape::Group | Shape::Rect(_) => 0,
    }
}

/// Nodes in the order of drawing: parents before what lies in them, siblings by height, then by number.
fn order(layer: &Layer) -> Result<Vec<u32>, OverlayError> {
    let mut children: BTreeMap<Option<u32>, Vec<(i32, u32)>> = BTreeMap::new();
    for held in layer.nodes.values() {
        let node = &held.node;
        if let Some(parent) = node.parent
            && !layer.nodes.contains_key(&parent)
        {
            return Err(OverlayError::NoParent { node: node.id, parent });
        }
        children.entry(node.parent).or_default().push((node.z, node.id));
    }
    for siblings in children.values_mut() {
        siblings.sort_unstable();
    }
    let mut order = Vec::with_capacity(layer.nodes.len());
    let mut stack: Vec<(u32, usize)> = Vec::new();
    let push = |stack: &mut Vec<(u32, usize)>, parent: Option<u32>, depth: usize| {
        let siblings = children.get(&parent).into_iter().flatten().rev();
        stack.extend(siblings.map(|(_, id)| (*id, depth)));
    };
    push(&mut stack, None, 1);
    while let Some((id, depth)) = stack.pop() {
        if depth > DEPTH_MAX {
            return Err(OverlayError::Nesting(id));
        }
        order.push(id);
        push(&mut stack, Some(id), depth + 1);
    }
    if order.len() < layer.nodes.len() {
        let lost = layer.nodes.keys().copied().find(|id| !order.contains(id));
        return Err(OverlayError::Nesting(lost.unwrap_or(0)));
    }
    Ok(order)
}
