//! Patterns and templates: from their text to the model's patterns.

use placet_model::pattern::{Concrete, Seg};
use placet_model::policy::{Extract, Pattern, Segment};
use placet_syntax::ast::{self, FileId};
use placet_syntax::{Code, Diagnostic};

use crate::report::{DiagnosticAt, Place, Report};

/// Reads a pattern. `None`, with errors, when it is malformed.
pub(crate) fn read_pattern(
    report: &mut Report,
    file: FileId,
    text: &ast::Str,
) -> Option<ast::Pattern> {
    whole(report, placet_syntax::pattern::parse(file, text))
}

/// Reads a template. `None`, with errors, when it is malformed.
pub(crate) fn read_template(
    report: &mut Report,
    file: FileId,
    text: &ast::Str,
) -> Option<ast::Pattern> {
    whole(report, placet_syntax::pattern::parse_template(file, text))
}

fn whole(
    report: &mut Report,
    (pattern, diagnostics): (ast::Pattern, Vec<Diagnostic>),
) -> Option<ast::Pattern> {
    let fine = !diagnostics.iter().any(Diagnostic::is_error);
    diagnostics
        .into_iter()
        .for_each(|diagnostic| report.push(diagnostic));
    fine.then_some(pattern)
}

/// Reads a pattern that can have neither holes nor captures.
pub(crate) fn plain_pattern(
    report: &mut Report,
    file: FileId,
    text: &ast::Str,
    what: &str,
) -> Option<Pattern> {
    let parsed = read_pattern(report, file, text)?;
    let mut segments = Vec::with_capacity(parsed.segments.len());
    for segment in &parsed.segments {
        let place = Place::new(file, segment.span);
        let found = match &segment.node {
            ast::Segment::Capture(_) => "captures nothing",
            ast::Segment::Hole(_) => "has no holes",
            plain => {
                segments.extend(plain_segment(plain));
                continue;
            }
        };
        report.push(
            Diagnostic::error(Code::PL0524, format!("{what} {found}"))
                .here(place, "cannot stand here")
                .help("write `*` for any one segment"),
        );
        return None;
    }
    Some(Pattern {
        segments,
        tail: parsed.rest.is_some(),
    })
}

/// A segment without holes or captures, in the model's words.
pub(crate) fn plain_segment(segment: &ast::Segment) -> Option<Segment> {
    match segment {
        ast::Segment::Literal(text) => Some(Segment::Literal(text.clone())),
        ast::Segment::Any => Some(Segment::Any),
        ast::Segment::Glob { prefix, suffix } => Some(Segment::Glob {
            prefix: prefix.clone(),
            suffix: suffix.clone(),
        }),
        ast::Segment::Capture(_) | ast::Segment::Hole(_) => None,
    }
}

/// The extractor of a hole in the model's words.
pub(crate) fn extract(hole: &ast::Hole) -> Extract {
    match hole.extractor.as_ref().map(|extractor| extractor.node) {
        None => Extract::Text,
        Some(ast::Extractor::Lower) => Extract::Lower,
        Some(ast::Extractor::Path) => Extract::Path,
        Some(ast::Extractor::Url) => Extract::Url,
        Some(ast::Extractor::Email) => Extract::Email,
    }
}

/// The least pattern without holes and captures that holds all that a pattern can match.
pub(crate) fn concrete(pattern: &Pattern) -> Concrete {
    let mut segments = Vec::with_capacity(pattern.segments.len());
    let mut tail = pattern.tail;
    for segment in &pattern.segments {
        match segment {
            Segment::Literal(text) => segments.push(Seg::Literal(text.clone())),
            Segment::Any | Segment::Capture(_) => segments.push(Seg::Any),
            Segment::Glob { prefix, suffix } => segments.push(Seg::Glob {
                prefix: prefix.clone(),
                suffix: suffix.clone(),
            }),
            Segment::Hole(hole) => match hole.extract {
                Extract::Text | Extract::Lower => segments.push(Seg::Any),
                Extract::Email => segments.extend([Seg::Any, Seg::Any]),
                Extract::Url => {
                    segments.extend([Seg::Any, Seg::Any, Seg::Any]);
                    tail = true;
                }
                Extract::Path => tail = true,
            },
        }
    }
    Concrete::new(segments, tail).unwrap_or(Concrete::ALL)
}
