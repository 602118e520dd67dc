//! The clauses of a rule, one by one: whether each holds, what was found, and what would
//! have made it hold.

use placet_model::graph::Truth;
use placet_model::ids::{ExprId, PatternId};
use placet_model::policy::{Agents, Comparison, Condition, Expr, Rule, RuleKind, Users};
use placet_model::render;
use smol_str::{SmolStr, format_smolstr};

use crate::eval::{Eval, Place};
use crate::explain::{Clause, shown};
use crate::pattern::{self, Filled};
use crate::truth::Truths;
use crate::typed::Slot;
use crate::walk;

/// All clauses of a rule, in the order of the language. A rule of several patterns is
/// shown by the one that comes nearest.
pub(crate) fn clauses(eval: &Eval<'_>, rule: &Rule) -> Vec<Clause> {
    let policy = eval.inputs.policy;
    let mut clauses = Vec::new();
    let agent = eval.inputs.agent;
    clauses.push(clause(
        render::agents(policy, &rule.agents),
        walk::agents(eval, rule),
        vec![
            match (&rule.agents, eval.inputs.agent_groups.unsure.is_empty()) {
                (Agents::In(_), false) => {
                    format_smolstr!("the request does not say in which groups `{agent}` is")
                }
                _ => format_smolstr!("the agent is `{agent}`"),
            },
        ],
    ));
    if rule.users != Users::All || rule.kind == RuleKind::Grant {
        clauses.push(clause(
            render::users(policy, &rule.users),
            walk::users(eval, rule),
            vec![match eval.inputs.user {
                None => "there is no user".into(),
                Some(user)
                    if matches!(rule.users, Users::In(_))
                        && !eval.inputs.user_groups.unsure.is_empty() =>
                {
                    format_smolstr!("the request does not say in which groups `{user}` is")
                }
                Some(user) => format_smolstr!("the user is `{user}`"),
            }],
        ));
    }
    clauses.push(clause(
        render::tools(policy, rule),
        walk::functions(eval, rule),
        Vec::new(),
    ));
    clauses.push(clause(
        render::actions(policy, rule),
        walk::actions(eval, rule),
        Vec::new(),
    ));
    if let Some(moment) = rule.moment {
        clauses.push(clause(
            format!("at {moment:?}").to_lowercase(),
            eval.is_moment(moment),
            Vec::new(),
        ));
    }
    let arms: Vec<Option<PatternId>> = if rule.resources.is_empty() {
        vec![None]
    } else {
        rule.resources.iter().copied().map(Some).collect()
    };
    let by_arm = arms.into_iter().map(|arm| {
        let mut found = vec![resource(eval, rule, arm)];
        for condition in &rule.conditions {
            found.extend(conditions(eval, rule, *condition, arm));
        }
        found
    });
    let nearest = by_arm.min_by_key(|found| {
        found
            .iter()
            .filter(|clause| clause.truth != Truth::True)
            .count()
    });
    clauses.extend(nearest.unwrap_or_default());
    // What a deny or require leaves out matches everything and says nothing.
    if rule.kind != RuleKind::Grant {
        clauses.retain(|clause| !clause.text.ends_with(" any") || clause.truth != Truth::True);
    }
    clauses
}

fn clause(text: String, truths: Truths, found: Vec<SmolStr>) -> Clause {
    Clause {
        text: text.into(),
        truth: settled(truths),
        found,
        needs: None,
    }
}

/// A truth for people: what may still be true counts as holding.
fn settled(truths: Truths) -> Truth {
    if truths.may_be_true() {
        Truth::True
    } else if truths.may_be_undefined() {
        Truth::Undefined
    } else {
        Truth::False
    }
}

fn resource(eval: &Eval<'_>, rule: &Rule, arm: Option<PatternId>) -> Clause {
    let policy = eval.inputs.policy;
    let text = match arm {
        None => "resource any".to_owned(),
        Some(id) => format!(
            "resource \"{}\"",
            render::pattern(policy, id, &rule.captures)
        ),
    };
    let Some(id) = arm else {
        return clause(text, Truths::TRUE, Vec::new());
    };
    let filled = pattern::fill(eval, id).unwrap_or(Filled {
        patterns: Vec::new(),
        undefined: Vec::new(),
        open: true,
    });
    let (truths, here) = match eval.site.place {
        Place::Exact(resource) => (
            pattern::matches(eval, id, resource),
            format_smolstr!("the resource is `{resource}`"),
        ),
        Place::Region(region) => {
            let overlaps =
                |list: &[placet_model::pattern::Concrete]| list.iter().any(|p| p.overlaps(region));
            let truths = if overlaps(&filled.patterns) {
                Truths::TRUE
            } else if overlaps(&filled.undefined) {
                Truths::UNDEFINED
            } else {
                Truths::FALSE
            };
            (truths, format_smolstr!("the scope asked for is `{region}`"))
        }
    };
    let mut found = vec![here];
    for segment in policy
        .patterns
        .get(id.index())
        .iter()
        .flat_map(|pattern| &pattern.segments)
    {
        if let placet_model::policy::Segment::Hole(hole) = segment {
            found.push(what(eval, hole.value, None));
        }
    }
    let patterns: Vec<String> = filled
        .patterns
        .iter()
        .take(4)
        .map(|pattern| format!("`{pattern}`"))
        .collect();
    let needs =
        (!patterns.is_empty()).then(|| format_smolstr!("a resource in {}", patterns.join(" or ")));
    Clause {
        needs,
        ..clause(text, truths, found)
    }
}

/// A condition, split at its outer `and`s as far as they are required.
fn conditions(
    eval: &Eval<'_>,
    rule: &Rule,
    condition: Condition,
    arm: Option<PatternId>,
) -> Vec<Clause> {
    let policy = eval.inputs.policy;
    let word = if condition.unless { "unless" } else { "when" };
    let mut parts = vec![condition.expr];
    if !condition.unless {
        let mut at = 0;
        while let Some(id) = parts.get(at).copied() {
            match policy.exprs.get(id.index()) {
                Some(Expr::And(a, b)) => {
                    parts.splice(at..=at, [*a, *b]);
                }
                _ => at += 1,
            }
        }
    }
    parts
        .into_iter()
        .map(|id| {
            let truths = eval.truth(id, arm);
            let text = format!("{word} {}", render::expr(policy, id, &rule.captures));
            let mut found = Vec::new();
            inputs_of(eval, id, arm, &mut found);
            if condition.unless && !truths.is_true() {
                failing(eval, id, rule, arm, &mut found);
            }
            let needs = needs(eval, id, !condition.unless, arm);
            let truths = if condition.unless {
                truths.not()
            } else {
                truths
            };
            Clause {
                needs,
                ..clause(text, truths, found)
            }
        })
        .collect()
}

/// Which parts of a conjunction do not hold.
fn failing(
    eval: &Eval<'_>,
    id: ExprId,
    rule: &Rule,
    arm: Option<PatternId>,
    found: &mut Vec<SmolStr>,
) {
    let policy = eval.inputs.policy;
    if let Some(Expr::And(a, b)) = policy.exprs.get(id.index()) {
        for part in [*a, *b] {
            if matches!(policy.exprs.get(part.index()), Some(Expr::And(..))) {
                failing(eval, part, rule, arm, found);
                continue;
            }
            let said = match settled(eval.truth(part, arm)) {
                Truth::True => continue,
                Truth::False => "does not hold",
                Truth::Undefined => "cannot be told",
            };
            let text = render::expr(policy, part, &rule.captures);
            found.push(format_smolstr!("`{text}` {said}"));
        }
    }
}

/// The values of the inputs that an expression reads.
fn inputs_of(eval: &Eval<'_>, id: ExprId, arm: Option<PatternId>, found: &mut Vec<SmolStr>) {
    const MOST: usize = 8;
    let Some(expr) = eval.inputs.policy.exprs.get(id.index()) else {
        return;
    };
    let is_input = match expr {
        Expr::Fact(_)
        | Expr::AgentId
        | Expr::UserId
        | Expr::TaskId
        | Expr::Now
        | Expr::ChainDepth
        | Expr::ChainRoot
        | Expr::ChainAgents
        | Expr::ResourcePath
        | Expr::ResourceFact(..)
        | Expr::Arg(_)
        | Expr::Capture(_)
        | Expr::History(_)
        | Expr::HasUser => true,
        Expr::Field(of, _) => !reads_variable(eval, *of),
        _ => false,
    };
    if is_input {
        let line = what(eval, id, arm);
        if !found.contains(&line) && found.len() < MOST {
            found.push(line);
        }
    } else {
        expr.for_each_child(|child| inputs_of(eval, child, arm, found));
    }
}

/// Whether an expression is a variable or a field of one.
fn reads_variable(eval: &Eval<'_>, id: ExprId) -> bool {
    match eval.inputs.policy.exprs.get(id.index()) {
        Some(Expr::Local(_)) => true,
        Some(Expr::Field(of, _)) => reads_variable(eval, *of),
        _ => false,
    }
}

/// What an input is, in words.
fn what(eval: &Eval<'_>, id: ExprId, arm: Option<PatternId>) -> SmolStr {
    let policy = eval.inputs.policy;
    let expr = policy.exprs.get(id.index());
    if matches!(expr, Some(Expr::HasUser)) {
        return match eval.inputs.user {
            Some(user) => format_smolstr!("the user is `{user}`"),
            None => "there is no user".into(),
        };
    }
    let captures = arm
        .and_then(|arm| {
            policy
                .rules
                .iter()
                .find(|rule| rule.resources.contains(&arm))
        })
        .map(|rule| rule.captures.as_slice())
        .unwrap_or_default();
    let name = render::expr(policy, id, captures);
    match (eval.slot(id, arm), expr) {
        (Slot::Known(value), Some(Expr::History(_))) => {
            let count = value.members().map_or(0, <[_]>::len);
            format_smolstr!(
                "{name} has {count} record{}",
                if count == 1 { "" } else { "s" }
            )
        }
        (Slot::Known(value), _) => format_smolstr!("{name} is {}", shown(&value)),
        (Slot::Absent, _) => format_smolstr!("{name} is missing"),
        (Slot::Undefined | Slot::Partial(_), _) => {
            format_smolstr!("{name} has no value of its type")
        }
        (Slot::Open, _) => format_smolstr!("{name} is known at the call"),
    }
}

/// What would make an atom true, or false for `unless`.
fn needs(eval: &Eval<'_>, id: ExprId, wanted: bool, arm: Option<PatternId>) -> Option<SmolStr> {
    let policy = eval.inputs.policy;
    let text = |id: ExprId| render::expr(policy, id, &[]);
    let value = |id: ExprId| match eval.slot(id, arm) {
        Slot::Known(value) => Some(shown(&value)),
        _ => None,
    };
    let is_const = |id: ExprId| matches!(policy.exprs.get(id.index()), Some(Expr::Const(_)));
    match policy.exprs.get(id.index())? {
        Expr::Compare(how, a, b) => {
            let (input, other, how) = if is_const(*a) {
                (*b, *a, mirrored(*how))
            } else {
                (*a, *b, *how)
            };
            let how = if wanted { how } else { opposite(how) };
            let words = match how {
                Comparison::Equal => "equal to",
                Comparison::NotEqual => "other than",
                Comparison::Less => "less than",
                Comparison::AtMost => "at most",
                Comparison::Greater => "greater than",
                Comparison::AtLeast => "at least",
            };
            Some(format_smolstr!("{} {words} {}", text(input), value(other)?))
        }
        Expr::In(a, b) if wanted => Some(format_smolstr!("{} one of {}", text(*a), value(*b)?)),
        Expr::In(a, b) => Some(format_smolstr!("{} none of {}", text(*a), value(*b)?)),
        Expr::Has(of) if wanted => Some(format_smolstr!("{} present", text(*of))),
        Expr::Has(of) => Some(format_smolstr!("{} absent", text(*of))),
        Expr::HasUser if wanted => Some("a user".into()),
        Expr::HasUser => Some("no user".into()),
        Expr::Not(of) => needs(eval, *of, !wanted, arm),
        Expr::Fact(_) | Expr::Arg(_) | Expr::ResourceFact(..) => {
            Some(format_smolstr!("{} {wanted}", text(id)))
        }
        _ => None,
    }
}

const fn mirrored(how: Comparison) -> Comparison {
    match how {
        Comparison::Equal => Comparison::Equal,
        Comparison::NotEqual => Comparison::NotEqual,
        Comparison::Less => Comparison::Greater,
        Comparison::AtMost => Comparison::AtLeast,
        Comparison::Greater => Comparison::Less,
        Comparison::AtLeast => Comparison::AtMost,
    }
}

const fn opposite(how: Comparison) -> Comparison {
    match how {
        Comparison::Equal => Comparison::NotEqual,
        Comparison::NotEqual => Comparison::Equal,
        Comparison::Less => Comparison::AtLeast,
        Comparison::AtMost => Comparison::Greater,
        Comparison::Greater => Comparison::AtMost,
        Comparison::AtLeast => Comparison::Less,
    }
}
