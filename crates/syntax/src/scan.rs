//! One pass over the text before it is parsed: comments are set aside, forbidden
//! characters and broken strings are reported, and tokens are found for recovery.
//!
//! What is reported is also mended in a copy of the text, byte for byte in place, so that
//! one bad character does not cost the rest of its declaration.

use smol_str::SmolStr;
use unicode_normalization::char::is_combining_mark;

use crate::{
    code::Code,
    diagnostic::Diagnostic,
    limits,
    source::{FileId, Span},
    text,
};

/// What the pass found.
#[derive(Debug)]
pub(crate) struct Scan {
    /// The tokens, comments left out.
    pub(crate) tokens: Vec<Token>,
    /// The comments.
    pub(crate) comments: Vec<Comment>,
    /// What is wrong with the text.
    pub(crate) problems: Vec<Diagnostic>,
    /// The mended text, if it had to be mended.
    pub(crate) mended: Option<String>,
    /// The lines, from 0, on which text was mended, ascending.
    pub(crate) mended_lines: Vec<u32>,
}

/// A comment, from `//` to the end of its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its text with the slashes, without trailing space.
    pub text: SmolStr,
    /// Where it stands.
    pub span: Span,
    /// Whether nothing but space stands before it on its line.
    pub own_line: bool,
    /// Whether an empty line follows it.
    pub gap: bool,
}

/// A token, as coarse as finding the parts of a block needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
    /// The line, from 0.
    pub(crate) line: u32,
    /// Whether it is the first token of its line.
    pub(crate) first: bool,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// An identifier or keyword.
    Word,
    /// A number or duration, well-formed or not.
    Number,
    /// A string.
    String,
    /// A line of a doc comment.
    Doc,
    /// `{`, `(` or `[`
    Open,
    /// `}`, `)` or `]`
    Close,
    /// Any other character, or an operator of several.
    Mark,
}

/// Operators of several characters, ours and those that people bring along.
const OPERATORS: [&str; 13] = [
    "...", "===", "!==", "->", "=>", "==", "!=", "<=", ">=", "<>", "&&", "||", "::",
];

/// Scans `text`, the text of `file`.
pub(crate) fn scan(file: FileId, text: &str) -> Scan {
    let mut scanner = Scanner {
        file,
        text,
        at: 0,
        line: 0,
        first: true,
        tokens: Vec::new(),
        comments: Vec::new(),
        problems: Vec::new(),
        mends: Vec::new(),
    };
    scanner.run();
    let mut mended_lines: Vec<u32> = scanner.mends.iter().map(|mend| mend.line).collect();
    mended_lines.dedup();
    Scan {
        mended: mend(text, &scanner.mends),
        tokens: scanner.tokens,
        comments: scanner.comments,
        problems: scanner.problems,
        mended_lines,
    }
}

/// Bytes to overwrite with `with` in the copy that is parsed.
struct Mend {
    span: Span,
    with: u8,
    line: u32,
}

fn mend(text: &str, mends: &[Mend]) -> Option<String> {
    if mends.is_empty() {
        return None;
    }
    let mut bytes = text.as_bytes().to_vec();
    for mend in mends {
        if let Some(bytes) = bytes.get_mut(mend.span.range()) {
            bytes.fill(mend.with);
        }
    }
    // Whole characters are overwritten with ASCII, so the copy is UTF-8 as the text was.
    String::from_utf8(bytes).ok()
}

struct Scanner<'a> {
    file: FileId,
    text: &'a str,
    at: usize,
    line: u32,
    /// Whether no token of this line was seen.
    first: bool,
    tokens: Vec<Token>,
    comments: Vec<Comment>,
    problems: Vec<Diagnostic>,
    mends: Vec<Mend>,
}

impl<'a> Scanner<'a> {
    fn run(&mut self) {
        if self.rest().starts_with('\u{FEFF}') {
            let span = Span::new(0, '\u{FEFF}'.len_utf8());
            self.report(
                Diagnostic::warning(Code::PL0015, "the file begins with a byte order mark")
                    .at(self.file, span, "this mark is ignored")
                    .suggest(self.file, span, "", "remove it"),
            );
            self.mend(span, b' ');
            self.at = span.range().end;
        }
        while let Some(c) = self.rest().chars().next() {
            let start = self.at;
            match c {
                '\n' => {
                    self.at += 1;
                    self.line += 1;
                    self.first = true;
                }
                ' ' | '\t' => self.at += 1,
                '\r' if self.rest().starts_with("\r\n") => self.at += 1,
                '/' if self.rest().starts_with("//") => self.comment(),
                '"' => self.string(),
                '{' | '(' | '[' => self.token(TokenKind::Open, 1),
                '}' | ')' | ']' => self.token(TokenKind::Close, 1),
                c if text::is_forbidden(c) => {
                    self.at += c.len_utf8();
                    let span = Span::new(start, self.at);
                    self.forbidden(c, span, None);
                    self.mend(span, b' ');
                }
                c if is_word_start(c) => self.word(),
                c if c.is_ascii_digit() => {
                    let length = self
                        .rest()
                        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_'))
                        .unwrap_or(self.rest().len());
                    let run = self.rest().get(..length).unwrap_or_default();
                    self.token(TokenKind::Number, run.trim_end_matches('.').len());
                }
                c => {
                    let operator = OPERATORS
                        .into_iter()
                        .find(|operator| self.rest().starts_with(operator));
                    let length = operator.map_or(c.len_utf8(), str::len);
                    self.token(TokenKind::Mark, length);
                }
            }
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn token(&mut self, kind: TokenKind, length: usize) {
        let span = Span::new(self.at, self.at + length);
        self.tokens.push(Token {
            kind,
            span,
            line: self.line,
            first: self.first,
        });
        self.first = false;
        self.at += length;
    }

    /// Keeps a problem, unless more are kept than will be shown.
    fn report(&mut self, problem: Diagnostic) {
        if self.problems.len() <= limits::DIAGNOSTICS {
            self.problems.push(problem);
        }
    }

    fn mend(&mut self, span: Span, with: u8) {
        let line = self.line;
        self.mends.push(Mend { span, with, line });
    }

    fn forbidden(&mut self, c: char, span: Span, escape: Option<String>) {
        let what = if text::is_bidi_control(c) {
            "this invisible character changes the order in which text is shown"
        } else {
            "this is a control character"
        };
        let mut problem = Diagnostic::error(
            Code::PL0006,
            format!("policy text must not hold {}", text::code_point(c)),
        )
        .at(self.file, span, what);
        problem = match escape {
            Some(escape) => problem.suggest(
                self.file,
                span,
                escape,
                "if it is meant, write it as an escape",
            ),
            None => problem.suggest(self.file, span, "", "remove it"),
        };
        self.report(problem);
    }

    /// The rest of the line, without its end.
    fn rest_of_line(&self) -> &'a str {
        let rest = self.rest();
        let line = rest.split('\n').next().unwrap_or(rest);
        line.strip_suffix('\r').unwrap_or(line)
    }

    fn comment(&mut self) {
        let line = self.rest_of_line();
        for (offset, c) in line.char_indices().filter(|(_, c)| *c != '\t') {
            if text::is_forbidden(c) {
                let start = self.at + offset;
                let span = Span::new(start, start + c.len_utf8());
                self.forbidden(c, span, None);
                self.mend(span, b' ');
            }
        }
        if line.starts_with("///") && !line.starts_with("////") {
            self.token(TokenKind::Doc, line.len());
            return;
        }
        let text = line.trim_end();
        let after = self.rest().get(line.len()..).unwrap_or_default();
        let next_line = after.split('\n').nth(1);
        self.comments.push(Comment {
            text: text.into(),
            span: Span::new(self.at, self.at + text.len()),
            own_line: self.first,
            gap: next_line.is_some_and(|line| line.trim().is_empty()),
        });
        self.at += line.len();
    }

    fn word(&mut self) {
        let rest = self.rest();
        let mut length = 0;
        let mut chars = rest.char_indices().peekable();
        while let Some((offset, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            let goes_on = is_word_start(c)
                || c.is_ascii_digit()
                || (c == '-' && next.is_some_and(|c| is_word_start(c) || c.is_ascii_digit()));
            if !goes_on {
                break;
            }
            length = offset + c.len_utf8();
        }
        let word = rest.get(..length).unwrap_or_default();
        if let Some(normal) = text::normalised(word) {
            let span = Span::new(self.at, self.at + length);
            self.not_normal("name", span, normal);
        }
        self.token(TokenKind::Word, length);
    }

    fn not_normal(&mut self, what: &str, span: Span, normal: String) {
        self.report(
            Diagnostic::error(
                Code::PL0007,
                format!("this {what} is not in Unicode normal form C"),
            )
            .at(
                self.file,
                span,
                "it looks like another text and is not equal to it",
            )
            .suggest(self.file, span, normal, "write it in normal form C"),
        );
        // The bytes of non-ASCII characters only: quotes and escapes stay.
        let text = self.text.get(span.range()).unwrap_or_default();
        for (offset, c) in text.char_indices().filter(|(_, c)| !c.is_ascii()) {
            let start = span.range().start + offset;
            self.mend(Span::new(start, start + c.len_utf8()), b'x');
        }
    }

    fn string(&mut self) {
        let start = self.at;
        let rest = self.rest();
        let mut skip_to = 0;
        for (offset, c) in rest.char_indices().skip(1) {
            if offset < skip_to {
                continue;
            }
            let at = start + offset;
            match c {
                '\n' => break,
                '"' => {
                    let length = offset + 1;
                    let literal = rest.get(..length).unwrap_or_default();
                    if let Some(normal) = text::normalised(literal) {
                        self.not_normal("string", Span::new(start, start + length), normal);
                    }
                    self.token(TokenKind::String, length);
                    return;
                }
                '\\' => {
                    let after = rest.get(offset + 1..).unwrap_or_default();
                    let (meaning, length) = match after.starts_with(['\n', '\r']) {
                        true => (None, 0),
                        false => text::escape(after),
                    };
                    skip_to = offset + 1 + length;
                    if meaning.is_none() && length > 0 {
                        self.bad_escape(Span::new(at, at + 1 + length));
                    }
                }
                '\r' if rest
                    .get(offset + 1..)
                    .is_some_and(|rest| rest.starts_with('\n')) =>
                {
                    break;
                }
                c if text::is_forbidden(c) => {
                    let span = Span::new(at, at + c.len_utf8());
                    let escape = match c {
                        '\t' => "\\t".to_owned(),
                        c => format!("\\u{{{:x}}}", u32::from(c)),
                    };
                    self.forbidden(c, span, Some(escape));
                    self.mend(span, b'_');
                }
                _ => {}
            }
        }
        self.unclosed_string();
    }

    fn bad_escape(&mut self, span: Span) {
        let written = self.text.get(span.range()).unwrap_or_default();
        let mut problem = Diagnostic::error(
            Code::PL0005,
            format!("`{written}` is not an escape of a string"),
        )
        .at(self.file, span, "this means nothing");
        problem = if written.starts_with("\\u") {
            problem.help(
                "a character is written `\\u{…}` with its code in 1 to 6 hexadecimal digits; surrogates (D800 to DFFF) are not characters",
            )
        } else {
            problem
                .help("the escapes are `\\\"`, `\\\\`, `\\n`, `\\t` and `\\u{…}`")
                .suggest(
                    self.file,
                    Span::at(span.range().start),
                    "\\",
                    "to write a backslash, double it",
                )
        };
        self.report(problem);
        self.mend(span, b'_');
    }

    /// Reports a string without end and guesses, for the copy that is parsed, where it was
    /// meant to end.
    fn unclosed_string(&mut self) {
        let start = self.at;
        let line = self.rest_of_line();
        let written = line.trim_end();
        let before = self.tokens.last().map(|before| before.span.range());
        let first_space = written.find(char::is_whitespace);
        let guess = match before.and_then(|range| self.text.get(range)) {
            // A pattern has no spaces, most likely; a title has, and a block after it.
            Some("resource" | "->" | "audience") => first_space,
            Some("claim" | "test") => written.find(" {"),
            _ => written.strip_suffix(" }").map(str::len).or(first_space),
        };
        let end = guess.unwrap_or(written.len());
        self.report(
            Diagnostic::error(Code::PL0004, "this string is never closed")
                .at(
                    self.file,
                    Span::new(start, start + end),
                    "no `\"` ends it on its line",
                )
                .suggest(
                    self.file,
                    Span::at(start + end),
                    "\"",
                    "close it, perhaps here",
                ),
        );
        // A backslash before the guessed end would escape the quote.
        let body = line.get(..end).unwrap_or_default();
        for (offset, _) in body.match_indices('\\') {
            self.mend(Span::new(start + offset, start + offset + 1), b'_');
        }
        let last = body.char_indices().next_back();
        match (guess, last) {
            (Some(space), _) => {
                let width = line
                    .get(space..)
                    .and_then(|rest| rest.chars().next())
                    .map_or(1, char::len_utf8);
                self.mend(Span::new(start + space, start + space + width), b'"');
                self.token(TokenKind::String, space + 1);
            }
            (None, Some((offset, c))) if offset > 0 => {
                let at = start + offset;
                self.mend(Span::new(at, at + c.len_utf8()), b'_');
                let quote = at + c.len_utf8() - 1;
                self.mend(Span::new(quote, quote + 1), b'"');
                self.token(TokenKind::String, end);
            }
            _ => {
                self.mend(Span::new(start, start + 1), b' ');
                self.at += 1;
            }
        }
    }
}

/// Whether a word may begin with the character. Marks are no letters, but a mark belongs to
/// the word whose normal form it spoils.
fn is_word_start(c: char) -> bool {
    text::is_letter(c) || c == '_' || is_combining_mark(c)
}
