//! Golden pictures: each folder of `tests/scenes` is a case, drawn by the program itself and compared pixel by pixel.
//!
//! `VITRINE_BLESS=1` writes the pictures anew; look at them before they are committed.

#![allow(clippy::expect_used, reason = "a test says what went wrong by failing")]

use image::RgbImage;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A case, as its `test.toml` says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The show file, relative to the case; `show.toml` beside it if not said.
    #[serde(default = "own_show")]
    show: String,
    /// The scene; the first if not said.
    scene: Option<String>,
    /// The instant.
    #[serde(default = "at_start")]
    at: String,
    /// The canvas; the first if not said.
    canvas: Option<String>,
    /// Largest difference per channel that is no difference.
    #[serde(default = "two")]
    tolerance: u8,
    /// Pixels that may differ more: antialiased edges of fonts that were built otherwise.
    #[serde(default)]
    max_outliers: usize,
}

fn own_show() -> String {
    "show.toml".to_owned()
}

fn at_start() -> String {
    "0s".to_owned()
}

const fn two() -> u8 {
    2
}

fn root() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where"))
        .join("../..")
        .canonicalize()
        .expect("the repository is there")
}

fn draw(folder: &Path, case: &Case, renderer: &str, out: &Path) -> Result<(), String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vitrine"));
    command.arg("render").arg(folder.join(&case.show)).args(["--at", &case.at, "--renderer", renderer]);
    command.arg("--out").arg(out);
    if let Some(scene) = &case.scene {
        command.args(["--scene", scene]);
    }
    if let Some(canvas) = &case.canvas {
        command.args(["--canvas", canvas]);
    }
    let ran = command.output().map_err(|e| e.to_string())?;
    if ran.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&ran.stderr).into_owned()) }
}

/// Pixels that differ by more than the tolerance, and a picture of where.
fn differ(actual: &RgbImage, expected: &RgbImage, tolerance: u8) -> (usize, RgbImage) {
    let mut outliers = 0;
    let mut shown = RgbImage::new(expected.width(), expected.height());
    for ((out, a), e) in shown.pixels_mut().zip(actual.pixels()).zip(expected.pixels()) {
        let worst = a.0.iter().zip(e.0).map(|(a, e)| a.abs_diff(e)).max().unwrap_or(0);
        outliers += usize::from(worst > tolerance);
        *out = image::Rgb([worst.saturating_mul(8); 3]);
    }
    (outliers, shown)
}

fn check(folder: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(folder.join("test.toml")).map_err(|e| e.to_string())?;
    let case: Case = toml::from_str(&text).map_err(|e| e.to_string())?;
    let golden = folder.join("expected.png");
    if std::env::var_os("VITRINE_BLESS").is_some() {
        return draw(folder, &case, "cpu", &golden);
    }
    let work = tempfile::tempdir().map_err(|e| e.to_string())?;
    let drawn = work.path().join("actual.png");
    draw(folder, &case, "cpu", &drawn)?;
    let open = |path: &Path| image::open(path).map(image::DynamicImage::into_rgb8).map_err(|e| e.to_string());
    let (actual, expected) = (open(&drawn)?, open(&golden)?);
    if actual.dimensions() != expected.dimensions() {
        return Err(format!("{:?} instead of {:?}", actual.dimensions(), expected.dimensions()));
    }
    let (outliers, difference) = differ(&actual, &expected, case.tolerance);
    if outliers <= case.max_outliers {
        return Ok(());
    }
    let kept = work.keep();
    let _ = difference.save(kept.join("difference.png"));
    let _ = std::fs::copy(&golden, kept.join("expected.png"));
    Err(format!("{outliers} pixels differ; see actual, expected and difference in {}", kept.display()))
}

#[test]
fn every_scene_looks_as_it_did() {
    let mut failed = Vec::new();
    let mut cases = 0;
    let mut folders: Vec<_> = std::fs::read_dir(root().join("tests/scenes"))
        .expect("tests/scenes is there")
        .flatten()
        .map(|e| e.path())
        .collect();
    folders.sort();
    for folder in folders.iter().filter(|folder| folder.join("test.toml").is_file()) {
        cases += 1;
        if let Err(why) = check(folder) {
            failed.push(format!("{}: {why}", folder.file_name().unwrap_or_default().to_string_lossy()));
        }
    }
    assert!(cases > 0, "there are no cases");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
