//! Boards of what viewers play: a poll's bars, a giveaway and its winner.

use super::part::{ACCENT, PANEL, Part, Words};
use crate::overlay::{BarNode, Node, NumSrc, Paint, Shape, Token};
use crate::raster::Align;

/// Choices that have room on the board; a poll with more shows its first ones.
const CHOICES: usize = 6;
const HEAD: f32 = 108.0;
const ROW: f32 = 72.0;
/// Unit of the layouts: pixels of a 1080p design. The poll stands on the lower edge of its board.
pub(super) const POLL: (f32, f32) = (800.0, HEAD + ROW * 6.0 + 16.0);
pub(super) const GIVEAWAY: (f32, f32) = (800.0, 248.0);

/// A poll at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollFace {
    /// What is asked.
    pub question: String,
    /// Answers with their votes.
    pub choices: Vec<(String, u64)>,
    /// Whether votes are taken.
    pub open: bool,
}

/// A giveaway at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiveawayFace {
    /// What can be won.
    pub prize: String,
    /// How many have entered.
    pub entries: u64,
    /// How it stands.
    pub state: GiveawayState,
    /// Where viewers enter.
    pub link: String,
}

/// How a giveaway stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GiveawayState {
    /// Entries are taken.
    Open,
    /// Entries are taken until an instant, in milliseconds since 1970.
    Closing(u64),
    /// No entry any more, no winner yet.
    Closed,
    /// The winner, as people can say it, and the beginning of the seed that proves it.
    Drawn {
        /// Who.
        winner: String,
        /// The first figures of the opened seed.
        seed: String,
    },
}

#[allow(clippy::cast_precision_loss, reason = "a bar is a few hundred pixels long")]
fn share(votes: u64, all: u64) -> f32 {
    if all == 0 { 0.0 } else { (votes as f32 / all as f32).clamp(0.0, 1.0) }
}

pub(super) fn poll(face: &PollFace) -> Vec<Node> {
    let rows = face.choices.len().min(CHOICES);
    let all: u64 = face.choices.iter().map(|(_, votes)| votes).sum();
    let most = face.choices.iter().map(|(_, votes)| *votes).max().unwrap_or(0);
    let height = HEAD + ROW * rows_px(rows) + 16.0;
    let top = POLL.1 - height;
    let mut part = Part::new(POLL);
    part.block([0.0, top, POLL.0, height], true, PANEL, 24.0, true);
    let question = Words { lines: 2, ..Words::new(&face.question, 34.0, 700, Token::Ink) };
    part.text([28.0, top + 12.0, 560.0, 88.0], question);
    let votes = format!("{all} {}", if all == 1 { "vote" } else { "votes" });
    let state = if face.open { votes } else { format!("closed · {votes}") };
    let words = Words { align: Align::End, ..Words::new(&state, 26.0, 500, Token::InkMuted) };
    part.text([588.0, top + 12.0, 184.0, 44.0], words);
    for row in 0..CHOICES {
        let (label, votes) = face.choices.get(row).map_or(("", 0), |(label, votes)| (label.as_str(), *votes));
        let shown = row < rows;
        let y = top + HEAD + ROW * rows_px(row);
        let leads = shown && !face.open && votes > 0 && votes == most;
        let (fg, bg) = (ACCENT, Paint::Token(Token::PanelRaised));
        let bar = BarNode { value: NumSrc::Fixed(share(votes, all)), fg, bg, radius: 10.0 };
        part.add([28.0, y + 44.0, 744.0, 16.0], shown, Shape::Bar(bar));
        let (weight, token) = if leads { (700, Token::Ink) } else { (500, Token::Ink) };
        let name = if leads { format!("★ {label}") } else { label.to_owned() };
        part.text([28.0, y, 500.0, 40.0], Words::new(&name, 28.0, weight, token));
        let percent = if shown { format!("{:.0} % · {votes}", share(votes, all) * 100.0) } else { String::new() };
        let words = Words { align: Align::End, ..Words::new(&percent, 26.0, weight, Token::Ink) };
        part.text([528.0, y, 244.0, 40.0], words);
    }
    part.nodes
}

#[allow(clippy::cast_precision_loss, reason = "six rows at most")]
const fn rows_px(rows: usize) -> f32 {
    rows as f32
}

pub(super) fn giveaway(face: &GiveawayFace) -> Vec<Node> {
    let mut part = Part::new(GIVEAWAY);
    part.block([0.0, 0.0, GIVEAWAY.0, GIVEAWAY.1], true, PANEL, 24.0, true);
    part.block([28.0, 24.0, 216.0, 44.0], true, ACCENT, 10.0, false);
    let head = Words { align: Align::Center, ..Words::new("GIVEAWAY", 28.0, 700, Token::Ink) };
    part.text([28.0, 24.0, 216.0, 44.0], head);
    let ends = match face.state {
        GiveawayState::Closing(at) => Some(at),
        _ => None,
    };
    part.text([264.0, 24.0, 320.0, 44.0], Words { until: ends, ..Words::new("", 30.0, 700, Token::Warn) });
    part.text([28.0, 80.0, 560.0, 84.0], Words { lines: 2, ..Words::new(&face.prize, 34.0, 700, Token::Ink) });
    let entered = format!("{} entered", face.entries);
    let (line, token) = match &face.state {
        GiveawayState::Open => (format!("{entered} · scan to join"), Token::InkMuted),
        GiveawayState::Closing(_) => (format!("{entered} · last call"), Token::Warn),
        GiveawayState::Closed => (format!("{entered} · closed, the draw is next"), Token::InkMuted),
        GiveawayState::Drawn { winner, .. } => (format!("★ {winner} wins"), Token::Good),
    };
    part.text([28.0, 168.0, 560.0, 36.0], Words::new(&line, 28.0, 700, token));
    let proof = match &face.state {
        GiveawayState::Drawn { seed, .. } => format!("of {entered} · seed {seed}…"),
        _ => String::new(),
    };
    part.text([28.0, 204.0, 560.0, 36.0], Words::new(&proof, 26.0, 500, Token::InkMuted));
    part.qr([600.0, 32.0, 184.0, 184.0], !matches!(face.state, GiveawayState::Drawn { .. }), &face.link, 3);
    part.nodes
}

#[cfg(test)]
mod tests {
    use super::super::{Face, Own};
    use super::*;
    use crate::file::Board;
    use crate::overlay::Layer;
    use vitrine_media::ShowTime;

    #[test]
    fn boards_of_every_state_are_taken() {
        let choices = |n: u64| (0..n).map(|i| (format!("Choice {i}"), i * 3)).collect();
        let polls = [2, 6, 12].map(|n| PollFace { question: "Which? ".repeat(60), choices: choices(n), open: n < 6 });
        let drawn = GiveawayState::Drawn { winner: "Guest 3F9A".into(), seed: "00ff".into() };
        let states = [GiveawayState::Open, GiveawayState::Closing(5_000), GiveawayState::Closed, drawn];
        let giveaways = states.map(|state| GiveawayFace {
            prize: "A mug".into(),
            entries: 12,
            state,
            link: "https://x.example/watch/shop".into(),
        });
        let faces = polls.map(Face::Poll).into_iter().chain(giveaways.map(Face::Giveaway));
        let mut layers = [Board::Poll, Board::Giveaway].map(|board| (Own::Board(board), Layer::new(POLL)));
        for face in faces {
            for (own, layer) in &mut layers {
                layer.commit(&own.ops(&face), ShowTime::ZERO).unwrap();
            }
        }
        assert!(layers.iter().all(|(_, layer)| layer.nodes() > 6));
    }
}
