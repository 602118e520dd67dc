//! [`Json`] to text.

use crate::json::Json;

/// A value on one line.
#[must_use]
pub fn to_text(value: &Json) -> String {
    let mut text = String::new();
    write(&mut text, value, None);
    text
}

/// A value over several lines, indented by two spaces.
#[must_use]
pub fn to_pretty_text(value: &Json) -> String {
    let mut text = String::new();
    write(&mut text, value, Some(0));
    text
}

/// Adds a JSON string.
pub(crate) fn write_string(text: &mut String, string: &str) {
    text.push('"');
    for c in string.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{C}' => text.push_str("\\f"),
            '\0'..='\u{1F}' => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => text.push(c),
        }
    }
    text.push('"');
}

fn write(text: &mut String, value: &Json, indent: Option<usize>) {
    let inner = indent.map(|indent| indent + 1);
    match value {
        Json::Null => text.push_str("null"),
        Json::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
        Json::Number(number) => text.push_str(number),
        Json::String(string) => write_string(text, string),
        Json::Array(members) if members.is_empty() => text.push_str("[]"),
        Json::Array(members) => {
            text.push('[');
            for (at, member) in members.iter().enumerate() {
                separate(text, at, inner);
                write(text, member, inner);
            }
            end_line(text, indent);
            text.push(']');
        }
        Json::Object(fields) if fields.is_empty() => text.push_str("{}"),
        Json::Object(fields) => {
            text.push('{');
            for (at, (name, member)) in fields.iter().enumerate() {
                separate(text, at, inner);
                write_string(text, name);
                text.push_str(if indent.is_some() { ": " } else { ":" });
                write(text, member, inner);
            }
            end_line(text, indent);
            text.push('}');
        }
    }
}

fn separate(text: &mut String, at: usize, indent: Option<usize>) {
    if at > 0 {
        text.push(',');
    }
    end_line(text, indent);
}

fn end_line(text: &mut String, indent: Option<usize>) {
    if let Some(indent) = indent {
        text.push('\n');
        text.extend(std::iter::repeat_n("  ", indent));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::read_json;

    #[test]
    fn pretty_text_is_indented() {
        let json = read_json(br#"{"a":[1,{"b":"x\u0001"}],"c":[],"d":{}}"#);
        let Ok(Ok(json)) = json else {
            panic!("{json:?}")
        };
        insta::assert_snapshot!(to_pretty_text(&json), @r#"
        {
          "a": [
            1,
            {
              "b": "x\u0001"
            }
          ],
          "c": [],
          "d": {}
        }
        "#);
        assert_eq!(to_text(&json), r#"{"a":[1,{"b":"x\u0001"}],"c":[],"d":{}}"#);
    }
}
