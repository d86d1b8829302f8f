//! `[input.x.key]` and `[input.x.color]`: key and colour correction, as the file says them.

use super::base::{Between, Each, LINE, bad_text, text_of};
use super::reader::{Cx, Fields, Read, Value};
use super::units::parse_color;
use crate::draw::{Color, Rect};
use crate::grade::{KeyGrade, KeyView};
use schemars::{Schema, SchemaGenerator, json_schema};

/// Where the screen's colour comes from, if not from a clean plate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScreenColor {
    /// Found in the picture.
    #[default]
    Auto,
    /// Picked by a person.
    Picked(Color),
}

impl Read for ScreenColor {
    fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self> {
        let text = text_of(value, "\"auto\" or a colour", cx)?;
        if text == "auto" {
            return Some(Self::Auto);
        }
        let color = parse_color(text);
        if color.is_none() {
            bad_text(value, text, "FILE_COLOR", "write \"auto\", or the screen's colour as \"#4ba05a\"", cx);
        }
        color.map(Self::Picked)
    }
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "const": "auto" }, Color::schema(generator)] })
    }
}

words!(@read KeyGrade { Fast = "fast", Fine = "fine", });
words!(@read KeyView { Result = "result", Matte = "matte", Source = "source", });

table! {
    /// A chroma key. It belongs to the input: every scene sees the same person.
    default pub struct Key {
        /// `"auto"` samples the set; or the screen's colour.
        pub screen: ScreenColor = ScreenColor::Auto,
        /// A picture of the empty set, instead of `screen`.
        pub clean_plate: Option<String> | (LINE) = None,
        /// How far from the screen's colour is still screen, 0 to 1.
        pub tolerance: f32 | (Between(0.0..=1.0)) = 0.35,
        /// Width of the soft step from screen to subject, 0 to 1.
        pub softness: f32 | (Between(0.0..=1.0)) = 0.12,
        /// How much of the screen's light is taken off the subject, 0 to 1.
        pub spill: f32 | (Between(0.0..=1.0)) = 0.8,
        /// Pixels taken off the subject's edge; negative adds. −10 to 10.
        pub shrink_px: f32 | (Between(-10.0..=10.0)) = 0.0,
        /// Blur of the matte's edge in pixels, 0 to 20.
        pub feather_px: f32 | (Between(0.0..=20.0)) = 0.0,
        /// Everything outside is removed. `[x, y, w, h]` in fractions of the picture.
        pub garbage: Option<[f32; 4]> | (Each(0.0..=1.0)) = None,
        /// Everything inside is kept. `[x, y, w, h]` in fractions of the picture.
        pub core: Option<[f32; 4]> | (Each(0.0..=1.0)) = None,
        /// What is shown: the keyed picture, the matte, or the camera's own.
        pub view: KeyView = KeyView::Result,
        /// How much work is done: `"fast"` in the chroma plane, `"fine"` in linear light.
        pub grade: KeyGrade = KeyGrade::Fine,
    }
    check Key::check
}

impl Key {
    fn check(&self, fields: &mut Fields<'_>, cx: &mut Cx<'_>) {
        if self.clean_plate.is_some() && fields.has("screen") {
            let what = "\"screen\" and \"clean_plate\" can't stand together";
            cx.problem(fields.span_of_key("clean_plate"), "FILE_TWO_KEYS", what, "keep one of them");
        }
        for key in ["garbage", "core"] {
            let rect = if key == "core" { self.core } else { self.garbage };
            if rect.is_some_and(|[x, y, w, h]| x + w > 1.0001 || y + h > 1.0001) {
                let help = "x + w and y + h may reach 1 at most";
                cx.problem(fields.span_of(key), "FILE_RANGE", "this rectangle leaves the picture", help);
            }
        }
    }
}

/// A rectangle from its four numbers.
pub(crate) const fn rect([x, y, w, h]: [f32; 4]) -> Rect {
    Rect { x, y, w, h }
}

table! {
    /// Colour correction, applied in this order: temperature, gain and lift, gamma, saturation and hue, LUT.
    default pub struct ColorSettings {
        /// Multiplies red, green, blue, 0 to 4 each.
        pub gain: [f32; 3] | (Each(0.0..=4.0)) = [1.0; 3],
        /// Lifts the darks of red, green, blue, −1 to 1 each.
        pub lift: [f32; 3] | (Each(-1.0..=1.0)) = [0.0; 3],
        /// Gamma of red, green, blue, 0.1 to 10 each.
        pub gamma: [f32; 3] | (Each(0.1..=10.0)) = [1.0; 3],
        /// 0 grey, 1 unchanged, up to 4.
        pub saturation: f32 | (Between(0.0..=4.0)) = 1.0,
        /// Turn of the hue in degrees.
        pub hue_deg: f32 | (Between(-180.0..=180.0)) = 0.0,
        /// −1 colder to 1 warmer.
        pub temperature: f32 | (Between(-1.0..=1.0)) = 0.0,
        /// A `.cube` file.
        pub lut: Option<String> | (LINE) = None,
    }
}
