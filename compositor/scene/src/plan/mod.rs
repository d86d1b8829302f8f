//! What is on screen at an instant: `plan(moment) -> DrawList`.
//!
//! ```text
//! Show + Air + at ──► program (one scene, or a mix of two pictures) ──► overlays ──► fade to black
//! ```
//!
//! The list is flat where it can be: a scene is drawn plain, and only what has to move or fade as a whole becomes a
//! group. Equal moments give equal lists.

mod lay;
mod memo;
mod overlays;
mod pieces;
mod rasters;
mod scene;
mod spots;
pub(crate) mod text;
mod transition;

pub use lay::{Laid, lay};
pub use memo::Memo;
pub use rasters::{Wanted, rasters_needed};
pub use spots::{SpotBox, spots_into};

use crate::air::Air;
use crate::draw::{Color, Draw, DrawList, Rect, Sizes, Source};
use crate::limits::DRAWS_MAX;
use crate::model::Show;
use crate::overlay::Layer;
use std::sync::Arc;
use vitrine_media::{PluginId, ShowTime, Size};

/// What plugins have put on the picture, asked by the plan: answers at once.
pub trait Overlays {
    /// The layer that a plugin has committed for a slot.
    fn layer(&self, plugin: &PluginId, slot: &str) -> Option<Arc<Layer>>;
    /// An image of a plugin, as a file's bytes.
    fn asset(&self, plugin: &PluginId, name: &str) -> Option<Arc<[u8]>>;
    /// The wall clock at an instant of the show, in milliseconds since 1970: what countdowns count down to.
    fn unix_ms(&self, at: ShowTime) -> u64;
}

/// No plugin has drawn anything, and the clock stands at 1970.
impl Overlays for () {
    fn layer(&self, _: &PluginId, _: &str) -> Option<Arc<Layer>> {
        None
    }
    fn asset(&self, _: &PluginId, _: &str) -> Option<Arc<[u8]>> {
        None
    }
    fn unix_ms(&self, at: ShowTime) -> u64 {
        at.millis()
    }
}

/// All that a picture depends on.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// The show.
    pub show: &'a Show,
    /// What is on air.
    pub air: &'a Air,
    /// Which canvas, by its index.
    pub canvas: usize,
    /// When.
    pub at: ShowTime,
    /// Sizes of pictures.
    pub sizes: &'a dyn Sizes,
    /// What plugins draw.
    pub overlays: &'a dyn Overlays,
}

/// The picture at a moment. An unknown canvas gives a list without draws and without size.
#[must_use]
pub fn plan(moment: &Moment<'_>) -> DrawList {
    let mut list = DrawList { canvas: Size::new(0, 0), background: Color::BLACK, draws: Vec::new() };
    plan_into(moment, &mut Memo::default(), &mut list);
    list
}

/// As [`plan`], into a list whose memory is used again. `memo` remembers which bitmap belongs to which text, so that
/// a tick hashes no text twice; it changes nothing of what is planned. Keep one per canvas.
pub fn plan_into(moment: &Moment<'_>, memo: &mut Memo, list: &mut DrawList) {
    list.background = Color::BLACK;
    memo.recycle(&mut list.draws);
    let Some(canvas) = moment.show.canvases.get(moment.canvas) else {
        list.canvas = Size::new(0, 0);
        return;
    };
    list.canvas = canvas.size;
    let mut planner = Planner { moment, canvas: canvas.size, memo, budget: DRAWS_MAX, things: 0 };
    planner.program(&mut list.draws);
    planner.overlays(&mut list.draws);
    let black = moment.air.black.amount(moment.at);
    if black > 0.0 {
        let mut draw = Draw::new(Source::Solid(Color::BLACK), lay::full(canvas.size));
        draw.opacity = black;
        list.draws.push(draw);
    }
}

/// The picture of one scene alone, without overlays: preview monitors and thumbnails.
#[must_use]
pub fn plan_scene(moment: &Moment<'_>, scene: &vitrine_media::SceneName) -> DrawList {
    let air = Air { program: crate::air::Program::Scene(scene.clone()), ..Air::default() };
    plan(&Moment { air: &air, ..*moment })
}

/// One picture in the making.
struct Planner<'a> {
    moment: &'a Moment<'a>,
    canvas: Size,
    memo: &'a mut Memo,
    /// Draws that may still be made.
    budget: usize,
    /// Things that a click can open, so far.
    things: u32,
}

impl Planner<'_> {
    fn full(&self) -> Rect {
        lay::full(self.canvas)
    }

    /// Adds a draw, unless the picture holds too many already.
    fn push(&mut self, out: &mut Vec<Draw>, draw: Draw) {
        if let Some(left) = self.budget.checked_sub(1) {
            self.budget = left;
            out.push(draw);
        }
    }
}
