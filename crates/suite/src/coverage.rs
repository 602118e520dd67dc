//! What of a policy its tests show: which rules decided, and which of their clauses and
//! conditions were seen true and false where they decided.
//!
//! Counted in the typed policy: neither the layout of the texts nor the order of files and
//! rules makes a difference. A clause *decides* at a step when the rule would have matched
//! otherwise were that clause alone otherwise: all its other clauses held. What is counted,
//! and what is not, stands in the reference (`docs/reference/coverage.md`).
//!
//! ```
//! use placet_suite::coverage::{Options, run};
//!
//! let checked = placet_compiler::texts::check([(
//!     "notes.placet",
//!     r#"
//!     policy notes { language 1  layers main  lifetime 1h }
//!     facts context { risk: int }
//!     agent assistant
//!     tool notes { action read { read_note(owner: text, id: int) -> "note/{owner}/{id}" } }
//!     grant own-notes {
//!       agent assistant  user any  tool notes  action read  resource "note/{user.id}/**"
//!       when context.risk < 50
//!     }
//!     test "a note is read at little risk" {
//!       agent assistant  user ana  context { risk = 10 }
//!       issue notes read "note/ana/**" -> grant by own-notes
//!     }
//!     "#,
//! )]);
//! let report = run(&checked, &Options::default()).ok_or("the policy has errors")?;
//! assert!(report.to_string().contains("context.risk < 50: never seen false"), "{report}");
//! # Ok::<(), &str>(())
//! ```

mod counted;
mod decided;
mod places;
mod reach;
mod tally;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use placet_compiler::Place;
use placet_compiler::scenario::Scenario;
use placet_compiler::texts::Checked;
use placet_evaluator::Engine;
use placet_model::policy::RuleKind;
use placet_syntax::Sources;
use smol_str::SmolStr;

use crate::hands::share_out;
use crate::play::play_watched;
use crate::progress::{Event, Progress};
use crate::run::selects;
use tally::{Hits, Tally};

/// Which tests are watched, and by how many threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Only tests with one of these in their names; all, when it is empty.
    pub filter: Vec<String>,
    /// How many threads play tests. The report is the same whatever it is.
    pub jobs: NonZeroUsize,
    /// Who is told how far it is.
    pub progress: Progress,
}

impl Default for Options {
    /// All tests, on one thread.
    fn default() -> Self {
        Self {
            filter: Vec::new(),
            jobs: NonZeroUsize::MIN,
            progress: Progress::default(),
        }
    }
}

/// What the tests of a policy set show of it.
///
/// Shown, it lists what was never seen: the same policy gives the same text.
#[derive(Clone, Debug)]
pub struct Report {
    /// The texts.
    pub sources: Sources,
    /// How many tests the texts have, chosen or not.
    pub total: usize,
    /// How many were chosen and passed. No others count.
    pub passed: usize,
    /// The titles of those that were chosen and failed.
    pub failed: Vec<SmolStr>,
    /// The rules, in the order of the texts.
    pub rules: Vec<Rule>,
}

/// A rule and what was seen of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `layer/rule`
    pub name: SmolStr,
    /// What kind of rule it is.
    pub kind: RuleKind,
    /// Where its kind and name stand.
    pub place: Place,
    /// How many steps it decided: a grant granted, a deny denied or cut, a require was
    /// asked for.
    pub decided: usize,
    /// What is counted of it: clauses, condition atoms, duties and limits.
    pub parts: Vec<Part>,
}

/// A part of a rule and what was seen of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// What it is, as policy text, lets written out.
    pub text: SmolStr,
    /// Where it stands in the rule; of what a `let` says, where it is used.
    pub place: Place,
    /// Where it stands in the `let` that says it.
    pub shared: Option<Place>,
    /// What is worth having been seen.
    pub outcomes: Vec<Outcome>,
    /// At how many steps it would have decided but could not be told.
    pub undefined: usize,
}

/// What a part of a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKind {
    /// The agent clause.
    Agent,
    /// The user clause.
    User,
    /// The tool clause.
    Tool,
    /// The action clause.
    Action,
    /// The resource clause.
    Resource,
    /// One of several patterns of the resource clause.
    Pattern,
    /// `at issuance`, `at runtime`
    Moment,
    /// An atom of a `when`.
    When,
    /// An atom of an `unless`.
    Unless,
    /// `consent`
    Consent,
    /// `approval`, of one group.
    Approval,
    /// `budget`
    Budget,
    /// `delegate`
    Delegate,
    /// `for`
    For,
}

impl PartKind {
    /// As reports say it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::User => "user",
            Self::Tool => "tool",
            Self::Action => "action",
            Self::Resource => "resource",
            Self::Pattern => "pattern",
            Self::Moment => "moment",
            Self::When => "when",
            Self::Unless => "unless",
            Self::Consent => "consent",
            Self::Approval => "approval",
            Self::Budget => "budget",
            Self::Delegate => "delegate",
            Self::For => "for",
        }
    }
}

/// Something that can be seen of a part, and at how many steps it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What.
    pub what: What,
    /// At how many steps.
    pub seen: usize,
}

/// What can be seen of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// A clause held, and so did all others: the rule matched.
    Held,
    /// A clause failed, and all others held.
    Failed,
    /// A pattern was one that matched, and all other clauses held.
    Matched,
    /// An atom was true where it decided.
    True,
    /// An atom was false where it decided.
    False,
    /// A consent or approval was missing, and stopped a request.
    Asked,
    /// A consent or approval was there, and let a request through.
    Given,
    /// A budget was charged.
    Charged,
    /// A budget was used up, and stopped a request.
    Exhausted,
    /// A lifetime was the shortest that bound what was granted.
    Bound,
    /// A credential was handed on.
    Used,
    /// A credential could not be handed on.
    Stopped,
}

impl What {
    /// As reports say it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Matched => "matched",
            Self::True => "true",
            Self::False => "false",
            Self::Asked => "asked",
            Self::Given => "given",
            Self::Charged => "charged",
            Self::Exhausted => "exhausted",
            Self::Bound => "bound",
            Self::Used => "used",
            Self::Stopped => "stopped",
        }
    }

    /// What a reader is told when it was never seen.
    #[must_use]
    pub const fn never(self) -> &'static str {
        match self {
            Self::Held => "never seen to hold where it decided",
            Self::Failed => "never seen to fail where it decided",
            Self::Matched => "never the one that matched",
            Self::True => "never seen true where it decided",
            Self::False => "never seen false where it decided",
            Self::Asked => "never seen to stop anything",
            Self::Given => "never seen given",
            Self::Charged => "never charged",
            Self::Exhausted => "never seen exhausted",
            Self::Bound => "never the limit that bound",
            Self::Used => "never made use of",
            Self::Stopped => "never seen to stop anything",
        }
    }
}

/// How much was seen of how much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rules that decided.
    pub decided: usize,
    /// All rules.
    pub rules: usize,
    /// Outcomes that were seen. That a rule decided is one of its own.
    pub seen: usize,
    /// All outcomes.
    pub outcomes: usize,
}

impl Counts {
    /// `seen / outcomes` in thousandths, rounded down: 1000 only if all were seen.
    #[must_use]
    pub fn permille(self) -> usize {
        let share = self.seen.saturating_mul(1000).checked_div(self.outcomes);
        share.unwrap_or(0)
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self {
            decided: self.decided + other.decided,
            rules: self.rules + other.rules,
            seen: self.seen + other.seen,
            outcomes: self.outcomes + other.outcomes,
        }
    }
}

impl Report {
    /// How much was seen of how much there is.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let rules = self.rules.iter().map(Rule::counts);
        rules.fold(Counts::default(), Counts::with)
    }
}

impl Rule {
    /// How much was seen of the rule.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let decided = usize::from(self.decided > 0);
        let outcomes = || self.parts.iter().flat_map(|part| &part.outcomes);
        Counts {
            decided,
            rules: 1,
            seen: decided + outcomes().filter(|outcome| outcome.seen > 0).count(),
            outcomes: 1 + outcomes().count(),
        }
    }

    /// Whether all was seen.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        let counts = self.counts();
        counts.seen == counts.outcomes
    }

    /// What a reader is told of a rule that never decided.
    #[must_use]
    pub const fn never(&self) -> &'static str {
        match self.kind {
            RuleKind::Grant => "never granted anything",
            RuleKind::Deny => "never denied anything",
            RuleKind::Require => "never asked of anything",
        }
    }
}

impl Part {
    /// What was never seen of it.
    pub fn missing(&self) -> impl Iterator<Item = What> {
        let outcomes = self.outcomes.iter();
        outcomes
            .filter(|outcome| outcome.seen == 0)
            .map(|outcome| outcome.what)
    }
}

impl fmt::Display for Report {
    /// What was never seen, rule by rule, and how much was.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for title in &self.failed {
            writeln!(f, "FAILED  {title}")?;
        }
        for rule in self.rules.iter().filter(|rule| !rule.is_covered()) {
            let counts = rule.counts();
            let kind = rule.kind.name();
            writeln!(
                f,
                "{kind} {} {}/{}",
                rule.name, counts.seen, counts.outcomes
            )?;
            if rule.decided == 0 {
                writeln!(f, "  {}", rule.never())?;
            }
            for part in &rule.parts {
                for what in part.missing() {
                    write!(f, "  {}: {}", part.text, what.never())?;
                    let untold = matches!(what, What::True | What::False) && part.undefined > 0;
                    writeln!(f, "{}", if untold { ", only undefined" } else { "" })?;
                }
            }
        }
        let counts = self.counts();
        let permille = counts.permille();
        write!(
            f,
            "rules {}/{}, outcomes {}/{}, {}.{} %",
            counts.decided,
            counts.rules,
            counts.seen,
            counts.outcomes,
            permille / 10,
            permille % 10
        )
    }
}

/// Plays the tests of a checked policy set and watches the rules; `None` when the policy
/// cannot be used.
#[must_use]
pub fn run(checked: &Checked, options: &Options) -> Option<Report> {
    let policy = checked.policy.as_ref()?;
    let engine = Arc::new(Engine::new(policy.clone()));
    let scenarios = checked.scenarios.iter();
    let chosen: Vec<&Scenario> = scenarios
        .filter(|scenario| selects(&options.filter, &scenario.title))
        .collect();
    let tally = Tally::new(&engine, checked);
    let (mut hits, mut failed) = (Hits::default(), Vec::new());
    let watched = share_out(&chosen, options.jobs, &options.progress, |_, scenario| {
        options.progress.tell(Event::Starts(&scenario.title));
        let mut hits = Hits::default();
        let result = play_watched(&engine, scenario, &mut |request, decision| {
            tally.step(request, decision, &mut hits);
        });
        Some(result.map(|()| hits).map_err(|_| scenario.title.clone()))
    });
    for (_, test) in watched {
        match test {
            Ok(more) => hits.add(&more),
            Err(title) => failed.push(title),
        }
    }
    Some(Report {
        sources: checked.sources.clone(),
        total: checked.scenarios.len(),
        passed: chosen.len() - failed.len(),
        failed,
        rules: tally.rules(&hits),
    })
}

#[cfg(test)]
mod tests;
