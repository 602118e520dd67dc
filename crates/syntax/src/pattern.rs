//! Patterns and templates: from strings to segments.
//!
//! Literal text stays in its written form, where exactly `% / * { }` are encoded as
//! `%25 %2F %2A %7B %7D`; nothing is decoded, and no other spelling is let through.

use smol_str::SmolStr;

use crate::{
    ast::{self, Extractor, Hole, Pattern, Segment, Spanned},
    code::Code,
    diagnostic::Diagnostic,
    grammar::{self, Pair, Rule},
    limits,
    source::{FileId, Span},
    text,
};

/// Reads a resource pattern, as rules, claims, histories, facts, tools without functions
/// and tests have them. Never fails: what cannot be read is reported and left out.
///
/// Which facts a hole may read, and whether a capture is used, is not judged here.
pub fn parse(file: FileId, text: &ast::Str) -> (Pattern, Vec<Diagnostic>) {
    Reader::new(file, text, false).read()
}

/// Reads a template, as functions have them: no `*`, no `**` and no captures, but `each`.
pub fn parse_template(file: FileId, text: &ast::Str) -> (Pattern, Vec<Diagnostic>) {
    Reader::new(file, text, true).read()
}

struct Reader<'a> {
    file: FileId,
    text: &'a ast::Str,
    is_template: bool,
    /// Whether offsets in the value are offsets in the literal: nothing is escaped there.
    exact: bool,
    pattern: Pattern,
    problems: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    fn new(file: FileId, text: &'a ast::Str, is_template: bool) -> Self {
        let length = text.span.range().len();
        Self {
            file,
            text,
            is_template,
            exact: length == text.node.len() + 2,
            pattern: Pattern::default(),
            problems: Vec::new(),
        }
    }

    fn read(mut self) -> (Pattern, Vec<Diagnostic>) {
        let pieces = pieces(&self.text.node);
        if pieces.len() > limits::SEGMENTS {
            let message = format!("a pattern of {} segments is too long", pieces.len());
            self.problem(Code::PL0904, message, self.text.span, |problem| {
                problem.help(format!("at most {} segments", limits::SEGMENTS))
            });
            return (self.pattern, self.problems);
        }
        if self.characters() {
            let last = pieces.len().saturating_sub(1);
            for (index, (start, piece)) in pieces.into_iter().enumerate() {
                self.segment(start, piece, index == last);
            }
            self.whole();
        }
        (self.pattern, self.problems)
    }

    /// The place of bytes of the value.
    fn place(&self, start: usize, length: usize) -> Span {
        if !self.exact {
            return self.text.span;
        }
        let from = self.text.span.range().start + 1 + start;
        Span::new(from, from + length)
    }

    fn problem(
        &mut self,
        code: Code,
        message: impl Into<String>,
        span: Span,
        more: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        let problem = Diagnostic::error(code, message).at(self.file, span, "");
        self.problems.push(more(problem));
    }

    /// Refuses text that no resource can have, however it was spelled.
    fn characters(&mut self) -> bool {
        let value = self.text.node.clone();
        let forbidden = value.char_indices().find(|(_, c)| text::is_forbidden(*c));
        if let Some((at, c)) = forbidden {
            let message = format!("no resource has {} in it", text::code_point(c));
            let span = self.place(at, c.len_utf8());
            self.problem(Code::PL0508, message, span, |problem| {
                problem.note("control and bidirectional characters are refused in requests too")
            });
            return false;
        }
        if let Some(normal) = text::normalised(&value) {
            let (file, span) = (self.file, self.text.span);
            let message = "no resource is written like this: it is not in Unicode normal form C";
            self.problem(Code::PL0508, message, span, |problem| {
                problem.suggest(
                    file,
                    span,
                    text::quoted(&normal),
                    "write it in normal form C",
                )
            });
            return false;
        }
        true
    }

    fn segment(&mut self, start: usize, piece: &str, is_last: bool) {
        let span = self.place(start, piece.len());
        if is_literal(piece) {
            let segment = Segment::Literal(piece.into());
            self.pattern.segments.push(Spanned::new(segment, span));
            return;
        }
        if let Ok(mut pairs) = grammar::parse(Rule::segment_entry, piece)
            && let Some(pair) = pairs
                .next()
                .and_then(|pair| grammar::Parts::of(pair).next())
        {
            self.lower(pair, start, span, is_last);
            return;
        }
        self.explain(start, piece, span);
    }

    fn lower(&mut self, pair: Pair<'_>, start: usize, span: Span, is_last: bool) {
        let segment = match pair.as_rule() {
            Rule::rest if is_last => {
                self.pattern.rest = Some(Spanned::new((), span));
                if self.is_template {
                    self.wildcard("**", span);
                }
                return;
            }
            Rule::rest => {
                self.problem(
                    Code::PL0507,
                    "`**` stands last or nowhere",
                    span,
                    |problem| {
                        problem
                            .help("`*` is any one segment; `**` is any number of them at the end")
                    },
                );
                return;
            }
            Rule::one => {
                if self.is_template {
                    self.wildcard("*", span);
                }
                Segment::Any
            }
            Rule::glob => {
                if self.is_template {
                    self.wildcard("*", span);
                }
                let (prefix, suffix) = pair.as_str().split_once('*').unwrap_or_default();
                Segment::Glob {
                    prefix: prefix.into(),
                    suffix: suffix.into(),
                }
            }
            Rule::capture => {
                let name = pair.as_str().trim_matches(['{', '*', '}']);
                if self.is_template {
                    self.wildcard(pair.as_str(), span);
                }
                let name: ast::Name = Spanned::new(name.into(), self.place(start + 2, name.len()));
                let earlier =
                    self.pattern
                        .segments
                        .iter()
                        .find_map(|segment| match &segment.node {
                            Segment::Capture(other) if *other == name => Some(segment.span),
                            _ => None,
                        });
                if let Some(earlier) = earlier {
                    let file = self.file;
                    let message = format!("`{}` is captured twice", name.node);
                    self.problem(Code::PL0513, message, span, |problem| {
                        problem
                            .see(file, earlier, "first captured here")
                            .help("give it another name and compare the two in `when`")
                    });
                    return;
                }
                Segment::Capture(name)
            }
            Rule::hole => match self.hole(pair, start) {
                Some(hole) => {
                    self.placed(&hole, span, is_last);
                    Segment::Hole(hole)
                }
                None => return,
            },
            _ => Segment::Literal(pair.as_str().into()),
        };
        self.pattern.segments.push(Spanned::new(segment, span));
    }

    fn hole(&mut self, pair: Pair<'_>, start: usize) -> Option<Hole> {
        let place = |pair: &Pair<'_>| {
            let range = grammar::range(pair);
            (start + range.start, range.len())
        };
        let mut parts = grammar::Parts::of(pair);
        let each = parts.next_if(Rule::each);
        if let Some(each) = &each
            && !self.is_template
        {
            let (at, length) = place(each);
            let span = self.place(at, length);
            self.problem(
                Code::PL0512,
                "`each` stands in templates only",
                span,
                |problem| {
                    problem
                        .help("in a pattern a set stands for an alternative per member without it")
                },
            );
        }
        let mut inner = parts.next()?;
        let mut extractor = None;
        if inner.as_rule() == Rule::extracted {
            let mut parts = grammar::Parts::of(inner);
            let name = parts.next()?;
            let (at, length) = place(&name);
            let span = self.place(at, length);
            extractor = match Extractor::ALL
                .into_iter()
                .find(|known| known.as_str() == name.as_str())
            {
                Some(known) => Some(Spanned::new(known, span)),
                None => {
                    self.unknown_extractor(name.as_str(), span);
                    return None;
                }
            };
            inner = parts.next()?;
        }
        let (at, length) = place(&inner);
        let span = self.place(at, length);
        let mut names = grammar::Parts::of(inner).map(|pair| {
            let (at, length) = place(&pair);
            let written = pair.as_str();
            let name: SmolStr = match written.starts_with('"') {
                true => text::decode(written),
                false => written.into(),
            };
            Spanned::new(name, self.place(at, length))
        });
        let root = names.next()?;
        let fields = names.collect();
        Some(Hole {
            each: each.is_some(),
            extractor,
            of: Spanned::new(ast::Ref { root, fields }, span),
        })
    }

    /// Sees to what an extractor asks of the place of its hole.
    fn placed(&mut self, hole: &Hole, span: Span, is_last: bool) {
        match hole.extractor.as_ref().map(|extractor| extractor.node) {
            Some(extractor @ (Extractor::Path | Extractor::Url)) if !is_last => {
                let message = format!("`{}()` stands last or nowhere", extractor.as_str());
                self.problem(Code::PL0510, message, span, |problem| {
                    problem.note("it makes as many segments as its value has")
                });
            }
            Some(Extractor::Email) if self.pattern.segments.is_empty() => {
                let literal = Segment::Literal("email".into());
                self.pattern.segments.push(Spanned::new(literal, span));
            }
            _ => {}
        }
    }

    fn unknown_extractor(&mut self, name: &str, span: Span) {
        let file = self.file;
        let closest = Extractor::ALL
            .into_iter()
            .map(|known| (strsim::osa_distance(name, known.as_str()), known.as_str()))
            .filter(|(distance, _)| *distance <= 2)
            .min();
        let message = format!("unknown extractor `{name}`");
        self.problem(Code::PL0509, message, span, |problem| match closest {
            Some((_, known)) => problem.suggest(file, span, known, format!("write `{known}`")),
            None => problem.help("the extractors are `path`, `url`, `email` and `lower`"),
        });
    }

    fn wildcard(&mut self, what: &str, span: Span) {
        let message = format!("a template has no `{what}`: a call is about definite resources");
        self.problem(Code::PL0511, message, span, |problem| {
            problem.help("write `{parameter}` for what an argument says")
        });
    }

    /// Sees to the pattern as a whole.
    fn whole(&mut self) {
        let is_empty = self.pattern.segments.is_empty() && self.pattern.rest.is_none();
        if is_empty && self.problems.is_empty() {
            let span = self.text.span;
            self.problem(
                Code::PL0501,
                "a pattern has at least one segment",
                span,
                |it| it,
            );
        }
    }

    /// Says why a segment is none.
    fn explain(&mut self, start: usize, piece: &str, span: Span) {
        let file = self.file;
        if piece.is_empty() {
            let span = if self.exact {
                self.place(start, 0)
            } else {
                span
            };
            self.problem(
                Code::PL0501,
                "a segment must not be empty",
                span,
                |problem| {
                    problem.help("there is no `/` at the start, at the end, or next to another")
                },
            );
        } else if matches!(piece, "." | "..") {
            let message = format!("`{piece}` is no segment: paths are not resolved");
            self.problem(Code::PL0502, message, span, |it| it);
        } else if piece.contains(['{', '}']) {
            self.explain_hole(start, piece, span);
        } else if let Some(at) = bad_escape(piece) {
            let rest = piece.get(at..).unwrap_or_default();
            let written: String = rest.chars().take(3).collect();
            let upper = written.to_ascii_uppercase();
            let span = self.place(start + at, written.len().min(rest.len()));
            let percent = self.place(start + at, 1);
            let message = format!("`{written}` is not an escape of a resource");
            let exact = self.exact;
            self.problem(Code::PL0503, message, span, |problem| {
                let problem = problem.note(
                    "exactly `%`, `/`, `*`, `{` and `}` are written `%25`, `%2F`, `%2A`, `%7B` and `%7D`",
                );
                match ESCAPES.contains(&upper.as_str()) {
                    _ if !exact => problem,
                    true => problem.suggest(file, span, upper.clone(), format!("write `{upper}`")),
                    false => problem.suggest(file, percent, "%25", "write `%25` for a percent sign"),
                }
            });
        } else if piece.starts_with("**") && piece.bytes().all(|byte| byte == b'*') {
            let message = format!("`{piece}` is no segment");
            self.problem(Code::PL0506, message, span, |problem| {
                problem.help("`*` is any one segment, `**` any number of them")
            });
        } else {
            self.problem(
                Code::PL0506,
                "a segment has at most one `*`",
                span,
                |problem| problem.help("write `%2A` for a star that stands for itself"),
            );
        }
    }

    fn explain_hole(&mut self, start: usize, piece: &str, span: Span) {
        let open = piece.find('{');
        let close = piece.rfind('}');
        let (Some(open), Some(close)) = (open, close) else {
            let what = if open.is_some() { "}" } else { "{" };
            let message = format!("a hole lacks its `{what}`");
            self.problem(Code::PL0504, message, span, |problem| {
                problem.help("a brace that stands for itself is written `%7B` or `%7D`")
            });
            return;
        };
        let hole = piece.get(open..close + 1).unwrap_or_default();
        let is_part = open > 0 || close + 1 < piece.len() || hole.matches('{').count() > 1;
        let reads = grammar::parse(Rule::segment_entry, hole).is_ok();
        if is_part && (reads || hole.matches('{').count() > 1) {
            let message = "a hole is a whole segment, not a part of one";
            self.problem(Code::PL0505, message, span, |problem| {
                problem.help("put `/` around it, or compare the text in `when`")
            });
            return;
        }
        let span = self.place(start + open, hole.len());
        let inner = hole.trim_matches(['{', '}']).trim();
        let message = match inner {
            "" => "this hole is empty".to_owned(),
            _ => format!("cannot read the hole `{hole}`"),
        };
        let help = match self.is_template {
            true => {
                "a hole is `{parameter}`, `{each list}`, or one in an extractor: `{lower(parameter)}`"
            }
            false => {
                "a hole is `{fact}` such as `{user.tenant}`, `{extractor(fact)}`, or a capture `{*name}`"
            }
        };
        self.problem(Code::PL0504, message, span, |problem| problem.help(help));
    }
}

const ESCAPES: [&str; 5] = ["%25", "%2F", "%2A", "%7B", "%7D"];

/// Whether a segment is a literal at first sight, as nearly all are: nothing in it could mean
/// anything else. The grammar reads the others.
fn is_literal(piece: &str) -> bool {
    !matches!(piece, "" | "." | "..") && !piece.contains(['%', '*', '{', '}'])
}

/// The first `%` that begins none of the five escapes.
fn bad_escape(piece: &str) -> Option<usize> {
    piece.match_indices('%').map(|(at, _)| at).find(|at| {
        !ESCAPES.iter().any(|escape| {
            piece
                .get(*at..)
                .is_some_and(|rest| rest.starts_with(escape))
        })
    })
}

/// The pieces between the slashes that are not in a hole, with their places.
fn pieces(value: &str) -> Vec<(usize, &str)> {
    let mut pieces = Vec::new();
    let (mut start, mut in_hole, mut quoted) = (0, false, false);
    for (at, c) in value.char_indices() {
        match c {
            '"' if in_hole => quoted = !quoted,
            '{' if !quoted => in_hole = true,
            '}' if !quoted => in_hole = false,
            '/' if !(in_hole && quoted) => {
                pieces.push((start, value.get(start..at).unwrap_or_default()));
                start = at + 1;
                (in_hole, quoted) = (false, false);
            }
            _ => {}
        }
    }
    pieces.push((start, value.get(start..).unwrap_or_default()));
    pieces
}
