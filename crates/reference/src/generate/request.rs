//! Requests for a compiled policy: mostly sensible, sometimes wrong in every way.

use placet_model::credential::{Credential, Scope};
use placet_model::ids::{PatternId, TypeId};
use placet_model::json::{Fields, Json};
use placet_model::policy::{
    Budget, Entity, Expr, Extract, Field, Function, GroupKind, Outcome, Policy, Segment, Type,
};
use placet_model::request::{
    Asked, Assent, Calls, Covers, Principal, Record, Request, ScopeRequest, Task,
};
use placet_model::value::{Duration, Time, Value};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::dice::Dice;
use crate::segment;

/// Texts that a policy speaks of, next to the common alphabet.
#[derive(Clone, Debug)]
pub struct Pool {
    words: Vec<SmolStr>,
}

const ALPHABET: [&str; 6] = ["x", "y", "z", "a.md", "ana", "bot"];
const ODD: [&str; 10] = [
    "a/b",
    "..",
    "",
    "p%q",
    "e\u{301}",
    "\u{202E}x",
    "*",
    "{x}",
    "X",
    "b.md",
];
const NOW: i64 = 1_767_225_600_000_000;
const MINUTE: i64 = 60_000_000;

impl Pool {
    /// The words of a policy: text literals and literal segments.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        let mut words: Vec<SmolStr> = ALPHABET.iter().map(|word| (*word).into()).collect();
        for expr in &policy.exprs {
            if let Expr::Const(Value::Text(text)) = expr {
                words.push(text.clone());
            }
        }
        for pattern in &policy.patterns {
            for segment in &pattern.segments {
                if let Segment::Literal(text) = segment {
                    words.extend(segment::decode(text).map(SmolStr::from));
                }
            }
        }
        words.sort();
        words.dedup();
        // The common alphabet stays common however much a policy says.
        words.extend(
            ALPHABET
                .iter()
                .cycle()
                .take(12)
                .map(|word| SmolStr::from(*word)),
        );
        Self { words }
    }

    fn word(&self, dice: &mut Dice) -> SmolStr {
        if dice.chance(2) {
            return dice.word(&ODD).into();
        }
        dice.pick(&self.words).clone()
    }
}

/// How a text is used, which tells what it should look like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Word,
    Path,
    Url,
    Email,
}

/// A request at run time: a call or a triple, with or without a credential.
#[must_use]
pub fn runtime(dice: &mut Dice, policy: &Policy, pool: &Pool, with_credential: bool) -> Request {
    let mut request = base(dice, policy, pool);
    request.asked = asked(dice, policy, pool);
    around(dice, policy, pool, &mut request);
    if with_credential {
        let credential = credential(dice, policy, pool, &request);
        request.credential = Some(credential);
        if dice.chance(60) {
            echo(dice, &mut request);
        }
        if request.time.is_none() && dice.chance(90) {
            request.time = Some(Time(NOW));
        }
    }
    request
}

/// A request at issuance, possibly a delegation.
#[must_use]
pub fn issuance(dice: &mut Dice, policy: &Policy, pool: &Pool) -> Request {
    let mut request = base(dice, policy, pool);
    let scopes = (0..1 + dice.below(2))
        .map(|_| scope_request(dice, policy, pool))
        .collect();
    let ttl = dice
        .chance(40)
        .then(|| Duration(MINUTE * *dice.pick(&[5, 15, 20, 60])));
    request.asked = Asked::Scopes { scopes, ttl };
    if request.time.is_none() && dice.chance(95) {
        request.time = Some(Time(NOW));
    }
    around(dice, policy, pool, &mut request);
    if dice.chance(20) {
        let mut credential = credential(dice, policy, pool, &request);
        if dice.chance(90) {
            let others: Vec<SmolStr> = policy
                .agents
                .iter()
                .map(|agent| agent.name.clone())
                .filter(|name| *name != request.agent.id)
                .collect();
            if !others.is_empty() {
                credential.agent.id = dice.pick(&others).clone();
                credential.agent.facts = vec![];
            }
        }
        request.credential = Some(credential);
        echo(dice, &mut request);
    }
    request
}

/// A request for a listing.
#[must_use]
pub fn listing(dice: &mut Dice, policy: &Policy, pool: &Pool, with_credential: bool) -> Request {
    let mut request = base(dice, policy, pool);
    let tool = dice.chance(20).then(|| tool(dice, policy));
    request.asked = Asked::Listing { tool };
    around(dice, policy, pool, &mut request);
    if with_credential {
        let credential = credential(dice, policy, pool, &request);
        request.credential = Some(credential);
        echo(dice, &mut request);
        request.time = request.time.or(Some(Time(NOW)));
    }
    request
}

fn base(dice: &mut Dice, policy: &Policy, pool: &Pool) -> Request {
    let agent = principal(dice, policy, pool, Entity::Agent);
    let user = dice
        .chance(82)
        .then(|| principal(dice, policy, pool, Entity::User));
    let task = dice.chance(88).then(|| Task {
        id: if dice.chance(80) {
            "x".into()
        } else {
            "T1".into()
        },
        facts: facts(dice, policy, pool, Entity::Task),
    });
    Request {
        agent,
        user,
        task,
        asked: Asked::Listing { tool: None },
        context: facts(dice, policy, pool, Entity::Context),
        time: dice
            .chance(94)
            .then(|| Time(NOW + MINUTE * [0, 0, 1, 4, 5, 10, 14, 15, 35][dice.below(9)])),
        resources: vec![],
        histories: vec![],
        budgets: vec![],
        consents: vec![],
        approvals: vec![],
        credential: None,
    }
}

fn principal(dice: &mut Dice, policy: &Policy, pool: &Pool, entity: Entity) -> Principal {
    let (kind, id) = if entity == Entity::Agent {
        let declared: Vec<SmolStr> = policy
            .agents
            .iter()
            .map(|agent| agent.name.clone())
            .collect();
        let id = if dice.chance(95) && !declared.is_empty() {
            dice.pick(&declared).clone()
        } else {
            dice.word(&["ghost", "bot", "aide", "x", "ghost", "clerk", ""])
                .into()
        };
        (GroupKind::Agents, id)
    } else {
        (
            GroupKind::Users,
            dice.word(&["ana", "bob", "eve", "x"]).into(),
        )
    };
    let groups = dice.chance(90).then(|| {
        let mut groups: Vec<SmolStr> = policy
            .groups
            .iter()
            .filter(|group| group.kind == kind)
            .filter(|group| {
                if group.from_request {
                    dice.chance(45)
                } else if group.members.contains(&id) {
                    dice.chance(30)
                } else {
                    dice.below(250) == 1
                }
            })
            .map(|group| group.name.clone())
            .collect();
        if dice.chance(10) {
            groups.push("strangers".into());
        }
        groups
    });
    let mut facts = facts(dice, policy, pool, entity);
    if entity == Entity::Agent {
        // What the policy sets is rarely repeated, and more rarely contradicted.
        let set: Vec<&SmolStr> = policy
            .agents
            .iter()
            .filter(|agent| agent.name == id)
            .flat_map(|agent| &agent.facts)
            .filter_map(|(fact, _)| policy.facts.get(fact.index()))
            .map(|fact| &fact.field.name)
            .collect();
        facts.retain(|(name, _)| !set.contains(&name) || dice.chance(1));
    }
    Principal { id, groups, facts }
}

fn facts(dice: &mut Dice, policy: &Policy, pool: &Pool, entity: Entity) -> Fields {
    let mut result = vec![];
    for fact in policy.facts.iter().filter(|fact| fact.entity == entity) {
        let percent = if fact.field.optional { 60 } else { 95 };
        if dice.chance(percent) {
            let look = match fact.field.name.as_str() {
                "peers" => Look::Email,
                "home" => Look::Path,
                "site" => Look::Url,
                _ => Look::Word,
            };
            let json = json(dice, policy, pool, fact.field.ty, look);
            result.push((fact.field.name.clone(), json));
        }
    }
    if dice.chance(5) {
        result.push(("stray".into(), Json::Bool(true)));
    }
    result
}

fn json(dice: &mut Dice, policy: &Policy, pool: &Pool, ty: TypeId, look: Look) -> Json {
    if dice.below(250) == 1 && dice.chance(12) {
        return dice
            .pick(&[
                Json::Null,
                Json::Bool(true),
                Json::Array(vec![]),
                Json::Number("1.5".into()),
            ])
            .clone();
    }
    let string = |text: &str| Json::String(text.into());
    match &policy.types[ty.index()] {
        Type::Bool => Json::Bool(dice.chance(60)),
        Type::Int => Json::Number(
            dice.word(&["1", "2", "0", "3", "5", "-1", "9223372036854775807"])
                .into(),
        ),
        Type::Decimal => Json::Number(
            dice.word(&["1.00", "2.5", "1", "0", "3.00", "-1.5", "2.51"])
                .into(),
        ),
        Type::Text => Json::String(text(dice, pool, look)),
        Type::Time => string(dice.word(&[
            "2026-01-01T00:00:00Z",
            "2026-01-01T01:30:00+01:00",
            "2025-12-31T23:58:00Z",
            "2026-01-01T00:20:00.5Z",
        ])),
        Type::Duration => string(dice.word(&["5m", "1h", "0s", "2d"])),
        Type::Ip => string(dice.word(&["10.1.2.3", "192.168.0.1", "fd00::1", "::ffff:10.0.0.1"])),
        Type::Json => dice
            .pick(&[
                Json::Bool(false),
                Json::Array(vec![Json::Null]),
                string("x"),
            ])
            .clone(),
        Type::Enum(members) => {
            if dice.chance(2) || members.is_empty() {
                string("unknown")
            } else {
                Json::String(dice.pick(members).clone())
            }
        }
        Type::Set(item) | Type::List(item) => {
            let count = [1, 1, 2, 2, 3, 0][dice.below(6)];
            Json::Array(
                (0..count)
                    .map(|_| json(dice, policy, pool, *item, look))
                    .collect(),
            )
        }
        Type::Record(fields) => {
            let mut given = record(dice, policy, pool, fields, |_| look);
            for (name, value) in &mut given {
                let is_enum = fields.iter().any(|field| {
                    field.name == *name && matches!(&policy.types[field.ty.index()], Type::Enum(_))
                });
                if is_enum && dice.chance(12) {
                    *value = string("unknown");
                }
            }
            Json::Object(given)
        }
    }
}

fn record(
    dice: &mut Dice,
    policy: &Policy,
    pool: &Pool,
    fields: &[Field],
    look: impl Fn(&str) -> Look,
) -> Fields {
    let mut result = vec![];
    for field in fields {
        let percent = if field.optional || field.default.is_some() {
            82
        } else {
            100
        };
        if dice.chance(percent) && dice.below(250) != 1 {
            let json = json(dice, policy, pool, field.ty, look(&field.name));
            result.push((field.name.clone(), json));
        }
    }
    result
}

fn text(dice: &mut Dice, pool: &Pool, look: Look) -> SmolStr {
    if dice.chance(1) {
        return pool.word(dice);
    }
    let usual: &[&'static str] = match look {
        Look::Word => return pool.word(dice),
        Look::Path => &["x", "x/y", "/x//y/", "./a.md", "x/y/z", "y", "a.md"],
        Look::Url => &[
            "https://x.com/x",
            "https://X.com./x/y?q=1",
            "http://y.com:8080/",
            "https://x.com/%2e%2e/a.md",
            "https://x.com/y",
        ],
        Look::Email => &["ana@x.com", "x@x.com", "z@X.COM", "bob@x.com", "y@y.com"],
    };
    let odd: &[&'static str] = match look {
        Look::Word => &[],
        Look::Path => &["/", "x/../y", "a\\b", "."],
        Look::Url => &[
            "https://u@x.com/",
            "mailto:ana@x.com",
            "not a url",
            "https://x.com",
        ],
        Look::Email => &["Ana <ana@x.com>", "x", "a@x.com, b@x.com"],
    };
    let from = if dice.chance(8) { odd } else { usual };
    (*dice.pick(from)).into()
}

/// What a parameter looks like: templates tell.
fn look(policy: &Policy, function: &Function, name: &str) -> Look {
    let holes = function
        .lines
        .iter()
        .flat_map(|line| &line.templates)
        .filter_map(|template| policy.patterns.get(template.index()))
        .flat_map(|pattern| &pattern.segments);
    for segment in holes {
        let Segment::Hole(hole) = segment else {
            continue;
        };
        let reads = matches!(&policy.exprs[hole.value.index()], Expr::Arg(arg) if arg == name);
        if reads {
            match hole.extract {
                Extract::Path => return Look::Path,
                Extract::Url => return Look::Url,
                Extract::Email => return Look::Email,
                Extract::Text | Extract::Lower => {}
            }
        }
    }
    match name {
        "link" => Look::Url,
        "addr" => Look::Email,
        "path" => Look::Path,
        _ => Look::Word,
    }
}

fn asked(dice: &mut Dice, policy: &Policy, pool: &Pool) -> Asked {
    let function = dice.pick(&policy.functions);
    let tool = if dice.chance(2) {
        tool(dice, policy)
    } else {
        function.path.clone()
    };
    let params = function.params.map(|params| &policy.types[params.index()]);
    if let Some(Type::Record(params)) = params
        && dice.chance(75)
    {
        let mut args = record(dice, policy, pool, params, |name| {
            look(policy, function, name)
        });
        // A parameter that chooses the operation is rarely of the wrong kind.
        if dice.chance(1) {
            args.push(("stray".into(), Json::Bool(true)));
        }
        return Asked::Call { tool, args };
    }
    if dice.chance(2) {
        return Asked::Call { tool, args: vec![] };
    }
    let line = dice.pick(&function.lines);
    let action = if dice.chance(97) {
        policy.actions[line.action.index()].name.clone()
    } else {
        dice.word(&["read", "write", "fly"]).into()
    };
    let resource = if dice.chance(96) && !line.templates.is_empty() {
        let template = *dice.pick(&line.templates);
        instance(dice, policy, pool, template)
    } else {
        dice.word(&["r/x", "r/x/y", "r//x", "r/..", "r/%2f", "q"])
            .into()
    };
    Asked::Triple {
        tool,
        action,
        resource,
    }
}

/// A resource that a template or pattern could give.
fn instance(dice: &mut Dice, policy: &Policy, pool: &Pool, pattern: PatternId) -> SmolStr {
    let pattern = &policy.patterns[pattern.index()];
    let mut parts: Vec<String> = vec![];
    for segment in &pattern.segments {
        match segment {
            Segment::Literal(text) => parts.push(text.to_string()),
            Segment::Glob { prefix, suffix } => parts.push(format!("{prefix}x{suffix}")),
            Segment::Any | Segment::Capture(_) => parts.push(segment_text(dice, pool)),
            Segment::Hole(hole) => match hole.extract {
                Extract::Text | Extract::Lower => {
                    let text = match &policy.exprs[hole.value.index()] {
                        Expr::Arg(name) if name == "n" => dice.word(&["1", "2", "x"]).to_owned(),
                        _ => segment_text(dice, pool),
                    };
                    parts.push(text);
                }
                Extract::Email => parts.extend(["x.com".to_owned(), segment_text(dice, pool)]),
                Extract::Url => {
                    parts.extend(["https".into(), "x.com".into(), "443".into(), "x".into()])
                }
                Extract::Path => {
                    for _ in 0..dice.below(3) {
                        parts.push(segment_text(dice, pool));
                    }
                }
            },
        }
    }
    if pattern.tail {
        for _ in 0..dice.below(3) {
            parts.push(segment_text(dice, pool));
        }
    }
    parts.join("/").into()
}

fn segment_text(dice: &mut Dice, pool: &Pool) -> String {
    segment::encode(&pool.word(dice))
}

fn tool(dice: &mut Dice, policy: &Policy) -> SmolStr {
    if dice.chance(5) {
        return dice.word(&["nothing", "t.nothing", "x"]).into();
    }
    let path = dice.pick(&policy.functions).path.clone();
    match dice.below(3) {
        0 => path,
        1 => path.split('.').next().unwrap_or_default().into(),
        _ => "any".into(),
    }
}

fn scope_request(dice: &mut Dice, policy: &Policy, pool: &Pool) -> ScopeRequest {
    let tool = tool(dice, policy);
    let actions = if dice.chance(50) {
        vec!["any".into()]
    } else {
        let names: Vec<SmolStr> = policy
            .actions
            .iter()
            .enumerate()
            .filter(|(at, _)| {
                let offered = policy.functions.iter().any(|function| {
                    crate::duty::covers_tool(&tool, &function.path)
                        && function.lines.iter().any(|line| line.action.index() == *at)
                });
                offered || dice.chance(3)
            })
            .map(|(_, action)| action.name.clone())
            .chain(policy.functions.is_empty().then(|| "read".into()))
            .collect();
        let mut some = dice.some(&names, 1);
        some.truncate(2);
        if some.is_empty() {
            some.push("any".into());
        }
        some
    };
    let mut resources = vec![requested_pattern(dice, policy, pool)];
    if dice.chance(20) {
        resources.push(requested_pattern(dice, policy, pool));
    }
    ScopeRequest {
        tool,
        actions,
        resources,
    }
}

/// A pattern to ask for: common ones, and relatives of the policy's own.
fn requested_pattern(dice: &mut Dice, policy: &Policy, pool: &Pool) -> SmolStr {
    if dice.chance(55) || policy.patterns.is_empty() {
        return dice
            .word(&[
                "**", "r/**", "r/*", "r/x/**", "r/x", "r/y*", "r/*d", "*/x", "f/**", "r/x*/**",
                "*/*/**", "m/*", "r/*/x",
            ])
            .into();
    }
    if dice.chance(2) {
        return dice
            .word(&["r/{x}", "", "r/**/x", "r/../x", "a*b*c", "r/%2f"])
            .into();
    }
    let at = dice.below(policy.patterns.len());
    instance(dice, policy, pool, PatternId::new(at))
}

/// What surrounds the question: facts of resources, histories, spendings, assents.
fn around(dice: &mut Dice, policy: &Policy, pool: &Pool, request: &mut Request) {
    let mut touched: Vec<SmolStr> = match &request.asked {
        Asked::Triple { resource, .. } => vec![resource.clone()],
        Asked::Call { tool, args } => crate::call::triples(policy, tool, args)
            .map(|(triples, _)| triples)
            .unwrap_or_default()
            .iter()
            .map(|triple| segment::written(&triple.resource).into())
            .collect(),
        _ => vec!["r/x".into()],
    };
    touched.retain(|resource| segment::resource(resource).is_some());
    for set in &policy.resource_facts {
        for resource in &touched {
            let known = request.resources.iter().any(|(other, _)| other == resource);
            if !known && dice.chance(85) {
                let mut facts = record(dice, policy, pool, &set.fields, |_| Look::Word);
                let user = request.user.as_ref().map(|user| user.id.clone());
                for (name, value) in &mut facts {
                    if name == "owner"
                        && dice.chance(50)
                        && let Some(user) = &user
                    {
                        *value = Json::String(user.clone());
                    }
                }
                request.resources.push((resource.clone(), facts));
            }
        }
    }
    if dice.chance(1) {
        request.resources.push(("r//x".into(), vec![]));
    }
    for history in &policy.histories {
        if dice.chance(85) {
            let mut records = vec![];
            for at in 0..[0, 1, 1, 2, 3][dice.below(5)] {
                let function = match &history.functions {
                    Some(functions) if dice.chance(90) => {
                        &policy.functions[dice.pick(functions).index()]
                    }
                    _ => dice.pick(&policy.functions),
                };
                records.push(record_of(dice, policy, pool, history, function, at));
            }
            let told = if dice.chance(85) {
                Calls::Records(records)
            } else {
                Calls::Count(dice.below(4) as u64)
            };
            request.histories.push((history.name.clone(), told));
        }
    }
    for (at, rule) in policy.rules.iter().enumerate() {
        if !rule.duties.budgets.is_empty() && dice.chance(70) {
            let spent = rule
                .duties
                .budgets
                .iter()
                .map(|budget| match budget {
                    Budget::Calls(_) => Decimal::from(dice.below(4)),
                    Budget::Amount { .. } => Decimal::new(dice.below(8) as i64 * 50, 2),
                })
                .collect();
            let name = policy.rule_name(placet_model::ids::RuleId::new(at));
            request.budgets.push((name, spent));
        }
    }
    let digest = match &request.asked {
        Asked::Call { tool, args } => crate::extract::call_digest(tool, args),
        Asked::Triple {
            tool,
            action,
            resource,
        } => crate::extract::triple_digest(tool, action, resource),
        _ => "sha256:0".into(),
    };
    if let Some(user) = request.user.clone()
        && dice.chance(60)
    {
        let by = if dice.chance(92) {
            user.id
        } else {
            "bob".into()
        };
        let assent = assent(dice, policy, pool, request, &digest, by);
        request.consents.push(assent);
    }
    for _ in 0..[0, 1, 1, 2][dice.below(4)] {
        let by = dice.word(&["bob", "eve", "ana", "bot"]).into();
        let assent = assent(dice, policy, pool, request, &digest, by);
        request.approvals.push(assent);
    }
}

fn assent(
    dice: &mut Dice,
    policy: &Policy,
    pool: &Pool,
    request: &Request,
    digest: &SmolStr,
    by: SmolStr,
) -> Assent {
    let covers = match dice.below(5) {
        0..=1 => Covers::Call(digest.clone()),
        2..=3 => Covers::Scope(ScopeRequest {
            tool: "any".into(),
            actions: vec!["any".into()],
            resources: vec!["**".into()],
        }),
        _ => Covers::Scope(scope_request(dice, policy, pool)),
    };
    let task = request.task.as_ref().map(|task| task.id.clone());
    Assent {
        by,
        groups: dice.chance(85).then(|| {
            if dice.chance(70) {
                vec!["staff".into()]
            } else {
                vec![]
            }
        }),
        agent: if dice.chance(95) {
            request.agent.id.clone()
        } else {
            "aide".into()
        },
        user: request.user.as_ref().map(|user| user.id.clone()),
        task: if dice.chance(95) { task } else { None },
        covers,
        not_after: dice
            .chance(25)
            .then(|| Time(NOW + MINUTE * 15 * dice.below(4) as i64)),
    }
}

fn record_of(
    dice: &mut Dice,
    policy: &Policy,
    pool: &Pool,
    history: &placet_model::policy::History,
    function: &Function,
    at: usize,
) -> Record {
    let fields = |ty: TypeId| match &policy.types[ty.index()] {
        Type::Record(fields) => fields.clone(),
        _ => vec![],
    };
    let args = fields(history.args);
    let result = fields(history.result);
    let outcome = if dice.chance(75) && !history.outcomes.is_empty() {
        *dice.pick(&history.outcomes)
    } else {
        *dice.pick(&Outcome::ALL)
    };
    let maybe = |dice: &mut Dice, text: &str| dice.chance(85).then(|| SmolStr::from(text));
    Record {
        seq: i64::try_from(at).unwrap_or(0) + dice.below(3) as i64,
        time: Time(NOW - MINUTE * [0, 2, 4, 30, 90][dice.below(5)]),
        tool: function.path.clone(),
        outcome,
        actions: dice.chance(90).then(|| {
            function
                .lines
                .iter()
                .map(|line| policy.actions[line.action.index()].name.clone())
                .collect()
        }),
        resources: dice
            .chance(90)
            .then(|| vec![dice.word(&["r/x", "r/y", "r/x/y", "f/a.md"]).into()]),
        agent: maybe(dice, "bot"),
        user: maybe(dice, "ana"),
        task: maybe(dice, "x"),
        credential: maybe(dice, "c"),
        args: record(dice, policy, pool, &args, |name| {
            look(policy, function, name)
        }),
        result: record(dice, policy, pool, &result, |_| Look::Word),
    }
}

/// A credential that could have been issued; not always for this request.
fn credential(dice: &mut Dice, policy: &Policy, pool: &Pool, request: &Request) -> Credential {
    let mut agent = request.agent.clone();
    if dice.chance(4) {
        agent.id = "aide".into();
    }
    let issued = Time(NOW - MINUTE * [0, 0, 0, 5, 0, 10, 1, -1, -6][dice.below(9)]);
    let mut scopes = vec![];
    for function in &policy.functions {
        for line in &function.lines {
            if dice.chance(95) {
                let resource = match dice.below(12) {
                    0..=9 => "**".into(),
                    10 => "r/**".into(),
                    _ => "*/x".into(),
                };
                let except = if dice.chance(5) {
                    vec!["r/x".into()]
                } else {
                    vec![]
                };
                scopes.push(Scope {
                    tool: function.path.clone(),
                    action: policy.actions[line.action.index()].name.clone(),
                    resource,
                    except,
                    not_after: Time(issued.0 + MINUTE * [60, 60, 15, 30][dice.below(4)]),
                    delegate: [0, 1, 2][dice.below(3)],
                    rules: vec![],
                    residual: vec![],
                });
            }
        }
    }
    let not_after = scopes
        .iter()
        .map(|scope| scope.not_after)
        .max()
        .unwrap_or(issued);
    let parent = if dice.chance(25) {
        let others: Vec<SmolStr> = policy
            .agents
            .iter()
            .map(|agent| agent.name.clone())
            .filter(|name| *name != agent.id)
            .collect();
        (!others.is_empty()).then(|| {
            let id = dice.pick(&others).clone();
            let wide = scopes
                .iter()
                .map(|scope| Scope {
                    resource: "**".into(),
                    except: vec![],
                    delegate: scope.delegate + 1,
                    ..scope.clone()
                })
                .collect();
            let mut facts = facts(dice, policy, pool, Entity::Agent);
            let set: Vec<&SmolStr> = policy
                .agents
                .iter()
                .filter(|agent| agent.name == id)
                .flat_map(|agent| &agent.facts)
                .filter_map(|(fact, _)| policy.facts.get(fact.index()))
                .map(|fact| &fact.field.name)
                .collect();
            facts.retain(|(name, _)| !set.contains(&name));
            Box::new(Credential {
                id: None,
                agent: Principal {
                    id,
                    groups: Some(vec![]),
                    facts,
                },
                user: request.user.clone(),
                task: request.task.clone(),
                context: request.context.clone(),
                issued: Time(issued.0 - MINUTE),
                not_after,
                policy: "sha256:0".into(),
                scopes: wide,
                consents: vec![],
                approvals: vec![],
                parent: None,
            })
        })
    } else {
        None
    };
    Credential {
        id: None,
        agent,
        user: request.user.clone(),
        task: request.task.clone(),
        context: request.context.clone(),
        issued,
        not_after,
        policy: "sha256:0".into(),
        scopes,
        consents: if dice.chance(30) {
            request.consents.clone()
        } else {
            vec![]
        },
        approvals: if dice.chance(30) {
            request.approvals.clone()
        } else {
            vec![]
        },
        parent,
    }
}

/// A request need not repeat what its credential holds, and now and then contradicts it.
fn echo(dice: &mut Dice, request: &mut Request) {
    if dice.chance(50) {
        request.task = None;
    }
    if dice.chance(25) {
        request.user = None;
    } else if dice.chance(1) {
        request.user = Some(Principal {
            id: "bob".into(),
            ..Principal::default()
        });
    }
    if dice.chance(2) {
        for (_, value) in &mut request.context {
            if *value == Json::Number("1".into()) {
                *value = Json::Number("2".into());
            }
        }
    }
}
