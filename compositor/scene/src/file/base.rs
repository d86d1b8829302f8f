//! Reads what every section is made of: numbers, texts, lists, names.

use super::reader::{Cx, Fields, Kind, Mention, Read, ReadFields, Rule, Value, printable};
use schemars::{Schema, SchemaGenerator, json_schema};
use std::ops::RangeInclusive;
use toml::Spanned;
use toml::de::DeValue;
use vitrine_media::{CanvasName, InputId, OutputId, OverlayId, PluginId, SceneName};

/// A finite number from a whole or a broken one.
pub(crate) fn number(value: Value<'_>) -> Option<f64> {
    match value.get_ref() {
        DeValue::Integer(whole) => i64::from_str_radix(whole.as_str(), whole.radix()).ok().map(as_f64),
        DeValue::Float(broken) => broken.as_str().parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    }
}

#[allow(clippy::cast_precision_loss, reason = "a setting above 2^53 is out of every range anyway")]
const fn as_f64(whole: i64) -> f64 {
    whole as f64
}

#[allow(clippy::cast_possible_truncation, reason = "settings have seven digits at most")]
const fn as_f32(n: f64) -> f32 {
    n as f32
}

/// A number with its bounds, both allowed.
pub(crate) struct Between(pub(crate) RangeInclusive<f64>);

impl Between {
    fn check(&self, value: Value<'_>, expected: &str, cx: &mut Cx<'_>) -> Option<f64> {
        let Some(n) = number(value) else {
            cx.wrong_type(value, expected);
            return None;
        };
        if self.0.contains(&n) {
            return Some(n);
        }
        let (low, high) = (self.0.start(), self.0.end());
        cx.problem(value.span(), "FILE_RANGE", format!("{n} is out of range"), format!("use {low} to {high}"));
        None
    }

    fn whole(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<f64> {
        if let DeValue::Float(_) = value.get_ref() {
            cx.wrong_type(value, "a whole number");
            return None;
        }
        self.check(value, "a whole number", cx)
    }

    fn schema_of(&self, kind: &str) -> Schema {
        json_schema!({ "type": kind, "minimum": self.0.start(), "maximum": self.0.end() })
    }
}

macro_rules! between {
    ($($ty:ty, $kind:literal, |$rule:ident, $value:ident, $cx:ident| $read:expr;)+) => {$(
        impl Rule<$ty> for Between {
            fn read(&self, $value: Value<'_>, $cx: &mut Cx<'_>) -> Option<$ty> {
                let $rule = self;
                $read
            }
            fn schema(&self, _: &mut SchemaGenerator) -> Schema {
                self.schema_of($kind)
            }
        }
        impl Rule<Option<$ty>> for Between {
            fn read(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<Option<$ty>> {
                Rule::<$ty>::read(self, value, cx).map(Some)
            }
            fn schema(&self, _: &mut SchemaGenerator) -> Schema {
                self.schema_of($kind)
            }
        }
    )+};
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was checked before")]
const fn as_u32(n: f64) -> u32 {
    n as u32
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was checked before")]
const fn as_u16(n: f64) -> u16 {
    n as u16
}

between! {
    f32, "number", |rule, value, cx| rule.check(value, "a number", cx).map(as_f32);
    u32, "integer", |rule, value, cx| rule.whole(value, cx).map(as_u32);
    u16, "integer", |rule, value, cx| rule.whole(value, cx).map(as_u16);
}

/// The version of the format.
pub(crate) struct Version;

impl Rule<u32> for Version {
    fn read(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<u32> {
        if number(value) == Some(1.0) {
            return Some(1);
        }
        let help = "write vitrine = 1, or take a program of the version that wrote this file";
        cx.problem(value.span(), "FILE_VERSION", "this program reads version 1 of the show file", help);
        None
    }
    fn schema(&self, _: &mut SchemaGenerator) -> Schema {
        json_schema!({ "const": 1 })
    }
}

/// A list of exactly `N` numbers within bounds.
pub(crate) struct Each(pub(crate) RangeInclusive<f64>);

impl<T, const N: usize> Rule<[T; N]> for Each
where
    Between: Rule<T>,
{
    fn read(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<[T; N]> {
        let DeValue::Array(items) = value.get_ref() else {
            cx.wrong_type(value, &format!("a list of {N} numbers"));
            return None;
        };
        if items.len() != N {
            let what = format!("expected {N} numbers, found {}", items.len());
            cx.problem(value.span(), "FILE_LENGTH", what, format!("write [ … ] with {N} of them"));
            return None;
        }
        let one = Between(self.0.clone());
        let read: Vec<T> = items.iter().filter_map(|item| one.read(item, cx)).collect();
        read.try_into().ok()
    }
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        let items = Rule::<T>::schema(&Between(self.0.clone()), generator);
        json_schema!({ "type": "array", "items": items, "minItems": N, "maxItems": N })
    }
}

impl<T, const N: usize> Rule<Option<[T; N]>> for Each
where
    Between: Rule<T>,
{
    fn read(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<Option<[T; N]>> {
        Rule::<[T; N]>::read(self, value, cx).map(Some)
    }
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        Rule::<[T; N]>::schema(self, generator)
    }
}

/// A text of 1 to `.0` characters; line breaks are allowed.
pub(crate) struct Text(pub(crate) usize);

impl Rule<String> for Text {
    fn read(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<String> {
        let DeValue::String(text) = value.get_ref() else {
            cx.wrong_type(value, "a text");
            return None;
        };
        let chars = text.chars().count();
        if chars == 0 {
            cx.problem(value.span(), "FILE_EMPTY", "an empty text says nothing", "write at least one character");
            return None;
        }
        if chars > self.0 {
            let what = format!("a text of {chars} characters is too long");
            cx.problem(value.span(), "FILE_LENGTH", what, format!("use at most {}", self.0));
            return None;
        }
        Some(text.as_ref().to_owned())
    }
    fn schema(&self, _: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": self.0 })
    }
}

impl Rule<Option<String>> for Text {
    fn read(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<Option<String>> {
        Rule::<String>::read(self, value, cx).map(Some)
    }
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        Rule::<String>::schema(self, generator)
    }
}

/// Longest path, address or launch line.
pub(crate) const LINE: Text = Text(4_096);

/// The address of a web server, without a path.
pub(crate) struct Address;

impl Rule<Option<String>> for Address {
    fn read(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<Option<String>> {
        let text = text_of(value, "an address", cx)?.trim_end_matches('/');
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        if host.is_empty() || text.len() > 200 || !host.chars().all(plain) {
            let help = "write it like \"https://live.example.com\", without a path";
            bad_text(value, text, "FILE_ADDRESS", help, cx);
            return None;
        }
        Some(Some(text.to_owned()))
    }
    fn schema(&self, _: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^https?://[A-Za-z0-9.:\\[\\]-]+/?$", "maxLength": 200 })
    }
}

impl Read for bool {
    fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self> {
        if let DeValue::Boolean(said) = value.get_ref() {
            return Some(*said);
        }
        cx.wrong_type(value, "true or false");
        None
    }
    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "boolean" })
    }
}

impl<T: Read> Read for Option<T> {
    fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self> {
        T::read(value, cx).map(Some)
    }
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        T::schema(generator)
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self> {
        let DeValue::Array(items) = value.get_ref() else {
            cx.wrong_type(value, "a list");
            return None;
        };
        Some(items.iter().filter_map(|item| T::read(item, cx)).collect())
    }
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": T::schema(generator) })
    }
}

impl<T: Read> Read for Box<T> {
    fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self> {
        T::read(value, cx).map(Self::new)
    }
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        T::schema(generator)
    }
}

/// A type that names something in the show.
pub(crate) trait Name: Sized {
    const KIND: Kind;
    fn parse(name: &str) -> Result<Self, vitrine_media::IdError>;
    fn text(&self) -> &str;
}

macro_rules! names {
    ($($ty:ty => $kind:ident,)+) => {$(
        impl Name for $ty {
            const KIND: Kind = Kind::$kind;
            fn parse(name: &str) -> Result<Self, vitrine_media::IdError> {
                Self::new(name)
            }
            fn text(&self) -> &str {
                self.as_str()
            }
        }
        /// Where a name is read as a plain value, it points to something that the file defines elsewhere.
        impl Read for $ty {
            fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self> {
                let name: Self = name_of(value, cx)?;
                cx.wanted.push(Mention { kind: Kind::$kind, name: name.as_str().to_owned(), span: value.span() });
                Some(name)
            }
            fn schema(_: &mut SchemaGenerator) -> Schema {
                name_schema()
            }
        }
    )+};
}

names! {
    CanvasName => Canvas,
    InputId => Input,
    SceneName => Scene,
    OverlayId => Overlay,
    OutputId => Output,
    PluginId => Plugin,
}

fn name_schema() -> Schema {
    json_schema!({ "type": "string", "minLength": 1, "maxLength": 64 })
}

fn name_of<T: Name>(value: Value<'_>, cx: &mut Cx<'_>) -> Option<T> {
    let DeValue::String(text) = value.get_ref() else {
        cx.wrong_type(value, &format!("the name of a {}", T::KIND.noun()));
        return None;
    };
    T::parse(text).map_err(|error| cx.problem(value.span(), "FILE_NAME", error.to_string(), "")).ok()
}

/// A name that is given here: `name = "Two shot"` of a scene.
pub(crate) struct Given;

impl<T: Name> Rule<T> for Given {
    fn read(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<T> {
        let name: T = name_of(value, cx)?;
        cx.given.push(Mention { kind: T::KIND, name: name.text().to_owned(), span: value.span() });
        Some(name)
    }
    fn schema(&self, _: &mut SchemaGenerator) -> Schema {
        name_schema()
    }
}

/// A table of named things, in the order of the file: `[input.host]`, `[input.room]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Named<K, T>(pub Vec<(K, T)>);

impl<K, T> Default for Named<K, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: PartialEq, T> Named<K, T> {
    /// The thing called `name`.
    #[must_use]
    pub fn get(&self, name: &K) -> Option<&T> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, thing)| thing)
    }
}

/// Reads a [`Named`] table whose keys are new names.
pub(crate) struct Giving;
/// Reads a [`Named`] table whose keys are names of things that are defined elsewhere.
pub(crate) struct About;

fn read_named<K: Name, T: Read>(
    value: Value<'_>,
    cx: &mut Cx<'_>,
    mut mention: impl FnMut(&mut Cx<'_>, Mention),
) -> Option<Named<K, T>> {
    let DeValue::Table(table) = value.get_ref() else {
        cx.wrong_type(value, &format!("a table with one entry per {}", K::KIND.noun()));
        return None;
    };
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let mut all = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        match K::parse(key.get_ref()) {
            Ok(name) => {
                mention(cx, Mention { kind: K::KIND, name: name.text().to_owned(), span: key.span() });
                all.extend(T::read(value, cx).map(|thing| (name, thing)));
            }
            Err(error) => cx.problem(key.span(), "FILE_NAME", error.to_string(), ""),
        }
    }
    Some(Named(all))
}

impl<K: Name, T: Read> Rule<Named<K, T>> for Giving {
    fn read(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<Named<K, T>> {
        read_named(value, cx, |cx, name| cx.given.push(name))
    }
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": T::schema(generator) })
    }
}

impl<K: Name, T: Read> Rule<Named<K, T>> for About {
    fn read(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<Named<K, T>> {
        read_named(value, cx, |cx, name| cx.wanted.push(name))
    }
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        Rule::<Named<K, T>>::schema(&Giving, generator)
    }
}

/// Pixels across and down.
pub(crate) struct Sides(pub(crate) u32);

impl Rule<vitrine_media::Size> for Sides {
    fn read(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<vitrine_media::Size> {
        let [width, height] = Rule::<[u32; 2]>::read(&Each(1.0..=f64::from(self.0)), value, cx)?;
        Some(vitrine_media::Size::new(width, height))
    }
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        Rule::<[u32; 2]>::schema(&Each(1.0..=f64::from(self.0)), generator)
    }
}

impl Rule<Option<vitrine_media::Size>> for Sides {
    fn read(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<Option<vitrine_media::Size>> {
        Rule::<vitrine_media::Size>::read(self, value, cx).map(Some)
    }
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        Rule::<vitrine_media::Size>::schema(self, generator)
    }
}

/// A group without keys of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nothing;

impl ReadFields for Nothing {
    fn read_fields(_: &mut Fields<'_>, _: &mut Cx<'_>) -> Option<Self> {
        Some(Self)
    }
    fn shapes(_: &mut SchemaGenerator) -> Vec<super::schema::ObjectSchema> {
        vec![super::schema::ObjectSchema::default()]
    }
}

/// The text of a value, or a problem that says what was expected.
pub(crate) fn text_of<'a>(value: Value<'a>, expected: &str, cx: &mut Cx<'_>) -> Option<&'a str> {
    if let DeValue::String(text) = value.get_ref() {
        return Some(text.as_ref());
    }
    cx.wrong_type(value, expected);
    None
}

/// Says that a text is not what it should be.
pub(crate) fn bad_text(value: &Spanned<DeValue<'_>>, text: &str, code: &'static str, help: &str, cx: &mut Cx<'_>) {
    cx.problem(value.span(), code, format!("can't read \"{}\"", printable(text)), help);
}
