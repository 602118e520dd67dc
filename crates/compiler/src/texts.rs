//! From texts to a checked policy set.

use std::fmt;

use placet_model::compiled::Compiled;
use placet_syntax::ast::Item;
use placet_syntax::{Code, Comment, Diagnostic, Source, Sources, Span, ast};

use crate::claim::Claims;
use crate::rows::rows_of;
use crate::scenario::Scenario;

/// Checks the texts of a policy set and compiles it when there is no error.
///
/// Each text comes with a name, which findings show; it need not be UTF-8. The order of the
/// texts means nothing.
pub fn check<N, T>(texts: impl IntoIterator<Item = (N, T)>) -> Checked
where
    N: Into<String>,
    T: Into<Vec<u8>>,
{
    let mut sources = Sources::default();
    let mut diagnostics = Vec::new();
    let mut files = Vec::new();
    let mut comments = Vec::new();
    for (name, bytes) in texts {
        let (text, invalid) = match String::from_utf8(bytes.into()) {
            Ok(text) => (text, None),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let shown = String::from_utf8_lossy(error.as_bytes()).into_owned();
                (shown, Some(at))
            }
        };
        let id = sources.add(Source::new(name, text));
        let Some(source) = sources.get(id) else {
            continue;
        };
        let mut parsed = placet_syntax::parse(id, source);
        match invalid {
            // What else is wrong with it may come of the bytes that were replaced.
            Some(at) => {
                parsed.file.recovered = true;
                diagnostics.push(not_utf8(id, at));
            }
            None => diagnostics.append(&mut parsed.diagnostics),
        }
        files.push(parsed.file);
        comments.push(parsed.comments);
    }
    let mut compilation = crate::compile(&sources, &files);
    diagnostics.append(&mut compilation.diagnostics);
    diagnostics.sort_by_key(|found| found.primary().map(|label| (label.file, label.span)));
    let usable = !diagnostics.iter().any(Diagnostic::is_error);
    let policy = compilation.compiled.filter(|_| usable);
    let (claims, scenarios) = match policy {
        Some(_) => (compilation.claims, compilation.scenarios),
        None => (Claims::default(), Vec::new()),
    };
    Checked {
        census: Census::of(&files),
        sources,
        diagnostics,
        policy,
        claims,
        scenarios,
        files,
        comments,
    }
}

/// Compiles the texts of a policy set; see [`check`] for all that can be known of it.
///
/// # Errors
///
/// The findings, of which at least one is an error.
pub fn compile<N, T>(texts: impl IntoIterator<Item = (N, T)>) -> Result<Compiled, Findings>
where
    N: Into<String>,
    T: Into<Vec<u8>>,
{
    let checked = check(texts);
    match checked.policy {
        Some(policy) => Ok(policy),
        None => Err(Findings {
            sources: checked.sources,
            diagnostics: checked.diagnostics,
        }),
    }
}

/// What checking a policy set gave.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The texts, for showing findings.
    pub sources: Sources,
    /// What was found, by text and place.
    pub diagnostics: Vec<Diagnostic>,
    /// The policy; `None` when there is an error.
    pub policy: Option<Compiled>,
    /// Its claims, in the order of the texts; none when there is an error.
    pub claims: Claims,
    /// Its tests, in the order of the texts; none when there is an error.
    pub scenarios: Vec<Scenario>,
    /// What the texts hold.
    pub census: Census,
    /// The trees of the texts, for their tests and fixtures.
    pub files: Vec<ast::File>,
    /// The comments of each of the texts.
    pub comments: Vec<Vec<Comment>>,
}

/// How many things the texts of a policy set hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Texts.
    pub files: usize,
    /// Grants, denies and requires.
    pub rules: usize,
    /// Claims, which `placet_analysis` proves or refutes.
    pub claims: usize,
    /// Tests, which checking does not run: `placet_suite` does, and `placet test`.
    pub tests: usize,
}

impl Census {
    fn of(files: &[ast::File]) -> Self {
        let mut census = Self {
            files: files.len(),
            ..Self::default()
        };
        for item in files.iter().flat_map(|file| &file.items) {
            census.count(item);
        }
        census
    }

    fn count(&mut self, item: &Item) {
        match &item.kind {
            ast::ItemKind::Rule(_) => self.rules += 1,
            ast::ItemKind::Claim(_) => self.claims += 1,
            ast::ItemKind::Test(test) => self.tests += rows_of(test).map_or(1, <[_]>::len),
            _ => {}
        }
    }
}

/// Why a policy set cannot be used.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The texts.
    pub sources: Sources,
    /// What was found in them.
    pub diagnostics: Vec<Diagnostic>,
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the policy has errors")?;
        for found in &self.diagnostics {
            f.write_str("\n")?;
            if let Some(label) = found.primary()
                && let Some(source) = self.sources.get(label.file)
            {
                let place = source.line_column(label.span.start);
                write!(f, "{}:{}:{}: ", source.name, place.line, place.column)?;
            }
            write!(
                f,
                "{}[{}]: {}",
                found.severity.as_str(),
                found.code,
                found.message
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for Findings {}

fn not_utf8(file: placet_syntax::FileId, at: usize) -> Diagnostic {
    Diagnostic::error(Code::PL0016, "the file is not UTF-8")
        .at(file, Span::at(at), "the first byte that is not")
        .help("save it as UTF-8, without a byte order mark")
}
