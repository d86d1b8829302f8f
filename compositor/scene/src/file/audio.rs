//! Sound: an input's strip and the bus that all strips end in.

use super::base::Between;

table! {
    /// A strip: what happens to one input's sound, in the order of the fields.
    default pub struct Strip {
        /// Gain in dB, −96 to 24.
        pub gain_db: f32 | (Between(-96.0..=24.0)) = 0.0,
        /// Silent.
        pub mute: bool = false,
        /// −1 left, 0 middle, 1 right.
        pub pan: f32 | (Between(-1.0..=1.0)) = 0.0,
        /// Sound held back to meet a late picture, in milliseconds, 0 to 2000.
        pub delay_ms: u32 | (Between(0.0..=2000.0)) = 0,
        /// Heard only while the input is on program.
        pub follow_video: bool = false,
        /// Cuts rumble below this, in hertz, 20 to 1000.
        pub high_pass_hz: Option<f32> | (Between(20.0..=1000.0)) = None,
        /// Silences what is quieter than speech.
        pub gate: Option<Gate> = None,
        /// Evens out loud and quiet.
        pub compressor: Option<Compressor> = None,
    }
}

table! {
    /// A noise gate.
    default pub struct Gate {
        /// Opens above this, in dBFS.
        pub threshold_db: f32 | (Between(-96.0..=0.0)) = -45.0,
        /// Time to open, in milliseconds.
        pub attack_ms: f32 | (Between(0.1..=500.0)) = 5.0,
        /// Time that it stays open below the threshold, in milliseconds.
        pub hold_ms: f32 | (Between(0.0..=2000.0)) = 200.0,
        /// Time to close, in milliseconds.
        pub release_ms: f32 | (Between(1.0..=5000.0)) = 150.0,
    }
}

table! {
    /// A compressor.
    default pub struct Compressor {
        /// Works above this, in dBFS.
        pub threshold_db: f32 | (Between(-96.0..=0.0)) = -18.0,
        /// Loudness in to loudness out, above the threshold.
        pub ratio: f32 | (Between(1.0..=50.0)) = 3.0,
        /// Time to act, in milliseconds.
        pub attack_ms: f32 | (Between(0.1..=500.0)) = 6.0,
        /// Time to let go, in milliseconds.
        pub release_ms: f32 | (Between(1.0..=5000.0)) = 120.0,
        /// Width of the soft knee, in dB.
        pub knee_db: f32 | (Between(0.0..=24.0)) = 6.0,
        /// Gain after it, in dB.
        pub makeup_db: f32 | (Between(-24.0..=24.0)) = 0.0,
    }
}

table! {
    /// The bus.
    default pub struct Bus {
        /// Gain in dB, −96 to 24.
        pub gain_db: f32 | (Between(-96.0..=24.0)) = 0.0,
        /// True peak that nothing passes, in dBTP.
        pub limiter_db: f32 | (Between(-20.0..=0.0)) = -1.0,
        /// Integrated loudness that the meters aim at, in LUFS.
        pub target_lufs: f32 | (Between(-40.0..=-5.0)) = -16.0,
    }
}
