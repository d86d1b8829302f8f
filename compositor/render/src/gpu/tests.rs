//! What the GPU draws, against reckoning by hand. Skipped, with the reason, where there is no adapter.

use super::*;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use vitrine_scene::draw::{Border, Scaling, Shadow, Vec2, Wipe};

const SIZE: Size = Size::new(96, 64);

/// One renderer for all tests: a software Vulkan compiles for seconds.
fn shared() -> Option<MutexGuard<'static, GpuRenderer>> {
    static SHARED: OnceLock<Option<Mutex<GpuRenderer>>> = OnceLock::new();
    let made = SHARED.get_or_init(|| {
        let options = GpuOptions { software: true, ..GpuOptions::default() };
        match GpuRenderer::new(&options) {
            Ok(renderer) => {
                println!("drawn by {}", renderer.info().adapter);
                Some(Mutex::new(renderer))
            }
            Err(error @ RenderError::NoAdapter { .. }) => {
                println!("skipped: {error}");
                None
            }
            Err(error) => panic!("there is an adapter, and yet: {error}"),
        }
    });
    Some(made.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
}

#[derive(Default)]
struct Shown {
    inputs: HashMap<InputId, Picture>,
    bitmaps: HashMap<BitmapId, Picture>,
}

impl Pictures for Shown {
    fn input(&self, id: &InputId) -> Option<Picture> {
        self.inputs.get(id).cloned()
    }

    fn bitmap(&self, id: BitmapId, _place: u64) -> Option<Picture> {
        self.bitmaps.get(&id).cloned()
    }
}

fn id(name: &str) -> InputId {
    InputId::new(name).unwrap()
}

fn input(name: &str) -> Source {
    Source::Input { id: id(name), grade: Arc::default() }
}

fn picture(size: Size, format: PixelFormat, sample: impl Fn(usize, usize, usize) -> u8) -> Picture {
    let pool = PicturePool::new(0);
    let mut picture = pool.take(size, format);
    for (index, plane) in picture.planes().into_iter().enumerate() {
        for (y, row) in plane.bytes.chunks_mut(plane.stride.max(1)).enumerate() {
            for (x, slot) in row.iter_mut().enumerate() {
                *slot = sample(index, x, y);
            }
        }
    }
    picture.freeze(ShowTime::ZERO)
}

/// A picture that is smooth everywhere: slopes of luma and chroma.
fn slopes(size: Size, format: PixelFormat) -> Picture {
    let span = size.width.max(size.height) as usize;
    picture(size, format, |plane, x, y| match plane {
        0 => 40 + (x * 150 / span) as u8,
        1 => 90 + (y * 120 / span) as u8,
        2 => 160 - (x * 120 / span) as u8,
        _ => 60 + ((x + y) * 90 / span) as u8,
    })
}

fn list(draws: Vec<Draw>) -> DrawList {
    DrawList { canvas: SIZE, background: Color { r: 20, g: 30, b: 40, a: 255 }, draws }
}

fn rect(x: f32, y: f32, w: f32, h: f32) -> Rect {
    Rect { x, y, w, h }
}

fn full() -> Rect {
    rect(0.0, 0.0, SIZE.width as f32, SIZE.height as f32)
}

fn draw(list: &DrawList, shown: &Shown) -> Option<Picture> {
    let mut renderer = shared()?;
    let early = renderer.draw(list, shown, ShowTime::from_millis(7)).unwrap();
    renderer.flush().unwrap().pop().or(early)
}

fn codes(picture: &Picture, x: usize, y: usize) -> [u8; 3] {
    let at = |plane: usize, x: usize, y: usize| {
        let plane = picture.plane(plane);
        plane.bytes[y * plane.stride + x]
    };
    [at(0, x, y), at(1, x / 2, y / 2), at(2, x / 2, y / 2)]
}

/// Code values of a colour of 0 to 1, reckoned from BT.709-6.
fn code_of(rgb: [f64; 3]) -> [u8; 3] {
    let luma = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
    let codes =
        [16.0 + 219.0 * luma, 128.0 + 224.0 * (rgb[2] - luma) / 1.8556, 128.0 + 224.0 * (rgb[0] - luma) / 1.5748];
    codes.map(|c| c.round() as u8)
}

fn unit(color: Color) -> [f64; 3] {
    [color.r, color.g, color.b].map(|v| f64::from(v) / 255.0)
}

fn near(got: [u8; 3], wanted: [u8; 3], off: u8) -> bool {
    got.iter().zip(wanted).all(|(g, w)| g.abs_diff(w) <= off)
}

#[test]
fn the_probe_marks_software_adapters() {
    for info in probe() {
        println!("{info:?}");
        assert_eq!(info.kind, "gpu");
        assert!(info.software || !info.adapter.to_lowercase().contains("llvmpipe"), "{info:?}");
    }
    let nowhere = GpuOptions { adapter: "no such adapter".into(), ..GpuOptions::default() };
    assert_eq!(GpuRenderer::new(&nowhere).err().map(|e| e.code()), Some("RENDER_NO_ADAPTER"));
}

#[test]
fn a_camera_passes_unchanged_and_sums_add_up() {
    let shown = Shown { inputs: [(id("cam"), slopes(SIZE, PixelFormat::I420))].into(), ..Shown::default() };
    let Some(got) = draw(&list(vec![Draw::new(input("cam"), full())]), &shown) else { return };
    assert_eq!((got.size(), got.format(), got.pts()), (SIZE, PixelFormat::I420, ShowTime::from_millis(7)));
    let camera = &shown.inputs[&id("cam")];
    for y in 0..64 {
        for x in 0..96 {
            assert!(near(codes(&got, x, y), codes(camera, x, y), 1), "{x},{y}");
        }
    }
}

/// What a blend makes of one channel under and over.
type Formula = fn(f64, f64) -> f64;

#[test]
fn blends_follow_their_formulas() {
    let under = Color { r: 200, g: 120, b: 60, a: 255 };
    let over = Color { r: 90, g: 180, b: 150, a: 255 };
    let cases: [(Blend, Formula); 7] = [
        (Blend::Normal, |_, o| o),
        (Blend::Add, |u, o| (u + o).min(1.0)),
        (Blend::Multiply, |u, o| u * o),
        (Blend::Screen, |u, o| u + o - u * o),
        (Blend::Subtract, |u, o| (u - o).max(0.0)),
        (Blend::Lighten, f64::max),
        (Blend::Darken, f64::min),
    ];
    for (blend, formula) in cases {
        for opacity in [1.0_f32, 0.6] {
            let top = Draw { blend, opacity, ..Draw::new(Source::Solid(over), rect(10.0, 10.0, 40.0, 30.0)) };
            let all = vec![Draw::new(Source::Solid(under), full()), top.clone(), top];
            let Some(got) = draw(&list(all), &Shown::default()) else { return };
            let mut wanted = unit(under);
            for _ in 0..2 {
                for (u, o) in wanted.iter_mut().zip(unit(over)) {
                    *u = *u * (1.0 - f64::from(opacity)) + formula(*u, o) * f64::from(opacity);
                }
            }
            assert!(near(codes(&got, 30, 20), code_of(wanted), 1), "{blend:?} {opacity}");
            assert!(near(codes(&got, 70, 50), code_of(unit(under)), 1), "{blend:?} beside the draw");
        }
    }
}

#[test]
fn a_blend_may_come_first_and_groups_are_clear_where_nothing_is() {
    let red = Color { r: 255, g: 0, b: 0, a: 255 };
    let first = Draw { blend: Blend::Multiply, ..Draw::new(Source::Solid(red), full()) };
    let Some(got) = draw(&list(vec![first]), &Shown::default()) else { return };
    assert!(near(codes(&got, 5, 5), code_of([20.0 / 255.0, 0.0, 0.0]), 1));

    let inner = Draw::new(Source::Solid(red), rect(8.0, 8.0, 16.0, 16.0));
    let deeper = Draw::new(Source::Group { size: Size::new(32, 32), draws: vec![inner] }, rect(0.0, 0.0, 32.0, 32.0));
    let group = Source::Group { size: Size::new(32, 32), draws: vec![deeper] };
    let shown_at = Draw { opacity: 0.5, ..Draw::new(group, rect(32.0, 0.0, 64.0, 64.0)) };
    let got = draw(&list(vec![shown_at]), &Shown::default()).unwrap();
    let ground = [20.0, 30.0, 40.0].map(|v| v / 255.0);
    assert!(near(codes(&got, 36, 4), code_of(ground), 1), "the group's clear part");
    assert!(near(codes(&got, 64, 32), code_of([(ground[0] + 1.0) / 2.0, ground[1] / 2.0, ground[2] / 2.0]), 1));
}

#[test]
fn crops_flips_and_turns_show_the_right_part() {
    let quarters = picture(Size::new(64, 64), PixelFormat::I420, |plane, x, y| match plane {
        0 => [50, 100, 150, 200][usize::from(x >= 32) + 2 * usize::from(y >= 32)],
        _ => 128,
    });
    let shown = Shown { inputs: [(id("q"), quarters)].into(), ..Shown::default() };
    let base = Draw::new(input("q"), rect(16.0, 0.0, 64.0, 64.0));
    let lumas = |draw_of: Draw| -> Option<[u8; 4]> {
        let got = draw(&list(vec![draw_of]), &shown)?;
        Some([(30, 10), (66, 10), (30, 50), (66, 50)].map(|(x, y)| codes(&got, x, y)[0]))
    };
    let with = |edit: fn(&mut Draw)| {
        let mut draw = base.clone();
        edit(&mut draw);
        draw
    };
    let Some(plain) = lumas(base.clone()) else { return };
    assert_eq!(plain, [50, 100, 150, 200]);
    assert_eq!(lumas(with(|d| d.placement.flip_h = true)), Some([100, 50, 200, 150]));
    assert_eq!(lumas(with(|d| d.placement.flip_v = true)), Some([150, 200, 50, 100]));
    assert_eq!(lumas(with(|d| d.placement.rotation_deg = 90.0)), Some([150, 50, 200, 100]));
    assert_eq!(lumas(with(|d| d.placement.rotation_deg = 180.0)), Some([200, 150, 100, 50]));
    assert_eq!(lumas(with(|d| d.crop = Some(rect(32.0, 32.0, 32.0, 32.0)))), Some([200; 4]));
    assert_eq!(lumas(with(|d| d.scaling = Scaling::Lanczos)), Some([50, 100, 150, 200]));
}

#[test]
fn reduction_counts_every_pixel() {
    let checks = picture(Size::new(512, 512), PixelFormat::I420, |plane, x, y| match plane {
        0 => 40 + 150 * ((x + y) % 2) as u8,
        _ => 128,
    });
    let shown = Shown { inputs: [(id("c"), checks)].into(), ..Shown::default() };
    for scaling in [Scaling::Bilinear, Scaling::Lanczos] {
        let small = Draw { scaling, ..Draw::new(input("c"), rect(3.0, 5.0, 31.0, 37.0)) };
        let Some(got) = draw(&list(vec![small]), &shown) else { return };
        for (x, y) in [(10, 12), (20, 30), (32, 40)] {
            assert!(codes(&got, x, y)[0].abs_diff(115) <= 2, "{scaling:?}: {:?}", codes(&got, x, y));
        }
    }
}

#[test]
fn corners_borders_clips_and_wipes_cut() {
    let white = Color { r: 255, g: 255, b: 255, a: 255 };
    let green = Color { r: 0, g: 255, b: 0, a: 255 };
    let card = Draw {
        corner_radius: 12.0,
        border: Some(Border { width: 4.0, color: green }),
        clip: Some(rect(0.0, 0.0, 60.0, 64.0)),
        wipe: Some(Wipe { direction: Vec2 { x: 0.0, y: 1.0 }, edge: 40.0, softness: 8.0 }),
        ..Draw::new(Source::Solid(white), rect(8.0, 8.0, 80.0, 48.0))
    };
    let Some(got) = draw(&list(vec![card]), &Shown::default()) else { return };
    let ground = code_of([20.0, 30.0, 40.0].map(|v| v / 255.0));
    assert!(near(codes(&got, 8, 8), ground, 1), "the corner is off");
    assert!(near(codes(&got, 30, 9), code_of([0.0, 1.0, 0.0]), 1), "the border");
    assert!(near(codes(&got, 30, 20), code_of([1.0; 3]), 1), "the middle");
    assert!(near(codes(&got, 64, 20), ground, 1), "beyond the clip");
    assert!(near(codes(&got, 30, 52), ground, 1), "beyond the wipe");
    let half = codes(&got, 30, 44)[0];
    assert!((100..160).contains(&half), "in the wipe's soft edge: {half}");
}

#[test]
fn shadows_are_gaussian() {
    let white = Color { r: 255, g: 255, b: 255, a: 255 };
    let shadow = Shadow { blur: 12.0, offset: Vec2 { x: 0.0, y: 0.0 }, color: Color { a: 255, ..Color::BLACK } };
    for radius in [0.0, 6.0] {
        let card = Draw {
            shadow: Some(shadow),
            corner_radius: radius,
            opacity: 0.5,
            ..Draw::new(Source::Solid(Color { a: 0, ..white }), rect(28.0, 16.0, 40.0, 32.0))
        };
        let background = Draw::new(Source::Solid(white), full());
        let Some(got) = draw(&list(vec![background, card]), &Shown::default()) else { return };
        // At the middle of a straight edge a Gaussian is half of what it is far inside.
        let alpha = |x: usize, y: usize| 1.0 - (f64::from(codes(&got, x, y)[0]) - 16.0) / 219.0;
        let edge = (alpha(27, 32) + alpha(28, 32)) / 2.0;
        assert!((edge - 0.25).abs() < 0.015, "{radius}: {edge}");
        assert!(alpha(48, 32) > 0.46 && alpha(4, 32) < 0.01, "{} {}", alpha(48, 32), alpha(4, 32));
    }
}

#[test]
fn keyed_pictures_and_bitmaps_lie_over() {
    let half = picture(SIZE, PixelFormat::A420, |plane, _, _| [200, 100, 150, 128][plane]);
    let bitmap = picture(SIZE, PixelFormat::Rgba, |_, x, _| [128, 64, 0, 128][x % 4]);
    let shown = Shown { inputs: [(id("k"), half)].into(), bitmaps: [(BitmapId(3), bitmap)].into() };
    let white = Draw::new(Source::Solid(Color { r: 255, g: 255, b: 255, a: 255 }), full());
    let keyed = Draw::new(input("k"), rect(0.0, 0.0, 48.0, 64.0));
    let text = Draw::new(Source::Bitmap { id: BitmapId(3), place: 1 }, rect(48.0, 0.0, 48.0, 64.0));
    let Some(got) = draw(&list(vec![white, keyed, text]), &shown) else { return };
    let mean =
        |a: [u8; 3], b: [u8; 3]| std::array::from_fn(|i| ((u16::from(a[i]) * 128 + u16::from(b[i]) * 127) / 255) as u8);
    assert!(near(codes(&got, 20, 30), mean([200, 100, 150], [235, 128, 128]), 1), "{:?}", codes(&got, 20, 30));
    let wanted = code_of([(128.0 + 127.0) / 255.0, (64.0 + 127.0) / 255.0, 127.0 / 255.0]);
    assert!(near(codes(&got, 70, 30), wanted, 1), "{:?}", codes(&got, 70, 30));
}

#[test]
fn pictures_come_back_in_order_and_late_by_no_more_than_the_read_backs() {
    let Some(mut renderer) = shared() else { return };
    let list = list(vec![Draw::new(Source::Solid(Color::BLACK), full())]);
    let mut seen = Vec::new();
    for ms in 0..20 {
        if let Some(picture) = renderer.draw(&list, &Shown::default(), ShowTime::from_millis(ms)).unwrap() {
            assert!(picture.pts() < ShowTime::from_millis(ms), "it waited for its own picture");
            assert!(ms - picture.pts().millis() < limits::READ_BACKS_MAX as u64);
            seen.push(picture.pts().millis());
        }
    }
    seen.extend(renderer.flush().unwrap().iter().map(|p| p.pts().millis()));
    assert_eq!(seen, (0..20).collect::<Vec<_>>());
}

#[test]
fn a_picture_is_uploaded_once_and_its_texture_used_again() {
    let Some(mut renderer) = shared() else { return };
    let mut shown = Shown { inputs: [(id("twice"), slopes(SIZE, PixelFormat::I420))].into(), ..Shown::default() };
    let twice = list(vec![Draw::new(input("twice"), full()), Draw::new(input("twice"), rect(0.0, 0.0, 20.0, 20.0))]);
    let count = |r: &GpuRenderer| r.textures.uploaded_count();
    let before = count(&renderer);
    for _ in 0..4 {
        renderer.draw(&twice, &shown, ShowTime::ZERO).unwrap();
        assert_eq!(count(&renderer), before + 1);
        shown.inputs.insert(id("twice"), slopes(SIZE, PixelFormat::I420));
    }
    renderer.flush().unwrap();
}

#[test]
fn canvases_that_cannot_be_are_refused() {
    let Some(mut renderer) = shared() else { return };
    for (w, h) in [(0, 0), (3, 2), (2, 3), (8194, 2)] {
        let bad = DrawList { canvas: Size::new(w, h), background: Color::BLACK, draws: Vec::new() };
        let code = renderer.draw(&bad, &Shown::default(), ShowTime::ZERO).unwrap_err().code();
        assert_eq!(code, "RENDER_CANVAS");
    }
}

#[test]
fn nonsense_is_drawn_as_nothing() {
    let bad = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -5.0, 0.0, 1e30];
    let mut draws = Vec::new();
    for a in bad {
        for b in bad {
            let mut draw = Draw::new(Source::Solid(Color::BLACK), rect(a, b, b, a));
            draw.opacity = a;
            draw.corner_radius = b;
            draw.placement.rotation_deg = a;
            draw.shadow = Some(Shadow { blur: b, offset: Vec2 { x: a, y: b }, color: Color::BLACK });
            draw.clip = Some(rect(b, a, a, b));
            draws.push(draw);
        }
    }
    let Some(got) = draw(&list(draws), &Shown::default()) else { return };
    assert!(near(codes(&got, 50, 30), code_of([20.0, 30.0, 40.0].map(|v| v / 255.0)), 1));
}

#[test]
fn a_lost_device_is_an_error_that_says_so() {
    let options = GpuOptions { software: true, ..GpuOptions::default() };
    let mut renderer = match GpuRenderer::new(&options) {
        Ok(renderer) => renderer,
        Err(error) => return println!("skipped: {error}"),
    };
    let list = list(Vec::new());
    renderer.draw(&list, &Shown::default(), ShowTime::ZERO).unwrap();
    renderer.gpu.device.destroy();
    let lost = (0..3).find_map(|_| renderer.draw(&list, &Shown::default(), ShowTime::ZERO).err());
    assert_eq!(lost.map(|e| e.code()), Some("RENDER_GPU_LOST"));
}
