//! Policies built by hand, for the tests of this crate alone.

use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::ids::*;
use crate::policy::*;
use crate::value::{Duration, Value};

const MINUTE: i64 = 60_000_000;

/// Builds a policy arena by arena; names must be added in order.
pub(crate) struct Builder {
    policy: Policy,
}

impl Builder {
    /// A policy with one layer `main`, and the facts `agent.owner`, `user.tenant`,
    /// `context.mfa` and `context.risk`.
    pub(crate) fn new() -> Self {
        let policy = Policy {
            name: "support".into(),
            language: 1,
            lifetime: Duration(60 * MINUTE),
            layers: vec![Layer {
                name: "main".into(),
                default_grant: false,
            }],
            types: vec![Type::Bool, Type::Int, Type::Decimal, Type::Text],
            facts: Vec::new(),
            resource_facts: Vec::new(),
            groups: Vec::new(),
            agents: Vec::new(),
            actions: Vec::new(),
            audiences: Vec::new(),
            functions: Vec::new(),
            histories: Vec::new(),
            exprs: Vec::new(),
            patterns: Vec::new(),
            rules: Vec::new(),
        };
        let mut build = Self { policy };
        build.fact(Entity::Agent, "owner", Type::Text, true);
        build.fact(Entity::User, "tenant", Type::Text, false);
        build.fact(Entity::Context, "mfa", Type::Bool, true);
        build.fact(Entity::Context, "risk", Type::Int, false);
        build
    }

    pub(crate) fn ty(&mut self, ty: Type) -> TypeId {
        let types = &mut self.policy.types;
        TypeId::new(
            types
                .iter()
                .position(|known| *known == ty)
                .unwrap_or_else(|| {
                    types.push(ty);
                    types.len() - 1
                }),
        )
    }

    pub(crate) fn field(&mut self, name: &str, ty: Type, optional: bool) -> Field {
        Field {
            name: name.into(),
            ty: self.ty(ty),
            optional,
            default: None,
        }
    }

    pub(crate) fn fact(&mut self, entity: Entity, name: &str, ty: Type, optional: bool) -> FactId {
        let field = self.field(name, ty, optional);
        self.policy.facts.push(Fact {
            entity,
            field,
            fixed: false,
            moment: None,
            loggable: false,
        });
        FactId::new(self.policy.facts.len() - 1)
    }

    pub(crate) fn group(&mut self, kind: GroupKind, name: &str, from_request: bool) -> GroupId {
        self.policy.groups.push(Group {
            kind,
            name: name.into(),
            from_request,
            members: Vec::new(),
            nested: Vec::new(),
        });
        GroupId::new(self.policy.groups.len() - 1)
    }

    pub(crate) fn agent(&mut self, name: &str) -> AgentId {
        self.policy.agents.push(Agent {
            name: name.into(),
            facts: Vec::new(),
        });
        AgentId::new(self.policy.agents.len() - 1)
    }

    pub(crate) fn action(&mut self, name: &str) -> ActionId {
        self.policy.actions.push(Action {
            name: name.into(),
            groups: Vec::new(),
        });
        ActionId::new(self.policy.actions.len() - 1)
    }

    /// A function with parameters, and one line for an action.
    pub(crate) fn function(
        &mut self,
        path: &str,
        params: Vec<Field>,
        action: ActionId,
        template: &str,
    ) -> FunctionId {
        let params = self.ty(Type::Record(params));
        let templates = vec![self.pattern(template)];
        self.policy.functions.push(Function {
            path: path.into(),
            params: Some(params),
            open: false,
            loggable: Vec::new(),
            lines: vec![Line {
                action,
                when: None,
                templates,
            }],
            returns: None,
            doc: SmolStr::default(),
        });
        FunctionId::new(self.policy.functions.len() - 1)
    }

    /// Adds an expression, or finds it.
    pub(crate) fn expr(&mut self, expr: Expr) -> ExprId {
        let exprs = &self.policy.exprs;
        match exprs.iter().position(|known| *known == expr) {
            Some(at) => ExprId::new(at),
            None => self.push(expr),
        }
    }

    /// Adds an expression without looking whether it is there.
    pub(crate) fn push(&mut self, expr: Expr) -> ExprId {
        self.policy.exprs.push(expr);
        ExprId::new(self.policy.exprs.len() - 1)
    }

    /// `user.tenant`, `context.risk`, …
    pub(crate) fn fact_expr(&mut self, path: &str) -> ExprId {
        let (entity, name) = path.split_once('.').expect("entity and name");
        let at = self
            .policy
            .facts
            .iter()
            .position(|fact| fact.entity.name() == entity && fact.field.name == name)
            .expect("a declared fact");
        self.expr(Expr::Fact(FactId::new(at)))
    }

    /// `context.NAME < NUMBER`
    pub(crate) fn compare_int(&mut self, name: &str, number: i64) -> ExprId {
        let fact = self.fact_expr(&format!("context.{name}"));
        let number = self.expr(Expr::Const(Value::Int(number)));
        self.expr(Expr::Compare(Comparison::Less, fact, number))
    }

    /// A pattern or template; captures are numbered in the order of the text, a hole
    /// reads a fact if it has a dot and a parameter if not.
    pub(crate) fn pattern(&mut self, text: &str) -> PatternId {
        let (body, tail) = match text.strip_suffix("/**") {
            Some(body) => (body, true),
            None if text == "**" => ("", true),
            None => (text, false),
        };
        let mut captures = 0;
        let segments = body
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| self.segment(segment, &mut captures))
            .collect();
        let pattern = Pattern { segments, tail };
        let patterns = &mut self.policy.patterns;
        PatternId::new(
            patterns
                .iter()
                .position(|known| *known == pattern)
                .unwrap_or_else(|| {
                    patterns.push(pattern);
                    patterns.len() - 1
                }),
        )
    }

    fn segment(&mut self, text: &str, captures: &mut u32) -> Segment {
        if text == "*" {
            return Segment::Any;
        }
        if text.starts_with("{*") {
            *captures += 1;
            return Segment::Capture(*captures - 1);
        }
        if let Some(hole) = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'))
        {
            let value = if hole.contains('.') {
                self.fact_expr(hole)
            } else {
                self.expr(Expr::Arg(hole.into()))
            };
            return Segment::Hole(Hole {
                each: false,
                extract: Extract::Text,
                value,
            });
        }
        match text.split_once('*') {
            Some((prefix, suffix)) => Segment::Glob {
                prefix: prefix.into(),
                suffix: suffix.into(),
            },
            None => Segment::Literal(text.into()),
        }
    }

    /// A rule that covers everything; the test then changes what it is about.
    pub(crate) fn rule(&mut self, kind: RuleKind, name: &str) -> &mut Rule {
        self.policy.rules.push(Rule {
            layer: LayerId(0),
            name: name.into(),
            kind,
            doc: SmolStr::default(),
            annotations: Vec::new(),
            agents: Agents::All,
            users: Users::All,
            functions: None,
            actions: None,
            resources: Vec::new(),
            captures: Vec::new(),
            moment: None,
            conditions: Vec::new(),
            duties: Duties::default(),
        });
        self.policy.rules.last_mut().expect("just added")
    }

    pub(crate) fn policy(&mut self) -> &mut Policy {
        &mut self.policy
    }

    pub(crate) fn finish(self) -> Policy {
        self.policy
    }
}

/// A support desk: a group from requests, a deny, a grant with most clauses, a require.
pub(crate) fn support() -> Policy {
    let mut build = Builder::new();
    let bots = build.group(GroupKind::Agents, "triage-bots", true);
    let leads = build.group(GroupKind::Users, "leads", true);
    build.agent("triage-bot");
    let comment = build.action("comment");
    let delete = build.action("delete");
    let read = build.action("read");
    let tenant = build.field("tenant", Type::Text, false);
    let id = build.field("id", Type::Int, false);
    let amount = build.field("amount", Type::Decimal, false);
    let keyed = vec![id.clone(), tenant.clone()];
    let priced = vec![amount, id, tenant];
    let ticket = "ticket/{tenant}/{id}";
    let add = build.function("zendesk.add_comment", keyed.clone(), comment, ticket);
    build.function("zendesk.delete_ticket", priced, delete, ticket);
    let get = build.function("zendesk.get_ticket", keyed, read, ticket);

    let mfa = build.fact_expr("context.mfa");
    let has = build.expr(Expr::Has(mfa));
    let safe = build.expr(Expr::And(has, mfa));
    let unsafe_ = Condition {
        expr: safe,
        unless: true,
    };
    let rule = build.rule(RuleKind::Deny, "no-delete-without-mfa");
    rule.actions = Some(vec![delete]);
    rule.conditions = vec![unsafe_];

    let low = build.compare_int("risk", 50);
    let capture = build.expr(Expr::Capture(0));
    let archive = build.expr(Expr::Const(Value::Text("archive".into())));
    let not_archive = build.expr(Expr::Compare(Comparison::NotEqual, capture, archive));
    let own = build.pattern("ticket/{user.tenant}/{*id}/**");
    let rule = build.rule(RuleKind::Grant, "triage-tickets");
    rule.doc = "Triage agents read and comment on their user's own tenant.".into();
    rule.annotations = vec![("owner".into(), vec![Value::Text("cx".into())])];
    rule.agents = Agents::In(vec![bots]);
    rule.users = Users::Any;
    rule.functions = Some(vec![add, get]);
    rule.actions = Some(vec![comment, read]);
    rule.resources = vec![own];
    rule.captures = vec!["id".into()];
    rule.conditions = [low, not_archive]
        .map(|expr| Condition {
            expr,
            unless: false,
        })
        .to_vec();
    rule.duties.lifetime = Some(Duration(15 * MINUTE));
    rule.duties.delegate = Some(1);
    rule.duties.budgets = vec![Budget::Calls(3)];

    let spent = build.expr(Expr::Arg("amount".into()));
    let rule = build.rule(RuleKind::Require, "two-eyes");
    rule.actions = Some(vec![delete]);
    rule.moment = Some(Moment::Runtime);
    rule.duties.consent = Some(Consent::PerCall);
    rule.duties.approvals = vec![Approval {
        group: leads,
        per_call: true,
    }];
    rule.duties.budgets = vec![Budget::Amount {
        limit: Decimal::new(50_000, 2),
        of: spent,
    }];

    let facts = vec![(FactId(0), Value::Text("cx".into()))];
    build.policy().agents[0].facts = facts;
    build.finish()
}
