//! One encoder at work: pictures and sound in, packets out to every attached lane.

use super::{EncodeError, EncoderSpec, Packet, PacketKind, PacketLane, choose};
use crate::backoff::Backoff;
use crate::element::make;
use crate::{limits, picture, retire::retire, scrub::scrub};
use gstreamer::{self as gst, prelude::*};
use gstreamer_app as gst_app;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use vitrine_media::{AudioBlock, Lane, Picture, Popped, SAMPLE_RATE_HZ};

/// What feeds an encoder. Closing the pictures' lane finishes it.
pub struct EncoderPorts {
    /// The canvas's pictures.
    pub pictures: Lane<Picture>,
    /// The bus's sound, without gaps; ignored if the spec has no audio.
    pub sound: Lane<AudioBlock>,
}

/// An encoder's figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncoderStats {
    /// The GStreamer element that encodes video.
    pub element: &'static str,
    /// Pictures given to it.
    pub pictures: u64,
    /// Pictures that came out.
    pub encoded: u64,
    /// Pictures of the wrong size or format, refused.
    pub refused: u64,
    /// Bytes of video and sound that came out.
    pub bytes: u64,
    /// How often it was made anew.
    pub restarts: u64,
    /// Its last failure.
    pub last_error: Option<EncodeError>,
}

#[derive(Default)]
struct Shared {
    lanes: Mutex<Vec<PacketLane>>,
    caps: Mutex<(Option<gst::Caps>, Option<gst::Caps>)>,
    key_wish: AtomicBool,
    encoded: AtomicU64,
    bytes: AtomicU64,
    stats: Mutex<EncoderStats>,
}

impl Shared {
    fn lanes(&self) -> std::sync::MutexGuard<'_, Vec<PacketLane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stats(&self) -> std::sync::MutexGuard<'_, EncoderStats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_caps(&self, video: bool, caps: &gst::Caps) {
        let mut kept = self.caps.lock().unwrap_or_else(PoisonError::into_inner);
        let place = if video { &mut kept.0 } else { &mut kept.1 };
        if place.as_ref() != Some(caps) {
            *place = Some(caps.clone());
            drop(kept);
            self.lanes().iter().for_each(|lane| lane.set_caps(video, caps));
        }
    }

    /// One sample from the H.264 or AAC encoder to all lanes.
    fn hand_out(&self, sample: &gst::Sample, video: bool) {
        let Some(packet) = packet_of(sample, video) else { return };
        if let Some(caps) = sample.caps() {
            self.set_caps(video, &caps.to_owned());
        }
        self.bytes.fetch_add(packet.bytes() as u64, Ordering::Relaxed);
        if video {
            self.encoded.fetch_add(1, Ordering::Relaxed);
        }
        let mut wish = false;
        for lane in self.lanes().iter() {
            lane.push(packet.clone());
            wish |= lane.take_key_wish();
        }
        if wish {
            self.key_wish.store(true, Ordering::Relaxed);
        }
    }
}

fn packet_of(sample: &gst::Sample, video: bool) -> Option<Packet> {
    let buffer = sample.buffer_owned()?;
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    let pts_ns = match segment.to_running_time_full(buffer.pts()?)? {
        gst::Signed::Positive(at) => at.nseconds().cast_signed(),
        gst::Signed::Negative(at) => -at.nseconds().cast_signed(),
    };
    let duration_ns = buffer.duration().map_or(0, |d| d.nseconds().cast_signed());
    let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
    let kind = if video { PacketKind::Video { key } } else { PacketKind::Audio };
    Some(Packet { kind, pts_ns, duration_ns, buffer })
}

/// Steers a running encoder from any thread.
#[derive(Clone)]
pub struct EncoderControl(Arc<Shared>);

impl EncoderControl {
    /// Feeds one more output from its next key picture on, which is asked for.
    pub fn attach(&self, lane: &PacketLane) {
        {
            let kept = self.0.caps.lock().unwrap_or_else(PoisonError::into_inner);
            for (video, caps) in [(true, &kept.0), (false, &kept.1)] {
                caps.iter().for_each(|caps| lane.set_caps(video, caps));
            }
        }
        self.0.lanes().push(lane.clone());
        self.request_keyframe();
    }

    /// Feeds an output no longer, and closes its lane.
    pub fn detach(&self, lane: &PacketLane) {
        self.0.lanes().retain(|l| !l.is(lane));
        lane.close();
    }

    /// Asks for a key picture soon.
    pub fn request_keyframe(&self) {
        self.0.key_wish.store(true, Ordering::Relaxed);
    }

    /// Its figures now.
    #[must_use]
    pub fn stats(&self) -> EncoderStats {
        let encoded = self.0.encoded.load(Ordering::Relaxed);
        let bytes = self.0.bytes.load(Ordering::Relaxed);
        EncoderStats { encoded, bytes, ..self.0.stats().clone() }
    }
}

/// An encoder ready to run on a thread of its own.
pub struct Encoder {
    spec: EncoderSpec,
    ports: EncoderPorts,
    shared: Arc<Shared>,
}

impl Encoder {
    /// An encoder and the handle that steers it. Nothing is made before [`run`](Self::run).
    #[must_use]
    pub fn new(spec: EncoderSpec, ports: EncoderPorts) -> (Self, EncoderControl) {
        let shared = Arc::new(Shared::default());
        let control = EncoderControl(Arc::clone(&shared));
        (Self { spec, ports, shared }, control)
    }

    /// Encodes until the pictures' lane is closed, then finishes and closes the outputs' lanes. The body of the
    /// thread `enc-<canvas>`.
    pub fn run(self) {
        let mut backoff = Backoff::input();
        loop {
            let began = Instant::now();
            match self.attempt() {
                Ok(()) => break,
                Err(why) => {
                    if began.elapsed() > limits::INPUT_RETRY_MAX {
                        backoff.reset();
                    }
                    let wait = backoff.wait();
                    tracing::error!(canvas = %self.spec.canvas, code = why.code(), %why, ?wait, "encoder failed");
                    let mut stats = self.shared.stats();
                    stats.last_error = Some(why);
                    stats.restarts += 1;
                    drop(stats);
                    if self.wait_out(wait) {
                        break;
                    }
                }
            }
        }
        self.shared.lanes().iter().for_each(PacketLane::close);
    }

    /// Waits while the lanes drop; `true` once the pictures' lane is closed.
    fn wait_out(&self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        while Instant::now() < until {
            match self.ports.pictures.pop(until.saturating_duration_since(Instant::now())) {
                Popped::Closed => return true,
                Popped::Next(_) | Popped::Empty => {}
            }
        }
        self.ports.sound.clear();
        false
    }

    fn attempt(&self) -> Result<(), EncodeError> {
        let line = Line::build(&self.spec, &self.shared)?;
        let result = line.start().and_then(|()| self.feed(&line));
        retire(line.pipeline);
        result
    }

    fn feed(&self, line: &Line) -> Result<(), EncodeError> {
        let mut keys = KeyWishes { last: None };
        let mut quiet_since = Instant::now();
        let mut seen = self.shared.encoded.load(Ordering::Relaxed);
        loop {
            line.check()?;
            if line.sound.is_some() {
                while let Popped::Next(block) = self.ports.sound.pop(Duration::ZERO) {
                    line.push_sound(&block)?;
                }
            }
            if self.shared.key_wish.load(Ordering::Relaxed) && keys.may_ask(Instant::now()) {
                self.shared.key_wish.store(false, Ordering::Relaxed);
                line.ask_for_key();
            }
            let encoded = self.shared.encoded.load(Ordering::Relaxed);
            let full = line.video.current_level_buffers() >= limits::ENCODER_PICTURES;
            if encoded != seen || !full {
                (seen, quiet_since) = (encoded, Instant::now());
            } else if quiet_since.elapsed() > limits::ENCODER_STALL {
                return Err(EncodeError::Stalled(limits::ENCODER_STALL));
            }
            if full {
                // The encoder is behind; the lane before it drops and counts meanwhile.
                std::thread::sleep(Duration::from_millis(1));
                continue;
            }
            match self.ports.pictures.pop(Duration::from_millis(10)) {
                Popped::Next(picture) => self.push_picture(line, &picture)?,
                Popped::Empty => {}
                Popped::Closed => return line.finish(),
            }
        }
    }

    fn push_picture(&self, line: &Line, picture: &Picture) -> Result<(), EncodeError> {
        let fits = picture.size() == self.spec.size;
        let Some(mut buffer) = fits.then(|| picture::buffer_of(picture)).flatten() else {
            self.shared.stats().refused += 1;
            return Ok(());
        };
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(gst::ClockTime::from_nseconds(picture.pts().nanos()));
            buffer.set_duration(gst::ClockTime::try_from(self.spec.rate.interval()).ok());
        }
        self.shared.stats().pictures += 1;
        line.video.push_buffer(buffer).map(|_| ()).map_err(|_| line.failure())
    }
}

/// Grants wishes for key pictures, but not too many.
struct KeyWishes {
    last: Option<Instant>,
}

impl KeyWishes {
    fn may_ask(&mut self, now: Instant) -> bool {
        let may = self.last.is_none_or(|last| now.duration_since(last) >= limits::KEYFRAME_REQUEST);
        if may {
            self.last = Some(now);
        }
        may
    }
}

/// The encoding pipeline.
struct Line {
    pipeline: gst::Pipeline,
    video: gst_app::AppSrc,
    encoder: gst::Element,
    sound: Option<gst_app::AppSrc>,
    sound_delay_ns: u64,
}

impl Line {
    fn build(spec: &EncoderSpec, shared: &Arc<Shared>) -> Result<Self, EncodeError> {
        let pipeline = gst::Pipeline::with_name(&format!("enc-{}", spec.canvas));
        let caps = picture::canvas_caps(spec.size, spec.rate);
        let video = source(&caps);
        let convert = make("videoconvert")?;
        let encoder = choose::video(&spec.video, spec.rate)?;
        shared.stats().element = choose::name_of(&encoder);
        let parse = make("h264parse")?;
        let out = filter("video/x-h264,stream-format=avc,alignment=au")?;
        let sink = packet_sink(shared, true);
        let line = [video.upcast_ref(), &convert, &encoder, &parse, &out, sink.upcast_ref()];
        pipeline.add_many(line).map_err(failed)?;
        gst::Element::link_many(line).map_err(failed)?;
        let mut this = Self { pipeline, video, encoder, sound: None, sound_delay_ns: 0 };
        if let Some(audio) = &spec.audio {
            let (encoder, delay) = choose::audio(audio)?;
            this.sound_delay_ns = u64::from(delay) * 1_000_000_000 / u64::from(SAMPLE_RATE_HZ);
            let source = source(&crate::inputs::house_sound());
            let convert = make("audioconvert")?;
            let parse = make("aacparse")?;
            let out = filter("audio/mpeg,mpegversion=4,stream-format=raw")?;
            let sink = packet_sink(shared, false);
            let line = [source.upcast_ref(), &convert, &encoder, &parse, &out, sink.upcast_ref()];
            this.pipeline.add_many(line).map_err(failed)?;
            gst::Element::link_many(line).map_err(failed)?;
            this.sound = Some(source);
        }
        Ok(this)
    }

    fn start(&self) -> Result<(), EncodeError> {
        self.pipeline.set_state(gst::State::Playing).map(|_| ()).map_err(|_| self.failure())
    }

    fn push_sound(&self, block: &AudioBlock) -> Result<(), EncodeError> {
        let Some(source) = &self.sound else { return Ok(()) };
        let bytes: Vec<u8> = block.samples.iter().flat_map(|s| s.to_le_bytes()).collect();
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        if let Some(buffer) = buffer.get_mut() {
            // The encoder's priming makes its sound late by this much; stamped earlier, lips and voice agree.
            let pts = block.pts.nanos().saturating_sub(self.sound_delay_ns);
            buffer.set_pts(gst::ClockTime::from_nseconds(pts));
            buffer.set_duration(gst::ClockTime::try_from(block.duration()).ok());
        }
        source.push_buffer(buffer).map(|_| ()).map_err(|_| self.failure())
    }

    fn ask_for_key(&self) {
        let event = gstreamer_video::UpstreamForceKeyUnitEvent::builder().all_headers(true).build();
        if let Some(pad) = self.encoder.static_pad("src") {
            pad.send_event(event);
        }
    }

    fn check(&self) -> Result<(), EncodeError> {
        let bus = self.pipeline.bus().ok_or_else(|| failed("no bus"))?;
        match bus.pop_filtered(&[gst::MessageType::Error]) {
            Some(message) => Err(in_words(&message)),
            None => Ok(()),
        }
    }

    fn failure(&self) -> EncodeError {
        self.check().err().unwrap_or_else(|| failed("the encoder stopped without a word"))
    }

    /// Lets the encoder give out what it holds.
    fn finish(&self) -> Result<(), EncodeError> {
        let _ = self.video.end_of_stream();
        if let Some(sound) = &self.sound {
            let _ = sound.end_of_stream();
        }
        let bus = self.pipeline.bus().ok_or_else(|| failed("no bus"))?;
        let wanted = [gst::MessageType::Error, gst::MessageType::Eos];
        match bus.timed_pop_filtered(gst::ClockTime::try_from(limits::DRAIN).ok(), &wanted) {
            Some(message) if message.type_() == gst::MessageType::Error => Err(in_words(&message)),
            _ => Ok(()),
        }
    }
}

fn in_words(message: &gst::Message) -> EncodeError {
    match message.view() {
        gst::MessageView::Error(error) => failed(error.error()),
        _ => failed("unknown"),
    }
}

fn failed(error: impl std::fmt::Display) -> EncodeError {
    EncodeError::Failed(scrub(&error.to_string()))
}

fn source(caps: &gst::Caps) -> gst_app::AppSrc {
    let source = gst_app::AppSrc::builder().caps(caps).format(gst::Format::Time).is_live(true).build();
    source.set_max_bytes(0);
    source
}

fn filter(caps: &str) -> Result<gst::Element, EncodeError> {
    let filter = make("capsfilter")?;
    filter.set_property_from_str("caps", caps);
    Ok(filter)
}

fn packet_sink(shared: &Arc<Shared>, video: bool) -> gst_app::AppSink {
    let shared = Arc::clone(shared);
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            shared.hand_out(&sample, video);
            Ok(gst::FlowSuccess::Ok)
        })
        .build();
    gst_app::AppSink::builder().callbacks(callbacks).sync(false).async_(false).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{PacketPopped, VideoSettings};
    use vitrine_media::{FrameRate, OnFull, PicturePool, PixelFormat, ShowTime, Size};

    /// Pictures into `lane`, as fast as a tick would, until it is closed.
    fn tick(lane: &Lane<Picture>, size: Size) {
        let (pool, mut number) = (PicturePool::new(32), 0);
        while lane.push(pool.take(size, PixelFormat::I420).freeze(ShowTime::from_millis(number * 33))).is_ok() {
            number += 1;
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn an_encoder_that_hangs_is_noticed_costs_pictures_that_are_counted_and_is_made_anew() {
        crate::init().unwrap();
        let (size, rate) = (Size::new(64, 64), FrameRate::new(30, 1).unwrap());
        let spec = EncoderSpec { canvas: "main".to_owned(), size, rate, video: VideoSettings::default(), audio: None };
        let pictures = Lane::new("tick→enc", 8, OnFull::DropOldest);
        let ports = EncoderPorts { pictures: pictures.clone(), sound: Lane::new("audio→enc", 1, OnFull::DropOldest) };
        let (encoder, control) = Encoder::new(spec, ports);
        let packets = PacketLane::new("enc→test", Duration::from_secs(3), 1 << 20);
        control.attach(&packets);
        let line = Line::build(&encoder.spec, &encoder.shared).unwrap();
        // Blocks what would go into the encoder, for as long as this line lives.
        let hang = gst::PadProbeType::BLOCK | gst::PadProbeType::BUFFER;
        line.encoder.static_pad("sink").unwrap().add_probe(hang, |_, _| gst::PadProbeReturn::Ok);
        line.start().unwrap();
        let into = pictures.clone();
        let ticking = std::thread::spawn(move || tick(&into, size));
        assert!(matches!(encoder.feed(&line), Err(EncodeError::Stalled(_))));
        let lane = pictures.stats();
        assert!(lane.dropped > 0 && lane.high_water <= 8, "{lane:?}");
        retire(line.pipeline);
        let encoding = std::thread::spawn(move || encoder.run());
        let first = loop {
            match packets.pop(Duration::from_secs(60)) {
                PacketPopped::Next(packet) => break packet,
                PacketPopped::Empty => {}
                PacketPopped::Closed => panic!("{:?}", control.stats()),
            }
        };
        assert_eq!(first.kind, PacketKind::Video { key: true });
        pictures.close();
        ticking.join().unwrap();
        encoding.join().unwrap();
    }
}
