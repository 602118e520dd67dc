//! What a policy declares of the tools of servers.

use placet_syntax::Span;
use placet_syntax::ast::{self, FileId, ItemKind, Spanned, ToolPartKind, Value};
use smol_str::SmolStr;

use crate::claims::Meaning;
use crate::ty::Field;

/// A place in a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// The file.
    pub file: FileId,
    /// The bytes in it.
    pub span: Span,
}

/// The tools of a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// Those with functions, in the order of the files.
    pub tools: Vec<DeclaredTool>,
}

/// A tool block with functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredTool {
    /// Its path.
    pub path: SmolStr,
    /// The server that it stands for: `@mcp("…")`.
    pub server: Option<SmolStr>,
    /// The OAuth scopes with which requests are made: `@oauth-scopes("…")`.
    pub scopes: Option<(Vec<SmolStr>, At)>,
    /// What may differ: `@drift-allows("function", "function.parameter")`.
    pub allows: Vec<(SmolStr, At)>,
    /// Its functions.
    pub functions: Vec<DeclaredFunction>,
    /// Its path's place.
    pub at: At,
}

/// A function of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredFunction {
    /// Its name in the tool.
    pub name: SmolStr,
    /// Its parameters, with their places.
    pub fields: Vec<(Field, At)>,
    /// It tolerates other arguments.
    pub open: bool,
    /// What calls of it do.
    pub actions: Vec<SmolStr>,
    /// What its server claimed when it was imported.
    pub meaning: Option<(Meaning, At)>,
    /// Its name's place.
    pub at: At,
}

impl Declared {
    /// The tools that trees declare.
    #[must_use]
    pub fn of(files: &[ast::File]) -> Self {
        let items = files
            .iter()
            .flat_map(|file| file.items.iter().map(move |item| (file.id, &item.node)));
        let tools = items.filter_map(|(file, item)| match &item.kind {
            ItemKind::Tool(tool) => Some(declared(file, item, tool)),
            _ => None,
        });
        Self {
            tools: tools.filter(|tool| !tool.functions.is_empty()).collect(),
        }
    }
}

fn declared(file: FileId, item: &ast::Item, tool: &ast::Tool) -> DeclaredTool {
    let texts = |name: &str| -> Vec<(SmolStr, At)> {
        let notes = item.notes.iter().filter(|note| note.node.name.node == name);
        notes
            .flat_map(|note| &note.node.values)
            .filter_map(|value| match &value.node {
                Value::Text(text) => Some((text.clone(), at(file, value.span))),
                _ => None,
            })
            .collect()
    };
    let scopes = item
        .notes
        .iter()
        .find(|note| note.node.name.node == "oauth-scopes")
        .map(|note| {
            let scopes = texts("oauth-scopes").into_iter().map(|(scope, _)| scope);
            (scopes.collect(), at(file, note.span))
        });
    DeclaredTool {
        path: tool.path.node.dotted(),
        server: texts("mcp").into_iter().next().map(|(server, _)| server),
        scopes,
        allows: texts("drift-allows"),
        functions: tool
            .parts
            .iter()
            .flat_map(|part| functions(file, part))
            .collect(),
        at: at(file, tool.path.span),
    }
}

fn functions(file: FileId, part: &Spanned<ast::ToolPart>) -> Vec<DeclaredFunction> {
    match &part.node.kind {
        ToolPartKind::Bare { .. } => Vec::new(),
        ToolPartKind::Verb { action, functions } => functions
            .iter()
            .map(|mapped| {
                let node = &mapped.node;
                function(file, &node.docs, &node.signature, vec![action.node.clone()])
            })
            .collect(),
        ToolPartKind::Function(node) => {
            let mut actions: Vec<SmolStr> = node
                .lines
                .iter()
                .map(|line| line.node.action.node.clone())
                .collect();
            actions.sort();
            actions.dedup();
            vec![function(file, &part.node.docs, &node.signature, actions)]
        }
    }
}

fn function(
    file: FileId,
    docs: &[ast::Doc],
    signature: &ast::Signature,
    actions: Vec<SmolStr>,
) -> DeclaredFunction {
    let meaning = docs.last().and_then(|line| {
        let meaning = Meaning::of_line(&line.node)?;
        Some((meaning, at(file, line.span)))
    });
    DeclaredFunction {
        name: signature.name.node.clone(),
        fields: signature
            .params
            .iter()
            .map(|param| (Field::of(&param.node), at(file, param.span)))
            .collect(),
        open: signature.open,
        actions,
        meaning,
        at: at(file, signature.name.span),
    }
}

const fn at(file: FileId, span: Span) -> At {
    At { file, span }
}
