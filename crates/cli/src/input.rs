//! Requests as they come in: one JSON document, or a stream with one per line.
//!
//! A stream is never read further than the next answer needs. What makes the difference is
//! the first line that is not blank. When it is a whole JSON document, or broken for good,
//! lines are requests. When a document only begins there, all of the input must be that one
//! document; if it is not, lines are requests all the same.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::error::Category;

use crate::error::Error;

/// The most bytes that one request may have.
pub(crate) const MAX_REQUEST: usize = 64 << 20;

/// The text of one request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Text {
    /// Its bytes; whether they are JSON is not known.
    pub(crate) bytes: Vec<u8>,
    /// The line on which it begins, from 1.
    pub(crate) line: usize,
    /// It had more than [`MAX_REQUEST`] bytes, which were thrown away.
    pub(crate) too_long: bool,
}

/// Where requests come from.
pub(crate) struct Requests {
    reader: BufReader<Box<dyn Read>>,
    /// Bytes that were read ahead, and how many of them were handed out again.
    ahead: (Vec<u8>, usize),
    line: usize,
    mode: Mode,
    /// What messages call it.
    name: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Nothing has been read yet.
    Unknown,
    Lines,
    Done,
}

impl Requests {
    /// Opens a file, or standard input when there is none or it is `-`.
    pub(crate) fn open(path: Option<&Path>, lines: bool) -> Result<Self, Error> {
        match path.filter(|path| path.as_os_str() != "-") {
            Some(path) => {
                let file = File::open(path).map_err(|cause| Error::io("read", path, cause))?;
                Ok(Self::new(
                    Box::new(file),
                    lines,
                    format!("`{}`", path.display()),
                ))
            }
            None => Ok(Self::new(
                Box::new(io::stdin()),
                lines,
                "standard input".to_owned(),
            )),
        }
    }

    fn new(reader: Box<dyn Read>, lines: bool, name: String) -> Self {
        Self {
            reader: BufReader::with_capacity(64 << 10, reader),
            ahead: (Vec::new(), 0),
            line: 0,
            mode: if lines { Mode::Lines } else { Mode::Unknown },
            name,
        }
    }

    /// What messages call it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the next request may have to be waited for.
    pub(crate) fn may_wait(&self) -> bool {
        self.reader.buffer().is_empty() && self.ahead.1 >= self.ahead.0.len()
    }

    /// The next request, or `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Text>, Error> {
        self.advance()
            .map_err(|cause| Error::io("read", Path::new(self.name.trim_matches('`')), cause))
    }

    fn advance(&mut self) -> io::Result<Option<Text>> {
        match self.mode {
            Mode::Done => Ok(None),
            Mode::Lines => self.next_line(),
            Mode::Unknown => {
                self.mode = Mode::Lines;
                let Some(first) = self.next_line()? else {
                    return Ok(None);
                };
                if first.too_long || !begins_only(&first.bytes) {
                    return Ok(Some(first));
                }
                self.document(first)
            }
        }
    }

    /// Reads on from a line on which a document only begins.
    fn document(&mut self, first: Text) -> io::Result<Option<Text>> {
        let line = first.line;
        let mut copy = Copy {
            from: &mut self.reader,
            seen: Vec::new(),
            left: MAX_REQUEST.saturating_sub(first.bytes.len()),
        };
        let whole = io::Cursor::new(&first.bytes).chain(&mut copy);
        let mut reader = serde_json::Deserializer::from_reader(whole);
        let read = IgnoredAny::deserialize(&mut reader).map(|_| ());
        drop(reader);
        let (too_long, mut seen) = (copy.left == 0, copy.seen);
        if too_long {
            self.mode = Mode::Done;
            return Ok(Some(Text {
                bytes: Vec::new(),
                line,
                too_long: true,
            }));
        }
        let rest_of_line = |this: &mut Self, seen: &mut Vec<u8>| {
            if seen.last() != Some(&b'\n') {
                (&mut this.reader)
                    .take(MAX_REQUEST as u64)
                    .read_until(b'\n', seen)
                    .map(|_| ())
            } else {
                Ok(())
            }
        };
        let alone = match read.as_ref().map_err(serde_json::Error::classify) {
            // Another text after the document makes the input a stream of lines.
            Ok(()) => {
                rest_of_line(self, &mut seen)?;
                let mut blank = seen
                    .iter()
                    .rposition(|byte| !byte.is_ascii_whitespace())
                    .is_none_or(|last| ends_with_document(&first.bytes, &seen, last));
                while blank {
                    let from = seen.len();
                    let read = (&mut self.reader)
                        .take(MAX_REQUEST as u64)
                        .read_until(b'\n', &mut seen)?;
                    if read == 0 {
                        break;
                    }
                    blank = seen
                        .get(from..)
                        .is_some_and(|line| line.iter().all(u8::is_ascii_whitespace));
                }
                blank
            }
            // The end came within the document.
            Err(Category::Eof) => true,
            Err(Category::Io) => {
                return Err(
                    read.map_or_else(io::Error::from, |()| io::Error::from(io::ErrorKind::Other))
                );
            }
            // A broken document goes on indented or closes; a broken first line is
            // followed by a request.
            Err(Category::Syntax | Category::Data) => {
                let start = seen
                    .iter()
                    .rposition(|byte| *byte == b'\n')
                    .map_or(0, |newline| newline + 1);
                let start = if start == seen.len() && start > 0 {
                    seen.get(..start - 1)
                        .and_then(|before| before.iter().rposition(|byte| *byte == b'\n'))
                        .map_or(0, |newline| newline + 1)
                } else {
                    start
                };
                let begins = seen.get(start).copied().unwrap_or(b'}');
                rest_of_line(self, &mut seen)?;
                begins.is_ascii_whitespace() || matches!(begins, b'}' | b']')
            }
        };
        if alone {
            self.mode = Mode::Done;
            let mut bytes = first.bytes;
            bytes.extend_from_slice(&seen);
            return Ok(Some(Text {
                bytes,
                line,
                too_long: false,
            }));
        }
        self.ahead = (seen, 0);
        Ok(Some(first))
    }

    /// The next line that is not blank.
    fn next_line(&mut self) -> io::Result<Option<Text>> {
        loop {
            let mut bytes = Vec::new();
            let (ahead, at) = &mut self.ahead;
            if let Some(left) = ahead.get(*at..).filter(|left| !left.is_empty()) {
                let end = left
                    .iter()
                    .position(|byte| *byte == b'\n')
                    .map_or(left.len(), |newline| newline + 1);
                bytes.extend_from_slice(left.get(..end).unwrap_or_default());
                *at += end;
            }
            if bytes.last() != Some(&b'\n') {
                let limit = (MAX_REQUEST + 1).saturating_sub(bytes.len());
                (&mut self.reader)
                    .take(limit as u64)
                    .read_until(b'\n', &mut bytes)?;
            }
            if bytes.is_empty() {
                return Ok(None);
            }
            self.line += 1;
            if bytes.len() > MAX_REQUEST && bytes.last() != Some(&b'\n') {
                self.reader.skip_until(b'\n')?;
                return Ok(Some(Text {
                    bytes: Vec::new(),
                    line: self.line,
                    too_long: true,
                }));
            }
            if !bytes.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(Text {
                    bytes,
                    line: self.line,
                    too_long: false,
                }));
            }
        }
    }
}

/// Whether a JSON document begins in these bytes and does not end in them.
fn begins_only(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes)
        .is_err_and(|error| error.classify() == Category::Eof)
}

/// Whether nothing stands between the end of the document and the `last` byte that is not
/// white space: the two parts together are one document.
fn ends_with_document(first: &[u8], seen: &[u8], last: usize) -> bool {
    let whole = io::Cursor::new(first).chain(seen.get(..=last).unwrap_or_default());
    serde_json::from_reader::<_, IgnoredAny>(whole).is_ok()
}

/// Reads on and keeps what was read.
struct Copy<'a> {
    from: &'a mut BufReader<Box<dyn Read>>,
    seen: Vec<u8>,
    left: usize,
}

impl Read for Copy<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(self.left);
        let into = into.get_mut(..most).unwrap_or_default();
        let count = self.from.read(into)?;
        self.seen
            .extend_from_slice(into.get(..count).unwrap_or_default());
        self.left -= count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads all requests and shows each with its line.
    fn check(input: &str, texts: &[&str]) {
        check_with(input, false, texts);
    }

    fn check_with(input: &str, lines: bool, texts: &[&str]) {
        let reader = Box::new(io::Cursor::new(input.as_bytes().to_vec()));
        let mut requests = Requests::new(reader, lines, "test".to_owned());
        let mut read = Vec::new();
        while let Some(text) = requests.next().expect("a cursor never fails") {
            let shown = String::from_utf8(text.bytes).expect("tests are UTF-8");
            read.push(format!("{}: {}", text.line, shown.trim()));
        }
        assert_eq!(read, texts, "{input:?}");
    }

    #[test]
    fn a_document_over_many_lines_is_one_request() {
        check("{\n  \"a\": 1\n}\n", &["1: {\n  \"a\": 1\n}"]);
        check("\n\n{\"a\":\n1}\n\n", &["3: {\"a\":\n1}"]);
        check("[\n1", &["1: [\n1"]);
    }

    #[test]
    fn lines_are_requests() {
        check("{}\n", &["1: {}"]);
        check("{}", &["1: {}"]);
        check("{}\n\n{\"b\":2}\n", &["1: {}", "3: {\"b\":2}"]);
        check("", &[]);
        check(" \n\n", &[]);
    }

    #[test]
    fn a_bad_line_stands_in_its_place() {
        check("nope\n{}\n", &["1: nope", "2: {}"]);
        check("{}\nnope\n{}\n", &["1: {}", "2: nope", "3: {}"]);
        check("{\"a\":1\n{}\n", &["1: {\"a\":1", "2: {}"]);
        check("{\"a\":1,\n{}\n{}\n", &["1: {\"a\":1,", "2: {}", "3: {}"]);
        check("{\"a\n{}\n", &["1: {\"a", "2: {}"]);
    }

    #[test]
    fn a_broken_document_is_one_request() {
        check("{\n  \"a\": 1,\n}\n", &["1: {\n  \"a\": 1,\n}"]);
        check("{\n  \"a\": 1 // one\n}\n", &["1: {\n  \"a\": 1 // one"]);
    }

    #[test]
    fn documents_after_one_another_are_lines() {
        check("{\n}\n{}\n", &["1: {", "2: }", "3: {}"]);
        check("{\n} {}\n", &["1: {", "2: } {}"]);
    }

    #[test]
    fn on_demand_every_line_is_a_request() {
        check_with("{\n}\n", true, &["1: {", "2: }"]);
    }

    #[test]
    fn no_depth_exhausts_the_stack() {
        let deep = "[".repeat(1_000_000);
        check(&deep, &[&format!("1: {deep}")]);
    }
}
