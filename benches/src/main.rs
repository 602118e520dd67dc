//! Placet and its peers on the same work.
//!
//! `cargo run --release` (in this folder) builds one policy in several sizes, gives it to
//! everyone who takes part in the form that suits them, checks that they answer as a plain
//! oracle does, and measures them. It prints tables and writes `results.json` and curves.

mod chart;
mod peers;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use peers::ALL;
use placet_bench::contestant::Contestant;
use placet_bench::measure::{self, Effort, Entry, Outcome};
use placet_bench::workload::Workload;
use placet_bench::{alloc, report};

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

const USAGE: &str = "\
usage: placet-bench [--quick] [--sizes N,…] [--only NAME,…] [--turns N] [--out DIR]
  --quick   fewer sizes and turns: about three minutes instead of twenty
  --sizes   how many rules; 10,100,1000,10000,100000 by default
  --only    who takes part; all by default
  --turns   how often each takes its turn
  --out     where results.json and the curves go; target/placet-bench by default
";

struct Options {
    sizes: Vec<usize>,
    contestants: Vec<&'static Contestant>,
    requests: usize,
    effort: Effort,
    out: PathBuf,
}

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

fn options(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let seconds = Duration::from_secs;
    let mut options = Options {
        sizes: vec![10, 100, 1_000, 10_000, 100_000],
        contestants: ALL.iter().collect(),
        requests: 4_096,
        effort: Effort {
            turns: 5,
            pass: seconds(2),
            load: seconds(120),
            decision: seconds(1),
        },
        out: "target/placet-bench".into(),
    };
    while let Some(arg) = args.next() {
        let mut value = || {
            args.next()
                .ok_or_else(|| format!("{arg} needs a value\n{USAGE}"))
        };
        match arg.as_str() {
            "--quick" => {
                options.sizes = vec![100, 1_000, 10_000];
                options.effort = Effort {
                    turns: 3,
                    pass: Duration::from_millis(500),
                    load: seconds(20),
                    decision: Duration::from_millis(200),
                };
            }
            "--sizes" => {
                options.sizes = value()?
                    .split(',')
                    .map(|size| match size.parse() {
                        Ok(size) if size > 0 => Ok(size),
                        _ => Err(format!("`{size}` is no number of rules\n{USAGE}")),
                    })
                    .collect::<Result<_, _>>()?;
                options.sizes.sort_unstable();
                options.sizes.dedup();
            }
            "--only" => {
                options.contestants = value()?
                    .split(',')
                    .map(|name| {
                        ALL.iter()
                            .find(|one| one.name.eq_ignore_ascii_case(name))
                            .ok_or_else(|| {
                                let names: Vec<_> = ALL.iter().map(|one| one.name).collect();
                                format!("`{name}` does not take part; {} do", names.join(", "))
                            })
                    })
                    .collect::<Result<_, _>>()?;
            }
            "--turns" => {
                options.effort.turns = value()?
                    .parse()
                    .ok()
                    .filter(|turns| *turns > 0)
                    .ok_or_else(|| format!("--turns needs a number\n{USAGE}"))?;
            }
            "--out" => options.out = value()?.into(),
            "--help" | "-h" => return Err(USAGE.to_owned()),
            _ => return Err(format!("unknown argument `{arg}`\n{USAGE}")),
        }
    }
    Ok(options)
}

fn run(options: &Options) -> Result<(), String> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut before = 0;
    for size in &options.sizes {
        eprintln!("{} rules", report::count(*size));
        let work = Workload::new(*size, options.requests);
        let measured = measure::run(
            &options.contestants,
            &work,
            &options.effort,
            &entries[before..],
        );
        before = entries.len();
        entries.extend(measured);
    }
    let machine = machine();
    println!("{machine}");
    print!("{}", report::tables(&entries));
    let out = &options.out;
    let told = |error: std::io::Error| format!("{}: {error}", out.display());
    std::fs::create_dir_all(out).map_err(told)?;
    let all = serde_json::json!({ "machine": machine, "times": "nanoseconds", "entries": entries });
    let json = format!("{all:#}\n");
    std::fs::write(out.join("results.json"), json).map_err(told)?;
    chart::draw(
        &entries,
        "One decision, request prebuilt",
        |figures| figures.prebuilt,
        &out.join("prebuilt.svg"),
    )?;
    chart::draw(
        &entries,
        "One decision, request built from strings",
        |figures| figures.strings,
        &out.join("strings.svg"),
    )?;
    eprintln!("written to {}", out.display());
    let failed: Vec<&str> = entries
        .iter()
        .filter(|entry| matches!(entry.outcome, Outcome::Wrong(_)))
        .map(|entry| entry.name.as_str())
        .collect();
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("wrong answers: {}", failed.join(", ")))
    }
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
