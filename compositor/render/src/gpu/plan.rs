//! From a draw list to steps for the GPU: groups first, then what shows them; one pass as long as nothing reads it.

use super::device::{Gpu, side_fits};
use super::limits::NESTING_MAX;
use super::record::{Kind, Placed, Record, over_black};
use super::textures::{Owner, Readable, Target, Textures};
use crate::Pictures;
use vitrine_media::{ShowTime, Size};
use vitrine_scene::draw::{Blend, Draw, DrawList, Source};
use wgpu::BindGroup;

/// One thing for the encoder.
pub(super) enum Step {
    /// Draw on `target` from now on, cleared to this colour.
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
    pub(super) now: ShowTime,
    pub(super) records: &'p mut Vec<Record>,
    pub(super) steps: &'p mut Vec<Step>,
}

impl Planner<'_> {
    /// Plans the whole picture; the canvas is the target returned.
    pub(super) fn canvas(&mut self, list: &DrawList) -> Target {
        self.layers(list.canvas, over_black(list.background), &list.draws, 0)
    }

    fn layers(&mut self, size: Size, clear: [f64; 4], draws: &[Draw], depth: usize) -> Target {
        // Groups are drawn before the pass that shows them begins.
        let groups: Vec<Option<Target>> = draws.iter().map(|draw| self.group(draw, size, depth)).collect();
        let target = self.textures.take(self.gpu, size);
        self.steps.push(Step::Begin { target: target.clone(), clear });
        for (draw, group) in draws.iter().zip(&groups) {
            self.draw(draw, group.as_ref(), size);
        }
        for group in groups.iter().flatten() {
            self.textures.give_back(group);
        }
        target
    }

    fn group(&mut self, draw: &Draw, target: Size, depth: usize) -> Option<Target> {
        let Source::Group { size, draws } = &draw.source else { return None };
        let fits = side_fits(size.width) && side_fits(size.height) && depth < NESTING_MAX;
        if !fits || Placed::new(draw, target).is_none() {
            return None;
        }
        Some(self.layers(*size, [0.0; 4], draws, depth + 1))
    }

    fn draw(&mut self, draw: &Draw, group: Option<&Target>, size: Size) {
        let Some(placed) = Placed::new(draw, size) else { return };
        let found = match &draw.source {
            Source::Solid(color) => placed.solid(*color).map(|record| (record, self.textures.no_planes.clone())),
            Source::Group { .. } => {
                let Some(target) = group else { return };
                let record = placed.picture(Kind::Rgba, target.size);
                record.map(|record| (record, target.planes.clone()))
            }
            Source::Input { .. } | Source::Bitmap { .. } => {
                let Some(readable) = self.readable(&draw.source) else { return };
                let record = placed.picture(readable.kind, readable.size);
                record.map(|record| (record, readable.planes))
            }
        };
        if let Some(shadow) = placed.shadow() {
            let record = self.record(shadow);
            self.steps.push(Step::Over { record, planes: self.textures.no_planes.clone() });
        }
        let Some((record, planes)) = found else { return };
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

    fn readable(&mut self, source: &Source) -> Option<Readable> {
        match source {
            Source::Input { id, grade } => {
                let picture = self.pictures.input(id)?;
                let picture = super::graded(id, grade, &picture, self.now);
                self.textures.picture(self.gpu, Owner::Input(id.clone()), &picture)
            }
            Source::Bitmap { id, place } => {
                let picture = self.pictures.bitmap(*id, *place)?;
                self.textures.picture(self.gpu, Owner::Bitmap, &picture)
            }
            Source::Solid(_) | Source::Group { .. } => None,
        }
    }
}
