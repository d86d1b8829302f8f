//! ffmpeg and GStreamer, as installed, each on raw frames through a pipe.

use super::{Cut, ours::from_rgba};
use crate::camera::Frame;
use crate::peer::{Skip, pipe};

/// Similarity and blend of `chromakey`; mix and expand of `despill`.
pub(super) const FFMPEG_KNOBS: [&[f32]; 4] = [
    &[0.02, 0.05, 0.08, 0.12, 0.17, 0.23, 0.3],
    &[0.0, 0.03, 0.06, 0.1, 0.16, 0.25],
    &[0.0, 0.25, 0.5, 0.75, 1.0],
    &[0.0, 0.3, 0.6, 1.0],
];

/// Angle, noise level, black and white sensitivity of `alpha`.
pub(super) const GSTREAMER_KNOBS: [&[f32]; 4] = [
    &[5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 80.0],
    &[0.5, 2.0, 5.0, 10.0, 20.0, 35.0],
    &[40.0, 100.0, 128.0],
    &[40.0, 100.0, 128.0],
];

fn cuts(frames: &[Frame], rgba: &[u8], program: &str) -> Result<Vec<Cut>, Skip> {
    let length = frames.first().map_or(0, |f| f.size.pixels() as usize * 4);
    if length == 0 || rgba.len() < length * frames.len() {
        return Err(Skip(format!("{program} gave too few bytes")));
    }
    Ok(rgba.chunks_exact(length).take(frames.len()).map(from_rgba).collect())
}

pub(super) fn ffmpeg(frames: &[Frame], picked: [f32; 3], knobs: &[f32]) -> Result<Vec<Cut>, Skip> {
    let (Some(first), [similarity, blend, mix, expand]) = (frames.first(), knobs) else {
        return Err(Skip("no frames".to_owned()));
    };
    let size = format!("{}x{}", first.size.width, first.size.height);
    let format = if first.full_chroma { "yuv444p" } else { "yuv420p" };
    let [r, g, b] = picked.map(|c| (c.clamp(0.0, 1.0) * 255.0).round() as u8);
    let kind = if picked[2] > picked[1] { "blue" } else { "green" };
    // Frames are BT.709 limited; named on both sides so that ffmpeg's own conversions use that matrix too.
    let filter = format!(
        "scale=in_color_matrix=bt709:out_color_matrix=bt709,chromakey=0x{r:02x}{g:02x}{b:02x}:{}:{blend},\
         scale=in_color_matrix=bt709:in_range=tv,format=rgba,despill=type={kind}:mix={mix}:expand={expand}",
        similarity.max(1e-5),
    );
    let input = ["-v", "error", "-f", "rawvideo", "-pix_fmt", format, "-s", &size, "-i", "-"];
    let output = ["-vf", &filter, "-f", "rawvideo", "-pix_fmt", "rgba", "-"];
    let bytes: Vec<u8> = frames.iter().flat_map(Frame::bytes).collect();
    cuts(frames, &pipe("ffmpeg", &[&input[..], &output[..]].concat(), &bytes)?, "ffmpeg")
}

pub(super) fn gstreamer(frames: &[Frame], picked: [f32; 3], knobs: &[f32]) -> Result<Vec<Cut>, Skip> {
    let (Some(first), [angle, noise, black, white]) = (frames.first(), knobs) else {
        return Err(Skip("no frames".to_owned()));
    };
    // Without padding only widths that are multiples of 8 match GStreamer's rows.
    let (width, height) = (first.size.width, first.size.height);
    if width % 8 != 0 || height % 2 != 0 {
        return Err(Skip("GStreamer is measured on widths that are multiples of 8".to_owned()));
    }
    let format = if first.full_chroma { "y444" } else { "i420" };
    let [r, g, b] = picked.map(|c| (c.clamp(0.0, 1.0) * 255.0).round() as u8);
    let line = format!(
        "-q fdsrc ! rawvideoparse format={format} width={width} height={height} colorimetry=bt709 ! \
         alpha method=custom target-r={r} target-g={g} target-b={b} angle={angle} noise-level={noise} \
         black-sensitivity={black} white-sensitivity={white} ! videoconvert ! video/x-raw,format=RGBA ! fdsink"
    );
    let args: Vec<&str> = line.split_whitespace().collect();
    let bytes: Vec<u8> = frames.iter().flat_map(Frame::bytes).collect();
    cuts(frames, &pipe("gst-launch-1.0", &args, &bytes)?, "GStreamer")
}
