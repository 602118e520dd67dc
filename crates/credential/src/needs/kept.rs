//! What is kept of calls, by name, so that it can be told since when it is.
//!
//! A record tells what its call was by the policy of that time: as which actions on which
//! resources it counted, those arguments that some condition read, that part of the result
//! that was declared. Another policy that finds one of these missing must not take it for
//! absent, nor miss a call that would be of another kind today. So each of these has a name
//! of its own, which says all that the record depends on, and a history is whole since all
//! that it needs is kept.

use placet_model::ids::{FunctionId, HistoryId, TypeId};
use placet_model::policy::{Field, Function, Line, Outcome, Policy, Type};
use placet_model::render;
use smol_str::{SmolStr, format_smolstr};

use super::{Needs, selects};

impl Needs {
    /// Names for all that is kept of calls, sorted.
    pub(crate) fn recorded(&self, policy: &Policy) -> Vec<SmolStr> {
        let mut names = Vec::new();
        for (function, need) in policy.functions.iter().zip(&self.functions) {
            names.extend(need.record.then(|| granted(function)));
            names.extend(need.record_denied.then(|| denied(function)));
            if need.record || need.record_denied {
                names.extend(effects(policy, function));
                names.extend(self.args(policy, function));
                names.extend(results(policy, function).map(|(_, name)| name));
            }
        }
        names.sort();
        names.dedup();
        names
    }

    /// The names of what has to be kept for a history.
    pub(crate) fn recorded_for(&self, policy: &Policy, id: HistoryId) -> Vec<SmolStr> {
        let Some(history) = policy.histories.get(id.index()) else {
            return Vec::new();
        };
        let outcomes = |denied: bool| {
            let kind = |outcome: &&Outcome| (**outcome == Outcome::Denied) == denied;
            history.outcomes.iter().any(|outcome| kind(&outcome))
        };
        let by_effects =
            self.reads_effects || history.actions.is_some() || !history.resources.is_empty();
        let mut names = Vec::new();
        for (at, function) in policy.functions.iter().enumerate() {
            // By an action that it has today only; whether it had others is told by what
            // its calls were.
            if !selects(policy, id, FunctionId::new(at)) {
                continue;
            }
            names.extend(outcomes(false).then(|| granted(function)));
            names.extend(outcomes(true).then(|| denied(function)));
            if by_effects {
                names.extend(effects(policy, function));
            }
            names.extend(self.args(policy, function));
            names.extend(
                results(policy, function)
                    .filter(|(field, _)| self.results.contains(&field.name))
                    .map(|(_, name)| name),
            );
        }
        names
    }

    /// The arguments that are kept.
    fn args(&self, policy: &Policy, function: &Function) -> Vec<SmolStr> {
        fields(policy, function.params)
            .iter()
            .filter(|field| self.reads_arg(&field.name))
            .map(|field| format_smolstr!("{} args.{}", function.path, shown(policy, field)))
            .collect()
    }
}

fn granted(function: &Function) -> SmolStr {
    function.path.clone()
}

fn denied(function: &Function) -> SmolStr {
    format_smolstr!("{} denied", function.path)
}

/// What its calls count as.
fn effects<'p>(policy: &'p Policy, function: &'p Function) -> impl Iterator<Item = SmolStr> + 'p {
    let line = move |line: &'p Line| {
        let action = policy.actions.get(line.action.index());
        let action = action
            .map(|action| action.name.as_str())
            .unwrap_or_default();
        let when = line
            .when
            .map(|when| format!(" when {}", render::expr(policy, when, &[])))
            .unwrap_or_default();
        let path = &function.path;
        let templates = line.templates.iter();
        templates.map(move |id| {
            let template = render::pattern(policy, *id, &[]);
            format_smolstr!("{path} {action}{when} -> {template}")
        })
    };
    function.lines.iter().flat_map(line)
}

/// What of its result is kept: all that is declared.
fn results<'p>(
    policy: &'p Policy,
    function: &'p Function,
) -> impl Iterator<Item = (&'p Field, SmolStr)> + 'p {
    fields(policy, function.returns).iter().map(move |field| {
        let name = format_smolstr!("{} result.{}", function.path, shown(policy, field));
        (field, name)
    })
}

pub(super) fn fields(policy: &Policy, ty: Option<TypeId>) -> &[Field] {
    match ty.and_then(|ty| policy.types.get(ty.index())) {
        Some(Type::Record(fields)) => fields,
        _ => &[],
    }
}

/// A field as it is declared: an absent one reads as its default.
fn shown(policy: &Policy, field: &Field) -> String {
    let mut text = format!("{}: {}", field.name, type_text(policy, field.ty));
    if field.optional {
        text.push('?');
    }
    if let Some(default) = &field.default {
        text.push_str(" = ");
        text.push_str(&render::value(default));
    }
    text
}

fn type_text(policy: &Policy, ty: TypeId) -> String {
    let members = |fields: &[Field]| {
        let shown: Vec<String> = fields.iter().map(|field| shown(policy, field)).collect();
        shown.join(", ")
    };
    match policy.types.get(ty.index()) {
        None => String::new(),
        Some(Type::Bool) => "bool".into(),
        Some(Type::Int) => "int".into(),
        Some(Type::Decimal) => "decimal".into(),
        Some(Type::Text) => "text".into(),
        Some(Type::Time) => "time".into(),
        Some(Type::Duration) => "duration".into(),
        Some(Type::Ip) => "ip".into(),
        Some(Type::Json) => "json".into(),
        Some(Type::Enum(names)) => format!("{names:?}"),
        Some(Type::Set(of)) => format!("set<{}>", type_text(policy, *of)),
        Some(Type::List(of)) => format!("list<{}>", type_text(policy, *of)),
        Some(Type::Record(fields)) => format!("{{ {} }}", members(fields)),
    }
}
