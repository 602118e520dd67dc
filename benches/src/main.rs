//! Placet and its peers on the same work.
//!
//! Builds one policy in several sizes, gives it to everyone who takes part in the form that
//! suits them, checks that they answer as a plain oracle does, and measures them. It prints
//! tables and writes `results.json` and curves. `benches/run` builds and starts it.

mod chart;
mod options;
mod pages;

use std::process::ExitCode;

use options::{Options, Part, options};
use placet_bench::hostile::SETS;
use placet_bench::hostile::scan::SCAN;
use placet_bench::measure::{self, Entry, Outcome};
use placet_bench::peers::placet::PLACET;
use placet_bench::results::{Hostile, Results};
use placet_bench::workload::Workload;
use placet_bench::{alloc, report, studies};

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

fn main() -> ExitCode {
    // Some peers take backtraces of errors that they then swallow, which takes most of their
    // time when backtraces are on.
    if std::env::var_os("RUST_BACKTRACE").is_none_or(|value| value != "0") {
        return again_without_backtraces();
    }
    let outcome = options(std::env::args().skip(1)).and_then(|options| run(&options));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn again_without_backtraces() -> ExitCode {
    let status = std::env::current_exe().and_then(|program| {
        std::process::Command::new(program)
            .args(std::env::args_os().skip(1))
            .env("RUST_BACKTRACE", "0")
            .status()
    });
    match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(2),
        Err(error) => {
            eprintln!("cannot start anew without backtraces: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let results = match &options.from {
        Some(file) => pages::read(file)?,
        None => measure(options),
    };
    println!("{}", report::all(&results));
    if options.publish {
        pages::publish(&results)?;
    } else {
        pages::write(&results, &options.out)?;
        eprintln!("written to {}", options.out.display());
    }
    let sets = results.hostile.iter().flat_map(|set| &set.entries);
    let failed: Vec<&str> = results
        .entries
        .iter()
        .chain(sets)
        .filter(|entry| matches!(entry.outcome, Outcome::Wrong(_)))
        .map(|entry| entry.name.as_str())
        .collect();
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("wrong answers: {}", failed.join(", ")))
    }
}

fn measure(options: &Options) -> Results {
    let wanted = |part: Part| options.parts.contains(&part);
    let mut results = Results {
        machine: machine(),
        entries: Vec::new(),
        hostile: Vec::new(),
        studies: Vec::new(),
    };
    if wanted(Part::Rules) {
        results.entries = grow(&options.sizes, |rules, before| {
            let work = Workload::new(rules, options.requests);
            measure::run(&options.contestants, &work, &options.effort, before)
        });
    }
    if wanted(Part::Hostile) {
        results.hostile = SETS
            .iter()
            .map(|set| {
                eprintln!("{}", set.name);
                Hostile {
                    set: set.name.to_owned(),
                    about: set.about.to_owned(),
                    entries: grow(&options.hostile_sizes, |rules, before| {
                        let work = set.workload(rules, 256);
                        measure::run(&[&SCAN, &PLACET], &work, &options.effort, before)
                    }),
                }
            })
            .collect();
    }
    if wanted(Part::Studies) {
        eprintln!("studies");
        results.studies = studies::run(options.quick);
    }
    results
}

/// Measures size by size; each sees the entries of the size before.
fn grow(sizes: &[usize], of: impl Fn(usize, &[Entry]) -> Vec<Entry>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut before = 0;
    for size in sizes {
        eprintln!("{} rules", report::count(*size));
        let measured = of(*size, &entries[before..]);
        before = entries.len();
        entries.extend(measured);
    }
    entries
}

/// What this runs on.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = about
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown processor", |(_, name)| name.trim());
    format!("{name}, {cores} cores")
}
