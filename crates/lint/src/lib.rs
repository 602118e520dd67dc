//! What a reviewer of an authorization policy would say of it, and how to mend it.
//!
//! One rule is one file below `rules`, with a descriptor and a check, and one page in
//! `docs/lints`. Checks read the trees for places, the typed policy for what it means, and ask
//! the analysis where a property can be told exactly. A policy that does not compile is not
//! looked at: what is wrong with it comes first.
//!
//! Never reads a file, a clock or the environment: texts and configuration come in, findings
//! with edits go out.
//!
//! ```
//! use placet_lint::{Config, lint};
//!
//! let checked = placet_compiler::texts::check([(
//!     "notes.placet",
//!     r#"
//!     policy notes { language 1  layers main  lifetime 1h }
//!     agent assistant { owner = "desk" }
//!     tool notes { action read { read_note(owner: text) -> "note/{owner}" } }
//!     /// The assistant reads notes.
//!     grant read { agent assistant  user any  tool notes  action read  resource any  for 5m }
//!     test "a note" { agent assistant  user ana  issue notes read "note/ana" -> grant by read }
//!     "#,
//! )]);
//! let found = lint(&checked, &Config::default());
//! assert_eq!(found[0].rule.name, "any-resource");
//! ```

mod allow;
mod config;
mod context;
mod descriptor;
mod extent;
mod finding;
mod mend;
mod reach;
pub mod rules;
mod walk;
mod words;

use placet_compiler::claim::Claims;
use placet_compiler::scenario::Scenario;
use placet_compiler::texts::Checked;
use placet_model::compiled::Compiled;
use placet_syntax::{Comment, Sources, ast};

pub use config::{Config, ConfigError};
pub use descriptor::{Category, Default, Fixes, Level, Parameter, Rule, Tag};
pub use finding::{Edit, Finding, Fix, Meaning, Safety};
pub use mend::{Applied, Mended, Refused, mend};

use context::{Context, Found};

/// A policy set that compiles, with all that rules may look at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The texts.
    pub sources: &'a Sources,
    /// Their trees.
    pub files: &'a [ast::File],
    /// The comments of each of the trees; a tree beyond has none.
    pub comments: &'a [Vec<Comment>],
    /// What they compile to.
    pub policy: &'a Compiled,
    /// The claims.
    pub claims: &'a Claims,
    /// The tests.
    pub tests: &'a [Scenario],
}

impl<'a> Subject<'a> {
    /// What there is to look at in a checked policy set; `None` when it has errors.
    #[must_use]
    pub fn of(checked: &'a Checked) -> Option<Self> {
        Some(Self {
            sources: &checked.sources,
            files: &checked.files,
            comments: &checked.comments,
            policy: checked.policy.as_ref()?,
            claims: &checked.claims,
            tests: &checked.scenarios,
        })
    }
}

/// All findings in a checked policy set, by place; none when it has errors.
#[must_use]
pub fn lint(checked: &Checked, config: &Config) -> Vec<Finding> {
    Subject::of(checked)
        .map(|subject| lint_subject(&subject, config))
        .unwrap_or_default()
}

/// All findings in a policy set, by place.
#[must_use]
pub fn lint_subject(subject: &Subject<'_>, config: &Config) -> Vec<Finding> {
    let context = Context::new(subject, config);
    let mut found = Found::default();
    for rule in rules::ALL {
        if config.may_report(rule) {
            (rule.check)(&context, &mut found);
        }
    }
    let levelled = found.into_findings(subject.sources, config);
    let mut findings = allow::apply(subject, config, levelled);
    findings.sort_by_key(|finding| {
        let place = finding.diagnostic.primary();
        (
            place.map(|label| (label.file, label.span)),
            finding.rule.code,
        )
    });
    findings
}
