//! The log power: bounded lines, one event a line, nothing that could pass for another's.

use crate::bindings::takes::log as wit;
use crate::guest::State;
use crate::limits;
use crate::outside::Outside;
use crate::powers::rate::Rate;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use vitrine_media::PluginId;

#[derive(Clone, Default)]
struct Kept {
    lines: VecDeque<String>,
    /// Since the last line that was kept.
    dropped: u64,
    dropped_ever: u64,
    printed: usize,
}

/// One plugin's log.
pub(crate) struct Log {
    plugin: PluginId,
    outside: Arc<Outside>,
    rate: Rate,
    kept: Arc<Mutex<Kept>>,
}

/// Text as one line: control characters escaped, bidirectional overrides too, cut at `bytes_max`.
pub(crate) fn one_line(text: &str, bytes_max: usize) -> String {
    let mut line = String::with_capacity(text.len().min(bytes_max));
    for c in text.chars() {
        let hostile =
            c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
        if line.len() + 8 > bytes_max {
            line.push('…');
            break;
        }
        if hostile { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}

impl Log {
    pub(crate) fn new(plugin: &PluginId, outside: &Arc<Outside>, before: Option<&Self>) -> Self {
        Self {
            plugin: plugin.clone(),
            outside: Arc::clone(outside),
            rate: Rate::per_second(limits::LOG_LINES_PER_S),
            kept: before.map(|b| Arc::clone(&b.kept)).unwrap_or_default(),
        }
    }

    pub(crate) fn write(&self, level: &str, message: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if self.rate.take(self.outside.clock.mono_ms()).is_err() {
            kept.dropped += 1;
            kept.dropped_ever += 1;
            return;
        }
        if kept.dropped > 0 {
            let line =
                format!("warn: {} lines were dropped: more than {} a second", kept.dropped, limits::LOG_LINES_PER_S);
            kept.dropped = 0;
            kept.push(line);
        }
        let line = format!("{level}: {}", one_line(message, limits::LOG_LINE_BYTES_MAX));
        tracing::debug!(target: "plugin", plugin = %self.plugin, "{line}");
        self.outside.log.line(self.plugin.as_str(), self.outside.clock.unix_ms(), &line);
        kept.push(line);
    }

    /// Lines that were too many, since the plugin was added.
    pub(crate) fn lines_lost(&self) -> u64 {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).dropped_ever
    }

    /// Takes what WASI printed so far; returns where the unseen part starts.
    pub(crate) fn printed(&self, all: &str) -> usize {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = if kept.printed <= all.len() && all.is_char_boundary(kept.printed) { kept.printed } else { 0 };
        kept.printed = all.len();
        drop(kept);
        for line in all.get(seen..).unwrap_or_default().lines().filter(|l| !l.trim().is_empty()) {
            self.write("print", line);
        }
        seen
    }

    /// A new instance prints into a pipe of its own.
    pub(crate) fn new_pipe(&self) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).printed = 0;
    }

    /// The newest lines, oldest first.
    pub(crate) fn tail(&self, lines: usize) -> Vec<String> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.lines.iter().skip(kept.lines.len().saturating_sub(lines)).cloned().collect()
    }
}

impl Kept {
    fn push(&mut self, line: String) {
        if self.lines.len() == limits::LOG_LINES_KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }
}

impl wit::Host for State {
    fn write(&mut self, level: wit::Level, message: String) -> wasmtime::Result<()> {
        self.enter()?;
        let level = match level {
            wit::Level::Debug => "debug",
            wit::Level::Info => "info",
            wit::Level::Warn => "warn",
            wit::Level::Error => "error",
        };
        self.powers.log.write(level, &message);
        Ok(())
    }
}
