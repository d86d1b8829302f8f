//! `/api/live/{show}`: what viewers see happen, and what they say, over one WebSocket each.
//!
//! ```text
//! viewers ─chat, reactions─► inbox ─┐
//! Shop::view ─────changed parts─────┼─► every 100 ms one batch, encoded once ─► broadcast ─► viewer, viewer, …
//! Desk::hotspots ───────────────────┘                                            a slow one is dropped
//! ```

mod chat;
mod socket;

pub(crate) use socket::socket;

use crate::limits::{CHAT_KEPT, CHAT_PER_BATCH_MAX, HOTSPOTS_KEPT, VIEWER_BACKLOG, VIEWER_INTERVAL};
use crate::shop::{now_ms, public};
use axum::extract::ws::Utf8Bytes;
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;
use tokio::time::{MissedTickBehavior, interval};
use vitrine_commerce::{ShopView, ShowId};
use vitrine_show::ports::desk::{Desk, HotspotBox, Hotspots};
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
}

/// What came in since the last batch, and what joiners get.
struct Inside {
    view: Arc<ShopView>,
    viewed_ms: u64,
    chat: Vec<ChatLine>,
    chat_id: u64,
    recent: VecDeque<ChatLine>,
    reactions: BTreeMap<&'static str, u32>,
    hotspots: VecDeque<Hotspots>,
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

    /// Sends a batch whenever something happened, until dropped.
    pub(crate) async fn pump(&self, shop: &dyn Shop, desk: &dyn Desk, show: &ShowId) {
        let mut ticks = interval(VIEWER_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            if let Some(batch) = self.batch(shop.view(), &desk.hotspots(), show) {
                let _nobody_watches = self.batches.send(batch);
            }
        }
    }

    fn batch(&self, view: Arc<ShopView>, hotspots: &Hotspots, show: &ShowId) -> Option<Utf8Bytes> {
        let now = now_ms();
        let mut inside = self.inside();
        let shop = public::changes(&inside.view, &view, show, (inside.viewed_ms, now));
        (inside.view, inside.viewed_ms) = (view, now);
        let boxes = inside.moved(hotspots);
        inside.quiet += 1;
        let heartbeat = inside.quiet >= BATCHES_PER_HEARTBEAT;
        if shop.is_empty() && boxes.is_none() && inside.chat.is_empty() && inside.reactions.is_empty() && !heartbeat {
            return None;
        }
        inside.quiet = 0;
        let mut batch = json!({ "type": "batch", "now_ms": now, "viewers": self.viewers() });
        if let Some(fields) = batch.as_object_mut() {
            if !shop.is_empty() {
                fields.insert("shop".to_owned(), json!(shop));
            }
            if let Some(boxes) = boxes {
                fields.insert("hotspots".to_owned(), json!([boxes]));
            }
            if !inside.chat.is_empty() {
                fields.insert("chat".to_owned(), json!(std::mem::take(&mut inside.chat)));
            }
            if !inside.reactions.is_empty() {
                fields.insert("reactions".to_owned(), json!(std::mem::take(&mut inside.reactions)));
            }
        }
        Some(batch.to_string().into())
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

    /// Takes a clean chat line; false when the batch is full.
    fn say(&self, name: String, text: String) -> bool {
        let mut inside = self.inside();
        if inside.chat.len() >= CHAT_PER_BATCH_MAX {
            return false;
        }
        inside.chat_id += 1;
        let line = ChatLine { id: inside.chat_id, name, text, at_ms: now_ms() };
        if inside.recent.len() == CHAT_KEPT {
            inside.recent.pop_front();
        }
        inside.recent.push_back(line.clone());
        inside.chat.push(line);
        true
    }

    fn react(&self, with: &'static str) {
        let mut inside = self.inside();
        let count = inside.reactions.entry(with).or_insert(0);
        *count = count.saturating_add(1);
    }
}

impl Inside {
    /// The boxes, rounded so that noise is no movement, if they differ from the last ones.
    fn moved(&mut self, hotspots: &Hotspots) -> Option<Hotspots> {
        if hotspots.pdt_ms == 0 {
            return None;
        }
        let round = |part: f32| (part * 1000.0).round() / 1000.0;
        let boxes = hotspots.boxes.iter().map(|b| HotspotBox {
            x: round(b.x),
            y: round(b.y),
            w: round(b.w),
            h: round(b.h),
            ..b.clone()
        });
        let rounded = Hotspots { pdt_ms: hotspots.pdt_ms, boxes: boxes.collect() };
        if self.hotspots.back().is_some_and(|last| last.boxes == rounded.boxes) {
            return None;
        }
        // A viewer sees the past: whoever joins needs the boxes of the last half minute.
        if self.hotspots.len() == HOTSPOTS_KEPT {
            self.hotspots.pop_front();
        }
        self.hotspots.push_back(rounded.clone());
        Some(rounded)
    }
}
