//! Text to tree: the grammar reads the whole file, or recovery reads it part by part.

use crate::{
    ast,
    code::Code,
    diagnostic::Diagnostic,
    grammar::{self, Rule},
    limits,
    lower::{FileParts, Lower},
    origin::Origin,
    recover,
    scan::{self, Comment, Scan},
    source::{FileId, Lines, Source, Span},
};

/// A parsed file: the tree, what is wrong with it, and the comments, which are not part of
/// the tree.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The tree, of what could be read.
    pub file: ast::File,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The comments, in the order of the text.
    pub comments: Vec<Comment>,
}

impl Parsed {
    /// Whether there is an error, so that the tree lacks something.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Parses a text of a policy set.
///
/// Never fails: every text gives a tree of what could be read and a diagnostic for
/// everything that could not. Time and space are linear in the text, which has at most
/// [`limits::FILE_BYTES`], and the stack is bounded.
pub fn parse(id: FileId, source: &Source) -> Parsed {
    let text = source.text.as_str();
    if text.len() > limits::FILE_BYTES {
        return too_large(id, text.len());
    }
    let Scan {
        tokens,
        comments,
        mut problems,
        mended,
        mended_lines,
    } = scan::scan(id, text);
    let readable = mended.as_deref().unwrap_or(text);
    let (layer, items) = match whole(id, readable, &mut problems) {
        Some(parts) => parts,
        None => {
            let recovered = recover::recover(id, readable, &tokens);
            // What follows a mended place on its line may be wrong because of it.
            let lines = Lines::new(text);
            let mended = |problem: &Diagnostic| {
                problem.primary().is_some_and(|label| {
                    let line = u32::try_from(lines.line(label.span.start)).unwrap_or(u32::MAX);
                    mended_lines.binary_search(&line).is_ok()
                })
            };
            problems.extend(
                recovered
                    .problems
                    .into_iter()
                    .filter(|found| !mended(found)),
            );
            (recovered.layer, recovered.items)
        }
    };
    let diagnostics = in_order(id, problems);
    let recovered = diagnostics.iter().any(Diagnostic::is_error);
    Parsed {
        file: ast::File {
            id,
            layer,
            items,
            recovered,
        },
        diagnostics,
        comments,
    }
}

/// The parts of a file that the grammar reads as a whole.
fn whole(file: FileId, text: &str, problems: &mut Vec<Diagnostic>) -> Option<FileParts> {
    let pair = grammar::parse(Rule::file, text).ok()?.next()?;
    let mut found = Vec::new();
    let parts = Lower {
        file,
        origin: Origin::default(),
        problems: &mut found,
    }
    .file(pair)?;
    problems.append(&mut found);
    Some(parts)
}

/// Sorts the diagnostics by place and cuts them off at the limit.
fn in_order(file: FileId, mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let place = |diagnostic: &Diagnostic| diagnostic.primary().map(|label| label.span);
    diagnostics.sort_by_key(place);
    diagnostics.dedup();
    let left_out = diagnostics.len().saturating_sub(limits::DIAGNOSTICS);
    if left_out > 0 {
        diagnostics.truncate(limits::DIAGNOSTICS);
        let last = diagnostics.last().and_then(place).unwrap_or_default();
        diagnostics.push(
            Diagnostic::error(
                Code::PL0903,
                format!(
                    "more than {} findings in this file: the rest is left out",
                    limits::DIAGNOSTICS
                ),
            )
            .at(file, last, "the last that is shown")
            .help("mend the first ones and look again"),
        );
    }
    diagnostics
}

fn too_large(id: FileId, bytes: usize) -> Parsed {
    let problem = Diagnostic::error(
        Code::PL0901,
        format!("the file has {bytes} bytes and is too large"),
    )
    .at(id, Span::at(0), "nothing of it was read")
    .note(format!(
        "a policy file has at most {} bytes",
        limits::FILE_BYTES
    ))
    .help("split it: the order of files never matters");
    Parsed {
        file: ast::File {
            id,
            layer: None,
            items: Vec::new(),
            recovered: true,
        },
        diagnostics: vec![problem],
        comments: Vec::new(),
    }
}
