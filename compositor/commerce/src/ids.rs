//! Names as types: a SKU can't be handed over where an order is meant.

use crate::limits::ID_CHARS_MAX;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use thiserror::Error;

/// Why an id was refused.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum IdError {
    /// It has no characters.
    #[error("an id can't be empty; give it 1 to {ID_CHARS_MAX} characters")]
    Empty,
    /// It is too long.
    #[error("an id of {0} characters is too long; use at most {ID_CHARS_MAX}")]
    TooLong(usize),
    /// It holds a control character or begins or ends with a space.
    #[error("an id can't hold control characters or begin or end with a space; remove them")]
    Unprintable,
}

fn check(id: &str) -> Result<(), IdError> {
    if id.is_empty() {
        return Err(IdError::Empty);
    }
    if id.len() > ID_CHARS_MAX {
        let chars = id.chars().count();
        if chars > ID_CHARS_MAX {
            return Err(IdError::TooLong(chars));
        }
    }
    if id.chars().any(char::is_control) || id.trim().len() != id.len() {
        return Err(IdError::Unprintable);
    }
    Ok(())
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes 1 to 64 characters without control characters and without spaces at the ends.
            ///
            /// # Errors
            /// [`IdError`] says which rule is broken.
            pub fn new(id: &str) -> Result<Self, IdError> {
                check(id)?;
                Ok(Self(Arc::from(id)))
            }

            /// The id as written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The id as written, to keep without a copy.
            #[must_use]
            pub fn shared(&self) -> Arc<str> {
                Arc::clone(&self.0)
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

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(id: String) -> Result<Self, IdError> {
                Self::new(&id)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                String::json_schema(generator)
            }
        }
    };
}

id!(/** What the shelf counts: one sellable thing, a variant or a bundle. */ Sku);
id!(/** A shelf: a warehouse, a shop, the studio table. `main` unless the seller says otherwise. */ Location);
id!(/** An order from hold to delivery. Made and kept by the buyer's client before its first try. */ OrderId);
id!(/** A buyer, as the seller's pages know them: a session or an account. */ CustomerId);
id!(/** Where a sale comes from: `own`, or a marketplace such as `tiktok`. */ Channel);
id!(/** A show: offers belong to one. */ ShowId);
id!(/** A flash offer. */ OfferId);
id!(/** A discount code as the buyer types it; compared in upper case. */ CodeId);
id!(/** A poll. */ PollId);
id!(/** A giveaway. */ GiveawayId);

impl Location {
    /// The shelf that is meant when none is named.
    #[must_use]
    pub fn main() -> Self {
        Self(Arc::from("main"))
    }
}

impl Channel {
    /// The seller's own page.
    #[must_use]
    pub fn own() -> Self {
        Self(Arc::from("own"))
    }
}

impl Default for Location {
    fn default() -> Self {
        Self::main()
    }
}

impl Default for Channel {
    fn default() -> Self {
        Self::own()
    }
}

impl CodeId {
    /// The code as it is compared: upper case.
    #[must_use]
    pub fn canonical(&self) -> Self {
        Self(Arc::from(self.0.to_uppercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_ids_are_refused_with_the_rule() {
        assert_eq!(Sku::new(""), Err(IdError::Empty));
        assert_eq!(Sku::new("A\u{0}"), Err(IdError::Unprintable));
        assert_eq!(Sku::new(" A"), Err(IdError::Unprintable));
        assert_eq!(OrderId::new(&"x".repeat(65)), Err(IdError::TooLong(65)));
        assert_eq!(Sku::new("मग-नीला").unwrap().as_str(), "मग-नीला");
        assert!(serde_json::from_str::<Sku>("\"a\\nb\"").is_err());
    }
}
