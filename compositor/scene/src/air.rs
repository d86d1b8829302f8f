//! What is on air, as a plain value: program, preview, a running transition, overlays, fade to black.
//!
//! ```text
//! take(B) ──► Mix { A → B, position by clock or T-bar } ──► settle(at) ──► B
//!                └─ take(C) half way: what is seen is frozen as the `from` of the new mix
//! ```
//!
//! Interrupting: a take from a half-done mix starts from what is seen. The old mix stops where it is and becomes
//! the lower picture of the new one (its inputs go on playing). At most two mixes lie in each other: if the old one
//! already starts from a frozen mix, that inner mix snaps to the scene that is seen more of. A take back to the scene
//! that a mix came from runs that same mix backwards from where it is.

use crate::ease::{Ease, part, progress};
use crate::file::Transition;
use std::collections::BTreeMap;
use std::time::Duration;
use vitrine_media::{OverlayId, SceneName, ShowTime};

/// What is on air at every canvas alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Air {
    /// What viewers see.
    pub program: Program,
    /// What stands ready.
    pub preview: Option<SceneName>,
    /// Overlays that are on, coming or going; one that is not in here is off.
    pub overlays: BTreeMap<OverlayId, Shown>,
    /// Fade to black, above all.
    pub black: Black,
}

/// The program picture under the overlays.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Program {
    /// Nothing: black.
    #[default]
    Empty,
    /// One scene.
    Scene(SceneName),
    /// A transition is running, or stands at the T-bar's position.
    Mix(Box<Mix>),
}

/// A transition between what was seen and a scene.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    /// What was seen when it began.
    pub from: Under,
    /// What will be seen.
    pub to: SceneName,
    /// Which transition.
    pub kind: Transition,
    /// Where it is.
    pub clock: MixClock,
}

/// The lower picture of a mix.
#[derive(Clone, Debug, PartialEq)]
pub enum Under {
    /// Nothing: black.
    Empty,
    /// A scene.
    Scene(SceneName),
    /// A mix that was interrupted, frozen where it was.
    Frozen(Box<Frozen>),
}

/// An interrupted mix.
#[derive(Clone, Debug, PartialEq)]
pub struct Frozen {
    /// The scene it came from; `None` is black.
    pub from: Option<SceneName>,
    /// The scene it went to.
    pub to: SceneName,
    /// Which transition.
    pub kind: Transition,
    /// Where it stands, 0 to 1.
    pub position: f32,
}

/// What moves a mix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MixClock {
    /// Time.
    Auto {
        /// When it started.
        started: ShowTime,
        /// How long the whole way takes from `origin`.
        duration: Duration,
        /// Where it started, 0 to 1.
        origin: f32,
        /// Whether it runs back to where it came from.
        reversed: bool,
    },
    /// The T-bar.
    Manual {
        /// Where it stands, 0 to 1.
        position: f32,
    },
}

/// An overlay that is not off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Coming since.
    Entering {
        /// When it began to come.
        since: ShowTime,
    },
    /// Simply on.
    On,
    /// Going since.
    Leaving {
        /// When it began to go.
        since: ShowTime,
    },
}

/// Fade to black.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Black {
    /// Not faded.
    #[default]
    Off,
    /// Fading one way or the other.
    Fading {
        /// When it began.
        since: ShowTime,
        /// How long it takes.
        duration: Duration,
        /// Where it began, 0 picture to 1 black.
        origin: f32,
        /// Whether black is where it goes.
        to_black: bool,
    },
    /// Black.
    On,
}

impl MixClock {
    /// Where the mix is, 0 (what was) to 1 (what will be), before any easing.
    #[must_use]
    pub fn position(&self, at: ShowTime) -> f32 {
        match *self {
            Self::Manual { position } => position.clamp(0.0, 1.0),
            Self::Auto { started, duration, origin, reversed } => {
                let t = progress(started, duration, at);
                let end = if reversed { 0.0 } else { 1.0 };
                origin + (end - origin) * t
            }
        }
    }
}

impl Mix {
    /// Where it is, 0 to 1, before any easing.
    #[must_use]
    pub fn position(&self, at: ShowTime) -> f32 {
        self.clock.position(at)
    }

    /// How far it looks, 0 to 1. What travels eases in and out when time moves it; a fade is even;
    /// a hand on the T-bar is never corrected.
    #[must_use]
    pub fn eased(&self, at: ShowTime) -> f32 {
        let position = self.position(at);
        match (&self.clock, &self.kind) {
            (MixClock::Auto { .. }, Transition::Slide(_) | Transition::Push(_)) => Ease::InOut.at(position),
            _ => position,
        }
    }

    /// Whether time has brought it to an end, and to which.
    fn ended(&self, at: ShowTime) -> Option<Program> {
        let MixClock::Auto { started, duration, reversed, .. } = self.clock else { return None };
        if at.since(started) < duration {
            return None;
        }
        Some(if reversed { self.from.settled() } else { Program::Scene(self.to.clone()) })
    }

    fn scene_to_be(&self) -> Option<&SceneName> {
        match (&self.clock, &self.from) {
            (MixClock::Auto { reversed: true, .. }, Under::Scene(scene)) => Some(scene),
            (MixClock::Auto { reversed: true, .. }, _) => None,
            _ => Some(&self.to),
        }
    }
}

impl Under {
    /// What it is as a program when the mix above it has gone: a frozen mix snaps to what is seen more of.
    fn settled(&self) -> Program {
        match self {
            Self::Empty => Program::Empty,
            Self::Scene(scene) => Program::Scene(scene.clone()),
            Self::Frozen(frozen) => frozen.nearer().map_or(Program::Empty, |scene| Program::Scene(scene.clone())),
        }
    }

    fn snapped(&self) -> Option<SceneName> {
        match self {
            Self::Empty => None,
            Self::Scene(scene) => Some(scene.clone()),
            Self::Frozen(frozen) => frozen.nearer().cloned(),
        }
    }
}

impl Frozen {
    fn nearer(&self) -> Option<&SceneName> {
        if self.position < 0.5 { self.from.as_ref() } else { Some(&self.to) }
    }
}

impl Program {
    /// The scene that is on program, or will be when the running mix ends.
    #[must_use]
    pub fn scene(&self) -> Option<&SceneName> {
        match self {
            Self::Empty => None,
            Self::Scene(scene) => Some(scene),
            Self::Mix(mix) => mix.scene_to_be(),
        }
    }

    /// What is seen now, as the lower picture of a new mix.
    fn seen(&self, at: ShowTime) -> Under {
        match self {
            Self::Empty => Under::Empty,
            Self::Scene(scene) => Under::Scene(scene.clone()),
            Self::Mix(mix) => {
                let position = mix.position(at);
                if position <= 0.0 {
                    return mix.from.clone();
                }
                if position >= 1.0 {
                    return Under::Scene(mix.to.clone());
                }
                let kind = mix.kind.clone();
                let frozen = Frozen { from: mix.from.snapped(), to: mix.to.clone(), kind, position: mix.eased(at) };
                Under::Frozen(Box::new(frozen))
            }
        }
    }
}

impl Air {
    /// Puts `scene` on program by `kind`, starting at `at`. A running mix is interrupted; see the module's text.
    /// A take of what is on program already does nothing.
    pub fn take(&mut self, scene: &SceneName, kind: &Transition, at: ShowTime) {
        self.settle(at);
        if self.program.scene() == Some(scene) && !self.held() {
            return;
        }
        let duration = Duration::from_millis(u64::from(kind.ms()));
        if let Program::Mix(mix) = &mut self.program {
            let back = matches!(&mix.from, Under::Scene(from) if from == scene);
            if back || mix.to == *scene {
                let origin = mix.clock.position(at);
                let whole = Duration::from_millis(u64::from(mix.kind.ms().max(1)));
                let left = if back { origin } else { 1.0 - origin };
                mix.clock = MixClock::Auto { started: at, duration: part(whole, left), origin, reversed: back };
                self.settle(at);
                return;
            }
        }
        if duration.is_zero() || matches!(kind, Transition::Cut(_)) {
            self.program = Program::Scene(scene.clone());
            return;
        }
        let from = self.program.seen(at);
        let clock = MixClock::Auto { started: at, duration, origin: 0.0, reversed: false };
        self.program = Program::Mix(Box::new(Mix { from, to: scene.clone(), kind: kind.clone(), clock }));
    }

    /// Takes the preview and puts what was on program there: the flip-flop of every switcher.
    pub fn take_preview(&mut self, kind: &Transition, at: ShowTime) {
        let Some(next) = self.preview.clone() else { return };
        let last = self.program.scene().cloned();
        self.take(&next, kind, at);
        if last.as_ref() != Some(&next) {
            self.preview = last;
        }
    }

    /// The T-bar: `position` 0 to 1 between what was seen and the preview. Moving it catches a running mix where it is;
    /// reaching an end settles there, and reaching 1 swaps preview and program.
    pub fn t_bar(&mut self, position: f32, kind: &Transition, at: ShowTime) {
        self.settle(at);
        let position = if position.is_finite() { position.clamp(0.0, 1.0) } else { 0.0 };
        if !matches!(self.program, Program::Mix(_)) {
            let Some(next) = self.preview.clone() else { return };
            if position <= 0.0 || self.program.scene() == Some(&next) {
                return;
            }
            let from = self.program.seen(at);
            let clock = MixClock::Manual { position };
            self.program = Program::Mix(Box::new(Mix { from, to: next, kind: kind.clone(), clock }));
        }
        let Program::Mix(mix) = &mut self.program else { return };
        mix.clock = MixClock::Manual { position };
        if position <= 0.0 {
            self.program = mix.from.settled();
        } else if position >= 1.0 {
            let last = mix.from.snapped();
            let to = mix.to.clone();
            if self.preview.as_ref() == Some(&to) {
                self.preview = last;
            }
            self.program = Program::Scene(to);
        }
    }

    /// Puts an overlay on, or off, with its motion. Turning back half way starts from the same place on the way.
    /// `enter` and `exit` are the overlay's two durations.
    pub fn overlay(&mut self, name: &OverlayId, on: bool, enter: Duration, exit: Duration, at: ShowTime) {
        self.settle_overlay(name, enter, exit, at);
        let next = match (self.overlays.get(name), on) {
            (None, true) => Shown::Entering { since: at },
            (Some(Shown::On), false) => Shown::Leaving { since: at },
            (Some(Shown::Leaving { since }), true) => {
                let gone = progress(*since, exit, at);
                Shown::Entering { since: at.before(part(enter, 1.0 - gone)) }
            }
            (Some(Shown::Entering { since }), false) => {
                let come = progress(*since, enter, at);
                Shown::Leaving { since: at.before(part(exit, 1.0 - come)) }
            }
            _ => return,
        };
        self.overlays.insert(name.clone(), next);
        self.settle_overlay(name, enter, exit, at);
    }

    /// Ends an overlay's motion if its time is up.
    pub fn settle_overlay(&mut self, name: &OverlayId, enter: Duration, exit: Duration, at: ShowTime) {
        match self.overlays.get(name) {
            Some(Shown::Entering { since }) if at.since(*since) >= enter => {
                self.overlays.insert(name.clone(), Shown::On);
            }
            Some(Shown::Leaving { since }) if at.since(*since) >= exit => {
                self.overlays.remove(name);
            }
            _ => {}
        }
    }

    /// Fades to black, or back, from wherever the fade is.
    pub fn fade_to_black(&mut self, to_black: bool, duration: Duration, at: ShowTime) {
        let origin = self.black.amount(at);
        let left = if to_black { 1.0 - origin } else { origin };
        self.black = Black::Fading { since: at, duration: part(duration, left), origin, to_black };
        self.settle(at);
    }

    /// Ends what time has brought to an end: the mix and the fade to black. Overlays end by
    /// [`Air::settle_overlay`], since their durations are the show's. What is drawn does not change by settling.
    pub fn settle(&mut self, at: ShowTime) {
        if let Program::Mix(mix) = &self.program
            && let Some(ended) = mix.ended(at)
        {
            self.program = ended;
        }
        if let Black::Fading { since, duration, to_black, .. } = self.black
            && at.since(since) >= duration
        {
            self.black = if to_black { Black::On } else { Black::Off };
        }
    }

    /// Whether a hand holds the T-bar between its ends.
    fn held(&self) -> bool {
        matches!(&self.program, Program::Mix(mix) if matches!(mix.clock, MixClock::Manual { .. }))
    }

    /// Scenes of which something is on air now, with those that a mix comes from: what tally lamps ask.
    #[must_use]
    pub fn scenes_on_air(&self) -> Vec<&SceneName> {
        match &self.program {
            Program::Empty => Vec::new(),
            Program::Scene(scene) => vec![scene],
            Program::Mix(mix) => match &mix.from {
                Under::Empty => vec![&mix.to],
                Under::Scene(from) => vec![from, &mix.to],
                Under::Frozen(frozen) => frozen.from.iter().chain([&frozen.to, &mix.to]).collect(),
            },
        }
    }

    /// Forgets scenes and overlays that a new show file no longer has. A vanished program gives way to `first`.
    pub fn keep_only(
        &mut self,
        scene: &dyn Fn(&SceneName) -> bool,
        overlay: &dyn Fn(&OverlayId) -> bool,
        first: Option<&SceneName>,
    ) {
        if !self.scenes_on_air().into_iter().all(scene) {
            let kept = self.program.scene().filter(|name| scene(name)).or(first).cloned();
            self.program = kept.map_or(Program::Empty, Program::Scene);
        }
        self.preview = self.preview.take().filter(|name| scene(name));
        self.overlays.retain(|name, _| overlay(name));
    }
}

impl Black {
    /// How black it is, 0 to 1.
    #[must_use]
    pub fn amount(&self, at: ShowTime) -> f32 {
        match *self {
            Self::Off => 0.0,
            Self::On => 1.0,
            Self::Fading { since, duration, origin, to_black } => {
                let end = if to_black { 1.0 } else { 0.0 };
                origin + (end - origin) * progress(since, duration, at)
            }
        }
    }
}

impl Shown {
    /// How much of it is there, 0 to 1, eased: out when it comes, in when it goes.
    #[must_use]
    pub fn presence(&self, enter: Duration, exit: Duration, at: ShowTime) -> f32 {
        match *self {
            Self::On => 1.0,
            Self::Entering { since } => Ease::Out.at(progress(since, enter, at)),
            Self::Leaving { since } => 1.0 - Ease::In.at(progress(since, exit, at)),
        }
    }
}
