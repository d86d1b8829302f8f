//! Every bounds type of OBS Studio with every alignment, against rectangles worked out by hand from its rules,
//! and what our own places, fits, crops and turns make.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use common::{close, draw, on, rect, show};
use vitrine_media::Size;
use vitrine_scene::draw::Rect;
use vitrine_scene::file::{Anchor, Bounds, BoundsKind, Length, Look, Place};
use vitrine_scene::plan::{Laid, lay};

const CANVAS: Size = Size::new(640, 360);
const ANCHORS: [Anchor; 9] = [
    Anchor::TopLeft,
    Anchor::Top,
    Anchor::TopRight,
    Anchor::Left,
    Anchor::Center,
    Anchor::Right,
    Anchor::BottomLeft,
    Anchor::Bottom,
    Anchor::BottomRight,
];

fn laid(look: &Look, w: u32, h: u32) -> Laid {
    lay(look, Size::new(w, h), CANVAS, CANVAS).expect("something is seen")
}

fn found(look: &Look, w: u32, h: u32) -> [f32; 4] {
    let Rect { x, y, w, h } = laid(look, w, h).placement.rect_in_canvas;
    [x, y, w, h]
}

fn bounded(kind: BoundsKind, anchor: Anchor, align: Anchor, at: (f32, f32), size: (f32, f32)) -> Look {
    let place = Place { anchor, x: Some(Length::Px(at.0)), y: Some(Length::Px(at.1)), ..Place::default() };
    let bounds = Bounds { kind, align, size: [Length::Px(size.0), Length::Px(size.1)], crop: false };
    Look { place: Some(place), bounds: Some(bounds), ..Look::default() }
}

/// A picture of 200×100 in a box of 120×120 whose top left corner lies at (100, 50): its size by each rule, and how
/// far it lies in the box when aligned left/top, in the middle (halves of whole pixels), right/bottom.
#[test]
fn each_rule_with_each_alignment() {
    type Case = (BoundsKind, (f32, f32), [f32; 3], [f32; 3]);
    let cases: [Case; 6] = [
        (BoundsKind::Stretch, (120.0, 120.0), [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
        (BoundsKind::ScaleInner, (120.0, 60.0), [0.0, 0.0, 0.0], [0.0, 30.0, 60.0]),
        (BoundsKind::ScaleOuter, (240.0, 120.0), [0.0, -60.0, -120.0], [0.0, 0.0, 0.0]),
        (BoundsKind::ScaleToWidth, (120.0, 60.0), [0.0, 0.0, 0.0], [0.0, 30.0, 60.0]),
        (BoundsKind::ScaleToHeight, (240.0, 120.0), [0.0, -60.0, -120.0], [0.0, 0.0, 0.0]),
        (BoundsKind::MaxOnly, (120.0, 60.0), [0.0, 0.0, 0.0], [0.0, 30.0, 60.0]),
    ];
    for (kind, (w, h), across, down) in cases {
        for (index, align) in ANCHORS.into_iter().enumerate() {
            let look = bounded(kind, Anchor::TopLeft, align, (100.0, 50.0), (120.0, 120.0));
            let expected = [100.0 + across[index % 3], 50.0 + down[index / 3], w, h];
            assert!(close(found(&look, 200, 100), expected), "{kind:?} {align:?}: {:?}", found(&look, 200, 100));
        }
    }
}

#[test]
fn the_box_itself_lies_by_the_anchor() {
    for (index, anchor) in ANCHORS.into_iter().enumerate() {
        let look = bounded(BoundsKind::ScaleInner, anchor, Anchor::TopLeft, (300.0, 200.0), (120.0, 121.0));
        let across = [0.0, 60.0, 120.0][index % 3];
        let down = [0.0, 60.0, 121.0][index / 3];
        let expected = [300.0 - across, 200.0 - down, 120.0, 60.0];
        assert!(close(found(&look, 200, 100), expected), "{anchor:?}: {:?}", found(&look, 200, 100));
    }
}

#[test]
fn what_real_obs_drew() {
    let outer = bounded(BoundsKind::ScaleOuter, Anchor::Center, Anchor::Center, (320.0, 180.0), (100.0, 100.0));
    assert!(close(found(&outer, 200, 100), [220.0, 130.0, 200.0, 100.0]), "not clipped");
    let inner = bounded(BoundsKind::ScaleInner, Anchor::TopLeft, Anchor::Center, (10.0, 10.0), (300.0, 300.0));
    assert!(close(found(&inner, 200, 100), [10.0, 85.0, 300.0, 150.0]), "letterboxed at y 85 to 235");
}

#[test]
fn small_pictures_stay_small_where_only_the_most_is_said() {
    for (index, align) in ANCHORS.into_iter().enumerate() {
        let look = bounded(BoundsKind::MaxOnly, Anchor::TopLeft, align, (0.0, 0.0), (101.0, 80.0));
        let expected = [[0.0, 30.0, 61.0][index % 3], [0.0, 30.0, 60.0][index / 3], 40.0, 20.0];
        assert!(close(found(&look, 40, 20), expected), "{align:?}: {:?}", found(&look, 40, 20));
    }
}

#[test]
fn without_bounds_scale_and_anchor_count_as_in_obs() {
    for (index, anchor) in ANCHORS.into_iter().enumerate() {
        let mut look = bounded(BoundsKind::None, anchor, Anchor::Center, (300.0, 200.0), (0.0, 0.0));
        look.place.as_mut().unwrap().scale = Some([1.5, 0.5]);
        let across = [0.0, 150.0, 301.0][index % 3];
        let down = [0.0, 25.0, 50.0][index / 3];
        let expected = [300.0 - across, 200.0 - down, 301.5, 50.0];
        assert!(close(found(&look, 201, 100), expected), "{anchor:?}: {:?}", found(&look, 201, 100));
    }
}

#[test]
fn bounds_may_cut_what_stands_over() {
    for (align, seen) in [(Anchor::Left, 0.0), (Anchor::Center, 50.0), (Anchor::Right, 100.0)] {
        let mut look = bounded(BoundsKind::ScaleOuter, Anchor::TopLeft, align, (10.0, 10.0), (50.0, 50.0));
        look.bounds.as_mut().unwrap().crop = true;
        let laid = laid(&look, 200, 100);
        assert!(close(found(&look, 200, 100), [10.0, 10.0, 50.0, 50.0]));
        assert_eq!(laid.crop, Some(Rect { x: seen, y: 0.0, w: 100.0, h: 100.0 }), "{align:?}");
    }
}

#[test]
fn a_turn_goes_about_the_anchor() {
    let mut look = bounded(BoundsKind::None, Anchor::TopLeft, Anchor::Center, (300.0, 100.0), (0.0, 0.0));
    look.rotation = Some(90.0);
    look.place.as_mut().unwrap().scale = Some([2.0, 1.0]);
    look.crop = Some(vitrine_scene::file::Crop { left: Length::Px(20.0), ..Default::default() });
    let laid = laid(&look, 200, 100);
    let Rect { x, y, w, h } = laid.placement.rect_in_canvas;
    let (cx, cy) = (x + w / 2.0, y + h / 2.0);
    assert!(close([cx - h / 2.0, cy - w / 2.0, h, w], [200.0, 100.0, 100.0, 360.0]), "it covered 100×360 in real OBS");
}

#[test]
fn fits_and_crops() {
    let place = Place { w: Some(Length::Px(200.0)), h: Some(Length::Px(200.0)), ..Place::default() };
    let with = |fit| Look { place: Some(place.clone()), fit: Some(fit), ..Look::default() };
    use vitrine_scene::raster::Fit;
    let cover = laid(&with(Fit::Cover), 400, 200);
    assert_eq!(cover.crop, Some(Rect { x: 100.0, y: 0.0, w: 200.0, h: 200.0 }));
    assert!(close(found(&with(Fit::Cover), 400, 200), [220.0, 80.0, 200.0, 200.0]));
    assert!(close(found(&with(Fit::Contain), 400, 200), [220.0, 130.0, 200.0, 100.0]));
    assert_eq!(laid(&with(Fit::Stretch), 400, 200).crop, None);
    let gone = Look {
        crop: Some(vitrine_scene::file::Crop {
            left: Length::Percent(60.0),
            right: Length::Percent(40.0),
            ..Default::default()
        }),
        ..Look::default()
    };
    assert_eq!(lay(&gone, Size::new(100, 100), CANVAS, CANVAS), None, "nothing is left to see");
}

const DERIVED: &str = r##"
[[scene]]
name = "All"
[[scene.layer]]
input = "room"
[[scene.layer]]
input = "cam"
place = { anchor = "bottom", x = "30%", y = "100%", h = "92%" }
corner_radius = 24
[[scene.layer]]
input = "small"
place = { anchor = "top-right", x = "95%", y = "6%", w = "25%" }
[[scene.layer]]
input = "tall"
place = { anchor = "left", x = 0, y = "50%", w = "50%", h = "100%" }
[[scene.layer]]
name = "bar"
color = "#ff0000"
place = { anchor = "bottom", x = "50%", y = "100%", w = "100%", h = 60 }
fit = "stretch"
[[scene]]
name = "Said"
layer = [{ input = "cam", place = { w = "50%" } }, { name = "hidden", input = "room" }]
[scene.on.vertical]
layer.cam = { place = { anchor = "bottom", x = "50%", y = "100%", h = "70%" }, corner_radius = 8 }
layer.hidden = { visible = false }
"##;

#[test]
fn another_canvas_is_derived_where_nothing_is_said() {
    let show = show(DERIVED);
    let main = draw(&show, &on("All"), 0, 0);
    assert!(close(rect(&main.draws[1]), [576.0 - 883.2, 86.4, 1766.4, 993.6]));
    let tall = draw(&show, &on("All"), 1, 0);
    assert!(close(rect(&tall.draws[0]), [0.0, 0.0, 1080.0, 1920.0]), "what fills one fills the other");
    let crop = tall.draws[0].crop.unwrap();
    assert!(close([crop.x, crop.y, crop.w, crop.h], [656.25, 0.0, 607.5, 1080.0]), "{crop:?}");
    let host = rect(&tall.draws[1]);
    assert!(close([host[2], host[1] + host[3], 0.0, 0.0], [1080.0, 1920.0, 0.0, 0.0]), "as wide as fits: {host:?}");
    assert!((tall.draws[1].corner_radius - 24.0).abs() < 1e-3, "graphics keep their size");
    assert!(close(rect(&tall.draws[2]), [1026.0 - 480.0, 115.2, 480.0, 360.0]), "a small picture keeps its size");
    assert!(close(rect(&tall.draws[3]), [0.0, 0.0, 540.0, 1920.0]), "both sides said: per cent kept");
    assert!(close(rect(&tall.draws[4]), [0.0, 1920.0 - 60.0 * 1920.0 / 1080.0, 1080.0, 60.0 * 1920.0 / 1080.0]));
}

#[test]
fn what_is_said_of_a_canvas_counts_there() {
    let show = show(DERIVED);
    let tall = draw(&show, &on("Said"), 1, 0);
    assert_eq!(tall.draws.len(), 1);
    let h = 1344.0;
    let w = h * 16.0 / 9.0;
    assert!(close(rect(&tall.draws[0]), [540.0 - w / 2.0, 576.0, w, h]), "{:?}", rect(&tall.draws[0]));
    assert!((tall.draws[0].corner_radius - 8.0).abs() < 1e-3);
    assert_eq!(draw(&show, &on("Said"), 0, 0).draws.len(), 2);
}
