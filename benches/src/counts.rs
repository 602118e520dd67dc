//! Instructions of the hot paths, counted by callgrind: clocks differ from run to run, counts
//! hardly do. They are compared with the ones that were accepted, in `counts.txt`.
//!
//! Counting needs `valgrind`, and nothing else: the program runs itself under it, and
//! callgrind writes a dump after every call of [`counted`].

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use placet_compiler::texts::compile;
use placet_evaluator::Engine;
use placet_model::compiled::Compiled;
use placet_model::request::Request;

use placet_bench::peers::placet::{Facts, build, issuance, listing, texts};
use placet_bench::report;
use placet_bench::workload::Workload;

const USAGE: &str = "\
usage: counts [--accept]
  --accept  take what is counted now as what is to be held from here on
";

/// By how much a count may grow. Processors differ in the functions that the C library picks
/// for them, hash seeds in the collisions that they make.
const TOLERANCE: f64 = 0.10;

const ACCEPTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/counts.txt");

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args.as_slice() {
        [] => count().and_then(|counts| compare(&counts)),
        ["--accept"] => count().and_then(|counts| accept(&counts)),
        ["--under-callgrind"] => {
            take_paths();
            Ok(())
        }
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// A hot path: its name, and how many instructions it took.
type Count = (String, u64);

/// Runs this program under callgrind.
fn count() -> Result<Vec<Count>, String> {
    let folder = std::env::temp_dir().join(format!("placet-counts.{}", std::process::id()));
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(&folder).map_err(told)?;
    let counts = count_in(&folder);
    std::fs::remove_dir_all(&folder).map_err(told)?;
    counts
}

fn count_in(folder: &Path) -> Result<Vec<Count>, String> {
    let dumps = folder.join("dump");
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--quiet", "--tool=callgrind", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(format!("--dump-after={COUNTED}"))
        .arg(format!("--callgrind-out-file={}", dumps.display()))
        .arg(program)
        .arg("--under-callgrind")
        .env("RUST_BACKTRACE", "0")
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    if !output.status.success() {
        return Err(format!("valgrind: {}", output.status));
    }
    let names = String::from_utf8_lossy(&output.stdout);
    names
        .lines()
        .enumerate()
        .map(|(at, name)| {
            let dump = PathBuf::from(format!("{}.{}", dumps.display(), at + 1));
            let text = std::fs::read_to_string(&dump)
                .map_err(|error| format!("{}: {error}", dump.display()))?;
            let count = text
                .lines()
                .find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok())
                .ok_or_else(|| format!("{}: it has no totals", dump.display()))?;
            Ok((name.to_owned(), count))
        })
        .collect()
}

fn compare(counts: &[Count]) -> Result<(), String> {
    let text = std::fs::read_to_string(ACCEPTED).map_err(|error| format!("{ACCEPTED}: {error}"))?;
    let accepted: Vec<Count> = text.lines().filter_map(read).collect();
    let mut worse = Vec::new();
    let mut better = false;
    for (name, now) in counts {
        let Some((_, then)) = accepted.iter().find(|(known, _)| known == name) else {
            println!("{name:44} {:>14}  not accepted yet", shown(*now));
            worse.push(name.as_str());
            continue;
        };
        let growth = *now as f64 / (*then).max(1) as f64 - 1.0;
        println!("{name:44} {:>14}  {:+6.1} %", shown(*now), growth * 100.0);
        if growth > TOLERANCE {
            worse.push(name);
        }
        better |= growth < -TOLERANCE;
    }
    for (name, _) in &accepted {
        if !counts.iter().any(|(counted, _)| counted == name) {
            println!("{name:44} {:>14}", "not counted");
            worse.push(name);
        }
    }
    if !worse.is_empty() {
        return Err(format!(
            "more than {} % above what was accepted: {}\n\
             where that is the price of something wanted, accept it with `benches/counts --accept` \
             and say why in the commit",
            TOLERANCE * 100.0,
            worse.join("; ")
        ));
    }
    if better {
        println!("some are well below what was accepted; hold that with `benches/counts --accept`");
    }
    Ok(())
}

fn accept(counts: &[Count]) -> Result<(), String> {
    let mut text = String::from(
        "# Instructions of the hot paths: what `benches/counts` compares with and\n\
         # `benches/counts --accept` writes.\n",
    );
    for (name, count) in counts {
        let _ = writeln!(text, "{name:44} {count:>12}");
    }
    print!("{text}");
    std::fs::write(ACCEPTED, text).map_err(|error| format!("{ACCEPTED}: {error}"))
}

fn read(line: &str) -> Option<Count> {
    let (name, count) = line.rsplit_once(' ')?;
    Some((name.trim_end().to_owned(), count.parse().ok()?))
}

fn shown(count: u64) -> String {
    usize::try_from(count).map_or_else(|_| count.to_string(), report::count)
}

/// What callgrind calls [`counted`].
const COUNTED: &str = "placet_counts::counted";

/// What happens in here is counted, and nothing else.
#[inline(never)]
fn counted(path: &mut dyn FnMut()) {
    path();
}

const RULES: usize = 1_000;
const TIMES: usize = 100;

/// Takes every path, first once uncounted, and prints its name.
fn take_paths() {
    let work = Workload::new(RULES, 4 * TIMES);
    let files = texts(&work);
    let compiled = || {
        let texts = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()));
        compile(texts).expect("a policy")
    };
    let engine = Engine::new(compiled());
    let bytes = engine.compiled().save();
    let answered = |granted: bool| {
        let asked = work.requests.iter().zip(&work.expected);
        let asked = asked.filter(move |(_, expected)| **expected == granted);
        asked.map(|(request, _)| request).take(TIMES)
    };
    let take = |name: String, path: &mut dyn FnMut()| {
        path();
        counted(path);
        println!("{name}");
    };

    for (granted, answer) in [(true, "granted"), (false, "denied, with the reason")] {
        let requests: Vec<Request> = answered(granted).map(build).collect();
        let ready: Vec<_> = requests
            .iter()
            .map(|request| engine.ready_without_credential(request))
            .collect();
        take(format!("{TIMES} calls {answer}, prebuilt"), &mut || {
            for ready in &ready {
                assert_eq!(black_box(ready).ruling().is_grant(), granted);
            }
        });
        take(format!("{TIMES} calls {answer}, from strings"), &mut || {
            for request in answered(granted) {
                let facts = Facts::of(black_box(request));
                let question = facts.question(request);
                assert_eq!(
                    engine.ruling_without_credential(question).is_grant(),
                    granted
                );
            }
        });
        take(format!("{TIMES} calls {answer}, told in full"), &mut || {
            for request in &requests {
                let decision = engine.decide_without_credential(black_box(request));
                assert_eq!(decision.is_grant(), granted);
            }
        });
    }
    let denied: Vec<Request> = answered(false).map(build).collect();
    take(format!("{} explanations", TIMES / 10), &mut || {
        for request in denied.iter().take(TIMES / 10) {
            black_box(engine.explain_without_credential(request));
        }
    });

    let many = Workload::on_servers(RULES, RULES / 4, 1);
    let files_of_many = texts(&many);
    let of_many = files_of_many.iter();
    let of_many = of_many.map(|(name, text)| (name.as_str(), text.as_str()));
    let all_tools = Engine::new(compile(of_many).expect("a policy"));
    let list = listing(&many.requests[0]);
    take(format!("a listing of {RULES} tools"), &mut || {
        black_box(all_tools.decide_without_credential(&list));
    });
    let issue = issuance(&work.requests[..TIMES]);
    take(format!("an issuance of {TIMES} scopes"), &mut || {
        let decision = engine.decide(&issue);
        assert!(decision.credential.is_some());
    });

    take(format!("compiling {RULES} rules"), &mut || {
        black_box(compiled());
    });
    take(format!("loading {RULES} rules"), &mut || {
        let policy = Compiled::load(&bytes).expect("what was saved");
        black_box(Engine::new(policy));
    });
}
