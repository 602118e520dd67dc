//! Findings as people read them, with the source, and as machines do.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{
    AnnotationKind, Element, Group, Level, Patch, Renderer, Snippet, normalize_untrusted_str,
};
use placet::syntax::{Diagnostic, FileId, Label, Severity, Source, Sources, Span, Suggestion};
use serde::Serialize;

use crate::output::{printable, printable_line};

/// All findings with their sources, then how many there are. Has escape sequences.
pub(crate) fn text(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii);
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&renderer.render(&report(sources, diagnostic)));
        text.push_str("\n\n");
    }
    text
}

/// A finding that is neither an error nor a warning of the compiler: how bad it is and what it
/// is called is for its finder to say.
pub(crate) fn titled(
    sources: &Sources,
    diagnostic: &Diagnostic,
    level: Level<'static>,
    id: &str,
) -> String {
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii);
    let mut text = renderer.render(&report_as(sources, diagnostic, level, id));
    text.push_str("\n\n");
    text
}

/// How many errors and warnings there are, as a last line.
pub(crate) fn counts(diagnostics: &[Diagnostic]) -> Option<String> {
    let errors = diagnostics.iter().filter(|found| found.is_error()).count();
    let warnings = diagnostics.len() - errors;
    let parts: Vec<String> = [(errors, "error"), (warnings, "warning")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| plural(count, what))
        .collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}

/// `1 error`, `2 errors`
pub(crate) fn plural(count: usize, what: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {what}{end}")
}

/// A finding as it is written in JSON. The shape is stable: keys are only ever added.
#[derive(Serialize)]
pub(crate) struct Finding<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    file: Option<&'a str>,
    spans: Vec<Marked<'a>>,
    notes: &'a [String],
    help: Option<&'a str>,
    suggestion: Option<Edit<'a>>,
}

#[derive(Serialize)]
pub(crate) struct Marked<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    label: &'a str,
    primary: bool,
}

#[derive(Serialize)]
struct Edit<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    replacement: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
pub(crate) struct Place<'a> {
    file: &'a str,
    start: Point,
    end: Point,
}

/// Lines and columns from 1, columns in characters; the offset in bytes from 0.
#[derive(Serialize)]
struct Point {
    line: u32,
    column: u32,
    offset: u32,
}

/// All findings as JSON.
pub(crate) fn all<'a>(sources: &'a Sources, diagnostics: &'a [Diagnostic]) -> Vec<Finding<'a>> {
    diagnostics
        .iter()
        .map(|found| json(sources, found))
        .collect()
}

/// A finding as JSON.
fn json<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Finding<'a> {
    Finding {
        code: diagnostic.code.as_str(),
        severity: diagnostic.severity.as_str(),
        message: &diagnostic.message,
        file: diagnostic
            .primary()
            .and_then(|label| sources.get(label.file))
            .map(|source| source.name.as_str()),
        spans: marked(sources, diagnostic),
        notes: &diagnostic.notes,
        help: diagnostic.help.as_deref(),
        suggestion: diagnostic.suggestion.as_ref().and_then(|suggestion| {
            Some(Edit {
                place: place(sources, suggestion.file, suggestion.span)?,
                replacement: &suggestion.replacement,
                text: &suggestion.text,
            })
        }),
    }
}

/// The places of a finding, as JSON.
pub(crate) fn marked<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Vec<Marked<'a>> {
    let labels = diagnostic.labels.iter();
    labels
        .filter_map(|label| {
            Some(Marked {
                place: place(sources, label.file, label.span)?,
                label: &label.text,
                primary: label.primary,
            })
        })
        .collect()
}

/// A place, as JSON.
pub(crate) fn place(sources: &Sources, file: FileId, span: Span) -> Option<Place<'_>> {
    let source = sources.get(file)?;
    let point = |offset: u32| {
        let place = source.line_column(offset);
        Point {
            line: place.line,
            column: place.column,
            offset: offset.saturating_add(source.before.bytes),
        }
    };
    Some(Place {
        file: &source.name,
        start: point(span.start),
        end: point(span.end),
    })
}

fn report<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Vec<Group<'a>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    report_as(sources, diagnostic, level, diagnostic.code.as_str())
}

fn report_as<'a>(
    sources: &'a Sources,
    diagnostic: &'a Diagnostic,
    level: Level<'static>,
    id: &'a str,
) -> Vec<Group<'a>> {
    let mut group = level
        .primary_title(printable(&diagnostic.message))
        .id(id)
        .elements(excerpts(sources, &diagnostic.labels));
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(safe(note)));
    }
    let edit = diagnostic
        .suggestion
        .as_ref()
        .and_then(|suggestion| edit(sources, suggestion));
    // Help that says the same as the edit below it is said once.
    let said = diagnostic.suggestion.as_ref().map(|edit| &edit.text);
    if let Some(help) = diagnostic.help.as_ref().filter(|help| Some(*help) != said) {
        group = group.element(Level::HELP.message(safe(help)));
    }
    std::iter::once(group).chain(edit).collect()
}

/// One excerpt per file, that of the first primary label first.
pub(crate) fn excerpts<'a>(sources: &'a Sources, labels: &'a [Label]) -> Vec<Element<'a>> {
    excerpts_with(sources, labels, &[])
}

/// The same with places that are shown without a mark, where there are labels in their files.
pub(crate) fn excerpts_with<'a>(
    sources: &'a Sources,
    labels: &'a [Label],
    visible: &[(FileId, Span)],
) -> Vec<Element<'a>> {
    let mut by_file: BTreeMap<FileId, Vec<&Label>> = BTreeMap::new();
    for label in labels {
        by_file.entry(label.file).or_default().push(label);
    }
    let first = labels.iter().find(|label| label.primary).map(|l| l.file);
    let mut files: Vec<_> = by_file.into_iter().collect();
    files.sort_by_key(|(file, _)| (Some(*file) != first, *file));
    files
        .into_iter()
        .filter_map(|(file, labels)| Some((file, sources.get(file)?, labels)))
        .map(|(file, source, labels)| {
            let visible = visible.iter().filter(|(in_file, _)| *in_file == file);
            let visible: Vec<Span> = visible.map(|(_, span)| *span).collect();
            let spans = labels.iter().map(|label| label.span);
            let cut = Cut::around(source, spans.chain(visible.iter().copied()));
            let shown = visible
                .into_iter()
                .map(|span| AnnotationKind::Visible.span(cut.local(span)))
                .collect::<Vec<_>>();
            let annotations = labels.iter().map(|label| {
                let kind = if label.primary {
                    AnnotationKind::Primary
                } else {
                    AnnotationKind::Context
                };
                let text = (!label.text.is_empty()).then(|| printable(&label.text));
                kind.span(cut.local(label.span)).label(text)
            });
            Snippet::source(cut.text)
                .path(printable_line(&source.name))
                .line_start(cut.line)
                .annotations(annotations)
                .annotations(shown)
                .into()
        })
        .collect()
}

/// The edit as a group of its own, with what the source would be.
fn edit<'a>(sources: &'a Sources, suggestion: &'a Suggestion) -> Option<Group<'a>> {
    let source = sources.get(suggestion.file)?;
    let cut = Cut::around(source, [suggestion.span]);
    let (text, span) = cut.narrow(cut.local(suggestion.span));
    let patch = Patch::new(span, printable(&suggestion.replacement));
    Some(
        Level::HELP.secondary_title(safe(&suggestion.text)).element(
            Snippet::source(text)
                .path(printable_line(&source.name))
                .line_start(cut.line)
                .patch(patch),
        ),
    )
}

fn safe(text: &str) -> String {
    normalize_untrusted_str(&printable(text))
}

/// The lines of a source that some spans touch, so that rendering many findings of a
/// large file does not go through all of it each time.
struct Cut<'a> {
    text: &'a str,
    start: usize,
    line: usize,
}

impl<'a> Cut<'a> {
    fn around(source: &'a Source, spans: impl IntoIterator<Item = Span>) -> Self {
        let text = source.text.as_str();
        let (mut start, mut end) = (text.len(), 0);
        for span in spans {
            let range = clamp(text, span);
            start = start.min(range.start);
            end = end.max(range.end);
        }
        let before = text.get(..start).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let after = text.get(end..).unwrap_or_default();
        let end = after.find('\n').map_or(text.len(), |newline| end + newline);
        Self {
            text: text.get(start..end).unwrap_or_default(),
            start,
            line: before.bytes().filter(|byte| *byte == b'\n').count()
                + source.before.lines as usize
                + 1,
        }
    }

    /// A span counted from the start of the cut.
    fn local(&self, span: Span) -> Range<usize> {
        let whole = Span {
            start: span.start.saturating_sub(offset(self.start)),
            end: span.end.saturating_sub(offset(self.start)),
        };
        clamp(self.text, whole)
    }

    /// The text near a span of it, and the span in that: excerpts are cut to the width of a
    /// page when they are drawn, edits are not.
    fn narrow(&self, span: Range<usize>) -> (Cow<'a, str>, Range<usize>) {
        const NEAR: usize = 60;
        let bounds = Span::new(span.start.saturating_sub(NEAR), span.end + NEAR);
        let near = clamp(self.text, bounds);
        if self.text.len() <= 4 * NEAR || near == (0..self.text.len()) {
            return (Cow::Borrowed(self.text), span);
        }
        let (before, after) = (
            if near.start > 0 { "…" } else { "" },
            if near.end < self.text.len() {
                "…"
            } else {
                ""
            },
        );
        let text = self.text.get(near.clone()).unwrap_or_default();
        let shift = |at: usize| at - near.start + before.len();
        (
            Cow::Owned(format!("{before}{text}{after}")),
            shift(span.start)..shift(span.end),
        )
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The span within the text and between characters, whatever it was.
fn clamp(text: &str, span: Span) -> Range<usize> {
    let bound = |at: u32| {
        let mut at = (at as usize).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = bound(span.start);
    start..bound(span.end).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use placet::syntax::Code;

    fn sources() -> (Sources, FileId, FileId) {
        let mut sources = Sources::default();
        let one = sources.add(Source::new(
            "support.placet",
            "facts user { tenant: text }\n\ngrant triage {\n  when user.tenat == \"acme\"\n}\n",
        ));
        let two = sources.add(Source::new("other.placet", "facts user { tenant: int }\n"));
        (sources, one, two)
    }

    fn plain(sources: &Sources, diagnostic: Diagnostic) -> String {
        let styled = text(sources, &[diagnostic]);
        anstream::adapter::strip_str(&styled).to_string()
    }

    #[test]
    fn a_finding_shows_its_places_reasons_and_what_to_write() {
        let (sources, one, two) = sources();
        let found = Diagnostic::error(Code::PL0001, "unknown fact `user.tenat`")
            .at(one, Span::new(51, 61), "no such fact")
            .see(two, Span::new(13, 19), "facts of users are declared here")
            .note("facts are declared with `facts user { … }`")
            .suggest(one, Span::new(51, 61), "user.tenant", "write `user.tenant`");
        insta::assert_snapshot!(plain(&sources, found));
    }

    #[test]
    fn a_span_beyond_the_text_is_drawn_at_its_end() {
        let (sources, one, _) = sources();
        let found = Diagnostic::error(Code::PL0003, "a bracket is never closed").at(
            one,
            Span::new(4_000, 5_000),
            "the file ends here",
        );
        insta::assert_snapshot!(plain(&sources, found));
    }

    #[test]
    fn a_message_cannot_command_the_terminal() {
        let (sources, one, _) = sources();
        let found = Diagnostic::error(Code::PL0001, "unknown name `\u{1b}[2J`")
            .at(one, Span::new(0, 5), "\u{1b}[2J")
            .help("\u{1b}[2J")
            .note("\u{202e}");
        let shown = text(&sources, &[found]);
        assert!(!shown.contains("\u{1b}[2J"), "{shown}");
        assert!(!shown.contains('\u{202e}'), "{shown}");
    }
}
