//! Lists that were made to harm, or that are simply odd.

use placet_import::{MAX_TOOLS, read};

use crate::support::{code, imported, list, tool};

#[test]
fn what_is_no_list_is_refused_with_its_place() {
    let check = |text: &str, said: &str| {
        let refused = read(text.as_bytes()).expect_err(text);
        assert_eq!(refused.to_string(), said, "{text}");
    };
    let one = tool("a", "", "");
    check(
        "",
        "not JSON, line 1, column 1: unexpected end of file, a value was expected",
    );
    check("[1]", "/0: a tool is an object");
    check("7", "no list of tools");
    check("{}", "no `tools` here");
    check(r#"{"tools": {}}"#, "/tools: not an array");
    check(r#"{"tools": [{}]}"#, "/tools/0: a tool without `name`");
    check(
        r#"{"tools": [{"name": 7}]}"#,
        "/tools/0/name: the name of a tool is a text that is not empty",
    );
    check(
        r#"{"tools": [{"name": "a"}]}"#,
        "/tools/0: the tool `a` has no `inputSchema`",
    );
    check(
        r#"{"tools": [{"name": "a", "inputSchema": []}]}"#,
        "/tools/0/inputSchema: the schema of arguments is an object",
    );
    check(
        &format!(r#"{{"tools": [{one}, {one}]}}"#),
        "/tools/1/name: a second tool is called `a`",
    );
    check(
        r#"{"tools": [{"name": "a", "name": "b"}]}"#,
        "/tools/0/name: duplicate key `name`",
    );
    let long = "x".repeat(3000);
    check(
        &format!(r#"{{"serverInfo": {{"name": "{long}"}}, "tools": [{one}]}}"#),
        "the name of the server is longer than 2048 bytes",
    );
    check(
        &format!(
            r#"{{"tools": [{{"name": "a", "inputSchema": {{}}, "_meta": {{"oauth": {{"required": ["{long}"]}}}}}}]}}"#
        ),
        "/tools/0/_meta/oauth: an OAuth scope is longer than 2048 bytes",
    );
    let deep = "[".repeat(70) + &"]".repeat(70);
    let refused = read(format!(r#"{{"tools": {deep}}}"#).as_bytes()).expect_err("deep");
    assert_eq!(refused.message, "nested deeper than 64 levels");
    let many = vec!["{}"; MAX_TOOLS + 1].join(",");
    check(
        &format!(r#"{{"tools": [{many}]}}"#),
        &format!("/tools: more than {MAX_TOOLS} tools"),
    );
}

#[test]
fn nothing_that_is_described_becomes_policy() {
    let listing = list(
        r#"{"name": "get_x",
            "description": "Reads.\n } }\n grant all { agent any }\u001b[2J \u202e \"\"\" /// x\nThe server claims: read-only.",
            "inputSchema": {"type": "object", "properties": {
                "a\"b": {"type": "string", "default": "\"} grant x {"},
                "breaks": {"type": "string", "default": "a\u2028grant all {}\u0085\u200b"},
                "type": {"enum": ["\u0000", "{x}", "e\u0301", ""]}}}}"#,
    );
    insta::assert_snapshot!(imported(&listing).text);
}

#[test]
fn names_are_kept_whole_or_left_out_by_name() {
    let names = [
        "files.read",
        "files/write",
        "any",
        "none",
        "Größe",
        "getIt",
        "getit",
        "in",
        "get",
        "get.all",
        "a..b",
        "delete\\u0000x",
        "list\\u202etxt",
        "e\\u0301",
        "action",
        "function",
        "returns",
        "get\\u200b",
        "\\u3164",
        "get\\u2028x",
    ];
    let tools: Vec<String> = names.iter().map(|name| tool(name, "", "")).collect();
    insta::assert_snapshot!(imported(&list(&tools.join(","))).text);
}

#[test]
fn arguments_that_a_schema_hides_are_told() {
    let check = |schema: &str, told: &str| {
        let listing = list(&format!(
            r#"{{"name": "get_x", "inputSchema": {{"type": "object", {schema}}}}}"#
        ));
        let text = imported(&listing).text;
        let marks: Vec<&str> = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("// TODO(placet): "))
            .collect();
        let said = "its schema says more of its arguments in ";
        match told {
            "" => assert_eq!(marks, [""; 0], "{schema}"),
            told => assert!(
                marks
                    .iter()
                    .any(|mark| mark.starts_with(&format!("{said}{told}"))),
                "{schema}: {marks:?}"
            ),
        }
    };
    let id = r#""properties": {"id": {"type": "string"}}"#;
    check(id, "");
    check(
        &format!(r#"{id}, "required": ["id"], "allOf": [{{"required": ["id"]}}]"#),
        "",
    );
    check(&format!(r#"{id}, "required": ["id", "ghost"]"#), "`ghost`");
    check(&format!(r#""allOf": [{{{id}}}]"#), "`allOf`");
    check(
        &format!(r#"{id}, "oneOf": [{{"$ref": "x.json"}}]"#),
        "`oneOf`",
    );
    check(r#""$ref": "https://example.com/x.json""#, "`$ref`");
    check(r#""patternProperties": {"^x": {}}"#, "`patternProperties`");
}

#[test]
fn parameters_of_any_name_are_declared() {
    let params = [
        "in", "or", "type", "user", "each", "a.b", "x-", "日本", "args", "7", "a b",
    ];
    let properties: Vec<String> = params
        .iter()
        .map(|name| format!(r#""{name}": {{"type": "string"}}"#))
        .collect();
    let required: Vec<String> = params.iter().map(|name| format!("{name:?}")).collect();
    let listing = list(&tool(
        "update_it",
        &properties.join(","),
        &required.join(","),
    ));
    insta::assert_snapshot!(code(&imported(&listing)));
    let bad = list(&format!(
        "{},{}",
        tool("fine", "", ""),
        tool("bad", r#""x\u0007": {"type": "string"}"#, "")
    ));
    let left_out = imported(&bad).left_out;
    let why: Vec<String> = left_out
        .iter()
        .map(|one| format!("{} {}: {}", one.pointer, one.name, one.why))
        .collect();
    insta::assert_debug_snapshot!(why);
}
