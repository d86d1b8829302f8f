//! The end of every input's pipeline: raw pads become pictures in the slot and blocks in the lane.

use super::InputError;
use crate::element::{Missing, make};
use crate::timing::{ShowClock, Timeline};
use crate::{limits, picture};
use gstreamer::{self as gst, prelude::*};
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use vitrine_media::{AudioBlock, Lane, ShowTime, Size, Slot};

impl From<Missing> for InputError {
    fn from(missing: Missing) -> Self {
        Self::NoElement(missing.0)
    }
}

/// What an attempt shares with its streaming threads.
pub(super) struct Flow {
    pub(super) pictures: Arc<Slot>,
    pub(super) sound: Option<Lane<AudioBlock>>,
    pub(super) clock: ShowClock,
    pub(super) timeline: Timeline,
    /// Set when the attempt is over: what still comes must not reach the show.
    pub(super) closed: AtomicBool,
    /// Whether pictures of a pipeline that stands still may be shown.
    pub(super) show_standing: AtomicBool,
    /// Set when its pictures are larger than inputs may be: none of them is even converted.
    pub(super) oversize: AtomicBool,
    pub(super) pictures_in: AtomicU64,
    pub(super) blocks_in: AtomicU64,
    /// When anything last arrived, in show time; zero before.
    pub(super) last_ns: AtomicU64,
    pub(super) seen: Mutex<Seen>,
}

/// What a source turned out to be.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) size: Option<Size>,
    pub(super) refused: Option<InputError>,
    video: bool,
    audio: bool,
}

impl Flow {
    pub(super) fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse(&self, why: InputError) {
        self.seen().refused.get_or_insert(why);
    }

    fn arrived(&self, count: &AtomicU64) -> ShowTime {
        let now = self.clock.now();
        count.fetch_add(1, Ordering::Relaxed);
        self.last_ns.store(now.nanos().max(1), Ordering::Relaxed);
        now
    }

    /// When a sample is due, in show time.
    fn due(&self, sink: &gst_app::AppSink, sample: &gst::Sample) -> Option<ShowTime> {
        let pts = sample.buffer()?.pts()?;
        let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
        let running = segment.to_running_time(pts)?.nseconds().cast_signed();
        let base = sink.base_time()?.nseconds().cast_signed();
        Some(self.clock.show(base + running + self.timeline.offset_ns()))
    }

    fn take_picture(&self, sink: &gst_app::AppSink, sample: &gst::Sample) {
        if self.closed.load(Ordering::Relaxed) {
            return;
        }
        let Some(due) = self.due(sink, sample) else { return };
        if let Some(picture) = picture::picture_of(sample, due) {
            let now = self.arrived(&self.pictures_in);
            self.pictures.put_at(picture, now);
        }
    }

    fn take_standing(&self, sample: &gst::Sample) {
        let wanted = self.show_standing.load(Ordering::Relaxed) && !self.closed.load(Ordering::Relaxed);
        if wanted && let Some(picture) = picture::picture_of(sample, self.clock.now()) {
            let now = self.arrived(&self.pictures_in);
            self.pictures.put_at(picture, now);
        }
    }

    fn take_sound(&self, sink: &gst_app::AppSink, sample: &gst::Sample) {
        if self.closed.load(Ordering::Relaxed) {
            return;
        }
        let (Some(lane), Some(pts)) = (&self.sound, self.due(sink, sample)) else { return };
        let Some(map) = sample.buffer().and_then(|b| b.map_readable().ok()) else { return };
        let samples = map.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        self.arrived(&self.blocks_in);
        // A closed lane means the show has let go of this input's sound.
        let _ = lane.push(AudioBlock { pts, samples });
    }
}

/// Where a kind's `build` puts its elements and hands over its pads.
#[derive(Clone)]
pub(super) struct Tap {
    pipeline: gst::glib::WeakRef<gst::Pipeline>,
    flow: Arc<Flow>,
    live: bool,
}

impl Tap {
    pub(super) fn new(pipeline: &gst::Pipeline, flow: &Arc<Flow>, live: bool) -> Self {
        Self { pipeline: pipeline.downgrade(), flow: Arc::clone(flow), live }
    }

    pub(super) fn wants_sound(&self) -> bool {
        self.flow.sound.is_some()
    }

    pub(super) fn add(&self, elements: &[&gst::Element]) -> Result<(), InputError> {
        let pipeline = self.pipeline.upgrade().ok_or(InputError::Ended)?;
        pipeline.add_many(elements.iter().copied()).map_err(failed)
    }

    #[allow(clippy::unused_self, reason = "reads as a step of building this tap's pipeline")]
    pub(super) fn link(&self, from: &gst::Element, to: &gst::Element) -> Result<(), InputError> {
        from.link(to).map_err(failed)
    }

    /// Takes an element's raw `src` pad.
    pub(super) fn attach_static(&self, last: &gst::Element) -> Result<(), InputError> {
        let pad = last.static_pad("src").ok_or(InputError::NothingInside)?;
        self.attach(&pad)
    }

    /// Decodes what an element sends, whatever it is.
    pub(super) fn decode(&self, source: &gst::Element) -> Result<(), InputError> {
        let pad = source.static_pad("src").ok_or(InputError::NothingInside)?;
        self.decode_pad(&pad)
    }

    /// Decodes what a pad sends.
    pub(super) fn decode_pad(&self, pad: &gst::Pad) -> Result<(), InputError> {
        let decoder = make("decodebin")?;
        self.add(&[&decoder])?;
        self.watch_decoder(&decoder);
        let sink = decoder.static_pad("sink").ok_or(InputError::NothingInside)?;
        pad.link(&sink).map_err(failed)?;
        decoder.sync_state_with_parent().map_err(failed)
    }

    /// Decodes every pad that an element will open.
    pub(super) fn decode_each_pad(&self, source: &gst::Element) {
        let tap = self.clone();
        source.connect_pad_added(move |_, pad| {
            if let Err(error) = tap.decode_pad(pad) {
                tap.flow.refuse(error);
            }
        });
    }

    /// Takes every raw pad that a decoder will open, and keeps its threads few.
    pub(super) fn watch_decoder(&self, decoder: &gst::Element) {
        let tap = self.clone();
        decoder.connect_pad_added(move |_, pad| {
            if let Err(error) = tap.attach(pad) {
                tap.flow.refuse(error);
            }
        });
        let flow = Arc::downgrade(&self.flow);
        decoder.connect("no-more-pads", false, move |_| {
            let flow = flow.upgrade()?;
            let nothing = { !flow.seen().video && !flow.seen().audio };
            if nothing {
                flow.refuse(InputError::NothingInside);
            }
            None
        });
        if let Some(bin) = decoder.downcast_ref::<gst::Bin>() {
            bin.connect_deep_element_added(|_, _, element| tune(element));
        }
        if !self.wants_sound() {
            decoder.connect("autoplug-continue", false, |args| {
                let caps = args.get(2)?.get::<gst::Caps>().ok()?;
                let audio = caps.structure(0).is_some_and(|s| s.name().starts_with("audio/"));
                Some((!audio).to_value())
            });
        }
    }

    /// Takes a raw pad: the first of video, the first of audio; further ones are let run into nothing.
    fn attach(&self, pad: &gst::Pad) -> Result<(), InputError> {
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let name = caps.structure(0).map_or("", |s| s.name().as_str());
        let first = |taken: &mut bool| !std::mem::replace(taken, true);
        if name == "video/x-raw" && first(&mut self.flow.seen().video) {
            self.attach_video(pad)
        } else if name == "audio/x-raw" && self.wants_sound() && first(&mut self.flow.seen().audio) {
            self.attach_audio(pad)
        } else {
            let sink = make("fakesink")?;
            sink.set_property("sync", false);
            sink.set_property("async", false);
            self.chain(pad, &[sink])
        }
    }

    fn chain(&self, pad: &gst::Pad, elements: &[gst::Element]) -> Result<(), InputError> {
        let all: Vec<&gst::Element> = elements.iter().collect();
        self.add(&all)?;
        gst::Element::link_many(all.iter().copied()).map_err(failed)?;
        let first = elements.first().and_then(|e| e.static_pad("sink")).ok_or(InputError::NothingInside)?;
        for element in all.iter().rev() {
            element.sync_state_with_parent().map_err(failed)?;
        }
        pad.link(&first).map_err(failed)?;
        Ok(())
    }

    fn attach_video(&self, pad: &gst::Pad) -> Result<(), InputError> {
        let deinterlace = make("deinterlace")?;
        deinterlace.set_property_from_str("method", "greedyh");
        deinterlace.set_property_from_str("fields", "top");
        let convert = make("videoconvertscale")?;
        let filter = make("capsfilter")?;
        let queue = small_queue()?;
        let flow = Arc::clone(&self.flow);
        let standing = Arc::clone(&self.flow);
        let callbacks = gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                flow.take_picture(sink, &sample);
                Ok(gst::FlowSuccess::Ok)
            })
            .new_preroll(move |sink| {
                if let Ok(sample) = sink.pull_preroll() {
                    standing.take_standing(&sample);
                }
                Ok(gst::FlowSuccess::Ok)
            })
            .build();
        let sink = self.sink(callbacks);
        offer_video_meta(&sink)?;
        let elements = [deinterlace, convert, filter.clone(), queue.clone(), sink.clone().upcast()];
        self.follow_caps(elements.first(), &filter)?;
        self.follow_time(&queue, &sink, limits::PICTURE_LEAD)?;
        self.chain(pad, &elements)
    }

    fn attach_audio(&self, pad: &gst::Pad) -> Result<(), InputError> {
        let (convert, resample) = (make("audioconvert")?, make("audioresample")?);
        let filter = make("capsfilter")?;
        filter.set_property("caps", house_sound());
        let queue = small_queue()?;
        let flow = Arc::clone(&self.flow);
        let callbacks = gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                flow.take_sound(sink, &sample);
                Ok(gst::FlowSuccess::Ok)
            })
            .build();
        let sink = self.sink(callbacks);
        self.follow_time(&queue, &sink, limits::SOUND_LEAD)?;
        self.chain(pad, &[convert, resample, filter, queue, sink.upcast()])
    }

    fn sink(&self, callbacks: gst_app::AppSinkCallbacks) -> gst_app::AppSink {
        let sink =
            gst_app::AppSink::builder().callbacks(callbacks).sync(true).async_(!self.live).max_buffers(1).build();
        sink.set_enable_last_sample(false);
        sink.set_qos(!self.live);
        sink
    }

    /// Chooses the conversion anew whenever the source changes size or colour.
    fn follow_caps(&self, first: Option<&gst::Element>, filter: &gst::Element) -> Result<(), InputError> {
        let pad = first.and_then(|e| e.static_pad("sink")).ok_or(InputError::NothingInside)?;
        let (flow, filter) = (Arc::clone(&self.flow), filter.clone());
        pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
            let Some(gst::EventView::Caps(caps)) = info.event().map(|e| e.view()) else {
                return gst::PadProbeReturn::Ok;
            };
            let Ok(video) = gst_video::VideoInfo::from_caps(caps.caps()) else { return gst::PadProbeReturn::Ok };
            let size = Size::new(video.width(), video.height());
            if size.width.max(size.height) > limits::INPUT_SIDE_MAX {
                flow.oversize.store(true, Ordering::Relaxed);
                flow.refuse(InputError::TooLarge(size));
            }
            flow.seen().size = Some(size);
            filter.set_property("caps", picture::target_caps(&video));
            gst::PadProbeReturn::Ok
        });
        let flow = Arc::clone(&self.flow);
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
            if flow.oversize.load(Ordering::Relaxed) { gst::PadProbeReturn::Drop } else { gst::PadProbeReturn::Ok }
        });
        Ok(())
    }

    /// Lets the sink wait until `lead` before each buffer is due, as the timeline learns it.
    fn follow_time(
        &self,
        queue: &gst::Element,
        sink: &gst_app::AppSink,
        lead: std::time::Duration,
    ) -> Result<(), InputError> {
        let lead_ns = i64::try_from(lead.as_nanos()).unwrap_or(0);
        sink.set_ts_offset(self.flow.timeline.offset_ns() - lead_ns);
        if !self.live {
            return Ok(());
        }
        let pad = queue.static_pad("sink").ok_or(InputError::NothingInside)?;
        let (flow, sink) = (Arc::clone(&self.flow), sink.downgrade());
        pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
            if let (Some(buffer), Some(sink)) = (info.buffer(), sink.upgrade())
                && let Some(running) = running_time(pad, buffer)
                && let Some(base) = sink.base_time()
            {
                let arrived = flow.clock.now_gst_ns() - base.nseconds().cast_signed();
                let offset = flow.timeline.observe(running, arrived);
                sink.set_ts_offset(offset - lead_ns);
            }
            gst::PadProbeReturn::Ok
        });
        Ok(())
    }
}

fn running_time(pad: &gst::Pad, buffer: &gst::Buffer) -> Option<i64> {
    let segment = pad.sticky_event::<gst::event::Segment>(0)?;
    let segment = segment.segment().downcast_ref::<gst::ClockTime>()?.clone();
    Some(segment.to_running_time(buffer.pts()?)?.nseconds().cast_signed())
}

fn failed(error: impl std::fmt::Display) -> InputError {
    InputError::Failed(crate::scrub::scrub(&error.to_string()))
}

/// The house's sound: 48 kHz, stereo, 32-bit float, interleaved.
pub(crate) fn house_sound() -> gst::Caps {
    gst::Caps::builder("audio/x-raw")
        .field("format", "F32LE")
        .field("rate", vitrine_media::SAMPLE_RATE_HZ.cast_signed())
        .field("channels", 2_i32)
        .field("layout", "interleaved")
        .build()
}

fn small_queue() -> Result<gst::Element, Missing> {
    let queue = make("queue")?;
    queue.set_property("max-size-buffers", limits::DECODED_PICTURES);
    queue.set_property("max-size-bytes", 0_u32);
    queue.set_property("max-size-time", 0_u64);
    Ok(queue)
}

/// Tells decoders that any row length will do: without this they copy every picture.
pub(crate) fn offer_video_meta(sink: &gst_app::AppSink) -> Result<(), InputError> {
    let pad = sink.static_pad("sink").ok_or(InputError::NothingInside)?;
    pad.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM, |_, info| {
        if let Some(query) = info.query_mut()
            && let gst::QueryViewMut::Allocation(allocation) = query.view_mut()
        {
            allocation.add_allocation_meta::<gst_video::VideoMeta>(None);
            return gst::PadProbeReturn::Handled;
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

/// Makes an element of a decoder bin do as the house wants: few threads, and colours as the stream itself says.
pub(crate) fn tune(element: &gst::Element) {
    if element.factory().is_some_and(|f| matches!(f.name().as_str(), "h264parse" | "h265parse")) {
        trust_stream(element);
    }
    for property in ["max-threads", "threads"] {
        if let Some(spec) = element.find_property(property)
            && element.factory().is_some_and(|f| f.has_type(gst::ElementFactoryType::DECODER))
        {
            if spec.value_type() == gst::glib::Type::I32 {
                element.set_property(property, limits::DECODER_THREADS);
            } else if spec.value_type() == gst::glib::Type::U32 {
                element.set_property(property, limits::DECODER_THREADS.unsigned_abs());
            }
        }
    }
}

/// Lets a parser read the colours from the stream: `qtdemux` of 1.22 drops the full-range flag of a file's header and
/// hands on the rest, which would win over the stream's own, complete words.
fn trust_stream(parser: &gst::Element) {
    let Some(pad) = parser.static_pad("sink") else { return };
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, |_, info| {
        let replaced = match info.event().map(|e| (e.view(), e.seqnum())) {
            Some((gst::EventView::Caps(event), seqnum)) => {
                let mut caps = event.caps_owned();
                if let Some(first) = caps.make_mut().structure_mut(0) {
                    first.remove_field("colorimetry");
                }
                Some(gst::event::Caps::builder(&caps).seqnum(seqnum).build())
            }
            _ => None,
        };
        if let Some(event) = replaced {
            info.data = Some(gst::PadProbeData::Event(event));
        }
        gst::PadProbeReturn::Ok
    });
}
