//! Reads words of a closed set, with the nearest spelling when one is wrong.

use super::nearest::nearest;
use super::reader::{Cx, Fields, Rule, Value, printable};
use schemars::{Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;

/// One of these words.
pub(crate) struct OneOf(pub(crate) &'static [&'static str]);

impl Rule<&'static str> for OneOf {
    fn read(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<&'static str> {
        let DeValue::String(text) = value.get_ref() else {
            cx.wrong_type(value, &format!("one of \"{}\"", self.0.join("\", \"")));
            return None;
        };
        let found = self.0.iter().copied().find(|word| *word == text.as_ref());
        if found.is_none() {
            let help = match nearest(text, self.0.iter().copied()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("use one of \"{}\"", self.0.join("\", \"")),
            };
            cx.problem(value.span(), "FILE_UNKNOWN_WORD", format!("unknown word \"{}\"", printable(text)), help);
        }
        found
    }
    fn schema(&self, _: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": self.0 })
    }
}

/// The one key of `keys` that the table says; none or two are a problem.
pub(crate) fn one_key(fields: &mut Fields<'_>, keys: &[&'static str], cx: &mut Cx<'_>) -> Option<&'static str> {
    let said: Vec<&'static str> = keys.iter().copied().filter(|key| fields.has(key)).collect();
    match said.as_slice() {
        [] => {
            let what = format!("one of \"{}\" is missing here", keys.join("\", \""));
            cx.problem(fields.span(), "FILE_MISSING_KEY", what, "say what this shows");
            None
        }
        [one] => Some(one),
        [first, second, ..] => {
            let what = format!("\"{first}\" and \"{second}\" can't stand together");
            cx.problem(fields.span_of_key(second), "FILE_TWO_KEYS", what, "keep one of them");
            None
        }
    }
}
