//! From a draw list to steps for the GPU: groups first, then what shows them; one pass as long as nothing reads it.

use super::device::{Gpu, side_fits};
use super::limits::NESTING_MAX;
use super::record::{Placed, Record, over_black};
use super::textures::{Owner, Readable, Target, Textures};
use crate::Pictures;
use crate::grade::SharedPreparer;
use crate::key::on_this_thread;
use std::sync::PoisonError;
use vitrine_media::Size;
use vitrine_scene::draw::{Blend, Draw, DrawList, Source};
use wgpu::BindGroup;

/// One thing for the encoder.
pub(super) enum Step {
    /// Draw on `target` from now on, cleared to these Y', Cb, Cr (code values over 255) and alpha.
    Begin { target: Target, clear: [f64; 4] },
    /// Draw record `record` from `planes` over what is there.
    Over { record: u32, planes: BindGroup },
    /// The same by way of a copy of the touched part, in `copy`.
    Blend { record: u32, planes: BindGroup, copy: Target, quad: [f32; 4] },
}

/// What planning needs of the world.
pub(super) struct Planner<'p> {
    pub(super) gpu: &'p Gpu,
    pub(super) textures: &'p mut Textures,
    pub(super) pictures: &'p dyn Pictures,
    pub(super) prepared: &'p SharedPreparer,
    pub(super) records: &'p mut Vec<Record>,
    pub(super) steps: &'p mut Vec<Step>,
}

/// A draw's source, ready to be read.
struct Ready {
    readable: Readable,
    /// Whether it was cropped and reduced already.
    reduced: bool,
    /// The target that it was drawn in, free again once the draw is recorded.
    held: Option<Target>,
}

impl Planner<'_> {
    /// Plans the whole picture; the canvas is the target returned.
    pub(super) fn canvas(&mut self, list: &DrawList) -> Target {
        self.layers(list.canvas, over_black(list.background), &list.draws, 0)
    }

    fn layers(&mut self, size: Size, clear: [f64; 4], draws: &[Draw], depth: usize) -> Target {
        // Groups and reductions are drawn before the pass that shows them begins.
        let sources: Vec<Option<Ready>> = draws.iter().map(|draw| self.ready(draw, size, depth)).collect();
        let target = self.textures.take(self.gpu, size);
        self.steps.push(Step::Begin { target: target.clone(), clear });
        for (draw, source) in draws.iter().zip(&sources) {
            self.draw(draw, source.as_ref(), size);
        }
        for held in sources.iter().flatten().filter_map(|source| source.held.as_ref()) {
            self.textures.give_back(held);
        }
        target
    }

    fn ready(&mut self, draw: &Draw, size: Size, depth: usize) -> Option<Ready> {
        let placed = Placed::new(draw, size)?;
        let (readable, held) = match &draw.source {
            Source::Solid(_) => return None,
            Source::Group { size, draws } => {
                if !side_fits(size.width) || !side_fits(size.height) || depth >= NESTING_MAX {
                    return None;
                }
                let target = self.layers(*size, [0.0; 4], draws, depth + 1);
                (Readable::of(&target), Some(target))
            }
            Source::Input { id, grade } => {
                let picture = self.pictures.input(id)?;
                let picture = self.prepared.lock().unwrap_or_else(PoisonError::into_inner).prepare(
                    id,
                    &picture,
                    grade,
                    &on_this_thread,
                );
                (self.textures.picture(self.gpu, Owner::Input(id.clone()), &picture)?, None)
            }
            Source::Bitmap { id, place } => {
                let picture = self.pictures.bitmap(*id, *place)?;
                (self.textures.picture(self.gpu, Owner::Bitmap, &picture)?, None)
            }
        };
        let Some(to) = placed.reduced(readable.size) else { return Some(Ready { readable, reduced: false, held }) };
        let record = placed.reduction(readable.kind, readable.size, to)?;
        let record = self.record(record);
        let target = self.textures.take(self.gpu, to);
        self.steps.push(Step::Begin { target: target.clone(), clear: [0.0; 4] });
        self.steps.push(Step::Over { record, planes: readable.planes });
        if let Some(group) = &held {
            self.textures.give_back(group);
        }
        Some(Ready { readable: Readable::of(&target), reduced: true, held: Some(target) })
    }

    fn draw(&mut self, draw: &Draw, source: Option<&Ready>, size: Size) {
        let Some(placed) = Placed::new(draw, size) else { return };
        if let Some(shadow) = placed.shadow() {
            let record = self.record(shadow);
            self.steps.push(Step::Over { record, planes: self.textures.no_planes.clone() });
        }
        let (record, planes) = match (&draw.source, source) {
            (Source::Solid(color), _) => (placed.solid(*color), self.textures.no_planes.clone()),
            (_, Some(Ready { readable, reduced: true, .. })) => (placed.turned(readable.size), readable.planes.clone()),
            (_, Some(Ready { readable, .. })) => {
                (placed.picture(readable.kind, readable.size), readable.planes.clone())
            }
            (_, None) => return,
        };
        let Some(record) = record else { return };
        let quad = record.quad;
        let record = self.record(record);
        if draw.blend == Blend::Normal {
            self.steps.push(Step::Over { record, planes });
        } else {
            let copy = self.textures.take(self.gpu, size);
            self.textures.give_back(&copy);
            self.steps.push(Step::Blend { record, planes, copy, quad });
        }
    }

    fn record(&mut self, record: Record) -> u32 {
        self.records.push(record);
        u32::try_from(self.records.len() - 1).unwrap_or(0)
    }
}
