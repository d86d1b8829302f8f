//! The rundown: scenes that follow each other by themselves, as the show file says (`then`), until a hand holds them.

use std::time::Duration;
use vitrine_media::{SceneName, ShowTime};
use vitrine_scene::air::Program;
use vitrine_scene::file::ShowFile;

/// Whether scenes follow by themselves, and since when the one on program stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Rundown {
    held: bool,
    stands: Option<(SceneName, ShowTime)>,
}

/// What follows by itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Next<'a> {
    /// The scene.
    pub(super) scene: &'a SceneName,
    /// When.
    pub(super) at: ShowTime,
}

impl Rundown {
    /// Sees what is on program. A scene stands from the end of its transition on; while one runs, or a hand is on the
    /// T-bar, nothing follows by itself.
    pub(super) fn watch(&mut self, program: &Program, now: ShowTime) {
        match (program, &self.stands) {
            (Program::Scene(scene), Some((standing, _))) if scene == standing => {}
            (Program::Scene(scene), _) => self.stands = Some((scene.clone(), now)),
            _ => self.stands = None,
        }
    }

    /// Lets scenes follow by themselves, or holds them. The scene on program gets its whole time again.
    pub(super) fn let_run(&mut self, on: bool, now: ShowTime) {
        self.held = !on;
        if let Some((_, since)) = &mut self.stands {
            *since = now;
        }
    }

    /// Whether a hand holds the scenes.
    pub(super) const fn held(&self) -> bool {
        self.held
    }

    /// What follows the scene that stands on program; `None` while held or if nothing does.
    pub(super) fn next<'a>(&self, file: &'a ShowFile) -> Option<Next<'a>> {
        let (standing, since) = self.stands.as_ref().filter(|_| !self.held)?;
        let then = file.scenes.iter().find(|scene| scene.name == *standing)?.then.as_ref()?;
        Some(Next { scene: &then.scene, at: since.after(Duration::from_millis(then.after.0)) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Effect, RunOfShow};
    use crate::ports::desk::{Command, RundownState};
    use std::sync::Arc;
    use vitrine_media::{SceneName, ShowTime};

    const FILE: &str = "vitrine = 1\nname = \"Shop\"\n[[canvas]]\nname = \"main\"\nsize = [640, 360]\n\
        [transition.default]\nkind = \"fade\"\nms = 400\n\
        [[scene]]\nname = \"A\"\nthen = { scene = \"B\", after = \"5s\" }\n\
        [[scene]]\nname = \"B\"\nthen = { scene = \"A\", after = \"3s\" }\n[[scene]]\nname = \"C\"\n";

    fn at(ms: u64) -> ShowTime {
        ShowTime::from_millis(ms)
    }

    fn show() -> RunOfShow {
        let mut show = RunOfShow::start(Arc::new(vitrine_scene::file::parse(FILE, "show.toml").unwrap()));
        show.wake(at(0));
        show
    }

    fn on_program(show: &RunOfShow) -> &str {
        show.air().program.scene().map_or("", SceneName::as_str)
    }

    #[test]
    fn scenes_follow_when_their_time_has_come_and_not_before() {
        let mut show = show();
        assert_eq!(show.wake(at(4_999)), []);
        assert_eq!(show.wake(at(5_000)), [Effect::Air]);
        assert_eq!(on_program(&show), "B");
        show.wake(at(5_400));
        show.wake(at(8_399));
        assert_eq!(on_program(&show), "B", "three seconds count from the end of the fade");
        show.wake(at(8_400));
        assert_eq!(on_program(&show), "A");
    }

    #[test]
    fn a_hand_holds_them_and_its_own_takes_count_anew() {
        let mut show = show();
        show.command(at(1_000), &Command::Rundown { on: false }).unwrap();
        show.wake(at(60_000));
        assert_eq!(on_program(&show), "A");
        let held = RundownState { running: false, next: None, next_ms: None };
        assert_eq!(show.snapshot(at(60_000)).rundown, Some(held));
        show.command(at(60_000), &Command::Rundown { on: true }).unwrap();
        let b = SceneName::new("B").unwrap();
        let runs = RundownState { running: true, next: Some(b.clone()), next_ms: Some(65_000) };
        assert_eq!(show.snapshot(at(61_000)).rundown, Some(runs));
        show.command(at(62_000), &Command::Take { scene: b, cut: true }).unwrap();
        show.wake(at(62_000));
        show.wake(at(64_999));
        assert_eq!(on_program(&show), "B");
        show.wake(at(65_000));
        assert_eq!(on_program(&show), "A");
        show.command(at(66_000), &Command::Take { scene: SceneName::new("C").unwrap(), cut: true }).unwrap();
        show.wake(at(999_000));
        assert_eq!(on_program(&show), "C", "nothing follows a scene that names nothing");
    }

    #[test]
    fn a_time_that_is_no_time_and_a_scene_that_is_none_are_refused_with_their_line() {
        let flicker = FILE.replace("\"5s\"", "\"20ms\"");
        let lost = FILE.replace("scene = \"B\"", "scene = \"X\"");
        for (text, code) in [(flicker, "FILE_RANGE"), (lost, "FILE_UNKNOWN_NAME")] {
            let problems = vitrine_scene::file::parse(&text, "show.toml").unwrap_err();
            assert!(problems.iter().any(|p| p.code == code && p.line == 11), "{problems:?}");
        }
    }
}
