//! Draw lists and pictures from a seed: the same seed, the same show, on every renderer.

use std::collections::HashMap;
use std::sync::Arc;
use vitrine_media::{InputId, Picture, PicturePool, PixelFormat, ShowTime, Size};
use vitrine_render::Pictures;
use vitrine_scene::draw::{Blend, Border, Color, Draw, DrawList, Placement, Rect, Scaling, Shadow, Source, Vec2, Wipe};
use vitrine_scene::grade::Grade;
use vitrine_scene::raster::BitmapId;

/// SplitMix64: small, and the same everywhere.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.below(1 << 20) as f32 / (1 << 20) as f32)
    }
}

/// Pictures by name and number.
#[derive(Default)]
pub struct Album {
    pub inputs: HashMap<String, Picture>,
    pub bitmaps: HashMap<u64, Picture>,
}

impl Pictures for Album {
    fn input(&self, id: &InputId) -> Option<Picture> {
        self.inputs.get(id.as_str()).cloned()
    }

    fn bitmap(&self, id: BitmapId, _place: u64) -> Option<Picture> {
        self.bitmaps.get(&id.0).cloned()
    }
}

/// A picture with gradients, edges and noise; RGBA is rightly premultiplied.
pub fn picture(rng: &mut Rng, size: Size, format: PixelFormat) -> Picture {
    let pool = PicturePool::new(0);
    let mut picture = pool.take(size, format);
    let noise = rng.below(60);
    let (fx, fy, base) = (rng.range(-3.0, 3.0), rng.range(-3.0, 3.0), rng.range(60.0, 180.0));
    for (index, plane) in picture.planes().into_iter().enumerate() {
        if plane.stride == 0 {
            continue;
        }
        for (y, row) in plane.bytes.chunks_mut(plane.stride).enumerate() {
            for (x, slot) in row.iter_mut().enumerate() {
                let wave =
                    base + fx * x as f32 + fy * y as f32 + if (x / 7 + y / 5 + index) % 3 == 0 { 40.0 } else { 0.0 };
                let value = wave as i32 + (rng.below(noise + 1) as i32) - (noise / 2) as i32;
                *slot =
                    if format == PixelFormat::Rgba || index == 3 { value.clamp(0, 255) } else { value.clamp(16, 235) }
                        as u8;
            }
            if format == PixelFormat::Rgba {
                for px in row.chunks_exact_mut(4) {
                    let a = u16::from(px[3]);
                    px[..3].iter_mut().for_each(|c| *c = (u16::from(*c) * a / 255) as u8);
                }
            }
        }
    }
    picture.freeze(ShowTime::ZERO)
}

pub fn album(rng: &mut Rng) -> Album {
    let mut album = Album::default();
    for name in ["a", "b", "keyed"] {
        let format = if name == "keyed" { PixelFormat::A420 } else { PixelFormat::I420 };
        let size = Size::new(8 + rng.below(120) as u32, 8 + rng.below(90) as u32);
        album.inputs.insert(name.to_owned(), picture(rng, size, format));
    }
    for id in 0..3 {
        let size = Size::new(1 + rng.below(60) as u32, 1 + rng.below(60) as u32);
        album.bitmaps.insert(id, picture(rng, size, PixelFormat::Rgba));
    }
    album
}

fn color(rng: &mut Rng) -> Color {
    let mut part = || rng.below(256) as u8;
    let (r, g, b) = (part(), part(), part());
    Color { r, g, b, a: if rng.chance(50) { 255 } else { rng.below(256) as u8 } }
}

fn source(rng: &mut Rng, depth: usize) -> Source {
    match rng.below(10) {
        0..=3 => Source::Input {
            id: InputId::new(["a", "b", "keyed"][rng.below(3) as usize]).unwrap(),
            grade: Arc::new(Grade::default()),
        },
        4..=6 => Source::Bitmap { id: BitmapId(rng.below(3)), place: 0 },
        7 | 8 if depth < 2 => {
            let size = Size::new(4 + rng.below(70) as u32, 4 + rng.below(70) as u32);
            let draws = (0..rng.below(3)).map(|_| draw(rng, size, depth + 1)).collect();
            Source::Group { size, draws }
        }
        _ => Source::Solid(color(rng)),
    }
}

pub fn draw(rng: &mut Rng, canvas: Size, depth: usize) -> Draw {
    let (w, h) = (canvas.width as f32, canvas.height as f32);
    let mut rect = Rect {
        x: rng.range(-0.3 * w, 0.8 * w),
        y: rng.range(-0.3 * h, 0.8 * h),
        w: rng.range(0.5, 1.3 * w),
        h: rng.range(0.5, 1.3 * h),
    };
    if rng.chance(40) {
        rect = Rect { x: rect.x.round(), y: rect.y.round(), w: rect.w.ceil(), h: rect.h.ceil() };
    }
    let mut draw = Draw::new(source(rng, depth), rect);
    draw.placement = Placement {
        rect_in_canvas: rect,
        rotation_deg: if rng.chance(25) { rng.range(-200.0, 400.0) } else { 0.0 },
        flip_h: rng.chance(15),
        flip_v: rng.chance(15),
    };
    if rng.chance(20) {
        draw.crop = Some(Rect {
            x: rng.range(-3.0, 12.0),
            y: rng.range(-3.0, 12.0),
            w: rng.range(2.0, 60.0),
            h: rng.range(2.0, 60.0),
        });
    }
    if rng.chance(40) {
        draw.opacity = rng.range(0.0, 1.0);
    }
    if rng.chance(20) {
        draw.blend = [Blend::Add, Blend::Multiply, Blend::Screen, Blend::Subtract, Blend::Lighten, Blend::Darken]
            [rng.below(6) as usize];
    }
    if rng.chance(25) {
        draw.corner_radius = rng.range(0.0, 20.0);
    }
    if rng.chance(20) {
        draw.border = Some(Border { width: rng.range(0.3, 6.0), color: color(rng) });
    }
    if rng.chance(15) {
        let offset = Vec2 { x: rng.range(-8.0, 8.0), y: rng.range(-8.0, 8.0) };
        draw.shadow = Some(Shadow { blur: rng.range(0.0, 16.0), offset, color: color(rng) });
    }
    if rng.chance(20) {
        draw.clip = Some(Rect {
            x: rng.range(0.0, w / 2.0),
            y: rng.range(0.0, h / 2.0),
            w: rng.range(1.0, w),
            h: rng.range(1.0, h),
        });
    }
    if rng.chance(15) {
        let turn = rng.range(0.0, 6.3);
        let softness = if rng.chance(70) { rng.range(0.5, 30.0) } else { 0.0 };
        draw.wipe =
            Some(Wipe { direction: Vec2 { x: turn.cos(), y: turn.sin() }, edge: rng.range(-20.0, 80.0), softness });
    }
    if rng.chance(15) {
        draw.scaling = Scaling::Lanczos;
    }
    draw
}

pub fn list(rng: &mut Rng) -> DrawList {
    let canvas = Size::new(2 + 2 * rng.below(48) as u32, 2 + 2 * rng.below(36) as u32);
    let draws = (0..rng.below(6)).map(|_| draw(rng, canvas, 0)).collect();
    DrawList { canvas, background: color(rng), draws }
}
