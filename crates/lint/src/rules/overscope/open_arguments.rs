//! `...` in a function that changes something.

use placet_syntax::ast::{ItemKind, Signature, ToolPartKind};
use placet_syntax::{FileId, Span};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::words::Kind;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1009,
    name: "open-arguments",
    category: Category::Overscope,
    level: Level::Warn,
    tags: &[Tag::Asi(2), Tag::Asi(4), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    for declared in context.items() {
        let ItemKind::Tool(tool) = &declared.item.node.kind else {
            continue;
        };
        for part in &tool.parts {
            match &part.node.kind {
                ToolPartKind::Verb { action, functions } => {
                    for function in functions {
                        let verbs = [action.node.as_str()];
                        look(
                            context,
                            declared.file,
                            &function.node.signature,
                            &verbs,
                            found,
                        );
                    }
                }
                ToolPartKind::Function(function) => {
                    let lines = function.lines.iter();
                    let verbs: Vec<&str> = lines.map(|line| line.action.node.as_str()).collect();
                    look(context, declared.file, &function.signature, &verbs, found);
                }
                ToolPartKind::Bare { .. } => {}
            }
        }
    }
}

fn look(
    context: &Context<'_>,
    file: FileId,
    signature: &Signature,
    verbs: &[&str],
    found: &mut Found,
) {
    if !signature.open {
        return;
    }
    let ids = verbs
        .iter()
        .filter_map(|verb| context.policy().action(verb));
    let changing: Vec<_> = ids.filter(|id| !context.is(Kind::Reading, *id)).collect();
    if changing.is_empty() {
        return;
    }
    let name = &signature.name;
    let span: Span = name.span;
    found.push(
        RULE.says(format!(
            "`{}` takes arguments that no rule can see",
            name.node
        ))
        .at(
            file,
            span,
            format!(
                "`...` lets anything through to {}",
                context.named(&changing)
            ),
        )
        .help("declare the parameters of the tool, and take `...` away"),
    );
}
