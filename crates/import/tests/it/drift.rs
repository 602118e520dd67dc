//! Seeded differences: each is found, and nothing else.

use std::collections::BTreeSet;

use placet_import::{
    Call, Declared, Finding, Grant, Listing, Real, drift, grants, read, scopes, unused,
};

use crate::servers::{compare, server};
use crate::support::{POLICY, compiled, imported};

const LIST: &str = r#"{"serverInfo": {"name": "shop"}, "tools": [
  {"name": "get_order", "description": "Gets an order.",
   "annotations": {"readOnlyHint": true},
   "inputSchema": {"type": "object", "properties": {
     "id": {"type": "integer"}, "state": {"enum": ["open", "closed"]}, "deep": {"type": "boolean", "default": false}},
     "required": ["id", "state"]}},
  {"name": "pay_order",
   "inputSchema": {"type": "object", "properties": {"order_id": {"type": "integer"}}, "required": ["order_id"]}}
]}"#;

fn shown(finding: &Finding) -> String {
    let write = finding
        .write
        .as_ref()
        .map_or_else(String::new, |write| format!("\n  write {write}"));
    format!(
        "{} {} {}: {}\n  help {}{write}",
        finding.code.code(),
        finding.severity.name(),
        finding.real.as_ref().map_or("", |(_, pointer)| pointer),
        finding.message,
        finding.help
    )
}

fn found(text: &str, listing: &Listing) -> String {
    let (_, compared) = compare(text, listing);
    let found: Vec<String> = compared.findings.iter().map(shown).collect();
    found.join("\n")
}

#[test]
fn every_seeded_change_of_a_server_is_found_with_what_to_write() {
    let before = read(LIST.as_bytes()).expect("it is a list");
    let block = imported(&before);
    let mut all = String::new();
    for (from, to) in [
        (
            r#""serverInfo": {"name": "shop"}"#,
            r#""serverInfo": {"name": "other"}"#,
        ),
        (r#""name": "pay_order""#, r#""name": "settle_order""#),
        (
            r#""id": {"type": "integer"}, "#,
            r#""id": {"type": "integer"}, "note": {"type": "string"}, "#,
        ),
        (
            r#""deep": {"type": "boolean", "default": false}"#,
            r#""page": {"type": "integer"}"#,
        ),
        (
            r#""id": {"type": "integer"}"#,
            r#""id": {"type": "string"}"#,
        ),
        (r#"["open", "closed"]"#, r#"["open", "closed", "void"]"#),
        (r#""required": ["id", "state"]"#, r#""required": ["id"]"#),
        (r#""default": false"#, r#""default": true"#),
        (
            r#""readOnlyHint": true"#,
            r#""readOnlyHint": false, "destructiveHint": true"#,
        ),
        (
            r#""readOnlyHint": true"#,
            r#""readOnlyHint": true, "openWorldHint": false"#,
        ),
    ] {
        let changed = LIST.replacen(from, to, 1);
        assert_ne!(changed, LIST);
        let listing = read(changed.as_bytes()).expect("it is a list");
        all.push_str(&format!("## {to}\n{}\n\n", found(&block.text, &listing)));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn an_absent_annotation_and_its_default_do_not_differ() {
    let block = imported(&read(LIST.as_bytes()).expect("it is a list"));
    for (from, to) in [
        (
            r#"{"readOnlyHint": true}"#,
            r#"{"readOnlyHint": true, "destructiveHint": true, "openWorldHint": true}"#,
        ),
        (
            r#"{"name": "pay_order","#,
            r#"{"name": "pay_order", "annotations": {"readOnlyHint": false, "destructiveHint": true},"#,
        ),
    ] {
        let changed = LIST.replacen(from, to, 1);
        assert_ne!(changed, LIST);
        assert_eq!(
            found(
                &block.text,
                &read(changed.as_bytes()).expect("it is a list")
            ),
            ""
        );
    }
}

#[test]
fn a_policy_written_by_hand_is_compared_too() {
    let policy = r#"
        @drift-allows("drop_table", "get_row.limit")
        tool db {
          action read {
            get_row(table: text, id: int, ...) -> "table/{table}/{id}"
            list_rows(table: "a" | "b") -> "table/{table}"
          }
        }"#;
    let tool = |name: &str, hints: &str, properties: &str| {
        format!(
            r#"{{"name": "{name}", "annotations": {{{hints}}}, "inputSchema": {{"type": "object", "properties":
                {{"table": {{"type": "string"}}{properties}}}, "required": ["table", "id"]}}}}"#
        )
    };
    let list = |rows: &str| {
        let tools = [
            tool(
                "get_row",
                "",
                r#", "id": {"type": "number"}, "limit": {"type": "integer"}"#,
            ),
            tool("list_rows", rows, ""),
            tool("drop_table", "", ""),
        ];
        read(
            format!(
                r#"{{"server": "db-mcp-server", "tools": [{}]}}"#,
                tools.join(",")
            )
            .as_bytes(),
        )
        .expect("it is a list")
    };
    insta::assert_snapshot!(found(policy, &list(r#""destructiveHint": true"#)));
}

#[test]
fn every_tool_that_stands_for_a_server_is_compared() {
    let policy = |second: &str| {
        format!(
            r#"@mcp("db") tool one {{ action read {{ get_row(id: int) -> "row/{{id}}" }} }}
               @mcp("db") tool two {{ action read {{ get_row(id: {second}) -> "row/{{id}}" }} }}"#
        )
    };
    let list = |parameter: &str| {
        let text = format!(
            r#"{{"server": "db", "tools": [{{"name": "get_row", "inputSchema": {{"type": "object",
                "properties": {{"{parameter}": {{"type": "integer"}}}}, "required": ["{parameter}"]}}}}]}}"#
        );
        read(text.as_bytes()).expect("it is a list")
    };
    let check = |second: &str, parameter: &str, codes: &[(&str, &str)]| {
        let (_, compared) = compare(&policy(second), &list(parameter));
        let found: Vec<(&str, &str)> = compared
            .findings
            .iter()
            .map(|found| (found.code.code(), found.about.as_str()))
            .collect();
        assert_eq!(found, codes, "{second} {parameter}");
    };
    check("int", "id", &[]);
    check("text", "id", &[("DR0203", "two.get_row.id")]);
    // Neither is unknown: it has become what no policy can declare.
    let beyond = [("DR0102", "one.get_row"), ("DR0102", "two.get_row")];
    check("int", "\\u200b", &beyond);
}

#[test]
fn a_server_that_nothing_stands_for_is_told_with_its_likely_tool() {
    let policy = r#"tool tickets { action read {
        slack_list_channels(limit: int?) -> "x"
        slack_post_message(limit: int?) -> "x"
        slack_reply_to_thread(limit: int?) -> "x"
        slack_add_reaction(limit: int?) -> "x"
        slack_get_users(limit: int?) -> "x"
    } }"#;
    insta::assert_snapshot!(found(policy, &server("slack")));
}

#[test]
fn scopes_are_no_wider_than_granted_tools_require() {
    let listing = server("github");
    let block = imported(&listing);
    let declared = Declared::of(&compiled(&block.text).files);
    let real = [Real {
        listing: &listing,
        otherwise: "",
        tool: None,
    }];
    let compared = drift(&declared, &real);
    let check = |held: Option<&str>, granted: &str| {
        let held: Option<Vec<_>> = held.map(|held| held.split(' ').map(Into::into).collect());
        let granted: BTreeSet<_> = granted
            .split(' ')
            .map(|name| format!("github.{name}").into())
            .collect();
        let found = scopes(&declared, &real, &compared, held.as_deref(), Some(&granted));
        let found: Vec<String> = found.iter().map(shown).collect();
        found.join("\n")
    };
    // As they were imported, with all tools granted.
    assert_eq!(scopes(&declared, &real, &compared, None, None), []);
    assert_eq!(
        check(
            Some("repo delete_repo"),
            "delete_repository get_file_contents"
        ),
        ""
    );
    assert_eq!(check(Some("read:org"), "get_team_members get_me"), "");
    insta::assert_snapshot!(check(None, "get_file_contents get_team_members"));
    insta::assert_snapshot!(check(Some("repo"), "get_code_scanning_alert"));
    insta::assert_snapshot!(check(Some("gist"), "delete_repository create_gist"));
}

#[test]
fn what_no_call_used_is_told_rule_by_rule() {
    let tools = imported(&read(LIST.as_bytes()).expect("it is a list")).text;
    let more =
        "grant none { agent bot  user any  tool shop.pay_order  action pay  resource any }\n";
    let checked = placet_compiler::texts::check([
        ("policy.placet", format!("{POLICY}{more}")),
        ("tools.placet", tools),
    ]);
    let policy = checked.policy.as_ref().expect("it compiles");
    let grants: Vec<Grant> = grants(policy.policy(), &checked.files);
    let call = |tool: &str, action: &str, rule: &str| Call {
        tool: tool.into(),
        actions: vec![action.into()],
        rules: vec![rule.into()],
    };
    let read = call("shop.get_order", "read", "main/all");
    let pay = |rule| call("shop.pay_order", "pay", rule);
    let check = |calls: &[Call]| {
        let found: Vec<String> = unused(&grants, calls).iter().map(shown).collect();
        found.join("\n")
    };
    assert_eq!(
        check(&[read.clone(), pay("main/all"), pay("main/none")]),
        ""
    );
    insta::assert_snapshot!(check(&[read]));
    assert!(grants.iter().all(|grant| grant.at.is_some()));
}
