//! Comparisons and membership: what can be asked of two values, and of which types.

use ipnet::IpNet;
use placet_model::policy::{Comparison, Expr};
use placet_syntax::ast::{self, CompareOp, Span, Spanned};
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use super::value::is_literal;
use super::{Elaborator, Typed};
use crate::report::DiagnosticAt;
use crate::ty::Ty;

type Side = Spanned<ast::Expr>;

impl Elaborator<'_, '_, '_> {
    pub(super) fn compare(&mut self, left: &Side, op: &Spanned<CompareOp>, right: &Side) -> Typed {
        let comparison = match op.node {
            CompareOp::Equal => Comparison::Equal,
            CompareOp::NotEqual => Comparison::NotEqual,
            CompareOp::Less => Comparison::Less,
            CompareOp::LessOrEqual => Comparison::AtMost,
            CompareOp::Greater => Comparison::Greater,
            CompareOp::GreaterOrEqual => Comparison::AtLeast,
            CompareOp::In => return self.is_in(left, op.span, right),
            CompareOp::Like => return self.like(left, right),
            CompareOp::Contains => return self.contains(left, op.span, right),
            CompareOp::Within => return self.within(left, right),
            CompareOp::SubsetOf => return self.subset_of(left, op.span, right),
        };
        let (l, r) = self.pair(left, right);
        if l.ty.is_error() || r.ty.is_error() {
            return self.wrong_bool();
        }
        if !l.ty.comparable(&r.ty) {
            return self.differ((&l, left.span), op.span, (&r, right.span));
        }
        let ordering = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if ordering && !l.ty.is_ordered() {
            let diagnostic = Diagnostic::error(
                Code::PL0205,
                format!(
                    "{} has no order, so that `{}` cannot compare it",
                    l.ty.a(),
                    comparison.symbol()
                ),
            )
            .here(self.place(op.span), "not defined for this type")
            .also(self.place(left.span), format!("this is {}", l.ty.a()))
            .help("`int`, `decimal`, `time` and `duration` have an order");
            self.complain(diagnostic);
            return self.wrong_bool();
        }
        self.add(Expr::Compare(comparison, l.id, r.id), Ty::Bool)
    }

    /// Two sides of which a literal takes the other's type.
    fn pair(&mut self, left: &Side, right: &Side) -> (Typed, Typed) {
        if is_literal(left) && !is_literal(right) {
            let r = self.value(right, None);
            let l = self.value(left, Some(&r.ty));
            (l, r)
        } else {
            let l = self.value(left, None);
            let r = self.value(right, Some(&l.ty));
            (l, r)
        }
    }

    fn wrong_bool(&self) -> Typed {
        Typed {
            ty: Ty::Bool,
            ..self.wrong()
        }
    }

    fn differ(&mut self, left: (&Typed, Span), op: Span, right: (&Typed, Span)) -> Typed {
        let (l, r) = (&left.0.ty, &right.0.ty);
        let mut diagnostic = if *l == Ty::Json || *r == Ty::Json {
            Diagnostic::error(Code::PL0213, "a `json` value is opaque: nothing can be compared with it")
                .help("declare the parts that conditions read, as a record; or ask only whether it is there, with `has`")
        } else if l.is_textual() && r.is_textual() {
            Diagnostic::error(
                Code::PL0201,
                "these two can never be equal: they share no value",
            )
        } else {
            Diagnostic::error(
                Code::PL0201,
                format!("{} cannot be compared with {}", l.a(), r.a()),
            )
        };
        diagnostic = diagnostic
            .here(self.place(op), "of different types")
            .also(self.place(left.1), format!("this is {}", l.a()))
            .also(self.place(right.1), format!("this is {}", r.a()));
        if l.is_numeric() && r.is_numeric() {
            diagnostic = diagnostic.help("only literals adapt: declare both as `decimal`");
        } else if l.element().is_some_and(|element| element.comparable(r)) {
            diagnostic = diagnostic.help("to ask for a member, write `xs contains x`");
        } else if r.element().is_some_and(|element| element.comparable(l)) {
            diagnostic = diagnostic.help("to ask for a member, write `x in xs`");
        }
        self.complain(diagnostic);
        self.wrong_bool()
    }

    fn is_in(&mut self, left: &Side, op: Span, right: &Side) -> Typed {
        let (l, r) = if is_literal(left) && !is_literal(right) {
            let r = self.value(right, None);
            let l = self.value(left, r.ty.element());
            (l, r)
        } else {
            let l = self.value(left, None);
            let set = Ty::Set(l.ty.clone().into());
            let r = self.value(right, Some(&set));
            (l, r)
        };
        if l.ty.is_error() || r.ty.is_error() {
            return self.wrong_bool();
        }
        match r.ty.element() {
            None => {
                let help = if l.ty.is_textual() && r.ty.is_textual() {
                    "to look for a part of a text, write `text contains part`".to_owned()
                } else {
                    format!("compare the two with `==`, or declare a `set<{}>`", l.ty)
                };
                self.not_a_collection("in", &r, right.span, help)
            }
            Some(element) if !l.ty.comparable(element) => {
                let inner =
                    l.ty.element()
                        .is_some_and(|inner| inner.comparable(element));
                let help = inner.then_some(
                    "to ask for all its members, write `subset of`; for one, `some x in …: x in …`",
                );
                let message = format!("{} cannot be in {}", l.ty.a(), r.ty.a());
                self.no_member(message, op, (&l, left.span), (&r, right.span), help)
            }
            Some(_) => self.add(Expr::In(l.id, r.id), Ty::Bool),
        }
    }

    fn contains(&mut self, left: &Side, op: Span, right: &Side) -> Typed {
        let l = self.value(left, None);
        let hint = if l.ty.is_textual() {
            Some(&Ty::Text)
        } else {
            l.ty.element()
        };
        let r = self.value(right, hint);
        if l.ty.is_error() || r.ty.is_error() {
            return self.wrong_bool();
        }
        let fits = if l.ty.is_textual() {
            r.ty.is_textual()
        } else if let Some(element) = l.ty.element() {
            r.ty.comparable(element)
        } else {
            let help = "a text contains parts, a set or list contains members".to_owned();
            return self.not_a_collection("contains", &l, left.span, help);
        };
        if !fits {
            let message = format!("{} cannot contain {}", l.ty.a(), r.ty.a());
            return self.no_member(message, op, (&l, left.span), (&r, right.span), None);
        }
        self.add(Expr::Contains(l.id, r.id), Ty::Bool)
    }

    fn subset_of(&mut self, left: &Side, op: Span, right: &Side) -> Typed {
        let (l, r) = self.pair_of_sets(left, right);
        if l.ty.is_error() || r.ty.is_error() {
            return self.wrong_bool();
        }
        for (side, typed) in [(left, &l), (right, &r)] {
            if typed.ty.element().is_none() {
                let help = "`subset of` stands between two sets or lists".to_owned();
                return self.not_a_collection("subset of", typed, side.span, help);
            }
        }
        let fits = match (l.ty.element(), r.ty.element()) {
            (Some(a), Some(b)) => a.comparable(b),
            _ => false,
        };
        if !fits {
            let message = format!("{} cannot be a subset of {}", l.ty.a(), r.ty.a());
            return self.no_member(message, op, (&l, left.span), (&r, right.span), None);
        }
        self.add(Expr::SubsetOf(l.id, r.id), Ty::Bool)
    }

    /// Like [`Self::pair`], but literals become sets.
    fn pair_of_sets(&mut self, left: &Side, right: &Side) -> (Typed, Typed) {
        let as_set = |ty: &Ty| ty.element().map(|element| Ty::Set(element.clone().into()));
        if is_literal(left) && !is_literal(right) {
            let r = self.value(right, None);
            let l = self.value(left, as_set(&r.ty).as_ref());
            (l, r)
        } else {
            let l = self.value(left, None);
            let r = self.value(right, as_set(&l.ty).as_ref());
            (l, r)
        }
    }

    fn not_a_collection(&mut self, op: &str, typed: &Typed, span: Span, help: String) -> Typed {
        let diagnostic = Diagnostic::error(
            Code::PL0210,
            format!("`{op}` needs a set or list, and this is {}", typed.ty.a()),
        )
        .here(self.place(span), "has no members")
        .help(help);
        self.complain(diagnostic);
        self.wrong_bool()
    }

    fn no_member(
        &mut self,
        message: String,
        op: Span,
        left: (&Typed, Span),
        right: (&Typed, Span),
        help: Option<&str>,
    ) -> Typed {
        let mut diagnostic = Diagnostic::error(Code::PL0201, message)
            .here(self.place(op), "of different types")
            .also(self.place(left.1), format!("this is {}", left.0.ty.a()))
            .also(self.place(right.1), format!("this is {}", right.0.ty.a()));
        if let Some(help) = help {
            diagnostic = diagnostic.help(help);
        }
        self.complain(diagnostic);
        self.wrong_bool()
    }

    fn like(&mut self, left: &Side, right: &Side) -> Typed {
        let l = self.value(left, None);
        let Some(glob) = self.text_literal(right, "`like`", "a glob, like `\"*.md\"`") else {
            return self.wrong_bool();
        };
        if !self.expect_left(&l, left.span, "like", l.ty.is_textual(), "a text") {
            return self.wrong_bool();
        }
        let parts = glob.split('*').map(SmolStr::from).collect();
        self.add(Expr::Like(l.id, parts), Ty::Bool)
    }

    fn within(&mut self, left: &Side, right: &Side) -> Typed {
        let l = self.value(left, None);
        let Some(text) = self.text_literal(right, "`within`", "a network, like `\"10.0.0.0/8\"`")
        else {
            return self.wrong_bool();
        };
        let is_ip = l.ty == Ty::Ip;
        if !self.expect_left(&l, left.span, "within", is_ip, "an `ip`") {
            return self.wrong_bool();
        }
        let place = self.place(right.span);
        match text.parse::<IpNet>() {
            Ok(network) if network.trunc() == network => {
                self.add(Expr::Within(l.id, network), Ty::Bool)
            }
            Ok(network) => {
                let whole = network.trunc();
                self.complain(
                    Diagnostic::error(
                        Code::PL0204,
                        format!("`{text}` is an address inside a network"),
                    )
                    .here(place, format!("the network is `{whole}`"))
                    .replace(
                        place,
                        format!("\"{whole}\""),
                        format!("write `\"{whole}\"`"),
                    ),
                );
                self.wrong_bool()
            }
            Err(_) => {
                self.complain(
                    Diagnostic::error(Code::PL0204, format!("`{text}` is not a network"))
                        .here(place, "an address, a slash and a number of bits stand here")
                        .help("write it like `\"10.0.0.0/8\"` or `\"2001:db8::/32\"`; one address is a `/32` or `/128`"),
                );
                self.wrong_bool()
            }
        }
    }

    fn expect_left(&mut self, l: &Typed, span: Span, op: &str, fits: bool, wanted: &str) -> bool {
        if l.ty.is_error() {
            return false;
        }
        if !fits {
            let diagnostic = Diagnostic::error(
                Code::PL0205,
                format!("`{op}` asks about {wanted}, and this is {}", l.ty.a()),
            )
            .here(self.place(span), format!("not {wanted}"));
            self.complain(diagnostic);
        }
        fits
    }

    /// A text that must be written where it is used.
    pub(super) fn text_literal(&mut self, expr: &Side, of: &str, what: &str) -> Option<SmolStr> {
        if let ast::Expr::Value(ast::Value::Text(text)) = &expr.node {
            return Some(text.clone());
        }
        let diagnostic = Diagnostic::error(Code::PL0206, format!("right of {of} stands {what}"))
            .here(self.place(expr.span), "must be a literal text")
            .note("it is read when the policy is checked, so that nothing can go wrong at a call");
        self.complain(diagnostic);
        None
    }
}
