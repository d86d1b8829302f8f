//! What the tests share: a show from a text, sizes of its inputs, eyes for draw lists.
#![allow(dead_code, reason = "each test takes what it needs")]

use vitrine_media::{InputId, SceneName, ShowTime, Size};
use vitrine_scene::air::{Air, Program};
use vitrine_scene::draw::{Draw, DrawList, Rect, Sizes, Source};
use vitrine_scene::file::{self, Transition};
use vitrine_scene::raster::BitmapId;
use vitrine_scene::{Moment, Overlays, Show, plan};

/// Every input is 1920×1080, `tall` 1080×1920, `small` 640×480; a bitmap is 300×40.
pub struct Known;

impl Sizes for Known {
    fn input(&self, id: &InputId) -> Option<Size> {
        match id.as_str() {
            "absent" => None,
            "tall" => Some(Size::new(1080, 1920)),
            "small" => Some(Size::new(640, 480)),
            _ => Some(Size::new(1920, 1080)),
        }
    }
    fn bitmap(&self, _: BitmapId) -> Option<Size> {
        Some(Size::new(300, 40))
    }
}

pub const HEAD: &str = r##"
vitrine = 1
name = "Test"
[[canvas]]
name = "main"
size = [1920, 1080]
[[canvas]]
name = "vertical"
size = [1080, 1920]
[input.cam]
kind = "rtsp"
uri = "rtsp://10.0.0.2/cam"
[input.room]
kind = "rtsp"
uri = "rtsp://10.0.0.3/room"
[input.small]
kind = "file"
uri = "small.mp4"
[input.tall]
kind = "file"
uri = "tall.mp4"
[input.sting]
kind = "file"
uri = "sting.mov"
[input.absent]
kind = "srt"
uri = "srt://0.0.0.0:9710?mode=listener"
[input.paint]
kind = "color"
fill = "#102030"
"##;

pub fn show(rest: &str) -> Show {
    let file = file::parse(&format!("{HEAD}{rest}"), "show.toml").unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    });
    Show::new(&file, &(), None)
}

pub fn name(text: &str) -> SceneName {
    SceneName::new(text).unwrap()
}

pub fn ms(at: u64) -> ShowTime {
    ShowTime::from_millis(at)
}

pub fn on(scene: &str) -> Air {
    Air { program: Program::Scene(name(scene)), ..Air::default() }
}

pub fn draw_with(show: &Show, air: &Air, canvas: usize, at: u64, overlays: &dyn Overlays) -> DrawList {
    plan(&Moment { show, air, canvas, at: ms(at), sizes: &Known, overlays })
}

pub fn draw(show: &Show, air: &Air, canvas: usize, at: u64) -> DrawList {
    draw_with(show, air, canvas, at, &())
}

pub fn transition(text: &str) -> Transition {
    let show = show(&format!("[[scene]]\nname = \"x\"\ntransition = {{ {text} }}\n"));
    show.scenes[0].transition.clone()
}

pub fn rect(draw: &Draw) -> [f32; 4] {
    let Rect { x, y, w, h } = draw.placement.rect_in_canvas;
    [x, y, w, h]
}

pub fn close(found: [f32; 4], wanted: [f32; 4]) -> bool {
    found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 0.01)
}

/// A draw in a word: the input's name, `#rrggbbaa`, `bitmap`, or what lies in a group.
pub fn word(draw: &Draw) -> String {
    match &draw.source {
        Source::Input { id, .. } => id.to_string(),
        Source::Solid(c) => format!("#{:02x}{:02x}{:02x}{:02x}", c.r, c.g, c.b, c.a),
        Source::Bitmap { .. } => "bitmap".to_owned(),
        Source::Group { draws, .. } => format!("({})", words(draws)),
    }
}

pub fn words(draws: &[Draw]) -> String {
    draws.iter().map(word).collect::<Vec<_>>().join(" ")
}

pub fn bitmaps(draws: &[Draw], out: &mut Vec<(u64, BitmapId)>) {
    for draw in draws {
        match &draw.source {
            Source::Bitmap { id, place } => out.push((*place, *id)),
            Source::Group { draws, .. } => bitmaps(draws, out),
            _ => {}
        }
    }
}
