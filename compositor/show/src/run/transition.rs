//! Which transition a take uses, and how the desk's words for it and the show file's meet.

use crate::ports::desk::{Direction as To, Refusal, TransitionChoice, TransitionKind};
use vitrine_media::SceneName;
use vitrine_scene::file::{
    Direction, Fade, FadeColor, Nothing, Push, ShowFile, Side, Slide, Transition, TransitionUse, Wipe, parse_color,
};

/// A scene's own transition, else the show's `default`, else a fade.
pub(super) fn of_scene(file: &ShowFile, scene: &SceneName) -> Transition {
    let own = file.scenes.iter().find(|s| s.name == *scene).and_then(|s| s.transition.as_ref());
    match own {
        Some(TransitionUse::Own(transition)) => transition.clone(),
        Some(TransitionUse::Named(name)) => file.transitions.get(name).cloned().unwrap_or_default(),
        None => named(file, "default").unwrap_or_default(),
    }
}

fn named(file: &ShowFile, name: &str) -> Option<Transition> {
    file.transitions.0.iter().find(|(n, _)| n.as_str() == name).map(|(_, t)| t.clone())
}

/// The desk's choice as a transition. A stinger is the scene's own, else the first of the show file.
pub(super) fn from_choice(
    choice: &TransitionChoice,
    scene: Option<&SceneName>,
    file: &ShowFile,
) -> Result<Transition, Refusal> {
    let ms = choice.ms;
    Ok(match &choice.kind {
        TransitionKind::Cut => Transition::Cut(Nothing),
        TransitionKind::Fade => Transition::Fade(Fade { ms }),
        TransitionKind::Dip { color } => {
            let rule = "write it as #rgb or #rrggbb";
            let color = parse_color(color).ok_or(Refusal::BadText { what: "color", rule })?;
            Transition::FadeColor(FadeColor { ms, color })
        }
        TransitionKind::Wipe { toward, softness } => {
            Transition::Wipe(Wipe { ms, direction: direction(*toward), softness: *softness })
        }
        TransitionKind::Slide { toward } => Transition::Slide(Slide { ms, from: side(*toward) }),
        TransitionKind::Push { toward } => Transition::Push(Push { ms, from: side(*toward) }),
        TransitionKind::Stinger => stinger(scene, file)?,
    })
}

fn stinger(scene: Option<&SceneName>, file: &ShowFile) -> Result<Transition, Refusal> {
    let own = scene.map(|scene| of_scene(file, scene)).filter(|t| matches!(t, Transition::Stinger(_)));
    let first = || file.transitions.0.iter().map(|(_, t)| t).find(|t| matches!(t, Transition::Stinger(_))).cloned();
    let rule = "the show file has no stinger; add a [transition.NAME] of kind stinger";
    own.or_else(first).ok_or(Refusal::BadText { what: "transition", rule })
}

const fn direction(toward: To) -> Direction {
    match toward {
        To::Left => Direction::Left,
        To::Right => Direction::Right,
        To::Up => Direction::Up,
        To::Down => Direction::Down,
        To::UpLeft => Direction::UpLeft,
        To::UpRight => Direction::UpRight,
        To::DownLeft => Direction::DownLeft,
        To::DownRight => Direction::DownRight,
    }
}

/// What moves left comes from the right. A slanted way counts by its horizontal part.
const fn side(toward: To) -> Side {
    match toward {
        To::Left | To::UpLeft | To::DownLeft => Side::Right,
        To::Right | To::UpRight | To::DownRight => Side::Left,
        To::Up => Side::Bottom,
        To::Down => Side::Top,
    }
}

/// The show file's transition in the desk's words.
pub(super) fn to_choice(transition: &Transition) -> TransitionChoice {
    let kind = match transition {
        Transition::Cut(_) => TransitionKind::Cut,
        Transition::Fade(_) => TransitionKind::Fade,
        Transition::FadeColor(dip) => {
            let color = format!("#{:02x}{:02x}{:02x}", dip.color.r, dip.color.g, dip.color.b);
            TransitionKind::Dip { color }
        }
        Transition::Wipe(wipe) => TransitionKind::Wipe { toward: toward(wipe.direction), softness: wipe.softness },
        Transition::Slide(slide) => TransitionKind::Slide { toward: away(slide.from) },
        Transition::Push(push) => TransitionKind::Push { toward: away(push.from) },
        Transition::Stinger(_) => TransitionKind::Stinger,
    };
    TransitionChoice { kind, ms: transition.ms() }
}

const fn toward(direction: Direction) -> To {
    match direction {
        Direction::Left => To::Left,
        Direction::Right => To::Right,
        Direction::Up => To::Up,
        Direction::Down => To::Down,
        Direction::UpLeft => To::UpLeft,
        Direction::UpRight => To::UpRight,
        Direction::DownLeft => To::DownLeft,
        Direction::DownRight => To::DownRight,
    }
}

const fn away(from: Side) -> To {
    match from {
        Side::Left => To::Right,
        Side::Right => To::Left,
        Side::Top => To::Down,
        Side::Bottom => To::Up,
    }
}
