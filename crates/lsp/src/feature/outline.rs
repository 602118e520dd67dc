//! What a text declares.

use ls_types::{DocumentSymbol, OneOf, SymbolKind, WorkspaceSymbol};
use placet::syntax::FileId;
use smol_str::SmolStr;

use crate::names::{Declaration, Symbol};
use crate::set::Set;

/// The declarations of a text, those within others below them.
#[expect(
    deprecated,
    reason = "the protocol's type has a field that it deprecates"
)]
pub(crate) fn of_file(set: &Set, file: FileId) -> Vec<DocumentSymbol> {
    let mut all: Vec<&Declaration> = set
        .names
        .declarations
        .iter()
        .filter(|declaration| declaration.file == file)
        .filter(|declaration| kind(&declaration.symbol).is_some())
        .collect();
    all.sort_by_key(|declaration| {
        let range = declaration.whole.range();
        (range.start, std::cmp::Reverse(range.end))
    });
    let mut open: Vec<(u32, DocumentSymbol)> = Vec::new();
    let mut done = Vec::new();
    let close = |open: &mut Vec<(u32, DocumentSymbol)>, done: &mut Vec<DocumentSymbol>| {
        let Some((_, symbol)) = open.pop() else {
            return;
        };
        match open.last_mut() {
            Some((_, above)) => above.children.get_or_insert_default().push(symbol),
            None => done.push(symbol),
        }
    };
    for declaration in all {
        while open
            .last()
            .is_some_and(|(end, _)| *end <= declaration.whole.start)
        {
            close(&mut open, &mut done);
        }
        let (Some(kind), Some(name)) = (kind(&declaration.symbol), name(&declaration.symbol))
        else {
            continue;
        };
        let symbol = DocumentSymbol {
            name: name.to_string(),
            detail: detail(&declaration.symbol),
            kind,
            tags: None,
            deprecated: None,
            range: set.range(file, declaration.whole),
            selection_range: set.range(file, declaration.name),
            children: None,
        };
        open.push((declaration.whole.end, symbol));
    }
    while !open.is_empty() {
        close(&mut open, &mut done);
    }
    done
}

/// The declarations of a set whose names hold a text.
pub(crate) fn search(set: &Set, text: &str) -> Vec<WorkspaceSymbol> {
    let text = text.to_lowercase();
    set.names
        .declarations
        .iter()
        .filter_map(|declaration| {
            let name = name(&declaration.symbol)?;
            let wanted = name.to_lowercase().contains(&text);
            Some(WorkspaceSymbol {
                name: wanted.then(|| name.to_string())?,
                kind: kind(&declaration.symbol)?,
                tags: None,
                container_name: detail(&declaration.symbol),
                location: OneOf::Left(set.location(declaration.file, declaration.name)?),
                data: None,
            })
        })
        .collect::<Vec<WorkspaceSymbol>>()
}

fn name(symbol: &Symbol) -> Option<&SmolStr> {
    match symbol {
        Symbol::Layer(name)
        | Symbol::Agent(name)
        | Symbol::Group(_, name)
        | Symbol::Action(name)
        | Symbol::Tool(name)
        | Symbol::Parameter(_, name)
        | Symbol::Fact(_, name)
        | Symbol::History(name)
        | Symbol::Let(name)
        | Symbol::Rule(_, name)
        | Symbol::Given(name) => Some(name),
        Symbol::User(_) | Symbol::Local(..) => None,
    }
}

fn kind(symbol: &Symbol) -> Option<SymbolKind> {
    Some(match symbol {
        Symbol::Agent(_) => SymbolKind::OBJECT,
        Symbol::Group(..) => SymbolKind::ARRAY,
        Symbol::Action(_) => SymbolKind::ENUM_MEMBER,
        Symbol::Tool(_) => SymbolKind::FUNCTION,
        Symbol::Fact(..) => SymbolKind::PROPERTY,
        Symbol::History(_) => SymbolKind::EVENT,
        Symbol::Let(_) => SymbolKind::CONSTANT,
        Symbol::Rule(..) => SymbolKind::METHOD,
        Symbol::Given(_) => SymbolKind::STRUCT,
        Symbol::Layer(_) => SymbolKind::NAMESPACE,
        Symbol::Parameter(..) | Symbol::User(_) | Symbol::Local(..) => return None,
    })
}

fn detail(symbol: &Symbol) -> Option<String> {
    match symbol {
        Symbol::Rule(layer, _) => Some(format!("layer {layer}")),
        Symbol::Fact(owner, _) => Some(owner.word().to_owned()),
        _ => None,
    }
}
