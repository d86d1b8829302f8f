//! Polls and giveaways.

use super::draft::Draft;
use super::list::text;
use crate::limits::{POLL_CHOICES_MAX, TITLE_CHARS_MAX, VIEWER_LATENCY_MS_MAX};
use crate::{CustomerId, Event, Giveaway, GiveawayId, MarkKey, Poll, PollId, Refusal};

fn poll_refused(poll: &PollId, text: &str) -> Refusal {
    Refusal::PollRefused { poll: poll.clone(), text: text.to_owned() }
}

fn giveaway_refused(giveaway: &GiveawayId, text: &str) -> Refusal {
    Refusal::GiveawayRefused { giveaway: giveaway.clone(), text: text.to_owned() }
}

/// Opens a poll with an empty tally.
pub(super) fn open_poll(draft: &mut Draft<'_>, poll: &Poll) -> Result<(), Refusal> {
    if draft.state.book.polls.contains_key(&poll.id) {
        return Err(poll_refused(&poll.id, "exists already; make a new one"));
    }
    text("question", &poll.question, TITLE_CHARS_MAX)?;
    if !(2..=POLL_CHOICES_MAX).contains(&poll.choices.len()) {
        return Err(poll_refused(&poll.id, "needs 2 to 12 choices"));
    }
    for choice in &poll.choices {
        text("choice", choice, TITLE_CHARS_MAX)?;
    }
    draft.push(Event::PollPut { poll: Poll { votes: vec![0; poll.choices.len()], open: true, ..poll.clone() } });
    Ok(())
}

/// Counts a viewer's first vote.
pub(super) fn vote(draft: &mut Draft<'_>, id: &PollId, viewer: &CustomerId, choice: usize) -> Result<(), Refusal> {
    let poll = draft.state.book.polls.get(id).filter(|poll| poll.open);
    let poll = poll.ok_or_else(|| poll_refused(id, "is not open"))?;
    if choice >= poll.choices.len() {
        return Err(poll_refused(id, "has no such choice"));
    }
    let key = MarkKey::vote(id, viewer);
    if draft.state.mark(&key).is_none() {
        draft.push(Event::Marked { key, value: choice.to_string() });
        draft.push(Event::Voted { poll: id.clone(), choice });
    }
    Ok(())
}

/// Closes a poll.
pub(super) fn close_poll(draft: &mut Draft<'_>, id: &PollId) -> Result<(), Refusal> {
    let poll = draft.state.book.polls.get(id).ok_or_else(|| poll_refused(id, "is not known"))?;
    if poll.open {
        draft.push(Event::PollPut { poll: Poll { open: false, ..poll.clone() } });
    }
    Ok(())
}

/// Opens a giveaway; its commitment is public from now on.
pub(super) fn open_giveaway(draft: &mut Draft<'_>, giveaway: &Giveaway) -> Result<(), Refusal> {
    if draft.state.book.giveaways.contains_key(&giveaway.id) {
        return Err(giveaway_refused(&giveaway.id, "exists already; make a new one"));
    }
    text("prize", &giveaway.prize, TITLE_CHARS_MAX)?;
    if crate::draw::unhex(&giveaway.commit_hex).is_none_or(|hash| hash.len() != 32) {
        return Err(giveaway_refused(&giveaway.id, "needs the SHA-256 of its seed, 64 hex digits"));
    }
    let commit_hex = giveaway.commit_hex.to_lowercase();
    draft.push(Event::GiveawayPut {
        giveaway: Giveaway { commit_hex, entries: 0, closes_ms: None, draw: None, ..giveaway.clone() },
    });
    Ok(())
}

/// Counts a viewer's first entry.
pub(super) fn enter(draft: &mut Draft<'_>, id: &GiveawayId, viewer: &CustomerId) -> Result<(), Refusal> {
    let giveaway = draft.state.book.giveaways.get(id).ok_or_else(|| giveaway_refused(id, "is not known"))?;
    if giveaway.draw.is_some() || giveaway.closes_ms.is_some_and(|closes| closes <= draft.now_ms) {
        return Err(giveaway_refused(id, "is closed"));
    }
    let key = MarkKey::entry(id, viewer);
    if draft.state.mark(&key).is_none() {
        draft.push(Event::Marked { key, value: draft.now_ms.to_string() });
        draft.push(Event::Entered { giveaway: id.clone() });
    }
    Ok(())
}

/// Closes the entries when the viewer furthest behind has seen the call.
pub(super) fn close_giveaway(draft: &mut Draft<'_>, id: &GiveawayId, viewer_latency_ms: u64) -> Result<(), Refusal> {
    let giveaway = draft.state.book.giveaways.get(id).ok_or_else(|| giveaway_refused(id, "is not known"))?;
    if giveaway.closes_ms.is_none() {
        let closes_ms = Some(draft.now_ms.saturating_add(viewer_latency_ms.min(VIEWER_LATENCY_MS_MAX)));
        draft.push(Event::GiveawayPut { giveaway: Giveaway { closes_ms, ..giveaway.clone() } });
    }
    Ok(())
}

/// Opens the seed and draws.
pub(super) fn draw(draft: &mut Draft<'_>, id: &GiveawayId, seed_hex: &str, beacon: &str) -> Result<(), Refusal> {
    let giveaway = draft.state.book.giveaways.get(id).ok_or_else(|| giveaway_refused(id, "is not known"))?;
    if giveaway.draw.is_some() {
        return Ok(());
    }
    if giveaway.closes_ms.is_none_or(|closes| draft.now_ms < closes) {
        return Err(giveaway_refused(id, "still takes entries; close it first"));
    }
    super::list::text_or_empty("beacon", beacon, TITLE_CHARS_MAX)?;
    let seed = crate::draw::unhex(seed_hex).ok_or_else(|| giveaway_refused(id, "its seed must be hex"))?;
    if crate::draw::commit(&seed) != giveaway.commit_hex {
        return Err(giveaway_refused(id, "this seed is not the one that was promised"));
    }
    let space = format!("giveaway/{id}");
    let entries: Vec<&str> = draft.state.marked(&space).collect();
    let result = crate::draw::draw(seed_hex, beacon, &entries).ok_or_else(|| giveaway_refused(id, "nobody entered"))?;
    draft.push(Event::GiveawayPut { giveaway: Giveaway { draw: Some(result), ..giveaway.clone() } });
    Ok(())
}
