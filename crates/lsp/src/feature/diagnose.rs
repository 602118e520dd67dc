//! What is wrong with a policy set.

use ls_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, NumberOrString, Range,
};
use placet::analysis::{Effort, Verdict, prove};
use placet::syntax::{self, FileId, Severity};

use crate::set::Set;

const SOURCE: &str = "placet";

/// What checking found, by text.
pub(crate) fn found(set: &Set) -> Vec<Vec<Diagnostic>> {
    let mut by_file = vec![Vec::new(); set.paths.len()];
    for finding in &set.checked.diagnostics {
        let Some((file, diagnostic)) = told(set, finding, severity(finding.severity)) else {
            continue;
        };
        if let Some(of_file) = by_file.get_mut(file.0 as usize) {
            of_file.push(diagnostic);
        }
    }
    by_file
}

/// Claims that do not hold, by text: this takes longer than checking.
pub(crate) fn refuted(set: &Set) -> &[(FileId, Diagnostic)] {
    set.refuted.get_or_init(|| prove_claims(set))
}

fn prove_claims(set: &Set) -> Vec<(FileId, Diagnostic)> {
    let Some(policy) = &set.checked.policy else {
        return Vec::new();
    };
    let proved = prove(policy, &set.checked.claims, Effort::default());
    let mut findings = Vec::new();
    for claim in proved {
        let Verdict::Refuted(refutation) = &claim.verdict else {
            continue;
        };
        let mut message = format!(
            "the claim \"{}\" does not hold: this request is granted",
            claim.title
        );
        if !refutation.decision.is_grant() {
            message = format!(
                "the claim \"{}\" does not hold: this request is denied",
                claim.title
            );
        }
        message.push_str(&format!(
            "\n{}",
            placet::json::to_text(&placet::json::request_to_json(&refutation.request))
        ));
        if !refutation.without.is_empty() {
            message.push_str(&format!(
                "\nit would hold without {}",
                refutation.without.join(" and ")
            ));
        }
        findings.push((
            claim.place.file,
            diagnostic(
                set.range(claim.place.file, claim.place.span),
                DiagnosticSeverity::ERROR,
                None,
                message,
            ),
        ));
    }
    findings
}

/// What the linter finds, by text: this takes longer than checking.
pub(crate) fn linted(set: &Set) -> Vec<(FileId, Diagnostic)> {
    super::linted::findings(set)
        .iter()
        .filter_map(|finding| {
            let severity = super::linted::severity(finding.level);
            told(set, &finding.diagnostic, severity)
        })
        .collect()
}

const fn severity(of: Severity) -> DiagnosticSeverity {
    match of {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
    }
}

fn told(
    set: &Set,
    finding: &syntax::Diagnostic,
    severity: DiagnosticSeverity,
) -> Option<(FileId, Diagnostic)> {
    let primary = finding.primary()?;
    let mut message = finding.message.clone();
    let more = std::iter::once(primary.text.as_str())
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .chain(finding.notes.iter().map(|note| format!("note: {note}")))
        .chain(finding.help.iter().map(|help| format!("help: {help}")));
    for line in more {
        message.push('\n');
        message.push_str(&line);
    }
    let related: Vec<DiagnosticRelatedInformation> = finding
        .labels
        .iter()
        .filter(|label| !label.primary)
        .filter_map(|label| {
            Some(DiagnosticRelatedInformation {
                location: set.location(label.file, label.span)?,
                message: label.text.clone(),
            })
        })
        .collect();
    let range = set.range(primary.file, primary.span);
    let mut diagnostic = diagnostic(range, severity, Some(finding.code.as_str()), message);
    diagnostic.related_information = (!related.is_empty()).then_some(related);
    Some((primary.file, diagnostic))
}

fn diagnostic(
    range: Range,
    severity: DiagnosticSeverity,
    code: Option<&str>,
    message: String,
) -> Diagnostic {
    Diagnostic {
        range,
        severity: Some(severity),
        code: code.map(|code| NumberOrString::String(code.to_owned())),
        source: Some(SOURCE.to_owned()),
        message,
        ..Diagnostic::default()
    }
}
