//! Sound: strips, dynamics, bus, loudness. Blocks in, blocks out; no clock, no device.
//!
//! ```text
//! input blocks ─► Aligner (drift, gaps) ─► Strip (filter, gate, compressor, gain, pan) ─┐
//! input blocks ─► Aligner ─► Strip ─────────────────────────────────────────────────────┴► Bus (limiter, meters) ─► outputs
//! ```
//!
//! ```
//! use vitrine_audio::{Mixer, StripSettings, BLOCK_FRAMES};
//! use vitrine_media::{AudioBlock, InputId, ShowTime};
//! let host = InputId::new("host").unwrap();
//! let mut mixer = Mixer::new(Default::default());
//! mixer.set_strip(&host, StripSettings::default());
//! mixer.push(&host, &AudioBlock::silence(ShowTime::ZERO, BLOCK_FRAMES));
//! let mut out = AudioBlock::default();
//! mixer.mix(ShowTime::ZERO, &mut out);
//! assert_eq!(out.frames(), BLOCK_FRAMES);
//! ```

mod align;
mod bus;
mod dynamics;
mod filter;
mod level;
mod limiter;
pub mod limits;
mod loudness;
mod mixer;
mod strip;
mod true_peak;

pub use align::{AlignStats, Aligner};
pub use bus::{Bus, BusSettings};
pub use dynamics::{CompressorSettings, GateSettings};
pub use level::{Level, db_from_gain, gain_from_db};
pub use limits::BLOCK_FRAMES;
pub use loudness::{Loudness, LoudnessMeter};
pub use mixer::{Mixer, MixerMeters, StripMeter};
pub use strip::StripSettings;
