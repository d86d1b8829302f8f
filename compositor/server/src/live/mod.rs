//! `/api/live/{show}`: what viewers see happen, and what they say, over one WebSocket each.
//!
//! ```text
//! viewers ─chat, reactions─► inbox ─┐                                         ┌► Chat::heard: the plugins
//! Shop::view ─────changed parts─────┼─► every 100 ms one batch, encoded once ─┴► broadcast ─► viewer, viewer, …
//! Desk::hotspots, Chat::words ──────┘                                             a slow one is dropped
//! ```

mod chat;
mod socket;

pub(crate) use socket::socket;

use crate::limits::{
    CHAT_KEPT, CHAT_PER_BATCH_MAX, CROWD, HOTSPOTS_KEPT, LATENCY_MS_MAX, LATENCY_SPAN_MS, VIEWER_BACKLOG,
    VIEWER_INTERVAL,
};
use crate::shop::{now_ms, public};
use axum::extract::ws::Utf8Bytes;
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;
use tokio::time::{MissedTickBehavior, interval};
use vitrine_commerce::{CustomerId, ShopView, ShowId};
use vitrine_show::ports::chat::{Chat, OWN_CHANNEL, Word};
use vitrine_show::ports::desk::{Desk, Hotspots};
use vitrine_show::ports::plugins::{ChatMessage, ViewerView};
use vitrine_show::ports::shop::Shop;

/// Batches between two words about how many watch.
const BATCHES_PER_HEARTBEAT: u32 = 20;

/// One line of chat as viewers see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ChatLine {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) at_ms: u64,
    /// Which viewer wrote it; the show itself if none did.
    #[serde(skip)]
    pub(crate) viewer: Option<CustomerId>,
}

impl ChatLine {
    /// As plugins see it; they don't hear the show's own words.
    fn heard(&self) -> Option<ChatMessage> {
        let id = self.viewer.as_ref()?.to_string();
        let who = ViewerView { id, name: self.name.clone(), platform: OWN_CHANNEL.to_owned(), roles: Vec::new() };
        let (id, text) = (self.id.to_string(), self.text.clone());
        Some(ChatMessage { id, who, text, at_unix_ms: self.at_ms, extra: Vec::new() })
    }
}

/// What came in since the last batch, and what joiners get.
struct Inside {
    view: Arc<ShopView>,
    viewed_ms: u64,
    chat: Vec<ChatLine>,
    chat_id: u64,
    recent: VecDeque<ChatLine>,
    reactions: BTreeMap<&'static str, u32>,
    hotspots: VecDeque<Arc<Hotspots>>,
    latency: Latency,
    quiet: u32,
}

/// The room where viewers are.
pub(crate) struct LiveHub {
    batches: broadcast::Sender<Utf8Bytes>,
    inside: Mutex<Inside>,
    viewers: AtomicUsize,
}

impl LiveHub {
    pub(crate) fn new(view: Arc<ShopView>) -> Self {
        let inside = Inside {
            view,
            viewed_ms: now_ms(),
            chat: Vec::new(),
            chat_id: 0,
            recent: VecDeque::new(),
            reactions: BTreeMap::new(),
            hotspots: VecDeque::new(),
            latency: Latency::default(),
            quiet: 0,
        };
        Self { batches: broadcast::channel(VIEWER_BACKLOG).0, inside: Mutex::new(inside), viewers: AtomicUsize::new(0) }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many watch.
    pub(crate) fn viewers(&self) -> usize {
        self.viewers.load(Ordering::Relaxed)
    }

    /// Sends a batch whenever something happened, until dropped. `chat` hears what viewers wrote, and speaks to them.
    pub(crate) async fn pump(&self, shop: &dyn Shop, desk: &dyn Desk, show: &ShowId, chat: Option<&dyn Chat>) {
        let mut ticks = interval(VIEWER_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut left_out = false;
        loop {
            ticks.tick().await;
            left_out = self.crowded() && !left_out;
            if left_out {
                continue;
            }
            if let Some(chat) = chat {
                chat.words().into_iter().for_each(|word| self.speak(&word));
            }
            if let Some((batch, lines)) = self.batch(shop.view(), desk.hotspots(self.seen_hotspots()), show) {
                let _nobody_watches = self.batches.send(batch);
                let heard: Arc<[ChatMessage]> = lines.iter().filter_map(ChatLine::heard).collect();
                if let Some(chat) = chat.filter(|_| !heard.is_empty()) {
                    chat.heard(heard);
                }
            }
        }
    }

    fn crowded(&self) -> bool {
        self.viewers() > CROWD
    }

    /// What happened since the last batch, and the lines of chat in it.
    fn batch(
        &self,
        view: Arc<ShopView>,
        hotspots: Vec<Arc<Hotspots>>,
        show: &ShowId,
    ) -> Option<(Utf8Bytes, Vec<ChatLine>)> {
        let now = now_ms();
        let mut inside = self.inside();
        let shop = public::changes(&inside.view, &view, show, (inside.viewed_ms, now));
        (inside.view, inside.viewed_ms) = (view, now);
        inside.keep(&hotspots);
        inside.quiet += 1;
        let heartbeat = inside.quiet >= BATCHES_PER_HEARTBEAT;
        let said = !inside.chat.is_empty() || !inside.reactions.is_empty();
        if shop.is_empty() && hotspots.is_empty() && !said && !heartbeat {
            return None;
        }
        inside.quiet = 0;
        let lines = std::mem::take(&mut inside.chat);
        let mut batch = json!({ "type": "batch", "now_ms": now, "viewers": self.viewers() });
        if let Some(fields) = batch.as_object_mut() {
            if !shop.is_empty() {
                fields.insert("shop".to_owned(), json!(shop));
            }
            if !hotspots.is_empty() {
                fields.insert("hotspots".to_owned(), json!(hotspots));
            }
            if !lines.is_empty() {
                fields.insert("chat".to_owned(), json!(lines));
            }
            if !inside.reactions.is_empty() {
                fields.insert("reactions".to_owned(), json!(std::mem::take(&mut inside.reactions)));
            }
        }
        Some((batch.to_string().into(), lines))
    }

    /// Number of the newest set of boxes that was sent.
    fn seen_hotspots(&self) -> u64 {
        self.inside().hotspots.back().map_or(0, |set| set.seq)
    }

    fn join(&self, show: &ShowId) -> (Utf8Bytes, broadcast::Receiver<Utf8Bytes>) {
        let inside = self.inside();
        let now = now_ms();
        let text = json!({
            "type": "state",
            "now_ms": now,
            "viewers": self.viewers(),
            "shop": public::everything(&inside.view, show, now),
            "chat": inside.recent,
            "hotspots": inside.hotspots,
        });
        (text.to_string().into(), self.batches.subscribe())
    }

    /// Takes a viewer's clean chat line; false when the batch is full.
    fn say(&self, viewer: &CustomerId, name: String, text: String) -> bool {
        let mut inside = self.inside();
        let batches = if self.crowded() { 2 } else { 1 };
        let room = inside.chat.len() < CHAT_PER_BATCH_MAX * batches;
        if room {
            inside.write(Some(viewer.clone()), name, text);
        }
        room
    }

    /// Takes a line of the show's own. There are few, and viewers can't crowd them out.
    fn speak(&self, word: &Word) {
        if let Some(text) = chat::own_line(&word.text) {
            self.inside().write(None, chat::name(&word.from), text);
        }
    }

    /// The greatest latency that a viewer has told lately, in milliseconds.
    pub(crate) fn latency_ms(&self) -> u32 {
        self.inside().latency.greatest(now_ms())
    }

    fn lags(&self, ms: u32) {
        self.inside().latency.add(ms, now_ms());
    }

    fn react(&self, with: &'static str) {
        let mut inside = self.inside();
        let count = inside.reactions.entry(with).or_insert(0);
        *count = count.saturating_add(1);
    }
}

/// The greatest of what was told in this span and in the one before: viewers tell theirs several times in each.
#[derive(Default)]
struct Latency {
    span: u64,
    now_ms: u32,
    before_ms: u32,
}

impl Latency {
    fn turn(&mut self, now_ms: u64) {
        let span = now_ms / LATENCY_SPAN_MS;
        if span != self.span {
            self.before_ms = if span == self.span + 1 { self.now_ms } else { 0 };
            (self.span, self.now_ms) = (span, 0);
        }
    }

    fn add(&mut self, ms: u32, now_ms: u64) {
        self.turn(now_ms);
        self.now_ms = self.now_ms.max(ms.min(LATENCY_MS_MAX));
    }

    fn greatest(&mut self, now_ms: u64) -> u32 {
        self.turn(now_ms);
        self.now_ms.max(self.before_ms)
    }
}

impl Inside {
    fn write(&mut self, viewer: Option<CustomerId>, name: String, text: String) {
        self.chat_id += 1;
        let line = ChatLine { id: self.chat_id, name, text, at_ms: now_ms(), viewer };
        if self.recent.len() == CHAT_KEPT {
            self.recent.pop_front();
        }
        self.recent.push_back(line.clone());
        self.chat.push(line);
    }

    /// A viewer sees the past: whoever joins needs the boxes of the last minute.
    fn keep(&mut self, hotspots: &[Arc<Hotspots>]) {
        self.hotspots.extend(hotspots.iter().cloned());
        let over = self.hotspots.len().saturating_sub(HOTSPOTS_KEPT);
        self.hotspots.drain(..over);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_viewer_counts_until_a_span_after_the_last_word() {
        let mut latency = Latency::default();
        latency.add(4_000, 1);
        latency.add(9_000, 2);
        latency.add(u32::MAX, LATENCY_SPAN_MS);
        assert_eq!(latency.greatest(LATENCY_SPAN_MS + 1), LATENCY_MS_MAX);
        latency.add(3_000, 2 * LATENCY_SPAN_MS);
        assert_eq!(latency.greatest(3 * LATENCY_SPAN_MS), 3_000);
        assert_eq!(latency.greatest(9 * LATENCY_SPAN_MS), 0, "nobody has said a word");
    }
}
