//! What this machine can take in, encode and send out.

use crate::element::exists;
use crate::encode::{audio_encoders, video_encoders};
use gstreamer::{self as gst, prelude::*};

/// One kind of input or output, and whether it works here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The kind as a show file names it.
    pub kind: &'static str,
    /// Elements it needs that are missing; empty when it works.
    pub missing: Vec<&'static str>,
}

/// A camera of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Camera {
    /// What it calls itself.
    pub name: String,
    /// Such as `/dev/video0`.
    pub device: String,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// GStreamer's own name and version.
    pub gstreamer: String,
    /// Inputs.
    pub inputs: Vec<Found>,
    /// Outputs.
    pub outputs: Vec<Found>,
    /// H.264 encoders, best first.
    pub video_encoders: Vec<&'static str>,
    /// AAC encoders, best first.
    pub audio_encoders: Vec<&'static str>,
    /// Cameras.
    pub cameras: Vec<Camera>,
}

const INPUTS: [(&str, &[&str]); 7] = [
    ("test", &["videotestsrc", "audiotestsrc"]),
    ("file", &["uridecodebin"]),
    ("v4l2", &["v4l2src"]),
    ("rtsp", &["rtspsrc"]),
    ("srt", &["srtsrc", "tsdemux"]),
    ("rtmp", &["rtmp2src", "flvdemux"]),
    ("pipeline", &["decodebin"]),
];

const OUTPUTS: [(&str, &[&str]); 6] = [
    ("rtmp", &["flvmux", "rtmp2sink"]),
    ("srt", &["mpegtsmux", "srtsink"]),
    ("record", &["mp4mux", "matroskamux", "filesink"]),
    ("hls", &["mpegtsmux", "filesink"]),
    ("virtual-camera", &["v4l2sink"]),
    ("preview", &["jpegenc"]),
];

/// Looks what is there. Opens no device and no connection; [`crate::init`] must have been called.
#[must_use]
pub fn probe() -> Probe {
    let look = |(kind, needs): (&'static str, &[&'static str])| Found {
        kind,
        missing: needs.iter().copied().filter(|name| !exists(name)).collect(),
    };
    Probe {
        gstreamer: gst::version_string().to_string(),
        inputs: INPUTS.into_iter().map(look).collect(),
        outputs: OUTPUTS.into_iter().map(look).collect(),
        video_encoders: video_encoders(),
        audio_encoders: audio_encoders(),
        cameras: cameras(),
    }
}

fn cameras() -> Vec<Camera> {
    let monitor = gst::DeviceMonitor::new();
    monitor.add_filter(Some("Video/Source"), None);
    let devices = monitor.devices();
    devices
        .iter()
        .filter_map(|device| {
            let path = device.properties()?.get::<String>("device.path").ok()?;
            Some(Camera { name: device.display_name().to_string(), device: path })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_works_here_is_told_apart_from_what_does_not() {
        crate::init().unwrap();
        let found = probe();
        assert!(found.inputs.iter().any(|f| f.kind == "file" && f.missing.is_empty()), "{found:?}");
        assert!(!found.video_encoders.is_empty(), "{found:?}");
        assert!(found.gstreamer.starts_with("GStreamer 1."), "{found:?}");
    }
}
