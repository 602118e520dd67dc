//! `placet lsp`, as an editor meets it: a process that is talked to.

mod editor;
mod names;
mod rename;

use lsp_server::Message;
use serde_json::{Value, json};

use crate::support::{Folder, root};
use editor::{Editor, LONG, RULES, TOOLS, place};

#[test]
fn what_it_can_is_told_first() {
    let editor = Editor::at_the_desk();
    insta::assert_snapshot!(editor.shown(&editor.initialized["capabilities"]));
    editor.end();
}

#[test]
fn findings_come_with_every_change_and_go_when_they_are_mended() {
    let mut editor = Editor::at_the_desk();
    assert_eq!(editor.findings("desk/rules.placet"), Vec::<Value>::new());
    let wrong = RULES.replace("user.tenant", "user.tenat");
    editor.change("desk/rules.placet", &wrong);
    let found = editor.findings("desk/rules.placet");
    insta::assert_snapshot!(editor.shown(&Value::Array(found)));
    editor.change("desk/rules.placet", RULES);
    assert_eq!(editor.findings("desk/rules.placet"), Vec::<Value>::new());
    editor.end();
}

#[test]
fn a_file_that_is_open_counts_for_the_other() {
    let mut editor = Editor::at_the_desk();
    assert_eq!(editor.findings("desk/rules.placet"), Vec::<Value>::new());
    // What has not been saved is what is there.
    editor.open("desk/tools.placet", &TOOLS.replace("get(", "fetch("));
    let found = editor.findings("desk/rules.placet");
    assert!(
        found[0]["message"]
            .as_str()
            .is_some_and(|text| text.contains("tickets.get")),
        "{found:?}"
    );
    editor.end();
}

#[test]
fn a_claim_that_does_not_hold_is_found_when_it_is_quiet() {
    let mut editor = Editor::at_the_desk();
    assert_eq!(editor.findings("desk/rules.placet"), Vec::<Value>::new());
    let claim = "\nclaim \"nobody reads\" { never { action read } }\n";
    editor.change("desk/rules.placet", &format!("{RULES}{claim}"));
    let found = editor.findings("desk/rules.placet");
    let message = found[0]["message"].as_str().expect("a text");
    assert!(
        message.starts_with("the claim \"nobody reads\" does not hold"),
        "{message}"
    );
    assert!(
        message.ends_with("it would hold without main/triage"),
        "{message}"
    );
    editor.end();
}

#[test]
fn the_linter_looks_when_it_is_quiet_and_its_fixes_are_actions() {
    let folder = Folder::new();
    let text = RULES.replace("for      15m", "for      900s");
    folder.file("desk/rules.placet", &text);
    folder.file("desk/tools.placet", TOOLS);
    let mut editor = Editor::start(folder);
    editor.open("desk/rules.placet", &text);
    assert_eq!(editor.findings("desk/rules.placet"), Vec::<Value>::new());
    let found = editor.findings("desk/rules.placet");
    let of_unit: Vec<&Value> = found
        .iter()
        .filter(|found| {
            found["message"]
                .as_str()
                .is_some_and(|text| text.contains("15m"))
        })
        .collect();
    assert_eq!(of_unit.len(), 1, "{found:?}");
    let uri = editor.uri("desk/rules.placet");
    let answer = editor
        .ask(
            "textDocument/codeAction",
            json!({
                "textDocument": { "uri": uri },
                "range": of_unit[0]["range"],
                "context": { "diagnostics": [of_unit[0]] },
            }),
        )
        .expect("it is answered");
    let fix = &answer[0];
    assert_eq!(fix["title"], "write `15m`");
    assert_eq!(fix["isPreferred"], true);
    assert_eq!(fix["diagnostics"][0]["code"], of_unit[0]["code"]);
    assert_eq!(fix["edit"]["changes"][&uri][0]["newText"], "15m");
    editor.end();
}

#[test]
fn hints_tell_who_may_call_and_what_never_decides() {
    let folder = Folder::new();
    let dead = "\ndeny nothing { agent triage-bot  when 1 > 2 }\n";
    let text = format!("{RULES}{dead}");
    folder.file("desk/rules.placet", &text);
    folder.file("desk/tools.placet", TOOLS);
    let refresh = json!({ "workspace": { "inlayHint": { "refreshSupport": true } } });
    let mut editor = Editor::start_with(folder, refresh);
    editor.open("desk/rules.placet", &text);
    // The editor is told when there is something to ask for.
    loop {
        match editor.messages.recv_timeout(LONG).expect("it is told") {
            Message::Request(asked) if asked.method == "workspace/inlayHint/refresh" => break,
            _ => {}
        }
    }
    let mut found = String::new();
    for name in ["desk/rules.placet", "desk/tools.placet"] {
        let hints = editor
            .ask(
                "textDocument/inlayHint",
                json!({
                    "textDocument": { "uri": editor.uri(name) },
                    "range": {
                        "start": { "line": 0, "character": 0 },
                        "end": { "line": 100, "character": 0 },
                    },
                }),
            )
            .expect("it is answered");
        for hint in hints.as_array().expect("a list") {
            found.push_str(&format!(
                "{name}:{}: {}\n{}\n\n",
                hint["position"]["line"].as_u64().expect("a line") + 1,
                hint["label"].as_str().expect("a text"),
                hint["tooltip"].as_str().expect("a text"),
            ));
        }
    }
    insta::assert_snapshot!(found);
    editor.end();
}

#[test]
fn what_can_be_written_is_offered() {
    let mut editor = Editor::at_the_desk();
    let mut found = String::new();
    for written in [
        "",
        "gr",
        "grant x { ",
        "grant x { agent ",
        "grant x { agent in ",
        "grant x { user any  tool ",
        "grant x { user any  tool tickets.",
        "grant x { action ",
        "grant x { when user.",
        "grant x { when args.",
        "grant x { resource \"",
        "grant x { resource \"ticket/{user.",
        "let y = ",
        "claim \"c\" { never { ",
        "test \"t\" { call tickets.",
        "test \"t\" { call tickets.get { ",
        "test \"t\" { call tickets.get {} -> deny ",
        "test \"t\" { call tickets.get {} -> grant by ",
        "test \"t\" { user ana { ",
        "// agent ",
    ] {
        let text = format!("{RULES}\n{written}");
        editor.change("desk/rules.placet", &text);
        let uri = editor.uri("desk/rules.placet");
        let lines = text.matches('\n').count();
        let answer = editor
            .ask(
                "textDocument/completion",
                json!({
                    "textDocument": { "uri": uri },
                    "position": { "line": lines, "character": written.len() },
                }),
            )
            .expect("it is answered");
        let labels: Vec<&str> = answer
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|item| item["label"].as_str())
            .collect();
        found.push_str(&format!("{written}⟨\n    {}\n", labels.join(" ")));
    }
    insta::assert_snapshot!(found);
    editor.end();
}

#[test]
fn a_suggestion_is_an_action() {
    let mut editor = Editor::at_the_desk();
    let wrong = RULES.replace("user.tenant", "user.tenat");
    editor.change("desk/rules.placet", &wrong);
    let uri = editor.uri("desk/rules.placet");
    let at = place(&wrong, "user.tenat", 6);
    let answer = editor
        .ask(
            "textDocument/codeAction",
            json!({
                "textDocument": { "uri": uri },
                "range": { "start": at, "end": at },
                "context": { "diagnostics": [] },
            }),
        )
        .expect("it is answered");
    insta::assert_snapshot!(editor.shown(&answer));
    editor.end();
}

#[test]
fn a_text_is_formatted_and_outlined() {
    let mut editor = Editor::at_the_desk();
    let uri = editor.uri("desk/rules.placet");
    let document = json!({ "textDocument": { "uri": uri }, "options": {
        "tabSize": 2, "insertSpaces": true,
    }});
    let loose = RULES.replace("  user     any", "      user any");
    editor.change("desk/rules.placet", &loose);
    let answer = editor.ask("textDocument/formatting", document.clone());
    let edits = answer.expect("it is answered");
    let formatted = editor.folder.file(
        "desk/rules.placet",
        edits[0]["newText"].as_str().expect("a text"),
    );
    formatted
        .run(&["fmt", "--check", "desk/rules.placet"])
        .ends(0);
    let outline = editor.ask("textDocument/documentSymbol", document);
    let outline = outline.expect("it is answered");
    let names: Vec<&str> = outline
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|symbol| symbol["name"].as_str())
        .collect();
    assert_eq!(
        names.join(" "),
        "main tenant triage-bot triage-bots own triage"
    );
    editor.end();
}

#[test]
fn columns_count_in_units_of_utf_16_unless_bytes_are_agreed_on() {
    let text = "policy p { language 1  layers main }\nagent \"🦀bot\" { owner = \"🦀🦀\" } // 🦀\n\
                group agents g = \"🦀bot\"\n";
    for (capabilities, width) in [
        (json!({}), 7),
        (
            json!({ "general": { "positionEncodings": ["utf-16", "utf-8"] } }),
            9,
        ),
    ] {
        let folder = Folder::new();
        folder.file("p.placet", text);
        let mut editor = Editor::start_with(folder, capabilities);
        editor.open("p.placet", text);
        let uri = editor.uri("p.placet");
        let answer = editor
            .ask(
                "textDocument/definition",
                json!({
                    "textDocument": { "uri": uri },
                    "position": { "line": 2, "character": 19 },
                }),
            )
            .expect("it is answered");
        let range = &answer[0]["range"];
        assert_eq!(range["start"], json!({ "line": 1, "character": 6 }));
        assert_eq!(range["end"], json!({ "line": 1, "character": 6 + width }));
        editor.end();
    }
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let mut editor = Editor::at_the_desk();
    for (method, params) in [
        ("textDocument/hover", json!({})),
        (
            "textDocument/hover",
            json!({ "textDocument": { "uri": "untitled:1" }, "position": { "line": 0, "character": 0 } }),
        ),
        (
            "textDocument/hover",
            json!({ "textDocument": { "uri": "file:///etc/passwd" }, "position": { "line": 0, "character": 0 } }),
        ),
        (
            "textDocument/hover",
            json!({ "textDocument": { "uri": editor.uri("desk/rules.placet") }, "position": { "line": 4_000_000_000_u32, "character": 0 } }),
        ),
        ("textDocument/unheard", json!({})),
        ("workspace/executeCommand", json!({ "command": "x" })),
    ] {
        let answer = editor.ask(method, params);
        // Nothing of a file that is no policy is told.
        assert!(
            answer.as_ref().is_err() || answer == Ok(Value::Null),
            "{answer:?}"
        );
    }
    // Past the end of a line is its end.
    let answer = editor.ask(
        "textDocument/hover",
        json!({
            "textDocument": { "uri": editor.uri("desk/rules.placet") },
            "position": { "line": 2, "character": 4_000_000_000_u32 },
        }),
    );
    assert_eq!(answer, Ok(Value::Null));
    editor.end();
}

#[cfg(unix)]
#[test]
fn a_set_is_what_check_takes_it_for() {
    let folder = Folder::new();
    folder.file("desk/rules.placet", RULES);
    // A link to a folder is followed, one that leads back up is not; a pipe is no file.
    folder.file("shared/tools.placet", TOOLS);
    let link = std::os::unix::fs::symlink::<&str, _>;
    link("../shared", folder.path().join("desk/shared")).expect("a link");
    link("..", folder.path().join("desk/up")).expect("a link");
    let pipe = folder.path().join("desk/pipe.placet");
    let made = std::process::Command::new("mkfifo").arg(pipe).status();
    assert!(made.expect("mkfifo runs").success());
    folder.run(&["check", "desk"]).ends(0);
    let mut editor = Editor::start(folder);
    editor.open("desk/rules.placet", RULES);
    assert_eq!(editor.findings("desk/rules.placet"), Vec::<Value>::new());
    editor.end();
}

#[test]
fn all_suites_can_be_worked_on() {
    let suites = root()
        .join("policies")
        .canonicalize()
        .expect("they are there");
    let mut editor = Editor::start(Folder::new());
    for suite in std::fs::read_dir(&suites)
        .expect("they are there")
        .flatten()
    {
        let files = std::fs::read_dir(suite.path())
            .into_iter()
            .flatten()
            .flatten();
        for file in files.filter(|file| file.path().extension().is_some_and(|end| end == "placet"))
        {
            let text = std::fs::read_to_string(file.path()).expect("a text");
            let uri = format!("file://{}", file.path().display());
            editor.tell(
                "textDocument/didOpen",
                json!({ "textDocument": {
                    "uri": uri, "languageId": "placet", "version": 1, "text": text,
                }}),
            );
            for (line, written) in text.lines().enumerate().step_by(29) {
                for character in (0..written.len()).step_by(13) {
                    let at = json!({
                        "textDocument": { "uri": uri },
                        "position": { "line": line, "character": character },
                    });
                    let mut with_context = at.clone();
                    with_context["context"] = json!({ "includeDeclaration": true });
                    for (method, params) in [
                        ("hover", &at),
                        ("definition", &at),
                        ("completion", &at),
                        ("references", &with_context),
                    ] {
                        let answer = editor.ask(&format!("textDocument/{method}"), params.clone());
                        assert!(answer.is_ok(), "{uri}:{line}:{character}: {answer:?}");
                    }
                }
            }
        }
    }
    editor.end();
}

#[test]
fn an_editor_that_breaks_off_is_told_so() {
    let folder = Folder::new();
    folder
        .run_on(&["lsp"], "Content-Length: 7\r\n\r\nnonsens")
        .ends(2)
        .says("the conversation with the editor ended");
    folder
        .run_on(&["lsp"], "")
        .ends(2)
        .says("the conversation with the editor ended");
}
