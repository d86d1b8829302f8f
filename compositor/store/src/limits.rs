//! Every bound of the store: name, unit, reason.

use std::time::Duration;

/// Commands that may wait for the writer; one more is refused with `STORE_BUSY`. A person waits for each: this many are
/// written in a fraction of a second.
pub const QUEUE_MAX: usize = 4096;
/// Commands decided and written in one transaction: more would only lengthen the wait of the first.
pub const BATCH_MAX: usize = 1024;
/// Commands decided on SQLite before their rows go to its thread, which writes them while the next are decided.
pub const DECIDED_AT_ONCE: usize = 128;
/// Such groups of rows that may wait for SQLite's thread: enough that neither waits for the other.
pub const ROWS_WAITING: usize = 4;
/// Answers given between two looks at what the database has done.
pub const GIVEN_BETWEEN_LOOKS: usize = 32;
/// Commands decided between two looks at what SQLite's thread has done.
pub const DECIDED_BETWEEN_LOOKS: usize = 16;
/// PostgreSQL: which part of the last batch's time is waited at most for those who come again.
pub const GATHER_PART: u32 = 4;
/// Time between two looks whether they have come.
pub const GATHER_STEP: Duration = Duration::from_micros(100);
/// Advice to a refused caller, in milliseconds: a full queue is written in less.
pub const RETRY_AFTER_MS: u64 = 250;
/// How long a command may wait for a database that another process has locked before it is answered
/// `STORE_UNAVAILABLE`.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// How long one attempt to lock SQLite blocks its thread.
pub const LOCK_WAIT: Duration = Duration::from_millis(500);
/// Attempts of a batch that met another process's on PostgreSQL.
pub const CONFLICTS_MAX: u32 = 20;
/// Time between two looks for holds that have run out.
pub const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How long an answer is kept for its key, in milliseconds: three days, the longest that providers retry.
pub const ANSWER_KEPT_MS: u64 = 3 * 24 * 60 * 60 * 1000;
/// How long a webhook's id is kept, in milliseconds: 35 days.
pub const WEBHOOK_KEPT_MS: u64 = 35 * 24 * 60 * 60 * 1000;
/// How long a finished errand is kept, in milliseconds: 7 days.
pub const ERRAND_KEPT_MS: u64 = 7 * 24 * 60 * 60 * 1000;
/// Time between two clean-ups.
pub const CLEAN_EVERY: Duration = Duration::from_secs(3600);
/// Delay after the first failed try of an errand, in milliseconds; doubled after each.
pub const ERRAND_BACKOFF_MS: u64 = 2_000;
/// Longest delay between two tries, in milliseconds.
pub const ERRAND_BACKOFF_MS_MAX: u64 = 3_600_000;
/// Tries before an errand goes to the dead letters: about two days of trying.
pub const ERRAND_TRIES_MAX: u32 = 60;
/// Waiting people loaded for each SKU: as many as one command may serve, and one.
pub const WAITS_LOADED: usize = 65;
/// Rows that SQLite's thread reads ahead of who asked: a batch's answers under their keys, and some.
pub const ROWS_READ_AHEAD: usize = 2 * BATCH_MAX;
/// SQLite: time from a write to the look at its log, which then is carried into the file in large pieces.
pub const CHECKPOINT_EVERY: Duration = Duration::from_millis(200);
/// Passes of one look: each carries what was written during the one before.
pub const CHECKPOINT_PASSES: u32 = 4;
/// Pages of the log (8 KiB each) at which the writer itself has to carry it: only if it was never left a gap.
pub const LOG_PAGES_MAX: u32 = 16_000;
/// Connections for reading.
pub const READERS: u32 = 4;
/// Largest payload of a PostgreSQL notification, in bytes (the server's own limit is 8,000).
pub const NOTIFY_BYTES_MAX: usize = 7_900;
