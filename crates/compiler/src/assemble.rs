//! Checked declarations to the policy: only what is used, in the canonical order.

use std::collections::BTreeMap;

use placet_model::ids::{ExprId, PatternId, TypeId};
use placet_model::policy::{
    Budget, Duties, Expr, Fact, Field as ModelField, Function, History, Hole, Line, Pattern,
    Policy, ResourceFacts, Rule, Segment, Type,
};
use placet_model::value::Duration;

use crate::arena::Exprs;
use crate::check::claims;
use crate::check::lines::CheckedLine;
use crate::check::rules::Checked;
use crate::claim::{Claim, Claims, Says};
use crate::ty::{Field, Ty};
use crate::world::World;

/// How long a grant lasts in a policy all of whose grants say so themselves: no grant
/// reads it.
const UNUSED_LIFETIME: Duration = Duration(3_600_000_000);

/// Builds the policy. Ids are given in the order of a walk over the canonically ordered
/// declarations, so that neither the order of files nor what is not used ever shows.
pub(crate) fn assemble(
    world: &World,
    exprs: &Exprs,
    lines: Vec<Vec<CheckedLine>>,
    rules: Vec<Checked>,
    claims: Vec<claims::Checked>,
) -> (Policy, Claims) {
    let mut out = Assembly::new(exprs);
    let facts = world
        .facts
        .iter()
        .map(|fact| Fact {
            entity: fact.entity,
            field: out.field(&fact.field),
            fixed: fact.fixed,
            moment: fact.moment,
            loggable: fact.loggable,
        })
        .collect();
    let resource_facts = world
        .resource_facts
        .iter()
        .map(|decl| ResourceFacts {
            patterns: out.patterns(&decl.patterns),
            fields: decl
                .fields
                .iter()
                .map(|(field, _)| out.field(field))
                .collect(),
        })
        .collect();
    let functions = world
        .functions
        .iter()
        .zip(lines)
        .map(|(function, lines)| Function {
            path: function.path.clone(),
            params: function
                .params
                .as_ref()
                .map(|fields| out.ty(&Ty::Record(fields.clone()))),
            open: function.open,
            loggable: function.loggable.clone(),
            lines: function
                .lines
                .iter()
                .zip(lines)
                .map(|(decl, line)| Line {
                    action: decl.action,
                    when: line.when.map(|when| out.expr(when)),
                    templates: out.patterns(&line.templates),
                })
                .collect(),
            returns: function
                .returns
                .as_ref()
                .map(|fields| out.ty(&Ty::Record(fields.clone()))),
            doc: function.doc.clone(),
        })
        .collect();
    let histories = world
        .histories
        .iter()
        .map(|history| History {
            name: history.name.clone(),
            functions: history.functions.clone(),
            actions: history.actions.clone(),
            resources: out.patterns(&history.resources),
            outcomes: history.outcomes.clone(),
            per: history.per,
            within: history.within,
            args: out.ty(&Ty::Record(history.args.clone())),
            result: out.ty(&Ty::Record(history.result.clone())),
        })
        .collect();
    let rules = rules.into_iter().map(|checked| out.rule(checked)).collect();
    // Claims come last: what they add stands behind all that the policy has.
    let (exprs, patterns) = (out.exprs.len(), out.patterns.len());
    let list = claims.into_iter().map(|claim| out.claim(claim)).collect();
    let claims = Claims {
        list,
        exprs: out.exprs.split_off(exprs),
        patterns: out.patterns.split_off(patterns),
    };
    let policy = Policy {
        name: world.name.clone(),
        language: world.language,
        lifetime: world.lifetime.unwrap_or(UNUSED_LIFETIME),
        layers: world
            .layers
            .iter()
            .map(|layer| layer.layer.clone())
            .collect(),
        types: out.types,
        facts,
        resource_facts,
        groups: world
            .groups
            .iter()
            .map(|group| group.group.clone())
            .collect(),
        agents: world
            .agents
            .iter()
            .map(|agent| agent.agent.clone())
            .collect(),
        actions: world
            .actions
            .iter()
            .map(|action| action.action.clone())
            .collect(),
        audiences: world.audiences.clone(),
        functions,
        histories,
        exprs: out.exprs,
        patterns: out.patterns,
        rules,
    };
    (policy, claims)
}

/// The arenas of the policy, filled on demand.
struct Assembly<'a> {
    working: &'a Exprs,
    exprs: Vec<Expr>,
    expr_ids: BTreeMap<ExprId, ExprId>,
    types: Vec<Type>,
    type_ids: BTreeMap<Ty, TypeId>,
    patterns: Vec<Pattern>,
    pattern_ids: BTreeMap<Pattern, PatternId>,
}

impl<'a> Assembly<'a> {
    const fn new(working: &'a Exprs) -> Self {
        Self {
            working,
            exprs: Vec::new(),
            expr_ids: BTreeMap::new(),
            types: Vec::new(),
            type_ids: BTreeMap::new(),
            patterns: Vec::new(),
            pattern_ids: BTreeMap::new(),
        }
    }

    /// An expression after its children. Conditions are at most
    /// [`DEPTH`](crate::limits::DEPTH) deep, and so is this recursion.
    fn expr(&mut self, id: ExprId) -> ExprId {
        if let Some(known) = self.expr_ids.get(&id) {
            return *known;
        }
        let Some(mut expr) = self.working.get(id).cloned() else {
            return id;
        };
        expr.map_children(|child| self.expr(child));
        let new = ExprId::new(self.exprs.len());
        self.exprs.push(expr);
        self.expr_ids.insert(id, new);
        new
    }

    fn ty(&mut self, ty: &Ty) -> TypeId {
        if let Some(known) = self.type_ids.get(ty) {
            return *known;
        }
        let made = match ty {
            Ty::Bool => Type::Bool,
            Ty::Int => Type::Int,
            Ty::Decimal => Type::Decimal,
            Ty::Text => Type::Text,
            Ty::Time => Type::Time,
            Ty::Duration => Type::Duration,
            Ty::Ip => Type::Ip,
            // A policy with a wrong type is never assembled.
            Ty::Json | Ty::Error => Type::Json,
            Ty::Enum(members) => Type::Enum(members.to_vec()),
            Ty::Set(element) => Type::Set(self.ty(element)),
            Ty::List(element) => Type::List(self.ty(element)),
            Ty::Record(fields) => {
                Type::Record(fields.iter().map(|field| self.field(field)).collect())
            }
        };
        let id = TypeId::new(self.types.len());
        self.types.push(made);
        self.type_ids.insert(ty.clone(), id);
        id
    }

    fn field(&mut self, field: &Field) -> ModelField {
        ModelField {
            name: field.name.clone(),
            ty: self.ty(&field.ty),
            optional: field.optional,
            default: field.default.clone(),
        }
    }

    fn patterns(&mut self, patterns: &[Pattern]) -> Vec<PatternId> {
        patterns
            .iter()
            .map(|pattern| self.pattern(pattern))
            .collect()
    }

    fn pattern(&mut self, pattern: &Pattern) -> PatternId {
        let segments = pattern.segments.iter().map(|segment| match segment {
            Segment::Hole(hole) => Segment::Hole(Hole {
                value: self.expr(hole.value),
                ..*hole
            }),
            other => other.clone(),
        });
        let pattern = Pattern {
            segments: segments.collect(),
            tail: pattern.tail,
        };
        if let Some(known) = self.pattern_ids.get(&pattern) {
            return *known;
        }
        let id = PatternId::new(self.patterns.len());
        self.patterns.push(pattern.clone());
        self.pattern_ids.insert(pattern, id);
        id
    }

    fn rule(&mut self, checked: Checked) -> Rule {
        let mut rule = checked.rule;
        for condition in &mut rule.conditions {
            condition.expr = self.expr(condition.expr);
        }
        self.budgets(&mut rule.duties);
        rule.resources = self.patterns(&checked.patterns);
        rule
    }

    fn budgets(&mut self, duties: &mut Duties) {
        for budget in &mut duties.budgets {
            if let Budget::Amount { of, .. } = budget {
                *of = self.expr(*of);
            }
        }
    }

    fn claim(&mut self, checked: claims::Checked) -> Claim {
        let place = checked.region.place;
        let region = self.rule(checked.region);
        let mut says = checked.says;
        match &mut says {
            Says::Never | Says::Always => {}
            Says::Only(who) => *who = self.expr(*who),
            Says::Needs(duties) => self.budgets(duties),
        }
        Claim {
            title: region.name.clone(),
            place,
            region,
            says,
        }
    }
}
