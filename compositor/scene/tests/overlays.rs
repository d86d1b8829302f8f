//! Overlays: motion of the downstream keyer, the layout of a plugin's layer, its limits, and its bitmaps ahead of time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::float_cmp, reason = "equal moments give equal figures")]

mod common;

use common::{Known, bitmaps, close, draw_with, ms, on, rect, show, words};
use std::collections::BTreeSet;
use std::sync::Arc;
use vitrine_media::{OverlayId, PluginId, ShowTime};
use vitrine_scene::air::Air;
use vitrine_scene::draw::{DrawList, Source};
use vitrine_scene::ease::Ease;
use vitrine_scene::overlay::{
    Anim, BarNode, BoxNode, Frame, ImageNode, Keyframe, Layer, Node, NumSrc, Op, OverlayError, Paint, Prop, QrNode,
    Shape, TextNode, TextSrc, Token,
};
use vitrine_scene::raster::{Align, Fit, RasterSpec};
use vitrine_scene::{Moment, Overlays, Show, rasters_needed};

const SHOW: &str = r##"
[[scene]]
name = "A"
[[scene.layer]]
input = "cam"
[[scene.layer]]
text = "Hello"
place = { anchor = "top-left", x = "5%", y = "5%", w = "40%" }
[[overlay]]
name = "card"
plugin = "shop"
slot = "card"
place = { anchor = "bottom-right", x = "96%", y = "90%" }
enter = { kind = "slide", from = "right", ms = 400 }
exit = { kind = "fade", ms = 200 }
[[overlay]]
name = "tag"
text = { text = "LIVE", size = 40 }
place = { anchor = "top-right", x = "95%", y = "5%", w = 200 }
enter = { kind = "grow", ms = 300 }
exit = { kind = "none" }
"##;

/// One layer, and a wall clock that stood at 1,000,000 ms when the show started.
struct Held(Layer);

impl Overlays for Held {
    fn layer(&self, plugin: &PluginId, slot: &str) -> Option<Arc<Layer>> {
        (plugin.as_str() == "shop" && slot == "card").then(|| Arc::new(self.0.clone()))
    }
    fn asset(&self, _: &PluginId, name: &str) -> Option<Arc<[u8]>> {
        (name == "mug.png").then(|| Arc::from(&b"png"[..]))
    }
    fn unix_ms(&self, at: ShowTime) -> u64 {
        1_000_000 + at.millis()
    }
}

fn node(id: u32, frame: Frame, shape: Shape) -> Node {
    Node { id, parent: None, z: 0, frame, opacity: 1.0, shape }
}

fn text(src: TextSrc) -> Shape {
    Shape::Text(TextNode {
        src,
        font: String::new(),
        size: 40.0,
        weight: 600,
        color: Paint::Token(Token::Ink),
        align: Align::Start,
        lines_max: 1,
    })
}

fn panel() -> Shape {
    Shape::Rect(BoxNode {
        fill: Paint::Token(Token::Panel),
        radius: 20.0,
        border: 0.0,
        border_color: Paint::Token(Token::Accent),
        shadow: true,
    })
}

fn bar(value: NumSrc) -> Shape {
    Shape::Bar(BarNode { value, fg: Paint::Token(Token::Accent), bg: Paint::Token(Token::PanelRaised), radius: 8.0 })
}

/// A layer of 400×200 that holds these shapes, each over all of it.
fn layer(shapes: Vec<Shape>) -> Layer {
    let mut layer = Layer::new((400.0, 200.0));
    let ops: Vec<Op> =
        (1..).zip(shapes).map(|(id, shape)| Op::Put(Node { z: 1, ..node(id, Frame::FULL, shape) })).collect();
    layer.commit(&ops, ms(0)).unwrap();
    layer
}

fn shown(name: &str) -> Air {
    let mut air = on("A");
    air.overlays.insert(OverlayId::new(name).unwrap(), vitrine_scene::air::Shown::On);
    air
}

/// What the layer adds to the picture.
fn seen(layer: &Layer, canvas: usize, at: u64) -> DrawList {
    let mut list = draw_with(&show(SHOW), &shown("card"), canvas, at, &Held(layer.clone()));
    list.draws.drain(..2);
    list
}

fn texts_wanted(layer: &Layer, at: u64) -> Vec<String> {
    let (show, air, overlays) = (show(SHOW), shown("card"), Held(layer.clone()));
    let moment = Moment { show: &show, air: &air, canvas: 0, at: ms(at), sizes: &Known, overlays: &overlays };
    rasters_needed(&moment)
        .iter()
        .filter_map(|wanted| match &*wanted.spec {
            RasterSpec::Text(text) => Some(text.text.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn an_overlay_comes_goes_and_turns_round_without_a_jump() {
    let show = show(SHOW);
    let held = Held(layer(vec![panel(), text(TextSrc::Literal("Mug".into()))]));
    let card = OverlayId::new("card").unwrap();
    let overlay = show.overlay(&card).unwrap();
    let (enter, exit) = (overlay.enter_duration(), overlay.exit_duration());
    let mut air = on("A");
    let at = |air: &Air, at: u64| draw_with(&show, air, 0, at, &held);
    assert_eq!(words(&at(&air, 0).draws), "cam bitmap");
    air.overlay(&card, true, enter, exit, ms(1000));
    assert_eq!(words(&at(&air, 1000).draws), "cam bitmap", "nothing of it is seen yet");
    let half = at(&air, 1200);
    assert_eq!(words(&half.draws), "cam bitmap (#101216e6 bitmap)", "on its way it is one thing");
    assert_eq!(half.draws[2].opacity, 0.875, "it eases out");
    air.overlay(&card, false, enter, exit, ms(1200));
    let turned = at(&air, 1200);
    assert_eq!(turned.draws[2].opacity, 0.875, "turning round does not jump");
    air.overlay(&card, true, enter, exit, ms(1200));
    air.settle_overlay(&card, enter, exit, ms(1400));
    let there = at(&air, 1400);
    assert_eq!(words(&there.draws), "cam bitmap #101216e6 bitmap", "there it is flat");
    assert!(close(rect(&there.draws[2]), [0.96f32.mul_add(1920.0, -400.0).round(), 972.0 - 200.0, 400.0, 200.0]));
    air.overlay(&card, false, enter, exit, ms(2000));
    air.overlay(&card, false, enter, exit, ms(2100));
    assert!(at(&air, 2150).draws[2].opacity < at(&air, 2050).draws[2].opacity);
    air.settle_overlay(&card, enter, exit, ms(2200));
    assert!(air.overlays.is_empty());
}

#[test]
fn a_text_overlay_grows_and_goes_at_once() {
    let show = show(SHOW);
    let tag = OverlayId::new("tag").unwrap();
    let overlay = show.overlay(&tag).unwrap();
    let (enter, exit) = (overlay.enter_duration(), overlay.exit_duration());
    let mut air = on("A");
    air.overlay(&tag, true, enter, exit, ms(0));
    let list = draw_with(&show, &air, 0, 150, &());
    let [_, _, w, _] = rect(&list.draws[2]);
    assert!(w < 200.0 && w > 180.0);
    air.settle_overlay(&tag, enter, exit, ms(300));
    assert_eq!(rect(&draw_with(&show, &air, 0, 300, &()).draws[2])[2], 200.0);
    air.overlay(&tag, false, enter, exit, ms(400));
    assert_eq!(draw_with(&show, &air, 0, 400, &()).draws.len(), 2);
}

#[test]
fn shapes_become_draws_in_the_slot() {
    let mut layer = Layer::new((400.0, 200.0));
    let qr = Shape::Qr(QrNode {
        data: "https://shop.example/m".into(),
        dark: Paint::Token(Token::Panel),
        light: Paint::Token(Token::Ink),
        quiet: 2,
    });
    let image = Shape::Image(ImageNode { asset: "mug.png".into(), fit: Fit::Cover, radius: 12 });
    let lost = Shape::Image(ImageNode { asset: "lost.png".into(), fit: Fit::Cover, radius: 0 });
    layer
        .commit(
            &[
                Op::Put(node(1, Frame::FULL, panel())),
                Op::Put(node(2, Frame::new(0.0, 0.0, 0.5, 1.0), image)),
                Op::Put(node(3, Frame::new(0.5, 0.0, 0.5, 1.0), qr)),
                Op::Put(node(4, Frame::new(0.0, 0.9, 1.0, 0.1), bar(NumSrc::Fixed(0.5)))),
                Op::Put(node(5, Frame::FULL, lost)),
            ],
            ms(0),
        )
        .unwrap();
    let list = seen(&layer, 0, 5000);
    assert_eq!(words(&list.draws), "#101216e6 bitmap bitmap #2a2e36ff #ff5a36ff", "a lost image draws nothing");
    assert_eq!(list.draws[0].corner_radius, 20.0);
    assert!(list.draws[0].shadow.is_some());
    let [x, y, ..] = rect(&list.draws[0]);
    assert!(close(rect(&list.draws[1]), [x, y, 200.0, 200.0]));
    assert!(close(rect(&list.draws[2]), [x + 200.0, y, 200.0, 200.0]), "a code is square");
    assert!(close(rect(&list.draws[4]), [x, y + 180.0, 200.0, 20.0]), "half full");
}

#[test]
fn a_bar_grows_to_its_new_value_and_a_clock_bar_falls() {
    let mut layer = layer(vec![bar(NumSrc::Bound("stock".into())), bar(NumSrc::Between(1_010_000, 1_000_000))]);
    layer.commit(&[Op::BindNum("stock".into(), 0.4)], ms(1000)).unwrap();
    let width = |layer: &Layer, at: u64| seen(layer, 0, at).draws.get(1).map_or(0.0, |draw| rect(draw)[2]);
    assert_eq!(width(&layer, 1400), 160.0);
    layer.commit(&[Op::BindNum("stock".into(), 1.0)], ms(2000)).unwrap();
    assert_eq!(width(&layer, 2000), 160.0);
    assert!((160.0..400.0).contains(&width(&layer, 2200)));
    let turned = width(&layer, 2200);
    layer.commit(&[Op::BindNum("stock".into(), 0.0)], ms(2200)).unwrap();
    assert!((width(&layer, 2200) - turned).abs() < 0.01, "it turns from where it is seen");
    let falling = seen(&layer, 0, 2500);
    assert!(close(rect(falling.draws.last().unwrap()), [rect(&falling.draws[0])[0], 772.0, 300.0, 200.0]));
}

#[test]
fn a_number_rolls_and_a_word_fades_over() {
    let mut rolling = layer(vec![text(TextSrc::Bound("left".into()))]);
    rolling.commit(&[Op::BindText("left".into(), "12".into())], ms(0)).unwrap();
    assert_eq!(words(&seen(&rolling, 0, 1000).draws), "bitmap");
    rolling.commit(&[Op::BindText("left".into(), "11".into())], ms(1000)).unwrap();
    let roll = seen(&rolling, 0, 1200);
    assert_eq!(words(&roll.draws), "bitmap bitmap");
    let [x, y, w, h] = rect(&seen(&rolling, 0, 2000).draws[0]);
    let clip = roll.draws[0].clip.unwrap();
    assert!(close([clip.x, clip.y, clip.w, clip.h], [x, y, w, h]), "it rolls within its frame");
    assert!(rect(&roll.draws[0])[1] < y && rect(&roll.draws[1])[1] > y, "the old one leaves upwards");
    assert!((rect(&roll.draws[1])[1] - rect(&roll.draws[0])[1] - h).abs() < 0.01);
    assert!(texts_wanted(&rolling, 1000).iter().filter(|text| ["11", "12"].contains(&text.as_str())).count() == 2);

    let mut fading = layer(vec![text(TextSrc::Literal("Blue mug".into()))]);
    fading.commit(&[Op::Put(node(1, Frame::FULL, text(TextSrc::Literal("Red mug".into()))))], ms(1000)).unwrap();
    let list = seen(&fading, 0, 1200);
    assert_eq!(list.draws.len(), 2);
    assert!((list.draws[0].opacity + list.draws[1].opacity - 1.0).abs() < 1e-6);
    assert_eq!(seen(&fading, 0, 1401).draws.len(), 1);
}

#[test]
fn a_countdown_ticks_by_itself_and_its_next_second_is_made_ahead() {
    let layer = layer(vec![text(TextSrc::Countdown(1_065_000))]);
    for (at, now, next) in [(0, "1:05", "1:04"), (1, "1:05", "1:04"), (1000, "1:04", "1:03"), (5_000, "1:00", "0:59")] {
        let wanted = texts_wanted(&layer, at);
        assert!(wanted.contains(&now.into()) && wanted.contains(&next.into()), "{at}: {wanted:?}");
    }
    assert!(texts_wanted(&layer, 64_900).contains(&"0:01".into()));
    assert!(texts_wanted(&layer, 99_000).contains(&"0:00".into()));
    assert_ne!(seen(&layer, 0, 0), seen(&layer, 0, 1000));
    assert_eq!(seen(&layer, 0, 100), seen(&layer, 0, 900));
}

#[test]
fn a_marquee_runs_at_one_speed_without_end() {
    let layer = layer(vec![text(TextSrc::Marquee(vec!["One".into(), "Two".into(), "Three".into()]))]);
    let at = |ms: u64| seen(&layer, 0, ms);
    assert!(at(0).draws.is_empty(), "it comes from the right");
    let [x, ..] = rect(&at(2000).draws[0]);
    let [later, ..] = rect(&at(2500).draws[0]);
    assert!((x - later - 75.0).abs() < 0.1, "150 pixels a second");
    for ms in (3000..60_000).step_by(777) {
        let list = at(ms);
        assert!(!list.draws.is_empty() && list.draws.iter().all(|draw| draw.clip.is_some()), "a gap at {ms}");
    }
    let before = rect(&at(10_000).draws[0]);
    let round = 3.0 * (300.0 + 60.0) / 150.0 * 1000.0;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds")]
    let after = rect(&at(10_000 + round as u64).draws[0]);
    assert!(close(before, after), "a round later it is where it was");
}

#[test]
fn animations_move_a_group_and_what_lies_in_it() {
    let mut layer = Layer::new((400.0, 200.0));
    let key = |at_ms, value, ease| Keyframe { at_ms, value, ease };
    let slide = Anim {
        node: 1,
        prop: Prop::X,
        keys: vec![key(0, 0.0, Ease::Linear), key(1000, 1.0, Ease::Linear)],
        repeats: 0,
    };
    let fade =
        Anim { prop: Prop::Opacity, keys: vec![key(0, 1.0, Ease::Linear), key(400, 0.5, Ease::Out)], ..slide.clone() };
    layer
        .commit(
            &[
                Op::Put(node(1, Frame::FULL, Shape::Group)),
                Op::Put(Node { parent: Some(1), ..node(2, Frame::new(0.0, 0.0, 0.5, 0.5), panel()) }),
                Op::Animate(slide),
                Op::Animate(fade),
            ],
            ms(1000),
        )
        .unwrap();
    let [x, ..] = rect(&seen(&layer, 0, 1000).draws[0]);
    let half = seen(&layer, 0, 1500);
    assert!((rect(&half.draws[0])[0] - x - 200.0).abs() < 0.01);
    assert_eq!(half.draws[0].opacity, 0.5);
    assert!((rect(&seen(&layer, 0, 9000).draws[0])[0] - x - 400.0).abs() < 0.01, "the last value stays");
    layer.commit(&[Op::Stop(1)], ms(9000)).unwrap();
    assert!((rect(&seen(&layer, 0, 9000).draws[0])[0] - x).abs() < 0.01);
    layer.commit(&[Op::Visible(false)], ms(9000)).unwrap();
    assert!(seen(&layer, 0, 9500).draws.is_empty());
}

#[test]
fn graphics_scale_with_the_canvas() {
    let layer = layer(vec![panel()]);
    let tall = seen(&layer, 1, 0);
    let [_, y, w, h] = rect(&tall.draws[0]);
    assert_eq!((w, h, y + h), (400.0, 200.0, 1728.0), "a vertical 1080p canvas has the same figures");
}

#[test]
fn a_bad_commit_is_refused_whole() {
    let text_of = |text: &str| node(7, Frame::FULL, self::text(TextSrc::Literal(text.into())));
    let qr = |data: String| {
        let paint = Paint::Token(Token::Ink);
        node(7, Frame::FULL, Shape::Qr(QrNode { data, dark: paint, light: paint, quiet: 4 }))
    };
    let anim = |keys: Vec<Keyframe>, repeats| Op::Animate(Anim { node: 1, prop: Prop::Opacity, keys, repeats });
    let key = |at_ms, value| Keyframe { at_ms, value, ease: Ease::Linear };
    let child = |id, parent| Op::Put(Node { parent: Some(parent), ..node(id, Frame::FULL, Shape::Group) });
    let cases: Vec<(&str, Vec<Op>)> = vec![
        ("OVERLAY_NUMBER", vec![Op::Put(node(7, Frame::new(f32::NAN, 0.0, 1.0, 1.0), panel()))]),
        ("OVERLAY_NUMBER", vec![Op::Put(node(7, Frame::new(0.0, 0.0, f32::INFINITY, 1.0), panel()))]),
        ("OVERLAY_NUMBER", vec![Op::Put(Node { opacity: 1.5, ..node(7, Frame::FULL, panel()) })]),
        ("OVERLAY_NUMBER", vec![Op::BindNum("k".into(), f32::NAN)]),
        ("OVERLAY_TEXT", vec![Op::Put(text_of(&"x".repeat(201)))]),
        ("OVERLAY_TEXT", vec![Op::Put(text_of(&"a\u{301}".repeat(1000)))]),
        ("OVERLAY_TEXT", vec![Op::Put(text_of("a\u{7}b"))]),
        ("OVERLAY_TEXT", vec![Op::BindText("k".repeat(129), "x".into())]),
        ("OVERLAY_TEXT", vec![Op::Put(qr("x".repeat(2049)))]),
        ("OVERLAY_TEXT", vec![Op::Put(qr(String::new()))]),
        ("OVERLAY_PARENT", vec![child(7, 99)]),
        ("OVERLAY_NESTING", vec![child(7, 8), child(8, 7)]),
        ("OVERLAY_NESTING", (7..30).map(|id| child(id, if id == 7 { 1 } else { id - 1 })).collect()),
        ("OVERLAY_NO_NODE", vec![Op::Remove(99)]),
        ("OVERLAY_NO_NODE", vec![Op::Stop(99)]),
        ("OVERLAY_ANIMATION", vec![anim(vec![], 0)]),
        ("OVERLAY_ANIMATION", vec![anim(vec![key(10, 0.0), key(10, 1.0)], 0)]),
        ("OVERLAY_ANIMATION", vec![anim(vec![key(0, 0.0), key(100, 1.0)], 50)]),
        ("OVERLAY_NUMBER", vec![anim(vec![key(0, 9.0)], 0)]),
        ("OVERLAY_NODES", (2..2003).map(|id| Op::Put(node(id, Frame::FULL, Shape::Group))).collect()),
        ("OVERLAY_TOO_MANY", (0..501).map(|n| Op::BindNum(format!("k{n}"), 0.0)).collect()),
        ("OVERLAY_TOO_MANY", (2..600).map(|id| Op::Put(Node { id, ..text_of("x") })).collect()),
        ("OVERLAY_OPS", vec![Op::Visible(true); 4001]),
        ("OVERLAY_SIZE", (2..500).map(|id| Op::Put(Node { id, ..qr("x".repeat(2048)) })).collect()),
    ];
    for (code, mut ops) in cases {
        let mut layer = layer(vec![panel()]);
        let before = layer.clone();
        ops.insert(0, Op::Put(node(5, Frame::FULL, panel())));
        let error: OverlayError = layer.commit(&ops, ms(0)).expect_err(code);
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(layer, before, "{code}: nothing of it was taken");
    }
}

#[test]
fn all_that_is_drawn_was_wanted_before() {
    let show: Show = show(SHOW);
    let mut layer = layer(vec![
        panel(),
        text(TextSrc::Bound("left".into())),
        text(TextSrc::Countdown(1_009_000)),
        text(TextSrc::Marquee(vec!["One".into(), "Two".into()])),
        text(TextSrc::Literal("Blue mug".into())),
    ]);
    let mut wanted: BTreeSet<(u64, vitrine_scene::raster::BitmapId)> = BTreeSet::new();
    let mut air = shown("card");
    air.overlays.insert(OverlayId::new("tag").unwrap(), vitrine_scene::air::Shown::On);
    for step in 0..300_u64 {
        let at = step * 33;
        if step % 40 == 0 {
            layer.commit(&[Op::BindText("left".into(), format!("{}", 1000 - step))], ms(at)).unwrap();
        }
        let held = Held(layer.clone());
        for canvas in [0, 1] {
            let mut drawn = Vec::new();
            bitmaps(&draw_with(&show, &air, canvas, at, &held).draws, &mut drawn);
            // What a change shows at once is asked for in the same instant and waits for its roll.
            let moment = Moment { show: &show, air: &air, canvas, at: ms(at), sizes: &Known, overlays: &held };
            if step % 10 == 0 {
                wanted.extend(rasters_needed(&moment).into_iter().map(|wanted| (wanted.place, wanted.id)));
            }
            for (place, id) in drawn {
                assert!(wanted.contains(&(place, id)), "at {at} something new is drawn");
            }
        }
    }
    assert!(matches!(
        seen(&layer, 0, 0).draws[0].source,
        Source::Solid(color) if color.a == 0xE6
    ));
}
