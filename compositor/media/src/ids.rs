//! Names as types: an input can't be handed over where a scene is meant.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use thiserror::Error;

/// Longest name accepted anywhere, in characters: it has to fit a button and a log line.
const NAME_CHARS_MAX: usize = 64;

/// Why a name was refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum IdError {
    /// The name has no characters.
    #[error("a name can't be empty; give it 1 to {NAME_CHARS_MAX} characters")]
    Empty,
    /// The name is too long.
    #[error("a name of {0} characters is too long; use at most {NAME_CHARS_MAX}")]
    TooLong(usize),
    /// The name holds a control character.
    #[error("a name can't hold the control character U+{0:04X}; remove it")]
    Control(u32),
}

fn check(name: &str) -> Result<(), IdError> {
    let chars = name.chars().count();
    if chars == 0 {
        return Err(IdError::Empty);
    }
    if chars > NAME_CHARS_MAX {
        return Err(IdError::TooLong(chars));
    }
    match name.chars().find(|c| c.is_control()) {
        Some(c) => Err(IdError::Control(u32::from(c))),
        None => Ok(()),
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a name of 1 to 64 characters, none of them a control character.
            ///
            /// # Errors
            /// [`IdError`] says which rule the name breaks.
            pub fn new(name: &str) -> Result<Self, IdError> {
                check(name)?;
                Ok(Self(Arc::from(name)))
            }

            /// The name as written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), &self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(name: String) -> Result<Self, IdError> {
                Self::new(&name)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

id!(/** An input: `[input.host]` is `host`. */ InputId);
id!(/** An output: the `name` of an `[[output]]`. */ OutputId);
id!(/** A scene: the `name` of a `[[scene]]`. */ SceneName);
id!(/** A canvas: the `name` of a `[[canvas]]`. */ CanvasName);
id!(/** A downstream overlay: the `name` of an `[[overlay]]`. */ OverlayId);
id!(/** A plugin as the show file names it: `[plugin.polls]` is `polls`. */ PluginId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_refused_with_the_rule() {
        assert_eq!(InputId::new(""), Err(IdError::Empty));
        assert_eq!(InputId::new("a\nb"), Err(IdError::Control(10)));
        assert_eq!(SceneName::new(&"x".repeat(65)), Err(IdError::TooLong(65)));
        assert_eq!(SceneName::new("मुख्य दृश्य").unwrap().as_str(), "मुख्य दृश्य");
    }
}
