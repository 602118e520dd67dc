//! Agents that share groups and facts, and that no rule tells apart.

use std::collections::{BTreeMap, BTreeSet};

use placet_model::policy::{Agents, Expr};
use placet_model::value::Value;
use placet_syntax::ast::{Entity, ItemKind};
use placet_syntax::{FileId, Span};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1202,
    name: "pool-account",
    category: Category::Attribution,
    level: Level::Note,
    tags: &[Tag::Asi(3), Tag::Nhi(9), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let policy = context.policy();
    let mut named = BTreeSet::new();
    for rule in &policy.rules {
        if let Agents::Named(names) = &rule.agents {
            named.extend(names.iter().map(|name| name.as_str()));
        }
    }
    let named_in_conditions = |name: &str| {
        let mut exprs = policy.exprs.iter();
        exprs.any(|expr| matches!(expr, Expr::Const(Value::Text(text)) if text == name))
    };
    let mut alike: BTreeMap<String, Vec<(FileId, Span, &str)>> = BTreeMap::new();
    for declared in context.items() {
        let ItemKind::Agent(agent) = &declared.item.node.kind else {
            continue;
        };
        let name = agent.name.node.as_str();
        let told = named.contains(name) || named_in_conditions(name);
        if !told && !agent.groups.is_empty() {
            let place = (declared.file, agent.name.span, name);
            alike.entry(looks(agent)).or_default().push(place);
        }
    }
    for agents in alike.into_values() {
        let [(file, span, first), (other_file, other, name), ..] = agents.as_slice() else {
            continue;
        };
        let more = match agents.len() - 2 {
            0 => String::new(),
            1 => ", nor one more".to_owned(),
            more => format!(", nor {more} more"),
        };
        found.push(
            RULE.says(format!(
                "nothing tells `{first}` from `{name}`{more}"
            ))
            .at(*file, *span, "the same groups, the same facts, and no rule names it")
            .see(*other_file, *other, "the same")
            .help("give each agent its own work, or run one agent and tell its runs apart by task"),
        );
    }
}

/// All that is declared of an agent but its name, whatever the order.
fn looks(agent: &Entity) -> String {
    let groups: BTreeSet<&str> = agent
        .groups
        .iter()
        .map(|group| group.node.as_str())
        .collect();
    let facts: BTreeMap<&str, String> = agent
        .facts
        .entries
        .iter()
        .map(|entry| (entry.key.node.as_str(), format!("{:?}", entry.value)))
        .collect();
    format!("{groups:?} {facts:?}")
}
