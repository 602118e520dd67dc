//! Real servers: imported, compiled, and without drift from what they were imported of.

use placet_import::{Compared, Declared, Listing, Real, drift, read};

use crate::support::{compiled, imported};

const SERVERS: &[(&str, &str, usize)] = &[
    ("slack", include_str!("../data/slack.json"), 8),
    ("gmail", include_str!("../data/gmail.json"), 19),
    ("cloudflare", include_str!("../data/cloudflare.json"), 89),
    (
        "google-calendar",
        include_str!("../data/google-calendar.json"),
        13,
    ),
    ("github", include_str!("../data/github.json"), 10),
];

pub(crate) fn server(name: &str) -> Listing {
    let (_, text, _) = SERVERS
        .iter()
        .find(|(known, _, _)| *known == name)
        .expect("it is here");
    read(text.as_bytes()).expect("it is a list")
}

/// What differs between a policy text and a list.
pub(crate) fn compare(text: &str, listing: &Listing) -> (Declared, Compared) {
    let declared = Declared::of(&compiled(text).files);
    let real = Real {
        listing,
        otherwise: "test",
        tool: None,
    };
    let compared = drift(&declared, &[real]);
    (declared, compared)
}

#[test]
fn servers_are_imported_whole_and_do_not_differ_from_themselves() {
    for (name, _, tools) in SERVERS {
        let listing = server(name);
        let block = imported(&listing);
        assert_eq!(
            (block.functions, block.left_out.len()),
            (*tools, 0),
            "{name}"
        );
        assert_eq!(block.tool, *name);
        let (_, compared) = compare(&block.text, &listing);
        assert_eq!(compared.findings, [], "{name}");
        assert_eq!(compared.stands, [[0]], "{name}");
    }
}

#[test]
fn all_shapes_in_which_lists_are_kept_are_one_list() {
    let tools = r#"{"name": "a", "inputSchema": {"type": "object"}}"#;
    let check = |text: String, said: &str| {
        let got = match read(text.as_bytes()) {
            Ok(listing) => {
                let names: Vec<&str> = listing
                    .tools
                    .iter()
                    .map(|tool| tool.name.as_str())
                    .collect();
                let server = listing.server.name.as_deref().unwrap_or("-");
                format!(
                    "{server}: {} at {}",
                    names.join(" "),
                    listing.tools.first().map_or("", |tool| &tool.pointer)
                )
            }
            Err(refused) => refused.to_string(),
        };
        assert_eq!(got, said, "{text}");
    };
    check(format!(r#"{{"tools": [{tools}]}}"#), "-: a at /tools/0");
    check(format!("[{tools}]"), "-: a at /0");
    check(
        format!(r#"{{"jsonrpc": "2.0", "id": 1, "result": {{"tools": [{tools}]}}}}"#),
        "-: a at /result/tools/0",
    );
    check(
        format!(
            r#"{{"server": {{"id": "s"}}, "initialize": {{"serverInfo": {{"name": "I"}}}}, "tools": [{tools}]}}"#
        ),
        "I: a at /tools/0",
    );
    check(
        format!(
            r#"[{{"result": {{"tools": [{tools}], "nextCursor": "x"}}}}, {{"result": {{"tools": []}}}}]"#
        ),
        "-: a at /0/result/tools/0",
    );
    // A cursor counts wherever it was put: the rest would look gone.
    for (text, place) in [
        (
            format!(r#"{{"tools": [{tools}], "nextCursor": "x"}}"#),
            "/nextCursor",
        ),
        (
            format!(r#"{{"tools": {{"tools": [{tools}]}}, "nextCursor": "x"}}"#),
            "/nextCursor",
        ),
        (
            format!(r#"{{"tools": {{"tools": [{tools}], "nextCursor": ""}}}}"#),
            "/tools/nextCursor",
        ),
        (
            format!(r#"{{"result": {{"tools": [{tools}]}}, "nextCursor": "x"}}"#),
            "/nextCursor",
        ),
    ] {
        check(text, &format!("{place}: the list goes on behind this page"));
    }
    check(
        format!(r#"{{"error": null, "result": {{"tools": [{tools}], "nextCursor": null}}}}"#),
        "-: a at /result/tools/0",
    );
    check(
        r#"{"jsonrpc": "2.0", "error": {"code": -32601, "message": "no\u001b[31m method"}}"#.into(),
        "/error: the server answered with an error: `no [31m method`",
    );
}

#[test]
fn the_tools_of_slack() {
    insta::assert_snapshot!(imported(&server("slack")).text);
}

#[test]
fn the_tools_of_gmail() {
    insta::assert_snapshot!(imported(&server("gmail")).text);
}

#[test]
fn tools_whose_argument_chooses_the_action() {
    let block = imported(&server("github"));
    let text = block
        .text
        .split("function issue_write")
        .nth(1)
        .expect("it chooses");
    insta::assert_snapshot!(format!("function issue_write{text}"));
}
