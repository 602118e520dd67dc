//! The expression arena: operands come first, nothing is too big, and equal expressions
//! have one id. Whether an expression is typed depends on where it stands: see
//! [`scope`](super::scope).

use super::{Invalid, MAX_EXPR_DEPTH, MAX_EXPR_NODES, ensure};
use crate::policy::{Expr, Policy};
use crate::walk::Size;

pub(super) fn check(policy: &Policy, sizes: &[Size]) -> Result<(), Invalid> {
    for (at, (expr, size)) in policy.exprs.iter().zip(sizes).enumerate() {
        let place = || format!("expression {at}");
        let mut ordered = true;
        expr.for_each_child(|child| ordered &= child.index() < at);
        ensure(ordered, place, "an operand does not come before it")?;
        // Beyond this no walk of expressions goes, be it recursive.
        let small = size.nodes <= MAX_EXPR_NODES && size.depth <= MAX_EXPR_DEPTH;
        ensure(small, place, "it is too big")?;
    }
    let mut sorted: Vec<&Expr> = policy.exprs.iter().collect();
    sorted.sort_unstable();
    let twice = sorted
        .windows(2)
        .any(|pair| matches!(pair, [left, right] if left == right));
    ensure(!twice, || "expressions".to_owned(), "one is there twice")
}
