//! Rules, their clauses and duties, and claims.

use super::Lower;
use crate::{
    ast::{self, Clause, Spanned},
    grammar::{Pair, Parts, Rule},
};

impl Lower<'_> {
    pub(super) fn rule(&mut self, pair: Pair<'_>) -> Option<ast::Rule> {
        let mut parts = Parts::of(pair);
        let effect = self.effect(&parts.next()?);
        let name = self.name(parts.next()?)?;
        let clauses = self.all(parts, Self::clause);
        Some(ast::Rule {
            effect,
            name,
            clauses,
        })
    }

    pub(crate) fn effect(&self, pair: &Pair<'_>) -> Spanned<ast::Effect> {
        let effect = match pair.as_str() {
            "grant" => ast::Effect::Grant,
            "deny" => ast::Effect::Deny,
            _ => ast::Effect::Require,
        };
        self.at(pair, effect)
    }

    pub(crate) fn clause(&mut self, pair: Pair<'_>) -> Option<Spanned<Clause>> {
        let span = self.span(&pair);
        let inner = Parts::of(pair).next()?;
        let rule = inner.as_rule();
        let clause = match rule {
            Rule::moment => Clause::At(moment(&inner)),
            Rule::duty => Clause::Duty(self.duty(inner)?.node),
            _ => {
                let what = Parts::of(inner).next()?;
                match rule {
                    Rule::agent_clause => Clause::Agent(self.covered(what)),
                    Rule::user_clause => Clause::User(self.users(what)),
                    Rule::tool_clause => Clause::Tool(match what.as_rule() {
                        Rule::any => ast::Tools::Any,
                        _ => ast::Tools::Listed(self.paths(what)),
                    }),
                    Rule::action_clause => Clause::Action(self.covered(what)),
                    Rule::resource_clause => Clause::Resource(match what.as_rule() {
                        Rule::any => ast::Resources::Any,
                        _ => ast::Resources::Listed(self.strings(what)),
                    }),
                    Rule::when_clause => Clause::When(self.expr(what)?),
                    Rule::unless_clause => Clause::Unless(self.expr(what)?),
                    _ => return None,
                }
            }
        };
        Some(Spanned::new(clause, span))
    }

    fn covered(&mut self, pair: Pair<'_>) -> ast::Names {
        match pair.as_rule() {
            Rule::any => ast::Names::Any,
            Rule::in_groups => ast::Names::In(self.groups(pair)),
            _ => ast::Names::Listed(self.names(pair)),
        }
    }

    fn users(&mut self, pair: Pair<'_>) -> ast::Users {
        match pair.as_rule() {
            Rule::any => ast::Users::Any,
            Rule::any_or_none => ast::Users::AnyOrNone,
            Rule::none => ast::Users::None,
            Rule::in_groups => ast::Users::In(self.groups(pair)),
            _ => ast::Users::Listed(self.names(pair)),
        }
    }

    pub(crate) fn duty(&mut self, pair: Pair<'_>) -> Option<Spanned<ast::Duty>> {
        let span = self.span(&pair);
        let inner = Parts::of(pair).next()?;
        let rule = inner.as_rule();
        let mut parts = Parts::of(inner);
        let duty = match rule {
            Rule::for_duty => ast::Duty::For(self.duration(&parts.next()?)),
            Rule::consent => ast::Duty::Consent {
                per_call: parts.any_is(Rule::per_call),
            },
            Rule::approval => ast::Duty::Approval {
                groups: self.names(parts.next()?),
                per_call: parts.any_is(Rule::per_call),
            },
            Rule::delegation => ast::Duty::Delegate(self.int(&parts.next()?)),
            Rule::budget => match parts.next_if(Rule::int) {
                Some(calls) => ast::Duty::BudgetCalls(self.int(&calls)),
                None => ast::Duty::BudgetOf {
                    amount: self.number(&parts.next()?),
                    of: self.reference(parts.next()?)?,
                },
            },
            _ => return None,
        };
        Some(Spanned::new(duty, span))
    }

    pub(super) fn claim(&mut self, pair: Pair<'_>) -> Option<ast::Claim> {
        let mut parts = Parts::of(pair);
        let title = self.string(&parts.next()?);
        let body = self.claim_body(parts.next()?)?;
        Some(ast::Claim { title, body })
    }

    pub(crate) fn claim_body(&mut self, pair: Pair<'_>) -> Option<Spanned<ast::ClaimBody>> {
        let span = self.span(&pair);
        let inner = Parts::of(pair).next()?;
        let rule = inner.as_rule();
        let mut parts = Parts::of(inner);
        let body = match rule {
            Rule::never => ast::ClaimBody::Never(self.region(parts.next()?)),
            Rule::always => ast::ClaimBody::Always(self.region(parts.next()?)),
            Rule::only => ast::ClaimBody::Only {
                who: self.expr(parts.next()?)?,
                region: self.region(parts.next()?),
            },
            Rule::every => ast::ClaimBody::Every {
                region: self.region(parts.next()?),
                needs: self.all(parts, Self::duty),
            },
            _ => return None,
        };
        Some(Spanned::new(body, span))
    }

    fn region(&mut self, pair: Pair<'_>) -> ast::Region {
        let span = self.span(&pair);
        Spanned::new(self.all(Parts::of(pair), Self::clause), span)
    }
}

pub(super) fn moment(pair: &Pair<'_>) -> ast::Moment {
    if pair.as_str().contains("issuance") {
        ast::Moment::Issuance
    } else {
        ast::Moment::Runtime
    }
}
