//! What the screen looks like at every place of the picture, learnt from the picture itself and followed.
//!
//! The colour that a keyer subtracts is the screen's *here*: light falls off, cloth wrinkles, people cast shadows.
//! Each frame, blocks that show the screen say how it looks there. Where a subject hides it, a second-order surface
//! fitted through all blocks (robust least squares) and the neighbours' deviation from it say what it must be.
//! Blocks that show only subject say how much of the screen's hue the subject has of its own.

use super::bands::{BANDS_MAX, ParallelFor, Source, each};
use super::grid::{CHANNELS, Grid, Nodes};
use super::light::Space;
use super::samples::{Block, Pixels, measure};
use super::simd::Level;
use super::surface::Surface;
use vitrine_media::Size;

/// Passes over the first picture, each with a narrower gate than the one before.
const FIRST_GATES: [f32; 4] = [0.45, 0.35, 0.25, 0.2];
/// Deviation from the known screen that still counts as screen, once it is known.
const GATE: f32 = 0.2;
/// Part of the new estimate that is taken over each frame.
const FOLLOW: f32 = 0.3;
/// Part of a block's samples that must agree before the block speaks for the screen.
const SCREEN_SHARE_MIN: f32 = 0.25;
/// Screen in a block and its neighbours, beyond which the block is no pure subject.
const SUBJECT_SCREEN_SHARE_MAX: f32 = 0.02;
/// Largest key value that a solid subject is believed to have of its own.
const OWN_MAX: f32 = 0.6;
/// Spread of key values within a block, beyond which it is no solid subject (unless it is far from any screen).
const OWN_SPREAD_MAX: f32 = 0.15;
/// Part of a block on the edge that must be subject before it says how much of the screen's hue the subject has.
const EDGE_SHARE_MIN: f32 = 0.3;
/// Weight of such a block, if it were all subject.
const OWN_EDGE: f32 = 0.3;
/// Weight of a solid block that touches the screen; one that is all among its like counts 1.
const OWN_NEAR: f32 = 0.6;
/// Smallest one; saturated opposite colours would otherwise thin their neighbours.
const OWN_MIN: f32 = -0.25;
/// Frames without any screen after which it is sought afresh.
pub(crate) const LOST_FRAMES: u32 = 30;

/// The grid's channel of the subject's own key value; those before it are the screen's.
const OWN: usize = CHANNELS - 1;

/// Samples that a block is judged by, whatever its size.
const SAMPLES: usize = 16;
/// Rows of blocks that one worker takes, at least: it asks for the next one's pictures ahead.
const BLOCK_ROWS_MIN: usize = 4;
/// Sampled rows of a block, at most.
const ROWS_MAX: usize = 4;

/// Room for one worker: the screen at each sampled row of a row of blocks.
type Room = [Nodes; ROWS_MAX];

/// The screen, everywhere, in one space.
pub(crate) struct ScreenModel {
    space: Space,
    size: Size,
    pub(crate) grid: Grid,
    blocks: Vec<Block>,
    surfaces: [Surface; CHANNELS],
    rooms: std::sync::Mutex<Vec<Room>>,
    /// Standard deviation of the key value on bare screen: the noise that a matte sees.
    pub(crate) noise: f32,
    /// Part of the picture that shows bare screen.
    pub(crate) share: f32,
    /// Frames since a screen was last seen.
    pub(crate) unseen: u32,
    /// Whether blocks teach the model; a clean plate is not taught.
    learns: bool,
    fresh: bool,
    /// Which quantity of the screen is brought up to date next.
    turn: usize,
    rests: bool,
}

impl ScreenModel {
    /// A screen of one colour, to be refined by pictures.
    pub(crate) fn new(space: Space, size: Size, screen: [f32; 3]) -> Self {
        let mut grid = Grid::new(size);
        grid.fill([screen[0], screen[1], screen[2], 0.0]);
        let nodes = grid.cols * grid.rows;
        Self {
            space,
            size,
            blocks: vec![Block::default(); nodes],
            surfaces: std::array::from_fn(|_| Surface::new(grid.cols, grid.rows)),
            grid,
            rooms: std::sync::Mutex::default(),
            noise: 0.0,
            share: 0.0,
            unseen: 0,
            learns: true,
            fresh: true,
            turn: 0,
            rests: false,
        }
    }

    /// A screen known from a picture of the empty set.
    pub(crate) fn from_plate(space: Space, size: Size, node: impl Fn(usize, usize, &Grid) -> [f32; 3]) -> Self {
        let mut model = Self::new(space, size, [0.0; 3]);
        for at in 0..model.grid.cols * model.grid.rows {
            let value = node(at % model.grid.cols, at / model.grid.cols, &model.grid);
            model.grid.planes.iter_mut().zip(value).for_each(|(plane, value)| plane[at] = value);
        }
        model.learns = false;
        model
    }

    pub(crate) const fn fits(&self, space: Space, size: Size) -> bool {
        matches!((self.space, space), (Space::Encoded, Space::Encoded) | (Space::Linear, Space::Linear))
            && self.size.width == size.width
            && self.size.height == size.height
    }

    /// Learns from one more picture.
    pub(crate) fn update(&mut self, level: Level, source: &Source<'_>, parallel: &ParallelFor<'_>) {
        if self.fresh {
            self.fresh = false;
            for gate in FIRST_GATES {
                self.measure(level, source, gate, parallel);
                self.learn(level, 1.0, parallel);
            }
        }
        // Every other picture tells enough.
        self.rests = !self.rests;
        if self.rests {
            self.measure(level, source, GATE, parallel);
            self.learn(level, FOLLOW, parallel);
        }
    }

    /// Fills `blocks` from the picture.
    fn measure(&mut self, level: Level, source: &Source<'_>, gate: f32, parallel: &ParallelFor<'_>) {
        let (grid, rooms, space) = (&self.grid, &self.rooms, self.space);
        let per_job = grid.rows.div_ceil(BANDS_MAX).max(BLOCK_ROWS_MIN);
        let jobs = self.blocks.chunks_mut(per_job * grid.cols);
        each(parallel, jobs, &|index, blocks| {
            let lock = || rooms.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let kept = lock().pop();
            let mut room = kept.unwrap_or_else(|| std::array::from_fn(|_| Nodes::new(grid)));
            for (row, blocks) in blocks.chunks_mut(grid.cols).enumerate() {
                let first = (index * per_job + row) * grid.block;
                // Some rows of a large picture tell enough; they lie about its blocks' middle.
                let step = grid.block * grid.block / SAMPLES;
                let pairs = (first + step / 4..(first + grid.block).min(source.pairs())).step_by(step);
                let mut pixels = [Pixels::default(); ROWS_MAX];
                let mut rows = 0;
                for ((pair, pixels), nodes) in pairs.zip(&mut pixels).zip(&mut room) {
                    *pixels = Pixels::of(source, pair, grid.block);
                    grid.nodes(pair, nodes);
                    rows += 1;
                }
                measure(level, &pixels[..rows], &room, space, gate, grid.block, source.cells(), blocks);
            }
            lock().push(room);
        });
    }

    /// Moves the grid towards what the blocks say.
    fn learn(&mut self, level: Level, follow: f32, parallel: &ParallelFor<'_>) {
        let sum = |part: fn(&Block) -> f32| self.blocks.iter().map(part).sum::<f32>();
        let screen = sum(|b| b.screen);
        self.share = screen / sum(|b| b.samples).max(1.0);
        self.unseen = if self.share < 0.01 { self.unseen + 1 } else { 0 };
        let (mut spread, mut pure) = (0.0, 0.0);
        for block in self.blocks.iter().filter(|b| b.screen > 0.9 * b.samples) {
            spread += block.spread;
            pure += block.screen;
        }
        if pure > 0.0 {
            self.noise = (spread / pure).sqrt();
        }
        // Once known, one quantity of the screen a picture: it changes slowly.
        let now = self.turn;
        let taught = |channel: usize| channel == OWN || self.learns && (follow >= 1.0 || channel == now);
        self.turn = (now + 1) % OWN;
        let (cols, blocks) = (self.grid.cols, &self.blocks);
        let quantities = self.grid.planes.iter_mut().zip(&mut self.surfaces).enumerate();
        let jobs = quantities.filter(|(channel, _)| taught(*channel));
        each(parallel, jobs, &|_, (channel, (plane, surface))| {
            if channel == OWN {
                surface.spread(level, plane, follow.max(0.5), |at| own(blocks, cols, at));
            } else {
                surface.follow(level, plane, follow, |at| seen(&blocks[at], channel));
            }
        });
    }
}

/// The mean of a quantity over the screen that a block shows, and how much that counts.
fn seen(block: &Block, channel: usize) -> (f32, f32) {
    let enough = block.screen > SCREEN_SHARE_MIN * block.samples;
    if enough { (block.sum[channel] / block.screen, block.screen / block.samples) } else { (0.0, 0.0) }
}

/// The key value that a block of pure subject has of its own, and how much that counts.
fn own(blocks: &[Block], cols: usize, at: usize) -> (f32, f32) {
    let block = &blocks[at];
    let share = block.subject / block.samples.max(1.0);
    if share < EDGE_SHARE_MIN {
        return (0.0, 0.0);
    }
    let mean = block.own / block.subject;
    let spread = (block.own_squared / block.subject - mean * mean).max(0.0).sqrt();
    let off = spread / OWN_SPREAD_MAX;
    let calm = (1.0 - off * off).max(0.0);
    if block.screen > SUBJECT_SCREEN_SHARE_MAX * block.samples || share < 0.8 {
        // The subject's rim in the screen's own light: its mean, not its most, as blur and hair lie there too.
        return (mean.clamp(OWN_MIN, OWN_MAX), OWN_EDGE * share * calm);
    }
    let (x, y) = (at % cols, at / cols);
    let rows = blocks.len() / cols;
    let (mut screen, mut samples) = (0.0, 0.0);
    for y in y.saturating_sub(1)..=(y + 1).min(rows - 1) {
        for x in x.saturating_sub(1)..=(x + 1).min(cols - 1) {
            screen += blocks[y * cols + x].screen;
            samples += blocks[y * cols + x].samples;
        }
    }
    let inner = screen <= SUBJECT_SCREEN_SHARE_MAX * samples;
    let weight = if inner { 1.0 } else { OWN_NEAR * calm };
    ((mean + 2.0 * spread).clamp(OWN_MIN, OWN_MAX), weight)
}

impl ScreenModel {
    /// The screen's colour at the middle of the picture.
    pub(crate) fn color(&self) -> vitrine_scene::draw::Color {
        let at = self.grid.rows / 2 * self.grid.cols + self.grid.cols / 2;
        let [y, u, v] = [0, 1, 2].map(|channel| self.grid.planes[channel][at]);
        let (r, b) = (y + super::light::CR * v, y + super::light::CB * u);
        let g = y - super::light::G_CB * u - super::light::G_CR * v;
        let [r, g, b] = [r, g, b].map(|c| {
            let code = if self.space == Space::Linear { super::light::from_light(c.max(0.0)) } else { c };
            (code.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
        });
        vitrine_scene::draw::Color { r, g, b, a: 255 }
    }
}
