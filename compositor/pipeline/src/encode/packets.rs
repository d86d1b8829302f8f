//! The bounded way from an encoder to one output: when it is full, a whole group of pictures goes.
//!
//! A lane that drops its oldest entry would hand the output pictures that refer to lost ones. This lane drops up
//! to the next key picture instead, and asks the encoder for one.

use gstreamer as gst;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use vitrine_media::LaneStats;

/// What a packet holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketKind {
    /// One picture; whether it can be decoded without others.
    Video {
        /// A key picture.
        key: bool,
    },
    /// One frame of sound.
    Audio,
}

/// One encoded picture or frame of sound. Clones share the bytes.
#[derive(Clone, Debug)]
pub struct Packet {
    /// What it is.
    pub kind: PacketKind,
    /// When it is seen or heard, in show time, in nanoseconds.
    pub pts_ns: i64,
    /// How long it lasts, in nanoseconds.
    pub duration_ns: i64,
    pub(crate) buffer: gst::Buffer,
}

impl Packet {
    /// Bytes of it.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.buffer.size()
    }
}

/// What a reader got.
#[derive(Debug)]
pub enum PacketPopped {
    /// The next packet.
    Next(Packet),
    /// Nothing came in time.
    Empty,
    /// Closed, and everything that was in it has been read.
    Closed,
}

/// A packet lane's counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PacketStats {
    /// Pictures that came from the encoder.
    pub pictures: u64,
    /// Pictures dropped because the output did not keep up.
    pub pictures_dropped: u64,
    /// Key pictures that went in.
    pub keys: u64,
}

#[derive(Default)]
struct Inside {
    queue: VecDeque<Packet>,
    bytes: usize,
    high_water: usize,
    waits_for_key: bool,
    begun: bool,
    closed: bool,
    video_caps: Option<gst::Caps>,
    audio_caps: Option<gst::Caps>,
    stats: PacketStats,
}

struct Shared {
    name: String,
    span: Duration,
    bytes_max: usize,
    inside: Mutex<Inside>,
    ready: Condvar,
    wants_key: AtomicBool,
    pushed: AtomicU64,
}

/// A bounded queue of packets for one output. Clones are the same lane.
#[derive(Clone)]
pub struct PacketLane(Arc<Shared>);

impl PacketLane {
    /// A lane that holds up to `span` of video and `bytes_max` bytes. Only `app/wiring` opens lanes;
    /// [`OutputSpec::lane`](crate::outputs::OutputSpec::lane) knows the right bounds.
    #[must_use]
    pub fn new(name: &str, span: Duration, bytes_max: usize) -> Self {
        Self(Arc::new(Shared {
            name: name.to_owned(),
            span,
            bytes_max,
            inside: Mutex::new(Inside { waits_for_key: true, ..Inside::default() }),
            ready: Condvar::new(),
            wants_key: AtomicBool::new(true),
            pushed: AtomicU64::new(0),
        }))
    }

    /// Whether both are the same lane.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a packet in; never waits.
    pub fn push(&self, packet: Packet) {
        let mut inside = self.inside();
        if inside.closed {
            return;
        }
        if let PacketKind::Video { key } = packet.kind {
            // What was encoded before this output was there is none of its losses.
            inside.begun |= key;
            inside.stats.pictures += u64::from(inside.begun);
            if key {
                inside.waits_for_key = false;
                inside.stats.keys += 1;
            }
        }
        if !inside.waits_for_key && self.is_full(&inside, &packet) {
            self.drop_all(&mut inside);
        }
        if inside.waits_for_key {
            inside.stats.pictures_dropped += u64::from(inside.begun && packet.kind != PacketKind::Audio);
            return;
        }
        inside.bytes += packet.bytes();
        inside.queue.push_back(packet);
        inside.high_water = inside.high_water.max(inside.queue.len());
        drop(inside);
        self.0.pushed.fetch_add(1, Ordering::Relaxed);
        self.0.ready.notify_one();
    }

    fn is_full(&self, inside: &Inside, packet: &Packet) -> bool {
        let oldest = inside.queue.front().map_or(packet.pts_ns, |p| p.pts_ns);
        let span = Duration::from_nanos(u64::try_from(packet.pts_ns - oldest).unwrap_or(0));
        span > self.0.span || inside.bytes + packet.bytes() > self.0.bytes_max
    }

    fn drop_all(&self, inside: &mut Inside) {
        let pictures = inside.queue.iter().filter(|p| p.kind != PacketKind::Audio).count();
        inside.stats.pictures_dropped += pictures as u64;
        inside.queue.clear();
        inside.bytes = 0;
        inside.waits_for_key = true;
        self.0.wants_key.store(true, Ordering::Relaxed);
    }

    /// Takes the next packet, waiting at most `timeout` for one.
    #[must_use]
    pub fn pop(&self, timeout: Duration) -> PacketPopped {
        let inside = self.inside();
        let (mut inside, _) = self
            .0
            .ready
            .wait_timeout_while(inside, timeout, |i| i.queue.is_empty() && !i.closed)
            .unwrap_or_else(PoisonError::into_inner);
        match inside.queue.pop_front() {
            Some(packet) => {
                inside.bytes = inside.bytes.saturating_sub(packet.bytes());
                PacketPopped::Next(packet)
            }
            None if inside.closed => PacketPopped::Closed,
            None => PacketPopped::Empty,
        }
    }

    /// Ends the lane: the reader gets what is left and then `Closed`.
    pub fn close(&self) {
        self.inside().closed = true;
        self.0.ready.notify_all();
    }

    /// Whether it was closed by either side.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inside().closed
    }

    /// Drops what waits and starts anew at a key picture, which it asks the encoder for: after a reconnect.
    /// What is dropped counts as dropped.
    pub fn start_at_key(&self) {
        let mut inside = self.inside();
        if !inside.closed {
            self.drop_all(&mut inside);
        }
    }

    /// Whether a key picture is wanted; asking clears it.
    pub(super) fn take_key_wish(&self) -> bool {
        self.0.wants_key.swap(false, Ordering::Relaxed)
    }

    pub(super) fn set_caps(&self, video: bool, caps: &gst::Caps) {
        let mut inside = self.inside();
        let place = if video { &mut inside.video_caps } else { &mut inside.audio_caps };
        *place = Some(caps.clone());
    }

    /// The formats of video and sound, once the encoder has told them.
    pub(crate) fn caps(&self) -> (Option<gst::Caps>, Option<gst::Caps>) {
        let inside = self.inside();
        (inside.video_caps.clone(), inside.audio_caps.clone())
    }

    /// Counters now.
    #[must_use]
    pub fn stats(&self) -> PacketStats {
        self.inside().stats
    }

    /// Counters as `GET /api/lanes` shows them; the capacity is not a number of packets and reads zero.
    #[must_use]
    pub fn lane_stats(&self) -> LaneStats {
        let inside = self.inside();
        LaneStats {
            name: self.0.name.clone(),
            capacity: 0,
            depth: inside.queue.len(),
            high_water: inside.high_water,
            pushed: self.0.pushed.load(Ordering::Relaxed),
            dropped: inside.stats.pictures_dropped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(kind: PacketKind, ms: i64) -> Packet {
        crate::init().unwrap();
        let buffer = gst::Buffer::with_size(100).unwrap();
        Packet { kind, pts_ns: ms * 1_000_000, duration_ns: 0, buffer }
    }

    fn popped(lane: &PacketLane) -> Vec<i64> {
        let mut all = Vec::new();
        while let PacketPopped::Next(packet) = lane.pop(Duration::ZERO) {
            all.push(packet.pts_ns / 1_000_000);
        }
        all
    }

    #[test]
    fn nothing_comes_before_the_first_key_picture() {
        let lane = PacketLane::new("x", Duration::from_secs(1), 1000);
        lane.push(packet(PacketKind::Audio, 0));
        lane.push(packet(PacketKind::Video { key: false }, 0));
        lane.push(packet(PacketKind::Video { key: true }, 33));
        lane.push(packet(PacketKind::Audio, 40));
        assert_eq!(popped(&lane), [33, 40]);
    }

    #[test]
    fn a_full_lane_goes_on_at_the_next_key_picture_and_counts_what_it_lost() {
        let lane = PacketLane::new("x", Duration::from_millis(100), 10_000);
        assert!(lane.take_key_wish());
        lane.push(packet(PacketKind::Video { key: true }, 0));
        for ms in [33, 66, 99, 132, 165] {
            lane.push(packet(PacketKind::Video { key: false }, ms));
        }
        assert!(lane.take_key_wish());
        lane.push(packet(PacketKind::Video { key: true }, 198));
        lane.push(packet(PacketKind::Video { key: false }, 231));
        assert_eq!(popped(&lane), [198, 231]);
        assert_eq!(lane.stats(), PacketStats { pictures: 8, pictures_dropped: 6, keys: 2 });
    }

    #[test]
    fn bytes_are_bounded_too() {
        let lane = PacketLane::new("x", Duration::from_secs(100), 250);
        for ms in 0..3 {
            lane.push(packet(PacketKind::Video { key: ms == 0 }, ms));
        }
        assert_eq!(popped(&lane), Vec::<i64>::new());
        assert_eq!(lane.stats().pictures_dropped, 3);
    }
}
