//! Secrets: the file says where one is found, never the secret.

use super::base::LINE;
use super::reader::{Cx, Fields, Read, Rule, Value, read_table};
use schemars::{Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;

/// What to do with a secret that stands in the file.
const MOVE_IT: &str = "put it in an environment variable and write { env = \"NAME\" }, or in a file of its own and \
write { file = \"path\" }; then change the secret, since this file may have been shared";

either! {
    /// Where a secret is found.
    pub enum SecretRef {
        /// The environment variable that holds it.
        "env" => Env(EnvName),
        /// The file that holds it, alone on its first line.
        "file" => File(FilePath),
    }
}

/// The name of an environment variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvName(pub String);

/// A path, relative to the show file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePath(pub String);

impl Read for EnvName {
    fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self> {
        let name: String = LINE.read(value, cx)?;
        let head = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if head && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && name.len() <= 128 {
            return Some(Self(name));
        }
        let what = "this is not the name of an environment variable";
        cx.problem(value.span(), "FILE_SECRET", what, "use letters, digits and _ only: { env = \"STREAM_KEY\" }");
        None
    }
    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" })
    }
}

impl Read for FilePath {
    fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self> {
        LINE.read(value, cx).map(Self)
    }
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        Rule::<String>::schema(&LINE, generator)
    }
}

/// Reads a [`SecretRef`]; a secret in plain sight is refused without repeating it.
pub(crate) struct Secret;

impl Rule<Option<SecretRef>> for Secret {
    fn read(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<Option<SecretRef>> {
        if let DeValue::String(_) = value.get_ref() {
            cx.problem(value.span(), "FILE_SECRET_IN_FILE", "a secret stands in the show file", MOVE_IT);
            return None;
        }
        read_table(value, cx).map(Some)
    }
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<SecretRef>()
    }
}

/// Refuses an address that carries a secret: a password before the host, a passphrase or key behind a `?`.
pub(crate) fn no_secret_in(url: &str, key: &str, instead: &str, fields: &Fields<'_>, cx: &mut Cx<'_>) {
    let after = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = after.split(['/', '?', '#']).next().unwrap_or("");
    let password = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    let query = after.split_once('?').map_or("", |(_, query)| query);
    let named = query.split('&').filter_map(|pair| pair.split_once('=')).any(|(name, value)| {
        let name = name.to_ascii_lowercase();
        !value.is_empty() && ["passphrase", "password", "key", "streamkey", "token", "auth"].contains(&name.as_str())
    });
    if password || named {
        let help = format!("take it out of the address and say it as {instead} = {{ env = \"NAME\" }}");
        cx.problem(fields.span_of(key), "FILE_SECRET_IN_FILE", "a secret stands in this address", help);
    }
}
