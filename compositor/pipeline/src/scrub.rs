//! Keeps secrets out of every text that leaves this room: GStreamer's messages, its debug log, our errors.

use std::sync::{Mutex, OnceLock, PoisonError};
use vitrine_media::Secret;

/// Shorter strings are not hunted for: they would blot out innocent text.
const SECRET_CHARS_MIN: usize = 4;

fn known() -> &'static Mutex<Vec<String>> {
    static KNOWN: OnceLock<Mutex<Vec<String>>> = OnceLock::new();
    KNOWN.get_or_init(Mutex::default)
}

/// Makes `secret` unprintable in this room's texts from now on, as it is and percent-encoded.
pub(crate) fn keep_secret(secret: &Secret) {
    let plain = secret.reveal();
    if plain.len() < SECRET_CHARS_MIN {
        return;
    }
    let mut known = known().lock().unwrap_or_else(PoisonError::into_inner);
    for form in [plain.to_owned(), percent_encode(plain)] {
        if !known.contains(&form) {
            known.push(form);
        }
    }
    known.sort_by_key(|s| std::cmp::Reverse(s.len()));
}

/// Makes the parts of an address that are secret unprintable: user and password, stream name, query values.
pub(crate) fn keep_address_secret(address: &Secret) {
    for part in secret_parts(address.reveal()) {
        keep_secret(&Secret::new(part));
    }
}

/// The parts of `address` that let someone in: `user:password`, the password alone, query values that are
/// tokens, and for RTMP the last part of the path, which is the stream key.
fn secret_parts(address: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let Some((scheme, rest)) = address.split_once("://") else { return parts };
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = path.split_once('/').unwrap_or((path, ""));
    if let Some((user, _host)) = authority.rsplit_once('@') {
        parts.push(user.to_owned());
        if let Some((_, password)) = user.split_once(':') {
            parts.push(password.to_owned());
        }
    }
    for pair in query.split('&') {
        if let Some((name, value)) = pair.split_once('=')
            && !matches!(name, "mode" | "latency" | "transtype" | "pbkeylen" | "localport")
        {
            parts.push(value.to_owned());
        }
    }
    if scheme.starts_with("rtmp")
        && let Some((_, key)) = path.trim_end_matches('/').rsplit_once('/')
    {
        parts.push(key.to_owned());
    }
    parts
}

/// `text` with every known secret and every address's secret parts replaced by `***`.
pub(crate) fn scrub(text: &str) -> String {
    let mut clean = text.to_owned();
    {
        let known = known().lock().unwrap_or_else(PoisonError::into_inner);
        for secret in known.iter().filter(|s| text.contains(s.as_str())) {
            clean = clean.replace(secret, "***");
        }
    }
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '(' | ')' | ',')) {
        for part in secret_parts(word).iter().filter(|p| p.len() >= SECRET_CHARS_MIN) {
            clean = clean.replace(part.as_str(), "***");
        }
    }
    clean
}

fn percent_encode(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registered_key_is_blotted_out_in_both_forms() {
        keep_secret(&Secret::new("live_9/a+b".into()));
        assert_eq!(scrub("publish live_9/a+b or live_9%2Fa%2Bb"), "publish *** or ***");
    }

    #[test]
    fn addresses_lose_user_key_and_token() {
        assert_eq!(scrub("could not open \"rtmp://h/app/KEY123\""), "could not open \"rtmp://h/app/***\"");
        assert_eq!(scrub("rtsp://bob:hunter2@cam/1 refused"), "rtsp://***@cam/1 refused");
        assert_eq!(scrub("srt://h:9?mode=caller&streamid=tok-1"), "srt://h:9?mode=caller&streamid=***");
        assert_eq!(scrub("file:///a/b.mp4 is missing"), "file:///a/b.mp4 is missing");
    }
}
