//! `vitrine key`: one frame of any clip, cut out of its screen.

use crate::cli::{GradeChoice, KeyArgs};
use anyhow::{Context, anyhow};
use image::{ExtendedColorType, ImageFormat};
use std::path::Path;
use vitrine_render::key::{Cutout, cut_out};
use vitrine_scene::grade::{Key, KeyGrade};

/// Keys one frame: RGBA with straight alpha, and the matte.
pub fn key(args: &KeyArgs) -> anyhow::Result<()> {
    vitrine_pipeline::init().context("GStreamer is needed to read clips")?;
    let picture = vitrine_pipeline::decode_frame(&args.clip.display().to_string(), args.at)
        .with_context(|| format!("can't read {}", args.clip.display()))?;
    let grade = match args.grade {
        GradeChoice::Fast => KeyGrade::Fast,
        GradeChoice::Fine => KeyGrade::Fine,
    };
    let cut = cut_out(&picture, &Key { grade, ..Key::default() }, args.auto)
        .ok_or_else(|| anyhow!("{} shows no screen at this place; choose another with --at", args.clip.display()))?;
    save(&cut, &cut.rgba, ExtendedColorType::Rgba8, &args.out)?;
    match &args.matte {
        Some(path) => save(&cut, &cut.matte(), ExtendedColorType::L8, path),
        None => Ok(()),
    }
}

fn save(cut: &Cutout, bytes: &[u8], color: ExtendedColorType, path: &Path) -> anyhow::Result<()> {
    let (width, height) = (cut.size.width, cut.size.height);
    image::save_buffer_with_format(path, bytes, width, height, color, ImageFormat::Png)
        .with_context(|| format!("can't write {}", path.display()))
}
