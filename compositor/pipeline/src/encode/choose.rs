//! Which encoder: the best one that works here, with our settings in its own words.

use super::{AudioSettings, EncodeError, VideoSettings};
use crate::element::exists;
use gstreamer::{self as gst, prelude::*};
use vitrine_media::FrameRate;

/// H.264 encoders, best first: hardware, then the better software.
pub const VIDEO_ENCODERS: [&str; 5] = ["nvh264enc", "vah264enc", "vaapih264enc", "x264enc", "openh264enc"];
/// AAC encoders, best first.
pub const AUDIO_ENCODERS: [&str; 3] = ["fdkaacenc", "avenc_aac", "voaacenc"];

/// The H.264 encoders found here, best first.
#[must_use]
pub fn video_encoders() -> Vec<&'static str> {
    VIDEO_ENCODERS.into_iter().filter(|name| exists(name)).collect()
}

/// The AAC encoders found here, best first.
#[must_use]
pub fn audio_encoders() -> Vec<&'static str> {
    AUDIO_ENCODERS.into_iter().filter(|name| exists(name)).collect()
}

fn first_of(kind: &'static str, found: &[&'static str], all: &[&str]) -> Result<&'static str, EncodeError> {
    found.first().copied().ok_or_else(|| EncodeError::NoEncoder(kind, all.join(", ")))
}

/// The H.264 encoder for `settings`, set up.
pub(super) fn video(settings: &VideoSettings, rate: FrameRate) -> Result<gst::Element, EncodeError> {
    let found = video_encoders();
    let wanted = settings.encoder.as_deref();
    let name = match wanted.and_then(|w| found.iter().find(|f| **f == w)) {
        Some(name) => *name,
        None => first_of("H.264", &found, &VIDEO_ENCODERS)?,
    };
    let encoder = crate::element::make(name)?;
    let gop = keyframe_pictures(settings.keyframe_ms, rate);
    match name {
        "x264enc" => set_x264(&encoder, settings, gop),
        "openh264enc" => set_openh264(&encoder, settings, gop),
        _ => {
            set(&encoder, "bitrate", settings.bitrate_kbps);
            for property in ["gop-size", "key-int-max", "keyframe-period"] {
                set(&encoder, property, gop);
            }
            for property in ["bframes", "b-frames", "max-bframes"] {
                set(&encoder, property, 0);
            }
            set_word(&encoder, "rc-mode", "cbr");
            set_word(&encoder, "rate-control", "cbr");
            set_word(&encoder, "zerolatency", if settings.low_delay { "true" } else { "false" });
        }
    }
    Ok(encoder)
}

/// The name of a video encoder that [`video`] made.
pub(super) fn name_of(encoder: &gst::Element) -> &'static str {
    let name = encoder.factory().map(|f| f.name());
    VIDEO_ENCODERS.into_iter().find(|known| name.as_deref() == Some(*known)).unwrap_or_default()
}

/// Pictures from key picture to key picture; at least one.
fn keyframe_pictures(keyframe_ms: u32, rate: FrameRate) -> u32 {
    let count = u64::from(keyframe_ms) * u64::from(rate.num()) / (u64::from(rate.den()) * 1000);
    u32::try_from(count).unwrap_or(u32::MAX).max(1)
}

fn set_x264(encoder: &gst::Element, settings: &VideoSettings, gop: u32) {
    set_word(encoder, "speed-preset", settings.preset.name());
    if settings.low_delay {
        set_word(encoder, "tune", "zerolatency");
    }
    set(encoder, "bitrate", settings.bitrate_kbps);
    set(encoder, "key-int-max", gop);
    set(encoder, "threads", settings.threads);
    // Without B pictures decoding and showing order agree: nothing downstream has to guess stamps.
    set(encoder, "bframes", 0);
    set(encoder, "vbv-buf-capacity", 1000);
    // Platforms ask for key pictures at a fixed distance, not at scene changes.
    set_word(encoder, "option-string", "scenecut=0:force-cfr=1");
}

fn set_openh264(encoder: &gst::Element, settings: &VideoSettings, gop: u32) {
    set(encoder, "bitrate", settings.bitrate_kbps.saturating_mul(1000));
    set(encoder, "gop-size", gop);
    set(encoder, "multi-thread", settings.threads);
    set_word(encoder, "rate-control", "bitrate");
    set_word(encoder, "complexity", "low");
}

/// The AAC encoder for `settings`, and how many samples late its sound comes out.
pub(super) fn audio(settings: &AudioSettings) -> Result<(gst::Element, u32), EncodeError> {
    let name = first_of("AAC", &audio_encoders(), &AUDIO_ENCODERS)?;
    let encoder = crate::element::make(name)?;
    set(&encoder, "bitrate", settings.bitrate_kbps.saturating_mul(1000));
    let delay = match name {
        "fdkaacenc" => 2048,
        "avenc_aac" => 1024,
        _ => 1600,
    };
    Ok((encoder, delay))
}

/// Sets a number, whatever its width, if the element has it.
fn set(element: &gst::Element, property: &str, value: u32) {
    set_word(element, property, &value.to_string());
}

/// Sets a value given as text, if the element has it.
fn set_word(element: &gst::Element, property: &str, value: &str) {
    if element.has_property(property) {
        element.set_property_from_str(property, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_pictures_are_counted_in_pictures() {
        assert_eq!(keyframe_pictures(2000, FrameRate::new(30, 1).unwrap()), 60);
        assert_eq!(keyframe_pictures(2000, FrameRate::new(30_000, 1001).unwrap()), 59);
        assert_eq!(keyframe_pictures(0, FrameRate::new(30, 1).unwrap()), 1);
    }

    #[test]
    fn every_encoder_found_takes_our_settings() {
        crate::init().unwrap();
        let found = video_encoders();
        assert!(!found.is_empty(), "no H.264 encoder is installed");
        for name in found {
            let settings = VideoSettings { encoder: Some(name.to_owned()), bitrate_kbps: 3210, ..Default::default() };
            let encoder = video(&settings, FrameRate::new(25, 1).unwrap()).unwrap();
            assert_eq!(encoder.factory().unwrap().name(), name);
            if name == "x264enc" {
                assert_eq!(encoder.property::<u32>("bitrate"), 3210);
                assert_eq!(encoder.property::<u32>("key-int-max"), 50);
            }
        }
    }
}
