//! `*` where every template has the same literal.

use placet_model::policy::{Pattern, Segment};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::extent;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1006,
    name: "wide-pattern",
    category: Category::Overscope,
    level: Level::Warn,
    tags: &[Tag::Asi(3), Tag::Nhi(5), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let policy = context.policy();
    for rule in context.grants() {
        let templates = context.reach(rule.id).templates(policy);
        for (at, id) in rule.typed.resources.iter().enumerate() {
            let Some(pattern) = policy.patterns.get(id.index()) else {
                continue;
            };
            let Some(own) = extent::of(pattern) else {
                continue;
            };
            let meant: Vec<&Pattern> = templates
                .iter()
                .filter_map(|id| policy.patterns.get(id.index()))
                .filter(|template| extent::of(template).is_some_and(|other| own.overlaps(&other)))
                .collect();
            let Some((place, literal)) = narrower(pattern, &meant) else {
                continue;
            };
            found.push(
                RULE.says(format!(
                    "`{}` grants more than its tools can reach",
                    rule.typed.name
                ))
                .at(
                    rule.file,
                    rule.pattern_place(at),
                    format!("segment {} of every resource is `{literal}`", place + 1),
                )
                .help(format!(
                    "write `{literal}` there: a tool that comes later is not meant"
                )),
            );
        }
    }
}

/// The first wildcard for which all templates have one literal.
fn narrower<'p>(pattern: &Pattern, templates: &[&'p Pattern]) -> Option<(usize, &'p str)> {
    let wild = |segment: &Segment| matches!(segment, Segment::Any | Segment::Glob { .. });
    let mut places = pattern.segments.iter().enumerate();
    places.find_map(|(at, segment)| {
        // What a template's email or path gives before would shift the places.
        let literal = |template: &&'p Pattern| match template.segments.get(at)? {
            Segment::Literal(text) if extent::is_aligned(template, at) => Some(text.as_str()),
            _ => None,
        };
        let first = literal(templates.first()?)?;
        let same = templates
            .iter()
            .all(|template| literal(template) == Some(first));
        (wild(segment) && same && extent::is_aligned(pattern, at)).then_some((at, first))
    })
}
