//! A rule without `@owner` in a layer where others have one, or that is named.

use std::collections::BTreeSet;

use crate::context::{Context, Found};
use crate::descriptor::{Category, Default, Fixes, Level, Parameter, Rule, Tag};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1203,
    name: "rule-without-owner",
    category: Category::Attribution,
    level: Level::Warn,
    tags: &[Tag::Asi(3), Tag::Nhi(1), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[Parameter {
        name: "layers",
        about: "layers in which every rule has an owner, besides guardrail layers and those \
                where one rule has",
        default: Default::Words(&[]),
    }],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let policy = context.policy();
    let set = context.words(&RULE, "layers");
    let sensitive = |layer: &placet_model::policy::Layer| {
        layer.default_grant || set.iter().any(|name| layer.name == *name)
    };
    let owned: BTreeSet<_> = policy
        .rules
        .iter()
        .filter(|rule| rule.owner().is_some())
        .map(|rule| rule.layer)
        .collect();
    for rule in context.rules() {
        let Some(layer) = policy.layers.get(rule.typed.layer.index()) else {
            continue;
        };
        let wanted = sensitive(layer) || owned.contains(&rule.typed.layer);
        if !wanted || rule.typed.owner().is_some() {
            continue;
        }
        let why = match sensitive(layer) {
            true => format!(
                "every rule of `{}` has somebody who answers for it",
                layer.name
            ),
            false => format!("other rules of `{}` have an owner", layer.name),
        };
        found.push(
            RULE.says(format!("nobody answers for `{}`", rule.typed.name))
                .at(rule.file, rule.name(), why)
                .help("write `@owner(\"team\")` above it"),
        );
    }
}
