//! What the names of a policy set stand for: every place where one is declared or used.
//!
//! Names are found in the trees alone, so that a policy with errors has them too. What a
//! name stands for follows from where it stands; whether it is declared is not asked.

mod expr;
mod items;
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use placet::syntax::ast::{self, FileId, GroupKind, Span};
use smallvec::SmallVec;
use smol_str::SmolStr;

/// Something that has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Symbol {
    Layer(SmolStr),
    Agent(SmolStr),
    User(SmolStr),
    Group(GroupKind, SmolStr),
    Action(SmolStr),
    /// A server or a function, by its path.
    Tool(SmolStr),
    /// A parameter of a function.
    Parameter(SmolStr, SmolStr),
    Fact(Owner, SmolStr),
    History(SmolStr),
    Let(SmolStr),
    /// A rule of a layer.
    Rule(SmolStr, SmolStr),
    Given(SmolStr),
    /// A variable, a capture, a credential of a test: known within one item only, which
    /// begins at this byte of this file.
    Local(FileId, u32, SmolStr),
}

/// What has facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Agent,
    User,
    Task,
    Context,
    Resource,
}

impl Symbol {
    /// What it would be under another name.
    pub(crate) fn renamed(&self, to: &str) -> Self {
        let to = SmolStr::new(to);
        match self.clone() {
            Self::Layer(_) => Self::Layer(to),
            Self::Agent(_) => Self::Agent(to),
            Self::User(_) => Self::User(to),
            Self::Group(kind, _) => Self::Group(kind, to),
            Self::Action(_) => Self::Action(to),
            Self::Tool(path) => {
                let above = path.rsplit_once('.').map_or("", |(above, _)| above);
                Self::Tool(below(above, &to))
            }
            Self::Parameter(function, _) => Self::Parameter(function, to),
            Self::Fact(owner, _) => Self::Fact(owner, to),
            Self::History(_) => Self::History(to),
            Self::Let(_) => Self::Let(to),
            Self::Rule(layer, _) => Self::Rule(layer, to),
            Self::Given(_) => Self::Given(to),
            Self::Local(file, item, _) => Self::Local(file, item, to),
        }
    }

    /// Whether a text of a condition may name it: what requests and histories say of who did
    /// what with which tool.
    pub(crate) fn may_be(&self, text: &str) -> bool {
        match self {
            Self::Agent(name) | Self::User(name) | Self::Action(name) => name == text,
            Self::Tool(path) => is_below(text, path),
            _ => false,
        }
    }
}

impl Owner {
    pub(crate) const ALL: [Self; 5] = [
        Self::Agent,
        Self::User,
        Self::Task,
        Self::Context,
        Self::Resource,
    ];

    /// The word that references begin with.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::User => "user",
            Self::Task => "task",
            Self::Context => "context",
            Self::Resource => "resource",
        }
    }

    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|owner| owner.word() == word)
    }
}

/// A place where a name stands.
#[derive(Clone, Debug)]
pub(crate) struct Occurrence {
    pub(crate) file: FileId,
    pub(crate) span: Span,
    /// What it stands for: several parameters, where a condition is about several functions.
    pub(crate) symbols: SmallVec<[Symbol; 1]>,
    pub(crate) role: Role,
    pub(crate) written: Written,
}

/// What a name does where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Declares,
    Uses,
}

/// How a name is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// By itself, with quotes if it needs them.
    Alone,
    /// Within a text, where nothing can be quoted.
    Within,
}

/// A declaration.
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    pub(crate) symbol: Symbol,
    pub(crate) file: FileId,
    /// Its name.
    pub(crate) name: Span,
    /// All of it.
    pub(crate) whole: Span,
    /// Its doc comment.
    pub(crate) doc: String,
}

/// The names of a policy set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// By file and place.
    pub(crate) occurrences: Vec<Occurrence>,
    pub(crate) declarations: Vec<Declaration>,
    /// Texts in conditions and facts, with their places: what they stand for is not known.
    pub(crate) texts: Vec<(FileId, Span, SmolStr)>,
}

impl Names {
    pub(crate) fn of(files: &[ast::File]) -> Self {
        let known = Known::of(files);
        let mut names = Self::default();
        for file in files {
            items::file(&known, file, &mut names);
        }
        names
            .occurrences
            .sort_by_key(|found| (found.file, found.span));
        names
    }

    /// The name at a byte, or just before it.
    pub(crate) fn at(&self, file: FileId, at: u32) -> Option<&Occurrence> {
        let here = |found: &&Occurrence| {
            found.file == file && found.span.start <= at && at <= found.span.end
        };
        // The innermost, and where two touch the one that begins here.
        self.occurrences
            .iter()
            .filter(here)
            .min_by_key(|found| (found.span.range().len(), found.span.end == at))
    }

    /// Where something is named.
    pub(crate) fn of_symbol<'n>(
        &'n self,
        symbol: &'n Symbol,
    ) -> impl Iterator<Item = &'n Occurrence> {
        self.occurrences
            .iter()
            .filter(move |found| found.symbols.contains(symbol))
    }

    /// Where something is declared.
    pub(crate) fn declared<'n>(
        &'n self,
        symbol: &'n Symbol,
    ) -> impl Iterator<Item = &'n Declaration> {
        self.declarations
            .iter()
            .filter(move |found| found.symbol == *symbol)
    }
}

/// What has to be known of all files before a name can be told for what it is.
#[derive(Debug, Default)]
struct Known {
    lets: BTreeSet<SmolStr>,
    histories: BTreeSet<SmolStr>,
    /// The parameters of each function.
    functions: BTreeMap<SmolStr, Vec<SmolStr>>,
    /// The layers that have a rule of a name.
    rules: BTreeMap<SmolStr, BTreeSet<SmolStr>>,
}

/// The layer of files that name none.
const MAIN: &str = "main";

impl Known {
    fn of(files: &[ast::File]) -> Self {
        let mut known = Self::default();
        for file in files {
            let layer = layer_of(file);
            for item in &file.items {
                match &item.node.kind {
                    ast::ItemKind::Let(item) => {
                        known.lets.insert(item.name.node.clone());
                    }
                    ast::ItemKind::History(item) => {
                        known.histories.insert(item.name.node.clone());
                    }
                    ast::ItemKind::Rule(item) => {
                        let layers = known.rules.entry(item.name.node.clone()).or_default();
                        layers.insert(layer.clone());
                    }
                    ast::ItemKind::Tool(item) => known.tool(item),
                    _ => {}
                }
            }
        }
        known
    }

    fn tool(&mut self, tool: &ast::Tool) {
        let path = tool.path.node.dotted();
        for part in &tool.parts {
            match &part.node.kind {
                ast::ToolPartKind::Bare { .. } => {}
                ast::ToolPartKind::Verb { functions, .. } => {
                    for mapped in functions {
                        self.signature(&path, &mapped.node.signature);
                    }
                }
                ast::ToolPartKind::Function(function) => {
                    self.signature(&path, &function.signature);
                }
            }
        }
    }

    fn signature(&mut self, tool: &str, signature: &ast::Signature) {
        let path = below(tool, &signature.name.node);
        let parameters = signature.params.iter();
        self.functions
            .entry(path)
            .or_default()
            .extend(parameters.map(|field| field.node.name.node.clone()));
    }

    /// The parameters of a name, over the functions at or below these paths; over all
    /// functions when there are none.
    fn parameters(&self, tools: &[SmolStr], name: &str) -> SmallVec<[Symbol; 1]> {
        self.functions
            .iter()
            .filter(|(path, parameters)| {
                let about = |tool: &SmolStr| is_below(path, tool);
                (tools.is_empty() || tools.iter().any(about))
                    && parameters.iter().any(|parameter| parameter == name)
            })
            .map(|(path, _)| Symbol::Parameter(path.clone(), name.into()))
            .collect()
    }
}

fn layer_of(file: &ast::File) -> SmolStr {
    let layer = file.layer.as_ref();
    layer.map_or(SmolStr::new_static(MAIN), |layer| {
        layer.node.name.node.clone()
    })
}

/// The path of a part of a tool.
pub(crate) fn below(tool: &str, name: &str) -> SmolStr {
    if tool.is_empty() {
        name.into()
    } else {
        smol_str::format_smolstr!("{tool}.{name}")
    }
}

/// Whether a path is a tool or below it.
pub(crate) fn is_below(path: &str, tool: &str) -> bool {
    path.strip_prefix(tool)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
