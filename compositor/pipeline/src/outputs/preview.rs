//! Monitors for the console: small JPEG pictures, few a second, the newest wins.

use super::OutputError;
use super::raw::RawLine;
use super::sink::failed;
use crate::element::make;
use crate::limits;
use gstreamer::{self as gst, prelude::*};
use gstreamer_app as gst_app;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use vitrine_media::{FrameRate, Lane, Picture, Popped, ShowTime, Size};

/// How a monitor shows its canvas.
#[derive(Clone, Debug, PartialEq)]
pub struct PreviewSpec {
    /// Its name, for its thread and pipeline.
    pub name: String,
    /// Pixels across at most; the height follows.
    pub width_max: u32,
    /// Pictures a second at most.
    pub fps_max: u32,
    /// JPEG quality, 1 to 100.
    pub quality: u8,
}

/// One JPEG picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jpeg {
    /// Counts up from 1 with every picture of its monitor.
    pub number: u64,
    /// When it was on the canvas.
    pub pts: ShowTime,
    /// The file's bytes.
    pub bytes: Vec<u8>,
}

type OnNew = Box<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct Shared {
    newest: Mutex<Option<Arc<Jpeg>>>,
    changed: Condvar,
    on_new: Mutex<Option<OnNew>>,
}

impl Shared {
    fn newest(&self) -> MutexGuard<'_, Option<Arc<Jpeg>>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, pts: ShowTime, bytes: Vec<u8>) {
        let mut newest = self.newest();
        let number = newest.as_ref().map_or(0, |j| j.number) + 1;
        *newest = Some(Arc::new(Jpeg { number, pts, bytes }));
        drop(newest);
        self.changed.notify_all();
        if let Some(tell) = self.on_new.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            tell();
        }
    }
}

/// Where a monitor's newest picture is found. Clones are the same monitor.
#[derive(Clone)]
pub struct PreviewCell(Arc<Shared>);

impl PreviewCell {
    /// The newest picture.
    #[must_use]
    pub fn latest(&self) -> Option<Arc<Jpeg>> {
        self.0.newest().clone()
    }

    /// The newest picture once it is newer than `number`; `None` if that does not happen in time.
    #[must_use]
    pub fn wait_newer(&self, number: u64, timeout: Duration) -> Option<Arc<Jpeg>> {
        let newest = self.0.newest();
        let old = |jpeg: &mut Option<Arc<Jpeg>>| jpeg.as_ref().is_none_or(|j| j.number <= number);
        let waited = self.0.changed.wait_timeout_while(newest, timeout, old);
        let (newest, timed) = waited.unwrap_or_else(PoisonError::into_inner);
        if timed.timed_out() { None } else { newest.clone() }
    }

    /// Calls `tell` after each new picture, on the encoder's thread: it must return at once.
    pub fn on_new(&self, tell: impl Fn() + Send + Sync + 'static) {
        *self.0.on_new.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(tell));
    }
}

/// A monitor ready to run on a thread of its own.
pub struct Preview {
    spec: PreviewSpec,
    pictures: Lane<Picture>,
    shared: Arc<Shared>,
}

impl Preview {
    /// A monitor of `pictures` and the cell it fills. A lane of one picture is enough.
    #[must_use]
    pub fn new(spec: PreviewSpec, pictures: Lane<Picture>) -> (Self, PreviewCell) {
        let shared = Arc::new(Shared::default());
        let cell = PreviewCell(Arc::clone(&shared));
        (Self { spec, pictures, shared }, cell)
    }

    /// Shows pictures until their lane is closed. The body of the thread `mon-<name>`.
    pub fn run(self) {
        let interval = Duration::from_secs(1) / self.spec.fps_max.clamp(1, 60);
        let mut line: Option<RawLine> = None;
        let mut next = Instant::now();
        loop {
            let picture = match self.pictures.pop(limits::SUPERVISE) {
                Popped::Closed => return,
                Popped::Empty => continue,
                Popped::Next(picture) => picture,
            };
            let now = Instant::now();
            if now < next {
                continue;
            }
            // Kept on a grid, so that 10 of 30 pictures are every third and not every fourth.
            next = (next + interval).max(now - interval / 2);
            if let Err(why) = self.show(&mut line, &picture) {
                tracing::warn!(monitor = %self.spec.name, code = why.code(), %why, "monitor failed");
                line = None;
                next = now + limits::OUTPUT_RETRY_FIRST;
            }
        }
    }

    fn show(&self, line: &mut Option<RawLine>, picture: &Picture) -> Result<(), OutputError> {
        if line.as_ref().is_none_or(|l| l.size != picture.size()) {
            drop(line.take());
            *line = Some(self.build(picture.size())?);
        }
        line.as_ref().map_or(Ok(()), |line| line.push(picture))
    }

    fn build(&self, size: Size) -> Result<RawLine, OutputError> {
        let (scale, filter, encoder) = (make("videoconvertscale")?, make("capsfilter")?, make("jpegenc")?);
        filter.set_property("caps", small_caps(size, self.spec.width_max));
        encoder.set_property("quality", i32::from(self.spec.quality.clamp(1, 100)));
        let shared = Arc::clone(&self.shared);
        let callbacks = gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                if let Some(buffer) = sample.buffer()
                    && let Ok(map) = buffer.map_readable()
                {
                    let pts = ShowTime::from_nanos(buffer.pts().map_or(0, gst::ClockTime::nseconds));
                    shared.put(pts, map.as_slice().to_vec());
                }
                Ok(gst::FlowSuccess::Ok)
            })
            .build();
        let sink = gst_app::AppSink::builder().callbacks(callbacks).sync(false).async_(false).build();
        let rate = FrameRate::new(30, 1).ok_or_else(|| failed("no rate"))?;
        let tail = [&scale, &filter, &encoder, sink.upcast_ref()];
        RawLine::start(&format!("mon-{}", self.spec.name), size, rate, &tail)
    }
}

/// The size of a monitor of at most `width_max` pixels across: even, same shape.
fn small_size(size: Size, width_max: u32) -> Size {
    let width = size.width.min(width_max.max(16));
    let height = u64::from(size.height) * u64::from(width) / u64::from(size.width.max(1));
    Size::new(width & !1, (u32::try_from(height).unwrap_or(2) & !1).max(2))
}

/// JPEG is BT.601 in full range.
fn small_caps(size: Size, width_max: u32) -> gst::Caps {
    let small = small_size(size, width_max);
    gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", small.width.cast_signed())
        .field("height", small.height.cast_signed())
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .field("colorimetry", "1:4:0:0")
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monitors_keep_the_shape() {
        assert_eq!(small_size(Size::new(1920, 1080), 480), Size::new(480, 270));
        assert_eq!(small_size(Size::new(1080, 1920), 270), Size::new(270, 480));
        assert_eq!(small_size(Size::new(320, 180), 480), Size::new(320, 180));
    }
}
