//! Text that was written to break shapers: always harmless, always bounded by counts.

use super::*;
use std::fmt::Write;
use unicode_segmentation::UnicodeSegmentation;

/// Short strings, each of a kind that has broken a text stack somewhere.
const FIXED: &[&str] = &[
    "",
    " ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\n\n\n\n",
    "\u{0}",
    "\u{1}\u{2}\u{3}",
    "\u{7F}",
    "\u{85}",
    "\u{1B}[31mred",
    "\u{8}\u{8}",
    "\u{FEFF}",
    "\u{FEFF}BOM",
    "\u{FFFE}",
    "\u{FFFF}",
    "\u{FFFD}",
    "\u{FFFC}",
    "\u{1FFFE}",
    "\u{10FFFF}",
    "\u{E000}",
    "\u{F8FF}",
    "\u{202E}txet desrever",
    "\u{202A}a\u{202B}b\u{202C}c",
    "\u{2066}a\u{2067}b\u{2068}c\u{2069}",
    "\u{200E}\u{200F}\u{61C}",
    "abc \u{202E}مرحبا\u{202C} def",
    "a\u{2067}ب\u{2069}c",
    "\u{2029}",
    "\u{2028}x\u{2029}y",
    "\u{200B}",
    "\u{200B}a\u{200B}b",
    "\u{200C}",
    "\u{200D}",
    "\u{200D}\u{200D}\u{200D}",
    "a\u{200D}",
    "\u{200D}a",
    "\u{2060}\u{2061}\u{2062}\u{2063}\u{2064}",
    "\u{AD}",
    "soft\u{AD}hyphen",
    "\u{34F}",
    "\u{115F}\u{1160}",
    "\u{3164}",
    "\u{FFA0}",
    "\u{180E}",
    "\u{180B}\u{180C}\u{180D}",
    "\u{301}",
    "\u{301}\u{301}\u{301}",
    " \u{301}",
    "\n\u{301}",
    "\u{20DD}",
    "\u{20E3}",
    "\u{FE0F}",
    "\u{FE0E}",
    "\u{E0100}",
    "\u{93F}",
    "\u{94D}",
    "\u{94D}\u{94D}",
    "क\u{94D}",
    "\u{94D}क",
    "\u{9CB}",
    "\u{BCA}",
    "\u{E33}",
    "\u{E48}\u{E48}",
    "\u{EB3}",
    "\u{17D2}",
    "\u{1039}",
    "\u{F71}\u{F72}\u{F74}",
    "\u{654}\u{655}",
    "\u{64B}\u{64C}\u{64D}\u{64E}",
    "\u{5B0}\u{5C1}\u{5BC}",
    "e\u{301}",
    "é",
    "A\u{30A}",
    "Å",
    "ﬀﬁﬂ",
    "ǅ",
    "ß",
    "İ",
    "ı",
    "ﷺ",
    "﷽",
    "𒐫",
    "𒈙",
    "꧅",
    "⸻",
    "𪚥",
    "㍿",
    "👩‍👩‍👧‍👦",
    "👨🏻‍👩🏼‍👧🏽‍👦🏾",
    "🏳️‍🌈",
    "🏴‍☠️",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "🇦🇧🇨",
    "🇯",
    "👍🏽👍🏿",
    "🏽",
    "❤️‍🔥",
    "🧑‍🤝‍🧑",
    "1️⃣#️⃣*️⃣",
    "©️®️™️",
    "🫠🫡🫥",
    "العربية",
    "עברית",
    "فارسی‌ها",
    "اردو",
    "हिन्दी",
    "தமிழ்",
    "ไทยที่",
    "ខ្មែរ",
    "မြန်မာ",
    "ትግርኛ",
    "ქართული",
    "Ελληνικά",
    "中文",
    "日本語テキスト",
    "한국어",
    "བོད་ཡིག",
    "ᠮᠣᠩᠭᠣᠯ",
    "ߒߞߏ",
    "ܣܘܪܝܝܐ",
    "ދިވެހި",
    "𐍈𐌰",
    "𝕋𝕖𝕩𝕥",
    "ⓣⓔⓧⓣ",
    "ＦＵＬＬ",
    "ﾊﾝｶｸ",
    "abc عربي def עברית ghi 123 ٤٥٦",
    "123 عربي 456",
    "(عربي) [abc] {עבר}",
    "a-ب-c-د-e",
    "٪١٢٣",
    "۱۲۳ abc",
    "1-2 ب 3/4",
    "ب 1,000.5 ج",
    "<script>alert(1)</script>",
    "'; DROP TABLE users; --",
    "${jndi:ldap://x}",
    "%s%n%x",
    "../../etc/passwd",
    "NaN",
    "-1",
    "1e999",
    "( ͡° ͜ʖ ͡°)",
    "¯\\_(ツ)_/¯",
    "(╯°□°）╯︵ ┻━┻",
    "Ṱ̺̺̕o͞ ̷i̲̬n̝̗v̟̜o̘̹k͕e",
    "̶̗̼͚̟ͅ",
    "t̷͎̎e̵͎̎x̴̰̄t̷̤̎",
    "ʇxǝʇ",
    "ᴛᴇxᴛ",
    "ĸ",
    "ŉ",
    "…",
    "⋯",
    "︙",
    "‥‥‥",
    "﹏",
];

/// Those, and long ones that are made rather than listed.
fn naughty() -> Vec<String> {
    let mut all: Vec<String> = FIXED.iter().map(|s| (*s).to_owned()).collect();
    let mut zalgo = String::new();
    for c in "ZALGO COMES".chars() {
        zalgo.push(c);
        zalgo.extend((0..60).filter_map(|i| char::from_u32(0x300 + i)));
    }
    all.push(zalgo);
    all.push("a".repeat(1 << 20));
    all.push("ا".repeat(1 << 19));
    all.push("a b ".repeat(1 << 18));
    all.push(" ".repeat(1 << 20));
    all.push("\n".repeat(1 << 20));
    all.push(format!("a{}", "\u{301}".repeat(1 << 19)));
    all.push("\u{202E}".repeat(1 << 18));
    all.push("👩‍".repeat(20_000));
    all.push("👨‍👩‍👧‍👦".repeat(5_000));
    all.push("क्".repeat(50_000));
    all.push("🇦".repeat(10_001));
    all.push(format!("🏴{}", "\u{E0067}".repeat(10_000)));
    all.push("a ب ".repeat(5_000));
    all.push("(".repeat(3_000));
    all.push("\u{2067}(".repeat(3_000));
    let mut every = String::new();
    for plane in [0x0000_u32, 0x0600, 0x0900, 0x0E00, 0x2000, 0x3000, 0xA000, 0xF900, 0x1_0000, 0x1_F000, 0xE_0000] {
        every.clear();
        for c in (plane..plane + 0x300).filter_map(char::from_u32) {
            let _ = write!(every, "{c} ");
        }
        all.push(every.clone());
    }
    all
}

#[test]
fn what_is_left_is_within_every_limit() {
    let naughty = naughty();
    assert!(naughty.len() >= 150, "{}", naughty.len());
    for (index, string) in naughty.iter().enumerate() {
        let safe = harmless(string);
        assert!(safe.paragraphs.len() <= limits::TEXT_LINES_MAX, "{index}");
        let mut graphemes = 0;
        for paragraph in &safe.paragraphs {
            let count = paragraph.graphemes(true).count();
            graphemes += count;
            assert!(count <= limits::PARAGRAPH_GRAPHEMES_MAX + 1, "{index}: {count} graphemes in a paragraph");
            for grapheme in paragraph.graphemes(true) {
                let chars = grapheme.chars().count();
                assert!(chars <= limits::CHARS_PER_GRAPHEME_MAX + 1, "{index}: {chars} characters in one grapheme");
            }
            let marks = paragraph.chars().fold((0, 0), |(run, most), c| {
                let mark = unicode_normalization::char::is_combining_mark(c);
                let run = if mark { run + 1 } else { 0 };
                (run, most.max(run))
            });
            assert!(marks.1 <= limits::MARKS_PER_BASE_MAX, "{index}: {} marks on one base", marks.1);
            let bad = paragraph.chars().find(|c| {
                c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{61C}')
            });
            assert_eq!(bad, None, "{index}");
        }
        assert!(graphemes <= limits::TEXT_GRAPHEMES_MAX + limits::TEXT_LINES_MAX, "{index}: {graphemes}");
        assert!(safe.graphemes <= limits::TEXT_GRAPHEMES_MAX, "{index}");
    }
}

#[test]
fn no_string_panics_or_costs_more_than_its_budget() {
    let mut mine = Rasteriser::new(FontOptions::default());
    for (index, string) in naughty().iter().enumerate() {
        for (box_px, lines_max, weight) in
            [((0, 0), 0, 400), ((300, 200), 0, 700), ((300, 0), 2, 600), ((1, 1), 1, 400)]
        {
            let before = mine.stats().graphemes_shaped;
            let spec = TextSpec { box_px, lines_max, weight, size_px10: 260, ..text(string) };
            let picture = mine.raster(&RasterSpec::Text(spec));
            assert!(picture.is_ok(), "{index}: {:?} {:?}", string.chars().take(20).collect::<String>(), picture.err());
            let cost = mine.stats().graphemes_shaped - before;
            assert!(cost <= limits::TEXT_GRAPHEMES_MAX as u64, "{index}: {cost} graphemes shaped");
        }
    }
    assert_eq!(mine.stats().panics, 0);
}

#[test]
fn harmless_text_is_left_as_it_is() {
    for string in ["Grüße, 2 × 5 €", "فارسی‌ها", "हिन्दी क्ष्म", "👨🏻‍👩🏼‍👧🏽‍👦🏾 🏳️‍🌈 🏴󠁧󠁢󠁥󠁮󠁧󠁿 1️⃣", "བོད་ཡིག", "Tiếng Việt"]
    {
        let safe = harmless(string);
        assert_eq!((safe.paragraphs.as_slice(), safe.cut), ([string.to_owned()].as_slice(), false));
    }
    assert_eq!(harmless("a\r\nb\nc\rd\u{2028}e").paragraphs, ["a", "b", "c", "d", "e"]);
    assert_eq!(harmless("user\u{202E}gpj.exe").paragraphs, ["usergpj.exe"]);
}

#[test]
fn what_was_left_out_is_shown_by_an_ellipsis() {
    let long = harmless(&"word ".repeat(100));
    assert!(long.cut && long.paragraphs[0].ends_with('…'));
    assert_eq!(long.paragraphs[0].graphemes(true).count(), limits::PARAGRAPH_GRAPHEMES_MAX);
    let exact = harmless(&"x".repeat(limits::PARAGRAPH_GRAPHEMES_MAX));
    assert!(!exact.cut && !exact.paragraphs[0].ends_with('…'));
    assert!(harmless(&"x\n".repeat(500)).cut);
}

#[test]
fn a_panic_is_an_error_and_the_next_text_is_drawn() {
    let mut mine = Rasteriser::new(FontOptions { system: false, ..FontOptions::default() });
    let result: Result<(), _> = mine.guarded(|_| panic!("as a shaper might"));
    assert_eq!(result, Err(RasterError::Panicked));
    assert_eq!(mine.stats().panics, 1);
    assert!(mine.raster(&RasterSpec::Text(text("still here"))).is_ok());
}

proptest::proptest! {
    #[test]
    fn random_strings_are_drawn(string in "(?s).{0,80}", width in 0u32..500, lines_max in 0u16..4) {
        let spec = TextSpec { box_px: (width, 0), lines_max, size_px10: 200, ..text(&string) };
        let mut shared = shared();
        let picture = shared.raster(&RasterSpec::Text(spec));
        proptest::prop_assert!(picture.is_ok());
        proptest::prop_assert!(is_premultiplied(&picture.unwrap()));
    }
}
