//! Facts: what was given of each entity, typed by its declarations.

use placet_model::ids::FactId;
use placet_model::json::Fields;
use placet_model::policy::{Agent, Entity, Fact, Field, Moment, Policy};
use placet_model::question::{Datum, Given, Question};
use smol_str::{SmolStr, format_smolstr};

use crate::engine::Engine;
use crate::index::Declared;
use crate::typed::{self, Invalid, Slot, Strictness, brief};

/// Types the facts of one entity: frozen ones come from the credential.
pub(super) fn bind_facts(
    engine: &Engine,
    moment: Moment,
    entity: Entity,
    given: Given<'_>,
    frozen: Option<Given<'_>>,
    exists: bool,
    facts: &mut [Slot],
) -> Result<(), Invalid> {
    let (policy, declared) = (engine.policy(), engine.index().facts(entity));
    let plain = !declared.pinned && (!declared.frozen || frozen.is_none());
    if plain && exists && bind_plain(policy, declared, given, facts).is_some() {
        return Ok(());
    }
    let place = match entity {
        Entity::Agent => "/agent/facts",
        Entity::User => "/user/facts",
        Entity::Task => "/task/facts",
        Entity::Context => "/context",
    };
    for (id, _) in &declared.names {
        let (Some(fact), Some(slot)) = (policy.facts.get(id.index()), facts.get_mut(id.index()))
        else {
            continue;
        };
        let typed =
            typed_field(policy, &fact.field, given).map_err(|invalid| invalid.below(place))?;
        let value = match frozen {
            Some(frozen) if is_frozen(fact) => {
                let held = typed_field(policy, &fact.field, frozen)
                    .map_err(|invalid| invalid.below(place).below("/credential"))?;
                if typed != Slot::Absent && typed != held {
                    return Err(Invalid::here(format!(
                        "contradicts the `{}` that the credential holds",
                        fact.field.name
                    ))
                    .under(&fact.field.name)
                    .below(place));
                }
                held
            }
            _ => typed,
        };
        *slot = match (moment, fact.moment) {
            (Moment::Issuance, Some(Moment::Runtime)) => Slot::Open,
            (Moment::Runtime, Some(Moment::Issuance)) => Slot::Absent,
            _ if !exists => Slot::Absent,
            _ => match (value, &fact.field.default) {
                (Slot::Absent, Some(default)) => Slot::Known(default.clone()),
                (value, _) => value,
            },
        };
    }
    Ok(())
}

/// The same in one pass over what is given, where no fact is frozen or pinned to a moment, into
/// slots with nothing in them. `None` where something is wrong, or null: that takes a look at
/// one declaration after the other, and of several that are wrong the first is told.
fn bind_plain(
    policy: &Policy,
    declared: &Declared,
    given: Given<'_>,
    facts: &mut [Slot],
) -> Option<()> {
    // Hosts give facts in one order every time, often that of the declarations: each is
    // looked for behind the one before.
    let mut from = 0;
    let mut tell = |name: &str, told: Datum<'_>| {
        let is = |(_, declared): &(FactId, SmolStr)| declared == name;
        let (before, behind) = declared.names.split_at_checked(from).unwrap_or_default();
        let behind = behind.iter().position(is).map(|at| from + at);
        let Some(at) = behind.or_else(|| before.iter().position(is)) else {
            return Some(());
        };
        from = at + 1;
        let (id, _) = declared.names.get(at)?;
        let ty = policy.facts.get(id.index())?.field.ty;
        let slot = facts.get_mut(id.index())?;
        let typed = typed::datum(policy, ty, told, Strictness::Facts).ok()?;
        // Full already: it was given twice. Null leaves no trace to tell that by.
        if !matches!(slot, Slot::Absent) || matches!(typed, Slot::Absent) {
            return None;
        }
        *slot = typed;
        Some(())
    };
    match given {
        Given::Read(given) => given
            .iter()
            .try_for_each(|(name, json)| tell(name, Datum::Json(json)))?,
        Given::Lent(given) => given
            .iter()
            .try_for_each(|(name, told)| tell(name, *told))?,
    }
    for (id, default) in &declared.defaults {
        if let Some(slot @ Slot::Absent) = facts.get_mut(id.index()) {
            *slot = Slot::Known(default.clone());
        }
    }
    Some(())
}

/// Task facts and `fixed` facts do not change under a credential.
pub(crate) fn is_frozen(fact: &Fact) -> bool {
    fact.fixed || fact.entity == Entity::Task
}

/// A fact or other field among what was given.
pub(super) fn typed_field(
    policy: &Policy,
    field: &Field,
    given: Given<'_>,
) -> Result<Slot, Invalid> {
    match typed::told(given, &field.name)? {
        Some(datum) => typed::datum(policy, field.ty, datum, Strictness::Facts)
            .map_err(|invalid| invalid.under(&field.name)),
        None => Ok(Slot::Absent),
    }
}

/// Facts that the policy itself sets for a declared agent. What a request says of them is
/// compared whether the moment knows the fact or not.
pub(super) fn bind_agent(
    policy: &Policy,
    known: Option<&Agent>,
    given: Given<'_>,
    frozen: Option<Given<'_>>,
    facts: &mut [Slot],
    place: &str,
) -> Result<(), Invalid> {
    let Some(agent) = known else {
        return Ok(());
    };
    let nothing = given.is_empty() && frozen.is_none();
    for (id, value) in &agent.facts {
        let (Some(fact), Some(slot)) = (policy.facts.get(id.index()), facts.get_mut(id.index()))
        else {
            continue;
        };
        let name = &fact.field.name;
        let frozen = frozen.filter(|_| is_frozen(fact));
        let fields = std::iter::once(given).chain(frozen);
        for fields in fields.filter(|_| !nothing) {
            let told =
                typed_field(policy, &fact.field, fields).map_err(|invalid| invalid.below(place))?;
            if !matches!(&told, Slot::Absent)
                && !matches!(&told, Slot::Known(told) if told == value)
            {
                return Err(Invalid::here(format!(
                    "contradicts the `{name}` that the policy sets for agent `{}`",
                    brief(&agent.name)
                ))
                .under(name)
                .below(place));
            }
        }
        *slot = Slot::Known(value.clone());
    }
    Ok(())
}

/// The facts of a request that the policy does not declare, as `agent.tier`, sorted.
pub(crate) fn ignored(policy: &Policy, request: &Question<'_>) -> Vec<SmolStr> {
    let given = [
        (Entity::Agent, Some(request.agent.facts)),
        (Entity::User, request.user.map(|user| user.facts)),
        (Entity::Task, request.task.map(|task| task.facts)),
        (Entity::Context, Some(request.context)),
    ];
    let mut ignored = Vec::new();
    for (entity, fields) in given {
        for (name, _) in fields.into_iter().flat_map(Given::iter) {
            let declared = policy
                .facts
                .iter()
                .any(|fact| fact.entity == entity && fact.field.name == name);
            if !declared {
                ignored.push(format_smolstr!("{}.{}", entity.name(), brief(name)));
            }
        }
    }
    ignored.sort();
    ignored
}

/// The facts of one entity that a credential has to carry, as they were given.
pub(crate) fn frozen(policy: &Policy, entity: Entity, given: Given<'_>, all: bool) -> Fields {
    given
        .iter()
        .filter(|(name, _)| {
            policy.facts.iter().any(|fact| {
                fact.entity == entity
                    && fact.field.name == *name
                    && (is_frozen(fact) || (all && fact.moment != Some(Moment::Runtime)))
            })
        })
        .map(|(name, value)| (name.into(), value.to_json()))
        .collect()
}
