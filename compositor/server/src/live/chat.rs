//! What viewers write, made harmless: one short line of letters that stay in their place.

use crate::limits::{CHAT_CHARS_MAX, CHAT_NAME_CHARS_MAX};

/// Marks that may stand on one letter: Vietnamese needs two, Hebrew with points four; towers of them cover others.
const MARKS_PER_LETTER_MAX: usize = 4;

/// Why a line is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChatRefusal {
    /// Nothing to read in it.
    Empty,
    /// It leads away from the show.
    Link,
}

impl ChatRefusal {
    pub(super) const fn code_and_text(self) -> (&'static str, &'static str) {
        match self {
            Self::Empty => ("CHAT_EMPTY", "write something first"),
            Self::Link => ("CHAT_LINK", "links aren't shown here; the shop's products have buttons of their own"),
        }
    }
}

/// A line that can be shown, or why not.
pub(super) fn line(text: &str) -> Result<String, ChatRefusal> {
    let clean = clean(text, CHAT_CHARS_MAX);
    if clean.is_empty() {
        return Err(ChatRefusal::Empty);
    }
    if holds_link(&clean) { Err(ChatRefusal::Link) } else { Ok(clean) }
}

/// A line of the show's own: it may name an address. `None`: nothing is left of it.
pub(super) fn own_line(text: &str) -> Option<String> {
    Some(clean(text, CHAT_CHARS_MAX)).filter(|line| !line.is_empty())
}

/// A name that can be shown; `Guest` when nothing is left of it.
pub(super) fn name(text: &str) -> String {
    let clean = clean(text, CHAT_NAME_CHARS_MAX);
    if clean.is_empty() || holds_link(&clean) { "Guest".to_owned() } else { clean }
}

fn clean(text: &str, chars_max: usize) -> String {
    let mut marks = 0;
    let kept = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| {
        marks = if is_mark(*c) { marks + 1 } else { 0 };
        marks <= MARKS_PER_LETTER_MAX && !c.is_control() && !is_invisible(*c)
    });
    let words: String = kept.take(chars_max * 4).collect();
    let words = words.split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
    words.chars().take(chars_max).collect::<String>().trim_end().to_owned()
}

/// Letters that turn the direction of others, or take no room: used to forge names and break lines.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e007f}' | '\u{ad}' | '\u{61c}' | '\u{180e}')
}

const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

fn holds_link(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.contains("://")
        || lower.contains("www.")
        || lower.split(' ').any(|word| {
            let host = word.split('/').next().unwrap_or_default().trim_end_matches(['.', ',', '!', '?', ')']);
            host.rsplit_once('.').is_some_and(|(name, ending)| {
                let letters = ending.len() >= 2 && ending.bytes().all(|b| b.is_ascii_lowercase());
                letters
                    && name.len() >= 2
                    && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_becomes_one_harmless_line() {
        assert_eq!(line("  a\n\tb\u{0}\u{1b}[31m ").unwrap(), "a b[31m");
        assert_eq!(line("\u{202e}evil\u{2066}").unwrap(), "evil");
        assert_eq!(line(&"x".repeat(100_000)).unwrap().len(), CHAT_CHARS_MAX);
        assert_eq!(line(&format!("z{}", "\u{301}".repeat(500))).unwrap().chars().count(), 5);
        assert_eq!(line("\u{200b} \u{feff}"), Err(ChatRefusal::Empty));
        assert_eq!(
            line("<script>alert(1)</script>").unwrap(),
            "<script>alert(1)</script>",
            "shown as text by the page"
        );
        assert_eq!(line("कितने का है?").unwrap(), "कितने का है?");
        assert_eq!(line("👩‍👩‍👧 love it").unwrap(), "👩‍👩‍👧 love it");
    }

    #[test]
    fn the_naughty_strings_become_one_short_line_or_none() {
        let naughty = include_str!("../../../../tests/fixtures/naughty.json");
        let naughty: Vec<String> = serde_json::from_str(naughty).unwrap();
        for text in naughty {
            for shown in [line(&text).unwrap_or_default(), name(&text)] {
                assert!(shown.chars().count() <= CHAT_CHARS_MAX && shown.trim() == shown, "{text:?} became {shown:?}");
                let bad = |c: char| c.is_control() || is_invisible(c);
                assert!(!shown.contains(bad), "{text:?} became {shown:?}");
                let run = shown.chars().fold((0, 0), |(now, most), c| {
                    let now = if is_mark(c) { now + 1 } else { 0 };
                    (now, most.max(now))
                });
                assert!(run.1 <= MARKS_PER_LETTER_MAX, "{text:?} became {shown:?}");
            }
            assert!(!name(&text).is_empty());
        }
    }

    #[test]
    fn links_are_not_shown_and_prices_are() {
        for link in ["http://evil.com", "see evil.com!", "WWW.EVIL.COM", "evil.com/mug"] {
            assert_eq!(line(link), Err(ChatRefusal::Link), "{link}");
        }
        for fine in ["14.90 EUR?", "ok...", "a.b", "size 10.5", "wow.", "e.g. this"] {
            assert!(line(fine).is_ok(), "{fine}");
        }
        assert_eq!(name("bit.ly"), "Guest");
    }
}
