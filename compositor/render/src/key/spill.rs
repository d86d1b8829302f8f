//! How much of the screen's hue on a subject is spill, and how much is the subject's own colour.
//!
//! A navy shirt before a blue screen, and a grey one that the screen lights, can have the same key value. Light tells
//! them apart: the set's lamps make a cloth's folds lighter and darker, and the cloth's own colour with them, while
//! what the screen throws on it stays. So along a cloth, the part of the screen's hue that goes with luminance is its
//! own; the part that does not is spill. In linear light the two simply add up.

use super::bands::Source;
use super::fine::{SPACE, SPILL_COMMON};
use super::grid::{Grid, Line};
use super::simd::Level;
use super::wedge::{Wedge, bent};

/// Screen light that a subject reflects seldom exceeds this part of the screen: more is its own colour.
const SPILL_MOST: f32 = 0.2;
/// Key value below which a sample is solid subject.
const SOLID_BELOW: f32 = 0.45;
/// Tiles to either side that a tile is compared with.
const REACH: usize = 2;
/// Ratio of luminances beyond which a tile beside another is of another material.
const SHADE_MOST: f32 = 1.6;
/// Spread of luminance, as a part of its mean, that is half believed: less may be noise.
const SHADE_LEAST: f32 = 0.01;
/// Part of the picture that must show spill before the subjects say more than what is usual …
const PRIOR_SHARE: f32 = 0.01;
/// … and the key value that spill has there.
const PRIOR_LIT: f32 = 0.05;

/// The part of the screen's light that is taken for spill where the key value is `lit` over the subject's own.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
pub(super) fn spill_of(lit: f32) -> f32 {
    lit * SPILL_MOST / (lit + SPILL_MOST)
}

/// Sums over the samples of one block of the grid, over all pictures.
#[derive(Clone, Copy, Default)]
struct Tile {
    samples: f32,
    solid: f32,
    light: f32,
    /// Part along the screen's hue: unlike the key value, it goes with the light.
    along: f32,
    /// Key value over what the keyer takes for the subject's own.
    lit: f32,
}

/// What pictures show of the subjects, for the `fine` grade.
pub(super) struct Subjects {
    cols: usize,
    tiles: Vec<Tile>,
}

impl Subjects {
    /// None yet, for pictures of `grid`'s size.
    pub(super) fn new(grid: &Grid) -> Self {
        Self { cols: grid.cols, tiles: vec![Tile::default(); grid.cols * grid.rows] }
    }

    /// Adds what a picture shows before the screen that `grid` knows.
    pub(super) fn add(&mut self, level: Level, source: &Source<'_>, grid: &Grid) {
        let cells = source.cells();
        let mut rows: [Vec<f32>; 3] = std::array::from_fn(|_| vec![0.0; cells]);
        let mut line = Line::new(grid);
        for pair in (0..source.pairs()).step_by(grid.block / 4) {
            source.sites(level, pair, &mut rows);
            grid.row(level, pair, &mut line);
            let (screen_u, screen_v, own) = (line.cells(1), line.cells(2), line.cells(3));
            let tiles = self.tiles.iter_mut().skip(pair / grid.block * self.cols);
            for (at, tile) in tiles.take(self.cols).enumerate() {
                for cell in at * grid.block..((at + 1) * grid.block).min(cells) {
                    let [y, u, v] = SPACE.of(rows[0][cell], rows[1][cell], rows[2][cell]);
                    let (along, across) = Wedge::of(screen_u[cell], screen_v[cell]).split(u, v);
                    let key = bent(along, across);
                    tile.samples += 1.0;
                    tile.solid += if key < SOLID_BELOW { 1.0 } else { 0.0 };
                    tile.light += y;
                    tile.along += along;
                    tile.lit += (key - (own[cell] - SPILL_COMMON).max(0.0)).max(0.0);
                }
            }
        }
    }

    /// The setting `spill` that leaves the least squared error over all subjects; at most `usual`, and near that where
    /// little is seen.
    pub(super) fn spill(&self, usual: f32) -> f32 {
        let off = spill_of(PRIOR_LIT);
        let mut taken = PRIOR_SHARE * self.tiles.len() as f32 * off * off;
        let mut wanted = taken * usual;
        for (at, tile) in self.tiles.iter().enumerate() {
            if let Some(thrown) = self.thrown(at) {
                let lit = tile.lit / tile.samples;
                let off = spill_of(lit);
                wanted += off * thrown.clamp(0.0, lit);
                taken += off * off;
            }
        }
        (wanted / taken).min(usual)
    }

    /// The screen's light on tile `at`, as a part of the screen's; `None` if the tile is no solid subject.
    fn thrown(&self, at: usize) -> Option<f32> {
        // Beside the screen, blur and hair mix with it: light and the screen's hue rise together there too.
        if self.around(at, 1).any(|tile| !tile.is_solid()) {
            return None;
        }
        let (light, along) = self.tiles.get(at)?.mean();
        if light <= 0.0 {
            return None;
        }
        let cloth = || {
            let solid = self.around(at, REACH).filter(|tile| tile.is_solid()).map(Tile::mean);
            solid.filter(|(other, _)| *other < light * SHADE_MOST && light < *other * SHADE_MOST)
        };
        let (mut count, mut sums) = (0.0, [0.0; 2]);
        for (light, along) in cloth() {
            count += 1.0;
            sums = [sums[0] + light, sums[1] + along];
        }
        let mean = sums.map(|sum| sum / count);
        let (mut both, mut square) = (0.0, count * (SHADE_LEAST * mean[0]).powi(2));
        for (light, along) in cloth() {
            both += (light - mean[0]) * (along - mean[1]);
            square += (light - mean[0]).powi(2);
        }
        Some(along - light * both / square)
    }

    /// The tiles up to `reach` to either side of `at`, and itself.
    fn around(&self, at: usize, reach: usize) -> impl Iterator<Item = &Tile> {
        let (x, y) = (at % self.cols, at / self.cols);
        let columns = x.saturating_sub(reach)..(x + reach + 1).min(self.cols);
        let rows = self.tiles.chunks(self.cols).skip(y.saturating_sub(reach)).take(y.min(reach) + reach + 1);
        rows.flat_map(move |row| row.get(columns.clone()).unwrap_or_default())
    }
}

impl Tile {
    fn is_solid(&self) -> bool {
        self.samples > 0.0 && self.solid >= self.samples
    }

    /// Luminance, and the part along the screen's hue.
    fn mean(&self) -> (f32, f32) {
        (self.light / self.samples, self.along / self.samples)
    }
}

#[cfg(test)]
mod tests {
    use super::super::light::{from_light, to_light, ycc, yuv};
    use super::*;
    use vitrine_media::{Plane, Size};

    const USUAL: f32 = 0.8;
    const SCREEN: [u8; 3] = [35, 80, 185];

    /// The spill that is found on a cloth of `colour` in folds, on which the screen throws `thrown` of its light.
    fn found(colour: [u8; 3], thrown: f32) -> f32 {
        let size = Size::new(320, 180);
        let (width, height) = (size.width as usize, size.height as usize);
        let light = |c: [u8; 3]| c.map(|c| to_light(f32::from(c) / 255.0));
        let (screen, cloth) = (light(SCREEN), light(colour));
        let mut planes = [const { Vec::new() }; 3];
        for at in 0..width * height {
            let (x, y) = (at % width, at / width);
            let fold = 1.0 + 0.25 * (x as f32 * 0.15).sin();
            let on: [f32; 3] = std::array::from_fn(|c| cloth[c] * fold + thrown * screen[c]);
            let seen = if (80..240).contains(&x) && y > 60 { on } else { screen };
            let samples = ycc(seen.map(from_light));
            planes.iter_mut().zip(samples).for_each(|(plane, sample)| plane.push((sample + 0.5) as u8));
        }
        let [y, cb, cr] = planes.each_ref().map(|bytes| Plane { bytes, stride: width });
        let mut grid = Grid::new(size);
        let [luma, u, v] = yuv(screen);
        grid.fill([luma, u, v, 0.0]);
        let mut subjects = Subjects::new(&grid);
        subjects.add(Level::best(), &Source::full(size, y, cb, cr), &grid);
        subjects.spill(USUAL)
    }

    #[test]
    fn a_navy_cloth_keeps_its_blue_and_a_lit_grey_one_does_not() {
        let (navy, grey) = (found([39, 44, 78], 0.02), found([95, 95, 95], 0.1));
        assert!(navy < 0.4, "{navy}");
        assert!(grey > 0.95 * USUAL, "{grey}");
    }

    #[test]
    fn a_picture_that_tells_nothing_gets_what_is_usual() {
        let subjects = Subjects::new(&Grid::new(Size::new(64, 36)));
        assert_eq!(subjects.spill(USUAL), USUAL);
        assert!((found(SCREEN, 0.0) - USUAL).abs() < 1e-6);
    }
}
