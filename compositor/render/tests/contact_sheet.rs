//! Draws what a show puts on the picture, at 1080p, into PNGs to look at: a product card and samples of scripts.

#![allow(clippy::unwrap_used, reason = "a test ends where something is missing")]

use image::{Rgba, RgbaImage};
use std::path::Path;
use std::sync::Arc;
use vitrine_media::Picture;
use vitrine_render::overlay::{FontOptions, Rasteriser};
use vitrine_scene::draw::Color;
use vitrine_scene::raster::{Align, Fit, Outline, RasterSpec, TextShadow, TextSpec, VerticalAlign};

const INK: Color = Color { r: 0xF4, g: 0xF5, b: 0xF7, a: 255 };
const QUIET: Color = Color { r: 0xA9, g: 0xAE, b: 0xB8, a: 255 };
const ACCENT: Color = Color { r: 0xFF, g: 0xB0, b: 0x2E, a: 255 };

struct Sheet {
    rasteriser: Rasteriser,
    canvas: RgbaImage,
}

impl Sheet {
    fn new() -> Self {
        // Something like a picture underneath, so that contrast can be judged.
        let canvas = RgbaImage::from_fn(1920, 1080, |x, y| {
            let wave = ((x as f32 / 90.0).sin() * (y as f32 / 70.0).cos() * 30.0) as i32;
            let level = |base: i32| (base + wave + (y / 12) as i32).clamp(0, 255) as u8;
            Rgba([level(120), level(110), level(95), 255])
        });
        Self { rasteriser: Rasteriser::new(FontOptions::default()), canvas }
    }

    fn put(&mut self, spec: &RasterSpec, x: u32, y: u32) {
        let picture = self.rasteriser.raster(spec).unwrap();
        self.lay(&picture, x, y);
    }

    fn lay(&mut self, picture: &Picture, x: u32, y: u32) {
        let plane = picture.plane(0);
        for (dy, row) in plane.bytes.chunks(plane.stride).enumerate() {
            for (dx, p) in row.chunks_exact(4).take(picture.size().width as usize).enumerate() {
                if let Some(under) = self.canvas.get_pixel_mut_checked(x + dx as u32, y + dy as u32) {
                    for (to, from) in under.0.iter_mut().zip(p) {
                        *to = (u32::from(*from) + u32::from(*to) * (255 - u32::from(p[3])) / 255).min(255) as u8;
                    }
                }
            }
        }
    }

    fn panel(&mut self, x: u32, y: u32, w: u32, h: u32, radius: u32, fill: &str) {
        let svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}"><rect width="{w}" height="{h}" fill="{fill}"/></svg>"#
        );
        let bytes: Arc<[u8]> = svg.as_bytes().into();
        self.put(&RasterSpec::Image { bytes, box_px: (w, h), fit: Fit::Stretch, radius_px10: radius * 10 }, x, y);
    }

    fn save(&self, name: &str) {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        self.canvas.save(&path).unwrap();
        println!("look at {}", path.display());
    }
}

fn text(content: &str, px: u32, weight: u16, color: Color) -> TextSpec {
    TextSpec {
        text: content.to_owned(),
        family: "Inter".to_owned(),
        weight,
        italic: false,
        size_px10: px * 10,
        line_height_pct: 120,
        color,
        box_px: (0, 0),
        align: Align::Start,
        valign: VerticalAlign::Top,
        lines_max: 0,
        tabular: true,
        outline: None,
        shadow: None,
    }
}

const PRODUCT: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200"><defs><linearGradient id="g" x2="0" y2="1"><stop stop-color="#efe7da"/><stop offset="1" stop-color="#c9b89c"/></linearGradient></defs><rect width="200" height="200" fill="url(#g)"/><ellipse cx="100" cy="168" rx="58" ry="10" fill="#0003"/><path d="M58 70h84l-8 90a10 10 0 0 1-10 9H76a10 10 0 0 1-10-9z" fill="#b5523b"/><path d="M142 84c34-6 36 50-4 52" fill="none" stroke="#b5523b" stroke-width="10"/><ellipse cx="100" cy="70" rx="42" ry="9" fill="#5c2a1f"/></svg>"##;

#[test]
fn a_product_card() {
    let mut sheet = Sheet::new();
    let (x, y) = (1304, 328);
    sheet.panel(x, y, 520, 696, 24, "#14171d");
    let image =
        RasterSpec::Image { bytes: PRODUCT.as_bytes().into(), box_px: (472, 264), fit: Fit::Cover, radius_px10: 160 };
    sheet.put(&image, x + 24, y + 24);
    let title = TextSpec {
        box_px: (472, 88),
        lines_max: 2,
        ..text("Handmade stoneware mug with a wide handle, 350 ml, dishwasher safe", 34, 500, INK)
    };
    sheet.put(&RasterSpec::Text(title), x + 24, y + 312);
    sheet.put(&RasterSpec::Text(text("€24.90", 72, 700, INK)), x + 24, y + 408);
    sheet.put(&RasterSpec::Text(text("€32.00", 34, 500, QUIET)), x + 24 + 276, y + 440);
    sheet.panel(x + 298, y + 460, 122, 3, 0, "#a9aeb8");
    sheet.panel(x + 24, y + 512, 280, 16, 8, "#2b3039");
    sheet.panel(x + 24, y + 512, 84, 16, 8, "#ffb02e");
    sheet.put(&RasterSpec::Text(text("12 left", 30, 500, ACCENT)), x + 24, y + 540);
    let light = Color { r: 255, g: 255, b: 255, a: 255 };
    let qr = RasterSpec::Qr {
        data: "https://shop.example/l/7F3K".into(),
        dark: Color::BLACK,
        light,
        quiet: 2,
        side_px: 148,
    };
    sheet.put(&qr, x + 348, y + 488);
    let code = TextSpec { box_px: (148, 36), align: Align::Center, ..text("7F3K", 28, 500, INK) };
    sheet.put(&RasterSpec::Text(code), x + 348, y + 644);
    let shadow = TextShadow { blur_px10: 120, offset_px10: (0, 40), color: Color { a: 170, ..Color::BLACK } };
    let live = TextSpec { shadow: Some(shadow), ..text("Now: autumn table, live from the workshop", 48, 700, INK) };
    sheet.put(&RasterSpec::Text(live), 96, 880);
    let outline = Outline { width_px10: 50, color: Color { r: 20, g: 23, b: 29, a: 255 } };
    sheet.put(&RasterSpec::Text(TextSpec { outline: Some(outline), ..text("−22 %", 120, 800, ACCENT) }), 96, 700);
    sheet.save("card.png");
    assert_eq!(sheet.rasteriser.stats().refused, 0);
}

#[test]
fn samples_of_scripts() {
    let mut sheet = Sheet::new();
    sheet.panel(48, 48, 1824, 984, 24, "#14171d");
    let samples = [
        "हस्तनिर्मित मिट्टी का प्याला — केवल १२ बचे हैं, श्रृंखला क्षत्रिय",
        "كوب خزفي مصنوع يدويًا — السعر 129.00 ر.س اليوم فقط!",
        "כוס קרמיקה בעבודת יד — רק 12 נותרו במלאי (₪89)",
        "手工陶瓷杯，仅剩 12 件 · 手作り陶器マグ、残り12点 · 수제 머그컵",
        "🍎🏳️‍🌈👩‍👩‍👧‍👦👍🏽 ❤️ 1️⃣ 🇯🇵🏴󠁧󠁢󠁥󠁮󠁧󠁿 Sale ends tonight 🔥✨",
        "แก้วเซรามิกทำมือ · Кружка ручной работы · Χειροποίητη κούπα · Cốc gốm",
        "தமிழ் கைவினை கோப்பை · চা কাপ হাতে তৈরি · ქართული · አማርኛ · ខ្មែរ",
    ];
    for (row, sample) in samples.iter().enumerate() {
        for (half, weight) in [400, 700].into_iter().enumerate() {
            let spec = TextSpec {
                box_px: (1744, 60),
                lines_max: 1,
                ..text(sample, if half == 0 { 44 } else { 36 }, weight, if half == 0 { INK } else { QUIET })
            };
            sheet.put(&RasterSpec::Text(spec), 88, 72 + row as u32 * 136 + half as u32 * 62);
        }
    }
    sheet.save("scripts.png");
    assert_eq!(sheet.rasteriser.stats().refused, 0);
}
