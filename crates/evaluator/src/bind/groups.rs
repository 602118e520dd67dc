//! Groups: in which declared ones an agent or user is.

use placet_model::ids::GroupId;
use placet_model::policy::{Group, GroupKind, Policy};
use placet_model::question::{Names, Party};
use smol_str::SmolStr;

use crate::inputs::Membership;
use crate::typed::{Invalid, brief};

/// Whether somebody is in a group of users, or one nested in it: by the policy, or where
/// its members come with requests, by what is said of them. Not known is no.
#[must_use]
pub fn is_in(policy: &Policy, group: &str, who: &str, said: Option<&[SmolStr]>) -> bool {
    membership(policy, GroupKind::Users, who, said.map(Names::Read))
        .sure
        .iter()
        .filter_map(|id| policy.groups.get(id.index()))
        .any(|sure| sure.name == group)
}

/// In which groups an agent or user is. Who decides calls asks the index.
pub(crate) fn membership(
    policy: &Policy,
    kind: GroupKind,
    id: &str,
    given: Option<Names<'_>>,
) -> Membership<'static> {
    let mut result = Membership::default();
    for (at, group) in policy.groups.iter().enumerate() {
        if group.kind == kind {
            match is_member(policy, group, id, given) {
                Some(true) => result.add([GroupId::new(at)]),
                Some(false) => {}
                None => result.unsure.push(GroupId::new(at)),
            }
        }
    }
    result
}

/// Whether somebody is in a group or one nested in it; `None` when it was not told.
pub(crate) fn is_member(
    policy: &Policy,
    group: &Group,
    id: &str,
    given: Option<Names<'_>>,
) -> Option<bool> {
    let nested = group
        .nested
        .iter()
        .filter_map(|id| policy.groups.get(id.index()));
    let mut answer = Some(false);
    for one in std::iter::once(group).chain(nested) {
        let direct = if one.from_request {
            given.map(|given| given.contains(&one.name))
        } else {
            let member = one.members.binary_search_by(|name| name.as_str().cmp(id));
            Some(member.is_ok())
        };
        match direct {
            Some(true) => return Some(true),
            Some(false) => {}
            None => answer = None,
        }
    }
    answer
}

/// A request cannot put anybody into a group whose members the policy names.
pub(super) fn check_groups(
    policy: &Policy,
    kind: GroupKind,
    party: Party<'_>,
    membership: &Membership<'_>,
    place: &str,
) -> Result<(), Invalid> {
    for (at, name) in party.groups.into_iter().flat_map(Names::iter).enumerate() {
        let group = policy
            .groups
            .iter()
            .position(|group| group.kind == kind && group.name == name)
            .map(GroupId::new);
        let Some(id) = group else { continue };
        let from_request = policy
            .groups
            .get(id.index())
            .is_some_and(|group| group.from_request);
        if !from_request && membership.sure.binary_search(&id).is_err() {
            return Err(Invalid::new(
                format!("{place}/{at}"),
                format!(
                    "the policy names the members of group `{name}`, and `{}` is not among them",
                    brief(party.id)
                ),
            ));
        }
    }
    Ok(())
}
