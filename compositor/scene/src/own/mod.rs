//! Graphics that the show draws itself, without any plugin: product cards, QR signs, polls, giveaways, tickers.
//!
//! ```text
//! file: card = "MUG-RED" ──► slot "card MUG-RED" of the layer owner "@show"
//! shop ──► Face (what it says now) ──ops──► Layer ──► picture
//! ```

mod board;
mod card;
mod part;
mod ticker;

pub use board::{GiveawayFace, GiveawayState, PollFace};
pub use card::{GoodsFace, LOW_FROM};

use crate::file::{Board, Content, Goods, OverlayContent, ShowFile, Ticker};
use crate::overlay::Op;
use std::collections::BTreeSet;
use vitrine_media::PluginId;

/// Owner of the layers that the show draws itself; no plugin's id has an `@`.
const OWNER: &str = "@show";

/// The owner of the show's own layers.
#[must_use]
pub fn owner() -> Option<PluginId> {
    PluginId::new(OWNER).ok()
}

/// A layer that the show draws itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Own {
    /// Picture, title, price, what is left, QR code.
    Card(Goods),
    /// A QR code and its short code.
    Qr(Goods),
    /// What viewers play.
    Board(Board),
    /// Texts that run along.
    Ticker(Ticker),
}

/// What a layer says at one moment.
#[derive(Clone, Debug, PartialEq)]
pub enum Face {
    /// A product.
    Goods(GoodsFace),
    /// A poll.
    Poll(PollFace),
    /// A giveaway.
    Giveaway(GiveawayFace),
    /// What the file says; the shop changes nothing of it.
    Told,
}

impl Own {
    /// The layer's slot.
    #[must_use]
    pub fn slot(&self) -> String {
        match self {
            Self::Card(goods) => format!("card {}", goods.as_str()),
            Self::Qr(goods) => format!("qr {}", goods.as_str()),
            Self::Board(board) => format!("board {}", board.word()),
            Self::Ticker(ticker) => format!("ticker {}", ticker.texts().join("\n")),
        }
    }

    /// Its width and height in pixels of a 1080p design.
    #[must_use]
    pub const fn size(&self) -> (f32, f32) {
        match self {
            Self::Card(_) => card::CARD,
            Self::Qr(_) => card::SIGN,
            Self::Board(Board::Poll) => board::POLL,
            Self::Board(Board::Giveaway) => board::GIVEAWAY,
            Self::Ticker(_) => ticker::TICKER,
        }
    }

    /// What makes the layer show `face`, whatever it showed before. A face of another kind hides it.
    #[must_use]
    pub fn ops(&self, face: &Face) -> Vec<Op> {
        let nodes = match (self, face) {
            (Self::Card(_), Face::Goods(face)) => card::card(face),
            (Self::Qr(_), Face::Goods(face)) => card::sign(face),
            (Self::Board(Board::Poll), Face::Poll(face)) => board::poll(face),
            (Self::Board(Board::Giveaway), Face::Giveaway(face)) => board::giveaway(face),
            (Self::Ticker(ticker), Face::Told) => ticker::ticker(ticker.texts()),
            _ => return vec![Op::Visible(false)],
        };
        nodes.into_iter().map(Op::Put).chain([Op::Visible(true)]).collect()
    }
}

/// The layers that a show file wants drawn, each once.
#[must_use]
pub fn wanted(file: &ShowFile) -> BTreeSet<Own> {
    let layers = file.scenes.iter().flat_map(|scene| &scene.layers).filter_map(|layer| match &layer.content {
        Content::Card(goods) => Some(Own::Card(goods.clone())),
        Content::Qr(goods) => Some(Own::Qr(goods.clone())),
        Content::Board(board) => Some(Own::Board(*board)),
        Content::Ticker(ticker) => Some(Own::Ticker(ticker.clone())),
        _ => None,
    });
    let overlays = file.overlays.iter().filter_map(|overlay| match &overlay.content {
        OverlayContent::Card(goods) => Some(Own::Card(goods.clone())),
        OverlayContent::Qr(goods) => Some(Own::Qr(goods.clone())),
        OverlayContent::Board(board) => Some(Own::Board(*board)),
        OverlayContent::Ticker(ticker) => Some(Own::Ticker(ticker.clone())),
        _ => None,
    });
    layers.chain(overlays).collect()
}
