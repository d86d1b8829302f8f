//! Clickable boxes: they lie where the picture shows the thing, through overlays, groups, moves and transitions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::sync::Arc;
use vitrine_media::{InputId, OverlayId, PluginId, SceneName, ShowTime, Size};
use vitrine_scene::Show;
use vitrine_scene::air::{Air, Program, Shown};
use vitrine_scene::draw::Sizes;
use vitrine_scene::file::{self, Goods};
use vitrine_scene::overlay::Layer;
use vitrine_scene::own::{self, Face, GoodsFace, Own};
use vitrine_scene::plan::{Moment, Overlays, SpotBox, plan, spots_into};

const SHOW: &str = r##"
vitrine = 1
name = "Spots"
[[canvas]]
name = "main"
size = [1000, 500]
[[scene]]
name = "Bare"
layer = [{ color = "#224466" }]
[[scene]]
name = "Table"
[[scene.layer]]
color = "#335577"
[[scene.layer]]
name = "mug"
color = "#ff0000"
product = "MUG"
place = { anchor = "top-left", x = 100, y = 50, w = 200, h = 100 }
shadow = { blur = 40, y = 10, color = "#000" }
[[scene]]
name = "Small table"
[[scene.layer]]
color = "#000000"
[[scene.layer]]
scene = "Table"
place = { anchor = "top-left", x = 500, y = 100, w = 500, h = 250 }
[[scene]]
name = "Card"
[[scene.layer]]
color = "#101216"
place = { anchor = "top-left", x = 600, y = 300, w = 300, h = 150 }
[[scene.layer]]
color = "#ffffff"
place = { anchor = "top-left", x = 620, y = 320, w = 50, h = 50 }
[[overlay]]
name = "card"
scene = "Card"
product = "MUG"
enter = { kind = "slide", from = "right", ms = 400 }
[[overlay]]
name = "own"
card = "TEE"
place = { anchor = "top-left", x = 0, y = 0, w = 400, h = 124 }
enter = { kind = "none" }
[[product]]
sku = "MUG"
title = "Mug"
price = "1 EUR"
[[product]]
sku = "TEE"
title = "Tee"
price = "1 EUR"
"##;

struct World(Option<Arc<Layer>>);

impl Sizes for World {
    fn input(&self, _: &InputId) -> Option<Size> {
        None
    }
}

impl Overlays for World {
    fn layer(&self, plugin: &PluginId, slot: &str) -> Option<Arc<Layer>> {
        let own = own::owner().as_ref() == Some(plugin) && slot == Own::Card(Goods::Sku("TEE".into())).slot();
        self.0.clone().filter(|_| own)
    }
    fn asset(&self, _: &PluginId, _: &str) -> Option<Arc<[u8]>> {
        None
    }
    fn unix_ms(&self, at: ShowTime) -> u64 {
        at.millis()
    }
}

fn show() -> Show {
    Show::new(&file::parse(SHOW, "show.toml").unwrap(), &(), None)
}

fn scene(name: &str) -> Program {
    Program::Scene(SceneName::new(name).unwrap())
}

fn boxes(air: &Air, at_ms: u64, world: &World) -> Vec<(String, [f32; 4])> {
    let show = show();
    let at = ShowTime::from_millis(at_ms);
    let list = plan(&Moment { show: &show, air, canvas: 0, at, sizes: world, overlays: world });
    let mut out: Vec<SpotBox> = Vec::new();
    spots_into(&list, &mut out);
    let one = |spot: &SpotBox| {
        let rect = spot.rect_in_canvas;
        (spot.sku.to_string(), [rect.x, rect.y, rect.w, rect.h].map(f32::round))
    };
    out.iter().map(one).collect()
}

fn on(program: Program, overlays: &[(&str, Shown)]) -> Air {
    let shown = |(name, shown): &(&str, Shown)| (OverlayId::new(name).unwrap(), *shown);
    Air { program, overlays: overlays.iter().map(shown).collect(), ..Air::default() }
}

#[test]
fn a_layer_of_a_product_has_its_box_without_its_shadow() {
    let world = World(None);
    assert_eq!(boxes(&on(scene("Bare"), &[]), 0, &world), []);
    let table = boxes(&on(scene("Table"), &[]), 0, &world);
    assert_eq!(table, [("MUG".to_owned(), [100.0, 50.0, 200.0, 100.0])]);
    let small = boxes(&on(scene("Small table"), &[]), 0, &world);
    assert_eq!(small, [("MUG".to_owned(), [550.0, 125.0, 100.0, 50.0])], "a scene in a scene is scaled with it");
}

#[test]
fn an_overlay_is_one_box_and_two_things_of_a_product_are_two() {
    let air = on(scene("Table"), &[("card", Shown::On)]);
    let seen = boxes(&air, 0, &World(None));
    assert_eq!(
        seen,
        [("MUG".to_owned(), [100.0, 50.0, 200.0, 100.0]), ("MUG".to_owned(), [600.0, 300.0, 300.0, 150.0])]
    );
}

#[test]
fn an_overlay_that_slides_in_takes_its_box_along() {
    let air = on(scene("Bare"), &[("card", Shown::Entering { since: ShowTime::ZERO })]);
    let world = World(None);
    assert_eq!(boxes(&air, 10, &world), [], "too faint to click");
    let path: Vec<f32> = [150, 250, 350, 400].map(|at| boxes(&air, at, &world)[0].1[0]).to_vec();
    assert!(path.windows(2).all(|pair| pair[0] >= pair[1]) && path[0] > 600.0, "{path:?}");
    assert_eq!(*path.last().unwrap(), 600.0);
}

#[test]
fn the_show_s_own_card_names_its_product() {
    let face = Face::Goods(GoodsFace {
        sku: "TEE".into(),
        pictured: false,
        title: "Tee".into(),
        price: "1 €".into(),
        was: None,
        stock: Some((3, 4)),
        ends_unix_ms: None,
        short_code: "TEE".into(),
        link: "https://x.example/b/TEE".into(),
    });
    let own = Own::Card(Goods::Stage);
    let mut layer = Layer::new(own.size());
    layer.commit(&own.ops(&face), ShowTime::ZERO).unwrap();
    let air = on(scene("Bare"), &[("own", Shown::On)]);
    let seen = boxes(&air, 5_000, &World(Some(Arc::new(layer))));
    assert_eq!(seen, [("TEE".to_owned(), [0.0, 0.0, 400.0, 124.0])]);
}

#[test]
fn what_is_covered_or_black_can_t_be_clicked() {
    use vitrine_scene::air::Black;
    let world = World(None);
    let mut air = on(scene("Table"), &[("card", Shown::On)]);
    air.black = Black::On;
    assert_eq!(boxes(&air, 0, &world), []);
}
