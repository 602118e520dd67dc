//! The names of a policy set, each with its place.

use placet_syntax::ast::{self, FactsOf, ItemKind, Segment, ToolPartKind};
use placet_syntax::{FileId, Span, pattern};

use crate::context::Context;

/// A name where it is declared, or the first segment of a pattern or template.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) kind: &'static str,
    pub(super) name: &'a str,
    pub(super) file: FileId,
    pub(super) span: Span,
}

/// All names, in the order of the texts.
pub(super) fn names<'a>(context: &Context<'a>) -> Vec<Named<'a>> {
    let mut names = Vec::new();
    for declared in context.items() {
        let mut add = |kind, name: &'a ast::Name| {
            names.push(Named {
                kind,
                name: name.node.as_str(),
                file: declared.file,
                span: name.span,
            });
        };
        match &declared.item.node.kind {
            ItemKind::Agent(own) => add("agent", &own.name),
            ItemKind::Group(own) => add("group", &own.name),
            ItemKind::Rule(own) => add("rule", &own.name),
            ItemKind::Let(own) => add("let", &own.name),
            ItemKind::History(own) => add("history", &own.name),
            ItemKind::Facts(own) => {
                let kind = match &own.of.node {
                    FactsOf::Agent => "fact of agents",
                    FactsOf::User => "fact of users",
                    FactsOf::Task => "fact of tasks",
                    FactsOf::Context => "fact of context",
                    FactsOf::Resource(_) => "fact of resources",
                };
                own.fields
                    .iter()
                    .for_each(|field| add(kind, &field.node.name));
            }
            ItemKind::Tool(tool) => {
                if let [path] = tool.path.node.parts.as_slice() {
                    add("tool", path);
                }
                for part in &tool.parts {
                    match &part.node.kind {
                        ToolPartKind::Bare { action, .. } => add("action", action),
                        ToolPartKind::Verb { action, .. } => add("action", action),
                        ToolPartKind::Function(function) => {
                            let lines = function.lines.iter();
                            lines.for_each(|line| add("action", &line.node.action));
                        }
                    }
                }
            }
            _ => {}
        }
    }
    names
}

/// The first segments of templates and of the patterns of rules, where they are literals.
pub(super) fn roots(context: &Context<'_>) -> Vec<(String, FileId, Span)> {
    let mut roots = Vec::new();
    for declared in context.items() {
        let mut patterns: Vec<&ast::Str> = Vec::new();
        match &declared.item.node.kind {
            ItemKind::Rule(rule) => {
                for clause in &rule.clauses {
                    if let ast::Clause::Resource(ast::Resources::Listed(list)) = &clause.node {
                        patterns.extend(list);
                    }
                }
            }
            ItemKind::Tool(tool) => {
                for part in &tool.parts {
                    match &part.node.kind {
                        ToolPartKind::Bare { patterns: list, .. } => patterns.extend(list),
                        ToolPartKind::Verb { functions, .. } => {
                            patterns.extend(functions.iter().flat_map(|own| &own.node.templates));
                        }
                        ToolPartKind::Function(function) => {
                            patterns.extend(
                                function.lines.iter().flat_map(|line| &line.node.templates),
                            );
                        }
                    }
                }
            }
            _ => {}
        }
        for text in patterns {
            let (read, _) = pattern::parse(declared.file, text);
            if let Some(Segment::Literal(first)) = read.segments.first().map(|first| &first.node) {
                roots.push((first.to_string(), declared.file, text.span));
            }
        }
    }
    roots
}
