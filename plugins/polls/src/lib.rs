//! A poll on the picture: the question, bars that grow from the left, per cent and votes, and the winner.

use vitrine_plugin::polls::{self, Choice, Poll};
use vitrine_plugin::{Ease, Layer, Num, Plugin, Prop, Rect, Result, Scene, Start, Tint, Words, at, export, timers};

/// How long the winner stays on the picture.
const STAYS_MS: u32 = 12_000;

struct Polls {
    layer: Layer,
    seen: Option<String>,
    over: bool,
}

impl Plugin for Polls {
    fn start(why: Start) -> Result<Self> {
        let mut plugin = Self { layer: Layer::open("poll")?, seen: None, over: false };
        match polls::current()?.filter(|p| p.state == "open") {
            Some(poll) => {
                if why == Start::Reload {
                    plugin.seen = Some(poll.id.clone());
                }
                plugin.on_poll(&poll)?;
            }
            None => plugin.layer.visible(false)?,
        }
        Ok(plugin)
    }

    fn on_poll(&mut self, poll: &Poll) -> Result<()> {
        let enters = self.seen.as_deref() != Some(poll.id.as_str());
        let over = poll.state != "open";
        if enters && over {
            return Ok(());
        }
        self.layer.show(&picture(poll, enters))?;
        if enters {
            self.layer.visible(true)?;
            timers::cancel("hide");
        }
        if over && !self.over {
            timers::set("hide", STAYS_MS, None)?;
        }
        self.seen = Some(poll.id.clone());
        self.over = over;
        Ok(())
    }

    fn on_timer(&mut self, _name: &str) -> Result<()> {
        self.layer.visible(false)
    }
}

fn picture(poll: &Poll, enters: bool) -> Scene {
    let rows = i32::try_from(poll.choices.len().min(6)).unwrap_or(6);
    let height = 136 + rows * 88;
    let total: u64 = poll.choices.iter().map(|c| c.votes).sum();
    let mut s = Scene::new();
    let card = s.group(at(0, 0, 720, height), |s| {
        s.panel(at(0, 0, 720, height));
        let open = poll.state == "open";
        let width = if open && poll.closes.is_some() { 540 } else { 656 };
        s.text(at(32, 24, width, 96), poll.question.as_str()).size(36).bold().lines(2);
        if let Some(closes) = poll.closes.filter(|_| open) {
            s.text(at(584, 24, 104, 96), Words::Countdown(closes)).size(32).bold().end().tint(Tint::Accent);
        }
        let inner = at(32, 124, 656, rows * 88);
        s.list(inner, 88.0, &poll.choices, |s, r, choice| row(s, r, choice, total, poll.winner.as_deref()));
    });
    if enters {
        card.animate(Prop::X, &[(0, -64.0), (350, 0.0)], Ease::Out)
            .animate(Prop::Opacity, &[(0, 0.0), (300, 1.0)], Ease::Out);
    }
    s
}

/// A number of votes that fits its column, however many there are.
fn votes_of(votes: u64) -> String {
    match votes {
        1 => "1 vote".to_owned(),
        0..10_000 => format!("{votes} votes"),
        10_000..1_000_000 => format!("{}k votes", votes / 1_000),
        _ => format!("{}M votes", votes / 1_000_000),
    }
}

fn row(s: &mut Scene, r: Rect, choice: &Choice, total: u64, winner: Option<&str>) {
    let part = if total == 0 { 0.0 } else { choice.votes as f32 / total as f32 };
    let wins = winner == Some(choice.id.as_str());
    let ink = if winner.is_none() || wins { Tint::Ink } else { Tint::InkMuted };
    let title = if wins { format!("\u{2713} {}", choice.title) } else { choice.title.clone() };
    let name = s.text(at(0, 4, 420, 40), title).size(28).tint(ink);
    if wins {
        name.bold();
    }
    s.text(at(420, 4, 140, 40), votes_of(choice.votes)).size(26).end().tint(Tint::InkMuted);
    s.text(at(560, 2, 96, 44), format!("{:.0}%", part * 100.0)).size(32).bold().end().tint(ink);
    let tint = if winner.is_none() || wins { Tint::Accent } else { Tint::InkMuted };
    s.bar(Rect { x: 0.0, y: 50.0, w: r.w, h: 18.0 }, Num::Fixed(part)).tint(tint).radius(9);
}

export!(Polls: polls, timers);
