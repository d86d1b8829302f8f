//! `/api/openapi.json`: made from the route table and the types' own schemas, so it can't drift from either.

use crate::config::Role;
use crate::routes::{ROUTES, Route};
use crate::session::{Login, Who};
use crate::shop::api::{HoldAsked, LineAsked, PayAsked};
use crate::shop::test_pay::TestPay;
use axum::Json;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use vitrine_show::ports::desk::{Command, Meters, Snapshot};

/// The shop's command under a name of its own: the desk has a `Command` too.
#[derive(JsonSchema)]
#[serde(transparent)]
#[allow(dead_code, reason = "only its schema is used")]
struct ShopCommand(vitrine_commerce::Command);

static DOCUMENT: LazyLock<Value> = LazyLock::new(make);

/// `GET /api/openapi.json`
pub(crate) async fn document() -> Json<&'static Value> {
    Json(&DOCUMENT)
}

fn make() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let path = paths.entry(route.path.replace("{*", "{")).or_insert_with(|| json!({}));
        if let Some(methods) = path.as_object_mut() {
            methods.insert(route.method.to_owned(), operation(route));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Vitrine",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Runs a show. Callers on loopback need no token; others send one as a bearer token, or \
                log in at /api/session and use the cookie. Changes must come from this server's own pages or from no \
                page at all.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    })
}

fn operation(route: &Route) -> Value {
    let names = route.path.split('/').filter_map(|p| p.strip_prefix('{')?.strip_suffix('}'));
    let parameters: Vec<_> = names
        .map(|name| {
            json!({ "name": name.trim_start_matches('*'), "in": "path", "required": true,
            "schema": { "type": "string" } })
        })
        .collect();
    let mut operation = json!({
        "summary": route.what,
        "parameters": parameters,
        "responses": {
            "default": { "description": "Done, or refused with a code.", "content": content(route.answer) },
        },
        "x-role": route.role,
    });
    if let (Some(body), Some(fields)) = (route.body, operation.as_object_mut()) {
        fields.insert("requestBody".to_owned(), json!({ "required": true, "content": content(Some(body)) }));
    }
    if let (true, Some(fields)) = (route.role > Role::Public, operation.as_object_mut()) {
        fields.insert("security".to_owned(), json!([{ "token": [] }]));
    }
    operation
}

fn content(schema: Option<&str>) -> Value {
    schema.map_or_else(
        || json!({}),
        |name| json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/{name}") } } }),
    )
}

fn schemas() -> Map<String, Value> {
    let settings = SchemaSettings::draft2020_12().with(|s| s.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    generator.subschema_for::<Command>();
    generator.subschema_for::<Snapshot>();
    generator.subschema_for::<Meters>();
    generator.subschema_for::<Login>();
    generator.subschema_for::<Who>();
    generator.subschema_for::<HoldAsked>();
    generator.subschema_for::<PayAsked>();
    generator.subschema_for::<LineAsked>();
    generator.subschema_for::<TestPay>();
    generator.subschema_for::<ShopCommand>();
    generator.take_definitions(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
        match value {
            Value::Object(map) => {
                into.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|v| references(v, into));
            }
            Value::Array(list) => list.iter().for_each(|v| references(v, into)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = make();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 10);
        for reference in found {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
    }
}
