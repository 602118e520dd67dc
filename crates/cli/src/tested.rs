//! What `placet test` runs: policy sets, and documents with policies in them.

use std::path::{Path, PathBuf};

use placet::suite::markdown::{self, Document};
use placet::suite::{Options, Report, not_played, run_checked};

use crate::command::lint;
use crate::error::Error;
use crate::files;
use crate::suites::{self, Named, Suite, is_document};

/// Something with tests.
pub(crate) enum Tested {
    /// A policy set.
    Policy(Suite),
    /// A Markdown document.
    Document(Page),
}

/// A document that was named or found.
pub(crate) struct Page {
    name: String,
    path: PathBuf,
    /// It was given as a path itself, not found below one.
    named: bool,
}

impl Named for Tested {
    fn name(&self) -> &str {
        match self {
            Self::Policy(suite) => &suite.name,
            Self::Document(page) => &page.name,
        }
    }
}

/// What paths name: policy sets first, then documents; never none.
///
/// A folder with policy text below it is policy sets, and its Markdown describes them. A
/// folder with none is all documents below it.
pub(crate) fn find(paths: &[PathBuf]) -> Result<Vec<Tested>, Error> {
    let mut policies = Vec::new();
    let mut pages: Vec<Page> = Vec::new();
    for path in paths {
        if is_document(path) {
            pages.push(Page::new(path.clone(), true));
        } else if path.is_dir() && files::below(path, files::is_policy)?.is_empty() {
            let found = files::below(path, is_document)?;
            if found.is_empty() {
                return Err(Error::NothingToTest(path.clone()));
            }
            pages.extend(found.into_iter().map(|path| Page::new(path, false)));
        } else {
            policies.push(path.clone());
        }
    }
    let mut all = Vec::new();
    if !policies.is_empty() {
        all.extend(suites::find(&policies)?.into_iter().map(Tested::Policy));
    }
    pages.sort_by(|a, b| (&a.path, !a.named).cmp(&(&b.path, !b.named)));
    pages.dedup_by(|a, b| a.path == b.path);
    all.extend(pages.into_iter().map(Tested::Document));
    Ok(all)
}

impl Tested {
    /// Runs the tests, or says of all of them that they were not run; `None` for what has
    /// nothing to do with tests. What is found in a policy set is said.
    pub(crate) fn run(
        &self,
        options: &Options,
        stopped: bool,
        said: &mut String,
    ) -> Result<Option<Report>, Error> {
        match self {
            Self::Policy(suite) => {
                let checked = suite.check_aloud(said);
                let report = match stopped {
                    true => not_played(&checked, options),
                    false => run_checked(&checked, options),
                };
                report.map(Some).ok_or(Error::PolicyHasErrors)
            }
            Self::Document(page) => page.run(options, stopped),
        }
    }
}

impl Page {
    fn new(path: PathBuf, named: bool) -> Self {
        Self {
            name: path.display().to_string(),
            path,
            named,
        }
    }

    fn run(&self, options: &Options, stopped: bool) -> Result<Option<Report>, Error> {
        let bytes = files::read(&self.path)?;
        let mut document = Document::read(self.name.as_str(), bytes).map_err(refused)?;
        document.lint_with(lint::look);
        if document.is_empty() && !self.named {
            return Ok(None);
        }
        let folder = self.path.parent().unwrap_or(Path::new(""));
        for used in document.uses() {
            let path = folder.join(&used.path);
            let paths = match path.is_dir() {
                true => files::policy_files(&[path])?,
                false if files::is_policy(&path) || is_document(&path) => vec![path],
                false => {
                    return Err(Error::refused(
                        format!(
                            "{}:{}: `{}` is neither policy text nor a document",
                            self.name,
                            used.line,
                            path.display()
                        ),
                        Some("name a `.placet` file, a folder with some, or a `.md` file"),
                    ));
                }
            };
            let mut texts = Vec::new();
            for path in paths {
                texts.push((path.display().to_string(), files::read(&path)?));
            }
            used.bring(texts).map_err(refused)?;
        }
        let report = match stopped {
            true => document.not_run(options),
            false => document.run(options),
        };
        report.map(Some).map_err(refused)
    }
}

fn refused(error: markdown::DocumentError) -> Error {
    Error::refused(error.to_string(), None)
}
