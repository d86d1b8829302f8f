//! The `virtual-camera` output: the program as a camera for other programs of this machine.

use super::raw::RawLine;
use super::{OutputError, OutputState};
use crate::backoff::Backoff;
use crate::element::make;
use crate::limits;
use gstreamer::prelude::*;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use vitrine_media::{FrameRate, Lane, OutputId, Picture, Popped};

/// Which loopback device shows which canvas.
#[derive(Clone, Debug, PartialEq)]
pub struct VirtualCameraSpec {
    /// Its name in the show.
    pub id: OutputId,
    /// Such as `/dev/video10`, of the v4l2loopback kernel module.
    pub device: PathBuf,
    /// Pictures per second of the canvas.
    pub rate: FrameRate,
}

/// A virtual camera's figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualCameraStats {
    /// How it fares.
    pub state: OutputState,
    /// Pictures shown.
    pub frames_sent: u64,
    /// How often it was opened again.
    pub reconnects: u64,
}

/// Figures of a running virtual camera; close its lane to stop it.
#[derive(Clone)]
pub struct VirtualCameraControl(Arc<Mutex<VirtualCameraStats>>);

impl VirtualCameraControl {
    /// Its figures now.
    #[must_use]
    pub fn stats(&self) -> VirtualCameraStats {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A virtual camera ready to run on a thread of its own.
pub struct VirtualCamera {
    spec: VirtualCameraSpec,
    pictures: Lane<Picture>,
    stats: Arc<Mutex<VirtualCameraStats>>,
}

impl VirtualCamera {
    /// A virtual camera that shows `pictures`, and the handle to its figures.
    #[must_use]
    pub fn new(spec: VirtualCameraSpec, pictures: Lane<Picture>) -> (Self, VirtualCameraControl) {
        let stats = VirtualCameraStats { state: OutputState::Connecting, frames_sent: 0, reconnects: 0 };
        let stats = Arc::new(Mutex::new(stats));
        let control = VirtualCameraControl(Arc::clone(&stats));
        (Self { spec, pictures, stats }, control)
    }

    fn stats(&self) -> std::sync::MutexGuard<'_, VirtualCameraStats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows pictures until their lane is closed. The body of the thread `out-<id>`.
    pub fn run(self) {
        let mut backoff = Backoff::output();
        while let Err(why) = self.show_all() {
            if self.stats().state == OutputState::Live {
                backoff.reset();
            }
            let retry_in = backoff.wait();
            tracing::warn!(output = %self.spec.id, code = why.code(), %why, ?retry_in, "virtual camera lost");
            self.stats().state = OutputState::Lost { why, retry_in };
            if self.wait_out(retry_in) {
                break;
            }
            self.stats().reconnects += 1;
        }
        self.stats().state = OutputState::Stopped;
    }

    /// Lets pictures go by for a while; `true` once their lane is closed.
    fn wait_out(&self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        while Instant::now() < until {
            if matches!(self.pictures.pop(until.saturating_duration_since(Instant::now())), Popped::Closed) {
                return true;
            }
        }
        false
    }

    /// Ends well only when the lane is closed.
    fn show_all(&self) -> Result<(), OutputError> {
        if !self.spec.device.exists() {
            return Err(OutputError::NoDevice(self.spec.device.display().to_string()));
        }
        let mut line: Option<RawLine> = None;
        loop {
            let picture = match self.pictures.pop(limits::SUPERVISE) {
                Popped::Closed => return Ok(()),
                Popped::Empty => continue,
                Popped::Next(picture) => picture,
            };
            if line.as_ref().is_none_or(|l| l.size != picture.size()) {
                // The device can be opened again only after it was closed.
                drop(line.take());
                let (convert, sink) = (make("videoconvert")?, make("v4l2sink")?);
                sink.set_property("device", self.spec.device.to_string_lossy().as_ref());
                sink.set_property("sync", false);
                let name = format!("out-{}", self.spec.id);
                line = Some(RawLine::start(&name, picture.size(), self.spec.rate, &[&convert, &sink])?);
            }
            if let Some(line) = &line {
                line.push(&picture)?;
                let mut stats = self.stats();
                stats.frames_sent += 1;
                stats.state = OutputState::Live;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitrine_media::OnFull;

    #[test]
    fn a_missing_device_is_named_and_waited_for() {
        crate::init().unwrap();
        let pictures = Lane::new("tick→camera", 1, OnFull::DropOldest);
        let spec = VirtualCameraSpec {
            id: OutputId::new("camera").unwrap(),
            device: "/dev/no-such-loopback".into(),
            rate: FrameRate::new(30, 1).unwrap(),
        };
        let (camera, control) = VirtualCamera::new(spec, pictures.clone());
        let thread = std::thread::spawn(move || camera.run());
        while control.stats().state == OutputState::Connecting {
            std::thread::yield_now();
        }
        let OutputState::Lost { why, .. } = control.stats().state else { panic!("{:?}", control.stats()) };
        assert_eq!(why.code(), "OUTPUT_NO_DEVICE");
        assert!(why.to_string().contains("/dev/no-such-loopback"));
        pictures.close();
        thread.join().unwrap();
        assert_eq!(control.stats().state, OutputState::Stopped);
    }
}
