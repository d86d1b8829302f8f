//! A bounded, named queue between two threads. A slow reader fills its own lane and nobody else's.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a full lane does with one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFull {
    /// The oldest goes and is counted: pictures, sound, meters.
    DropOldest,
    /// The new one is refused and counted, the sender is told: commands, orders.
    Refuse,
}

/// The lane was closed by either side.
#[derive(Debug, PartialEq, Eq)]
pub struct LaneClosed;

/// What a reader got.
#[derive(Debug, PartialEq, Eq)]
pub enum Popped<T> {
    /// The next entry.
    Next(T),
    /// Nothing came in time.
    Empty,
    /// Closed, and everything that was in it has been read.
    Closed,
}

/// A lane's counters, as `GET /api/lanes` shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneStats {
    /// Who to whom, such as `tick→tiktok`.
    pub name: String,
    /// Entries that fit.
    pub capacity: usize,
    /// Entries in it now.
    pub depth: usize,
    /// Most entries that were ever in it.
    pub high_water: usize,
    /// Entries that went in.
    pub pushed: u64,
    /// Entries dropped or refused because it was full.
    pub dropped: u64,
}

struct Inside<T> {
    queue: VecDeque<T>,
    closed: bool,
    high_water: usize,
}

struct Shared<T> {
    name: String,
    capacity: usize,
    on_full: OnFull,
    inside: Mutex<Inside<T>>,
    ready: Condvar,
    pushed: AtomicU64,
    dropped: AtomicU64,
}

/// A bounded queue with counters. Clones are the same lane.
pub struct Lane<T> {
    shared: Arc<Shared<T>>,
}

impl<T> Clone for Lane<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Lane<T> {
    /// A lane of `capacity` entries (at least one). Only `app/wiring` opens lanes.
    #[must_use]
    pub fn new(name: &str, capacity: usize, on_full: OnFull) -> Self {
        let capacity = capacity.max(1);
        let inside = Inside { queue: VecDeque::with_capacity(capacity), closed: false, high_water: 0 };
        Self {
            shared: Arc::new(Shared {
                name: name.to_owned(),
                capacity,
                on_full,
                inside: Mutex::new(inside),
                ready: Condvar::new(),
                pushed: AtomicU64::new(0),
                dropped: AtomicU64::new(0),
            }),
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside<T>> {
        self.shared.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an entry in without ever waiting. `Ok(true)`: it is in and nothing was lost.
    /// `Ok(false)`: the lane was full; per [`OnFull`] the oldest went, or this one was refused.
    ///
    /// # Errors
    /// [`LaneClosed`] when the lane is closed; the entry is dropped uncounted.
    pub fn push(&self, entry: T) -> Result<bool, LaneClosed> {
        let mut inside = self.inside();
        if inside.closed {
            return Err(LaneClosed);
        }
        let full = inside.queue.len() == self.shared.capacity;
        let mut lost = None;
        if full {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            match self.shared.on_full {
                OnFull::Refuse => return Ok(false),
                OnFull::DropOldest => lost = inside.queue.pop_front(),
            }
        }
        inside.queue.push_back(entry);
        inside.high_water = inside.high_water.max(inside.queue.len());
        drop(inside);
        drop(lost);
        self.shared.pushed.fetch_add(1, Ordering::Relaxed);
        self.shared.ready.notify_one();
        Ok(!full)
    }

    /// Takes the next entry, waiting at most `timeout` for one.
    pub fn pop(&self, timeout: Duration) -> Popped<T> {
        let inside = self.inside();
        let (mut inside, _) = self
            .shared
            .ready
            .wait_timeout_while(inside, timeout, |i| i.queue.is_empty() && !i.closed)
            .unwrap_or_else(PoisonError::into_inner);
        match inside.queue.pop_front() {
            Some(entry) => Popped::Next(entry),
            None if inside.closed => Popped::Closed,
            None => Popped::Empty,
        }
    }

    /// Whether both are the same lane.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Ends the lane: pushes fail, the reader gets what is left and then `Closed`.
    pub fn close(&self) {
        self.inside().closed = true;
        self.shared.ready.notify_all();
    }

    /// Throws away what waits, uncounted: the reader starts anew after a reconnect.
    pub fn clear(&self) {
        let old = std::mem::take(&mut self.inside().queue);
        drop(old);
    }

    /// The counters now.
    #[must_use]
    pub fn stats(&self) -> LaneStats {
        let inside = self.inside();
        LaneStats {
            name: self.shared.name.clone(),
            capacity: self.shared.capacity,
            depth: inside.queue.len(),
            high_water: inside.high_water,
            pushed: self.shared.pushed.load(Ordering::Relaxed),
            dropped: self.shared.dropped.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_lane_drops_its_oldest_and_counts_it() {
        let lane = Lane::new("tick→test", 2, OnFull::DropOldest);
        assert_eq!([lane.push(1), lane.push(2), lane.push(3)], [Ok(true), Ok(true), Ok(false)]);
        assert_eq!(lane.pop(Duration::ZERO), Popped::Next(2));
        let stats = lane.stats();
        assert_eq!((stats.pushed, stats.dropped, stats.high_water, stats.depth), (3, 1, 2, 1));
    }

    #[test]
    fn a_refusing_lane_keeps_what_it_has() {
        let lane = Lane::new("orders", 1, OnFull::Refuse);
        assert_eq!([lane.push('a'), lane.push('b')], [Ok(true), Ok(false)]);
        assert_eq!(lane.pop(Duration::ZERO), Popped::Next('a'));
        assert_eq!(lane.pop(Duration::ZERO), Popped::Empty);
    }

    #[test]
    fn closing_wakes_a_waiting_reader_after_the_rest_was_read() {
        let lane = Lane::new("x", 4, OnFull::DropOldest);
        let reader = lane.clone();
        let thread = std::thread::spawn(move || {
            let mut got = Vec::new();
            while let Popped::Next(n) = reader.pop(Duration::from_secs(60)) {
                got.push(n);
            }
            got
        });
        lane.push(7).unwrap();
        lane.push(8).unwrap();
        lane.close();
        assert_eq!(lane.push(9), Err(LaneClosed));
        assert_eq!(thread.join().unwrap(), [7, 8]);
    }
}
