//! Which tests are played, by how many threads, and in which order they are reported.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use placet_compiler::scenario::Scenario;
use placet_compiler::texts::{Checked, Findings, check};
use placet_evaluator::Engine;
use placet_model::compiled::Compiled;

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
        let mut filter = self.filter.iter();
        self.filter.is_empty() || filter.any(|text| title.contains(text.as_str()))
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

/// Plays scenarios on as many threads as the options say, and gives them in their order.
pub(crate) fn play_all(
    policy: &Compiled,
    scenarios: &[&Scenario],
    options: &Options,
) -> Vec<Played> {
    let hand = Hand {
        engine: Arc::new(Engine::new(policy.clone())),
        scenarios,
        next: AtomicUsize::new(0),
        stop: AtomicUsize::new(usize::MAX),
        fail_fast: options.fail_fast,
        progress: &options.progress,
        played: Mutex::new(Vec::new()),
    };
    options.progress.tell(Event::Begins(scenarios.len()));
    let jobs = options.jobs.get().min(scenarios.len());
    if jobs <= 1 {
        hand.work();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| hand.work());
            }
        });
    }
    options.progress.tell(Event::Over);
    hand.tests()
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

/// What the threads share.
struct Hand<'a> {
    engine: Arc<Engine>,
    scenarios: &'a [&'a Scenario],
    next: AtomicUsize,
    /// With `fail_fast`, the first test that failed so far.
    stop: AtomicUsize,
    fail_fast: bool,
    progress: &'a Progress,
    played: Mutex<Vec<(usize, Played)>>,
}

impl Hand<'_> {
    /// Plays one test after another. They are handed out in order, so that all before the
    /// first failure are played whatever the schedule.
    fn work(&self) {
        loop {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(scenario) = self.scenarios.get(at) else {
                return;
            };
            if at > self.stop.load(Ordering::Relaxed) {
                return;
            }
            let started = Instant::now();
            self.progress.tell(Event::Starts(&scenario.title));
            let verdict = match play(&self.engine, scenario) {
                Ok(()) => Verdict::Passed,
                Err(failure) => {
                    if self.fail_fast {
                        self.stop.fetch_min(at, Ordering::Relaxed);
                    }
                    Verdict::Failed(failure)
                }
            };
            let played = Played {
                elapsed: started.elapsed(),
                ..Played::of(scenario, verdict)
            };
            self.progress.tell(Event::Ends);
            // A list that another thread was adding to is whole.
            let mut all = self.played.lock().unwrap_or_else(PoisonError::into_inner);
            all.push((at, played));
        }
    }

    /// All tests in their order; those that were not to be played any more say so, even if
    /// another thread was faster.
    fn tests(self) -> Vec<Played> {
        let stop = self.stop.into_inner();
        let mut played = self
            .played
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        played.sort_by_key(|(at, _)| *at);
        let mut played = played.into_iter().peekable();
        let mut tests = Vec::with_capacity(self.scenarios.len());
        for (at, scenario) in self.scenarios.iter().enumerate() {
            let done = played.next_if(|(done, _)| *done == at);
            tests.push(match done.filter(|_| at <= stop) {
                Some((_, played)) => played,
                None => Played::of(scenario, Verdict::NotPlayed),
            });
        }
        tests
    }
}
