//! The chat between viewers and plugins: what viewers wrote goes into the plugins' mailboxes, what plugins say waits here
//! for the page.

use crate::guests::Guests;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use vitrine_show::ports::chat::{Chat, OWN_CHANNEL, Word};
use vitrine_show::ports::plugins::{ChatMessage, Event, Plugins};

/// Lines that wait at most: the page takes them ten times a second.
const WAITING_MAX: usize = 32;

/// Lines that plugins said and viewers have yet to see.
#[derive(Default)]
pub struct Words(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    lines: VecDeque<String>,
    /// Somebody takes them: a show without a page has no chat.
    taken: bool,
}

impl Words {
    /// Adds a line for a channel, or for all if it is empty. `false`: there is no room now.
    pub fn add(&self, channel: &str, text: &str) -> bool {
        if !channel.is_empty() && channel != OWN_CHANNEL {
            return true;
        }
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = waiting.lines.len() < WAITING_MAX;
        if room && waiting.taken {
            waiting.lines.push_back(text.to_owned());
        }
        room
    }

    fn take(&self) -> VecDeque<String> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.taken = true;
        std::mem::take(&mut waiting.lines)
    }
}

impl Chat for Guests {
    fn heard(&self, messages: Arc<[ChatMessage]>) {
        if let Some(host) = self.host() {
            host.tell(Event::Chat(messages));
        }
    }

    fn words(&self) -> Vec<Word> {
        let Some(studio) = self.studio() else { return Vec::new() };
        let lines = studio.words.take();
        if lines.is_empty() {
            return Vec::new();
        }
        let from = studio.parts().show.name.clone();
        lines.into_iter().map(|text| Word { from: from.clone(), text }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_wait_for_the_page_and_no_longer_than_there_is_room() {
        let words = Words::default();
        assert!(words.add("", "nobody listens"));
        assert!(words.take().is_empty(), "a show without a page keeps nothing");
        assert!((0..WAITING_MAX).all(|n| words.add(OWN_CHANNEL, &n.to_string())));
        assert!(!words.add("", "too many"));
        assert!(words.add("youtube", "not ours"));
        assert_eq!(words.take().len(), WAITING_MAX);
        assert!(words.add("", "again"));
    }
}
