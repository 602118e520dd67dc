//! Contestants that cannot be built together with the others take part from a program of
//! their own: it measures itself with the same code, and takes its turns when it is told to.
//!
//! The task is its argument. It answers each step with a line of JSON: it is ready (`null`)
//! or why it does not take part, then `null` for every turn, and its outcome when its input
//! ends.

use std::io::{self, BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};

use serde::{Deserialize, Serialize};

use crate::contestant::Contestant;
use crate::measure::{Effort, Entry, Outcome, Running, start};
use crate::workload::Workload;

/// What is to be measured.
#[derive(Clone, Serialize, Deserialize)]
pub struct Task {
    /// The size of the work.
    pub rules: usize,
    /// How many requests.
    pub requests: usize,
    /// How long things may take.
    pub effort: Effort,
    /// What became of the size before.
    pub before: Option<Entry>,
}

/// A contestant in another program.
pub struct Apart {
    child: Child,
    asks: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Apart {
    /// Starts the program, which loads the rules and checks every answer.
    pub fn start(program: &str, task: &Task) -> Result<Self, Outcome> {
        let left_out = |error: io::Error| Outcome::LeftOut(format!("{program}: {error}"));
        let path = std::env::current_exe()
            .map_err(left_out)?
            .with_file_name(program);
        let task = serde_json::to_string(task).map_err(|error| left_out(error.into()))?;
        let mut child = Command::new(path)
            .arg(task)
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(left_out)?;
        let (Some(asks), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Outcome::LeftOut(format!("{program}: no pipes")));
        };
        let mut apart = Self {
            child,
            asks,
            answers: BufReader::new(answers).lines(),
        };
        match apart.answer()? {
            None => Ok(apart),
            Some(outcome) => Err(outcome),
        }
    }

    /// Lets it take its turn.
    pub fn take_turn(&mut self) -> Result<(), Outcome> {
        if writeln!(self.asks).is_err() {
            return Err(ended());
        }
        self.answer().map(|_| ())
    }

    /// What it measured.
    pub fn outcome(self) -> Outcome {
        let Self {
            mut child,
            asks,
            mut answers,
        } = self;
        drop(asks);
        let outcome = read(answers.next()).and_then(|outcome| outcome.ok_or_else(ended));
        let _ = child.wait();
        outcome.unwrap_or_else(|outcome| outcome)
    }

    fn answer(&mut self) -> Result<Option<Outcome>, Outcome> {
        read(self.answers.next())
    }
}

fn read(line: Option<io::Result<String>>) -> Result<Option<Outcome>, Outcome> {
    let Some(Ok(line)) = line else {
        return Err(ended());
    };
    serde_json::from_str(&line).map_err(|error| Outcome::LeftOut(error.to_string()))
}

fn ended() -> Outcome {
    Outcome::LeftOut("its program ended before it was measured".to_owned())
}

/// The other side: measures a contestant as its one argument says.
pub fn serve(contestant: &Contestant) -> ExitCode {
    let task = std::env::args().nth(1).unwrap_or_default();
    let served = serde_json::from_str(&task)
        .map_err(io::Error::from)
        .and_then(|task| answer(contestant, &task));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("it is started by placet-bench, with a task: {error}");
            ExitCode::FAILURE
        }
    }
}

fn answer(contestant: &Contestant, task: &Task) -> io::Result<()> {
    let mut out = io::stdout();
    let mut say = |outcome: Option<&Outcome>| {
        let line = serde_json::to_string(&outcome)?;
        writeln!(out, "{line}")?;
        out.flush()
    };
    let work = Workload::new(task.rules, task.requests);
    let mut running: Running = match start(contestant, &work, &task.effort, task.before.as_ref()) {
        Ok(running) => running,
        Err(outcome) => return say(Some(&outcome)),
    };
    say(None)?;
    for turn in io::stdin().lines() {
        turn?;
        running.take_turn(&work);
        say(None)?;
    }
    say(Some(&Outcome::Measured(Box::new(running.figures(&work)))))
}
