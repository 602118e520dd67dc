//! Collecting what is wrong: places, closest names and the parts that did not parse.

use std::collections::BTreeSet;

use placet_syntax::ast::{self, FileId, Span};
use placet_syntax::{Code, Diagnostic, Sources};

use crate::limits;

/// A place in one file of the policy set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The bytes in it.
    pub span: Span,
}

impl Place {
    pub(crate) const fn new(file: FileId, span: Span) -> Self {
        Self { file, span }
    }

    /// Whether another place is within this one.
    #[must_use]
    pub fn holds(self, other: Self) -> bool {
        self.file == other.file
            && self.span.start <= other.span.start
            && other.span.end <= self.span.end
    }

    /// The place just before this one.
    pub(crate) const fn before(self) -> Self {
        let start = self.span.start;
        Self::new(self.file, Span { start, end: start })
    }

    /// The place just after this one.
    pub(crate) const fn after(self) -> Self {
        let end = self.span.end;
        Self::new(self.file, Span { start: end, end })
    }
}

/// Labels and suggestions at a [`Place`].
pub(crate) trait DiagnosticAt {
    /// Says where it is.
    fn here(self, place: Place, text: impl Into<String>) -> Self;
    /// Points at a place that explains it.
    fn also(self, place: Place, text: impl Into<String>) -> Self;
    /// Says what to write instead of what stands at the place.
    fn replace(self, place: Place, with: impl Into<String>, text: impl Into<String>) -> Self;
}

impl DiagnosticAt for Diagnostic {
    fn here(self, place: Place, text: impl Into<String>) -> Self {
        self.at(place.file, place.span, text)
    }

    fn also(self, place: Place, text: impl Into<String>) -> Self {
        self.see(place.file, place.span, text)
    }

    fn replace(self, place: Place, with: impl Into<String>, text: impl Into<String>) -> Self {
        self.suggest(place.file, place.span, with, text)
    }
}

/// The findings so far, and the texts they are about.
pub(crate) struct Report<'a> {
    pub(crate) sources: &'a Sources,
    diagnostics: Vec<Diagnostic>,
    gaps: Gaps<'a>,
    /// Unknown names that were not reported.
    excused: usize,
    /// Findings beyond the limit.
    dropped: usize,
}

impl<'a> Report<'a> {
    pub(crate) fn new(sources: &'a Sources, files: &[&'a ast::File]) -> Self {
        Self {
            sources,
            diagnostics: Vec::new(),
            gaps: Gaps::new(sources, files),
            excused: 0,
            dropped: 0,
        }
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        if !self.is_full() {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Whether there are as many findings as are shown; then it counts one more. Looking
    /// for what was meant costs too much when nobody sees it.
    pub(crate) fn is_full(&mut self) -> bool {
        let full = self.diagnostics.len() >= limits::DIAGNOSTICS;
        self.dropped += usize::from(full);
        full
    }

    /// The text that is written at a place.
    pub(crate) fn text(&self, place: Place) -> &'a str {
        self.sources
            .get(place.file)
            .map_or("", |source| source.slice(place.span))
    }

    /// Whether anything in the policy set did not parse.
    pub(crate) fn has_gaps(&self) -> bool {
        !self.gaps.words.is_empty()
    }

    /// Reports a name that nothing declares, unless a part that did not parse holds it:
    /// the declaration may stand there, and that part has its own error already.
    pub(crate) fn unknown<'n>(
        &mut self,
        code: Code,
        what: &str,
        name: &str,
        place: Place,
        declared: impl IntoIterator<Item = &'n str>,
        help: &str,
    ) {
        let last = name.rsplit('.').next().unwrap_or(name);
        if self.gaps.may_declare(last) {
            self.excused += 1;
            return;
        }
        if self.is_full() {
            return;
        }
        let diagnostic = match closest(name, declared) {
            Some(near) => {
                let written = self.text(place);
                let quoted = written.starts_with('"');
                let text = if quoted || !is_identifier_path(near) {
                    format!("\"{near}\"")
                } else {
                    near.to_owned()
                };
                Diagnostic::error(
                    code,
                    format!("unknown {what} `{name}`; did you mean `{near}`?"),
                )
                .here(place, "nothing of this name is declared")
                .replace(place, text, format!("write `{near}`"))
            }
            None => Diagnostic::error(code, format!("unknown {what} `{name}`"))
                .here(place, "nothing of this name is declared")
                .help(help),
        };
        self.push(diagnostic);
    }

    /// Whether an unknown name may be declared in a part that did not parse, so that it
    /// should not be reported.
    pub(crate) fn excuses(&mut self, name: &str) -> bool {
        let excused = self.gaps.may_declare(name);
        self.excused += usize::from(excused);
        excused
    }

    /// How many findings are kept so far.
    pub(crate) fn kept(&self) -> usize {
        self.diagnostics.len()
    }

    /// Takes back what was found after so many findings were kept.
    pub(crate) fn take_after(&mut self, kept: usize) -> Vec<Diagnostic> {
        self.diagnostics.split_off(kept.min(self.diagnostics.len()))
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.dropped > 0 || self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// How much has been found wrong so far, reported or excused.
    pub(crate) fn wrong(&self) -> usize {
        self.diagnostics.len() + self.excused + self.dropped
    }

    /// All findings by place, each once.
    pub(crate) fn finish(self) -> Vec<Diagnostic> {
        let mut diagnostics = self.diagnostics;
        diagnostics.sort_by_key(|diagnostic| {
            let primary = diagnostic.primary();
            (
                primary.map(|label| (label.file, label.span)),
                diagnostic.code,
            )
        });
        diagnostics.dedup();
        if let (true, Some(last)) = (
            self.dropped > 0,
            diagnostics.last().and_then(Diagnostic::primary),
        ) {
            let more = Diagnostic::error(
                Code::PL0903,
                format!(
                    "more than {} findings; the rest is left out",
                    limits::DIAGNOSTICS
                ),
            )
            .at(last.file, last.span, "the last one shown is here");
            diagnostics.push(more);
        }
        diagnostics
    }
}

/// The declared name that a misspelt one most likely means.
pub(crate) fn closest<'n>(
    name: &str,
    declared: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    let length = name.chars().count();
    // A name of one letter resembles every other.
    let allowed = (length / 3).clamp(1, 4).min(length.saturating_sub(1));
    declared
        .into_iter()
        .filter(|candidate| *candidate != name)
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How far two names are apart. Case and the choice of `-` or `_` hardly count.
fn distance(left: &str, right: &str) -> usize {
    let folded = |text: &str| text.to_lowercase().replace('_', "-");
    if folded(left) == folded(right) {
        return 0;
    }
    strsim::damerau_levenshtein(left, right)
}

/// Whether every part of a dotted path can be written without quotes.
pub(crate) fn is_identifier_path(path: &str) -> bool {
    path.split('.').all(is_identifier)
}

fn is_identifier(word: &str) -> bool {
    let mut chars = word.chars().peekable();
    let starts = chars
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    let mut rest = true;
    while let Some(char) = chars.next() {
        rest &= match char {
            '-' => chars
                .peek()
                .is_some_and(|next| next.is_ascii_alphanumeric() || *next == '_'),
            _ => char.is_ascii_alphanumeric() || char == '_',
        };
    }
    starts && rest
}

/// A name as it is written in a policy: quoted where it must be.
pub(crate) fn written(name: &str) -> String {
    if is_identifier(name) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// The words in the parts of the texts that are in no tree, because they did not parse.
struct Gaps<'a> {
    words: BTreeSet<&'a str>,
}

impl<'a> Gaps<'a> {
    fn new(sources: &'a Sources, files: &[&'a ast::File]) -> Self {
        let mut words = BTreeSet::new();
        for file in files.iter().filter(|file| file.recovered) {
            let Some(source) = sources.get(file.id) else {
                continue;
            };
            let mut end = 0;
            let layer = file.layer.iter().map(|layer| layer.span);
            let whole = file.items.iter().filter(|item| !item.recovered);
            let length = u32::try_from(source.text.len()).unwrap_or(u32::MAX);
            let last = Span {
                start: length,
                end: length,
            };
            for span in layer.chain(whole.map(|item| item.span)).chain([last]) {
                let gap = Span {
                    start: end,
                    end: span.start.max(end),
                };
                words.extend(split_words(source.slice(gap)));
                end = end.max(span.end);
            }
        }
        Self { words }
    }

    fn may_declare(&self, name: &str) -> bool {
        !self.words.is_empty() && split_words(name).all(|word| self.words.contains(word))
    }
}

fn split_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !(char.is_alphanumeric() || char == '_' || char == '-'))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_is_close() {
        let check = |name: &str, declared: &[&str], expected: Option<&str>| {
            assert_eq!(closest(name, declared.iter().copied()), expected, "{name}");
        };
        check("tenat", &["tenant", "team"], Some("tenant"));
        check("Tenant", &["tenant"], Some("tenant"));
        check("user_id", &["user-id", "use"], Some("user-id"));
        check("x", &["tenant", "team"], None);
        check("b", &["a"], None);
        check("gt", &["get"], Some("get"));
        check("purpose", &["tenant"], None);
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        let check = |name: &str, expected: &str| assert_eq!(written(name), expected);
        check("triage-bot", "triage-bot");
        check("a--b", "\"a--b\"");
        check("spiffe://a", "\"spiffe://a\"");
        check("1st", "\"1st\"");
    }
}
