//! Texts of the show file as bitmaps: how large the box is, and what is rasterised.

use crate::draw::Rect;
use crate::file::{Anchor, Look, Place, TextStyle, Theme};
use crate::model::{px, unit};
use crate::raster::{Align, Outline, RasterSpec, TextShadow, TextSpec};
use vitrine_media::Size;

/// Width of a letter over its size, for guessing how many lines a text takes.
const LETTER_WIDTH: f32 = 0.55;
/// Part of the canvas that a text takes across if nothing is said: graphics stay inside 5 % at each side.
const TEXT_WIDTH: f32 = 0.9;

/// What is rasterised for `style` in a box of `size`, with figures multiplied by `scale`.
pub(crate) fn spec(style: &TextStyle, size: Size, scale: f32, theme: &Theme) -> RasterSpec {
    let outline = style.outline.as_ref().filter(|outline| outline.width > 0.0);
    RasterSpec::Text(TextSpec {
        text: style.text.clone(),
        family: style.font.clone().unwrap_or_else(|| theme.font.clone()),
        weight: style.weight,
        italic: style.italic,
        size_px10: tenths(style.size * scale),
        line_height_pct: style.line_height_pct,
        color: style.fill,
        box_px: (size.width, size.height),
        align: style.align.unwrap_or_default(),
        valign: style.valign,
        lines_max: style.lines_max.unwrap_or(0),
        tabular: style.tabular,
        outline: outline.map(|o| Outline { width_px10: short(o.width * scale), color: o.color }),
        shadow: style.text_shadow.as_ref().map(|shadow| TextShadow {
            blur_px10: short(shadow.blur * scale),
            offset_px10: (offset(shadow.x * scale), offset(shadow.y * scale)),
            color: shadow.color,
        }),
    })
}

/// A text layer on a canvas of `size`, with figures meant for `design`: what is rasterised, and where it lies.
/// A side that is not said is nine tenths of the canvas across, and as many lines as the text will take down.
pub(crate) fn layer(style: &TextStyle, look: &Look, size: Size, design: Size, theme: &Theme) -> (RasterSpec, Rect) {
    let scale = unit(size) / unit(design);
    let place = look.place.clone().unwrap_or_default();
    let (canvas_w, canvas_h) = (px(size.width), px(size.height));
    let (ratio_w, ratio_h) = (canvas_w / px(design.width), canvas_h / px(design.height));
    let text_px = style.size * scale;
    let w = match place.w {
        Some(w) => w.of(px(design.width)) * ratio_w,
        None => canvas_w * TEXT_WIDTH,
    };
    let w = w.clamp(text_px.min(canvas_w), 2.0 * canvas_w).round().max(1.0);
    let h = match place.h {
        Some(h) => h.of(px(design.height)) * ratio_h,
        None => lines(style, w, text_px) * text_px * f32::from(style.line_height_pct) / 100.0 + text_px * 0.2,
    };
    let h = h.clamp(1.0, 2.0 * canvas_h).ceil();
    let (fx, fy) = place.anchor.at();
    let (x, y) = anchor_point(&place, design);
    let rect = Rect { x: (x * ratio_w - fx * w).round(), y: (y * ratio_h - fy * h).round(), w, h };
    let align = style.align.unwrap_or(match place.anchor {
        Anchor::TopLeft | Anchor::Left | Anchor::BottomLeft => Align::Start,
        Anchor::Top | Anchor::Center | Anchor::Bottom => Align::Center,
        Anchor::TopRight | Anchor::Right | Anchor::BottomRight => Align::End,
    });
    let style = TextStyle { align: Some(align), ..style.clone() };
    (spec(&style, Size::new(whole(w), whole(h)), scale, theme), rect)
}

/// Where a place's anchor lies on a canvas.
pub(crate) fn anchor_point(place: &Place, canvas: Size) -> (f32, f32) {
    let (fx, fy) = place.anchor.at();
    let (w, h) = (px(canvas.width), px(canvas.height));
    (place.x.map_or(fx * w, |x| x.of(w)), place.y.map_or(fy * h, |y| y.of(h)))
}

fn lines(style: &TextStyle, width: f32, size: f32) -> f32 {
    let per_line = (width / (size * LETTER_WIDTH)).floor().max(1.0);
    let count = |line: &str| u16::try_from(line.chars().count()).map_or(f32::from(u16::MAX), f32::from);
    let lines: f32 = style.text.split('\n').map(|line| (count(line) / per_line).ceil().max(1.0)).sum();
    style.lines_max.map_or(lines, |max| lines.min(f32::from(max))).min(100.0)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped first; NaN becomes 0")]
pub(crate) fn tenths(length: f32) -> u32 {
    (length * 10.0).round().clamp(0.0, 1_000_000.0) as u32
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped first; NaN becomes 0")]
pub(crate) fn short(length: f32) -> u16 {
    (length * 10.0).round().clamp(0.0, 65_535.0) as u16
}

#[allow(clippy::cast_possible_truncation, reason = "clamped first; NaN becomes 0")]
fn offset(length: f32) -> i16 {
    (length * 10.0).round().clamp(-32_768.0, 32_767.0) as i16
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped first; NaN becomes 0")]
pub(crate) fn whole(length: f32) -> u32 {
    length.round().clamp(0.0, 32_768.0) as u32
}
