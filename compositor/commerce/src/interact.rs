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
    /// No vote later than this, milliseconds since the epoch; `None` until the seller closes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_ms: Option<u64>,
}

impl Poll {
    /// Whether its time is over and it has not been closed yet.
    #[must_use]
    pub fn ran_out(&self, now_ms: u64) -> bool {
        self.open && self.ends_ms.is_some_and(|ends| ends <= now_ms)
    }
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
    /// SHA-256 of the seed, in hex, published before the first entry. Empty in a command: the shop makes and keeps the
    /// seed, and nobody can know the winner before the draw.
    #[serde(default)]
    pub commit_hex: String,
    /// Public randomness that will have its part in the draw, named before the first entry, such as `drand round 4711`;
    /// empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub beacon: String,
    /// Entries so far.
    #[serde(default)]
    pub entries: u64,
    /// No entry later than this, milliseconds since the epoch; `None` while it is open.
    #[serde(default)]
    pub closes_ms: Option<u64>,
    /// SHA-256 over the entries, fixed when they have closed and before the draw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_hex: Option<String>,
    /// The result.
    #[serde(default)]
    pub draw: Option<Draw>,
}

impl Giveaway {
    /// Whether its entries have closed.
    #[must_use]
    pub fn closed(&self, now_ms: u64) -> bool {
        self.closes_ms.is_some_and(|closes| closes <= now_ms)
    }

    /// Whether its entries have closed and their list has not been fixed yet.
    #[must_use]
    pub fn to_seal(&self, now_ms: u64) -> bool {
        self.list_hex.is_none() && self.draw.is_none() && self.closed(now_ms)
    }
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

    /// The seed of a giveaway that the shop keeps until the draw.
    #[must_use]
    pub fn seed(giveaway: &GiveawayId) -> Self {
        Self { space: "seed".to_owned(), id: giveaway.to_string() }
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
