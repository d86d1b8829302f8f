//! Whether the other side of a TCP connection still takes what we send, long before buffers are full.
//!
//! A server that stops reading leaves megabytes of room in the kernel's buffers, so the sink feels nothing for many
//! seconds. What the peer has acknowledged is what was written less what still waits in the socket; when that stands
//! still while something waits, nobody reads.

use crate::limits;
use gstreamer::{self as gst, prelude::*};
use std::collections::HashSet;
use std::fs;
use std::time::{Duration, Instant};

/// Watches one sink's connection.
pub(super) struct Egress {
    sink: gst::Element,
    port: u16,
    looked: Instant,
    acknowledged: i64,
    since: Instant,
}

impl Egress {
    /// Watches the connection of `sink`, which has the property `stats`, to a server's `port`.
    pub(super) fn new(sink: gst::Element, port: u16) -> Self {
        Self { sink, port, looked: Instant::now(), acknowledged: -1, since: Instant::now() }
    }

    /// How long the peer has acknowledged nothing although something waits; `None` while all is well.
    pub(super) fn stalled(&mut self) -> Option<Duration> {
        if self.looked.elapsed() >= limits::EGRESS_LOOK {
            self.looked = Instant::now();
            let waiting = waiting_bytes(self.port).unwrap_or(0);
            let written = self.sink.property::<gst::Structure>("stats").get::<u64>("out-bytes-total").unwrap_or(0);
            let acknowledged = written.cast_signed() - waiting.cast_signed();
            if waiting == 0 || acknowledged > self.acknowledged {
                self.acknowledged = acknowledged;
                self.since = Instant::now();
            }
        }
        let silent = self.since.elapsed();
        (silent > limits::EGRESS_STALL).then_some(silent)
    }
}

/// The fewest bytes that wait in any of our connections to `port`: two outputs may share a server, and the healthy
/// one must not be taken for the dead one.
fn waiting_bytes(port: u16) -> Option<u64> {
    let ours = our_sockets();
    let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];
    let text: Vec<String> = tables.iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    text.iter().flat_map(|t| t.lines()).filter_map(|line| waiting_in(line, port, &ours)).min()
}

/// Inodes of this process's sockets.
fn our_sockets() -> HashSet<u64> {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else { return HashSet::new() };
    entries
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|link| link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok())
        .collect()
}

/// The send queue of a line of `/proc/net/tcp`, if it is an established connection of ours to `port`.
fn waiting_in(line: &str, port: u16, ours: &HashSet<u64>) -> Option<u64> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let remote = u16::from_str_radix(fields.get(2)?.rsplit_once(':')?.1, 16).ok()?;
    let established = *fields.get(3)? == "01";
    let inode: u64 = fields.get(9)?.parse().ok()?;
    if remote != port || !established || !ours.contains(&inode) {
        return None;
    }
    u64::from_str_radix(fields.get(4)?.split_once(':')?.0, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_send_queue_is_read_from_our_own_established_connection_only() {
        let ours = HashSet::from([4711]);
        let line = |state: &str, inode: u32| {
            format!(
                "  3: 0100007F:D431 0100007F:078F {state} 0001F400:00000000 01:00000014 00000000     0        0 {inode} 2 0"
            )
        };
        assert_eq!(waiting_in(&line("01", 4711), 1935, &ours), Some(128_000));
        assert_eq!(waiting_in(&line("01", 4712), 1935, &ours), None);
        assert_eq!(waiting_in(&line("06", 4711), 1935, &ours), None);
        assert_eq!(waiting_in(&line("01", 4711), 1936, &ours), None);
    }

    #[test]
    fn a_connection_whose_peer_reads_nothing_fills_up() {
        use std::io::Write;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        let _peer = listener.accept().unwrap();
        assert_eq!(waiting_bytes(port), Some(0));
        stream.set_nonblocking(true).unwrap();
        while stream.write(&[0; 65536]).is_ok() {}
        assert!(waiting_bytes(port).unwrap() > 0);
    }
}
