//! Tools that call themselves reading and are not: the dangerous way to guess wrong.

use placet_import::Block;

use crate::support::{imported, list};

/// The action of the only tool of a list, and the marks on it.
fn guessed(block: &Block) -> (String, Vec<String>) {
    let lines = block.text.lines().map(str::trim);
    let action = lines.clone().find_map(|line| line.strip_prefix("action "));
    let said: Vec<&str> = lines
        .skip_while(|line| !line.starts_with("tool "))
        .filter_map(|line| line.strip_prefix("// "))
        .collect();
    let marks = said.join(" ");
    let marks = marks.split("TODO(placet): ").skip(1);
    (
        action.unwrap_or_default().trim_end_matches(" {").to_owned(),
        marks.map(|mark| mark.trim().to_owned()).collect(),
    )
}

fn check(tool: &str, action: &str, mark: &str) {
    let block = imported(&list(tool));
    let (found, marks) = guessed(&block);
    assert_eq!(found, action, "{tool}\n{}", block.text);
    let told = marks.iter().any(|one| one.contains(mark));
    assert!(
        if mark.is_empty() {
            marks.is_empty()
        } else {
            told
        },
        "{tool}\n{}",
        block.text
    );
}

/// A tool with this name, description, annotations and properties.
fn tool(name: &str, said: &str, hints: &str, properties: &str) -> String {
    format!(
        r#"{{"name": "{name}", "description": "{said}", "annotations": {{{hints}}},
             "inputSchema": {{"type": "object", "properties": {{"id": {{"type": "string"}}, {properties}
                 "z": {{"type": "integer"}}}}, "required": ["id"]}}}}"#
    )
}

const TEXT: &str = r#"{"type": "string"}"#;

#[test]
fn a_server_that_claims_to_change_something_is_believed() {
    let check = |hints: &str, action: &str, mark: &str| {
        check(&tool("get_thing", "", hints, ""), action, mark);
    };
    check("", "read", "");
    check(r#""readOnlyHint": true"#, "read", "");
    check(
        r#""readOnlyHint": false"#,
        "update",
        "the server claims that it changes something",
    );
    check(
        r#""readOnlyHint": false, "destructiveHint": true"#,
        "update",
        "the server claims that it destroys",
    );
    check(
        r#""readOnlyHint": false, "destructiveHint": false"#,
        "create",
        "the server claims that it adds something",
    );
}

#[test]
fn a_description_that_says_more_than_the_name_is_believed() {
    let check = |said: &str, hints: &str, action: &str, mark: &str| {
        check(&tool("db_query", said, hints, ""), action, mark);
    };
    check(
        "Execute a query.",
        "",
        "run",
        "its description that it is `run`",
    );
    check("Deletes what it finds.", "", "delete", "its description");
    check("Start here.", r#""readOnlyHint": true"#, "read", "");
    check("Reads rows.", "", "read", "");
}

#[test]
fn an_argument_that_only_something_else_would_take_is_evidence() {
    let check = |name: &str, properties: &str, action: &str, mark: &str| {
        let hints = r#""readOnlyHint": true"#;
        check(&tool(name, "", hints, properties), action, mark);
    };
    let text = |name: &str| format!(r#""{name}": {TEXT},"#);
    let flag = |name: &str| format!(r#""{name}": {{"type": "boolean"}},"#);
    check(
        "get_attachment",
        &text("savePath"),
        "update",
        "`savePath` says where it writes",
    );
    check(
        "download_file",
        &text("local_path"),
        "update",
        "`local_path` says where it writes",
    );
    check(
        "get_report",
        &text("output_filename"),
        "update",
        "says where it writes",
    );
    check("get_report", &text("output_format"), "read", "");
    check("get_file", &text("local_path"), "read", "");
    check(
        "query_rows",
        &text("sql"),
        "run",
        "`sql` is a program that it runs",
    );
    check("find_it", &text("command"), "run", "`command` is a program");
    check(
        "get_mails",
        &flag("mark_as_read"),
        "read",
        "`mark_as_read` may make it `update`",
    );
    check(
        "get_mails",
        &flag("deleteAfter"),
        "read",
        "`deleteAfter` may make it `delete`",
    );
    check("get_page", &flag("removeImages"), "read", "");
    check(
        "get_delete_status",
        "",
        "read",
        "a part of it that it is `delete`",
    );
}

#[test]
fn an_argument_that_chooses_is_never_less_than_what_it_may_choose() {
    let schema = |members: &str, required: &str| {
        format!(
            r#"{{"name": "get_thing", "inputSchema": {{"type": "object", "properties": {{
                 "method": {{"enum": [{members}]}}}}, "required": [{required}]}}}}"#
        )
    };
    check(&schema(r#""get", "list""#, r#""method""#), "read", "");
    check(
        &schema(r#""delete", "remove""#, r#""method""#),
        "delete",
        "`method` may choose `delete`",
    );
    check(
        &schema(r#""opened", "merge_failed""#, ""),
        "read",
        "`method` may choose `update`",
    );
    check(
        &schema(r#""get", "delete""#, ""),
        "delete",
        "`method` may choose `delete`",
    );
}
