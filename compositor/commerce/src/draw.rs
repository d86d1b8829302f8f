//! A draw that anybody can check: the seed's hash is published first, the list of entries is fixed by its hash, and
//! the winner follows from both.
//!
//! 1. Before the first entry: publish `commit = SHA-256(seed)`, and the name of a public beacon if one is to be mixed in.
//! 2. After the close, before the draw: publish `list = SHA-256(id₁ "\n" id₂ "\n" …)` over the entries in byte order, and
//!    the entries themselves.
//! 3. Draw: for n = 0, 1, 2 …: `r = HMAC-SHA256(seed, list_hex "|" beacon "|" n)`; its first eight bytes as a
//!    big-endian number; numbers at or above the largest multiple of the count are skipped, so that every entry has
//!    exactly the same chance; the winner is the number modulo the count.

use hmac::{Hmac, Mac};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// The seed of a draw, in hex: secret until the draw, so that it is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Seed(String);

impl Seed {
    /// From hex digits; [`crate::decide`] judges them.
    #[must_use]
    pub const fn new(hex: String) -> Self {
        Self(hex)
    }

    /// The digits. Every caller of this is a place to review.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A finished draw with everything needed to check it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Draw {
    /// SHA-256 of the seed, published before the first entry.
    pub commit_hex: String,
    /// The seed.
    pub seed_hex: String,
    /// Public randomness named beforehand; may be empty.
    pub beacon: String,
    /// SHA-256 over the entries in byte order, each followed by a line feed.
    pub list_hex: String,
    /// How many entered.
    pub entries: u64,
    /// Place of the winner in the list in byte order, from zero.
    pub winner_index: u64,
    /// Who won.
    pub winner: String,
}

/// Bytes as lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    let mut text = String::with_capacity(bytes.len() * 2);
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    text
}

/// Hex as bytes; `None` if it is not hex.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|p| u8::from_str_radix(p, 16).ok()))
        .collect()
}

/// The hash that is published before the first entry.
#[must_use]
pub fn commit(seed: &[u8]) -> String {
    hex(&Sha256::digest(seed))
}

/// SHA-256 over the entries in byte order, each followed by a line feed.
#[must_use]
pub fn list_of(entries: &[&str]) -> String {
    let mut sorted = entries.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut list = Sha256::new();
    for entry in &sorted {
        list.update(entry.as_bytes());
        list.update(b"\n");
    }
    hex(&list.finalize())
}

/// Draws one of `entries`. `None` if nobody entered, or the seed is not hex.
#[must_use]
pub fn draw(seed_hex: &str, beacon: &str, entries: &[&str]) -> Option<Draw> {
    let seed = unhex(seed_hex)?;
    let mut sorted = entries.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let count = u64::try_from(sorted.len()).ok().filter(|n| *n > 0)?;
    let list_hex = list_of(&sorted);
    let fair_below = u64::MAX - u64::MAX % count;
    let winner_index = (0_u32..).find_map(|n| {
        let mut mac = Hmac::<Sha256>::new_from_slice(&seed).ok()?;
        mac.update(format!("{list_hex}|{beacon}|{n}").as_bytes());
        let first = mac.finalize().into_bytes().first_chunk::<8>().map(|b| u64::from_be_bytes(*b))?;
        (first < fair_below).then_some(first % count)
    })?;
    let winner = usize::try_from(winner_index).ok().and_then(|i| sorted.get(i))?;
    Some(Draw {
        commit_hex: commit(&seed),
        seed_hex: seed_hex.to_owned(),
        beacon: beacon.to_owned(),
        list_hex,
        entries: count,
        winner_index,
        winner: (*winner).to_owned(),
    })
}

/// Whether a published draw is what the seed, the beacon and the entries give.
#[must_use]
pub fn verify(published: &Draw, entries: &[&str]) -> bool {
    draw(&published.seed_hex, &published.beacon, entries).is_some_and(|again| again == *published)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_can_be_checked_and_a_changed_one_is_found_out() {
        let names: Vec<String> = (0..1000).map(|n| format!("viewer-{n}")).collect();
        let entries: Vec<&str> = names.iter().map(String::as_str).collect();
        let result = draw("00ff10", "drand:42", &entries).unwrap();
        assert!(verify(&result, &entries));
        let backwards: Vec<&str> = entries.iter().rev().copied().collect();
        assert!(verify(&result, &backwards), "the order of arrival can't matter");
        assert!(!verify(&result, &entries[1..]), "an entry was dropped");
        assert!(!verify(&Draw { winner: "viewer-1".into(), ..result.clone() }, &entries));
        assert_eq!(draw("zz", "", &entries), None);
        assert_eq!(draw("00", "", &[]), None);
    }

    #[test]
    fn every_entry_has_its_chance() {
        let entries = ["a", "b", "c", "d"];
        let mut wins = [0_u32; 4];
        for n in 0..4000_u32 {
            let result = draw(&hex(&n.to_be_bytes()), "", &entries).unwrap();
            wins[usize::try_from(result.winner_index).unwrap()] += 1;
        }
        assert!(wins.iter().all(|w| (880..1120).contains(w)), "{wins:?}");
    }
}
