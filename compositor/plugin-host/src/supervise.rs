//! When a failed plugin starts again: a pure decision over the times of its faults.

use crate::limits;
use std::collections::VecDeque;
use std::time::Duration;

/// What happens after a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It starts again after this long.
    Again(Duration),
    /// It stays down until someone says otherwise.
    Quarantine,
}

/// The faults of one plugin.
#[derive(Clone, Debug, Default)]
pub struct Supervisor {
    faults_ms: VecDeque<u64>,
    streak: u32,
}

impl Supervisor {
    /// Notes a fault at this instant of the monotonic clock and decides.
    pub fn fault(&mut self, now_ms: u64) -> Next {
        let ago = |wanted: Duration| now_ms.saturating_sub(u64::try_from(wanted.as_millis()).unwrap_or(u64::MAX));
        if self.faults_ms.back().is_some_and(|last| *last < ago(limits::HEALTHY_AFTER)) {
            self.streak = 0;
        }
        self.faults_ms.push_back(now_ms);
        while self.faults_ms.len() > limits::QUARANTINE_LONG_FAULTS {
            self.faults_ms.pop_front();
        }
        let since = |from: u64| self.faults_ms.iter().filter(|at| **at >= from).count();
        if since(ago(limits::QUARANTINE_SHORT)) >= limits::QUARANTINE_SHORT_FAULTS
            || since(ago(limits::QUARANTINE_LONG)) >= limits::QUARANTINE_LONG_FAULTS
        {
            return Next::Quarantine;
        }
        let wait = limits::BACKOFF_FIRST.saturating_mul(1 << self.streak.min(10)).min(limits::BACKOFF_MAX);
        self.streak += 1;
        Next::Again(wait)
    }

    /// Someone said that it may start anew: the past is forgotten.
    pub fn forgive(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_faults_in_a_minute_end_it_and_forgiveness_is_complete() {
        let mut s = Supervisor::default();
        assert_eq!(s.fault(0), Next::Again(Duration::from_millis(500)));
        assert_eq!(s.fault(1_000), Next::Again(Duration::from_secs(1)));
        assert_eq!(s.fault(59_000), Next::Quarantine);
        s.forgive();
        assert_eq!(s.fault(60_000), Next::Again(Duration::from_millis(500)));
    }

    #[test]
    fn a_fault_every_two_minutes_ends_it_at_the_fifth() {
        let mut s = Supervisor::default();
        for n in 0..4 {
            assert_eq!(s.fault(n * 120_000), Next::Again(Duration::from_millis(500)), "fault {n}");
        }
        assert_eq!(s.fault(4 * 120_000), Next::Quarantine);
    }

    #[test]
    fn a_fault_an_hour_is_started_again_for_ever() {
        let mut s = Supervisor::default();
        for n in 0..1_000 {
            assert_eq!(s.fault(n * 3_600_000), Next::Again(Duration::from_millis(500)));
        }
    }
}
