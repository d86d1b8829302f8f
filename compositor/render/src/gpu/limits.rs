//! The GPU renderer's limits: name, unit, reason.

use std::time::Duration;

/// Pixels along one side of a canvas, group or picture: WebGPU's default texture limit.
pub(super) const SIDE_PX_MAX: u32 = 8192;

/// Groups within groups; each level is a picture in the GPU's memory.
pub(super) const NESTING_MAX: usize = 8;

/// Pictures on their way back from the GPU: one being drawn, one being copied, one being read.
pub(super) const READ_BACKS_MAX: usize = 3;

/// Frames for which an unused texture is kept: two seconds at 60 per second.
pub(super) const UNUSED_FRAMES_MAX: u64 = 120;

/// Bytes of textures kept for pictures that may come again.
pub(super) const TEXTURE_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Source samples along one axis that make one pixel. A picture reduced further than this is thinned out.
pub(super) const TAPS_MAX: f32 = 128.0;

/// What is thinner than this, in pixels, is scaled as if it were so thick.
pub(super) const THINNEST_PX: f32 = 1.0 / 16.0;

/// Largest coordinate that means anything, in pixels; keeps sums of them exact enough.
pub(super) const COORDINATE_PX_MAX: f32 = 1.0e6;

/// Shadow blur in pixels: beyond a canvas's side nothing of the shape is left.
pub(super) const BLUR_PX_MAX: f32 = 2048.0;

/// Bytes between the records of two draws: WebGPU's default alignment of dynamic offsets.
pub(super) const RECORD_BYTES: usize = 256;

/// Draws for which there is room at the start; more make the buffer grow once.
pub(super) const DRAWS_FIRST: usize = 128;

/// Longest wait for a picture that the GPU has had for at least one frame. Beyond it the GPU counts as lost.
pub(super) const READ_BACK_WAIT: Duration = Duration::from_secs(1);

/// The same for a GPU that is emulated on the CPU, and for the first frame, for which drivers finish compiling.
pub(super) const SLOW_WAIT: Duration = Duration::from_secs(60);
