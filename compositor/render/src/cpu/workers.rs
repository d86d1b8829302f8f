//! Threads that wait for bands to draw. The caller draws along, and no frame allocates or starts a thread.

use super::limits::{SPINS_MAX, THREADS_MAX};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use vitrine_media::{ThreadName, spawn};

/// What a task is given: its index, and which thread runs it (0 is the caller).
type Task<'a> = dyn Fn(usize, usize) + Sync + 'a;

/// A task that other threads may call until its caller takes it back.
#[derive(Clone, Copy)]
struct Lent(*const Task<'static>);

// SAFETY: the pointee is `Sync`, so a shared reference to it may cross threads; `Workers::run` keeps it alive
// until no worker holds it any more.
unsafe impl Send for Lent {}

#[derive(Default)]
struct State {
    lent: Option<Lent>,
    tasks: usize,
    round: u64,
    active: usize,
    /// Helpers that sleep, and whether the caller does: nobody else has to be woken.
    asleep: usize,
    waits: bool,
    stop: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
    idle: Condvar,
    next: AtomicUsize,
    /// `State::round` and `State::active` as seen without the lock: hints for those who wait awake for a moment.
    round: AtomicU64,
    busy: AtomicUsize,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work_off(&self, task: &Task<'_>, tasks: usize, thread: usize) {
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= tasks {
                return;
            }
            task(index, thread);
        }
    }
}

/// Takes the task back when the caller's own share ends, even by a panic: waits until no worker is in it.
struct TakeBack<'a>(&'a Shared);

impl Drop for TakeBack<'_> {
    fn drop(&mut self) {
        self.0.state().lent = None;
        awake_until(|| self.0.busy.load(Ordering::Acquire) == 0);
        let mut state = self.0.state();
        while state.active > 0 {
            state.waits = true;
            state = self.0.idle.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waits = false;
    }
}

/// Waits awake until `done`, for about as long as a sleeping thread takes to wake.
fn awake_until(done: impl Fn() -> bool) {
    for _ in 0..SPINS_MAX {
        if done() {
            return;
        }
        std::hint::spin_loop();
    }
}

/// Says that a worker has left the task, even by a panic.
struct Leave<'a>(&'a Shared);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.active -= 1;
        self.0.busy.store(state.active, Ordering::Release);
        if state.active == 0 && state.waits {
            self.0.idle.notify_all();
        }
    }
}

/// The caller and its waiting helpers.
pub(crate) struct Workers {
    shared: Arc<Shared>,
    handles: Vec<JoinHandle<()>>,
    turn: Mutex<()>,
}

impl Workers {
    /// As many threads as wanted, the caller counted in; fewer if the system starts no more.
    pub(crate) fn new(threads: usize) -> Self {
        let shared = Arc::new(Shared::default());
        let wanted = threads.clamp(1, THREADS_MAX);
        let handles = (1..wanted)
            .map_while(|thread| {
                let shared = Arc::clone(&shared);
                spawn(&ThreadName::new(&format!("render-{thread}")), move || wait_and_work(&shared, thread)).ok()
            })
            .collect();
        Self { shared, handles, turn: Mutex::new(()) }
    }

    /// Threads in all, the caller counted in.
    pub(crate) fn threads(&self) -> usize {
        self.handles.len() + 1
    }

    /// Calls `task` once for each of `0..tasks`, on all threads, and returns when all are done.
    pub(crate) fn run(&self, tasks: usize, task: &Task<'_>) {
        if tasks <= 1 || self.handles.is_empty() {
            (0..tasks).for_each(|index| task(index, 0));
            return;
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.next.store(0, Ordering::Relaxed);
        let lent = lend(task);
        {
            let mut state = self.shared.state();
            state.lent = Some(lent);
            state.tasks = tasks;
            state.round += 1;
            self.shared.round.store(state.round, Ordering::Release);
            if state.asleep > 0 {
                self.shared.wake.notify_all();
            }
        }
        let _back = TakeBack(&self.shared);
        self.shared.work_off(task, tasks, 0);
    }
}

/// Forgets how long the task lives; `TakeBack` remembers it.
fn lend(task: &Task<'_>) -> Lent {
    let short: *const Task<'_> = task;
    // SAFETY: only the lifetime changes. Workers reach the pointer through `State::lent` alone, and `run` does not
    // return or unwind before `TakeBack` has cleared that and seen every worker out.
    Lent(unsafe { std::mem::transmute::<*const Task<'_>, *const Task<'static>>(short) })
}

fn wait_and_work(shared: &Shared, thread: usize) {
    let mut seen = 0;
    let mut state = shared.state();
    while !state.stop {
        let Some(Lent(task)) = state.lent.filter(|_| state.round != seen) else {
            state.asleep += 1;
            state = shared.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.asleep -= 1;
            continue;
        };
        seen = state.round;
        let tasks = state.tasks;
        state.active += 1;
        shared.busy.store(state.active, Ordering::Release);
        drop(state);
        let leave = Leave(shared);
        // SAFETY: `active` was raised under the lock that still showed the task as lent, so `TakeBack` waits for
        // `leave`, and the caller's task outlives this call.
        shared.work_off(unsafe { &*task }, tasks, thread);
        drop(leave);
        // The next round of the same frame is often only microseconds away.
        awake_until(|| shared.round.load(Ordering::Acquire) != seen);
        state = shared.state();
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.shared.state().stop = true;
        self.shared.wake.notify_all();
        for handle in self.handles.drain(..) {
            // A worker that panicked has nothing left to tell; the panic hook has already said it.
            let _ = handle.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_runs_once_in_every_round() {
        for threads in [1, 2, 5] {
            let workers = Workers::new(threads);
            for round in 0..200 {
                let counts: Vec<AtomicUsize> = (0..round % 19).map(|_| AtomicUsize::new(0)).collect();
                workers.run(counts.len(), &|index, thread| {
                    assert!(thread < threads);
                    counts[index].fetch_add(1, Ordering::Relaxed);
                });
                assert!(counts.iter().all(|c| c.load(Ordering::Relaxed) == 1));
            }
        }
    }
}
