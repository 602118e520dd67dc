//! A solver for finite domains: whether the variables can be given values such that all of
//! some formulas are true. Knows nothing of policies.
//!
//! Formulas are three-valued. Under a partial assignment each has the set of truth values
//! that it may still take; sets are combined without regard to how their parts hang
//! together, so a set may be too large and never too small. A branch is left only when some
//! formula cannot be true any more: what is cut off holds no solution.

use std::collections::BTreeSet;

use crate::formula::{ANY, Formula, TRUE, Truths};

/// A variable of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Var(pub(crate) usize);

/// An atom of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AtomId(pub(crate) usize);

/// What is to be solved.
#[derive(Debug, Default)]
pub(crate) struct Problem {
    /// How many values each variable has.
    pub(crate) sizes: Vec<usize>,
    /// Of which variables each atom tells something.
    pub(crate) atoms: Vec<Vec<Var>>,
    /// What has to be true. What rules out most stands first.
    pub(crate) goals: Vec<Formula>,
}

/// What a search came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A solution was accepted.
    Solution,
    /// There is no solution, or none was accepted.
    Nothing,
    /// The search was given up.
    GivenUp,
}

/// What becomes of a solution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is the one.
    Yes,
    /// It is not, and another may be.
    No,
    /// It is not, and no other is wanted.
    Enough,
}

/// Searches for a solution that `accept` takes. `truth` tells an atom's truth for values of
/// its variables, as a set: one member where it is known.
pub(crate) fn solve(
    problem: &Problem,
    truth: &mut dyn FnMut(AtomId, &[usize]) -> Truths,
    accept: &mut dyn FnMut(&[usize]) -> Taken,
    steps: &mut u64,
) -> Found {
    let mut search = Search::new(problem, truth, accept, steps);
    if !search.prepare() {
        return Found::Nothing;
    }
    match search.descend() {
        Ended::Accepted => Found::Solution,
        Ended::Conflict(_) => Found::Nothing,
        Ended::GivenUp => Found::GivenUp,
    }
}

/// The largest table of an atom that is kept.
const MOST_KEPT: usize = 1 << 16;

/// The most combinations of values that are looked at to tell what an atom may be.
const MOST_TRIED: usize = 64;

enum Ended {
    Accepted,
    /// Nothing here; it is due to these variables' values alone.
    Conflict(BTreeSet<Var>),
    GivenUp,
}

struct Search<'s> {
    problem: &'s Problem,
    truth: &'s mut dyn FnMut(AtomId, &[usize]) -> Truths,
    accept: &'s mut dyn FnMut(&[usize]) -> Taken,
    steps: &'s mut u64,
    /// The values that a variable may take at all.
    allowed: Vec<Vec<usize>>,
    values: Vec<Option<usize>>,
    /// Truths of atoms by their values, 0 where nobody asked; empty when it would be too large.
    tables: Vec<Vec<Truths>>,
    /// What an atom of one variable may be while the variable has no value.
    open: Vec<Option<Truths>>,
    /// The variables of each goal, and the goals of each variable.
    vars: Vec<Vec<Var>>,
    watched: Vec<Vec<usize>>,
    status: Vec<Truths>,
}

impl<'s> Search<'s> {
    fn new(
        problem: &'s Problem,
        truth: &'s mut dyn FnMut(AtomId, &[usize]) -> Truths,
        accept: &'s mut dyn FnMut(&[usize]) -> Taken,
        steps: &'s mut u64,
    ) -> Self {
        let tables = problem.atoms.iter().map(|vars| {
            let size = vars.iter().try_fold(1_usize, |size, var| {
                size.checked_mul(problem.sizes.get(var.0).copied().unwrap_or(1))
            });
            match size {
                Some(size) if size <= MOST_KEPT => vec![0; size],
                _ => Vec::new(),
            }
        });
        let vars: Vec<Vec<Var>> = problem
            .goals
            .iter()
            .map(|goal| {
                let mut found = BTreeSet::new();
                goal.for_each_atom(&mut |atom| {
                    found.extend(problem.atoms.get(atom.0).into_iter().flatten().copied());
                });
                found.into_iter().collect()
            })
            .collect();
        let mut watched = vec![Vec::new(); problem.sizes.len()];
        for (goal, vars) in vars.iter().enumerate() {
            for var in vars {
                if let Some(list) = watched.get_mut(var.0) {
                    list.push(goal);
                }
            }
        }
        Self {
            tables: tables.collect(),
            open: vec![None; problem.atoms.len()],
            allowed: problem
                .sizes
                .iter()
                .map(|size| (0..*size).collect())
                .collect(),
            values: vec![None; problem.sizes.len()],
            status: vec![ANY; problem.goals.len()],
            vars,
            watched,
            problem,
            truth,
            accept,
            steps,
        }
    }

    /// Leaves out values that cannot be because of a goal about one variable alone, and
    /// keeps one of those between which no atom can tell. False when nothing is left.
    fn prepare(&mut self) -> bool {
        for goal in 0..self.problem.goals.len() {
            let Some([var]) = self.vars.get(goal).map(Vec::as_slice) else {
                continue;
            };
            let var = *var;
            let all = self.allowed.get(var.0).cloned().unwrap_or_default();
            let mut left = Vec::with_capacity(all.len());
            for value in all {
                self.set(var, Some(value));
                if self.goal(goal) & TRUE != 0 {
                    left.push(value);
                }
            }
            self.set(var, None);
            if left.is_empty() {
                return false;
            }
            if let Some(list) = self.allowed.get_mut(var.0) {
                *list = left;
            }
        }
        for var in (0..self.problem.sizes.len()).map(Var) {
            self.merge_alike(var);
        }
        for goal in 0..self.problem.goals.len() {
            let truths = self.goal(goal);
            if truths & TRUE == 0 {
                return false;
            }
            if let Some(status) = self.status.get_mut(goal) {
                *status = truths;
            }
        }
        true
    }

    /// Of values between which no atom tells a difference one is enough.
    fn merge_alike(&mut self, var: Var) {
        let mut about = Vec::new();
        for (atom, vars) in self.problem.atoms.iter().enumerate() {
            if vars.contains(&var) {
                if vars.len() > 1 {
                    return;
                }
                about.push(AtomId(atom));
            }
        }
        let values = self.allowed.get(var.0).cloned().unwrap_or_default();
        let mut seen = BTreeSet::new();
        let mut left = Vec::new();
        for value in values {
            let signature: Vec<Truths> = about
                .iter()
                .map(|atom| self.told(*atom, &[value]))
                .collect();
            if seen.insert(signature) {
                left.push(value);
            }
        }
        if let Some(list) = self.allowed.get_mut(var.0) {
            *list = left;
        }
    }

    fn set(&mut self, var: Var, value: Option<usize>) {
        if let Some(place) = self.values.get_mut(var.0) {
            *place = value;
        }
    }

    fn descend(&mut self) -> Ended {
        if *self.steps == 0 {
            return Ended::GivenUp;
        }
        *self.steps -= 1;
        let Some(var) = self.choose() else {
            // A variable that nothing depends on any more still has only values that it may have.
            let values = self.values.iter().zip(&self.allowed);
            let values: Vec<usize> = values
                .map(|(value, allowed)| value.or(allowed.first().copied()).unwrap_or(0))
                .collect();
            return match (self.accept)(&values) {
                Taken::Yes => Ended::Accepted,
                // The next candidate may differ in anything.
                Taken::No => Ended::Conflict(self.assigned()),
                Taken::Enough => Ended::GivenUp,
            };
        };
        let mut due = BTreeSet::new();
        let values = self.allowed.get(var.0).cloned().unwrap_or_default();
        for value in values {
            self.set(var, Some(value));
            let mut undo = Vec::new();
            let ended = match self.look_ahead(var, &mut undo) {
                Some(conflict) => Ended::Conflict(conflict),
                None => self.descend(),
            };
            for (goal, truths) in undo {
                if let Some(status) = self.status.get_mut(goal) {
                    *status = truths;
                }
            }
            self.set(var, None);
            match ended {
                Ended::Conflict(mut conflict) => {
                    // Another value would change nothing.
                    if !conflict.remove(&var) {
                        return Ended::Conflict(conflict);
                    }
                    due.extend(conflict);
                }
                other => return other,
            }
        }
        Ended::Conflict(due)
    }

    /// Asks the goals about a variable again. What is to blame, when one cannot be true.
    fn look_ahead(&mut self, var: Var, undo: &mut Vec<(usize, Truths)>) -> Option<BTreeSet<Var>> {
        let goals = self.watched.get(var.0).cloned().unwrap_or_default();
        for goal in goals {
            let before = self.status.get(goal).copied().unwrap_or(ANY);
            if before == TRUE {
                continue;
            }
            let truths = self.goal(goal);
            if truths & TRUE == 0 {
                let vars = self.vars.get(goal).into_iter().flatten();
                let assigned = |var: &&Var| self.values.get(var.0).is_some_and(Option::is_some);
                return Some(vars.filter(assigned).copied().collect());
            }
            if truths != before {
                undo.push((goal, before));
                if let Some(status) = self.status.get_mut(goal) {
                    *status = truths;
                }
            }
        }
        None
    }

    fn assigned(&self) -> BTreeSet<Var> {
        let values = self.values.iter().enumerate();
        values
            .filter(|(_, value)| value.is_some())
            .map(|(at, _)| Var(at))
            .collect()
    }

    /// The variable to decide next: of the first goal that is open, one that an undecided
    /// atom reads, with the fewest values. None when all goals are true.
    fn choose(&mut self) -> Option<Var> {
        let goal = self.status.iter().position(|truths| *truths != TRUE)?;
        let mut atoms = Vec::new();
        if let Some(goal) = self.problem.goals.get(goal) {
            goal.for_each_atom(&mut |atom| atoms.push(atom));
        }
        let mut best: Option<(usize, Var)> = None;
        for atom in atoms {
            if self.atom(atom).count_ones() == 1 {
                continue;
            }
            for var in self.problem.atoms.get(atom.0).into_iter().flatten() {
                if self.values.get(var.0).is_some_and(Option::is_some) {
                    continue;
                }
                let size = self.allowed.get(var.0).map_or(0, Vec::len);
                if best.is_none_or(|(least, _)| size < least) {
                    best = Some((size, *var));
                }
            }
        }
        if best.is_some() {
            return best.map(|(_, var)| var);
        }
        // An atom that stays unsure with all of its values given: any other variable.
        let vars = self.vars.get(goal)?;
        vars.iter()
            .find(|var| self.values.get(var.0).is_some_and(Option::is_none))
            .copied()
    }

    fn goal(&mut self, goal: usize) -> Truths {
        let problem = self.problem;
        problem
            .goals
            .get(goal)
            .map_or(ANY, |formula| formula.truths(&mut |atom| self.atom(atom)))
    }

    /// What an atom may still be.
    fn atom(&mut self, atom: AtomId) -> Truths {
        let problem = self.problem;
        let Some(vars) = problem.atoms.get(atom.0) else {
            return ANY;
        };
        let free: Vec<usize> = vars
            .iter()
            .enumerate()
            .filter(|(_, var)| self.values.get(var.0).is_some_and(Option::is_none))
            .map(|(at, _)| at)
            .collect();
        if let ([_], [_]) = (vars.as_slice(), free.as_slice())
            && let Some(Some(known)) = self.open.get(atom.0)
        {
            return *known;
        }
        let mut values: Vec<usize> = vars
            .iter()
            .map(|var| self.values.get(var.0).copied().flatten().unwrap_or(0))
            .collect();
        let lists: Vec<Vec<usize>> = free
            .iter()
            .filter_map(|at| self.allowed.get(vars.get(*at)?.0).cloned())
            .collect();
        let ways = lists
            .iter()
            .try_fold(1_usize, |ways, list| ways.checked_mul(list.len()));
        if free.len() > 1 && ways.is_none_or(|ways| ways > MOST_TRIED) {
            return ANY;
        }
        let mut truths = 0;
        let mut turn = vec![0; lists.len()];
        'all: loop {
            for ((at, list), turn) in free.iter().zip(&lists).zip(&turn) {
                if let (Some(place), Some(value)) = (values.get_mut(*at), list.get(*turn)) {
                    *place = *value;
                }
            }
            truths |= self.told(atom, &values);
            if truths == ANY {
                break;
            }
            for (turn, list) in turn.iter_mut().zip(&lists) {
                *turn += 1;
                if *turn < list.len() {
                    continue 'all;
                }
                *turn = 0;
            }
            break;
        }
        if vars.len() == 1
            && free.len() == 1
            && let Some(place) = self.open.get_mut(atom.0)
        {
            *place = Some(truths);
        }
        truths
    }

    /// What an atom is for these values.
    fn told(&mut self, atom: AtomId, values: &[usize]) -> Truths {
        let vars = self
            .problem
            .atoms
            .get(atom.0)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let at = vars.iter().zip(values).fold(0, |at, (var, value)| {
            at * self.problem.sizes.get(var.0).copied().unwrap_or(1) + value
        });
        match self.tables.get(atom.0).and_then(|table| table.get(at)) {
            Some(0) => {
                let truths = (self.truth)(atom, values);
                if let Some(place) = self
                    .tables
                    .get_mut(atom.0)
                    .and_then(|table| table.get_mut(at))
                {
                    *place = truths;
                }
                truths
            }
            Some(truths) => *truths,
            None => (self.truth)(atom, values),
        }
    }
}
