//! Compares the engine with the executable specification over generated policies and
//! requests, on all cores; exits with 1 and a minimised case when they differ.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use placet_reference::coverage::CONSTRUCTS;
use placet_reference::differential::{Counts, Difference, run};

/// Decisions for each policy: compiling one costs as much as hundreds of decisions.
const PER_POLICY: u64 = 400;

const USAGE: &str = "usage: differential [--cases N] [--seed S] [--threads T] [--keep-going]";

struct Options {
    cases: u64,
    seed: u64,
    threads: u64,
    keep_going: bool,
}

fn main() -> ExitCode {
    let Some(options) = options(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let policies = options.cases.div_ceil(PER_POLICY);
    let next = AtomicU64::new(0);
    let done = AtomicU64::new(0);
    let counts = Mutex::new(Counts::default());
    let differences: Mutex<Vec<(u64, Box<Difference>)>> = Mutex::new(vec![]);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..options.threads {
            scope.spawn(|| {
                let mut own = Counts::default();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    // What the compiler refuses counts for nothing, so the run goes on
                    // until enough has been decided.
                    if done.load(Ordering::Relaxed) >= options.cases || at > policies * 2 {
                        break;
                    }
                    let seed = options.seed.wrapping_add(at);
                    let before = own.decisions;
                    if let Err(found) = run(seed, PER_POLICY as usize, &mut own)
                        && let Ok(mut all) = differences.lock()
                    {
                        all.push((seed, found));
                        if !options.keep_going || all.len() >= 12 {
                            done.store(options.cases, Ordering::Relaxed);
                        }
                    }
                    done.fetch_add(own.decisions - before, Ordering::Relaxed);
                }
                if let Ok(mut all) = counts.lock() {
                    all.add(own);
                }
            });
        }
        scope.spawn(|| {
            let mut told = Instant::now();
            while done.load(Ordering::Relaxed) < options.cases {
                std::thread::sleep(Duration::from_millis(100));
                if told.elapsed() >= Duration::from_secs(5) {
                    told = Instant::now();
                    let done = done.load(Ordering::Relaxed);
                    let seconds = start.elapsed().as_secs_f64();
                    eprintln!(
                        "{done} of {} decisions, {:.0} a second",
                        options.cases,
                        done as f64 / seconds
                    );
                }
            }
        });
    });
    let counts = counts.into_inner().unwrap_or_default();
    let differences = differences.into_inner().unwrap_or_default();
    report(&counts, start.elapsed());
    for (seed, difference) in &differences {
        tell(*seed, difference);
    }
    println!("differences: {}", differences.len());
    if differences.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn options(mut args: impl Iterator<Item = String>) -> Option<Options> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut options = Options {
        cases: 100_000,
        seed: 0,
        threads: cores as u64,
        keep_going: false,
    };
    while let Some(name) = args.next() {
        let slot = match name.as_str() {
            "--cases" => &mut options.cases,
            "--seed" => &mut options.seed,
            "--threads" => &mut options.threads,
            "--keep-going" => {
                options.keep_going = true;
                continue;
            }
            _ => return None,
        };
        *slot = args.next()?.replace('_', "").parse().ok()?;
    }
    Some(options)
}

fn report(counts: &Counts, took: Duration) {
    println!(
        "{} decisions over {} policies in {:.1} s ({} texts refused)",
        counts.decisions,
        counts.policies,
        took.as_secs_f64(),
        counts.refused
    );
    println!("\noutcomes:");
    for (name, count) in &counts.outcomes {
        let percent = *count as f64 * 100.0 / counts.decisions.max(1) as f64;
        println!("  {count:>10}  {percent:>5.1} %  {name}");
    }
    println!("\nconstructs, by policies that use them:");
    let mut constructs: Vec<(u64, &str)> = CONSTRUCTS
        .iter()
        .map(|name| (counts.constructs.get(name).copied().unwrap_or(0), *name))
        .collect();
    constructs.sort_unstable();
    for (count, name) in constructs {
        println!("  {count:>10}  {name}");
    }
}

fn tell(seed: u64, difference: &Difference) {
    println!("\n=== seed {seed}, {:?}", difference.kind);
    for file in &difference.files {
        println!("// {}\n{}\n", file.name, file.text());
    }
    println!("{:?}", difference.request);
    if let Some((decided, specified)) = difference.sides() {
        println!("engine:        {decided:?}");
        println!("specification: {specified:?}");
    }
}
