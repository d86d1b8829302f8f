//! A plugin's mailbox: bounded, merged where newer news replaces older, never blocking the one who posts.

use crate::bindings::Fault;
use crate::bindings::takes::http::Response;
use crate::limits;
use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, oneshot};
use vitrine_show::ports::plugins::{CallError, ChatMessage, Order, OrderView, PollView, Reply};

/// Something for the main instance that can't be merged.
pub(crate) enum Letter {
    /// The answer to an enqueued request.
    Response(String, Result<Response, Fault>),
    /// A chat command.
    Command { name: String, args: String, message: ChatMessage },
    /// A panel's button or form.
    Panel { id: String, form: String, answer: oneshot::Sender<Result<Reply, CallError>> },
    /// Settings or secrets changed.
    SettingsChanged,
    /// The operator's order.
    Order(Order),
    /// The plugin is no longer in the show: what it drew goes with it.
    Leave,
    /// The host ends; the picture stays as it is.
    Close,
}

impl Letter {
    /// The operator's or the host's: never dropped, heard also while the plugin is down.
    const fn commands(&self) -> bool {
        matches!(self, Self::Order(_) | Self::Leave | Self::Close)
    }
}

#[derive(Default)]
struct Inside {
    letters: VecDeque<Letter>,
    shop: BTreeSet<&'static str>,
    orders: VecDeque<Arc<OrderView>>,
    poll: Option<Arc<PollView>>,
    chat: VecDeque<ChatMessage>,
}

/// A bounded mailbox.
#[derive(Default)]
pub(crate) struct Mailbox {
    inside: Mutex<Inside>,
    ready: Notify,
    dropped: AtomicU64,
}

impl Mailbox {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Posts a letter. When full, the oldest letter that isn't the operator's goes and is counted.
    pub(crate) fn post(&self, letter: Letter) {
        let mut inside = self.inside();
        if inside.letters.len() >= limits::MAILBOX_LETTERS {
            let oldest = inside.letters.iter().position(|l| !l.commands());
            if let Some(lost) = oldest.and_then(|at| inside.letters.remove(at)) {
                self.count(1);
                drop(lost);
            }
        }
        inside.letters.push_back(letter);
        drop(inside);
        self.ready.notify_one();
    }

    pub(crate) fn shop(&self, what: impl IntoIterator<Item = &'static str>) {
        self.inside().shop.extend(what);
        self.ready.notify_one();
    }

    pub(crate) fn poll(&self, poll: Arc<PollView>) {
        self.inside().poll = Some(poll);
        self.ready.notify_one();
    }

    pub(crate) fn orders(&self, orders: &[OrderView]) {
        let mut inside = self.inside();
        for order in orders {
            if inside.orders.len() >= limits::MAILBOX_ORDERS {
                inside.orders.pop_front();
                self.count(1);
            }
            inside.orders.push_back(Arc::new(order.clone()));
        }
        drop(inside);
        self.ready.notify_one();
    }

    pub(crate) fn chat(&self, messages: &[ChatMessage]) {
        let mut inside = self.inside();
        for message in messages {
            if inside.chat.len() >= limits::MAILBOX_CHAT {
                inside.chat.pop_front();
                self.count(1);
            }
            inside.chat.push_back(message.clone());
        }
        drop(inside);
        self.ready.notify_one();
    }

    fn count(&self, lost: u64) {
        self.dropped.fetch_add(lost, Ordering::Relaxed);
    }

    /// Entries dropped so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Wakes the reader: a timer changed.
    pub(crate) fn wake(&self) {
        self.ready.notify_one();
    }

    /// Waits for a post or a wake.
    pub(crate) async fn changed(&self) {
        self.ready.notified().await;
    }

    pub(crate) fn letter(&self) -> Option<Letter> {
        self.inside().letters.pop_front()
    }

    /// The next letter that is the operator's or the host's, while the plugin is down; others wait. New settings count
    /// where `settings` says so: for a plugin that waits for them.
    pub(crate) fn order(&self, settings: bool) -> Option<Letter> {
        let mut inside = self.inside();
        let wanted = |l: &Letter| l.commands() || settings && matches!(l, Letter::SettingsChanged);
        let at = inside.letters.iter().position(wanted)?;
        inside.letters.remove(at)
    }

    pub(crate) fn take_shop(&self) -> Vec<String> {
        std::mem::take(&mut self.inside().shop).into_iter().map(str::to_owned).collect()
    }

    pub(crate) fn take_poll(&self) -> Option<Arc<PollView>> {
        self.inside().poll.take()
    }

    pub(crate) fn has_poll(&self) -> bool {
        self.inside().poll.is_some()
    }

    pub(crate) fn has_chat(&self) -> bool {
        !self.inside().chat.is_empty()
    }

    pub(crate) fn take_orders(&self) -> Vec<Arc<OrderView>> {
        let mut inside = self.inside();
        let count = inside.orders.len().min(limits::BATCH_MAX);
        inside.orders.drain(..count).collect()
    }

    pub(crate) fn take_chat(&self) -> Vec<ChatMessage> {
        let mut inside = self.inside();
        let count = inside.chat.len().min(limits::BATCH_MAX);
        inside.chat.drain(..count).collect()
    }
}
