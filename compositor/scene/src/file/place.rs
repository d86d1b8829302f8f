//! Where a thing lies on a canvas and how it looks there: the same words for layers and overlays.

use super::base::{Between, Each};
use super::reader::{Cx, Read, Value};
use super::units::Length;
use crate::draw::{Blend, Color, Scaling};
use crate::raster::Fit;
use schemars::{Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;

words! {
    /// A point of a rectangle.
    pub enum Anchor {
        /// The top left corner.
        TopLeft = "top-left",
        /// The middle of the top edge.
        Top = "top",
        /// The top right corner.
        TopRight = "top-right",
        /// The middle of the left edge.
        Left = "left",
        /// The middle.
        #[default]
        Center = "center",
        /// The middle of the right edge.
        Right = "right",
        /// The bottom left corner.
        BottomLeft = "bottom-left",
        /// The middle of the bottom edge.
        Bottom = "bottom",
        /// The bottom right corner.
        BottomRight = "bottom-right",
    }
}

impl Anchor {
    /// How far across and down it lies, 0, ½ or 1 each.
    #[must_use]
    pub const fn at(self) -> (f32, f32) {
        let x = match self {
            Self::TopLeft | Self::Left | Self::BottomLeft => 0.0,
            Self::Top | Self::Center | Self::Bottom => 0.5,
            Self::TopRight | Self::Right | Self::BottomRight => 1.0,
        };
        let y = match self {
            Self::TopLeft | Self::Top | Self::TopRight => 0.0,
            Self::Left | Self::Center | Self::Right => 0.5,
            Self::BottomLeft | Self::Bottom | Self::BottomRight => 1.0,
        };
        (x, y)
    }
}

table! {
    /// Where a layer lies.
    default pub struct Place {
        /// The point of the layer that lies at `x`, `y`, and about which it turns.
        pub anchor: Anchor = Anchor::Center,
        /// Across; the anchor's own side of the canvas if not said.
        pub x: Option<Length> = None,
        /// Down; the anchor's own side of the canvas if not said.
        pub y: Option<Length> = None,
        /// Width. With `h` alone the width follows the picture; with neither the picture's own size counts.
        pub w: Option<Length> = None,
        /// Height.
        pub h: Option<Length> = None,
        /// Multiplies the picture's own size where `w` and `h` are not said, and its aspect inside `bounds`.
        pub scale: Option<[f32; 2]> | (Each(0.001..=1000.0)) = None,
    }
}

words! {
    /// How a picture meets its bounds, as OBS Studio understands it.
    pub enum BoundsKind {
        /// No bounds.
        #[default]
        None = "none",
        /// Exactly the bounds.
        Stretch = "stretch",
        /// As large as fits inside.
        ScaleInner = "scale_inner",
        /// As small as covers them.
        ScaleOuter = "scale_outer",
        /// Their width.
        ScaleToWidth = "scale_to_width",
        /// Their height.
        ScaleToHeight = "scale_to_height",
        /// Its own size, unless that is larger: then as `scale_inner`.
        MaxOnly = "max_only",
    }
}

table! {
    /// A bounding box. The box lies by `place`'s anchor, the picture in it by `align`. Replaces `w`, `h` and `fit`.
    pub struct Bounds {
        /// The rule.
        pub kind as "type": BoundsKind,
        /// Where the picture lies in the box.
        pub align: Anchor = Anchor::Center,
        /// Width and height of the box.
        pub size: [Length; 2],
        /// Cuts what stands over the box.
        pub crop: bool = false,
    }
}

impl Read for [Length; 2] {
    fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self> {
        let DeValue::Array(items) = value.get_ref() else {
            cx.wrong_type(value, "a list of two lengths");
            return None;
        };
        if items.len() != 2 {
            cx.problem(
                value.span(),
                "FILE_LENGTH",
                format!("expected 2 lengths, found {}", items.len()),
                "write [width, height]",
            );
            return None;
        }
        let read: Vec<Length> = items.iter().filter_map(|item| Length::read(item, cx)).collect();
        read.try_into().ok()
    }
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": Length::schema(generator), "minItems": 2, "maxItems": 2 })
    }
}

table! {
    /// What is cut off a picture before it is laid. Pixels of the picture, or per cent of it.
    default pub struct Crop {
        /// Off its left.
        pub left: Length = Length::Px(0.0),
        /// Off its top.
        pub top: Length = Length::Px(0.0),
        /// Off its right.
        pub right: Length = Length::Px(0.0),
        /// Off its bottom.
        pub bottom: Length = Length::Px(0.0),
    }
}

table! {
    /// A line inside an edge, or around letters.
    pub struct Border {
        /// Thickness in pixels, 0 to 200.
        pub width: f32 | (Between(0.0..=200.0)) = 4.0,
        /// Its colour.
        pub color: Color = Color { r: 255, g: 255, b: 255, a: 255 },
    }
}

table! {
    /// A soft shadow.
    pub struct Shadow {
        /// Softness in pixels, as CSS means it, 0 to 200.
        pub blur: f32 | (Between(0.0..=200.0)) = 18.0,
        /// Moved right, in pixels.
        pub x: f32 | (Between(-500.0..=500.0)) = 0.0,
        /// Moved down, in pixels.
        pub y: f32 | (Between(-500.0..=500.0)) = 6.0,
        /// Its colour; alpha is its strength.
        pub color: Color = Color { r: 0, g: 0, b: 0, a: 0x88 },
    }
}

words!(@read Fit { Cover = "cover", Contain = "contain", Stretch = "stretch", });
words!(@read Blend {
    Normal = "normal",
    Add = "add",
    Multiply = "multiply",
    Screen = "screen",
    Subtract = "subtract",
    Lighten = "lighten",
    Darken = "darken",
});
words!(@read Scaling { Bilinear = "bilinear", Lanczos = "lanczos", });

table! {
    /// How a thing lies and looks. What is not said has the plain value, or, on another canvas, is derived.
    default pub struct Look {
        /// Where it lies; the whole canvas if not said.
        pub place: Option<Place> = None,
        /// A bounding box as OBS Studio has it.
        pub bounds: Option<Bounds> = None,
        /// How it fills a place that has both sides: cover, contain, stretch. Cover if not said.
        pub fit: Option<Fit> = None,
        /// What is cut off it.
        pub crop: Option<Crop> = None,
        /// Turn about its anchor, clockwise, in degrees.
        pub rotation: Option<f32> | (Between(-3600.0..=3600.0)) = None,
        /// Mirrored left to right.
        pub flip_h: Option<bool> = None,
        /// Mirrored top to bottom.
        pub flip_v: Option<bool> = None,
        /// 0 unseen, 1 full.
        pub opacity: Option<f32> | (Between(0.0..=1.0)) = None,
        /// Radius of its corners in pixels, 0 to 2000.
        pub corner_radius: Option<f32> | (Between(0.0..=2000.0)) = None,
        /// A line inside its edge.
        pub border: Option<Border> = None,
        /// A soft shadow under it.
        pub shadow: Option<Shadow> = None,
        /// How it meets what lies under it.
        pub blend: Option<Blend> = None,
        /// How it is scaled: bilinear, lanczos.
        pub scaling: Option<Scaling> = None,
    }
}

impl Look {
    /// This look where it says something, else `base`.
    #[must_use]
    pub fn over(&self, base: &Self) -> Self {
        Self {
            place: self.place.clone().or_else(|| base.place.clone()),
            bounds: if self.place.is_some() {
                self.bounds.clone()
            } else {
                self.bounds.clone().or(base.bounds.clone())
            },
            fit: self.fit.or(base.fit),
            crop: self.crop.clone().or_else(|| base.crop.clone()),
            rotation: self.rotation.or(base.rotation),
            flip_h: self.flip_h.or(base.flip_h),
            flip_v: self.flip_v.or(base.flip_v),
            opacity: self.opacity.or(base.opacity),
            corner_radius: self.corner_radius.or(base.corner_radius),
            border: self.border.clone().or_else(|| base.border.clone()),
            shadow: self.shadow.clone().or_else(|| base.shadow.clone()),
            blend: self.blend.or(base.blend),
            scaling: self.scaling.or(base.scaling),
        }
    }
}
