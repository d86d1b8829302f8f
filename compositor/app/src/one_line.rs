//! A log whose every entry is one line, whatever strangers wrote into it: names, titles and answers can't forge entries.

use std::io::{self, Write};

/// Takes whole entries, each in one call as the log's writer gives them, and writes each as one line.
pub struct OneLine<W>(pub W);

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, entry: &[u8]) -> io::Result<usize> {
        self.0.write_all(&one_line(entry))?;
        Ok(entry.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Line ends and other controls inside become words; so do the marks that turn the direction of what follows.
fn one_line(entry: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(entry);
    let (body, end) = match text.strip_suffix('\n') {
        Some(body) => (body, "\n"),
        None => (&*text, ""),
    };
    let mut line = String::with_capacity(text.len());
    for c in body.chars() {
        match c {
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push(c),
            c if c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
                line.extend(c.escape_unicode());
            }
            c => line.push(c),
        }
    }
    line.push_str(end);
    line.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::layer::SubscriberExt;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn no_string_makes_two_entries_or_colours_one() {
        let naughty: Vec<String> = serde_json::from_str(include_str!("../../../tests/fixtures/naughty.json")).unwrap();
        let (paper, count) = (Paper::default(), naughty.len());
        let page = paper.clone();
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || OneLine(page.clone()));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            for text in &naughty {
                tracing::warn!(title = %text, "says: {text}");
            }
        });
        let written = paper.0.lock().unwrap().clone();
        let written = String::from_utf8(written).unwrap();
        assert_eq!(written.lines().count(), count);
        assert!(written.lines().all(|line| line.contains(" WARN ")));
        let turned = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!written.contains(turned), "{:?}", written.lines().find(|line| line.contains(turned)));
    }
}
