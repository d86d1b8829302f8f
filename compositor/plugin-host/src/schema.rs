//! Settings and forms against their JSON Schema: the part of it that forms need, with defaults filled in.

use serde_json::{Map, Value};

/// Fills defaults and checks. Known: `type`, `properties`, `required`, `enum`, `minimum`, `maximum`, `minLength`,
/// `maxLength`, `items`, `maxItems`, `default`. A key that the schema doesn't name is refused.
///
/// # Errors
/// A text with the key and what is wanted.
pub fn check(schema: &Value, value: &Value) -> Result<Value, String> {
    node(schema, value, "settings", 0)
}

fn word(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn node(schema: &Value, value: &Value, at: &str, depth: u32) -> Result<Value, String> {
    if depth > 16 {
        return Err(format!("`{at}` lies too deep"));
    }
    if let Some(wanted) = schema.get("type").and_then(Value::as_str) {
        let found = word(value);
        if found != wanted && !(wanted == "number" && found == "integer") {
            return Err(format!("`{at}` is {found}; its schema wants {wanted}"));
        }
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array).filter(|a| !a.contains(value)) {
        let list: Vec<String> = allowed.iter().map(ToString::to_string).collect();
        return Err(format!("`{at}` is {value}; write one of {}", list.join(", ")));
    }
    bounds(schema, value, at)?;
    match value {
        Value::Object(map) => object(schema, map, at, depth),
        Value::Array(list) => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            let each = list.iter().enumerate().map(|(i, v)| node(items, v, &format!("{at}[{i}]"), depth + 1));
            Ok(Value::Array(each.collect::<Result<_, _>>()?))
        }
        other => Ok(other.clone()),
    }
}

fn bounds(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
    #[allow(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
    let (measure, min, max) = match value {
        Value::Number(n) => (n.as_f64().unwrap_or(f64::NAN), limit("minimum"), limit("maximum")),
        Value::String(s) => (s.chars().count() as f64, limit("minLength"), limit("maxLength")),
        Value::Array(a) => (a.len() as f64, limit("minItems"), limit("maxItems")),
        _ => return Ok(()),
    };
    if min.is_some_and(|m| measure < m) || max.is_some_and(|m| measure > m) {
        let text = |m: Option<f64>, open: &str| m.map_or(open.to_owned(), |m| m.to_string());
        return Err(format!("`{at}` measures {measure}; its schema wants {} to {}", text(min, "…"), text(max, "…")));
    }
    Ok(())
}

fn object(schema: &Value, map: &Map<String, Value>, at: &str, depth: u32) -> Result<Value, String> {
    let empty = Map::new();
    let Some(known) =
        schema.get("properties").and_then(Value::as_object).or_else(|| schema.is_object().then_some(&empty))
    else {
        return Ok(Value::Object(map.clone()));
    };
    if let Some(key) = map.keys().find(|k| !known.contains_key(*k)) {
        let names: Vec<&str> = known.keys().map(String::as_str).collect();
        return Err(format!("`{at}.{key}` is not a setting; there are: {}", names.join(", ")));
    }
    let required = schema.get("required").and_then(Value::as_array);
    let mut full = Map::new();
    for (key, sub) in known {
        let path = format!("{at}.{key}");
        match map.get(key).or_else(|| sub.get("default")) {
            Some(value) => {
                full.insert(key.clone(), node(sub, value, &path, depth + 1)?);
            }
            None if required.is_some_and(|r| r.iter().any(|k| k.as_str() == Some(key))) => {
                return Err(format!("`{path}` is missing; its schema requires it"));
            }
            None => {}
        }
    }
    Ok(Value::Object(full))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn defaults_are_filled_and_each_breach_names_its_key() {
        let schema = json!({"type": "object", "required": ["key"], "properties": {
            "key": {"type": "string", "minLength": 1},
            "low": {"type": "integer", "minimum": 1, "maximum": 99, "default": 10},
            "side": {"enum": ["left", "right"], "default": "left"}}});
        assert_eq!(check(&schema, &json!({"key": "a"})).unwrap(), json!({"key": "a", "low": 10, "side": "left"}));
        let said = |v: Value| check(&schema, &v).unwrap_err();
        assert_eq!(said(json!({})), "`settings.key` is missing; its schema requires it");
        assert_eq!(said(json!({"key": 1})), "`settings.key` is integer; its schema wants string");
        assert_eq!(said(json!({"key": "a", "low": 0})), "`settings.low` measures 0; its schema wants 1 to 99");
        assert_eq!(
            said(json!({"key": "a", "side": "up"})),
            "`settings.side` is \"up\"; write one of \"left\", \"right\""
        );
        assert_eq!(said(json!({"key": "a", "lo": 1})), "`settings.lo` is not a setting; there are: key, low, side");
    }
}
