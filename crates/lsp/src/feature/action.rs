//! What can be done about a finding.

use std::collections::HashMap;

use ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Diagnostic, Range, TextEdit, Uri,
    WorkspaceEdit,
};
use placet::syntax::FileId;

use crate::set::Set;

/// What checking suggests within a range, as edits. `told` are the findings that the editor
/// asks about.
pub(crate) fn actions(
    set: &Set,
    file: FileId,
    range: Range,
    told: &[Diagnostic],
) -> Vec<CodeActionOrCommand> {
    let mut actions = Vec::new();
    for finding in &set.checked.diagnostics {
        let (Some(primary), Some(suggestion)) = (finding.primary(), &finding.suggestion) else {
            continue;
        };
        let place = set.range(primary.file, primary.span);
        if primary.file != file || place.end < range.start || range.end < place.start {
            continue;
        }
        let edit = TextEdit::new(
            set.range(suggestion.file, suggestion.span),
            suggestion.replacement.clone(),
        );
        let Some(edit) = edits(set, suggestion.file, vec![edit]) else {
            continue;
        };
        let answers: Vec<Diagnostic> = told
            .iter()
            .filter(|told| told.range == place)
            .cloned()
            .collect();
        actions.push(CodeActionOrCommand::CodeAction(CodeAction {
            title: suggestion.text.clone(),
            kind: Some(CodeActionKind::QUICKFIX),
            is_preferred: Some(true),
            diagnostics: (!answers.is_empty()).then_some(answers),
            edit: Some(edit),
            ..CodeAction::default()
        }));
    }
    actions
}

fn edits(set: &Set, file: FileId, edits: Vec<TextEdit>) -> Option<WorkspaceEdit> {
    let uri = Uri::from_file_path(set.path(file)?)?;
    Some(WorkspaceEdit::new(HashMap::from([(uri, edits)])))
}
