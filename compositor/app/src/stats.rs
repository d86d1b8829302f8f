//! What the tick counts: written without waiting on the tick thread, read by the API and the benchmarks.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// Ticks remembered for the percentiles: ten seconds at 60 per second.
const WINDOW: usize = 600;

/// Counters of the tick thread.
pub struct TickStats {
    ticks: AtomicU64,
    late: AtomicU64,
    next: AtomicUsize,
    micros: Vec<AtomicU32>,
    stages: [AtomicU64; 3],
    /// The same over the whole run, in buckets of a quarter millisecond, for the benchmark.
    histogram: Vec<AtomicU64>,
}

/// Buckets of the histogram: 0 to 100 ms; longer ticks count in the last.
const BUCKETS: usize = 400;
/// Width of a bucket in microseconds.
const BUCKET_MICROS: u32 = 250;

/// What a tick does, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Pictures are picked and the draw list is made.
    Plan,
    /// The list is drawn.
    Draw,
    /// The picture is handed to outputs and monitors.
    Push,
}

/// Middle and slowest hundredth, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Percentiles {
    /// Half of the ticks take at most this.
    pub p50: f64,
    /// All but one in a hundred take at most this.
    pub p99: f64,
}

impl Default for TickStats {
    fn default() -> Self {
        Self {
            ticks: AtomicU64::new(0),
            late: AtomicU64::new(0),
            next: AtomicUsize::new(0),
            stages: Default::default(),
            micros: (0..WINDOW).map(|_| AtomicU32::new(u32::MAX)).collect(),
            histogram: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(),
        }
    }
}

impl TickStats {
    /// A tick was done in `took`.
    pub fn done(&self, took: Duration) {
        let micros = u32::try_from(took.as_micros()).unwrap_or(u32::MAX - 1);
        let at = self.next.fetch_add(1, Ordering::Relaxed) % WINDOW;
        if let Some(cell) = self.micros.get(at) {
            cell.store(micros, Ordering::Relaxed);
        }
        let bucket = ((micros / BUCKET_MICROS) as usize).min(BUCKETS - 1);
        if let Some(cell) = self.histogram.get(bucket) {
            cell.fetch_add(1, Ordering::Relaxed);
        }
        self.ticks.fetch_add(1, Ordering::Relaxed);
    }

    /// A tick spent `took` on a stage.
    pub fn spent(&self, stage: Stage, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        if let Some(cell) = self.stages.get(stage as usize) {
            cell.fetch_add(nanos, Ordering::Relaxed);
        }
    }

    /// Milliseconds that a tick spends on a stage, on average.
    #[allow(clippy::cast_precision_loss, reason = "nanoseconds of a run of hours fit an f64")]
    pub fn stage_ms(&self, stage: Stage) -> f64 {
        let nanos = self.stages.get(stage as usize).map_or(0, |cell| cell.load(Ordering::Relaxed));
        let drawn = self.ticks().saturating_sub(self.late()).max(1);
        nanos as f64 / 1e6 / drawn as f64
    }

    /// `count` ticks missed their slot.
    pub fn missed(&self, count: u64) {
        self.late.fetch_add(count, Ordering::Relaxed);
        self.ticks.fetch_add(count, Ordering::Relaxed);
    }

    /// Ticks due so far, late ones too.
    pub fn ticks(&self) -> u64 {
        self.ticks.load(Ordering::Relaxed)
    }

    /// Ticks that missed their slot.
    pub fn late(&self) -> u64 {
        self.late.load(Ordering::Relaxed)
    }

    /// Percentiles over the last ten seconds.
    pub fn recent(&self) -> Percentiles {
        let mut all: Vec<u32> = self.micros.iter().map(|m| m.load(Ordering::Relaxed)).collect();
        all.retain(|m| *m != u32::MAX);
        all.sort_unstable();
        let at = |share: usize| all.get((all.len() * share / 100).min(all.len().saturating_sub(1)));
        let ms = |micros: Option<&u32>| micros.map_or(0.0, |m| f64::from(*m) / 1000.0);
        Percentiles { p50: ms(at(50)), p99: ms(at(99)) }
    }

    /// Percentiles over the whole run, to a quarter millisecond, rounded up.
    pub fn whole(&self) -> Percentiles {
        let counts: Vec<u64> = self.histogram.iter().map(|c| c.load(Ordering::Relaxed)).collect();
        let total: u64 = counts.iter().sum();
        let at = |share: u64| {
            let mut left = total * share / 100;
            for (bucket, count) in (1u32..).zip(&counts) {
                if left < *count {
                    return f64::from(bucket * BUCKET_MICROS) / 1000.0;
                }
                left -= count;
            }
            0.0
        };
        Percentiles { p50: at(50), p99: at(99) }
    }

    /// Forgets everything: the benchmark's warm-up is over.
    pub fn reset(&self) {
        self.ticks.store(0, Ordering::Relaxed);
        self.late.store(0, Ordering::Relaxed);
        self.stages.iter().for_each(|stage| stage.store(0, Ordering::Relaxed));
        self.micros.iter().for_each(|m| m.store(u32::MAX, Ordering::Relaxed));
        self.histogram.iter().for_each(|c| c.store(0, Ordering::Relaxed));
    }
}

/// Processor seconds that this process has used, all threads together; zero where the system won't say.
pub fn cpu_seconds() -> f64 {
    // SAFETY: getrusage writes the struct that it is given and nothing else; zeroed is a valid rusage.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        (libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) == 0).then_some(usage)
    };
    #[allow(clippy::cast_precision_loss, reason = "seconds and microseconds of a process fit an f64")]
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6;
    usage.map_or(0.0, |u| seconds(u.ru_utime) + seconds(u.ru_stime))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_tell_the_middle_and_the_slowest() {
        let stats = TickStats::default();
        (1..=100).for_each(|ms| stats.done(Duration::from_millis(ms)));
        stats.spent(Stage::Draw, Duration::from_millis(200));
        stats.missed(3);
        assert_eq!((stats.stage_ms(Stage::Draw), stats.stage_ms(Stage::Push)), (2.0, 0.0));
        assert_eq!((stats.ticks(), stats.late()), (103, 3));
        assert_eq!(stats.recent(), Percentiles { p50: 51.0, p99: 100.0 });
        let whole = stats.whole();
        assert!((50.0..=51.5).contains(&whole.p50) && whole.p99 >= 99.0, "{whole:?}");
        stats.reset();
        assert_eq!(stats.recent(), Percentiles::default());
    }
}
