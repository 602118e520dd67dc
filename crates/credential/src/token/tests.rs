mod engine;
mod hostile;

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use placet_model::decision::Reason;
use placet_model::json::Json;
use placet_model::wire::{read_credential, read_json, to_pretty_text};

use super::*;
use crate::keys::Keyring;

const ISSUER: &str = "https://placet.example.com";
const AUDIENCE: &str = "https://zendesk.example.com/mcp";
const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

fn time(text: &str) -> Time {
    Time::parse(text).unwrap()
}

fn now() -> Time {
    time("2026-11-23T10:05:00Z")
}

/// A chain of two, with something of everything.
fn held() -> Held {
    let root = CredentialId::root(1);
    let id = root.child(2);
    let text = format!(
        r#"{{
            "version": 1, "id": "{id}",
            "agent": {{ "id": "reader", "groups": ["helpers"], "facts": {{ "tier": 1.50 }} }},
            "user": {{ "id": "ana", "facts": {{ "tenant": "acme" }} }},
            "task": {{ "id": "T-1", "facts": {{ "purpose": "triage" }} }},
            "context": {{ "mfa": true }},
            "issued": "2026-11-23T10:00:00.25Z", "not_after": "2026-11-23T10:15:00.75Z",
            "policy": "sha256:00",
            "scopes": [
                {{ "tool": "zendesk.search", "action": "read", "resource": "ticket/acme",
                   "not_after": "2026-11-23T10:15:00.75Z", "delegate": 0,
                   "rules": ["main/triage"] }},
                {{ "tool": "zendesk.get_ticket", "action": "read", "resource": "ticket/acme/**",
                   "except": ["ticket/acme/secret/**"],
                   "not_after": "2026-11-23T10:10:00Z", "delegate": 0,
                   "rules": ["main/triage"], "residual": ["context.risk < 50"] }}],
            "parent": {{
                "version": 1, "id": "{root}", "agent": {{ "id": "triage-bot" }},
                "user": {{ "id": "ana" }}, "task": {{ "id": "T-1" }},
                "issued": "2026-11-23T09:00:00Z", "not_after": "2026-11-23T11:00:00Z",
                "policy": "sha256:00",
                "scopes": [
                    {{ "tool": "zendesk", "action": "read", "resource": "ticket/**",
                       "not_after": "2026-11-23T11:00:00Z", "delegate": 1, "rules": [] }}] }} }}"#
    );
    let json = read_json(text.as_bytes()).unwrap().unwrap();
    Held {
        id,
        credential: read_credential(json).unwrap().unwrap(),
        epoch: Epoch(7),
        key: None,
    }
}

fn issuer() -> Issuer {
    Issuer::new(ISSUER, [AUDIENCE])
}

fn sign(key: &SigningKey, held: &Held) -> String {
    let location = |tool: &str| (tool == "zendesk.search").then(|| AUDIENCE.into());
    issuer().sign(key, held, location).unwrap()
}

fn verifier(keys: &[&SigningKey]) -> Verifier {
    let mut set = KeySet::default();
    for key in keys {
        set.insert(key.verifying_key().clone()).unwrap();
    }
    Verifier::new(set, ISSUER, AUDIENCE)
}

fn part(token: &str, at: usize) -> String {
    let part = token.split('.').nth(at).unwrap();
    String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The page about tokens shows the header and the payload of this one.
#[test]
fn a_token_is_what_the_page_shows() {
    const PAGE: &str = include_str!("../../../../docs/reference/tokens.md");
    let key = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let mut held = held();
    held.key = Some(JKT.into());
    let token = sign(&key, &held);
    let examples: Vec<&str> = PAGE
        .split("\n```json\n")
        .skip(1)
        .map(|rest| rest.split_once("\n```").unwrap().0)
        .collect();
    assert_eq!(examples.len(), 2);
    for (at, example) in examples.into_iter().enumerate() {
        let example = example.replace("KID", key.kid());
        let [shown, told] = [&example, &part(&token, at)]
            .map(|text| to_pretty_text(&read_json(text.as_bytes()).unwrap().unwrap()));
        assert_eq!(shown, told);
    }
    let limit = format!("{} KiB", MAX_TOKEN_BYTES >> 10);
    for said in [TOKEN_TYPE, SCOPE_TYPE, &limit] {
        assert!(PAGE.contains(said), "{said}");
    }
}

#[test]
fn a_token_carries_the_very_credential() {
    for algorithm in Algorithm::ALL {
        let key = SigningKey::generate(algorithm).unwrap();
        let held = held();
        let verified = verifier(&[&key])
            .verify(&sign(&key, &held), now(), None)
            .unwrap();
        let expected = Verified {
            id: held.id,
            credential: held.credential,
            epoch: held.epoch,
            key: None,
            kid: key.kid().into(),
        };
        assert_eq!(verified, expected);
    }
}

/// A credential without a user: its subject is the root of the chain.
#[test]
fn an_autonomous_agent_acts_for_itself() {
    let key = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let mut held = held();
    held.credential.user = None;
    let check = |held: &Held, subject: &str, act: Option<&str>| {
        let token = sign(&key, held);
        let verified = verifier(&[&key]).verify(&token, now(), None).unwrap();
        assert_eq!(verified.credential, held.credential);
        let payload = part(&token, 1);
        assert!(
            payload.contains(&format!(r#""sub":"{subject}","aud""#)),
            "{payload}"
        );
        match act {
            Some(act) => assert!(payload.contains(&format!(r#""act":{act},"#)), "{payload}"),
            None => assert!(!payload.contains(r#""act""#), "{payload}"),
        }
    };
    if let Some(parent) = &mut held.credential.parent {
        parent.user = None;
    }
    check(&held, "triage-bot", Some(r#"{"sub":"reader"}"#));
    let parent = held.credential.parent.take().unwrap();
    held.id = CredentialId::root(1);
    held.credential = *parent;
    check(&held, "triage-bot", None);
}

#[test]
fn algorithms_are_the_verifiers_choice() {
    let ed = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let ec = SigningKey::generate(Algorithm::Es256).unwrap();
    let check = |accepted: &[Algorithm], key: &SigningKey, expected: Result<(), &str>| {
        let verifier = verifier(&[&ed, &ec]).algorithms(accepted);
        let read = verifier.verify(&sign(key, &held()), now(), None);
        let read = read.map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(read, expected.map_err(str::to_owned));
    };
    check(&[Algorithm::EdDsa], &ed, Ok(()));
    check(&[Algorithm::Es256], &ec, Ok(()));
    check(
        &[Algorithm::EdDsa],
        &ec,
        Err("signatures by `ES256` are not accepted here"),
    );
    check(
        &[Algorithm::Es256],
        &ed,
        Err("signatures by `EdDSA` are not accepted here"),
    );
    check(&[], &ed, Err("signatures by `EdDSA` are not accepted here"));
}

#[test]
fn a_token_outlives_a_rotation_and_not_a_retirement() {
    let folder = tempfile::tempdir().unwrap();
    let mut ring = Keyring::open_or_create(folder.path(), Algorithm::EdDsa, now()).unwrap();
    let old = ring.signing().kid().to_owned();
    let token = sign(ring.signing(), &held());
    let mut verifier = Verifier::new(ring.jwks(), ISSUER, AUDIENCE);
    let kid = || {
        verifier
            .verify(&token, now(), None)
            .map(|verified| verified.kid)
    };
    assert_eq!(kid(), Ok(SmolStr::new(&old)));

    ring.rotate_to(Algorithm::Es256, now()).unwrap();
    let newer = sign(ring.signing(), &held());
    let unknown = verifier.verify(&newer, now(), None).unwrap_err();
    assert_eq!(unknown, TokenError::UnknownKey(ring.signing().kid().into()));
    verifier.set_keys(ring.jwks());
    assert!(verifier.verify(&token, now(), None).is_ok());
    assert!(verifier.verify(&newer, now(), None).is_ok());

    ring.retire(&old).unwrap();
    verifier.set_keys(ring.jwks());
    let retired = verifier.verify(&token, now(), None).unwrap_err();
    assert_eq!(retired, TokenError::UnknownKey(old.into()));
    assert!(verifier.verify(&newer, now(), None).is_ok());
}

#[test]
fn a_token_is_valid_from_its_issuance_to_its_end() {
    let key = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let token = sign(&key, &held());
    let check = |leeway: i64, now: &str, expected: Result<(), (Reason, &str)>| {
        let verifier = verifier(&[&key]).leeway(Duration(leeway));
        let read = verifier.verify(&token, time(now), None).map(|_| ());
        let read = read.map_err(|error| (error.reason(), error.to_string()));
        let expected = expected.map_err(|(reason, said)| (reason, said.to_owned()));
        assert_eq!(read, expected, "{now}");
    };
    let early = (
        Reason::NotYetValid,
        "the token is valid from 2026-11-23T10:00:00.25Z on",
    );
    let late = (
        Reason::Expired,
        "the token has ended at 2026-11-23T10:15:00Z",
    );
    check(0, "2026-11-23T10:00:00.249999Z", Err(early));
    check(0, "2026-11-23T10:00:00.25Z", Ok(()));
    check(60_000_000, "2026-11-23T09:59:00.249999Z", Err(early));
    check(60_000_000, "2026-11-23T09:59:00.25Z", Ok(()));
    // A leeway of more than a minute, or of less than nothing, there is not.
    check(i64::MAX, "2026-11-23T09:59:00.249999Z", Err(early));
    check(i64::MIN, "2026-11-23T10:00:00.249999Z", Err(early));
    check(i64::MIN, "2026-11-23T10:00:00.25Z", Ok(()));
    // `exp` is whole seconds, and no leeway is at the end.
    for leeway in [0, 60_000_000] {
        check(leeway, "2026-11-23T10:14:59.999999Z", Ok(()));
        check(leeway, "2026-11-23T10:15:00Z", Err(late));
        check(leeway, "2026-11-23T10:15:00.749999Z", Err(late));
        check(leeway, "9999-12-31T23:59:59Z", Err(late));
        check(leeway, "1970-01-01T00:00:00Z", Err(early));
    }
    for now in [i64::MIN, i64::MAX] {
        assert!(verifier(&[&key]).verify(&token, Time(now), None).is_err());
    }
}

#[test]
fn a_bound_token_needs_its_key() {
    let key = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let mut bound = held();
    bound.key = Some(JKT.into());
    let token = sign(&key, &bound);
    let verifier = verifier(&[&key]);
    let verify = |proven| {
        verifier
            .verify(&token, now(), proven)
            .map(|verified| verified.key)
    };
    assert_eq!(verify(Some(JKT)), Ok(Some(JKT.into())));
    assert_eq!(verify(None), Err(TokenError::NoKeyProven));
    assert_eq!(verify(Some(key.kid())), Err(TokenError::OtherKeyProven));
    assert_eq!(verify(Some("")), Err(TokenError::OtherKeyProven));
    // A proof more than needed does no harm.
    assert!(
        verifier
            .verify(&sign(&key, &held()), now(), Some(JKT))
            .is_ok()
    );
}

#[test]
fn what_could_not_be_read_is_not_signed() {
    let key = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let check = |change: &dyn Fn(&mut Held), expected: &str| {
        let mut held = held();
        change(&mut held);
        let error = issuer().sign(&key, &held, |_| None).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    check(
        &|held| held.credential.id = None,
        "the credential cannot travel: it would be read as another",
    );
    check(
        &|held| held.id = CredentialId::root(9),
        "the credential cannot travel: `c-jaaaaaaaaaaaaaaaaaaaaaaaaa` is not the id of a \
         credential in this place of its chain",
    );
    check(
        &|held| held.credential.parent = None,
        "the credential cannot travel: `c-baaaaaaaaaaaaaaaaaaaaaaaaa.caaaaaaaaaaaa` is not the \
         id of a credential in this place of its chain",
    );
    check(
        &|held| held.credential.not_after = Time(i64::MAX),
        "the credential cannot travel: the token carries no credential: /not_after: \
         `9223372036854775807us` is not a time; write it like `2026-11-23T10:00:00Z` (RFC 3339)",
    );
    check(
        &|held| held.key = Some("short".into()),
        "the credential cannot travel: the claim `cnf` is not an object with a thumbprint `jkt`",
    );
    check(
        &|held| held.credential.agent.id = "a\u{202E}".into(),
        "the credential cannot travel: the token carries no credential: /agent/id: \
         bidirectional control character U+202E at byte 1",
    );
    check(
        &|held| held.credential.context.push(("mfa".into(), Json::Null)),
        "the credential cannot travel: the payload: /placet/context/mfa: duplicate key `mfa`",
    );
    let scope = held().credential.scopes.pop().unwrap();
    check(
        &|held| held.credential.scopes = vec![scope.clone(); 1_000],
        "a token has at most 262144 bytes, and this credential takes 330779",
    );
    let nobody = Issuer::new::<&str>(ISSUER, []).sign(&key, &held(), |_| None);
    assert!(
        matches!(nobody, Err(SignError::Unreadable(_))),
        "{nobody:?}"
    );
}

#[test]
fn one_token_can_be_for_several_services() {
    let key = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let issuer = Issuer::new(ISSUER, ["https://a.example.com", AUDIENCE]);
    let token = issuer.sign(&key, &held(), |_| None).unwrap();
    assert!(verifier(&[&key]).verify(&token, now(), None).is_ok());
}

/// Other programs read the same out of a token and of published keys.
#[test]
fn another_library_verifies_the_tokens() {
    use jsonwebtoken::jwk::{JwkSet, ThumbprintHash};
    use jsonwebtoken::{DecodingKey, Validation, decode};

    #[derive(serde::Deserialize)]
    struct Claims {
        sub: String,
        scope: String,
        exp: u64,
    }

    for (algorithm, known) in [
        (Algorithm::EdDsa, jsonwebtoken::Algorithm::EdDSA),
        (Algorithm::Es256, jsonwebtoken::Algorithm::ES256),
    ] {
        let key = SigningKey::generate(algorithm).unwrap();
        let mut set = KeySet::default();
        set.insert(key.verifying_key().clone()).unwrap();
        let published: JwkSet = serde_json::from_str(&set.to_text()).unwrap();
        let jwk = published.find(key.kid()).unwrap();
        let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256).unwrap();
        assert_eq!(thumbprint, key.kid());

        let mut validation = Validation::new(known);
        validation.validate_exp = false;
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.required_spec_claims =
            HashSet::from(["exp", "sub", "iss", "aud"].map(String::from));
        let decoding = DecodingKey::from_jwk(jwk).unwrap();
        let decoded = decode::<Claims>(sign(&key, &held()), &decoding, &validation).unwrap();
        assert_eq!(decoded.header.typ.as_deref(), Some(TOKEN_TYPE));
        assert_eq!(decoded.claims.sub, "ana");
        assert_eq!(
            decoded.claims.scope,
            "zendesk.get_ticket:read zendesk.search:read"
        );
        assert_eq!(decoded.claims.exp, 1_795_428_900);
    }
}
