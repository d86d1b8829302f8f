//! The `test` input: a moving picture and a tone, made here.

use super::{InputError, tap::Tap};
use crate::element::make;
use gstreamer::{self as gst, prelude::*};
use vitrine_media::{FrameRate, Size};

/// What a test input shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TestPattern {
    /// SMPTE colour bars with moving noise.
    #[default]
    Bars,
    /// A ball that moves.
    Ball,
    /// Black.
    Black,
    /// Plain green, as a key's screen.
    Green,
    /// Checkers.
    Checkers,
    /// A gradient.
    Gradient,
    /// Noise.
    Snow,
    /// Rings of rising frequency.
    ZonePlate,
}

impl TestPattern {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bars => "smpte",
            Self::Ball => "ball",
            Self::Black => "black",
            Self::Green => "green",
            Self::Checkers => "checkers-8",
            Self::Gradient => "gradient",
            Self::Snow => "snow",
            Self::ZonePlate => "zone-plate",
        }
    }
}

pub(super) fn build(
    size: Size,
    rate: FrameRate,
    pattern: TestPattern,
    tone_hz: Option<f32>,
    tap: &Tap,
) -> Result<(), InputError> {
    let video = make("videotestsrc")?;
    video.set_property("is-live", true);
    video.set_property_from_str("pattern", pattern.name());
    let caps = crate::picture::canvas_caps(size, rate);
    let filter = make("capsfilter")?;
    filter.set_property("caps", &caps);
    tap.add(&[&video, &filter])?;
    tap.link(&video, &filter)?;
    tap.attach_static(&filter)?;
    if tap.wants_sound() {
        let audio = make("audiotestsrc")?;
        audio.set_property("is-live", true);
        audio.set_property("volume", 0.1_f64);
        audio.set_property_from_str("wave", if tone_hz.is_some() { "sine" } else { "silence" });
        tone_hz.iter().for_each(|hz| audio.set_property("freq", f64::from(*hz)));
        let filter = make("capsfilter")?;
        let caps = gst::Caps::builder("audio/x-raw").field("rate", 48_000_i32).field("channels", 2_i32).build();
        filter.set_property("caps", &caps);
        tap.add(&[&audio, &filter])?;
        tap.link(&audio, &filter)?;
        tap.attach_static(&filter)?;
    }
    Ok(())
}
