//! Whether a clause holds wherever another one does. All of it is about clauses that are
//! *true*; a `false` here says only that it cannot be told.

use std::collections::BTreeSet;

use placet_model::ids::{ExprId, GroupId};
use placet_model::pattern::{Concrete, Seg};
use placet_model::policy::{Agents, Expr, Extract, Group, Pattern, Policy, Segment, Type, Users};
use placet_model::render;
use placet_model::resource::decode_segment;
use smol_str::{SmolStr, format_smolstr};

/// Whether every agent of one clause is one of another.
pub(crate) fn agents_within(policy: &Policy, narrow: &Agents, wide: &Agents) -> bool {
    match (narrow, wide) {
        (_, Agents::All) => true,
        (Agents::All, _) => false,
        (Agents::Named(names), Agents::Named(all)) => is_subset(names, all),
        (Agents::Named(names), Agents::In(groups)) => {
            names.iter().all(|name| is_member(policy, groups, name))
        }
        (Agents::In(groups), Agents::In(all)) => groups_within(policy, groups, all),
        (Agents::In(groups), Agents::Named(all)) => {
            members(policy, groups).is_some_and(|members| is_subset(members, all))
        }
    }
}

/// Whether every user of one clause is one of another.
pub(crate) fn users_within(policy: &Policy, narrow: &Users, wide: &Users) -> bool {
    match (narrow, wide) {
        (_, Users::All) | (Users::None, Users::None) => true,
        (Users::Any | Users::In(_) | Users::Named(_), Users::Any) => true,
        (Users::Named(names), Users::Named(all)) => is_subset(names, all),
        (Users::Named(names), Users::In(groups)) => {
            names.iter().all(|name| is_member(policy, groups, name))
        }
        (Users::In(groups), Users::In(all)) => groups_within(policy, groups, all),
        (Users::In(groups), Users::Named(all)) => {
            members(policy, groups).is_some_and(|members| is_subset(members, all))
        }
        _ => false,
    }
}

fn is_subset<'a>(names: impl IntoIterator<Item = &'a SmolStr>, all: &[SmolStr]) -> bool {
    names.into_iter().all(|name| all.contains(name))
}

fn groups_within(policy: &Policy, groups: &[GroupId], all: &[GroupId]) -> bool {
    let parts: BTreeSet<GroupId> = with_nested(policy, all).map(|(id, _)| id).collect();
    groups.iter().all(|id| parts.contains(id))
        || members(policy, groups)
            .is_some_and(|members| members.iter().all(|name| is_member(policy, all, name)))
}

/// Groups with those whose members are members of them.
fn with_nested<'p>(
    policy: &'p Policy,
    groups: &'p [GroupId],
) -> impl Iterator<Item = (GroupId, &'p Group)> {
    let get = |id: GroupId| policy.groups.get(id.index()).map(|group| (id, group));
    groups
        .iter()
        .filter_map(move |id| get(*id))
        .flat_map(move |(id, group)| {
            std::iter::once((id, group)).chain(group.nested.iter().filter_map(move |id| get(*id)))
        })
}

/// Whether the policy says that somebody is in one of these groups.
fn is_member(policy: &Policy, groups: &[GroupId], name: &SmolStr) -> bool {
    with_nested(policy, groups).any(|(_, group)| group.members.contains(name))
}

/// All members of groups, where none comes with a request.
fn members<'p>(policy: &'p Policy, groups: &'p [GroupId]) -> Option<BTreeSet<&'p SmolStr>> {
    let mut all = BTreeSet::new();
    for (_, group) in with_nested(policy, groups) {
        if group.from_request {
            return None;
        }
        all.extend(&group.members);
    }
    Some(all)
}

/// A segment or a part of an address, of which one text of the resource is compared.
enum Unit<'a> {
    Seg(Seg),
    Hole(&'a Segment, usize),
}

/// A pattern as units; a last one of any number of segments by itself.
struct Units<'a> {
    units: Vec<Unit<'a>>,
    path: Option<&'a Segment>,
    tail: bool,
}

fn units(pattern: &Pattern) -> Units<'_> {
    let mut units = Vec::new();
    let mut path = None;
    for segment in &pattern.segments {
        match segment {
            Segment::Literal(text) => units.push(Unit::Seg(Seg::Literal(text.clone()))),
            Segment::Any | Segment::Capture(_) => units.push(Unit::Seg(Seg::Any)),
            Segment::Glob { prefix, suffix } => units.push(Unit::Seg(Seg::Glob {
                prefix: prefix.clone(),
                suffix: suffix.clone(),
            })),
            Segment::Hole(hole) => match hole.extract {
                Extract::Text | Extract::Lower => units.push(Unit::Hole(segment, 0)),
                Extract::Email => units.extend([0, 1].map(|part| Unit::Hole(segment, part))),
                Extract::Path | Extract::Url => path = Some(segment),
            },
        }
    }
    Units {
        units,
        path,
        tail: pattern.tail,
    }
}

/// Whether every resource of one pattern is one of another: conditions, as policy text, under
/// which that is so exactly; none of them when it is always so. `None` when it cannot be told.
pub(crate) fn pattern_within(
    policy: &Policy,
    narrow: &Pattern,
    wide: &Pattern,
) -> Option<Vec<SmolStr>> {
    let (narrow, wide) = (units(narrow), units(wide));
    let ends = match (wide.path, wide.tail) {
        (None, true) => narrow.units.len() >= wide.units.len(),
        (path, tail) => {
            narrow.units.len() == wide.units.len() && narrow.path == path && narrow.tail == tail
        }
    };
    if !ends {
        return None;
    }
    let mut conditions = Vec::new();
    for (narrow, wide) in narrow.units.iter().zip(&wide.units) {
        match (narrow, wide) {
            (Unit::Seg(narrow), Unit::Seg(wide)) if wide.includes(narrow) => {}
            (Unit::Hole(..), Unit::Seg(Seg::Any)) => {}
            (Unit::Hole(narrow, part), Unit::Hole(wide, other))
                if narrow == wide && part == other => {}
            (Unit::Seg(Seg::Literal(text)), Unit::Hole(Segment::Hole(hole), _))
                if hole.extract == Extract::Text =>
            {
                conditions.push(equals(policy, hole.value, &decode_segment(text))?);
            }
            _ => return None,
        }
    }
    Some(conditions)
}

/// That a value gives a segment, as a condition.
fn equals(policy: &Policy, value: ExprId, text: &str) -> Option<SmolStr> {
    let type_of = |id: placet_model::ids::TypeId| policy.types.get(id.index());
    let shown = render::expr(policy, value, &[]);
    let quoted = render::value(&placet_model::value::Value::Text(text.into()));
    let ty = match policy.exprs.get(value.index())? {
        Expr::AgentId | Expr::UserId | Expr::TaskId => &Type::Text,
        Expr::Fact(id) => type_of(policy.facts.get(id.index())?.field.ty)?,
        _ => return None,
    };
    match ty {
        Type::Text | Type::Enum(_) => Some(format_smolstr!("when {shown} == {quoted}")),
        Type::Int => {
            let number = int(text)?;
            Some(format_smolstr!("when {shown} == {number}"))
        }
        Type::Set(of) | Type::List(of) => match type_of(*of)? {
            Type::Text | Type::Enum(_) => Some(format_smolstr!("when {shown} contains {quoted}")),
            Type::Int => {
                let number = int(text)?;
                Some(format_smolstr!("when {shown} contains {number}"))
            }
            _ => None,
        },
        _ => None,
    }
}

/// A number; other spellings of it are other segments.
fn int(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// Whether two patterns can have a resource in common, whatever their holes are.
pub(crate) fn overlap(a: &Pattern, b: &Pattern) -> bool {
    match (loose(a), loose(b)) {
        (Some(a), Some(b)) => a.overlaps(&b),
        _ => true,
    }
}

/// A pattern with anything in its holes.
pub(crate) fn loose(pattern: &Pattern) -> Option<Concrete> {
    let units = units(pattern);
    let tail = units.tail || units.path.is_some();
    let segments = units.units.into_iter().map(|unit| match unit {
        Unit::Seg(seg) => seg,
        Unit::Hole(..) => Seg::Any,
    });
    Concrete::new(segments.collect(), tail).ok()
}
