//! OAuth scopes: those with which requests are made, and those that the requests of granted tools
//! require.

use std::collections::{BTreeMap, BTreeSet};

use placet_syntax::quoted as string;
use smol_str::SmolStr;

use super::compare::{Compared, Real};
use super::declared::{At, Declared, DeclaredTool};
use super::finding::{Code, Finding, Severity};
use crate::clean::quoted;
use crate::listing::Tool;

/// Compares the scopes of each tool, which `@oauth-scopes` before it names, with what its
/// granted functions require. `held` names them instead, for a token that is known; `granted`
/// says of a function, by its path, whether some rule grants it: all are when it is `None`.
#[must_use]
pub fn scopes(
    declared: &Declared,
    reals: &[Real],
    compared: &Compared,
    held: Option<&[SmolStr]>,
    granted: Option<&BTreeSet<SmolStr>>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, tool) in declared.tools.iter().enumerate() {
        let (scopes, place) = match (held, &tool.scopes) {
            (Some(held), _) => (held, tool.at),
            (None, Some((scopes, place))) => (scopes.as_slice(), *place),
            (None, None) => continue,
        };
        let stands = compared.stands.iter().zip(reals).enumerate();
        let offered: Vec<(usize, &Tool)> = stands
            .filter(|(_, (stands, _))| stands.contains(&at))
            .flat_map(|(list, (_, real))| real.listing.tools.iter().map(move |tool| (list, tool)))
            .collect();
        if !offered.is_empty() {
            let one = One {
                tool,
                held: scopes.iter().collect(),
                place,
                offered,
                granted,
            };
            findings.extend(one.compare());
        }
    }
    findings
}

struct One<'a> {
    tool: &'a DeclaredTool,
    held: BTreeSet<&'a SmolStr>,
    place: At,
    offered: Vec<(usize, &'a Tool)>,
    granted: Option<&'a BTreeSet<SmolStr>>,
}

impl One<'_> {
    fn compare(&self) -> Vec<Finding> {
        // Which tools need each scope, and what is needed and not there.
        let mut needed: BTreeMap<&SmolStr, &Tool> = BTreeMap::new();
        let mut missing: Vec<(usize, &Tool, Vec<&SmolStr>)> = Vec::new();
        for (list, tool) in self
            .offered
            .iter()
            .filter(|(_, tool)| self.is_granted(tool))
        {
            let oauth = &tool.oauth;
            let there = oauth
                .required
                .iter()
                .filter(|scope| self.held.contains(scope));
            let absent: Vec<&SmolStr> = oauth
                .required
                .iter()
                .filter(|scope| !self.held.contains(scope))
                .collect();
            match oauth.any {
                true if absent.len() < oauth.required.len() => {
                    if let Some(one) = there.into_iter().next() {
                        needed.entry(one).or_insert(tool);
                    }
                    continue;
                }
                _ => there.for_each(|scope| {
                    needed.entry(scope).or_insert(tool);
                }),
            }
            let does = oauth.accepted.iter().any(|scope| self.held.contains(scope));
            if !absent.is_empty() && !does {
                missing.push((*list, tool, absent));
            }
        }
        let least = self.least(&needed);
        let mut findings: Vec<Finding> = self
            .held
            .iter()
            .filter(|scope| !needed.contains_key(**scope))
            .map(|scope| self.wide(scope, &least))
            .collect();
        findings.extend(missing.into_iter().map(|(list, tool, absent)| {
            let absent: Vec<String> = absent.iter().map(|scope| quoted(scope)).collect();
            Finding {
                code: Code::ScopeMissing,
                severity: Severity::Warning,
                message: format!(
                    "requests of {} require the scope {}, and that is not held",
                    quoted(&tool.name),
                    absent.join(if tool.oauth.any { " or " } else { " and " })
                ),
                at: Some(self.place),
                real: Some((list, format!("{}/_meta/oauth", tool.pointer))),
                about: format!("{}.{}", self.tool.path, tool.name).into(),
                help: "hold it as well, or grant the tool no longer".into(),
                write: Some(note(&least)),
            }
        }));
        findings
    }

    fn is_granted(&self, tool: &Tool) -> bool {
        let path = format!("{}.{}", self.tool.path, tool.name);
        let declares = self.tool.functions.iter().any(|one| one.name == tool.name);
        declares
            && self
                .granted
                .is_none_or(|granted| granted.contains(path.as_str()))
    }

    /// The least that is required: what is held and needed, and for the rest what is required.
    fn least(&self, needed: &BTreeMap<&SmolStr, &Tool>) -> Vec<SmolStr> {
        let mut least: BTreeSet<SmolStr> = needed.keys().map(|scope| (*scope).clone()).collect();
        for (_, tool) in self
            .offered
            .iter()
            .filter(|(_, tool)| self.is_granted(tool))
        {
            let enough = tool
                .oauth
                .required
                .iter()
                .any(|scope| least.contains(scope));
            let accepted = tool
                .oauth
                .accepted
                .iter()
                .any(|scope| least.contains(scope));
            match tool.oauth.any {
                true if enough => {}
                true => least.extend(tool.oauth.required.first().cloned()),
                false if accepted => {}
                false => least.extend(tool.oauth.required.iter().cloned()),
            }
        }
        least.into_iter().collect()
    }

    fn wide(&self, scope: &SmolStr, least: &[SmolStr]) -> Finding {
        let asks = |granted: bool| {
            self.offered
                .iter()
                .map(|(_, tool)| *tool)
                .filter(move |tool| self.is_granted(tool) == granted)
        };
        let narrower = asks(true).find(|tool| tool.oauth.accepted.contains(scope));
        let other = asks(false).find(|tool| tool.oauth.required.contains(scope));
        let why = match (narrower, other) {
            (Some(tool), _) => format!(
                "; for {} {} is enough",
                quoted(&tool.name),
                tool.oauth
                    .required
                    .iter()
                    .map(|one| quoted(one))
                    .collect::<Vec<_>>()
                    .join(" and ")
            ),
            (None, Some(tool)) => format!("; {} does, and no rule grants it", quoted(&tool.name)),
            (None, None) => String::new(),
        };
        Finding {
            code: Code::ScopeWide,
            severity: Severity::Error,
            message: format!(
                "no granted function of `{}` requires the scope {}{why}",
                self.tool.path,
                quoted(scope)
            ),
            at: Some(self.place),
            real: self.offered.first().map(|(list, _)| (*list, String::new())),
            about: self.tool.path.clone(),
            help: "ask for a token without it".into(),
            write: Some(note(least)),
        }
    }
}

fn note(scopes: &[SmolStr]) -> String {
    let scopes: Vec<String> = scopes.iter().map(|scope| string(scope)).collect();
    match scopes.is_empty() {
        true => "@oauth-scopes".to_owned(),
        false => format!("@oauth-scopes({})", scopes.join(", ")),
    }
}
