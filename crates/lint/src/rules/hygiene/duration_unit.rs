//! `60m` for `1h`.

use placet_syntax::ast::{Clause, Duration, Duty, Expr, ItemKind, Unit, Value};
use placet_syntax::{FileId, Span};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule};
use crate::finding::Fix;
use crate::walk;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1605,
    name: "duration-unit",
    category: Category::Hygiene,
    level: Level::Note,
    tags: &[],
    since: "0.1.0",
    fixes: Fixes::Safe,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    for declared in context.items() {
        let mut look = |span: Span, duration: Duration| one(declared.file, span, duration, found);
        match &declared.item.node.kind {
            ItemKind::Policy(policy) => {
                if let Some(lifetime) = &policy.lifetime {
                    look(lifetime.span, lifetime.node);
                }
            }
            ItemKind::History(history) => {
                if let Some(within) = &history.within {
                    look(within.span, within.node);
                }
            }
            ItemKind::Rule(rule) => {
                for clause in &rule.clauses {
                    match &clause.node {
                        Clause::Duty(Duty::For(lifetime)) => look(lifetime.span, lifetime.node),
                        Clause::When(expr) | Clause::Unless(expr) => {
                            walk::tree(expr, &mut |part| {
                                if let Expr::Value(Value::Duration(duration)) = &part.node {
                                    look(part.span, *duration);
                                }
                            });
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

fn one(file: FileId, span: Span, duration: Duration, found: &mut Found) {
    let larger = match duration.unit {
        Unit::Seconds if duration.count >= 60 && duration.count.is_multiple_of(60) => {
            minutes(duration.count / 60)
        }
        Unit::Minutes if duration.count >= 60 && duration.count.is_multiple_of(60) => {
            format!("{}h", duration.count / 60)
        }
        _ => return,
    };
    let fix = Fix::safe(format!("write `{larger}`")).edit(file, span, larger.clone());
    found.mend(
        RULE.says("a larger unit says the same in fewer digits")
            .at(file, span, format!("this is {larger}"))
            .help(format!("write `{larger}`")),
        Some(fix),
    );
}

fn minutes(count: u64) -> String {
    match count % 60 {
        0 => format!("{}h", count / 60),
        _ => format!("{count}m"),
    }
}
