//! The `srt` input: MPEG-TS over SRT, as caller or as listener.

use super::{InputError, tap::Tap};
use crate::element::make;
use crate::limits;
use gstreamer::prelude::*;
use vitrine_media::Secret;

/// Whether an address makes us wait for callers: `mode=listener`, or no host at all.
pub(crate) fn listens(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
    match query.split('&').find_map(|pair| pair.strip_prefix("mode=")) {
        Some(mode) => mode == "listener",
        None => authority.starts_with(':'),
    }
}

pub(super) fn build(url: &Secret, latency_ms: u32, passphrase: Option<&Secret>, tap: &Tap) -> Result<(), InputError> {
    let source = make("srtsrc")?;
    source.set_property("uri", url.reveal());
    source.set_property("latency", latency_ms.cast_signed());
    // Without a limit the source can't be stopped while it waits for a peer that is gone.
    source.set_property("poll-timeout", limits::SRT_POLL_MS);
    if let Some(passphrase) = passphrase {
        source.set_property("passphrase", passphrase.reveal());
    }
    if source.has_property("auto-reconnect") {
        source.set_property("auto-reconnect", false);
    }
    tap.add(&[&source])?;
    tap.decode(&source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mode_decides_who_calls() {
        assert!(listens("srt://0.0.0.0:9710?mode=listener&latency=80") && listens("srt://:9710"));
        assert!(!listens("srt://10.0.0.1:9710") && !listens("srt://:9710?mode=caller"));
    }
}
