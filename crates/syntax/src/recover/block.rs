//! Items with a block that does not parse: the header is read, then the parts one by one.

use super::{Failure, Recovery, bounds::BlockEnd, part::PartKind, say};
use crate::{
    ast::{self, ItemKind, Spanned},
    grammar::{Parts, Rule},
    origin::Origin,
    source::Span,
};

impl Recovery<'_> {
    /// What can be kept of the item whose first word, the token `head`, is `word` or was
    /// meant to be. `failure` says why the item as a whole does not parse.
    pub(super) fn block(
        &mut self,
        head: usize,
        word: &str,
        failure: &Failure,
    ) -> Option<Spanned<ItemKind>> {
        let header = match word {
            "policy" => Rule::policy_header,
            "facts" => Rule::facts_header,
            "grant" | "deny" | "require" => Rule::rule_header,
            "tool" => Rule::tool_header,
            "claim" => Rule::claim_header,
            "given" => Rule::given_header,
            "test" => Rule::test_header,
            _ => {
                // Without a block there is nothing inside to go on with.
                let next = self.item_end(head, false);
                let problem = self.explain(failure, head, next, PartKind::Item);
                self.problems.push(problem);
                self.at = next;
                return None;
            }
        };
        let limit = self.start_of(self.item_end(head, false));
        let text = self.text;
        let rest = text.get(self.end_of(head)..limit)?;
        let written = format!("{word}{rest}");
        let origin = Origin::instead_of(self.span_of(head).range(), word.len());
        let read = match self.read_piece(header, &written, origin) {
            Ok(read) => read,
            Err(failure) => {
                self.broken_header(head, word, &failure);
                return None;
            }
        };
        let length = crate::grammar::range(&read.pair).end;
        let open_end = origin.place(length);
        let open = self.index_at(open_end).saturating_sub(1);
        let end = self.block_end(open);
        let problems_before = self.problems.len();
        self.at = open + 1;
        let kind = match header {
            Rule::policy_header => {
                let name = self.lower(read, |lower, pair| lower.next_name(&mut Parts::of(pair)))?;
                self.policy(name, end.index())
            }
            Rule::facts_header => {
                let (of, timing) =
                    self.lower(read, |lower, pair| lower.facts_head(&mut Parts::of(pair)))?;
                let fields = self.fields(end.index());
                ItemKind::Facts(ast::Facts { of, timing, fields })
            }
            Rule::rule_header => {
                let (effect, name) = self.lower(read, |lower, pair| {
                    let mut parts = Parts::of(pair);
                    let effect = lower.effect(&parts.next()?);
                    Some((effect, lower.next_name(&mut parts)?))
                })?;
                let clauses = self.clauses(end.index());
                ItemKind::Rule(ast::Rule {
                    effect,
                    name,
                    clauses,
                })
            }
            Rule::tool_header => {
                let path = self.lower(read, |lower, pair| lower.next_path(&mut Parts::of(pair)))?;
                self.tool(path, end.index())
            }
            Rule::claim_header => {
                let title =
                    self.lower(read, |lower, pair| lower.next_string(&mut Parts::of(pair)))?;
                let body = self.claim_body(end.index());
                self.at = end.index();
                match body {
                    Some(body) => ItemKind::Claim(ast::Claim { title, body }),
                    None => {
                        self.close(open, &end, problems_before, failure, PartKind::Claim);
                        return None;
                    }
                }
            }
            Rule::given_header => {
                let name = self.lower(read, |lower, pair| lower.next_name(&mut Parts::of(pair)))?;
                let mut setup = Vec::new();
                self.parts(PartKind::Setup, end.index(), &mut |lower, pair| {
                    setup.extend(lower.setup(pair));
                });
                ItemKind::Given(ast::Given { name, setup })
            }
            _ => {
                let title =
                    self.lower(read, |lower, pair| lower.next_string(&mut Parts::of(pair)))?;
                let parts = self.test(end.index());
                ItemKind::Test(ast::Test { title, parts })
            }
        };
        self.close(open, &end, problems_before, failure, PartKind::Item);
        let last = self.span_of(self.at.saturating_sub(1));
        Some(Spanned::new(kind, self.span_of(head).to(last)))
    }

    /// Passes the end of the block that the token `open` opens, and sees to it that
    /// something was reported.
    fn close(
        &mut self,
        open: usize,
        end: &BlockEnd,
        problems_before: usize,
        failure: &Failure,
        kind: PartKind,
    ) {
        match *end {
            BlockEnd::Closed(index) => {
                self.at = index + 1;
                if self.problems.len() == problems_before && failure.at <= self.end_of(index) {
                    let problem = self.explain(failure, open, index, kind);
                    self.problems.push(problem);
                }
            }
            BlockEnd::Open(index) => {
                self.at = index;
                self.unclosed(open, index);
            }
        }
    }

    /// Reports the bracket `open`, which nothing before the token `next` closes.
    fn unclosed(&mut self, open: usize, next: usize) {
        let following = self.token(next).map(|token| token.span);
        let last = self.span_of(next.saturating_sub(1));
        let problem = say::unclosed(
            self.file,
            self.span_of(open),
            self.slice(open),
            Span::at(last.range().end),
            following,
        );
        self.problems.push(problem);
    }

    /// Reports a header that does not parse, and what is wrong inside its block all the
    /// same.
    fn broken_header(&mut self, head: usize, word: &str, failure: &Failure) {
        let next = self.item_end(head, false);
        let problem = self.explain(failure, head, next, PartKind::Item);
        self.problems.push(problem);
        let line = self.token(head).map(|token| token.line);
        let open = (head..next)
            .take_while(|index| self.token(*index).map(|token| token.line) == line)
            .find(|index| self.slice(*index) == "{");
        let Some(open) = open else {
            self.at = next;
            return;
        };
        let end = self.block_end(open);
        self.at = open + 1;
        let kind = match word {
            "policy" => PartKind::Policy,
            "facts" => PartKind::Field,
            "grant" | "deny" | "require" => PartKind::Clause,
            "given" => PartKind::Setup,
            "test" => PartKind::Step,
            _ => {
                self.at = next;
                return;
            }
        };
        self.parts(kind, end.index(), &mut |_, _| {});
        match end {
            BlockEnd::Closed(index) => self.at = index + 1,
            BlockEnd::Open(index) => {
                self.at = index;
                self.unclosed(open, index);
            }
        }
    }

    fn policy(&mut self, name: ast::Name, end: usize) -> ItemKind {
        let mut policy = ast::Policy {
            name,
            language: None,
            layers: Vec::new(),
            lifetime: None,
        };
        self.parts(PartKind::Policy, end, &mut |lower, pair| {
            lower.policy_part(&mut policy, pair);
        });
        ItemKind::Policy(policy)
    }

    fn fields(&mut self, end: usize) -> Vec<Spanned<ast::Field>> {
        let mut fields = Vec::new();
        self.parts(PartKind::Field, end, &mut |lower, pair| {
            fields.extend(lower.field(pair));
        });
        fields
    }

    fn clauses(&mut self, end: usize) -> Vec<Spanned<ast::Clause>> {
        let mut clauses = Vec::new();
        self.parts(PartKind::Clause, end, &mut |lower, pair| {
            clauses.extend(lower.clause(pair));
        });
        clauses
    }

    fn tool(&mut self, path: ast::Path, end: usize) -> ItemKind {
        let mut tool = ast::Tool {
            path,
            audience: None,
            parts: Vec::new(),
        };
        while self.at < end && !self.exhausted() {
            let start = self.at;
            let next = self.tool_part_end(start, end);
            let limit = self.start_of(next);
            let read = self.attempt(
                Rule::tool_entry,
                Rule::tool_part,
                self.start_of(start),
                limit,
            );
            match read {
                Ok(read) => {
                    self.lower(read, |lower, pair| lower.tool_part(&mut tool, pair));
                    self.at = next;
                }
                Err(failure) => self.broken_tool_part(&mut tool, start, next, &failure),
            }
            self.at = self.at.max(start + 1);
        }
        ItemKind::Tool(tool)
    }

    /// The parts of a test; of rows that do not parse as a whole, those that do.
    fn test(&mut self, end: usize) -> Vec<Spanned<ast::TestPart>> {
        let mut parts = Vec::new();
        while self.at < end && !self.exhausted() {
            let start = self.at;
            let kind = PartKind::Step;
            let limit = self.start_of(end);
            match self.attempt(
                Rule::test_entry,
                Rule::test_part,
                self.start_of(start),
                limit,
            ) {
                Ok(read) => self.keep(read, &mut |lower, pair| {
                    parts.extend(lower.test_part(pair));
                }),
                Err(failure) if self.word(start) == "rows" && self.slice(start + 1) == "{" => {
                    parts.push(self.rows(start, end, &failure));
                }
                Err(failure) => {
                    let next = self.part_end(kind, start, end);
                    self.broken_part(kind, start, next, &failure, &mut |lower, pair| {
                        parts.extend(lower.test_part(pair));
                    });
                    self.at = self.at.max(next);
                }
            }
            self.at = self.at.max(start + 1);
        }
        self.at = self.at.max(end);
        parts
    }

    fn rows(&mut self, start: usize, end: usize, failure: &Failure) -> Spanned<ast::TestPart> {
        let before = self.problems.len();
        let open = start + 1;
        let block = match self.block_end(open) {
            BlockEnd::Closed(index) if index < end => BlockEnd::Closed(index),
            BlockEnd::Closed(_) | BlockEnd::Open(_) => BlockEnd::Open(end),
        };
        self.at = open + 1;
        let mut rows = Vec::new();
        self.parts(PartKind::Row, block.index(), &mut |lower, pair| {
            rows.extend(lower.row(pair));
        });
        self.close(open, &block, before, failure, PartKind::Row);
        let last = self.span_of(self.at.saturating_sub(1));
        Spanned::new(ast::TestPart::Rows(rows), self.span_of(start).to(last))
    }

    /// The first token after the part of a tool that begins at `start`, docs included.
    fn tool_part_end(&self, start: usize, end: usize) -> usize {
        let mut head = start;
        while self.kind(head) == Some(crate::scan::TokenKind::Doc) && head < end {
            head += 1;
        }
        self.part_end(PartKind::Tool, head, end)
    }

    fn broken_tool_part(
        &mut self,
        tool: &mut ast::Tool,
        start: usize,
        next: usize,
        failure: &Failure,
    ) {
        let limit = self.start_of(next);
        let before = self.problems.len();
        if let Ok(read) = self.read(Rule::verb_header, self.start_of(start), limit) {
            let head = self.lower(read, |lower, pair| {
                let mut parts = Parts::of(pair.clone());
                let docs = lower.docs(&mut parts);
                Some((lower.span(&pair), docs, lower.next_name(&mut parts)?))
            });
            if let Some((span, docs, action)) = head {
                let (open, end) = self.enter(span);
                let mut functions = Vec::new();
                self.parts(PartKind::Mapped, end.index(), &mut |lower, pair| {
                    functions.extend(lower.mapped(pair));
                });
                self.close(open, &end, before, failure, PartKind::Tool);
                let kind = ast::ToolPartKind::Verb { action, functions };
                tool.parts
                    .push(Spanned::new(ast::ToolPart { docs, kind }, span));
            }
            return;
        }
        if let Ok(read) = self.read(Rule::function_header, self.start_of(start), limit) {
            let head = self.lower(read, |lower, pair| {
                let mut parts = Parts::of(pair.clone());
                let docs = lower.docs(&mut parts);
                let signature = lower.signature(parts.next()?)?;
                Some((lower.span(&pair), docs, signature))
            });
            if let Some((span, docs, signature)) = head {
                let (open, end) = self.enter(span);
                let mut function = ast::Function {
                    signature,
                    lines: Vec::new(),
                    returns: None,
                };
                self.parts(PartKind::Line, end.index(), &mut |lower, pair| {
                    lower.function_part(&mut function, pair);
                });
                self.close(open, &end, before, failure, PartKind::Tool);
                let kind = ast::ToolPartKind::Function(function);
                tool.parts
                    .push(Spanned::new(ast::ToolPart { docs, kind }, span));
            }
            return;
        }
        let kind = PartKind::Tool;
        self.broken_part(kind, start, next, failure, &mut |lower, pair| {
            lower.tool_part(tool, pair);
        });
        self.at = self.at.max(next);
    }

    /// Enters the block whose header, with its bracket, has the span.
    fn enter(&mut self, header: Span) -> (usize, BlockEnd) {
        let open = self.index_at(header.range().end).saturating_sub(1);
        self.at = open + 1;
        (open, self.block_end(open))
    }

    fn claim_body(&mut self, end: usize) -> Option<Spanned<ast::ClaimBody>> {
        let start = self.at;
        let (from, limit) = (self.start_of(start), self.start_of(end));
        match self.attempt(Rule::claim_entry, Rule::claim_body, from, limit) {
            Ok(read) => {
                let body = self.lower(read, |lower, pair| lower.claim_body(pair))?;
                self.at = self.index_at(body.span.range().end);
                if self.at < end {
                    let next = self.at;
                    let problem = say::one_claim(self.file, self.span_of(next));
                    self.problems.push(problem);
                }
                Some(body)
            }
            Err(failure) => {
                let word = self.word(start);
                if !matches!(word, "never" | "always" | "every") || self.slice(start + 1) != "{" {
                    let problem = self.explain(&failure, start, end, PartKind::Claim);
                    self.problems.push(problem);
                    return None;
                }
                self.broken_region(start, word, end)
            }
        }
    }

    /// Reads a `never`, `always` or `every` clause by clause.
    fn broken_region(
        &mut self,
        start: usize,
        word: &str,
        end: usize,
    ) -> Option<Spanned<ast::ClaimBody>> {
        let open = start + 1;
        let close = self.block_end(open).index().min(end);
        self.at = open + 1;
        let clauses = self.clauses(close);
        let region = Spanned::new(clauses, self.span_of(open).to(self.span_of(close)));
        let span = self.span_of(start).to(region.span);
        self.at = close + 1;
        let mut needs = Vec::new();
        if word != "every" && self.at < end {
            let problem = say::one_claim(self.file, self.span_of(self.at));
            self.problems.push(problem);
            self.at = end;
        } else if self.word(self.at) == "needs" {
            self.at += 1;
        }
        self.parts(PartKind::Duty, end, &mut |lower, pair| {
            needs.extend(lower.duty(pair));
        });
        let body = match word {
            "never" => ast::ClaimBody::Never(region),
            "always" => ast::ClaimBody::Always(region),
            _ => ast::ClaimBody::Every { region, needs },
        };
        Some(Spanned::new(body, span))
    }
}
