//! What can be found, each under a stable code.

use smol_str::SmolStr;

use super::declared::At;

/// One difference between a policy and what is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind it is.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// What differs, in lower case without a full stop.
    pub message: String,
    /// Where in the policy.
    pub at: Option<At>,
    /// Where in the lists: which of them, and the JSON pointer.
    pub real: Option<(usize, String)>,
    /// What it is about: a tool, function, parameter or rule by its path.
    pub about: SmolStr,
    /// What to do about it.
    pub help: String,
    /// What to write, if that is one thing.
    pub write: Option<String>,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The policy rests on something that is no longer so.
    Error,
    /// The policy and what is differ; calls may be refused that should not be.
    Warning,
}

impl Severity {
    /// As it is shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

macro_rules! codes {
    ($($variant:ident $code:literal $name:literal $summary:literal)*) => {
        /// The kinds of findings. Codes and names are never used for anything else.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $summary] $variant,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it finds, in one sentence.
            #[must_use]
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)* }
            }
        }
    };
}

codes! {
    ServerUnknown "DR0101" "server-unknown" "No tool of the policy stands for the server."
    ToolUnknown "DR0102" "tool-unknown" "The server has a tool that the policy does not declare."
    ToolGone "DR0103" "tool-gone" "The policy declares a tool that the server no longer has."
    ParameterUnknown "DR0201" "parameter-unknown" "A tool takes a parameter that the policy does not declare."
    ParameterGone "DR0202" "parameter-gone" "The policy declares a parameter that the tool no longer takes."
    TypeChanged "DR0203" "type-changed" "A parameter has another type than the policy declares."
    PresenceChanged "DR0204" "presence-changed" "A parameter is optional on one side and required on the other."
    DefaultChanged "DR0205" "default-changed" "A parameter that is left out means another value than the policy assumes."
    MeaningChanged "DR0301" "meaning-changed" "The server claims other effects of a tool than when it was imported."
    ActionDoubted "DR0302" "action-doubted" "The policy calls a tool reading, and its server claims that it changes something."
    GrantUnused "DR0401" "grant-unused" "No call was granted by a rule, as far as the audit tells."
    GrantWide "DR0402" "grant-wide" "A rule grants functions or actions that no call used, as far as the audit tells."
    ScopeWide "DR0501" "scope-wide" "An OAuth scope is wider than what requests of granted tools require."
    ScopeMissing "DR0502" "scope-missing" "Requests of a granted tool require an OAuth scope that is not there."
    AllowanceUnused "DR0901" "allowance-unused" "`@drift-allows` names something that does not differ."
}

impl Finding {
    /// The order in which findings are shown: by place, then code, then what they are about.
    pub(crate) fn order(&self) -> (usize, Option<At>, Code, &str) {
        let list = self.real.as_ref().map_or(usize::MAX, |(list, _)| *list);
        (list, self.at, self.code, &self.about)
    }
}
