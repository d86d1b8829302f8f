//! From a draw to the record that the shader reads: geometry only, no device.

use super::limits::{BLUR_PX_MAX, COORDINATE_PX_MAX, SIDE_PX_MAX, TAPS_MAX, THINNEST_PX};
use crate::color::to_ycc;
use bytemuck::{Pod, Zeroable};
use vitrine_media::Size;
use vitrine_scene::draw::{Blend, Color, Draw, Placement, Rect, Scaling, Source};

const BIT_BOX: u32 = 1;
const BIT_CLIP: u32 = 2;
const BIT_WIPE: u32 = 4;
const BIT_LANCZOS: u32 = 8;
const BIT_LUMA_GRID: u32 = 16;
const BIT_CHROMA_GRID: u32 = 32;

/// What the shader reads from. The numbers are `draw.wgsl`'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Solid = 0,
    /// Luma and two chroma planes, opaque.
    Planes = 1,
    /// Luma and chroma with alpha, premultiplied.
    Pair = 2,
    Shadow = 3,
}

/// One draw as `draw.wgsl` knows it; the fields are explained there.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub(super) struct Record {
    pub(super) quad: [f32; 4],
    row_x: [f32; 4],
    row_y: [f32; 4],
    seen: [f32; 4],
    shape: [f32; 4],
    turn: [f32; 4],
    clip: [f32; 4],
    wipe: [f32; 4],
    color: [f32; 4],
    border: [f32; 4],
    level: [f32; 4],
    flags: [u32; 4],
}

/// Zero for what is not a number, and within what a picture can mean.
fn tame(value: f32) -> f32 {
    if value.is_finite() { value.clamp(-COORDINATE_PX_MAX, COORDINATE_PX_MAX) } else { 0.0 }
}

fn tame_rect(rect: Rect) -> Rect {
    Rect { x: tame(rect.x), y: tame(rect.y), w: tame(rect.w).max(0.0), h: tame(rect.h).max(0.0) }
}

/// Code values of a colour over 255, and its alpha.
fn coded(color: Color) -> [f32; 4] {
    let [r, g, b, a] = [color.r, color.g, color.b, color.a].map(|v| f32::from(v) / 255.0);
    let [y, cb, cr] = to_ycc([r, g, b]).map(|v| v / 255.0);
    [y, cb, cr, a]
}

/// Cosine and sine of a turn; exact at quarter turns, so that those stay on the pixel grid.
fn turn_of(degrees: f32) -> (f32, f32) {
    let degrees = tame(degrees).rem_euclid(360.0);
    match degrees {
        0.0 | 360.0 => (1.0, 0.0),
        90.0 => (0.0, 1.0),
        180.0 => (-1.0, 0.0),
        270.0 => (0.0, -1.0),
        other => (other.to_radians().cos(), other.to_radians().sin()),
    }
}

/// A draw that was made safe to reckon with; `None` if nothing of it can be seen.
pub(super) struct Placed<'d> {
    draw: &'d Draw,
    rect: Rect,
    cos: f32,
    sin: f32,
    flip_h: bool,
    flip_v: bool,
    opacity: f32,
    target: Size,
}

impl<'d> Placed<'d> {
    pub(super) fn new(draw: &'d Draw, target: Size) -> Option<Self> {
        let opacity = if draw.opacity.is_finite() { draw.opacity.clamp(0.0, 1.0) } else { 0.0 };
        let Placement { rect_in_canvas, rotation_deg, flip_h, flip_v } = draw.placement;
        let rect = tame_rect(rect_in_canvas);
        if opacity <= 0.0 || rect.w <= 0.0 || rect.h <= 0.0 {
            return None;
        }
        let (cos, sin) = turn_of(rotation_deg);
        // Half a turn is two flips, which need no turned sampling.
        let half = cos == -1.0;
        let (cos, sin) = if half { (1.0, 0.0) } else { (cos, sin) };
        Some(Self { draw, rect, cos, sin, flip_h: flip_h != half, flip_v: flip_v != half, opacity, target })
    }

    fn is_turned(&self) -> bool {
        self.sin != 0.0
    }

    /// The part of a source of `size` that is seen.
    fn seen(size: Size, crop: Option<Rect>) -> Option<Rect> {
        let (w, h) = (size.width as f32, size.height as f32);
        let crop = crop.map_or(Rect { x: 0.0, y: 0.0, w, h }, tame_rect);
        let (x, y) = (crop.x.clamp(0.0, w), crop.y.clamp(0.0, h));
        let seen = Rect { x, y, w: (crop.x + crop.w).min(w) - x, h: (crop.y + crop.h).min(h) - y };
        (seen.w > 0.0 && seen.h > 0.0).then_some(seen)
    }

    /// A turned source that gets smaller is reduced upright first, to the size returned, then turned.
    pub(super) fn reduced(&self, size: Size) -> Option<Size> {
        let seen = Self::seen(size, self.draw.crop)?;
        if !self.is_turned() || (self.rect.w >= seen.w && self.rect.h >= seen.h) {
            return None;
        }
        let side = |on_canvas: f32, in_source: f32| {
            let len = if on_canvas < in_source { on_canvas.round() } else { in_source.ceil() };
            (len as u32).clamp(1, SIDE_PX_MAX)
        };
        Some(Size::new(side(self.rect.w, seen.w), side(self.rect.h, seen.h)))
    }

    /// The first of the two steps: what is seen of a source of `size`, upright over all of a target of `to`.
    pub(super) fn reduction(&self, kind: Kind, size: Size, to: Size) -> Option<Record> {
        let whole = Rect { x: 0.0, y: 0.0, w: to.width as f32, h: to.height as f32 };
        let mut upright = Draw::new(Source::Solid(Color::BLACK), whole);
        upright.crop = self.draw.crop;
        upright.scaling = self.draw.scaling;
        let mut record = Placed::new(&upright, to)?.picture(kind, size)?;
        // An odd side's last chroma sample is whole, too.
        record.shape[2] += 1.0;
        record.shape[3] += 1.0;
        Some(record)
    }

    /// The second: all of the reduced picture, where the draw lies.
    pub(super) fn turned(&self, size: Size) -> Option<Record> {
        self.cropped(Kind::Pair, size, None)
    }

    /// What both the shadow and the draw itself have: shape, clip, wipe and touched pixels.
    fn base(&self, rect: Rect, spread: f32, kind: Kind) -> Option<Record> {
        let half = [rect.w / 2.0, rect.h / 2.0];
        let center = [rect.x + half[0], rect.y + half[1]];
        let radius = tame(self.draw.corner_radius).clamp(0.0, half[0].min(half[1]));
        let mut bits = 0;
        if radius == 0.0 && !self.is_turned() {
            bits |= BIT_BOX;
        }
        let (cos, sin) = (self.cos.abs(), self.sin.abs());
        let grow = spread + if self.is_turned() { 0.5 } else { 0.0 };
        let reach = [half[0] * cos + half[1] * sin + grow, half[0] * sin + half[1] * cos + grow];
        let mut low = [(center[0] - reach[0]).floor().max(0.0), (center[1] - reach[1]).floor().max(0.0)];
        let mut high = [
            (center[0] + reach[0]).ceil().min(self.target.width as f32),
            (center[1] + reach[1]).ceil().min(self.target.height as f32),
        ];
        let mut clip = [0.0; 4];
        if let Some(rect) = self.draw.clip.map(tame_rect) {
            bits |= BIT_CLIP;
            clip = [rect.x, rect.y, rect.x + rect.w, rect.y + rect.h];
            low = [low[0].max(clip[0].floor()), low[1].max(clip[1].floor())];
            high = [high[0].min(clip[2].ceil()), high[1].min(clip[3].ceil())];
        }
        if low[0] >= high[0] || low[1] >= high[1] {
            return None;
        }
        let mut wipe = [0.0; 4];
        if let Some(edge) = self.draw.wipe {
            bits |= BIT_WIPE;
            wipe = [tame(edge.direction.x), tame(edge.direction.y), tame(edge.edge), tame(edge.softness).max(0.0)];
        }
        Some(Record {
            quad: [low[0], low[1], high[0], high[1]],
            shape: [center[0], center[1], half[0], half[1]],
            turn: [self.cos, self.sin, radius, 0.0],
            clip,
            wipe,
            level: [self.opacity, 0.0, self.target.width as f32, self.target.height as f32],
            flags: [kind as u32, 0, bits, 0],
            ..Record::default()
        })
    }

    /// The shadow under the draw, if it has one that is seen.
    pub(super) fn shadow(&self) -> Option<Record> {
        let shadow = self.draw.shadow.filter(|s| s.color.a > 0)?;
        let sigma = tame(shadow.blur).clamp(0.0, BLUR_PX_MAX) / 2.0;
        let rect = Rect { x: self.rect.x + tame(shadow.offset.x), y: self.rect.y + tame(shadow.offset.y), ..self.rect };
        let soft = sigma >= 0.25;
        let mut record = self.base(rect, if soft { (3.0 * sigma + 1.0).ceil() } else { 0.0 }, Kind::Shadow)?;
        record.level[1] = if soft { sigma } else { 0.0 };
        record.color = coded(shadow.color);
        record.level[0] *= record.color[3];
        Some(record)
    }

    /// One colour.
    pub(super) fn solid(&self, color: Color) -> Option<Record> {
        let mut record = self.base(self.rect, 0.0, Kind::Solid)?;
        record.color = coded(color);
        // A colour's alpha is the draw's: its border fades with it.
        record.level[0] *= record.color[3];
        self.finish(&mut record);
        Some(record)
    }

    /// A picture of `size`.
    pub(super) fn picture(&self, kind: Kind, size: Size) -> Option<Record> {
        self.cropped(kind, size, self.draw.crop)
    }

    fn cropped(&self, kind: Kind, size: Size, crop: Option<Rect>) -> Option<Record> {
        let mut record = self.base(self.rect, 0.0, kind)?;
        let Rect { x, y, w, h } = Self::seen(size, crop)?;
        let (right, bottom) = (x + w, y + h);
        record.seen = [x.floor(), y.floor(), right.ceil(), bottom.ceil()];
        let scale = [(right - x) / self.rect.w.max(THINNEST_PX), (bottom - y) / self.rect.h.max(THINNEST_PX)];
        let lanczos = self.draw.scaling == Scaling::Lanczos && !self.is_turned();
        if lanczos {
            record.flags[2] |= BIT_LANCZOS;
        }
        let widest = if lanczos { TAPS_MAX / 6.0 } else { TAPS_MAX };
        let sx = if self.flip_h { -scale[0] } else { scale[0] };
        let sy = if self.flip_v { -scale[1] } else { scale[1] };
        let [cx, cy, ..] = record.shape;
        let (mx, my) = ((x + right) / 2.0, (y + bottom) / 2.0);
        let across = [self.cos * sx, self.sin * sx];
        let down = [-self.sin * sy, self.cos * sy];
        record.row_x = [across[0], across[1], mx - across[0] * cx - across[1] * cy, scale[0].clamp(1.0, widest)];
        record.row_y = [down[0], down[1], my - down[0] * cx - down[1] * cy, scale[1].clamp(1.0, widest)];
        record.flags[2] |= grid_bits(&record);
        self.finish(&mut record);
        Some(record)
    }

    fn finish(&self, record: &mut Record) {
        record.flags[1] = blend_code(self.draw.blend);
        if let Some(border) = self.draw.border {
            record.turn[3] = tame(border.width).max(0.0);
            record.border = coded(border.color);
        }
    }
}

/// Whether source samples lie on the target's, so that nothing has to be reckoned between them.
fn grid_bits(record: &Record) -> u32 {
    let ([a, b, x, _], [d, e, y, _]) = (record.row_x, record.row_y);
    let whole = |step: f32| x.rem_euclid(step) == 0.0 && y.rem_euclid(step) == 0.0;
    if [a, b, d, e] != [1.0, 0.0, 0.0, 1.0] || !whole(1.0) {
        return 0;
    }
    BIT_LUMA_GRID | if whole(2.0) { BIT_CHROMA_GRID } else { 0 }
}

/// The blend's number in `draw.wgsl`.
const fn blend_code(blend: Blend) -> u32 {
    match blend {
        Blend::Normal => 0,
        Blend::Add => 1,
        Blend::Multiply => 2,
        Blend::Screen => 3,
        Blend::Subtract => 4,
        Blend::Lighten => 5,
        Blend::Darken => 6,
    }
}

/// A background as the canvas begins: over black, so that a canvas is opaque. Y', Cb, Cr over 255, and alpha.
pub(super) fn over_black(color: Color) -> [f64; 4] {
    let rgb = [color.r, color.g, color.b].map(|v| f32::from(v) * f32::from(color.a) / (255.0 * 255.0));
    let [y, cb, cr] = to_ycc(rgb).map(|v| f64::from(v / 255.0));
    [y, cb, cr, 1.0]
}
