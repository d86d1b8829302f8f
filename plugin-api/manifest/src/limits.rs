//! Limits of what a manifest may ask for, each with its reason.

/// Bytes of a `plugin.toml`: a thousand times a usual one would still be read in a blink.
pub const MANIFEST_BYTES_MAX: usize = 64 << 10;
/// Characters of an id or a name inside a manifest: it has to fit a button and a log line.
pub const NAME_CHARS_MAX: usize = 64;
/// Characters of a reason: the operator reads it on one screen with all the others.
pub const REASON_CHARS_MAX: usize = 200;
/// MiB of guest memory if nothing is said: five times what a small Python guest holds.
pub const MEMORY_MIB_DEFAULT: u32 = 64;
/// MiB of guest memory at most: memory is also a latency, as a bulk copy can't be interrupted.
pub const MEMORY_MIB_MAX: u32 = 256;
/// Worker instances at most: each holds its memory while it works.
pub const WORKERS_MAX: u32 = 32;
/// Requests a second that a plugin may ask for: what payment providers take from one account, with room.
pub const HTTP_PER_S_MAX: u32 = 200;
/// Nodes of a layer if nothing is said: a card has about 20.
pub const OVERLAY_NODES_DEFAULT: u32 = 200;
/// Nodes of a layer at most: laid out anew on each commit.
pub const OVERLAY_NODES_MAX: u32 = 2_000;
/// Side of a layer in pixels at most: a canvas is no larger.
pub const OVERLAY_SIDE_PX_MAX: u32 = 4_096;
/// Entries of one permission at most: the operator has to read them.
pub const ENTRIES_MAX: usize = 32;
/// KiB of the key-value store at most: it is a memory for a plugin's state, not a database.
pub const KV_KIB_MAX: u32 = 4_096;
/// Seconds that a signed webhook may be old if nothing is said: the field's usual tolerance.
pub const WEBHOOK_TOLERANCE_S: u32 = 300;
