//! `placet fmt`

use std::io::Read;
use std::path::{Path, PathBuf};

use placet::syntax::{Diagnostic, FileId, Source, Sources};
use serde::Serialize;
use similar::TextDiff;

use crate::args::{Fmt, Format};
use crate::error::{Error, Failure};
use crate::files;
use crate::output::{self, Ended, Output};
use crate::render::{diagnostics, diff};

/// Formats files in place, or says what would change.
pub(crate) fn run(args: &Fmt) -> Result<Ended, Error> {
    let mut out = Output::new();
    let mut report = Report::default();
    let done = all(args, &mut report, |entry| match args.format {
        Format::Text => say(&mut out, entry),
        Format::Json => Ok(()),
    });
    if args.format == Format::Json {
        report.failure = done.as_ref().err().map(Failure::from);
        out.json(&report)?;
    }
    out.flush()?;
    done.map(|()| {
        let only_looked = args.check || args.diff;
        if report.changed > 0 && only_looked {
            Ended::Findings
        } else {
            Ended::Fine
        }
    })
}

/// What was done or would be, for machines.
#[derive(Serialize)]
struct Report {
    version: u32,
    /// How many files formatting changes.
    changed: usize,
    /// How many do not parse.
    unparsed: usize,
    files: Vec<Entry>,
    #[serde(flatten)]
    failure: Option<Failure>,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            version: 1,
            changed: 0,
            unparsed: 0,
            files: Vec::new(),
            failure: None,
        }
    }
}

/// One file.
#[derive(Serialize)]
struct Entry {
    file: String,
    became: Became,
    /// What would change, when that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<String>,
    /// The formatted text of standard input.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Why it does not parse.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    diagnostics: Vec<serde_json::Value>,
}

/// What became of a file.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Became {
    /// It is as it should be.
    Unchanged,
    /// It was changed.
    Formatted,
    /// It would be changed.
    WouldChange,
    /// It does not parse and was left alone.
    Unparsed,
}

/// Goes through all files, and tells of each as soon as it is done.
fn all(
    args: &Fmt,
    report: &mut Report,
    mut tell: impl FnMut(&Entry) -> Result<(), Error>,
) -> Result<(), Error> {
    for (path, text) in texts(&args.paths)? {
        let entry = one(args, &path, &text)?;
        match entry.became {
            Became::Unchanged => {}
            Became::Formatted | Became::WouldChange => report.changed += 1,
            Became::Unparsed => report.unparsed += 1,
        }
        tell(&entry)?;
        report.files.push(entry);
    }
    match report.unparsed {
        0 => Ok(()),
        files => Err(Error::Unparsed(files)),
    }
}

fn one(args: &Fmt, path: &Path, text: &str) -> Result<Entry, Error> {
    let mut entry = Entry {
        file: path.display().to_string(),
        became: Became::Unchanged,
        diff: None,
        text: None,
        diagnostics: Vec::new(),
    };
    let formatted = match formatted(&entry.file, text) {
        Ok(formatted) => formatted,
        Err(unparsed) => {
            entry.became = Became::Unparsed;
            entry.diagnostics = unparsed.tell(args.format)?;
            return Ok(entry);
        }
    };
    let only_looks = args.check || args.diff;
    if formatted != text {
        entry.became = if only_looks {
            Became::WouldChange
        } else {
            Became::Formatted
        };
        if args.diff {
            entry.diff = Some(difference(&entry.file, text, &formatted));
        }
    }
    if only_looks {
        return Ok(entry);
    }
    if is_pipe(path) {
        entry.text = Some(formatted);
    } else if entry.became == Became::Formatted {
        files::replace(path, formatted.as_bytes())?;
    }
    Ok(entry)
}

/// What became of a file, for people.
fn say(out: &mut Output, entry: &Entry) -> Result<(), Error> {
    let name = &entry.file;
    match (entry.became, &entry.text, &entry.diff) {
        (Became::Unparsed, ..) => Ok(()),
        (_, Some(text), _) => out.write(text),
        (Became::Unchanged, ..) => Ok(()),
        (Became::Formatted, ..) => out.line(&format!("formatted {name}")),
        (Became::WouldChange, _, Some(diff)) => out.write(&diff::coloured(diff)),
        (Became::WouldChange, ..) => out.line(&format!("{name} is not formatted")),
    }
}

/// The texts that the paths name. Bytes that are no UTF-8 are kept as a replacement
/// character, which no policy may hold outside of comments and strings.
fn texts(paths: &[PathBuf]) -> Result<Vec<(PathBuf, String)>, Error> {
    let mut texts = Vec::new();
    let (pipes, paths): (Vec<PathBuf>, Vec<PathBuf>) =
        paths.iter().cloned().partition(|path| is_pipe(path));
    if let Some(pipe) = pipes.first() {
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|cause| Error::io("read", Path::new("standard input"), cause))?;
        texts.push((pipe.clone(), utf8(pipe, bytes)?));
    }
    for path in files::policy_files(&paths)? {
        let bytes = files::read(&path)?;
        let text = utf8(&path, bytes)?;
        texts.push((path, text));
    }
    Ok(texts)
}

fn utf8(path: &Path, bytes: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|_| {
        let cause = std::io::Error::new(std::io::ErrorKind::InvalidData, "it is not UTF-8");
        Error::io("read", path, cause)
    })
}

/// Why a text does not parse.
struct Unparsed {
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
}

impl Unparsed {
    /// For people on standard error; for machines as what is returned.
    fn tell(&self, format: Format) -> Result<Vec<serde_json::Value>, Error> {
        match format {
            Format::Text => {
                output::findings(&diagnostics::text(&self.sources, &self.diagnostics));
                Ok(Vec::new())
            }
            Format::Json => diagnostics::all(&self.sources, &self.diagnostics)
                .into_iter()
                .map(|found| {
                    serde_json::to_value(found).map_err(|cause| Error::Output(cause.into()))
                })
                .collect(),
        }
    }
}

/// The text as it is to be written, unless it does not parse and so cannot be kept.
fn formatted(name: &str, text: &str) -> Result<String, Unparsed> {
    let mut sources = Sources::default();
    let file: FileId = sources.add(Source::new(name, text));
    let parsed = sources
        .get(file)
        .map(|source| placet::syntax::parse(file, source));
    let text = parsed.as_ref().and_then(placet::syntax::format);
    text.ok_or_else(|| Unparsed {
        sources,
        diagnostics: parsed.map(|parsed| parsed.diagnostics).unwrap_or_default(),
    })
}

fn is_pipe(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// What formatting changes, as a unified diff.
fn difference(name: &str, old: &str, new: &str) -> String {
    TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(3)
        .header(name, &format!("{name} (formatted)"))
        .to_string()
}
