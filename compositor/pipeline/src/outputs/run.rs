//! One output's supervisor: opens it at a key picture, feeds it, and opens it again when it fails.

use super::egress::Egress;
use super::hls::Writer;
use super::sink::{Building, Ends, Formats, failed};
use super::{OutputError, OutputSpec, OutputState, Way, build};
use crate::backoff::Backoff;
use crate::encode::{Packet, PacketKind, PacketLane, PacketPopped};
use crate::{limits, retire::retire, scrub::scrub};
use gstreamer::{self as gst, prelude::*};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use vitrine_media::OutputId;

/// Packets that must have left before an output counts as live: a mux holds a few back.
const LIVE_AFTER: u64 = 12;

/// An output's figures.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputStats {
    /// How it fares.
    pub state: OutputState,
    /// Pictures that its encoder made for it.
    pub frames_in: u64,
    /// Pictures handed to its sink.
    pub frames_sent: u64,
    /// Pictures dropped because it was down or too slow.
    pub frames_dropped: u64,
    /// Bytes handed to its sink.
    pub bytes: u64,
    /// Kilobits per second over about the last second.
    pub bitrate_kbps: u32,
    /// How often it was opened again.
    pub reconnects: u64,
    /// Its last failure.
    pub last_error: Option<OutputError>,
    /// The file being written, if it is one.
    pub path: Option<PathBuf>,
}

struct Shared {
    stats: Mutex<OutputStats>,
    stop: Mutex<bool>,
    wake: Condvar,
    packets: PacketLane,
}

impl Shared {
    fn stats(&self) -> MutexGuard<'_, OutputStats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stopping(&self) -> bool {
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits; `true` when told to stop.
    fn sleep(&self, wait: Duration) -> bool {
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        let slept = self.wake.wait_timeout_while(stop, wait, |stop| !*stop);
        *slept.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Steers a running output from any thread.
#[derive(Clone)]
pub struct OutputControl(Arc<Shared>);

impl OutputControl {
    /// Ends it: what was encoded is sent, a file is finished; [`Output::run`] returns within 5 s.
    pub fn stop(&self) {
        *self.0.stop.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.wake.notify_all();
        self.0.packets.close();
    }

    /// Its figures now.
    #[must_use]
    pub fn stats(&self) -> OutputStats {
        let lane = self.0.packets.stats();
        let mut stats = self.0.stats().clone();
        stats.frames_in = lane.pictures;
        stats.frames_dropped = lane.pictures_dropped;
        stats
    }
}

/// An output ready to run on a thread of its own.
pub struct Output {
    spec: OutputSpec,
    packets: PacketLane,
    shared: Arc<Shared>,
}

/// How an attempt ended.
enum End {
    Stopped,
    Failed(OutputError),
}

impl Output {
    /// An output fed by `packets`, and the handle that steers it. Attach the same lane to the encoder.
    #[must_use]
    pub fn new(spec: OutputSpec, packets: PacketLane) -> (Self, OutputControl) {
        spec.hide_secrets();
        let stats = OutputStats {
            state: OutputState::Connecting,
            frames_in: 0,
            frames_sent: 0,
            frames_dropped: 0,
            bytes: 0,
            bitrate_kbps: 0,
            reconnects: 0,
            last_error: None,
            path: None,
        };
        let packets_too = packets.clone();
        let (stats, stop) = (Mutex::new(stats), Mutex::new(false));
        let shared = Arc::new(Shared { stats, stop, wake: Condvar::new(), packets: packets_too });
        let control = OutputControl(Arc::clone(&shared));
        (Self { spec, packets, shared }, control)
    }

    /// Its name.
    #[must_use]
    pub const fn id(&self) -> &OutputId {
        &self.spec.id
    }

    /// Sends until its lane is closed or it is told to stop. The body of the thread `out-<id>`.
    pub fn run(self) {
        let mut backoff = Backoff::output();
        let mut first = true;
        loop {
            self.tell(OutputState::Connecting);
            if !std::mem::take(&mut first) {
                self.packets.start_at_key();
                self.shared.stats().reconnects += 1;
            }
            let (end, was_live) = self.attempt();
            if was_live {
                backoff.reset();
            }
            let End::Failed(why) = end else { break };
            let retry_in = backoff.wait();
            tracing::warn!(output = %self.spec.id, code = why.code(), %why, ?retry_in, "output lost");
            self.tell(OutputState::Lost { why, retry_in });
            if self.shared.sleep(retry_in) {
                break;
            }
        }
        self.tell(OutputState::Stopped);
    }

    fn tell(&self, state: OutputState) {
        let mut stats = self.shared.stats();
        if let OutputState::Lost { why, .. } = &state {
            stats.last_error = Some(why.clone());
            stats.bitrate_kbps = 0;
        }
        stats.state = state;
    }

    /// The first key picture and the formats; `None` when the lane was closed first.
    fn first_packet(&self) -> Option<(Packet, Formats)> {
        loop {
            let (video, audio) = self.packets.caps();
            let known = video.filter(|_| audio.is_some() || !self.spec.audio);
            match known {
                // The lane keeps the key picture until all formats are known: no picture is lost by the wait.
                None if self.packets.is_closed() => return None,
                None => std::thread::sleep(limits::SUPERVISE / 4),
                Some(video) => match self.packets.pop(limits::SUPERVISE) {
                    PacketPopped::Closed => return None,
                    PacketPopped::Empty => {}
                    PacketPopped::Next(packet) if packet.kind == (PacketKind::Video { key: true }) => {
                        return Some((packet, Formats { video, audio: audio.filter(|_| self.spec.audio) }));
                    }
                    PacketPopped::Next(_) => {}
                },
            }
        }
    }

    fn attempt(&self) -> (End, bool) {
        let Some((key, formats)) = self.first_packet() else { return (End::Stopped, false) };
        let pipeline = gst::Pipeline::with_name(&format!("out-{}", self.spec.id));
        let building = Building { pipeline, formats };
        let mut file = None;
        let (end, live) = match build(&self.spec.kind, &building, key.pts_ns) {
            Err(why) => (End::Failed(why), false),
            Ok(Way::Segments(writer)) => self.write_segments(*writer, &key),
            Ok(Way::Pipeline(ends)) => {
                self.shared.stats().path.clone_from(&ends.path);
                file.clone_from(&ends.path);
                let mut feed = Feed::new(self, &building.pipeline, &ends, key.pts_ns);
                let end = feed.run(&key);
                (end, feed.live)
            }
        };
        retire(building.pipeline);
        if let (End::Failed(_), Some(file)) = (&end, file) {
            super::record::tidy(&file);
        }
        (end, live)
    }

    /// Writes segments until the lane is closed.
    fn write_segments(&self, mut writer: Writer, key: &Packet) -> (End, bool) {
        let mut rate = Rate { since: Instant::now(), bytes: 0 };
        let mut live = false;
        let mut newest_ns = key.pts_ns;
        let mut next = PacketPopped::Next(key.clone());
        let result = loop {
            match next {
                PacketPopped::Closed => break writer.close(newest_ns, true),
                PacketPopped::Empty => {}
                PacketPopped::Next(packet) => {
                    if let Err(why) = writer.push(&packet) {
                        break Err(why);
                    }
                    newest_ns = newest_ns.max(packet.pts_ns + packet.duration_ns);
                    self.count(&packet, &mut rate);
                    if !std::mem::replace(&mut live, true) {
                        self.tell(OutputState::Live);
                    }
                }
            }
            next = self.packets.pop(limits::SUPERVISE);
        };
        (result.map_or_else(End::Failed, |()| End::Stopped), live)
    }

    fn count(&self, packet: &Packet, rate: &mut Rate) {
        let bytes = packet.bytes() as u64;
        let mut stats = self.shared.stats();
        stats.bytes += bytes;
        stats.frames_sent += u64::from(packet.kind != PacketKind::Audio);
        if let Some(kbps) = rate.add(bytes, Instant::now()) {
            stats.bitrate_kbps = kbps;
        }
    }
}

/// An attempt at work.
struct Feed<'a> {
    output: &'a Output,
    pipeline: &'a gst::Pipeline,
    ends: &'a Ends,
    zero_ns: i64,
    pushed_bytes: u64,
    taken: u64,
    taken_at: Instant,
    packets: u64,
    live: bool,
    rate: Rate,
    egress: Option<Egress>,
}

impl<'a> Feed<'a> {
    fn new(output: &'a Output, pipeline: &'a gst::Pipeline, ends: &'a Ends, zero_ns: i64) -> Self {
        let (taken_at, rate) = (Instant::now(), Rate { since: Instant::now(), bytes: 0 });
        let (pushed_bytes, taken, packets, live) = (0, 0, 0, false);
        let egress = ends.watched.as_ref().map(|(sink, port)| Egress::new(sink.clone(), *port));
        Self { output, pipeline, ends, zero_ns, pushed_bytes, taken, taken_at, packets, live, rate, egress }
    }

    fn run(&mut self, key: &Packet) -> End {
        if self.pipeline.set_state(gst::State::Playing).is_err() {
            return End::Failed(self.bus_error().unwrap_or_else(|| failed("it can't be started")));
        }
        match self.push(key).and_then(|()| self.work()) {
            Ok(()) => self.finish(),
            Err(why) => End::Failed(why),
        }
    }

    /// Feeds until the lane is closed.
    fn work(&mut self) -> Result<(), OutputError> {
        loop {
            if let Some(error) = self.bus_error() {
                return Err(error);
            }
            self.judge_progress()?;
            if self.ends.pending_bytes() > limits::OUTPUT_PENDING_BYTES {
                if self.output.shared.stopping() {
                    return Ok(());
                }
                std::thread::sleep(Duration::from_millis(5));
                continue;
            }
            match self.output.packets.pop(limits::SUPERVISE) {
                PacketPopped::Next(packet) => self.push(&packet)?,
                PacketPopped::Empty => {}
                PacketPopped::Closed => return Ok(()),
            }
        }
    }

    fn push(&mut self, packet: &Packet) -> Result<(), OutputError> {
        self.ends.push(packet, self.zero_ns).map_err(|why| self.bus_error().unwrap_or(why))?;
        self.pushed_bytes += packet.bytes() as u64;
        self.packets += 1;
        self.output.count(packet, &mut self.rate);
        Ok(())
    }

    /// Says `Live` once packets leave, and gives up when none does although some wait.
    fn judge_progress(&mut self) -> Result<(), OutputError> {
        let pending = self.ends.pending_bytes();
        let taken = self.pushed_bytes.saturating_sub(pending);
        if taken != self.taken || pending == 0 {
            self.taken = taken;
            self.taken_at = Instant::now();
        } else if self.taken_at.elapsed() > limits::OUTPUT_STALL {
            return Err(OutputError::Stalled(limits::OUTPUT_STALL));
        }
        if let Some(silent) = self.egress.as_mut().and_then(Egress::stalled) {
            return Err(OutputError::Stalled(silent));
        }
        if !self.live && self.packets >= LIVE_AFTER + self.ends.pending_packets() {
            self.live = true;
            self.output.tell(OutputState::Live);
        }
        Ok(())
    }

    fn bus_error(&self) -> Option<OutputError> {
        let message = self.pipeline.bus()?.pop_filtered(&[gst::MessageType::Error])?;
        in_words(&message)
    }

    /// Sends what is left, closes the file or the connection.
    fn finish(&self) -> End {
        self.ends.end();
        let wanted = [gst::MessageType::Error, gst::MessageType::Eos];
        let wait = gst::ClockTime::try_from(limits::DRAIN).ok();
        let message = self.pipeline.bus().and_then(|bus| bus.timed_pop_filtered(wait, &wanted));
        match message.as_ref().and_then(in_words) {
            Some(why) => {
                tracing::warn!(output = %self.output.spec.id, code = why.code(), %why, "output ended badly");
                self.output.shared.stats().last_error = Some(why);
            }
            None if message.is_none() => {
                self.output.shared.stats().last_error = Some(OutputError::Stalled(limits::DRAIN));
            }
            None => {}
        }
        End::Stopped
    }
}

pub(super) fn in_words(message: &gst::Message) -> Option<OutputError> {
    let gst::MessageView::Error(error) = message.view() else { return None };
    if error.error().matches(gst::ResourceError::NoSpaceLeft) {
        return Some(OutputError::DiskFull);
    }
    let name = error.src().map(|s| s.name().to_string()).unwrap_or_default();
    if let Some(detail) = error.debug() {
        tracing::debug!(element = %name, detail = %scrub(&detail), "output error");
    }
    Some(OutputError::Failed(scrub(&format!("{name}: {}", error.error().message()))))
}

/// Bits per second, second by second.
struct Rate {
    since: Instant,
    bytes: u64,
}

impl Rate {
    fn add(&mut self, bytes: u64, now: Instant) -> Option<u32> {
        self.bytes += bytes;
        let took = now.duration_since(self.since);
        if took < Duration::from_secs(1) {
            return None;
        }
        let kbps = u128::from(self.bytes) * 8 / took.as_millis().max(1);
        (self.since, self.bytes) = (now, 0);
        Some(u32::try_from(kbps).unwrap_or(u32::MAX))
    }
}
