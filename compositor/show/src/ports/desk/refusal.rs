//! Why the show did not take a command: stable codes for programs, a sentence with the cure for people.

use thiserror::Error;

/// A command that was not taken. The show is as it was.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Refusal {
    /// No scene of that name.
    #[error("there is no scene “{0}”; the show's scenes are listed in the snapshot")]
    UnknownScene(String),
    /// No overlay of that name.
    #[error("there is no overlay “{0}”; the show's overlays are listed in the snapshot")]
    UnknownOverlay(String),
    /// No input of that name.
    #[error("there is no input “{0}”; the show's inputs are listed in the snapshot")]
    UnknownInput(String),
    /// No output of that name.
    #[error("there is no output “{0}”; the show's outputs are listed in the snapshot")]
    UnknownOutput(String),
    /// The input has no sound.
    #[error("the input “{0}” has no audio strip; give it an `audio` table in the show file")]
    UnknownStrip(String),
    /// A number outside its range.
    #[error("{what} is {got}; give a number from {min} to {max}")]
    OutOfRange {
        /// The field.
        what: &'static str,
        /// Lowest accepted.
        min: String,
        /// Highest accepted.
        max: String,
        /// What came.
        got: String,
    },
    /// A text that breaks its rule.
    #[error("{what} can't be taken: {rule}")]
    BadText {
        /// The field.
        what: &'static str,
        /// What to do.
        rule: &'static str,
    },
    /// A change without a change in it.
    #[error("the command changes nothing; name at least one setting")]
    Nothing,
    /// An automatic transition is under way.
    #[error("a transition is under way; cut ends it at once, or wait for its end")]
    TransitionRunning,
    /// Preview and program show the same scene, or preview is empty.
    #[error("preview holds nothing to take; choose a scene for preview first")]
    NothingOnPreview,
    /// The input has no position to move to.
    #[error("the input “{0}” is live and can't be moved; only files can")]
    NotSeekable(String),
    /// The show file on disk can't be taken.
    #[error("the show file has {0} problem(s) and was not taken; they are listed in the snapshot")]
    ShowFileBad(usize),
    /// Commands come faster than ticks take them.
    #[error("the show's command queue is full; try again in a moment")]
    Busy,
    /// The show is shutting down.
    #[error("the show is ending and takes no more commands")]
    Ending,
}

impl Refusal {
    /// A name for programs that never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownScene(_) => "UNKNOWN_SCENE",
            Self::UnknownOverlay(_) => "UNKNOWN_OVERLAY",
            Self::UnknownInput(_) => "UNKNOWN_INPUT",
            Self::UnknownOutput(_) => "UNKNOWN_OUTPUT",
            Self::UnknownStrip(_) => "UNKNOWN_STRIP",
            Self::OutOfRange { .. } => "OUT_OF_RANGE",
            Self::BadText { .. } => "BAD_TEXT",
            Self::Nothing => "NOTHING_TO_CHANGE",
            Self::TransitionRunning => "TRANSITION_RUNNING",
            Self::NothingOnPreview => "NOTHING_ON_PREVIEW",
            Self::NotSeekable(_) => "NOT_SEEKABLE",
            Self::ShowFileBad(_) => "SHOW_FILE_BAD",
            Self::Busy => "BUSY",
            Self::Ending => "ENDING",
        }
    }
}
