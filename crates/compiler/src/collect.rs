//! Trees to lists of declarations by kind, over all files of the policy set.

use placet_syntax::ast::{self, FileId, ItemKind, Span};
use smol_str::SmolStr;

use crate::report::Place;

/// A declaration with the item that documents it and the file it stands in.
#[derive(Debug)]
pub(crate) struct Declared<'a, T> {
    pub(crate) node: &'a T,
    pub(crate) item: &'a ast::Item,
    pub(crate) file: FileId,
    /// The whole item.
    pub(crate) span: Span,
    /// The layer that the file belongs to.
    pub(crate) layer: SmolStr,
}

// Not derived: `T` itself need not be `Clone`.
impl<T> Clone for Declared<'_, T> {
    fn clone(&self) -> Self {
        Self {
            layer: self.layer.clone(),
            ..*self
        }
    }
}

impl<T> Declared<'_, T> {
    /// A part of the declaration.
    pub(crate) fn place(&self, span: Span) -> Place {
        Place::new(self.file, span)
    }

    /// The doc comment, lines joined.
    pub(crate) fn doc(&self) -> SmolStr {
        doc(&self.item.docs)
    }
}

/// Doc lines as one text.
pub(crate) fn doc(lines: &[ast::Doc]) -> SmolStr {
    let lines: Vec<&str> = lines.iter().map(|line| line.node.as_str()).collect();
    lines.join("\n").into()
}

/// A `layer` line.
#[derive(Clone, Debug)]
pub(crate) struct LayerLine<'a> {
    pub(crate) node: &'a ast::Layer,
    pub(crate) place: Place,
}

/// Every declaration of the policy set, in the order of the files.
#[derive(Default)]
pub(crate) struct Items<'a> {
    pub(crate) layers: Vec<LayerLine<'a>>,
    pub(crate) policies: Vec<Declared<'a, ast::Policy>>,
    pub(crate) facts: Vec<Declared<'a, ast::Facts>>,
    pub(crate) agents: Vec<Declared<'a, ast::Entity>>,
    pub(crate) groups: Vec<Declared<'a, ast::Group>>,
    pub(crate) actions: Vec<Declared<'a, ast::Action>>,
    pub(crate) tools: Vec<Declared<'a, ast::Tool>>,
    pub(crate) lets: Vec<Declared<'a, ast::Let>>,
    pub(crate) histories: Vec<Declared<'a, ast::History>>,
    pub(crate) rules: Vec<Declared<'a, ast::Rule>>,
    pub(crate) claims: Vec<Declared<'a, ast::Claim>>,
    pub(crate) givens: Vec<Declared<'a, ast::Given>>,
    pub(crate) tests: Vec<Declared<'a, ast::Test>>,
}

/// The layer of files that name none.
pub(crate) const MAIN: &str = "main";

/// Sorts the items of all files by kind.
pub(crate) fn collect<'a>(files: &[&'a ast::File]) -> Items<'a> {
    let mut items = Items::default();
    for file in files {
        let layer = file.layer.as_ref();
        if let Some(line) = layer {
            items.layers.push(LayerLine {
                node: &line.node,
                place: Place::new(file.id, line.span),
            });
        }
        let layer = layer.map_or(SmolStr::new_static(MAIN), |line| line.name.node.clone());
        for item in &file.items {
            items.add(file.id, &layer, item);
        }
    }
    items
}

impl<'a> Items<'a> {
    fn add(&mut self, file: FileId, layer: &SmolStr, item: &'a ast::Spanned<ast::Item>) {
        macro_rules! put {
            ($list:ident, $node:expr) => {
                self.$list.push(Declared {
                    node: $node,
                    item: &item.node,
                    file,
                    span: item.span,
                    layer: layer.clone(),
                })
            };
        }
        match &item.node.kind {
            ItemKind::Policy(node) => put!(policies, node),
            ItemKind::Facts(node) => put!(facts, node),
            ItemKind::Agent(node) => put!(agents, node),
            ItemKind::Group(node) => put!(groups, node),
            ItemKind::Action(node) => put!(actions, node),
            ItemKind::Tool(node) => put!(tools, node),
            ItemKind::Let(node) => put!(lets, node),
            ItemKind::History(node) => put!(histories, node),
            ItemKind::Rule(node) => put!(rules, node),
            ItemKind::Claim(node) => put!(claims, node),
            ItemKind::Given(node) => put!(givens, node),
            ItemKind::Test(node) => put!(tests, node),
        }
    }
}
