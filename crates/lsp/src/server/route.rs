//! From a request to the one who answers it.

use std::path::PathBuf;
use std::rc::Rc;

use ls_types::request::{self, Request as _};
use ls_types::{
    CodeActionKind, CodeActionOptions, CodeActionParams, CodeActionProviderCapability,
    CompletionOptions, CompletionParams, DocumentFormattingParams, DocumentHighlightParams,
    DocumentSymbolParams, DocumentSymbolResponse, GotoDefinitionParams, GotoDefinitionResponse,
    HoverParams, HoverProviderCapability, InlayHintParams, OneOf, PositionEncodingKind,
    ReferenceParams, RenameOptions, RenameParams, SaveOptions, ServerCapabilities,
    TextDocumentPositionParams, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri, WorkspaceFoldersServerCapabilities,
    WorkspaceServerCapabilities, WorkspaceSymbolParams,
};
use lsp_server::ErrorCode;
use placet::syntax::FileId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::feature::{action, complete, format, hint, hover, navigate, outline, rename};
use crate::set::{Columns, Cursor, Set};
use crate::workspace::Workspace;

/// Why a request has no answer.
pub(super) struct Refused {
    pub(super) code: ErrorCode,
    pub(super) message: String,
}

impl Refused {
    fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// What an editor may ask.
pub(super) fn capabilities(columns: Columns) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(match columns {
            Columns::Utf8 => PositionEncodingKind::UTF8,
            Columns::Utf16 => PositionEncodingKind::UTF16,
        }),
        text_document_sync: Some(TextDocumentSyncCapability::Options(
            TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(TextDocumentSyncKind::FULL),
                save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions {
                    include_text: Some(false),
                })),
                ..TextDocumentSyncOptions::default()
            },
        )),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(vec![".".into(), "\"".into(), "{".into()]),
            ..CompletionOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        workspace_symbol_provider: Some(OneOf::Left(true)),
        inlay_hint_provider: Some(OneOf::Left(true)),
        document_formatting_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: Default::default(),
        })),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            ..WorkspaceServerCapabilities::default()
        }),
        ..ServerCapabilities::default()
    }
}

/// Answers a request.
pub(super) fn answer(
    workspace: &mut Workspace,
    method: &str,
    params: Value,
) -> Result<Value, Refused> {
    match method {
        request::HoverRequest::METHOD => {
            let params: HoverParams = read(params)?;
            let (set, cursor) = at(workspace, &params.text_document_position_params)?;
            told(hover::hover(&set, cursor))
        }
        request::GotoDefinition::METHOD => {
            let params: GotoDefinitionParams = read(params)?;
            let (set, cursor) = at(workspace, &params.text_document_position_params)?;
            told(GotoDefinitionResponse::Array(navigate::definitions(
                &set, cursor,
            )))
        }
        request::References::METHOD => {
            let params: ReferenceParams = read(params)?;
            let (set, cursor) = at(workspace, &params.text_document_position)?;
            let with_declaration = params.context.include_declaration;
            told(navigate::references(&set, cursor, with_declaration))
        }
        request::DocumentHighlightRequest::METHOD => {
            let params: DocumentHighlightParams = read(params)?;
            let (set, cursor) = at(workspace, &params.text_document_position_params)?;
            told(navigate::highlights(&set, cursor))
        }
        request::PrepareRenameRequest::METHOD => {
            let params: TextDocumentPositionParams = read(params)?;
            let (set, cursor) = at(workspace, &params)?;
            told(rename::prepare(&set, cursor).map_err(refused)?)
        }
        request::Rename::METHOD => {
            let params: RenameParams = read(params)?;
            let (set, cursor) = at(workspace, &params.text_document_position)?;
            told(rename::rename(&set, cursor, &params.new_name).map_err(refused)?)
        }
        request::Completion::METHOD => {
            let params: CompletionParams = read(params)?;
            let (set, cursor) = at(workspace, &params.text_document_position)?;
            told(complete::complete(&set, cursor))
        }
        request::Formatting::METHOD => {
            let params: DocumentFormattingParams = read(params)?;
            let (set, file) = within(workspace, &params.text_document.uri)?;
            told(format::format(&set, file))
        }
        request::InlayHintRequest::METHOD => {
            let params: InlayHintParams = read(params)?;
            let (set, file) = within(workspace, &params.text_document.uri)?;
            // None until it was quiet for a moment; then the editor is told to ask anew.
            let hints = set.hints.get().map(Vec::as_slice).unwrap_or_default();
            told(hint::within(&set, file, params.range, hints))
        }
        request::CodeActionRequest::METHOD => {
            let params: CodeActionParams = read(params)?;
            let (set, file) = within(workspace, &params.text_document.uri)?;
            let told_of = &params.context.diagnostics;
            told(action::actions(&set, file, params.range, told_of))
        }
        request::DocumentSymbolRequest::METHOD => {
            let params: DocumentSymbolParams = read(params)?;
            let (set, file) = within(workspace, &params.text_document.uri)?;
            told(DocumentSymbolResponse::Nested(outline::of_file(&set, file)))
        }
        request::WorkspaceSymbolRequest::METHOD => {
            let params: WorkspaceSymbolParams = read(params)?;
            let sets = workspace.sets();
            let found = sets
                .iter()
                .flat_map(|(_, set)| outline::search(set, &params.query));
            told(found.collect::<Vec<_>>())
        }
        _ => Err(Refused::new(
            ErrorCode::MethodNotFound,
            format!("`{method}` is not answered here"),
        )),
    }
}

/// The path of an address, if it is one of a file.
pub(super) fn path(uri: &Uri) -> Option<PathBuf> {
    let is_file = uri.scheme().as_str().eq_ignore_ascii_case("file");
    let path = uri.to_file_path().filter(|_| is_file)?;
    Some(path.into_owned())
}

fn read<T: DeserializeOwned>(params: Value) -> Result<T, Refused> {
    serde_json::from_value(params)
        .map_err(|error| Refused::new(ErrorCode::InvalidParams, error.to_string()))
}

fn told(answer: impl Serialize) -> Result<Value, Refused> {
    serde_json::to_value(answer)
        .map_err(|error| Refused::new(ErrorCode::InternalError, error.to_string()))
}

fn refused(message: String) -> Refused {
    Refused::new(ErrorCode::RequestFailed, message)
}

fn within(workspace: &mut Workspace, uri: &Uri) -> Result<(Rc<Set>, FileId), Refused> {
    let unknown = || Refused::new(ErrorCode::InvalidParams, "this is no policy file");
    let path = path(uri).filter(|path| workspace.is_policy(path));
    let path = path.ok_or_else(unknown)?;
    let (_, set) = workspace.set_of(&path);
    let file = set.file(&path).ok_or_else(unknown)?;
    Ok((set, file))
}

fn at(
    workspace: &mut Workspace,
    place: &TextDocumentPositionParams,
) -> Result<(Rc<Set>, Cursor), Refused> {
    let (set, file) = within(workspace, &place.text_document.uri)?;
    let cursor = set.cursor(file, place.position).ok_or_else(|| {
        Refused::new(
            ErrorCode::InvalidParams,
            format!("the text has no line {}", place.position.line),
        )
    })?;
    Ok((set, cursor))
}
