//! Small helpers that build [`Json`] in a fixed order of keys.

use smol_str::{SmolStr, ToSmolStr};

use crate::json::{Fields, Json};

/// An object that is being built.
#[derive(Default)]
pub(super) struct Members(Fields);

impl Members {
    pub(super) fn put(&mut self, key: &'static str, value: Json) {
        self.0.push((SmolStr::new_static(key), value));
    }

    /// Adds a member if there is one.
    pub(super) fn maybe(&mut self, key: &'static str, value: Option<Json>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    /// Adds an array or object unless it is empty.
    pub(super) fn some(&mut self, key: &'static str, value: Json) {
        let empty = match &value {
            Json::Array(members) => members.is_empty(),
            Json::Object(fields) => fields.is_empty(),
            _ => false,
        };
        if !empty {
            self.put(key, value);
        }
    }
}

impl From<Members> for Json {
    fn from(members: Members) -> Self {
        Self::Object(members.0)
    }
}

pub(super) fn string(text: impl Into<SmolStr>) -> Json {
    Json::String(text.into())
}

pub(super) fn shown(value: impl ToSmolStr) -> Json {
    Json::String(value.to_smolstr())
}

pub(super) fn number(value: i64) -> Json {
    Json::Number(value.to_smolstr())
}

pub(super) fn texts(texts: &[SmolStr]) -> Json {
    Json::Array(texts.iter().cloned().map(Json::String).collect())
}

pub(super) fn list<T>(items: &[T], to_json: impl Fn(&T) -> Json) -> Json {
    Json::Array(items.iter().map(to_json).collect())
}
