//! Files, layers and the declarations that are neither tools, rules nor tests.

use super::{Lower, rule::moment};
use crate::{
    ast::{self, ItemKind, Spanned},
    code::Code,
    diagnostic::Diagnostic,
    grammar::{Pair, Parts, Rule},
    source::Span,
    text,
};

/// The layer line and the items of a file.
pub(crate) type FileParts = (Option<Spanned<ast::Layer>>, Vec<Spanned<ast::Item>>);

impl Lower<'_> {
    /// The layer and items of a `file` pair.
    pub(crate) fn file(&mut self, pair: Pair<'_>) -> Option<FileParts> {
        let mut parts = Parts::of(pair);
        let layer = match parts.next_if(Rule::layer) {
            Some(layer) => Some(self.layer(layer)?),
            None => None,
        };
        let mut items = Vec::new();
        while let Some(item) = parts.next_if(Rule::item) {
            items.push(self.item(item)?);
        }
        Some((layer, items))
    }

    pub(crate) fn layer(&mut self, pair: Pair<'_>) -> Option<Spanned<ast::Layer>> {
        let span = self.span(&pair);
        let mut parts = Parts::of(pair);
        let name = self.name(parts.next()?)?;
        let default_grant = parts.any_is(Rule::default_grant);
        Some(Spanned::new(
            ast::Layer {
                name,
                default_grant,
            },
            span,
        ))
    }

    pub(crate) fn item(&mut self, pair: Pair<'_>) -> Option<Spanned<ast::Item>> {
        let span = self.span(&pair);
        let (mut docs, mut notes, mut kind) = (Vec::new(), Vec::new(), None);
        for part in Parts::of(pair) {
            match part.as_rule() {
                Rule::doc => docs.push(self.doc(&part)),
                Rule::note => notes.push(self.note(part)?),
                _ => kind = Some(self.declaration(part)?),
            }
        }
        Some(Spanned::new(
            ast::Item {
                docs,
                notes,
                kind: kind?,
                recovered: false,
            },
            span,
        ))
    }

    pub(crate) fn doc(&self, pair: &Pair<'_>) -> ast::Doc {
        self.at(pair, text::doc(pair.as_str()))
    }

    pub(crate) fn note(&mut self, pair: Pair<'_>) -> Option<Spanned<ast::Note>> {
        let span = self.span(&pair);
        let mut parts = Parts::of(pair);
        let name = self.name(Parts::of(parts.next()?).next()?)?;
        let values = self.all(parts, Self::value);
        Some(Spanned::new(ast::Note { name, values }, span))
    }

    fn declaration(&mut self, pair: Pair<'_>) -> Option<ItemKind> {
        Some(match pair.as_rule() {
            Rule::policy => ItemKind::Policy(self.policy(pair)?),
            Rule::facts => ItemKind::Facts(self.facts(pair)?),
            Rule::agent => ItemKind::Agent(self.entity(Parts::of(pair))?),
            Rule::group => ItemKind::Group(self.group(pair)?),
            Rule::action => ItemKind::Action(self.action(pair)?),
            Rule::tool => ItemKind::Tool(self.tool(pair)?),
            Rule::binding => ItemKind::Let(self.binding(pair)?),
            Rule::history => ItemKind::History(self.history(pair)?),
            Rule::rule_ => ItemKind::Rule(self.rule(pair)?),
            Rule::claim => ItemKind::Claim(self.claim(pair)?),
            Rule::given => ItemKind::Given(self.given(pair)?),
            Rule::test => ItemKind::Test(self.test(pair)?),
            _ => return None,
        })
    }

    fn policy(&mut self, pair: Pair<'_>) -> Option<ast::Policy> {
        let mut parts = Parts::of(pair);
        let name = self.name(parts.next()?)?;
        let mut policy = ast::Policy {
            name,
            language: None,
            layers: Vec::new(),
            lifetime: None,
        };
        for part in parts {
            self.policy_part(&mut policy, part)?;
        }
        self.policy_lacks(&policy);
        Some(policy)
    }

    /// Adds a `language`, `layers` or `lifetime` to the policy block it stands in.
    pub(crate) fn policy_part(&mut self, policy: &mut ast::Policy, pair: Pair<'_>) -> Option<()> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let inner = Parts::of(pair).next()?;
        let (word, first) = match rule {
            Rule::language => {
                let first = policy.language.as_ref().map(|first| first.span);
                policy.language.get_or_insert(self.int(&inner));
                ("language", first)
            }
            Rule::layers => {
                let first = policy.layers.first().map(|first| first.span);
                if first.is_none() {
                    policy.layers = self.names(inner);
                }
                ("layers", first)
            }
            Rule::lifetime => {
                let first = policy.lifetime.as_ref().map(|first| first.span);
                policy.lifetime.get_or_insert(self.duration(&inner));
                ("lifetime", first)
            }
            _ => return None,
        };
        if let Some(first) = first {
            self.written_twice(word, first, span);
        }
        Some(())
    }

    /// Reports a part of a block that may stand there once.
    pub(crate) fn written_twice(&mut self, word: &str, first: Span, second: Span) {
        self.problems.push(
            Diagnostic::error(Code::PL0018, format!("`{word}` is written twice"))
                .at(self.file, second, "again here")
                .see(self.file, first, "first here")
                .help("keep one of them"),
        );
    }

    /// Reports what a policy block must have and has not.
    pub(crate) fn policy_lacks(&mut self, policy: &ast::Policy) {
        let name = &policy.name;
        let lacks = [
            ("language", "language 1", policy.language.is_none()),
            ("layers", "layers main", policy.layers.is_empty()),
        ];
        for (word, example, _) in lacks.into_iter().filter(|(.., lacks)| *lacks) {
            self.problems.push(
                Diagnostic::error(
                    Code::PL0017,
                    format!("policy `{}` does not say its `{word}`", name.node),
                )
                .at(
                    self.file,
                    name.span,
                    format!("this block has no `{word}` line"),
                )
                .help(format!("write `{example}` in it")),
            );
        }
    }

    fn facts(&mut self, pair: Pair<'_>) -> Option<ast::Facts> {
        let mut parts = Parts::of(pair);
        let (of, timing) = self.facts_head(&mut parts)?;
        let fields = self.record(parts.next()?);
        Some(ast::Facts { of, timing, fields })
    }

    /// What stands before the braces of a facts block.
    pub(crate) fn facts_head(
        &mut self,
        parts: &mut Parts<'_>,
    ) -> Option<(Spanned<ast::FactsOf>, Option<Spanned<ast::Timing>>)> {
        let of = parts.next()?;
        let span = self.span(&of);
        let word = of.as_str();
        let of = match Parts::of(of.clone()).next() {
            Some(patterns) => ast::FactsOf::Resource(self.strings(patterns)),
            None if word.starts_with("agent") => ast::FactsOf::Agent,
            None if word.starts_with("user") => ast::FactsOf::User,
            None if word.starts_with("task") => ast::FactsOf::Task,
            None => ast::FactsOf::Context,
        };
        let timing = parts.next_if(Rule::timing).map(|pair| {
            let timing = match Parts::of(pair.clone()).next() {
                Some(at) => ast::Timing::At(moment(&at)),
                None => ast::Timing::Fixed,
            };
            self.at(&pair, timing)
        });
        Some((Spanned::new(of, span), timing))
    }

    fn group(&mut self, pair: Pair<'_>) -> Option<ast::Group> {
        let mut parts = Parts::of(pair);
        let kind = parts.next()?;
        let kind_of = match kind.as_str() {
            "agents" => ast::GroupKind::Agents,
            "users" => ast::GroupKind::Users,
            _ => ast::GroupKind::Actions,
        };
        let kind = self.at(&kind, kind_of);
        let name = self.name(parts.next()?)?;
        let groups = parts
            .next_if(Rule::in_groups)
            .map(|groups| self.groups(groups))
            .unwrap_or_default();
        let members = match parts.next() {
            None => ast::Members::Declared,
            Some(pair) if pair.as_rule() == Rule::from_request => {
                ast::Members::FromRequest(self.at(&pair, ()))
            }
            Some(pair) => ast::Members::Listed(self.groups(pair)),
        };
        Some(ast::Group {
            kind,
            name,
            groups,
            members,
        })
    }

    fn action(&mut self, pair: Pair<'_>) -> Option<ast::Action> {
        let mut parts = Parts::of(pair);
        let name = self.name(parts.next()?)?;
        let groups = self.groups(parts.next()?);
        Some(ast::Action { name, groups })
    }

    fn binding(&mut self, pair: Pair<'_>) -> Option<ast::Let> {
        let mut parts = Parts::of(pair);
        let name = self.name(parts.next()?)?;
        let mut params = Vec::new();
        while let Some(param) = parts.next_if(Rule::let_param) {
            let span = self.span(&param);
            let mut parts = Parts::of(param);
            let name = self.name(parts.next()?)?;
            let ty = self.ty(parts.next()?)?;
            params.push(Spanned::new(ast::LetParam { name, ty }, span));
        }
        let body = self.expr(parts.next()?)?;
        Some(ast::Let { name, params, body })
    }

    fn history(&mut self, pair: Pair<'_>) -> Option<ast::History> {
        let mut parts = Parts::of(pair);
        let name = self.name(parts.next()?)?;
        let mut select = Vec::new();
        while let Some(pair) = parts.next_if(Rule::select) {
            select.push(self.select(pair)?);
        }
        let key = parts.next()?;
        let per = match key.as_str() {
            "task" => ast::Key::Task,
            "credential" => ast::Key::Credential,
            "chain" => ast::Key::Chain,
            "agent" => ast::Key::Agent,
            _ => ast::Key::User,
        };
        let per = self.at(&key, per);
        let within = parts.next().map(|within| self.duration(&within));
        Some(ast::History {
            name,
            select,
            per,
            within,
        })
    }

    fn select(&mut self, pair: Pair<'_>) -> Option<Spanned<ast::Select>> {
        let span = self.span(&pair);
        let inner = Parts::of(pair).next()?;
        let rule = inner.as_rule();
        let what = Parts::of(inner).next()?;
        let select = match rule {
            Rule::select_tool => ast::Select::Tool(self.paths(what)),
            Rule::select_action if what.as_rule() == Rule::in_groups => {
                ast::Select::ActionIn(self.groups(what))
            }
            Rule::select_action => ast::Select::Action(self.names(what)),
            Rule::select_resource => ast::Select::Resource(self.strings(what)),
            Rule::select_outcome => ast::Select::Outcome(self.names(what)),
            _ => return None,
        };
        Some(Spanned::new(select, span))
    }
}
