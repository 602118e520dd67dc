//! A rule about calls that no test makes and no claim is about.

use std::collections::BTreeSet;

use placet_compiler::scenario::{Step, What};
use placet_model::ids::FunctionId;
use placet_syntax::ast::{Expect, ItemKind, Limit, TestPart};

use crate::context::{Context, Found, RuleAt};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::reach::Reach;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1407,
    name: "untested-rule",
    category: Category::DeadWeight,
    level: Level::Warn,
    tags: &[Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let policy = context.policy();
    let asked = asked(context);
    let named = named(context);
    let claimed: Vec<Reach> = context
        .subject
        .claims
        .list
        .iter()
        .map(|claim| Reach::of(policy, &claim.region))
        .collect();
    for rule in context.rules() {
        let own = context.reach(rule.id);
        let functions = own.functions();
        let tried = functions.iter().any(|function| asked.contains(function));
        let mut claims = claimed.iter();
        let is_claimed = claims.any(|claim| claim.meets(own));
        if tried || is_claimed || is_named(context, &rule, &named) {
            continue;
        }
        found.push(
            RULE.says(format!("no test shows what `{}` does", rule.typed.name))
                .at(
                    rule.file,
                    rule.name(),
                    "no test makes a call that it is about, and no claim speaks of one",
                )
                .help("write a test with a call that it decides, and one that it does not"),
        );
    }
}

/// The functions that tests call or ask for.
fn asked(context: &Context<'_>) -> BTreeSet<FunctionId> {
    let policy = context.policy();
    let mut asked = BTreeSet::new();
    let steps = context.subject.tests.iter().flat_map(|test| &test.lines);
    for line in steps {
        let What::Do(step) = &line.what else { continue };
        let tool = match step {
            Step::Issue(issue) => &issue.tool,
            Step::Call(call) => &call.tool,
            Step::List { tool, .. } => tool,
            _ => continue,
        };
        for (at, function) in policy.functions.iter().enumerate() {
            let below = function.path.strip_prefix(tool.as_str());
            if below.is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) {
                asked.insert(FunctionId::new(at));
            }
        }
    }
    asked
}

/// The rules that tests expect by name, as they are written.
fn named<'c>(context: &Context<'c>) -> BTreeSet<&'c str> {
    let mut names = BTreeSet::new();
    for declared in context.items() {
        let ItemKind::Test(test) = &declared.item.node.kind else {
            continue;
        };
        for part in &test.parts {
            let expects: Vec<&Expect> = match &part.node {
                TestPart::Step(placet_syntax::ast::Step::Issue(issue)) => vec![&issue.expect.node],
                TestPart::Step(placet_syntax::ast::Step::Call(call)) => vec![&call.expect.node],
                TestPart::Rows(rows) => {
                    let rows = rows.iter().filter_map(|row| row.node.expect.as_ref());
                    rows.map(|expect| &expect.node).collect()
                }
                _ => continue,
            };
            for expect in expects {
                let by = match expect {
                    Expect::Grant(Limit { by, .. })
                    | Expect::Narrowed {
                        limit: Limit { by, .. },
                        ..
                    }
                    | Expect::Deny { by, .. } => by,
                    _ => continue,
                };
                names.extend(by.iter().map(|name| name.node.as_str()));
            }
        }
    }
    names
}

fn is_named(context: &Context<'_>, rule: &RuleAt<'_>, named: &BTreeSet<&str>) -> bool {
    let whole = context.policy().rule_name(rule.id);
    named.contains(whole.as_str()) || named.contains(rule.typed.name.as_str())
}
