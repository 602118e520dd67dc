//! Standard output and standard error, exit codes, and text that is safe to show.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::process::ExitCode;

use crate::error::Error;

/// How a command ended that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ended {
    /// All is fine, or granted: exit code 0.
    Fine,
    /// Something was found, or denied: exit code 1.
    Findings,
    /// A part of the work could not be done, and that has been said: exit code 2.
    Errors,
}

/// Reports an error, if there is one, and gives the exit code.
pub(crate) fn finish(result: Result<Ended, Error>) -> ExitCode {
    match result {
        Ok(Ended::Fine) => ExitCode::SUCCESS,
        Ok(Ended::Findings) => ExitCode::from(1),
        Ok(Ended::Errors) => ExitCode::from(2),
        // Like other filters: whoever closed the pipe has what it wanted.
        Err(Error::OutputClosed) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::from(2)
        }
    }
}

/// Writes an error and what to do about it to standard error.
pub(crate) fn complain(error: &Error) {
    told(&error.to_string(), error);
}

/// Writes an error and what it is about to standard error.
pub(crate) fn complain_about(what: &str, error: &Error) {
    let message = error.to_string();
    // Some errors name the place themselves.
    let message = match message.starts_with(what) {
        true => message,
        false => format!("{what}: {message}"),
    };
    told(&message, error);
}

fn told(message: &str, error: &Error) {
    let mut out = anstream::stderr().lock();
    let red = "\u{1b}[1;31m";
    let bold = "\u{1b}[1m";
    let cyan = "\u{1b}[1;36m";
    let reset = "\u{1b}[0m";
    let message = printable(message);
    // When standard error is gone too, the exit code is all that is left to say.
    drop(writeln!(out, "{red}error{reset}{bold}: {message}{reset}"));
    if let Some(help) = error.help() {
        drop(writeln!(out, "  {cyan}help{reset}: {}", printable(&help)));
    }
}

/// Writes rendered findings to standard error.
pub(crate) fn findings(text: &str) {
    let mut out = anstream::stderr().lock();
    drop(out.write_all(text.as_bytes()));
}

/// Writes a remark to standard error.
pub(crate) fn remark(text: &str) {
    let mut out = anstream::stderr().lock();
    drop(writeln!(
        out,
        "\u{1b}[1;36mnote\u{1b}[0m: {}",
        printable(text)
    ));
}

/// Standard output: plain where it is no terminal or `NO_COLOR` is set.
pub(crate) struct Output {
    stream: BufWriter<anstream::AutoStream<StdoutLock<'static>>>,
}

impl Output {
    /// Locks standard output.
    pub(crate) fn new() -> Self {
        Self {
            stream: BufWriter::new(anstream::stdout().lock()),
        }
    }

    /// Writes text with its escape sequences.
    pub(crate) fn write(&mut self, text: &str) -> Result<(), Error> {
        self.stream.write_all(text.as_bytes()).map_err(failed)
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Error> {
        self.write(text)?;
        self.write("\n")
    }

    /// Writes a value as JSON: over many lines for a person, else on one line.
    pub(crate) fn json(&mut self, value: &impl serde::Serialize) -> Result<(), Error> {
        let text = if is_terminal() {
            serde_json::to_string_pretty(value)
        } else {
            serde_json::to_string(value)
        };
        self.line(&text.map_err(|cause| Error::Output(cause.into()))?)
    }

    /// Hands on what was written: before the program waits, and at the end.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.stream.flush().map_err(failed)
    }
}

/// Whether a person looks at standard output.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

fn failed(cause: io::Error) -> Error {
    if cause.kind() == io::ErrorKind::BrokenPipe {
        Error::OutputClosed
    } else {
        Error::Output(cause)
    }
}

/// The text with control characters and bidirectional controls made visible, so that
/// neither a policy nor a request can write to somebody's terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|char| {
            let hidden = char.is_control() && char != '\n' && char != '\t'
                || matches!(
                    char,
                    '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
                );
            let shown = if hidden {
                format!("\\u{{{:x}}}", u32::from(char))
            } else {
                char.to_string()
            };
            shown.chars().collect::<Vec<_>>()
        })
        .collect()
}

/// The same on one line: the name of a file may have line feeds, and what follows one of those
/// would be a line of its own, which a build server may take for a command.
pub(crate) fn printable_line(text: &str) -> String {
    printable(text).replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::{printable, printable_line};

    #[test]
    fn nothing_that_is_shown_can_command_a_terminal() {
        let check = |text: &str, shown: &str| assert_eq!(printable(text), shown);
        check("ticket/büro", "ticket/büro");
        check("\u{1b}[31mred", "\\u{1b}[31mred");
        check("a\u{202e}b", "a\\u{202e}b");
        check("line\n\tline", "line\n\tline");
        assert_eq!(printable_line("a\n::error::b"), "a\\n::error::b");
    }
}
