//! The show file, and what should be on screen at an instant.
//!
//! ```text
//! show file ──► Scene model ──► plan(scene, air, at, sizes) ──► DrawList ──► a renderer
//! ```
//!
//! Everything here is a value: no clock, no file, no device. A [`draw::DrawList`] says the whole picture,
//! so a fade, a price tag or a keyed host can be asserted without drawing a pixel.

pub mod air;
mod cube;
pub mod draw;
pub mod ease;
pub mod file;
pub mod grade;
pub mod limits;
pub mod model;
pub mod overlay;
pub mod plan;
pub mod raster;

pub use cube::LutError;
pub use model::{Assets, Show};
pub use plan::{Memo, Moment, Overlays, Wanted, plan, plan_into, plan_scene, rasters_needed};
