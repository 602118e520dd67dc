//! Which tests are played, by how many threads, and in which order they are reported.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use placet_compiler::scenario::Scenario;
use placet_compiler::texts::{Checked, Findings, check};
use placet_evaluator::Engine;
use placet_model::compiled::Compiled;

use crate::hands::share_out;
use crate::play::play;
use crate::progress::{Event, Progress};
use crate::report::{Played, Report, Verdict};

/// How to run tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Only tests with one of these in their names; all, when it is empty.
    pub filter: Vec<String>,
    /// Tests after the first that fails are not reported as played.
    pub fail_fast: bool,
    /// How many threads play tests. The report is the same whatever it is.
    pub jobs: NonZeroUsize,
    /// Who is told how far it is.
    pub progress: Progress,
}

impl Default for Options {
    /// All tests, to the end, on one thread.
    fn default() -> Self {
        Self {
            filter: Vec::new(),
            fail_fast: false,
            jobs: NonZeroUsize::MIN,
            progress: Progress::default(),
        }
    }
}

impl Options {
    pub(crate) fn selects(&self, title: &str) -> bool {
        selects(&self.filter, title)
    }
}

/// Checks the texts of a policy set and plays its tests. Each text comes with the name that
/// the report shows.
///
/// # Errors
///
/// When the policy cannot be used: the findings, of which at least one is an error.
pub fn run<N, T>(texts: impl IntoIterator<Item = (N, T)>) -> Result<Report, Findings>
where
    N: Into<String>,
    T: Into<Vec<u8>>,
{
    let checked = check(texts);
    match run_checked(&checked, &Options::default()) {
        Some(report) => Ok(report),
        None => Err(Findings {
            sources: checked.sources,
            diagnostics: checked.diagnostics,
        }),
    }
}

/// Plays the tests of a checked policy set; `None` when the policy cannot be used.
#[must_use]
pub fn run_checked(checked: &Checked, options: &Options) -> Option<Report> {
    let policy = checked.policy.as_ref()?;
    let started = Instant::now();
    let chosen: Vec<&Scenario> = checked
        .scenarios
        .iter()
        .filter(|scenario| options.selects(&scenario.title))
        .collect();
    let tests = play_all(policy, &chosen, options);
    Some(Report {
        sources: checked.sources.clone(),
        total: checked.scenarios.len(),
        tests,
        elapsed: started.elapsed(),
    })
}

/// Plays scenarios on as many threads as the options say, and gives them in their order. With
/// `fail_fast`, those after the first failure say that they were not to be played any more,
/// even if another thread was faster.
pub(crate) fn play_all(
    policy: &Compiled,
    scenarios: &[&Scenario],
    options: &Options,
) -> Vec<Played> {
    let engine = Arc::new(Engine::new(policy.clone()));
    // The first test that failed so far. Tests are handed out in order, so that all before it
    // are played whatever the schedule.
    let stop = AtomicUsize::new(usize::MAX);
    let done = share_out(
        scenarios,
        options.jobs,
        &options.progress,
        |at, scenario| {
            if at > stop.load(Ordering::Relaxed) {
                return None;
            }
            let started = Instant::now();
            options.progress.tell(Event::Starts(&scenario.title));
            let verdict = match play(&engine, scenario) {
                Ok(()) => Verdict::Passed,
                Err(failure) => {
                    if options.fail_fast {
                        stop.fetch_min(at, Ordering::Relaxed);
                    }
                    Verdict::Failed(failure)
                }
            };
            Some(Played {
                elapsed: started.elapsed(),
                ..Played::of(scenario, verdict)
            })
        },
    );
    let stop = stop.into_inner();
    let mut done = done.into_iter().peekable();
    let mut tests = Vec::with_capacity(scenarios.len());
    for (at, scenario) in scenarios.iter().enumerate() {
        let played = done.next_if(|(done, _)| *done == at);
        tests.push(match played.filter(|_| at <= stop) {
            Some((_, played)) => played,
            None => Played::of(scenario, Verdict::NotPlayed),
        });
    }
    tests
}

/// The report on a checked policy set of which no test was played, as after a failure of
/// another one; `None` when the policy cannot be used.
#[must_use]
pub fn not_played(checked: &Checked, options: &Options) -> Option<Report> {
    checked.policy.as_ref()?;
    let chosen = checked.scenarios.iter();
    Some(Report {
        sources: checked.sources.clone(),
        total: checked.scenarios.len(),
        tests: chosen
            .filter(|scenario| options.selects(&scenario.title))
            .map(|scenario| Played::of(scenario, Verdict::NotPlayed))
            .collect(),
        elapsed: Duration::ZERO,
    })
}

/// Whether a test has one of these in its name; all have, when it is empty.
pub(crate) fn selects(filter: &[String], title: &str) -> bool {
    filter.is_empty() || filter.iter().any(|text| title.contains(text.as_str()))
}
