//! Diagnostics that need nothing but places.

use crate::{
    code::Code,
    diagnostic::Diagnostic,
    source::{FileId, Span},
    text,
};

pub(super) fn misspelled(file: FileId, span: Span, word: &str, meant: &str) -> Diagnostic {
    Diagnostic::error(
        Code::PL0011,
        format!("unknown word `{word}`; did you mean `{meant}`?"),
    )
    .at(file, span, "no such word here")
    .suggest(file, span, meant, format!("write `{meant}`"))
}

pub(super) fn missing_comma(file: FileId, before: Span, next: Span) -> Diagnostic {
    Diagnostic::error(Code::PL0001, "expected `,` between two fields")
        .at(
            file,
            Span::at(before.range().end),
            "a comma is missing here",
        )
        .see(file, next, "the next field")
        .suggest(file, Span::at(before.range().end), ",", "write `,`")
}

pub(super) fn one_claim(file: FileId, span: Span) -> Diagnostic {
    Diagnostic::error(Code::PL0001, "a claim says one thing")
        .at(file, span, "this is more than one")
        .help("write another `claim` for it")
}

pub(super) fn dangling(file: FileId, span: Span, is_doc: bool) -> Diagnostic {
    match is_doc {
        true => Diagnostic::error(Code::PL0012, "this doc comment documents nothing")
            .at(file, span, "no declaration, action or function follows it")
            .help("a comment for readers of this file is written `//`"),
        false => Diagnostic::error(Code::PL0012, "this annotation annotates nothing").at(
            file,
            span,
            "no declaration or rule follows it",
        ),
    }
}

pub(super) fn unclosed(
    file: FileId,
    open: Span,
    bracket: &str,
    end: Span,
    next: Option<Span>,
) -> Diagnostic {
    let problem = Diagnostic::error(Code::PL0003, format!("this `{bracket}` is never closed")).at(
        file,
        open,
        "opened here",
    );
    let problem = match next {
        Some(next) => problem.see(file, next, "something new begins here"),
        None => problem,
    };
    problem.suggest(file, end, "\n}", "write `}` here")
}

/// Text of the policy in a message: in backticks, or by its code if nothing can be seen.
pub(super) fn in_code(written: &str) -> String {
    let invisible =
        |c: char| c.is_whitespace() || (!c.is_ascii() && c.escape_debug().next() == Some('\\'));
    let mut chars = written.chars();
    if let (Some(c), None) = (chars.next(), chars.next())
        && invisible(c)
    {
        return text::code_point(c);
    }
    let shown: String = written.chars().take(40).collect();
    let dots = if shown.len() < written.len() {
        "…"
    } else {
        ""
    };
    match shown.contains('`') {
        true => format!("``{shown}{dots}``"),
        false => format!("`{shown}{dots}`"),
    }
}
