//! How soon the system runs a thread that has work: the picture and the sound first, what may wait last.

/// What a thread's work is worth against that of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// On time or wrong: the tick, those who draw for it, the sound.
    OnTime,
    /// Many wait for each of its steps, which are short: the store.
    Soon,
    /// It may wait: what is only looked at.
    Behind,
}

impl Urgency {
    /// Niceness: each step is a quarter of the share of time; ten steps are a tenth.
    const fn nice(self) -> i32 {
        match self {
            Self::OnTime => -10,
            Self::Soon => -5,
            Self::Behind => 10,
        }
    }

    /// The time, in nanoseconds, that a thread asks for when its turn comes; 0 leaves it to the system. A thread that
    /// wakes takes the place of one that runs only if it asks for less (Linux 6.12 and later; earlier ones go by
    /// niceness alone). Without this a picture waits for up to a timer tick, 4 ms, behind a guest that spins.
    /// Source: kernel.org, "EEVDF Scheduler", on `sched_attr::sched_runtime`.
    const fn slice_ns(self) -> u64 {
        match self {
            Self::OnTime => 200_000,
            Self::Soon | Self::Behind => 0,
        }
    }
}

/// Asks the system to run the calling thread with this urgency, and with it those that it starts. Without the right to
/// go before others (`CAP_SYS_NICE`) a thread keeps its niceness and still asks for its short turns; where nothing is
/// granted it runs as it did.
pub fn prefer(urgency: Urgency) {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: getpriority only reads the niceness of the calling thread (`0` on Linux is the thread).
        let own = unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
        let _granted = ask(urgency.nice(), urgency.slice_ns()) || ask(own, urgency.slice_ns());
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (urgency.nice(), urgency.slice_ns());
}

#[cfg(target_os = "linux")]
fn ask(nice: i32, slice_ns: u64) -> bool {
    let wanted = libc::sched_attr {
        size: size_of::<libc::sched_attr>() as u32,
        sched_policy: libc::SCHED_OTHER as u32,
        sched_flags: 0,
        sched_nice: nice,
        sched_priority: 0,
        sched_runtime: slice_ns,
        sched_deadline: 0,
        sched_period: 0,
    };
    // SAFETY: the call reads `wanted`, whose size it is told, and changes only how the calling thread is scheduled.
    unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const wanted, 0) == 0 }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_may_wait_goes_behind_and_only_itself() {
        // SAFETY: see `prefer`.
        let nice = || unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
        let before = nice();
        let other = std::thread::spawn(move || {
            prefer(Urgency::Behind);
            nice()
        });
        assert_eq!(other.join().unwrap(), before.max(10));
        assert_eq!(nice(), before);
    }
}
