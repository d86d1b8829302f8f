//! The cases of the render benchmark: draw lists and pictures that every renderer and every peer is given alike.
//!
//! Pictures are synthetic and the same everywhere: moving gradients with texture, so that nothing is flat or still.

use std::sync::Arc;
use vitrine_media::{InputId, Picture, PicturePool, PixelFormat, ShowTime, Size};
use vitrine_scene::draw::{Color, Draw, DrawList, Rect, Source, Vec2};
use vitrine_scene::grade::{Grade, Key};
use vitrine_scene::raster::BitmapId;

use crate::Pictures;

/// Different pictures of each input, shown in turn: enough that none is in a cache because it was just shown.
const PICTURES_IN_TURN: usize = 6;

/// What a case shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// One camera in canvas format.
    Pass,
    /// Four cameras of canvas size in a 2×2 grid.
    Quad,
    /// One camera, and three at a quarter of its width above it.
    Pip,
    /// A keyed camera over another.
    Key,
    /// Two cameras, half-way through a fade.
    Fade,
    /// One camera and six cards with alpha, moving by parts of pixels.
    Cards,
    /// Two canvases of one camera: itself at 16:9, and cropped to a third of its width at 9:16.
    Vertical,
}

/// Every case, in the order in which they are printed.
#[must_use]
pub const fn all() -> [Case; 7] {
    [Case::Pass, Case::Quad, Case::Pip, Case::Key, Case::Fade, Case::Cards, Case::Vertical]
}

impl Case {
    /// As people write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Quad => "quad",
            Self::Pip => "pip",
            Self::Key => "key",
            Self::Fade => "fade",
            Self::Cards => "cards",
            Self::Vertical => "vertical",
        }
    }

    /// The case of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        all().into_iter().find(|case| case.name() == name)
    }

    /// Camera inputs that it shows.
    #[must_use]
    pub const fn inputs(self) -> usize {
        match self {
            Self::Pass | Self::Cards | Self::Vertical => 1,
            Self::Key | Self::Fade => 2,
            Self::Quad | Self::Pip => 4,
        }
    }

    /// Canvases that it draws for each frame.
    #[must_use]
    pub const fn canvases(self) -> usize {
        if matches!(self, Self::Vertical) { 2 } else { 1 }
    }

    /// Canvas `index` when its cameras have `size`.
    #[must_use]
    pub const fn canvas(self, size: Size, index: usize) -> Size {
        match (self, index) {
            (Self::Vertical, 1) => Size::new(size.height & !1, size.width & !1),
            _ => size,
        }
    }

    /// Bytes that drawing one frame must read and write at least: each visible source byte once, each canvas byte
    /// once. Over a machine's copy rate, this is the time below which no renderer that makes pictures can go; one
    /// that hands a picture on untouched can.
    #[must_use]
    pub const fn bytes_per_frame(self, size: Size) -> u64 {
        let camera = size.pixels() * 3 / 2;
        match self {
            Self::Pass => 2 * camera,
            Self::Quad => 5 * camera,
            // Three of sixteen parts of the large one are hidden.
            Self::Pip => 5 * camera - camera * 3 / 16,
            Self::Key | Self::Fade => 3 * camera,
            Self::Cards => 2 * camera + CARDS as u64 * card(size).pixels() * 4,
            // What the second canvas shows has been read for the first.
            Self::Vertical => 2 * camera + self.canvas(size, 1).pixels() * 3 / 2,
        }
    }
}

/// Cards of the case of that name.
pub const CARDS: usize = 6;

/// Size of a card on a canvas of `size`.
#[must_use]
pub const fn card(size: Size) -> Size {
    Size::new(size.width / 4, size.height / 8)
}

/// Cards side by side, when there are more of them than the case has.
const CARDS_ACROSS: usize = 8;

/// A case made ready: pictures in memory, and a list for every frame.
pub struct Bench {
    case: Case,
    size: Size,
    names: Vec<InputId>,
    cameras: Vec<Vec<Picture>>,
    cards: Vec<Picture>,
    layers: usize,
    still: bool,
    plain: Arc<Grade>,
    keyed: Arc<Grade>,
}

/// The pictures of one frame of a [`Bench`].
pub struct Frame<'a> {
    bench: &'a Bench,
    index: usize,
}

impl Pictures for Frame<'_> {
    fn input(&self, id: &InputId) -> Option<Picture> {
        let camera = self.bench.names.iter().position(|name| name == id)?;
        self.bench.camera(camera, self.index).cloned()
    }

    fn bitmap(&self, id: BitmapId, _place: u64) -> Option<Picture> {
        self.bench.cards.get(usize::try_from(id.0).ok()? % self.bench.cards.len().max(1)).cloned()
    }
}

impl Bench {
    /// Makes the pictures of `case` for cameras of `size`.
    #[must_use]
    pub fn new(case: Case, size: Size) -> Self {
        let names: Vec<InputId> =
            (0..case.inputs()).filter_map(|n| InputId::new(&format!("camera-{n}")).ok()).collect();
        let cameras = (0..names.len())
            .map(|camera| (0..PICTURES_IN_TURN).map(|at| camera_picture(size, camera, at, case == Case::Key)).collect())
            .collect();
        let cards =
            if case == Case::Cards { (0..CARDS).map(|n| card_picture(card(size), n)).collect() } else { Vec::new() };
        let keyed = Grade { key: Some(Key::default()), color: None };
        let plain = Arc::new(Grade::default());
        Self { case, size, names, cameras, cards, layers: CARDS, still: false, plain, keyed: Arc::new(keyed) }
    }

    /// Each camera shows one picture all the time: nothing has to come from memory.
    #[must_use]
    pub const fn still(mut self) -> Self {
        self.still = true;
        self
    }

    /// The `cards` case with so many of them.
    #[must_use]
    pub const fn with_cards(mut self, cards: usize) -> Self {
        self.layers = cards;
        self
    }

    /// Different pictures of each camera, shown in turn.
    #[must_use]
    pub const fn in_turn(&self) -> usize {
        if self.still { 1 } else { PICTURES_IN_TURN }
    }

    /// The case.
    #[must_use]
    pub const fn case(&self) -> Case {
        self.case
    }

    /// The pictures of frame `index`.
    #[must_use]
    pub const fn pictures(&self, index: usize) -> Frame<'_> {
        Frame { bench: self, index }
    }

    /// Picture `index` of camera `camera`, for peers that are fed by hand.
    #[must_use]
    pub fn camera(&self, camera: usize, index: usize) -> Option<&Picture> {
        self.cameras.get(camera)?.get(index % self.in_turn())
    }

    /// Card `index`, for peers that are fed by hand.
    #[must_use]
    pub fn card(&self, index: usize) -> Option<&Picture> {
        self.cards.get(index)
    }

    /// Key of the `key` case's upper camera.
    #[must_use]
    pub fn with_key(mut self, key: Key) -> Self {
        self.keyed = Arc::new(Grade { key: Some(key), color: None });
        self
    }

    /// Canvases that are drawn for each frame.
    #[must_use]
    pub const fn canvases(&self) -> usize {
        self.case.canvases()
    }

    /// The list of frame `index` on a canvas.
    #[must_use]
    pub fn list(&self, canvas: usize, index: usize) -> DrawList {
        let size = self.case.canvas(self.size, canvas);
        let mut list = DrawList { canvas: size, background: Color::BLACK, draws: Vec::new() };
        self.write_list(canvas, index, &mut list);
        list
    }

    /// As [`list`](Self::list), in memory that is there already.
    pub fn write_list(&self, canvas: usize, index: usize, list: &mut DrawList) {
        list.canvas = self.case.canvas(self.size, canvas);
        list.draws.clear();
        let [w, h] = [list.canvas.width, list.canvas.height].map(whole);
        let all = Rect { x: 0.0, y: 0.0, w, h };
        let camera = |n: usize, rect: Rect| self.names.get(n).map(|id| Draw::new(self.source(id, &self.plain), rect));
        match self.case {
            Case::Pass => list.draws.extend(camera(0, all)),
            Case::Quad => {
                let corner = |n: usize| Rect {
                    x: whole_at(n % 2) * w / 2.0,
                    y: whole_at(n / 2) * h / 2.0,
                    w: w / 2.0,
                    h: h / 2.0,
                };
                list.draws.extend((0..4).filter_map(|n| camera(n, corner(n))));
            }
            Case::Pip => {
                let small =
                    |n: usize| Rect { x: w * 0.7, y: h * (0.05 + 0.3 * whole_at(n - 1)), w: w / 4.0, h: h / 4.0 };
                list.draws.extend(camera(0, all));
                list.draws.extend((1..4).filter_map(|n| camera(n, small(n))));
            }
            Case::Key => {
                list.draws.extend(camera(0, all));
                list.draws.extend(self.names.get(1).map(|id| Draw::new(self.source(id, &self.keyed), all)));
            }
            Case::Fade => {
                list.draws.extend(camera(0, all));
                list.draws.extend(camera(1, all).map(|draw| Draw { opacity: 0.5, ..draw }));
            }
            Case::Cards => {
                list.draws.extend(camera(0, all));
                list.draws.extend((0..self.layers).map(|n| self.card_draw(n, index, all)));
            }
            Case::Vertical if canvas == 0 => list.draws.extend(camera(0, all)),
            Case::Vertical => {
                let [sw, sh] = [self.size.width, self.size.height].map(whole);
                let across = sh * w / h;
                let crop = Rect { x: (sw - across) / 2.0, y: 0.0, w: across, h: sh };
                list.draws.extend(camera(0, all).map(|draw| Draw { crop: Some(crop), ..draw }));
            }
        }
    }

    fn source(&self, id: &InputId, grade: &Arc<Grade>) -> Source {
        Source::Input { id: id.clone(), grade: Arc::clone(grade) }
    }

    fn card_draw(&self, n: usize, index: usize, all: Rect) -> Draw {
        let size = card(self.size);
        let way = (whole_at(index % 240) / 240.0 + whole_at(n) / 6.0) * std::f32::consts::TAU;
        let rect = Rect {
            x: card_at(all, n, self.layers).x + way.cos() * 18.3,
            y: card_at(all, n, self.layers).y + way.sin() * 11.7,
            w: whole(size.width),
            h: whole(size.height),
        };
        let source = Source::Bitmap { id: BitmapId(n as u64), place: n as u64 };
        Draw { opacity: 0.9, ..Draw::new(source, rect) }
    }
}

/// Where the middle of card `n` of `cards` moves about, for peers whose cards stand still.
#[must_use]
pub fn card_at(canvas: Rect, n: usize, cards: usize) -> Vec2 {
    if cards <= CARDS {
        let (column, row) = (whole_at(n % 3), whole_at(n / 3));
        return Vec2 { x: canvas.w * (0.06 + 0.32 * column), y: canvas.h * (0.15 + 0.45 * row) };
    }
    let (column, row) = (whole_at(n % CARDS_ACROSS), whole_at(n / CARDS_ACROSS));
    Vec2 { x: canvas.w * (0.01 + 0.1 * column), y: canvas.h * (0.02 + 0.105 * row) }
}

#[allow(clippy::cast_precision_loss, reason = "picture sides are far below 2^24")]
const fn whole(value: u32) -> f32 {
    value as f32
}

#[allow(clippy::cast_precision_loss, reason = "small counts")]
const fn whole_at(value: usize) -> f32 {
    value as f32
}

/// A gradient with texture that moves from picture to picture; with `green`, camera 1 has a green surround.
#[allow(clippy::cast_possible_truncation, reason = "masked to a byte")]
fn camera_picture(size: Size, camera: usize, at: usize, green: bool) -> Picture {
    let pool = PicturePool::new(0);
    let mut picture = pool.take(size, PixelFormat::I420);
    let screen = green && camera == 1;
    let (w, h) = (size.width as usize, size.height as usize);
    for (index, plane) in picture.planes().into_iter().enumerate().take(3) {
        let shrink = if index == 0 { 1 } else { 2 };
        for (y, row) in plane.bytes.chunks_mut(plane.stride).enumerate() {
            for (x, slot) in row.iter_mut().enumerate() {
                let (px, py) = (x * shrink, y * shrink);
                let away = (px.abs_diff(w / 2) * 2).pow(2) * h + (py.abs_diff(h * 6 / 10) * 2).pow(2) * w;
                let subject = away < w * h * (w.min(h) / 3);
                let texture = ((px * 7 + py * 13 + camera * 31 + at * 5) ^ ((px * py) >> 6)) & 15;
                *slot = match (screen && !subject, index) {
                    (true, 0) => (150 + (texture & 3)) as u8,
                    (true, 1) => 54,
                    (true, _) => 44,
                    (false, 0) => (40 + (px * 120 / w + py * 50 / h + at * 3) % 170 + texture) as u8,
                    (false, 1) => (100 + (px * 50 / w + camera * 9) % 56) as u8,
                    (false, _) => (110 + (py * 50 / h + camera * 7) % 56) as u8,
                };
            }
        }
    }
    picture.freeze(ShowTime::ZERO)
}

/// A card with a soft left edge, premultiplied.
#[allow(clippy::cast_possible_truncation, reason = "masked to a byte")]
fn card_picture(size: Size, n: usize) -> Picture {
    let pool = PicturePool::new(0);
    let mut picture = pool.take(size, PixelFormat::Rgba);
    let [plane, ..] = picture.planes();
    for (y, row) in plane.bytes.chunks_mut(plane.stride.max(1)).enumerate() {
        for (x, px) in row.chunks_exact_mut(4).enumerate() {
            let alpha = (x * 8).min(230);
            let shade = |v: usize| ((v & 255) * alpha / 255) as u8;
            px.copy_from_slice(&[shade(40 * n + x / 4), shade(200 - y), shade(90 + 20 * n), alpha as u8]);
        }
    }
    picture.freeze(ShowTime::ZERO)
}
