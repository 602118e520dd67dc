//! What is to be known of a rule without running it.

use std::fmt;

use placet_syntax::{Code, Diagnostic};

use crate::context::{Context, Found};

/// A rule: what it is called, what it is about, and how it looks.
#[derive(Debug)]
pub struct Rule {
    /// Its code, which never changes its meaning.
    pub code: Code,
    /// Its name, for people and configuration.
    pub name: &'static str,
    /// What it is about.
    pub category: Category,
    /// How bad a finding is when nobody says otherwise.
    pub level: Level,
    /// Which risks and controls it is about.
    pub tags: &'static [Tag],
    /// The version that has it first.
    pub since: &'static str,
    /// Whether it can mend what it finds.
    pub fixes: Fixes,
    /// What can be set for it.
    pub parameters: &'static [Parameter],
    /// Looks at a policy set.
    pub(crate) check: fn(&Context<'_>, &mut Found),
}

impl Rule {
    /// A finding of this rule, so far without a place.
    pub(crate) fn says(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::warning(self.code, message)
    }
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// More is granted than the work needs.
    Overscope,
    /// What is granted lasts longer, or reaches further, than the work.
    StandingAccess,
    /// Who did it, and who answers for it.
    Attribution,
    /// What stands between an agent and what cannot be taken back.
    Guardrails,
    /// What decides nothing.
    DeadWeight,
    /// What does not mean what it says.
    Correctness,
    /// What makes a policy hard to review.
    Hygiene,
    /// What is said to the linter itself.
    Linting,
}

impl Category {
    /// All categories, in the order of their codes.
    pub const ALL: [Self; 8] = [
        Self::Overscope,
        Self::StandingAccess,
        Self::Attribution,
        Self::Guardrails,
        Self::DeadWeight,
        Self::Correctness,
        Self::Hygiene,
        Self::Linting,
    ];

    /// As it is written in configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overscope => "overscope",
            Self::StandingAccess => "standing-access",
            Self::Attribution => "attribution",
            Self::Guardrails => "guardrails",
            Self::DeadWeight => "dead-weight",
            Self::Correctness => "correctness",
            Self::Hygiene => "hygiene",
            Self::Linting => "linting",
        }
    }

    /// What its rules find, in a sentence.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Overscope => "more is granted than the work needs",
            Self::StandingAccess => {
                "what is granted lasts longer, or reaches further, than the work"
            }
            Self::Attribution => "nobody can tell who did it, or who answers for it",
            Self::Guardrails => "nothing stands between an agent and what cannot be taken back",
            Self::DeadWeight => "it decides nothing, and a reviewer reads it all the same",
            Self::Correctness => "it does not mean what it says",
            Self::Hygiene => "it is harder to review than it need be",
            Self::Linting => "what is said to the linter itself",
        }
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It is not reported.
    Off,
    /// Worth a look.
    Note,
    /// To be mended, or allowed with a reason.
    Warn,
    /// Not to be merged.
    Error,
}

impl Level {
    /// All levels, from none to worst.
    pub const ALL: [Self; 4] = [Self::Off, Self::Note, Self::Warn, Self::Error];

    /// As it is written in configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Note => "note",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// A risk or control of a public catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tag {
    /// OWASP Top 10 for Agentic Applications 2026, by number.
    Asi(u8),
    /// OWASP Non-Human Identities Top 10 2025, by number.
    Nhi(u8),
    /// NIST Cybersecurity Framework 2.0, PR.AA-05: permissions are defined in a policy,
    /// managed, enforced and reviewed, with least privilege and separation of duties.
    PrAa05,
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asi(number) => write!(f, "OWASP ASI{number:02}"),
            Self::Nhi(number) => write!(f, "OWASP NHI{number}:2025"),
            Self::PrAa05 => f.write_str("NIST CSF 2.0 PR.AA-05"),
        }
    }
}

/// Whether a rule can mend what it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fixes {
    /// A person has to.
    None,
    /// Without a change of what is decided: `--fix`.
    Safe,
    /// A person should look at it: `--fix --unsafe`.
    Unsafe,
}

/// Something that can be set for a rule.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name in the rule's table.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// What it is when nobody says otherwise.
    pub default: Default,
}

/// The value of a parameter that is not set.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// A length of time, as in a policy.
    Duration(&'static str),
    /// A number.
    Count(u64),
    /// Words.
    Words(&'static [&'static str]),
}

impl fmt::Display for Default {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duration(text) => write!(f, "\"{text}\""),
            Self::Count(count) => write!(f, "{count}"),
            Self::Words(words) => write!(f, "{words:?}"),
        }
    }
}
