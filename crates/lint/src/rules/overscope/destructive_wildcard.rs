//! A destructive action, or one by which something leaves, on whatever a pattern of literals and wildcards matches.

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::walk;
use crate::words::Kind;
use placet_model::policy::{Expr, Policy, Rule as Typed, Segment};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1005,
    name: "destructive-wildcard",
    category: Category::Overscope,
    level: Level::Error,
    tags: &[Tag::Asi(2), Tag::Nhi(5), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let policy = context.policy();
    for rule in context.grants() {
        let destructive = context.deeds(Kind::Destructive, &rule);
        let mut sending = context.deeds(Kind::Sending, &rule);
        sending.retain(|deed| !destructive.contains(deed));
        let mut what = vec![
            context.told(Kind::Destructive, &destructive),
            context.told(Kind::Sending, &sending),
        ];
        what.retain(|told| !told.is_empty());
        if what.is_empty() || narrows(policy, rule.typed) {
            continue;
        }
        for (at, pattern) in rule.typed.resources.iter().enumerate() {
            let Some(pattern) = policy.patterns.get(pattern.index()) else {
                continue;
            };
            let wild = |segment: &Segment| matches!(segment, Segment::Any | Segment::Glob { .. });
            let bound = |segment: &Segment| matches!(segment, Segment::Hole(_));
            let wild = pattern.tail || pattern.segments.iter().any(wild);
            if !wild || pattern.segments.iter().any(bound) {
                continue;
            }
            found.push(
                RULE.says(format!(
                    "`{}` grants {} wherever this matches",
                    rule.typed.name,
                    what.join(" and ")
                ))
                .at(
                    rule.file,
                    rule.pattern_place(at),
                    "neither the user nor the task says which",
                )
                .help("name what is meant: a hole such as `{task.id}`, or a condition"),
            );
        }
    }
}

/// Whether a condition asks which resource it is, or what is known of it.
fn narrows(policy: &Policy, rule: &Typed) -> bool {
    walk::conditions_read(policy, rule, &mut |expr| {
        matches!(
            expr,
            Expr::Capture(_) | Expr::ResourcePath | Expr::ResourceFact(..) | Expr::Arg(_)
        )
    })
}
