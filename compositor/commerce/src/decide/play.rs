//! Polls and giveaways.

use super::draft::Draft;
use super::list::text;
use crate::draw::Seed;
use crate::limits::{POLL_CHOICES_MAX, POLL_MS_MAX, SEED_BYTES_MIN, TITLE_CHARS_MAX, VIEWER_LATENCY_MS_MAX};
use crate::{CustomerId, Event, Giveaway, GiveawayId, MarkKey, Poll, PollId, Refusal, State};

fn poll_refused(poll: &PollId, text: &str) -> Refusal {
    Refusal::PollRefused { poll: poll.clone(), text: text.to_owned() }
}

fn giveaway_refused(giveaway: &GiveawayId, text: &str) -> Refusal {
    Refusal::GiveawayRefused { giveaway: giveaway.clone(), text: text.to_owned() }
}

/// Opens a poll with an empty tally.
pub(super) fn open_poll(draft: &mut Draft<'_>, poll: &Poll, lasts_ms: Option<u64>) -> Result<(), Refusal> {
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
    if lasts_ms.is_some_and(|ms| !(1..=POLL_MS_MAX).contains(&ms)) {
        return Err(poll_refused(&poll.id, "can't last that long; give it at most a day"));
    }
    let ends_ms = lasts_ms.map(|ms| draft.now_ms.saturating_add(ms));
    let (votes, open) = (vec![0; poll.choices.len()], true);
    draft.push(Event::PollPut { poll: Poll { votes, open, ends_ms, ..poll.clone() } });
    Ok(())
}

/// Counts a viewer's first vote.
pub(super) fn vote(draft: &mut Draft<'_>, id: &PollId, viewer: &CustomerId, choice: usize) -> Result<(), Refusal> {
    let poll = draft.state.book.polls.get(id).filter(|poll| poll.open && !poll.ran_out(draft.now_ms));
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
pub(super) fn open_giveaway(draft: &mut Draft<'_>, giveaway: &Giveaway, seed: Option<&Seed>) -> Result<(), Refusal> {
    let id = &giveaway.id;
    if draft.state.book.giveaways.contains_key(id) {
        return Err(giveaway_refused(id, "exists already; make a new one"));
    }
    text("prize", &giveaway.prize, TITLE_CHARS_MAX)?;
    super::list::text_or_empty("beacon", &giveaway.beacon, TITLE_CHARS_MAX)?;
    let mut commit_hex = giveaway.commit_hex.to_lowercase();
    if let Some(seed) = seed {
        let bytes = crate::draw::unhex(seed.reveal()).filter(|bytes| bytes.len() >= SEED_BYTES_MIN);
        let bytes = bytes.ok_or_else(|| giveaway_refused(id, "needs a seed of 16 bytes or more, in hex"))?;
        let of_seed = crate::draw::commit(&bytes);
        if !commit_hex.is_empty() && commit_hex != of_seed {
            return Err(giveaway_refused(id, "has a seed and the hash of another; send one of them"));
        }
        commit_hex = of_seed;
        draft.push(Event::SeedKept { giveaway: id.clone(), seed: seed.clone() });
    }
    if crate::draw::unhex(&commit_hex).is_none_or(|hash| hash.len() != 32) {
        return Err(giveaway_refused(id, "needs the SHA-256 of its seed, 64 hex digits"));
    }
    draft.push(Event::GiveawayPut {
        giveaway: Giveaway { commit_hex, entries: 0, closes_ms: None, list_hex: None, draw: None, ..giveaway.clone() },
    });
    Ok(())
}

/// Counts a viewer's first entry.
pub(super) fn enter(draft: &mut Draft<'_>, id: &GiveawayId, viewer: &CustomerId) -> Result<(), Refusal> {
    let giveaway = draft.state.book.giveaways.get(id).ok_or_else(|| giveaway_refused(id, "is not known"))?;
    if giveaway.draw.is_some() || giveaway.list_hex.is_some() || giveaway.closed(draft.now_ms) {
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

/// Ends what has run out: polls are closed, lists of entries are fixed.
pub(super) fn end_plays(draft: &mut Draft<'_>) {
    let (state, now_ms) = (draft.state, draft.now_ms);
    for poll in state.book.polls.values().filter(|poll| poll.ran_out(now_ms)) {
        draft.push(Event::PollPut { poll: Poll { open: false, ..poll.clone() } });
    }
    for giveaway in state.book.giveaways.values().filter(|giveaway| giveaway.to_seal(now_ms)) {
        let list_hex = Some(crate::draw::list_of(&entries(state, &giveaway.id)));
        draft.push(Event::GiveawayPut { giveaway: Giveaway { list_hex, ..giveaway.clone() } });
    }
}

fn entries<'a>(state: &'a State, id: &GiveawayId) -> Vec<&'a str> {
    state.marked(&format!("giveaway/{id}")).collect()
}

/// Opens the seed and draws.
pub(super) fn draw(
    draft: &mut Draft<'_>,
    id: &GiveawayId,
    seed_hex: Option<&str>,
    beacon: &str,
) -> Result<(), Refusal> {
    let giveaway = draft.state.book.giveaways.get(id).ok_or_else(|| giveaway_refused(id, "is not known"))?;
    if giveaway.draw.is_some() {
        return Ok(());
    }
    if !giveaway.closed(draft.now_ms) {
        return Err(giveaway_refused(id, "still takes entries; close it first"));
    }
    super::list::text_or_empty("beacon", beacon, TITLE_CHARS_MAX)?;
    // Whoever could choose it after the close could try until the right one wins.
    match (giveaway.beacon.is_empty(), beacon.is_empty()) {
        (true, false) => return Err(giveaway_refused(id, "was opened without public randomness; draw without it")),
        (false, true) => {
            return Err(giveaway_refused(id, "waits for the public randomness that was named; send its value"));
        }
        _ => {}
    }
    let kept = || draft.state.mark(&MarkKey::seed(id));
    let seed_hex =
        seed_hex.or_else(kept).ok_or_else(|| giveaway_refused(id, "has its seed with the seller; send it"))?;
    let seed = crate::draw::unhex(seed_hex).ok_or_else(|| giveaway_refused(id, "its seed must be hex"))?;
    if crate::draw::commit(&seed) != giveaway.commit_hex {
        return Err(giveaway_refused(id, "this seed is not the one that was promised"));
    }
    let entries = entries(draft.state, id);
    let result = crate::draw::draw(seed_hex, beacon, &entries).ok_or_else(|| giveaway_refused(id, "nobody entered"))?;
    let list_hex = Some(result.list_hex.clone());
    if giveaway.list_hex.is_some() && giveaway.list_hex != list_hex {
        return Err(giveaway_refused(id, "has entries that are not in the list that was published"));
    }
    draft.push(Event::GiveawayPut { giveaway: Giveaway { list_hex, draw: Some(result), ..giveaway.clone() } });
    Ok(())
}
