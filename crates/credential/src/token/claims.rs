//! The inside of a token: a credential as claims, and claims as a credential.
//!
//! Each datum stands in one claim from which it is read; every other claim that tells it
//! is derived, and compared.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use placet_model::credential::{Credential, Scope};
use placet_model::json::{Fields, Json};
use placet_model::number::exact_integer;
use placet_model::value::Time;
use placet_model::wire::{self, credential_to_json, read_credential};
use smol_str::{SmolStr, ToSmolStr};

use super::SCOPE_TYPE;
use super::error::{Part, TokenError};
use super::jws::read_object;
use crate::id::CredentialId;
use crate::revocation::Epoch;
use crate::store::Held;

/// What a token says besides its credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Envelope {
    pub(super) issuer: SmolStr,
    pub(super) audience: Vec<SmolStr>,
    /// The service behind each scope, where it is told.
    pub(super) locations: Vec<Option<SmolStr>>,
}

/// The claims, as the text that is signed.
pub(super) fn to_text(envelope: &Envelope, held: &Held) -> String {
    wire::to_text(&Json::Object(claims(envelope, held)))
}

/// Reads claims.
pub(super) fn from_bytes(payload: &[u8]) -> Result<(Envelope, Held), TokenError> {
    let found = read_object(payload, Part::Payload)?;
    let (envelope, held) = read(&found)?;
    let derived = claims(&envelope, &held);
    for (name, value) in &derived {
        match member(&found, name) {
            None => return Err(TokenError::Missing(name.clone())),
            Some(told) if !same(told, value) => return Err(TokenError::Disagrees(name.clone())),
            Some(_) => {}
        }
    }
    let unknown = found
        .iter()
        .find(|(name, _)| member(&derived, name).is_none());
    if let Some((name, _)) = unknown {
        return Err(TokenError::UnknownClaim(name.clone()));
    }
    Ok((envelope, held))
}

/// When a token of a credential ends: its `exp`, whole seconds before the credential's
/// own end.
pub(super) fn end(credential: &Credential) -> Time {
    // Rounded towards the past, which does not overflow but for the first instant of all.
    Time(seconds(credential.not_after).saturating_mul(SECOND))
}

const SECOND: i64 = 1_000_000;

fn seconds(time: Time) -> i64 {
    time.0.div_euclid(SECOND)
}

/// All claims. The private one, `placet`, carries what no other has a place for.
fn claims(envelope: &Envelope, held: &Held) -> Fields {
    let credential = &held.credential;
    let agents = agents(credential);
    let (subject, actors) = match (&credential.user, agents.split_first()) {
        (None, Some((root, others))) => (root, others),
        (Some(user), _) => (&user.id, agents.as_slice()),
        (None, None) => (&credential.agent.id, agents.as_slice()),
    };
    let audience = match envelope.audience.as_slice() {
        [only] => string(only),
        several => Json::Array(several.iter().map(string).collect()),
    };

    let mut claims = Fields::new();
    let mut put = |name: &'static str, value: Json| {
        claims.push((SmolStr::new_static(name), value));
    };
    put("iss", string(&envelope.issuer));
    put("sub", string(subject));
    put("aud", audience);
    put("exp", number(seconds(credential.not_after)));
    put("nbf", number(seconds(credential.issued)));
    put("iat", number(seconds(credential.issued)));
    put("jti", Json::String(held.id.as_str().into()));
    if let Some(act) = act(actors) {
        put("act", act);
    }
    put("scope", Json::String(scope(&credential.scopes).into()));
    let (rest, details) = split(envelope, held);
    put("authorization_details", details);
    if let Some(task) = &credential.task {
        put("task", string(&task.id));
    }
    put("policy", string(&credential.policy));
    if let Some(key) = &held.key {
        put("cnf", Json::Object(vec![("jkt".into(), string(key))]));
    }
    put("placet", rest);
    claims
}

/// The agents of a chain, root first.
fn agents(leaf: &Credential) -> Vec<SmolStr> {
    let chain = std::iter::successors(Some(leaf), |link| link.parent.as_deref());
    let mut agents: Vec<SmolStr> = chain.map(|link| link.agent.id.clone()).collect();
    agents.reverse();
    agents
}

/// The actors, given root first, as RFC 8693 nests them: the present one outside.
fn act(actors: &[SmolStr]) -> Option<Json> {
    actors.iter().fold(None, |before, actor| {
        let mut members = vec![("sub".into(), string(actor))];
        members.extend(before.map(|before| ("act".into(), before)));
        Some(Json::Object(members))
    })
}

/// The scopes as OAuth writes them, sorted, each once.
fn scope(scopes: &[Scope]) -> String {
    let mut tokens: Vec<String> = scopes
        .iter()
        .map(|scope| format!("{}:{}", scope_text(&scope.tool), scope_text(&scope.action)))
        .collect();
    tokens.sort();
    tokens.dedup();
    tokens.join(" ")
}

/// A text within the characters of RFC 6749 section 3.3; the others, and those that have a
/// meaning here, are percent-encoded.
fn scope_text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'%' | b':' | b'"' | b'\\' => safe.push_str(&format!("%{byte:02X}")),
            0x21..=0x7E => safe.push(char::from(byte)),
            _ => safe.push_str(&format!("%{byte:02X}")),
        }
    }
    safe
}

/// The members of a credential that have claims of their own.
const ELSEWHERE: [&str; 3] = ["id", "policy", "scopes"];
/// Its members whose `id` has.
const NAMED: [&str; 3] = ["agent", "user", "task"];

/// The credential without what other claims carry, and `authorization_details`.
fn split(envelope: &Envelope, held: &Held) -> (Json, Json) {
    let mut rest = members(credential_to_json(&held.credential));
    let scopes = match take(&mut rest, "scopes") {
        Some(Json::Array(scopes)) => scopes,
        _ => Vec::new(),
    };
    let locations = envelope.locations.iter().chain(std::iter::repeat(&None));
    let details = scopes.into_iter().zip(locations);
    let details = details.map(|(scope, location)| detail(members(scope), location.as_ref()));

    rest.retain(|(name, _)| !ELSEWHERE.contains(&name.as_str()));
    for (name, value) in &mut rest {
        if let (true, Json::Object(members)) = (NAMED.contains(&name.as_str()), value) {
            take(members, "id");
        }
    }
    rest.push(("epoch".into(), Json::Number(held.epoch.0.to_smolstr())));
    (Json::Object(rest), Json::Array(details.collect()))
}

/// A scope as RFC 9396 tells it.
fn detail(mut scope: Fields, location: Option<&SmolStr>) -> Json {
    let mut detail = vec![("type".into(), Json::String(SCOPE_TYPE.into()))];
    let action = take(&mut scope, "action");
    detail.extend(action.map(|action| ("actions".into(), Json::Array(vec![action]))));
    let locations = location.map(|location| Json::Array(vec![string(location)]));
    detail.extend(locations.map(|locations| ("locations".into(), locations)));
    let resource = take(&mut scope, "resource");
    detail.extend(resource.map(|resource| ("identifier".into(), resource)));
    detail.extend(scope);
    Json::Object(detail)
}

/// Reads each datum where it stands. What the other claims say is not looked at here.
fn read(claims: &Fields) -> Result<(Envelope, Held), TokenError> {
    const DETAILS: &str = "authorization_details";
    let Json::Array(details) = need(claims, DETAILS)? else {
        return Err(malformed(DETAILS, "an array"));
    };
    let mut scopes = Vec::new();
    let mut locations = Vec::new();
    for detail in details {
        let (scope, location) = read_detail(detail)?;
        scopes.push(scope);
        locations.push(location);
    }

    let Json::Object(rest) = need(claims, "placet")? else {
        return Err(malformed("placet", "an object"));
    };
    let mut rest = rest.clone();
    let epoch = match take(&mut rest, "epoch") {
        Some(Json::Number(epoch)) => exact_integer(&epoch).and_then(|epoch| epoch.try_into().ok()),
        _ => None,
    };
    let epoch = Epoch(epoch.ok_or(malformed("placet", "with a whole number `epoch`"))?);
    // What is read elsewhere is not read here, too.
    if ELSEWHERE.iter().any(|name| member(&rest, name).is_some()) {
        return Err(malformed("placet", "free of what other claims carry"));
    }

    let subject = text(claims, "sub")?;
    let actor = match member(claims, "act") {
        None => None,
        Some(Json::Object(act)) => match member(act, "sub") {
            Some(Json::String(actor)) => Some(actor),
            _ => return Err(malformed("act", "an object with a text `sub`")),
        },
        Some(_) => return Err(malformed("act", "an object with a text `sub`")),
    };
    for (name, value) in &mut rest {
        let id = match name.as_str() {
            "agent" => actor.unwrap_or(subject),
            "user" => subject,
            "task" => text(claims, "task")?,
            _ => continue,
        };
        let Json::Object(members) = value else {
            return Err(malformed("placet", "with objects for agent, user and task"));
        };
        if member(members, "id").is_some() {
            return Err(malformed("placet", "free of what other claims carry"));
        }
        members.push(("id".into(), string(id)));
    }
    let id = text(claims, "jti")?;
    rest.push(("id".into(), string(id)));
    rest.push(("policy".into(), string(text(claims, "policy")?)));
    rest.push(("scopes".into(), Json::Array(scopes)));
    let credential = match read_credential(Json::Object(rest)) {
        Ok(Some(credential)) => credential,
        Ok(None) => return Err(malformed("placet", "a credential")),
        Err(error) => return Err(TokenError::NoCredential(error)),
    };
    let id = check_ids(&credential)?;
    let envelope = Envelope {
        issuer: text(claims, "iss")?.clone(),
        audience: read_audience(claims)?,
        locations,
    };
    let held = Held {
        id,
        credential,
        epoch,
        key: read_key(claims)?,
    };
    Ok((envelope, held))
}

/// A scope in the shape of credentials, and its service.
fn read_detail(detail: &Json) -> Result<(Json, Option<SmolStr>), TokenError> {
    const CLAIM: &str = "authorization_details";
    let Json::Object(mut scope) = detail.clone() else {
        return Err(malformed(CLAIM, "an array of objects"));
    };
    if take(&mut scope, "type") != Some(Json::String(SCOPE_TYPE.into())) {
        return Err(TokenError::ScopeType);
    }
    let mut only = |name: &str| match take(&mut scope, name) {
        None => Ok(None),
        Some(Json::Array(members)) => match <[Json; 1]>::try_from(members) {
            Ok([Json::String(only)]) => Ok(Some(only)),
            _ => Err(malformed(
                CLAIM,
                "of one action and at most one location each",
            )),
        },
        Some(_) => Err(malformed(
            CLAIM,
            "of one action and at most one location each",
        )),
    };
    let (action, location) = (only("actions")?, only("locations")?);
    let resource = take(&mut scope, "identifier");
    if member(&scope, "action").is_some() || member(&scope, "resource").is_some() {
        return Err(malformed(CLAIM, "of members that each say a thing once"));
    }
    scope.extend(action.map(|action| ("action".into(), Json::String(action))));
    scope.extend(resource.map(|resource| ("resource".into(), resource)));
    Ok((Json::Object(scope), location))
}

fn read_audience(claims: &Fields) -> Result<Vec<SmolStr>, TokenError> {
    let wrong = malformed("aud", "a text or an array of texts");
    let several = match need(claims, "aud")? {
        Json::String(only) => return Ok(vec![only.clone()]),
        Json::Array(several) if !several.is_empty() => several,
        _ => return Err(wrong),
    };
    let text = |member: &Json| match member {
        Json::String(text) => Some(text.clone()),
        _ => None,
    };
    several.iter().map(text).collect::<Option<_>>().ok_or(wrong)
}

/// The thumbprint in `cnf` (RFC 7800, RFC 9449): base64url of 32 bytes.
fn read_key(claims: &Fields) -> Result<Option<SmolStr>, TokenError> {
    let Some(cnf) = member(claims, "cnf") else {
        return Ok(None);
    };
    let thumbprint = match cnf {
        Json::Object(members) => match member(members, "jkt") {
            Some(Json::String(thumbprint)) => Some(thumbprint.clone()),
            _ => None,
        },
        _ => None,
    };
    thumbprint
        .filter(|text| {
            URL_SAFE_NO_PAD
                .decode(text)
                .is_ok_and(|hash| hash.len() == 32)
        })
        .map(Some)
        .ok_or(malformed("cnf", "an object with a thumbprint `jkt`"))
}

/// The id of a credential, when those of its chain tell the same chain.
fn check_ids(leaf: &Credential) -> Result<CredentialId, TokenError> {
    let id = |credential: &Credential| {
        let text = credential.id.clone().unwrap_or_default();
        CredentialId::parse(&text).ok_or(TokenError::ChainId(text))
    };
    let mut link = leaf;
    loop {
        let own = id(link)?;
        let parent = link.parent.as_deref().map(id).transpose()?;
        if own.parent() != parent {
            return Err(TokenError::ChainId(own.as_str().into()));
        }
        match link.parent.as_deref() {
            Some(parent) => link = parent,
            None => return id(leaf),
        }
    }
}

/// Whether two values are the same, whatever the order of members.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            let pairs = sorted(a).into_iter().zip(sorted(b));
            a.len() == b.len()
                && pairs
                    .into_iter()
                    .all(|((a, left), (b, right))| a == b && same(left, right))
        }
        _ => a == b,
    }
}

fn sorted(members: &Fields) -> Vec<&(SmolStr, Json)> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
    sorted
}

fn need<'a>(claims: &'a Fields, name: &'static str) -> Result<&'a Json, TokenError> {
    member(claims, name).ok_or(TokenError::Missing(SmolStr::new_static(name)))
}

fn text<'a>(claims: &'a Fields, name: &'static str) -> Result<&'a SmolStr, TokenError> {
    match need(claims, name)? {
        Json::String(text) => Ok(text),
        _ => Err(malformed(name, "a text")),
    }
}

const fn malformed(claim: &'static str, what: &'static str) -> TokenError {
    TokenError::Malformed { claim, what }
}

fn member<'a>(members: &'a Fields, name: &str) -> Option<&'a Json> {
    let found = members.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value)
}

fn take(members: &mut Fields, name: &str) -> Option<Json> {
    let at = members.iter().position(|(key, _)| key == name)?;
    Some(members.remove(at).1)
}

fn members(json: Json) -> Fields {
    match json {
        Json::Object(members) => members,
        _ => Fields::new(),
    }
}

fn string(text: &SmolStr) -> Json {
    Json::String(text.clone())
}

fn number(value: i64) -> Json {
    Json::Number(value.to_smolstr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_in_the_characters_of_oauth() {
        let check = |tool: &str, written: &str| {
            assert_eq!(scope_text(tool), written);
            let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
            assert!(written.bytes().all(allowed), "{written}");
        };
        check("zendesk.get_ticket", "zendesk.get_ticket");
        check("get ticket", "get%20ticket");
        check("a:b%3A", "a%3Ab%253A");
        check("\"\\\"", "%22%5C%22");
        check("жук", "%D0%B6%D1%83%D0%BA");
    }
}
