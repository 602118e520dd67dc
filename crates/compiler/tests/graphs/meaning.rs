//! A walk of the graph gathers exactly the arms that do not plainly fail, and their test
//! graphs give what Kleene's logic gives for the clauses one by one.

use std::collections::BTreeMap;

use placet_compiler::lower::lower;
use placet_model::compiled::Compiled;
use placet_model::graph::build::{bound, build};
use placet_model::graph::*;
use placet_model::ids::*;
use placet_model::policy::*;

use crate::generate::{self, Random};

/// What decides: the keys of a request, and a truth value for every leaf.
pub(crate) struct Request {
    seed: u64,
    function: FunctionId,
    action: ActionId,
    agent: &'static str,
    user: Option<&'static str>,
    /// Membership in the groups whose members come with requests.
    requested: [Truth; 2],
    resource: Vec<&'static str>,
    moment: Moment,
}

pub(crate) fn request(seed: u64) -> Request {
    let mut random = Random::new(seed);
    let truths = [Truth::False, Truth::Undefined, Truth::True];
    let length = 1 + random.below(4);
    Request {
        seed,
        function: FunctionId::new(random.below(4)),
        action: ActionId::new(random.below(4)),
        agent: random.pick(&["ann", "bob", "cy", "dee"]),
        user: random.pick(&[None, Some("una"), Some("vic")]),
        requested: [random.pick(&truths), random.pick(&truths)],
        resource: (0..length)
            .map(|_| random.pick(&["a", "b", "ab", "c"]))
            .collect(),
        moment: random.pick(&[Moment::Issuance, Moment::Runtime]),
    }
}

fn and(left: Truth, right: Truth) -> Truth {
    left.min(right)
}

fn not(truth: Truth) -> Truth {
    match truth {
        Truth::False => Truth::True,
        Truth::Undefined => Truth::Undefined,
        Truth::True => Truth::False,
    }
}

fn truth(holds: bool) -> Truth {
    if holds { Truth::True } else { Truth::False }
}

impl Request {
    /// An arbitrary truth value that depends on the seed and these numbers alone.
    fn any(&self, one: u32, other: u32) -> Truth {
        let seed = self.seed ^ (u64::from(one) << 20) ^ (u64::from(other) << 44) ^ 0x5EED;
        let mut random = Random::new(seed);
        random.below(7);
        random.pick(&[Truth::False, Truth::Undefined, Truth::True])
    }

    fn member(&self, policy: &Policy, id: GroupId) -> Truth {
        let group = &policy.groups[id.index()];
        let own = match (group.kind, group.from_request, self.user) {
            (GroupKind::Agents, true, _) => self.requested[0],
            (GroupKind::Agents, false, _) => {
                truth(group.members.iter().any(|member| member == self.agent))
            }
            (_, _, None) => Truth::False,
            (_, true, _) => self.requested[1],
            (_, false, Some(user)) => truth(group.members.iter().any(|member| member == user)),
        };
        let nested = group.nested.iter().map(|id| self.member(policy, *id));
        nested.fold(own, Truth::max)
    }

    fn agents(&self, policy: &Policy, rule: &Rule) -> Truth {
        match &rule.agents {
            Agents::All => Truth::True,
            Agents::In(groups) => groups
                .iter()
                .map(|id| self.member(policy, *id))
                .fold(Truth::False, Truth::max),
            Agents::Named(names) => truth(names.iter().any(|name| name == self.agent)),
        }
    }

    fn users(&self, policy: &Policy, rule: &Rule) -> Truth {
        match (&rule.users, self.user) {
            (Users::All, _) | (Users::Any, Some(_)) | (Users::None, None) => Truth::True,
            (Users::Any, None) | (Users::None, Some(_)) => Truth::False,
            (Users::In(groups), _) => groups
                .iter()
                .map(|id| self.member(policy, *id))
                .fold(Truth::False, Truth::max),
            (Users::Named(names), user) => {
                truth(user.is_some_and(|user| names.iter().any(|name| name == user)))
            }
        }
    }

    fn resource(&self, policy: &Policy, id: PatternId) -> Truth {
        let pattern = &policy.patterns[id.index()];
        let length = pattern.segments.len();
        let long = self.resource.len() > length && pattern.tail;
        if self.resource.len() != length && !long {
            return Truth::False;
        }
        let segments = pattern.segments.iter().zip(&self.resource);
        segments.fold(Truth::True, |all, (segment, text)| {
            and(
                all,
                match segment {
                    Segment::Literal(literal) => truth(literal == text),
                    Segment::Any | Segment::Capture(_) => Truth::True,
                    Segment::Glob { prefix, suffix } => {
                        truth(text.starts_with(prefix.as_str()) && text.ends_with(suffix.as_str()))
                    }
                    Segment::Hole(_) => self.any(u32::MAX, id.0),
                },
            )
        })
    }

    fn expr(&self, policy: &Policy, id: ExprId, pattern: Option<PatternId>) -> Truth {
        match &policy.exprs[id.index()] {
            Expr::Not(of) => not(self.expr(policy, *of, pattern)),
            Expr::And(left, right) => and(
                self.expr(policy, *left, pattern),
                self.expr(policy, *right, pattern),
            ),
            Expr::Or(left, right) => self
                .expr(policy, *left, pattern)
                .max(self.expr(policy, *right, pattern)),
            _ if captures(policy, id) => self.any(id.0, pattern.expect("there is one").0),
            _ => self.any(id.0, 0),
        }
    }

    fn conditions(&self, policy: &Policy, rule: &Rule, pattern: Option<PatternId>) -> Truth {
        rule.conditions.iter().fold(Truth::True, |all, condition| {
            let holds = self.expr(policy, condition.expr, pattern);
            and(all, if condition.unless { not(holds) } else { holds })
        })
    }

    fn functions(&self, rule: &Rule) -> Truth {
        truth(
            rule.functions
                .as_ref()
                .is_none_or(|ids| ids.contains(&self.function)),
        )
    }

    fn actions(&self, rule: &Rule) -> Truth {
        truth(
            rule.actions
                .as_ref()
                .is_none_or(|ids| ids.contains(&self.action)),
        )
    }

    fn moment(&self, moment: Option<Moment>) -> Truth {
        truth(moment.is_none_or(|moment| moment == self.moment))
    }

    /// What the clauses of an arm say, one by one.
    fn arm(&self, policy: &Policy, rule: &Rule, pattern: Option<PatternId>) -> Truth {
        let resource = pattern.map_or(Truth::True, |id| self.resource(policy, id));
        [
            self.moment(rule.moment),
            self.functions(rule),
            self.actions(rule),
            self.agents(policy, rule),
            self.users(policy, rule),
            resource,
            self.conditions(policy, rule, pattern),
        ]
        .into_iter()
        .fold(Truth::True, and)
    }

    fn atom(&self, policy: &Policy, atom: Atom) -> Truth {
        let rule = |id: RuleId| &policy.rules[id.index()];
        match atom {
            Atom::Agents(id) => self.agents(policy, rule(id)),
            Atom::Users(id) => self.users(policy, rule(id)),
            Atom::Functions(id) => self.functions(rule(id)),
            Atom::Actions(id) => self.actions(rule(id)),
            Atom::Resource(id) => self.resource(policy, id),
            Atom::Moment(moment) => self.moment(Some(moment)),
            Atom::Condition { expr, captures } => self.expr(policy, expr, captures),
            Atom::Conditions { rule: id, captures } => self.conditions(policy, rule(id), captures),
        }
    }

    fn has_key(&self, policy: &Policy, on: Dimension, key: Key<'_>) -> bool {
        match key {
            Key::Function(id) => id == self.function,
            Key::Action(id) => id == self.action,
            Key::Name(name) if on == Dimension::Agent => name == self.agent,
            Key::Name(name) => self.user.is_some_and(|user| name == user),
            Key::Group(id) => self.member(policy, id) != Truth::False,
            Key::NoUser => self.user.is_none(),
            Key::SomeUser => self.user.is_some(),
            Key::Segment(_) => unreachable!("a switch has no segments"),
        }
    }
}

type Gathered = BTreeMap<(RuleId, Option<PatternId>), Truth>;

fn gather(policy: &Policy, graph: &Graph, request: &Request) -> Gathered {
    let mut gathered = Gathered::new();
    let mut todo = vec![graph.root];
    while let Some(id) = todo.pop() {
        match graph.nodes[id.index()] {
            Node::End => {}
            Node::Switch {
                on,
                cases: own,
                any,
            } => {
                let taken = (graph.own(own).iter())
                    .filter(|(key, _)| request.has_key(policy, on, graph.key(Some(on), *key)));
                todo.extend(taken.map(|(_, child)| *child));
                todo.push(any);
            }
            Node::Segment {
                depth,
                cases: own,
                any,
                end,
                tail,
            } => {
                todo.push(tail);
                match request.resource.get(depth as usize) {
                    None => todo.push(end),
                    Some(text) => {
                        let is_text = |key| graph.key(None, key) == Key::Segment(text);
                        let taken = graph.own(own).iter().filter(|(key, _)| is_text(*key));
                        todo.extend(taken.map(|(_, child)| *child));
                        todo.push(any);
                    }
                }
            }
            Node::Arm {
                rule,
                pattern,
                test,
                next,
            } => {
                gathered.insert((rule, pattern), run(policy, graph, request, test));
                todo.push(next);
            }
            Node::Test { .. } | Node::Truth(_) => unreachable!("tests stand under arms"),
        }
    }
    gathered
}

fn run(policy: &Policy, graph: &Graph, request: &Request, mut at: NodeId) -> Truth {
    loop {
        match graph.nodes[at.index()] {
            Node::Truth(truth) => return truth,
            Node::Test {
                atom,
                yes,
                no,
                undefined,
            } => {
                at = match request.atom(policy, atom) {
                    Truth::True => yes,
                    Truth::False => no,
                    Truth::Undefined => undefined,
                };
            }
            _ => unreachable!("only tests stand under arms"),
        }
    }
}

/// Whether an expression reads what a pattern captured.
fn captures(policy: &Policy, id: ExprId) -> bool {
    let expr = &policy.exprs[id.index()];
    let mut found = matches!(expr, Expr::Capture(_));
    expr.for_each_child(|child| found |= captures(policy, child));
    found
}

/// Checks a walk of each graph against the rules one by one; gives how many arms matched and
/// how many were undefined.
pub(crate) fn agrees(
    policy: &Policy,
    graphs: &[Graph],
    request: &Request,
    what: &str,
) -> [usize; 2] {
    let walks: Vec<Gathered> = graphs
        .iter()
        .map(|graph| gather(policy, graph, request))
        .collect();
    let (mut met, mut open) = (0, 0);
    for (at, rule) in policy.rules.iter().enumerate() {
        for pattern in demand::arms(rule) {
            let wanted = request.arm(policy, rule, pattern);
            let walk = &walks[rule.layer.index()];
            let found = walk.get(&(RuleId::new(at), pattern)).copied();
            let found = found.unwrap_or(Truth::False);
            assert_eq!(found, wanted, "{what}, rule {at}");
            met += usize::from(wanted == Truth::True);
            open += usize::from(wanted == Truth::Undefined);
        }
    }
    [met, open]
}

#[test]
fn graphs_say_what_the_rules_say_one_by_one() {
    let (mut met, mut open) = (0, 0);
    for seed in 0..2_000 {
        let policy = generate::policy(seed);
        let graphs = lower(&policy);
        assert!(
            graphs == build(&policy),
            "seed {seed}: loading builds another"
        );
        for asked in 0..20 {
            let request = request(seed * 100 + asked);
            let what = format!("seed {seed}, request {asked}");
            let [matched, undefined] = agrees(&policy, &graphs, &request, &what);
            met += matched;
            open += undefined;
        }
    }
    // What is promised must also have been asked.
    assert!(
        met > 1_000 && open > 1_000,
        "{met} matched, {open} were open"
    );
}

#[test]
fn graphs_are_within_their_bound_and_always_the_same() {
    for seed in 0..500 {
        let policy = generate::policy(seed);
        let graphs = lower(&policy);
        assert_eq!(graphs, lower(&policy), "seed {seed}");
        for (layer, graph) in graphs.iter().enumerate() {
            let limit = bound(&policy, LayerId::new(layer));
            assert!(graph.nodes.len() <= limit, "seed {seed}");
        }
    }
}

#[test]
fn what_is_saved_is_loaded() {
    for seed in 0..500 {
        let policy = generate::policy(seed);
        let graphs = lower(&policy);
        let compiled = Compiled::new(policy, graphs);
        match Compiled::load(&compiled.save()) {
            Ok(loaded) => assert_eq!(loaded, compiled, "seed {seed}"),
            Err(error) => panic!("seed {seed}: {error}: {:?}", error.source),
        }
    }
}
