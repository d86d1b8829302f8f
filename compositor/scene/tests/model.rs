//! The resolved show: shared settings, scenes within scenes, inputs in scenes, tables of transitions, assets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::float_cmp, reason = "equal moments give equal figures")]

mod common;

use common::{HEAD, close, draw, on, rect, show, words};
use std::sync::Arc;
use vitrine_media::InputId;
use vitrine_scene::file::{self, Transition};
use vitrine_scene::grade::{Lut3, Plate, Screen};
use vitrine_scene::{Assets, Show, asset_paths};

const NESTED: &str = r##"
[[scene]]
name = "Stage"
layer = [{ input = "room" }, { input = "cam", place = { w = "50%" } }]
[[scene]]
name = "Plain"
layer = [{ scene = "Stage" }, { input = "small", place = { w = "10%" } }]
[[scene]]
name = "Pip"
[[scene.layer]]
input = "paint"
[[scene.layer]]
scene = "Stage"
place = { anchor = "top-right", x = "100%", y = "0%", w = "50%" }
[[scene]]
name = "Faint"
layer = [{ scene = "Stage", opacity = 0.5 }]
[[scene]]
name = "Glow"
layer = [{ input = "room" }, { input = "cam", blend = "screen" }]
[[scene]]
name = "Around glow"
layer = [{ scene = "Glow" }]
[[scene]]
name = "Missing"
layer = [{ input = "absent" }, { input = "cam", visible = false }, { input = "room", opacity = 0.0 }]
"##;

#[test]
fn a_scene_within_a_scene_is_flat_where_that_is_the_same_picture() {
    let show = show(NESTED);
    assert_eq!(words(&draw(&show, &on("Plain"), 0, 0).draws), "room cam small");
    let pip = draw(&show, &on("Pip"), 0, 0);
    assert_eq!(words(&pip.draws), "#102030ff (room cam)");
    assert!(close(rect(&pip.draws[1]), [960.0, 0.0, 960.0, 540.0]));
    let faint = draw(&show, &on("Faint"), 0, 0);
    assert_eq!(words(&faint.draws), "(room cam)", "a group fades as one");
    assert_eq!(faint.draws[0].opacity, 0.5);
    assert_eq!(words(&draw(&show, &on("Around glow"), 0, 0).draws), "(room cam)", "a blend stays within its scene");
}

#[test]
fn what_is_not_there_is_left_out() {
    assert!(draw(&show(NESTED), &on("Missing"), 0, 0).draws.is_empty());
    assert!(draw(&show(NESTED), &on("No such scene"), 0, 0).draws.is_empty());
}

#[test]
fn a_scene_takes_its_own_transition_a_named_one_or_the_default() {
    let show = show(
        "[transition.default]\nkind = \"wipe\"\n[transition.soft]\nkind = \"fade\"\nms = 900\n\
         [[scene]]\nname = \"a\"\n[[scene]]\nname = \"b\"\ntransition = \"soft\"\n\
         [[scene]]\nname = \"c\"\ntransition = { kind = \"cut\" }\n",
    );
    let kinds: Vec<&str> = show.scenes.iter().map(|scene| scene.transition.word()).collect();
    assert_eq!(kinds, ["wipe", "fade", "cut"]);
    assert_eq!(show.scenes[1].transition.ms(), 900);
    assert_eq!(Transition::default().ms(), 400);
}

struct Loaded;

impl Assets for Loaded {
    fn plate(&self, path: &str) -> Option<Arc<Plate>> {
        (path == "plate.png").then(|| Arc::new(Plate { width: 1, height: 1, rgba: vec![0, 255, 0, 255] }))
    }
    fn lut(&self, _: &str) -> Option<Arc<Lut3>> {
        None
    }
}

const GRADED: &str = "[input.a]\nkind = \"test\"\nkey = { clean_plate = \"plate.png\", grade = \"fast\" }\n\
    [input.b]\nkind = \"test\"\nkey = { screen = \"#00ff00\", tolerance = 0.5, garbage = [0.1, 0.1, 0.5, 0.5] }\n\
    [input.c]\nkind = \"test\"\nkey = { screen = \"#00ff00\", tolerance = 0.5, garbage = [0.1, 0.1, 0.5, 0.5] }\n\
    color = { saturation = 1.2, lut = \"warm.cube\" }\n";

#[test]
fn settings_that_did_not_change_keep_their_arc() {
    let file = file::parse(&format!("{HEAD}{GRADED}"), "show.toml").unwrap();
    assert_eq!(asset_paths(&file), (vec!["plate.png"], vec!["warm.cube"]));
    let first = Show::new(&file, &Loaded, None);
    let grade = |show: &Show, id: &str| Arc::clone(&show.input(&InputId::new(id).unwrap()).unwrap().grade);
    assert!(matches!(grade(&first, "a").key.as_ref().unwrap().screen, Screen::CleanPlate(_)));
    assert_eq!(grade(&first, "b").key.as_ref().unwrap().garbage.unwrap().w, 0.5);
    assert!(Arc::ptr_eq(&grade(&first, "cam"), &grade(&first, "room")), "equal settings are one");
    let again = Show::new(&file, &Loaded, Some(&first));
    for id in ["a", "b", "c", "cam"] {
        assert!(Arc::ptr_eq(&grade(&first, id), &grade(&again, id)), "{id}");
    }
    let changed = file::parse(&format!("{HEAD}{}", GRADED.replacen("0.5, garbage", "0.6, garbage", 1)), "x").unwrap();
    let changed = Show::new(&changed, &Loaded, Some(&first));
    assert!(!Arc::ptr_eq(&grade(&first, "b"), &grade(&changed, "b")));
    assert!(Arc::ptr_eq(&grade(&first, "c"), &grade(&changed, "c")));
}

#[test]
fn text_layers_have_their_box_before_anything_is_drawn() {
    let show = show(
        "[[scene]]\nname = \"T\"\n[[scene.layer]]\n\
         text = { text = \"A long headline that needs two lines\", size = 100 }\n\
         place = { anchor = \"bottom-right\", x = \"95%\", y = \"95%\", w = \"60%\" }\nrotation = 90\n",
    );
    for (canvas, w) in [(0, 1152.0), (1, 648.0)] {
        let list = draw(&show, &on("T"), canvas, 0);
        let [.., width, height] = rect(&list.draws[0]);
        assert_eq!(width, w);
        assert!(height >= 240.0, "two lines at least: {height}");
    }
}
