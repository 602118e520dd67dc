//! One member of a list argument is tested, and the call uses all of them.

use placet_model::ids::ExprId;
use placet_model::policy::{Expr, Policy, RuleKind};
use placet_syntax::ast::{self, Quantifier, Spanned};

use crate::context::{Context, Found, RuleAt};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::finding::Fix;
use crate::walk;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1008,
    name: "some-of-list",
    category: Category::Overscope,
    level: Level::Error,
    tags: &[Tag::Asi(2), Tag::Nhi(5), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::Unsafe,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let policy = context.policy();
    for rule in context.rules() {
        let written = walk::conditions(rule.tree);
        for (condition, written) in rule.typed.conditions.iter().zip(written) {
            // For a grant `some` lets the rest through; for a deny or a require `all` does.
            let is_grant = rule.typed.kind == RuleKind::Grant;
            let wanted = condition.unless != is_grant;
            let mut loose = Vec::new();
            tests(policy, condition.expr, wanted, &mut loose);
            for test in loose {
                report(context, &rule, written, test, found);
            }
        }
    }
}

/// A test of a list of which one member decides.
struct Loose {
    list: ExprId,
    all: Option<bool>,
}

/// The tests of lists that one member makes true, or that each member must make false, as
/// `some` says. Negation turns that around.
fn tests(policy: &Policy, id: ExprId, some: bool, loose: &mut Vec<Loose>) {
    let Some(expr) = policy.exprs.get(id.index()) else {
        return;
    };
    match expr {
        Expr::Not(of) => tests(policy, *of, !some, loose),
        Expr::And(left, right) | Expr::Or(left, right) => {
            tests(policy, *left, some, loose);
            tests(policy, *right, some, loose);
        }
        Expr::Quantifier { all, over, .. } if *all != some && is_argument(policy, over.list) => {
            loose.push(Loose {
                list: over.list,
                all: Some(*all),
            });
        }
        Expr::Contains(list, _) if some && is_list(policy, *list) => loose.push(Loose {
            list: *list,
            all: None,
        }),
        _ => {}
    }
}

fn is_argument(policy: &Policy, list: ExprId) -> bool {
    walk::any(policy, list, &mut |expr| matches!(expr, Expr::Arg(_)))
}

/// Whether it is an argument that is a list or set, so that `contains` is about its members.
fn is_list(policy: &Policy, id: ExprId) -> bool {
    let Some(Expr::Arg(name)) = policy.exprs.get(id.index()) else {
        return false;
    };
    let mut functions = policy.functions.iter();
    functions.any(|function| {
        let params = function.params.and_then(|id| policy.types.get(id.index()));
        let Some(placet_model::policy::Type::Record(fields)) = params else {
            return false;
        };
        let field = fields.iter().find(|field| field.name == *name);
        let ty = field.and_then(|field| policy.types.get(field.ty.index()));
        matches!(
            ty,
            Some(placet_model::policy::Type::List(_) | placet_model::policy::Type::Set(_))
        )
    })
}

fn report(
    context: &Context<'_>,
    rule: &RuleAt<'_>,
    written: &Spanned<ast::Expr>,
    loose: Loose,
    found: &mut Found,
) {
    let list = placet_model::render::expr(context.policy(), loose.list, &rule.typed.captures);
    let wanted = match loose.all {
        Some(true) => Quantifier::All,
        Some(false) | None => Quantifier::Some,
    };
    let mut places = Vec::new();
    walk::tree(written, &mut |part| {
        if let ast::Expr::Quantified { quantifier, .. } = &part.node
            && quantifier.node == wanted
            && loose.all.is_some()
        {
            places.push((part.span, Some(quantifier.span)));
        }
        if let ast::Expr::Compare { op, .. } = &part.node
            && op.node == ast::CompareOp::Contains
            && loose.all.is_none()
        {
            places.push((part.span, None));
        }
    });
    let (span, word) = match places.as_slice() {
        [one] => *one,
        _ => (written.span, None),
    };
    let (says, help, other) = match loose.all {
        Some(false) => (
            "one member of it is enough, and the call uses all of them",
            "write `all`: then each member is tested",
            "all",
        ),
        Some(true) => (
            "one member that is not so is enough to pass",
            "write `some`: then one such member is enough to match",
            "some",
        ),
        None => (
            "one member is there, and nothing is said of the others",
            "test each: `all x in list: …`, or `list subset of …`",
            "",
        ),
    };
    let fix = word.map(|word| {
        Fix::changing(format!("{help}, which decides otherwise")).edit(rule.file, word, other)
    });
    found.mend(
        RULE.says(format!(
            "`{}` tests `{list}` by one member",
            rule.typed.name
        ))
        .at(rule.file, span, says)
        .help(help),
        fix,
    );
}
