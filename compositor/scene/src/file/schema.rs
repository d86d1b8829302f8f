//! The JSON Schema of the show file, from the same declarations that the reader is made of.

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value, json};

/// The keys of one table while its schema is built.
#[derive(Clone, Default)]
pub(crate) struct ObjectSchema {
    properties: Map<String, Value>,
    required: Vec<String>,
}

impl ObjectSchema {
    /// Adds a key.
    pub(crate) fn key(&mut self, key: &str, doc: &str, mut schema: Schema, required: bool) {
        if !doc.is_empty() {
            schema.insert("description".to_owned(), Value::from(doc));
        }
        self.properties.insert(key.to_owned(), schema.to_value());
        if required {
            self.required.push(key.to_owned());
        }
    }

    /// Adds a key that has one value in this shape: the tag of a kind.
    pub(crate) fn tag(&mut self, key: &str, value: &str, doc: &str, required: bool) {
        self.key(key, doc, json_schema!({ "const": value }), required);
    }

    /// Adds all keys of another group.
    pub(crate) fn join(&mut self, other: Self) {
        self.properties.extend(other.properties);
        self.required.extend(other.required);
    }

    fn finish(self) -> Value {
        let mut object = json!({ "type": "object", "properties": self.properties, "additionalProperties": false });
        if let (false, Some(map)) = (self.required.is_empty(), object.as_object_mut()) {
            map.insert("required".to_owned(), json!(self.required));
        }
        object
    }
}

/// Every combination of two groups of keys that share a table.
pub(crate) fn cross(left: Vec<ObjectSchema>, right: &[ObjectSchema]) -> Vec<ObjectSchema> {
    left.into_iter()
        .flat_map(|base| {
            right.iter().map(move |extra| {
                let mut both = base.clone();
                both.join(extra.clone());
                both
            })
        })
        .collect()
}

/// The schema of a table that has one of `shapes`.
pub(crate) fn table_schema(doc: &str, shapes: Vec<ObjectSchema>) -> Schema {
    let mut shapes: Vec<Value> = shapes.into_iter().map(ObjectSchema::finish).collect();
    let mut schema = match (shapes.len(), shapes.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            shapes.extend(last);
            json!({ "oneOf": shapes })
        }
    };
    if let Some(map) = schema.as_object_mut() {
        map.insert("description".to_owned(), Value::from(doc));
    }
    Schema::try_from(schema).unwrap_or_default()
}

/// The JSON Schema of the show file (draft 2020-12), as `scenes/schema.json` holds it.
#[must_use]
pub fn schema() -> Value {
    let generator: SchemaGenerator = SchemaSettings::draft2020_12().into_generator();
    let mut root = generator.into_root_schema_for::<super::ShowFile>();
    root.insert("title".to_owned(), Value::from("Vitrine show file"));
    if let Some(Value::Object(properties)) = root.get_mut("properties") {
        properties.insert("$schema".to_owned(), json!({ "type": "string" }));
    }
    if let Some(Value::Array(required)) = root.get_mut("required") {
        required.push(Value::from("canvas"));
    }
    root.to_value()
}
