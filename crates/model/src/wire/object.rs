//! Typed access to JSON: closed objects, texts, ids, times. Every error has its place.

use smol_str::SmolStr;

use super::place::{Invalid, Place, shorten};
use super::suggest::closest;
use crate::json::{Fields, Json};
use crate::number::exact_integer;
use crate::text::{check_id, check_text};
use crate::value::Time;

/// An object of which only known keys are accepted. `null` is absence.
pub(super) struct Object<'p> {
    pub(super) place: &'p Place<'p>,
    fields: Fields,
}

impl<'p> Object<'p> {
    pub(super) fn read(json: Json, place: &'p Place<'p>, keys: &[&str]) -> Result<Self, Invalid> {
        let fields = fields(json, place)?;
        for (name, _) in &fields {
            if !keys.contains(&name.as_str()) {
                let unknown = format!("unknown key `{}`", shorten(name));
                let message = match closest(name, keys.iter().copied()) {
                    Some(meant) => format!("{unknown}; did you mean `{meant}`?"),
                    None => format!("{unknown}; known are {}", list(keys)),
                };
                return Err(place.key(name).invalid(message));
            }
        }
        Ok(Self { place, fields })
    }

    pub(super) fn take(&mut self, key: &str) -> Option<Json> {
        let at = self.fields.iter().position(|(name, _)| name == key)?;
        let (_, value) = self.fields.swap_remove(at);
        (value != Json::Null).then_some(value)
    }

    /// A member, read by `read` at its place; `None` when it is absent.
    pub(super) fn maybe<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(Json, &Place<'_>) -> Result<T, Invalid>,
    ) -> Result<Option<T>, Invalid> {
        match self.take(key) {
            Some(value) => read(value, &self.place.key(key)).map(Some),
            None => Ok(None),
        }
    }

    /// A member that must be there.
    pub(super) fn need<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(Json, &Place<'_>) -> Result<T, Invalid>,
    ) -> Result<T, Invalid> {
        match self.maybe(key, read)? {
            Some(value) => Ok(value),
            None => Err(self.place.invalid(format!("`{key}` is missing"))),
        }
    }

    /// Refuses keys that make no sense here, with a reason.
    pub(super) fn refuse(&self, keys: &[&str], reason: &str) -> Result<(), Invalid> {
        let found = self
            .fields
            .iter()
            .find(|(name, value)| *value != Json::Null && keys.contains(&name.as_str()));
        match found {
            Some((name, _)) => Err(self.place.key(name).invalid(format!("`{name}` {reason}"))),
            None => Ok(()),
        }
    }
}

pub(super) fn fields(json: Json, place: &Place<'_>) -> Result<Fields, Invalid> {
    match json {
        Json::Object(fields) => Ok(fields),
        other => Err(expected("an object", &other, place)),
    }
}

/// An object with at most so many members, `null`s left out.
pub(super) fn members(json: Json, place: &Place<'_>, most: usize) -> Result<Fields, Invalid> {
    let mut fields = fields(json, place)?;
    fields.retain(|(_, value)| *value != Json::Null);
    within(fields.len(), most, place)?;
    Ok(fields)
}

pub(super) fn text(json: Json, place: &Place<'_>) -> Result<SmolStr, Invalid> {
    match json {
        Json::String(text) => Ok(text),
        other => Err(expected("a string", &other, place)),
    }
}

pub(super) fn id(json: Json, place: &Place<'_>) -> Result<SmolStr, Invalid> {
    let id = text(json, place)?;
    match check_id(&id) {
        Ok(()) => Ok(id),
        Err(error) => Err(place.invalid(error.to_string())),
    }
}

/// A key of an object that names something.
pub(super) fn key_id(key: &str, place: &Place<'_>) -> Result<(), Invalid> {
    check_text(key).map_err(|error| place.invalid(error.to_string()))
}

pub(super) fn integer(json: Json, place: &Place<'_>) -> Result<i64, Invalid> {
    match json {
        Json::Number(number) => exact_integer(&number).ok_or_else(|| {
            place.invalid(format!(
                "`{}` is not a whole number of 64 bits without point and exponent",
                shorten(&number)
            ))
        }),
        other => Err(expected("a whole number", &other, place)),
    }
}

pub(super) fn time(json: Json, place: &Place<'_>) -> Result<Time, Invalid> {
    let text = text(json, place)?;
    Time::parse(&text).ok_or_else(|| {
        place.invalid(format!(
            "`{}` is not a time; write it like `2026-11-23T10:00:00Z` (RFC 3339)",
            shorten(&text)
        ))
    })
}

/// An array of at most `most` members, each read at its place.
pub(super) fn array<T>(
    json: Json,
    place: &Place<'_>,
    most: usize,
    mut read: impl FnMut(Json, &Place<'_>) -> Result<T, Invalid>,
) -> Result<Vec<T>, Invalid> {
    let members = match json {
        Json::Array(members) => members,
        other => return Err(expected("an array", &other, place)),
    };
    within(members.len(), most, place)?;
    members
        .into_iter()
        .enumerate()
        .map(|(at, member)| read(member, &place.index(at)))
        .collect()
}

/// One member, or an array of one at least.
pub(super) fn one_or_more<T>(
    json: Json,
    place: &Place<'_>,
    most: usize,
    mut read: impl FnMut(Json, &Place<'_>) -> Result<T, Invalid>,
) -> Result<Vec<T>, Invalid> {
    match json {
        Json::Array(members) if members.is_empty() => {
            Err(place.invalid("this must not be an empty array"))
        }
        Json::Array(_) => array(json, place, most, read),
        one => Ok(vec![read(one, place)?]),
    }
}

pub(super) fn within(count: usize, most: usize, place: &Place<'_>) -> Result<(), Invalid> {
    if count > most {
        return Err(place.invalid(format!("{count} members, more than {most}")));
    }
    Ok(())
}

pub(super) fn expected(what: &str, found: &Json, place: &Place<'_>) -> Invalid {
    let kind = match found {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    };
    place.invalid(format!("{what} is needed here, not {kind}"))
}

/// Words for a message: `a`, `b` and `c`.
pub(super) fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, front)) => format!("{} and {last}", front.join(", ")),
        None => String::new(),
    }
}
