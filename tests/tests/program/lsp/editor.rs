//! An editor, as far as the program can tell.

use std::io::{BufReader, Write};
use std::process::{Child, ChildStdin};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use lsp_server::{Message, Notification, Request, RequestId};
use serde_json::{Value, json};

use crate::support::{Folder, program};

/// Long enough for a machine that has much else to do.
pub(super) const LONG: Duration = Duration::from_secs(60);

/// A policy of two files.
pub(super) const RULES: &str = r#"policy desk { language 1  layers main  lifetime 1h }

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

pub(super) const TOOLS: &str = r#"/// Where the work is.
tool tickets {
  action read {
    /// One ticket.
    get(tenant: text, id: int) -> "ticket/{tenant}/{id}"
  }
}
"#;

/// Lints are for the tests that are about them.
const QUIET: &str = r#"[lint.levels]
overscope = "off"
standing-access = "off"
attribution = "off"
guardrails = "off"
dead-weight = "off"
correctness = "off"
hygiene = "off"
"#;

/// An editor that has opened the policy.
pub(super) struct Editor {
    pub(super) folder: Folder,
    child: Child,
    input: Option<ChildStdin>,
    pub(super) messages: Receiver<Message>,
    next: i32,
    pub(super) initialized: Value,
}

impl Editor {
    pub(super) fn start(folder: Folder) -> Self {
        Self::start_with(folder, json!({}))
    }

    pub(super) fn start_with(folder: Folder, capabilities: Value) -> Self {
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
    pub(super) fn at_the_desk() -> Self {
        let folder = Folder::new();
        folder.file("desk/rules.placet", RULES);
        folder.file("desk/tools.placet", TOOLS);
        folder.file("placet.toml", QUIET);
        let mut editor = Self::start(folder);
        editor.open("desk/rules.placet", RULES);
        editor
    }

    pub(super) fn uri(&self, name: &str) -> String {
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

    pub(super) fn tell(&mut self, method: &str, params: Value) {
        self.send(Notification::new(method.to_owned(), params).into());
    }

    pub(super) fn ask(&mut self, method: &str, params: Value) -> Result<Value, String> {
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

    pub(super) fn open(&mut self, name: &str, text: &str) {
        let uri = self.uri(name);
        self.tell(
            "textDocument/didOpen",
            json!({ "textDocument": {
                "uri": uri, "languageId": "placet", "version": 1, "text": text,
            }}),
        );
    }

    pub(super) fn change(&mut self, name: &str, text: &str) {
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
    pub(super) fn findings(&mut self, name: &str) -> Vec<Value> {
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
    pub(super) fn ask_at(
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
    pub(super) fn shown(&self, value: &Value) -> String {
        let text = serde_json::to_string_pretty(value).expect("it is JSON");
        text.replace(&self.uri(""), "file:///desktop")
    }

    /// Ends the conversation as the protocol says.
    pub(super) fn end(mut self) {
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
pub(super) fn place(text: &str, mark: &str, after: usize) -> Value {
    let at = text.find(mark).expect("the mark is there") + after;
    let before = &text[..at];
    let line = before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    json!({ "line": line, "character": at - start })
}

/// The ranges of locations, as `file:line:column` with what stands there.
pub(super) fn places(editor: &Editor, locations: &Value) -> Vec<String> {
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
