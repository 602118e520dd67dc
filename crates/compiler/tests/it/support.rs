//! Checks policies from texts, and renders what is wrong with them plainly.

use std::fmt::Write;

use placet_compiler::{Checked, check};
use placet_syntax::{Diagnostic, Label, Source, Sources, parse};

/// Checks files, each a name and a text; the findings of the parser come first.
pub(crate) fn check_files(files: &[(&str, &str)]) -> (Checked, Sources) {
    let mut sources = Sources::default();
    let mut trees = Vec::new();
    let mut diagnostics = Vec::new();
    for (name, text) in files {
        let source = Source::new(*name, *text);
        let id = sources.add(source.clone());
        let parsed = parse(id, &source);
        trees.push(parsed.file);
        diagnostics.extend(parsed.diagnostics);
    }
    let mut checked = check(&sources, &trees);
    checked.diagnostics.splice(0..0, diagnostics);
    (checked, sources)
}

/// All findings as text.
pub(crate) fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let severity = diagnostic.severity.as_str();
        writeln!(
            out,
            "{severity}[{}]: {}",
            diagnostic.code, diagnostic.message
        )
        .unwrap();
        let mut labels: Vec<&Label> = diagnostic.labels.iter().collect();
        labels.sort_by_key(|label| !label.primary);
        for label in labels {
            render_label(&mut out, label, sources);
        }
        for note in &diagnostic.notes {
            writeln!(out, "  = note: {note}").unwrap();
        }
        if let Some(help) = &diagnostic.help {
            writeln!(out, "  = help: {help}").unwrap();
        }
        if let Some(suggestion) = &diagnostic.suggestion {
            let source = sources.get(suggestion.file).unwrap();
            let old = source.slice(suggestion.span);
            let new = &suggestion.replacement;
            writeln!(out, "  = {}: `{old}` -> `{new}`", suggestion.text).unwrap();
        }
        out.push('\n');
    }
    out
}

fn render_label(out: &mut String, label: &Label, sources: &Sources) {
    let source = sources.get(label.file).unwrap();
    let at = source.line_column(label.span.start);
    let line = source
        .text
        .lines()
        .nth(at.line as usize - 1)
        .unwrap_or_default();
    let width = source
        .slice(label.span)
        .lines()
        .next()
        .map_or(1, |text| text.chars().count().max(1));
    let mark = if label.primary { "^" } else { "-" };
    let pad = " ".repeat(at.column as usize - 1);
    writeln!(out, " {}:{}:{}", source.name, at.line, at.column).unwrap();
    writeln!(out, "  | {line}").unwrap();
    writeln!(out, "  | {pad}{} {}", mark.repeat(width), label.text).unwrap();
}
