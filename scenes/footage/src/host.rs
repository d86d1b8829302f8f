//! A potter before a green screen: she talks, blinks, breathes, and swings a mug fast enough to blur.

use crate::film::{FPS, Reel, byte, chance, encoded, linear};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};
use std::f32::consts::TAU;
use std::fmt::Write;
use std::path::Path;

/// Size of the clip and its length: ten seconds.
const REEL: Reel = Reel { width: 1280, height: 1080, frames: 10 * FPS };
/// Part of a frame's time in which the shutter is open: 180 degrees.
const SHUTTER: f32 = 0.5;
/// Sub-frames of an open shutter while she stands, and while the mug flies.
const STILL: u16 = 2;
const FAST: u16 = 8;
/// Seconds in which the mug swings.
const SWING: (f32, f32) = (3.4, 5.4);
/// When she blinks, seconds.
const BLINKS: [f32; 3] = [1.3, 6.1, 8.2];
/// Single hairs that stand out of the rest.
const HAIRS: u32 = 260;
/// Noise of the sensor, in eight-bit steps either way.
const NOISE: f32 = 1.6;

/// Paints the clip.
///
/// # Errors
/// When it can't be encoded.
pub(crate) fn shoot(to: &Path) -> anyhow::Result<()> {
    let screen = screen();
    let curve: Vec<f32> = (0..=255_u8).map(|v| linear(f32::from(v) / 255.0)).collect();
    REEL.shoot(to, |frame, sheet| expose(frame, &screen, &curve, sheet))
}

/// A cloth, lit unevenly from both sides, with soft folds; linear light.
fn screen() -> Vec<[f32; 3]> {
    let at = |x: f32, y: f32| {
        let side = (x - 0.5).abs();
        let light = 1.0 - 0.42 * side * side * 4.0 * 0.5 - 0.16 * (y - 0.3).abs();
        let folds = 0.025 * (x * 23.0 + 1.4 * (y * 3.0).sin()).sin() + 0.015 * (x * 61.0 + y * 5.0).sin();
        [0x47, 0xb0, 0x5f].map(|v: u8| linear(f32::from(v) / 255.0) * (light + folds))
    };
    let (across, down) = (part(REEL.width), part(REEL.height));
    let row = |y: usize| (0..REEL.width).map(move |x| at(part(x) / across, part(y) / down));
    (0..REEL.height).flat_map(row).collect()
}

#[allow(clippy::cast_precision_loss, reason = "pixels of a picture")]
const fn part(n: usize) -> f32 {
    n as f32
}

/// Light of every sub-frame falls on the same sensor.
fn expose(frame: u32, screen: &[[f32; 3]], curve: &[f32], sheet: &mut [u8]) {
    #[allow(clippy::cast_precision_loss, reason = "hundreds of frames")]
    let begins = frame as f32 / 30.0;
    let swings = begins > SWING.0 - 0.1 && begins < SWING.1 + 0.1;
    let count = if swings { FAST } else { STILL };
    let mut light = vec![[0.0_f32; 4]; screen.len()];
    for index in 0..count {
        let at = begins + SHUTTER / 30.0 * f32::from(index) / f32::from(count);
        let Some(picture) = drawn(&figure(at)) else { continue };
        for (sum, pixel) in light.iter_mut().zip(picture.pixels()) {
            let alpha = pixel.alpha();
            if alpha == 0 {
                continue;
            }
            let cover = f32::from(alpha) / 255.0;
            let plain = pixel.demultiply();
            for (sum, value) in sum.iter_mut().zip([plain.red(), plain.green(), plain.blue()]) {
                *sum += cover * curve[usize::from(value)];
            }
            sum[3] += cover;
        }
    }
    let share = 1.0 / f32::from(count);
    for ((index, (sum, behind)), out) in (0_u32..).zip(light.iter().zip(screen)).zip(sheet.chunks_exact_mut(3)) {
        let seed = frame.wrapping_mul(0x0100_0193) ^ index.wrapping_mul(3);
        for (channel, out) in (0_u32..).zip(out) {
            let at = channel as usize;
            let value = encoded(sum[at] * share + behind[at] * (1.0 - sum[3] * share));
            *out = byte(value + (chance(seed.wrapping_add(channel)) - 0.5) * 2.0 * NOISE / 255.0);
        }
    }
}

fn drawn(svg: &str) -> Option<Pixmap> {
    let tree = Tree::from_str(svg, &Options::default()).ok()?;
    let mut picture = Pixmap::new(u32::try_from(REEL.width).ok()?, u32::try_from(REEL.height).ok()?)?;
    resvg::render(&tree, Transform::identity(), &mut picture.as_mut());
    Some(picture)
}

/// A wave with a whole number of periods in the clip: -1 to 1.
fn wave(at: f32, periods: f32, offset: f32) -> f32 {
    (TAU * (at / 10.0 * periods + offset)).sin()
}

/// How far a mouth is open, 0 to 1: phrases of syllables with pauses.
fn speech(at: f32) -> f32 {
    let phrase = (wave(at, 3.0, 0.1) + 0.6).clamp(0.0, 1.0);
    phrase * (0.35 + 0.4 * wave(at, 43.0, 0.0) + 0.25 * wave(at, 29.0, 0.3)).clamp(0.0, 1.0)
}

/// How far the lids are down, 0 to 1.
fn blink(at: f32) -> f32 {
    BLINKS.iter().map(|when| (1.0 - ((at - when) / 0.09).abs()).clamp(0.0, 1.0)).fold(0.0, f32::max)
}

/// Degrees by which the forearm is turned.
fn arm(at: f32) -> f32 {
    let inside = ((at - SWING.0) / (SWING.1 - SWING.0)).clamp(0.0, 1.0);
    let swing = (inside * std::f32::consts::PI).sin().powi(2) * 11.0 * (TAU * 2.5 * (at - SWING.0)).sin();
    1.5 * wave(at, 2.0, 0.2) + swing
}

/// The whole figure at an instant, without a background.
fn figure(at: f32) -> String {
    let breath = 3.0 * wave(at, 3.0, 0.0);
    let tilt = 2.2 * wave(at, 2.0, 0.15) + 0.8 * wave(at, 5.0, 0.4);
    let shift = 7.0 * wave(at, 1.0, 0.3);
    let head = format!("translate({shift:.2} {:.2}) rotate({tilt:.3} 640 600)", breath * 0.6);
    let mut svg = String::with_capacity(40_000);
    svg.push_str(BEGIN);
    let _ = write!(svg, r#"<g transform="{head}">{HAIR_BEHIND}"#);
    hairs(&mut svg, at, tilt);
    let _ = write!(svg, r#"</g><g transform="translate(0 {breath:.2})">{BODY}</g><g transform="{head}">{FACE}"#);
    face(&mut svg, at);
    let _ = write!(svg, r#"{FRINGE}</g><g transform="rotate({:.3} 1000 1010)">{ARM}</g></svg>"#, arm(at));
    svg
}

/// Eyes, brows and mouth.
fn face(svg: &mut String, at: f32) {
    let (lids, mouth) = (blink(at), speech(at));
    let (open, look) = (9.5 * (1.0 - lids) + 0.8, 2.5 * wave(at, 2.0, 0.6));
    for x in [590.0, 690.0] {
        let _ = write!(
            svg,
            r##"<ellipse cx="{x}" cy="405" rx="15" ry="{open:.2}" fill="#fff"/><ellipse cx="{:.2}" cy="405" rx="8.5" ry="{:.2}" fill="#33241c"/><path d="M{} 402q15 {:.2} 30 0" stroke="#2c1d1a" stroke-width="5" fill="none"/>"##,
            x + look,
            open.min(8.5),
            x - 15.0,
            -12.0 * (1.0 - lids) + 5.0 * lids,
        );
    }
    let brow = 3.0 * mouth;
    let _ = write!(
        svg,
        r##"<path d="M566 {0:.2}q24-16 48-4M666 {1:.2}q24-12 48 4" stroke="#2c1d1a" stroke-width="8" fill="none" stroke-linecap="round"/><path d="M596 492q44 {2:.2} 88 0-44 {3:.2}-88 0z" fill="#7d322c"/><path d="M600 493q40 8 80 0l-6 6q-34 6-68 0z" fill="#fff"/>"##,
        374.0 - brow,
        370.0 - brow,
        24.0 + 26.0 * mouth,
        10.0 - 14.0 * mouth,
    );
}

/// Where a hair leaves the head, `at` 0 (the crown) to 1 (the tips) down its left edge, and which way it lies there.
fn edge(at: f32) -> ([f32; 2], [f32; 2]) {
    const CROWN: f32 = 0.45;
    if at < CROWN {
        let (sin, cos) = (std::f32::consts::FRAC_PI_2 * (1.0 - at / CROWN)).sin_cos();
        return ([640.0 - 172.0 * cos, 318.0 - 236.0 * sin], [-sin, 0.3 + cos]);
    }
    let down = (at - CROWN) / (1.0 - CROWN);
    ([470.0 - 22.0 * down * down, 318.0 + 250.0 * down], [-0.12, 1.0])
}

/// Single hairs round the head that swing after it.
fn hairs(svg: &mut String, at: f32, tilt: f32) {
    for index in 0..HAIRS {
        let [place, long, bend, thick, phase] = [1, 2, 3, 4, 5].map(|n| chance(index * 8 + n));
        let sway = 5.0 * wave(at, 2.0, 0.05 + 0.1 * phase) + 2.0 * wave(at, 7.0, phase) - tilt;
        let (x, y, dx, dy) = if index % 2 == 0 {
            (446.0 + 388.0 * place, 562.0, (bend - 0.5) * 22.0 + sway, 24.0 + 46.0 * long)
        } else {
            let side = if index % 4 == 1 { 1.0 } else { -1.0 };
            let ([x, y], [lie_x, lie_y]) = edge(place);
            let long = 26.0 + 44.0 * long;
            let outward = 3.0 + 17.0 * bend * bend;
            (640.0 + side * (x - 636.0), y, side * (lie_x * long - outward) + 0.4 * sway, lie_y * long)
        };
        let shade = ["#2c1d1a", "#3a2620", "#241613"][index as usize % 3];
        let _ = write!(
            svg,
            r#"<path d="M{x:.1} {y:.1}q{:.1} {:.1} {dx:.1} {dy:.1}" stroke="{shade}" stroke-width="{:.2}" fill="none" stroke-linecap="round"/>"#,
            dx * 0.2,
            dy * 0.6,
            0.9 + 1.3 * thick,
        );
    }
}

const BEGIN: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 1080" width="1280" height="1080"><defs><linearGradient id="shirt" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#efeae2"/><stop offset="1" stop-color="#c3b8aa"/></linearGradient><linearGradient id="skin" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#e0a380"/><stop offset="1" stop-color="#b27150"/></linearGradient><linearGradient id="apron" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#7f4030"/><stop offset="1" stop-color="#582a20"/></linearGradient><linearGradient id="hair" x1="0" y1="0" x2="1" y2="0.4"><stop offset="0" stop-color="#45302a"/><stop offset="0.45" stop-color="#2c1d1a"/><stop offset="1" stop-color="#1f1311"/></linearGradient><linearGradient id="glaze" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="#b04a31"/><stop offset="0.3" stop-color="#d8694c"/><stop offset="1" stop-color="#98391f"/></linearGradient></defs>"##;
const HAIR_BEHIND: &str = r#"<path d="M470 330c-40-160 50-250 170-250s215 90 175 260c-8 90-10 160 20 230-90 40-300 40-390 0 40-70 36-150 25-240z" fill="url(#hair)"/>"#;
const BODY: &str = r##"<path d="M330 1120c0-280 60-440 190-480h240c130 40 190 190 190 480z" fill="url(#shirt)"/><path d="M580 510h120v140q24 14 30 20-90 64-180 0 6-6 30-20z" fill="#bd8361"/><path d="M580 566q60 40 120 0v30q-60 40-120 0z" fill="#9d6646" opacity="0.5"/><path d="M470 690c20-30 50-44 80-50l20 480H420c0-200 20-340 50-430zM810 690c-20-30-50-44-80-50l-20 480h150c0-200-20-340-50-430z" fill="url(#apron)"/><path d="M500 760h280v360H500z" fill="url(#apron)"/><path d="M500 760h280v10H500z" fill="#8d4a38"/><path d="M560 860h160v90q-80 40-160 0z" fill="#4c2218"/><path d="M560 860h160v8H560z" fill="#8d4a38"/>"##;
const FACE: &str = r##"<ellipse cx="640" cy="400" rx="128" ry="165" fill="url(#skin)"/><ellipse cx="570" cy="452" rx="26" ry="16" fill="#d98565" opacity="0.35"/><ellipse cx="712" cy="452" rx="26" ry="16" fill="#c97355" opacity="0.35"/><path d="M640 410q-12 44 2 56" stroke="#a8694a" stroke-width="6" fill="none" stroke-linecap="round"/>"##;
const FRINGE: &str = r##"<path d="M505 380c10-120 70-180 140-180 60 0 120 50 130 150-60-20-90-60-110-100-30 70-90 110-160 130z" fill="url(#hair)"/><path d="M530 330c30-70 70-105 125-112M556 338c40-40 70-70 96-100" stroke="#5a4038" stroke-width="2.5" fill="none" opacity="0.7"/>"##;
const ARM: &str = r##"<path d="M920 1140c-4-170 26-280 80-390 14-34 66-22 60 16-20 130-14 250 0 374z" fill="url(#shirt)"/><path d="M985 770c-16-40-6-96 14-116 24-24 60-6 70 24 10 34-2 80-20 100z" fill="url(#skin)"/><g transform="translate(960 520)"><rect x="124" y="38" width="52" height="74" rx="26" fill="none" stroke="#a8452c" stroke-width="18"/><path d="M0 8q65 16 130 0v126q0 22-22 22H22q-22 0-22-22z" fill="url(#glaze)"/><ellipse cx="65" cy="9" rx="65" ry="11" fill="#e38468"/><ellipse cx="65" cy="10" rx="56" ry="7.5" fill="#5c2114"/><path d="M2 112q32 14 64 2t64 0v22q0 20-22 20H24q-22 0-22-20z" fill="#d9c7ae"/><rect x="16" y="24" width="10" height="80" rx="5" fill="#f0a58d" opacity="0.7"/></g><path d="M976 640c0-26 24-34 40-28M976 668c0-22 24-28 44-22M982 694c2-18 22-24 40-20" stroke="#c07d5a" stroke-width="24" fill="none" stroke-linecap="round"/>"##;
