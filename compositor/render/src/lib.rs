//! DrawList + pictures → one picture, on the CPU or on a GPU, with one meaning.
//!
//! ```text
//! DrawList ┐                    ┌─ cpu: SIMD over planes, bands over cores
//!          ├─► Renderer::draw ──┤                                          ──► Picture (I420, BT.709 limited)
//! pictures ┘                    └─ gpu: wgpu, read-backs in flight
//! ```

#[cfg(feature = "bench")]
mod ahead;
pub mod cases;
pub mod color;
pub mod cpu;
pub mod gpu;
pub mod grade;
pub mod key;
pub mod overlay;

use thiserror::Error;
use vitrine_media::{InputId, Picture, ShowTime};
use vitrine_scene::draw::DrawList;
use vitrine_scene::raster::BitmapId;

/// The pictures that a draw list names. Asked from the tick thread: answers at once or not at all.
pub trait Pictures {
    /// The input's picture for this tick, already chosen (live, held or slate).
    fn input(&self, id: &InputId) -> Option<Picture>;
    /// The bitmap `id`, or, while that is not ready, the last ready one of `place`.
    fn bitmap(&self, id: BitmapId, place: u64) -> Option<Picture>;
}

/// Who draws, as shown at the start and beside every figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RendererInfo {
    /// `cpu` or `gpu`.
    pub kind: &'static str,
    /// The adapter: `AVX2, 2 threads`, or a GPU's name and driver.
    pub adapter: String,
    /// Whether the adapter is a GPU emulated on the CPU.
    pub software: bool,
}

/// Why a picture could not be drawn.
#[derive(Debug, Error)]
pub enum RenderError {
    /// The canvas is odd, empty or larger than the renderer can draw.
    #[error("can't draw a canvas of {0}: width and height must be even, 2 to 8192 pixels")]
    Canvas(vitrine_media::Size),
    /// The GPU went away; another renderer has to take over.
    #[error("the GPU was lost: {0}")]
    Lost(String),
    /// No usable adapter.
    #[error("no adapter for --renderer {wanted}: {why}")]
    NoAdapter {
        /// What was asked for.
        wanted: &'static str,
        /// Why there is none, and what to do.
        why: String,
    },
}

impl RenderError {
    /// A stable code for APIs and logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Canvas(_) => "RENDER_CANVAS",
            Self::Lost(_) => "RENDER_GPU_LOST",
            Self::NoAdapter { .. } => "RENDER_NO_ADAPTER",
        }
    }
}

/// Draws lists. One per canvas; lives on the tick thread.
pub trait Renderer: Send {
    /// Who draws.
    fn info(&self) -> RendererInfo;
    /// Draws `list` as an I420 picture stamped `pts`. A pipelined renderer may return an earlier
    /// picture than the one just given (its own stamp tells which), and `None` while it fills.
    ///
    /// # Errors
    /// [`RenderError::Lost`] asks the caller to go on with another renderer.
    fn draw(&mut self, list: &DrawList, pictures: &dyn Pictures, pts: ShowTime)
    -> Result<Option<Picture>, RenderError>;
}
