//! JSON as it came: numbers keep their text, objects their order. Nothing is typed yet.

use smol_str::SmolStr;

/// A JSON value without duplicate keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`, which everywhere means absence.
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number, as it was written.
    Number(SmolStr),
    /// A string.
    String(SmolStr),
    /// An array.
    Array(Vec<Self>),
    /// An object, in written order.
    Object(Fields),
}

/// Named JSON values, in written order, each name once.
pub type Fields = Vec<(SmolStr, Json)>;
