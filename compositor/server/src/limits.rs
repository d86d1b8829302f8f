//! Every limit of the server: name, unit, reason.

use std::time::Duration;

/// Largest request body in bytes: the largest honest one, a webhook with a long order, is a tenth of it.
pub(crate) const BODY_BYTES_MAX: usize = 256 * 1024;
/// Largest request head in bytes: a browser's with full cookies is about 4 KiB.
pub(crate) const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Time for a request head to arrive, and for each pause within a body: ends slow-loris clients.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections at once: 10,000 viewers with two sockets each, and room for a desk.
pub(crate) const CONNECTIONS_MAX: usize = 24_000;
/// Time for open connections to end after shutdown was asked for.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// How often changes of the show are looked for and sent: the eye takes 15 a second for smooth.
pub(crate) const DELTA_INTERVAL: Duration = Duration::from_millis(66);
/// How often meters are sent.
pub(crate) const METER_INTERVAL: Duration = Duration::from_millis(50);
/// Messages a slow desk client may lag behind before it is dropped: 3 s of meters and deltas.
pub(crate) const DESK_BACKLOG: usize = 128;
/// Longest wait for one message to leave; a client that is slower is dropped.
pub(crate) const SEND_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest message from a WebSocket client in bytes: a chat line or a command.
pub(crate) const SOCKET_MESSAGE_BYTES_MAX: usize = 4 * 1024;
/// Desk sockets and monitor streams at once, together.
pub(crate) const DESK_CLIENTS_MAX: usize = 64;

/// How often a moving monitor is looked at for a new picture.
pub(crate) const MONITOR_INTERVAL: Duration = Duration::from_millis(66);
/// How often a thumbnail or an input is looked at: it has to live, not to be smooth.
pub(crate) const THUMBNAIL_INTERVAL: Duration = Duration::from_millis(500);
/// Monitors that one socket may watch.
pub(crate) const MONITORS_PER_SOCKET_MAX: usize = 64;

/// Longest life of a login.
pub(crate) const SESSION_LIFE: Duration = Duration::from_secs(12 * 60 * 60);
/// Logins kept; beyond it the oldest goes.
pub(crate) const SESSIONS_MAX: usize = 1_024;
/// Longest random wait before a failed login is answered: makes guessing slow and timing useless.
pub(crate) const LOGIN_DELAY_MAX: Duration = Duration::from_secs(4);

/// Callers whose rates are remembered; beyond it those that are full again are forgotten.
pub(crate) const RATE_CALLERS_MAX: usize = 50_000;

/// Buyers whose steps of paying are carried out at once; the others wait for their turn. At the 3 ms that the store takes
/// for one, 8 are 2,600 steps a second.
pub(crate) const AT_THE_TILL_MAX: usize = 8;
/// Longest wait for a place there. By the figures above the last of a thousand, who each take two steps, waits for 0.8 s.
pub(crate) const TILL_WAIT_MAX: Duration = Duration::from_secs(5);
/// When who waited in vain shall come again, in milliseconds.
pub(crate) const TILL_RETRY_AFTER_MS: u64 = 1_000;

/// How often viewers get what happened, one message for all: a counter on a page is then at most a tenth late.
pub(crate) const VIEWER_INTERVAL: Duration = Duration::from_millis(100);
/// Viewers from which on every second batch is left out: a counter is then at most a fifth late, and telling everybody
/// costs half.
pub(crate) const CROWD: usize = 2_000;
/// Batches a slow viewer may lag behind before it is dropped: about 6 s.
pub(crate) const VIEWER_BACKLOG: usize = 64;
/// Chat lines that a joining viewer sees.
pub(crate) const CHAT_KEPT: usize = 50;
/// Chat lines in one batch; a flood beyond it is counted, not shown.
pub(crate) const CHAT_PER_BATCH_MAX: usize = 20;
/// Longest chat line in characters.
pub(crate) const CHAT_CHARS_MAX: usize = 200;
/// Longest name of a viewer in characters.
pub(crate) const CHAT_NAME_CHARS_MAX: usize = 24;
/// Sets of hotspot boxes kept for joiners: at five a second, a minute of the past that a slow stream shows.
pub(crate) const HOTSPOTS_KEPT: usize = 300;
/// Viewers' latencies are forgotten after one to two of these, in milliseconds: each tells its own three times in one.
pub(crate) const LATENCY_SPAN_MS: u64 = 60_000;
/// Greatest latency that is believed, in milliseconds: as long as the shop waits for anybody.
pub(crate) const LATENCY_MS_MAX: u32 = 30_000;
/// Viewers on WebSockets at once.
pub(crate) const VIEWERS_MAX: usize = 20_000;
