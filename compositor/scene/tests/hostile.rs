//! Random bytes and bent show files: no panic, an answer in a moment.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use common::Known;
use proptest::prelude::*;
use std::time::{Duration, Instant};
use vitrine_media::ShowTime;
use vitrine_scene::air::{Air, Program};
use vitrine_scene::{Moment, Show, file, plan, rasters_needed};

const GOOD: [&str; 2] =
    [include_str!("../../../scenes/two-shot/show.toml"), include_str!("../../../scenes/launch-kit/show.toml")];
/// Far above what it takes (a millisecond), far below what would hurt.
const MOMENT: Duration = Duration::from_secs(2);

/// Reads a text; if it is a show, plans every scene of it on every canvas.
fn bear(text: &str) {
    let started = Instant::now();
    match file::parse(text, "x.toml") {
        Ok(accepted) => {
            let show = Show::new(&accepted, &(), None);
            for scene in &show.scenes {
                for canvas in 0..show.canvases.len() {
                    let air = Air { program: Program::Scene(scene.name.clone()), ..Air::default() };
                    let at = ShowTime::from_millis(500);
                    let moment = Moment { show: &show, air: &air, canvas, at, sizes: &Known, overlays: &() };
                    let list = plan(&moment);
                    for draw in &list.draws {
                        let rect = draw.placement.rect_in_canvas;
                        assert!([rect.x, rect.y, rect.w, rect.h].iter().all(|n| n.is_finite()), "{rect:?} in {text}");
                    }
                    let _ = rasters_needed(&moment);
                }
            }
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a word: {text}");
            assert!(problems.iter().all(|p| p.line >= 1 && p.what.len() < 1000), "{problems:?}");
        }
    }
    assert!(started.elapsed() < MOMENT, "{} bytes took {:?}", text.len(), started.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        bear(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn random_signs_of_toml(text in "[\\[\\]{}=\"'#\n., a-c0-9_%-]{0,400}") {
        bear(&text);
    }

    #[test]
    fn bent_files(which in 0..2_usize, bends in proptest::collection::vec((any::<prop::sample::Index>(), 0..6_u8, any::<u8>()), 1..8)) {
        let mut bytes = GOOD[which].as_bytes().to_vec();
        for (index, kind, byte) in bends {
            if bytes.is_empty() {
                break;
            }
            let at = index.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                3 => bytes.truncate(at),
                4 => {
                    let end = (at + usize::from(byte)).min(bytes.len());
                    let copy = bytes[at..end].to_vec();
                    bytes.splice(at..at, copy);
                }
                _ => {
                    let digit = bytes.iter().skip(at).position(u8::is_ascii_digit);
                    if let Some(digit) = digit {
                        bytes.splice(at + digit..=at + digit, format!("{}", i64::from(byte) * 1_000_003).into_bytes());
                    }
                }
            }
        }
        bear(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn large_and_deep_files_are_answered_in_a_moment() {
    bear(&"[".repeat(1 << 20));
    bear(&format!("a = {}", "[".repeat(500_000)));
    bear(&"a.".repeat(500_000));
    bear(&"= = \"".repeat(200_000));
    bear(&format!("x = \"{}\"", "y".repeat((1 << 20) - 10)));
    bear(&(0..40_000).map(|n| format!("unknown{n} = {n}\n")).collect::<String>());
    bear(
        &(0..20_000)
            .map(|n| format!("[[scene]]\nname = \"s{n}\"\nlayer = [{{ scene = \"s{}\" }}]\n", n + 1))
            .collect::<String>(),
    );
    bear(&(0..20_000).map(|n| format!("[input.i{n}]\nkind = \"tset\"\n")).collect::<String>());
    bear(&"x".repeat((1 << 20) + 1));
}
