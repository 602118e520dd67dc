//! Rules as policies of Cedar, for all who read them: actions are grouped by tool and server,
//! folders are entities, and what is known of a user comes with the request.

use std::fmt::Write as _;

use crate::workload::{ACTIONS, Atom, Rule, Seg, Subject};

/// A rule as a policy. `entity` writes an entity of a kind, and `facts` is where the facts of a
/// request are.
pub fn policy(rule: &Rule, entity: impl Fn(&str, &str) -> String, facts: &str) -> String {
    let principal = match &rule.subject {
        Subject::Any => "principal".to_owned(),
        Subject::Agent(agent) => format!("principal == {}", entity("Agent", agent)),
        Subject::Group(group) => format!("principal in {}", entity("Group", group)),
    };
    let actions: Vec<String> = rule
        .actions
        .iter()
        .map(|at| entity("Action", &format!("{}:{}", rule.tool, ACTIONS[*at])))
        .collect();
    let action = if rule.actions.len() == ACTIONS.len() {
        format!("action in {}", entity("Action", &rule.tool))
    } else if let [one] = actions.as_slice() {
        let how = if rule.tool.contains('.') { "==" } else { "in" };
        format!("action {how} {one}")
    } else {
        format!("action in [{}]", actions.join(", "))
    };
    let literals: Vec<&str> = rule
        .pattern
        .segments
        .iter()
        .map_while(|segment| match segment {
            Seg::Literal(text) => Some(text.as_str()),
            Seg::Any => None,
        })
        .collect();
    let within = literals.join("/");
    let mut conditions = Vec::new();
    let resource = match rule.pattern.segments.as_slice() {
        [] => "resource".to_owned(),
        [_, Seg::Any, Seg::Literal(name)] => {
            conditions.push(format!("resource.name == \"{name}\""));
            format!("resource in {}", entity("Path", &within))
        }
        [_, _, Seg::Literal(_)] => format!("resource == {}", entity("Path", &within)),
        _ => format!("resource in {}", entity("Path", &within)),
    };
    conditions.extend(rule.conditions.iter().map(|atom| match atom {
        Atom::Clearance(least) => format!("{facts}.user.clearance >= {least}"),
        Atom::Region(region) => format!("{facts}.user.region == \"{region}\""),
        Atom::Dept(depts) => format!("{depts:?}.contains({facts}.user.dept)"),
        Atom::Risk(below) => format!("{facts}.risk < {below}"),
        Atom::Mfa => format!("{facts}.mfa"),
    }));
    let effect = if rule.deny { "forbid" } else { "permit" };
    let mut text = format!("{effect}({principal}, {action}, {resource})");
    if !conditions.is_empty() {
        let _ = write!(text, " when {{ {} }}", conditions.join(" && "));
    }
    text.push_str(";\n");
    text
}
