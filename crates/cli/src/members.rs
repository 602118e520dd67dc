//! Small helpers that build JSON in a fixed order of keys.

use placet::model::json::{Fields, Json};
use smol_str::{SmolStr, ToSmolStr};

/// An object that is being built.
#[derive(Default)]
pub(crate) struct Members(Fields);

impl Members {
    /// An object with a version, as reports have it.
    pub(crate) fn report() -> Self {
        Self::default().number("version", 1)
    }

    pub(crate) fn put(mut self, key: &'static str, value: Json) -> Self {
        self.0.push((SmolStr::new_static(key), value));
        self
    }

    pub(crate) fn text(self, key: &'static str, text: impl ToSmolStr) -> Self {
        self.put(key, Json::String(text.to_smolstr()))
    }

    /// A text, if there is one.
    pub(crate) fn maybe(self, key: &'static str, text: Option<impl ToSmolStr>) -> Self {
        match text {
            Some(text) => self.text(key, text),
            None => self,
        }
    }

    pub(crate) fn number(self, key: &'static str, number: impl ToSmolStr) -> Self {
        self.put(key, Json::Number(number.to_smolstr()))
    }

    pub(crate) fn list(self, key: &'static str, items: impl IntoIterator<Item = Json>) -> Self {
        self.put(key, Json::Array(items.into_iter().collect()))
    }
}

impl From<Members> for Json {
    fn from(members: Members) -> Self {
        Self::Object(members.0)
    }
}
