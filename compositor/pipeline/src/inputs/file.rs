//! The `file` input: whatever GStreamer decodes, paced by the clock, with in and out points and a gapless loop.

use super::{FileSpec, InputError, tap::Tap};
use crate::element::make;
use gstreamer::{self as gst, prelude::*};
use std::path::Path;
use std::time::Duration;

/// The address of a file: as it is if it has a scheme, else of the path.
pub(crate) fn uri_of(file: &str) -> Result<String, InputError> {
    if file.contains("://") {
        return Ok(file.to_owned());
    }
    let path = std::path::absolute(Path::new(file)).map_err(|e| InputError::BadUri(format!("{file}: {e}")))?;
    if !path.is_file() {
        return Err(InputError::BadUri(format!("there is no file {}; check the path", path.display())));
    }
    let uri = gst::glib::filename_to_uri(&path, None).map_err(|e| InputError::BadUri(format!("{file}: {e}")))?;
    Ok(uri.to_string())
}

/// Whether the name stands for numbered pictures: it holds `%d` or `%04d`.
fn is_series(file: &str) -> bool {
    file.split('%').skip(1).any(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with('d'))
}

pub(super) fn build(spec: &FileSpec, tap: &Tap) -> Result<(), InputError> {
    if is_series(&spec.uri) {
        return build_series(spec, tap);
    }
    let source = make("uridecodebin")?;
    source.set_property("uri", uri_of(&spec.uri)?);
    tap.add(&[&source])?;
    tap.watch_decoder(&source);
    Ok(())
}

fn build_series(spec: &FileSpec, tap: &Tap) -> Result<(), InputError> {
    let source = make("multifilesrc")?;
    source.set_property("location", &spec.uri);
    source.set_property("loop", spec.looping);
    let lower = spec.uri.to_ascii_lowercase();
    let media = if lower.ends_with(".jpg") || lower.ends_with(".jpeg") { "image/jpeg" } else { "image/png" };
    let rate = spec.series_rate;
    let rate = gst::Fraction::new(rate.num().cast_signed(), rate.den().cast_signed());
    source.set_property("caps", gst::Caps::builder(media).field("framerate", rate).build());
    tap.add(&[&source])?;
    tap.decode(&source)
}

fn clock_time(duration: Duration) -> gst::ClockTime {
    gst::ClockTime::try_from(duration).unwrap_or(gst::ClockTime::ZERO)
}

/// Whether the file must be sought before it plays.
pub(super) fn needs_first_seek(spec: &FileSpec) -> bool {
    !is_series(&spec.uri) && (spec.looping || spec.in_point > Duration::ZERO || spec.out_point.is_some())
}

/// Goes to `to` at once; what was decoded is thrown away.
pub(super) fn seek(pipeline: &gst::Pipeline, spec: &FileSpec, to: Duration) -> Result<(), InputError> {
    let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE;
    send_seek(pipeline, spec, to, flags)
}

/// Goes back to the in point once all has been decoded, without a gap.
pub(super) fn again(pipeline: &gst::Pipeline, spec: &FileSpec) -> Result<(), InputError> {
    send_seek(pipeline, spec, spec.in_point, gst::SeekFlags::ACCURATE)
}

fn send_seek(pipeline: &gst::Pipeline, spec: &FileSpec, to: Duration, flags: gst::SeekFlags) -> Result<(), InputError> {
    let flags = if spec.looping { flags | gst::SeekFlags::SEGMENT } else { flags };
    let (stop_type, stop) = match spec.out_point {
        Some(stop) => (gst::SeekType::Set, Some(clock_time(stop))),
        None => (gst::SeekType::Set, gst::ClockTime::NONE),
    };
    pipeline
        .seek(1.0, flags, gst::SeekType::Set, clock_time(to), stop_type, stop)
        .map_err(|_| InputError::Failed(format!("the file can't be sought to {to:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_told_from_a_file() {
        assert!(is_series("a/%04d.png") && is_series("%d.jpg"));
        assert!(!is_series("100%done.mp4") || !is_series("a/b.mp4"));
    }

    #[test]
    fn a_missing_file_says_which() {
        let error = uri_of("/nowhere/x.mp4").unwrap_err();
        assert_eq!(error.code(), "INPUT_BAD_URI");
        assert!(error.to_string().contains("/nowhere/x.mp4"));
    }
}
