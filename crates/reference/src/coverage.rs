//! Which constructs of the language a policy uses.

use std::collections::BTreeSet;

use placet_model::policy::{
    Agents, Budget, Comparison, Consent, Entity, Expr, Extract, HistoryKey, Moment, Outcome,
    Policy, RuleKind, Segment, Type, Users,
};

/// Every construct that [`constructs`] knows. Of each a good generator makes enough.
pub const CONSTRUCTS: &[&str] = &[
    "action clause",
    "add",
    "agent facts",
    "agent group clause",
    "agent names clause",
    "agent.id",
    "aggregate filter",
    "all",
    "and",
    "approval",
    "approval of several groups",
    "approval per call",
    "args",
    "at issuance",
    "at runtime",
    "audience",
    "bare tool",
    "budget amount",
    "budget calls",
    "capture",
    "chain.agents",
    "chain.depth",
    "chain.root",
    "comparison ==",
    "comparison !=",
    "comparison <",
    "comparison <=",
    "comparison >",
    "comparison >=",
    "consent",
    "consent per call",
    "contains",
    "count",
    "count distinct",
    "default argument",
    "default fact",
    "delegate",
    "deny",
    "doc comment",
    "email()",
    "fact at issuance",
    "fact at runtime",
    "fixed fact",
    "for",
    "grant",
    "group from request",
    "group of members",
    "guardrail layer",
    "has",
    "has user",
    "history",
    "history per agent",
    "history per chain",
    "history per credential",
    "history per task",
    "history per user",
    "history resources",
    "history within",
    "hole",
    "hole email",
    "hole lower",
    "hole path",
    "hole url",
    "hole with a set",
    "in",
    "like",
    "line when",
    "local",
    "lower()",
    "nested group",
    "not",
    "now",
    "open function",
    "optional argument",
    "or",
    "outcome denied",
    "outcome failed",
    "outcome ok",
    "outcome pending",
    "owner",
    "path()",
    "pattern **",
    "pattern glob",
    "pattern literal",
    "pattern star",
    "quantifier filter",
    "require",
    "resource any",
    "resource facts",
    "resource.path",
    "returns",
    "several layers",
    "several lines",
    "several patterns",
    "several templates",
    "some",
    "sub",
    "subset of",
    "sum",
    "sum distinct",
    "task.id",
    "template each",
    "template email",
    "template lower",
    "template path",
    "template url",
    "time_of_day",
    "tool clause",
    "type bool",
    "type decimal",
    "type duration",
    "type enum",
    "type int",
    "type ip",
    "type json",
    "type list",
    "type list of records",
    "type record",
    "type set",
    "type text",
    "type time",
    "unless",
    "url()",
    "user any",
    "user group clause",
    "user names clause",
    "user none",
    "user.id",
    "weekday",
    "when",
    "within",
];

/// The constructs that a policy uses.
#[must_use]
pub fn constructs(policy: &Policy) -> BTreeSet<&'static str> {
    let mut found = Found {
        policy,
        names: BTreeSet::new(),
    };
    found.declarations();
    found.types();
    found.tools();
    found.histories();
    for rule in &policy.rules {
        found.rule(rule);
    }
    for expr in &policy.exprs {
        found.expr(expr);
    }
    found.names
}

struct Found<'a> {
    policy: &'a Policy,
    names: BTreeSet<&'static str>,
}

impl Found<'_> {
    fn add(&mut self, name: &'static str, when: bool) {
        if when {
            self.names.insert(name);
        }
    }

    fn declarations(&mut self) {
        let policy = self.policy;
        self.add("several layers", policy.layers.len() > 1);
        let guardrail = policy.layers.iter().any(|layer| layer.default_grant);
        self.add("guardrail layer", guardrail);
        for fact in &policy.facts {
            self.add("fixed fact", fact.fixed && fact.entity != Entity::Task);
            self.add("fact at runtime", fact.moment == Some(Moment::Runtime));
            self.add("fact at issuance", fact.moment == Some(Moment::Issuance));
            self.add("default fact", fact.field.default.is_some());
        }
        self.add("resource facts", !policy.resource_facts.is_empty());
        for group in &policy.groups {
            self.add("group from request", group.from_request);
            self.add("group of members", !group.members.is_empty());
            self.add("nested group", !group.nested.is_empty());
        }
        let set = policy.agents.iter().any(|agent| !agent.facts.is_empty());
        self.add("agent facts", set);
        self.add("audience", !policy.audiences.is_empty());
    }

    fn types(&mut self) {
        for ty in &self.policy.types {
            let name = match ty {
                Type::Bool => "type bool",
                Type::Int => "type int",
                Type::Decimal => "type decimal",
                Type::Text => "type text",
                Type::Time => "type time",
                Type::Duration => "type duration",
                Type::Ip => "type ip",
                Type::Json => "type json",
                Type::Enum(_) => "type enum",
                Type::Set(_) => "type set",
                Type::List(item) => match &self.policy.types[item.index()] {
                    Type::Record(_) => "type list of records",
                    _ => "type list",
                },
                Type::Record(_) => "type record",
            };
            self.names.insert(name);
        }
    }

    fn tools(&mut self) {
        for function in &self.policy.functions {
            let params = function.params.map(|ty| &self.policy.types[ty.index()]);
            self.add("bare tool", params.is_none());
            if let Some(Type::Record(params)) = params {
                self.add(
                    "optional argument",
                    params.iter().any(|param| param.optional),
                );
                let default = params.iter().any(|param| param.default.is_some());
                self.add("default argument", default);
            }
            self.add("open function", function.open);
            self.add("several lines", function.lines.len() > 1);
            self.add("returns", function.returns.is_some());
            for line in &function.lines {
                self.add("line when", line.when.is_some());
                self.add("several templates", line.templates.len() > 1);
                for template in &line.templates {
                    for segment in &self.policy.patterns[template.index()].segments {
                        let Segment::Hole(hole) = segment else {
                            continue;
                        };
                        self.add("template each", hole.each);
                        self.add("template lower", hole.extract == Extract::Lower);
                        self.add("template path", hole.extract == Extract::Path);
                        self.add("template url", hole.extract == Extract::Url);
                        self.add("template email", hole.extract == Extract::Email);
                    }
                }
            }
        }
    }

    fn histories(&mut self) {
        for history in &self.policy.histories {
            self.add("history within", history.within.is_some());
            self.add("history resources", !history.resources.is_empty());
            self.names.insert(match history.per {
                HistoryKey::Task => "history per task",
                HistoryKey::Credential => "history per credential",
                HistoryKey::Chain => "history per chain",
                HistoryKey::Agent => "history per agent",
                HistoryKey::User => "history per user",
            });
            for outcome in &history.outcomes {
                self.names.insert(match outcome {
                    Outcome::Pending => "outcome pending",
                    Outcome::Ok => "outcome ok",
                    Outcome::Failed => "outcome failed",
                    Outcome::Denied => "outcome denied",
                });
            }
        }
    }

    fn rule(&mut self, rule: &placet_model::policy::Rule) {
        self.names.insert(match rule.kind {
            RuleKind::Grant => "grant",
            RuleKind::Deny => "deny",
            RuleKind::Require => "require",
        });
        self.add("doc comment", !rule.doc.is_empty());
        self.add("owner", rule.owner().is_some());
        self.add("agent group clause", matches!(rule.agents, Agents::In(_)));
        self.add(
            "agent names clause",
            matches!(rule.agents, Agents::Named(_)),
        );
        self.add("user any", rule.users == Users::Any);
        self.add("user none", rule.users == Users::None);
        self.add("user group clause", matches!(rule.users, Users::In(_)));
        self.add("user names clause", matches!(rule.users, Users::Named(_)));
        self.add("tool clause", rule.functions.is_some());
        self.add("action clause", rule.actions.is_some());
        self.add("resource any", rule.resources.is_empty());
        self.add("several patterns", rule.resources.len() > 1);
        self.add("at issuance", rule.moment == Some(Moment::Issuance));
        self.add("at runtime", rule.moment == Some(Moment::Runtime));
        self.add(
            "when",
            rule.conditions.iter().any(|condition| !condition.unless),
        );
        self.add(
            "unless",
            rule.conditions.iter().any(|condition| condition.unless),
        );
        let duties = &rule.duties;
        self.add("for", duties.lifetime.is_some());
        self.add("delegate", duties.delegate.is_some());
        self.add("consent", duties.consent == Some(Consent::Scope));
        self.add("consent per call", duties.consent == Some(Consent::PerCall));
        let approvals = &duties.approvals;
        self.add(
            "approval",
            approvals.iter().any(|approval| !approval.per_call),
        );
        self.add(
            "approval per call",
            approvals.iter().any(|approval| approval.per_call),
        );
        self.add("approval of several groups", approvals.len() > 1);
        for budget in &duties.budgets {
            self.add("budget calls", matches!(budget, Budget::Calls(_)));
            self.add("budget amount", matches!(budget, Budget::Amount { .. }));
        }
        for pattern in &rule.resources {
            let pattern = &self.policy.patterns[pattern.index()];
            self.add("pattern **", pattern.tail);
            for segment in &pattern.segments {
                self.names.insert(match segment {
                    Segment::Literal(_) => "pattern literal",
                    Segment::Any => "pattern star",
                    Segment::Glob { .. } => "pattern glob",
                    Segment::Capture(_) => "capture",
                    Segment::Hole(hole) => match hole.extract {
                        Extract::Text => "hole",
                        Extract::Lower => "hole lower",
                        Extract::Path => "hole path",
                        Extract::Url => "hole url",
                        Extract::Email => "hole email",
                    },
                });
                if let Segment::Hole(hole) = segment
                    && let Expr::Fact(fact) = &self.policy.exprs[hole.value.index()]
                {
                    let ty = self.policy.facts[fact.index()].field.ty;
                    let set = matches!(self.policy.types[ty.index()], Type::Set(_));
                    self.add("hole with a set", set);
                }
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        let name = match expr {
            Expr::AgentId => "agent.id",
            Expr::UserId => "user.id",
            Expr::TaskId => "task.id",
            Expr::Now => "now",
            Expr::ChainDepth => "chain.depth",
            Expr::ChainRoot => "chain.root",
            Expr::ChainAgents => "chain.agents",
            Expr::ResourcePath => "resource.path",
            Expr::Arg(_) => "args",
            Expr::Local(_) => "local",
            Expr::History(_) => "history",
            Expr::HasUser => "has user",
            Expr::Has(_) => "has",
            Expr::Not(_) => "not",
            Expr::And(..) => "and",
            Expr::Or(..) => "or",
            Expr::Compare(Comparison::Equal, ..) => "comparison ==",
            Expr::Compare(Comparison::NotEqual, ..) => "comparison !=",
            Expr::Compare(Comparison::Less, ..) => "comparison <",
            Expr::Compare(Comparison::AtMost, ..) => "comparison <=",
            Expr::Compare(Comparison::Greater, ..) => "comparison >",
            Expr::Compare(Comparison::AtLeast, ..) => "comparison >=",
            Expr::In(..) => "in",
            Expr::Contains(..) => "contains",
            Expr::SubsetOf(..) => "subset of",
            Expr::Like(..) => "like",
            Expr::Within(..) => "within",
            Expr::Add(..) => "add",
            Expr::Sub(..) => "sub",
            Expr::Quantifier { all, over, .. } => {
                self.add("quantifier filter", over.filter.is_some());
                if *all { "all" } else { "some" }
            }
            Expr::Count { over, distinct } => {
                self.add("aggregate filter", over.filter.is_some());
                if distinct.is_some() {
                    "count distinct"
                } else {
                    "count"
                }
            }
            Expr::Sum { over, distinct, .. } => {
                self.add("aggregate filter", over.filter.is_some());
                if *distinct { "sum distinct" } else { "sum" }
            }
            Expr::TimeOfDay(..) => "time_of_day",
            Expr::Weekday(..) => "weekday",
            Expr::Lower(_) => "lower()",
            Expr::Email(_) => "email()",
            Expr::Url(_) => "url()",
            Expr::Path(_) => "path()",
            Expr::Const(_)
            | Expr::Fact(_)
            | Expr::ResourceFact(..)
            | Expr::Capture(_)
            | Expr::Field(..) => return,
        };
        self.names.insert(name);
    }
}
