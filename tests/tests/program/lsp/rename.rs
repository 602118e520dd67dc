//! Another name for something, everywhere at once.

use serde_json::json;

use super::editor::{Editor, RULES, TOOLS, place};
use crate::support::Folder;

/// The text after the edits of a rename.
fn renamed(editor: &mut Editor, mark: &str, after: usize, to: &str) -> Result<Vec<String>, String> {
    let edit = editor.ask_at("textDocument/rename", mark, after, json!({ "newName": to }))?;
    let mut texts = Vec::new();
    for (uri, edits) in edit["changes"].as_object().expect("changes") {
        let name = uri.strip_prefix(&editor.uri("")).expect("in the folder");
        let mut lines: Vec<String> = editor
            .folder
            .read(name.trim_start_matches('/'))
            .lines()
            .map(str::to_owned)
            .collect();
        let mut edits = edits.as_array().expect("a list").clone();
        edits.sort_by_key(|edit| std::cmp::Reverse(edit["range"]["start"]["character"].as_u64()));
        let mut changed = Vec::new();
        for edit in edits {
            let number = |end: &str, what: &str| {
                edit["range"][end][what].as_u64().expect("a number") as usize
            };
            let line = number("start", "line");
            lines[line].replace_range(
                number("start", "character")..number("end", "character"),
                edit["newText"].as_str().expect("a text"),
            );
            changed.push(line);
        }
        changed.sort_unstable();
        changed.dedup();
        for line in changed {
            texts.push(format!("{name}:{}: {}", line + 1, lines[line].trim()));
        }
    }
    texts.sort();
    Ok(texts)
}

#[test]
fn a_rename_reaches_every_use_and_never_makes_two_things_one() {
    let mut editor = Editor::at_the_desk();
    let mut found = String::new();
    for (mark, after, to) in [
        ("grant triage", 7, "sorting"),
        ("{*t}", 2, "owner"),
        ("tenant: text", 1, "team"),
        ("tool     tickets", 10, "issues"),
        ("agent triage-bot", 8, "the bot"),
        ("group agents triage-bots", 14, "desk bots"),
        // Refused:
        ("{*t}", 2, "two words"),
        ("agent triage-bot", 8, "any"),
        ("let own", 5, "user"),
        ("let own", 5, ""),
        ("let own", 5, "a\u{202e}b"),
        ("language 1", 1, "x"),
    ] {
        found.push_str(&format!("{mark} -> {to:?}\n"));
        match renamed(&mut editor, mark, after, to) {
            Ok(texts) => texts
                .iter()
                .for_each(|text| found.push_str(&format!("    {text}\n"))),
            Err(why) => found.push_str(&format!("    refused: {why}\n")),
        }
    }
    insta::assert_snapshot!(found);
    editor.end();
}

/// Every rename is refused, with what the reason says.
#[test]
fn a_rename_changes_no_decision() {
    let more = r#"
agent other
facts user { rank: text? = "second" }
deny by-name { agent any  when agent.id == "other" }
action write in changes
history calls-of = calls per task within 1h
deny after-write { when some c in calls-of: c.actions contains "write" or c.tool == "tickets.get" }
"#;
    let tools = TOOLS.replace(
        "}\n}",
        "}\n  action write { put(id: int) -> \"ticket/{id}\" }\n}",
    );
    for (mark, after, to, why) in [
        (
            "agent triage-bot",
            8,
            "other",
            "`other` is something else already",
        ),
        (
            "tenant: text",
            1,
            "rank",
            "`rank` is something else already",
        ),
        (
            "action   read",
            10,
            "write",
            "`write` is something else already",
        ),
        ("agent other", 7, "renamed", "the text \"other\""),
        ("action write", 8, "change", "the text \"write\""),
        ("tool     tickets", 10, "issues", "the text \"tickets.get\""),
    ] {
        let rules = format!("{RULES}{more}");
        let folder = Folder::new();
        folder.file("desk/rules.placet", &rules);
        folder.file("desk/tools.placet", &tools);
        let mut editor = Editor::start(folder);
        editor.open("desk/rules.placet", &rules);
        let answer = editor.ask(
            "textDocument/rename",
            json!({
                "textDocument": { "uri": editor.uri("desk/rules.placet") },
                "position": place(&rules, mark, after),
                "newName": to,
            }),
        );
        let refused = answer.expect_err("it is refused");
        assert!(refused.starts_with(why), "{mark} -> {to}: {refused}");
        editor.end();
    }
}
