//! One rule at one place: which of its parts decide whether it matches.

use placet_model::ids::PatternId;
use placet_model::policy::{Rule, RuleKind};

use super::logic::{Plan, PlannedAtom, Reads};
use super::{Part, Seen};
use crate::eval::Eval;
use crate::runtime;
use crate::truth::Truths;
use crate::walk;

/// The clauses that do not depend on the resource, in this order.
const CLAUSES: [Part; 5] = [
    Part::Agent,
    Part::User,
    Part::Tool,
    Part::Action,
    Part::Moment,
];

/// A rule whose clauses but for the resource and the conditions are known, and of which no
/// more fail than can decide.
pub(super) struct Scene<'s> {
    rule: &'s Rule,
    plan: &'s Plan,
    /// There is a resource, and nothing is open; else there is a region.
    exact: bool,
    has_user: bool,
    clauses: [Truths; 5],
}

/// A pattern of a rule at a place.
#[derive(Clone, Copy)]
pub(super) struct Arm {
    /// Its place in the rule, and what it is.
    pattern: Option<(usize, PatternId)>,
    /// Whether it matches.
    resource: Truths,
}

impl Arm {
    /// The rule covers all resources.
    pub(super) const ALL: Self = Self {
        pattern: None,
        resource: Truths::TRUE,
    };

    pub(super) const fn new(at: usize, pattern: PatternId, resource: Truths) -> Self {
        Self {
            pattern: Some((at, pattern)),
            resource,
        }
    }
}

/// What an arm showed.
pub(super) struct Weighed {
    pub(super) matched: bool,
    pub(super) seen: Vec<(Part, Seen)>,
}

/// What alternatives showed together. Where some match, a part decides if it does so in all
/// of these; where none does, if it does so in any.
pub(super) fn alternatives(arms: Vec<Weighed>) -> Vec<(Part, Seen)> {
    let matched = arms.iter().any(|arm| arm.matched);
    let mut arms = arms.into_iter().filter(|arm| arm.matched == matched);
    let mut all = arms.next().map(|arm| arm.seen).unwrap_or_default();
    for mut arm in arms {
        if matched {
            let is_pattern = |part: &Part| matches!(part, Part::Pattern(_));
            all.retain(|seen| is_pattern(&seen.0) || arm.seen.contains(seen));
            arm.seen.retain(|(part, _)| is_pattern(part));
        }
        all.append(&mut arm.seen);
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// What is thought to be otherwise.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flip {
    Clause(usize),
    ToolAndAction,
    Resource,
    Atom(usize, Truths),
}

impl<'s> Scene<'s> {
    /// The rule at a place, unless more of it fails than one part can make up for.
    pub(super) fn near(
        eval: &Eval<'_>,
        rule: &'s Rule,
        plan: &'s Plan,
        exact: bool,
    ) -> Option<Self> {
        let functions = walk::functions(eval, rule);
        let actions = walk::actions(eval, rule);
        let moment = match rule.moment {
            Some(moment) => eval.is_moment(moment),
            None => Truths::TRUE,
        };
        // The cheap ones first: a policy may have many rules, and most are far away.
        let fail = |truths: &[Truths]| truths.iter().filter(|one| one.is_false()).count();
        let call = usize::from(fail(&[functions, actions]) > 0);
        if call + fail(&[moment]) > 1 {
            return None;
        }
        let agents = walk::agents(eval, rule);
        if call + fail(&[moment, agents]) > 1 {
            return None;
        }
        let users = walk::users(eval, rule);
        if call + fail(&[moment, agents, users]) > 1 {
            return None;
        }
        Some(Self {
            rule,
            plan,
            exact,
            has_user: eval.inputs.user.is_some(),
            clauses: [agents, users, functions, actions, moment],
        })
    }

    /// Looks at one of the rule's arms.
    pub(super) fn weigh(&self, eval: &Eval<'_>, arm: Arm) -> Weighed {
        let captures = arm.pattern.map(|(_, id)| id);
        let atoms: Vec<Truths> = self
            .plan
            .atoms
            .iter()
            .map(|atom| eval.truth(atom.expr, captures))
            .collect();
        let conditions = self.plan.conditions.iter();
        let conditions = conditions
            .map(|logic| logic.holds(|at| atoms.get(at).copied().unwrap_or(Truths::OPEN)))
            .collect();
        let weighing = Weighing {
            scene: self,
            arm,
            atoms,
            conditions,
        };
        weighing.weigh()
    }
}

/// An arm with the truths of its atoms, and of the conditions that they make.
struct Weighing<'w> {
    scene: &'w Scene<'w>,
    arm: Arm,
    atoms: Vec<Truths>,
    conditions: Vec<Truths>,
}

impl Weighing<'_> {
    fn weigh(&self) -> Weighed {
        let fails = |truths: Truths| !self.passes(truths);
        let clauses: Vec<usize> = (0..CLAUSES.len())
            .filter(|at| fails(self.clause(*at)))
            .collect();
        let placed = !fails(self.arm.resource);
        let conditions = self.conditions.iter().enumerate();
        let conditions: Vec<usize> = conditions
            .filter(|(_, truths)| fails(**truths))
            .map(|(at, _)| at)
            .collect();
        let matched = clauses.is_empty() && placed && conditions.is_empty();
        let mut seen = Vec::new();
        if matched {
            for (at, part) in CLAUSES.into_iter().enumerate() {
                note(&mut seen, part, self.clause(at));
            }
            if let Some((at, _)) = self.arm.pattern {
                note(&mut seen, Part::Pattern(at), self.arm.resource);
            }
        }
        match clauses.as_slice() {
            [] => {
                if !placed && self.turns(matched, Flip::Resource) {
                    note(&mut seen, Part::Resource, self.arm.resource);
                }
                self.atoms_seen(matched, &mut seen, |condition| {
                    placed && conditions.iter().all(|failing| *failing == condition)
                });
            }
            [at] => {
                if self.turns(matched, Flip::Clause(*at))
                    && let Some(part) = CLAUSES.get(*at)
                {
                    note(&mut seen, *part, self.clause(*at));
                }
            }
            // No more than tool and action together may fail.
            _ => {
                let of_call =
                    |at: &usize| matches!(CLAUSES.get(*at), Some(Part::Tool | Part::Action));
                if clauses.iter().all(of_call) && self.turns(matched, Flip::ToolAndAction) {
                    seen.push((Part::ToolAndAction, Seen::False));
                }
            }
        }
        Weighed { matched, seen }
    }

    /// The atoms that decide, where all clauses hold but the resource or some conditions:
    /// those of the conditions that decide, and absences, for which others may fail.
    fn atoms_seen(
        &self,
        matched: bool,
        seen: &mut Vec<(Part, Seen)>,
        decides: impl Fn(usize) -> bool,
    ) {
        for (at, atom) in self.scene.plan.atoms.iter().enumerate() {
            let truths = self.atom(at);
            let absent = atom.presence && truths.is_false();
            if !absent && !decides(atom.condition) {
                continue;
            }
            let decides = if truths == Truths::UNDEFINED {
                self.turns(matched, Flip::Atom(at, Truths::TRUE))
                    || self.turns(matched, Flip::Atom(at, Truths::FALSE))
            } else if truths.is_true() || truths.is_false() {
                self.turns(matched, Flip::Atom(at, truths.not()))
            } else {
                false
            };
            if decides {
                note(seen, Part::Atom(at), truths);
            }
        }
    }

    fn clause(&self, at: usize) -> Truths {
        let clauses = &self.scene.clauses;
        clauses.get(at).copied().unwrap_or(Truths::OPEN)
    }

    fn atom(&self, at: usize) -> Truths {
        self.atoms.get(at).copied().unwrap_or(Truths::OPEN)
    }

    /// Whether a rule, or a clause of it, lets the rule match.
    fn passes(&self, truths: Truths) -> bool {
        let kind = self.scene.rule.kind;
        if self.scene.exact {
            return runtime::matches(kind, truths);
        }
        match kind {
            RuleKind::Grant => truths.may_be_true(),
            RuleKind::Deny | RuleKind::Require => !truths.may_be_false(),
        }
    }

    /// Whether the rule would match otherwise with a part being otherwise. What has no value
    /// for the same reason for which the part is as it is may then have any.
    fn turns(&self, matched: bool, flip: Flip) -> bool {
        let scene = self.scene;
        let mut freed = false;
        let mut all = Truths::TRUE;
        for at in 0..CLAUSES.len() {
            let turned = match flip {
                Flip::Clause(which) => which == at,
                Flip::ToolAndAction => {
                    matches!(CLAUSES.get(at), Some(Part::Tool | Part::Action))
                }
                Flip::Resource | Flip::Atom(..) => false,
            };
            all = all.and(if turned {
                Truths::TRUE
            } else {
                self.clause(at)
            });
        }
        all = all.and(match flip {
            Flip::Resource => Truths::TRUE,
            _ if self.frees_resource(flip) => {
                freed = true;
                Truths::EITHER
            }
            _ => self.arm.resource,
        });
        let mut atoms = self.atoms.clone();
        let mut touched = vec![false; scene.plan.conditions.len()];
        for (at, (truths, atom)) in atoms.iter_mut().zip(&scene.plan.atoms).enumerate() {
            let new = match flip {
                Flip::Atom(which, value) if which == at => value,
                _ if frees(scene, flip, atom, *truths) => {
                    freed = true;
                    Truths::EITHER
                }
                _ => continue,
            };
            *truths = new;
            if let Some(touched) = touched.get_mut(atom.condition) {
                *touched = true;
            }
        }
        let known = self.conditions.iter().zip(&scene.plan.conditions);
        for ((known, logic), touched) in known.zip(touched) {
            all = all.and(if touched {
                logic.holds(|at| atoms.get(at).copied().unwrap_or(Truths::OPEN))
            } else {
                *known
            });
        }
        if freed && (scene.exact || scene.rule.kind == RuleKind::Grant) {
            let grant = scene.rule.kind == RuleKind::Grant;
            return match (matched, grant) {
                (true, true) => !all.is_true(),
                (true, false) => all.may_be_false(),
                (false, true) => all.may_be_true(),
                (false, false) => !all.is_false(),
            };
        }
        self.passes(all) != matched
    }

    /// Whether the resource clause has no value for the reason that is thought away.
    fn frees_resource(&self, flip: Flip) -> bool {
        let reads_user = self
            .arm
            .pattern
            .is_some_and(|(_, id)| self.scene.plan.holes(id).any_of(Reads::USER));
        reads_user && self.arm.resource == Truths::UNDEFINED && gives_user(self.scene, flip)
    }
}

/// Whether there is a user only where it is thought to be otherwise.
fn gives_user(scene: &Scene<'_>, flip: Flip) -> bool {
    if scene.has_user {
        return false;
    }
    match flip {
        Flip::Clause(at) => CLAUSES.get(at) == Some(&Part::User),
        Flip::Atom(at, value) => {
            let atom = scene.plan.atoms.get(at);
            value.is_true()
                && atom.is_some_and(|atom| atom.presence && atom.reads.any_of(Reads::USER))
        }
        Flip::ToolAndAction | Flip::Resource => false,
    }
}

/// Whether an atom is as it is for the reason that is thought away.
fn frees(scene: &Scene<'_>, flip: Flip, atom: &PlannedAtom, truths: Truths) -> bool {
    let valueless = truths == Truths::UNDEFINED || (atom.presence && truths.is_false());
    match flip {
        // Of the arguments of another tool nothing follows.
        Flip::ToolAndAction => atom.reads.any_of(Reads::ARGS),
        Flip::Clause(which) => match CLAUSES.get(which) {
            Some(Part::Tool | Part::Action) => atom.reads.any_of(Reads::ARGS),
            Some(Part::User) => {
                valueless && atom.reads.any_of(Reads::USER) && gives_user(scene, flip)
            }
            _ => false,
        },
        Flip::Resource => valueless && atom.reads.any_of(Reads::PLACE),
        Flip::Atom(which, value) => valueless && value.is_true() && atom.guards.contains(&which),
    }
}

fn note(seen: &mut Vec<(Part, Seen)>, part: Part, truths: Truths) {
    let value = if truths.is_true() {
        Seen::True
    } else if truths.is_false() {
        Seen::False
    } else if truths == Truths::UNDEFINED {
        Seen::Undefined
    } else {
        // What is open has not been seen.
        return;
    };
    seen.push((part, value));
}
