//! The show file, and what should be on screen at an instant.
//!
//! ```text
//! show file ──► Scene model ──► plan(scene, air, at, sizes) ──► DrawList ──► a renderer
//! ```
//!
//! Everything here is a value: no clock, no file, no device. A [`draw::DrawList`] says the whole picture,
//! so a fade, a price tag or a keyed host can be asserted without drawing a pixel.
//!
//! ```
//! use vitrine_media::{SceneName, ShowTime};
//! use vitrine_scene::{Moment, Show, air::{Air, Program}, draw::Sizes, file, plan};
//! # struct Unknown;
//! # impl Sizes for Unknown {
//! #     fn input(&self, _: &vitrine_media::InputId) -> Option<vitrine_media::Size> { None }
//! # }
//! let text = "vitrine = 1\nname = \"Demo\"\n[[canvas]]\nname = \"main\"\nsize = [640, 360]\n\
//!             [[scene]]\nname = \"Red\"\nlayer = [{ color = \"#f00\" }]\n";
//! let show = Show::new(&file::parse(text, "show.toml").unwrap(), &(), None);
//! let air = Air { program: Program::Scene(SceneName::new("Red")?), ..Air::default() };
//! let at = ShowTime::ZERO;
//! let list = plan(&Moment { show: &show, air: &air, canvas: 0, at, sizes: &Unknown, overlays: &() });
//! assert_eq!(list.draws.len(), 1);
//! # Ok::<(), vitrine_media::IdError>(())
//! ```

pub mod air;
mod cube;
pub mod draw;
pub mod ease;
pub mod file;
pub mod grade;
pub mod limits;
pub mod model;
pub mod overlay;
pub mod own;
pub mod plan;
pub mod raster;

pub use cube::LutError;
pub use model::{Assets, Show, asset_paths};
pub use plan::{Memo, Moment, Overlays, Wanted, plan, plan_into, plan_scene, rasters_needed};
