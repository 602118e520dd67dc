//! What holds for every credential, however odd.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use placet_model::credential::Scope;
use placet_model::json::{Fields, Json};
use placet_model::request::{Assent, Covers, Principal, ScopeRequest, Task};
use placet_model::wire::{read_json, to_text};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn keys() -> &'static [SigningKey; 2] {
    static KEYS: OnceLock<[SigningKey; 2]> = OnceLock::new();
    KEYS.get_or_init(|| Algorithm::ALL.map(|algorithm| SigningKey::generate(algorithm).unwrap()))
}

fn verifier() -> Verifier {
    let mut set = KeySet::default();
    for key in keys() {
        set.insert(key.verifying_key().clone()).unwrap();
    }
    Verifier::new(set, "i", "a")
}

fn sign(key: &SigningKey, held: &Held) -> String {
    let location = |tool: &str| tool.len().is_multiple_of(2).then(|| tool.into());
    Issuer::new("i", ["a"]).sign(key, held, location).unwrap()
}

fn id() -> impl Strategy<Value = SmolStr> {
    r#"[a-z][a-zA-Z0-9._:@%+ "\\/éжñ中-]{0,9}"#
        .prop_filter("`any` has a meaning", |id| id != "any")
        .prop_map(SmolStr::from)
}

fn any_text() -> impl Strategy<Value = SmolStr> {
    any::<String>().prop_map(SmolStr::from)
}

fn fields() -> impl Strategy<Value = Fields> {
    vec((any_text(), json()), 0..4).prop_map(once)
}

/// Members whose names differ.
fn once(mut members: Fields) -> Fields {
    let mut seen = std::collections::BTreeSet::new();
    members.retain(|(name, _)| seen.insert(name.clone()));
    members
}

fn json() -> impl Strategy<Value = Json> {
    let number = r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,5})?([eE][+-]?[0-9]{1,4})?";
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        number.prop_map(|number| Json::Number(number.into())),
        any_text().prop_map(Json::String),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Json::Array),
            vec((any_text(), inner), 0..4).prop_map(|members| Json::Object(once(members))),
        ]
    })
}

fn principal() -> impl Strategy<Value = Principal> {
    (id(), option::of(vec(id(), 0..3)), fields()).prop_map(|(id, groups, facts)| Principal {
        id,
        groups,
        facts,
    })
}

fn pattern() -> impl Strategy<Value = SmolStr> {
    select(vec!["**", "ticket/acme/**", "a/*/b*c", "x%2Fy", "жук/中"]).prop_map(SmolStr::from)
}

fn a_time() -> impl Strategy<Value = Time> {
    prop_oneof![
        -1_000_000_000_000_000_i64..253_402_300_799_000_000,
        (0_i64..4_000_000_000).prop_map(|seconds| seconds * 1_000_000),
    ]
    .prop_map(Time)
}

fn scope() -> impl Strategy<Value = Scope> {
    let texts = || vec(any_text(), 0..3);
    let patterns = (pattern(), vec(pattern(), 0..2));
    (
        id(),
        id(),
        patterns,
        a_time(),
        any::<u32>(),
        texts(),
        texts(),
    )
        .prop_map(
            |(tool, action, (resource, except), not_after, delegate, rules, residual)| Scope {
                tool,
                action,
                resource,
                except,
                not_after,
                delegate,
                rules,
                residual,
            },
        )
}

fn assent() -> impl Strategy<Value = Assent> {
    let scope = (id(), vec(id(), 1..3), vec(pattern(), 1..3));
    let covers = prop_oneof![
        any::<[u8; 8]>().prop_map(|bytes| Covers::Call(placet_model::digest::sha256(&bytes))),
        scope.prop_map(|(tool, actions, resources)| Covers::Scope(ScopeRequest {
            tool,
            actions,
            resources,
        })),
    ];
    let people = (id(), option::of(vec(id(), 0..2)), id(), option::of(id()));
    (people, option::of(id()), covers, option::of(a_time())).prop_map(
        |((by, groups, agent, user), task, covers, not_after)| Assent {
            by,
            groups,
            agent,
            user,
            task,
            covers,
            not_after,
        },
    )
}

fn link() -> impl Strategy<Value = Credential> {
    let task = (id(), fields()).prop_map(|(id, facts)| Task { id, facts });
    let who = (
        principal(),
        option::of(principal()),
        option::of(task),
        fields(),
    );
    let when = (
        -1_000_000_000_000_000_i64..253_000_000_000_000_000,
        2_000_000_i64..1_000_000_000,
    );
    let assents = (vec(assent(), 0..2), vec(assent(), 0..2));
    (who, when, id(), vec(scope(), 0..3), assents).prop_map(
        |((agent, user, task, context), (issued, lifetime), policy, scopes, assents)| Credential {
            id: None,
            agent,
            user,
            task,
            context,
            issued: Time(issued),
            not_after: Time(issued + lifetime),
            policy,
            scopes,
            consents: assents.0,
            approvals: assents.1,
            parent: None,
        },
    )
}

fn held() -> impl Strategy<Value = Held> {
    let key = option::of(any::<[u8; 32]>().prop_map(|hash| URL_SAFE_NO_PAD.encode(hash).into()));
    let chain = vec((link(), any::<u64>()), 1..4);
    (chain, 0..=i64::MAX as u64, key).prop_map(|(chain, epoch, key)| {
        let mut at: Option<Held> = None;
        for (mut credential, random) in chain {
            let id = match &at {
                None => CredentialId::root(random.into()),
                Some(parent) => parent.id.child(random),
            };
            credential.id = Some(id.as_str().into());
            credential.parent = at.map(|parent| Box::new(parent.credential));
            at = Some(Held {
                id,
                credential,
                epoch: Epoch(epoch),
                key: key.clone(),
            });
        }
        at.unwrap()
    })
}

fn back(token: &str, held: &Held, now: Time) -> Result<Held, TokenError> {
    let verified = verifier().verify(token, now, held.key.as_deref())?;
    Ok(Held {
        id: verified.id,
        credential: verified.credential,
        epoch: verified.epoch,
        key: verified.key,
    })
}

/// The payload of a token, some other payload signed in its place.
fn resign(key: &SigningKey, token: &str, change: impl FnOnce(&mut Fields)) -> String {
    let payload = URL_SAFE_NO_PAD
        .decode(token.split('.').nth(1).unwrap())
        .unwrap();
    let Ok(Ok(Json::Object(mut claims))) = read_json(&payload) else {
        panic!("claims are an object");
    };
    change(&mut claims);
    jws::sign(key, &to_text(&Json::Object(claims))).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn verifying_undoes_signing(held in held(), which in 0_usize..2) {
        let token = sign(&keys()[which], &held);
        prop_assert_eq!(back(&token, &held, held.credential.issued), Ok(held));
    }

    #[test]
    fn a_changed_token_is_never_another_credential(
        held in held(),
        which in 0_usize..2,
        changes in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..3),
    ) {
        const LETTERS: &[u8] = b"ABCXYZabcxyz0189-_.=+ ~";
        let token = sign(&keys()[which], &held);
        let mut bytes = token.clone().into_bytes();
        for (at, letter) in changes {
            bytes[at.index(token.len())] = LETTERS[letter.index(LETTERS.len())];
        }
        let changed = String::from_utf8(bytes).unwrap();
        if let Ok(read) = back(&changed, &held, held.credential.issued) {
            prop_assert_eq!(read, held);
        }
    }

    #[test]
    fn the_order_of_claims_is_free(held in held(), rotation in 0_usize..12) {
        let token = sign(&keys()[0], &held);
        let turned = resign(&keys()[0], &token, |claims| {
            let by = rotation % claims.len();
            claims.rotate_left(by);
        });
        prop_assert_eq!(back(&turned, &held, held.credential.issued), Ok(held));
    }

    #[test]
    fn a_derived_claim_of_another_token_is_refused(
        held in held(),
        other in held(),
        name in select(vec!["exp", "nbf", "iat", "scope"]),
    ) {
        let key = &keys()[0];
        let mut stolen = None;
        resign(key, &sign(key, &other), |claims| {
            stolen = claims.iter().find(|(claim, _)| claim == name).cloned();
        });
        let stolen = stolen.unwrap();
        let mut same = false;
        let mixed = resign(key, &sign(key, &held), |claims| {
            let claim = claims.iter_mut().find(|(claim, _)| claim == name).unwrap();
            same = *claim == stolen;
            *claim = stolen;
        });
        let read = back(&mixed, &held, held.credential.issued);
        let expected = if same { Ok(held) } else { Err(TokenError::Disagrees(name.into())) };
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn times_bound_a_token(held in held(), from_start in -70_000_000_i64..70_000_000, from_end in -3_000_000_i64..3_000_000) {
        let Credential { issued, not_after, .. } = held.credential;
        let token = sign(&keys()[0], &held);
        for now in [issued.0 + from_start, not_after.0 + from_end] {
            let expected = if now < issued.0 - LEEWAY {
                Err(placet_model::decision::Reason::NotYetValid)
            } else if now < not_after.0 - not_after.0.rem_euclid(1_000_000) {
                Ok(held.clone())
            } else {
                Err(placet_model::decision::Reason::Expired)
            };
            let read = back(&token, &held, Time(now)).map_err(|error| error.reason());
            prop_assert_eq!(read, expected);
        }
    }
}
