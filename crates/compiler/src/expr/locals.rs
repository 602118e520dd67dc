//! Variables and parameters. They never hide another name.

use placet_model::ids::ExprId;
use placet_model::policy::Expr;
use placet_syntax::ast::Name;
use placet_syntax::{Code, Diagnostic};

use super::refs::is_built_in;
use super::{Elaborator, Local};
use crate::report::{DiagnosticAt, Place};
use crate::ty::Ty;

impl Elaborator<'_, '_, '_> {
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
