//! Tests and their fixtures.

use super::Lower;
use crate::{
    ast::{self, Setup, Spanned, Step},
    grammar::{Pair, Parts, Rule},
};

impl Lower<'_> {
    pub(super) fn given(&mut self, pair: Pair<'_>) -> Option<ast::Given> {
        let mut parts = Parts::of(pair);
        let name = self.name(parts.next()?)?;
        let setup = self.all(parts, Self::setup);
        Some(ast::Given { name, setup })
    }

    pub(super) fn test(&mut self, pair: Pair<'_>) -> Option<ast::Test> {
        let mut parts = Parts::of(pair);
        let title = self.string(&parts.next()?);
        let parts = self.all(parts, Self::test_part);
        Some(ast::Test { title, parts })
    }

    pub(crate) fn test_part(&mut self, pair: Pair<'_>) -> Option<Spanned<ast::TestPart>> {
        match pair.as_rule() {
            Rule::setup => Some(self.setup(pair)?.map(ast::TestPart::Setup)),
            Rule::rows => {
                let span = self.span(&pair);
                let rows = self.all(Parts::of(pair), Self::row);
                Some(Spanned::new(ast::TestPart::Rows(rows), span))
            }
            _ => Some(self.step(pair)?.map(ast::TestPart::Step)),
        }
    }

    pub(crate) fn setup(&mut self, pair: Pair<'_>) -> Option<Spanned<Setup>> {
        let span = self.span(&pair);
        let inner = Parts::of(pair).next()?;
        let rule = inner.as_rule();
        let mut parts = Parts::of(inner);
        let setup = match rule {
            Rule::given_setup => Setup::Given(self.names(parts.next()?)),
            Rule::at_setup => Setup::At(self.string(&parts.next()?)),
            Rule::agent_setup => Setup::Agent(self.entity(parts)?),
            Rule::user_none => Setup::UserNone,
            Rule::user_setup => Setup::User(self.entity(parts)?),
            Rule::task_setup => Setup::Task {
                name: self.name(parts.next()?)?,
                facts: self.next_object(&mut parts),
            },
            Rule::context_setup => Setup::Context(self.next_object(&mut parts)),
            Rule::resource_setup => Setup::Resource {
                resource: self.string(&parts.next()?),
                facts: self.next_object(&mut parts),
            },
            _ => return None,
        };
        Some(Spanned::new(setup, span))
    }

    pub(crate) fn row(&mut self, pair: Pair<'_>) -> Option<Spanned<ast::Row>> {
        let span = self.span(&pair);
        let mut parts = Parts::of(pair);
        let name = self.string(&parts.next()?);
        let cells = self.next_object(&mut parts);
        let expect = match parts.next_if(Rule::expect) {
            Some(expect) => Some(self.expect(expect)?),
            None => None,
        };
        let ending = self.ending(&mut parts);
        let row = ast::Row {
            name,
            cells,
            expect,
            ending,
        };
        Some(Spanned::new(row, span))
    }

    fn step(&mut self, pair: Pair<'_>) -> Option<Spanned<Step>> {
        let span = self.span(&pair);
        let inner = Parts::of(pair).next()?;
        let rule = inner.as_rule();
        let mut parts = Parts::of(inner);
        let step = match rule {
            Rule::issue => Step::Issue(Box::new(self.issue(parts)?)),
            Rule::call_step => Step::Call(self.call_step(parts)?),
            Rule::list_step => Step::List {
                tool: self.path(parts.next()?)?,
                expect: self.expect(parts.next()?)?,
            },
            Rule::after => Step::After(self.length(parts.next()?)?),
            Rule::revoke => Step::Revoke(self.name(parts.next()?)?),
            Rule::recorded => self.recorded(parts)?,
            _ => return None,
        };
        Some(Spanned::new(step, span))
    }

    fn issue(&mut self, mut parts: Parts<'_>) -> Option<ast::Issue> {
        let delegate = self.named(&mut parts, Rule::delegate_to);
        let tool = self.path(parts.next()?)?;
        let actions = self.names(parts.next()?);
        let resources = self.strings(parts.next()?);
        let lifetime = self.lifetime(&mut parts);
        let with = self.named(&mut parts, Rule::with);
        let credential = self.named(&mut parts, Rule::credential_name);
        let expect = self.expect(parts.next()?)?;
        Some(ast::Issue {
            delegate,
            tool,
            actions,
            resources,
            lifetime,
            with,
            credential,
            expect,
        })
    }

    fn call_step(&mut self, mut parts: Parts<'_>) -> Option<ast::Call> {
        let tool = self.path(parts.next()?)?;
        let args = self.next_object(&mut parts);
        let credential = self.named(&mut parts, Rule::with);
        let expect = self.expect(parts.next()?)?;
        let ending = self.ending(&mut parts);
        Some(ast::Call {
            tool,
            args,
            credential,
            expect,
            ending,
        })
    }

    /// The optional `result { … }` or `fails` that is next in `parts`.
    fn ending(&mut self, parts: &mut Parts<'_>) -> Option<Spanned<ast::Ending>> {
        let pair = parts.next()?;
        let ending = match Parts::of(pair.clone()).next() {
            Some(result) => ast::Ending::Result(self.object(result)),
            None => ast::Ending::Fails,
        };
        Some(self.at(&pair, ending))
    }

    fn recorded(&mut self, mut parts: Parts<'_>) -> Option<Step> {
        let kind = parts.next()?;
        let word = match kind.as_str() {
            "consent" => ast::RecordKind::Consent,
            _ => ast::RecordKind::Approval,
        };
        let kind = self.at(&kind, word);
        let by = self.name(parts.next()?)?;
        let groups = parts
            .next_if(Rule::in_groups)
            .map(|groups| self.groups(groups))
            .unwrap_or_default();
        let call = match parts.next() {
            Some(call) => {
                let mut parts = Parts::of(call);
                let tool = self.path(parts.next()?)?;
                Some((tool, self.next_object(&mut parts)))
            }
            None => None,
        };
        Some(Step::Record {
            kind,
            by,
            groups,
            call,
        })
    }

    fn expect(&mut self, pair: Pair<'_>) -> Option<Spanned<ast::Expect>> {
        let span = self.span(&pair);
        let inner = Parts::of(pair).next()?;
        let rule = inner.as_rule();
        let mut parts = Parts::of(inner);
        let expect = match rule {
            Rule::of_row => ast::Expect::Row,
            Rule::yes => ast::Expect::Yes,
            Rule::no => ast::Expect::No,
            Rule::depends => ast::Expect::Depends,
            Rule::granted => ast::Expect::Grant(self.limit(&mut parts)),
            Rule::narrowed => ast::Expect::Narrowed {
                to: self.strings(parts.next()?),
                limit: self.limit(&mut parts),
            },
            Rule::denied => ast::Expect::Deny {
                reason: self.name(parts.next()?)?,
                by: self.by(&mut parts),
            },
            _ => return None,
        };
        Some(Spanned::new(expect, span))
    }

    /// The optional `for DURATION` and `by RULE, …` that are next in `parts`.
    fn limit(&mut self, parts: &mut Parts<'_>) -> ast::Limit {
        let lifetime = self.lifetime(parts);
        let by = self.by(parts);
        ast::Limit { lifetime, by }
    }

    /// The optional `for DURATION` that is next in `parts`.
    fn lifetime(&mut self, parts: &mut Parts<'_>) -> Option<Spanned<ast::Length>> {
        let pair = parts.next_if(Rule::for_length)?;
        self.length(Parts::of(pair).next()?)
    }

    /// A `duration` or `cell` pair.
    fn length(&mut self, pair: Pair<'_>) -> Option<Spanned<ast::Length>> {
        if pair.as_rule() == Rule::duration {
            return Some(self.duration(&pair).map(ast::Length::Of));
        }
        let span = self.span(&pair);
        Some(Spanned::new(ast::Length::Cell(self.column(pair)?), span))
    }

    /// The optional `by RULE, …` that is next in `parts`.
    fn by(&mut self, parts: &mut Parts<'_>) -> Vec<ast::Name> {
        parts
            .next_if(Rule::by)
            .map(|by| self.groups(by))
            .unwrap_or_default()
    }

    /// The name in the optional `rule` that is next in `parts`.
    fn named(&mut self, parts: &mut Parts<'_>, rule: Rule) -> Option<ast::Name> {
        let pair = parts.next_if(rule)?;
        self.name(Parts::of(pair).next()?)
    }
}
