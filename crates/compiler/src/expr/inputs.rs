//! What a request gives: facts, arguments and histories.

use placet_model::pattern::covers;
use placet_model::policy::{Entity, Expr, Moment, Outcome};
use placet_syntax::ast::{Name, Span};
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use super::guard::{Need, Why};
use super::refs::Found;
use super::{ArgScope, Elaborator, ResourceScope, Stance};
use crate::report::{DiagnosticAt, Place, written};
use crate::resolve::constants::joined;
use crate::ty::{Field, Ty};
use crate::world::{HistoryDecl, ResourceDecl};

impl Elaborator<'_, '_, '_> {
    pub(super) fn needs_user(&self) -> Need {
        Need {
            key: self.has_user,
            text: "user".into(),
            why: Why::User,
        }
    }

    pub(super) fn fact(&mut self, entity: Entity, name: &Name, span: Span) -> Option<Found> {
        let Some((id, fact)) = self.world.fact(entity, name) else {
            let names: Vec<&str> = self
                .world
                .facts_of(entity)
                .map(|fact| fact.field.name.as_str())
                .collect();
            let help = format!(
                "declare it: `facts {} {{ {}: TYPE }}`",
                entity.name(),
                written(name)
            );
            self.unknown_part("fact", Code::PL0102, entity.name(), name, &names, &help);
            return None;
        };
        let shown = format!("{}.{}", entity.name(), name.node);
        let place = self.place(span);
        match fact.moment {
            Some(Moment::Issuance)
                if self.scope.moment != Some(Moment::Issuance)
                    && self.scope.stance != Stance::Unchecked =>
            {
                self.issuance_fact(&shown, place, fact.place);
                return None;
            }
            Some(Moment::Runtime) => {
                self.at_call(place, format!("`{shown}`, declared `at runtime`"))
            }
            _ => {}
        }
        let (ty, optional, declared) = (
            fact.field.ty.clone(),
            fact.field.may_be_absent(),
            fact.place,
        );
        let typed = self.add(Expr::Fact(id), ty);
        let mut needs = Vec::new();
        if entity == Entity::User {
            needs.push(self.needs_user());
        }
        if optional {
            needs.push(Need {
                key: typed.id,
                text: shown.into(),
                why: Why::Optional(declared),
            });
        }
        Some(Found {
            needs,
            ..Found::new(typed, 1)
        })
    }

    pub(super) fn issuance_fact(&mut self, shown: &str, place: Place, declared: Option<Place>) {
        let subject = self.scope.subject;
        let mut diagnostic = Diagnostic::error(
            Code::PL0303,
            format!("`{shown}` is known at issuance only, and this {subject} is asked again at every call"),
        )
        .here(place, "has no value at a call");
        if let Some(declared) = declared {
            diagnostic = diagnostic.also(declared, "declared `at issuance` here");
        }
        let help = match subject {
            "deny" | "require" => format!(
                "declare the fact `fixed`, so that the credential keeps it, or pin the {subject} with `at issuance`"
            ),
            _ => "declare the fact `fixed`, so that the credential keeps it".to_owned(),
        };
        self.complain(diagnostic.help(help));
    }

    pub(super) fn resource_fact(&mut self, name: &Name, span: Span) -> Option<Found> {
        let place = self.place(span);
        let declared = |decl: &ResourceDecl| {
            decl.fields
                .iter()
                .find(|(field, _)| field.name == name.node)
                .map(|(field, place)| (field.clone(), *place))
        };
        let candidates: Vec<_> = self
            .world
            .resource_decls()
            .filter_map(|(id, decl)| declared(decl).map(|(field, at)| (id, decl, field, at)))
            .collect();
        let Some((_, nearest, _, nearest_at)) = candidates.first() else {
            let all = self
                .world
                .resource_facts
                .iter()
                .flat_map(|decl| &decl.fields);
            let names: Vec<&str> = all.map(|(field, _)| field.name.as_str()).collect();
            let help = format!(
                "declare it: `facts resource \"PATTERN\" {{ {}: TYPE }}`",
                written(name)
            );
            self.unknown_part("fact", Code::PL0102, "resource", name, &names, &help);
            return None;
        };
        let within = |decl: &ResourceDecl| match &self.scope.resources {
            ResourceScope::Later => true,
            ResourceScope::Within(patterns) => {
                patterns.iter().all(|pattern| covers(&decl.extent, pattern))
            }
        };
        let Some((id, _, field, at)) = candidates.iter().find(|(_, decl, ..)| within(decl)) else {
            let patterns = joined(&nearest.written, "or");
            let diagnostic = Diagnostic::error(
                Code::PL0525,
                format!("`resource.{}` is known only of resources within {patterns}, and this {} is about more", name.node, self.scope.subject),
            )
            .here(place, "has no value for some of its resources")
            .also(*nearest_at, "declared here")
            .help(format!("narrow it: `resource {}`", quoted(&nearest.written)));
            self.complain(diagnostic);
            return None;
        };
        self.at_call(place, format!("`resource.{}`", name.node));
        let ambiguous = matches!(self.scope.resources, ResourceScope::Later)
            && candidates
                .iter()
                .any(|(_, _, other, _)| other.ty != field.ty);
        let ty = if ambiguous {
            Ty::Error
        } else {
            field.ty.clone()
        };
        let typed = self.add(Expr::ResourceFact(*id, name.node.clone()), ty);
        let mut needs = Vec::new();
        if field.may_be_absent() {
            let text = smol_str::format_smolstr!("resource.{}", name.node);
            needs.push(Need {
                key: typed.id,
                text,
                why: Why::Optional(Some(*at)),
            });
        }
        Some(Found {
            needs,
            ..Found::new(typed, 1)
        })
    }

    pub(super) fn argument(&mut self, name: &Name, span: Span) -> Option<Found> {
        let place = self.place(span);
        self.at_call(place, format!("`args.{}`", name.node));
        let joined = match &self.scope.args {
            ArgScope::Over(coverage) => {
                self.joined_argument(coverage.functions(self.world), name, place)?
            }
            ArgScope::Later => self.loose_argument(name)?,
            ArgScope::Unknown => return None,
        };
        let typed = self.add(Expr::Arg(name.node.clone()), joined.ty);
        let text = smol_str::format_smolstr!("args.{}", name.node);
        let needs = joined.why.map(|why| Need {
            key: typed.id,
            text,
            why,
        });
        Some(Found {
            needs: needs.into_iter().collect(),
            ..Found::new(typed, 1)
        })
    }

    /// Notes that something was read which only a call has.
    pub(super) fn at_call(&mut self, place: Place, what: String) {
        let place = self.expanding.first().map_or(place, |(_, used)| *used);
        self.call_time.get_or_insert((place, what));
    }
}

/// The type of a record of a history.
pub(super) fn history_record(history: &HistoryDecl) -> Ty {
    let outcomes = Outcome::ALL.map(Outcome::name);
    let texts = || Ty::Set(Ty::Text.into());
    Ty::record(vec![
        Field::required("seq", Ty::Int),
        Field::required("time", Ty::Time),
        Field::required("tool", Ty::Text),
        Field::required("actions", texts()),
        Field::required("resources", texts()),
        Field::required("agent", Ty::Text),
        Field::required("user", Ty::Text),
        Field::required("task", Ty::Text),
        Field::required("credential", Ty::Text),
        Field::required("args", Ty::Record(history.args.clone())),
        Field::required("result", Ty::Record(history.result.clone())),
        Field::required("outcome", Ty::enumeration(&outcomes)),
    ])
}

fn quoted(texts: &[SmolStr]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).collect();
    quoted.join(", ")
}
