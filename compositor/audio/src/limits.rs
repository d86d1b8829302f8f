//! Every limit of the audio room, with its unit and its reason.

/// Stereo frames mixed at once: 10 ms, short enough for a fader to feel immediate.
pub const BLOCK_FRAMES: usize = 480;
/// Sound kept waiting per input, in frames: two seconds ride out a network stall; more would only add delay.
pub const QUEUE_FRAMES_MAX: usize = 96_000;
/// Largest correction of an input's clock, as a ratio: 0.4 % is under what an ear notices as pitch.
pub const DRIFT_RATIO_MAX: f64 = 0.004;
/// An offset beyond this is cut over at once instead of being stretched away, in seconds.
pub const OFFSET_JUMP_S: f64 = 0.060;
/// Two blocks whose stamps disagree by more than this are not one stream, in seconds.
pub const STAMP_JUMP_S: f64 = 0.040;
/// Longest per-strip delay in milliseconds: ten seconds cover any camera chain.
pub const DELAY_MS_MAX: u32 = 10_000;
/// Loudest gain of a strip, in dB; beyond it only noise comes up.
pub const GAIN_DB_MAX: f32 = 24.0;
/// Quietest gain of a strip, in dB; under it the strip is silent.
pub const GAIN_DB_MIN: f32 = -90.0;
