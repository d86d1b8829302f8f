//! Every limit on a guest: name, unit, reason.

use std::time::Duration;

/// How often the epoch moves on: the longest that a spinning guest keeps a worker from others.
pub const EPOCH_TICK: Duration = Duration::from_millis(5);
/// Threads that run guests: a guest that spins leaves one for the others.
pub const GUEST_THREADS: usize = 2;
/// Niceness of those threads: a tenth of the share of a thread that draws or encodes.
pub const GUEST_NICENESS: libc::c_int = 10;
/// Niceness of a compilation that a running show asks for: it may take a while, the picture may not.
pub const COMPILE_NICENESS: libc::c_int = 10;
/// Niceness of a compilation that an author waits for.
pub const COMPILE_NICENESS_AT_HAND: libc::c_int = 5;
/// Stack of a guest in bytes.
pub const GUEST_STACK_BYTES: usize = 512 << 10;
/// Stack of the fiber around it: the guest's and the host calls on top of it.
pub const FIBER_STACK_BYTES: usize = 2 << 20;
/// Table elements of one instance: a Python guest has about 6,000.
pub const TABLE_ELEMENTS_MAX: usize = 32_768;
/// Core instances of one guest: a Python guest has about 14.
pub const CORE_INSTANCES_MAX: usize = 64;
/// Bytes copied between guest and host in one call: above the largest thing that any interface takes.
pub const HOSTCALL_BYTES_MAX: usize = 4 << 20;
/// Host resources that one instance may hold: it needs one for each layer.
pub const HANDLES_MAX: usize = 256;
/// Entries of the host's resource table.
pub const TABLE_ENTRIES_MAX: usize = 1_024;
/// Random bytes that one WASI call may ask for.
pub const WASI_RANDOM_BYTES_MAX: u64 = 64 << 10;
/// Host calls of one guest call: 200 nodes' worth of everything; a flood ends the instance.
pub const HOSTCALLS_PER_CALL_MAX: u32 = 10_000;

/// Guests that can be alive at once in the pool: two for each of 100 plugins.
pub const POOL_COMPONENTS: u32 = 256;
/// Core instances in the pool.
pub const POOL_CORE_INSTANCES: u32 = 1_536;
/// Linear memories in the pool; each reserves address space, not memory.
pub const POOL_MEMORIES: u32 = 320;
/// Tables in the pool.
pub const POOL_TABLES: u32 = 1_536;
/// Fiber stacks in the pool.
pub const POOL_STACKS: u32 = 256;

/// Events that wait for a plugin's main instance, not counting what can be merged.
pub const MAILBOX_LETTERS: usize = 64;
/// Chat messages that wait for a plugin.
pub const MAILBOX_CHAT: usize = 256;
/// Orders that wait for a plugin.
pub const MAILBOX_ORDERS: usize = 256;
/// Messages or orders in one call.
pub const BATCH_MAX: usize = 64;
/// Shortest time between two calls with chat: 20 a second.
pub const CHAT_EVERY: Duration = Duration::from_millis(50);
/// Shortest time between two calls with a poll: votes are seen, not counted, by people.
pub const POLL_EVERY: Duration = Duration::from_millis(200);
/// Calls that may wait for a worker: the webhooks of a rush; each holds at most a body.
pub const WORKER_QUEUE_MAX: usize = 256;

/// First wait after a fault.
pub const BACKOFF_FIRST: Duration = Duration::from_millis(500);
/// Longest wait after a fault.
pub const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// So many faults within [`QUARANTINE_SHORT`] end it until someone says otherwise.
pub const QUARANTINE_SHORT_FAULTS: usize = 3;
/// See [`QUARANTINE_SHORT_FAULTS`].
pub const QUARANTINE_SHORT: Duration = Duration::from_secs(60);
/// So many faults within [`QUARANTINE_LONG`] end it, too: a plugin that fails every two minutes is no help.
pub const QUARANTINE_LONG_FAULTS: usize = 5;
/// See [`QUARANTINE_LONG_FAULTS`].
pub const QUARANTINE_LONG: Duration = Duration::from_secs(600);
/// So long without a fault and the backoff starts small again.
pub const HEALTHY_AFTER: Duration = Duration::from_secs(60);

/// Commits a second on one layer: a commit is a change of content, motion is the host's.
pub const COMMITS_PER_S: u32 = 30;

/// HTTP requests under way at once, beside one for each worker.
pub const HTTP_IN_FLIGHT_MAX: usize = 4;
/// HTTP requests a second, unless more are asked for and granted.
pub const HTTP_PER_S: u32 = 20;
/// Longest wait of a request for its turn: with the request itself, it stays within what the asker waits.
pub const HTTP_TURN_MAX: Duration = Duration::from_secs(4);
/// Bytes of a request's body.
pub const HTTP_REQUEST_BYTES_MAX: usize = 1 << 20;
/// Bytes of a response's body.
pub const HTTP_RESPONSE_BYTES_MAX: usize = 1 << 20;
/// Bytes of an address.
pub const URL_BYTES_MAX: usize = 4 << 10;
/// Headers of a request.
pub const HTTP_HEADERS_MAX: usize = 64;
/// How long a request takes at most if the plugin doesn't say less.
pub const HTTP_TIMEOUT: Duration = Duration::from_secs(8);

/// Bytes of a fetched picture.
pub const ASSET_BYTES_MAX: usize = 4 << 20;
/// Fetched pictures kept for one plugin.
pub const ASSETS_MAX: usize = 64;

/// Bytes of a key.
pub const KV_KEY_BYTES_MAX: usize = 256;
/// Bytes of a value.
pub const KV_VALUE_BYTES_MAX: usize = 256 << 10;
/// Keys in one answer.
pub const KV_KEYS_MAX: u32 = 1_000;
/// Changes a second.
pub const KV_WRITES_PER_S: u32 = 100;

/// Timers of one plugin.
pub const TIMERS_MAX: usize = 64;
/// Shortest period.
pub const TIMER_EVERY_MIN_MS: u32 = 50;
/// Bytes of a timer's or request's name.
pub const NAME_BYTES_MAX: usize = 128;

/// Bytes of a datagram: what fits an Ethernet frame.
pub const UDP_BYTES_MAX: usize = 1_472;
/// Datagrams a second on one endpoint: four universes at 44 Hz.
pub const UDP_PER_S: u32 = 200;

/// Searches for equipment a minute: each is a broadcast.
pub const DEVICE_FINDS_PER_MIN: u32 = 6;
/// How long a search listens.
pub const DEVICE_LISTEN: Duration = Duration::from_millis(700);
/// Pieces of equipment in one answer.
pub const DEVICES_MAX: usize = 64;

/// Characters of a chat message, as most platforms have it.
pub const CHAT_CHARS_MAX: usize = 200;
/// Chat messages proposed a second.
pub const CHAT_PER_S: u32 = 2;
/// Offers and polls proposed a minute.
pub const PROPOSALS_PER_MIN: u32 = 12;
/// Orders in one answer, and remembered for it.
pub const ORDERS_MAX: usize = 100;

/// Names of counters and observations of one plugin.
pub const METRICS_MAX: usize = 32;
/// Lines a second in a plugin's log.
pub const LOG_LINES_PER_S: u32 = 100;
/// Bytes of a line.
pub const LOG_LINE_BYTES_MAX: usize = 4 << 10;
/// Lines kept for the console.
pub const LOG_LINES_KEPT: usize = 1_000;
/// Bytes that a guest may print through WASI in its life before they are dropped.
pub const STDIO_BYTES_MAX: usize = 64 << 10;

/// Bytes of a webhook's body.
pub const WEBHOOK_BYTES_MAX: usize = 256 << 10;

/// Bytes of a whole package, unpacked.
pub const PACKAGE_BYTES_MAX: u64 = 32 << 20;
/// Entries of a package.
pub const PACKAGE_ENTRIES_MAX: usize = 256;
/// How many times larger an entry may be than its compressed bytes.
pub const PACKAGE_RATIO_MAX: u64 = 100;
/// Bytes of a path inside a package.
pub const PACKAGE_PATH_BYTES_MAX: usize = 200;

/// What one kind of call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Epoch ticks of guest code beyond the one under way.
    pub ticks: u32,
    /// Time on the clock, host calls included.
    pub wall: Duration,
}

/// `init`: Python and JavaScript guests set up their world here.
pub const INIT: Budget = Budget { ticks: 200, wall: Duration::from_secs(10) };
/// Events, timers, panels: what drives overlays.
pub const EVENT: Budget = Budget { ticks: 10, wall: Duration::from_secs(10) };
/// Payment, fulfilment, stock.
pub const ASK: Budget = Budget { ticks: 40, wall: Duration::from_secs(15) };
/// Webhooks: the caller waits.
pub const WEBHOOK: Budget = Budget { ticks: 20, wall: Duration::from_secs(10) };
/// `shutdown`.
pub const SHUTDOWN: Budget = Budget { ticks: 20, wall: Duration::from_millis(500) };
