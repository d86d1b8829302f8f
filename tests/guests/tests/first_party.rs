//! The plugins of this house and the authors' examples, each built, rehearsed and drawn: what they say must be what is kept beside their scripts,
//! and what they draw must look as it did.
//!
//! `VITRINE_BLESS=1` writes both anew; read and look before they are committed.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test ends where something is missing")]

use guests::{component, picture, root};
use image::RgbImage;
use std::path::Path;
use std::sync::Arc;
use vitrine_media::ShowTime;
use vitrine_plugin_host::rehearsal::{Rehearsed, Shot};
use vitrine_plugin_host::{Package, pack, read_package};

/// A second after each step everything that enters has entered.
const SETTLED_MS: u64 = 1_000;
/// Largest difference of a channel that is no difference.
const TOLERANCE: u8 = 8;
/// One pixel in this many may differ more: antialiased edges of a font that was built otherwise.
const OUTLIERS: usize = 200;

fn blessing() -> bool {
    std::env::var_os("VITRINE_BLESS").is_some()
}

fn asset(package: &Package, name: &str) -> Option<Arc<[u8]>> {
    if name.starts_with("product:") {
        return std::fs::read(root().join("scenes/autumn-drop/assets/mug-red.svg")).ok().map(Into::into);
    }
    package.files.get(name).or_else(|| package.files.get(&format!("assets/{name}"))).cloned()
}

fn drawn(package: &Package, shot: &Shot, ground: [u8; 3]) -> Option<RgbImage> {
    let overlay = package.manifest.permission.overlay.first()?;
    let layer = shot.layers.get(&overlay.layer)?;
    let at = ShowTime::from_millis(shot.at.millis() + SETTLED_MS);
    let size = (overlay.size[0], overlay.size[1]);
    let picture = picture::draw(layer, size, at, shot.unix_ms + SETTLED_MS, ground, &|name| asset(package, name));
    let first = picture.get_pixel(0, 0);
    picture.pixels().any(|pixel| pixel != first).then_some(picture)
}

fn compare(picture: &RgbImage, golden: &Path) -> Result<(), String> {
    if blessing() {
        return picture.save(golden).map_err(|e| e.to_string());
    }
    let kept = image::open(golden).map_err(|e| format!("{}: {e}", golden.display()))?.into_rgb8();
    if kept.dimensions() != picture.dimensions() {
        return Err(format!("{}: {:?} instead of {:?}", golden.display(), picture.dimensions(), kept.dimensions()));
    }
    let far = |(a, b): &(&image::Rgb<u8>, &image::Rgb<u8>)| a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > TOLERANCE);
    let outliers = picture.pixels().zip(kept.pixels()).filter(far).count();
    if outliers * OUTLIERS <= kept.pixels().len() {
        return Ok(());
    }
    let actual = golden.with_extension("actual.png");
    picture.save(&actual).map_err(|e| e.to_string())?;
    Err(format!("{}: {outliers} pixels differ, see {}", golden.display(), actual.display()))
}

/// Plays one case; its pictures are drawn over a mid grey, those of a case named `light…` over white.
fn play(rehearsed: &Rehearsed, package: &Package, case: &Path) -> Result<(), String> {
    let read =
        |name: &str| std::fs::read_to_string(case.join(name)).map_err(|e| format!("{}/{name}: {e}", case.display()));
    let played = rehearsed.play(&read("script.toml")?)?;
    let actual = played.lines.join("\n") + "\n";
    let name = case.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // A trap is never what is wanted; a refusal is, where nothing was granted.
    if let Some(trouble) = played.lines.iter().find(|line| line.starts_with("! ") && name != "denied") {
        return Err(format!("{}: {trouble}", case.display()));
    }
    if blessing() {
        std::fs::write(case.join("expected.txt"), &actual).map_err(|e| e.to_string())?;
    } else if read("expected.txt")? != actual {
        return Err(format!("{} differs; see `vitrine plugin test`:\n{actual}", case.display()));
    }
    let ground = if name.starts_with("light") { [250, 250, 248] } else { [104, 116, 124] };
    let mut before: Option<&Shot> = None;
    for (n, shot) in played.shots.iter().enumerate() {
        let changed = before.is_none_or(|b| b.layers != shot.layers);
        before = Some(shot);
        if let Some(picture) = drawn(package, shot, ground).filter(|_| changed) {
            compare(&picture, &case.join(format!("step-{n}.png")))?;
        }
    }
    Ok(())
}

fn plugin(path: &str) {
    let folder = root().join(path);
    let Some(component) = component(&folder) else { return };
    vitrine_plugin_tools::check(&folder, &component).unwrap();
    let package = read_package(&pack(&folder, &component).unwrap().1).unwrap();
    let rehearsed = Rehearsed::new(package.clone()).unwrap();
    let mut cases: Vec<_> = std::fs::read_dir(folder.join("tests")).unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    let failed: Vec<String> = cases.iter().filter_map(|case| play(&rehearsed, &package, case).err()).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn the_inventory_ticker() {
    plugin("plugins/inventory-ticker");
}

#[test]
fn the_polls() {
    plugin("plugins/polls");
}

#[test]
fn the_stripe_checkout() {
    plugin("plugins/checkout-stripe");
}

#[test]
fn the_clock_in_javascript() {
    plugin("plugins/clock-and-now-playing");
}

#[test]
fn the_chat_highlights_in_python() {
    plugin("plugins/chat-highlights");
}

#[test]
fn the_examples_in_rust() {
    plugin("examples/01-greeting");
    plugin("examples/03-exchange-rate");
}

#[test]
fn the_examples_in_javascript() {
    plugin("examples/02-price-tag");
    plugin("examples/04-applause");
}
