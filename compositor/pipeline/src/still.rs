//! One picture of a file at an exact time, without a clock: for rendering and keying single frames.

use crate::convert::converter;
use crate::element::make;
use crate::inputs::{InputError, TestPattern, offer_video_meta, tune, uri_of};
use crate::{limits, picture, retire::retire};
use gstreamer::{self as gst, prelude::*};
use gstreamer_app as gst_app;
use std::time::Duration;
use vitrine_media::{FrameRate, Frames, Picture, ShowTime, Size};

/// The picture of `file` (a path or an address) that is shown at `at`, in the house's format, stamped with its own
/// place in the file; beyond the end, the last one.
///
/// # Errors
/// [`InputError`] when the file can't be opened, decoded or sought, or holds no video.
pub fn decode_frame(file: &str, at: Duration) -> Result<Picture, InputError> {
    crate::init().map_err(failed)?;
    let pipeline = gst::Pipeline::new();
    let result = Still::build(&pipeline, file).and_then(|still| still.decode(&pipeline, at));
    retire(pipeline);
    result
}

/// Steps back from a place without a picture, in milliseconds: sound often outlasts the pictures of a file a little.
const BEFORE_END_MS: [u64; 8] = [0, 15, 30, 45, 60, 120, 400, 1_000];

/// Most pictures that are made to get to one: twenty seconds at 30 per second.
const TEST_PICTURES_MAX: u64 = 600;

/// The picture that a test input shows at `at`; beyond twenty seconds, the one at twenty.
///
/// # Errors
/// [`InputError`] when GStreamer can't make it.
pub fn test_frame(size: Size, rate: FrameRate, pattern: TestPattern, at: Duration) -> Result<Picture, InputError> {
    let wanted = rate.index_at(ShowTime::ZERO.after(at)).0.min(TEST_PICTURES_MAX);
    let pipeline = gst::Pipeline::new();
    let result = made(&pipeline, size, rate, pattern, wanted);
    retire(pipeline);
    result
}

fn made(
    pipeline: &gst::Pipeline,
    size: Size,
    rate: FrameRate,
    pattern: TestPattern,
    wanted: u64,
) -> Result<Picture, InputError> {
    let (source, filter) = (make("videotestsrc")?, make("capsfilter")?);
    source.set_property_from_str("pattern", pattern.name());
    filter.set_property("caps", picture::canvas_caps(size, rate));
    let sink = gst_app::AppSink::builder().sync(false).max_buffers(2).build();
    let chain = [&source, &filter, sink.upcast_ref()];
    pipeline.add_many(chain).map_err(failed)?;
    gst::Element::link_many(chain).map_err(failed)?;
    pipeline.set_state(gst::State::Playing).map_err(|_| bus_error(pipeline))?;
    for _ in 0..wanted {
        sink.pull_sample().map_err(|_| bus_error(pipeline))?;
    }
    let sample = sink.pull_sample().map_err(|_| bus_error(pipeline))?;
    picture::picture_of(&sample, rate.due(Frames(wanted))).ok_or(InputError::NothingInside)
}

struct Still {
    sink: gst_app::AppSink,
}

fn failed(error: impl std::fmt::Display) -> InputError {
    InputError::Failed(crate::scrub::scrub(&error.to_string()))
}

impl Still {
    fn build(pipeline: &gst::Pipeline, file: &str) -> Result<Self, InputError> {
        let source = make("uridecodebin")?;
        source.set_property("uri", uri_of(file)?);
        // Only pictures are wanted: a file's sound must not hold them up.
        source.set_property("caps", "video/x-raw(ANY)".parse::<gst::Caps>().map_err(failed)?);
        source.set_property("expose-all-streams", false);
        if let Some(bin) = source.downcast_ref::<gst::Bin>() {
            bin.connect_deep_element_added(|_, _, element| tune(element));
        }
        let sink = gst_app::AppSink::builder().sync(false).max_buffers(2).build();
        offer_video_meta(&sink)?;
        let mut chain = converter(|_| true)?;
        chain.push(sink.clone().upcast());
        pipeline.add(&source).map_err(failed)?;
        pipeline.add_many(&chain).map_err(failed)?;
        gst::Element::link_many(&chain).map_err(failed)?;
        let first = chain.first().and_then(|e| e.static_pad("sink")).ok_or(InputError::NothingInside)?;
        source.connect_pad_added(move |_, pad| {
            let video = pad.current_caps().is_some_and(|c| c.structure(0).is_some_and(|s| s.name() == "video/x-raw"));
            if video && !first.is_linked() {
                // A pad that can't be linked shows as the bus's error.
                let _ = pad.link(&first);
            }
        });
        Ok(Self { sink })
    }

    fn decode(&self, pipeline: &gst::Pipeline, at: Duration) -> Result<Picture, InputError> {
        pipeline.set_state(gst::State::Paused).map_err(|_| bus_error(pipeline))?;
        settle(pipeline)?;
        let at = gst::ClockTime::try_from(at).map_err(failed)?;
        if at == gst::ClockTime::ZERO {
            return self.shown(pipeline);
        }
        // Held against the end: a time beyond it means the last picture. A file may last longer than its pictures.
        let end = pipeline.query_duration::<gst::ClockTime>();
        let to = end.map_or(at, |end| at.min(end.saturating_sub(gst::ClockTime::from_mseconds(1))));
        let mut found = Err(InputError::NothingInside);
        for back_ms in BEFORE_END_MS {
            let to = to.saturating_sub(gst::ClockTime::from_mseconds(back_ms));
            let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE;
            forget(pipeline);
            pipeline.seek_simple(flags, to).map_err(|_| failed(format!("it can't be sought to {to}")))?;
            settle(pipeline)?;
            found = self.shown(pipeline);
            if found.is_ok() {
                break;
            }
        }
        found
    }

    /// The picture that the pipeline stands on.
    fn shown(&self, pipeline: &gst::Pipeline) -> Result<Picture, InputError> {
        let sample = self.sink.pull_preroll().map_err(|_| bus_error(pipeline))?;
        let pts = sample.buffer().and_then(|b| b.pts()).unwrap_or(gst::ClockTime::ZERO);
        picture::picture_of(&sample, ShowTime::from_nanos(pts.nseconds())).ok_or(InputError::NothingInside)
    }
}

/// Takes what is left of an earlier seek off the bus: the next one waits for its own end.
fn forget(pipeline: &gst::Pipeline) {
    let stale = [gst::MessageType::AsyncDone, gst::MessageType::Eos];
    while pipeline.bus().is_some_and(|bus| bus.pop_filtered(&stale).is_some()) {}
}

/// Waits until the pipeline stands on a picture.
fn settle(pipeline: &gst::Pipeline) -> Result<(), InputError> {
    let bus = pipeline.bus().ok_or(InputError::NothingInside)?;
    let wanted = [gst::MessageType::AsyncDone, gst::MessageType::Error, gst::MessageType::Eos];
    let message = bus.timed_pop_filtered(gst::ClockTime::try_from(limits::STILL).ok(), &wanted);
    match message.as_ref().map(|m| m.view()) {
        Some(gst::MessageView::Error(error)) => Err(failed(error.error())),
        Some(_) => Ok(()),
        None => Err(InputError::Stalled(limits::STILL)),
    }
}

fn bus_error(pipeline: &gst::Pipeline) -> InputError {
    let message = pipeline.bus().and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
    match message.as_ref().map(|m| m.view()) {
        Some(gst::MessageView::Error(error)) => failed(error.error()),
        _ => InputError::NothingInside,
    }
}
