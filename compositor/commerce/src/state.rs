//! The state of the shop, or as much of it as a decision needs, and how events change it.

use crate::catalogue::{DiscountCode, Featured, Offer, Product, Quota};
use crate::{
    Channel, CodeId, CustomerId, Event, Giveaway, GiveawayId, Location, MarkKey, Move, OfferId, Order, OrderId, Policy,
    Poll, PollId, ShowId, Sku, Stock, Wait,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use thiserror::Error;

/// What changes seldom and everybody reads: small enough to be whole in memory.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// Products by SKU.
    pub products: BTreeMap<Sku, Product>,
    /// Offers.
    pub offers: BTreeMap<OfferId, Offer>,
    /// Discount codes.
    pub codes: BTreeMap<CodeId, DiscountCode>,
    /// What each show has on stage.
    pub featured: BTreeMap<ShowId, Featured>,
    /// Units set aside for channels.
    pub quotas: BTreeMap<(Channel, Sku, Location), Quota>,
    /// Polls.
    pub polls: BTreeMap<PollId, Poll>,
    /// Giveaways.
    pub giveaways: BTreeMap<GiveawayId, Giveaway>,
    /// The seller's rules.
    pub policy: Policy,
}

/// An event does not fit the state: a fault in the program or a broken database, never a buyer's mistake.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ApplyError {
    /// A counter would break a rule of the shelf.
    #[error("ledger line for {sku} at {location} breaks the shelf: {text}")]
    Shelf {
        /// What.
        sku: Sku,
        /// Where.
        location: Location,
        /// The counters and the change.
        text: String,
    },
    /// The event names something that is not there.
    #[error("event names {0}, which is not in the state")]
    Missing(String),
}

/// The state. A store fills in what [`crate::touches`] names; a test keeps all of it.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Catalogue, rules, polls.
    pub book: Book,
    stock: BTreeMap<Sku, BTreeMap<Location, Stock>>,
    orders: HashMap<OrderId, Arc<Order>>,
    by_customer: HashMap<CustomerId, Vec<OrderId>>,
    due: BTreeSet<(u64, OrderId)>,
    waiting: BTreeMap<Sku, BTreeMap<u64, Wait>>,
    places: HashMap<OrderId, (Sku, u64)>,
    tail: BTreeMap<Sku, u64>,
    marks: BTreeMap<MarkKey, String>,
}

impl State {
    /// A state with a catalogue and nothing else loaded.
    #[must_use]
    pub fn with_book(book: Book) -> Self {
        Self { book, ..Self::default() }
    }

    /// Puts a shelf's counters in, as read.
    pub fn load_stock(&mut self, sku: Sku, location: Location, stock: Stock) {
        self.stock.entry(sku).or_default().insert(location, stock);
    }

    /// Puts an order in, as read.
    pub fn load_order(&mut self, order: impl Into<Arc<Order>>) {
        let order = order.into();
        if order.state.can_expire() {
            self.due.insert((order.expires_ms, order.id.clone()));
        }
        let (expires_ms, can_expire) = (order.expires_ms, order.state.can_expire());
        match self.orders.insert(order.id.clone(), Arc::clone(&order)) {
            Some(old) if old.expires_ms != expires_ms || !can_expire => {
                self.due.remove(&(old.expires_ms, old.id.clone()));
            }
            Some(_) => {}
            None => self.by_customer.entry(order.customer.clone()).or_default().push(order.id.clone()),
        }
    }

    /// Puts somebody who waits in, as read.
    pub fn load_wait(&mut self, wait: Wait) {
        let tail = self.tail.entry(wait.sku.clone()).or_default();
        *tail = (*tail).max(wait.place);
        self.places.insert(wait.order.clone(), (wait.sku.clone(), wait.place));
        self.waiting.entry(wait.sku.clone()).or_default().insert(wait.place, wait);
    }

    /// Says which place was given last in a line of which only the head is loaded.
    pub fn load_tail(&mut self, sku: Sku, place: u64) {
        let tail = self.tail.entry(sku).or_default();
        *tail = (*tail).max(place);
    }

    /// Puts a mark in, as read.
    pub fn load_mark(&mut self, key: MarkKey, value: String) {
        self.marks.insert(key, value);
    }

    /// The counters of a shelf; zeros if there is none.
    #[must_use]
    pub fn stock(&self, sku: &Sku, location: &Location) -> Stock {
        self.stock.get(sku).and_then(|shelves| shelves.get(location)).copied().unwrap_or_default()
    }

    /// The shelves of a SKU, by location.
    pub fn shelves(&self, sku: &Sku) -> impl Iterator<Item = (&Location, &Stock)> {
        self.stock.get(sku).into_iter().flatten()
    }

    /// All shelves.
    pub fn all_stock(&self) -> impl Iterator<Item = (&Sku, &Location, &Stock)> {
        self.stock.iter().flat_map(|(sku, shelves)| shelves.iter().map(move |(location, stock)| (sku, location, stock)))
    }

    /// Units of a SKU that can still be sold, over all shelves; of a bundle, what its parts allow.
    #[must_use]
    pub fn left(&self, sku: &Sku) -> i64 {
        let shelf = |sku: &Sku| self.shelves(sku).map(|(_, stock)| stock.left()).sum::<i64>();
        match self.book.products.get(sku) {
            Some(product) if !product.parts.is_empty() => {
                product.parts.iter().map(|part| shelf(&part.sku) / i64::from(part.qty.max(1))).min().unwrap_or(0)
            }
            _ => shelf(sku),
        }
    }

    /// An order.
    #[must_use]
    pub fn order(&self, id: &OrderId) -> Option<&Order> {
        self.orders.get(id).map(|order| &**order)
    }

    /// An order, to keep.
    #[must_use]
    pub fn shared_order(&self, id: &OrderId) -> Option<Arc<Order>> {
        self.orders.get(id).cloned()
    }

    /// All orders, in no order.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values().map(|order| &**order)
    }

    /// A buyer's orders.
    pub fn orders_of(&self, customer: &CustomerId) -> impl Iterator<Item = &Order> {
        self.by_customer.get(customer).into_iter().flatten().filter_map(|id| self.order(id))
    }

    /// Orders that have run out at `now_ms`, the oldest first.
    pub fn due(&self, now_ms: u64) -> impl Iterator<Item = &Order> {
        self.due.iter().take_while(move |(at, _)| *at <= now_ms).filter_map(|(_, id)| self.order(id))
    }

    /// Who waits for a SKU, in turn.
    pub fn line(&self, sku: &Sku) -> impl Iterator<Item = &Wait> {
        self.waiting.get(sku).into_iter().flat_map(BTreeMap::values)
    }

    /// Somebody who waits.
    #[must_use]
    pub fn wait(&self, order: &OrderId) -> Option<&Wait> {
        let (sku, place) = self.places.get(order)?;
        self.waiting.get(sku)?.get(place)
    }

    /// The last place given in a line; zero if none.
    #[must_use]
    pub fn tail(&self, sku: &Sku) -> u64 {
        self.tail.get(sku).copied().unwrap_or(0)
    }

    /// What a mark says.
    #[must_use]
    pub fn mark(&self, key: &MarkKey) -> Option<&str> {
        self.marks.get(key).map(String::as_str)
    }

    /// The ids marked in a space.
    pub fn marked<'a>(&'a self, space: &str) -> impl Iterator<Item = &'a str> {
        let from = MarkKey { space: space.to_owned(), id: String::new() };
        self.marks
            .range(from..)
            .map(|(key, _)| key)
            .take_while(move |key| key.space == space)
            .map(|key| key.id.as_str())
    }

    /// Applies one event.
    ///
    /// # Errors
    /// [`ApplyError`] if it does not fit: nothing was changed then.
    pub fn apply(&mut self, event: &Event) -> Result<(), ApplyError> {
        match event {
            Event::Stock { moved } => self.apply_stock(moved)?,
            Event::OrderOpened { order } | Event::OrderChanged { order, .. } => self.load_order(Arc::clone(order)),
            Event::LineJoined { wait } => self.load_wait(wait.clone()),
            Event::LineLeft { order, .. } => self.apply_line_left(order),
            Event::Marked { key, value } => self.load_mark(key.clone(), value.clone()),
            Event::Unmarked { key } => {
                self.marks.remove(key);
            }
            Event::SeedKept { giveaway, seed } => self.load_mark(MarkKey::seed(giveaway), seed.reveal().to_owned()),
            Event::Tell { .. } => {}
            other => self.book.apply(other)?,
        }
        Ok(())
    }

    fn apply_stock(&mut self, moved: &Move) -> Result<(), ApplyError> {
        let before = self.stock(&moved.sku, &moved.location);
        let after = before.moved(&moved.by).ok_or_else(|| ApplyError::Shelf {
            sku: moved.sku.clone(),
            location: moved.location.clone(),
            text: format!("{before:?} by {:?}", moved.by),
        })?;
        self.load_stock(moved.sku.clone(), moved.location.clone(), after);
        Ok(())
    }

    fn apply_line_left(&mut self, order: &OrderId) {
        if let Some((sku, place)) = self.places.remove(order)
            && let Some(line) = self.waiting.get_mut(&sku)
        {
            line.remove(&place);
        }
    }
}

impl Book {
    /// Applies an event that concerns the book; others are left alone.
    ///
    /// # Errors
    /// [`ApplyError::Missing`] if it names something that is not in the book.
    pub fn apply(&mut self, event: &Event) -> Result<(), ApplyError> {
        match event {
            Event::ProductPut { product } => {
                self.products.insert(product.sku.clone(), (**product).clone());
            }
            Event::ProductRemoved { sku } => {
                self.products.remove(sku);
            }
            Event::OfferPut { offer } => {
                self.offers.insert(offer.id.clone(), offer.clone());
            }
            Event::OfferTaken { offer, by } => {
                let offer = self.offers.get_mut(offer).ok_or_else(|| ApplyError::Missing(format!("offer {offer}")))?;
                offer.taken = counted(offer.taken, *by);
            }
            Event::CodePut { code } => {
                self.codes.insert(code.code.clone(), code.clone());
            }
            Event::CodeUsed { code, by, .. } => {
                let code = self.codes.get_mut(code).ok_or_else(|| ApplyError::Missing(format!("code {code}")))?;
                code.uses = counted(code.uses, *by);
            }
            Event::PolicySet { policy } => self.policy = policy.clone(),
            Event::Featured { featured } => {
                self.featured.insert(featured.show.clone(), featured.clone());
            }
            Event::QuotaSet { quota } => {
                let key = (quota.channel.clone(), quota.sku.clone(), quota.location.clone());
                self.quotas.insert(key, quota.clone());
            }
            Event::PollPut { poll } => {
                self.polls.insert(poll.id.clone(), poll.clone());
            }
            Event::Voted { poll, choice } => {
                let votes = self.polls.get_mut(poll).and_then(|p| p.votes.get_mut(*choice));
                let votes = votes.ok_or_else(|| ApplyError::Missing(format!("choice {choice} of poll {poll}")))?;
                *votes = votes.saturating_add(1);
            }
            Event::GiveawayPut { giveaway } => {
                self.giveaways.insert(giveaway.id.clone(), giveaway.clone());
            }
            Event::Entered { giveaway } => {
                let found = self.giveaways.get_mut(giveaway);
                let found = found.ok_or_else(|| ApplyError::Missing(format!("giveaway {giveaway}")))?;
                found.entries = found.entries.saturating_add(1);
            }
            _ => {}
        }
        Ok(())
    }
}

fn counted(count: u32, by: i64) -> u32 {
    u32::try_from((i64::from(count) + by).max(0)).unwrap_or(u32::MAX)
}
