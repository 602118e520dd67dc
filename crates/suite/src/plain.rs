//! Failures as plain text, for reports that are kept.

use std::fmt::{self, Formatter};

use placet_compiler::Place;
use placet_evaluator::{AskedView, Clause, Explanation, LayerVerdict, RuleView};
use placet_model::decision::Reason;
use placet_model::graph::Truth;
use placet_model::policy::RuleKind;
use placet_syntax::Sources;

use crate::report::{Failure, Played, Unlike};

/// ` (6 steps)`, ` (1 finding)`, ` (checked)`
pub(crate) fn size(test: &Played) -> String {
    let (count, what) = match test.expects {
        None => (test.steps, "step"),
        Some(0) => return " (checked)".to_owned(),
        Some(findings) => (findings, "finding"),
    };
    let end = if count == 1 { "" } else { "s" };
    format!(" ({count} {what}{end})")
}

/// What was found and not expected, and the other way round, indented below the section.
pub(crate) fn unlike(f: &mut Formatter<'_>, sources: &Sources, unlike: &Unlike) -> fmt::Result {
    let place = |file, at| {
        let source = sources.get(file)?;
        let place = source.line_column(at);
        Some(format!("{}:{}:{}: ", source.name, place.line, place.column))
    };
    for found in &unlike.unexpected {
        let at = found.primary();
        let at = at.and_then(|label| place(label.file, label.span.start));
        let (severity, code) = (found.severity.as_str(), found.code);
        writeln!(
            f,
            "    unexpected  {}{severity}[{code}]: {}",
            at.unwrap_or_default(),
            found.message
        )?;
    }
    for (at, text) in &unlike.missing {
        let at = place(at.file, at.span.start).unwrap_or_default();
        writeln!(f, "    not found   {at}{text}")?;
    }
    Ok(())
}

/// A failure, indented below the name of its test.
pub(crate) fn failure(
    f: &mut Formatter<'_>,
    sources: &Sources,
    test: &Played,
    failure: &Failure,
) -> fmt::Result {
    if let Some(source) = sources.get(failure.step.file) {
        let line = source.line_column(failure.step.span.start).line;
        writeln!(f, "    {}:{line}, at {}", source.name, failure.time)?;
        let mut written = |word: &str, place: Place| {
            for (at, text) in source.slice(place.span).lines().enumerate() {
                let word = if at == 0 { word } else { "" };
                writeln!(f, "    {word:<8}  {}", text.trim())?;
            }
            Ok(())
        };
        written("step", failure.step)?;
        if let Some(row) = test.row {
            written("row", row)?;
        }
    }
    writeln!(f, "    expected  {}", failure.expected)?;
    writeln!(f, "    happened  {}", failure.happened)?;
    if let Some(difference) = &failure.difference {
        writeln!(f, "    and so    {difference}")?;
    }
    match &failure.explanation {
        Some(explanation) => why(f, explanation),
        None => Ok(()),
    }
}

fn why(f: &mut Formatter<'_>, explanation: &Explanation) -> fmt::Result {
    let decision = &explanation.decision;
    if explanation.asked.is_empty() {
        for line in &decision.explanation {
            writeln!(f, "    why       {line}")?;
        }
    }
    for tool in &decision.tools {
        let on = match tool.depends_on.as_slice() {
            [] => String::new(),
            on => format!(" on {}", on.join(", ")),
        };
        writeln!(f, "    why       {} {}{on}", tool.tool, tool.answer.name())?;
    }
    for asked in &explanation.asked {
        asked_view(f, asked, decision.reason)?;
    }
    if !decision.missing.is_empty() {
        writeln!(f, "    missing   {}", decision.missing.join(", "))?;
    }
    Ok(())
}

fn asked_view(f: &mut Formatter<'_>, asked: &AskedView, reason: Reason) -> fmt::Result {
    let AskedView {
        agent,
        tool,
        action,
        resource,
        ..
    } = asked;
    writeln!(f, "    why       {agent}: {action} {resource} with {tool}")?;
    for line in &asked.credential {
        writeln!(f, "              {line}")?;
    }
    // What the credential does not carry no rule can give.
    let outside = matches!(reason, Reason::OutOfScope | Reason::Expired);
    if outside && !asked.credential.is_empty() {
        return Ok(());
    }
    for layer in &asked.layers {
        let verdict = match layer.verdict {
            LayerVerdict::Denies => "denies",
            LayerVerdict::Grants => "grants",
            LayerVerdict::Passes => "lets it through",
            LayerVerdict::GrantsNothing => "grants nothing",
        };
        writeln!(f, "              layer {} {verdict}", layer.layer)?;
        for rule in &layer.rules {
            rule_view(f, rule)?;
        }
    }
    Ok(())
}

fn rule_view(f: &mut Formatter<'_>, rule: &RuleView) -> fmt::Result {
    writeln!(f, "                {} {}", rule.kind.name(), rule.name)?;
    let written = |clause: &&Clause| rule.kind == RuleKind::Grant || !clause.text.ends_with(" any");
    for clause in rule.clauses.iter().filter(written) {
        let word = match clause.truth {
            Truth::True => "yes",
            Truth::False => "no",
            Truth::Undefined => "?",
        };
        for (at, line) in clause.text.lines().enumerate() {
            let word = if at == 0 { word } else { "" };
            writeln!(f, "                  {word:>3}  {line}")?;
        }
        if !rule.is_told_by(clause) {
            continue;
        }
        for found in &clause.found {
            writeln!(f, "                       here {found}")?;
        }
        if let (RuleKind::Grant, Some(needs)) = (rule.kind, &clause.needs) {
            writeln!(f, "                       needs {needs}")?;
        }
    }
    Ok(())
}
