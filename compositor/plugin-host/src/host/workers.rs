//! Stateless extra instances: a payment that waits ten seconds must not keep the chat waiting.

use crate::guest::{Guest, GuestCall, GuestReply, Trouble};
use crate::host::{Plugin, Version};
use crate::limits;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use vitrine_show::ports::plugins::{CallError, Reply};

/// The workers of one version.
pub(crate) struct Workers {
    idle: Mutex<Vec<Guest>>,
    places: Semaphore,
    waiting: AtomicUsize,
}

impl Workers {
    pub(crate) fn new(most: u32) -> Self {
        Self { idle: Mutex::default(), places: Semaphore::new(most as usize), waiting: AtomicUsize::new(0) }
    }

    fn take(&self) -> Option<Guest> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn put(&self, guest: Guest) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(guest);
    }
}

/// Asks a worker: waits for a free place, calls within what is left of `limit`, drops the instance if it died.
pub(crate) async fn ask(
    plugin: &Plugin,
    version: &Arc<Version>,
    call: GuestCall,
    limit: Duration,
) -> Result<Reply, CallError> {
    let name = || plugin.name.as_str().to_owned();
    let started = Instant::now();
    let workers = &version.workers;
    if workers.waiting.fetch_add(1, Ordering::Relaxed) >= limits::WORKER_QUEUE_MAX {
        workers.waiting.fetch_sub(1, Ordering::Relaxed);
        return Err(CallError::Busy(name()));
    }
    let place = tokio::time::timeout(limit, workers.places.acquire()).await;
    workers.waiting.fetch_sub(1, Ordering::Relaxed);
    let Ok(Ok(_place)) = place else { return Err(CallError::Busy(name())) };
    let left = limit.saturating_sub(started.elapsed());
    let mut guest = match workers.take() {
        Some(guest) => guest,
        None => {
            let memory_mib = version.manifest.runtime.memory_mib;
            let powers = Arc::clone(&version.powers);
            let fresh = Guest::start(&version.program, powers, memory_mib, Arc::clone(&plugin.memory)).await;
            fresh.map_err(|e| failed(plugin, &e))?
        }
    };
    plugin.calls.fetch_add(1, Ordering::Relaxed);
    let result = guest.call_within(call, Some(left)).await;
    if result.as_ref().err().is_none_or(Trouble::survived) {
        workers.put(guest);
    }
    match result {
        Ok(GuestReply::Reply(reply)) => Ok(reply),
        Ok(_) => Err(CallError::Failed { plugin: name(), reason: "it gave no answer".to_owned() }),
        Err(trouble) => Err(failed(plugin, &trouble)),
    }
}

/// A guest's trouble as the one who asked hears it; counted where the guest died of it.
pub(crate) fn failed(plugin: &Plugin, trouble: &Trouble) -> CallError {
    let name = plugin.name.as_str().to_owned();
    if !trouble.survived() {
        let mut standing = plugin.standing.lock().unwrap_or_else(PoisonError::into_inner);
        standing.faults += 1;
        standing.last_fault = Some(trouble.to_string());
    }
    match trouble {
        Trouble::Fault(fault) => CallError::Refused {
            plugin: name,
            code: crate::guest::fault_code(fault),
            reason: crate::guest::fault_text(fault),
        },
        Trouble::NotExported(export) => CallError::NotExported { plugin: name, export },
        Trouble::Wall(_) | Trouble::Cpu(_) => CallError::Timeout(name),
        other => CallError::Failed { plugin: name, reason: other.to_string() },
    }
}
