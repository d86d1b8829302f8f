//! How a text looks: text inputs, text layers, text overlays.

use super::base::{Between, Text};
use super::place::{Border, Shadow};
use super::reader::{Cx, Read, Rule, Value, read_table};
use crate::draw::Color;
use crate::limits::TEXT_CHARS_MAX;
use crate::raster::{Align, VerticalAlign};
use schemars::{Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;

words!(@read Align { Start = "start", Center = "center", End = "end", });
words!(@read VerticalAlign { Top = "top", Middle = "middle", Bottom = "bottom", });

table! {
    /// A text and its looks. Sizes are in pixels of the first canvas and scale to the others.
    pub struct TextStyle {
        /// What is said, in any script.
        pub text: String | (Text(TEXT_CHARS_MAX)),
        /// Family; the theme's if not said.
        pub font: Option<String> | (Text(64)) = None,
        /// Height of the em square in pixels, 8 to 1000.
        pub size: f32 | (Between(8.0..=1000.0)) = 56.0,
        /// Weight, 100 to 900.
        pub weight: u16 | (Between(100.0..=900.0)) = 600,
        /// Slanted.
        pub italic: bool = false,
        /// Its colour.
        pub fill: Color = Color { r: 255, g: 255, b: 255, a: 255 },
        /// Across its box: start, center, end. Follows the anchor of its place if not said.
        pub align: Option<Align> = None,
        /// Down its box: top, middle, bottom.
        pub valign: VerticalAlign = VerticalAlign::Middle,
        /// Lines at most; the last ends in an ellipsis. As many as the box holds if not said.
        pub lines_max: Option<u16> | (Between(1.0..=100.0)) = None,
        /// Line height in per cent of the size, 80 to 300.
        pub line_height_pct: u16 | (Between(80.0..=300.0)) = 120,
        /// Figures of equal width.
        pub tabular: bool = false,
        /// A line around each letter.
        pub outline: Option<Border> = None,
        /// A soft shadow under each letter.
        pub text_shadow: Option<Shadow> = None,
    }
}

impl TextStyle {
    /// A text with the plain look.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            font: None,
            size: 56.0,
            weight: 600,
            italic: false,
            fill: Color { r: 255, g: 255, b: 255, a: 255 },
            align: None,
            valign: VerticalAlign::Middle,
            lines_max: None,
            line_height_pct: 120,
            tabular: false,
            outline: None,
            text_shadow: None,
        }
    }
}

/// A text layer: `text = "Hello"`, or a table with its looks.
#[derive(Clone, Debug, PartialEq)]
pub struct TextLayer(pub TextStyle);

impl Read for TextLayer {
    fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self> {
        if let DeValue::String(_) = value.get_ref() {
            let text: String = Text(TEXT_CHARS_MAX).read(value, cx)?;
            return Some(Self(TextStyle::plain(&text)));
        }
        read_table(value, cx).map(Self)
    }
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "string", "minLength": 1, "maxLength": TEXT_CHARS_MAX },
            TextStyle::schema(generator),
        ] })
    }
}
