//! Arguments in rules: one type over all functions that the rule covers.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use placet_model::ids::{ActionId, FunctionId};
use placet_syntax::ast::Name;
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use super::Elaborator;
use super::guard::Why;
use crate::report::{DiagnosticAt, Place};
use crate::resolve::constants::listed;
use crate::ty::{Field, Ty};
use crate::world::{FunctionDecl, World};

/// The functions that tools and actions name together. They are listed when the first
/// argument is read: most rules read none.
pub(crate) struct Coverage {
    functions: Option<Vec<FunctionId>>,
    actions: Option<Vec<ActionId>>,
    listed: OnceCell<Vec<FunctionId>>,
}

impl Coverage {
    /// Of the functions and actions of a rule; `None` covers all.
    pub(crate) const fn new(
        functions: Option<Vec<FunctionId>>,
        actions: Option<Vec<ActionId>>,
    ) -> Self {
        Self {
            functions,
            actions,
            listed: OnceCell::new(),
        }
    }

    /// Of one function.
    pub(crate) fn of(function: FunctionId) -> Self {
        Self::new(Some(vec![function]), None)
    }

    pub(crate) fn functions(&self, world: &World) -> &[FunctionId] {
        self.listed.get_or_init(|| self.iter(world).collect())
    }

    /// Whether it covers nothing at all.
    pub(crate) fn is_empty(&self, world: &World) -> bool {
        self.iter(world).next().is_none()
    }

    fn iter(&self, world: &World) -> impl Iterator<Item = FunctionId> {
        let all = match &self.functions {
            Some(_) => 0..0,
            None => 0..world.functions.len(),
        };
        let named = self.functions.iter().flatten().copied();
        named.chain(all.map(FunctionId::new)).filter(|id| {
            let Some(function) = world.get_function(*id) else {
                return false;
            };
            let mut actions = self.actions.iter().flatten();
            self.actions.is_none() || actions.any(|action| function.does(*action))
        })
    }
}

/// An argument over several functions.
pub(super) struct Joined {
    pub(super) ty: Ty,
    /// Why it may be absent.
    pub(super) why: Option<Why>,
}

impl Elaborator<'_, '_, '_> {
    /// `args.name` where these functions may be called; an error where it has no single
    /// type.
    pub(super) fn joined_argument(
        &mut self,
        functions: &[FunctionId],
        name: &Name,
        place: Place,
    ) -> Option<Joined> {
        let world = self.world;
        let covered = || functions.iter().filter_map(|id| world.get_function(*id));
        let having = || covered().filter_map(|function| Some((function, function.param(name)?)));
        let Some((first, param)) = having().next() else {
            self.no_such_argument(functions, name, place);
            return None;
        };
        if let Some((other, differs)) = having().find(|(_, other)| other.ty != param.ty) {
            if !param.ty.is_error() && !differs.ty.is_error() {
                self.two_types(name, place, (first, param), (other, differs));
            }
            return None;
        }
        let optional = having().find(|(_, param)| param.may_be_absent());
        let lacking = covered().find(|function| function.param(name).is_none());
        let why = match (optional, lacking) {
            (Some((function, _)), _) => Some(Why::Optional(Some(function.place))),
            (None, Some(function)) => Some(Why::Elsewhere(function.path.clone(), function.place)),
            (None, None) => None,
        };
        Some(Joined {
            ty: param.ty.clone(),
            why,
        })
    }

    /// `args.name` in a let, before any rule is known.
    pub(super) fn loose_argument(&mut self, name: &Name) -> Option<Joined> {
        let world = self.world;
        let Some(ty) = world.params.get(&name.node) else {
            let names: Vec<&str> = world.params.keys().map(SmolStr::as_str).collect();
            let help = "no function has such a parameter";
            self.unknown_part("argument", Code::PL0107, "args", name, &names, help);
            return None;
        };
        let ty = ty.clone().unwrap_or(Ty::Error);
        Some(Joined { ty, why: None })
    }

    fn no_such_argument(&mut self, functions: &[FunctionId], name: &Name, place: Place) {
        let world = self.world;
        let covered: Vec<&FunctionDecl> = functions
            .iter()
            .filter_map(|id| world.get_function(*id))
            .collect();
        let subject = self.scope.subject;
        if covered.iter().all(|function| function.params.is_none()) {
            let message = if covered.is_empty() {
                format!(
                    "`args.{}` has no type: this {subject} covers no function",
                    name.node
                )
            } else {
                format!(
                    "`args.{}` has no type: the tools of this {subject} take no arguments",
                    name.node
                )
            };
            self.complain(
                Diagnostic::error(Code::PL0107, message)
                    .here(
                        place,
                        "arguments are those of the tools and actions that are named",
                    )
                    .help("name a tool and an action whose functions have such a parameter"),
            );
            return;
        }
        let names = param_names(covered.iter().copied());
        let help = format!(
            "the parameters are {}",
            listed(names.get(..8).unwrap_or(&names))
        );
        self.unknown_part("argument", Code::PL0107, "args", name, &names, &help);
    }

    fn two_types(
        &mut self,
        name: &Name,
        place: Place,
        (first, a): (&FunctionDecl, &Field),
        (other, b): (&FunctionDecl, &Field),
    ) {
        let diagnostic = Diagnostic::error(
            Code::PL0209,
            format!(
                "`args.{}` has two types: {} in `{}`, and {} in `{}`",
                name.node,
                a.ty.a(),
                first.path,
                b.ty.a(),
                other.path
            ),
        )
        .here(
            place,
            format!("this {} covers both functions", self.scope.subject),
        )
        .also(first.place, format!("{} here", a.ty.a()))
        .also(other.place, format!("{} here", b.ty.a()))
        .help("write one rule for each, with `tool` clauses that tell them apart");
        self.complain(diagnostic);
    }
}

fn param_names<'d, 'a: 'd>(functions: impl Iterator<Item = &'d FunctionDecl<'a>>) -> Vec<&'d str> {
    let mut names: Vec<&str> = functions
        .filter_map(|function| function.params.as_deref())
        .flatten()
        .map(|param| param.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The record type that the parameters (or results) of several functions have in common:
/// a field whose types differ is left out, one that some lack is optional.
pub(crate) fn join_records(records: &[&[Field]]) -> Vec<Field> {
    let mut by_name: BTreeMap<&SmolStr, Vec<&Field>> = BTreeMap::new();
    for field in records.iter().copied().flatten() {
        by_name.entry(&field.name).or_default().push(field);
    }
    let joined = by_name.into_values().filter_map(|having| {
        let (first, others) = having.split_first()?;
        if others.iter().any(|other| other.ty != first.ty) {
            return None;
        }
        let everywhere = having.len() == records.len();
        let same_default = others.iter().all(|other| other.default == first.default);
        let default = first.default.clone().filter(|_| everywhere && same_default);
        let optional = !everywhere
            || having.iter().any(|field| field.optional)
            || (default.is_none() && having.iter().any(|field| field.default.is_some()));
        Some(Field {
            default,
            optional,
            ..(*first).clone()
        })
    });
    joined.collect()
}
