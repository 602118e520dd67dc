//! The segments of a log, and their lines.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use placet_model::json::Json;
use placet_model::wire::read_json;

use super::line::{Line, MAX_LINE_BYTES, MOVE};

/// A file of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) path: PathBuf,
    /// In which of the folders.
    pub(super) folder: usize,
    /// The number of its first record, by its name.
    pub(super) first: u64,
    /// The turn that its first record tells, when that says that the log has moved here.
    pub(super) moved: Option<u64>,
}

/// What is in the folders of a log.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// In the order of the log.
    pub(super) segments: Vec<Segment>,
    /// Files that end like segments and are named as none is.
    pub(super) strange: Vec<PathBuf>,
}

const EXTENSION: &str = "jsonl";
const NAME_DIGITS: usize = 20;

pub(super) fn segment_path(folder: &Path, first: u64) -> PathBuf {
    folder.join(format!("{first:0NAME_DIGITS$}.{EXTENSION}"))
}

pub(super) fn list(folders: &[PathBuf]) -> io::Result<Listing> {
    let mut listing = Listing::default();
    for (folder, path) in folders.iter().enumerate() {
        for entry in fs::read_dir(path)? {
            let path = entry?.path();
            if path
                .extension()
                .is_none_or(|extension| extension != EXTENSION)
            {
                continue;
            }
            match first_of(&path) {
                Some(first) => listing.segments.push(Segment {
                    moved: moved(&path)?,
                    path,
                    folder,
                    first,
                }),
                None => listing.strange.push(path),
            }
        }
    }
    // What was begun in vain and could not be removed comes before what took its place.
    listing
        .segments
        .sort_by_key(|segment| (segment.first, segment.moved, segment.folder));
    listing.strange.sort();
    Ok(listing)
}

fn first_of(path: &Path) -> Option<u64> {
    let name = path.file_stem()?.to_str()?;
    let digits = name.len() == NAME_DIGITS && name.bytes().all(|byte| byte.is_ascii_digit());
    let first = digits.then(|| name.parse().ok()).flatten()?;
    (first > 0).then_some(first)
}

/// Reads the first record, as far as it tells a move.
fn moved(path: &Path) -> io::Result<Option<u64>> {
    const ENOUGH: u64 = 1 << 14;
    let mut start = Vec::new();
    File::open(path)?.take(ENOUGH).read_to_end(&mut start)?;
    let line = start
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    if Line::parse(line).is_none_or(|line| line.event != MOVE) {
        return Ok(None);
    }
    let Ok(Ok(Json::Object(fields))) = read_json(line) else {
        return Ok(None);
    };
    Ok(fields.iter().find_map(|(name, value)| match value {
        Json::Number(turn) if name == "turn" => turn.parse().ok(),
        _ => None,
    }))
}

/// The lines of a segment, one at a time.
pub(super) struct Lines {
    reader: BufReader<File>,
    buffer: Vec<u8>,
    /// The number of the last line that was read, from 1.
    pub(super) number: u64,
    /// Where the next line begins, in bytes.
    pub(super) offset: u64,
}

/// What stands next in a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<'a> {
    /// A line without its line feed.
    Line(&'a [u8]),
    /// A rest that does not end in a line feed, or is longer than any record.
    Torn,
    /// Nothing more.
    End,
}

impl Lines {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            reader: BufReader::with_capacity(1 << 16, File::open(path)?),
            buffer: Vec::new(),
            number: 0,
            offset: 0,
        })
    }

    pub(super) fn next(&mut self) -> io::Result<Next<'_>> {
        self.buffer.clear();
        let most = MAX_LINE_BYTES as u64 + 1;
        let read = (&mut self.reader)
            .take(most)
            .read_until(b'\n', &mut self.buffer)?;
        if read == 0 {
            return Ok(Next::End);
        }
        self.number += 1;
        self.offset += read as u64;
        Ok(match self.buffer.split_last() {
            Some((b'\n', line)) => Next::Line(line),
            _ => Next::Torn,
        })
    }
}
