//! `import` and `drift`

use crate::support::{Folder, root};

const TOOLS: &str = r#"{
  "initialize": { "serverInfo": { "name": "Shop MCP Server", "version": "1.2" } },
  "tools": [
    { "name": "get_order", "description": "Gets\u202e an order.\nNothing else.",
      "annotations": { "readOnlyHint": true, "openWorldHint": false },
      "inputSchema": { "type": "object", "required": ["order_id"], "properties": {
        "order_id": { "type": "integer" }, "view": { "enum": ["short", "long"], "default": "short" } } },
      "_meta": { "oauth": { "required": ["orders:read"] } } },
    { "name": "delete_order", "inputSchema": { "type": "object", "required": ["order_id"],
        "properties": { "order_id": { "type": "integer" } } },
      "_meta": { "oauth": { "required": ["orders:write"] } } }
  ]
}"#;

const POLICY: &str = "policy shop { language 1  layers main  lifetime 1h }\n\
                      agent clerk\n\
                      grant orders { agent clerk  user any  tool shop  action read, delete  resource \"order/*\" }\n";

fn shop() -> Folder {
    let folder = Folder::new();
    folder.file("tools.json", TOOLS);
    folder
        .run(&[
            "import",
            "mcp",
            "tools.json",
            "--out",
            "policy-tools.placet",
        ])
        .ends(0)
        .says("tool `shop` with 2 functions");
    folder
}

#[test]
fn a_list_becomes_a_tool_block_that_is_formatted_and_fine_by_itself() {
    let folder = shop();
    insta::assert_snapshot!(folder.read("policy-tools.placet"), @r#"
    // The MCP server `Shop MCP Server` 1.2, imported.
    // Names, types, descriptions and claims are its own word, which nobody verified; actions and
    // resources are guesses. `TODO(placet)` marks what a person must decide.

    @mcp("Shop MCP Server")
    @oauth-scopes("orders:read", "orders:write")
    tool shop {
      action read {
        /// Gets an order. Nothing else.
        /// The server claims: read-only, closed world.
        get_order(order_id: int, view: "short" | "long" = "short") -> "order/{order_id}"
      }
      action delete {
        /// The server claims: nothing.
        delete_order(order_id: int) -> "order/{order_id}"
      }
    }
    "#);
    folder
        .run(&["fmt", "--check", "policy-tools.placet"])
        .ends(0);
    let checked = folder.run(&["check", "policy-tools.placet"]).ends(0);
    checked.shows("declarations alone");
    let json = folder
        .run(&["check", "policy-tools.placet", "--format", "json"])
        .ends(0)
        .json();
    assert_eq!(
        (&json["usable"], &json["declarations_only"]),
        (&true.into(), &true.into())
    );
    folder.file("policy.placet", POLICY);
    folder.run(&["check", "."]).ends(0).shows("fine: 2 files");
    // What is declared alone decides nothing.
    folder
        .run(&["decide", "--policy", "policy-tools.placet"])
        .ends(2)
        .says("PL0701");
    // And a part with a rule in it lacks its policy.
    folder.file("rules.placet", "deny all {}\n");
    folder
        .run(&["check", "policy-tools.placet", "rules.placet"])
        .ends(1)
        .shows("PL0701");
}

#[test]
fn nothing_is_overwritten_and_nothing_is_half_written() {
    let folder = shop();
    let out = [
        "import",
        "mcp",
        "tools.json",
        "--out",
        "policy-tools.placet",
    ];
    folder
        .run(&out)
        .ends(2)
        .says("`policy-tools.placet` exists already")
        .says("--force");
    let again = folder.run(&[&out[..], &["--force", "--server", "acme.shop"]].concat());
    again.ends(0).says("tool `acme.shop`");
    assert!(
        folder
            .read("policy-tools.placet")
            .contains("tool acme.shop {")
    );
    let check = |text: &str, said: &str| {
        folder.file("bad.json", text);
        folder
            .run(&["import", "mcp", "bad.json", "--out", "bad.placet"])
            .ends(2)
            .says(said);
        assert!(!folder.path().join("bad.placet").exists());
    };
    check(
        "[{\"name\": 1}]",
        "bad.json: /0/name: the name of a tool is a text",
    );
    check("{\"tools\": []}", "the list holds no tools");
    check(
        "{\"tools\": [], \"nextCursor\": \"2\"}",
        "/nextCursor: the list goes on",
    );
    folder
        .run(&["import", "mcp", "tools.json", "--server", "any"])
        .ends(2)
        .says("no tool can be called `any`");
}

#[test]
fn a_tool_that_cannot_be_declared_is_named_and_left_out() {
    let folder = Folder::new();
    let bad = TOOLS.replace("\"delete_order\"", "\"delete\\n_order\"");
    let run = folder.run_on(&["import", "mcp", "-", "--server", "shop"], bad);
    run.ends(1)
        .shows("// TODO(placet): `delete _order` is left out: its name is no text")
        .says("note: `delete _order` is left out (/tools/1): its name is no text");
}

#[test]
fn a_policy_does_not_differ_from_what_it_was_imported_of() {
    let folder = shop();
    folder
        .run(&["drift", "--policy", "policy-tools.placet", "tools.json"])
        .ends(0)
        .shows("no drift");
    folder.file("policy.placet", POLICY);
    let drift = ["drift", "--policy", ".", "tools.json"];
    folder.run(&drift).ends(0);

    let changed = TOOLS
        .replace("\"readOnlyHint\": true", "\"readOnlyHint\": false")
        .replace("delete_order", "erase_order");
    folder.file("tools.json", changed);
    insta::assert_snapshot!(folder.run(&drift).ends(1).stdout);

    let json = folder
        .run(&[&drift[..], &["--format", "json"]].concat())
        .ends(1)
        .json();
    assert_eq!(
        (&json["version"], &json["counts"]["errors"]),
        (&1.into(), &2.into())
    );
    let codes: Vec<&str> = json["findings"]
        .as_array()
        .expect("there are some")
        .iter()
        .map(|finding| finding["code"].as_str().expect("a code"))
        .collect();
    assert_eq!(codes, ["DR0102", "DR0301", "DR0103", "DR0501"]);
    assert_eq!(json["findings"][1]["file"], "./policy-tools.placet");
    assert_eq!(json["findings"][1]["line"], 10);
    assert_eq!(json["findings"][1]["pointer"], "/tools/0/annotations");

    let sarif = folder
        .run(&[&drift[..], &["--format", "sarif"]].concat())
        .ends(1)
        .json();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    for result in run["results"].as_array().expect("there are some") {
        let at = result["ruleIndex"].as_u64().expect("a rule");
        let at = usize::try_from(at).expect("few rules");
        assert_eq!(run["tool"]["driver"]["rules"][at]["id"], result["ruleId"]);
    }
}

#[test]
fn what_is_granted_without_need_is_told_from_an_audit() {
    let folder = shop();
    folder.file("policy.placet", POLICY);
    let record = |seq: u32, decision: &str, tool: &str, action: &str| {
        format!(
            r#"{{"seq":{seq},"time":"2026-11-23T10:00:00Z","event":"call","decision":"{decision}","tool":"shop.{tool}","requests":[{{"action":"{action}","resource":"order/1"}}],"rules":["main/orders"]}}"#
        ) + "\n"
    };
    let read = record(1, "grant", "get_order", "read");
    let denied = record(2, "deny", "delete_order", "delete");
    folder.file("audit.jsonl", format!("{read}{denied}"));
    let drift = [
        "drift",
        "--policy",
        ".",
        "tools.json",
        "--audit",
        "audit.jsonl",
    ];
    let shown = folder.run(&drift).ends(1);
    insta::assert_snapshot!(shown.stdout);
    folder.file(
        "audit.jsonl",
        read + &record(2, "grant", "delete_order", "delete"),
    );
    folder.run(&drift).ends(0);
    folder.file("audit.jsonl", denied);
    folder.run(&drift).ends(2).says("tells of no granted call");
    folder.file("audit.jsonl", "7\n");
    folder.run(&drift).ends(2).says("line 1, is no record");
}

#[test]
fn what_cannot_be_compared_is_said() {
    let folder = shop();
    let check = |args: &[&str], said: &str| {
        folder
            .run(&[&["drift", "--policy"], args].concat())
            .ends(2)
            .says(said);
    };
    check(
        &["policy-tools.placet", "none.json"],
        "cannot read `none.json`",
    );
    check(
        &["policy-tools.placet", "tools.json", "--server", "x"],
        "declares no tool `x`",
    );
    check(
        &[
            "policy-tools.placet",
            "tools.json",
            "tools.json",
            "--server",
            "shop",
        ],
        "`--server` is about one server",
    );
    check(
        &["policy-tools.placet", "tools.json", "--audit", "tools.json"],
        "declarations alone and grants nothing",
    );
    folder.file("bad.placet", "tool {");
    check(&["bad.placet", "tools.json"], "the policy has errors");
    folder
        .run(&[
            "drift",
            "--policy",
            "policy-tools.placet",
            "tools.json",
            "--oauth-scopes",
            "orders:read,admin",
        ])
        .ends(1)
        .shows("DR0501")
        .shows("DR0502");
}

/// What `docs/reference/import.md` shows of a list is what comes of it.
#[test]
fn the_page_shows_what_is_written() {
    let page = std::fs::read_to_string(root().join("docs/reference/import.md"))
        .expect("the page is there");
    let block = |language: &str| {
        let text = page
            .split(&format!("```{language}\n"))
            .nth(1)
            .expect("it has one");
        text.split("```").next().unwrap_or_default().to_owned()
    };
    let folder = Folder::new();
    folder.file("tools.json", block("json"));
    let written = folder.run(&["import", "mcp", "tools.json"]).ends(0).stdout;
    assert_eq!(written, block("placet"));
}

/// A device or a pipe stays what it is: a file in its place would take it away.
#[cfg(unix)]
#[test]
fn a_pipe_is_written_to_and_not_replaced() {
    use std::io::Read;
    use std::os::unix::fs::FileTypeExt;

    let folder = Folder::new();
    folder.file("tools.json", TOOLS);
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("it runs").success());
    let mut end = std::fs::File::options()
        .read(true)
        .write(true)
        .open(&pipe)
        .expect("it opens");
    let out = ["import", "mcp", "tools.json", "--out", "pipe"];
    folder.run(&out).ends(2).says("exists already");
    folder.run(&[&out[..], &["--force"]].concat()).ends(0);
    let kind = pipe.metadata().expect("it is there").file_type();
    assert!(kind.is_fifo());
    let mut begins = [0; 17];
    end.read_exact(&mut begins).expect("it was written to");
    assert_eq!(&begins, b"// The MCP server");
}
