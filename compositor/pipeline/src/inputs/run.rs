//! One input's supervisor: opens it, watches it, and opens it again when it fails, for as long as it is wanted.

use super::door::Door;
use super::tap::{Flow, Seen, Tap};
use super::{InputError, InputEvent, InputKind, InputSpec, InputState, Nature, build, file, srt};
use crate::backoff::Backoff;
use crate::timing::{ShowClock, Timeline};
use crate::{limits, retire::retire, scrub::scrub};
use gstreamer::{self as gst, prelude::*};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use vitrine_media::{AudioBlock, Clock, InputId, Lane, OnFull, Popped, Secret, Size, Slot};

/// What connects an input to the show.
pub struct InputPorts {
    /// Where its pictures go.
    pub pictures: Arc<Slot>,
    /// Where its sound goes; blocks come at least 75 ms before they are due.
    pub sound: Lane<AudioBlock>,
    /// Where it tells how it fares.
    pub events: Lane<InputEvent>,
    /// Show time.
    pub clock: Arc<dyn Clock>,
}

/// An input's figures.
#[derive(Clone, Debug, PartialEq)]
pub struct InputStats {
    /// How it fares.
    pub state: InputState,
    /// Pictures that arrived since it was first opened.
    pub pictures: u64,
    /// Blocks of sound that arrived.
    pub blocks: u64,
    /// Size of its pictures as sent.
    pub size: Option<Size>,
    /// Where a file stands, from its own beginning.
    pub position: Option<Duration>,
    /// How long a file is.
    pub length: Option<Duration>,
    /// How often it was opened again.
    pub restarts: u64,
    /// Code and text of its last failure.
    pub last_error: Option<InputError>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    Seek(Duration),
    Pause(bool),
    Loop(bool),
    Restart,
}

/// Orders to a running input, from any thread. Clones steer the same input.
#[derive(Clone)]
pub struct InputControl {
    orders: Lane<Order>,
    stats: Arc<Mutex<InputStats>>,
}

impl InputControl {
    /// Goes to this place of a file; other kinds ignore it.
    pub fn seek(&self, to: Duration) {
        let _ = self.orders.push(Order::Seek(to));
    }

    /// Holds a file on its picture, or lets it go on; other kinds ignore it.
    pub fn pause(&self, paused: bool) {
        let _ = self.orders.push(Order::Pause(paused));
    }

    /// Whether a file starts again at its end, from its next end on; other kinds ignore it.
    pub fn set_looping(&self, looping: bool) {
        let _ = self.orders.push(Order::Loop(looping));
    }

    /// Closes and opens it at once, without waiting for its backoff.
    pub fn restart(&self) {
        let _ = self.orders.push(Order::Restart);
    }

    /// Ends it; [`Input::run`] returns soon after.
    pub fn stop(&self) {
        self.orders.close();
    }

    /// Its figures now.
    #[must_use]
    pub fn stats(&self) -> InputStats {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// An input ready to run on a thread of its own.
pub struct Input {
    spec: InputSpec,
    ports: InputPorts,
    clock: ShowClock,
    orders: Lane<Order>,
    stats: Arc<Mutex<InputStats>>,
    paused: bool,
    /// Of an SRT listener, once its port is open; it outlives the attempts.
    door: Option<Door>,
}

/// How an attempt ended.
enum End {
    Stopped,
    Again,
    Failed(InputError),
}

impl Input {
    /// An input and the handle that steers it. Nothing is opened before [`run`](Self::run).
    #[must_use]
    pub fn new(spec: InputSpec, ports: InputPorts) -> (Self, InputControl) {
        spec.kind.hide_secrets();
        let orders = Lane::new(&format!("desk→{}", spec.id), limits::COMMANDS, OnFull::DropOldest);
        let stats = Arc::new(Mutex::new(InputStats {
            state: InputState::Connecting,
            pictures: 0,
            blocks: 0,
            size: None,
            position: None,
            length: None,
            restarts: 0,
            last_error: None,
        }));
        let control = InputControl { orders: orders.clone(), stats: Arc::clone(&stats) };
        let paused = matches!(&spec.kind, InputKind::File(f) if f.paused);
        let clock = ShowClock::new(Arc::clone(&ports.clock));
        (Self { spec, ports, clock, orders, stats, paused, door: None }, control)
    }

    /// Its name.
    #[must_use]
    pub const fn id(&self) -> &InputId {
        &self.spec.id
    }

    /// Runs until told to stop. The body of the thread `in-<id>`.
    pub fn run(mut self) {
        let mut backoff = Backoff::input();
        loop {
            self.tell(InputState::Connecting);
            let (end, was_live) = self.attempt();
            if was_live {
                backoff.reset();
            }
            match end {
                End::Stopped => break,
                End::Again => {}
                End::Failed(why) => {
                    let retry_in = backoff.wait();
                    tracing::warn!(input = %self.spec.id, code = why.code(), %why, ?retry_in, "input lost");
                    self.tell(InputState::Lost { why, retry_in });
                    if self.sleep(retry_in) {
                        break;
                    }
                }
            }
            self.stats().restarts += 1;
        }
        self.tell(InputState::Stopped);
    }

    fn stats(&self) -> std::sync::MutexGuard<'_, InputStats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, state: InputState) {
        {
            let mut stats = self.stats();
            if stats.state == state && state != InputState::Connecting {
                return;
            }
            if let InputState::Lost { why, .. } = &state {
                stats.last_error = Some(why.clone());
            }
            stats.state = state.clone();
        }
        // A full or closed lane is the reader's affair and counted there.
        let _ = self.ports.events.push(InputEvent { id: self.spec.id.clone(), at: self.clock.now(), state });
    }

    /// Waits; `true` when told to stop meanwhile, early `false` when told to restart.
    fn sleep(&mut self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        loop {
            match self.orders.pop(until.saturating_duration_since(Instant::now())) {
                Popped::Closed => return true,
                Popped::Empty | Popped::Next(Order::Restart) => return false,
                Popped::Next(Order::Pause(paused)) => self.paused = paused,
                Popped::Next(Order::Loop(looping)) => self.set_looping(looping),
                Popped::Next(Order::Seek(_)) => {}
            }
        }
    }

    fn set_looping(&mut self, looping: bool) {
        if let InputKind::File(spec) = &mut self.spec.kind {
            spec.looping = looping;
        }
    }

    /// Where an SRT listener listens in this attempt; nothing for every other kind.
    fn room(&mut self) -> Result<Option<Secret>, InputError> {
        let InputKind::Srt { url, .. } = &self.spec.kind else { return Ok(None) };
        if !srt::listens(url.reveal()) {
            return Ok(None);
        }
        let door = match self.door.take() {
            Some(door) => door,
            None => Door::open(url)?,
        };
        self.door.insert(door).new_room().map(Some)
    }

    fn attempt(&mut self) -> (End, bool) {
        let nature = self.spec.kind.nature();
        let flow = Arc::new(Flow {
            pictures: Arc::clone(&self.ports.pictures),
            sound: self.spec.audio.then(|| self.ports.sound.clone()),
            clock: self.clock.clone(),
            timeline: if nature.live { Timeline::live() } else { Timeline::paced() },
            closed: AtomicBool::new(false),
            show_standing: AtomicBool::new(false),
            pictures_in: AtomicU64::new(0),
            blocks_in: AtomicU64::new(0),
            last_ns: AtomicU64::new(0),
            seen: Mutex::new(Seen::default()),
        });
        let pipeline = gst::Pipeline::with_name(&format!("in-{}", self.spec.id));
        pipeline.use_clock(Some(&gst::SystemClock::obtain()));
        pipeline.set_latency(gst::ClockTime::ZERO);
        let tap = Tap::new(&pipeline, &flow, nature.live);
        let built = self.room().and_then(|room| build(&self.spec.kind, room.as_ref(), &tap));
        let (end, live) = match built {
            Ok(()) => Watch::new(self, &pipeline, &flow, nature).run(),
            Err(why) => (End::Failed(why), false),
        };
        flow.closed.store(true, Ordering::Relaxed);
        drop(tap);
        retire(pipeline);
        (end, live)
    }
}

/// An attempt under watch.
struct Watch<'a> {
    input: &'a mut Input,
    pipeline: &'a gst::Pipeline,
    flow: &'a Arc<Flow>,
    nature: Nature,
    began: Instant,
    ready: bool,
    sought: bool,
    live: bool,
    ended: bool,
    counted: (u64, u64),
}

impl<'a> Watch<'a> {
    fn new(input: &'a mut Input, pipeline: &'a gst::Pipeline, flow: &'a Arc<Flow>, nature: Nature) -> Self {
        let began = Instant::now();
        let (ready, sought, live, ended) = (false, false, false, false);
        Self { input, pipeline, flow, nature, began, ready, sought, live, ended, counted: (0, 0) }
    }

    fn file(&self) -> Option<&super::FileSpec> {
        if let InputKind::File(spec) = &self.input.spec.kind { Some(spec) } else { None }
    }

    fn run(mut self) -> (End, bool) {
        let first = if self.nature.live { gst::State::Playing } else { gst::State::Paused };
        let end = match self.pipeline.set_state(first) {
            Err(_) => End::Failed(self.bus_error().unwrap_or(InputError::Failed("it can't be started".to_owned()))),
            Ok(_) => loop {
                if let Some(end) = self.step() {
                    break end;
                }
            },
        };
        self.count();
        (end, self.live)
    }

    fn step(&mut self) -> Option<End> {
        let message = self.pipeline.bus()?.timed_pop(gst::ClockTime::try_from(limits::SUPERVISE).ok()?);
        if let Some(message) = message
            && let Err(why) = self.on_message(&message)
        {
            return Some(End::Failed(why));
        }
        loop {
            match self.input.orders.pop(Duration::ZERO) {
                Popped::Empty => break,
                Popped::Closed => return Some(End::Stopped),
                Popped::Next(Order::Restart) => return Some(End::Again),
                Popped::Next(order) => self.on_order(order),
            }
        }
        if let Some(why) = self.flow.seen().refused.take() {
            return Some(End::Failed(why));
        }
        self.count();
        if self.input.door.as_ref().is_some_and(Door::knocked) {
            return Some(End::Again);
        }
        self.judge_silence().map(End::Failed)
    }

    fn on_message(&mut self, message: &gst::Message) -> Result<(), InputError> {
        use gst::MessageView;
        match message.view() {
            MessageView::Error(error) => return Err(in_words(error)),
            MessageView::Eos(_) => return self.on_end(),
            MessageView::SegmentDone(_) => {
                // A segment that was begun as a loop ends like a file once it shall loop no more.
                match self.file() {
                    Some(spec) if spec.looping => file::again(self.pipeline, spec)?,
                    _ => return self.on_end(),
                }
            }
            MessageView::AsyncDone(_) if !self.nature.live => return self.on_ready(),
            _ => {}
        }
        Ok(())
    }

    /// A file is ready: the first time it goes to its in point, then it plays.
    fn on_ready(&mut self) -> Result<(), InputError> {
        if !self.sought {
            self.sought = true;
            if let Some(spec) = self.file().filter(|s| file::needs_first_seek(s)) {
                self.flow.show_standing.store(true, Ordering::Relaxed);
                return file::seek(self.pipeline, spec, spec.in_point);
            }
        }
        self.flow.show_standing.store(true, Ordering::Relaxed);
        self.ready = true;
        self.play(!self.input.paused);
        Ok(())
    }

    fn play(&self, playing: bool) {
        let state = if playing { gst::State::Playing } else { gst::State::Paused };
        let _ = self.pipeline.set_state(state);
    }

    fn on_end(&mut self) -> Result<(), InputError> {
        match self.file() {
            None => Err(InputError::Ended),
            Some(spec) if spec.looping => file::seek(self.pipeline, spec, spec.in_point),
            Some(_) => {
                self.ended = true;
                self.input.tell(InputState::Ended);
                Ok(())
            }
        }
    }

    fn on_order(&mut self, order: Order) {
        let Some(spec) = self.file().cloned() else { return };
        match order {
            Order::Seek(to) => {
                self.ended = false;
                if let Err(why) = file::seek(self.pipeline, &spec, to) {
                    tracing::warn!(input = %self.input.spec.id, code = why.code(), %why, "seek refused");
                }
            }
            Order::Pause(paused) => {
                self.input.paused = paused;
                if self.ready {
                    self.play(!paused);
                }
            }
            Order::Loop(looping) => self.input.set_looping(looping),
            Order::Restart => {}
        }
    }

    fn count(&mut self) {
        let now = (self.flow.pictures_in.load(Ordering::Relaxed), self.flow.blocks_in.load(Ordering::Relaxed));
        let size = self.flow.seen().size;
        let (position, length) = if self.file().is_some() { self.place() } else { (None, None) };
        let mut stats = self.input.stats();
        stats.position = position.or(stats.position);
        stats.length = length.or(stats.length);
        stats.pictures += now.0 - self.counted.0;
        stats.blocks += now.1 - self.counted.1;
        stats.size = size.or(stats.size);
        drop(stats);
        self.counted = now;
    }

    /// Where a file stands and how long it is, as far as its demuxer knows.
    fn place(&self) -> (Option<Duration>, Option<Duration>) {
        let position = self.pipeline.query_position::<gst::ClockTime>().map(Duration::from);
        (position, self.pipeline.query_duration::<gst::ClockTime>().map(Duration::from))
    }

    /// Says `Live` and `Frozen`, and gives up on a source that stays silent too long.
    fn judge_silence(&mut self) -> Option<InputError> {
        let last = self.flow.last_ns.load(Ordering::Relaxed);
        if last == 0 {
            let limit = self.nature.connect?;
            return (self.began.elapsed() > limit).then_some(InputError::Stalled(limit));
        }
        let standing = self.ended || self.input.paused;
        let silent = Duration::from_nanos(self.flow.clock.now().nanos().saturating_sub(last));
        if silent <= limits::FROZEN || (standing && !self.live) {
            if !self.ended {
                self.live = true;
                self.input.tell(InputState::Live);
            }
        } else if !standing {
            self.input.tell(InputState::Frozen);
        }
        let limit = self.nature.stall?;
        (silent > limit).then_some(InputError::Stalled(limit))
    }

    fn bus_error(&self) -> Option<InputError> {
        let message = self.pipeline.bus()?.pop_filtered(&[gst::MessageType::Error])?;
        if let gst::MessageView::Error(error) = message.view() { Some(in_words(error)) } else { None }
    }
}

/// GStreamer's error without secrets: element and text; details go to the debug log.
fn in_words(error: &gst::message::Error) -> InputError {
    let name = error.src().map(|s| s.name().to_string()).unwrap_or_default();
    if let Some(detail) = error.debug() {
        tracing::debug!(element = %name, detail = %scrub(&detail), "input error");
    }
    InputError::Failed(scrub(&format!("{name}: {}", error.error().message())))
}
