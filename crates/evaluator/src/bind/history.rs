//! Histories: the records that a declaration selects, typed.

use placet_model::ids::{HistoryId, TypeId};
use placet_model::json::Fields;
use placet_model::policy::{History, HistoryKey, Moment, Policy, Type};
use placet_model::question::Question;
use placet_model::request::{Calls, Record};
use placet_model::resource::Resource;
use placet_model::value::Value;
use smol_str::SmolStr;

use super::within_any;
use crate::inputs::Inputs;
use crate::typed::{Invalid, Slot, Strictness, record};

/// The records of a history that the declaration selects, in order.
pub(super) fn bind_history(
    inputs: &Inputs<'_>,
    id: HistoryId,
    request: &Question<'_>,
) -> Result<Slot, Invalid> {
    let policy = inputs.policy;
    let Some(history) = policy.histories.get(id.index()) else {
        return Ok(Slot::Undefined);
    };
    let given = request
        .histories
        .iter()
        .find(|(name, _)| *name == history.name);
    let records = match given {
        _ if inputs.moment == Moment::Issuance
            && !matches!(given, Some((_, Calls::Records(_)))) =>
        {
            return Ok(Slot::Open);
        }
        None => return Ok(Slot::Absent),
        // Its length is told, and is kept beside it; nothing else is known of it.
        Some((_, Calls::Count(_))) => return Ok(Slot::Undefined),
        Some((_, Calls::Records(records))) => records,
    };
    let under = |invalid: Invalid| invalid.under(&history.name).below("/histories");
    let mut order: Vec<(i64, Value)> = Vec::with_capacity(records.len());
    let mut whole = true;
    for (at, one) in records.iter().enumerate() {
        // Calls of other tools have arguments of other types.
        let selected = selects(inputs, history, one);
        if selected == Some(false) {
            continue;
        }
        let value = record_value(policy, history, one)
            .map_err(|invalid| under(invalid.under(&at.to_string())))?;
        match (value, selected) {
            (Some(value), Some(true)) => order.push((one.seq, value)),
            _ => whole = false,
        }
    }
    order.sort_by_key(|(seq, _)| *seq);
    if let Some([(seq, _), _]) = order.array_windows::<2>().find(|[(a, _), (b, _)]| a == b) {
        return Err(under(Invalid::here(format!("two records have seq {seq}"))));
    }
    Ok(match inputs.moment {
        Moment::Issuance => Slot::Open,
        // A history with a record that cannot be read is incomplete.
        Moment::Runtime if !whole => Slot::Undefined,
        Moment::Runtime => Slot::Known(Value::List(
            order.into_iter().map(|(_, value)| value).collect(),
        )),
    })
}

/// How long a history is, where that is all that is told of it.
pub(super) fn length(history: &History, moment: Moment, request: &Question<'_>) -> Option<i64> {
    let told = request
        .histories
        .iter()
        .find(|(name, _)| *name == history.name);
    match told {
        Some((_, Calls::Count(count))) if moment == Moment::Runtime => i64::try_from(*count).ok(),
        _ => None,
    }
}

/// Whether a record is one of the calls that a history selects; `None` when it does not
/// say enough.
fn selects(inputs: &Inputs<'_>, history: &History, record: &Record) -> Option<bool> {
    let key = match history.per {
        HistoryKey::Agent => Some((&record.agent, Some(inputs.agent))),
        HistoryKey::User => Some((&record.user, inputs.user)),
        HistoryKey::Task => Some((&record.task, inputs.task)),
        HistoryKey::Credential | HistoryKey::Chain => None,
    };
    if let Some((Some(theirs), ours)) = key
        && ours != Some(theirs.as_str())
    {
        return Some(false);
    }
    let by_time = match (history.within, inputs.now) {
        (None, _) => Some(true),
        (Some(_), None) => None,
        (Some(within), Some(now)) => {
            let from = now.0.saturating_sub(within.0);
            Some(from <= record.time.0 && record.time <= now)
        }
    };
    all([by_time, selects_call(inputs.policy, history, record)])
}

/// Whether a record is of a call that a history selects, whoever made it and whenever:
/// going by outcome, function, action and resource.
pub(crate) fn selects_call(policy: &Policy, history: &History, record: &Record) -> Option<bool> {
    let by_outcome = history.outcomes.binary_search(&record.outcome).is_ok();
    let by_function = history.functions.as_ref().is_none_or(|functions| {
        policy
            .function(&record.tool)
            .is_some_and(|function| functions.binary_search(&function).is_ok())
    });
    let by_action = match (&history.actions, &record.actions) {
        (None, _) => Some(true),
        (Some(_), None) => None,
        (Some(actions), Some(done)) => Some(done.iter().any(|name| {
            policy
                .action(name)
                .is_some_and(|action| actions.binary_search(&action).is_ok())
        })),
    };
    let by_resource = match &record.resources {
        _ if history.resources.is_empty() => Some(true),
        None => None,
        Some(touched) => Some(touched.iter().any(|text| {
            Resource::parse(text)
                .is_ok_and(|resource| within_any(policy, &history.resources, &resource))
        })),
    };
    all([Some(by_outcome), Some(by_function), by_action, by_resource])
}

/// What is certainly outside by one criterion is outside, whatever the others lack.
fn all<const N: usize>(criteria: [Option<bool>; N]) -> Option<bool> {
    if criteria.contains(&Some(false)) {
        Some(false)
    } else if criteria.contains(&None) {
        None
    } else {
        Some(true)
    }
}

/// A record as a value; `None` when an argument or result has no value of its type.
fn record_value(
    policy: &Policy,
    history: &History,
    one: &Record,
) -> Result<Option<Value>, Invalid> {
    let part = |ty: TypeId, given: &Fields, name: &str| {
        let Some(Type::Record(fields)) = policy.types.get(ty.index()) else {
            return Ok(Slot::Undefined);
        };
        record(policy, fields, given.into(), Strictness::Facts, true)
            .map_err(|invalid| invalid.under(name))
    };
    let (args, result) = (
        part(history.args, &one.args, "args")?,
        part(history.result, &one.result, "result")?,
    );
    let (Slot::Known(args), Slot::Known(result)) = (args, result) else {
        return Ok(None);
    };
    let text = |value: &SmolStr| Value::Text(value.clone());
    let texts = |values: &Vec<SmolStr>| Value::set(values.iter().map(text).collect());
    let mut fields = vec![
        ("args".into(), args),
        ("outcome".into(), Value::Text(one.outcome.name().into())),
        ("result".into(), result),
        ("seq".into(), Value::Int(one.seq)),
        ("time".into(), Value::Time(one.time)),
        ("tool".into(), text(&one.tool)),
    ];
    let optional = [
        ("actions", one.actions.as_ref().map(texts)),
        ("resources", one.resources.as_ref().map(texts)),
        ("agent", one.agent.as_ref().map(text)),
        ("user", one.user.as_ref().map(text)),
        ("task", one.task.as_ref().map(text)),
        ("credential", one.credential.as_ref().map(text)),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            fields.push((name.into(), value));
        }
    }
    fields.sort_by(|(a, _): &(SmolStr, Value), (b, _)| a.cmp(b));
    Ok(Some(Value::Record(fields.into())))
}
