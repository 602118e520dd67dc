//! `placet lsp`, as an editor meets it: a process that is talked to.

use std::io::{BufReader, Write};
use std::process::{Child, ChildStdin};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use lsp_server::{Message, Notification, Request, RequestId};
use serde_json::{Value, json};

use crate::support::{Folder, program, root};

/// Long enough for a machine that has much else to do.
const LONG: Duration = Duration::from_secs(60);

/// A policy of two files.
const RULES: &str = r#"policy desk { language 1  layers main  lifetime 1h }

facts user { tenant: text }

/// Sorts tickets.
agent triage-bot in triage-bots { owner = "desk" }
group agents triage-bots

let own(t: text) = t == user.tenant

/// Triage reads its user's tickets.
grant triage {
  agent    in triage-bots
  user     any
  tool     tickets
  action   read
  resource "ticket/{*t}/**"
  when     own(t) and args.id > 0
  for      15m
}

test "own tickets are read" {
  agent triage-bot
  user ana { tenant = "acme" }
  issue tickets read "ticket/acme/**" as held -> grant by triage
  call tickets.get { tenant = "acme", id = 1 } with held -> grant by "main/triage"
}
"#;

const TOOLS: &str = r#"/// Where the work is.
tool tickets {
  action read {
    /// One ticket.
    get(tenant: text, id: int) -> "ticket/{tenant}/{id}"
  }
}
"#;

/// Lints are for the tests that are about them.
const QUIET: &str = "[lint.levels]\noverscope = \"off\"\nstanding-access = \"off\"\nattribution = \"off\"\nguardrails = \"off\"\ndead-weight = \"off\"\ncorrectness = \"off\"\nhygiene = \"off\"\n";

/// An editor that has opened the policy.
struct Editor {
    folder: Folder,
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Message>,
    next: i32,
    initialized: Value,
}

impl Editor {
    fn start(folder: Folder) -> Self {
        Self::start_with(folder, json!({}))
    }

    fn start_with(folder: Folder, capabilities: Value) -> Self {
        let mut child = program(&["lsp", "--stdio"], folder.path())
            .spawn()
            .expect("the program starts");
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (told, messages) = channel();
        std::thread::spawn(move || {
            while let Ok(Some(message)) = Message::read(&mut output) {
                if told.send(message).is_err() {
                    return;
                }
            }
        });
        let mut editor = Self {
            input: child.stdin.take(),
            child,
            messages,
            next: 0,
            initialized: Value::Null,
            folder,
        };
        let uri = editor.uri("");
        editor.initialized = editor
            .ask(
                "initialize",
                json!({
                    "processId": null,
                    "capabilities": capabilities,
                    "workspaceFolders": [{ "uri": uri, "name": "work" }],
                }),
            )
            .expect("it is answered");
        editor.tell("initialized", json!({}));
        editor
    }

    /// With both files of the policy, of which the rules are open.
    fn at_the_desk() -> Self {
        let folder = Folder::new();
        folder.file("desk/rules.placet", RULES);
        folder.file("desk/tools.placet", TOOLS);
        folder.file("placet.toml", QUIET);
        let mut editor = Self::start(folder);
        editor.open("desk/rules.placet", RULES);
        editor
    }

    fn uri(&self, name: &str) -> String {
        let path = self.folder.path().canonicalize().expect("it is there");
        format!("file://{}", path.join(name).display())
            .trim_end_matches('/')
            .to_owned()
    }

    fn send(&mut self, message: Message) {
        let input = self.input.as_mut().expect("it still listens");
        message.write(input).expect("it reads");
        input.flush().expect("it reads");
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(Notification::new(method.to_owned(), params).into());
    }

    fn ask(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.next += 1;
        let id = RequestId::from(self.next);
        self.send(Request::new(id.clone(), method.to_owned(), params).into());
        loop {
            match self.messages.recv_timeout(LONG).expect("an answer comes") {
                Message::Response(response) if response.id == id => {
                    return response.response_result.map_err(|error| error.message);
                }
                _ => {}
            }
        }
    }

    fn open(&mut self, name: &str, text: &str) {
        let uri = self.uri(name);
        self.tell(
            "textDocument/didOpen",
            json!({ "textDocument": {
                "uri": uri, "languageId": "placet", "version": 1, "text": text,
            }}),
        );
    }

    fn change(&mut self, name: &str, text: &str) {
        let uri = self.uri(name);
        self.tell(
            "textDocument/didChange",
            json!({
                "textDocument": { "uri": uri, "version": 2 },
                "contentChanges": [{ "text": text }],
            }),
        );
    }

    /// The next findings of a file that are told.
    fn findings(&mut self, name: &str) -> Vec<Value> {
        let uri = self.uri(name);
        loop {
            match self.messages.recv_timeout(LONG).expect("findings come") {
                Message::Notification(told)
                    if told.method == "textDocument/publishDiagnostics"
                        && told.params["uri"] == uri =>
                {
                    return told.params["diagnostics"]
                        .as_array()
                        .expect("a list")
                        .clone();
                }
                _ => {}
            }
        }
    }

    /// Asks about the place in the rules where `mark` stands, `after` characters on.
    fn ask_at(
        &mut self,
        method: &str,
        mark: &str,
        after: usize,
        more: Value,
    ) -> Result<Value, String> {
        let mut params = json!({
            "textDocument": { "uri": self.uri("desk/rules.placet") },
            "position": place(RULES, mark, after),
        });
        for (key, value) in more.as_object().expect("an object") {
            params[key] = value.clone();
        }
        self.ask(method, params)
    }

    /// An answer without what differs from one folder to the other.
    fn shown(&self, value: &Value) -> String {
        let text = serde_json::to_string_pretty(value).expect("it is JSON");
        text.replace(&self.uri(""), "file:///work")
    }

    /// Ends the conversation as the protocol says.
    fn end(mut self) {
        self.ask("shutdown", Value::Null).expect("it is answered");
        self.tell("exit", Value::Null);
        drop(self.input.take());
        let status = self.child.wait().expect("it ends");
        assert_eq!(status.code(), Some(0));
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The position of a mark in a text, `after` characters on; all is ASCII there.
fn place(text: &str, mark: &str, after: usize) -> Value {
    let at = text.find(mark).expect("the mark is there") + after;
    let before = &text[..at];
    let line = before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    json!({ "line": line, "character": at - start })
}

/// The ranges of locations, as `file:line:column` with what stands there.
fn places(editor: &Editor, locations: &Value) -> Vec<String> {
    let mut places: Vec<String> = locations
        .as_array()
        .expect("a list")
        .iter()
        .map(|location| {
            let uri = location["uri"].as_str().expect("an address");
            let name = uri.strip_prefix(&editor.uri("")).expect("in the folder");
            let text = editor.folder.read(name.trim_start_matches('/'));
            let line = location["range"]["start"]["line"].as_u64().expect("a line") as usize;
            let at = |end: &str| {
                location["range"][end]["character"]
                    .as_u64()
                    .expect("a column") as usize
            };
            let written = text.lines().nth(line).expect("the line is there");
            let (start, end) = (at("start"), at("end"));
            format!(
                "{name}:{}:{}: {}",
                line + 1,
                start + 1,
                &written[start..end]
            )
        })
        .collect();
    places.sort();
    places
}

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
fn a_name_leads_to_what_it_stands_for() {
    let mut editor = Editor::at_the_desk();
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
    let mut found = String::new();
    for (mark, after) in asked {
        let answer = editor
            .ask_at("textDocument/definition", mark, after, json!({}))
            .expect("it is answered");
        found.push_str(&format!("{mark} +{after}\n"));
        for place in places(&editor, &answer) {
            found.push_str(&format!("    {place}\n"));
        }
    }
    insta::assert_snapshot!(found);
    editor.end();
}

#[test]
fn a_name_is_found_wherever_it_is_used() {
    let mut editor = Editor::at_the_desk();
    let mut found = String::new();
    for (mark, after) in [
        ("grant triage", 7),
        ("tenant: text", 1),
        ("{*t}", 2),
        ("as held", 4),
    ] {
        let answer = editor
            .ask_at(
                "textDocument/references",
                mark,
                after,
                json!({ "context": { "includeDeclaration": true } }),
            )
            .expect("it is answered");
        found.push_str(&format!("{mark} +{after}\n"));
        for place in places(&editor, &answer) {
            found.push_str(&format!("    {place}\n"));
        }
    }
    insta::assert_snapshot!(found);
    editor.end();
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
