//! An example of everything that a schema describes, put together from those of
//! its fields: each value is made up in one place.

use serde_json::{Map, Value, json};
use utoipa::openapi::{
    Content, RefOr,
    path::{Parameter, ParameterBuilder},
};

/// A UUID as ours are: version 7.
pub(crate) const UUID: &str = "019aa2f0-7c1e-7d30-9f0e-2f6f3f0d5b11";

/// The schemas that may be referred to, by their pointers in the document.
pub(super) struct Schemas(Value);

impl Schemas {
    pub(super) fn new(openapi: &utoipa::openapi::OpenApi) -> Self {
        let components = serde_json::to_value(&openapi.components).unwrap_or_default();
        Self(json!({ "components": components }))
    }

    /// Gives a body its example where it has none.
    pub(super) fn fill_body(&self, content: &mut RefOr<Content>) {
        if let RefOr::T(content) = content
            && content.example.is_none()
        {
            let schema = serde_json::to_value(&content.schema).unwrap_or_default();
            content.example = self.of(&schema);
        }
    }

    /// Gives a parameter its example where it has none.
    pub(super) fn fill_parameter(&self, parameter: &mut RefOr<Parameter>) {
        let RefOr::T(described) = parameter else { return };
        // The field itself cannot be seen.
        let own = serde_json::to_value(&*described).unwrap_or_default();
        if own["example"].is_null() {
            let example = self.of(&own["schema"]);
            *parameter = ParameterBuilder::from(described.clone()).example(example).build().into();
        }
    }

    /// `None` where a field has no example and none can be made up.
    fn of(&self, schema: &Value) -> Option<Value> {
        let own = [&schema["example"], &schema["examples"][0], &schema["default"]];
        if let Some(own) = own.into_iter().find(|value| !value.is_null()) {
            return Some(own.clone());
        }
        if let Some(pointer) = schema["$ref"].as_str() {
            return self.of(self.0.pointer(pointer.trim_start_matches('#'))?);
        }
        if let Some(values) = schema["enum"].as_array() {
            return values.first().cloned();
        }
        if let Some(any) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
            return any.iter().filter(|one| one["type"] != "null").find_map(|one| self.of(one));
        }
        if let Some(all) = schema["allOf"].as_array() {
            let mut fields = Map::new();
            for part in all {
                fields.extend(self.of(part)?.as_object()?.clone());
            }
            return Some(fields.into());
        }
        let mut types = match &schema["type"] {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
            one => Vec::from_iter(one.as_str()),
        };
        types.retain(|name| *name != "null");
        match (types.first().copied()?, schema["format"].as_str()) {
            ("object", _) => {
                let fields = schema["properties"].as_object()?.iter();
                fields.map(|(name, field)| Some((name.clone(), self.of(field)?))).collect()
            }
            ("array", _) => Some(json!([self.of(&schema["items"])?])),
            ("boolean", _) => Some(json!(false)),
            ("string", Some("uuid")) => Some(json!(UUID)),
            _ => None,
        }
    }
}
