//! What can be asked of the show, and the rules that a command must keep before it may enter the queue.

use super::Refusal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use vitrine_media::{InputId, OutputId, OverlayId, SceneName};

/// Loudest and quietest fader positions in decibels; below the lowest there is mute.
pub(super) const GAIN_DB: RangeInclusive<f32> = -60.0..=20.0;
/// Longest delay of a strip in milliseconds: a late camera chain is 300 ms, a network one below 2 s.
pub(super) const DELAY_MS_MAX: u32 = 2_000;
/// Longest transition in milliseconds: beyond it a hand on the T-bar does better.
pub(super) const TRANSITION_MS_MAX: u32 = 10_000;
/// Longest label of a marker, in characters: it has to fit a chapter list.
pub(super) const MARKER_CHARS_MAX: usize = 120;

/// One wish of a producer. As JSON: `{"command":"auto"}`, `{"command":"overlay","overlay":"price card","on":true}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Puts a scene on preview. Refused as `UNKNOWN_SCENE`.
    Preview {
        /// The scene.
        #[schemars(with = "String")]
        scene: SceneName,
    },
    /// Preview goes on air at once, what was on air goes to preview. Ends a transition that is under way.
    Cut,
    /// Preview goes on air by the chosen transition. During a transition it is refused as `TRANSITION_RUNNING`.
    Auto,
    /// A scene goes straight on air by the chosen transition; preview stays as it is.
    Take {
        /// The scene.
        #[schemars(with = "String")]
        scene: SceneName,
        /// True: at once, whatever transition is chosen.
        #[serde(default)]
        cut: bool,
    },
    /// The T-bar by hand: 0 is the start of the transition, 1 its end. Back to 0 leaves all as it was; at 1 preview
    /// and program have swapped and the next travel starts at 0 again. Rule: a finite number from 0 to 1.
    Tbar {
        /// Travel, 0 to 1.
        position: f32,
    },
    /// Chooses the transition of the next `auto`, `take` and `tbar`; `null` is each scene's own.
    Transition {
        /// The transition; rules at [`TransitionChoice`].
        transition: Option<TransitionChoice>,
    },
    /// An overlay above every scene goes on or off, with its own motion.
    Overlay {
        /// The overlay.
        #[schemars(with = "String")]
        overlay: OverlayId,
        /// On or off.
        on: bool,
    },
    /// Fades program to black (picture and sound), or back.
    FadeToBlack {
        /// True: to black.
        on: bool,
    },
    /// The technical fault slate above everything, at once; sound stays as it is.
    Slate {
        /// On or off.
        on: bool,
    },
    /// Lets scenes follow each other by themselves as the show file says, or holds the one on program. Either way the
    /// scene on program gets its whole time again.
    Rundown {
        /// True: they follow; false: held.
        on: bool,
    },
    /// Changes what is given of one audio strip.
    Strip {
        /// The strip: the input's name.
        #[schemars(with = "String")]
        strip: InputId,
        /// The changes; rules at [`StripChange`].
        change: StripChange,
    },
    /// Tears an input down and opens it again.
    InputRestart {
        /// The input.
        #[schemars(with = "String")]
        input: InputId,
    },
    /// Moves a file input to a position. Refused as `NOT_SEEKABLE` for live inputs.
    InputSeek {
        /// The input.
        #[schemars(with = "String")]
        input: InputId,
        /// Milliseconds from the file's start.
        position_ms: u64,
    },
    /// Holds a file input at its picture, or lets it go on.
    InputPause {
        /// The input.
        #[schemars(with = "String")]
        input: InputId,
        /// True: hold.
        paused: bool,
    },
    /// Whether a file input starts again at its end.
    InputLoop {
        /// The input.
        #[schemars(with = "String")]
        input: InputId,
        /// True: it starts again.
        looped: bool,
    },
    /// Starts an output that stands still. One that runs is left alone.
    OutputStart {
        /// The output.
        #[schemars(with = "String")]
        output: OutputId,
    },
    /// Stops an output for good; a file is finished so that it plays.
    OutputStop {
        /// The output.
        #[schemars(with = "String")]
        output: OutputId,
    },
    /// Sets a marker in every recording and in the log. Rule: 1 to 120 characters, no control character.
    Marker {
        /// What the marker says.
        label: String,
    },
    /// Takes a plugin's proposal off the desk: the seller has accepted or declined it. One that is gone is left alone.
    Dismiss {
        /// Its number in the snapshot.
        proposal: u64,
    },
    /// Reads the show file again; a file with an error is refused whole and its problems stand in the snapshot.
    ReloadShow,
}

/// A transition with its length. Rules: 0 to 10 000 ms; softness 0 to 1; colours `#rgb`, `#rrggbb`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TransitionChoice {
    /// How one scene becomes the other.
    #[serde(flatten)]
    pub kind: TransitionKind,
    /// Length in milliseconds; `cut` pays no heed to it.
    #[serde(default)]
    pub ms: u32,
}

/// How one scene becomes the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TransitionKind {
    /// At once.
    Cut,
    /// One dissolves into the other.
    Fade,
    /// Through a plain colour.
    Dip {
        /// `#rgb` or `#rrggbb`.
        color: String,
    },
    /// An edge travels over the picture.
    Wipe {
        /// Where the edge travels to.
        toward: Direction,
        /// Width of the soft edge, as a part of the travel.
        #[serde(default)]
        softness: f32,
    },
    /// The new scene slides over the old one.
    Slide {
        /// Where it moves to.
        toward: Direction,
    },
    /// The new scene pushes the old one out.
    Push {
        /// Where both move to.
        toward: Direction,
    },
    /// The clip that the scene names plays above, and the scenes change at its cut point.
    Stinger,
}

/// Eight ways to travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it all")]
pub enum Direction {
    Left,
    Right,
    Up,
    Down,
    UpLeft,
    UpRight,
    DownLeft,
    DownRight,
}

/// Changes to one audio strip; what is not given stays. Rules: at least one change; gain −60 to 20 dB; pan −1 to 1;
/// delay 0 to 2000 ms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StripChange {
    /// Fader in decibels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gain_db: Option<f32>,
    /// No sound at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub muted: Option<bool>,
    /// −1 is left, 0 the middle, 1 right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pan: Option<f32>,
    /// Later by so many milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u32>,
    /// Sounds only while its input is on air.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow_video: Option<bool>,
    /// Only soloed strips are heard in the monitor bus; program is untouched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub solo: Option<bool>,
}

impl Command {
    /// Checks the rules that need no knowledge of the show. The desk does it before looking up names.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`], [`Refusal::BadText`] or [`Refusal::Nothing`].
    pub fn check(&self) -> Result<(), Refusal> {
        match self {
            Self::Tbar { position } => within("position", *position, 0.0..=1.0),
            Self::Transition { transition: Some(choice) } => choice.check(),
            Self::Strip { change, .. } => change.check(),
            Self::Marker { label } => marker(label),
            _ => Ok(()),
        }
    }
}

impl TransitionChoice {
    fn check(&self) -> Result<(), Refusal> {
        within("ms", self.ms, 0..=TRANSITION_MS_MAX)?;
        match &self.kind {
            TransitionKind::Dip { color } if !is_color(color) => {
                Err(Refusal::BadText { what: "color", rule: "write it as #rgb or #rrggbb" })
            }
            TransitionKind::Wipe { softness, .. } => within("softness", *softness, 0.0..=1.0),
            _ => Ok(()),
        }
    }
}

impl StripChange {
    fn check(&self) -> Result<(), Refusal> {
        if *self == Self::default() {
            return Err(Refusal::Nothing);
        }
        self.gain_db.map_or(Ok(()), |gain| within("gain_db", gain, GAIN_DB))?;
        self.pan.map_or(Ok(()), |pan| within("pan", pan, -1.0..=1.0))?;
        self.delay_ms.map_or(Ok(()), |delay| within("delay_ms", delay, 0..=DELAY_MS_MAX))
    }
}

fn within<T>(what: &'static str, got: T, range: RangeInclusive<T>) -> Result<(), Refusal>
where
    T: PartialOrd + std::fmt::Display,
{
    if range.contains(&got) {
        return Ok(());
    }
    Err(Refusal::OutOfRange {
        what,
        min: range.start().to_string(),
        max: range.end().to_string(),
        got: got.to_string(),
    })
}

fn marker(label: &str) -> Result<(), Refusal> {
    let chars = label.chars().count();
    if (1..=MARKER_CHARS_MAX).contains(&chars) && !label.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Refusal::BadText { what: "label", rule: "use 1 to 120 characters on one line" })
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|hex| matches!(hex.len(), 3 | 6) && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Command, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn commands_read_as_a_browser_writes_them() {
        let strip = parse(r#"{"command":"strip","strip":"host","change":{"gain_db":-6.0,"muted":true}}"#).unwrap();
        let change = StripChange { gain_db: Some(-6.0), muted: Some(true), ..StripChange::default() };
        assert_eq!(strip, Command::Strip { strip: InputId::new("host").unwrap(), change });
        let wipe =
            parse(r#"{"command":"transition","transition":{"kind":"wipe","toward":"up-left","ms":400}}"#).unwrap();
        let kind = TransitionKind::Wipe { toward: Direction::UpLeft, softness: 0.0 };
        assert_eq!(wipe, Command::Transition { transition: Some(TransitionChoice { kind, ms: 400 }) });
        assert_eq!(parse(r#"{"command":"cut"}"#).unwrap(), Command::Cut);
    }

    #[test]
    fn unknown_keys_and_bad_names_are_refused() {
        assert!(parse(r#"{"command":"explode"}"#).is_err());
        assert!(parse(r#"{"command":"tbar","position":0.5,"sudo":true}"#).is_err());
        assert!(parse(r#"{"command":"preview","scene":""}"#).is_err());
    }

    #[test]
    fn numbers_outside_their_range_are_refused_with_the_range() {
        let cases = [
            (r#"{"command":"tbar","position":1.01}"#, "position"),
            (r#"{"command":"tbar","position":-0.1}"#, "position"),
            (r#"{"command":"strip","strip":"a","change":{"gain_db":20.1}}"#, "gain_db"),
            (r#"{"command":"strip","strip":"a","change":{"pan":-1.5}}"#, "pan"),
            (r#"{"command":"strip","strip":"a","change":{"delay_ms":2001}}"#, "delay_ms"),
            (r#"{"command":"transition","transition":{"kind":"fade","ms":10001}}"#, "ms"),
        ];
        for (json, name) in cases {
            match parse(json).unwrap().check() {
                Err(Refusal::OutOfRange { what, .. }) => assert_eq!(what, name),
                other => panic!("{json}: {other:?}"),
            }
        }
        let nan = Command::Tbar { position: f32::NAN };
        assert_eq!(nan.check().unwrap_err().code(), "OUT_OF_RANGE");
    }

    #[test]
    fn texts_are_checked() {
        assert_eq!(parse(r#"{"command":"marker","label":"a\nb"}"#).unwrap().check().unwrap_err().code(), "BAD_TEXT");
        let dip = r#"{"command":"transition","transition":{"kind":"dip","color":"red","ms":1}}"#;
        assert_eq!(parse(dip).unwrap().check().unwrap_err().code(), "BAD_TEXT");
        assert_eq!(parse(r#"{"command":"strip","strip":"a","change":{}}"#).unwrap().check(), Err(Refusal::Nothing));
    }
}
