//! Walks a layer's graph: gathers the arms that a request can touch, and runs their test
//! graphs.

pub(crate) mod exact;

use std::collections::HashSet;

use placet_model::graph::{Atom, Cases, Dimension, Graph, Key, Node, Number};
use placet_model::ids::{NodeId, PatternId, RuleId};
use placet_model::pattern::{Concrete, Seg};
use placet_model::policy::{Agents, Rule, Users};
use smol_str::SmolStr;

use crate::eval::{Eval, Place};
use crate::inputs::Read;
use crate::pattern;
use crate::truth::Truths;

/// A rule with one of its patterns, gathered by a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Arm {
    pub(crate) rule: RuleId,
    pub(crate) pattern: Option<PatternId>,
    pub(crate) test: NodeId,
}

/// The arms of a layer that may match at a site, each once, in rule order. `path`, when
/// wanted, gets every node that was visited.
pub(crate) fn gather(
    graph: &Graph,
    eval: &Eval<'_>,
    mut path: Option<&mut Vec<NodeId>>,
) -> Vec<Arm> {
    let mut arms = Vec::new();
    let mut pending = vec![graph.root];
    let texts: Vec<&str> = match eval.site.place {
        Place::Exact(resource) => resource.segments().collect(),
        Place::Region(_) => Vec::new(),
    };
    while let Some(id) = pending.pop() {
        if let Some(path) = path.as_deref_mut() {
            path.push(id);
        }
        match graph.nodes.get(id.index()) {
            Some(Node::Switch { on, cases, any }) => {
                pending.push(*any);
                keys(graph, eval, *on, |key| {
                    pending.extend(graph.case(*cases, key));
                });
            }
            Some(Node::Segment {
                depth,
                cases,
                any,
                end,
                tail,
            }) => {
                let depth = usize::from(*depth);
                pending.push(*tail);
                match eval.site.place {
                    Place::Exact(_) => match texts.get(depth) {
                        Some(text) => {
                            pending.push(*any);
                            pending.extend(graph.case(*cases, graph.names.number(text)));
                        }
                        None => pending.push(*end),
                    },
                    Place::Region(region) => {
                        pending.push(*end);
                        pending.push(*any);
                        open_cases(graph, *cases, region, depth, &mut pending);
                    }
                }
            }
            Some(Node::Arm {
                rule,
                pattern,
                test,
                next,
            }) => {
                arms.push(Arm {
                    rule: *rule,
                    pattern: *pattern,
                    test: *test,
                });
                pending.push(*next);
            }
            Some(Node::End | Node::Test { .. } | Node::Truth(_)) | None => {}
        }
    }
    arms.sort_unstable();
    arms.dedup();
    arms
}

/// Runs the test graph of an arm, from its first node. The clauses that the switches decide are not in it.
pub(crate) fn run(
    graph: &Graph,
    eval: &Eval<'_>,
    test: NodeId,
    resource: impl Fn(PatternId) -> Truths + Copy,
    path: &mut Option<&mut Vec<NodeId>>,
) -> Truths {
    let mut id = test;
    loop {
        if let Some(path) = path.as_deref_mut() {
            path.push(id);
        }
        match graph.nodes.get(id.index()) {
            Some(Node::Truth(truth)) => return Truths::one(*truth),
            Some(Node::Test {
                atom,
                yes,
                no,
                undefined,
            }) => {
                let truths = atom_truths(eval, *atom, resource);
                if truths.is_true() {
                    id = *yes;
                } else if truths.is_false() {
                    id = *no;
                } else if truths == Truths::UNDEFINED {
                    id = *undefined;
                } else {
                    return run_open(graph, eval, id, resource);
                }
            }
            // A loaded graph has no other node here; one that cannot be told is unsure.
            _ => return Truths::UNDEFINED,
        }
    }
}

/// Runs a test graph in which something is open: all ends that can be reached.
fn run_open(
    graph: &Graph,
    eval: &Eval<'_>,
    from: NodeId,
    resource: impl Fn(PatternId) -> Truths,
) -> Truths {
    let mut reached: Option<Truths> = None;
    // Each node once: a test graph may be large, and ways through it are many.
    let mut seen = HashSet::from([from]);
    let mut pending = vec![from];
    while let Some(id) = pending.pop() {
        match graph.nodes.get(id.index()) {
            Some(Node::Truth(truth)) => {
                let one = Truths::one(*truth);
                reached = Some(reached.map_or(one, |so_far| so_far.union(one)));
            }
            Some(Node::Test {
                atom,
                yes,
                no,
                undefined,
            }) => {
                let truths = atom_truths(eval, *atom, &resource);
                let ways = [
                    (truths.may_be_true(), *yes),
                    (truths.may_be_false(), *no),
                    (truths.may_be_undefined(), *undefined),
                ];
                for (open, child) in ways {
                    if open && seen.insert(child) {
                        pending.push(child);
                    }
                }
            }
            _ => reached = Some(Truths::OPEN),
        }
    }
    reached.unwrap_or(Truths::UNDEFINED)
}

fn atom_truths(eval: &Eval<'_>, atom: Atom, resource: impl Fn(PatternId) -> Truths) -> Truths {
    let rule = |id: RuleId| eval.inputs.policy.rules.get(id.index());
    match atom {
        Atom::Agents(id) => rule(id).map_or(Truths::UNDEFINED, |rule| agents(eval, rule)),
        Atom::Users(id) => rule(id).map_or(Truths::UNDEFINED, |rule| users(eval, rule)),
        Atom::Functions(id) => rule(id).map_or(Truths::UNDEFINED, |rule| functions(eval, rule)),
        Atom::Actions(id) => rule(id).map_or(Truths::UNDEFINED, |rule| actions(eval, rule)),
        Atom::Resource(pattern) => resource(pattern),
        Atom::Moment(moment) => eval.is_moment(moment),
        Atom::Condition { expr, captures } => eval.truth(expr, captures),
        Atom::Conditions { rule: id, captures } => {
            rule(id).map_or(Truths::UNDEFINED, |rule| conditions(eval, rule, captures))
        }
    }
}

/// The agent clause of a rule.
pub(crate) fn agents(eval: &Eval<'_>, rule: &Rule) -> Truths {
    match &rule.agents {
        Agents::All => Truths::TRUE,
        Agents::In(groups) => {
            eval.trace.read(Read::AgentGroups);
            let truths = eval.inputs.agent_groups.in_any(groups);
            if truths == Truths::UNDEFINED {
                eval.trace.missing("agent groups");
            }
            truths
        }
        Agents::Named(names) => {
            eval.trace.read(Read::Agent);
            Truths::of(is_among(names, eval.inputs.agent))
        }
    }
}

fn is_among(names: &[SmolStr], name: &str) -> bool {
    names.binary_search_by(|one| one.as_str().cmp(name)).is_ok()
}

/// The user clause of a rule.
pub(crate) fn users(eval: &Eval<'_>, rule: &Rule) -> Truths {
    if rule.users != Users::All {
        eval.trace.read(Read::User);
    }
    match (&rule.users, &eval.inputs.user) {
        (Users::All, _) => Truths::TRUE,
        (Users::Any, user) => Truths::of(user.is_some()),
        (Users::None, user) => Truths::of(user.is_none()),
        (Users::In(_) | Users::Named(_), None) => Truths::FALSE,
        (Users::In(groups), Some(_)) => {
            eval.trace.read(Read::UserGroups);
            let truths = eval.inputs.user_groups.in_any(groups);
            if truths == Truths::UNDEFINED {
                eval.trace.missing("user groups");
            }
            truths
        }
        (Users::Named(names), Some(user)) => Truths::of(is_among(names, user)),
    }
}

/// The tool clause of a rule.
pub(crate) fn functions(eval: &Eval<'_>, rule: &Rule) -> Truths {
    Truths::of(
        rule.functions
            .as_ref()
            .is_none_or(|functions| functions.binary_search(&eval.site.function).is_ok()),
    )
}

/// The action clause of a rule.
pub(crate) fn actions(eval: &Eval<'_>, rule: &Rule) -> Truths {
    Truths::of(
        rule.actions
            .as_ref()
            .is_none_or(|actions| actions.binary_search(&eval.site.action).is_ok()),
    )
}

/// All conditions of a rule.
pub(crate) fn conditions(eval: &Eval<'_>, rule: &Rule, captures: Option<PatternId>) -> Truths {
    rule.conditions.iter().fold(Truths::TRUE, |all, condition| {
        let truths = eval.truth(condition.expr, captures);
        all.and(if condition.unless {
            truths.not()
        } else {
            truths
        })
    })
}

/// The resource clause of an arm at an exact place.
pub(crate) fn resource(eval: &Eval<'_>, pattern: Option<PatternId>) -> Truths {
    let Some(id) = pattern else {
        return Truths::TRUE;
    };
    eval.trace.read(Read::Resource);
    match eval.site.place {
        Place::Exact(resource) => pattern::matches(eval, id, resource),
        Place::Region(_) => Truths::OPEN,
    }
}

/// The keys that a request has in a dimension.
fn keys(graph: &Graph, eval: &Eval<'_>, on: Dimension, mut visit: impl FnMut(Number)) {
    let inputs = eval.inputs;
    match on {
        Dimension::Function => visit(Number::function(eval.site.function)),
        Dimension::Action => visit(Number::action(eval.site.action)),
        Dimension::Agent => {
            eval.trace.read(Read::Agent);
            eval.trace.read(Read::AgentGroups);
            visit(graph.names.number(inputs.agent));
            let groups = inputs.agent_groups.possible();
            groups.for_each(|group| visit(Number::group(group)));
        }
        Dimension::User => {
            eval.trace.read(Read::User);
            eval.trace.read(Read::UserGroups);
            match inputs.user {
                None => visit(Number::NO_USER),
                Some(user) => {
                    visit(Number::SOME_USER);
                    visit(graph.names.number(user));
                    let groups = inputs.user_groups.possible();
                    groups.for_each(|group| visit(Number::group(group)));
                }
            }
        }
    }
}

/// The literal cases that some resource of a region can reach.
fn open_cases(
    graph: &Graph,
    cases: Cases,
    region: &Concrete,
    depth: usize,
    pending: &mut Vec<NodeId>,
) {
    match region.segments().get(depth) {
        Some(Seg::Literal(text)) => {
            pending.extend(graph.case(cases, graph.names.number(text)));
        }
        Some(segment) => {
            for (key, child) in graph.own(cases) {
                if let Key::Segment(text) = graph.key(None, *key)
                    && segment.matches(text)
                {
                    pending.push(*child);
                }
            }
        }
        None if region.tail() => {
            pending.extend(graph.own(cases).iter().map(|(_, child)| *child));
        }
        None => {}
    }
}
