//! The chroma keyer: a camera's picture before a coloured screen in, the same with alpha and without the screen out.
//!
//! ```text
//!              ┌─ ScreenModel: what the screen looks like at every place, followed from frame to frame
//! I420 ─► Keyer┼─ fast: decides in the chroma plane, fixed point ┐
//!              └─ fine: light, wedge, screen subtraction         ┴─► shrink, feather ─► A420 (straight)
//! ```
//!
//! ```
//! use vitrine_media::{PicturePool, PixelFormat, ShowTime, Size};
//! use vitrine_render::key::Keyer;
//! use vitrine_scene::grade::Key;
//! let camera = PicturePool::new(1).take(Size::new(64, 36), PixelFormat::I420).freeze(ShowTime::ZERO);
//! let keyed = Keyer::new().apply(&camera, &Key::default());
//! assert_eq!(keyed.size(), camera.size());
//! ```

mod bands;
mod export;
mod fast;
mod find;
mod fine;
mod grid;
mod job;
pub(crate) mod light;
mod look;
mod matte;
mod plate;
mod samples;
mod screen;
mod setting;
pub(crate) mod simd;
mod spill;
mod store;
mod surface;
mod wedge;

pub use bands::{ParallelFor, on_this_thread};
pub use export::{Cutout, Yuv444, cut_out, cut_out_444, enlarge};
pub use find::{Found, find};
pub use simd::Level;

pub(crate) use bands::BandMut;
use bands::{Source, bands, covered_bands, each};
use find::space_of;
use job::Job;
use matte::MatteRoom;
use screen::{LOST_FRAMES, ScreenModel};
use setting::{Regions, Setting};
use std::sync::{Mutex, PoisonError};
use vitrine_media::{Picture, PictureMut, PicturePool, PixelFormat, Size};
use vitrine_scene::draw::Color;
use vitrine_scene::grade::{Key, KeyGrade, KeyView, Screen};

/// Buffers kept for pictures on their way: the one shown, the one being drawn, and two in encoders.
const PICTURES_KEPT: usize = 4;

/// Keys one input. Keeps what it learns of the input's screen, so give each input its own.
pub struct Keyer {
    level: Level,
    pool: PicturePool,
    model: Option<ScreenModel>,
    /// The setting that the model was made for.
    asked: Option<Screen>,
    /// The raw matte of the picture before, for calm; empty if there is none.
    before: Vec<u8>,
    desks: Mutex<Vec<fine::Desk>>,
    fast_desks: Mutex<Vec<fast::Desk>>,
    matte: MatteRoom,
    backdrop: [f32; 3],
}

impl Default for Keyer {
    fn default() -> Self {
        Self::new()
    }
}

impl Keyer {
    /// A keyer that has seen nothing yet, on the best instructions of this processor.
    #[must_use]
    pub fn new() -> Self {
        Self::with_level(Level::best())
    }

    /// As [`Keyer::new`], on instructions of `level`: for tests and measurements.
    #[must_use]
    pub fn with_level(level: Level) -> Self {
        Self {
            level,
            pool: PicturePool::new(PICTURES_KEPT),
            model: None,
            asked: None,
            before: Vec::new(),
            desks: Mutex::default(),
            fast_desks: Mutex::default(),
            matte: MatteRoom::default(),
            backdrop: [0.0; 3],
        }
    }

    /// Puts light of this colour where spill is taken off, as the new set would reflect it (`fine` only); `None`
    /// puts none. At most a dim sheen: the colour's light is scaled to the screen's.
    pub fn set_backdrop(&mut self, color: Option<Color>) {
        self.backdrop = color.map_or([0.0; 3], |c| [c.r, c.g, c.b].map(|c| light::to_light(f32::from(c) / 255.0)));
    }

    /// The screen's colour as it is known now, at the middle of the picture.
    #[must_use]
    pub fn screen(&self) -> Option<Color> {
        self.model.as_ref().map(ScreenModel::color)
    }

    /// Keys `picture` on the calling thread; see [`Keyer::apply_on`].
    #[must_use]
    pub fn apply(&mut self, picture: &Picture, key: &Key) -> Picture {
        self.apply_on(picture, key, &on_this_thread)
    }

    /// Keys an I420 picture on the threads of `parallel`.
    ///
    /// The answer is A420 with straight alpha and the screen taken off its colours; for [`KeyView::Matte`] an opaque
    /// I420 picture of the matte. [`KeyView::Source`], other formats, and a picture in which no screen is found
    /// come back as they are.
    #[must_use]
    pub fn apply_on(&mut self, picture: &Picture, key: &Key, parallel: &ParallelFor<'_>) -> Picture {
        if picture.format() != PixelFormat::I420 || key.view == KeyView::Source {
            return picture.clone();
        }
        let source = Source::of(picture);
        if !self.learn(&source, key, parallel) {
            return match key.view {
                KeyView::Matte => self.matte_of(picture.size(), None).at(picture.pts()),
                _ => picture.clone(),
            };
        }
        let regions = Regions::of(key, source.size);
        let pool = std::mem::replace(&mut self.pool, PicturePool::new(0));
        let mut out = pool.take(source.size, PixelFormat::A420);
        let mut before = std::mem::take(&mut self.before);
        if let Some(model) = &self.model {
            let job = Job {
                level: self.level,
                source,
                grid: &model.grid,
                setting: Setting::of(key),
                regions,
                backdrop: self.backdrop,
                lean: regions.core.is_none() && !matte::spreads(edge_of(key)),
            };
            match key.grade {
                KeyGrade::Fast => self.fast(&job, &mut out, parallel),
                KeyGrade::Fine => self.fine(&job, &mut before, &mut out, parallel),
            }
        }
        self.before = before;
        matte::finish(self.level, &mut self.matte, &mut out, edge_of(key), regions, parallel);
        let keyed = out.freeze(picture.pts());
        self.pool = pool;
        match key.view {
            KeyView::Matte => self.matte_of(picture.size(), Some(&keyed)).at(picture.pts()),
            _ => keyed,
        }
    }

    /// Brings the model up to date; false if there is no screen to key.
    fn learn(&mut self, source: &Source<'_>, key: &Key, parallel: &ParallelFor<'_>) -> bool {
        let space = space_of(key);
        let same = self.asked.as_ref() == Some(&key.screen);
        let lost = key.screen == Screen::Auto && self.model.as_ref().is_some_and(|m| m.unseen >= LOST_FRAMES);
        if !same || lost || !self.model.as_ref().is_some_and(|m| m.fits(space, source.size)) {
            self.before.clear();
            self.desks = Mutex::default();
            self.fast_desks = Mutex::default();
            self.asked = Some(key.screen.clone());
            self.model = match &key.screen {
                Screen::Auto => find::screen_of(self.level, std::iter::once(*source))
                    .map(|c| ScreenModel::new(space, source.size, space.of(c[0], c[1], c[2]))),
                Screen::Color(color) => Some(ScreenModel::new(space, source.size, find::picked(space, *color))),
                Screen::CleanPlate(plate) => plate::model(space, source.size, plate),
            };
        }
        if let Some(model) = &mut self.model {
            model.update(self.level, source, parallel);
        }
        self.model.is_some()
    }

    fn fast(&self, job: &Job<'_>, out: &mut PictureMut<'_>, parallel: &ParallelFor<'_>) {
        each(parallel, covered_bands(out), &|_, mut band| {
            let kept = lock(&self.fast_desks).pop();
            let mut desk = kept.unwrap_or_else(|| fast::Desk::new(job.grid, job.source.cells()));
            desk.band(job, &mut band);
            lock(&self.fast_desks).push(desk);
        });
    }

    fn fine(&self, job: &Job<'_>, before: &mut Vec<u8>, out: &mut PictureMut<'_>, parallel: &ParallelFor<'_>) {
        let (cells, pairs) = (job.source.cells(), job.source.pairs());
        if before.len() != 4 * cells * pairs {
            before.clear();
            before.resize(4 * cells * pairs, u8::MAX);
        }
        let per_band = 4 * cells * bands::pairs_per_band(pairs);
        let jobs = covered_bands(out).zip(before.chunks_mut(per_band));
        each(parallel, jobs, &|_, (mut band, before)| {
            let kept = lock(&self.desks).pop();
            let mut desk = kept.unwrap_or_else(|| fine::Desk::new(job.grid, cells));
            let mut carry = store::Carry::default();
            desk.start(job, band.first);
            for (pair, before) in (band.first..band.first + band.pairs).zip(before.chunks_mut(4 * cells)) {
                desk.pair(job, pair, Some(before), |done, first, count| {
                    store::into_band(job, &mut band, pair, done, (first, count), &mut carry);
                });
            }
            lock(&self.desks).push(desk);
        });
    }

    /// The alpha plane as a grey picture, or white all over.
    fn matte_of(&self, size: Size, keyed: Option<&Picture>) -> Picture {
        let mut out = self.pool.take(size, PixelFormat::I420);
        let [luma, cb, cr, _] = out.planes();
        cb.bytes.fill(128);
        cr.bytes.fill(128);
        luma.bytes.fill(235);
        if let Some(keyed) = keyed {
            let alpha = keyed.plane(3);
            let rows = luma.bytes.chunks_mut(luma.stride).zip(alpha.bytes.chunks(alpha.stride));
            for (to, from) in rows {
                to.iter_mut().zip(from).for_each(|(to, from)| *to = (16 + (u32::from(*from) * 219 + 127) / 255) as u8);
            }
        }
        out.freeze(vitrine_media::ShowTime::ZERO)
    }
}

/// Shrink and feather.
const fn edge_of(key: &Key) -> (f32, f32) {
    (key.shrink_px, key.feather_px)
}

/// Runs `work` on each band of `picture`.
pub(crate) fn each_band(parallel: &ParallelFor<'_>, picture: &mut PictureMut<'_>, work: &(dyn Fn(BandMut<'_>) + Sync)) {
    each(parallel, bands(picture), &|_, band| work(band));
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
