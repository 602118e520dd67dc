//! References: facts, arguments, histories, variables and their fields.

use placet_model::ids::ExprId;
use placet_model::pattern::covers;
use placet_model::policy::{Entity, Expr, GroupKind, Moment, Outcome};
use placet_syntax::ast::{self, Name, Span};
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use super::guard::{Need, Why};
use super::{ArgScope, Elaborator, Local, Reads, ResourceScope, Stance, Typed};
use crate::patterns::concrete;
use crate::report::{DiagnosticAt, Place, closest, written};
use crate::resolve::constants::{joined, known};
use crate::ty::{Field, Ty};
use crate::world::{HistoryDecl, ResourceDecl};

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
    const ALL: [(&'static str, Self); 8] = [
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

    const fn entity(self) -> Option<Entity> {
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
struct Found {
    typed: Typed,
    needs: Vec<Need>,
    /// How many fields were used up.
    fields: usize,
    /// Whether it is an input, so that `has` can be asked of it.
    input: bool,
}

impl Found {
    const fn new(typed: Typed, fields: usize) -> Self {
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
            return Some(found);
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

    fn needs_user(&self) -> Need {
        Need {
            key: self.has_user,
            text: "user".into(),
            why: Why::User,
        }
    }

    fn fact(&mut self, entity: Entity, name: &Name, span: Span) -> Option<Found> {
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

    fn issuance_fact(&mut self, shown: &str, place: Place, declared: Option<Place>) {
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

    fn resource_fact(&mut self, name: &Name, span: Span) -> Option<Found> {
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
                let union: Vec<_> = decl.patterns.iter().map(concrete).collect();
                patterns.iter().all(|pattern| covers(&union, pattern))
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

    fn argument(&mut self, name: &Name, span: Span) -> Option<Found> {
        let place = self.place(span);
        self.at_call(place, format!("`args.{}`", name.node));
        let joined = match &self.scope.args {
            ArgScope::Over(functions) => self.joined_argument(functions, name, place)?,
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

    /// Reports a part of something known that is not there.
    pub(super) fn unknown_part(
        &mut self,
        what: &str,
        code: Code,
        owner: &str,
        name: &Name,
        names: &[&str],
        help: &str,
    ) {
        if self.report.excuses(name) {
            return;
        }
        let place = self.place(name.span);
        let diagnostic = match closest(name, names.iter().copied()) {
            Some(near) => Diagnostic::error(
                code,
                format!(
                    "unknown {what} `{owner}.{}`; did you mean `{owner}.{near}`?",
                    name.node
                ),
            )
            .here(place, "nothing of this name is declared")
            .replace(place, written(near), format!("write `{}`", written(near))),
            None => Diagnostic::error(code, format!("unknown {what} `{owner}.{}`", name.node))
                .here(place, "nothing of this name is declared")
                .help(help),
        };
        self.complain(diagnostic);
    }

    fn bare_root(&mut self, root: Root, reference: &ast::Ref, span: Span) {
        let word = &reference.root.node;
        let help = match root {
            Root::Agent | Root::Task => {
                format!("read its id, `{word}.id`, or one of its facts, `{word}.NAME`")
            }
            Root::User => {
                "read its id, `user.id`, or one of its facts; `has user` asks whether there is one"
                    .to_owned()
            }
            Root::Resource => "read its text, `resource.path`, or one of its facts".to_owned(),
            Root::Chain => "read `chain.depth`, `chain.root` or `chain.agents`".to_owned(),
            _ => format!("read one of its parts, `{word}.NAME`"),
        };
        self.complain(
            Diagnostic::error(Code::PL0101, format!("`{word}` is no value by itself"))
                .here(self.place(span), "a dot and a name are missing")
                .help(help),
        );
    }

    fn unknown_root(&mut self, name: &Name, place: Place) {
        let world = self.world;
        if self.report.excuses(name) {
            return;
        }
        if self.ended.contains(&name.node) {
            let diagnostic = Diagnostic::error(
                Code::PL0101,
                format!(
                    "`{}` is known only behind the colon of its `all` or `some`",
                    name.node
                ),
            )
            .here(place, "after the end of it")
            .note("without parentheses the condition behind the colon ends before `and` and `or`")
            .help("put the whole of it in parentheses: `some x in xs: (… and …)`");
            self.complain(diagnostic);
            return;
        }
        let elsewhere = self.elsewhere(name);
        let diagnostic = match elsewhere {
            Some(full) => Diagnostic::error(
                Code::PL0101,
                format!("unknown name `{}`; did you mean `{full}`?", name.node),
            )
            .here(place, "nothing is called just this")
            .replace(place, &full, format!("write `{full}`")),
            None => {
                let mut names: Vec<&str> = Root::ALL.iter().map(|(word, _)| *word).collect();
                names.extend(self.locals.iter().map(|local| local.name.as_str()));
                names.extend(self.scope.captures.iter().map(|(name, _)| name.as_str()));
                names.extend(world.lets.keys().map(SmolStr::as_str));
                names.extend(world.histories.iter().map(|history| history.name.as_str()));
                match closest(name, names) {
                    Some(near) => Diagnostic::error(
                        Code::PL0101,
                        format!("unknown name `{}`; did you mean `{near}`?", name.node),
                    )
                    .here(place, "nothing of this name is declared")
                    .replace(place, near, format!("write `{near}`")),
                    None => Diagnostic::error(Code::PL0101, format!("unknown name `{}`", name.node))
                        .here(place, "nothing of this name is declared")
                        .help("names are facts (`user.f`), arguments (`args.p`), captures, variables, lets and histories"),
                }
            }
        };
        let is_group = world
            .groups
            .iter()
            .find(|group| group.group.name == name.node);
        let diagnostic = match is_group.map(|group| group.group.kind) {
            Some(kind) => {
                let clause = match kind {
                    GroupKind::Agents => "agent",
                    GroupKind::Users => "user",
                    GroupKind::Actions => "action",
                };
                Diagnostic::error(
                    Code::PL0101,
                    format!(
                        "`{}` is a group, and conditions do not read groups",
                        name.node
                    ),
                )
                .here(place, "not a value")
                .help(format!(
                    "write a clause instead: `{clause} in {}`",
                    written(name)
                ))
            }
            None => diagnostic,
        };
        self.complain(diagnostic);
    }

    /// The full name of an argument or fact that was written without its first part.
    fn elsewhere(&self, name: &Name) -> Option<String> {
        let params = match &self.scope.args {
            ArgScope::Over(functions) => functions.as_slice(),
            ArgScope::Later | ArgScope::Unknown => &[],
        };
        let is_param = params
            .iter()
            .filter_map(|id| self.world.get_function(*id))
            .any(|function| function.param(name).is_some());
        if is_param {
            return Some(format!("args.{}", written(name)));
        }
        if self.scope.reads == Reads::Args {
            return None;
        }
        let fact = self
            .world
            .facts
            .iter()
            .find(|fact| fact.field.name == name.node);
        if let Some(fact) = fact {
            return Some(format!("{}.{}", fact.entity.name(), written(name)));
        }
        let mut resource = self
            .world
            .resource_facts
            .iter()
            .flat_map(|decl| &decl.fields);
        resource
            .any(|(field, _)| field.name == name.node)
            .then(|| format!("resource.{}", written(name)))
    }

    /// Whether a root may be read here at all, or an error.
    pub(super) fn may_read(&mut self, root: Root, span: Span) -> bool {
        let fine = match self.scope.reads {
            Reads::All => true,
            Reads::Args => root == Root::Args,
            Reads::Facts => root.entity().is_some(),
        };
        if !fine {
            let place = self.place(span);
            let text = format!("`{}`", self.report.text(place));
            self.may_not_read(&text, place);
        }
        fine
    }

    fn may_not_read(&mut self, what: &str, place: Place) {
        let diagnostic = match self.scope.reads {
            Reads::Facts => Diagnostic::error(
                Code::PL0522,
                format!("the pattern of a rule cannot read {what}"),
            )
            .here(place, "not a fact of agent, user, task or context")
            .note("patterns must be known at issuance, where there are no calls")
            .help("capture the segment, `{*name}`, and compare it in a `when`"),
            _ => Diagnostic::error(
                Code::PL0605,
                format!("a line of a function cannot read {what}"),
            )
            .here(place, "not an argument")
            .note("which requests a call makes depends on its arguments alone")
            .help("read the parameters as `args.NAME`; what is allowed belongs in a rule"),
        };
        self.complain(diagnostic);
    }

    /// Notes that something was read which only a call has.
    fn at_call(&mut self, place: Place, what: String) {
        let place = self.expanding.first().map_or(place, |(_, used)| *used);
        self.call_time.get_or_insert((place, what));
    }

    /// Declares a variable or parameter, and gives it a slot. Locals never shadow.
    pub(super) fn declare_local(&mut self, name: &Name, ty: Ty, place: Place) -> ExprId {
        if self.expanding.is_empty() {
            self.check_shadow(name, place);
        }
        let slot = self.slots;
        self.slots += 1;
        let typed = self.add(Expr::Local(slot), ty);
        let id = typed.id;
        self.locals.push(Local {
            name: name.node.clone(),
            typed,
            place,
        });
        id
    }

    pub(super) fn forget_local(&mut self) {
        self.ended.extend(self.locals.pop().map(|local| local.name));
        self.slots -= 1;
    }

    fn check_shadow(&mut self, name: &Name, place: Place) {
        let world = self.world;
        let local = self.locals.iter().rfind(|local| local.name == name.node);
        let capture = self
            .scope
            .captures
            .iter()
            .find(|(capture, _)| *capture == name.node);
        let first = local
            .map(|local| ("a variable", Some(local.place)))
            .or(capture.map(|(_, place)| ("a capture", Some(*place))))
            .or_else(|| {
                let decl = &world.lets.get(&name.node)?.decl;
                Some(("a let", Some(decl.place(decl.node.name.span))))
            })
            .or_else(|| {
                world
                    .history(name)
                    .map(|(_, history)| ("a history", Some(history.place)))
            })
            .or_else(|| is_built_in(name).then_some(("built in", None)));
        if let Some((what, first)) = first {
            let diagnostic = hidden(name, what, place, first);
            self.complain(diagnostic);
        }
    }
}

/// The error for a name that would hide another.
pub(crate) fn hidden(name: &str, what: &str, place: Place, first: Option<Place>) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::PL0112, format!("`{name}` is {what} already"))
        .here(place, "would hide it")
        .help("choose another name");
    match first {
        Some(first) => diagnostic.also(first, "declared here"),
        None => diagnostic,
    }
}

/// The type of a record of a history.
pub(crate) fn history_record(history: &HistoryDecl) -> Ty {
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

/// A reference with its first `fields` fields, as it is written.
fn shown(reference: &ast::Ref, fields: usize) -> String {
    let mut text = reference.root.node.to_string();
    for field in reference.fields.iter().take(fields) {
        text.push('.');
        text.push_str(&written(field));
    }
    text
}

fn quoted(texts: &[SmolStr]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).collect();
    quoted.join(", ")
}
