//! Lays text out in its box and paints it: letters, colour glyphs, outline and shadow.

use super::fonts::{self, Fonts};
use super::harmless::harmless;
use super::ink::{self, Mask};
use super::{RasterError, limits};
use cosmic_text::fontdb::{Family, Style, Weight};
use cosmic_text::{
    Attrs, AttrsList, BufferLine, CacheKey, CacheKeyFlags, Ellipsize, EllipsizeHeightLimit, FeatureTag, Font,
    FontFeatures, Hinting, LineEnding, Shaping, SwashContent, SwashImage, Wrap,
};
use unicode_segmentation::UnicodeSegmentation;
use vitrine_media::Size;
use vitrine_scene::draw::Color;
use vitrine_scene::raster::{Align, TextSpec, VerticalAlign};
use zeno::{Command, Point};

const TAB_SPACES: u16 = 4;

/// A glyph and its origin in the bitmap: as a whole pixel for its image, exactly for its outline.
struct Placed {
    key: CacheKey,
    x: i32,
    y: i32,
    exact: (f32, f32),
}

/// Text that found its place.
pub(super) struct Laid {
    /// Size of the bitmap.
    pub(super) size: Size,
    /// Graphemes that went through the shaper.
    pub(super) graphemes: usize,
    /// Whether something was left out, at a limit of ours or of the box.
    pub(super) cut: bool,
    glyphs: Vec<Placed>,
}

#[cfg(test)]
impl Laid {
    /// Lines that have a glyph.
    pub(super) fn line_count(&self) -> usize {
        let baselines: std::collections::BTreeSet<_> = self.glyphs.iter().map(|g| g.y).collect();
        baselines.len()
    }
}

/// One line before it has its place: glyphs relative to the line's own left end and baseline.
struct Line {
    glyphs: Vec<cosmic_text::LayoutGlyph>,
    left: f32,
    width: f32,
    rtl: bool,
}

/// Numbers that a spec comes down to.
struct Measures {
    size: f32,
    line_height: f32,
    /// Room at each side for outline and shadow.
    margin: (f32, f32),
    lines_max: usize,
    wrap_width: Option<f32>,
}

/// How far outline and shadow reach beyond the letters, across and down.
fn reach(spec: &TextSpec) -> (f32, f32) {
    let outline = spec.outline.map_or(0.0, |o| f32::from(o.width_px10.min(limits::OUTLINE_PX10_MAX)) / 10.0);
    let (blur, x, y) = spec.shadow.map_or((0.0, 0.0, 0.0), |s| {
        let max = limits::SHADOW_OFFSET_PX10_MAX;
        let px = |v: i16| f32::from(v.clamp(-max, max)).abs() / 10.0;
        let blur = f32::from(s.blur_px10.min(limits::SHADOW_BLUR_PX10_MAX)) / 10.0;
        (blur, px(s.offset_px10.0), px(s.offset_px10.1))
    });
    ((outline + blur + x).ceil(), (outline + blur + y).ceil())
}

fn measures(spec: &TextSpec) -> Measures {
    let px10 = spec.size_px10.clamp(*limits::FONT_SIZE_PX10.start(), *limits::FONT_SIZE_PX10.end());
    let size = px10 as f32 / 10.0;
    let pct = spec.line_height_pct.clamp(*limits::LINE_HEIGHT_PCT.start(), *limits::LINE_HEIGHT_PCT.end());
    let line_height = (size * f32::from(pct) / 100.0).round().max(1.0);
    let (reach_x, reach_y) = reach(spec);
    let (width, height) = (spec.box_px.0 as f32, spec.box_px.1 as f32);
    // In a given box the margin yields to the text: a tight box cuts the shadow rather than the letters.
    let margin_x = if spec.box_px.0 == 0 { reach_x } else { reach_x.min((width / 8.0).floor()) };
    let margin_y =
        if spec.box_px.1 == 0 { reach_y } else { reach_y.min(((height - line_height) / 2.0).max(0.0).floor()) };
    let mut lines_max = limits::TEXT_LINES_MAX;
    if spec.lines_max > 0 {
        lines_max = lines_max.min(usize::from(spec.lines_max));
    }
    if spec.box_px.1 > 0 {
        // Half a pixel of grace: boxes are whole pixels, line heights were rounded.
        lines_max = lines_max.min((((height - 2.0 * margin_y + 0.5) / line_height) as usize).max(1));
    }
    let wrap_width = (spec.box_px.0 > 0).then_some(width - 2.0 * margin_x);
    Measures { size, line_height, margin: (margin_x, margin_y), lines_max, wrap_width }
}

/// Which fonts a stretch of text is set in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Face {
    Own,
    /// Another script's font. Those come in regular and bold everywhere, in other weights rarely.
    Other,
    Emoji,
}

struct Setting<'a> {
    own: Attrs<'a>,
    other: Attrs<'a>,
    emoji: Attrs<'a>,
    font: std::sync::Arc<Font>,
}

impl<'a> Setting<'a> {
    fn new(spec: &'a TextSpec, fonts: &mut Fonts) -> Option<Self> {
        let family = if fonts.has_family(&spec.family) { Family::Name(&spec.family) } else { Family::SansSerif };
        let style = if spec.italic { Style::Italic } else { Style::Normal };
        let weight = Weight(spec.weight.clamp(100, 900));
        let mut features = FontFeatures::new();
        if spec.tabular {
            features.enable(FeatureTag::new(b"tnum"));
        }
        let own = Attrs::new()
            .family(family)
            .style(style)
            .weight(weight)
            .cache_key_flags(CacheKeyFlags::DISABLE_HINTING)
            .font_features(features);
        let other = own.clone().weight(if weight.0 >= 600 { Weight::BOLD } else { Weight::NORMAL });
        let emoji = fonts.emoji().map_or_else(
            || other.clone(),
            |name| own.clone().family(Family::Name(name)).weight(Weight::NORMAL).style(Style::Normal),
        );
        let font = fonts.face(family, weight, style)?;
        Some(Self { own, other, emoji, font })
    }

    fn attrs(&self, face: Face) -> &Attrs<'a> {
        match face {
            Face::Own => &self.own,
            Face::Other => &self.other,
            Face::Emoji => &self.emoji,
        }
    }

    fn face(&self, grapheme: &str) -> Option<Face> {
        let first = grapheme.chars().next().filter(|c| *c != ' ' && *c != '\u{A0}')?;
        if grapheme.contains('\u{FE0F}') {
            return Some(Face::Emoji);
        }
        if grapheme.chars().all(|c| fonts::has(&self.font, c)) {
            return Some(Face::Own);
        }
        Some(if ('\u{1F000}'..='\u{1FAFF}').contains(&first) { Face::Emoji } else { Face::Other })
    }

    /// The paragraph with the fonts that each stretch is set in.
    fn line(&self, text: String) -> BufferLine {
        let mut list = AttrsList::new(&self.own);
        let mut start = 0;
        let mut now = Face::Own;
        for (at, grapheme) in text.grapheme_indices(true) {
            // Spaces go with what stands before them; those of emoji fonts are as wide as an emoji.
            let face = self.face(grapheme).unwrap_or(if now == Face::Emoji { Face::Own } else { now });
            if face != now {
                if now != Face::Own {
                    list.add_span(start..at, self.attrs(now));
                }
                (start, now) = (at, face);
            }
        }
        if now != Face::Own {
            list.add_span(start..text.len(), self.attrs(now));
        }
        BufferLine::new(text, LineEnding::None, list, Shaping::Advanced)
    }
}

/// Characters that no font has become U+FFFD, so that the shaper doesn't search all fonts for each.
fn shown(paragraph: &str, fonts: &mut Fonts) -> String {
    let stand_in = if fonts.covers('\u{FFFD}') { '\u{FFFD}' } else { '?' };
    let unseen = |c: char| matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0020}'..='\u{E007F}');
    paragraph.chars().map(|c| if unseen(c) || fonts.covers(c) { c } else { stand_in }).collect()
}

/// Breaks paragraphs into at most `m.lines_max` lines; the last ends in an ellipsis if there were more.
fn lines(paragraphs: &[String], setting: &Setting<'_>, m: &Measures, fonts: &mut Fonts, cut: &mut bool) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let width = m.wrap_width.unwrap_or(limits::SIDE_PX_MAX as f32 - 2.0 * m.margin.0);
    for (index, paragraph) in paragraphs.iter().enumerate() {
        let room = m.lines_max - lines.len();
        if room == 0 {
            break;
        }
        let mut text = shown(paragraph, fonts);
        let more = room == 1 && paragraphs.iter().skip(index + 1).any(|p| !p.is_empty());
        if more && !text.ends_with('…') {
            text.push('…');
            *cut = true;
        }
        let (wrap, limit) = if m.wrap_width.is_none() { (Wrap::None, 1) } else { (Wrap::WordOrGlyph, room) };
        let ellipsize = Ellipsize::End(EllipsizeHeightLimit::Lines(limit));
        let mut line = setting.line(text);
        line.layout(&mut fonts.system, m.size, Some(width), wrap, ellipsize, None, TAB_SPACES, Hinting::Disabled);
        let before = lines.len();
        for run in line.layout_runs(None, m.line_height).take(room) {
            let inked =
                || run.glyphs.iter().filter(|g| run.text.get(g.start..g.end).is_none_or(|t| !t.trim().is_empty()));
            let left = inked().map(|g| g.x).fold(f32::INFINITY, f32::min);
            let right = inked().map(|g| g.x + g.w).fold(f32::NEG_INFINITY, f32::max);
            let (left, width) = if right > left { (left, right - left) } else { (0.0, 0.0) };
            lines.push(Line { glyphs: run.glyphs.to_vec(), left, width, rtl: run.rtl });
        }
        if lines.len() == before {
            lines.push(Line { glyphs: Vec::new(), left: 0.0, width: 0.0, rtl: false });
        }
    }
    lines
}

/// Lays `spec` out.
pub(super) fn lay_out(spec: &TextSpec, fonts: &mut Fonts) -> Result<Laid, RasterError> {
    super::check_box(spec.box_px.0, spec.box_px.1)?;
    let m = measures(spec);
    let text = harmless(&spec.text);
    let mut cut = text.cut;
    let setting = if fonts.any() { Setting::new(spec, fonts) } else { None };
    let Some(setting) = setting else {
        let size = Size::new(spec.box_px.0.max(1), spec.box_px.1.max(1));
        return Ok(Laid { size, graphemes: 0, cut: true, glyphs: Vec::new() });
    };
    let lines = lines(&text.paragraphs, &setting, &m, fonts, &mut cut);
    // The baseline comes from the spec's own font, so that it doesn't jump when another script enters the line.
    let metrics = setting.font.metrics();
    let em = m.size / f32::from(metrics.units_per_em.max(1));
    let (ascent, descent) = (metrics.ascent * em, -metrics.descent * em);
    let baseline = ((m.line_height - ascent - descent) / 2.0 + ascent).round();

    let widest = lines.iter().map(|l| l.width).fold(0.0, f32::max).ceil();
    let inner = m.wrap_width.unwrap_or(widest);
    let text_height = lines.len() as f32 * m.line_height;
    let height = if spec.box_px.1 > 0 { spec.box_px.1 as f32 } else { text_height + 2.0 * m.margin.1 };
    let room = height - text_height;
    let top = match spec.valign {
        VerticalAlign::Top => m.margin.1,
        VerticalAlign::Middle => (room / 2.0).floor(),
        VerticalAlign::Bottom => room - m.margin.1,
    };
    let mut glyphs = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let free = inner - line.width;
        let x = match (spec.align, line.rtl) {
            (Align::Start, false) | (Align::End, true) => 0.0,
            (Align::Center, _) => (free / 2.0).round(),
            (Align::Start, true) | (Align::End, false) => free,
        };
        let at = (m.margin.0 + x - line.left, top + index as f32 * m.line_height + baseline);
        for glyph in &line.glyphs {
            let placed = glyph.physical(at, 1.0);
            let exact =
                (at.0 + glyph.x + glyph.font_size * glyph.x_offset, at.1 + glyph.y - glyph.font_size * glyph.y_offset);
            glyphs.push(Placed { key: placed.cache_key, x: placed.x, y: placed.y, exact });
        }
    }
    let width = if spec.box_px.0 > 0 { spec.box_px.0 as f32 } else { inner + 2.0 * m.margin.0 };
    let mut laid =
        Laid { size: Size::new((width as u32).max(1), (height as u32).max(1)), graphemes: text.graphemes, cut, glyphs };
    make_room(spec, &m, &mut laid, fonts);
    super::check_box(laid.size.width, laid.size.height)?;
    Ok(laid)
}

/// Where the box is as large as the text needs, glyphs that stick out of their advance or line make it larger,
/// equally at both sides so that the text stays in its middle.
fn make_room(spec: &TextSpec, m: &Measures, laid: &mut Laid, fonts: &mut Fonts) {
    let (mut out_x, mut out_y) = (0, 0);
    let (width, height) = (laid.size.width as i32, laid.size.height as i32);
    let (margin_x, margin_y) = (m.margin.0 as i32, m.margin.1 as i32);
    for placed in &laid.glyphs {
        let Some(image) = fonts.glyph(placed.key) else { continue };
        let (left, top) = (placed.x + image.placement.left, placed.y - image.placement.top);
        let (right, bottom) = (left + image.placement.width as i32, top + image.placement.height as i32);
        out_x = out_x.max(margin_x - left).max(right - (width - margin_x));
        out_y = out_y.max(margin_y - top).max(bottom - (height - margin_y));
    }
    let out_x = if spec.box_px.0 == 0 { out_x.max(0) } else { 0 };
    let out_y = if spec.box_px.1 == 0 { out_y.max(0) } else { 0 };
    let side = limits::SIDE_PX_MAX;
    laid.size.width = (laid.size.width + 2 * out_x.unsigned_abs()).min(side);
    laid.size.height = (laid.size.height + 2 * out_y.unsigned_abs()).min(side);
    for placed in &mut laid.glyphs {
        placed.x += out_x;
        placed.y += out_y;
        placed.exact = (placed.exact.0 + out_x as f32, placed.exact.1 + out_y as f32);
    }
}

/// Letters as coverage; colour glyphs as premultiplied pixels, if there are any.
struct Ink {
    letters: Mask,
    colored: Option<Vec<[u8; 4]>>,
}

/// Outlines of all letters become one path, so that joined letters meet without a seam.
fn ink(laid: &Laid, fonts: &mut Fonts) -> Ink {
    let (width, height) = (laid.size.width as usize, laid.size.height as usize);
    let mut colored: Option<Vec<[u8; 4]>> = None;
    let mut letters: Vec<Command> = Vec::new();
    for placed in &laid.glyphs {
        let Some(image) = fonts.glyph(placed.key) else { continue };
        let (left, top) = (placed.x + image.placement.left, placed.y - image.placement.top);
        let (right, bottom) = (left + image.placement.width as i32, top + image.placement.height as i32);
        // Quarter-pixel images and exact outlines differ by less than a pixel.
        if right < 0 || bottom < 0 || left > width as i32 || top > height as i32 {
            continue;
        }
        if image.content == SwashContent::Mask {
            let moved = |p: Point| Point::new(placed.exact.0 + p.x, placed.exact.1 - p.y);
            letters.extend(fonts.outline(placed.key).into_iter().flatten().map(|command| match *command {
                Command::MoveTo(p) => Command::MoveTo(moved(p)),
                Command::LineTo(p) => Command::LineTo(moved(p)),
                Command::CurveTo(a, b, p) => Command::CurveTo(moved(a), moved(b), moved(p)),
                Command::QuadTo(a, p) => Command::QuadTo(moved(a), moved(p)),
                Command::Close => Command::Close,
            }));
        } else {
            let pixels = colored.get_or_insert_with(|| vec![[0; 4]; width * height]);
            stamp(pixels, (width, height), image, (left, top));
        }
    }
    let mut mask = Mask::new(width, height);
    if !letters.is_empty() {
        let (width, height) = (laid.size.width, laid.size.height);
        zeno::Mask::new(&letters).size(width, height).render_into(&mut mask.bytes, None);
    }
    Ink { letters: mask, colored }
}

/// Lays a colour glyph's picture on premultiplied pixels; what lies outside is cut.
fn stamp(pixels: &mut [[u8; 4]], (width, height): (usize, usize), image: &SwashImage, (left, top): (i32, i32)) {
    let across = image.placement.width as usize;
    let skip = usize::try_from(-i64::from(left)).unwrap_or(0);
    let x = usize::try_from(left).unwrap_or(0);
    let take = across.saturating_sub(skip).min(width.saturating_sub(x));
    for (row, source) in image.data.chunks_exact(across.max(1) * 4).enumerate() {
        let y = i64::from(top) + row as i64;
        let Some(y) = usize::try_from(y).ok().filter(|y| *y < height) else { continue };
        let at = y * width + x;
        let target = pixels.get_mut(at..at + take).unwrap_or_default();
        for (to, from) in target.iter_mut().zip(source.chunks_exact(4).skip(skip)) {
            if let [r, g, b, a] = *from {
                *to = ink::over(*to, ink::premultiplied(Color { r, g, b, a }, 255));
            }
        }
    }
}

/// Paints what was laid out as premultiplied RGBA, rows without padding.
pub(super) fn paint(spec: &TextSpec, laid: &Laid, fonts: &mut Fonts) -> Vec<[u8; 4]> {
    let mut ink = ink(laid, fonts);
    let mut pixels = vec![[0; 4]; laid.size.width as usize * laid.size.height as usize];
    if spec.outline.is_some() || spec.shadow.is_some() {
        let mut shape = ink.letters.clone();
        for (cover, pixel) in shape.bytes.iter_mut().zip(ink.colored.iter().flatten()) {
            *cover = (*cover).max(pixel[3]);
        }
        let line = spec.outline.filter(|o| o.width_px10 > 0).map(|outline| {
            let width = f32::from(outline.width_px10.min(limits::OUTLINE_PX10_MAX)) / 10.0;
            (shape.grown(width), outline.color)
        });
        if let Some(shadow) = spec.shadow {
            let max = limits::SHADOW_OFFSET_PX10_MAX;
            let px = |v: i16| (i32::from(v.clamp(-max, max)) + 5).div_euclid(10);
            let moved =
                line.as_ref().map_or(&shape, |(m, _)| m).moved(px(shadow.offset_px10.0), px(shadow.offset_px10.1));
            let blur = f32::from(shadow.blur_px10.min(limits::SHADOW_BLUR_PX10_MAX)) / 10.0;
            let soft = if blur >= 0.5 { moved.blurred(blur / 2.0) } else { moved };
            ink::lay(&mut pixels, &soft, shadow.color);
        }
        if let Some((mask, color)) = line {
            ink::lay(&mut pixels, &mask, color);
        }
    }
    ink::lay(&mut pixels, &ink.letters, spec.color);
    if let Some(colored) = ink.colored.take() {
        for (to, from) in pixels.iter_mut().zip(colored) {
            *to = ink::over(*to, from.map(|v| ink::mul255(v, spec.color.a)));
        }
    }
    pixels
}
