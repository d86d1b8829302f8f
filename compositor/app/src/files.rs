//! How many files this process may have open: each viewer is one.

/// Files for a full house: the server's connections, and room for the show's own.
const FILES: libc::rlim_t = 32_768;

/// Lets this process and its children open so many, or as many as the system allows: a soft limit of 1,024 would turn
/// viewers away. Tells how many it is.
pub fn allow_many() -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the calls read or write one structure that lives across them, and change this process's limits alone.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) != 0 {
            return 0;
        }
        let most = limit.rlim_max;
        limit = libc::rlimit { rlim_cur: most.max(FILES), rlim_max: most.max(FILES) };
        // More than the system's most is for those who may.
        if libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) != 0 {
            limit = libc::rlimit { rlim_cur: most, rlim_max: most };
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
    limit.rlim_cur
}
