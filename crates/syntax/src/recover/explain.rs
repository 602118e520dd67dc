//! Why a part does not parse: what the writer probably meant, or else what was expected.

use super::{
    Failure, Recovery, expected,
    part::PartKind,
    say::{self, in_code},
    words::{self, closest, words_of},
};
use crate::{
    code::Code, diagnostic::Diagnostic, grammar::Rule, limits, scan::TokenKind, source::Span, text,
};

impl<'a> Recovery<'a> {
    /// The diagnostic for a part, of the tokens from `start` to `end`, that does not parse.
    pub(super) fn explain(
        &self,
        failure: &Failure,
        start: usize,
        end: usize,
        kind: PartKind,
    ) -> Diagnostic {
        let at = self.index_after(failure.at);
        let hints: [&dyn Fn() -> Option<Diagnostic>; 16] = [
            &|| self.in_rows(at, start, kind),
            &|| self.too_deep(failure, at),
            &|| self.nothing_named(at, start, kind),
            &|| self.foreign_comparison(failure, at),
            &|| self.foreign_operator(at),
            &|| self.star_for_any(at, kind),
            &|| self.semicolon(at, kind),
            &|| self.other_quotes(at),
            &|| self.no_quotes(failure, at),
            &|| self.single_equals(failure, at, start),
            &|| self.swapped_colon(failure, at, kind),
            &|| self.unclosed_bracket(failure, at, start),
            &|| self.keyword_misspelled(failure, at, kind),
            &|| self.comma_between_names(failure, at, kind),
            &|| self.not_a_duration(failure, at),
            &|| self.stray(at, kind),
        ];
        hints
            .into_iter()
            .find_map(|hint| hint())
            .unwrap_or_else(|| self.unexpected(failure, at, start, end, kind))
    }

    /// The first token that ends after byte `at`.
    fn index_after(&self, at: usize) -> usize {
        self.tokens
            .partition_point(|token| token.span.range().end <= at)
    }

    fn error(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, message)
    }

    fn too_deep(&self, failure: &Failure, at: usize) -> Option<Diagnostic> {
        failure.expected.contains(&Rule::deeper).then(|| {
            self.error(Code::PL0902, "this is nested too deeply")
                .at(
                    self.file,
                    self.span_of(at),
                    format!("more than {} levels", limits::NESTING),
                )
                .help("give a part of it a name with `let`")
        })
    }

    fn foreign_operator(&self, at: usize) -> Option<Diagnostic> {
        let found = self.slice(at);
        let (_, ours, help) = words::FOREIGN
            .into_iter()
            .find(|(foreign, ..)| *foreign == found)?;
        let span = self.span_of(at);
        let apart = |index: usize, edge: u32| match self.token(index) {
            Some(token) if edge == token.span.start || edge == token.span.end => " ",
            _ => "",
        };
        let is_word = ours.chars().all(char::is_alphabetic);
        let (before, after) = match is_word {
            true => (
                at.checked_sub(1).map_or("", |at| apart(at, span.start)),
                apart(at + 1, span.end),
            ),
            false => ("", ""),
        };
        Some(
            self.error(Code::PL0010, format!("`{found}` is not an operator here"))
                .at(self.file, span, help)
                .suggest(
                    self.file,
                    span,
                    format!("{before}{ours}{after}"),
                    format!("write `{ours}`"),
                ),
        )
    }

    fn foreign_comparison(&self, failure: &Failure, at: usize) -> Option<Diagnostic> {
        let found = self.slice(at);
        let (_, ours) = words::COMPARES
            .into_iter()
            .find(|(foreign, _)| *foreign == found)?;
        failure.expected.contains(&Rule::cmp_op).then(|| {
            self.error(Code::PL0010, format!("`{found}` does not compare here"))
                .at(self.file, self.span_of(at), format!("written `{ours}`"))
                .suggest(self.file, self.span_of(at), ours, format!("write `{ours}`"))
        })
    }

    /// A clause without what it is about, so that the word of the next one was taken for a
    /// name: `agent` alone on a line, or a list that ends with a comma.
    fn nothing_named(&self, at: usize, start: usize, kind: PartKind) -> Option<Diagnostic> {
        let next = at.checked_sub(1).filter(|next| *next > start)?;
        let last = next.checked_sub(1)?;
        let is_next = self.token(next)?.first && kind.words().contains(&self.word(next));
        if !is_next {
            return None;
        }
        let span = self.span_of(last);
        match self.slice(last) {
            "," => Some(
                self.error(Code::PL0001, "a list ends with a comma")
                    .at(self.file, span, "another name is expected after this")
                    .see(self.file, self.span_of(next), "the next clause")
                    .suggest(self.file, span, "", "remove it"),
            ),
            word if last == start || word == "in" => Some(
                self.error(Code::PL0001, format!("`{word}` is followed by nothing"))
                    .at(self.file, span, "what it is about is missing")
                    .see(self.file, self.span_of(next), "the next clause"),
            ),
            _ => None,
        }
    }

    /// What people write between and in rows.
    fn in_rows(&self, at: usize, start: usize, kind: PartKind) -> Option<Diagnostic> {
        if kind != PartKind::Row {
            return None;
        }
        let span = self.span_of(at);
        let found = self.slice(at);
        if matches!(found, "," | ";") && self.token(at + 1).is_none_or(|next| next.first) {
            return Some(
                self.error(Code::PL0010, format!("rows do not end with `{found}`"))
                    .at(self.file, span, "not needed")
                    .suggest(self.file, span, "", "remove it"),
            );
        }
        if at != start || self.kind(at) != Some(TokenKind::Word) {
            return None;
        }
        if words_of(Rule::expect).iter().any(|word| word == found) {
            let before = Span::at(span.range().start);
            return Some(
                self.error(Code::PL0001, format!("expected `->` before `{found}`"))
                    .at(self.file, span, "what a row expects stands behind an arrow")
                    .suggest(self.file, before, "-> ", "write `->`"),
            );
        }
        let quoted = text::quoted(found);
        (self.slice(at + 1) == "{").then(|| {
            self.error(Code::PL0009, "the name of a row stands in quotes")
                .at(self.file, span, "no quotes around this")
                .suggest(
                    self.file,
                    span,
                    quoted.clone(),
                    format!("write {}", in_code(&quoted)),
                )
        })
    }

    /// A star for everything.
    fn star_for_any(&self, at: usize, kind: PartKind) -> Option<Diagnostic> {
        let word = at.checked_sub(1).map(|before| self.word(before))?;
        let bare = self.slice(at) == "*" && kind == PartKind::Clause;
        let stars = if self.slice(at + 1) == "*" { 2 } else { 1 };
        let ends = self.end_of(at + stars - 1) < self.start_of(at + stars)
            || at + stars >= self.tokens.len();
        if !bare || !ends || !matches!(word, "agent" | "user" | "tool" | "action" | "resource") {
            return None;
        }
        let span = self.span_of(at).to(self.span_of(at + stars - 1));
        Some(
            self.error(Code::PL0010, format!("every {word} is written `any`"))
                .at(self.file, span, "this names nothing")
                .suggest(self.file, span, "any", "write `any`"),
        )
    }

    fn semicolon(&self, at: usize, kind: PartKind) -> Option<Diagnostic> {
        if self.slice(at) != ";" || kind == PartKind::Field {
            return None;
        }
        let span = self.span_of(at);
        Some(
            self.error(Code::PL0010, "nothing ends with `;` here")
                .at(self.file, span, "not needed")
                .suggest(self.file, span, "", "remove it"),
        )
    }

    fn other_quotes(&self, at: usize) -> Option<Diagnostic> {
        let found = self.slice(at);
        if !words::QUOTES.contains(&found) {
            return None;
        }
        let line = self.token(at)?.line;
        let close = (at + 1..self.tokens.len())
            .take_while(|index| self.token(*index).is_some_and(|token| token.line == line))
            .find(|index| words::QUOTES.contains(&self.slice(*index)));
        let problem = self
            .error(
                Code::PL0010,
                format!("{} do not make a string", in_code(found)),
            )
            .note("strings stand in straight double quotes");
        Some(match close {
            None => problem
                .at(self.file, self.span_of(at), "write `\"`")
                .suggest(self.file, self.span_of(at), "\"", "write `\"`"),
            Some(close) => {
                let span = self.span_of(at).to(self.span_of(close));
                let inner = self.text.get(self.end_of(at)..self.start_of(close));
                let string = text::quoted(inner.unwrap_or_default());
                problem.at(self.file, span, "not a string").suggest(
                    self.file,
                    span,
                    string.clone(),
                    format!("write {}", in_code(&string)),
                )
            }
        })
    }

    /// A pattern, template or title without quotes.
    fn no_quotes(&self, failure: &Failure, at: usize) -> Option<Diagnostic> {
        let wants = |rule| failure.expected.contains(&rule);
        if !(wants(Rule::string) || wants(Rule::strings)) || wants(Rule::name) {
            return None;
        }
        let before = at.checked_sub(1)?;
        let what = match self.slice(before) {
            "resource" => "a resource pattern",
            "->" => "a template",
            "claim" | "test" => "a title",
            "to" => "a pattern",
            "audience" => "an audience",
            "," => "a pattern",
            _ => return None,
        };
        if matches!(self.kind(at)?, TokenKind::Open | TokenKind::Close)
            && !self.slice(at).starts_with('{')
        {
            return None;
        }
        let start = self.start_of(at);
        let rest = self.text.get(start..)?;
        let ends: &[char] = match what {
            "a title" => &['\n', '{', '"'],
            _ => &['\n', ' ', '\t', '\r', ',', '"'],
        };
        let length = rest.find(ends).unwrap_or(rest.len());
        let written = rest.get(..length)?.trim_end();
        if written.is_empty() || what == "a title" && self.kind(at) != Some(TokenKind::Word) {
            return None;
        }
        let span = Span::new(start, start + written.len());
        let string = text::quoted(written);
        Some(
            self.error(Code::PL0009, format!("{what} stands in quotes"))
                .at(self.file, span, "no quotes around this")
                .suggest(
                    self.file,
                    span,
                    string.clone(),
                    format!("write {}", in_code(&string)),
                ),
        )
    }

    /// `=` in a condition.
    fn single_equals(&self, failure: &Failure, at: usize, start: usize) -> Option<Diagnostic> {
        let in_condition = failure.expected.contains(&Rule::cmp_op)
            || (start..at)
                .any(|index| matches!(self.word(index), "when" | "unless" | "where" | "only"));
        if self.slice(at) != "=" || !in_condition {
            return None;
        }
        let span = self.span_of(at);
        Some(
            self.error(Code::PL0010, "`=` does not compare")
                .at(self.file, span, "`=` gives a value; `==` compares two")
                .suggest(self.file, span, "==", "write `==`"),
        )
    }

    /// `:` where values are given, or `=` where types are.
    fn swapped_colon(&self, failure: &Failure, at: usize, kind: PartKind) -> Option<Diagnostic> {
        let wants = |rule| failure.expected.contains(&rule);
        let word = at.checked_sub(1).map_or("", |before| self.word(before));
        if self.slice(at) == ":" && (kind.words().contains(&word) || word == "in") {
            let span = self.span_of(at);
            return Some(
                self.error(
                    Code::PL0010,
                    format!("nothing stands between `{word}` and what it is about"),
                )
                .at(self.file, span, "not needed")
                .suggest(self.file, span, "", "remove it"),
            );
        }
        let (ours, help) = match self.slice(at) {
            ":" if wants(Rule::p_assign) => ("=", "a value is given with `=`"),
            "=" if wants(Rule::p_colon) => (":", "a type is given with `:`"),
            ";" if wants(Rule::p_comma) => (",", "these are separated by commas"),
            _ => return None,
        };
        let span = self.span_of(at);
        // A colon joins the name before it, an equals sign stands apart.
        let before = at.checked_sub(1).map(|index| self.end_of(index));
        let joined = before == Some(self.start_of(at));
        let text = if ours == "=" && joined { " =" } else { ours };
        Some(
            self.error(
                Code::PL0010,
                format!("`{}` stands where `{ours}` belongs", self.slice(at)),
            )
            .at(self.file, span, help)
            .suggest(self.file, span, text, format!("write `{ours}`")),
        )
    }

    /// A parenthesis or bracket that is open where the next part begins.
    fn unclosed_bracket(&self, failure: &Failure, at: usize, start: usize) -> Option<Diagnostic> {
        let wants = |rule| failure.expected.contains(&rule);
        let (opening, closing) = if wants(Rule::p_paren_end) {
            ("(", ")")
        } else if wants(Rule::p_bracket_end) {
            ("[", "]")
        } else {
            return None;
        };
        let ends = self.token(at).is_none_or(|token| token.first)
            || matches!(self.slice(at), "}" | "{" | "->");
        if !ends {
            return None;
        }
        let mut open = Vec::new();
        for index in start..at.min(self.tokens.len()) {
            let text = self.slice(index);
            if text == opening {
                open.push(index);
            } else if text == closing {
                open.pop();
            }
        }
        let open = self.span_of(*open.last()?);
        let end = Span::at(self.end_of(at.checked_sub(1)?));
        Some(
            self.error(Code::PL0003, format!("this `{opening}` is never closed"))
                .at(self.file, open, "opened here")
                .see(self.file, end, format!("`{closing}` is missing here"))
                .suggest(self.file, end, closing, format!("write `{closing}` here")),
        )
    }

    /// Two names side by side in a list.
    fn comma_between_names(
        &self,
        failure: &Failure,
        at: usize,
        kind: PartKind,
    ) -> Option<Diagnostic> {
        let before = at.checked_sub(1)?;
        let apart = self.token(at)?.first;
        let joins = matches!(self.slice(at), "or" | "and" | "|" | "&");
        if joins
            && failure.expected.contains(&Rule::p_comma)
            && !failure.expected.contains(&Rule::cmp_op)
        {
            let span = self.span_of(at);
            let touches = Some(self.end_of(before)) == Some(self.start_of(at));
            let gap = Span::new(self.end_of(before), self.end_of(at));
            return Some(
                self.error(
                    Code::PL0010,
                    format!("`{}` does not join a list", self.slice(at)),
                )
                .at(self.file, span, "several of them are separated by commas")
                .suggest(
                    self.file,
                    if touches { span } else { gap },
                    ",",
                    "write `,`",
                ),
            );
        }
        let listed = failure.expected.contains(&Rule::p_comma)
            && self.kind(at) == self.kind(before)
            && self.is_name(at);
        if apart || !listed || kind.words().contains(&self.slice(at)) {
            return None;
        }
        let end = Span::at(self.end_of(before));
        Some(
            self.error(
                Code::PL0001,
                format!("expected `,` before {}", in_code(self.slice(at))),
            )
            .at(
                self.file,
                self.span_of(at),
                "several of them are separated by commas",
            )
            .suggest(self.file, end, ",", "write `,`"),
        )
    }

    fn keyword_misspelled(
        &self,
        failure: &Failure,
        at: usize,
        kind: PartKind,
    ) -> Option<Diagnostic> {
        let word = self.word(at);
        let begins_next = self.token(at)?.first && kind.words().contains(&word);
        if begins_next {
            return None;
        }
        let names: Vec<String> = failure
            .expected
            .iter()
            .flat_map(|rule| words_of(*rule))
            .collect();
        let words: Vec<&str> = names.iter().map(String::as_str).collect();
        let meant = closest(word, &words)?;
        Some(say::misspelled(self.file, self.span_of(at), word, meant))
    }

    fn not_a_duration(&self, failure: &Failure, at: usize) -> Option<Diagnostic> {
        if self.kind(at)? != TokenKind::Number {
            return None;
        }
        let wants = |rule| failure.expected.contains(&rule);
        let written = self.slice(at);
        let span = self.span_of(at);
        let has_unit = written.ends_with(char::is_alphabetic);
        if wants(Rule::duration) {
            let problem = self
                .error(Code::PL0013, format!("`{written}` is not a duration"))
                .at(self.file, span, "a number and one of `s`, `m`, `h` or `d`");
            return Some(match has_unit {
                true => problem.help("write it in one unit, such as `90m` or `24h`"),
                false => problem.help("add the unit, such as `15m`"),
            });
        }
        has_unit.then(|| {
            self.error(
                Code::PL0013,
                format!("`{written}` is neither a number nor a duration"),
            )
            .at(
                self.file,
                span,
                "digits, or digits and one of `s`, `m`, `h` or `d`",
            )
            .help("a name that begins with a digit stands in quotes")
        })
    }

    /// Something that stands for nothing: a bracket or a doc comment.
    fn stray(&self, at: usize, kind: PartKind) -> Option<Diagnostic> {
        let span = self.span_of(at);
        match self.kind(at)? {
            TokenKind::Doc => Some(say::dangling(self.file, span, true)),
            TokenKind::Close if kind == PartKind::Item && at == self.at => Some(
                self.error(
                    Code::PL0008,
                    format!("this `{}` closes nothing", self.slice(at)),
                )
                .at(self.file, span, "nothing is open here")
                .suggest(self.file, span, "", "remove it"),
            ),
            _ => None,
        }
    }

    fn unexpected(
        &self,
        failure: &Failure,
        at: usize,
        start: usize,
        end: usize,
        kind: PartKind,
    ) -> Diagnostic {
        let mut wanted = match at == start && !kind.words().contains(&self.word(start)) {
            true => kind.title().to_owned(),
            false => expected::phrase(&failure.expected),
        };
        if wanted.is_empty() {
            wanted = kind.title().to_owned();
        }
        let code = match at == start && kind == PartKind::Item {
            true => Code::PL0002,
            false => Code::PL0001,
        };
        let at_end =
            at >= end && self.token(at).is_none_or(|token| token.first) || at >= self.tokens.len();
        if at_end {
            // Point behind what is there, not at the next line.
            let last = self.end_of(at.min(self.tokens.len()).saturating_sub(1));
            let found = match self.token(at) {
                Some(_) => "something is missing here",
                None => "the file ends here",
            };
            let problem =
                self.error(code, format!("expected {wanted}"))
                    .at(self.file, Span::at(last), found);
            return match lacks_expectation(failure, kind) {
                true => problem.help(EXPECTATION),
                false => problem,
            };
        }
        let found = in_code(self.slice(at));
        let problem = self
            .error(code, format!("expected {wanted}, found {found}"))
            .at(self.file, self.span_of(at), format!("expected {wanted}"));
        self.with_help(problem, failure, at, kind)
    }

    fn with_help(
        &self,
        problem: Diagnostic,
        failure: &Failure,
        at: usize,
        kind: PartKind,
    ) -> Diagnostic {
        let found = self.slice(at);
        let before = at.checked_sub(1);
        let name_before = before.is_some_and(|before| self.is_name(before));
        let touches = before.map(|before| self.end_of(before)) == Some(self.start_of(at));
        let is_note = at >= 2 && self.slice(at - 2) == "@";
        match found {
            _ if is_note => problem.help("the values of an annotation stand in parentheses"),
            ":" | "/" | "@" | "#" | "$" | "+" | "~" if name_before && touches => problem.help(
                "a name with other characters than letters, digits, `_` and `-` stands in quotes",
            ),
            "==" | "!=" | "<" | "<=" | ">" | ">=" if failure.expected.contains(&Rule::kw_and) => {
                problem.help("comparisons do not chain: join two of them with `and`")
            }
            "row" if failure.expected.contains(&Rule::data) => {
                problem.help("a cell of a row is written `row.column`")
            }
            "*" | "/" => problem.help("there is no multiplication and no division"),
            "null" | "nil" | "None" => {
                problem.help("a value that is absent is left out; `has` asks whether it is there")
            }
            _ if kind == PartKind::Item
                && name_before
                && self.is_name(at)
                && failure.expected.contains(&Rule::p_brace)
                && !self.token(at).is_some_and(|token| token.first) =>
            {
                problem.help("a name of several words stands in quotes, or is joined by `-`")
            }
            _ if kind == PartKind::Tool && self.slice(at + 1) == "(" => problem.help(
                "a function stands in the braces of its action, or after the word `function`",
            ),
            "not" | "all" | "some" if failure.expected.contains(&Rule::value) => {
                problem.help("put the condition in parentheses")
            }
            _ if lacks_expectation(failure, kind) => problem.help(EXPECTATION),
            _ => problem,
        }
    }
}

const EXPECTATION: &str =
    "say what is to come of the step: `-> grant`, or `-> deny` and the reason";

/// Whether a step of a test could have gone on with what is expected of it.
fn lacks_expectation(failure: &Failure, kind: PartKind) -> bool {
    let arrow = |rule| matches!(rule, &Rule::p_arrow | &Rule::expect);
    kind == PartKind::Step && failure.expected.iter().any(arrow)
}
