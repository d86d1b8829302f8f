//! Once a show runs, a frame allocates nothing: counted by the allocator itself, on all threads.

#![allow(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod reference;

use reference::random::{Album, Rng, picture};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use vitrine_media::{InputId, PixelFormat, ShowTime, Size};
use vitrine_render::Renderer;
use vitrine_render::cpu::CpuRenderer;
use vitrine_scene::draw::{Blend, Border, Color, Draw, DrawList, Rect, Shadow, Source, Vec2};
use vitrine_scene::raster::BitmapId;

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the allocator's contract, and it is handed on unchanged.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above; `at` came from the same allocator.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn a_running_show_allocates_nothing() {
    let mut rng = Rng(3);
    let mut album = Album::default();
    for (name, format) in [("room", PixelFormat::I420), ("host", PixelFormat::A420), ("goods", PixelFormat::I420)] {
        album.inputs.insert(name.to_owned(), picture(&mut rng, Size::new(320, 180), format));
    }
    album.bitmaps.insert(0, picture(&mut rng, Size::new(90, 40), PixelFormat::Rgba));
    let input = |name: &str| Source::Input { id: InputId::new(name).unwrap(), grade: Default::default() };
    let all = Rect { x: 0.0, y: 0.0, w: 320.0, h: 180.0 };
    let goods = Draw {
        corner_radius: 8.0,
        border: Some(Border { width: 2.0, color: Color::BLACK }),
        shadow: Some(Shadow { blur: 12.0, offset: Vec2 { x: 0.0, y: 4.0 }, color: Color::BLACK }),
        ..Draw::new(input("goods"), Rect { x: 200.0, y: 20.0, w: 96.0, h: 54.0 })
    };
    let card = Draw::new(Source::Bitmap { id: BitmapId(0), place: 0 }, Rect { x: 10.0, y: 10.0, w: 90.0, h: 40.0 });
    let badge = Draw {
        blend: Blend::Screen,
        ..Draw::new(Source::Solid(Color { a: 90, ..Color::BLACK }), Rect { x: 3.5, y: 3.5, w: 20.0, h: 20.0 })
    };
    let group = Source::Group { size: Size::new(120, 60), draws: vec![card.clone(), badge] };
    let mut draws = vec![Draw::new(input("room"), all), Draw::new(input("host"), all), goods, card];
    draws.push(Draw { opacity: 0.8, ..Draw::new(group, Rect { x: 100.0, y: 100.0, w: 120.0, h: 60.0 }) });
    let mut list = DrawList { canvas: Size::new(320, 180), background: Color::BLACK, draws };
    let mut renderer = CpuRenderer::new(2);
    let mut frame = |index: u16| {
        // The card moves by parts of a pixel, so its scaling tables are new in every frame.
        list.draws[3].placement.rect_in_canvas.x = 10.0 + f32::from(index % 500) * 0.37;
        let drawn = renderer.draw(&list, &album, ShowTime::from_millis(u64::from(index) * 33)).unwrap();
        assert!(drawn.is_some());
    };
    (0..1500).for_each(&mut frame);
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    (1500..1600).for_each(&mut frame);
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed) - before, 0, "allocations in 100 frames");
}
