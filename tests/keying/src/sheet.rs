//! Contact sheets: what each method made of an axis, to be looked at.

use crate::metrics::{background, over};
use crate::truth::{Axis, axes};
use crate::{Options, Scene, Skip, Table, scenes};
use image::{Rgb, RgbImage};
use std::path::Path;

/// Writes `DIR/AXIS.png`, one for each axis: a row a method (the truth first) of matte, composite on a bright and on
/// a dark background, with the settings that `table` found.
///
/// # Errors
/// When an axis can't be made here, or a file can't be written.
pub fn write_sheets(options: &Options, table: &Table, dir: &Path) -> Result<(), Skip> {
    std::fs::create_dir_all(dir).map_err(|e| Skip(format!("can't make {}: {e}", dir.display())))?;
    let chosen = |axis: &Axis| options.axes.is_empty() || options.axes.iter().any(|name| name == axis.name);
    for axis in axes().into_iter().filter(chosen) {
        let scored = scenes(&axis, &options.seeds[..1], options)?;
        let Some(scene) = scored.first() else { continue };
        let sheet = draw(options, table, &axis, scene);
        let path = dir.join(format!("{}.png", axis.name));
        sheet.save(&path).map_err(|e| Skip(format!("can't write {}: {e}", path.display())))?;
    }
    Ok(())
}

fn draw(options: &Options, table: &Table, axis: &Axis, scene: &Scene) -> RgbImage {
    let (width, height) = (options.width as u32, options.height as u32);
    let mut sheet = RgbImage::new(width * 3, height * (options.methods.len() as u32 + 1));
    let mut row = |at: u32, rgb: &[[f32; 3]], alpha: &[f32], first: Option<&[[f32; 3]]>| {
        for y in 0..height {
            for x in 0..width {
                let index = (y * width + x) as usize;
                let on = |which| {
                    let under = background(which, x as f32 / width as f32, y as f32 / height as f32);
                    over(rgb[index], alpha[index], under, true)
                };
                let left = first.map_or([alpha[index]; 3], |first| first[index]);
                for (column, colour) in [left, on(1), on(0)].into_iter().enumerate() {
                    let pixel = Rgb(colour.map(|c| (c.clamp(0.0, 1.0) * 255.0).round() as u8));
                    sheet.put_pixel(column as u32 * width + x, at * height + y, pixel);
                }
            }
        }
    };
    let subject: Vec<_> = scene.truth.subject.iter().map(|c| c.map(crate::truth::encode)).collect();
    let seen = scene.frames.last().map(crate::camera::Frame::rgb);
    row(0, &subject, &scene.truth.alpha, seen.as_deref());
    for (at, method) in options.methods.iter().enumerate() {
        let found =
            table.rows.iter().find(|row| row.axis == axis.name && row.method == *method && row.scores.is_some());
        let cuts = found.and_then(|row| method.key(&scene.frames, scene.truth.picked, &row.knobs).ok());
        if let Some(cut) = cuts.as_deref().and_then(<[_]>::last) {
            row(at as u32 + 1, &cut.rgb, &cut.alpha, None);
        }
    }
    sheet
}
