//! How soon the system runs a thread that has work: the picture and the sound first, what may wait last.

/// What a thread's work is worth against that of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// On time or wrong: the tick, those who draw for it, the sound. They work for a part of each picture's time and
    /// sleep for the rest of it.
    OnTime,
    /// Many wait for each of its steps, which are short: the store.
    Soon,
    /// It may wait: what is only looked at.
    Behind,
}

impl Urgency {
    /// Niceness: each step is a quarter of the share of time; ten steps are a tenth.
    const fn nice(self) -> libc::c_int {
        match self {
            Self::OnTime => -10,
            Self::Soon => -5,
            Self::Behind => 10,
        }
    }
}

/// Asks the system to run the calling thread with this urgency, and with it those that it starts. What is on time or
/// wrong runs in real time where that is allowed (`CAP_SYS_NICE` or a limit on `rtprio`): niceness only divides time
/// fairly, and a guest that spins would have its fair part in one piece, a timer tick of 4 ms long, in the middle of a
/// picture. Where nothing is granted a thread runs as it did.
pub fn prefer(urgency: Urgency) {
    if urgency == Urgency::OnTime && in_real_time() {
        return;
    }
    // SAFETY: setpriority changes only the scheduling of the calling thread (`0` on Linux is the thread); it is
    // refused without the right to do so, which is no harm.
    let refused = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, urgency.nice()) } != 0;
    if refused {
        tracing::debug!(?urgency, "no right to change the priority of a thread");
    }
}

/// The lowest of the real-time priorities: before everything that is not of this kind, behind everybody else's.
fn in_real_time() -> bool {
    // SAFETY: `sched_param` is plain numbers, for which zero is a value.
    let mut lowest: libc::sched_param = unsafe { std::mem::zeroed() };
    // SAFETY: the call reads nothing of ours.
    lowest.sched_priority = unsafe { libc::sched_get_priority_min(libc::SCHED_RR) };
    // SAFETY: the call reads `lowest` and changes only how the calling thread (`0`) is scheduled.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_RR, &raw const lowest) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_may_wait_goes_behind_and_only_itself() {
        // SAFETY: getpriority only reads the niceness of the calling thread.
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
