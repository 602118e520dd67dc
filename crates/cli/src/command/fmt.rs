//! `placet fmt`

use std::io::Read;
use std::path::{Path, PathBuf};

use placet::syntax::{FileId, Source, Sources};
use similar::TextDiff;

use crate::args::Fmt;
use crate::error::Error;
use crate::output::{self, Ended, Output};
use crate::render::style::{BOLD, GREEN, RED, RESET};
use crate::{files, render};

/// Formats files in place, or says what would change.
pub(crate) fn run(args: &Fmt) -> Result<Ended, Error> {
    let mut out = Output::new();
    let mut changed = false;
    let mut unparsed = 0;
    for (path, text) in texts(&args.paths)? {
        let Some(formatted) = formatted(&path, &text) else {
            unparsed += 1;
            continue;
        };
        let piped = is_pipe(&path);
        if piped && !args.check && !args.diff {
            out.write(&formatted)?;
        }
        if formatted == text {
            continue;
        }
        changed = true;
        let name = path.display().to_string();
        if args.check {
            out.line(&format!("{name} is not formatted"))?;
        } else if args.diff {
            out.write(&difference(&name, &text, &formatted))?;
        } else if !piped {
            files::replace(&path, formatted.as_bytes())?;
            out.line(&format!("formatted {name}"))?;
        }
    }
    out.flush()?;
    if unparsed > 0 {
        return Err(Error::Unparsed(unparsed));
    }
    let only_looked = args.check || args.diff;
    Ok(if changed && only_looked {
        Ended::Findings
    } else {
        Ended::Fine
    })
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

/// The text as it is to be written; `None` with findings on standard error when it does
/// not parse, since what does not parse cannot be kept.
fn formatted(path: &Path, text: &str) -> Option<String> {
    let mut sources = Sources::default();
    let file: FileId = sources.add(Source::new(path.display().to_string(), text));
    let source = sources.get(file)?;
    let parsed = placet::syntax::parse(file, source);
    let formatted = placet::syntax::format(&parsed);
    if formatted.is_none() {
        output::findings(&render::diagnostics::text(&sources, &parsed.diagnostics));
    }
    formatted
}

fn is_pipe(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// What formatting changes, as a unified diff.
fn difference(name: &str, old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(3)
        .header(name, &format!("{name} (formatted)"))
        .to_string();
    diff.lines()
        .map(|line| {
            let line = output::printable(line);
            let style = match line.as_bytes().first() {
                _ if line.starts_with("--- ") || line.starts_with("+++ ") => BOLD,
                Some(b'-') => RED,
                Some(b'+') => GREEN,
                _ => "",
            };
            let end = if style.is_empty() { "" } else { RESET };
            format!("{style}{line}{end}\n")
        })
        .collect()
}
