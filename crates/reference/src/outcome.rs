//! What two implementations must agree on.

use placet_model::credential::Scope;
use placet_model::decision::{Answer, Became, Decision, Obligations, Reason};
use placet_model::value::Time;
use smol_str::SmolStr;

use crate::issuance::maximal;
use crate::segment;

/// A decision without the words that people read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Why.
    pub reason: Reason,
    /// The rules that decided, `layer/rule`, sorted.
    pub rules: Vec<SmolStr>,
    /// Limits and duties; the texts of budgets' limits are left out.
    pub obligations: Obligations,
    /// At run time: what the call is, action and resource, sorted.
    pub requests: Vec<(SmolStr, SmolStr)>,
    /// At issuance: what each scope became.
    pub scopes: Vec<ScopeOutcome>,
    /// At issuance, when anything was granted.
    pub credential: Option<Credential>,
    /// At listing.
    pub tools: Vec<(SmolStr, Answer)>,
}

/// What a requested scope became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeOutcome {
    /// In a word.
    pub became: Became,
    /// Why.
    pub reason: Reason,
    /// What was issued.
    pub scopes: Vec<Scope>,
    /// The rules that decided, sorted.
    pub rules: Vec<SmolStr>,
}

/// What of a credential does not follow from the request alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The holder.
    pub agent: SmolStr,
    /// The user.
    pub user: Option<SmolStr>,
    /// The task.
    pub task: Option<SmolStr>,
    /// When it was issued.
    pub issued: Time,
    /// When it ends.
    pub not_after: Time,
    /// All scopes.
    pub scopes: Vec<Scope>,
    /// The agents above it, root first.
    pub above: Vec<SmolStr>,
}

impl Outcome {
    /// A bare refusal.
    #[must_use]
    pub fn refusal(reason: Reason) -> Self {
        Self {
            reason,
            rules: vec![],
            obligations: Obligations::default(),
            requests: vec![],
            scopes: vec![],
            credential: None,
            tools: vec![],
        }
    }
}

impl From<&Decision> for Outcome {
    fn from(decision: &Decision) -> Self {
        let mut obligations = decision.obligations.clone();
        for budget in &mut obligations.budgets {
            budget.limit = SmolStr::default();
        }
        let names = |rules: &[placet_model::decision::RuleNote]| {
            rules.iter().map(|rule| rule.name.clone()).collect()
        };
        Self {
            reason: decision.reason,
            rules: names(&decision.rules),
            obligations,
            requests: decision
                .requests
                .iter()
                .map(|request| (request.action.clone(), request.resource.clone()))
                .collect(),
            scopes: decision
                .scopes
                .iter()
                .map(|scope| ScopeOutcome {
                    became: scope.became,
                    reason: scope.reason,
                    scopes: scope.scopes.iter().map(normal).collect(),
                    rules: names(&scope.rules),
                })
                .collect(),
            credential: decision.credential.as_ref().map(Credential::from),
            tools: decision
                .tools
                .iter()
                .map(|tool| (tool.tool.clone(), tool.answer))
                .collect(),
        }
    }
}

impl From<&placet_model::credential::Credential> for Credential {
    fn from(credential: &placet_model::credential::Credential) -> Self {
        Self {
            agent: credential.agent.id.clone(),
            user: credential.user.as_ref().map(|user| user.id.clone()),
            task: credential.task.as_ref().map(|task| task.id.clone()),
            issued: credential.issued,
            not_after: credential.not_after,
            scopes: credential.scopes.iter().map(normal).collect(),
            above: credential
                .parent
                .as_ref()
                .map(|parent| crate::world::agents_of(parent))
                .unwrap_or_default(),
        }
    }
}

/// A scope whose exceptions are written in one way.
fn normal(scope: &Scope) -> Scope {
    let Some(region) = segment::pattern(&scope.resource) else {
        return scope.clone();
    };
    let cuts = scope.except.iter().filter_map(|cut| segment::pattern(cut));
    let parts = cuts.flat_map(|cut| cut.intersect(&region)).collect();
    let mut normal = scope.clone();
    normal.except = maximal(parts)
        .iter()
        .map(|cut| cut.written().into())
        .collect();
    normal
}
