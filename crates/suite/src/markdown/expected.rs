//! What checking is to find: comments at the lines that they are about.

use placet_compiler::Place;
use placet_syntax::{Code, Comment, Diagnostic, FileId, Lines, Severity, Source};
use smol_str::SmolStr;

use crate::Unlike;

/// What a finding says of itself: what the compiler finds is an error or a warning, and what
/// lints find is for their configuration to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Error,
    Warning,
    Lint,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Lint];

    const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Lint => "lint",
        }
    }

    fn of(diagnostic: &Diagnostic) -> Self {
        match diagnostic.severity {
            _ if diagnostic.code.is_lint() => Self::Lint,
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
        }
    }
}

/// `// error[PL0301]: may be absent`, at the end of the line that it is about, or alone above
/// it.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    kind: Kind,
    pub(super) code: Code,
    /// What the message has in it; any message when this is empty.
    part: SmolStr,
    /// The line of the block that it is about, from 0.
    line: usize,
    pub(super) place: Place,
    /// As it is written.
    text: SmolStr,
}

/// The expectations in the comments of a block.
///
/// # Errors
///
/// A comment that looks like one and is none: its place and what is wrong with it.
pub(super) fn read(
    file: FileId,
    source: &Source,
    comments: &[Comment],
) -> Result<Vec<Expected>, (u32, String)> {
    let lines = Lines::new(&source.text);
    let mut found: Vec<Expected> = Vec::new();
    // Those that stand alone are about the next line that is more than a comment.
    let mut waiting: Vec<usize> = Vec::new();
    for comment in comments {
        let line = lines.line(comment.span.start);
        waiting.retain(|at| {
            let above = found.get_mut(*at).filter(|above| above.line == line);
            above.is_some_and(|above| {
                above.line += usize::from(comment.own_line);
                comment.own_line
            })
        });
        let read = parse(&comment.text).map_err(|what| (comment.span.start, what))?;
        let Some((kind, code, part)) = read else {
            continue;
        };
        if comment.own_line {
            waiting.push(found.len());
        }
        found.push(Expected {
            kind,
            code,
            part,
            line: line + usize::from(comment.own_line),
            place: Place {
                file,
                span: comment.span,
            },
            text: comment.text.trim_start_matches('/').trim().into(),
        });
    }
    Ok(found)
}

/// The kind, the code and a part of the message; `None` for any other comment.
fn parse(comment: &str) -> Result<Option<(Kind, Code, SmolStr)>, String> {
    let text = comment.trim_start_matches('/').trim();
    let read = Kind::ALL.into_iter().find_map(|kind| {
        let rest = text.strip_prefix(kind.word())?.strip_prefix('[')?;
        Some((kind, rest))
    });
    let Some((kind, rest)) = read else {
        return Ok(None);
    };
    let Some((code, rest)) = rest.split_once(']') else {
        return Err(format!("`{}[` has no `]`", kind.word()));
    };
    let code: Code = code
        .parse()
        .map_err(|_| format!("`{}` is no diagnostic code", super::shown(code)))?;
    if (kind == Kind::Lint) != code.is_lint() {
        let word = if code.is_lint() { "lint" } else { "error" };
        return Err(format!("`{code}` is expected as `{word}[{code}]`"));
    }
    let part = match rest.trim() {
        "" => "",
        rest => rest
            .strip_prefix(':')
            .ok_or("after the code comes `:` and a part of the message, or nothing")?
            .trim(),
    };
    Ok(Some((kind, code, part.into())))
}

/// How what was found differs from what is expected; each expectation is for one finding.
pub(super) fn compare(
    expected: &[&Expected],
    found: &[Diagnostic],
    line: impl Fn(FileId, u32) -> Option<usize>,
) -> Option<Unlike> {
    // The ones that say more choose first.
    let mut open: Vec<&Expected> = expected.to_vec();
    open.sort_by_key(|expected| expected.part.is_empty());
    let mut unlike = Unlike::default();
    for diagnostic in found {
        let at = diagnostic.primary().and_then(|label| {
            let line = line(label.file, label.span.start)?;
            Some((label.file, line))
        });
        let fits = |expected: &&Expected| {
            at == Some((expected.place.file, expected.line))
                && expected.kind == Kind::of(diagnostic)
                && expected.code == diagnostic.code
                && diagnostic.message.contains(expected.part.as_str())
        };
        match open.iter().position(fits) {
            Some(index) => drop(open.remove(index)),
            None => unlike.unexpected.push(diagnostic.clone()),
        }
    }
    open.sort_by_key(|expected| expected.place);
    let missing = open.iter();
    unlike.missing = missing
        .map(|expected| (expected.place, expected.text.clone()))
        .collect();
    (!unlike.unexpected.is_empty() || !unlike.missing.is_empty()).then_some(unlike)
}
