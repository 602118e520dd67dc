//! Schemas to types.

use placet_import::{Options, block, read};
use proptest::prelude::*;

use crate::servers::compare;
use crate::support::{code, imported, list, tool};

#[test]
fn schemas_become_the_nearest_types() {
    let params = r##"
        "text": {"type": "string"}, "int": {"type": "integer", "default": 7},
        "number": {"type": "number", "default": 0.50}, "bool": {"type": "boolean", "default": false},
        "enum": {"enum": ["a", "b", "a"], "default": "b"}, "odd_default": {"type": "integer", "default": 1.5},
        "time": {"type": "string", "format": "date-time"}, "ip": {"type": "string", "format": "ipv4"},
        "nullable": {"type": ["string", "null"]}, "either": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "const": {"const": "only"}, "consts": {"oneOf": [{"const": "x", "title": "X"}, {"const": "y"}]},
        "texts": {"type": "array", "items": {"type": "string"}, "default": ["a"]},
        "anything": {}, "several": {"type": ["string", "integer"]}, "tuple": {"type": "array", "prefixItems": [{}]},
        "map": {"type": "object", "additionalProperties": {"type": "string"}},
        "record": {"type": "object", "properties": {"id": {"type": "integer"}, "at": {"$ref": "#/$defs/at"}},
                   "required": ["id"]},
        "loop": {"$ref": "#/$defs/loop"}, "far": {"$ref": "https://example.com/x.json"},
        "one_of_all": {"allOf": [{"type": "string"}, {"minLength": 3}]},
        "holes": {"type": "array", "items": {"type": ["string", "null"]}}"##;
    let listing = list(&format!(
        r##"{{"name": "run_it", "inputSchema": {{"type": "object", "properties": {{{params}}}, "required": ["text", "nullable"],
            "$defs": {{"at": {{"type": "string", "format": "date"}},
                      "loop": {{"type": "object", "properties": {{"next": {{"$ref": "#/$defs/loop"}}}}}}}}}}}}"##
    ));
    insta::assert_snapshot!(imported(&listing).text);
}

#[test]
fn calls_are_about_what_their_parameters_name() {
    let check = |name: &str, params: &str, line: &str| {
        let properties: Vec<String> = params
            .split(' ')
            .filter(|param| !param.is_empty())
            .map(|param| match param.strip_suffix("[]") {
                Some(name) => {
                    format!(r#""{name}": {{"type": "array", "items": {{"type": "string"}}}}"#)
                }
                None if param.ends_with("number") => format!(r#""{param}": {{"type": "number"}}"#),
                None => format!(r#""{param}": {{"type": "string", "description": "email"}}"#),
            })
            .collect();
        let names = params.replace("[]", "");
        let required: Vec<String> = names
            .split(' ')
            .filter(|name| !name.is_empty())
            .map(|name| format!("{name:?}"))
            .collect();
        let block = imported(&list(&tool(
            name,
            &properties.join(","),
            &required.join(","),
        )));
        let code = code(&block).replace('\n', " ");
        let words: Vec<&str> = code.split_whitespace().collect();
        let code = words.join(" ");
        let (head, templates) = code.split_once(" -> ").expect("a template");
        let action = head.split(' ').nth(1).unwrap_or_default();
        assert_eq!(
            format!("{action} {}", templates.trim_end_matches(" }")),
            line,
            "{name}({params})"
        );
    };
    check(
        "get_issue",
        "owner repo issue_number",
        r#"read "repo/{owner}/{repo}/issue/{issue_number}""#,
    );
    check(
        "list_issues",
        "owner repo",
        r#"read "repo/{owner}/{repo}/issue""#,
    );
    check(
        "get_file_contents",
        "owner repo path",
        r#"read "repo/{owner}/{repo}/file/{path(path)}""#,
    );
    check("delete_label", "id", r#"delete "label/{id}""#);
    check(
        "deleteIssueComment",
        "issueId commentId",
        r#"delete "issue/{issueId}/comment/{commentId}""#,
    );
    check(
        "send_email",
        "to[] cc[] body",
        r#"send "{each email(to)}", "{each email(cc)}""#,
    );
    check("fetch", "url", r#"read "{url(url)}""#);
    check("scrape_pages", "urls[]", r#"read "{each url(urls)}""#);
    check(
        "move_file",
        "source destination",
        r#"update "file/{path(source)}", "file/{path(destination)}""#,
    );
    check("create_team", "name", r#"create "team""#);
    check("list_teams", "", r#"read "team""#);
    check(
        "add_issues_to_cycle",
        "cycleId issueIds[]",
        r#"create "cycle/{cycleId}/issue/{each issueIds}""#,
    );
    check(
        "update_issue",
        "issueId relatedIssueId",
        r#"update "issue/{issueId}", "issue/{relatedIssueId}""#,
    );
    check("update_thing", "page_number api_key", r#"update "thing""#);
}

/// Any JSON, made of the words that schemas are made of.
fn schema() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("{}".to_owned()),
        Just("true".to_owned()),
        Just("null".to_owned()),
        Just(r##"{"$ref": "#/properties/id"}"##.to_owned()),
        Just(r##"{"$ref": "#"}"##.to_owned()),
        "[a-z]{1,8}".prop_map(|name| format!(r#"{{"type": "{name}"}}"#)),
        prop_oneof!["string", "integer", "number", "boolean", "array", "object", "null"].prop_map(
            |name| format!(r#"{{"type": "{name}"}}"#)
        ),
        (any::<String>(), any::<i64>(), any::<f64>()).prop_map(|(text, int, float)| {
            let text = quoted(&text);
            format!(r#"{{"type": "string", "enum": [{text}, "x"], "default": {text}, "minimum": {int}, "maximum": {}}}"#,
                if float.is_finite() { float } else { 0.5 })
        }),
        any::<f64>().prop_map(|float| {
            let float = if float.is_finite() { float } else { 0.5 };
            format!(r#"{{"type": "number", "default": {float:e}}}"#)
        }),
        any::<i64>().prop_map(|int| format!(r#"{{"type": "integer", "default": {int}, "format": "date-time"}}"#)),
        any::<String>().prop_map(|text| format!(r#"{{"type": "string", "default": {}, "description": {0}}}"#, quoted(&text))),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner
                .clone()
                .prop_map(|one| format!(r#"{{"type": "array", "items": {one}, "default": []}}"#)),
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|all| format!(r#"{{"anyOf": [{}]}}"#, all.join(","))),
            prop::collection::vec(inner.clone(), 0..3)
                .prop_map(|all| format!(r#"{{"allOf": [{}]}}"#, all.join(","))),
            object(inner, 0..4),
        ]
    })
}

fn object(
    inner: impl Strategy<Value = String>,
    fields: std::ops::Range<usize>,
) -> impl Strategy<Value = String> {
    let field = (name(), inner);
    (prop::collection::vec(field, fields), any::<bool>(), any::<u8>()).prop_map(
        |(fields, open, required)| {
            let mut seen = std::collections::BTreeSet::new();
            let fields: Vec<(String, String)> = fields
                .into_iter()
                .filter(|(name, _)| seen.insert(name.clone()))
                .collect();
            let properties: Vec<String> = fields
                .iter()
                .map(|(name, schema)| format!("{}: {schema}", quoted(name)))
                .collect();
            let required: Vec<String> = fields
                .iter()
                .enumerate()
                .filter(|(at, _)| required >> (at % 8) & 1 == 1)
                .map(|(_, (name, _))| quoted(name))
                .collect();
            format!(
                r#"{{"type": "object", "properties": {{{}}}, "required": [{}], "additionalProperties": {open}}}"#,
                properties.join(","),
                required.join(",")
            )
        },
    )
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        prop_oneof![
            Just("id"),
            Just("path"),
            Just("url"),
            Just("to"),
            Just("method"),
            Just("owner"),
            Just("repo"),
            Just("issue_id"),
            Just("in"),
            Just("type"),
            Just("ids"),
            Just("email"),
            Just("action"),
            Just("when"),
        ]
        .prop_map(ToOwned::to_owned),
        "[a-z]{1,4}[._/ -][A-Z][a-z]{0,3}",
        any::<String>(),
    ]
}

fn tool_name() -> impl Strategy<Value = String> {
    prop_oneof![
        "(get|delete|send|update|create|run|x)_[a-z]{1,6}(_email|_or_list|s)?",
        name(),
    ]
}

fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "\""
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    /// Whatever a server says of its tools: what is written compiles, is formatted, and does not
    /// differ from what it was made of.
    #[test]
    fn whatever_is_imported_compiles(
        tools in prop::collection::vec((tool_name(), any::<String>(), object(schema(), 0..6), 0..27_u8), 1..6)
    ) {
        let mut seen = std::collections::BTreeSet::new();
        let tools: Vec<String> = tools
            .into_iter()
            .filter(|(name, ..)| !name.is_empty() && seen.insert(name.clone()))
            .map(|(name, said, schema, hints)| {
                let hint = |at: u32| ["null", "true", "false"][usize::from(hints / 3_u8.pow(at) % 3)];
                format!(
                    r#"{{"name": {}, "description": {}, "inputSchema": {schema}, "annotations":
                        {{"readOnlyHint": {}, "destructiveHint": {}, "openWorldHint": {}}}}}"#,
                    quoted(&name), quoted(&said), hint(0), hint(1), hint(2),
                )
            })
            .collect();
        let text = format!("[{}]", tools.join(","));
        let listing = read(text.as_bytes());
        // A generated object may have one key twice, once its text is cleaned by JSON.
        prop_assume!(listing.is_ok());
        let listing = listing.expect("it is a list");
        let options = Options { tool: None, otherwise: "test".into() };
        if let Err(refused) = block(&listing, &options) {
            prop_assert!(refused.message.starts_with("no tool can be declared")
                || refused.message.starts_with("the list holds no tools"), "{}", refused);
            return Ok(());
        }
        let block = imported(&listing);
        let (_, compared) = compare(&block.text, &listing);
        let left_out: Vec<&str> = block.left_out.iter().map(|one| one.name.as_str()).collect();
        let found: Vec<String> = compared
            .findings
            .iter()
            .filter(|found| !left_out.iter().any(|name| found.about == format!("test.{name}")))
            .map(|found| found.message.clone())
            .collect();
        prop_assert_eq!(found, Vec::<String>::new(), "{}", block.text);
    }
}
