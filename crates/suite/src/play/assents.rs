//! Consents and approvals in a test: what the last denial asked for, or one call.

use placet_compiler::scenario::RecordKind;
use placet_credential::store::AssentKind;
use placet_evaluator::is_in;
use placet_model::decision::Decision;
use placet_model::digest::call_digest;
use placet_model::json::Fields;
use placet_model::policy::{Group, GroupKind, Policy};
use placet_model::request::{Asked, Assent, Covers};
use placet_model::wire::{AskedFor, decision_to_json, read_ask};
use smol_str::SmolStr;

use super::world::World;
use super::{Stage, Stop};

/// What the last denial asked for that asked for anything.
#[derive(Default)]
pub(super) struct Unmet(AskedFor);

impl Unmet {
    /// Takes it as whoever is asked gets it.
    pub(super) fn learn(&mut self, decision: &Decision) {
        let duties = &decision.obligations;
        if decision.asks()
            && !(duties.consents.is_empty() && duties.approvals.is_empty())
            && let Ok(asked) = read_ask(decision_to_json(decision))
        {
            self.0 = asked;
        }
    }
}

impl Stage {
    /// Records what somebody gives.
    pub(super) fn record(
        &self,
        world: &World,
        kind: RecordKind,
        (by, own): (&SmolStr, Option<&Vec<SmolStr>>),
        call: Option<&(SmolStr, Fields)>,
    ) -> Result<(), Stop> {
        let (kind, given) = match (kind, call) {
            (RecordKind::Consent, Some((tool, args))) => {
                let given = self.to_call(world, by, None, tool, args);
                (AssentKind::Consent, vec![given])
            }
            (RecordKind::Approval, Some((tool, args))) => {
                let groups = own.or_else(|| world.user_groups(by)).cloned();
                let groups = groups.unwrap_or_else(|| self.groups_with_requests());
                let given = self.to_call(world, by, Some(groups), tool, args);
                (AssentKind::Approval, vec![given])
            }
            (RecordKind::Consent, None) => (AssentKind::Consent, self.consents(by)?),
            (RecordKind::Approval, None) => {
                let said = own.or_else(|| world.user_groups(by));
                (AssentKind::Approval, self.approvals(said, by)?)
            }
        };
        for assent in given {
            self.service
                .record_assent(kind, assent, world.now)
                .map_err(|error| Stop::at_step(what(kind), error.to_string()))?;
        }
        Ok(())
    }

    fn consents(&self, by: &SmolStr) -> Result<Vec<Assent>, Stop> {
        let asked = &self.unmet.0.consents;
        let own: Vec<Assent> = asked.iter().filter(|of| of.by == *by).cloned().collect();
        match asked.first() {
            _ if !own.is_empty() => Ok(own),
            Some(other) => Err(Stop::at_step(
                "a consent that was asked for",
                format!("the consent of `{}` was, not that of `{by}`", other.by),
            )),
            None => Err(Stop::at_step(
                "a consent that was asked for",
                "no denial has asked for one",
            )),
        }
    }

    /// Approvals by somebody who is in the groups that are said, or in what is asked for.
    fn approvals(&self, said: Option<&Vec<SmolStr>>, by: &SmolStr) -> Result<Vec<Assent>, Stop> {
        let policy = self.engine.compiled().policy();
        let asked = &self.unmet.0.approvals;
        let mut given = Vec::new();
        for approver in asked {
            let groups = match said {
                Some(groups) => groups.clone(),
                None => from_request(policy, &approver.group),
            };
            if is_in(policy, &approver.group, by, Some(&groups)) {
                given.push(approver.by(by.clone(), Some(groups)));
            }
        }
        match asked.first() {
            _ if !given.is_empty() => Ok(given),
            Some(other) => Err(Stop::at_step(
                "an approval that was asked for",
                format!(
                    "somebody of `{}` was asked, and `{by}` is not in it",
                    other.group
                ),
            )),
            None => Err(Stop::at_step(
                "an approval that was asked for",
                "no denial has asked for one",
            )),
        }
    }

    /// An assent to one call of whoever acts now.
    fn to_call(
        &self,
        world: &World,
        by: &SmolStr,
        groups: Option<Vec<SmolStr>>,
        tool: &SmolStr,
        args: &Fields,
    ) -> Assent {
        let asked = Asked::Call {
            tool: tool.clone(),
            args: args.clone(),
        };
        let held = self.last.as_ref().map(|issued| &issued.credential);
        let request = world.request(held, asked);
        Assent {
            by: by.clone(),
            groups,
            agent: request.agent.id,
            user: request.user.map(|user| user.id),
            task: request.task.map(|task| task.id),
            covers: Covers::Call(call_digest(tool, args)),
            not_after: None,
        }
    }

    fn groups_with_requests(&self) -> Vec<SmolStr> {
        let groups = self.engine.compiled().policy().groups.iter();
        groups
            .filter(|group| group.kind == GroupKind::Users && group.from_request)
            .map(|group| group.name.clone())
            .collect()
    }
}

const fn what(kind: AssentKind) -> &'static str {
    match kind {
        AssentKind::Consent => "a consent",
        AssentKind::Approval => "an approval",
    }
}

/// A group and those nested in it.
fn with_nested<'p>(policy: &'p Policy, name: &str) -> Vec<&'p Group> {
    let mut groups = policy.groups.iter();
    let Some(group) = groups.find(|group| group.kind == GroupKind::Users && group.name == name)
    else {
        return Vec::new();
    };
    let nested = group.nested.iter();
    let nested = nested.filter_map(|id| policy.groups.get(id.index()));
    std::iter::once(group).chain(nested).collect()
}

/// Whoever the test calls an approver is in the group, where membership comes with
/// requests: a test vouches for it as a host does.
fn from_request(policy: &Policy, name: &str) -> Vec<SmolStr> {
    let groups = with_nested(policy, name).into_iter();
    groups
        .filter(|group| group.from_request)
        .map(|group| group.name.clone())
        .collect()
}
