//! The names in declarations and rules.

use placet::syntax::ast::{
    self, Clause, FileId, GroupKind, ItemKind, Name, Path, Select, Span, Spanned, Str,
};
use placet::syntax::pattern;
use smallvec::{SmallVec, smallvec};
use smol_str::SmolStr;

use super::{Declaration, Known, Names, Occurrence, Owner, Role, Symbol, Written, below};

/// Notes the names of a file.
pub(super) fn file(known: &Known, file: &ast::File, names: &mut Names) {
    let mut walk = Walk {
        known,
        names,
        file: file.id,
        layer: super::layer_of(file),
        item: Span::default(),
        tools: Vec::new(),
        locals: Vec::new(),
    };
    if let Some(line) = &file.layer {
        walk.uses(&line.node.name, Symbol::Layer(line.node.name.node.clone()));
    }
    for item in &file.items {
        walk.item = item.span;
        walk.item(item);
        walk.locals.clear();
        walk.tools.clear();
    }
}

pub(super) struct Walk<'w> {
    pub(super) known: &'w Known,
    names: &'w mut Names,
    pub(super) file: FileId,
    pub(super) layer: SmolStr,
    /// The item that is walked.
    pub(super) item: Span,
    /// What the conditions that are walked are about: tools by path, all if empty.
    pub(super) tools: Vec<SmolStr>,
    /// Variables by name; the last one counts.
    pub(super) locals: Vec<(SmolStr, Symbol)>,
}

impl Walk<'_> {
    pub(super) fn note(
        &mut self,
        span: Span,
        symbols: SmallVec<[Symbol; 1]>,
        role: Role,
        written: Written,
    ) {
        if symbols.is_empty() {
            return;
        }
        self.names.occurrences.push(Occurrence {
            file: self.file,
            span,
            symbols,
            role,
            written,
        });
    }

    pub(super) fn text(&mut self, span: Span, text: &SmolStr) {
        self.names.texts.push((self.file, span, text.clone()));
    }

    pub(super) fn uses(&mut self, name: &Name, symbol: Symbol) {
        self.note(name.span, smallvec![symbol], Role::Uses, Written::Alone);
    }

    fn declares(&mut self, name: &Name, symbol: Symbol, whole: Span, docs: &[ast::Doc]) {
        let docs: Vec<&str> = docs.iter().map(|doc| doc.node.as_str()).collect();
        self.names.declarations.push(Declaration {
            symbol: symbol.clone(),
            file: self.file,
            name: name.span,
            whole,
            doc: docs.join("\n"),
        });
        self.note(name.span, smallvec![symbol], Role::Declares, Written::Alone);
    }

    /// Declares what is known in this item alone.
    pub(super) fn declares_local(&mut self, name: &Name, whole: Span) {
        let symbol = self.local_symbol(&name.node);
        self.declares(name, symbol.clone(), whole, &[]);
        self.locals.push((name.node.clone(), symbol));
    }

    pub(super) fn local_symbol(&self, name: &SmolStr) -> Symbol {
        Symbol::Local(self.file, self.item.start, name.clone())
    }

    fn item(&mut self, item: &Spanned<ast::Item>) {
        let docs = &item.node.docs;
        let whole = item.span;
        match &item.node.kind {
            ItemKind::Policy(policy) => {
                for layer in &policy.layers {
                    let symbol = Symbol::Layer(layer.node.clone());
                    self.declares(layer, symbol, layer.span, &[]);
                }
            }
            ItemKind::Facts(facts) => self.facts(facts, docs),
            ItemKind::Agent(agent) => {
                let symbol = Symbol::Agent(agent.name.node.clone());
                self.declares(&agent.name, symbol, whole, docs);
                self.groups(GroupKind::Agents, &agent.groups);
                self.fact_keys(Owner::Agent, &agent.facts);
            }
            ItemKind::Group(group) => self.group(group, whole, docs),
            ItemKind::Action(action) => {
                let symbol = Symbol::Action(action.name.node.clone());
                self.declares(&action.name, symbol, whole, docs);
                self.groups(GroupKind::Actions, &action.groups);
            }
            ItemKind::Tool(tool) => self.tool(tool, whole, docs),
            ItemKind::Let(item) => {
                let symbol = Symbol::Let(item.name.node.clone());
                self.declares(&item.name, symbol, whole, docs);
                for param in &item.params {
                    self.declares_local(&param.node.name, param.span);
                }
                self.expr(&item.body);
            }
            ItemKind::History(history) => self.history(history, whole, docs),
            ItemKind::Rule(rule) => {
                let symbol = Symbol::Rule(self.layer.clone(), rule.name.node.clone());
                self.declares(&rule.name, symbol, whole, docs);
                self.region(&rule.clauses);
            }
            ItemKind::Claim(claim) => match &claim.body.node {
                ast::ClaimBody::Never(region) | ast::ClaimBody::Always(region) => {
                    self.region(&region.node);
                }
                ast::ClaimBody::Only { who, region } => {
                    self.region(&region.node);
                    self.expr(who);
                }
                ast::ClaimBody::Every { region, needs } => {
                    self.region(&region.node);
                    needs.iter().for_each(|duty| self.duty(&duty.node));
                }
            },
            ItemKind::Given(given) => {
                let symbol = Symbol::Given(given.name.node.clone());
                self.declares(&given.name, symbol, whole, docs);
                given.setup.iter().for_each(|line| self.setup(&line.node));
            }
            ItemKind::Test(test) => self.test(test),
        }
    }

    fn facts(&mut self, facts: &ast::Facts, docs: &[ast::Doc]) {
        let owner = match &facts.of.node {
            ast::FactsOf::Agent => Owner::Agent,
            ast::FactsOf::User => Owner::User,
            ast::FactsOf::Task => Owner::Task,
            ast::FactsOf::Context => Owner::Context,
            ast::FactsOf::Resource(patterns) => {
                self.patterns(patterns);
                Owner::Resource
            }
        };
        for field in &facts.fields {
            let name = &field.node.name;
            self.declares(
                name,
                Symbol::Fact(owner, name.node.clone()),
                field.span,
                docs,
            );
            if let Some(default) = &field.node.default {
                self.value(&default.node, default.span);
            }
        }
    }

    fn group(&mut self, group: &ast::Group, whole: Span, docs: &[ast::Doc]) {
        let kind = group.kind.node;
        let symbol = Symbol::Group(kind, group.name.node.clone());
        self.declares(&group.name, symbol, whole, docs);
        self.groups(kind, &group.groups);
        if let ast::Members::Listed(members) = &group.members {
            for member in members {
                let name = member.node.clone();
                self.uses(
                    member,
                    match kind {
                        GroupKind::Agents => Symbol::Agent(name),
                        GroupKind::Users => Symbol::User(name),
                        GroupKind::Actions => Symbol::Action(name),
                    },
                );
            }
        }
    }

    fn history(&mut self, history: &ast::History, whole: Span, docs: &[ast::Doc]) {
        let symbol = Symbol::History(history.name.node.clone());
        self.declares(&history.name, symbol, whole, docs);
        for select in &history.select {
            match &select.node {
                Select::Tool(paths) => paths.iter().for_each(|path| self.path(path)),
                Select::ActionIn(groups) => self.groups(GroupKind::Actions, groups),
                Select::Action(names) => self.actions(names),
                Select::Resource(patterns) => self.patterns(patterns),
                Select::Outcome(_) => {}
            }
        }
    }

    fn tool(&mut self, tool: &ast::Tool, whole: Span, docs: &[ast::Doc]) {
        let path = tool.path.node.dotted();
        if let Some((last, above)) = tool.path.node.parts.split_last() {
            self.parts(above);
            self.declares(last, Symbol::Tool(path.clone()), whole, docs);
        }
        for part in &tool.parts {
            match &part.node.kind {
                ast::ToolPartKind::Bare { action, patterns } => {
                    self.uses(action, Symbol::Action(action.node.clone()));
                    self.patterns(patterns);
                }
                ast::ToolPartKind::Verb { action, functions } => {
                    self.uses(action, Symbol::Action(action.node.clone()));
                    for mapped in functions {
                        let node = &mapped.node;
                        self.signature(&path, &node.signature, mapped.span, &node.docs);
                        self.templates(&node.templates);
                        self.locals.clear();
                    }
                }
                ast::ToolPartKind::Function(function) => {
                    let docs = &part.node.docs;
                    self.signature(&path, &function.signature, part.span, docs);
                    for line in &function.lines {
                        let action = &line.node.action;
                        self.uses(action, Symbol::Action(action.node.clone()));
                        line.node.when.iter().for_each(|when| self.expr(when));
                        self.templates(&line.node.templates);
                    }
                    self.locals.clear();
                }
            }
        }
    }

    fn signature(&mut self, tool: &str, of: &ast::Signature, whole: Span, docs: &[ast::Doc]) {
        let path = below(tool, &of.name.node);
        self.declares(&of.name, Symbol::Tool(path.clone()), whole, docs);
        self.tools = vec![path.clone()];
        for field in &of.params {
            let name = &field.node.name;
            let symbol = Symbol::Parameter(path.clone(), name.node.clone());
            self.declares(name, symbol.clone(), field.span, &[]);
            // Templates and the conditions of lines name parameters as they are.
            self.locals.push((name.node.clone(), symbol));
        }
    }

    /// The clauses of a rule or region; what they are about first.
    fn region(&mut self, clauses: &[Spanned<Clause>]) {
        for clause in clauses {
            match &clause.node {
                Clause::Tool(ast::Tools::Listed(paths)) => {
                    self.tools
                        .extend(paths.iter().map(|path| path.node.dotted()));
                }
                Clause::Resource(ast::Resources::Listed(patterns)) => self.captures(patterns),
                _ => {}
            }
        }
        for clause in clauses {
            self.clause(&clause.node);
        }
    }

    fn clause(&mut self, clause: &Clause) {
        match clause {
            Clause::Agent(ast::Names::In(groups)) => self.groups(GroupKind::Agents, groups),
            Clause::Agent(ast::Names::Listed(names)) => {
                for name in names {
                    self.uses(name, Symbol::Agent(name.node.clone()));
                }
            }
            Clause::User(ast::Users::In(groups)) => self.groups(GroupKind::Users, groups),
            Clause::User(ast::Users::Listed(names)) => {
                for name in names {
                    self.uses(name, Symbol::User(name.node.clone()));
                }
            }
            Clause::Tool(ast::Tools::Listed(paths)) => {
                paths.iter().for_each(|path| self.path(path));
            }
            Clause::Action(ast::Names::In(groups)) => self.groups(GroupKind::Actions, groups),
            Clause::Action(ast::Names::Listed(names)) => self.actions(names),
            Clause::Resource(ast::Resources::Listed(patterns)) => self.patterns(patterns),
            Clause::When(expr) | Clause::Unless(expr) => self.expr(expr),
            Clause::Duty(duty) => self.duty(duty),
            Clause::Agent(ast::Names::Any)
            | Clause::User(ast::Users::Any | ast::Users::AnyOrNone | ast::Users::None)
            | Clause::Tool(ast::Tools::Any)
            | Clause::Action(ast::Names::Any)
            | Clause::Resource(ast::Resources::Any)
            | Clause::At(_) => {}
        }
    }

    fn duty(&mut self, duty: &ast::Duty) {
        match duty {
            ast::Duty::Approval { groups, .. } => self.groups(GroupKind::Users, groups),
            ast::Duty::BudgetOf { of, .. } => self.reference(&of.node, Written::Alone),
            ast::Duty::For(_)
            | ast::Duty::Consent { .. }
            | ast::Duty::Delegate(_)
            | ast::Duty::BudgetCalls(_) => {}
        }
    }

    pub(super) fn groups(&mut self, kind: GroupKind, groups: &[Name]) {
        for group in groups {
            self.uses(group, Symbol::Group(kind, group.node.clone()));
        }
    }

    pub(super) fn actions(&mut self, names: &[Name]) {
        for name in names {
            self.uses(name, Symbol::Action(name.node.clone()));
        }
    }

    pub(super) fn path(&mut self, path: &Path) {
        self.parts(&path.node.parts);
    }

    fn parts(&mut self, parts: &[Name]) {
        let mut path = SmolStr::default();
        for part in parts {
            path = below(&path, &part.node);
            self.uses(part, Symbol::Tool(path.clone()));
        }
    }

    pub(super) fn fact_keys(&mut self, owner: Owner, object: &ast::Object) {
        for entry in &object.entries {
            self.uses(&entry.key, Symbol::Fact(owner, entry.key.node.clone()));
            self.value(&entry.value.node, entry.value.span);
        }
    }

    /// Declares what patterns capture.
    fn captures(&mut self, patterns: &[Str]) {
        for text in patterns {
            let (pattern, _) = pattern::parse(self.file, text);
            for segment in &pattern.segments {
                if let ast::Segment::Capture(name) = &segment.node
                    && !self.locals.iter().any(|(local, _)| *local == name.node)
                {
                    let symbol = self.local_symbol(&name.node);
                    self.locals.push((name.node.clone(), symbol));
                }
            }
        }
    }

    pub(super) fn patterns(&mut self, patterns: &[Str]) {
        for text in patterns {
            let (pattern, _) = pattern::parse(self.file, text);
            self.pattern(&pattern, text.span);
        }
    }

    fn templates(&mut self, templates: &[Str]) {
        for text in templates {
            let (pattern, _) = pattern::parse_template(self.file, text);
            self.pattern(&pattern, text.span);
        }
    }

    fn pattern(&mut self, pattern: &ast::Pattern, whole: Span) {
        for segment in &pattern.segments {
            match &segment.node {
                // Where escapes hide the exact place, the text as a whole is no name.
                ast::Segment::Capture(name) if name.span != whole => {
                    let symbol = smallvec![self.local_symbol(&name.node)];
                    self.note(name.span, symbol, Role::Declares, Written::Within);
                }
                ast::Segment::Hole(hole) if hole.of.span != whole => {
                    self.reference(&hole.of.node, Written::Within);
                }
                _ => {}
            }
        }
    }
}
