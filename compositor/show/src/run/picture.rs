//! The show as a desk sees it: the part of the snapshot that needs no machine.

use super::{RunOfShow, transition};
use crate::ports::desk::{
    CanvasState, OverlayState, OverlayStatus, RundownState, SceneState, Snapshot, StripState, Tally, TransitionState,
};
use vitrine_media::{InputId, SceneName, ShowTime};
use vitrine_scene::air::{Black, MixClock, Program, Shown, Under};
use vitrine_scene::file::OverlayContent;

impl RunOfShow {
    /// Everything that the show knows of itself at `now`; inputs, outputs, lanes and figures are the machines'.
    #[must_use]
    pub fn snapshot(&self, now: ShowTime) -> Snapshot {
        let accent = self.file.theme.accent;
        Snapshot {
            at_ms: now.millis(),
            show: self.file.name.clone(),
            accent: format!("#{:02x}{:02x}{:02x}", accent.r, accent.g, accent.b),
            canvases: self.canvases(),
            scenes: self.scenes(),
            program: self.air.program.scene().cloned(),
            preview: self.air.preview.clone(),
            transition: self.transition(now),
            chosen: self.chosen.clone(),
            black: self.air.black.amount(now),
            black_on: matches!(self.air.black, Black::On | Black::Fading { to_black: true, .. }),
            slate_on: self.slate,
            rundown: self.rundown_state(),
            overlays: self.overlays(),
            strips: self.strip_states(now),
            ..Snapshot::default()
        }
    }

    fn canvases(&self) -> Vec<CanvasState> {
        let state = |canvas: &vitrine_scene::file::Canvas| CanvasState {
            name: canvas.name.clone(),
            width: canvas.pixels().width,
            height: canvas.pixels().height,
            fps: canvas.fps.0.fps(),
        };
        self.file.canvases.iter().map(state).collect()
    }

    fn scenes(&self) -> Vec<SceneState> {
        // A scene that an overlay lays over all others is a part of the picture, not a picture to cut to.
        let laid_over = |scene: &SceneName| {
            self.file.overlays.iter().any(|o| matches!(&o.content, OverlayContent::Scene(name) if name == scene))
        };
        let scenes = self.file.scenes.iter().filter(|scene| !laid_over(&scene.name)).map(|scene| SceneState {
            name: scene.name.clone(),
            transition: Some(transition::to_choice(&transition::of_scene(&self.file, &scene.name))),
            inputs: self.tallies.scene(&scene.name).cloned().collect(),
        });
        scenes.collect()
    }

    fn transition(&self, now: ShowTime) -> Option<TransitionState> {
        let Program::Mix(mix) = &self.air.program else { return None };
        let from = match &mix.from {
            Under::Empty => mix.to.clone(),
            Under::Scene(scene) => scene.clone(),
            Under::Frozen(frozen) => frozen.to.clone(),
        };
        let by_hand = matches!(mix.clock, MixClock::Manual { .. });
        Some(TransitionState { from, to: mix.to.clone(), progress: mix.position(now), by_hand })
    }

    fn rundown_state(&self) -> Option<RundownState> {
        self.file.scenes.iter().any(|scene| scene.then.is_some()).then(|| {
            let next = self.rundown.next(&self.file);
            let next_ms = next.as_ref().map(|next| next.at.millis());
            RundownState { running: !self.rundown.held(), next: next.map(|next| next.scene.clone()), next_ms }
        })
    }

    fn overlays(&self) -> Vec<OverlayState> {
        let overlays = self.file.overlays.iter().map(|overlay| OverlayState {
            name: overlay.name.clone(),
            status: match self.air.overlays.get(&overlay.name) {
                None => OverlayStatus::Off,
                Some(Shown::Entering { .. }) => OverlayStatus::Entering,
                Some(Shown::On) => OverlayStatus::On,
                Some(Shown::Leaving { .. }) => OverlayStatus::Leaving,
            },
            plugin: match &overlay.content {
                OverlayContent::Plugin(plugin) => Some(plugin.clone()),
                _ => None,
            },
        });
        overlays.collect()
    }

    fn strip_states(&self, now: ShowTime) -> Vec<StripState> {
        let in_file_order = self.file.inputs.0.iter().filter_map(|(id, _)| self.strips.get_key_value(id));
        let states = in_file_order.map(|(id, strip)| StripState {
            name: id.clone(),
            gain_db: strip.gain_db,
            muted: strip.mute,
            pan: strip.pan,
            delay_ms: strip.delay_ms,
            follow_video: strip.follow_video,
            solo: self.solo.contains(id),
            on_air: !strip.mute && (!strip.follow_video || self.tallies.on_air(&self.air, id, now) > 0.0),
        });
        states.collect()
    }

    /// Where an input is seen now.
    #[must_use]
    pub fn tally(&self, input: &InputId, now: ShowTime) -> Tally {
        if self.tallies.on_air(&self.air, input, now) > 0.0 {
            return Tally::Program;
        }
        let in_preview = self.air.preview.as_ref().is_some_and(|scene| self.tallies.scene(scene).any(|i| i == input));
        if in_preview { Tally::Preview } else { Tally::Off }
    }
}
