//! A layer as a picture: laid out, rasterised and drawn by the rooms that do it on air.

use image::{Rgb, RgbImage};
use std::sync::Arc;
use vitrine_media::{InputId, Lane, OnFull, Picture, ShowTime, Size};
use vitrine_render::cpu::CpuRenderer;
use vitrine_render::overlay::{BitmapStore, FontOptions, Rasteriser, Request, Worker};
use vitrine_render::{Pictures, Renderer};
use vitrine_scene::draw::{Color, DrawList, Rect, Sizes};
use vitrine_scene::file::Theme;
use vitrine_scene::overlay::{Layer, Slot, layout, wanted};
use vitrine_scene::plan::Memo;
use vitrine_scene::raster::BitmapId;

/// Room around the layer, so that shadows and what leads out of it are seen.
const MARGIN: u32 = 40;
/// Times that bitmaps are asked for: a text's own size decides about what lies beside it.
const ROUNDS: usize = 3;

struct Bitmaps(Arc<BitmapStore>);

impl Sizes for Bitmaps {
    fn input(&self, _: &InputId) -> Option<Size> {
        None
    }

    fn bitmap(&self, id: BitmapId) -> Option<Size> {
        self.0.size(id)
    }
}

impl Pictures for Bitmaps {
    fn input(&self, _: &InputId) -> Option<Picture> {
        None
    }

    fn bitmap(&self, id: BitmapId, place: u64) -> Option<Picture> {
        self.0.bitmap(id, place)
    }
}

/// Draws a layer of a 1080-line picture at `at` over one colour. `asset` gives the images that it names.
///
/// # Panics
/// When the renderer gives no picture.
#[must_use]
#[allow(
    clippy::expect_used,
    clippy::cast_precision_loss,
    reason = "a helper of tests; a layer is a few thousand pixels"
)]
pub fn draw(
    layer: &Layer,
    size: (u32, u32),
    at: ShowTime,
    unix_ms: u64,
    ground: [u8; 3],
    asset: &dyn Fn(&str) -> Option<Arc<[u8]>>,
) -> RgbImage {
    let canvas = Size::new(size.0 + 2 * MARGIN, size.1 + 2 * MARGIN);
    let bitmaps = Bitmaps(Arc::new(BitmapStore::new(256 << 20)));
    let lane = Lane::new("test→bitmaps", 1, OnFull::Refuse);
    let mut worker = Worker::new(Rasteriser::new(FontOptions::default()), Arc::clone(&bitmaps.0), lane);
    let margin = MARGIN as f32;
    let slot = Slot {
        rect: Rect { x: margin, y: margin, w: size.0 as f32, h: size.1 as f32 },
        unit: 1.0,
        at,
        unix_ms,
        theme: &Theme::default(),
        place: 1,
        sizes: &bitmaps,
        asset,
    };
    for _ in 0..ROUNDS {
        for (place, spec) in wanted(layer, &slot) {
            worker.answer(&Request { id: spec.id(), place, spec: Arc::new(spec) });
        }
    }
    let [r, g, b] = ground;
    let mut list = DrawList { canvas, background: Color { r, g, b, a: 255 }, draws: Vec::new() };
    layout(layer, &slot, &mut Memo::default(), &mut list.draws);
    let mut renderer = CpuRenderer::new(1);
    let picture = renderer.draw(&list, &bitmaps, at).expect("it draws").expect("the CPU has no pipeline");
    rgb(&picture)
}

/// BT.709 limited range to R, G, B.
fn rgb(picture: &Picture) -> RgbImage {
    let Size { width, height } = picture.size();
    let value = |plane: usize, x: u32, y: u32| {
        let plane = picture.plane(plane);
        let at = y as usize * plane.stride + x as usize;
        f32::from(plane.bytes.get(at).copied().unwrap_or_default())
    };
    RgbImage::from_fn(width, height, |x, y| {
        let luma = 1.164_383 * (value(0, x, y) - 16.0);
        let (cb, cr) = (value(1, x / 2, y / 2) - 128.0, value(2, x / 2, y / 2) - 128.0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
        let byte = |v: f32| v.round().clamp(0.0, 255.0) as u8;
        Rgb([byte(luma + 1.792_741 * cr), byte(luma - 0.213_249 * cb - 0.532_909 * cr), byte(luma + 2.112_402 * cb)])
    })
}
