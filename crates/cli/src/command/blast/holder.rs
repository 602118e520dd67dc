//! What the holder of a credential could do with it now.

use std::collections::BTreeMap;
use std::path::Path;

use placet::Policy;
use placet::analysis::{Answer, Effort, Question, who};
use placet::credential::id::CredentialId;
use placet::credential::store::{Charge, Filter, Held};
use placet::credential::token::{TokenError, Verifier};
use placet::json::read_json;
use placet::model::credential::{Credential, Scope};
use placet::model::ids::FactId;
use placet::model::json::Json;
use placet::model::pattern::Concrete;
use placet::model::policy::{self, Agents, Entity, Type, Users};
use placet::model::value::{Time, Value};

use crate::args::{BlastRadius, Format, StoreArgs};
use crate::command::line;
use crate::desk::{Ledger, now};
use crate::error::Error;
use crate::files;
use crate::named::{Named, Offline};
use crate::output::{Ended, Output};
use crate::render::blast::{self as render, Carried, Held as Shown, Left};
use crate::render::credential::State;

/// The credential that a text names, if it names one: a file, an id or a token.
pub(super) fn named(text: &str) -> Result<Option<Named>, Error> {
    let path = Path::new(text);
    if !path.is_file() {
        return Ok(Named::parse(text).ok());
    }
    let wrong = |why: String| {
        Error::refused(
            format!("`{text}` holds no credential: {why}"),
            Some("a credential is what `placet issue` writes"),
        )
    };
    let json = read_json(&files::read(path)?)
        .map_err(|why| wrong(format!("it is {why}")))?
        .map_err(|why| wrong(why.message))?;
    match Named::read(json) {
        Ok(Some(named)) => Ok(Some(named)),
        Ok(None) => Err(wrong("it is empty".to_owned())),
        Err(why) => Err(wrong(why.message)),
    }
}

/// Tells what a credential still allows.
pub(super) fn run(args: &BlastRadius, policy: &Policy, named: Named) -> Result<Ended, Error> {
    let now = now(args.at)?;
    let ledger = match &args.store {
        Some(store) => Some(Ledger::to_read(&StoreArgs {
            store: store.clone(),
            wait: args.wait,
        })?),
        None => None,
    };
    let (id, credential) = resolve(args, policy, named, ledger.as_ref(), now)?;
    let mut shown = Shown {
        state: match credential.not_after <= now {
            true => State::Expired,
            false => State::Live,
        },
        stored: false,
        credential: &credential,
        carried: Vec::new(),
        left: Vec::new(),
    };
    if let (Some(ledger), Some(id)) = (&ledger, &id) {
        let (held, revoked) = held(ledger, id)?;
        if held.credential != credential {
            return Err(Error::refused(
                format!("it is not what the store holds as `{id}`"),
                Some("the id alone is enough"),
            ));
        }
        shown.state = State::of(&held, revoked, now);
        shown.stored = true;
        shown.left = left(policy.policy(), &credential, &ledger.spent(id)?);
    }
    let effort = Effort {
        steps: args.how.steps,
    };
    let mut complete = true;
    for scope in &credential.scopes {
        let alive = shown.state == State::Live && scope.not_after > now;
        let answer = if alive {
            match question(policy.policy(), &credential, scope)? {
                Some(question) => who(policy, &question, effort),
                None => Answer::default(),
            }
        } else {
            Answer::default()
        };
        complete &= answer.unknown.is_empty();
        shown.carried.push(Carried {
            scope,
            alive,
            answer,
        });
    }
    let mut out = Output::new();
    match args.how.format {
        Format::Text => out.write(&render::held_text(policy.policy(), &shown, &args.how))?,
        Format::Json => out.write(&line(&render::held_json(policy.policy(), &shown)))?,
    }
    out.flush()?;
    Ok(if complete {
        Ended::Fine
    } else {
        Ended::Findings
    })
}

fn resolve(
    args: &BlastRadius,
    policy: &Policy,
    named: Named,
    ledger: Option<&Ledger>,
    now: Time,
) -> Result<(Option<CredentialId>, Credential), Error> {
    match named {
        Named::Whole(whole) => {
            let id = whole.id.as_deref().and_then(CredentialId::parse);
            Ok((id, *whole))
        }
        Named::Id(id) => {
            let ledger = ledger.ok_or_else(|| {
                Error::refused(
                    format!("`{id}` is the id of a credential, and no store is given"),
                    Some("`--store` or PLACET_STORE says where it is"),
                )
            })?;
            let (held, _) = held(ledger, &id)?;
            Ok((Some(id), held.credential))
        }
        Named::Token(token) => {
            let verified = match (Offline::open(&args.tokens)?, ledger) {
                (Some(offline), _) => offline.verify(&token, now),
                (None, Some(ledger)) => own(args, policy, ledger, &token, now)?,
                (None, None) => {
                    return Err(Error::refused(
                        "no key verifies this token",
                        Some(
                            "`--keys` and `--audience` say whose it may be, or `--store` which \
                             store issued it",
                        ),
                    ));
                }
            };
            let verified = verified.map_err(|wrong| {
                Error::refused(format!("the token is not accepted: {wrong}"), None)
            })?;
            Ok((Some(verified.id), verified.credential))
        }
    }
}

/// A token of the store's own, for any of the audiences that the policy knows.
fn own(
    args: &BlastRadius,
    policy: &Policy,
    ledger: &Ledger,
    token: &str,
    now: Time,
) -> Result<Result<placet::credential::token::Verified, TokenError>, Error> {
    let keys = ledger.token_keys()?;
    let issuer = args.tokens.issuer.as_str();
    let audiences = policy.policy().audiences.iter();
    let audiences = audiences.map(|audience| audience.audience.as_str());
    let mut last = None;
    for audience in audiences.chain([issuer]) {
        let verifier = Verifier::new(keys.clone(), issuer, audience);
        match verifier.verify(token, now, args.tokens.proven_key.as_deref()) {
            Err(error @ TokenError::Audience(_)) => last = Some(error),
            other => return Ok(other),
        }
    }
    match last {
        Some(error) => Ok(Err(error)),
        None => Err(Error::refused("the token is for nobody here", None)),
    }
}

fn held(ledger: &Ledger, id: &CredentialId) -> Result<(Held, bool), Error> {
    let filter = Filter {
        under: Some(id.clone()),
        ..Filter::default()
    };
    let all = ledger.credentials(&filter)?;
    let found = all.into_iter().find(|(held, _)| held.id == *id);
    found.ok_or_else(|| Error::unknown_credential(id.as_str()))
}

/// What a scope is about; `None` when the policy does not know its tool or action any more.
fn question(
    policy: &policy::Policy,
    credential: &Credential,
    scope: &Scope,
) -> Result<Option<Question>, Error> {
    let pattern = |text: &str| {
        Concrete::parse(text).map_err(|error| {
            Error::refused(format!("a scope has no pattern: `{text}`: {error}"), None)
        })
    };
    let (Some(function), Some(action)) =
        (policy.function(&scope.tool), policy.action(&scope.action))
    else {
        return Ok(None);
    };
    let except = scope.except.iter().map(|text| pattern(text));
    let mut told = Vec::new();
    let facts = [
        (
            Entity::Task,
            credential.task.as_ref().map(|task| &task.facts),
        ),
        (
            Entity::User,
            credential.user.as_ref().map(|user| &user.facts),
        ),
        (Entity::Context, Some(&credential.context)),
    ];
    for (entity, facts) in facts {
        for (name, json) in facts.into_iter().flatten() {
            told.extend(fact(policy, entity, name, json));
        }
    }
    Ok(Some(Question {
        agents: Agents::Named(vec![credential.agent.id.clone()]),
        users: match &credential.user {
            Some(user) => Users::Named(vec![user.id.clone()]),
            None => Users::None,
        },
        functions: Some(vec![function]),
        actions: Some(vec![action]),
        resources: vec![pattern(&scope.resource)?],
        except: except.collect::<Result<_, _>>()?,
        told,
    }))
}

/// A fact of a credential; those that hold several values are left open.
fn fact(
    policy: &policy::Policy,
    entity: Entity,
    name: &str,
    json: &Json,
) -> Option<(FactId, Value)> {
    let mut facts = policy.facts.iter();
    let at = facts.position(|fact| fact.entity == entity && fact.field.name == name)?;
    let ty = policy.types.get(policy.facts.get(at)?.field.ty.index())?;
    let value = match (ty, json) {
        (Type::Text | Type::Enum(_), Json::String(text)) => Value::Text(text.clone()),
        (Type::Bool, Json::Bool(truth)) => Value::Bool(*truth),
        (Type::Int, Json::Number(number)) => Value::Int(number.parse().ok()?),
        _ => return None,
    };
    Some((FactId::new(at), value))
}

/// What is left of the budgets of the rules that gave the scopes.
fn left(policy: &policy::Policy, credential: &Credential, spent: &[Charge]) -> Vec<Left> {
    let mut left: BTreeMap<(String, u32), Left> = BTreeMap::new();
    for rule in credential.scopes.iter().flat_map(|scope| &scope.rules) {
        let mut rules = policy.rules.iter().enumerate();
        let is_it = |at: usize| policy.rule_name(placet::model::ids::RuleId::new(at)) == *rule;
        let Some((_, known)) = rules.find(|(at, _)| is_it(*at)) else {
            continue;
        };
        for (index, budget) in (0..).zip(&known.duties.budgets) {
            let charge = spent
                .iter()
                .find(|charge| charge.rule == *rule && charge.index == index);
            left.insert(
                (rule.to_string(), index),
                Left::of(policy, rule, budget, charge),
            );
        }
    }
    left.into_values().collect()
}
