//! The working arena of expressions: equal ones share an id, children come first.

use std::collections::BTreeMap;

use placet_model::ids::ExprId;
use placet_model::policy::Expr;
use placet_model::value::Value;

/// Expressions by id. Also holds what no rule ends up using; see [`crate::assemble`].
#[derive(Debug, Default)]
pub(crate) struct Exprs {
    list: Vec<Expr>,
    depths: Vec<u16>,
    sizes: Vec<usize>,
    ids: BTreeMap<Expr, ExprId>,
    /// How many parts of conditions have been elaborated, over the whole policy set.
    pub(crate) parts: usize,
}

impl Exprs {
    /// The id of an expression whose children are in the arena.
    pub(crate) fn add(&mut self, expr: Expr) -> ExprId {
        if let Some(id) = self.ids.get(&expr) {
            // `1.0` and `1.00` are equal; which of them comes first must not show, so the
            // one with more digits stays.
            if let Some(known) = self.list.get_mut(id.index())
                && decimal_scales(&expr) > decimal_scales(known)
            {
                *known = expr;
            }
            return *id;
        }
        let (mut depth, mut size) = (0, 1_usize);
        expr.for_each_child(|child| {
            depth = depth.max(self.depth(child));
            size = size.saturating_add(self.size(child));
        });
        let id = ExprId::new(self.list.len());
        self.ids.insert(expr.clone(), id);
        self.list.push(expr);
        self.depths.push(depth.saturating_add(1));
        self.sizes.push(size);
        id
    }

    pub(crate) fn get(&self, id: ExprId) -> Option<&Expr> {
        self.list.get(id.index())
    }

    /// How deep an expression is; a leaf is 1.
    pub(crate) fn depth(&self, id: ExprId) -> u16 {
        self.depths.get(id.index()).copied().unwrap_or_default()
    }

    /// How many parts an expression has when what it shares is written out; a leaf is 1.
    pub(crate) fn size(&self, id: ExprId) -> usize {
        self.sizes.get(id.index()).copied().unwrap_or(1)
    }

    /// A balanced tree of `and` or `or` over operands in their order: both associate, so
    /// that long chains need not be deep.
    pub(crate) fn chain(
        &mut self,
        operands: &[ExprId],
        join: fn(ExprId, ExprId) -> Expr,
    ) -> Option<ExprId> {
        match operands {
            [] => None,
            [one] => Some(*one),
            _ => {
                let (left, right) = operands.split_at(operands.len().div_ceil(2));
                let left = self.chain(left, join)?;
                let right = self.chain(right, join)?;
                Some(self.add(join(left, right)))
            }
        }
    }
}

/// How many digits after the point the decimals of a literal have.
fn decimal_scales(expr: &Expr) -> Vec<u32> {
    fn of(value: &Value, scales: &mut Vec<u32>) {
        match value {
            Value::Decimal(number) => scales.push(number.scale()),
            Value::Set(members) | Value::List(members) => {
                for member in members.iter() {
                    of(member, scales);
                }
            }
            _ => {}
        }
    }
    let mut scales = Vec::new();
    if let Expr::Const(value) = expr {
        of(value, &mut scales);
    }
    scales
}
