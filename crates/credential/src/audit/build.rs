//! Small helpers that build JSON in a fixed order of keys.

use placet_model::json::{Fields, Json};
use smol_str::{SmolStr, ToSmolStr};

/// An object that is being built.
#[derive(Default)]
pub(super) struct Members(Fields);

impl Members {
    pub(super) fn put(&mut self, key: &'static str, value: Json) {
        self.0.push((SmolStr::new_static(key), value));
    }

    /// Adds a text.
    pub(super) fn text(&mut self, key: &'static str, text: &str) {
        self.put(key, Json::String(text.into()));
    }

    /// Adds a text if there is one.
    pub(super) fn maybe(&mut self, key: &'static str, text: Option<&SmolStr>) {
        if let Some(text) = text {
            self.put(key, Json::String(text.clone()));
        }
    }

    /// Adds a value as text.
    pub(super) fn shown(&mut self, key: &'static str, value: impl ToSmolStr) {
        self.put(key, Json::String(value.to_smolstr()));
    }

    pub(super) fn number(&mut self, key: &'static str, value: impl ToSmolStr) {
        self.put(key, Json::Number(value.to_smolstr()));
    }

    /// Adds an array unless it is empty.
    pub(super) fn list<T>(&mut self, key: &'static str, of: &[T], to_json: impl Fn(&T) -> Json) {
        if !of.is_empty() {
            self.put(key, Json::Array(of.iter().map(to_json).collect()));
        }
    }

    pub(super) fn texts(&mut self, key: &'static str, of: &[SmolStr]) {
        self.list(key, of, |text| Json::String(text.clone()));
    }

    /// Adds an object unless it is empty.
    pub(super) fn fields(&mut self, key: &'static str, fields: &Fields) {
        if !fields.is_empty() {
            self.put(key, Json::Object(fields.clone()));
        }
    }
}

impl From<Members> for Json {
    fn from(members: Members) -> Self {
        Self::Object(members.0)
    }
}
