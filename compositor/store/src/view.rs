//! Keeps the view true: all shelves in memory, a new [`ShopView`] after each commit, listeners told.

use arc_swap::ArcSwap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use vitrine_commerce::{Book, Event, Location, Order, OrderState, Product, ProductView, Refusal, ShopView, Sku, Stock};
use vitrine_show::ports::shop::{Listener, News};

/// What readers share.
pub(crate) struct Window {
    view: ArcSwap<ShopView>,
    listeners: Mutex<Vec<Listener>>,
    shelves: Mutex<Shelves>,
}

#[derive(Default)]
struct Shelves {
    stock: BTreeMap<Sku, BTreeMap<Location, Stock>>,
    parents: BTreeMap<Sku, BTreeSet<Sku>>,
    book_ver: i64,
}

impl Default for Window {
    fn default() -> Self {
        let (listeners, shelves) = (Mutex::default(), Mutex::default());
        Self { view: ArcSwap::from_pointee(ShopView::default()), listeners, shelves }
    }
}

/// What a commit changes in the view.
#[derive(Default)]
pub(crate) struct Change<'a> {
    pub(crate) now_ms: u64,
    pub(crate) stock: Vec<(Sku, Location, Stock)>,
    /// The book and its version, if it changed.
    pub(crate) book: Option<(&'a Book, i64)>,
    /// Whether others may have changed any of it.
    pub(crate) whole_book: bool,
    pub(crate) events: Vec<Event>,
    pub(crate) sold_out: u64,
}

impl Window {
    pub(crate) fn view(&self) -> Arc<ShopView> {
        self.view.load_full()
    }

    pub(crate) fn listen(&self, listener: Listener) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(listener);
    }

    /// Puts a change in and tells the listeners.
    pub(crate) fn change(&self, change: Change<'_>) {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        let mut view = ShopView::clone(&self.view.load());
        let mut dirty = BTreeSet::new();
        for (sku, location, stock) in change.stock {
            let rows = shelves.stock.entry(sku.clone()).or_default();
            let newer = rows.get(&location).is_none_or(|old| old.version <= stock.version);
            if newer {
                rows.insert(location, stock);
                dirty.insert(sku);
            }
        }
        if let Some((book, ver)) = change.book.filter(|(_, ver)| *ver >= shelves.book_ver) {
            shelves.book_ver = ver;
            take_book(&mut view, book);
            let products = change.whole_book || change.events.iter().any(product_event);
            if products {
                shelves.parents = parents(book);
                view.products = book.products.values().map(|p| (p.sku.clone(), shelves.product(p))).collect();
            }
        }
        let parents: BTreeSet<Sku> =
            dirty.iter().filter_map(|sku| shelves.parents.get(sku)).flatten().cloned().collect();
        dirty.extend(parents);
        for sku in &dirty {
            if let Some(old) = view.products.get(sku) {
                let new = Arc::new(shelves.counted((**old).clone()));
                view.products.insert(sku.clone(), new);
            }
        }
        for event in &change.events {
            count(&mut view, event);
        }
        view.totals.sold_out += change.sold_out;
        view.version += 1;
        view.at_ms = change.now_ms;
        let view = Arc::new(view);
        self.view.store(Arc::clone(&view));
        drop(shelves);
        let news = News { view, events: Arc::new(change.events) };
        for listener in self.listeners.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            listener(&news);
        }
    }
}

impl Shelves {
    fn product(&self, product: &Product) -> Arc<ProductView> {
        Arc::new(self.counted(ProductView::empty(product)))
    }

    fn sum(&self, sku: &Sku) -> (Stock, i64) {
        let rows = self.stock.get(sku).into_iter().flat_map(BTreeMap::values);
        rows.fold((Stock::default(), 0), |(mut sum, left), row| {
            sum.on_hand += row.on_hand;
            sum.held += row.held;
            sum.allocated += row.allocated;
            sum.backorder += row.backorder;
            sum.version += row.version;
            (sum, left + row.left())
        })
    }

    fn counted(&self, mut view: ProductView) -> ProductView {
        let (sum, left) = self.sum(&view.sku);
        let parts: Vec<(i64, u64)> = view
            .parts
            .iter()
            .map(|part| (&part.sku, i64::from(part.qty.max(1))))
            .map(|(sku, qty)| {
                let (sum, left) = self.sum(sku);
                (left / qty, sum.version)
            })
            .collect();
        view.left = if view.bundle { parts.iter().map(|(left, _)| *left).min().unwrap_or(0) } else { left };
        view.version = sum.version + parts.iter().map(|(_, version)| *version).sum::<u64>();
        (view.on_hand, view.held) = (sum.on_hand, sum.held);
        (view.allocated, view.backorder) = (sum.allocated, sum.backorder);
        view
    }
}

fn parents(book: &Book) -> BTreeMap<Sku, BTreeSet<Sku>> {
    let mut parents: BTreeMap<Sku, BTreeSet<Sku>> = BTreeMap::new();
    for product in book.products.values() {
        for part in &product.parts {
            parents.entry(part.sku.clone()).or_default().insert(product.sku.clone());
        }
    }
    parents
}

const fn product_event(event: &Event) -> bool {
    matches!(event, Event::ProductPut { .. } | Event::ProductRemoved { .. })
}

fn take_book(view: &mut ShopView, book: &Book) {
    view.offers = Arc::new(book.offers.values().filter(|offer| !offer.ended).cloned().collect());
    view.featured = Arc::new(book.featured.clone());
    view.polls = Arc::new(book.polls.values().cloned().collect());
    view.giveaways = Arc::new(book.giveaways.values().cloned().collect());
    if *view.policy != book.policy {
        view.policy = Arc::new(book.policy.clone());
    }
}

/// Adds an event to the sums.
fn count(view: &mut ShopView, event: &Event) {
    let currency = view.policy.currency;
    let totals = &mut view.totals;
    let mut paid = |order: &Order| {
        totals.paid += 1;
        totals.units_paid += order.lines.iter().map(|line| u64::from(line.qty)).sum::<u64>();
        if order.total.currency == currency {
            totals.revenue_minor = totals.revenue_minor.saturating_add(order.total.minor);
        }
    };
    match event {
        Event::OrderOpened { order } if order.state.allocates() => paid(order),
        Event::OrderOpened { order } if order.state.holds() => totals.holds += 1,
        Event::OrderChanged { order, was } => {
            let before = was.can_expire() || matches!(was, OrderState::Released | OrderState::Expired);
            match order.state {
                OrderState::Expired => totals.expired += 1,
                state if before && (state.allocates() || state == OrderState::Refunded) => paid(order),
                _ => {}
            }
        }
        _ => {}
    }
}

/// Whether a refusal is lost demand.
pub(crate) const fn lost_demand(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::StockSoldOut { .. } | Refusal::OfferSoldOut { .. })
}
