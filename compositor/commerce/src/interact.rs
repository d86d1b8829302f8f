//! Polls and giveaways: what they are and where they stand.

use crate::{CustomerId, GiveawayId, PollId, ShowId, draw::Draw};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A question to all viewers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Poll {
    /// Its id.
    pub id: PollId,
    /// The show it belongs to.
    pub show: ShowId,
    /// What is asked.
    pub question: String,
    /// Two to twelve choices.
    pub choices: Vec<String>,
    /// Votes for each choice.
    #[serde(default)]
    pub votes: Vec<u64>,
    /// Whether votes are taken.
    #[serde(default)]
    pub open: bool,
}

/// A prize for one of those who enter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Giveaway {
    /// Its id.
    pub id: GiveawayId,
    /// The show it belongs to.
    pub show: ShowId,
    /// What can be won.
    pub prize: String,
    /// SHA-256 of the seed, in hex, published before the first entry.
    pub commit_hex: String,
    /// Entries so far.
    #[serde(default)]
    pub entries: u64,
    /// No entry later than this, milliseconds since the epoch; `None` while it is open.
    #[serde(default)]
    pub closes_ms: Option<u64>,
    /// The result.
    #[serde(default)]
    pub draw: Option<Draw>,
}

/// A viewer's mark that may be made once: a vote, an entry, a webhook's event id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct MarkKey {
    /// What it belongs to, such as `poll/p1`, `giveaway/g1` or `webhook/stripe`.
    pub space: String,
    /// Whose or which: a viewer, an event id.
    pub id: String,
}

impl MarkKey {
    /// The vote of a viewer.
    #[must_use]
    pub fn vote(poll: &PollId, viewer: &CustomerId) -> Self {
        Self { space: format!("poll/{poll}"), id: viewer.to_string() }
    }

    /// The entry of a viewer.
    #[must_use]
    pub fn entry(giveaway: &GiveawayId, viewer: &CustomerId) -> Self {
        Self { space: format!("giveaway/{giveaway}"), id: viewer.to_string() }
    }

    /// The use of a code by a buyer.
    #[must_use]
    pub fn code(code: &crate::CodeId, customer: &CustomerId) -> Self {
        Self { space: format!("code/{code}"), id: customer.to_string() }
    }

    /// Whose payment a provider's reference is.
    #[must_use]
    pub fn payment(reference: &str) -> Self {
        Self { space: "payment".to_owned(), id: reference.to_owned() }
    }

    /// An event of a provider.
    #[must_use]
    pub fn webhook(provider: &str, event: &str) -> Self {
        Self { space: format!("webhook/{provider}"), id: event.to_owned() }
    }
}
