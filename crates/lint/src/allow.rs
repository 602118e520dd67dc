//! `// placet: allow(RULE) reason`: a person has looked, and says why it stays.
//!
//! Alone before a declaration it is about all of it, alone before a line or at its end about
//! that line; `allow-file` is about the file.

use placet_model::wire::closest;
use placet_syntax::ast::{self, FileId, Span};
use placet_syntax::{Comment, Lines};
use unicode_security::GeneralSecurityProfile;

use crate::Subject;
use crate::config::Config;
use crate::descriptor::Rule;
use crate::finding::{Finding, Fix};
use crate::rules;
use crate::rules::linting::{allow_without_reason, unknown_allow, unused_allow};

/// Takes away what is allowed, and adds what is wrong with allowing.
pub(crate) fn apply(
    subject: &Subject<'_>,
    config: &Config,
    mut findings: Vec<Finding>,
) -> Vec<Finding> {
    let mut own = crate::context::Found::default();
    for (file, comments) in subject.files.iter().zip(subject.comments) {
        let Some(source) = subject.sources.get(file.id) else {
            continue;
        };
        let lines = Lines::new(&source.text);
        for comment in comments {
            let said = match Said::read(comment) {
                None => continue,
                Some(Ok(said)) => said,
                Some(Err(Unreadable)) => {
                    own.push(unknown_allow::unreadable(file.id, comment.span));
                    continue;
                }
            };
            let scope = match said.whole_file {
                true => Scope::File,
                false => Scope::of(comment, file, comments, &source.text, &lines),
            };
            let reasoned = says_something(said.reason);
            let mut useless = Vec::new();
            for (name, span) in &said.names {
                let Some(rule) = rules::by_name(name) else {
                    let names = rules::ALL.iter().map(|rule| rule.name);
                    let meant = closest(name, names);
                    own.push(unknown_allow::found(file.id, *span, name, meant));
                    continue;
                };
                let before = findings.len();
                if reasoned {
                    findings.retain(|finding| {
                        finding.rule.code != rule.code || !scope.holds(file.id, finding, &lines)
                    });
                }
                if reasoned && findings.len() == before && judges(config, rule, &source.name) {
                    useless.push((*name, *span));
                }
            }
            if !reasoned {
                own.push(allow_without_reason::found(file.id, comment.span));
            }
            for (name, span) in &useless {
                let fix = (useless.len() == said.names.len())
                    .then(|| without(file.id, comment, &source.text));
                own.mend(unused_allow::found(file.id, *span, name), fix);
            }
        }
    }
    let own = own.into_findings(subject.sources, config);
    findings.extend(own.into_iter().filter(|found| config.selects(found.rule)));
    findings
}

/// Whether a rule was run where a comment stands: else nobody knows whether it is needed.
fn judges(config: &Config, rule: &Rule, file: &str) -> bool {
    config.selects(rule) && config.level(rule, file) > crate::Level::Off
}

/// What a comment says.
struct Said<'c> {
    whole_file: bool,
    names: Vec<(&'c str, Span)>,
    reason: &'c str,
}

/// A comment to the linter that it cannot read, and that would be taken for an exception.
struct Unreadable;

impl<'c> Said<'c> {
    /// What a comment says to the linter, if it says something to it.
    fn read(comment: &'c Comment) -> Option<Result<Self, Unreadable>> {
        let text = comment.text.as_str();
        let said = text.trim_start_matches('/').trim_start();
        let said = said.strip_prefix("placet:")?.trim_start();
        Some(Self::allows(comment, said).ok_or(Unreadable))
    }

    fn allows(comment: &'c Comment, said: &'c str) -> Option<Self> {
        let text = comment.text.as_str();
        let (whole_file, said) = match said.strip_prefix("allow-file") {
            Some(rest) => (true, rest),
            None => (false, said.strip_prefix("allow")?),
        };
        let said = said.trim_start().strip_prefix('(')?;
        let (list, reason) = said.split_once(')')?;
        let mut at = text.len() - said.len();
        let mut names = Vec::new();
        for part in list.split(',') {
            let name = part.trim();
            let start = comment.span.start as usize + at + (part.len() - part.trim_start().len());
            names.push((name, Span::new(start, start + name.len())));
            at += part.len() + 1;
        }
        Some(Self {
            whole_file,
            names,
            reason: reason.trim_start_matches(':').trim(),
        })
    }
}

/// Whether a reason has a letter that can be seen: dots say nothing, nor does what has no width or is
/// no part of words.
fn says_something(reason: &str) -> bool {
    let mut chars = reason.chars();
    chars.any(|char| char.is_alphanumeric() && char.identifier_allowed())
}

/// What a comment is about.
enum Scope {
    File,
    Item(Span),
    /// A line, from 0.
    Line(usize),
}

impl Scope {
    fn of(
        comment: &Comment,
        file: &ast::File,
        comments: &[Comment],
        text: &str,
        lines: &Lines,
    ) -> Self {
        let line = lines.line(comment.span.start);
        if !comment.own_line {
            return Self::Line(line);
        }
        // Comments below one another are all about what comes after them.
        let mut next = line + 1;
        for other in comments.iter().filter(|other| other.own_line) {
            next += usize::from(lines.line(other.span.start) == next);
        }
        let item = file.items.iter().find(|item| {
            lines.line(item.span.start) == next
                || item.span.contains(comment.span) && is_head(&item.node, item.span, comment, text)
        });
        item.map_or(Self::Line(next), |item| Self::Item(item.span))
    }

    fn holds(&self, file: FileId, finding: &Finding, lines: &Lines) -> bool {
        let Some(place) = finding.diagnostic.primary() else {
            return false;
        };
        place.file == file
            && match self {
                Self::File => true,
                Self::Item(span) => span.contains(place.span),
                Self::Line(line) => lines.line(place.span.start) == *line,
            }
    }
}

/// Whether nothing but documentation, annotations and comments of an item stand before a
/// comment in it.
fn is_head(item: &ast::Item, span: Span, comment: &Comment, text: &str) -> bool {
    let docs = item.docs.iter().map(|doc| doc.span.end);
    let notes = item.notes.iter().map(|note| note.span.end);
    let said = docs
        .chain(notes)
        .filter(|end| *end <= comment.span.start)
        .max();
    let start = said.unwrap_or(span.start);
    let between = text.get(start as usize..comment.span.start as usize);
    between.unwrap_or_default().lines().all(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with("//")
    })
}

/// Takes a comment away: the whole line when it stands alone.
fn without(file: FileId, comment: &Comment, text: &str) -> Fix {
    let (start, end) = (comment.span.start as usize, comment.span.end as usize);
    let before = text.get(..start).unwrap_or_default();
    let kept = before.trim_end_matches([' ', '\t']).len();
    let after = text.get(end..).unwrap_or_default();
    let line = after.find('\n').map_or(text.len(), |at| end + at + 1);
    let span = match comment.own_line {
        true => Span::new(kept, line),
        false => Span::new(kept, end),
    };
    Fix::safe("take the comment away").edit(file, span, "")
}
