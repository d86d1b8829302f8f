//! Memory that ended plugins leave in the allocator's heaps, given back to the system.
//!
//! What a guest itself held is unmapped when it ends. What the host asked for on its behalf is freed into heaps of many
//! threads, which keep it: a dozen plugins that fail over and over would cost the process 20 MB for good.

use std::time::Duration;
use vitrine_media::ShowTime;

/// How long it must be quiet: instances end and start again in flocks.
const QUIET: Duration = Duration::from_secs(2);
/// How long from one time to the next: it walks all heaps, which takes about a millisecond.
const APART: Duration = Duration::from_secs(10);

/// When to give back.
#[derive(Default)]
pub struct GiveBack {
    turns: u64,
    changed: Option<ShowTime>,
    last: Option<ShowTime>,
}

impl GiveBack {
    /// Whether it is time, when so many instances have started or ended up to now.
    pub fn due(&mut self, turns: u64, now: ShowTime) -> bool {
        if turns != self.turns {
            (self.turns, self.changed) = (turns, Some(now));
        }
        let quiet = self.changed.is_some_and(|changed| now.since(changed) >= QUIET);
        let rested = self.last.is_none_or(|last| now.since(last) >= APART);
        let due = quiet && rested;
        if due {
            (self.changed, self.last) = (None, Some(now));
        }
        due
    }
}

/// Gives back what is free in all heaps. Others may ask for memory meanwhile: each heap is held for a part of the time.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: malloc_trim takes the allocator's own locks and releases only pages that hold nothing.
        let _some = unsafe { libc::malloc_trim(0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_for_quiet_and_comes_seldom() {
        let mut back = GiveBack::default();
        let mut at = |turns, ms| back.due(turns, ShowTime::from_millis(ms));
        assert!(!at(0, 5_000), "nothing has ended");
        assert!(!at(1, 6_000) && !at(2, 7_500) && !at(2, 9_000), "they still come and go");
        assert!(at(2, 9_500));
        assert!(!at(2, 30_000), "once is enough");
        assert!(!at(3, 31_000) && at(3, 33_000));
        assert!(!at(4, 34_000) && !at(4, 40_000) && at(4, 43_000), "not so soon again");
    }
}
