//! What the program is told.

use std::path::PathBuf;
use std::time::Duration;

use placet_bench::contestant::Contestant;
use placet_bench::measure::Effort;
use placet_bench::peers::ALL;

pub const USAGE: &str = "\
usage: placet-bench [--quick] [--sizes N,…] [--only NAME,…] [--turns N] [--parts PART,…]
                    [--from FILE] [--out DIR | --publish]
  --quick    fewer sizes and turns: about three minutes instead of twenty
  --sizes    how many rules; 10,100,1000,10000,100000 by default
  --only     who takes part; all by default
  --turns    how often each takes its turn
  --parts    what is measured: rules, hostile, studies; all by default
  --from     measures nothing: the results of a run before
  --out      where results.json and the curves go; target/placet-bench by default
  --publish  writes all that is committed: docs/performance, and the tables of its page and of
             the README
";

/// What is to be done.
pub struct Options {
    pub sizes: Vec<usize>,
    pub hostile_sizes: Vec<usize>,
    pub contestants: Vec<&'static Contestant>,
    pub requests: usize,
    pub effort: Effort,
    pub parts: Vec<Part>,
    pub quick: bool,
    pub from: Option<PathBuf>,
    pub out: PathBuf,
    pub publish: bool,
}

/// A part of what is measured.
#[derive(Clone, Copy, PartialEq)]
pub enum Part {
    /// Everyone, by number of rules.
    Rules,
    /// Placet beside a scan.
    Hostile,
    /// What else is asked of an engine.
    Studies,
}

const PARTS: [(&str, Part); 3] = [
    ("rules", Part::Rules),
    ("hostile", Part::Hostile),
    ("studies", Part::Studies),
];

/// Reads the arguments.
pub fn options(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let seconds = Duration::from_secs;
    let mut options = Options {
        sizes: vec![10, 100, 1_000, 10_000, 100_000],
        hostile_sizes: vec![1_000, 10_000, 100_000],
        contestants: ALL.iter().collect(),
        requests: 4_096,
        effort: Effort {
            turns: 5,
            pass: seconds(2),
            load: seconds(120),
            decision: seconds(1),
        },
        parts: PARTS.map(|(_, part)| part).to_vec(),
        quick: false,
        from: None,
        out: "target/placet-bench".into(),
        publish: false,
    };
    while let Some(arg) = args.next() {
        let mut value = || {
            args.next()
                .ok_or_else(|| format!("{arg} needs a value\n{USAGE}"))
        };
        match arg.as_str() {
            "--quick" => {
                options.quick = true;
                options.sizes = vec![100, 1_000, 10_000];
                options.hostile_sizes = vec![1_000, 10_000];
                options.effort = Effort {
                    turns: 3,
                    pass: Duration::from_millis(500),
                    load: seconds(20),
                    decision: Duration::from_millis(200),
                };
            }
            "--sizes" => {
                let mut sizes = list(&value()?, |size| match size.parse() {
                    Ok(size) if size > 0 => Ok(size),
                    _ => Err(format!("`{size}` is no number of rules")),
                })?;
                sizes.sort_unstable();
                sizes.dedup();
                options.hostile_sizes.clone_from(&sizes);
                options.sizes = sizes;
            }
            "--only" => {
                let names = || ALL.iter().map(|one| one.name);
                options.contestants = list(&value()?, |name| {
                    let mut all = ALL.iter();
                    all.find(|one| one.name.eq_ignore_ascii_case(name))
                        .ok_or_else(|| unknown(name, names()))
                })?;
            }
            "--parts" => {
                options.parts = list(&value()?, |name| {
                    let mut all = PARTS.iter();
                    let part = all.find(|(known, _)| *known == name);
                    part.map(|(_, part)| *part)
                        .ok_or_else(|| unknown(name, PARTS.iter().map(|(known, _)| *known)))
                })?;
            }
            "--turns" => {
                options.effort.turns = value()?
                    .parse()
                    .ok()
                    .filter(|turns| *turns > 0)
                    .ok_or_else(|| format!("--turns needs a number\n{USAGE}"))?;
            }
            "--from" => options.from = Some(value()?.into()),
            "--out" => options.out = value()?.into(),
            "--publish" => options.publish = true,
            "--help" | "-h" => return Err(USAGE.to_owned()),
            _ => return Err(format!("unknown argument `{arg}`\n{USAGE}")),
        }
    }
    let whole = options.parts.len() == PARTS.len() && options.contestants.len() == ALL.len();
    if options.publish && !whole {
        return Err(format!("--publish needs everyone and all parts\n{USAGE}"));
    }
    Ok(options)
}

fn list<T>(text: &str, each: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    text.split(',')
        .map(|one| each(one).map_err(|error| format!("{error}\n{USAGE}")))
        .collect()
}

fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    format!(
        "unknown: `{name}`; known: {}",
        known.collect::<Vec<_>>().join("; ")
    )
}
