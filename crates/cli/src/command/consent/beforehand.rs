//! A consent that is given before anything asks for it.

use placet::Policy;
use placet::credential::store::AssentKind;
use placet::json::closest;
use placet::model::request::{Assent, Covers, ScopeRequest};

use crate::args::Consent;
use crate::error::Error;

/// What is recorded before anything asks for it.
pub(super) fn assent(
    policy: &Policy,
    args: &Consent,
) -> Result<Option<(AssentKind, Assent)>, Error> {
    let Some(scope) = &args.scope else {
        return Ok(None);
    };
    let ([tool, action, resource], Some(agent)) = (scope.as_slice(), &args.agent) else {
        return Err(Error::refused(
            "a scope has a tool, an action and a resource, and an agent to whom it is given",
            None,
        ));
    };
    known(policy, tool, action)?;
    let kind = if args.approval {
        AssentKind::Approval
    } else {
        AssentKind::Consent
    };
    let assent = Assent {
        by: args.by.clone(),
        groups: args.groups.clone(),
        agent: agent.clone(),
        user: args.user.clone(),
        task: args.task.clone(),
        covers: Covers::Scope(ScopeRequest {
            tool: tool.into(),
            actions: vec![action.into()],
            resources: vec![resource.into()],
        }),
        not_after: None,
    };
    Ok(Some((kind, assent)))
}

/// What no call can be of is a mistake: nothing would ever rest on it.
fn known(policy: &Policy, tool: &str, action: &str) -> Result<(), Error> {
    let policy = policy.policy();
    let tools: Vec<&str> = policy
        .functions
        .iter()
        .flat_map(|function| {
            let path = function.path.as_str();
            let above = path.match_indices('.').filter_map(|(at, _)| path.get(..at));
            above.chain([path])
        })
        .collect();
    let actions: Vec<&str> = policy
        .actions
        .iter()
        .map(|action| action.name.as_str())
        .collect();
    for (what, name, names) in [("tool", tool, &tools), ("action", action, &actions)] {
        if name != "any" && !names.contains(&name) {
            let meant = closest(name, names.iter().copied());
            return Err(Error::Refused {
                why: format!("the policy has no {what} `{name}`"),
                help: meant.map(|meant| format!("did you mean `{meant}`?")),
            });
        }
    }
    Ok(())
}
