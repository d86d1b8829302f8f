//! What the CPU renderer takes at most, and why.

/// Canvas and group sides in pixels: positions stay exact in 16.16 fixed point.
pub(crate) const SIDE_PX_MAX: u32 = 8192;
/// Groups within groups: each level is one more picture in memory; a scene that people make has two or three.
pub(crate) const NESTING_MAX: usize = 8;
/// Threads that draw: beyond this, bands are too thin to pay for their wake-up.
pub(crate) const THREADS_MAX: usize = 32;
/// Bands of a picture: small enough that a band's rows stay in a core's L2 while layers pile up on it.
pub(crate) const BAND_ROWS_MIN: usize = 32;
/// Bands of a picture at most: they are kept in a fixed array, so that a frame allocates nothing.
pub(crate) const BANDS_MAX: usize = 64;
/// Opaque rectangles that hide what lies under them; more of them than this seldom hide more.
pub(crate) const OCCLUDERS_MAX: usize = 48;
/// Visible pieces of one draw; a draw cut into more is drawn whole where it would be hidden.
pub(crate) const PIECES_MAX: usize = 12;
/// Frames for which an unused bitmap, shadow or scaled still is remembered: two seconds at 60 per second.
pub(crate) const UNUSED_FRAMES_MAX: u64 = 120;
/// Remembered entries of each kind; the longest unused goes first.
pub(crate) const REMEMBERED_MAX: usize = 96;
/// Remembered scaling tables: two for luma and two for chroma of each draw.
pub(crate) const AXES_MAX: usize = 256;
/// Output pictures that are kept for use again: the outputs' lanes hold the rest.
pub(crate) const PICTURES_KEPT: usize = 24;
/// Working surfaces (groups, converted bitmaps) that are kept for use again.
pub(crate) const SURFACES_KEPT: usize = 24;
/// Pixels of one still that is remembered scaled: one 4K picture.
pub(crate) const STILL_PX_MAX: u64 = 3840 * 2160;
/// Largest coordinate that means anything, in pixels; keeps sums of them finite and in an `i32`.
pub(crate) const COORDINATE_PX_MAX: f32 = 1.0e6;
/// Shadow blur in pixels: beyond a canvas's side nothing of the shape is left.
pub(crate) const BLUR_PX_MAX: f32 = 2048.0;
/// Turns of waiting awake before a thread sleeps: some 20 µs, what waking it again would cost.
pub(crate) const SPINS_MAX: usize = 800;
