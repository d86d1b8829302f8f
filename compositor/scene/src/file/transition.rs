//! `[transition.NAME]`: how one scene gives way to the next.

use super::base::{Between, Name, Nothing, text_of};
use super::reader::{Cx, Fields, Kind, Mention, Read, Value, read_table};
use crate::draw::Color;
use crate::limits::TRANSITION_MS_MAX;
use schemars::{Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;
use vitrine_media::{IdError, InputId, SceneName};

const MS: Between = Between(0.0..=TRANSITION_MS_MAX as f64);

kinds! {
    /// A transition.
    pub enum Transition by "kind" {
        /// At once.
        "cut" => Cut(Nothing),
        /// The next scene fades in over the last.
        "fade" => Fade(Fade),
        /// The last scene fades to a colour, the next fades in from it.
        "fade-color" => FadeColor(FadeColor),
        /// An edge passes over the picture.
        "wipe" => Wipe(Wipe),
        /// The next scene slides over the last.
        "slide" => Slide(Slide),
        /// The next scene pushes the last away.
        "push" => Push(Push),
        /// A clip with alpha covers the change.
        "stinger" => Stinger(Stinger),
    }
}

impl Default for Transition {
    fn default() -> Self {
        Self::Fade(Fade { ms: 400 })
    }
}

impl Transition {
    /// How long it takes by itself, in milliseconds.
    #[must_use]
    pub const fn ms(&self) -> u32 {
        match self {
            Self::Cut(_) => 0,
            Self::Fade(Fade { ms })
            | Self::FadeColor(FadeColor { ms, .. })
            | Self::Wipe(Wipe { ms, .. })
            | Self::Slide(Slide { ms, .. })
            | Self::Push(Push { ms, .. })
            | Self::Stinger(Stinger { ms, .. }) => *ms,
        }
    }
}

table! {
    /// A fade.
    pub struct Fade {
        /// How long, in milliseconds, 0 to 60000.
        pub ms: u32 | (MS) = 400,
    }
}

table! {
    /// A fade through a colour.
    pub struct FadeColor {
        /// How long, in milliseconds.
        pub ms: u32 | (MS) = 800,
        /// Which colour.
        pub color: Color = Color::BLACK,
    }
}

words! {
    /// Which way something travels.
    pub enum Direction {
        /// To the right.
        #[default]
        Right = "right",
        /// To the left.
        Left = "left",
        /// Down.
        Down = "down",
        /// Up.
        Up = "up",
        /// To the lower right.
        DownRight = "down-right",
        /// To the lower left.
        DownLeft = "down-left",
        /// To the upper right.
        UpRight = "up-right",
        /// To the upper left.
        UpLeft = "up-left",
    }
}

table! {
    /// A wipe.
    pub struct Wipe {
        /// How long, in milliseconds.
        pub ms: u32 | (MS) = 600,
        /// Which way its edge travels.
        pub direction: Direction = Direction::Right,
        /// Width of its soft edge as a fraction of the canvas's longer side, 0 to 1.
        pub softness: f32 | (Between(0.0..=1.0)) = 0.02,
    }
}

words! {
    /// A side of the picture.
    pub enum Side {
        /// The left one.
        Left = "left",
        /// The right one.
        #[default]
        Right = "right",
        /// The upper one.
        Top = "top",
        /// The lower one.
        Bottom = "bottom",
    }
}

table! {
    /// A slide.
    pub struct Slide {
        /// How long, in milliseconds.
        pub ms: u32 | (MS) = 500,
        /// Where the next scene comes from.
        pub from: Side = Side::Right,
    }
}

table! {
    /// A push.
    pub struct Push {
        /// How long, in milliseconds.
        pub ms: u32 | (MS) = 500,
        /// Where the next scene comes from.
        pub from: Side = Side::Right,
    }
}

table! {
    /// A stinger.
    pub struct Stinger {
        /// The input that plays the clip: a file with alpha.
        pub input: InputId,
        /// When the scenes change under it, in milliseconds after its start.
        pub cut_ms: u32 | (MS),
        /// How long the clip is, in milliseconds.
        pub ms: u32 | (Between(1.0..=TRANSITION_MS_MAX as f64)),
    }
    check Stinger::check
}

impl Stinger {
    fn check(&self, fields: &Fields<'_>, cx: &mut Cx<'_>) {
        if self.cut_ms > self.ms {
            let help = format!("let cut_ms lie within the clip's {} ms", self.ms);
            cx.problem(fields.span_of("cut_ms"), "FILE_RANGE", "the cut lies behind the end of the stinger", help);
        }
    }
}

/// The name of a transition: `[transition.sting]` is `sting`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransitionName(SceneName);

impl TransitionName {
    /// Takes a name of 1 to 64 characters, none of them a control character.
    ///
    /// # Errors
    /// [`IdError`] says which rule the name breaks.
    pub fn new(name: &str) -> Result<Self, IdError> {
        SceneName::new(name).map(Self)
    }

    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Name for TransitionName {
    const KIND: Kind = Kind::Transition;
    fn parse(name: &str) -> Result<Self, IdError> {
        Self::new(name)
    }
    fn text(&self) -> &str {
        self.as_str()
    }
}

/// A transition where one is used: the name of a shared one, or one of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum TransitionUse {
    /// `transition = "sting"`.
    Named(TransitionName),
    /// `transition = { kind = "fade", ms = 400 }`.
    Own(Transition),
}

impl Read for TransitionUse {
    fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self> {
        if let DeValue::Table(_) = value.get_ref() {
            return read_table(value, cx).map(Self::Own);
        }
        let text = text_of(value, "a transition's name or a table such as { kind = \"fade\", ms = 400 }", cx)?;
        let name =
            TransitionName::new(text).map_err(|e| cx.problem(value.span(), "FILE_NAME", e.to_string(), "")).ok()?;
        cx.wanted.push(Mention { kind: Kind::Transition, name: text.to_owned(), span: value.span() });
        Some(Self::Named(name))
    }
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string" }, Transition::schema(generator)] })
    }
}
