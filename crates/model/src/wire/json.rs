//! JSON text to [`Json`]: without recursion, numbers as they are written, every
//! duplicate key found.

use std::collections::HashSet;

use json_event_parser::{JsonEvent, LowLevelJsonParser};
use smol_str::SmolStr;

use super::limits::{MAX_DEPTH, MAX_INPUT_BYTES, MAX_VALUES};
use super::place::{Invalid, push_index, push_key, shorten};
use crate::json::{Fields, Json};

/// Reads a JSON document.
///
/// What is JSON but too large, too deep or has a duplicate key is `Ok(Err(…))`.
///
/// # Errors
///
/// When the bytes are not one JSON document: syntax, invalid UTF-8, a lone surrogate in an
/// escape, something after the end.
pub fn read_json(bytes: &[u8]) -> Result<Result<Json, Invalid>, NotJson> {
    if bytes.len() > MAX_INPUT_BYTES {
        return Ok(Err(Invalid {
            pointer: String::new(),
            message: format!("larger than {} MiB", MAX_INPUT_BYTES >> 20),
        }));
    }
    // Deep nesting is JSON: the parser may go on, one byte a level, when nothing is built
    // any more.
    let mut parser = LowLevelJsonParser::new().with_max_stack_size(usize::MAX);
    let mut builder = Builder::default();
    let mut rest = bytes;
    loop {
        let step = parser.parse_next(rest, true);
        rest = rest.get(step.consumed_bytes..).unwrap_or_default();
        match step.event {
            Some(Ok(JsonEvent::Eof)) => break,
            Some(Ok(event)) => builder.add(event),
            Some(Err(error)) => {
                return Err(NotJson::at(
                    bytes,
                    error.location().start.offset,
                    error.message(),
                ));
            }
            None => return Err(NotJson::at(bytes, u64::MAX, "unexpected end of file")),
        }
    }
    match (builder.problem, builder.root) {
        (Some(problem), _) => Ok(Err(problem)),
        (None, Some(root)) => Ok(Ok(root)),
        (None, None) => Err(NotJson::at(bytes, u64::MAX, "unexpected end of file")),
    }
}

/// Bytes that are not JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not JSON, line {line}, column {column}: {message}")]
pub struct NotJson {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl NotJson {
    fn at(bytes: &[u8], offset: u64, message: &str) -> Self {
        let offset = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        let before = bytes.get(..offset).unwrap_or_default();
        let start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |newline| newline + 1);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = String::from_utf8_lossy(before.get(start..).unwrap_or_default())
            .chars()
            .count()
            + 1;
        let mut letters = message.chars();
        let first = letters.next().map(|c| c.to_ascii_lowercase());
        let message: String = first.into_iter().chain(letters).collect();
        Self {
            line,
            column,
            message: shorten(&message),
        }
    }
}

/// Builds a value from events; after the first problem it builds nothing more.
#[derive(Default)]
struct Builder {
    open: Vec<Frame>,
    values: usize,
    root: Option<Json>,
    problem: Option<Invalid>,
}

enum Frame {
    Array(Vec<Json>),
    Object {
        fields: Fields,
        key: SmolStr,
        /// The keys, once there are many.
        seen: Option<HashSet<SmolStr>>,
    },
}

impl Builder {
    fn add(&mut self, event: JsonEvent<'_>) {
        if self.problem.is_some() {
            return;
        }
        match event {
            JsonEvent::String(text) => self.value(Json::String(SmolStr::from(text))),
            JsonEvent::Number(text) => self.value(Json::Number(SmolStr::from(text))),
            JsonEvent::Boolean(truth) => self.value(Json::Bool(truth)),
            JsonEvent::Null => self.value(Json::Null),
            JsonEvent::StartArray => self.start(Frame::Array(Vec::new())),
            JsonEvent::StartObject => self.start(Frame::Object {
                fields: Vec::new(),
                key: SmolStr::default(),
                seen: None,
            }),
            JsonEvent::ObjectKey(name) => self.key(&name),
            JsonEvent::EndArray | JsonEvent::EndObject => match self.open.pop() {
                Some(Frame::Array(members)) => self.place(Json::Array(members)),
                Some(Frame::Object { fields, .. }) => self.place(Json::Object(fields)),
                None => {}
            },
            JsonEvent::Eof => {}
        }
    }

    fn start(&mut self, frame: Frame) {
        if self.open.len() == MAX_DEPTH {
            return self.invalid(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        if self.count() {
            self.open.push(frame);
        }
    }

    fn value(&mut self, value: Json) {
        if self.count() {
            self.place(value);
        }
    }

    fn count(&mut self) -> bool {
        self.values += 1;
        if self.values > MAX_VALUES {
            self.invalid(format!("more than {MAX_VALUES} values"));
        }
        self.problem.is_none()
    }

    fn place(&mut self, value: Json) {
        match self.open.last_mut() {
            Some(Frame::Array(members)) => members.push(value),
            Some(Frame::Object { fields, key, .. }) => {
                fields.push((std::mem::take(key), value));
            }
            None => self.root = Some(value),
        }
    }

    fn key(&mut self, name: &str) {
        const FEW: usize = 16;
        let Some(Frame::Object { fields, key, seen }) = self.open.last_mut() else {
            return;
        };
        *key = SmolStr::new(name);
        if fields.len() == FEW {
            *seen = Some(fields.iter().map(|(name, _)| name.clone()).collect());
        }
        let duplicate = match seen {
            Some(seen) => !seen.insert(key.clone()),
            None => fields.iter().any(|(earlier, _)| earlier == name),
        };
        if duplicate {
            self.invalid(format!("duplicate key `{}`", shorten(name)));
        }
    }

    fn invalid(&mut self, message: String) {
        let mut pointer = String::new();
        for frame in &self.open {
            match frame {
                Frame::Array(members) => push_index(&mut pointer, members.len()),
                Frame::Object { key, .. } => push_key(&mut pointer, key),
            }
        }
        self.problem = Some(Invalid { pointer, message });
        self.open.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::to_text;

    fn shown(bytes: &[u8]) -> String {
        match read_json(bytes) {
            Ok(Ok(json)) => to_text(&json),
            Ok(Err(invalid)) => format!("invalid {invalid}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn documents_are_read_as_they_are_written() {
        let check = |text: &str, said: &str| assert_eq!(shown(text.as_bytes()), said, "{text}");
        check("1.50", "1.50");
        check(
            " [1e5, -0, {\"b\": null, \"a\": true}] \n",
            r#"[1e5,-0,{"b":null,"a":true}]"#,
        );
        check(r#""\u00e9\ud83d\ude00\n""#, "\"é😀\\n\"");
        check(
            r#"{"a":1,"b":{"c":[0,{"d":1,"d":2}]}}"#,
            "invalid /b/c/1/d: duplicate key `d`",
        );
        check(r#"{"\u0061":1,"a":2}"#, "invalid /a: duplicate key `a`");
        check(
            r#"{"a/b~":{"x":1,"x":1}}"#,
            "invalid /a~1b~0/x: duplicate key `x`",
        );
    }

    #[test]
    fn what_is_not_json_has_a_place() {
        let check = |bytes: &[u8], said: &str| {
            let got = shown(bytes);
            assert!(got.starts_with(said), "{got}");
        };
        check(b"", "not JSON, line 1, column 1: unexpected end of file");
        check(b"{\n \"a\": nope}", "not JSON, line 2, column 7:");
        check("{\"é\": nope}".as_bytes(), "not JSON, line 1, column 7:");
        check(b"[1,]", "not JSON, line 1, column 4: trailing commas");
        check(b"{} {}", "not JSON, line 1, column 4:");
        check(b"{\"a\": \"\xff\"}", "not JSON, line 1, column");
        check(b"\"\\ud800\"", "not JSON");
        check(b"\"a\nb\"", "not JSON");
        check(b"\xff", "not JSON");
        check(b"01", "not JSON");
        check(b"NaN", "not JSON");
        check(b"{\"a\":1,\"a\":2", "not JSON");
    }

    #[test]
    fn deep_json_is_json_and_costs_no_stack() {
        for depth in [MAX_DEPTH + 1, 10_000, 1_000_000] {
            let deep = "[".repeat(depth) + &"]".repeat(depth);
            assert!(
                shown(deep.as_bytes()).ends_with("nested deeper than 64 levels"),
                "{depth}"
            );
            assert!(shown("[".repeat(depth).as_bytes()).starts_with("not JSON"));
        }
        let fits = "[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH);
        assert_eq!(shown(fits.as_bytes()), fits);
        let objects = "{\"a\":".repeat(10_000) + "1" + &"}".repeat(10_000);
        assert!(shown(objects.as_bytes()).starts_with("invalid /a/a/a"));
    }

    #[test]
    fn many_keys_are_compared_quickly() {
        let keys: Vec<String> = (0..200_000).map(|n| format!("\"k{n}\":{n}")).collect();
        let text = format!("{{{},\"k77\":0}}", keys.join(","));
        assert_eq!(shown(text.as_bytes()), "invalid /k77: duplicate key `k77`");
    }

    #[test]
    fn what_is_too_large_is_not_read() {
        let large = vec![b' '; MAX_INPUT_BYTES + 1];
        assert_eq!(shown(&large), "invalid larger than 64 MiB");
    }
}
