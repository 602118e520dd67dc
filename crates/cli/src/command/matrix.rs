//! `placet matrix`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use placet::Engine;
use placet::suite::matrix::{Change, Changes, Matrix, MatrixError, Options, Recorded, compare};
use placet::syntax::ast;
use serde::Serialize;

use crate::args::{self, Format};
use crate::error::Error;
use crate::files;
use crate::output::{Ended, Output, printable};
use crate::render::style::{BOLD, GREEN, RED, RESET, YELLOW};
use crate::suites::{self, Ran, Suite};

/// Where the accepted matrix is, from the policy's folder.
const SNAPSHOT: &str = "snapshots/matrix.txt";

/// Prints who may do what, or compares it with what was accepted.
pub(crate) fn run(args: &args::Matrix) -> Result<Ended, Error> {
    let suites = suites::find(&args.paths)?;
    apart(args, &suites)?;
    let mut out = Output::new();
    let shown = (args.format == Format::Text).then_some(Told::text as fn(&Told) -> String);
    let ran = suites::each(&suites, &mut out, shown, |suite, said| {
        one(args, suite, said).map(Some)
    })?;
    match (args.format, suites::only(&suites, &ran)) {
        (Format::Text, Some(_)) => {}
        (Format::Text, None) if args.compares() => out.write(&total(&ran))?,
        (Format::Text, None) => {}
        (Format::Json, Some(only)) => out.json(&only.report())?,
        (Format::Json, None) => {
            let whole = Whole {
                equal: args.compares().then(|| ran.iter().all(equal)),
            };
            out.json(&suites::reports(whole, &ran, Told::report))?;
        }
    }
    out.flush()?;
    Ok(suites::ended(&ran, Told::fine))
}

/// Two suites cannot be kept in one file.
fn apart(args: &args::Matrix, suites: &[Suite]) -> Result<(), Error> {
    let folders: BTreeSet<&Path> = suites.iter().map(|suite| suite.folder.as_path()).collect();
    let one_file = matches!(args.snapshot, Some(Some(_))) || folders.len() < suites.len();
    if suites.len() > 1 && args.compares() && one_file {
        return Err(Error::refused(
            format!("{} suites cannot be kept in one file", suites.len()),
            Some("`--snapshot` without a file is a file beside each suite that has its own folder"),
        ));
    }
    Ok(())
}

/// What is told of one suite.
enum Told {
    Matrix(Box<Matrix>),
    Compared(PathBuf, Box<Compared>),
}

fn one(args: &args::Matrix, suite: &Suite, said: &mut String) -> Result<Told, Error> {
    let checked = suite.check_aloud(said);
    let engine = Engine::new(checked.policy.ok_or(Error::PolicyHasErrors)?);
    let build = |options: &Options| build(&engine, &checked.files, options);
    let options = Options {
        limit: args.limit,
        ..Options::default()
    };
    let matrix = build(&options)?;
    if !args.compares() {
        return Ok(Told::Matrix(Box::new(matrix)));
    }
    let path = match &args.snapshot {
        Some(Some(path)) => path.clone(),
        _ => suite.folder.join(SNAPSHOT),
    };
    let text = matrix.text();
    let accepted = match accepted(&path)? {
        Some(accepted) => accepted,
        None if args.accept => {
            write(&path, &text)?;
            return Ok(Told::Compared(path, Box::new(Compared::first())));
        }
        None => {
            return Err(Error::refused(
                format!("no accepted matrix at `{}`", path.display()),
                Some("look at `placet matrix PATH…`, then write it with `--accept`"),
            ));
        }
    };
    let mut compared = Box::new(Compared::default());
    if accepted != text {
        compared.equal = false;
        match Recorded::read(&accepted) {
            Ok(recorded) => {
                // The same questions again, so that an answer is compared even where the
                // samples are others now. Where that is too much, the samples have to do.
                let again = build(&Options {
                    besides: recorded.clone(),
                    ..options
                });
                compared.changes = compare(&recorded, again.as_ref().unwrap_or(&matrix));
            }
            Err(wrong) => compared.unreadable = Some(wrong.to_string()),
        }
    }
    if args.accept && !compared.equal {
        write(&path, &text)?;
        compared.accepted = true;
    }
    Ok(Told::Compared(path, compared))
}

impl Told {
    fn fine(&self) -> bool {
        match self {
            Self::Matrix(_) => true,
            Self::Compared(_, compared) => compared.equal || compared.accepted,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Matrix(matrix) => printable(&matrix.text()),
            Self::Compared(path, compared) => shown(path, compared),
        }
    }

    fn report(&self) -> Report<'_> {
        match self {
            Self::Matrix(matrix) => Report::Matrix {
                version: 1,
                cells: matrix.cells().iter().map(Cell::of).collect(),
            },
            Self::Compared(path, compared) => {
                Report::Compared(Box::new(Comparison::of(path, compared)))
            }
        }
    }
}

fn equal(ran: &Ran<Told>) -> bool {
    matches!(&ran.came, Ok(Told::Compared(_, compared)) if compared.equal)
}

/// How many are not what was accepted.
fn total(ran: &[Ran<Told>]) -> String {
    let all = ran.len();
    let count = |which: fn(&Told) -> bool| {
        let told = ran.iter().filter_map(|one| one.came.as_ref().ok());
        told.filter(|told| which(told)).count()
    };
    let fine = count(Told::fine);
    let accepted = count(|told| matches!(told, Told::Compared(_, compared) if compared.accepted));
    match (fine == all, accepted) {
        (true, 0) => format!("{GREEN}{BOLD}equal{RESET}: {all} suites\n"),
        (true, _) => format!("{GREEN}{BOLD}accepted{RESET}: {accepted} of {all} suites\n"),
        (false, _) => {
            let bad = all - fine;
            format!("{RED}{BOLD}different{RESET}: {bad} of {all} suites\n")
        }
    }
}

fn build(engine: &Engine, files: &[ast::File], options: &Options) -> Result<Matrix, Error> {
    Matrix::build(engine, files, options).map_err(|error| {
        let help = match error {
            MatrixError::TooLarge { .. } => {
                "`--limit` allows more; fewer fixtures and patterns make fewer questions"
            }
            MatrixError::Invalid { .. } => "mend the `given` block; a test would fail with it, too",
        };
        Error::refused(error.to_string(), Some(help))
    })
}

/// The accepted text, with line ends of one kind: a checkout may have changed them.
fn accepted(path: &Path) -> Result<Option<String>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            Ok(Some(text.replace("\r\n", "\n")))
        }
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(Error::io("read", path, cause)),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
        std::fs::create_dir_all(folder).map_err(|cause| Error::io("make", folder, cause))?;
    }
    files::replace(path, text.as_bytes())
}

/// How the matrix compares with the accepted one.
struct Compared {
    equal: bool,
    /// It was written as the accepted one.
    accepted: bool,
    /// The accepted text is no matrix, and why.
    unreadable: Option<String>,
    changes: Changes,
}

impl Default for Compared {
    fn default() -> Self {
        Self {
            equal: true,
            accepted: false,
            unreadable: None,
            changes: Changes::default(),
        }
    }
}

impl Compared {
    fn first() -> Self {
        Self {
            equal: false,
            accepted: true,
            ..Self::default()
        }
    }
}

fn shown(path: &Path, compared: &Compared) -> String {
    let mut text = String::new();
    for line in compared.changes.text().lines() {
        let line = printable(line);
        let heading = !line.starts_with(' ');
        let colour = match line.as_str() {
            "new grants" | "new grants on conditions" | "grants by other rules or limits" => RED,
            _ => YELLOW,
        };
        if heading {
            text.push_str(&format!("{colour}{BOLD}{line}{RESET}\n"));
        } else {
            text.push_str(&format!("{line}\n"));
        }
    }
    if let Some(why) = &compared.unreadable {
        text.push_str(&format!(
            "{YELLOW}{BOLD}nothing to compare with{RESET}: {why}\n"
        ));
    }
    let path = printable(&path.display().to_string());
    text.push_str(&match (compared.equal, compared.accepted) {
        (true, _) => format!("{GREEN}{BOLD}equal{RESET}: {path}\n"),
        (false, true) => format!("{GREEN}{BOLD}accepted{RESET}: wrote {path}\n"),
        (false, false) => format!(
            "{RED}{BOLD}different{RESET}: {path} is not what the policy does now; \
             when that is meant, write it with `--accept`\n"
        ),
    });
    text
}

/// What holds of several suites together, for machines.
#[derive(Serialize)]
struct Whole {
    #[serde(skip_serializing_if = "Option::is_none")]
    equal: Option<bool>,
}

/// The matrix, or what changed, for machines.
#[derive(Serialize)]
#[serde(untagged)]
enum Report<'a> {
    Matrix { version: u32, cells: Vec<Cell<'a>> },
    Compared(Box<Comparison<'a>>),
}

#[derive(Serialize)]
struct Cell<'a> {
    who: &'a str,
    tool: &'a str,
    action: &'a str,
    resource: &'a str,
    answer: &'static str,
    depends_on: Vec<&'a str>,
    rules: Vec<&'a str>,
    lifetime: Option<String>,
    delegate: Option<u32>,
    budgets: Vec<&'a str>,
}

impl<'a> Cell<'a> {
    fn of(cell: &'a placet::suite::matrix::Cell) -> Self {
        let outlook = &cell.outlook;
        Self {
            who: &cell.who,
            tool: &cell.question.tool,
            action: &cell.question.action,
            resource: &cell.question.resource,
            answer: cell.answer(),
            depends_on: outlook.depends_on.iter().map(|on| on.as_str()).collect(),
            rules: outlook
                .rules
                .iter()
                .map(|rule| rule.name.as_str())
                .collect(),
            lifetime: outlook.lifetime.map(|lifetime| lifetime.to_string()),
            delegate: outlook.delegate,
            budgets: outlook
                .budgets
                .iter()
                .map(|budget| budget.as_str())
                .collect(),
        }
    }
}

/// What changed, for machines.
#[derive(Serialize)]
struct Comparison<'a> {
    version: u32,
    snapshot: String,
    equal: bool,
    accepted: bool,
    unreadable: Option<&'a str>,
    changes: Lists<'a>,
}

/// The lists in the order in which they matter.
#[derive(Serialize)]
struct Lists<'a> {
    granted: Vec<Changed<'a>>,
    opened: Vec<Changed<'a>>,
    regranted: Vec<Changed<'a>>,
    reconditioned: Vec<Changed<'a>>,
    conditional: Vec<Changed<'a>>,
    denied: Vec<Changed<'a>>,
    redenied: Vec<Changed<'a>>,
    removed: Vec<Changed<'a>>,
}

#[derive(Serialize)]
struct Changed<'a> {
    who: &'a str,
    tool: &'a str,
    action: &'a str,
    resource: &'a str,
    was: &'a str,
    is: Option<&'a str>,
}

impl<'a> Comparison<'a> {
    fn of(path: &Path, compared: &'a Compared) -> Self {
        let changes = &compared.changes;
        let list = |of: &'a [Change]| -> Vec<Changed<'a>> {
            of.iter()
                .map(|change| Changed {
                    who: &change.who,
                    tool: &change.question.tool,
                    action: &change.question.action,
                    resource: &change.question.resource,
                    was: &change.was,
                    is: change.is.as_deref(),
                })
                .collect()
        };
        Self {
            version: 1,
            snapshot: path.display().to_string(),
            equal: compared.equal,
            accepted: compared.accepted,
            unreadable: compared.unreadable.as_deref(),
            changes: Lists {
                granted: list(&changes.granted),
                opened: list(&changes.opened),
                regranted: list(&changes.regranted),
                reconditioned: list(&changes.reconditioned),
                conditional: list(&changes.conditional),
                denied: list(&changes.denied),
                redenied: list(&changes.redenied),
                removed: list(&changes.removed),
            },
        }
    }
}
