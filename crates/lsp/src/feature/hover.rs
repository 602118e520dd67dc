//! What a name stands for: its declaration, its type, its doc comment.

use ls_types::{Hover, HoverContents, MarkupContent, MarkupKind};
use placet::syntax::ast::Span;

use crate::names::{Declaration, Occurrence, Symbol};
use crate::set::{Cursor, Set};

/// The most lines of a declaration that are shown.
const MOST_LINES: usize = 24;

pub(crate) fn hover(set: &Set, cursor: Cursor) -> Option<Hover> {
    let name = set.name_at(cursor)?;
    let mut parts: Vec<String> = Vec::new();
    for symbol in &name.symbols {
        let mut declared = set.names.declared(symbol).peekable();
        if declared.peek().is_none() {
            parts.push(undeclared(symbol));
        }
        parts.extend(declared.map(|declaration| shown(set, declaration)));
    }
    parts.dedup();
    let value = parts.join("\n\n---\n\n");
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent {
            kind: MarkupKind::Markdown,
            value,
        }),
        range: Some(set.range(name.file, name.span)),
    })
}

fn shown(set: &Set, declaration: &Declaration) -> String {
    let text = match &declaration.symbol {
        Symbol::Fact(owner, _) => format!("{}.{}", owner.word(), body(set, declaration)),
        Symbol::Parameter(function, _) => {
            format!("{function}: {}", body(set, declaration))
        }
        Symbol::Rule(layer, _) => format!("// layer {layer}\n{}", body(set, declaration)),
        _ => body(set, declaration),
    };
    let mut shown = format!("```placet\n{text}\n```");
    if !declaration.doc.is_empty() {
        shown.push_str("\n\n");
        shown.push_str(&declaration.doc);
    }
    let uses = set
        .names
        .of_symbol(&declaration.symbol)
        .filter(|found| !is_at(found, declaration))
        .count();
    if matches!(declaration.symbol, Symbol::Rule(..)) {
        return shown;
    }
    shown.push_str(&match uses {
        0 => "\n\nnot used".to_owned(),
        1 => "\n\nused once".to_owned(),
        _ => format!("\n\nused {uses} times"),
    });
    shown
}

/// The declaration without its doc comment and annotations, cut where it is long.
fn body(set: &Set, declaration: &Declaration) -> String {
    let whole = set.slice(declaration.file, declaration.whole);
    let mut lines = whole
        .lines()
        .skip_while(|line| line.trim_start().starts_with(['/', '@']))
        .peekable();
    let indent = indent(set, declaration.file, declaration.whole);
    let mut text = String::new();
    let mut count = 0;
    while let Some(line) = lines.next() {
        let line = line.strip_prefix(indent).unwrap_or(line);
        text.push_str(line);
        count += 1;
        if lines.peek().is_some() {
            text.push('\n');
            if count == MOST_LINES {
                text.push('…');
                break;
            }
        }
    }
    text
}

/// What stands before a span on its line, if that is nothing but space.
fn indent(set: &Set, file: placet::syntax::FileId, span: Span) -> &str {
    let before = set.text(file).get(..span.range().start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    if line.trim().is_empty() { line } else { "" }
}

fn is_at(found: &Occurrence, declaration: &Declaration) -> bool {
    found.file == declaration.file && found.span == declaration.name
}

fn undeclared(symbol: &Symbol) -> String {
    let (what, name) = match symbol {
        Symbol::Layer(name) => ("layer", name),
        Symbol::Agent(name) => ("agent that comes with requests", name),
        Symbol::User(name) => ("user", name),
        Symbol::Group(_, name) => ("group", name),
        Symbol::Action(name) => ("action", name),
        Symbol::Tool(name) => ("tool", name),
        Symbol::Parameter(_, name) => ("parameter", name),
        Symbol::Fact(_, name) => ("fact", name),
        Symbol::History(name) => ("history", name),
        Symbol::Let(name) => ("let", name),
        Symbol::Rule(_, name) => ("rule", name),
        Symbol::Given(name) => ("fixture", name),
        Symbol::Local(_, _, name) => ("captured segment", name),
    };
    format!("{what} `{name}`")
}
