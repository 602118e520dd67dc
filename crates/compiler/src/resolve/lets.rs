//! Lets: their names and parameters, the order to check them in, and their bodies.

use std::collections::BTreeMap;

use petgraph::graph::DiGraph;
use placet_syntax::ast::{self, Expr, Spanned};
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use super::names::{Seen, check_count, twice};
use super::types::resolve_type;
use crate::arena::Exprs;
use crate::circles;
use crate::collect::Items;
use crate::expr::{
    ArgScope, Elaborator, Reads, ResourceScope, Scope, Stance, UserScope, hidden, is_built_in,
};
use crate::limits;
use crate::report::{DiagnosticAt, Report};
use crate::world::{LetDecl, World};

/// Fills in the lets, and checks each by itself: what it reads of a rule's arguments and
/// resources is checked again where it is used.
pub(crate) fn resolve_lets<'a>(
    world: &mut World<'a>,
    exprs: &mut Exprs,
    report: &mut Report,
    items: &Items<'a>,
) {
    declare(world, report, items);
    for name in in_order(world, report) {
        let failed = check_body(world, exprs, report, &name);
        if let Some(decl) = world.lets.get_mut(&name) {
            decl.failed = failed;
        }
    }
}

fn declare<'a>(world: &mut World<'a>, report: &mut Report, items: &Items<'a>) {
    for decl in &items.lets {
        let name = &decl.node.name;
        let place = decl.place(name.span);
        if let Some(first) = world.lets.get(&name.node) {
            let first = first.decl.place(first.decl.node.name.span);
            report.push(twice("let", name, place, first));
            continue;
        }
        if is_built_in(name) {
            report.push(hidden(name, "built in", place, None));
        } else if let Some((_, history)) = world.history(name) {
            report.push(hidden(name, "a history", place, Some(history.place)));
        }
        let mut seen = Seen::default();
        let mut params = Vec::new();
        for param in &decl.node.params {
            let at = decl.place(param.node.name.span);
            seen.declare(report, "parameter", &param.node.name, at);
            let ty = resolve_type(report, decl.file, &param.node.ty);
            params.push((param.node.name.node.clone(), ty));
        }
        // Without a body that was checked, uses are not checked either.
        world.lets.insert(
            name.node.clone(),
            LetDecl {
                decl: decl.clone(),
                params,
                failed: true,
            },
        );
    }
    if let Some(extra) = items.lets.get(limits::DECLARATIONS) {
        let place = extra.place(extra.node.name.span);
        check_count(
            report,
            "lets",
            items.lets.len(),
            limits::DECLARATIONS,
            place,
        );
    }
}

/// The lets, each after those that it uses; those that use themselves are left out, with
/// an error.
fn in_order(world: &World, report: &mut Report) -> Vec<SmolStr> {
    let mut graph: DiGraph<&SmolStr, ()> = DiGraph::new();
    let nodes: BTreeMap<&SmolStr, _> = world
        .lets
        .keys()
        .map(|name| (name, graph.add_node(name)))
        .collect();
    for (name, decl) in &world.lets {
        for used in uses(&decl.decl.node.body) {
            if let (Some(from), Some(to)) = (nodes.get(name), nodes.get(used)) {
                graph.update_edge(*from, *to, ());
            }
        }
    }
    let name = |node| graph.node_weight(node).copied();
    let sorted = circles::sort(&graph, name);
    for circle in &sorted.circles {
        let names: Vec<&SmolStr> = circle.iter().filter_map(|node| name(*node)).collect();
        report_circle(world, report, &names);
    }
    let order = sorted.order.into_iter().filter_map(name);
    order.cloned().collect()
}

fn report_circle(world: &World, report: &mut Report, names: &[&SmolStr]) {
    let texts: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    let mut diagnostic = Diagnostic::error(Code::PL0116, "a let is used in itself")
        .note(circles::shown(&texts, "uses"))
        .help("a let stands for an expression that is written out, so that it must end somewhere");
    for (at, name) in circles::pointed_at(names).iter().enumerate() {
        let Some(decl) = world.lets.get(*name) else {
            continue;
        };
        let place = decl.decl.place(decl.decl.node.name.span);
        diagnostic = if at == 0 {
            diagnostic.here(place, "in the circle")
        } else {
            diagnostic.also(place, "and this")
        };
    }
    report.push(diagnostic);
}

/// Every name in an expression that could be a let.
fn uses(expr: &Spanned<Expr>) -> Vec<&SmolStr> {
    let mut found = Vec::new();
    collect_uses(&expr.node, &mut found);
    found
}

fn collect_uses<'e>(expr: &'e Expr, found: &mut Vec<&'e SmolStr>) {
    match expr {
        Expr::Or(operands) | Expr::And(operands) => {
            operands
                .iter()
                .for_each(|operand| collect_uses(&operand.node, found));
        }
        Expr::Not(operand) => collect_uses(&operand.node, found),
        Expr::Compare { left, right, .. } => {
            collect_uses(&left.node, found);
            collect_uses(&right.node, found);
        }
        Expr::Sum { first, rest } => {
            collect_uses(&first.node, found);
            rest.iter()
                .for_each(|addend| collect_uses(&addend.operand.node, found));
        }
        Expr::Has(reference) => found.push(&reference.root.node),
        Expr::Quantified { binder, body, .. } => {
            binder_uses(binder, found);
            collect_uses(&body.node, found);
        }
        Expr::Aggregate { over, .. } => match over {
            ast::Over::Each { binder, value, .. } => {
                binder_uses(binder, found);
                if let Some(value) = value {
                    collect_uses(&value.node, found);
                }
            }
            ast::Over::Whole(source) => collect_uses(&source.node, found),
        },
        Expr::Value(_) => {}
        Expr::Call { name, args, .. } => {
            found.push(&name.node);
            args.iter().for_each(|arg| collect_uses(&arg.node, found));
        }
        Expr::Ref(reference) => found.push(&reference.root.node),
    }
}

fn binder_uses<'e>(binder: &'e ast::Binder, found: &mut Vec<&'e SmolStr>) {
    collect_uses(&binder.source.node, found);
    if let Some(filter) = &binder.filter {
        collect_uses(&filter.node, found);
    }
}

/// Whether the body of a let is wrong by itself.
fn check_body(world: &World, exprs: &mut Exprs, report: &mut Report, name: &SmolStr) -> bool {
    let Some(decl) = world.lets.get(name) else {
        return true;
    };
    let scope = Scope {
        subject: "let",
        stance: Stance::Unchecked,
        reads: Reads::All,
        user: UserScope::Maybe,
        args: ArgScope::Later,
        resources: ResourceScope::Later,
        captures: Vec::new(),
        moment: None,
    };
    let before = report.wrong();
    let elaborator = Elaborator::new(world, exprs, report, &scope, decl.decl.file);
    let whole = elaborator.body(decl.decl.node, &decl.params);
    !whole || report.wrong() > before
}
