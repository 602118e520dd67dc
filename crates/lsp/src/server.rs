//! The conversation with the editor.

mod route;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use ls_types::notification::{self, Notification as _};
use ls_types::request::{self, Request as _};
use ls_types::{
    Diagnostic, DidChangeTextDocumentParams, DidChangeWorkspaceFoldersParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, InitializeParams, PositionEncodingKind,
    PublishDiagnosticsParams, Uri,
};
use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use serde_json::Value;

use crate::feature::{diagnose, hint};
use crate::set::{Columns, Set};
use crate::workspace::Workspace;

/// Why the conversation ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The editor said what the protocol does not allow.
    #[error("the editor does not keep to the protocol: {0}")]
    Protocol(#[from] lsp_server::ProtocolError),
    /// What the editor told of itself cannot be read.
    #[error("what the editor says of itself cannot be read: {0}")]
    Initialize(serde_json::Error),
}

/// How long nothing has to be asked before claims are proved.
const QUIET: Duration = Duration::from_millis(300);

/// Answers an editor until it ends the conversation.
///
/// # Errors
///
/// When the editor does not keep to the protocol.
pub fn serve(connection: &Connection) -> Result<(), ServeError> {
    let (id, params) = connection.initialize_start()?;
    let params: InitializeParams =
        serde_json::from_value(params).map_err(ServeError::Initialize)?;
    let columns = columns(&params);
    let capabilities = route::capabilities(columns);
    connection.initialize_finish(
        id,
        serde_json::json!({
            "capabilities": capabilities,
            "serverInfo": { "name": "placet", "version": env!("CARGO_PKG_VERSION") },
        }),
    )?;
    let mut server = Server {
        connection,
        workspace: Workspace::new(roots(&params), columns),
        told: BTreeMap::new(),
        due: Due::Nothing,
        asks_anew: asks_anew(&params),
        asked: 0,
    };
    server.run()
}

/// What has to be told when nothing else is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Nothing,
    /// What checking finds.
    Check,
    /// What proving finds, which takes longer.
    Prove,
}

struct Server<'c> {
    connection: &'c Connection,
    workspace: Workspace,
    /// The findings that the editor shows, by file.
    told: BTreeMap<PathBuf, Vec<Diagnostic>>,
    due: Due,
    /// The editor asks for hints anew when it is told to.
    asks_anew: bool,
    /// How often it was told to.
    asked: i32,
}

impl Server<'_> {
    fn run(&mut self) -> Result<(), ServeError> {
        loop {
            let message = match self.due {
                Due::Nothing => self.connection.receiver.recv().ok(),
                // What has come in already goes first.
                Due::Check => match self.connection.receiver.try_recv() {
                    Ok(message) => Some(message),
                    Err(_) => {
                        self.check();
                        self.due = Due::Prove;
                        continue;
                    }
                },
                Due::Prove => match self.connection.receiver.recv_timeout(QUIET) {
                    Ok(message) => Some(message),
                    Err(error) if error.is_timeout() => {
                        self.prove();
                        self.due = Due::Nothing;
                        continue;
                    }
                    Err(_) => None,
                },
            };
            let Some(message) = message else {
                return Ok(());
            };
            match message {
                Message::Request(request) => {
                    if self.connection.handle_shutdown(&request)? {
                        return Ok(());
                    }
                    let response = self.answer(request);
                    self.send(response.into());
                }
                Message::Notification(notification) => self.take(notification),
                // What it answers to being told is of no interest.
                Message::Response(_) => {}
            }
        }
    }

    fn send(&self, message: Message) {
        // When nobody listens any more, the next message is that there is none.
        drop(self.connection.sender.send(message));
    }

    fn answer(&mut self, request: Request) -> Response {
        let id = request.id.clone();
        match route::answer(&mut self.workspace, &request.method, request.params) {
            Ok(answer) => Response {
                id,
                response_result: Ok(answer),
            },
            Err(refused) => Response::new_err(id, refused.code as i32, refused.message),
        }
    }

    fn take(&mut self, notification: Notification) {
        let Notification { method, params } = notification;
        let changed = match method.as_str() {
            notification::DidOpenTextDocument::METHOD => {
                read(params).map(|params: DidOpenTextDocumentParams| {
                    let document = params.text_document;
                    self.put(&document.uri, Some(document.text));
                })
            }
            notification::DidChangeTextDocument::METHOD => {
                read(params).map(|mut params: DidChangeTextDocumentParams| {
                    // Each change is of the whole text: the last one counts.
                    if let Some(change) = params.content_changes.pop() {
                        self.put(&params.text_document.uri, Some(change.text));
                    }
                })
            }
            notification::DidCloseTextDocument::METHOD => {
                read(params).map(|params: DidCloseTextDocumentParams| {
                    self.put(&params.text_document.uri, None);
                })
            }
            notification::DidSaveTextDocument::METHOD
            | notification::DidChangeWatchedFiles::METHOD => {
                self.workspace.forget();
                Some(())
            }
            notification::DidChangeWorkspaceFolders::METHOD => {
                read(params).map(|params: DidChangeWorkspaceFoldersParams| {
                    let folders = |folders: &[ls_types::WorkspaceFolder]| {
                        folders
                            .iter()
                            .filter_map(|folder| route::path(&folder.uri))
                            .collect::<Vec<PathBuf>>()
                    };
                    let event = params.event;
                    self.workspace
                        .set_roots(folders(&event.added), &folders(&event.removed));
                })
            }
            _ => None,
        };
        if changed.is_some() {
            self.due = Due::Check;
        }
    }

    fn put(&mut self, uri: &Uri, text: Option<String>) {
        if let Some(path) = route::path(uri) {
            self.workspace.put(path, text);
        }
    }

    /// Tells what checking finds.
    fn check(&mut self) {
        let mut found = BTreeMap::new();
        for (_, set) in self.workspace.sets() {
            for (path, diagnostics) in set.paths.iter().zip(diagnose::found(&set)) {
                found.insert(path.clone(), diagnostics);
            }
        }
        self.publish(found);
    }

    /// Tells what proving finds as well.
    fn prove(&mut self) {
        let mut found = self.told.clone();
        let sets: Vec<Rc<Set>> = self
            .workspace
            .sets()
            .into_iter()
            .map(|(_, set)| set)
            .collect();
        let mut new_hints = false;
        for set in &sets {
            new_hints |= set.hints.get().is_none();
            set.hints.get_or_init(|| hint::find(set));
            let linted = diagnose::linted(set);
            for (file, diagnostic) in diagnose::refuted(set).iter().chain(&linted) {
                if let Some(path) = set.path(*file) {
                    let of_file = found.entry(path.to_owned()).or_default();
                    of_file.push(diagnostic.clone());
                }
            }
        }
        self.publish(found);
        if new_hints && self.asks_anew {
            self.asked = self.asked.wrapping_add(1);
            let id = RequestId::from(format!("hints-{}", self.asked));
            let method = request::InlayHintRefreshRequest::METHOD.to_owned();
            self.send(Request::new(id, method, Value::Null).into());
        }
    }

    /// Tells of each text whose findings have changed.
    fn publish(&mut self, found: BTreeMap<PathBuf, Vec<Diagnostic>>) {
        let gone = self
            .told
            .keys()
            .filter(|path| !found.contains_key(*path))
            .map(|path| (path.clone(), Vec::new()));
        let changed: Vec<(PathBuf, Vec<Diagnostic>)> = gone
            .chain(
                found
                    .iter()
                    .filter(|(path, diagnostics)| self.told.get(*path) != Some(diagnostics))
                    .map(|(path, diagnostics)| (path.clone(), diagnostics.clone())),
            )
            .collect();
        for (path, diagnostics) in changed {
            let Some(uri) = Uri::from_file_path(&path) else {
                continue;
            };
            let params = PublishDiagnosticsParams::new(uri, diagnostics, None);
            let method = notification::PublishDiagnostics::METHOD.to_owned();
            self.send(Notification::new(method, params).into());
        }
        self.told = found;
    }
}

fn read<T: serde::de::DeserializeOwned>(params: Value) -> Option<T> {
    serde_json::from_value(params).ok()
}

/// How columns are counted: in bytes, when the editor can.
fn columns(params: &InitializeParams) -> Columns {
    let general = params.capabilities.general.as_ref();
    let offered = general.and_then(|general| general.position_encodings.as_deref());
    if offered.is_some_and(|offered| offered.contains(&PositionEncodingKind::UTF8)) {
        Columns::Utf8
    } else {
        Columns::Utf16
    }
}

/// Whether the editor can be told that hints have changed.
fn asks_anew(params: &InitializeParams) -> bool {
    let workspace = params.capabilities.workspace.as_ref();
    let hints = workspace.and_then(|workspace| workspace.inlay_hint.as_ref());
    hints
        .and_then(|hints| hints.refresh_support)
        .unwrap_or(false)
}

/// The folders that the editor works on.
#[expect(
    deprecated,
    reason = "old editors tell one folder, in a field that is deprecated"
)]
fn roots(params: &InitializeParams) -> Vec<PathBuf> {
    match params.workspace_folders.as_deref() {
        Some(folders) => folders
            .iter()
            .filter_map(|folder| route::path(&folder.uri))
            .collect(),
        None => params.root_uri.iter().filter_map(route::path).collect(),
    }
}
