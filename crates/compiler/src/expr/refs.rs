//! References: facts, arguments, histories, variables and their fields.

use placet_model::policy::{Entity, Expr};
use placet_syntax::ast::{self, Name, Span};
use placet_syntax::{Code, Diagnostic};

use super::guard::{Need, Why};
use super::inputs::history_record;
use super::{Elaborator, Reads, Typed};
use crate::report::{DiagnosticAt, written};
use crate::resolve::constants::known;
use crate::ty::Ty;

/// The built-in names that references begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Agent,
    User,
    Task,
    Context,
    Args,
    Resource,
    Chain,
    Now,
}

impl Root {
    pub(super) const ALL: [(&'static str, Self); 8] = [
        ("agent", Self::Agent),
        ("user", Self::User),
        ("task", Self::Task),
        ("context", Self::Context),
        ("args", Self::Args),
        ("resource", Self::Resource),
        ("chain", Self::Chain),
        ("now", Self::Now),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find_map(|(word, root)| (word == name).then_some(root))
    }

    pub(super) const fn entity(self) -> Option<Entity> {
        match self {
            Self::Agent => Some(Entity::Agent),
            Self::User => Some(Entity::User),
            Self::Task => Some(Entity::Task),
            Self::Context => Some(Entity::Context),
            _ => None,
        }
    }
}

/// Whether a name begins references already, so that nothing else can be called so.
pub(crate) fn is_built_in(name: &str) -> bool {
    Root::named(name).is_some()
}

/// What the first names of a reference stand for.
pub(super) struct Found {
    pub(super) typed: Typed,
    pub(super) needs: Vec<Need>,
    /// How many fields were used up.
    pub(super) fields: usize,
    /// Whether it is an input, so that `has` can be asked of it.
    pub(super) input: bool,
}

impl Found {
    pub(super) const fn new(typed: Typed, fields: usize) -> Self {
        Self {
            typed,
            needs: Vec::new(),
            fields,
            input: true,
        }
    }
}

impl Elaborator<'_, '_, '_> {
    /// A reference that is read: whatever may be absent needs a guard.
    pub(super) fn reference(&mut self, reference: &ast::Ref, span: Span) -> Typed {
        self.reference_as(reference, span, None)
    }

    pub(super) fn reference_as(
        &mut self,
        reference: &ast::Ref,
        span: Span,
        hint: Option<&Ty>,
    ) -> Typed {
        let Some(mut found) = self.root(reference, span, hint) else {
            return self.wrong();
        };
        let rest = reference.fields.get(found.fields..).unwrap_or_default();
        let shown = shown(reference, reference.fields.len());
        let typed = self.fields(reference, found.typed, rest, &mut found.needs);
        if !typed.ty.is_error() {
            self.require(&found.needs, &shown, span);
        }
        typed
    }

    /// A reference that `has` is asked of: nothing need be there.
    pub(super) fn presence(&mut self, reference: &ast::Ref, span: Span) -> Typed {
        let Some(mut found) = self.root(reference, span, None) else {
            return self.wrong();
        };
        let rest = reference.fields.get(found.fields..).unwrap_or_default();
        if !found.input && rest.is_empty() {
            self.complain(
                Diagnostic::error(
                    Code::PL0306,
                    format!("`{}` is always there", shown(reference, 0)),
                )
                .here(
                    self.place(span),
                    "`has` asks whether a request holds something",
                )
                .help("leave it out"),
            );
            return self.wrong();
        }
        self.fields(reference, found.typed, rest, &mut found.needs)
    }

    fn root(&mut self, reference: &ast::Ref, span: Span, hint: Option<&Ty>) -> Option<Found> {
        let name = &reference.root;
        let place = self.place(name.span);
        if let Some(local) = self.locals.iter().rfind(|local| local.name == name.node) {
            let mut found = Found::new(local.typed.clone(), 0);
            found.input = false;
            let more = self.exprs.size(found.typed.id).saturating_sub(1);
            return self.count(more, place).then_some(found);
        }
        if let Some(root) = Root::named(name) {
            return self
                .may_read(root, span)
                .then(|| self.built_in(root, reference, span))?;
        }
        // Captures belong to the rule: lets do not see them.
        let captures = if self.expanding.is_empty() {
            self.scope.captures.as_slice()
        } else {
            &[]
        };
        if let Ok(at) = captures.binary_search_by(|(capture, _)| capture.cmp(&name.node)) {
            self.used_captures.insert(at);
            if self.scope.reads != Reads::All {
                self.may_not_read("a capture", place);
                return None;
            }
            let id = u32::try_from(at).unwrap_or(u32::MAX);
            let typed = self.add(Expr::Capture(id), Ty::Text);
            return Some(Found {
                input: false,
                ..Found::new(typed, 0)
            });
        }
        if self.world.lets.contains_key(&name.node) {
            let typed = self.expand(name, &[], place, hint);
            return Some(Found {
                input: false,
                ..Found::new(typed, 0)
            });
        }
        if let Some((id, history)) = self.world.history(name) {
            if self.scope.reads != Reads::All {
                self.may_not_read("a history", place);
                return None;
            }
            self.at_call(place, format!("history `{}`", name.node));
            let ty = Ty::List(history_record(history).into());
            let typed = self.add(Expr::History(id), ty);
            return Some(Found::new(typed, 0));
        }
        self.unknown_root(name, place);
        None
    }

    fn built_in(&mut self, root: Root, reference: &ast::Ref, span: Span) -> Option<Found> {
        if root == Root::Now {
            return Some(Found::new(self.add(Expr::Now, Ty::Time), 0));
        }
        let Some(field) = reference.fields.first() else {
            self.bare_root(root, reference, span);
            return None;
        };
        match (root, field.as_str()) {
            (Root::Agent, "id") => Some(Found::new(self.add(Expr::AgentId, Ty::Text), 1)),
            (Root::User, "id") => {
                let typed = self.add(Expr::UserId, Ty::Text);
                let needs = vec![self.needs_user()];
                Some(Found {
                    needs,
                    ..Found::new(typed, 1)
                })
            }
            (Root::Task, "id") => Some(Found::new(self.add(Expr::TaskId, Ty::Text), 1)),
            (Root::Chain, "depth") => Some(Found::new(self.add(Expr::ChainDepth, Ty::Int), 1)),
            (Root::Chain, "root") => Some(Found::new(self.add(Expr::ChainRoot, Ty::Text), 1)),
            (Root::Chain, "agents") => Some(Found::new(
                self.add(Expr::ChainAgents, Ty::List(Ty::Text.into())),
                1,
            )),
            (Root::Chain, _) => {
                let help = "a chain has `depth`, `root` and `agents`";
                self.unknown_part(
                    "part of a chain",
                    Code::PL0102,
                    "chain",
                    field,
                    &["depth", "root", "agents"],
                    help,
                );
                None
            }
            (Root::Resource, "path") => Some(Found::new(self.add(Expr::ResourcePath, Ty::Text), 1)),
            (Root::Resource, _) => self.resource_fact(field, span),
            (Root::Args, _) => self.argument(field, span),
            _ => root
                .entity()
                .and_then(|entity| self.fact(entity, field, span)),
        }
    }

    /// Reads fields of a record, one after the other.
    fn fields(
        &mut self,
        reference: &ast::Ref,
        base: Typed,
        fields: &[Name],
        needs: &mut Vec<Need>,
    ) -> Typed {
        let mut at = base;
        let used = reference.fields.len() - fields.len();
        for (index, name) in fields.iter().enumerate() {
            if at.ty.is_error() {
                return self.wrong();
            }
            let owner = shown(reference, used + index);
            let text = shown(reference, used + index + 1);
            match self.field(at, name, &owner, &text, needs) {
                Some(next) => at = next,
                None => return self.wrong(),
            }
        }
        at
    }

    /// One field of a record.
    pub(super) fn field(
        &mut self,
        base: Typed,
        name: &Name,
        owner: &str,
        text: &str,
        needs: &mut Vec<Need>,
    ) -> Option<Typed> {
        let Ty::Record(fields) = &base.ty else {
            self.not_a_record(&base.ty, name, owner);
            return None;
        };
        let Some(field) = base.ty.field(name).cloned() else {
            if self.has_two_types(&base, name, owner) {
                return None;
            }
            let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            let help = if fields.is_empty() {
                format!("`{owner}` has no fields")
            } else {
                format!("its fields are {}", known(fields))
            };
            self.unknown_part("field", Code::PL0108, owner, name, &names, &help);
            return None;
        };
        let optional = field.may_be_absent();
        let typed = self.add(Expr::Field(base.id, name.node.clone()), field.ty);
        if optional {
            needs.push(Need {
                key: typed.id,
                text: text.into(),
                why: Why::Optional(None),
            });
        }
        Some(typed)
    }

    /// Whether a field of a history's arguments or results was left out because it has
    /// two types; then that is reported.
    fn has_two_types(&mut self, base: &Typed, name: &Name, owner: &str) -> bool {
        let Some(Expr::Field(_, part)) = self.exprs.get(base.id) else {
            return false;
        };
        if !matches!(part.as_str(), "args" | "result") {
            return false;
        }
        let world = self.world;
        let mut conflicts = world
            .histories
            .iter()
            .flat_map(|history| &history.conflicts);
        let Some((_, [first, other])) = conflicts.find(|(field, _)| *field == name.node) else {
            return false;
        };
        let (Some(first), Some(other)) = (world.get_function(*first), world.get_function(*other))
        else {
            return false;
        };
        let diagnostic = Diagnostic::error(
            Code::PL0209,
            format!(
                "`{owner}.{}` has two types, in `{}` and in `{}`",
                name.node, first.path, other.path
            ),
        )
        .here(
            self.place(name.span),
            "the history holds calls of both functions",
        )
        .also(first.place, "one type here")
        .also(other.place, "another here")
        .help("declare a history for each, with `tool` selections that tell them apart");
        self.complain(diagnostic);
        true
    }

    fn not_a_record(&mut self, ty: &Ty, name: &Name, owner: &str) {
        let mut diagnostic = Diagnostic::error(
            Code::PL0211,
            format!("`{owner}` is {}, and has no field `{}`", ty.a(), name.node),
        )
        .here(self.place(name.span), "only records have fields");
        if matches!(ty.element(), Some(Ty::Record(_))) {
            diagnostic = diagnostic.help(format!(
                "ask its members: `some x in {owner}: x.{} …`",
                written(name)
            ));
        } else if *ty == Ty::Json {
            diagnostic = diagnostic.help("declare the parts that conditions read, as a record");
        }
        self.complain(diagnostic);
    }
}

/// A reference with its first `fields` fields, as it is written.
fn shown(reference: &ast::Ref, fields: usize) -> String {
    let mut text = reference.root.node.to_string();
    for field in reference.fields.iter().take(fields) {
        text.push('.');
        text.push_str(&written(field));
    }
    text
}
