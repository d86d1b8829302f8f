//! Every transition at 0, 25, 50 and 100 %, interrupted, turned back, by the T-bar; and fade to black.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::float_cmp, reason = "equal moments give equal figures")]

mod common;

use common::{close, draw, ms, name, on, rect, show, transition, words};
use std::time::Duration;
use vitrine_scene::air::{Air, Program};
use vitrine_scene::draw::{DrawList, Source};
use vitrine_scene::file::Transition;
use vitrine_scene::{Memo, Moment, Show, plan_into};

const SCENES: &str = r#"
[[scene]]
name = "A"
layer = [{ input = "cam" }]
[[scene]]
name = "B"
layer = [{ input = "room" }]
[[scene]]
name = "Duo"
layer = [{ input = "room" }, { input = "cam", place = { x = "80%", y = "20%", w = "20%" } }]
[[scene]]
name = "Bare"
layer = [{ input = "cam", place = { x = "80%", y = "20%", w = "20%" } }]
"#;

fn mixed(show: &Show, to: &str, kind: &Transition, at: u64) -> DrawList {
    let mut air = on("A");
    air.take(&name(to), kind, ms(1000));
    draw(show, &air, 0, at)
}

#[test]
fn a_plain_scene_is_a_flat_list() {
    let show = show(SCENES);
    let list = draw(&show, &on("Duo"), 0, 0);
    assert_eq!(words(&list.draws), "room cam");
    assert!(list.draws.iter().all(|draw| draw.crop.is_none() && draw.opacity == 1.0));
    assert!(close(rect(&list.draws[1]), [1344.0, 108.0, 384.0, 216.0]));
}

#[test]
fn a_cut_is_there_at_once() {
    let show = show(SCENES);
    assert_eq!(words(&mixed(&show, "B", &transition("kind = \"cut\""), 1000).draws), "room");
}

#[test]
fn a_fade_draws_below_plainly_and_above_with_opacity() {
    let show = show(SCENES);
    let fade = transition("kind = \"fade\", ms = 400");
    for (at, expected, opacity) in [
        (1000, "cam", 1.0),
        (1100, "cam room", 0.25),
        (1200, "cam room", 0.5),
        (1400, "room", 1.0),
        (9000, "room", 1.0),
    ] {
        let list = mixed(&show, "B", &fade, at);
        assert_eq!(words(&list.draws), expected, "at {at}");
        assert_eq!(list.draws.last().unwrap().opacity, opacity, "at {at}");
    }
}

#[test]
fn a_scene_of_several_layers_fades_as_one() {
    let show = show(SCENES);
    let fade = transition("kind = \"fade\", ms = 400");
    let list = mixed(&show, "Duo", &fade, 1200);
    assert_eq!(words(&list.draws), "cam (room cam)");
    assert_eq!(list.draws[1].opacity, 0.5);
    assert!(matches!(&list.draws[1].source, Source::Group { size, .. } if (size.width, size.height) == (1920, 1080)));
    let bare = mixed(&show, "Bare", &fade, 1200);
    assert_eq!(words(&bare.draws), "cam (#000000ff cam)", "a scene's black is part of it");
}

#[test]
fn a_fade_through_a_colour_is_all_colour_in_the_middle() {
    let show = show(SCENES);
    let fade = transition("kind = \"fade-color\", ms = 400, color = \"#123456\"");
    for (at, below, opacity) in [(1100, "cam", 0.5), (1200, "room", 1.0), (1300, "room", 0.5)] {
        let list = mixed(&show, "B", &fade, at);
        assert_eq!(words(&list.draws), format!("{below} #123456ff"), "at {at}");
        assert!((list.draws[1].opacity - opacity).abs() < 1e-6, "at {at}");
    }
    assert_eq!(words(&mixed(&show, "B", &fade, 1000).draws), "cam");
    assert_eq!(words(&mixed(&show, "B", &fade, 1400).draws), "room");
}

/// How much of a wiped draw shows at a point.
fn seen(list: &DrawList, x: f32, y: f32) -> f32 {
    let wipe = list.draws.last().unwrap().wipe.expect("a wipe");
    let along = x * wipe.direction.x + y * wipe.direction.y;
    if wipe.softness == 0.0 {
        return if along < wipe.edge { 1.0 } else { 0.0 };
    }
    (1.0 - (along - wipe.edge) / wipe.softness).clamp(0.0, 1.0)
}

#[test]
fn a_wipe_passes_over_all_of_the_picture_in_each_direction() {
    let show = show(SCENES);
    let corners = [(0.5, 0.5), (1919.5, 0.5), (0.5, 1079.5), (1919.5, 1079.5)];
    for (word, first, last) in [
        ("right", 0, 1),
        ("left", 1, 0),
        ("down", 0, 2),
        ("up", 2, 0),
        ("down-right", 0, 3),
        ("up-left", 3, 0),
        ("down-left", 1, 2),
        ("up-right", 2, 1),
    ] {
        for softness in ["0.0", "0.1"] {
            let wipe =
                transition(&format!("kind = \"wipe\", ms = 1000, direction = \"{word}\", softness = {softness}"));
            let at = |at| mixed(&show, "B", &wipe, at);
            let half = at(1500);
            assert_eq!(words(&half.draws), "cam room");
            let show_at = |list: &DrawList, corner: usize| seen(list, corners[corner].0, corners[corner].1);
            assert_eq!((show_at(&half, first), show_at(&half, last)), (1.0, 0.0), "{word} {softness}");
            let quarter = at(1250);
            assert_eq!(show_at(&quarter, last), 0.0, "{word}");
            let begin = at(1001);
            let others = (0..4).filter(|corner| *corner == last || softness != "0.0");
            assert!(others.into_iter().all(|corner| show_at(&begin, corner) < 0.02), "{word} begins with nothing");
            let end = at(1999);
            assert!(show_at(&end, first) == 1.0 && show_at(&at(1900), last) < 1.0, "{word} ends with all");
            assert_eq!(words(&at(2000).draws), "room");
        }
    }
}

#[test]
fn a_slide_lies_over_what_stays_and_eases() {
    let show = show(SCENES);
    for (side, x, y) in [("right", 960.0, 0.0), ("left", -960.0, 0.0), ("top", 0.0, -540.0), ("bottom", 0.0, 540.0)] {
        let slide = transition(&format!("kind = \"slide\", ms = 400, from = \"{side}\""));
        let list = mixed(&show, "B", &slide, 1200);
        assert_eq!(words(&list.draws), "cam room");
        assert!(close(rect(&list.draws[0]), [0.0, 0.0, 1920.0, 1080.0]));
        assert!(close(rect(&list.draws[1]), [x, y, 1920.0, 1080.0]), "{side} {:?}", rect(&list.draws[1]));
    }
    let slide = transition("kind = \"slide\", ms = 400, from = \"right\"");
    let quarter = mixed(&show, "B", &slide, 1100);
    assert!(close(rect(&quarter.draws[1]), [1920.0 * 0.9375, 0.0, 1920.0, 1080.0]), "it starts slowly");
}

#[test]
fn a_push_moves_both() {
    let show = show(SCENES);
    let push = transition("kind = \"push\", ms = 400, from = \"bottom\"");
    let list = mixed(&show, "B", &push, 1200);
    assert_eq!(words(&list.draws), "cam room");
    assert!(close(rect(&list.draws[0]), [0.0, -540.0, 1920.0, 1080.0]));
    assert!(close(rect(&list.draws[1]), [0.0, 540.0, 1920.0, 1080.0]));
    let duo = mixed(&show, "Duo", &push, 1200);
    assert_eq!(words(&duo.draws), "cam (room cam)");
}

#[test]
fn a_stinger_covers_the_cut() {
    let show = show(SCENES);
    let sting = transition("kind = \"stinger\", input = \"sting\", cut_ms = 300, ms = 1000");
    for (at, expected) in [
        (1000, "cam"),
        (1001, "cam sting"),
        (1250, "cam sting"),
        (1300, "room sting"),
        (1999, "room sting"),
        (2000, "room"),
    ] {
        assert_eq!(words(&mixed(&show, "B", &sting, at).draws), expected, "at {at}");
    }
    let lost = transition("kind = \"stinger\", input = \"absent\", cut_ms = 300, ms = 1000");
    assert_eq!(words(&mixed(&show, "B", &lost, 1250).draws), "cam", "a clip that is not there hides nothing");
}

#[test]
fn an_interrupted_mix_goes_on_from_what_is_seen() {
    let show = show(SCENES);
    let fade = transition("kind = \"fade\", ms = 400");
    let slide = transition("kind = \"slide\", ms = 400, from = \"right\"");
    for kind in [&fade, &slide] {
        let mut air = on("A");
        air.take(&name("B"), kind, ms(1000));
        let before = draw(&show, &air, 0, 1100);
        air.take(&name("Duo"), &fade, ms(1100));
        assert_eq!(draw(&show, &air, 0, 1100), before, "nothing jumps");
        let half = draw(&show, &air, 0, 1300);
        assert_eq!(words(&half.draws), "cam room (room cam)");
        assert_eq!(half.draws[..2], before.draws[..], "what was seen stands still below");
        assert_eq!(half.draws[2].opacity, 0.5);
        assert_eq!(words(&draw(&show, &air, 0, 1500).draws), "room cam");
    }
}

#[test]
fn a_second_interruption_keeps_two_mixes_at_most() {
    let show = show(SCENES);
    let fade = transition("kind = \"fade\", ms = 400");
    let mut air = on("A");
    air.take(&name("B"), &fade, ms(1000));
    air.take(&name("Duo"), &fade, ms(1300));
    air.take(&name("Bare"), &fade, ms(1400));
    let list = draw(&show, &air, 0, 1600);
    assert_eq!(words(&list.draws), "room (room cam) (#000000ff cam)", "A → B stood at 75 %, so it snaps to B");
}

#[test]
fn a_take_back_runs_the_same_mix_backwards() {
    let show = show(SCENES);
    let wipe = transition("kind = \"wipe\", ms = 400");
    let mut air = on("A");
    air.take(&name("B"), &wipe, ms(1000));
    let before = draw(&show, &air, 0, 1300);
    air.take(&name("A"), &transition("kind = \"fade\", ms = 4000"), ms(1300));
    assert_eq!(draw(&show, &air, 0, 1300), before);
    assert_eq!(air.program.scene(), Some(&name("A")));
    let on_the_way = draw(&show, &air, 0, 1500);
    let mut there = on("A");
    there.take(&name("B"), &wipe, ms(0));
    let edge = |list: &DrawList| list.draws[1].wipe.unwrap().edge;
    let difference = edge(&on_the_way) - edge(&draw(&show, &there, 0, 100));
    assert!(difference.abs() < 0.01, "200 ms back from 75 % is 25 %");
    assert_eq!(words(&draw(&show, &air, 0, 1600).draws), "cam");
    air.settle(ms(1600));
    assert_eq!(air.program, Program::Scene(name("A")));
}

#[test]
fn the_t_bar_moves_turns_and_settles() {
    let show = show(SCENES);
    let push = transition("kind = \"push\", ms = 400, from = \"right\"");
    let mut air = on("A");
    air.preview = Some(name("B"));
    air.t_bar(0.25, &push, ms(0));
    let quarter = draw(&show, &air, 0, 5000);
    assert!(close(rect(&quarter.draws[0]), [-480.0, 0.0, 1920.0, 1080.0]), "a hand is never eased");
    air.t_bar(0.75, &push, ms(10));
    air.t_bar(0.25, &push, ms(20));
    assert_eq!(draw(&show, &air, 0, 9000), quarter, "back and forth is the same place");
    air.t_bar(0.0, &push, ms(30));
    assert_eq!((&air.program, &air.preview), (&Program::Scene(name("A")), &Some(name("B"))));
    air.t_bar(f32::NAN, &push, ms(35));
    air.t_bar(0.5, &push, ms(40));
    air.t_bar(1.0, &push, ms(50));
    assert_eq!(
        (&air.program, &air.preview),
        (&Program::Scene(name("B")), &Some(name("A"))),
        "preview and program swap"
    );
}

#[test]
fn the_t_bar_catches_a_running_mix_and_auto_ends_a_held_one() {
    let fade = transition("kind = \"fade\", ms = 400");
    let mut air = on("A");
    air.preview = Some(name("B"));
    air.take_preview(&fade, ms(0));
    assert_eq!(air.preview, Some(name("A")));
    air.t_bar(0.5, &fade, ms(100));
    air.settle(ms(60_000));
    assert!(matches!(air.program, Program::Mix(_)), "a held mix waits");
    air.take(&name("B"), &fade, ms(60_000));
    let Program::Mix(mix) = &air.program else { panic!("the mix goes on") };
    assert_eq!(mix.position(ms(60_100)), 0.75, "the half that is left takes half the time");
    air.settle(ms(60_200));
    assert_eq!(air.program, Program::Scene(name("B")));
}

#[test]
fn fade_to_black_is_above_all_and_turns_where_it_is() {
    let show = show(SCENES);
    let mut air = on("A");
    let second = Duration::from_secs(1);
    air.fade_to_black(true, second, ms(1000));
    let list = draw(&show, &air, 0, 1250);
    assert_eq!(words(&list.draws), "cam #000000ff");
    assert_eq!(list.draws[1].opacity, 0.25);
    air.fade_to_black(false, second, ms(1250));
    assert_eq!(draw(&show, &air, 0, 1250), list);
    assert_eq!(words(&draw(&show, &air, 0, 1500).draws), "cam", "a quarter way back takes a quarter of the time");
    air.fade_to_black(true, second, ms(2000));
    air.settle(ms(4000));
    assert_eq!(draw(&show, &air, 0, 4000).draws[1].opacity, 1.0);
}

#[test]
fn a_list_used_again_is_the_list_planned_anew() {
    let show = show(SCENES);
    let fade = transition("kind = \"fade\", ms = 400");
    let mut air = on("A");
    air.take(&name("Duo"), &fade, ms(100));
    let mut memo = Memo::default();
    let mut list = draw(&show, &air, 1, 0);
    for at in (0..700).step_by(33) {
        for canvas in [0, 1, 7] {
            let moment = Moment { show: &show, air: &air, canvas, at: ms(at), sizes: &common::Known, overlays: &() };
            plan_into(&moment, &mut memo, &mut list);
            assert_eq!(list, draw(&show, &air, canvas, at));
        }
    }
}

#[test]
fn a_new_file_without_the_scene_on_air_falls_to_the_first() {
    let mut air = on("A");
    air.take(&name("B"), &transition("kind = \"fade\", ms = 400"), ms(0));
    air.preview = Some(name("Gone"));
    air.keep_only(&|scene| scene.as_str() != "A" && scene.as_str() != "Gone", &|_| false, Some(&name("Duo")));
    assert_eq!(air.program, Program::Scene(name("B")));
    air.keep_only(&|scene| scene.as_str() == "Duo", &|_| false, Some(&name("Duo")));
    assert_eq!((air.program, air.preview), (Program::Scene(name("Duo")), None));
    assert_eq!(Air::default().scenes_on_air().len(), 0);
}
