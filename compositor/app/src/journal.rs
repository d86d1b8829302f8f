//! The newest log lines, kept for the desk's log drawer. Secrets never get here: those who log scrub first.

use std::collections::VecDeque;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tracing::field::{Field, Visit};
use tracing::{Event, Level as TracingLevel, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use vitrine_media::{Clock, MonotonicClock};
use vitrine_show::ports::desk::{Level, LogLine};

/// Lines kept: what the snapshot may hold.
const LINES_MAX: usize = 200;
/// Longest line kept, in characters.
const CHARS_MAX: usize = 400;

/// Keeps the newest lines. Clones are the same journal.
#[derive(Clone)]
pub struct Journal {
    lines: Arc<Mutex<(u64, VecDeque<LogLine>)>>,
    clock: Arc<MonotonicClock>,
}

impl Journal {
    /// An empty journal whose lines are stamped by `clock`.
    pub fn new(clock: Arc<MonotonicClock>) -> Self {
        Self { lines: Arc::default(), clock }
    }

    /// The newest lines, oldest first.
    pub fn tail(&self) -> Vec<LogLine> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).1.iter().cloned().collect()
    }

    fn add(&self, level: Level, from: &str, text: &str) {
        let one_line = |c: char| if c.is_control() { ' ' } else { c };
        let text: String = text.chars().map(one_line).take(CHARS_MAX).collect();
        let at_ms = self.clock.now().millis();
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.0 += 1;
        let line = LogLine { seq: lines.0, at_ms, level, from: from.to_owned(), text };
        if lines.1.len() == LINES_MAX {
            lines.1.pop_front();
        }
        lines.1.push_back(line);
    }
}

#[derive(Default)]
struct Words {
    message: String,
    rest: String,
    from: Option<String>,
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            "input" | "output" | "canvas" | "plugin" => {
                self.from = Some(format!("{value:?}").trim_matches('"').to_owned());
                Ok(())
            }
            "why" | "help" => write!(self.rest, ": {value:?}"),
            name => write!(self.rest, " {name}={value:?}"),
        };
    }
}

impl<S: Subscriber> Layer<S> for Journal {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = match *event.metadata().level() {
            TracingLevel::ERROR => Level::Error,
            TracingLevel::WARN => Level::Warn,
            TracingLevel::INFO => Level::Info,
            _ => return,
        };
        if !event.metadata().target().starts_with("vitrine") {
            return;
        }
        let mut words = Words::default();
        event.record(&mut words);
        let target = event.metadata().target().trim_start_matches("vitrine_");
        let room = target.split("::").next().unwrap_or("show");
        let from = words.from.as_deref().unwrap_or(if room == "vitrine" { "show" } else { room });
        self.add(level, from, &format!("{}{}", words.message, words.rest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_is_bounded_and_its_lines_are_one_line_each() {
        let journal = Journal::new(Arc::new(MonotonicClock::start()));
        (0..300).for_each(|n| journal.add(Level::Info, "show", &format!("line {n}\n\u{1b}[31mred")));
        let tail = journal.tail();
        assert_eq!((tail.len(), tail[0].seq, tail[199].seq), (LINES_MAX, 101, 300));
        assert!(tail.iter().all(|line| !line.text.contains(char::is_control)));
    }
}
