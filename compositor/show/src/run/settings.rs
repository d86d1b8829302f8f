//! The show file's words for a strip, as the audio room takes them.

use crate::ports::desk::StripChange;
use vitrine_audio::{CompressorSettings, GateSettings, StripSettings};
use vitrine_scene::file::{Compressor, Gate, Strip};

/// A strip's settings as the show file gives them.
#[must_use]
pub fn strip_settings(strip: &Strip) -> StripSettings {
    let Strip { gain_db, mute, pan, delay_ms, follow_video, high_pass_hz, gate, compressor } = strip;
    StripSettings {
        gain_db: *gain_db,
        mute: *mute,
        pan: *pan,
        delay_ms: *delay_ms,
        follow_video: *follow_video,
        high_pass_hz: *high_pass_hz,
        gate: gate.as_ref().map(gate_settings),
        compressor: compressor.as_ref().map(compressor_settings),
    }
}

fn gate_settings(gate: &Gate) -> GateSettings {
    let Gate { threshold_db, attack_ms, hold_ms, release_ms } = *gate;
    GateSettings { threshold_db, attack_ms, hold_ms, release_ms, ..GateSettings::default() }
}

const fn compressor_settings(compressor: &Compressor) -> CompressorSettings {
    let Compressor { threshold_db, ratio, attack_ms, release_ms, knee_db, makeup_db } = *compressor;
    CompressorSettings { threshold_db, ratio, knee_db, attack_ms, release_ms, makeup_db }
}

/// Carries a hand's change into the settings; what it doesn't name stays.
pub(super) fn change(settings: &mut StripSettings, change: StripChange) {
    let StripChange { gain_db, muted, pan, delay_ms, follow_video, solo: _ } = change;
    settings.gain_db = gain_db.unwrap_or(settings.gain_db);
    settings.mute = muted.unwrap_or(settings.mute);
    settings.pan = pan.unwrap_or(settings.pan);
    settings.delay_ms = delay_ms.unwrap_or(settings.delay_ms);
    settings.follow_video = follow_video.unwrap_or(settings.follow_video);
}
