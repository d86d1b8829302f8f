//! `[[canvas]]` and `[theme]`: the pictures that are composed, and the show's own colour.

use super::base::{Each, Given, Text};
use super::reader::{Cx, Fields, Read, Value};
use crate::draw::Color;
use crate::limits::CANVAS_SIDE_MAX;
use schemars::{Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;
use vitrine_media::{CanvasName, FrameRate, Size};

/// Pictures per second: a whole number, or a text such as `"30000/1001"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fps(pub FrameRate);

impl Read for Fps {
    fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self> {
        let (num, den) = match value.get_ref() {
            DeValue::Integer(whole) => (whole.as_str().parse::<u32>().unwrap_or(0), 1),
            DeValue::String(text) => {
                let (num, den) = text.split_once('/').unwrap_or((text, "1"));
                (num.trim().parse::<u32>().unwrap_or(0), den.trim().parse::<u32>().unwrap_or(0))
            }
            _ => {
                cx.wrong_type(value, "pictures per second");
                return None;
            }
        };
        let rate = FrameRate::new(num, den).filter(|rate| (1.0..=240.0).contains(&rate.fps()));
        if rate.is_none() {
            let help = "write a rate of 1 to 240 pictures per second: 30, 60, \"30000/1001\"";
            cx.problem(value.span(), "FILE_RATE", "this is no usable rate", help);
        }
        rate.map(Self)
    }
    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "integer", "minimum": 1, "maximum": 240 },
            { "type": "string", "pattern": "^[0-9]+(/[0-9]+)?$" },
        ] })
    }
}

table! {
    /// A picture that the show is composed for: 16:9, 9:16. The first one is what scenes are designed on.
    pub struct Canvas {
        /// Its name.
        pub name: CanvasName | (Given),
        /// Width and height in pixels, both even, 16 to 8192.
        pub size: [u32; 2] | (Each(16.0..=f64::from(CANVAS_SIDE_MAX))),
        /// Pictures per second. 30 if not said.
        pub fps: Fps = Fps(default_rate()),
    }
    check Canvas::check
}

#[allow(clippy::unreachable, reason = "30/1 is a rate")]
fn default_rate() -> FrameRate {
    FrameRate::new(30, 1).unwrap_or_else(|| unreachable!())
}

impl Canvas {
    /// Width and height.
    #[must_use]
    pub const fn pixels(&self) -> Size {
        let [width, height] = self.size;
        Size::new(width, height)
    }

    fn check(&self, fields: &Fields<'_>, cx: &mut Cx<'_>) {
        if self.size.iter().any(|side| side % 2 == 1) {
            let help = "make both sides even: chroma has half the pixels";
            cx.problem(fields.span_of("size"), "FILE_ODD_SIZE", "a canvas side is odd", help);
        }
    }
}

table! {
    /// The one accent of a show; everything else on the picture is neutral.
    default pub struct Theme {
        /// Accent colour of graphics.
        pub accent: Color = Color { r: 0xff, g: 0x5a, b: 0x36, a: 255 },
        /// Family of all type that says no other.
        pub font: String | (Text(64)) = "Inter".to_owned(),
    }
}
