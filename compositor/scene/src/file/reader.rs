//! Walks a parsed file with spans: each value is read as its type, every problem is kept, none stops the walk.

use super::nearest::nearest;
use super::problem::{Lines, Problem, Span};
use super::schema::ObjectSchema;
use crate::limits::PROBLEMS_MAX;
use schemars::{Schema, SchemaGenerator};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value of the file and where it stands.
pub(crate) type Value<'a> = &'a Spanned<DeValue<'a>>;

/// What a name may refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Canvas,
    Input,
    Scene,
    Overlay,
    Output,
    Plugin,
    Transition,
    Product,
    Layer,
}

impl Kind {
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Self::Canvas => "canvas",
            Self::Input => "input",
            Self::Scene => "scene",
            Self::Overlay => "overlay",
            Self::Output => "output",
            Self::Plugin => "plugin",
            Self::Transition => "transition",
            Self::Product => "product",
            Self::Layer => "layer",
        }
    }
}

/// A name met in the file: given to something, or pointing to something.
pub(crate) struct Mention {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) span: Span,
}

/// What the walk has found so far.
pub(crate) struct Cx<'a> {
    file: &'a str,
    lines: Lines<'a>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) given: Vec<Mention>,
    pub(crate) wanted: Vec<Mention>,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, lines: Lines::new(text), problems: Vec::new(), given: Vec::new(), wanted: Vec::new() }
    }

    /// Whether no more problems are kept: then none need be looked for.
    pub(crate) const fn full(&self) -> bool {
        self.problems.len() >= PROBLEMS_MAX
    }

    /// Keeps a problem. One thing is told once: a second problem at the same place with the same words is dropped.
    pub(crate) fn problem(&mut self, span: Span, code: &'static str, what: impl Into<String>, help: impl Into<String>) {
        if self.full() {
            return;
        }
        let (line, column) = self.lines.at(span.start);
        let problem = Problem { file: self.file.to_owned(), line, column, what: what.into(), help: help.into(), code };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Says that a value has the wrong type.
    pub(crate) fn wrong_type(&mut self, value: Value<'_>, expected: &str) {
        let found = type_words(value.get_ref());
        let help = match expected {
            "true or false" => "write it without quotes: true",
            "a number" => "write it without quotes: 1.5",
            "a whole number" => "write it without quotes and decimals: 12",
            "a text" => "put it in quotes: \"text\"",
            "a list" => "write it as [ … ], or each entry as a [[section]]",
            "a table" => "write it as { key = value }, or as a [section]",
            "a colour" => "write a colour as \"#rrggbb\"",
            _ => "write it as schema.json shows",
        };
        self.problem(value.span(), "FILE_TYPE", format!("expected {expected}, found {found}"), help);
    }

    pub(crate) fn line_of(&self, span: &Span) -> usize {
        self.lines.at(span.start).0
    }
}

/// The type of a value in words with their article.
pub(crate) fn type_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with decimals",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A type that can be read from a value of the file.
pub(crate) trait Read: Sized {
    /// Reads it; on a problem tells `cx` and gives `None`.
    fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self>;
    /// What the JSON Schema says of it.
    fn schema(generator: &mut SchemaGenerator) -> Schema;
}

/// A group of keys that lie in a table, alone or beside others.
pub(crate) trait ReadFields: Sized {
    /// Reads its keys out of `fields`.
    fn read_fields(fields: &mut Fields<'_>, cx: &mut Cx<'_>) -> Option<Self>;
    /// The shapes that the table may have: one, or one per kind.
    fn shapes(generator: &mut SchemaGenerator) -> Vec<ObjectSchema>;
}

/// How a field is read where its type alone does not say it.
pub(crate) trait Rule<T> {
    fn read(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<T>;
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema;
}

/// Reads a field as its type says.
pub(crate) struct Plain;

impl<T: Read> Rule<T> for Plain {
    fn read(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<T> {
        T::read(value, cx)
    }
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        T::schema(generator)
    }
}

/// A table that is being read: remembers which keys somebody knows.
pub(crate) struct Fields<'a> {
    table: &'a DeTable<'a>,
    span: Span,
    known: Vec<&'static str>,
    forgiven: bool,
}

impl<'a> Fields<'a> {
    /// Opens a value as a table.
    pub(crate) fn open(value: Value<'a>, expected: &str, cx: &mut Cx<'_>) -> Option<Self> {
        if let DeValue::Table(table) = value.get_ref() {
            Some(Self { table, span: value.span(), known: Vec::new(), forgiven: false })
        } else {
            cx.wrong_type(value, expected);
            None
        }
    }

    /// Where the table stands.
    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Where the value of `key` stands; the table itself if the key is missing.
    pub(crate) fn span_of(&self, key: &str) -> Span {
        self.table.get(key).map_or_else(|| self.span(), Spanned::span)
    }

    /// Where `key` itself stands.
    pub(crate) fn span_of_key(&self, key: &str) -> Span {
        self.table.get_key_value(key).map_or_else(|| self.span(), |(key, _)| key.span())
    }

    /// Whether the file says `key`; from now on it is a known one.
    pub(crate) fn has(&mut self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    /// The value of `key`, if it is there; from now on it is a known one.
    pub(crate) fn value(&mut self, key: &'static str) -> Option<Value<'a>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.table.get(key)
    }

    /// A key that must be there.
    pub(crate) fn required<T>(&mut self, key: &'static str, rule: &impl Rule<T>, cx: &mut Cx<'_>) -> Option<T> {
        let Some(value) = self.value(key) else {
            let near = self.table.keys().map(|k| k.get_ref().as_ref());
            let help = match nearest(key, near) {
                Some(_) => String::new(),
                None => format!("add {key} = …"),
            };
            cx.problem(self.span(), "FILE_MISSING_KEY", format!("\"{key}\" is missing here"), help);
            return None;
        };
        rule.read(value, cx)
    }

    /// A key that may be left out. A value that can't be read counts as left out: the problem is kept already.
    pub(crate) fn optional<T>(
        &mut self,
        key: &'static str,
        rule: &impl Rule<T>,
        default: impl FnOnce() -> T,
        cx: &mut Cx<'_>,
    ) -> Option<T> {
        Some(self.value(key).and_then(|value| rule.read(value, cx)).unwrap_or_else(default))
    }

    /// Counts every key as known: without its kind a table's keys can't be judged.
    pub(crate) const fn forgive(&mut self) {
        self.forgiven = true;
    }

    /// Ends the table: what nobody knew is a problem.
    pub(crate) fn close(self, cx: &mut Cx<'_>) {
        if self.forgiven {
            return;
        }
        for key in self.table.keys() {
            let name = key.get_ref().as_ref();
            if self.known.contains(&name) {
                continue;
            }
            if cx.full() {
                return;
            }
            let free = self.known.iter().copied().filter(|known| !self.table.contains_key(*known));
            let help = match nearest(name, free) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("known here: {}", self.known.join(", ")),
            };
            cx.problem(key.span(), "FILE_UNKNOWN_KEY", format!("unknown key \"{}\"", printable(name)), help);
        }
    }
}

/// A text from the file as it may stand in a message: short, on one line.
pub(crate) fn printable(text: &str) -> String {
    let mut out: String = text.chars().take(60).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    if text.chars().nth(60).is_some() {
        out.push('…');
    }
    out
}

/// Reads a whole table as `T`.
pub(crate) fn read_table<T: ReadFields>(value: Value<'_>, cx: &mut Cx<'_>) -> Option<T> {
    let mut fields = Fields::open(value, "a table", cx)?;
    let read = T::read_fields(&mut fields, cx);
    fields.close(cx);
    read
}
