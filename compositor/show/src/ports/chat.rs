//! The chat of a show's own page: what its viewers wrote, and what the show has to say to them.

use crate::ports::plugins::ChatMessage;
use std::sync::Arc;

/// The platform of messages from the show's own page, and the channel under which plugins answer there.
pub const OWN_CHANNEL: &str = "page";

/// A line that the show says to its viewers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Who speaks, as viewers read it.
    pub from: String,
    /// What: any script, not yet cleaned.
    pub text: String,
}

/// The chat's other side. Called on the server's threads: must only hand over, never wait.
pub trait Chat: Send + Sync {
    /// What viewers wrote since the last call, oldest first: cleaned, and shown to all of them. Never empty.
    fn heard(&self, messages: Arc<[ChatMessage]>);

    /// What the show has to say since the last call, oldest first.
    fn words(&self) -> Vec<Word>;
}
