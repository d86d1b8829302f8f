//! `vitrine key`: one frame of any clip, cut out of its screen.

use crate::cli::{GradeChoice, KeyArgs};
use anyhow::{Context, anyhow};
use image::{ExtendedColorType, ImageFormat};
use keying::camera::Frame;
use keying::obs;
use std::path::Path;
use vitrine_media::Picture;
use vitrine_render::key::{Cutout, cut_out, find};
use vitrine_scene::grade::{Key, KeyGrade};

/// Keys one frame: RGBA with straight alpha, and the matte.
pub fn key(args: &KeyArgs) -> anyhow::Result<()> {
    vitrine_pipeline::init().context("GStreamer is needed to read clips")?;
    let picture = vitrine_pipeline::decode_frame(&args.clip.display().to_string(), args.at)
        .with_context(|| format!("can't read {}", args.clip.display()))?;
    let ours = |grade: KeyGrade| cut_out(&picture, &Key { grade, ..Key::default() }, args.auto);
    let cut = match args.grade {
        GradeChoice::Fast => ours(KeyGrade::Fast),
        GradeChoice::Fine => ours(KeyGrade::Fine),
        GradeChoice::Obs => by_obs(&picture, args.auto),
    };
    let cut =
        cut.ok_or_else(|| anyhow!("{} shows no screen at this place; choose another with --at", args.clip.display()))?;
    save(&cut, &cut.rgba, ExtendedColorType::Rgba8, &args.out)?;
    match &args.matte {
        Some(path) => save(&cut, &cut.matte(), ExtendedColorType::L8, path),
        None => Ok(()),
    }
}

/// As OBS would: its filter as it comes, for a green or a blue screen; or, as with its eyedropper, the screen's own
/// colour and the smallest similarity that clears the screen.
fn by_obs(picture: &Picture, picked: bool) -> Option<Cutout> {
    let found = find(std::slice::from_ref(picture), &Key::default())?;
    let color = [found.color.r, found.color.g, found.color.b].map(|c| f32::from(c) / 255.0);
    let frame = Frame::of(picture)?;
    let settings = if picked { obs::Settings::picked(&frame, color) } else { obs::Settings::default_for(color) };
    let cut = obs::key(&frame, &settings);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte first")]
    let code = |c: f32| (c.clamp(0.0, 1.0) * 255.0).round() as u8;
    let pixels = cut.rgb.iter().zip(&cut.alpha);
    let rgba = pixels.flat_map(|([r, g, b], a)| [*r, *g, *b, *a].map(code)).collect();
    Some(Cutout { size: picture.size(), rgba })
}

fn save(cut: &Cutout, bytes: &[u8], color: ExtendedColorType, path: &Path) -> anyhow::Result<()> {
    let (width, height) = (cut.size.width, cut.size.height);
    image::save_buffer_with_format(path, bytes, width, height, color, ImageFormat::Png)
        .with_context(|| format!("can't write {}", path.display()))
}
