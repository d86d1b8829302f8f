//! `[plugin.NAME]`: settings, kept as they are; the plugin's own schema judges them.

use super::base::number;
use super::reader::{Cx, Read, Value};
use crate::limits::DEPTH_MAX;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Number, Value as Json};
use toml::de::DeValue;

/// Settings of a plugin, as a JSON object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings(pub Map<String, Json>);

impl Read for Settings {
    fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self> {
        if !matches!(value.get_ref(), DeValue::Table(_)) {
            cx.wrong_type(value, "a table of settings");
            return None;
        }
        match json(value, DEPTH_MAX, cx)? {
            Json::Object(map) => Some(Self(map)),
            _ => None,
        }
    }
    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object" })
    }
}

fn json(value: Value<'_>, depth: usize, cx: &mut Cx<'_>) -> Option<Json> {
    let Some(depth) = depth.checked_sub(1) else {
        let help = format!("nest at most {DEPTH_MAX} tables or lists");
        cx.problem(value.span(), "FILE_DEPTH", "these settings are nested too deep", help);
        return None;
    };
    match value.get_ref() {
        DeValue::String(text) => Some(Json::from(text.as_ref())),
        DeValue::Boolean(said) => Some(Json::from(*said)),
        DeValue::Integer(whole) => match i64::from_str_radix(whole.as_str(), whole.radix()) {
            Ok(n) => Some(Json::from(n)),
            Err(_) => {
                cx.problem(value.span(), "FILE_RANGE", "this number is too large", "use at most 9223372036854775807");
                None
            }
        },
        DeValue::Float(_) => {
            let n = number(value).and_then(Number::from_f64);
            if n.is_none() {
                cx.problem(value.span(), "FILE_RANGE", "settings can't hold nan or inf", "use a finite number");
            }
            n.map(Json::Number)
        }
        DeValue::Datetime(when) => Some(Json::from(when.to_string())),
        DeValue::Array(items) => Some(Json::Array(items.iter().filter_map(|item| json(item, depth, cx)).collect())),
        DeValue::Table(table) => {
            let entries = table
                .iter()
                .filter_map(|(key, item)| json(item, depth, cx).map(|item| (key.get_ref().as_ref().to_owned(), item)));
            Some(Json::Object(entries.collect()))
        }
    }
}
