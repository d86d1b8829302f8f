//! What outputs of raw pictures have in common: a pipeline that begins with our pictures.

use super::OutputError;
use super::sink::failed;
use crate::picture;
use gstreamer::{self as gst, prelude::*};
use gstreamer_app as gst_app;
use vitrine_media::{FrameRate, Picture, Size};

/// A pipeline fed with pictures of one size.
pub(super) struct RawLine {
    pipeline: Option<gst::Pipeline>,
    source: gst_app::AppSrc,
    pub(super) size: Size,
}

impl RawLine {
    /// Joins our pictures to `tail`, the last of which is a sink, and starts it.
    pub(super) fn start(name: &str, size: Size, rate: FrameRate, tail: &[&gst::Element]) -> Result<Self, OutputError> {
        let pipeline = gst::Pipeline::with_name(name);
        let caps = picture::canvas_caps(size, rate);
        let source = gst_app::AppSrc::builder().caps(&caps).format(gst::Format::Time).is_live(true).build();
        // Pictures that wait are replaced before they get here; two of them only hide jitter.
        source.set_max_buffers(2);
        source.set_leaky_type(gst_app::AppLeakyType::Upstream);
        let elements: Vec<&gst::Element> = std::iter::once(source.upcast_ref()).chain(tail.iter().copied()).collect();
        pipeline.add_many(elements.iter().copied()).map_err(failed)?;
        gst::Element::link_many(elements).map_err(failed)?;
        let line = Self { pipeline: Some(pipeline.clone()), source, size };
        if pipeline.set_state(gst::State::Playing).is_err() {
            return Err(line.error().unwrap_or_else(|| failed("it can't be started")));
        }
        Ok(line)
    }

    pub(super) fn push(&self, picture: &Picture) -> Result<(), OutputError> {
        let Some(mut buffer) = picture::buffer_of(picture) else { return Ok(()) };
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(gst::ClockTime::from_nseconds(picture.pts().nanos()));
        }
        match self.error() {
            Some(error) => Err(error),
            None => self.source.push_buffer(buffer).map(|_| ()).map_err(|_| failed("the pipeline stopped")),
        }
    }

    fn error(&self) -> Option<OutputError> {
        let message = self.pipeline.as_ref()?.bus()?.pop_filtered(&[gst::MessageType::Error])?;
        super::run::in_words(&message)
    }
}

impl Drop for RawLine {
    fn drop(&mut self) {
        if let Some(pipeline) = self.pipeline.take() {
            crate::retire::retire(pipeline);
        }
    }
}
