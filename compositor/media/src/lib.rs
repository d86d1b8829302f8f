//! The words every room speaks: pictures, sound, time, ids, and the two ways things travel.
//!
//! ```text
//! input ──► Slot (newest pictures win) ──► tick ──► Lane (bounded, oldest dropped, counted) ──► output
//! ```
//!
//! Nothing here knows a camera, a GPU, a database or a clock on the wall.
//!
//! ```
//! use vitrine_media::{Frames, PixelFormat, PicturePool, ShowTime, Size, Slot};
//! let pool = PicturePool::new(4);
//! let slot = Slot::new();
//! slot.put(pool.take(Size::new(16, 16), PixelFormat::I420).freeze(ShowTime::ZERO));
//! assert!(slot.pick(ShowTime::ZERO).is_some());
//! ```

mod audio;
mod clock;
mod ids;
mod lane;
mod picture;
mod pool;
mod secret;
mod slot;
mod thread;
mod time;

pub use audio::{AudioBlock, CHANNELS, SAMPLE_RATE_HZ};
pub use clock::{Clock, FakeClock, MonotonicClock};
pub use ids::{CanvasName, IdError, InputId, OutputId, OverlayId, PluginId, SceneName};
pub use lane::{Lane, LaneClosed, LaneStats, OnFull, Popped};
pub use picture::{Cover, Picture, PictureData, PixelFormat, Plane, Size};
pub use pool::{PictureMut, PicturePool, PlaneMut};
pub use secret::Secret;
pub use slot::{Picked, Slot, SlotStats};
pub use thread::{ThreadName, spawn};
pub use time::{FrameRate, Frames, ShowTime};
