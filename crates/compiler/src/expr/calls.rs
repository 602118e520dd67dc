//! Built-in functions, and lets, which are written out where they are used.

use placet_model::policy::{Expr, Offset};
use placet_syntax::ast::{self, Name, Span, Spanned};
use placet_syntax::{Code, Diagnostic};

use super::guard::{Need, Why};
use super::{Elaborator, Local, Typed};
use crate::report::{DiagnosticAt, Place, closest};
use crate::ty::{Field, Ty};

/// The built-in functions with their parameters.
const BUILT_IN: [(&str, &[&str]); 6] = [
    ("email", &["address"]),
    ("lower", &["text"]),
    ("path", &["text"]),
    ("time_of_day", &["time", "\"+00:00\""]),
    ("url", &["text"]),
    ("weekday", &["time", "\"+00:00\""]),
];

impl Elaborator<'_, '_, '_> {
    /// `name(args).field`
    pub(super) fn call(
        &mut self,
        name: &Name,
        args: &[Spanned<ast::Expr>],
        fields: &[Name],
        span: Span,
        hint: Option<&Ty>,
    ) -> Typed {
        let place = self.place(span);
        let shown = format!("{}(…)", name.node);
        let base = match BUILT_IN.into_iter().find(|(known, _)| *known == name.node) {
            Some((_, params)) => {
                if !self.check_arity(name, params, args.len(), place) {
                    return self.wrong();
                }
                self.built_in_call(name, args)
            }
            None if self.world.lets.contains_key(&name.node) => {
                self.expand(name, args, place, hint)
            }
            None => {
                self.unknown_function(name);
                return self.wrong();
            }
        };
        let mut at = base;
        let mut needs: Vec<Need> = Vec::new();
        let mut owner = shown;
        for field in fields {
            if at.ty.is_error() {
                return self.wrong();
            }
            let text = format!("{owner}.{}", field.node);
            match self.field(at, field, &owner, &text, &mut needs) {
                Some(next) => at = next,
                None => return self.wrong(),
            }
            owner = text;
        }
        // `has` asks about references alone, so that a part of a result that may be absent
        // is undefined there; only a let or variable can guard it.
        needs.retain(|need| !matches!(need.why, Why::Optional(None)));
        self.require(&needs, &owner, span);
        at
    }

    fn check_arity(&mut self, name: &Name, params: &[&str], given: usize, place: Place) -> bool {
        let fine = params.len() == given;
        if !fine {
            let say = |count: usize| match count {
                1 => "1 argument".to_owned(),
                _ => format!("{count} arguments"),
            };
            self.complain(
                Diagnostic::error(
                    Code::PL0118,
                    format!(
                        "`{}` takes {}, and {given} stand here",
                        name.node,
                        say(params.len())
                    ),
                )
                .here(place, format!("{} given", say(given)))
                .help(format!("write `{}({})`", name.node, params.join(", "))),
            );
        }
        fine
    }

    fn unknown_function(&mut self, name: &Name) {
        if self.report.excuses(name) {
            return;
        }
        let lets = self.world.lets.keys().map(smol_str::SmolStr::as_str);
        let names = BUILT_IN.iter().map(|(known, _)| *known).chain(lets);
        let place = self.place(name.span);
        let diagnostic = match closest(name, names) {
            Some(near) => Diagnostic::error(
                Code::PL0119,
                format!("unknown function `{}`; did you mean `{near}`?", name.node),
            )
            .here(place, "nothing of this name is declared")
            .replace(place, near, format!("write `{near}`")),
            None => Diagnostic::error(Code::PL0119, format!("unknown function `{}`", name.node))
                .here(place, "nothing of this name is declared")
                .help("there are `email`, `lower`, `path`, `time_of_day`, `url`, `weekday`, `count`, `sum`, and lets with parameters"),
        };
        self.complain(diagnostic);
    }

    fn built_in_call(&mut self, name: &Name, args: &[Spanned<ast::Expr>]) -> Typed {
        let Some((first, rest)) = args.split_first() else {
            return self.wrong();
        };
        match name.as_str() {
            "time_of_day" | "weekday" => self.clock(name, first, rest),
            "lower" => {
                let operand = self.value(first, Some(&Ty::Text));
                let ty = match &operand.ty {
                    ty if ty.is_textual() => Ty::Text,
                    Ty::Set(element) if element.is_textual() => Ty::Set(Ty::Text.into()),
                    Ty::List(element) if element.is_textual() => Ty::List(Ty::Text.into()),
                    other => {
                        return self.wrong_operand(
                            name,
                            first.span,
                            other,
                            "a text, or a set or list of texts",
                        );
                    }
                };
                self.add(Expr::Lower(operand.id), ty)
            }
            word => {
                let operand = self.value(first, Some(&Ty::Text));
                if !operand.ty.is_textual() {
                    return self.wrong_operand(name, first.span, &operand.ty, "a text");
                }
                match word {
                    "email" => self.add(Expr::Email(operand.id), email_record()),
                    "url" => self.add(Expr::Url(operand.id), url_record()),
                    _ => self.add(Expr::Path(operand.id), Ty::List(Ty::Text.into())),
                }
            }
        }
    }

    fn wrong_operand(&mut self, name: &Name, span: Span, found: &Ty, wanted: &str) -> Typed {
        if !found.is_error() {
            self.complain(
                Diagnostic::error(
                    Code::PL0205,
                    format!("`{}` takes {wanted}, and this is {}", name.node, found.a()),
                )
                .here(self.place(span), format!("not {wanted}")),
            );
        }
        self.wrong()
    }

    /// `time_of_day(t, "+01:00")`, `weekday(t, "+01:00")`
    fn clock(
        &mut self,
        name: &Name,
        first: &Spanned<ast::Expr>,
        rest: &[Spanned<ast::Expr>],
    ) -> Typed {
        let time = self.value(first, Some(&Ty::Time));
        let Some(second) = rest.first() else {
            return self.wrong();
        };
        let what = "an offset from UTC, like `\"+01:00\"`";
        let Some(text) = self.text_literal(second, &format!("the time in `{}`", name.node), what)
        else {
            return self.wrong();
        };
        if time.ty != Ty::Time {
            return self.wrong_operand(name, first.span, &time.ty, "a `time`");
        }
        let Some(offset) = parse_offset(&text) else {
            self.complain(
                Diagnostic::error(Code::PL0204, format!("`{text}` is not an offset from UTC"))
                    .here(self.place(second.span), "a sign, hours and minutes, up to 23:59")
                    .note("offsets are fixed: rules of daylight saving time change, and a decision must not")
                    .help("write it like `\"+01:00\"` or `\"-05:30\"`"),
            );
            return self.wrong();
        };
        if name.node == "weekday" {
            let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
            self.add(Expr::Weekday(time.id, offset), Ty::enumeration(&days))
        } else {
            self.add(Expr::TimeOfDay(time.id, offset), Ty::Duration)
        }
    }

    /// Writes out a let where it is used.
    pub(super) fn expand(
        &mut self,
        name: &Name,
        args: &[Spanned<ast::Expr>],
        place: Place,
        hint: Option<&Ty>,
    ) -> Typed {
        let Some(decl) = self.world.lets.get(&name.node) else {
            return self.wrong();
        };
        let params: Vec<&str> = decl.params.iter().map(|(name, _)| name.as_str()).collect();
        if !self.check_arity(name, &params, args.len(), place) {
            return self.wrong();
        }
        let mut locals = Vec::new();
        for ((name, ty), arg) in decl.params.iter().zip(args) {
            let typed = self.value(arg, Some(ty));
            if !typed.ty.fits(ty) {
                let diagnostic = Diagnostic::error(
                    Code::PL0201,
                    format!(
                        "parameter `{name}` is {}, and this is {}",
                        ty.a(),
                        typed.ty.a()
                    ),
                )
                .here(self.place(arg.span), "of another type")
                .also(decl.decl.place(decl.decl.node.name.span), "declared here");
                self.complain(diagnostic);
                return self.wrong();
            }
            let typed = Typed {
                id: typed.id,
                ty: ty.clone(),
            };
            locals.push(Local {
                name: name.clone(),
                typed,
                place,
            });
        }
        if decl.failed {
            self.tainted = true;
            return self.wrong();
        }
        let file = std::mem::replace(&mut self.file, decl.decl.file);
        let locals = std::mem::replace(&mut self.locals, locals);
        self.expanding.push((name.node.clone(), place));
        let typed = self.value(&decl.decl.node.body, hint);
        self.expanding.pop();
        self.locals = locals;
        self.file = file;
        typed
    }
}

/// `email(x)`: domain and local part.
fn email_record() -> Ty {
    Ty::record(vec![
        Field::required("domain", Ty::Text),
        Field::required("local", Ty::Text),
    ])
}

/// `url(x)`; a URL without `?` has no query.
fn url_record() -> Ty {
    Ty::record(vec![
        Field::required("scheme", Ty::Text),
        Field::required("host", Ty::Text),
        Field::required("port", Ty::Int),
        Field::required("path", Ty::List(Ty::Text.into())),
        Field {
            optional: true,
            ..Field::required("query", Ty::Text)
        },
    ])
}

/// Reads `+HH:MM` or `-HH:MM` as minutes.
fn parse_offset(text: &str) -> Option<Offset> {
    let (sign, rest) = match text.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, text.strip_prefix('-')?),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let part = |digits: &str, below: Offset| {
        let two = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number: Offset = digits.parse().ok().filter(|_| two)?;
        (number < below).then_some(number)
    };
    Some(sign * (part(hours, 24)? * 60 + part(minutes, 60)?))
}

#[cfg(test)]
mod tests {
    use super::parse_offset;

    #[test]
    fn offsets_are_fixed_and_less_than_a_day() {
        let check = |text: &str, expected: Option<i16>| {
            assert_eq!(parse_offset(text), expected, "{text}");
        };
        check("+01:00", Some(60));
        check("-23:59", Some(-1439));
        check("+23:59", Some(1439));
        check("+00:00", Some(0));
        check("+24:00", None);
        check("+1:00", None);
        check("01:00", None);
        check("+01:60", None);
        check("Z", None);
        check("+01:000", None);
    }
}
