//! Regions: requests that hang together, in the words of a policy.
//!
//! A region says which requests are inside by clauses that all hold, by what is taken out
//! again, and by what is asked of them besides. It is plain data, made of the rules of one
//! policy or of several, and says nothing of how it is shown.

mod area;
mod within;

use placet_model::decision::Decision;
use placet_model::policy::Moment;
use placet_model::request::Request;
use placet_model::value::Duration;
use smol_str::{SmolStr, format_smolstr};

pub(crate) use area::{Area, meet};
pub(crate) use within::loose;

use crate::ask::Why;

/// Requests that fulfil the same clauses. Texts are policy text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Region {
    /// Agent clauses, `in coders`, each of which holds; none for every agent that is known.
    pub agents: Vec<SmolStr>,
    /// The declared agents that are inside for certain; who else is comes with requests.
    pub declared: Vec<SmolStr>,
    /// User clauses, each of which holds; none for every user, and for none.
    pub users: Vec<SmolStr>,
    /// Tools, each with all below it.
    pub tools: Vec<SmolStr>,
    /// Actions.
    pub actions: Vec<SmolStr>,
    /// Lists of patterns, one of each of which matches; none for all resources.
    pub resources: Vec<Vec<SmolStr>>,
    /// The moment, for what is about one alone.
    pub moment: Option<Moment>,
    /// Conditions, `when context.risk < 50`, each of which holds.
    pub conditions: Vec<SmolStr>,
    /// What is taken out.
    pub except: Vec<Except>,
    /// What is asked of the requests before they are granted.
    pub duties: Vec<Duty>,
    /// How long what is granted lasts at most.
    pub lifetime: Option<Duration>,
    /// How many further links a chain may get.
    pub delegate: u32,
    /// The rules to whom the region is due, `layer/rule`.
    pub rules: Vec<SmolStr>,
    /// A request of the region, confirmed by the evaluator.
    pub witness: Option<Box<Witness>>,
    /// Why there is no witness, with the calls that each reason is about: the region may be
    /// empty.
    pub unknown: Vec<(Why, SmolStr)>,
}

/// What is taken out of a region: requests that fulfil all these clauses, or of which it
/// cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Except {
    /// The clauses of the rule that the region does not imply.
    pub clauses: Vec<SmolStr>,
    /// The rule, when it is one.
    pub rule: Option<SmolStr>,
}

/// What a rule asks of requests of a region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duty {
    /// Duties and limits: `consent per call`.
    pub needs: Vec<SmolStr>,
    /// Of which requests: the clauses of the rule that the region does not imply. None for
    /// all of them.
    pub of: Vec<SmolStr>,
    /// The rule.
    pub rule: SmolStr,
}

/// A request and what is decided of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Witness {
    /// The request, which the policy alone decides.
    pub request: Request,
    /// What is decided.
    pub decision: Decision,
}

/// A clause of a region as a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The word that it begins with: `agent`, `except`, `needs`.
    pub word: &'static str,
    /// What follows.
    pub text: SmolStr,
    /// The rule that says so, for what is taken out and for duties.
    pub rule: Option<SmolStr>,
}

impl Region {
    /// The clauses in the order in which a rule has them, then what is taken out and what is
    /// asked.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut put = |word, text: SmolStr, rule: Option<&SmolStr>| {
            lines.push(Line {
                word,
                text,
                rule: rule.cloned(),
            });
        };
        let every = |clauses: &[SmolStr], all: &'static str| match clauses {
            [] => vec![SmolStr::new_static(all)],
            some => some.to_vec(),
        };
        for clause in every(&self.agents, "any") {
            put("agent", clause, None);
        }
        for clause in every(&self.users, "any, none") {
            put("user", clause, None);
        }
        put("tool", self.tools.join(", ").into(), None);
        put("action", self.actions.join(", ").into(), None);
        if self.resources.is_empty() {
            put("resource", "any".into(), None);
        }
        for patterns in &self.resources {
            put("resource", patterns.join(", ").into(), None);
        }
        if let Some(moment) = self.moment {
            let name = match moment {
                Moment::Issuance => "issuance",
                Moment::Runtime => "runtime",
            };
            put("at", name.into(), None);
        }
        for condition in &self.conditions {
            let (word, text) = match condition.strip_prefix("unless ") {
                Some(text) => ("unless", text),
                None => ("when", condition.strip_prefix("when ").unwrap_or(condition)),
            };
            put(word, text.into(), None);
        }
        for except in &self.except {
            // What a deny leaves, where it has one condition, is a condition as well.
            let (word, text) = match except.clauses.as_slice() {
                [only] => match (only.strip_prefix("unless "), only.strip_prefix("when ")) {
                    (Some(text), _) => ("when", text.into()),
                    (_, Some(text)) => ("unless", text.into()),
                    _ => ("except", only.clone()),
                },
                all => ("except", all.join("  ").into()),
            };
            put(word, text, except.rule.as_ref());
        }
        for duty in &self.duties {
            let needs = duty.needs.join("  ");
            let text = match duty.of.as_slice() {
                [] => needs.into(),
                of => format_smolstr!("{needs}  {}", of.join("  ")),
            };
            put("needs", text, Some(&duty.rule));
        }
        if self.delegate > 0 {
            put("delegate", format_smolstr!("{}", self.delegate), None);
        }
        if let Some(lifetime) = self.lifetime {
            put("for", format_smolstr!("{lifetime}"), None);
        }
        put("by", self.rules.join(", ").into(), None);
        lines
    }
}
