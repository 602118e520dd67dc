//! A pattern of a rule that no template of its tools yields a resource for.

use placet_model::pattern::Concrete;

use crate::context::{Context, Found, RuleAt};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::extent;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1505,
    name: "pattern-matches-nothing",
    category: Category::Correctness,
    level: Level::Error,
    tags: &[Tag::Asi(3), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    for rule in context.rules() {
        for at in barren(context, &rule) {
            let near = nearest(context, &rule);
            let mut finding = RULE
                .says(format!(
                    "no tool of `{}` yields a resource for this pattern",
                    rule.typed.name
                ))
                .at(rule.file, rule.pattern_place(at), "it matches nothing");
            if let Some(near) = near {
                finding = finding.note(format!("its tools yield, for example, `{near}`"));
            }
            found.push(finding.help("compare it with the templates, segment by segment"));
        }
    }
}

/// Whether none of a rule's patterns matches anything.
pub(crate) fn all(context: &Context<'_>, rule: &RuleAt<'_>) -> bool {
    let patterns = rule.typed.resources.len();
    patterns > 0 && barren(context, rule).len() == patterns
}

/// The positions of patterns that match nothing.
fn barren(context: &Context<'_>, rule: &RuleAt<'_>) -> Vec<usize> {
    let policy = context.policy();
    let templates = context.reach(rule.id).templates(policy);
    let yields: Option<Vec<Concrete>> = templates
        .iter()
        .map(|id| extent::of(policy.patterns.get(id.index())?))
        .collect();
    let Some(yields) = yields else {
        return Vec::new();
    };
    let resources = rule.typed.resources.iter().enumerate();
    resources
        .filter(|(_, id)| {
            let own = policy.patterns.get(id.index()).and_then(extent::of);
            own.is_some_and(|own| !yields.iter().any(|one| one.overlaps(&own)))
        })
        .map(|(at, _)| at)
        .collect()
}

fn nearest(context: &Context<'_>, rule: &RuleAt<'_>) -> Option<String> {
    let policy = context.policy();
    let templates = context.reach(rule.id).templates(policy);
    let first = templates.first()?;
    Some(placet_model::render::pattern(policy, *first, &[]))
}
