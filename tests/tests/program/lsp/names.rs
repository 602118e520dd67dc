//! From a name to what it stands for, and to where it stands.

use serde_json::{Value, json};

use super::editor::{Editor, places};

/// Asks at places of the rules, and shows each answer's places.
fn check(method: &str, asked: &[(&str, usize)], more: &Value) -> String {
    let mut editor = Editor::at_the_desk();
    let mut found = String::new();
    for (mark, after) in asked {
        let answer = editor
            .ask_at(method, mark, *after, more.clone())
            .expect("it is answered");
        found.push_str(&format!("{mark} +{after}\n"));
        for place in places(&editor, &answer) {
            found.push_str(&format!("    {place}\n"));
        }
    }
    editor.end();
    found
}

#[test]
fn a_name_leads_to_what_it_stands_for() {
    let asked = [
        ("agent    in triage-bots", 12),
        ("when     own(t)", 10),
        ("when     own(t)", 13),
        ("args.id", 6),
        ("t == user.tenant", 11),
        ("tool     tickets", 10),
        ("call tickets.get", 14),
        ("with held", 6),
        ("by triage", 4),
        ("main/triage", 7),
        ("tenant = \"acme\", id", 1),
    ];
    insta::assert_snapshot!(check("textDocument/definition", &asked, &json!({})));
}

#[test]
fn a_name_is_found_wherever_it_is_used() {
    let asked = [
        ("grant triage", 7),
        ("tenant: text", 1),
        ("{*t}", 2),
        ("as held", 4),
    ];
    let more = json!({ "context": { "includeDeclaration": true } });
    insta::assert_snapshot!(check("textDocument/references", &asked, &more));
}

#[test]
fn hovering_shows_the_declaration() {
    let mut editor = Editor::at_the_desk();
    let mut found = String::new();
    for (mark, after) in [
        ("grant triage", 7),
        ("agent triage-bot", 8),
        ("user.tenant", 6),
        ("args.id", 6),
        ("call tickets.get", 14),
        ("own(t) and", 1),
        ("{*t}", 2),
    ] {
        let answer = editor
            .ask_at("textDocument/hover", mark, after, json!({}))
            .expect("it is answered");
        let text = answer["contents"]["value"].as_str().unwrap_or("nothing");
        found.push_str(&format!("==== {mark} +{after}\n{text}\n"));
    }
    insta::assert_snapshot!(found);
    editor.end();
}
