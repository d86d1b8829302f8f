//! The examples are read without a problem, and the schema beside them says what the reader says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

use serde_json::Value;
use std::path::PathBuf;
use vitrine_scene::file;

fn scenes() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../scenes")
}

fn examples() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(scenes())
        .unwrap()
        .map(|entry| entry.unwrap().path().join("show.toml"))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    assert!(found.len() >= 2, "the examples are gone");
    found
}

#[test]
fn every_example_is_accepted() {
    for path in examples() {
        let text = std::fs::read_to_string(&path).unwrap();
        if let Err(problems) = file::parse(&text, &path.display().to_string()) {
            let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("{}", all.join("\n"));
        }
        assert!(text.starts_with("#:schema ../schema.json\n"), "{} does not name its schema", path.display());
    }
}

#[test]
fn the_schema_is_current() {
    let path = scenes().join("schema.json");
    let now = serde_json::to_string_pretty(&file::schema()).unwrap() + "\n";
    if std::env::var_os("VITRINE_BLESS").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let held = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(held == now, "scenes/schema.json is out of date: run this test with VITRINE_BLESS=1");
}

#[test]
fn every_example_fits_the_schema() {
    let schema = file::schema();
    for path in examples() {
        let text = std::fs::read_to_string(&path).unwrap();
        let value: Value = toml::from_str(&text).unwrap();
        let mut misfits = Vec::new();
        fits(&schema, &schema, &value, "$", &mut misfits);
        assert!(misfits.is_empty(), "{}:\n{}", path.display(), misfits.join("\n"));
    }
}

#[test]
fn what_the_reader_refuses_the_schema_refuses_too() {
    let schema = file::schema();
    let text = std::fs::read_to_string(examples().remove(0)).unwrap();
    let good: Value = toml::from_str(&text).unwrap();
    for (pointer, key, bad) in [
        ("", "nmae", Value::from("x")),
        ("/canvas/0", "fps", Value::from(0)),
        ("/scene/0", "layers", Value::from(1)),
        ("/theme", "accent", Value::from(7)),
        ("/output/0", "kind", Value::from("carrier pigeon")),
    ] {
        let mut broken = good.clone();
        let Some(Value::Object(map)) = broken.pointer_mut(pointer) else { panic!("{pointer} is not in the example") };
        map.insert(key.to_owned(), bad);
        let mut misfits = Vec::new();
        fits(&schema, &schema, &broken, "$", &mut misfits);
        assert!(!misfits.is_empty(), "{pointer} {key} passed");
    }
}

/// As much of JSON Schema as ours says.
fn fits(root: &Value, schema: &Value, value: &Value, at: &str, misfits: &mut Vec<String>) {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(reference.trim_start_matches('#')).expect("a reference leads nowhere");
        fits(root, target, value, at, misfits);
    }
    for word in ["anyOf", "oneOf"] {
        let Some(choices) = schema.get(word).and_then(Value::as_array) else { continue };
        let count = choices
            .iter()
            .filter(|choice| {
                let mut inner = Vec::new();
                fits(root, choice, value, at, &mut inner);
                inner.is_empty()
            })
            .count();
        if count == 0 || (word == "oneOf" && count != 1) {
            misfits.push(format!("{at}: {count} of {word} fit {value}"));
        }
    }
    if let Some(wanted) = schema.get("const")
        && wanted != value
    {
        misfits.push(format!("{at}: not {wanted}"));
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array)
        && !words.contains(value)
    {
        misfits.push(format!("{at}: {value} is none of {words:?}"));
    }
    if let Some(kind) = schema.get("type").and_then(Value::as_str) {
        let right = match kind {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "number" => value.is_number(),
            "integer" => value.is_i64() || value.is_u64(),
            "boolean" => value.is_boolean(),
            other => panic!("unknown type {other} in the schema"),
        };
        if !right {
            misfits.push(format!("{at}: {value} is no {kind}"));
        }
    }
    numbers(schema, value, at, misfits);
    members(root, schema, value, at, misfits);
}

fn numbers(schema: &Value, value: &Value, at: &str, misfits: &mut Vec<String>) {
    let Some(number) = value.as_f64() else { return };
    let low = schema.get("minimum").and_then(Value::as_f64).unwrap_or(f64::MIN);
    let high = schema.get("maximum").and_then(Value::as_f64).unwrap_or(f64::MAX);
    if !(low..=high).contains(&number) {
        misfits.push(format!("{at}: {number} is out of {low} to {high}"));
    }
}

fn members(root: &Value, schema: &Value, value: &Value, at: &str, misfits: &mut Vec<String>) {
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array()) {
        for (index, item) in list.iter().enumerate() {
            fits(root, items, item, &format!("{at}[{index}]"), misfits);
        }
    }
    let Some(map) = value.as_object() else { return };
    for key in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        if !map.contains_key(key.as_str().unwrap()) {
            misfits.push(format!("{at}: {key} is missing"));
        }
    }
    for (key, member) in map {
        let known = schema.get("properties").and_then(|properties| properties.get(key));
        match (known, schema.get("additionalProperties")) {
            (Some(schema), _) => fits(root, schema, member, &format!("{at}.{key}"), misfits),
            (None, Some(Value::Bool(false))) => misfits.push(format!("{at}: unknown key {key}")),
            (None, Some(schema)) => fits(root, schema, member, &format!("{at}.{key}"), misfits),
            (None, None) => {}
        }
    }
}
