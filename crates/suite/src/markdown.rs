//! Documents whose policies are checked and whose tests are played: prose and fenced `placet`
//! blocks in one Markdown text.
//!
//! A document is a tree of sections by its headings. The blocks of a section and of the
//! sections above it are one policy set, each block as a file of its own; sections beside one
//! another do not see each other. What checking is to find stands in a comment at the line
//! that it is about, and everything else that it finds is a failure.
//!
//! ````
//! let guide = r#"
//! # Notes
//!
//! ```placet
//! agent assistant
//! tool notes { action read { read_note(owner: text) -> "note/{owner}" } }
//! ```
//!
//! ## Who reads what
//!
//! ```placet
//! grant own-notes {
//!   agent assistant  user any  tool notes  action read  resource "note/{user.id}"
//! }
//! test "a note of somebody else stays closed" {
//!   agent assistant
//!   user  ana
//!   issue notes read "note/*" -> narrowed to "note/ana" by own-notes
//!   call  notes.read_note { owner = "ben" } -> deny out-of-scope
//! }
//! ```
//!
//! ## A name that is not declared
//!
//! ```placet
//! deny no-writing { action write }  // error[PL0105]: unknown action `write`
//! ```
//! "#;
//! let report = placet_suite::markdown::run("guide.md", guide)?;
//! assert!(report.passed(), "{report}");
//! assert_eq!(report.tests[1].title, "A name that is not declared");
//! # Ok::<(), placet_suite::markdown::DocumentError>(())
//! ````
//!
//! What it all means is told in `docs/reference/markdown.md`.

use std::fmt;

use placet_compiler::Compilation;
use placet_model::text::is_bidi_control;
use placet_syntax::{Before, Code, Comment, Diagnostic, Source, Sources, ast};
use smol_str::SmolStr;

use crate::{Options, Report};

mod expected;
mod read;
mod sections;
mod sets;

use sections::Section;

/// The most bytes that all policy sets of one document hold together: what is in a section
/// above others is in each of theirs.
pub const LIMIT: usize = 32 * 1024 * 1024;

/// A document, read and divided.
#[derive(Clone, Debug)]
pub struct Document {
    name: String,
    /// In the order of the text; the first has what stands before any heading.
    sections: Vec<Section>,
    blocks: Vec<Block>,
    uses: Vec<Use>,
    linter: Option<Linter>,
}

/// Looks at the policy set of a section for some lints. The suite knows none itself.
pub type Linter = fn(&Set<'_>) -> Vec<Diagnostic>;

/// The policy set of a section, compiled.
#[derive(Clone, Copy, Debug)]
pub struct Set<'s> {
    /// All texts of the document.
    pub sources: &'s Sources,
    /// The trees of the set.
    pub files: &'s [ast::File],
    /// The comments of each of them; a tree beyond has none.
    pub comments: &'s [Vec<Comment>],
    /// What they compile to.
    pub compilation: &'s Compilation,
    /// The lints that the document is about: those that its comments name.
    pub codes: &'s [Code],
}

/// A fenced block of policy text.
#[derive(Clone, Debug)]
struct Block {
    section: usize,
    /// The lines of the block with all that is not policy text, such as `> `, as spaces.
    source: Source,
}

/// Texts that a document asks for: they belong to the section in which it does.
#[derive(Clone, Debug)]
pub struct Use {
    /// The path as it is written: from the document's folder.
    pub path: String,
    /// The line that asks for them, from 1.
    pub line: u32,
    section: usize,
    texts: Vec<Source>,
}

impl Use {
    /// Brings the texts, each with its name. A text whose name ends in `.md` is a document: its
    /// blocks are taken, whatever their sections.
    ///
    /// # Errors
    ///
    /// When such a document cannot be read.
    pub fn bring<N, T>(
        &mut self,
        texts: impl IntoIterator<Item = (N, T)>,
    ) -> Result<(), DocumentError>
    where
        N: Into<String>,
        T: AsRef<[u8]>,
    {
        for (name, bytes) in texts {
            let name = name.into();
            let text = utf8(&name, bytes.as_ref())?;
            if is_document(&name) {
                let blocks = Document::read(name, text)?.blocks;
                self.texts
                    .extend(blocks.into_iter().map(|block| block.source));
            } else {
                self.texts.push(Source::new(name, text));
            }
        }
        Ok(())
    }
}

/// Whether a file of this name is a document.
#[must_use]
pub fn is_document(name: &str) -> bool {
    let end = name.rsplit_once('.').map(|(_, end)| end);
    end.is_some_and(|end| end.eq_ignore_ascii_case("md") || end.eq_ignore_ascii_case("markdown"))
}

/// Reads a document that needs no other texts and runs it.
///
/// # Errors
///
/// When the document cannot be read, or asks for other texts: see [`Document::uses`].
pub fn run(name: impl Into<String>, text: impl AsRef<[u8]>) -> Result<Report, DocumentError> {
    Document::read(name, text)?.run(&Options::default())
}

impl Document {
    /// Divides a text. Nothing of its policies is looked at yet.
    ///
    /// # Errors
    ///
    /// When it is not UTF-8, a block is never closed, or something is marked in a way that
    /// means nothing.
    pub fn read(name: impl Into<String>, text: impl AsRef<[u8]>) -> Result<Self, DocumentError> {
        let name = name.into();
        let text = utf8(&name, text.as_ref())?;
        read::read(name, text)
    }

    /// The texts that it asks for; each is to be [brought](Use::bring) before it is run.
    pub fn uses(&mut self) -> impl Iterator<Item = &mut Use> {
        self.uses.iter_mut()
    }

    /// Has lints looked for, where the document expects some: those that its comments name, in
    /// each of its sections.
    pub fn lint_with(&mut self, linter: Linter) {
        self.linter = Some(linter);
    }

    /// Whether it has no block that is run.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Checks the policy set of each section and plays its tests.
    ///
    /// # Errors
    ///
    /// When texts that it asks for were not brought, an expectation names no code, or the
    /// policy sets are larger than [`LIMIT`] together.
    pub fn run(&self, options: &Options) -> Result<Report, DocumentError> {
        sets::run(self, options, false)
    }

    /// The report of a document of which nothing was played, as after a failure elsewhere.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn not_run(&self, options: &Options) -> Result<Report, DocumentError> {
        sets::run(self, options, true)
    }

    fn error(&self, line: u32, what: impl Into<String>) -> DocumentError {
        DocumentError {
            name: self.name.clone(),
            line,
            what: what.into(),
        }
    }
}

/// Why a document cannot be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentError {
    /// The document.
    pub name: String,
    /// The line, from 1.
    pub line: u32,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.name, self.line, self.what)
    }
}

impl std::error::Error for DocumentError {}

fn utf8<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, DocumentError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        DocumentError {
            name: name.to_owned(),
            line: before(valid).lines.saturating_add(1),
            what: "the document is not UTF-8".to_owned(),
        }
    })
}

/// What stands before a place, counted.
fn before(text: &[u8]) -> Before {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Before {
        lines: count(text.iter().filter(|byte| **byte == b'\n').count()),
        bytes: count(text.len()),
    }
}

/// Text of a document as it may be shown: what commands a terminal or turns the direction of
/// writing is none of it.
fn shown(text: &str) -> SmolStr {
    text.chars()
        .map(|char| match char.is_control() || is_bidi_control(char) {
            true => char::REPLACEMENT_CHARACTER,
            false => char,
        })
        .collect()
}
