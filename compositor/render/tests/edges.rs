//! Draws that no one would make on purpose: nothing may panic, and what is sane beside them must still be seen.

#![allow(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod reference;

use reference::random::{Album, Rng, album, draw, picture};
use vitrine_media::{InputId, PixelFormat, ShowTime, Size};
use vitrine_render::cpu::CpuRenderer;
use vitrine_render::{RenderError, Renderer};
use vitrine_scene::draw::{Blend, Border, Color, Draw, DrawList, Rect, Scaling, Shadow, Source, Vec2, Wipe};
use vitrine_scene::raster::BitmapId;

const WILD: [f32; 12] =
    [0.0, -0.0, 1e-30, -1.0, 0.5, 3.0, 1e9, -1e9, f32::MAX, f32::NAN, f32::INFINITY, f32::NEG_INFINITY];

fn wild(rng: &mut Rng) -> f32 {
    WILD[rng.below(WILD.len() as u64) as usize]
}

fn wild_rect(rng: &mut Rng) -> Rect {
    Rect { x: wild(rng), y: wild(rng), w: wild(rng), h: wild(rng) }
}

#[test]
fn wild_numbers_never_panic() {
    let mut renderer = CpuRenderer::new(2);
    for seed in 0..1500 {
        let mut rng = Rng(seed);
        let album = album(&mut rng);
        let canvas = Size::new(2 + 2 * rng.below(30) as u32, 2 + 2 * rng.below(30) as u32);
        let mut one = draw(&mut rng, canvas, 0);
        let rect = wild_rect(&mut rng);
        match rng.below(9) {
            0 => one.placement.rect_in_canvas = rect,
            1 => one.crop = Some(rect),
            2 => one.clip = Some(rect),
            3 => one.placement.rotation_deg = wild(&mut rng),
            4 => one.opacity = wild(&mut rng),
            5 => one.corner_radius = wild(&mut rng),
            6 => one.border = Some(Border { width: wild(&mut rng), color: Color::BLACK }),
            7 => {
                one.shadow = Some(Shadow {
                    blur: wild(&mut rng).min(90.0),
                    offset: Vec2 { x: rect.x, y: rect.y },
                    color: Color::BLACK,
                })
            }
            _ => one.wipe = Some(Wipe { direction: Vec2 { x: rect.x, y: rect.y }, edge: rect.w, softness: rect.h }),
        }
        let list = DrawList { canvas, background: Color::BLACK, draws: vec![one] };
        assert!(renderer.draw(&list, &album, ShowTime::ZERO).unwrap().is_some(), "seed {seed}");
    }
}

#[test]
fn one_pixel_sources_fill_what_they_are_stretched_over() {
    let mut rng = Rng(5);
    let mut album = Album::default();
    for (id, format) in [("i", PixelFormat::I420), ("a", PixelFormat::A420)] {
        album.inputs.insert(id.to_owned(), picture(&mut rng, Size::new(1, 1), format));
    }
    let mut renderer = CpuRenderer::new(1);
    let pixel = album.inputs["i"].plane(0).bytes[0];
    for scaling in [Scaling::Bilinear, Scaling::Lanczos] {
        let source = Source::Input { id: InputId::new("i").unwrap(), grade: Default::default() };
        let mut one = Draw::new(source, Rect { x: -1e5, y: -1e5, w: 2e5, h: 2e5 });
        one.scaling = scaling;
        let list = DrawList { canvas: Size::new(34, 6), background: Color::BLACK, draws: vec![one] };
        let drawn = renderer.draw(&list, &album, ShowTime::ZERO).unwrap().unwrap();
        assert!(drawn.plane(0).bytes.chunks(64).all(|row| row[..34].iter().all(|v| *v == pixel)));
    }
}

#[test]
fn an_empty_list_is_its_background() {
    let mut renderer = CpuRenderer::new(2);
    let white = Color { r: 255, g: 255, b: 255, a: 255 };
    let list = DrawList { canvas: Size::new(66, 50), background: white, draws: Vec::new() };
    let drawn = renderer.draw(&list, &Album::default(), ShowTime::from_millis(7)).unwrap().unwrap();
    assert_eq!((drawn.pts(), drawn.plane(0).bytes[65], drawn.plane(1).bytes[3]), (ShowTime::from_millis(7), 235, 128));
}

#[test]
fn a_full_frame_camera_is_passed_on_by_reference_and_only_then() {
    let mut album = Album::default();
    let size = Size::new(64, 48);
    album.inputs.insert("cam".to_owned(), picture(&mut Rng(1), size, PixelFormat::I420));
    let source = Source::Input { id: InputId::new("cam").unwrap(), grade: Default::default() };
    let plain = Draw::new(source, Rect { x: 0.0, y: 0.0, w: 64.0, h: 48.0 });
    let mut renderer = CpuRenderer::new(1);
    let mut same = |draws: Vec<Draw>| {
        let list = DrawList { canvas: size, background: Color::BLACK, draws };
        let drawn = renderer.draw(&list, &album, ShowTime::from_millis(40)).unwrap().unwrap();
        assert_eq!(drawn.pts(), ShowTime::from_millis(40));
        drawn.same_bytes(&album.inputs["cam"])
    };
    let hidden = Draw::new(Source::Solid(Color::BLACK), Rect { x: 3.0, y: 3.0, w: 20.0, h: 20.0 });
    assert!(same(vec![hidden.clone(), plain.clone()]));
    assert!(!same(vec![plain.clone(), hidden]));
    let border = Some(Border { width: 2.0, color: Color::BLACK });
    for changed in [
        Draw { opacity: 0.5, ..plain.clone() },
        Draw { corner_radius: 4.0, ..plain.clone() },
        Draw { blend: Blend::Multiply, ..plain.clone() },
        Draw { border, ..plain.clone() },
        Draw { crop: Some(Rect { x: 1.0, y: 0.0, w: 60.0, h: 48.0 }), ..plain.clone() },
    ] {
        assert!(!same(vec![changed]));
    }
}

#[test]
fn what_is_not_there_is_left_out() {
    let mut renderer = CpuRenderer::new(1);
    let rect = Rect { x: 0.0, y: 0.0, w: 8.0, h: 8.0 };
    let bitmap = Draw::new(Source::Bitmap { id: BitmapId(9), place: 1 }, rect);
    let list = DrawList { canvas: Size::new(8, 8), background: Color::BLACK, draws: vec![bitmap] };
    let drawn = renderer.draw(&list, &Album::default(), ShowTime::ZERO).unwrap().unwrap();
    assert_eq!(drawn.plane(0).bytes[0], 16);
}

#[test]
fn canvases_that_can_not_be_are_refused() {
    let mut renderer = CpuRenderer::new(1);
    for (w, h) in [(0, 2), (3, 2), (2, 7), (8194, 2)] {
        let list = DrawList { canvas: Size::new(w, h), background: Color::BLACK, draws: Vec::new() };
        let refused = renderer.draw(&list, &Album::default(), ShowTime::ZERO);
        assert!(matches!(refused, Err(RenderError::Canvas(_))));
    }
}
