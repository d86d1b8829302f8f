//! The state of a running show and the one way to change it.

mod picture;
mod rundown;
mod settings;
mod transition;

pub use settings::strip_settings;

use rundown::Rundown;

use crate::ports::desk::{Command, Refusal, StripChange, TransitionChoice};
use crate::tally::Tallies;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use vitrine_audio::StripSettings;
use vitrine_media::{InputId, OutputId, OverlayId, SceneName, ShowTime};
use vitrine_scene::air::{Air, Program};
use vitrine_scene::file::{ShowFile, Source, Transition};

/// How long fade to black takes: what an audience reads as an end, not as a fault.
const BLACK_FADE: Duration = Duration::from_millis(1_000);

/// What a machine must do after a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// What is on air changed: hand it to the tick.
    Air,
    /// A strip has new settings.
    Strip(InputId, StripSettings),
    /// Tear an input down and open it again.
    InputRestart(InputId),
    /// Move a file to a position and let it play.
    InputSeek(InputId, Duration),
    /// Hold a file, or let it go on.
    InputPause(InputId, bool),
    /// Whether a file starts again at its end.
    InputLoop(InputId, bool),
    /// Start an output.
    OutputStart(OutputId),
    /// Stop an output and finish its file.
    OutputStop(OutputId),
    /// Set a marker in recordings and log.
    Marker(String),
    /// Read the show file again.
    Reload,
}

/// A show under way.
#[derive(Clone, Debug)]
pub struct RunOfShow {
    file: Arc<ShowFile>,
    tallies: Arc<Tallies>,
    air: Air,
    strips: BTreeMap<InputId, StripSettings>,
    solo: BTreeSet<InputId>,
    chosen: Option<TransitionChoice>,
    slate: bool,
    rundown: Rundown,
}

impl RunOfShow {
    /// A show as its file wants it to start: first scene on program, second on preview.
    #[must_use]
    pub fn start(file: Arc<ShowFile>) -> Self {
        let mut air = Air::default();
        if let Some(first) = file.scenes.first() {
            air.program = Program::Scene(first.name.clone());
        }
        air.preview = file.scenes.get(1).or(file.scenes.first()).map(|scene| scene.name.clone());
        for overlay in file.overlays.iter().filter(|overlay| overlay.shown) {
            air.overlays.insert(overlay.name.clone(), vitrine_scene::air::Shown::On);
        }
        let sounding = file.inputs.0.iter().filter(|(_, input)| has_sound(&input.source));
        let strips = sounding.map(|(id, input)| (id.clone(), strip_settings(&input.audio))).collect();
        let tallies = Arc::new(Tallies::of(&file));
        Self {
            file,
            tallies,
            air,
            strips,
            solo: BTreeSet::new(),
            chosen: None,
            slate: false,
            rundown: Rundown::default(),
        }
    }

    /// What is on air.
    #[must_use]
    pub const fn air(&self) -> &Air {
        &self.air
    }

    /// Whether the fault slate is up.
    #[must_use]
    pub const fn slate(&self) -> bool {
        self.slate
    }

    /// The show file that runs.
    #[must_use]
    pub const fn file(&self) -> &Arc<ShowFile> {
        &self.file
    }

    /// Who is seen where.
    #[must_use]
    pub const fn tallies(&self) -> &Arc<Tallies> {
        &self.tallies
    }

    /// Strips and their settings.
    #[must_use]
    pub const fn strips(&self) -> &BTreeMap<InputId, StripSettings> {
        &self.strips
    }

    /// Time has passed: ends what is over, and takes the scene whose time has come. Gives [`Effect::Air`] if
    /// anything did.
    pub fn wake(&mut self, now: ShowTime) -> Vec<Effect> {
        let before = self.air.clone();
        self.settle(now);
        let due = self.rundown.next(&self.file).filter(|next| next.at <= now).map(|next| next.scene.clone());
        if let Some(Ok(effects)) = due.map(|scene| self.take(&scene, false, now)) {
            self.rundown.watch(&self.air.program, now);
            return effects;
        }
        if self.air == before { Vec::new() } else { vec![Effect::Air] }
    }

    /// Ends what time has brought to an end.
    fn settle(&mut self, now: ShowTime) {
        self.air.settle(now);
        for overlay in &self.file.overlays {
            let (enter, exit) = (millis(overlay.enter.ms), millis(overlay.exit.ms));
            self.air.settle_overlay(&overlay.name, enter, exit, now);
        }
        self.rundown.watch(&self.air.program, now);
    }

    /// Takes a changed show file while on air. Strips that a hand moved keep their setting unless the file's changed;
    /// an overlay that is new comes if the file says so, one that was there stays on or off as it is.
    pub fn reload(&mut self, file: Arc<ShowFile>, now: ShowTime) -> Vec<Effect> {
        self.settle(now);
        let mut effects = vec![Effect::Air];
        for (id, input) in file.inputs.0.iter().filter(|(_, input)| has_sound(&input.source)) {
            let old = self.file.inputs.get(id).map(|old| strip_settings(&old.audio));
            let new = strip_settings(&input.audio);
            if old != Some(new) || !self.strips.contains_key(id) {
                self.strips.insert(id.clone(), new);
                effects.push(Effect::Strip(id.clone(), new));
            }
        }
        self.strips.retain(|id, _| file.inputs.get(id).is_some_and(|input| has_sound(&input.source)));
        self.solo.retain(|id| file.inputs.get(id).is_some());
        let first = file.scenes.first().map(|scene| &scene.name);
        self.air.keep_only(
            &|name| file.scenes.iter().any(|scene| scene.name == *name),
            &|name| file.overlays.iter().any(|overlay| overlay.name == *name),
            first,
        );
        if self.air.preview.is_none() {
            self.air.preview = file.scenes.get(1).or(file.scenes.first()).map(|scene| scene.name.clone());
        }
        let known = |name: &OverlayId| self.file.overlays.iter().any(|overlay| overlay.name == *name);
        for overlay in file.overlays.iter().filter(|overlay| overlay.shown && !known(&overlay.name)) {
            self.air.overlay(&overlay.name, true, millis(overlay.enter.ms), millis(overlay.exit.ms), now);
        }
        self.tallies = Arc::new(Tallies::of(&file));
        self.file = file;
        effects
    }

    /// Judges a command and carries it out.
    ///
    /// # Errors
    /// [`Refusal`]; nothing has changed then.
    pub fn command(&mut self, now: ShowTime, command: &Command) -> Result<Vec<Effect>, Refusal> {
        command.check()?;
        self.settle(now);
        match command {
            Command::Preview { scene } => {
                self.known(scene)?;
                self.air.preview = Some(scene.clone());
                Ok(vec![Effect::Air])
            }
            Command::Cut => {
                self.preview()?;
                self.end_mix(now);
                Ok(self.take_preview(&Transition::Cut(vitrine_scene::file::Nothing), now))
            }
            Command::Auto => {
                let next = self.preview()?;
                if self.by_itself(now) {
                    return Err(Refusal::TransitionRunning);
                }
                let kind = self.transition_to(&next)?;
                Ok(self.take_preview(&kind, now))
            }
            Command::Take { scene, cut } => self.take(scene, *cut, now),
            Command::Tbar { position } => {
                let next = self.preview()?;
                let kind = self.transition_to(&next)?;
                let effects = self.cue(&next, &kind);
                let resting = !matches!(self.air.program, Program::Mix(_));
                self.air.t_bar(*position, &kind, now);
                let began = resting && matches!(self.air.program, Program::Mix(_));
                Ok(if began { effects } else { vec![Effect::Air] })
            }
            Command::Transition { transition } => {
                if let Some(choice) = transition {
                    transition::from_choice(choice, None, &self.file)?;
                }
                self.chosen.clone_from(transition);
                Ok(Vec::new())
            }
            Command::Overlay { overlay, on } => {
                let known = self.file.overlays.iter().find(|o| o.name == *overlay);
                let known = known.ok_or_else(|| Refusal::UnknownOverlay(overlay.to_string()))?;
                self.air.overlay(overlay, *on, millis(known.enter.ms), millis(known.exit.ms), now);
                Ok(vec![Effect::Air])
            }
            Command::FadeToBlack { on } => {
                self.air.fade_to_black(*on, BLACK_FADE, now);
                Ok(vec![Effect::Air])
            }
            Command::Slate { on } => {
                self.slate = *on;
                Ok(vec![Effect::Air])
            }
            Command::Rundown { on } => {
                self.rundown.let_run(*on, now);
                Ok(Vec::new())
            }
            other => self.machine(other),
        }
    }

    /// Commands that change a machine and not what is on air.
    fn machine(&mut self, command: &Command) -> Result<Vec<Effect>, Refusal> {
        match command {
            Command::Strip { strip, change } => self.strip(strip, *change),
            Command::InputRestart { input } => {
                self.input(input)?;
                Ok(vec![Effect::InputRestart(input.clone())])
            }
            Command::InputSeek { input, position_ms } => {
                self.file_input(input)?;
                Ok(vec![Effect::InputSeek(input.clone(), Duration::from_millis(*position_ms))])
            }
            Command::InputPause { input, paused } => {
                self.file_input(input)?;
                Ok(vec![Effect::InputPause(input.clone(), *paused)])
            }
            Command::InputLoop { input, looped } => {
                self.file_input(input)?;
                Ok(vec![Effect::InputLoop(input.clone(), *looped)])
            }
            Command::OutputStart { output } => {
                self.output(output)?;
                Ok(vec![Effect::OutputStart(output.clone())])
            }
            Command::OutputStop { output } => {
                self.output(output)?;
                Ok(vec![Effect::OutputStop(output.clone())])
            }
            Command::Marker { label } => Ok(vec![Effect::Marker(label.clone())]),
            // Proposals are the desk's; the show knows nothing of them.
            Command::Dismiss { .. } => Ok(Vec::new()),
            Command::ReloadShow => Ok(vec![Effect::Reload]),
            _ => Err(Refusal::Nothing),
        }
    }

    fn take(&mut self, scene: &SceneName, cut: bool, now: ShowTime) -> Result<Vec<Effect>, Refusal> {
        self.known(scene)?;
        let kind = if cut { Transition::Cut(vitrine_scene::file::Nothing) } else { self.transition_to(scene)? };
        let effects = self.cue(scene, &kind);
        self.air.take(scene, &kind, now);
        Ok(effects)
    }

    fn take_preview(&mut self, kind: &Transition, now: ShowTime) -> Vec<Effect> {
        let effects = self.air.preview.clone().map_or_else(Vec::new, |next| self.cue(&next, kind));
        self.air.take_preview(kind, now);
        effects
    }

    /// What has to start playing when a scene is taken: a stinger's clip, files that start anew on program.
    fn cue(&self, scene: &SceneName, kind: &Transition) -> Vec<Effect> {
        let mut effects = vec![Effect::Air];
        if let Transition::Stinger(stinger) = kind {
            effects.push(Effect::InputSeek(stinger.input.clone(), Duration::ZERO));
        }
        for input in self.tallies.scene(scene) {
            if let Some(Source::File(file)) = self.file.inputs.get(input).map(|input| &input.source)
                && file.restart
            {
                effects.push(Effect::InputSeek(input.clone(), Duration::from_millis(file.start.0)));
            }
        }
        effects
    }

    /// A cut during a transition first ends it where it goes.
    fn end_mix(&mut self, now: ShowTime) {
        if let Program::Mix(mix) = &self.air.program
            && matches!(mix.clock, vitrine_scene::air::MixClock::Manual { .. })
        {
            let kind = mix.kind.clone();
            self.air.t_bar(0.0, &kind, now);
        }
    }

    /// Whether a transition runs by itself, not held by a hand.
    fn by_itself(&self, now: ShowTime) -> bool {
        matches!(&self.air.program, Program::Mix(mix)
            if matches!(mix.clock, vitrine_scene::air::MixClock::Auto { .. }) && mix.position(now) < 1.0)
    }

    fn strip(&mut self, strip: &InputId, change: StripChange) -> Result<Vec<Effect>, Refusal> {
        let Some(settings) = self.strips.get_mut(strip) else {
            return Err(Refusal::UnknownStrip(strip.to_string()));
        };
        settings::change(settings, change);
        let settings = *settings;
        match change.solo {
            Some(true) => drop(self.solo.insert(strip.clone())),
            Some(false) => drop(self.solo.remove(strip)),
            None => {}
        }
        Ok(vec![Effect::Strip(strip.clone(), settings)])
    }

    fn known(&self, scene: &SceneName) -> Result<(), Refusal> {
        let known = self.file.scenes.iter().any(|s| s.name == *scene);
        if known { Ok(()) } else { Err(Refusal::UnknownScene(scene.to_string())) }
    }

    fn input(&self, input: &InputId) -> Result<&Source, Refusal> {
        let known = self.file.inputs.get(input).map(|input| &input.source);
        known.ok_or_else(|| Refusal::UnknownInput(input.to_string()))
    }

    fn file_input(&self, input: &InputId) -> Result<(), Refusal> {
        match self.input(input)? {
            Source::File(_) => Ok(()),
            _ => Err(Refusal::NotSeekable(input.to_string())),
        }
    }

    fn output(&self, output: &OutputId) -> Result<(), Refusal> {
        let known = self.file.outputs.iter().any(|o| o.name == *output);
        if known { Ok(()) } else { Err(Refusal::UnknownOutput(output.to_string())) }
    }

    /// The scene on preview, if taking it would change anything.
    fn preview(&self) -> Result<SceneName, Refusal> {
        self.air.preview.clone().ok_or(Refusal::NothingOnPreview)
    }

    /// The transition to a scene: the one chosen at the desk, else the scene's own, else the show's.
    fn transition_to(&self, scene: &SceneName) -> Result<Transition, Refusal> {
        match &self.chosen {
            Some(choice) => transition::from_choice(choice, Some(scene), &self.file),
            None => Ok(transition::of_scene(&self.file, scene)),
        }
    }
}

/// Whether an input can be heard: stills, colours and texts have no strip.
#[must_use]
pub const fn has_sound(source: &Source) -> bool {
    match source {
        Source::Color(_) | Source::Text(_) | Source::Image(_) => false,
        Source::Test(test) => test.tone_hz.is_some(),
        Source::File(_)
        | Source::V4l2(_)
        | Source::Rtsp(_)
        | Source::Srt(_)
        | Source::Rtmp(_)
        | Source::Pipeline(_) => true,
    }
}

fn millis(ms: u32) -> Duration {
    Duration::from_millis(u64::from(ms))
}
