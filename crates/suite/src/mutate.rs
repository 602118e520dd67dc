//! How much the tests of a policy notice: the policy with one change, again and again.
//!
//! A mutant is the policy with one change of one rule, made on the syntax tree: a deny less,
//! a wider pattern, another comparison. The tests of the policy are played on it as they are.
//! If one fails, it has *noticed*; a mutant that none notices *survives*, and shows what the
//! tests do not say. Never changes a file, and never a test.

mod alike;
mod change;
mod clause;
mod condition;
mod mutant;

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use placet_compiler::Place;
use placet_compiler::scenario::Scenario;
use placet_compiler::texts::Checked;
use placet_evaluator::Engine;
use placet_model::compiled::Compiled;
use placet_syntax::Sources;
use similar::TextDiff;
use smol_str::SmolStr;
use thiserror::Error;

pub use change::Toward;

use crate::hands::share_out;
use crate::play::play;
use crate::progress::{Event, Progress};
use crate::run::{self, run_checked};
use mutant::Mutant;

/// How to look for what tests do not notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many threads try mutants. The report is the same whatever it is.
    pub jobs: NonZeroUsize,
    /// Only mutants of the rule of this name, `layer/rule`.
    pub rule: Option<SmolStr>,
    /// Who is told how far it is.
    pub progress: Progress,
}

impl Default for Options {
    /// All rules, on one thread.
    fn default() -> Self {
        Self {
            jobs: NonZeroUsize::MIN,
            rule: None,
            progress: Progress::default(),
        }
    }
}

/// Why no mutants can be tried.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MutateError {
    /// The policy has errors.
    #[error("the policy has errors and cannot be used")]
    Unusable,
    /// Nothing could notice anything.
    #[error("the policy has no tests: nothing could notice a change")]
    NoTests,
    /// The tests notice something before anything is changed.
    #[error("the test \"{0}\" fails on the policy itself")]
    Failing(SmolStr),
    /// No rule has the name that was asked for.
    #[error("no rule is called `{0}`")]
    UnknownRule(SmolStr),
}

/// What came of all mutants.
#[derive(Clone, Debug)]
pub struct Report {
    /// The texts.
    pub sources: Sources,
    /// The mutants, in the order of the texts.
    pub mutants: Vec<Tried>,
}

/// A mutant that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The rule that is changed, `layer/rule`, or `let NAME` for a shared condition.
    pub rule: SmolStr,
    /// The change: "drop `when context.mfa`".
    pub what: String,
    /// Which way it moves what is granted, by the kind of change.
    pub toward: Toward,
    /// Where the change is.
    pub place: Place,
    /// What came of it.
    pub fate: Fate,
}

/// What came of a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A test failed on it: this one, the first, the short ones first.
    Killed {
        /// The title of the test.
        by: SmolStr,
    },
    /// No test failed on it.
    Survived {
        /// The change as a unified diff of the text.
        diff: String,
    },
    /// It is no policy: it has errors.
    Stillborn,
    /// No test notices it, and it is known to decide every call like the policy.
    Equivalent,
    /// An earlier mutant is the same policy.
    Repeated,
}

/// How many mutants came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Noticed by a test.
    pub killed: usize,
    /// Not noticed.
    pub survived: usize,
    /// No policies.
    pub stillborn: usize,
    /// Known to decide every call like the policy.
    pub equivalent: usize,
    /// The same as an earlier one.
    pub repeated: usize,
}

impl Counts {
    /// `killed / (killed + survived)` in thousandths, rounded down: 1000 only if none
    /// survived, as when there was nothing to change.
    #[must_use]
    pub fn permille(self) -> usize {
        let all = self.killed + self.survived;
        let score = self.killed.saturating_mul(1000).checked_div(all);
        score.unwrap_or(1000)
    }
}

impl Report {
    /// How many mutants came to what.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for tried in &self.mutants {
            match tried.fate {
                Fate::Killed { .. } => counts.killed += 1,
                Fate::Survived { .. } => counts.survived += 1,
                Fate::Stillborn => counts.stillborn += 1,
                Fate::Equivalent => counts.equivalent += 1,
                Fate::Repeated => counts.repeated += 1,
            }
        }
        counts
    }

    /// Those that no test noticed with their diffs, those that grant more first.
    #[must_use]
    pub fn survivors(&self) -> Vec<(&Tried, &str)> {
        let mut survivors: Vec<(&Tried, &str)> = self
            .mutants
            .iter()
            .filter_map(|tried| match &tried.fate {
                Fate::Survived { diff } => Some((tried, diff.as_str())),
                _ => None,
            })
            .collect();
        // Stable: in the order of the texts among equals.
        survivors.sort_by_key(|(tried, _)| tried.toward);
        survivors
    }
}

impl fmt::Display for Report {
    /// The survivors as diffs, and the score.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (tried, diff) in self.survivors() {
            let toward = tried.toward.as_str();
            writeln!(f, "SURVIVED ({toward}) {}: {}", tried.rule, tried.what)?;
            writeln!(f, "{diff}")?;
        }
        let counts = self.counts();
        let permille = counts.permille();
        write!(
            f,
            "score {}.{} %: {} killed, {} survived",
            permille / 10,
            permille % 10,
            counts.killed,
            counts.survived
        )
    }
}

/// Tries all mutants of a checked policy set.
///
/// # Errors
///
/// When the policy cannot be used, has no tests or does not pass them, and when no rule has
/// the name that is asked for.
pub fn run(checked: &Checked, options: &Options) -> Result<Report, MutateError> {
    let policy = checked.policy.as_ref().ok_or(MutateError::Unusable)?;
    if checked.scenarios.is_empty() {
        return Err(MutateError::NoTests);
    }
    let name = |at| {
        policy
            .policy()
            .rule_name(placet_model::ids::RuleId::new(at))
    };
    if let Some(wanted) = &options.rule
        && !(0..policy.policy().rules.len()).any(|at| name(at) == *wanted)
    {
        return Err(MutateError::UnknownRule(wanted.clone()));
    }
    unchanged(checked, options)?;
    let text = |file: &placet_syntax::ast::File| {
        let source = checked.sources.get(file.id);
        source.map(|source| source.text.clone()).unwrap_or_default()
    };
    let mut mutants = mutant::all(&checked.files, text);
    if let Some(wanted) = &options.rule {
        mutants.retain(|mutant| mutant.rule == *wanted);
    }
    let trial = Trial {
        checked,
        policy,
        scenarios: shortest_first(&checked.scenarios),
    };
    let ended = share_out(&mutants, options.jobs, &options.progress, |_, mutant| {
        let what = format!("{}: {}", mutant.rule, mutant.what);
        options.progress.tell(Event::Starts(&what));
        Some(trial.fate(mutant))
    });
    // Each policy once.
    let mut seen = BTreeSet::new();
    let tried = ended.into_iter().zip(&mutants);
    let tried = tried.map(|((_, (digest, fate)), mutant)| {
        let new = digest.is_none_or(|digest| seen.insert(digest));
        Tried {
            rule: mutant.rule.clone(),
            what: mutant.what.clone(),
            toward: mutant.toward,
            place: mutant.place,
            fate: match fate {
                Fate::Killed { .. } | Fate::Survived { .. } if !new => Fate::Repeated,
                fate => fate,
            },
        }
    });
    Ok(Report {
        sources: checked.sources.clone(),
        mutants: tried.collect(),
    })
}

/// The tests pass as long as nothing is changed.
fn unchanged(checked: &Checked, options: &Options) -> Result<(), MutateError> {
    let options = run::Options {
        jobs: options.jobs,
        ..run::Options::default()
    };
    let report = run_checked(checked, &options).ok_or(MutateError::Unusable)?;
    let mut tests = report.tests.iter();
    match tests.find(|test| !matches!(test.verdict, crate::Verdict::Passed)) {
        Some(test) => Err(MutateError::Failing(test.title.clone())),
        None => Ok(()),
    }
}

/// Most mutants are noticed by a short test, and then no long one need be played.
fn shortest_first(scenarios: &[Scenario]) -> Vec<&Scenario> {
    let mut scenarios: Vec<&Scenario> = scenarios.iter().collect();
    scenarios.sort_by_key(|scenario| scenario.steps());
    scenarios
}

/// What a mutant is tried with.
struct Trial<'a> {
    checked: &'a Checked,
    policy: &'a Compiled,
    scenarios: Vec<&'a Scenario>,
}

impl Trial<'_> {
    /// What comes of a mutant, and which policy it is.
    fn fate(&self, mutant: &Mutant) -> (Option<SmolStr>, Fate) {
        let checked = self.checked;
        let files = mutant.files(&checked.files);
        let Some(compiled) = placet_compiler::compile(&checked.sources, &files).compiled else {
            return (None, Fate::Stillborn);
        };
        let digest = Some(compiled.digest().clone());
        if compiled.digest() == self.policy.digest() {
            return (digest, Fate::Equivalent);
        }
        let engine = Arc::new(Engine::new(compiled));
        let mut scenarios = self.scenarios.iter();
        let fate = match scenarios.find(|scenario| play(&engine, scenario).is_err()) {
            Some(test) => Fate::Killed {
                by: test.title.clone(),
            },
            // Asked last: it takes longest, and a test that notices has answered it.
            None if alike::alike(self.policy.policy(), engine.compiled().policy()) => {
                Fate::Equivalent
            }
            None => Fate::Survived {
                diff: self.diff(mutant),
            },
        };
        (digest, fate)
    }

    fn diff(&self, mutant: &Mutant) -> String {
        let Some(source) = self.checked.sources.get(mutant.place.file) else {
            return String::new();
        };
        let text = mutant.text(source, &self.checked.files);
        TextDiff::from_lines(source.text.as_str(), text.unwrap_or_default().as_str())
            .unified_diff()
            .context_radius(2)
            .header(&source.name, &format!("{} (mutant)", source.name))
            .to_string()
    }
}

#[cfg(test)]
mod tests;
