//! Source and diagnostics side by side, for snapshots.

use std::fmt::Write;

use placet_syntax::{Diagnostic, FileId, Parsed, Source, parse};

pub(crate) fn parsed(text: &str) -> Parsed {
    parse(FileId(0), &Source::new("test.placet", text))
}

/// The source, then every diagnostic with the lines that it is about.
pub(crate) fn rendered(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        writeln!(
            out,
            "| {}",
            line.escape_debug()
                .to_string()
                .replace("\\\"", "\"")
                .replace("\\'", "'")
        )
        .unwrap();
    }
    for diagnostic in &parsed(text).diagnostics {
        out.push('\n');
        diagnostic_into(&mut out, text, diagnostic);
    }
    out
}

pub(crate) fn diagnostic_into(out: &mut String, text: &str, diagnostic: &Diagnostic) {
    let source = Source::new("test.placet", text);
    writeln!(
        out,
        "{}[{}]: {}",
        diagnostic.severity.as_str(),
        diagnostic.code,
        diagnostic.message
    )
    .unwrap();
    for label in &diagnostic.labels {
        let at = source.line_column(label.span.start);
        let sign = if label.primary { '^' } else { '-' };
        let shown = source.slice(label.span);
        writeln!(
            out,
            "  {}:{} {sign} {:?} {}",
            at.line,
            at.column,
            shown.lines().next().unwrap_or_default(),
            label.text
        )
        .unwrap();
    }
    for note in &diagnostic.notes {
        writeln!(out, "  note: {note}").unwrap();
    }
    if let Some(help) = &diagnostic.help {
        writeln!(out, "  help: {help}").unwrap();
    }
    if let Some(suggestion) = &diagnostic.suggestion {
        let at = source.line_column(suggestion.span.start);
        writeln!(
            out,
            "  suggestion at {}:{}: {}: {:?} -> {:?}",
            at.line,
            at.column,
            suggestion.text,
            source.slice(suggestion.span),
            suggestion.replacement
        )
        .unwrap();
    }
}
