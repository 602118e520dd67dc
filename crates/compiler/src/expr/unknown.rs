//! Names that are not known, and names that cannot be read where they stand.

use placet_model::policy::GroupKind;
use placet_syntax::ast::{self, Name, Span};
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use super::refs::Root;
use super::{ArgScope, Elaborator, Reads};
use crate::report::{DiagnosticAt, Place, closest, written};

impl Elaborator<'_, '_, '_> {
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
        if self.report.excuses(name) || self.report.is_full() {
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

    pub(super) fn bare_root(&mut self, root: Root, reference: &ast::Ref, span: Span) {
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

    pub(super) fn unknown_root(&mut self, name: &Name, place: Place) {
        let world = self.world;
        if self.report.excuses(name) || self.report.is_full() {
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
    pub(super) fn elsewhere(&self, name: &Name) -> Option<String> {
        let params = match &self.scope.args {
            ArgScope::Over(coverage) => coverage.functions(self.world),
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

    pub(super) fn may_not_read(&mut self, what: &str, place: Place) {
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
}
