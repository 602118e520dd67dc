//! What can be written at a place.

use std::collections::BTreeSet;

use ls_types::{CompletionItem, CompletionItemKind, Documentation, InsertTextFormat};
use placet::model::render;
use placet::syntax::ast::{self, GroupKind};
use smol_str::SmolStr;

use super::lex::{Before, Inside, before};
use crate::names::{Declaration, Owner, Symbol, below};
use crate::set::{Cursor, Set};

/// What each item begins with, and what it then asks for.
const ITEMS: &[(&str, &str)] = &[
    (
        "grant",
        "grant ${1:name} {\n  agent    ${2:any}\n  user     ${3:any}\n  tool     ${4:any}\n  action   ${5:any}\n  resource ${6:any}\n  for      ${7:15m}\n}",
    ),
    ("deny", "deny ${1:name} {\n  $0\n}"),
    ("require", "require ${1:name} {\n  $0\n}"),
    ("agent", "agent ${1:name} { owner = \"${2:team}\" }"),
    ("group", "group ${1|agents,users,actions|} ${2:name}"),
    ("action", "action ${1:name} in ${2:group}"),
    (
        "tool",
        "tool ${1:path} {\n  action ${2:read} { ${3:function}(${4:id}: ${5:text}) -> \"${6:kind}/{${4:id}}\" }\n}",
    ),
    (
        "facts",
        "facts ${1|agent,user,task,context|} { ${2:name}: ${3:text} }",
    ),
    ("let", "let ${1:name} = $0"),
    (
        "history",
        "history ${1:name} = calls per ${2|task,credential,chain,agent,user|} within ${3:1h}",
    ),
    ("claim", "claim \"${1:what holds}\" {\n  never { $0 }\n}"),
    ("given", "given ${1:name} {\n  $0\n}"),
    ("test", "test \"${1:what happens}\" {\n  $0\n}"),
    (
        "policy",
        "policy ${1:name} { language 1  layers ${2:main}  lifetime ${3:1h} }",
    ),
    ("layer", "layer ${1:name}"),
];

/// What rules and regions are made of.
const CLAUSES: &[&str] = &[
    "agent", "user", "tool", "action", "resource", "at", "when", "unless", "for", "consent",
    "approval", "delegate", "budget",
];

const SETUP: &[&str] = &[
    "given", "at", "agent", "user", "task", "context", "resource",
];

const STEPS: &[&str] = &[
    "issue", "delegate", "call", "list", "after", "revoke", "consent", "approval", "rows",
];

const TYPES: &[&str] = &[
    "bool", "int", "decimal", "text", "time", "duration", "ip", "json", "set", "list",
];

const CONDITION: &[&str] = &[
    "and",
    "or",
    "not",
    "has",
    "in",
    "like",
    "contains",
    "within",
    "subset of",
    "all",
    "some",
    "count",
    "sum",
    "true",
    "false",
    "args",
    "chain",
    "now",
    "time_of_day",
    "weekday",
    "path",
    "url",
    "email",
    "lower",
];

/// What can be written at a cursor.
pub(crate) fn complete(set: &Set, cursor: Cursor) -> Vec<CompletionItem> {
    let text = set.text(cursor.file);
    let text = text.get(..cursor.at as usize).unwrap_or_default();
    let found = before(text);
    let mut list = List {
        set,
        items: Vec::new(),
        seen: BTreeSet::new(),
    };
    match found.inside {
        Inside::Comment => {}
        Inside::Text => list.within_text(&found),
        Inside::Code => list.within_code(&found),
    }
    list.items
}

struct List<'s> {
    set: &'s Set,
    items: Vec<CompletionItem>,
    seen: BTreeSet<String>,
}

impl List<'_> {
    fn within_code(&mut self, found: &Before<'_>) {
        let tokens = found.tokens.as_slice();
        if let [.., _, "."] = tokens {
            self.after_dot(tokens);
            return;
        }
        if found.depth == 0 && tokens.is_empty() {
            for (word, snippet) in ITEMS {
                self.push(word, CompletionItemKind::KEYWORD, |item| {
                    item.insert_text = Some((*snippet).to_owned());
                    item.insert_text_format = Some(InsertTextFormat::SNIPPET);
                });
            }
            return;
        }
        let item = tokens.iter().find(|token| is_item(token)).copied();
        match (item, found.depth) {
            (Some("grant" | "deny" | "require"), 1) | (Some("claim"), 2) => {
                self.clause(tokens);
            }
            (Some("claim"), 1) => {
                self.words(&["never", "always", "only", "may", "every", "needs"]);
                self.clause(tokens);
            }
            (Some("given"), 1) => self.step(tokens, false),
            (Some("test"), 1) => self.step(tokens, true),
            (Some("test" | "given"), _) => self.keys(tokens),
            (Some("facts"), _) => self.words(TYPES),
            (Some("tool"), 1) => {
                self.words(&["action", "function", "audience", "returns"]);
                if last_word(tokens, &["action"]).is_some() {
                    self.actions();
                }
            }
            (Some("tool"), _) => self.words(TYPES),
            (Some("let"), 0) => self.condition(),
            (Some("history"), 0) => self.history(tokens),
            (Some("policy"), 1) => self.words(&["language", "layers", "lifetime"]),
            (Some("agent"), 0) => {
                self.words(&["in"]);
                self.groups(GroupKind::Agents);
            }
            (Some("agent"), 1) => self.facts(Owner::Agent),
            (Some("group"), 0) => {
                self.words(&["agents", "users", "actions", "in", "from request"]);
                let kind = tokens.iter().find_map(|token| group_kind(token));
                self.groups(kind.unwrap_or(GroupKind::Agents));
            }
            (Some("action"), 0) => {
                self.words(&["in"]);
                self.groups(GroupKind::Actions);
            }
            (Some("layer"), 0) => self.layers(),
            _ => {}
        }
    }

    /// Within a rule or a region: what the last clause goes on with, and the next clause.
    fn clause(&mut self, tokens: &[&str]) {
        let Some((word, after)) = last_word(tokens, CLAUSES) else {
            self.words(CLAUSES);
            return;
        };
        let first = after.is_empty();
        let goes_on = first || after.last().is_some_and(|last| matches!(*last, "," | "in"));
        let in_group = after.contains(&"in");
        match word {
            "when" | "unless" => self.condition(),
            "agent" if in_group && goes_on => self.groups(GroupKind::Agents),
            "agent" if goes_on => {
                self.words(if first { &["any", "in"] } else { &[] });
                self.agents();
            }
            "user" if in_group && goes_on => self.groups(GroupKind::Users),
            "user" if goes_on => self.words(&["any", "none", "in"]),
            "action" if in_group && goes_on => self.groups(GroupKind::Actions),
            "action" if goes_on => {
                self.words(if first { &["any", "in"] } else { &[] });
                self.actions();
            }
            "tool" if goes_on => {
                self.words(if first { &["any"] } else { &[] });
                self.tools("");
            }
            "approval" if goes_on => self.groups(GroupKind::Users),
            "resource" if first => self.words(&["any"]),
            "at" if first => self.words(&["issuance", "runtime"]),
            _ => {}
        }
        let ends = !goes_on || matches!(word, "when" | "unless" | "consent");
        if ends {
            self.words(CLAUSES);
        }
    }

    fn step(&mut self, tokens: &[&str], is_test: bool) {
        let all: Vec<&str> = match is_test {
            true => SETUP.iter().chain(STEPS).copied().collect(),
            false => SETUP.to_vec(),
        };
        let marks = [all.as_slice(), &["->", "by", "with"]].concat();
        let (word, after) = match last_word(tokens, &marks) {
            Some(found) => found,
            None => {
                self.words(&all);
                return;
            }
        };
        match (word, after) {
            ("given", []) => self.declared(|symbol| matches!(symbol, Symbol::Given(_))),
            ("agent" | "delegate", []) => self.agents(),
            ("user", []) => self.words(&["none"]),
            ("call" | "list" | "issue", []) => self.tools(""),
            ("issue", [.., last]) if *last != "}" && !last.starts_with('"') => self.actions(),
            ("by", [] | [.., ","]) => self.rules(),
            (_, [.., ">"]) => self.words(&["grant", "deny", "narrowed to", "yes", "no", "depends"]),
            (_, [.., "deny"]) => {
                let reasons = placet::Reason::ALL.iter().map(|reason| reason.name());
                let reasons: Vec<&str> = reasons.collect();
                self.words(&reasons);
            }
            _ => self.words(&all),
        }
    }

    /// The keys of the object that is being written.
    fn keys(&mut self, tokens: &[&str]) {
        let Some((word, after)) = last_word(tokens, &["agent", "user", "task", "context", "call"])
        else {
            return;
        };
        if let Some(owner) = Owner::named(word) {
            self.facts(owner);
            return;
        }
        let path: String = after
            .iter()
            .take_while(|token| **token != "{")
            .copied()
            .collect();
        self.declared(|symbol| matches!(symbol, Symbol::Parameter(of, _) if *of == path));
    }

    fn condition(&mut self) {
        self.words(CONDITION);
        for owner in Owner::ALL {
            self.words(&[owner.word()]);
        }
        self.declared(|symbol| matches!(symbol, Symbol::Let(_) | Symbol::History(_)));
    }

    fn history(&mut self, tokens: &[&str]) {
        self.words(&[
            "calls",
            "tool",
            "action",
            "resource",
            "outcome",
            "per",
            "within",
            "task",
            "credential",
            "chain",
            "agent",
            "user",
        ]);
        match last_word(tokens, &["tool", "action", "per"]) {
            Some(("tool", _)) => self.tools(""),
            Some(("action", _)) => self.actions(),
            _ => {}
        }
    }

    /// After a dot: what is below a path, or a fact.
    fn after_dot(&mut self, tokens: &[&str]) {
        let mut start = tokens.len();
        while let Some(from) = start.checked_sub(2)
            && let Some([name, "."]) = tokens.get(from..start)
            && is_name(name)
        {
            start = from;
        }
        let path = tokens.get(start..).unwrap_or_default();
        let names: Vec<&str> = path.iter().step_by(2).copied().collect();
        let in_tool = last_word(
            tokens.get(..start).unwrap_or_default(),
            &[
                "tool", "call", "issue", "list", "when", "unless", "for", "of", "only",
            ],
        );
        if in_tool.is_some_and(|(word, _)| matches!(word, "tool" | "call" | "issue" | "list")) {
            self.tools(&names.join("."));
            return;
        }
        match names.as_slice() {
            ["args"] => self.declared(|symbol| matches!(symbol, Symbol::Parameter(..))),
            ["chain"] => self.words(&["depth", "root", "agents"]),
            [word] => {
                if let Some(owner) = Owner::named(word) {
                    let built_in: &[&str] = match owner {
                        Owner::Agent | Owner::User | Owner::Task => &["id"],
                        Owner::Resource => &["path"],
                        Owner::Context => &[],
                    };
                    self.words(built_in);
                    self.facts(owner);
                }
            }
            _ => {}
        }
    }

    /// Within a text: what a hole may read, or the resources that tools are about.
    fn within_text(&mut self, found: &Before<'_>) {
        let hole = found.partial.rsplit('{').next();
        let is_open = found.partial.contains('{') && hole.is_some_and(|hole| !hole.contains('}'));
        if is_open {
            let hole = hole.unwrap_or_default();
            let root = hole.rsplit(['(', ' ']).next().unwrap_or_default();
            if let Some((root, _)) = root.split_once('.') {
                self.after_dot(&[root, "."]);
                return;
            }
            self.words(&["path(", "url(", "email(", "lower(", "each "]);
            for owner in Owner::ALL {
                self.words(&[owner.word()]);
            }
            return;
        }
        let is_resource = last_word(&found.tokens, CLAUSES)
            .or_else(|| last_word(&found.tokens, &["issue", "to"]))
            .is_some_and(|(word, _)| matches!(word, "resource" | "issue" | "to"));
        if !is_resource {
            return;
        }
        let set = self.set;
        let items = set.checked.files.iter().flat_map(|file| &file.items);
        let firsts: BTreeSet<&str> = items
            .filter_map(|item| match &item.node.kind {
                ast::ItemKind::Tool(tool) => Some(tool),
                _ => None,
            })
            .flat_map(templates)
            .filter_map(|template| template.split('/').next())
            .filter(|first| !first.contains('{'))
            .collect();
        for first in firsts {
            self.push(&format!("{first}/"), CompletionItemKind::VALUE, |_| {});
        }
    }

    fn agents(&mut self) {
        self.declared(|symbol| matches!(symbol, Symbol::Agent(_)));
    }

    fn groups(&mut self, kind: GroupKind) {
        self.declared(|symbol| matches!(symbol, Symbol::Group(of, _) if *of == kind));
    }

    fn layers(&mut self) {
        self.declared(|symbol| matches!(symbol, Symbol::Layer(_)));
    }

    fn facts(&mut self, owner: Owner) {
        self.declared(|symbol| matches!(symbol, Symbol::Fact(of, _) if *of == owner));
    }

    fn rules(&mut self) {
        self.declared(|symbol| matches!(symbol, Symbol::Rule(..)));
    }

    /// Actions are declared by the tools that have them.
    fn actions(&mut self) {
        let set = self.set;
        let names: BTreeSet<&SmolStr> = set
            .names
            .occurrences
            .iter()
            .flat_map(|found| &found.symbols)
            .filter_map(|symbol| match symbol {
                Symbol::Action(name) => Some(name),
                _ => None,
            })
            .collect();
        for name in names {
            self.push(&render::name(name), CompletionItemKind::ENUM_MEMBER, |_| {});
        }
    }

    /// The tools and functions just below a path.
    fn tools(&mut self, above: &str) {
        let set = self.set;
        for declaration in &set.names.declarations {
            let Symbol::Tool(path) = &declaration.symbol else {
                continue;
            };
            let rest = match above {
                "" => Some(path.as_str()),
                _ => path
                    .strip_prefix(above)
                    .and_then(|rest| rest.strip_prefix('.')),
            };
            let Some(next) = rest.and_then(|rest| rest.split('.').next()) else {
                continue;
            };
            let is_whole = below(above, next) == *path;
            self.push(&render::name(next), CompletionItemKind::FUNCTION, |item| {
                if is_whole {
                    document(set, declaration, item);
                }
            });
        }
    }

    fn declared(&mut self, wanted: impl Fn(&Symbol) -> bool) {
        let set = self.set;
        for declaration in &set.names.declarations {
            if !wanted(&declaration.symbol) {
                continue;
            }
            let name = set.slice(declaration.file, declaration.name);
            let kind = match &declaration.symbol {
                Symbol::Fact(..) => CompletionItemKind::PROPERTY,
                Symbol::Parameter(..) => CompletionItemKind::VARIABLE,
                Symbol::Let(_) => CompletionItemKind::FUNCTION,
                Symbol::Rule(..) => CompletionItemKind::METHOD,
                _ => CompletionItemKind::VALUE,
            };
            self.push(name, kind, |item| document(set, declaration, item));
        }
    }

    fn words(&mut self, words: &[&str]) {
        for word in words {
            self.push(word, CompletionItemKind::KEYWORD, |_| {});
        }
    }

    fn push(
        &mut self,
        label: &str,
        kind: CompletionItemKind,
        more: impl FnOnce(&mut CompletionItem),
    ) {
        if !self.seen.insert(label.to_owned()) {
            return;
        }
        let mut item = CompletionItem {
            label: label.to_owned(),
            kind: Some(kind),
            ..CompletionItem::default()
        };
        more(&mut item);
        self.items.push(item);
    }
}

fn document(set: &Set, declaration: &Declaration, item: &mut CompletionItem) {
    let text = set.slice(declaration.file, declaration.whole);
    let line = text
        .lines()
        .find(|line| !line.trim_start().starts_with(['/', '@']));
    item.detail = line.map(str::to_owned);
    if !declaration.doc.is_empty() {
        item.documentation = Some(Documentation::String(declaration.doc.clone()));
    }
}

/// The last of some words, with what stands after it.
fn last_word<'t, 'w>(tokens: &'t [&'w str], words: &[&str]) -> Option<(&'w str, &'t [&'w str])> {
    let at = tokens.iter().rposition(|token| words.contains(token))?;
    Some((tokens.get(at).copied()?, tokens.get(at + 1..)?))
}

fn is_item(token: &str) -> bool {
    ITEMS.iter().any(|(word, _)| *word == token)
}

fn is_name(token: &str) -> bool {
    token
        .chars()
        .next()
        .is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '"')
}

fn group_kind(token: &str) -> Option<GroupKind> {
    match token {
        "agents" => Some(GroupKind::Agents),
        "users" => Some(GroupKind::Users),
        "actions" => Some(GroupKind::Actions),
        _ => None,
    }
}

/// The templates and patterns of a tool.
fn templates(tool: &ast::Tool) -> Vec<&SmolStr> {
    let mut texts: Vec<&ast::Str> = Vec::new();
    for part in &tool.parts {
        match &part.node.kind {
            ast::ToolPartKind::Bare { patterns, .. } => texts.extend(patterns),
            ast::ToolPartKind::Verb { functions, .. } => {
                texts.extend(functions.iter().flat_map(|mapped| &mapped.node.templates));
            }
            ast::ToolPartKind::Function(function) => {
                texts.extend(function.lines.iter().flat_map(|line| &line.node.templates));
            }
        }
    }
    texts.into_iter().map(|text| &text.node).collect()
}
