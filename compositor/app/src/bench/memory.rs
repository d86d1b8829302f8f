//! How much memory this process holds, by the kernel's account.

use serde::Serialize;

/// Memory of this process in KiB; 0 where the kernel does not say.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Memory {
    /// All that is resident, the program's own code included.
    pub resident_kib: u64,
    /// Of that, what is no file's: heaps, stacks, guests' memories.
    pub anonymous_kib: u64,
}

impl Memory {
    /// Now.
    pub(super) fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
        };
        Self { resident_kib: of("VmRSS:"), anonymous_kib: of("RssAnon:") }
    }

    /// The greater of each.
    pub(super) fn most(self, other: Self) -> Self {
        let resident_kib = self.resident_kib.max(other.resident_kib);
        Self { resident_kib, anonymous_kib: self.anonymous_kib.max(other.anonymous_kib) }
    }
}
