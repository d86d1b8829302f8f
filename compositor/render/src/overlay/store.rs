//! Finished bitmaps between the overlay thread that makes them and the tick thread that draws them.

use super::{RasterError, Rasteriser, limits};
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use vitrine_media::{Lane, Picture, Popped};
use vitrine_scene::raster::{BitmapId, RasterSpec};

/// One bitmap wanted.
#[derive(Clone, Debug)]
pub struct Request {
    /// The spec's id, computed once by whoever made the spec.
    pub id: BitmapId,
    /// Where it belongs; its last ready bitmap stands in until this one is ready.
    pub place: u64,
    /// What to draw.
    pub spec: Arc<RasterSpec>,
}

/// A store's counters, as `GET /api/stats` shows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreStats {
    /// Bitmaps kept now.
    pub bitmaps: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bitmaps that went because the memory was wanted for others.
    pub evicted: u64,
    /// Draws that got the bitmap they asked for.
    pub hits: u64,
    /// Draws that got the place's last bitmap instead.
    pub stand_ins: u64,
    /// Draws that got nothing.
    pub misses: u64,
    /// Specs that have no bitmap because they can't be drawn.
    pub failed: u64,
}

struct Entry {
    picture: Picture,
    bytes: u64,
    used: AtomicU64,
}

#[derive(Clone, Default)]
struct Shelf {
    ready: HashMap<BitmapId, Arc<Entry>>,
    places: HashMap<u64, (BitmapId, u64)>,
    failures: HashMap<BitmapId, RasterError>,
    bytes: u64,
}

/// Bitmaps by id, and each place's last ready one. One writer, any number of readers; readers never wait.
pub struct BitmapStore {
    shelf: ArcSwap<Shelf>,
    bytes_max: u64,
    clock: AtomicU64,
    evicted: AtomicU64,
    hits: AtomicU64,
    stand_ins: AtomicU64,
    misses: AtomicU64,
}

impl Default for BitmapStore {
    fn default() -> Self {
        Self::new(limits::STORE_BYTES_MAX)
    }
}

impl BitmapStore {
    /// A store that keeps up to `bytes_max` bytes of bitmaps; see [`limits::STORE_BYTES_MAX`].
    #[must_use]
    pub fn new(bytes_max: u64) -> Self {
        Self {
            shelf: ArcSwap::default(),
            bytes_max,
            clock: AtomicU64::new(1),
            evicted: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            stand_ins: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }

    /// The bitmap `id`, or, while that is not ready, the last ready one of `place`. Never waits.
    #[must_use]
    pub fn bitmap(&self, id: BitmapId, place: u64) -> Option<Picture> {
        let shelf = self.shelf.load();
        let (entry, counter) = match shelf.ready.get(&id) {
            Some(entry) => (entry, &self.hits),
            None => match shelf.places.get(&place).and_then(|(last, _)| shelf.ready.get(last)) {
                Some(entry) => (entry, &self.stand_ins),
                None => {
                    self.misses.fetch_add(1, Ordering::Relaxed);
                    return None;
                }
            },
        };
        counter.fetch_add(1, Ordering::Relaxed);
        entry.used.store(self.now(), Ordering::Relaxed);
        Some(entry.picture.clone())
    }

    /// Whether `id` is ready and is what `place` shows, or has failed: nothing to ask for.
    #[must_use]
    pub fn settled(&self, id: BitmapId, place: u64) -> bool {
        let shelf = self.shelf.load();
        let shown = shelf.places.get(&place).is_some_and(|(last, _)| *last == id) && shelf.ready.contains_key(&id);
        shown || shelf.failures.contains_key(&id)
    }

    /// Why `id` has no bitmap, if it was tried.
    #[must_use]
    pub fn failure(&self, id: BitmapId) -> Option<RasterError> {
        self.shelf.load().failures.get(&id).cloned()
    }

    /// Publishes a bitmap, or why there is none. Only the overlay thread calls this; two writers would lose
    /// each other's bitmaps.
    pub fn publish(&self, id: BitmapId, place: u64, made: Result<Picture, RasterError>) {
        let mut shelf = Shelf::clone(&self.shelf.load());
        match made {
            Ok(picture) => self.shelve(&mut shelf, id, place, picture),
            Err(error) => {
                if shelf.failures.len() == limits::STORE_FAILURES_MAX {
                    shelf.failures.clear();
                }
                shelf.failures.insert(id, error);
            }
        }
        self.shelf.store(Arc::new(shelf));
    }

    fn shelve(&self, shelf: &mut Shelf, id: BitmapId, place: u64, picture: Picture) {
        let now = self.now();
        shelf.failures.remove(&id);
        if let Some(known) = shelf.ready.get(&id) {
            known.used.store(now, Ordering::Relaxed);
        } else {
            let bytes = u64::from(picture.size().height) * picture.plane(0).stride as u64;
            shelf.bytes += bytes;
            shelf.ready.insert(id, Arc::new(Entry { picture, bytes, used: AtomicU64::new(now) }));
        }
        shelf.places.insert(place, (id, now));
        if shelf.places.len() > limits::STORE_PLACES_MAX
            && let Some(oldest) = shelf.places.iter().min_by_key(|(_, (_, at))| *at).map(|(place, _)| *place)
        {
            shelf.places.remove(&oldest);
        }
        while shelf.bytes > self.bytes_max {
            // What was just made stays, even alone above the limit: it is about to be drawn.
            let others = shelf.ready.iter().filter(|(other, _)| **other != id);
            let Some(oldest) = others.min_by_key(|(_, e)| e.used.load(Ordering::Relaxed)).map(|(id, _)| *id) else {
                break;
            };
            if let Some(gone) = shelf.ready.remove(&oldest) {
                shelf.bytes -= gone.bytes;
                self.evicted.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// The bitmap `id`, if it is ready, uncounted.
    fn ready(&self, id: BitmapId) -> Option<Picture> {
        self.shelf.load().ready.get(&id).map(|entry| entry.picture.clone())
    }

    /// The counters now.
    #[must_use]
    pub fn stats(&self) -> StoreStats {
        let shelf = self.shelf.load();
        StoreStats {
            bitmaps: shelf.ready.len() as u64,
            bytes: shelf.bytes,
            evicted: self.evicted.load(Ordering::Relaxed),
            hits: self.hits.load(Ordering::Relaxed),
            stand_ins: self.stand_ins.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            failed: shelf.failures.len() as u64,
        }
    }
}

/// The tick's side: asks once for each bitmap, and again only when an answer stays out.
pub struct Requester {
    store: Arc<BitmapStore>,
    lane: Lane<Request>,
    pending: HashMap<(BitmapId, u64), u64>,
    tick: u64,
}

impl Requester {
    /// A requester that sends into `lane`, which [`Worker::run`] reads.
    #[must_use]
    pub fn new(store: Arc<BitmapStore>, lane: Lane<Request>) -> Self {
        Self { store, lane, pending: HashMap::with_capacity(limits::REQUESTS_PENDING_MAX), tick: 0 }
    }

    /// Says that `id` is wanted at `place`; `spec` is called only if it has to be made. Call at every tick that
    /// draws it: that is what brings an evicted bitmap back.
    pub fn want(&mut self, id: BitmapId, place: u64, spec: impl FnOnce() -> Arc<RasterSpec>) {
        if self.store.settled(id, place) {
            self.pending.remove(&(id, place));
            return;
        }
        let asked = self.pending.get(&(id, place)).copied();
        let waiting = asked.is_some_and(|at| self.tick.saturating_sub(at) < limits::REQUEST_AGAIN_TICKS);
        if waiting || (asked.is_none() && self.pending.len() == limits::REQUESTS_PENDING_MAX) {
            return;
        }
        if self.lane.push(Request { id, place, spec: spec() }).is_ok() {
            self.pending.insert((id, place), self.tick);
        }
    }

    /// Ends a tick: requests that nobody repeats are forgotten after a while.
    pub fn end_tick(&mut self) {
        self.tick += 1;
        let tick = self.tick;
        self.pending.retain(|_, at| tick.saturating_sub(*at) <= 2 * limits::REQUEST_AGAIN_TICKS);
    }
}

/// The overlay thread's side: a rasteriser that answers requests.
pub struct Worker {
    rasteriser: Rasteriser,
    store: Arc<BitmapStore>,
    lane: Lane<Request>,
}

impl Worker {
    /// A worker that reads `lane` and publishes in `store`.
    #[must_use]
    pub const fn new(rasteriser: Rasteriser, store: Arc<BitmapStore>, lane: Lane<Request>) -> Self {
        Self { rasteriser, store, lane }
    }

    /// Answers requests until the lane is closed. The body of the thread `overlay`.
    pub fn run(mut self) {
        loop {
            match self.lane.pop(Duration::from_secs(1)) {
                Popped::Next(request) => self.answer(&request),
                Popped::Empty => {}
                Popped::Closed => return,
            }
        }
    }

    /// Answers one request now: for pictures made without a clock.
    pub fn answer(&mut self, request: &Request) {
        if self.store.settled(request.id, request.place) {
            return;
        }
        let made = match self.store.ready(request.id) {
            Some(picture) => Ok(picture),
            None => self.rasteriser.raster(&request.spec),
        };
        if let Err(error) = &made {
            tracing::warn!(code = error.code(), "no bitmap: {error}");
        }
        self.store.publish(request.id, request.place, made);
    }
}
