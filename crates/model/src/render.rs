//! The typed policy as policy text: for explanations, drawings and messages.
//!
//! The text reads back as what it stands for, up to what compilation removed: lets are
//! expanded, groups of actions are their members, and the variables of quantifiers have
//! new names. It never recurses over expressions, so no nesting exhausts the stack.

mod expr;
mod rule;
mod text;

use smol_str::SmolStr;

use crate::ids::{ExprId, PatternId, RuleId};
use crate::policy::{Agents, Condition, Extract, Policy, Rule, Segment, Users};
use crate::value::Value;

/// An expression: `args.amount <= task.limit`.
///
/// `captures` are the names of the rule's captures; they are empty where no rule is.
#[must_use]
pub fn expr(policy: &Policy, id: ExprId, captures: &[SmolStr]) -> String {
    expr::print(policy, id, captures, expr::Args::Qualified)
}

/// A pattern or template as it stands between quotes: `ticket/{user.tenant}/**`.
#[must_use]
pub fn pattern(policy: &Policy, id: PatternId, captures: &[SmolStr]) -> String {
    let Some(pattern) = policy.patterns.get(id.index()) else {
        return format!("?{}", id.0);
    };
    // A first `{email(…)}` is preceded by a literal that policies do not write.
    let implied = match pattern.segments.as_slice() {
        [Segment::Literal(text), Segment::Hole(hole), ..] => {
            text == "email" && hole.extract == Extract::Email
        }
        _ => false,
    };
    let mut segments: Vec<String> = pattern
        .segments
        .iter()
        .skip(usize::from(implied))
        .map(|segment| self::segment(policy, segment, captures))
        .collect();
    if pattern.tail {
        segments.push("**".to_owned());
    }
    segments.join("/")
}

fn segment(policy: &Policy, segment: &Segment, captures: &[SmolStr]) -> String {
    match segment {
        Segment::Literal(text) => text.to_string(),
        Segment::Any => "*".to_owned(),
        Segment::Glob { prefix, suffix } => format!("{prefix}*{suffix}"),
        Segment::Capture(at) => format!("{{*{}}}", expr::capture(*at, captures)),
        Segment::Hole(hole) => {
            let each = if hole.each { "each " } else { "" };
            // Holes of templates name parameters alone; those of rules never read any.
            let value = expr::print(policy, hole.value, captures, expr::Args::Bare);
            match hole.extract.name() {
                None => format!("{{{each}{value}}}"),
                Some(extract) => format!("{{{each}{extract}({value})}}"),
            }
        }
    }
}

/// A literal: `"low"`, `5.00`, `["mon", "tue"]`.
#[must_use]
pub fn value(value: &Value) -> String {
    text::value(value)
}

/// A name as policies write it: plain when it is an identifier, else quoted.
#[must_use]
pub fn name(name: &str) -> String {
    text::name(name)
}

/// The agent clause: `agent in triage-bots`.
#[must_use]
pub fn agents(policy: &Policy, agents: &Agents) -> String {
    rule::agents(policy, agents)
}

/// The user clause: `user any`.
#[must_use]
pub fn users(policy: &Policy, users: &Users) -> String {
    rule::users(policy, users)
}

/// The tool clause: `tool zendesk`. Functions that make up a whole tool are named by it.
#[must_use]
pub fn tools(policy: &Policy, rule: &Rule) -> String {
    rule::tools(policy, rule.functions.as_deref())
}

/// The action clause: `action read, comment`.
#[must_use]
pub fn actions(policy: &Policy, rule: &Rule) -> String {
    rule::actions(policy, rule.actions.as_deref())
}

/// The resource clause: `resource "ticket/**"`.
#[must_use]
pub fn resources(policy: &Policy, rule: &Rule) -> String {
    rule::resources(policy, rule)
}

/// A condition: `when …` or `unless …`.
#[must_use]
pub fn condition(policy: &Policy, rule: &Rule, condition: &Condition) -> String {
    let word = if condition.unless { "unless" } else { "when" };
    format!("{word} {}", expr(policy, condition.expr, &rule.captures))
}

/// The duties and limits, one clause each: `consent per call`, `for 15m`.
#[must_use]
pub fn duties(policy: &Policy, rule: &Rule) -> Vec<String> {
    rule::duties(policy, rule)
}

/// A whole rule, one clause a line, as the formatter would print it without alignment.
#[must_use]
pub fn rule(policy: &Policy, id: RuleId) -> String {
    rule::whole(policy, id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Builder;

    #[test]
    fn expressions_read_back_as_they_were_meant() {
        use crate::policy::Expr;
        let mut build = Builder::new();
        let low = build.compare_int("risk", 50);
        let user = build.expr(Expr::HasUser);
        let either = build.expr(Expr::Or(low, user));
        let both = build.expr(Expr::And(either, user));
        let negated = build.expr(Expr::Not(both));
        let nested = build.expr(Expr::Or(user, negated));
        let policy = build.finish();
        let check = |id, text: &str| assert_eq!(expr(&policy, id, &[]), text);
        check(low, "context.risk < 50");
        check(both, "(context.risk < 50 or has user) and has user");
        check(
            nested,
            "has user or not ((context.risk < 50 or has user) and has user)",
        );
    }

    #[test]
    fn deep_expressions_do_not_exhaust_the_stack() {
        use crate::policy::Expr;
        let mut build = Builder::new();
        let mut id = build.expr(Expr::HasUser);
        for _ in 0..200_000 {
            id = build.push(Expr::Not(id));
        }
        let policy = build.finish();
        assert_eq!(expr(&policy, id, &[]).len(), 200_000 * 4 + 8);
    }

    #[test]
    fn a_rule_is_shown_clause_by_clause() {
        let policy = crate::sample::support();
        insta::assert_snapshot!(rule(&policy, RuleId(1)));
    }
}
