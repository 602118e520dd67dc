//! Credentials to JSON and back, exactly.

use smol_str::SmolStr;

use super::build::{Members, list, number, shown, string, texts};
use super::limits::{MAX_CHAIN, MAX_CREDENTIAL_SCOPES};
use super::object::{Object, array, expected, fields, id, integer, text, time};
use super::place::{Invalid, Place};
use super::request::{assents, pattern, principal, task};

use crate::credential::{Credential, Scope};
use crate::json::Json;
use crate::request::{Assent, Covers, Principal, ScopeRequest, Task};

/// The version of the JSON shape.
const VERSION: i64 = 1;

/// A credential as JSON.
#[must_use]
pub fn credential_to_json(credential: &Credential) -> Json {
    let Credential {
        id,
        agent,
        user,
        task,
        context,
        issued,
        not_after,
        policy,
        scopes,
        consents,
        approvals,
        parent,
    } = credential;
    let mut json = Members::default();
    json.put("version", number(VERSION));
    json.maybe("id", id.clone().map(string));
    json.put("agent", principal_to_json(agent));
    json.maybe("user", user.as_ref().map(principal_to_json));
    json.maybe("task", task.as_ref().map(task_to_json));
    json.some("context", Json::Object(context.clone()));
    json.put("issued", shown(issued));
    json.put("not_after", shown(not_after));
    json.put("policy", string(policy.clone()));
    json.put("scopes", list(scopes, scope_to_json));
    json.some("consents", list(consents, assent_to_json));
    json.some("approvals", list(approvals, assent_to_json));
    json.maybe("parent", parent.as_deref().map(credential_to_json));
    json.into()
}

/// Reads a credential, or an issuance decision that has one. `None` when there is none:
/// `{}`.
///
/// # Errors
///
/// The first thing that is wrong, with its place within the credential.
pub fn read_credential(json: Json) -> Result<Option<Credential>, Invalid> {
    credential_member(json, &Place::Root)
}

pub(super) fn credential_member(
    json: Json,
    place: &Place<'_>,
) -> Result<Option<Credential>, Invalid> {
    let mut members = fields(json, place)?;
    if members.is_empty() {
        return Ok(None);
    }
    // A whole issuance decision is known by its `decision`.
    if members.iter().any(|(name, _)| name == "decision") {
        let at = members
            .iter()
            .position(|(name, value)| name == "credential" && *value != Json::Null);
        let Some(at) = at else {
            return Err(place.invalid("this decision carries no credential"));
        };
        let (_, credential) = members.swap_remove(at);
        return read(credential, &place.key("credential"), MAX_CHAIN).map(Some);
    }
    read(Json::Object(members), place, MAX_CHAIN).map(Some)
}

/// Scopes as they are shown in decisions and credentials.
#[must_use]
pub fn scope_to_json(scope: &Scope) -> Json {
    let Scope {
        tool,
        action,
        resource,
        except,
        not_after,
        delegate,
        rules,
        residual,
    } = scope;
    let mut json = Members::default();
    json.put("tool", string(tool.clone()));
    json.put("action", string(action.clone()));
    json.put("resource", string(resource.clone()));
    json.some("except", texts(except));
    json.put("not_after", shown(not_after));
    json.put("delegate", number(i64::from(*delegate)));
    json.put("rules", texts(rules));
    json.some("residual", texts(residual));
    json.into()
}

/// A scope that is asked for, one text where there is one only.
#[must_use]
pub fn scope_request_to_json(scope: &ScopeRequest) -> Json {
    let few = |members: &[SmolStr]| match members {
        [only] => string(only.clone()),
        _ => texts(members),
    };
    let mut json = Members::default();
    json.put("tool", string(scope.tool.clone()));
    json.put("action", few(&scope.actions));
    json.put("resource", few(&scope.resources));
    json.into()
}

/// A scope of one action and one pattern.
pub(super) fn scope_triple_to_json(tool: &SmolStr, action: &SmolStr, resource: &SmolStr) -> Json {
    let mut json = Members::default();
    json.put("tool", string(tool.clone()));
    json.put("action", string(action.clone()));
    json.put("resource", string(resource.clone()));
    json.into()
}

fn read(json: Json, place: &Place<'_>, links: usize) -> Result<Credential, Invalid> {
    const KEYS: [&str; 13] = [
        "version",
        "id",
        "agent",
        "user",
        "task",
        "context",
        "issued",
        "not_after",
        "policy",
        "scopes",
        "consents",
        "approvals",
        "parent",
    ];
    let Some(links) = links.checked_sub(1) else {
        return Err(place.invalid(format!("a chain has at most {MAX_CHAIN} credentials")));
    };
    let mut members = Object::read(json, place, &KEYS)?;
    members.need("version", version)?;
    Ok(Credential {
        id: members.maybe("id", id)?,
        agent: members.need("agent", principal)?,
        user: members.maybe("user", principal)?,
        task: members.maybe("task", task)?,
        context: members.maybe("context", fields)?.unwrap_or_default(),
        issued: members.need("issued", time)?,
        not_after: members.need("not_after", time)?,
        policy: members.need("policy", id)?,
        scopes: members.need("scopes", |json, place| {
            array(json, place, MAX_CREDENTIAL_SCOPES, scope)
        })?,
        consents: members.maybe("consents", assents)?.unwrap_or_default(),
        approvals: members.maybe("approvals", assents)?.unwrap_or_default(),
        parent: members
            .maybe("parent", |json, place| read(json, place, links))?
            .map(Box::new),
    })
}

fn version(json: Json, place: &Place<'_>) -> Result<(), Invalid> {
    match integer(json, place)? {
        VERSION => Ok(()),
        other => Err(place.invalid(format!(
            "version {other} of credentials is not known here; this is version {VERSION}"
        ))),
    }
}

fn scope(json: Json, place: &Place<'_>) -> Result<Scope, Invalid> {
    const KEYS: [&str; 8] = [
        "tool",
        "action",
        "resource",
        "except",
        "not_after",
        "delegate",
        "rules",
        "residual",
    ];
    let mut members = Object::read(json, place, &KEYS)?;
    let most = MAX_CREDENTIAL_SCOPES;
    Ok(Scope {
        tool: members.need("tool", id)?,
        action: members.need("action", id)?,
        resource: members.need("resource", pattern)?,
        except: members
            .maybe("except", |json, place| array(json, place, most, pattern))?
            .unwrap_or_default(),
        not_after: members.need("not_after", time)?,
        delegate: members.need("delegate", depth)?,
        rules: members.need("rules", |json, place| array(json, place, most, text))?,
        residual: members
            .maybe("residual", |json, place| array(json, place, most, text))?
            .unwrap_or_default(),
    })
}

fn depth(json: Json, place: &Place<'_>) -> Result<u32, Invalid> {
    let wrong = expected("a depth of delegation", &json, place);
    u32::try_from(integer(json, place)?).map_err(|_| wrong)
}

pub(super) fn principal_to_json(principal: &Principal) -> Json {
    let mut json = Members::default();
    json.put("id", string(principal.id.clone()));
    json.maybe("groups", principal.groups.as_deref().map(texts));
    json.some("facts", Json::Object(principal.facts.clone()));
    json.into()
}

pub(super) fn task_to_json(task: &Task) -> Json {
    let mut json = Members::default();
    json.put("id", string(task.id.clone()));
    json.some("facts", Json::Object(task.facts.clone()));
    json.into()
}

/// A consent or approval as requests and credentials carry it.
#[must_use]
pub fn assent_to_json(assent: &Assent) -> Json {
    let Assent {
        by,
        groups,
        agent,
        user,
        task,
        covers,
        not_after,
    } = assent;
    let mut json = Members::default();
    json.put("by", string(by.clone()));
    json.maybe("groups", groups.as_deref().map(texts));
    json.put("agent", string(agent.clone()));
    json.maybe("user", user.clone().map(string));
    json.maybe("task", task.clone().map(string));
    put_covers(&mut json, covers);
    json.maybe("not_after", not_after.map(shown));
    json.into()
}

/// What an assent covers, as its `call` or its `scope`.
pub(super) fn put_covers(json: &mut Members, covers: &Covers) {
    match covers {
        Covers::Call(call) => json.put("call", string(call.clone())),
        Covers::Scope(scope) => json.put("scope", scope_request_to_json(scope)),
    }
}
