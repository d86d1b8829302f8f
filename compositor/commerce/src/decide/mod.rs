//! `decide(state, command, now) -> events | refusal`: the whole of the shop's judgement.

mod buy;
mod draft;
mod fulfil;
mod line;
mod list;
mod pay;
mod play;
mod price;
mod shelf;

use crate::{Command, Event, OrderId, Refusal, Reply, State};
use draft::Draft;

/// Judges a command at `now_ms` (milliseconds since the epoch). No events and no refusal: it had been done before.
///
/// Holds that have run out are ended by [`Command::Sweep`]; give it before others, as the store does.
///
/// # Errors
/// A [`Refusal`]; nothing happens then.
pub fn decide(state: &State, command: &Command, now_ms: u64) -> Result<Vec<Event>, Refusal> {
    let mut draft = Draft::new(state, now_ms);
    match command {
        Command::PutProducts { products } => list::put_products(&mut draft, products)?,
        Command::RemoveProduct { sku } => list::remove_product(&mut draft, sku)?,
        Command::PutOffer { offer } => list::put_offer(&mut draft, offer)?,
        Command::EndOffer { offer } => list::end_offer(&mut draft, offer)?,
        Command::PutCode { code } => list::put_code(&mut draft, code)?,
        Command::SetPolicy { policy } => list::set_policy(&mut draft, policy)?,
        Command::Feature { featured } => list::feature(&mut draft, featured)?,
        Command::AdjustStock { sku, location, by, note } => shelf::adjust(&mut draft, (sku, location), *by, note)?,
        Command::CountStock { sku, location, on_hand, seen_version } => {
            shelf::count(&mut draft, (sku, location), *on_hand, *seen_version)?;
        }
        Command::SetBackorder { sku, location, units } => shelf::backorder(&mut draft, (sku, location), *units)?,
        Command::SetQuota { channel, sku, location, target, seen_version } => {
            shelf::set_quota(&mut draft, (channel, sku, location), *target, *seen_version)?;
        }
        Command::ChannelSold { .. } => shelf::channel_sold(&mut draft, command)?,
        Command::Hold { .. } => buy::hold(&mut draft, command)?,
        Command::Extend { order, customer } => buy::extend(&mut draft, order, customer)?,
        Command::Release { order, customer } => buy::release(&mut draft, order, customer.as_ref())?,
        Command::Pay { order, customer, provider, contact } => {
            pay::begin(&mut draft, (order, customer), provider, contact.as_ref())?;
        }
        Command::IntentCreated { order, reference, next_step } => {
            pay::intent_created(&mut draft, order, reference, next_step.as_deref())?;
        }
        Command::PaymentEvent { .. } => pay::event(&mut draft, command)?,
        Command::Cancel { order, reason } => pay::cancel(&mut draft, order, reason)?,
        Command::Refund { order, amount } => pay::refund(&mut draft, order, *amount)?,
        Command::Ship { order, parcel } => fulfil::ship(&mut draft, order, parcel)?,
        Command::Deliver { order } => fulfil::deliver(&mut draft, order)?,
        Command::Return { order, restock } => fulfil::take_back(&mut draft, order, *restock)?,
        Command::Sweep => buy::sweep(&mut draft)?,
        Command::JoinLine { .. } => line::join(&mut draft, command)?,
        Command::LeaveLine { order, customer } => line::leave(&mut draft, order, customer)?,
        Command::OpenPoll { poll, lasts_ms } => play::open_poll(&mut draft, poll, *lasts_ms)?,
        Command::Vote { poll, viewer, choice } => play::vote(&mut draft, poll, viewer, *choice)?,
        Command::ClosePoll { poll } => play::close_poll(&mut draft, poll)?,
        Command::OpenGiveaway { giveaway, seed } => play::open_giveaway(&mut draft, giveaway, seed.as_ref())?,
        Command::Enter { giveaway, viewer } => play::enter(&mut draft, giveaway, viewer)?,
        Command::CloseGiveaway { giveaway, viewer_latency_ms } => {
            play::close_giveaway(&mut draft, giveaway, *viewer_latency_ms)?;
        }
        Command::Draw { giveaway, seed_hex, beacon } => {
            play::draw(&mut draft, giveaway, seed_hex.as_deref(), beacon)?;
        }
        Command::EndPlays => play::end_plays(&mut draft),
    }
    Ok(draft.into_events())
}

/// The answer to a command, from the state after its events.
#[must_use]
pub fn reply(after: &State, command: &Command, events: &[Event]) -> Reply {
    let order = |id: &OrderId| match after.shared_order(id) {
        Some(order) => Reply::Order { order },
        None => Reply::Done,
    };
    match command {
        Command::Hold { order: id, .. }
        | Command::Extend { order: id, .. }
        | Command::Release { order: id, .. }
        | Command::Pay { order: id, .. }
        | Command::IntentCreated { order: id, .. }
        | Command::Cancel { order: id, .. }
        | Command::Refund { order: id, .. }
        | Command::Ship { order: id, .. }
        | Command::Deliver { order: id }
        | Command::Return { order: id, .. }
        | Command::ChannelSold { order: id, .. } => order(id),
        Command::PaymentEvent { order: id, .. } if !events.is_empty() => order(id),
        Command::JoinLine { order, .. } => match after.wait(order) {
            Some(wait) => {
                let before = after.line(&wait.sku).take_while(|other| other.place < wait.place).count();
                Reply::Waiting { before: u64::try_from(before).unwrap_or(u64::MAX) }
            }
            None => Reply::Already,
        },
        Command::Draw { giveaway, .. } => match after.book.giveaways.get(giveaway).and_then(|g| g.draw.clone()) {
            Some(draw) => Reply::Drawn { draw: Box::new(draw) },
            None => Reply::Done,
        },
        _ if events.is_empty() => Reply::Already,
        _ => Reply::Done,
    }
}
