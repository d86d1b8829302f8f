//! What is done to an input's pictures before any scene sees them: the key and the colour correction.

use crate::draw::{Color, Rect};
use std::sync::Arc;

/// Key and colour correction of one input. The key sees the camera's own colours; the correction follows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grade {
    /// The chroma key, if the input has one.
    pub key: Option<Key>,
    /// The correction, if the input has one.
    pub color: Option<Correction>,
}

/// Where the keyer gets the screen's colour from.
#[derive(Clone, Debug, PartialEq)]
pub enum Screen {
    /// Found in the picture itself, with its unevenness.
    Auto,
    /// Picked by a person.
    Color(Color),
    /// A picture of the empty set, as straight RGBA rows without padding, in the input's own size or any other.
    CleanPlate(Arc<Plate>),
}

/// A picture that belongs to a setting: a clean plate.
#[derive(Debug, PartialEq, Eq)]
pub struct Plate {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// `width × height × 4` bytes, R G B A, straight.
    pub rgba: Vec<u8>,
}

/// How much work the keyer does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyGrade {
    /// In the chroma plane; the cheapest.
    Fast,
    /// Linear light, screen surface, screen subtraction, chroma upsampled along luma.
    #[default]
    Fine,
}

/// What the keyed input shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyView {
    /// The keyed picture.
    #[default]
    Result,
    /// The matte: white kept, black removed, opaque.
    Matte,
    /// The camera's picture, unkeyed.
    Source,
}

/// A chroma key. Numbers are 0 to 1 unless said otherwise; each default suits a fairly lit screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The screen's colour.
    pub screen: Screen,
    /// How far from the screen's colour is still screen.
    pub tolerance: f32,
    /// Width of the soft step from screen to subject.
    pub softness: f32,
    /// How much of the screen's light is taken off the subject.
    pub spill: f32,
    /// Pixels taken off the subject's edge; negative adds. −10 to 10.
    pub shrink_px: f32,
    /// Blur of the matte's edge, in pixels. 0 to 20.
    pub feather_px: f32,
    /// Outside this everything is removed. In fractions of the input's picture.
    pub garbage: Option<Rect>,
    /// Inside this everything is kept. In fractions of the input's picture.
    pub core: Option<Rect>,
    /// What is shown.
    pub view: KeyView,
    /// How much work is done.
    pub grade: KeyGrade,
}

impl Default for Key {
    fn default() -> Self {
        Self {
            screen: Screen::Auto,
            tolerance: 0.35,
            softness: 0.12,
            spill: 0.8,
            shrink_px: 0.0,
            feather_px: 0.0,
            garbage: None,
            core: None,
            view: KeyView::Result,
            grade: KeyGrade::Fine,
        }
    }
}

/// Colour correction, applied in this order: temperature, gain and lift, gamma, saturation and hue, LUT.
/// On R'G'B', sRGB/BT.709-encoded, 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Correction {
    /// Multiplies each of R, G, B. 1 changes nothing.
    pub gain: [f32; 3],
    /// Added to the darks of each of R, G, B: `out = in·(1−lift) + lift`. 0 changes nothing.
    pub lift: [f32; 3],
    /// Exponent `1/gamma` for each of R, G, B. 1 changes nothing.
    pub gamma: [f32; 3],
    /// 0 grey, 1 unchanged, 2 twice.
    pub saturation: f32,
    /// Turn of the hue in degrees.
    pub hue_deg: f32,
    /// −1 (colder) to 1 (warmer): red times 1 + 0.3·t, blue times 1 − 0.3·t. 0 changes nothing.
    pub temperature: f32,
    /// A three-dimensional look-up table, if one is set.
    pub lut: Option<Arc<Lut3>>,
}

impl Default for Correction {
    fn default() -> Self {
        Self {
            gain: [1.0; 3],
            lift: [0.0; 3],
            gamma: [1.0; 3],
            saturation: 1.0,
            hue_deg: 0.0,
            temperature: 0.0,
            lut: None,
        }
    }
}

/// A 3-D LUT as a `.cube` file holds it (Adobe Cube LUT 1.0): red fastest. Sampled trilinearly.
#[derive(Debug, PartialEq)]
pub struct Lut3 {
    /// Points along each side, 2 to 65.
    pub points: usize,
    /// Input value that lies at the first point, per channel.
    pub domain_min: [f32; 3],
    /// Input value that lies at the last point, per channel.
    pub domain_max: [f32; 3],
    /// `points³` colours.
    pub table: Vec<[f32; 3]>,
}
