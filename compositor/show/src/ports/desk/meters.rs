//! Sound levels as the desk sees them, 20 times a second.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vitrine_media::ShowTime;

/// The level that stands for silence, in dBFS: `-∞` has no JSON.
pub const SILENCE_DB: f32 = -120.0;

/// All meters at one instant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Meters {
    /// When, in show time (nanoseconds since the show's start).
    #[schemars(with = "u64")]
    pub at: ShowTime,
    /// One per audio strip, in the order of [`Snapshot::strips`](super::Snapshot::strips), after the fader.
    pub strips: Vec<StripMeter>,
    /// The program bus.
    pub program: StripMeter,
    /// Loudness of the program bus.
    pub loudness: Loudness,
}

/// Levels of the last 50 ms. All in decibels, −120 for silence, left and right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StripMeter {
    /// Highest sample, dBFS.
    pub peak_db: [f32; 2],
    /// Root mean square over 300 ms, dBFS.
    pub rms_db: [f32; 2],
}

impl Default for StripMeter {
    fn default() -> Self {
        Self { peak_db: [SILENCE_DB; 2], rms_db: [SILENCE_DB; 2] }
    }
}

/// Loudness after EBU R 128. `None` while there is too little sound to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Loudness {
    /// Of the last 400 ms, LUFS.
    pub momentary_lufs: Option<f32>,
    /// Of the last 3 s, LUFS.
    pub short_term_lufs: Option<f32>,
    /// Since the show's start, gated, LUFS.
    pub integrated_lufs: Option<f32>,
    /// Loudness range since the show's start (EBU Tech 3342), LU.
    pub range_lu: Option<f32>,
    /// Highest true peak since the show's start (four times oversampled, ITU-R BS.1770), dBTP.
    pub true_peak_max_dbtp: Option<f32>,
    /// What the show aims at, LUFS.
    pub target_lufs: f32,
}
