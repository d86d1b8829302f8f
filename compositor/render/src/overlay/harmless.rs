//! Makes any text harmless before a shaper sees it: bounded, without controls, without towers of marks.

use super::limits;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

const ZWJ: char = '\u{200D}';
const ZWNJ: char = '\u{200C}';
const BLACK_FLAG: char = '\u{1F3F4}';
const CANCEL_TAG: char = '\u{E007F}';
const ELLIPSIS: char = '…';

/// A text that any shaper can take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Harmless {
    /// One entry a line of the author's; each within the limits, without any control character.
    pub paragraphs: Vec<String>,
    /// Graphemes in all paragraphs: what shaping costs.
    pub graphemes: usize,
    /// Whether something that could be read was left out at a limit; an ellipsis stands there.
    pub cut: bool,
}

/// What one character does to the text that is being built.
enum Kind {
    Base,
    Mark,
    Joiner,
    Tag,
    Space,
    Break,
    Nothing,
}

fn kind(c: char) -> Kind {
    match c {
        '\n' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Kind::Break,
        ' ' | '\t' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => {
            Kind::Space
        }
        ZWJ | ZWNJ => Kind::Joiner,
        '\u{E0020}'..='\u{E007F}' => Kind::Tag,
        // Bidi controls reorder what others wrote; the rest is unseen, deprecated or not a character.
        '\u{61C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' => {
            Kind::Nothing
        }
        '\u{AD}'
        | '\u{34F}'
        | '\u{180B}'..='\u{180F}'
        | '\u{FEFF}'
        | '\u{FFF0}'..='\u{FFFB}'
        | '\u{FDD0}'..='\u{FDEF}' => Kind::Nothing,
        '\u{E0000}'..='\u{E0FFF}' => Kind::Nothing,
        c if c.is_control() || u32::from(c) & 0xFFFE == 0xFFFE => Kind::Nothing,
        '\u{1F3FB}'..='\u{1F3FF}' | '\u{FE00}'..='\u{FE0F}' => Kind::Mark,
        c if is_combining_mark(c) => Kind::Mark,
        _ => Kind::Base,
    }
}

/// The character stage: which characters are kept, before graphemes are counted.
#[derive(Default)]
struct Filter {
    paragraphs: Vec<String>,
    now: String,
    base: Option<char>,
    marks: usize,
    run: usize,
    kept: usize,
    was_joiner: bool,
}

impl Filter {
    fn end_paragraph(&mut self) {
        self.trim_joiner();
        self.paragraphs.push(std::mem::take(&mut self.now).trim_end().to_owned());
        self.base = None;
        self.run = 0;
    }

    /// A joiner with nothing after it joins nothing.
    fn trim_joiner(&mut self) {
        if self.was_joiner {
            self.now.pop();
            self.was_joiner = false;
        }
    }

    fn keep(&mut self, c: char) {
        self.now.push(c);
        self.kept += 1;
    }

    fn base(&mut self, c: char) {
        // A base right after a joiner belongs to the same grapheme, so the tower's height is counted on.
        self.run = if self.was_joiner { self.run + 1 } else { 1 };
        if self.run > limits::CHARS_PER_GRAPHEME_MAX {
            self.trim_joiner();
            self.run = 1;
        }
        self.was_joiner = false;
        self.base = Some(c);
        self.marks = 0;
        self.keep(c);
    }

    fn attached(&mut self, c: char, allowed: bool) {
        if allowed && self.base.is_some() && self.run < limits::CHARS_PER_GRAPHEME_MAX {
            self.trim_joiner();
            self.run += 1;
            self.marks += 1;
            self.keep(c);
        }
    }

    fn take(&mut self, c: char) {
        match kind(c) {
            Kind::Nothing => {}
            Kind::Break => self.end_paragraph(),
            Kind::Space => {
                self.trim_joiner();
                self.base = None;
                self.run = 0;
                self.keep(if c == '\u{A0}' || c == '\u{202F}' { '\u{A0}' } else { ' ' });
            }
            Kind::Base => self.base(c),
            Kind::Mark => self.attached(c, self.marks < limits::MARKS_PER_BASE_MAX),
            Kind::Tag => {
                self.attached(c, self.base == Some(BLACK_FLAG) && !self.now.ends_with(CANCEL_TAG));
            }
            Kind::Joiner => {
                if self.base.is_some() && !self.was_joiner && self.run + 1 < limits::CHARS_PER_GRAPHEME_MAX {
                    self.run += 1;
                    self.keep(c);
                    self.was_joiner = true;
                }
            }
        }
    }
}

/// Keeps what can be shown of `text` within the limits of [`limits`](super::limits).
///
/// Line ends of any kind split paragraphs; bidi controls, other controls and unseen characters go;
/// a base keeps its first few marks; marks without a base go; spaces become plain ones. A paragraph that
/// is too long ends in an ellipsis. Reads a bounded part of `text`, so that its cost has a ceiling.
#[must_use]
pub fn harmless(text: &str) -> Harmless {
    let mut filter = Filter::default();
    let mut read = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if read == limits::TEXT_CHARS_READ_MAX
            || filter.kept == limits::TEXT_CHARS_KEPT_MAX
            || filter.paragraphs.len() == limits::TEXT_LINES_MAX
        {
            break;
        }
        read += 1;
        if c == '\r' {
            if chars.peek() != Some(&'\n') {
                filter.end_paragraph();
            }
            continue;
        }
        filter.take(c);
    }
    let left_over = chars.next().is_some();
    if filter.paragraphs.len() < limits::TEXT_LINES_MAX {
        filter.end_paragraph();
    }
    let mut result = Harmless { cut: left_over, ..Harmless::default() };
    for paragraph in &filter.paragraphs {
        count_in(&mut result, paragraph);
    }
    if left_over {
        mark_cut(&mut result);
    }
    result
}

/// The grapheme stage: adds one paragraph, shortened to what may be shaped.
fn count_in(result: &mut Harmless, paragraph: &str) {
    let room = limits::PARAGRAPH_GRAPHEMES_MAX.min(limits::TEXT_GRAPHEMES_MAX.saturating_sub(result.graphemes));
    let mut kept = String::with_capacity(paragraph.len().min(4 * room));
    // Where to cut, should more come than fits: the last place is for the ellipsis.
    let mut cut_at = 0;
    let mut count = 0;
    for grapheme in paragraph.graphemes(true) {
        if count == room {
            kept.truncate(cut_at);
            kept.truncate(kept.trim_end().len());
            if room > 0 {
                kept.push(ELLIPSIS);
            }
            result.cut = true;
            break;
        }
        // Conjuncts of some scripts have no longest form: a letter and a virama, over and over, are one grapheme.
        if grapheme.chars().nth(limits::CHARS_PER_GRAPHEME_MAX).is_some() {
            let shorter: String = grapheme.chars().take(limits::CHARS_PER_GRAPHEME_MAX).collect();
            // A bare end, or what is left would join what follows.
            kept.push_str(shorter.trim_end_matches(|c| matches!(c, ZWJ | ZWNJ) || is_combining_mark(c)));
        } else {
            kept.push_str(grapheme);
        }
        count += 1;
        if count < room {
            cut_at = kept.len();
        }
    }
    result.graphemes += count;
    result.paragraphs.push(kept);
}

fn mark_cut(result: &mut Harmless) {
    if let Some(last) = result.paragraphs.iter_mut().rev().find(|p| !p.is_empty())
        && !last.ends_with(ELLIPSIS)
    {
        if let Some((at, _)) = last.grapheme_indices(true).next_back() {
            last.truncate(at);
        }
        last.push(ELLIPSIS);
    }
}
