//! Takes the times. Contestants take turns, so that whatever else the machine does meets
//! all of them alike.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::apart::{Apart, Task};
use crate::clock::{median, nanos, overhead, quantile, timed};
use crate::contestant::{Contestant, How, Loaded, Session};
use crate::workload::Workload;
use crate::{alloc, report};

/// How long things may take.
#[derive(Clone, Serialize, Deserialize)]
pub struct Effort {
    /// How often each contestant takes its turn.
    pub turns: usize,
    /// For one pass of one contestant over the requests; it gets as many as fit.
    pub pass: Duration,
    /// The longest that loading the rules may be expected to take.
    pub load: Duration,
    /// The longest that one decision may be expected to take.
    pub decision: Duration,
}

/// One contestant at one size: measured, or why not.
#[derive(Clone, Serialize, Deserialize)]
pub struct Entry {
    pub name: String,
    /// What is done with the rules, and what a prebuilt request is.
    pub form: String,
    pub rules: usize,
    pub outcome: Outcome,
}

impl Entry {
    /// What was measured, if it was.
    #[must_use]
    pub fn figures(&self) -> Option<&Figures> {
        match &self.outcome {
            Outcome::Measured(figures) => Some(figures),
            _ => None,
        }
    }
}

/// What became of it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Measured(Box<Figures>),
    LeftOut(String),
    /// An answer that is not the oracle's.
    Wrong(String),
}

/// What was measured. Times are in nanoseconds.
#[derive(Clone, Serialize, Deserialize)]
pub struct Figures {
    /// From rules to ready.
    pub ready: f64,
    /// The compiled form.
    pub saved: Option<SavedFigures>,
    /// Bytes in memory.
    pub bytes_per_rule: f64,
    /// How many requests it got through in a pass.
    pub requests: usize,
    pub prebuilt: Form,
    pub strings: Form,
    /// Decisions a second with prebuilt requests.
    pub one_thread: f64,
    pub two_threads: Option<f64>,
}

/// A compiled policy as bytes.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct SavedFigures {
    pub bytes: usize,
    /// How long loading and checking it takes.
    pub load: f64,
}

/// Requests in one form.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Form {
    pub p50: f64,
    pub p99: f64,
    pub allocations_granted: f64,
    pub allocations_denied: f64,
}

/// One under way.
pub struct Running {
    loaded: Box<dyn Loaded>,
    ready: f64,
    saved: Option<SavedFigures>,
    bytes: i64,
    requests: usize,
    /// By turn, then request.
    prebuilt: Vec<Vec<f64>>,
    strings: Vec<Vec<f64>>,
    /// By turn.
    one_thread: Vec<f64>,
    two_threads: Vec<f64>,
}

/// Runs contestants on one workload. `before` are the entries of the size before.
pub fn run(
    contestants: &[&Contestant],
    work: &Workload,
    effort: &Effort,
    before: &[Entry],
) -> Vec<Entry> {
    let mut taking_part: Vec<(&Contestant, Result<Part, Outcome>)> = contestants
        .iter()
        .map(|contestant| {
            eprintln!("  {} …", contestant.name);
            let before = before.iter().find(|entry| entry.name == contestant.name);
            let part = match contestant.how {
                How::Here(_) => start(contestant, work, effort, before).map(Part::Here),
                How::Apart(program) => {
                    let task = Task {
                        rules: work.rules.len(),
                        requests: work.requests.len(),
                        effort: effort.clone(),
                        before: before.cloned(),
                    };
                    Apart::start(program, &task).map(Part::Apart)
                }
            };
            (*contestant, part)
        })
        .collect();
    for turn in 1..=effort.turns {
        eprintln!("  turn {turn} of {}", effort.turns);
        for (_, part) in &mut taking_part {
            match part {
                Ok(Part::Here(running)) => running.take_turn(work),
                Ok(Part::Apart(apart)) => {
                    if let Err(outcome) = apart.take_turn() {
                        *part = Err(outcome);
                    }
                }
                Err(_) => {}
            }
        }
    }
    taking_part
        .into_iter()
        .map(|(contestant, part)| Entry {
            name: contestant.name.to_owned(),
            form: contestant.form.to_owned(),
            rules: work.rules.len(),
            outcome: match part {
                Ok(Part::Here(running)) => Outcome::Measured(Box::new(running.figures(work))),
                Ok(Part::Apart(apart)) => apart.outcome(),
                Err(outcome) => outcome,
            },
        })
        .collect()
}

/// One who takes part.
enum Part {
    Here(Running),
    Apart(Apart),
}

/// Loads the rules, checks every answer, and finds out how many requests fit into a pass.
pub fn start(
    contestant: &Contestant,
    work: &Workload,
    effort: &Effort,
    before: Option<&Entry>,
) -> Result<Running, Outcome> {
    expect_reasonable(work, effort, before)?;
    let How::Here(load) = contestant.how else {
        return Err(Outcome::LeftOut(
            "it takes part in another program".to_owned(),
        ));
    };
    let (live, begun) = (alloc::live(), Instant::now());
    let mut loaded = load(work).map_err(Outcome::LeftOut)?;
    let ready = nanos(begun.elapsed());
    let bytes = alloc::live() - live;
    let saved = loaded.saved().map(|saved| {
        let load = (0..3).map(|_| {
            let begun = Instant::now();
            (saved.load)(&saved.bytes);
            nanos(begun.elapsed())
        });
        SavedFigures {
            load: median(load.collect()),
            bytes: saved.bytes.len(),
        }
    });
    let few = work.requests.len().min(8);
    loaded.prebuild(&work.requests[..few]);
    let first = {
        let mut session = loaded.session();
        let first = work.requests[..few].iter().enumerate().map(|(at, asked)| {
            timed(|| session.prebuilt(at)).max(timed(|| session.strings(asked)))
        });
        median(first.collect())
    };
    let requests = (nanos(effort.pass) / first) as usize;
    let requests = requests.clamp(few, work.requests.len());
    loaded.prebuild(&work.requests[..requests]);
    {
        let mut session = loaded.session();
        for (at, request) in work.requests[..requests].iter().enumerate() {
            let expected = work.expected[at];
            if session.prebuilt(at) != expected || session.strings(request) != expected {
                return Err(Outcome::Wrong(format!("not {expected}: {request:?}")));
            }
        }
    }
    Ok(Running {
        loaded,
        ready,
        saved,
        bytes,
        requests,
        prebuilt: Vec::new(),
        strings: Vec::new(),
        one_thread: Vec::new(),
        two_threads: Vec::new(),
    })
}

/// Refuses what took so long before that it would take too long now: loading grows at least
/// as fast as the rules, and what takes long looks at all of them.
fn expect_reasonable(
    work: &Workload,
    effort: &Effort,
    before: Option<&Entry>,
) -> Result<(), Outcome> {
    let Some(entry) = before else {
        return Ok(());
    };
    let Outcome::Measured(figures) = &entry.outcome else {
        return Err(entry.outcome.clone());
    };
    let growth = work.rules.len() as f64 / entry.rules as f64;
    for (what, took, limit) in [
        ("loading", figures.ready, effort.load),
        ("a decision", figures.prebuilt.p50, effort.decision),
    ] {
        if took * growth > nanos(limit) {
            return Err(Outcome::LeftOut(format!(
                "{what} took {} with {} rules",
                report::time(took),
                report::count(entry.rules)
            )));
        }
    }
    Ok(())
}

impl Running {
    /// Times every request once.
    pub fn take_turn(&mut self, work: &Workload) {
        let requests = &work.requests[..self.requests];
        let overhead = overhead();
        let net = |time: f64| (time - overhead).max(0.0);
        let mut session = self.loaded.session();
        let prebuilt = (0..requests.len()).map(|at| net(timed(|| session.prebuilt(at))));
        self.prebuilt.push(prebuilt.collect());
        let strings = requests
            .iter()
            .map(|asked| net(timed(|| session.strings(asked))));
        self.strings.push(strings.collect());
        drop(session);
        let count = requests.len();
        self.one_thread
            .push(decisions_a_second(self.loaded.session(), count, 0));
        if let Some(shared) = self.loaded.shared() {
            self.two_threads.push(std::thread::scope(|scope| {
                let threads = [0, count / 2].map(|from| {
                    scope.spawn(move || decisions_a_second(shared.session(), count, from))
                });
                threads
                    .into_iter()
                    .map(|thread| thread.join().expect("no panic"))
                    .sum()
            }));
        }
    }

    /// What was measured.
    pub fn figures(self, work: &Workload) -> Figures {
        let mut session = self.loaded.session();
        let expected = &work.expected[..self.requests];
        let prebuilt = allocations(expected, |at| session.prebuilt(at));
        let strings = allocations(expected, |at| session.strings(&work.requests[at]));
        drop(session);
        Figures {
            ready: self.ready,
            saved: self.saved,
            bytes_per_rule: self.bytes as f64 / work.rules.len() as f64,
            requests: self.requests,
            prebuilt: form(&self.prebuilt, prebuilt),
            strings: form(&self.strings, strings),
            one_thread: median(self.one_thread),
            two_threads: (!self.two_threads.is_empty()).then(|| median(self.two_threads)),
        }
    }
}

/// A request's time is the median over the turns.
fn form(turns: &[Vec<f64>], [allocations_granted, allocations_denied]: [f64; 2]) -> Form {
    let requests = turns.first().map_or(0, Vec::len);
    let mut times: Vec<f64> = (0..requests)
        .map(|at| median(turns.iter().map(|turn| turn[at]).collect()))
        .collect();
    Form {
        p50: quantile(&mut times, 0.5),
        p99: quantile(&mut times, 0.99),
        allocations_granted,
        allocations_denied,
    }
}

/// Decides prebuilt requests, beginning with one of them, for a while.
fn decisions_a_second(mut session: Box<dyn Session + '_>, count: usize, from: usize) -> f64 {
    const WHILE: Duration = Duration::from_millis(200);
    let begun = Instant::now();
    let mut decided = 0;
    let mut at = from;
    while begun.elapsed() < WHILE {
        // The clock is looked at now and then.
        for _ in 0..count.min(256) {
            black_box(session.prebuilt(at));
            at = (at + 1) % count;
            decided += 1;
        }
    }
    f64::from(decided) / begun.elapsed().as_secs_f64()
}

/// Allocations of a granted and of a denied decision.
fn allocations(expected: &[bool], mut decide: impl FnMut(usize) -> bool) -> [f64; 2] {
    [true, false].map(|granted| {
        let mut of = 0_u32;
        let mut count = 0;
        for (at, _) in expected
            .iter()
            .enumerate()
            .filter(|(_, is)| **is == granted)
        {
            let before = alloc::count();
            black_box(decide(at));
            count += alloc::count() - before;
            of += 1;
        }
        count as f64 / f64::from(of.max(1))
    })
}
