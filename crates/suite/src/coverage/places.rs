//! Where the parts of rules stand in the texts.

use std::collections::{BTreeMap, BTreeSet};

use placet_compiler::Place;
use placet_model::ids::ExprId;
use placet_model::policy::{Expr as TypedExpr, Policy, Rule as TypedRule};
use placet_syntax::ast::{self, Clause, Duty, Expr, ItemKind, Resources};
use placet_syntax::{FileId, Span, Spanned};
use smol_str::SmolStr;

/// The rules and lets of the texts by name.
pub(super) struct Texts<'a> {
    /// By layer, then name.
    rules: BTreeMap<(SmolStr, SmolStr), (FileId, &'a ast::Rule)>,
    lets: BTreeMap<&'a SmolStr, (FileId, &'a ast::Let)>,
}

impl<'a> Texts<'a> {
    pub(super) fn of(files: &'a [ast::File]) -> Self {
        let mut texts = Self {
            rules: BTreeMap::new(),
            lets: BTreeMap::new(),
        };
        for file in files {
            let layer = match &file.layer {
                Some(layer) => layer.name.node.clone(),
                None => SmolStr::new_static("main"),
            };
            for item in &file.items {
                match &item.kind {
                    ItemKind::Rule(rule) => {
                        let name = (layer.clone(), rule.name.node.clone());
                        texts.rules.insert(name, (file.id, rule));
                    }
                    ItemKind::Let(shared) => {
                        texts.lets.insert(&shared.name.node, (file.id, shared));
                    }
                    _ => {}
                }
            }
        }
        texts
    }

    /// A rule as it is written.
    pub(super) fn rule(&self, layer: &SmolStr, name: &SmolStr) -> Option<Written<'_, 'a>> {
        let (file, rule) = self.rules.get(&(layer.clone(), name.clone()))?;
        Some(Written {
            texts: self,
            file: *file,
            rule,
        })
    }
}

/// A rule as it is written.
#[derive(Clone, Copy)]
pub(super) struct Written<'t, 'a> {
    texts: &'t Texts<'a>,
    file: FileId,
    rule: &'a ast::Rule,
}

/// Where an atom stands: in the rule, and in the `let` that says it.
pub(super) type AtomPlace = (Place, Option<Place>);

impl<'a> Written<'_, 'a> {
    /// The kind and the name.
    pub(super) fn head(&self) -> Place {
        self.place(self.rule.effect.span.to(self.rule.name.span))
    }

    /// The first clause that is wanted, else the head.
    pub(super) fn clause(&self, wanted: impl Fn(&Clause) -> bool) -> Place {
        let mut clauses = self.rule.clauses.iter();
        match clauses.find(|clause| wanted(&clause.node)) {
            Some(clause) => self.place(clause.span),
            None => self.head(),
        }
    }

    /// The patterns of the resource clause, as they are written.
    pub(super) fn pattern(&self, at: usize) -> Place {
        let mut clauses = self.rule.clauses.iter();
        let pattern = clauses.find_map(|clause| match &clause.node {
            Clause::Resource(Resources::Listed(patterns)) => patterns.get(at),
            _ => None,
        });
        match pattern {
            Some(pattern) => self.place(pattern.span),
            None => self.clause(|clause| matches!(clause, Clause::Resource(_))),
        }
    }

    /// The group of an approval.
    pub(super) fn approval(&self, group: &str) -> Place {
        let clauses = self.rule.clauses.iter();
        let mut groups = clauses.filter_map(|clause| match &clause.node {
            Clause::Duty(Duty::Approval { groups, .. }) => Some(groups),
            _ => None,
        });
        let found = groups.find_map(|groups| groups.iter().find(|name| name.node == group));
        match found {
            Some(name) => self.place(name.span),
            None => self.head(),
        }
    }

    /// The budgets are kept in the order in which they are written.
    pub(super) fn budget(&self, at: usize) -> Place {
        let clauses = self.rule.clauses.iter();
        let mut budgets = clauses.filter(|clause| {
            matches!(
                clause.node,
                Clause::Duty(Duty::BudgetCalls(_) | Duty::BudgetOf { .. })
            )
        });
        match budgets.nth(at) {
            Some(clause) => self.place(clause.span),
            None => self.head(),
        }
    }

    /// Where the atoms of a condition stand. Tree and typed condition are walked side by
    /// side: lets and their parameters are looked up, all else has the same shape.
    pub(super) fn atoms(
        &self,
        policy: &Policy,
        rule: &TypedRule,
        condition: usize,
    ) -> BTreeMap<ExprId, AtomPlace> {
        let clauses = self.rule.clauses.iter();
        let mut conditions = clauses.filter_map(|clause| match &clause.node {
            Clause::When(expr) | Clause::Unless(expr) => Some(expr),
            _ => None,
        });
        let mut walk = Walk {
            policy,
            texts: self.texts,
            captures: &rule.captures,
            joined: BTreeSet::new(),
            found: BTreeMap::new(),
        };
        if let (Some(expr), Some(typed)) =
            (conditions.nth(condition), rule.conditions.get(condition))
        {
            let here = Around {
                file: self.file,
                params: Vec::new(),
                outer: None,
                used: None,
            };
            walk.walk(&here, expr, typed.expr);
        }
        walk.found
    }

    const fn place(&self, span: Span) -> Place {
        Place {
            file: self.file,
            span,
        }
    }
}

/// Where an expression is read: in a rule, or in a `let` that is used there.
struct Around<'a, 'o> {
    file: FileId,
    /// The parameters of the `let`, with what stands for them in what is around it.
    params: Vec<(&'a SmolStr, &'a Spanned<Expr>)>,
    outer: Option<&'o Around<'a, 'o>>,
    /// Where the rule uses the `let`.
    used: Option<Place>,
}

struct Walk<'w, 'a> {
    policy: &'w Policy,
    texts: &'w Texts<'a>,
    captures: &'w [SmolStr],
    /// What has been gone into: shared parts are looked at once.
    joined: BTreeSet<ExprId>,
    found: BTreeMap<ExprId, AtomPlace>,
}

impl<'a> Walk<'_, 'a> {
    fn walk(&mut self, around: &Around<'a, '_>, expr: &'a Spanned<Expr>, id: ExprId) {
        let typed = self.policy.exprs.get(id.index());
        match (&expr.node, typed) {
            (Expr::And(operands), Some(TypedExpr::And(..)))
            | (Expr::Or(operands), Some(TypedExpr::Or(..))) => self.chain(around, operands, id),
            (Expr::Not(of), Some(TypedExpr::Not(typed))) => {
                if self.joined.insert(id) {
                    self.walk(around, of, *typed);
                }
            }
            (Expr::Ref(name), _) if name.fields.is_empty() => {
                let name = &name.root.node;
                let param = around.params.iter().find(|(param, _)| *param == name);
                if let (Some((_, arg)), Some(outer)) = (param, around.outer) {
                    self.walk(outer, arg, id);
                } else {
                    self.shared(around, expr, name, &[], id);
                }
            }
            (Expr::Call { name, args, fields }, _) if fields.is_empty() => {
                self.shared(around, expr, &name.node, args, id);
            }
            _ => self.atom(around, expr, id),
        }
    }

    /// Chains are balanced trees over their operands.
    fn chain(&mut self, around: &Around<'a, '_>, operands: &'a [Spanned<Expr>], id: ExprId) {
        if let [one] = operands {
            return self.walk(around, one, id);
        }
        if !self.joined.insert(id) {
            return;
        }
        let (left, right) = operands.split_at(operands.len().div_ceil(2));
        if let Some(TypedExpr::And(a, b) | TypedExpr::Or(a, b)) = self.policy.exprs.get(id.index())
        {
            let (a, b) = (*a, *b);
            self.chain(around, left, a);
            self.chain(around, right, b);
        }
    }

    /// A `let`, if it is one: its body stands here.
    fn shared(
        &mut self,
        around: &Around<'a, '_>,
        expr: &'a Spanned<Expr>,
        name: &SmolStr,
        args: &'a [Spanned<Expr>],
        id: ExprId,
    ) {
        let captured = around.used.is_none() && self.captures.contains(name);
        let Some((file, shared)) = self.texts.lets.get(name).filter(|_| !captured) else {
            return self.atom(around, expr, id);
        };
        let params = shared.params.iter().map(|param| &param.node.name.node);
        let inside = Around {
            file: *file,
            params: params.zip(args).collect(),
            outer: Some(around),
            used: around.used.or(Some(Place {
                file: around.file,
                span: expr.span,
            })),
        };
        self.walk(&inside, &shared.body, id);
    }

    fn atom(&mut self, around: &Around<'a, '_>, expr: &Spanned<Expr>, id: ExprId) {
        let own = Place {
            file: around.file,
            span: expr.span,
        };
        let place = match around.used {
            Some(used) => (used, Some(own)),
            None => (own, None),
        };
        self.found.entry(id).or_insert(place);
    }
}
