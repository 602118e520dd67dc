//! Changes of the clauses of a rule.

use placet_syntax::ast::{
    Clause, Duration, Duty, Effect, Moment, Name, Names, Number, Pattern, Resources, Rule, Segment,
    Str, Tools, Users,
};
use placet_syntax::{FileId, Spanned, ast};

use super::change::{Change, Toward, with, without};
use super::condition::condition;

/// A changed clause, or `None` where it is dropped.
type Changes = Vec<Change<Option<Clause>>>;

/// All changes of one clause of a rule.
pub(super) fn clause(file: FileId, text: &str, rule: &Rule, of: &Spanned<Clause>) -> Changes {
    let wider = match rule.effect.node {
        Effect::Grant => Toward::More,
        // What more is denied, or is asked for more, is granted less.
        Effect::Deny | Effect::Require => Toward::Less,
    };
    let mut to = Collector {
        of,
        wider,
        changes: Vec::new(),
    };
    match &of.node {
        Clause::Agent(names) => to.names(names, Clause::Agent),
        Clause::Action(names) => to.names(names, Clause::Action),
        Clause::User(users) => to.users(users),
        Clause::Tool(Tools::Any) | Clause::Resource(Resources::Any) => {}
        Clause::Tool(Tools::Listed(paths)) => {
            to.widen(Clause::Tool(Tools::Any), "any tool");
            to.fewer(
                paths,
                |path| path.dotted(),
                |paths| Clause::Tool(Tools::Listed(paths)),
            );
        }
        Clause::Resource(Resources::Listed(patterns)) => to.patterns(file, patterns),
        Clause::At(moment) => {
            let word = match moment {
                Moment::Issuance => "issuance",
                Moment::Runtime => "runtime",
            };
            to.drop(wider, format!("drop `at {word}`"));
        }
        Clause::When(expr) => {
            to.drop(wider, format!("drop `when {expr}`"));
            to.condition(text, expr, wider, Clause::When);
        }
        Clause::Unless(expr) => {
            to.drop(wider, format!("drop `unless {expr}`"));
            to.condition(text, expr, wider.turned(), Clause::Unless);
        }
        Clause::Duty(duty) => to.duty(duty),
    }
    to.changes
}

struct Collector<'a> {
    of: &'a Spanned<Clause>,
    /// Where it leads when the rule matches more often.
    wider: Toward,
    changes: Changes,
}

impl Collector<'_> {
    fn drop(&mut self, toward: Toward, what: String) {
        let span = self.of.span;
        self.changes
            .push(Change::at(span, None, String::new(), toward, what));
    }

    fn replace(&mut self, clause: Clause, toward: Toward, what: String) {
        let text = clause.to_string();
        let span = self.of.span;
        self.changes
            .push(Change::at(span, Some(clause), text, toward, what));
    }

    fn widen(&mut self, clause: Clause, to: &str) {
        let what = format!("widen `{}` to {to}", self.of);
        self.replace(clause, self.wider, what);
    }

    /// Each name taken away, where another remains.
    fn fewer<T: Clone>(
        &mut self,
        list: &[T],
        name: impl Fn(&T) -> smol_str::SmolStr,
        clause: impl Fn(Vec<T>) -> Clause,
    ) {
        if list.len() < 2 {
            return;
        }
        for (at, one) in list.iter().enumerate() {
            let what = format!("take `{}` from `{}`", name(one), self.of);
            let narrower = self.wider.turned();
            self.replace(clause(without(list, at)), narrower, what);
        }
    }

    fn names(&mut self, names: &Names, clause: fn(Names) -> Clause) {
        match names {
            Names::Any => return,
            Names::In(groups) => {
                self.fewer(groups, node, |groups| clause(Names::In(groups)));
            }
            Names::Listed(names) => {
                self.fewer(names, node, |names| clause(Names::Listed(names)));
            }
        }
        self.widen(clause(Names::Any), "`any`");
    }

    fn users(&mut self, users: &Users) {
        let wider = match users {
            Users::AnyOrNone => return,
            Users::Any | Users::None => Users::AnyOrNone,
            Users::In(groups) => {
                self.fewer(groups, node, |groups| Clause::User(Users::In(groups)));
                Users::Any
            }
            Users::Listed(names) => {
                self.fewer(names, node, |names| Clause::User(Users::Listed(names)));
                Users::Any
            }
        };
        let to = match wider {
            Users::AnyOrNone => "`any, none`",
            _ => "`any`",
        };
        self.widen(Clause::User(wider), to);
    }

    fn condition(
        &mut self,
        text: &str,
        expr: &Spanned<ast::Expr>,
        truer: Toward,
        clause: fn(Spanned<ast::Expr>) -> Clause,
    ) {
        let changes = condition(text, expr, truer).into_iter();
        self.changes.extend(
            changes.map(|change| change.within(|tree| Some(clause(Spanned::new(tree, expr.span))))),
        );
    }

    fn patterns(&mut self, file: FileId, patterns: &[Str]) {
        let listed = |patterns| Clause::Resource(Resources::Listed(patterns));
        self.fewer(patterns, node, listed);
        for (at, pattern) in patterns.iter().enumerate() {
            let (segments, _) = placet_syntax::pattern::parse(file, pattern);
            let mut wider = widened(pattern, &segments);
            if pattern.node != "**" {
                wider.push("**".to_owned());
            }
            for text in wider {
                let what = format!("widen \"{}\" to \"{text}\"", pattern.node);
                let one = Spanned::new(text.into(), pattern.span);
                let clause = listed(with(patterns, at, one));
                self.replace(clause, self.wider, what);
            }
        }
    }

    /// A duty that is asked of fewer, or bounds less, grants more, whether a grant or a
    /// require has it.
    fn duty(&mut self, duty: &Duty) {
        let less = Toward::More;
        let mut to = |duty: Duty, what: &str| {
            let what = format!("{what} `{}`", self.of);
            self.replace(Clause::Duty(duty), less, what);
        };
        match duty {
            Duty::For(lifetime) => {
                let double = Duration {
                    count: lifetime.count.saturating_mul(2),
                    unit: lifetime.unit,
                };
                to(Duty::For(Spanned::new(double, lifetime.span)), "double");
                return;
            }
            Duty::Delegate(depth) => {
                let deeper = Spanned::new(depth.node.saturating_add(1), depth.span);
                to(Duty::Delegate(deeper), "raise by one");
                return;
            }
            Duty::BudgetCalls(calls) => {
                let more = Spanned::new(calls.node.saturating_add(1), calls.span);
                to(Duty::BudgetCalls(more), "raise by one call");
            }
            Duty::BudgetOf { amount, of } => {
                if let Some(double) = doubled(amount) {
                    let amount = Spanned::new(double, amount.span);
                    let of = of.clone();
                    to(Duty::BudgetOf { amount, of }, "double");
                }
            }
            Duty::Consent { per_call } => {
                if *per_call {
                    to(Duty::Consent { per_call: false }, "ask once instead of");
                }
            }
            Duty::Approval { groups, per_call } => {
                if *per_call {
                    let groups = groups.clone();
                    let once = Duty::Approval {
                        groups,
                        per_call: false,
                    };
                    to(once, "ask once instead of");
                }
                if groups.len() > 1 {
                    for (at, group) in groups.iter().enumerate() {
                        let groups = without(groups, at);
                        let per_call = *per_call;
                        let what = format!("take `{}` from", group.node);
                        to(Duty::Approval { groups, per_call }, &what);
                    }
                }
            }
        }
        self.drop(less, format!("drop `{}`", self.of));
    }
}

fn node(name: &Name) -> smol_str::SmolStr {
    name.node.clone()
}

/// The pattern with `*` for one segment: each hole and each glob, and the last literal.
fn widened(text: &Str, pattern: &Pattern) -> Vec<String> {
    let start = text.span.range().start + 1;
    if text.span.range().len() != text.node.len() + 2 {
        // The literal spells a character in another way; where segments stand in the value
        // is not known then.
        return Vec::new();
    }
    let last = pattern
        .segments
        .iter()
        .rposition(|segment| matches!(segment.node, Segment::Literal(_)));
    let from_start = |segment: &Spanned<Segment>| segment.span.range().start == start;
    let mut wider = Vec::new();
    for (at, segment) in pattern.segments.iter().enumerate() {
        let star = match &segment.node {
            Segment::Literal(_) if Some(at) == last => "*",
            Segment::Glob { .. } => "*",
            Segment::Hole(hole) => match hole.extractor.as_ref().map(|of| of.node) {
                // These make several segments.
                Some(ast::Extractor::Path | ast::Extractor::Url) => "**",
                // Where it stands first, a word that is not written stands before it.
                Some(ast::Extractor::Email) if from_start(segment) => "email/*/*",
                Some(ast::Extractor::Email) => "*/*",
                Some(ast::Extractor::Lower) | None => "*",
            },
            _ => continue,
        };
        let range = segment.span.range();
        let (Some(from), Some(to)) = (range.start.checked_sub(start), range.end.checked_sub(start))
        else {
            continue;
        };
        let piece = text.node.get(from..to).unwrap_or_default();
        // The word `email` before a hole that stands first is not written.
        if matches!(&segment.node, Segment::Literal(literal) if literal != piece) {
            continue;
        }
        if let (Some(before), Some(after)) = (text.node.get(..from), text.node.get(to..)) {
            wider.push(format!("{before}{star}{after}"));
        }
    }
    wider
}

/// Twice an amount, with as many places after the point.
fn doubled(amount: &Number) -> Option<Number> {
    let places = amount
        .text
        .split_once('.')
        .map_or(0, |(_, places)| places.len());
    let digits: String = amount.text.chars().filter(|c| *c != '.').collect();
    let double = digits.parse::<u64>().ok()?.checked_mul(2)?.to_string();
    let double = format!("{double:0>width$}", width = places + 1);
    let (whole, fraction) = double.split_at_checked(double.len() - places)?;
    let text = match places {
        0 => whole.to_owned(),
        _ => format!("{whole}.{fraction}"),
    };
    Some(Number { text: text.into() })
}
