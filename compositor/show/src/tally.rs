//! Which inputs are seen in which scene, and how much of each is on air now: tally lamps and follow-video ask this.

use std::collections::{BTreeMap, BTreeSet};
use vitrine_media::{InputId, OverlayId, SceneName, ShowTime};
use vitrine_scene::air::{Air, Program, Under};
use vitrine_scene::file::{Content, OverlayContent, ShowFile, Transition};

/// Scenes nested deeper than this are not followed; the show file allows no more.
const DEPTH_MAX: usize = 16;

/// Inputs by scene and overlay, through nested scenes; made once per show file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tallies {
    scenes: BTreeMap<SceneName, BTreeSet<InputId>>,
    overlays: BTreeMap<OverlayId, BTreeSet<InputId>>,
}

impl Tallies {
    /// Reads who is seen where.
    #[must_use]
    pub fn of(show: &ShowFile) -> Self {
        let mut tallies = Self::default();
        for scene in &show.scenes {
            let mut inputs = BTreeSet::new();
            collect(show, &scene.name, DEPTH_MAX, &mut inputs);
            tallies.scenes.insert(scene.name.clone(), inputs);
        }
        for overlay in &show.overlays {
            let mut inputs = BTreeSet::new();
            match &overlay.content {
                OverlayContent::Input(input) => {
                    inputs.insert(input.clone());
                }
                OverlayContent::Scene(scene) => collect(show, scene, DEPTH_MAX, &mut inputs),
                _ => {}
            }
            tallies.overlays.insert(overlay.name.clone(), inputs);
        }
        tallies
    }

    /// Inputs seen in a scene.
    pub fn scene(&self, scene: &SceneName) -> impl Iterator<Item = &InputId> {
        self.scenes.get(scene).into_iter().flatten()
    }

    fn in_scene(&self, scene: &SceneName, input: &InputId) -> bool {
        self.scenes.get(scene).is_some_and(|inputs| inputs.contains(input))
    }

    /// How much of an input is on air at `at`: 0 not at all, 1 fully; between while a transition shows it in part.
    #[must_use]
    pub fn on_air(&self, air: &Air, input: &InputId, at: ShowTime) -> f32 {
        let has = |scene: &SceneName| if self.in_scene(scene, input) { 1.0 } else { 0.0 };
        let program: f32 = match &air.program {
            Program::Empty => 0.0,
            Program::Scene(scene) => has(scene),
            Program::Mix(mix) => {
                let position = mix.position(at);
                let from = match &mix.from {
                    Under::Empty => 0.0,
                    Under::Scene(scene) => has(scene),
                    Under::Frozen(frozen) => {
                        let under = frozen.from.as_ref().map_or(0.0, has);
                        under + (has(&frozen.to) - under) * frozen.position
                    }
                };
                let clip = matches!(&mix.kind, Transition::Stinger(stinger) if stinger.input == *input);
                if clip { 1.0 } else { from + (has(&mix.to) - from) * position }
            }
        };
        let over = air.overlays.keys().any(|name| self.overlays.get(name).is_some_and(|all| all.contains(input)));
        if over { 1.0 } else { program }
    }
}

fn collect(show: &ShowFile, scene: &SceneName, depth: usize, inputs: &mut BTreeSet<InputId>) {
    let Some(scene) = show.scenes.iter().find(|s| s.name == *scene).filter(|_| depth > 0) else { return };
    for layer in scene.layers.iter().filter(|layer| layer.visible) {
        match &layer.content {
            Content::Input(input) => {
                inputs.insert(input.clone());
            }
            Content::Scene(nested) => collect(show, nested, depth - 1, inputs),
            _ => {}
        }
    }
}
