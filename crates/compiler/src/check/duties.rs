//! Duties and limits: what each asks for, and where it can.

use placet_model::ids::GroupId;
use placet_model::policy::{Approval, Budget, Consent, Duties, GroupKind, RuleKind, Users};
use placet_model::value::Duration;
use placet_syntax::ast::{self, Duty, FileId, Span, Spanned};
use placet_syntax::{Code, Diagnostic};

use crate::expr::Elaborator;
use crate::report::{DiagnosticAt, Place, Report};
use crate::resolve::constants::{duration_of, exact};
use crate::resolve::groups::find_group;
use crate::resolve::names::{each_once, repeated};
use crate::world::World;

/// The duties that are written, with what makes sense of them.
pub(crate) struct DutyScope<'w, 'a> {
    pub(crate) world: &'w World<'a>,
    pub(crate) file: FileId,
    pub(crate) kind: RuleKind,
    pub(crate) users: &'w Users,
}

/// Checks duties and limits. The elaborator knows what the conditions guarantee.
pub(crate) fn check_duties(
    scope: &DutyScope,
    elaborator: &mut Elaborator,
    duties: &[(&Duty, Span)],
) -> Duties {
    let mut checked = Duties::default();
    let mut approvals: Vec<(Approval, Place)> = Vec::new();
    if let (RuleKind::Deny, Some((_, span))) = (scope.kind, duties.first()) {
        let place = Place::new(scope.file, *span);
        let written = elaborator.report.text(place);
        elaborator.report.push(
            Diagnostic::error(
                Code::PL0403,
                "a deny has no duties or limits: nothing lifts it",
            )
            .here(place, "not in a deny")
            .help(format!(
                "for a ceiling that can be lifted, write a `require` with `{written}`"
            )),
        );
        return checked;
    }
    for (duty, span) in duties {
        let place = Place::new(scope.file, *span);
        match duty {
            Duty::For(duration) => {
                checked.lifetime = lifetime(elaborator.report, scope.file, duration);
            }
            Duty::Delegate(depth) => {
                let place = Place::new(scope.file, depth.span);
                checked.delegate = links(elaborator.report, depth.node, place);
            }
            Duty::Consent { per_call } => {
                check_consent(scope, elaborator.report, place);
                checked.consent = Some(if *per_call {
                    Consent::PerCall
                } else {
                    Consent::Scope
                });
            }
            Duty::Approval { groups, per_call } => {
                for name in each_once(elaborator.report, scope.file, groups) {
                    let place = Place::new(scope.file, name.span);
                    let report = &mut *elaborator.report;
                    let Some(group) =
                        find_group(scope.world, report, GroupKind::Users, name, place)
                    else {
                        continue;
                    };
                    add_approval(report, &mut approvals, group, *per_call, name, place);
                }
            }
            Duty::BudgetCalls(calls) => {
                let place = Place::new(scope.file, calls.span);
                if check_positive(elaborator.report, calls.node > 0, "budget", place) {
                    checked.budgets.push(Budget::Calls(calls.node));
                }
            }
            Duty::BudgetOf { amount, of } => {
                checked
                    .budgets
                    .extend(budget_of(scope, elaborator, amount, of));
            }
        }
    }
    checked.approvals = approvals
        .into_iter()
        .map(|(approval, _)| approval)
        .collect();
    checked.approvals.sort();
    checked
}

/// How many further links a chain may get.
fn links(report: &mut Report, depth: u64, place: Place) -> Option<u32> {
    let links = u32::try_from(depth).ok();
    if links.is_none() {
        report.push(
            Diagnostic::error(
                Code::PL0208,
                format!("`{depth}` links are more than any chain has"),
            )
            .here(place, "must fit into 32 bits"),
        );
    }
    links
}

fn add_approval(
    report: &mut Report,
    approvals: &mut Vec<(Approval, Place)>,
    group: GroupId,
    per_call: bool,
    name: &str,
    place: Place,
) {
    match approvals.iter().find(|(known, _)| known.group == group) {
        Some((_, first)) => report.push(repeated(name, place, *first)),
        None => approvals.push((Approval { group, per_call }, place)),
    }
}

/// The duration of a `for`.
pub(crate) fn lifetime(
    report: &mut Report,
    file: FileId,
    duration: &Spanned<ast::Duration>,
) -> Option<Duration> {
    let place = Place::new(file, duration.span);
    let length = duration_of(report, place, duration.node)?;
    check_positive(report, length.0 > 0, "lifetime", place).then_some(length)
}

fn check_positive(report: &mut Report, positive: bool, what: &str, place: Place) -> bool {
    if !positive {
        let help = "to forbid it altogether, write a `deny`";
        report.push(
            Diagnostic::error(Code::PL0407, format!("a {what} of nothing allows nothing"))
                .here(place, "must be more than zero")
                .help(help),
        );
    }
    positive
}

fn check_consent(scope: &DutyScope, report: &mut Report, place: Place) {
    if *scope.users == Users::None {
        report.push(
            Diagnostic::error(
                Code::PL0406,
                "nobody can consent: the rule is about agents without a user",
            )
            .here(place, "consent is a user's")
            .help("ask a group instead: `approval GROUP`"),
        );
    }
}

fn budget_of(
    scope: &DutyScope,
    elaborator: &mut Elaborator,
    amount: &Spanned<ast::Number>,
    of: &Spanned<ast::Ref>,
) -> Option<Budget> {
    let typed = elaborator.read(of);
    let place = Place::new(scope.file, amount.span);
    let Some(limit) = exact(&amount.node) else {
        elaborator.report.push(
            Diagnostic::error(
                Code::PL0208,
                format!("`{}` does not fit into a `decimal`", amount.text),
            )
            .here(place, "a `decimal` has 28 digits, and never rounds"),
        );
        return None;
    };
    let positive = limit > rust_decimal::Decimal::ZERO;
    if !check_positive(elaborator.report, positive, "budget", place) || typed.ty.is_error() {
        return None;
    }
    if !typed.ty.is_numeric() {
        elaborator.report.push(
            Diagnostic::error(
                Code::PL0408,
                format!("a budget is spent in numbers, and this is {}", typed.ty.a()),
            )
            .here(
                Place::new(scope.file, of.span),
                "neither `int` nor `decimal`",
            )
            .help("name a number, or count calls: `budget N calls`"),
        );
        return None;
    }
    Some(Budget::Amount {
        limit,
        of: typed.id,
    })
}
