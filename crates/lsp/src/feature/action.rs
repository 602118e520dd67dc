//! What can be done about a finding.

use std::collections::HashMap;

use ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Diagnostic, Range, TextEdit, Uri,
    WorkspaceEdit,
};
use placet::syntax::{self, FileId, Span};
use placet_lint::Safety;

use crate::set::Set;

/// What checking and the linter suggest within a range, as edits. `told` are the findings
/// that the editor asks about.
pub(crate) fn actions(
    set: &Set,
    file: FileId,
    range: Range,
    told: &[Diagnostic],
) -> Vec<CodeActionOrCommand> {
    let suggested = set.checked.diagnostics.iter().filter_map(|finding| {
        let suggestion = finding.suggestion.as_ref()?;
        let edit = (
            suggestion.file,
            suggestion.span,
            suggestion.replacement.as_str(),
        );
        Some(Offer {
            finding,
            title: &suggestion.text,
            edits: vec![edit],
            preferred: true,
        })
    });
    let linted = set.linted.get().map(Vec::as_slice).unwrap_or_default();
    let fixes = linted.iter().filter_map(|finding| {
        let fix = finding.fix.as_ref()?;
        let edits = fix.edits.iter();
        Some(Offer {
            finding: &finding.diagnostic,
            title: &fix.title,
            edits: edits
                .map(|edit| (edit.file, edit.span, edit.text.as_str()))
                .collect(),
            preferred: fix.safety == Safety::Safe,
        })
    });
    suggested
        .chain(fixes)
        .filter_map(|offer| offer.action(set, file, range, told))
        .collect()
}

/// Edits that answer a finding.
struct Offer<'s> {
    finding: &'s syntax::Diagnostic,
    title: &'s str,
    edits: Vec<(FileId, Span, &'s str)>,
    /// It may be applied without a look.
    preferred: bool,
}

impl Offer<'_> {
    fn action(
        self,
        set: &Set,
        file: FileId,
        range: Range,
        told: &[Diagnostic],
    ) -> Option<CodeActionOrCommand> {
        let primary = self.finding.primary()?;
        let place = set.range(primary.file, primary.span);
        if primary.file != file || place.end < range.start || range.end < place.start {
            return None;
        }
        let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
        for (file, span, text) in self.edits {
            let uri = Uri::from_file_path(set.path(file)?)?;
            let edit = TextEdit::new(set.range(file, span), text.to_owned());
            changes.entry(uri).or_default().push(edit);
        }
        let answers = told.iter().filter(|told| told.range == place);
        let answers: Vec<Diagnostic> = answers.cloned().collect();
        Some(CodeActionOrCommand::CodeAction(CodeAction {
            title: self.title.to_owned(),
            kind: Some(CodeActionKind::QUICKFIX),
            is_preferred: self.preferred.then_some(true),
            diagnostics: (!answers.is_empty()).then_some(answers),
            edit: Some(WorkspaceEdit::new(changes)),
            ..CodeAction::default()
        }))
    }
}
