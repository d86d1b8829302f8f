//! The timers power: names and due times; the plugin's own task rings them.

use crate::bindings::Fault;
use crate::bindings::takes::timers as wit;
use crate::guest::State;
use crate::limits;
use crate::mailbox::Mailbox;
use crate::outside::Outside;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Clone, Copy)]
struct Timer {
    due_ms: u64,
    every_ms: Option<u64>,
}

/// One plugin's timers.
pub(crate) struct Timers {
    outside: Arc<Outside>,
    mailbox: Arc<Mailbox>,
    set: Mutex<BTreeMap<String, Timer>>,
}

impl Timers {
    pub(crate) fn new(outside: &Arc<Outside>, mailbox: &Arc<Mailbox>) -> Self {
        Self { outside: Arc::clone(outside), mailbox: Arc::clone(mailbox), set: Mutex::default() }
    }

    fn set(&self, name: &str, delay_ms: u32, every_ms: Option<u32>) -> Result<(), Fault> {
        if name.is_empty() || name.len() > limits::NAME_BYTES_MAX {
            return Err(Fault::Invalid(format!("a timer's name has 1 to {} bytes", limits::NAME_BYTES_MAX)));
        }
        if every_ms.is_some_and(|e| e < limits::TIMER_EVERY_MIN_MS) {
            let text =
                format!("`every-ms` is at least {}; motion is the host's: use keyframes", limits::TIMER_EVERY_MIN_MS);
            return Err(Fault::Invalid(text));
        }
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        if set.len() >= limits::TIMERS_MAX && !set.contains_key(name) {
            return Err(Fault::Invalid(format!("a plugin has at most {} timers; cancel one", limits::TIMERS_MAX)));
        }
        let due_ms = self.outside.clock.mono_ms() + u64::from(delay_ms);
        set.insert(name.to_owned(), Timer { due_ms, every_ms: every_ms.map(u64::from) });
        drop(set);
        self.mailbox.wake();
        Ok(())
    }

    fn cancel(&self, name: &str) {
        self.set.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// When the next one is due, on the monotonic clock.
    pub(crate) fn next_due_ms(&self) -> Option<u64> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner).values().map(|t| t.due_ms).min()
    }

    /// The one that is due longest, if any; a repeating one is set anew, without catching up.
    pub(crate) fn take_due(&self) -> Option<String> {
        let now = self.outside.clock.mono_ms();
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        let (name, timer) = set.iter().filter(|(_, t)| t.due_ms <= now).min_by_key(|(_, t)| t.due_ms)?;
        let (name, timer) = (name.clone(), *timer);
        match timer.every_ms {
            Some(every) => {
                let missed = (now - timer.due_ms) / every;
                set.insert(name.clone(), Timer { due_ms: timer.due_ms + (missed + 1) * every, ..timer });
            }
            None => {
                set.remove(&name);
            }
        }
        Some(name)
    }

    /// Ends all: they end with the instance that set them.
    pub(crate) fn clear(&self) {
        self.set.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl wit::Host for State {
    fn set(&mut self, name: String, delay_ms: u32, every_ms: Option<u32>) -> wasmtime::Result<Result<(), Fault>> {
        self.enter()?;
        Ok(self.powers.timers.set(&name, delay_ms, every_ms))
    }

    fn cancel(&mut self, name: String) -> wasmtime::Result<()> {
        self.enter()?;
        self.powers.timers.cancel(&name);
        Ok(())
    }
}
