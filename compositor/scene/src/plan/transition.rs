//! The program picture: a scene, or two pictures and a transition between them.
//!
//! The lower picture is drawn plain, the upper one as one draw that fades, moves or is wiped in. A push moves both.

use super::Planner;
use super::lay::{full, lay};
use super::pieces::shift;
use crate::air::{Frozen, Program, Under};
use crate::draw::{Color, Draw, Source, Vec2, Wipe};
use crate::file::{Direction, Look, Push, Side, Slide, Stinger, Transition};
use crate::model::{InputPicture, px};
use std::sync::Arc;
use vitrine_media::{SceneName, Size};

/// The lower picture of a mix, before it is drawn.
#[derive(Clone, Copy)]
enum Lower<'a> {
    Scene(Option<&'a SceneName>),
    Frozen(&'a Frozen),
}

impl Planner<'_> {
    /// Adds what is on program.
    pub(super) fn program(&mut self, out: &mut Vec<Draw>) {
        let air = self.moment.air;
        match &air.program {
            Program::Empty => {}
            Program::Scene(scene) => self.named(Some(scene), out),
            Program::Mix(mix) => {
                let lower = match &mix.from {
                    Under::Empty => Lower::Scene(None),
                    Under::Scene(scene) => Lower::Scene(Some(scene)),
                    Under::Frozen(frozen) => Lower::Frozen(frozen),
                };
                self.mix(lower, &mix.to, &mix.kind, mix.eased(self.moment.at), out);
            }
        }
    }

    fn named(&mut self, scene: Option<&SceneName>, out: &mut Vec<Draw>) {
        if let Some(index) = scene.and_then(|scene| self.moment.show.scene_index(scene)) {
            self.scene(index, 0, out);
        }
    }

    fn lower(&mut self, lower: Lower<'_>, out: &mut Vec<Draw>) {
        match lower {
            Lower::Scene(scene) => self.named(scene, out),
            Lower::Frozen(frozen) => {
                let from = Lower::Scene(frozen.from.as_ref());
                self.mix(from, &frozen.to, &frozen.kind, frozen.position, out);
            }
        }
    }

    fn upper(&mut self, scene: &SceneName) -> Draw {
        let mut draws = self.memo.list();
        self.named(Some(scene), &mut draws);
        self.whole(draws)
    }

    /// Adds a mix at `t`, 0 to 1. At its ends it is the plain scene.
    fn mix(&mut self, from: Lower<'_>, to: &SceneName, kind: &Transition, t: f32, out: &mut Vec<Draw>) {
        if t <= 0.0 {
            return self.lower(from, out);
        }
        if t >= 1.0 {
            return self.named(Some(to), out);
        }
        match kind {
            Transition::Cut(_) => self.named(Some(to), out),
            Transition::Stinger(stinger) => self.stinger(from, to, stinger, t, out),
            Transition::Fade(_) => {
                self.lower(from, out);
                let mut upper = self.upper(to);
                upper.opacity = t;
                self.push(out, upper);
            }
            Transition::FadeColor(fade) => {
                if t < 0.5 {
                    self.lower(from, out);
                } else {
                    self.named(Some(to), out);
                }
                let mut cover = Draw::new(Source::Solid(fade.color), self.full());
                cover.opacity = 1.0 - (2.0 * t - 1.0).abs();
                self.push(out, cover);
            }
            Transition::Wipe(wipe) => {
                self.lower(from, out);
                let mut upper = self.upper(to);
                upper.wipe = Some(edge(wipe, self.canvas, t));
                self.push(out, upper);
            }
            Transition::Slide(Slide { from: side, .. }) => {
                self.lower(from, out);
                self.slide_in(to, *side, t, out);
            }
            Transition::Push(Push { from: side, .. }) => {
                let mut draws = self.memo.list();
                self.lower(from, &mut draws);
                let mut lower = self.whole(draws);
                let (dx, dy) = travel(*side, self.canvas);
                shift(&mut lower, -dx * t, -dy * t);
                self.push(out, lower);
                self.slide_in(to, *side, t, out);
            }
        }
    }

    fn slide_in(&mut self, to: &SceneName, side: Side, t: f32, out: &mut Vec<Draw>) {
        let mut upper = self.upper(to);
        let (dx, dy) = travel(side, self.canvas);
        shift(&mut upper, dx * (1.0 - t), dy * (1.0 - t));
        self.push(out, upper);
    }

    /// The clip lies over all; the scenes change under it at its cut.
    fn stinger(&mut self, from: Lower<'_>, to: &SceneName, stinger: &Stinger, t: f32, out: &mut Vec<Draw>) {
        #[allow(clippy::cast_precision_loss, reason = "a minute of milliseconds")]
        let cut = stinger.cut_ms as f32 / stinger.ms.max(1) as f32;
        if t < cut {
            self.lower(from, out);
        } else {
            self.named(Some(to), out);
        }
        let show = self.moment.show;
        let Some(input) = show.input(&stinger.input) else { return };
        let (size, source) = match &input.picture {
            InputPicture::Live { .. } => {
                let Some(size) = self.moment.sizes.input(&input.id) else { return };
                (size, Source::Input { id: input.id.clone(), grade: Arc::clone(&input.grade) })
            }
            InputPicture::Solid { color, .. } => (self.canvas, Source::Solid(*color)),
            InputPicture::Text(bitmap) => (bitmap.size, Source::Bitmap { id: bitmap.id, place: bitmap.place }),
        };
        if let Some(laid) = lay(&Look::default(), size, self.canvas, self.canvas) {
            let mut draw = Draw::new(source, laid.placement.rect_in_canvas);
            draw.crop = laid.crop.filter(|_| !matches!(draw.source, Source::Solid(Color { .. })));
            self.push(out, draw);
        }
    }
}

/// From where a picture that comes from `side` starts.
fn travel(side: Side, canvas: Size) -> (f32, f32) {
    let (w, h) = (px(canvas.width), px(canvas.height));
    match side {
        Side::Left => (-w, 0.0),
        Side::Right => (w, 0.0),
        Side::Top => (0.0, -h),
        Side::Bottom => (0.0, h),
    }
}

/// The edge of a wipe at `t`: before the canvas at 0, behind it at 1, soft edge and all.
fn edge(wipe: &crate::file::Wipe, canvas: Size, t: f32) -> Wipe {
    const D: f32 = std::f32::consts::FRAC_1_SQRT_2;
    let (x, y) = match wipe.direction {
        Direction::Right => (1.0, 0.0),
        Direction::Left => (-1.0, 0.0),
        Direction::Down => (0.0, 1.0),
        Direction::Up => (0.0, -1.0),
        Direction::DownRight => (D, D),
        Direction::DownLeft => (-D, D),
        Direction::UpRight => (D, -D),
        Direction::UpLeft => (-D, -D),
    };
    let rect = full(canvas);
    let corners = [(0.0, 0.0), (rect.w, 0.0), (0.0, rect.h), (rect.w, rect.h)];
    let along = corners.map(|(cx, cy)| cx * x + cy * y);
    let first = along.into_iter().fold(f32::INFINITY, f32::min);
    let last = along.into_iter().fold(f32::NEG_INFINITY, f32::max);
    let softness = wipe.softness * rect.w.max(rect.h);
    let start = first - softness;
    Wipe { direction: Vec2 { x, y }, edge: start + (last - start) * t, softness }
}
