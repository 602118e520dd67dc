//! Markdown to sections and blocks. What is a fence and what a heading is decided by
//! `pulldown-cmark` alone.

use std::ops::Range;

use placet_syntax::{Before, Lines, Source};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::sections::Section;
use super::{Block, Document, DocumentError, Use, shown};

/// Divides a document.
pub(super) fn read(name: String, text: &str) -> Result<Document, DocumentError> {
    // A byte order mark would hide the first heading.
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut reading = Reading {
        lines: Lines::new(text),
        document: Document {
            name,
            sections: vec![Section {
                level: 0,
                title: "".into(),
                parent: None,
                line: 1,
            }],
            blocks: Vec::new(),
            uses: Vec::new(),
            linter: None,
        },
        open: vec![0],
    };
    let body = text.get(start..).unwrap_or_default();
    reading.events(body, start, false)?;
    Ok(reading.document)
}

struct Reading {
    lines: Lines,
    document: Document,
    /// The sections that a next heading may be part of, the document first.
    open: Vec<usize>,
}

/// The text inside something, piece by piece: pieces leave out what quotes and lists put in
/// front of each line.
#[derive(Default)]
struct Gathered {
    pieces: Vec<Range<usize>>,
}

/// What the events are within.
enum Within {
    Nothing,
    Heading(u8, usize, String),
    Fence(Vec<String>, Gathered),
    Other,
    Html(Gathered),
}

impl Reading {
    /// Goes through Markdown that begins at a byte of the document. In a comment there are
    /// blocks and neither headings nor further comments.
    fn events(&mut self, text: &str, start: usize, comment: bool) -> Result<(), DocumentError> {
        let mut within = Within::Nothing;
        let mut depth = 0_usize;
        for (event, range) in Parser::new_ext(text, options()).into_offset_iter() {
            match (event, &mut within) {
                (Event::Start(Tag::Heading { level, .. }), Within::Nothing)
                    if depth == 0 && !comment =>
                {
                    within = Within::Heading(level as u8, start + range.start, String::new());
                }
                (Event::Text(text) | Event::Code(text), Within::Heading(_, _, title)) => {
                    title.push_str(&text);
                }
                (Event::SoftBreak | Event::HardBreak, Within::Heading(_, _, title)) => {
                    title.push(' ');
                }
                (Event::End(TagEnd::Heading(_)), Within::Heading(level, at, title)) => {
                    let (level, at) = (*level, *at);
                    let title = std::mem::take(title);
                    self.heading(level, at, &title);
                    within = Within::Nothing;
                }
                (Event::Start(Tag::CodeBlock(kind)), _) => {
                    within = match kind {
                        CodeBlockKind::Fenced(info) => match words(&info) {
                            Some(words) => Within::Fence(words, Gathered::default()),
                            None => Within::Other,
                        },
                        CodeBlockKind::Indented => Within::Other,
                    };
                }
                (Event::Text(_), Within::Fence(_, gathered)) => gathered.pieces.push(range),
                (Event::End(TagEnd::CodeBlock), Within::Fence(words, gathered)) => {
                    let (words, gathered) = (std::mem::take(words), std::mem::take(gathered));
                    self.fence(text, start, range, &words, &gathered)?;
                    within = Within::Nothing;
                }
                (Event::End(TagEnd::CodeBlock), _) => within = Within::Nothing,
                (Event::Start(Tag::HtmlBlock), _) if !comment => {
                    within = Within::Html(Gathered::default());
                }
                (Event::Html(_), Within::Html(gathered)) => gathered.pieces.push(range),
                (Event::End(TagEnd::HtmlBlock), Within::Html(gathered)) => {
                    let gathered = std::mem::take(gathered);
                    within = Within::Nothing;
                    self.comments(&gathered.cleared(text, range.clone()), start + range.start)?;
                }
                (Event::Start(tag), _) if holds_blocks(&tag) => depth += 1,
                (Event::End(tag), _) if ends_blocks(tag) => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        Ok(())
    }

    fn heading(&mut self, level: u8, at: usize, title: &str) {
        while let Some(last) = self.open.last().copied()
            && last != 0
            && self.level(last) >= level
        {
            self.open.pop();
        }
        let section = self.document.sections.len();
        self.document.sections.push(Section {
            level,
            title: shown(title.trim()),
            parent: self.open.last().copied(),
            line: self.line(at),
        });
        self.open.push(section);
    }

    fn level(&self, section: usize) -> u8 {
        let sections = &self.document.sections;
        sections.get(section).map_or(0, |section| section.level)
    }

    /// The section in which the reader is.
    fn section(&self) -> usize {
        self.open.last().copied().unwrap_or_default()
    }

    /// The line of a byte of the document, from 1.
    fn line(&self, at: usize) -> u32 {
        let line = self.lines.line(u32::try_from(at).unwrap_or(u32::MAX));
        u32::try_from(line).unwrap_or(u32::MAX).saturating_add(1)
    }

    fn fence(
        &mut self,
        text: &str,
        start: usize,
        range: Range<usize>,
        words: &[String],
        gathered: &Gathered,
    ) -> Result<(), DocumentError> {
        let line = self.line(start + range.start);
        let whole = text.get(range.clone()).unwrap_or_default();
        if !is_closed(whole) {
            let what = "the block that begins here is never closed";
            return Err(self.document.error(line, what));
        }
        let mut run = true;
        for word in words {
            match word.as_str() {
                "ignore" => run = false,
                word => {
                    let what = format!(
                        "`{}` after `placet` means nothing; `ignore` has a block not run",
                        shown(word)
                    );
                    return Err(self.document.error(line, what));
                }
            }
        }
        if !run {
            return Ok(());
        }
        let first = whole.find('\n').map_or(whole.len(), |end| end + 1);
        let inside = range.start + first..range.end;
        let begins = start + inside.start;
        let block = Block {
            section: self.section(),
            source: Source::part(
                self.document.name.clone(),
                gathered.cleared(text, inside),
                Before {
                    lines: self.line(begins).saturating_sub(1),
                    bytes: u32::try_from(begins).unwrap_or(u32::MAX),
                },
            ),
        };
        self.document.blocks.push(block);
        Ok(())
    }

    /// Blocks in comments are run and not rendered; `<!-- placet with PATH -->` asks for texts.
    fn comments(&mut self, html: &str, start: usize) -> Result<(), DocumentError> {
        let mut from = 0;
        while let Some(open) = find(html, from, "<!--") {
            let begins = open + "<!--".len();
            let ends = find(html, begins, "-->").unwrap_or(html.len());
            let inside = html.get(begins..ends).unwrap_or_default();
            match inside.trim().strip_prefix("placet") {
                Some(said) if !said.starts_with(|char: char| char.is_alphanumeric()) => {
                    self.directive(said.trim(), start + open)?;
                }
                _ => self.events(inside, start + begins, true)?,
            }
            from = ends;
        }
        Ok(())
    }

    fn directive(&mut self, said: &str, at: usize) -> Result<(), DocumentError> {
        let line = self.line(at);
        let path = said.strip_prefix("with ").map(str::trim);
        match path.filter(|path| !path.is_empty() && !path.contains('\n')) {
            Some(path) => {
                self.document.uses.push(Use {
                    path: path.to_owned(),
                    line,
                    section: self.section(),
                    texts: Vec::new(),
                });
                Ok(())
            }
            None => {
                let what = "`<!-- placet with PATH -->` is all that can be said here";
                Err(self.document.error(line, what))
            }
        }
    }
}

impl Gathered {
    /// A part of the text as long as it is, of which nothing but the pieces and the ends of
    /// lines is left.
    fn cleared(&self, text: &str, part: Range<usize>) -> String {
        let original = text.get(part.clone()).unwrap_or_default().as_bytes();
        let mut bytes: Vec<u8> = original
            .iter()
            .map(|byte| match byte {
                b'\n' | b'\r' => *byte,
                _ => b' ',
            })
            .collect();
        for piece in &self.pieces {
            let (from, to) = (piece.start.max(part.start), piece.end.min(part.end));
            let range = from.saturating_sub(part.start)..to.saturating_sub(part.start);
            if let (Some(into), Some(of)) = (bytes.get_mut(range.clone()), original.get(range)) {
                into.copy_from_slice(of);
            }
        }
        // Pieces begin and end between characters, and spaces stand for whole ones.
        String::from_utf8(bytes).unwrap_or_default()
    }
}

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS
}

/// The words after `placet`, if this is such a block. What comes from the first attribute on,
/// `title="…"` or `{1-3}`, is for tools that render documents.
fn words(info: &str) -> Option<Vec<String>> {
    let mut words = info
        .split([' ', '\t', ','])
        .filter(|word| !word.is_empty())
        .take_while(|word| !word.contains(['=', '{']));
    let first = words.next()?;
    first
        .eq_ignore_ascii_case("placet")
        .then(|| words.map(ToOwned::to_owned).collect())
}

/// Whether a fenced block ends with its own fence and not with the document or a list.
fn is_closed(whole: &str) -> bool {
    let fence = |line: &str| {
        let bare = line.trim_start_matches([' ', '\t', '>']).trim_end();
        let mark = bare
            .chars()
            .next()
            .filter(|mark| matches!(mark, '`' | '~'))?;
        let rest = bare.trim_start_matches(mark);
        Some((mark, bare.len() - rest.len(), rest.is_empty()))
    };
    let mut lines = whole.trim_end().lines();
    let (first, last) = (
        lines.next().and_then(fence),
        lines.next_back().and_then(fence),
    );
    match (first, last) {
        (Some((mark, length, _)), Some((end, end_length, true))) => {
            mark == end && end_length >= length
        }
        _ => false,
    }
}

fn find(text: &str, from: usize, what: &str) -> Option<usize> {
    text.get(from..)?.find(what).map(|at| from + at)
}

/// In quotes, lists and footnotes a heading begins no section.
const fn holds_blocks(tag: &Tag<'_>) -> bool {
    matches!(
        tag,
        Tag::BlockQuote(_) | Tag::List(_) | Tag::FootnoteDefinition(_)
    )
}

const fn ends_blocks(tag: TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::FootnoteDefinition
    )
}
