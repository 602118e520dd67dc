//! What came of the tests.

use std::fmt;
use std::time::Duration;

use placet_compiler::Place;
use placet_compiler::scenario::Scenario;
use placet_evaluator::Explanation;
use placet_model::value::Time;
use placet_syntax::{Diagnostic, Sources};
use smol_str::SmolStr;

use crate::plain;

/// What came of the tests of a policy set, in the order in which they are written.
///
/// Shown, it tells no times and no paths beyond the names that the texts came with: the
/// same policy gives the same text.
#[derive(Clone, Debug)]
pub struct Report {
    /// The texts.
    pub sources: Sources,
    /// How many tests the texts have, chosen or not.
    pub total: usize,
    /// Those that were chosen.
    pub tests: Vec<Played>,
    /// How long all of it took.
    pub elapsed: Duration,
}

impl Report {
    /// Whether every chosen test was played and passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        let mut tests = self.tests.iter();
        tests.all(|test| matches!(test.verdict, Verdict::Passed))
    }

    /// How many passed, failed and were not played.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        let mut counts = (0, 0, 0);
        for test in &self.tests {
            match test.verdict {
                Verdict::Passed => counts.0 += 1,
                Verdict::Failed(_) | Verdict::Unlike(_) => counts.1 += 1,
                Verdict::NotPlayed => counts.2 += 1,
            }
        }
        counts
    }
}

/// What came of a test.
#[derive(Clone, Debug)]
pub struct Played {
    /// What it shows.
    pub title: SmolStr,
    /// Where its title stands; of a test with rows, the name of its row.
    pub place: Place,
    /// Where its whole row stands, if the test has rows.
    pub row: Option<Place>,
    /// How many steps it has, set-up not counted.
    pub steps: usize,
    /// How many findings are expected, when this is no test but a section of a
    /// [document](crate::markdown), of which is looked what checking finds.
    pub expects: Option<usize>,
    /// What came of it.
    pub verdict: Verdict,
    /// How long it took.
    pub elapsed: Duration,
}

impl Played {
    pub(crate) fn of(scenario: &Scenario, verdict: Verdict) -> Self {
        Self {
            title: scenario.title.clone(),
            place: scenario.place,
            row: scenario.row,
            steps: scenario.steps(),
            expects: None,
            verdict,
            elapsed: Duration::ZERO,
        }
    }
}

/// What came of a test, in a word.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Every step ended as expected.
    Passed,
    /// A step did not; later ones were not played, since they depend on it.
    Failed(Box<Failure>),
    /// Checking found something else than a section of a document expects.
    Unlike(Box<Unlike>),
    /// It was not to be played after a failure.
    NotPlayed,
}

/// How what was found in a section differs from what it expects.
#[derive(Clone, Debug, Default)]
pub struct Unlike {
    /// What was found and is not expected.
    pub unexpected: Vec<Diagnostic>,
    /// What is expected and was not found: where that is said, and what it says.
    pub missing: Vec<(Place, SmolStr)>,
}

/// The step that ended a test.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Where the step stands.
    pub step: Place,
    /// Where what it expects stands, if it expects something.
    pub expectation: Option<Place>,
    /// Which of the steps it is, from 1 on.
    pub number: usize,
    /// The time by the clock of the test.
    pub time: Time,
    /// What was expected.
    pub expected: String,
    /// What happened.
    pub happened: String,
    /// Where the two differ, when that is not seen at once.
    pub difference: Option<String>,
    /// Why it was decided so, for steps that are decided.
    pub explanation: Option<Box<Explanation>>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for test in &self.tests {
            match &test.verdict {
                Verdict::Passed => writeln!(f, "ok      {}{}", test.title, plain::size(test))?,
                Verdict::NotPlayed => writeln!(f, "not run {}", test.title)?,
                Verdict::Failed(failure) => {
                    writeln!(f, "FAILED  {}", test.title)?;
                    plain::failure(f, &self.sources, test, failure)?;
                }
                Verdict::Unlike(unlike) => {
                    writeln!(f, "FAILED  {}", test.title)?;
                    plain::unlike(f, &self.sources, unlike)?;
                }
            }
        }
        let (passed, failed, left) = self.counts();
        write!(f, "{passed} passed, {failed} failed")?;
        if left > 0 {
            write!(f, ", {left} not run")?;
        }
        Ok(())
    }
}
