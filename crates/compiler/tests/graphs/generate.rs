//! Typed policies without their texts: small alphabets, so that everything collides.

use std::collections::BTreeMap;

use placet_model::ids::*;
use placet_model::policy::*;
use placet_model::value::{Duration, Value};
use smol_str::{SmolStr, format_smolstr};

/// A generator of numbers (xorshift): the same seed, the same policy.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub(crate) fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    pub(crate) fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    /// Some of the items, in their order.
    pub(crate) fn some<T: Clone>(&mut self, items: &[T], chances: usize) -> Vec<T> {
        items
            .iter()
            .filter(|_| self.one_in(chances))
            .cloned()
            .collect()
    }
}

/// A policy under construction; equal expressions and patterns share an id.
pub(crate) struct Build {
    pub(crate) policy: Policy,
    exprs: BTreeMap<Expr, ExprId>,
    patterns: BTreeMap<Pattern, PatternId>,
}

/// The facts `context.b0` … `context.b5`, which conditions are made of.
pub(crate) const BOOLS: usize = 6;

impl Build {
    pub(crate) fn new() -> Self {
        let fact = |entity, name: SmolStr, ty| Fact {
            entity,
            field: Field {
                name,
                ty: TypeId(ty),
                optional: entity == Entity::Agent,
                default: None,
            },
            fixed: false,
            moment: None,
            loggable: false,
        };
        let mut facts = vec![
            fact(Entity::Agent, "owner".into(), 1),
            fact(Entity::User, "tenant".into(), 1),
        ];
        facts.extend((0..BOOLS).map(|at| fact(Entity::Context, format_smolstr!("b{at}"), 0)));
        let group = |kind, name: &str, from_request, members: &[&str], nested: &[u32]| Group {
            kind,
            name: name.into(),
            from_request,
            members: members.iter().map(|name| SmolStr::from(*name)).collect(),
            nested: nested.iter().map(|id| GroupId(*id)).collect(),
        };
        let plain = PatternId(0);
        let function = |path: SmolStr, actions: usize| Function {
            path,
            params: None,
            open: false,
            loggable: Vec::new(),
            lines: (0..actions)
                .map(|action| Line {
                    action: ActionId::new(action),
                    when: None,
                    templates: vec![plain],
                })
                .collect(),
            returns: None,
            doc: SmolStr::default(),
        };
        let action = |name: SmolStr| Action {
            name,
            groups: Vec::new(),
        };
        let mut build = Self {
            policy: Policy {
                name: "generated".into(),
                language: 1,
                lifetime: Duration(3_600_000_000),
                layers: ["one", "two"]
                    .map(|name| Layer {
                        name: name.into(),
                        default_grant: false,
                    })
                    .to_vec(),
                types: vec![Type::Bool, Type::Text],
                facts,
                resource_facts: Vec::new(),
                groups: vec![
                    group(GroupKind::Agents, "declared", false, &["ann", "bob"], &[]),
                    group(GroupKind::Agents, "outer", false, &["cy"], &[0, 2]),
                    group(GroupKind::Agents, "requested", true, &[], &[]),
                    group(GroupKind::Users, "declared", false, &["una"], &[]),
                    group(GroupKind::Users, "requested", true, &[], &[]),
                ],
                agents: ["ann", "bob", "cy"]
                    .map(|name| Agent {
                        name: name.into(),
                        facts: Vec::new(),
                    })
                    .to_vec(),
                actions: (0..4).map(|at| action(format_smolstr!("x{at}"))).collect(),
                audiences: Vec::new(),
                functions: (0..4)
                    .map(|at| function(format_smolstr!("t.f{at}"), 4))
                    .collect(),
                histories: Vec::new(),
                exprs: Vec::new(),
                patterns: Vec::new(),
                rules: Vec::new(),
            },
            exprs: BTreeMap::new(),
            patterns: BTreeMap::new(),
        };
        build.pattern("**");
        build
    }

    pub(crate) fn expr(&mut self, expr: Expr) -> ExprId {
        let exprs = &mut self.policy.exprs;
        *self.exprs.entry(expr).or_insert_with_key(|expr| {
            exprs.push(expr.clone());
            ExprId::new(exprs.len() - 1)
        })
    }

    /// The fact `context.bN`.
    pub(crate) fn bool(&mut self, at: usize) -> ExprId {
        self.expr(Expr::Fact(FactId::new(2 + at)))
    }

    /// A pattern; `{c}` captures, `{t}` is the user's tenant.
    pub(crate) fn pattern(&mut self, text: &str) -> PatternId {
        let tail = text == "**" || text.ends_with("/**");
        let body = text.trim_end_matches("**").trim_end_matches('/');
        let tenant = self.expr(Expr::Fact(FactId(1)));
        let segment = |text: &str| match (text, text.split_once('*')) {
            ("*", _) => Segment::Any,
            ("{c}", _) => Segment::Capture(0),
            ("{t}", _) => Segment::Hole(Hole {
                each: false,
                extract: Extract::Text,
                value: tenant,
            }),
            (_, Some((prefix, suffix))) => Segment::Glob {
                prefix: prefix.into(),
                suffix: suffix.into(),
            },
            _ => Segment::Literal(text.into()),
        };
        let segments = body
            .split('/')
            .filter(|text| !text.is_empty())
            .map(segment)
            .collect();
        let patterns = &mut self.policy.patterns;
        *self
            .patterns
            .entry(Pattern { segments, tail })
            .or_insert_with_key(|pattern| {
                patterns.push(pattern.clone());
                PatternId::new(patterns.len() - 1)
            })
    }

    /// A rule of the first layer that covers everything; rules are added in the order of
    /// their names.
    pub(crate) fn rule(&mut self, kind: RuleKind) -> &mut Rule {
        let name = format_smolstr!("r{:06}", self.policy.rules.len());
        self.policy.rules.push(Rule {
            layer: LayerId(0),
            name,
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
        self.policy.rules.last_mut().unwrap()
    }
}

/// A whole random policy.
pub(crate) fn policy(seed: u64) -> Policy {
    let mut random = Random::new(seed);
    let mut build = Build::new();
    let rules = 1 + random.below(10);
    let in_first = random.below(rules + 1);
    for at in 0..rules {
        let kind = random.pick(&[RuleKind::Grant, RuleKind::Deny, RuleKind::Require]);
        let captures = random.one_in(3);
        let resources = patterns(&mut random, &mut build, captures);
        let captures = captures && !resources.is_empty();
        let conditions = (0..random.below(3))
            .map(|_| Condition {
                expr: condition(&mut random, &mut build, captures, 4),
                unless: random.one_in(2),
            })
            .collect();
        let agents = match random.below(3) {
            0 => Agents::All,
            1 => Agents::In(random.some(&[GroupId(0), GroupId(1), GroupId(2)], 2)),
            _ => Agents::Named(random.some(&["ann".into(), "bob".into(), "cy".into()], 2)),
        };
        let users = match random.below(5) {
            0 => Users::All,
            1 => Users::Any,
            2 => Users::None,
            3 => Users::In(random.some(&[GroupId(3), GroupId(4)], 2)),
            _ => Users::Named(random.some(&["una".into(), "vic".into()], 2)),
        };
        let ids: Vec<u32> = (0..4).collect();
        let functions = (!random.one_in(3)).then(|| random.some(&ids, 2));
        let actions = (!random.one_in(3)).then(|| random.some(&ids, 2));
        let pinned = kind != RuleKind::Grant && random.one_in(4);
        let moment = pinned.then(|| random.pick(&[Moment::Issuance, Moment::Runtime]));
        let rule = build.rule(kind);
        rule.layer = LayerId(u32::from(at >= in_first));
        rule.agents = agents;
        rule.users = users;
        rule.functions = functions.map(|ids| ids.into_iter().map(FunctionId).collect());
        rule.actions = actions.map(|ids| ids.into_iter().map(ActionId).collect());
        rule.resources = resources;
        rule.captures = if captures {
            vec!["c".into()]
        } else {
            Vec::new()
        };
        rule.moment = moment;
        rule.conditions = conditions;
    }
    build.policy
}

fn patterns(random: &mut Random, build: &mut Build, captures: bool) -> Vec<PatternId> {
    let mut ids: Vec<PatternId> = (0..random.below(4))
        .map(|_| {
            let mut segments: Vec<&str> = (0..random.below(3))
                .map(|_| random.pick(&["a", "b", "*", "a*", "*b", "{t}"]))
                .collect();
            if captures {
                segments.insert(random.below(segments.len() + 1), "{c}");
            }
            if segments.is_empty() || random.one_in(3) {
                segments.push("**");
            }
            build.pattern(&segments.join("/"))
        })
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

fn condition(random: &mut Random, build: &mut Build, captures: bool, depth: usize) -> ExprId {
    if depth == 0 || random.one_in(4) {
        return match random.below(4) {
            0 if captures => {
                let capture = build.expr(Expr::Capture(0));
                let literal = build.expr(Expr::Const(Value::Text("a".into())));
                build.expr(Expr::Compare(Comparison::Equal, capture, literal))
            }
            1 => build.expr(Expr::HasUser),
            _ => {
                let at = random.below(BOOLS);
                build.bool(at)
            }
        };
    }
    let left = condition(random, build, captures, depth - 1);
    match random.below(3) {
        0 => build.expr(Expr::Not(left)),
        junction => {
            let right = condition(random, build, captures, depth - 1);
            build.expr(if junction == 1 {
                Expr::And(left, right)
            } else {
                Expr::Or(left, right)
            })
        }
    }
}
