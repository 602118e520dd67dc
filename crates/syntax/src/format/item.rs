//! Files and the declarations that are neither tools, rules nor tests.

use super::{
    Printer, clause,
    doc::{Doc, bracketed, concat, group, nest, text},
    expr, fits,
};
use crate::{
    ast::{self, Item, ItemKind, Select, Spanned},
    source::Span,
};

impl Printer<'_> {
    pub(super) fn file(mut self, file: &ast::File) -> String {
        if let Some(layer) = &file.layer {
            self.comments(0, layer.span.start, layer.span.end);
            let default = if layer.default_grant {
                " default grant"
            } else {
                ""
            };
            let line = concat([text("layer "), expr::name(&layer.name), text(default)]);
            self.line(0, &line);
            let next = file.items.first().map_or(u32::MAX, |item| item.span.start);
            self.beside(next);
            self.blank();
        }
        let mut before: Option<(usize, bool)> = None;
        for (index, item) in file.items.iter().enumerate() {
            let start = self.out.len();
            self.comments(0, item.span.start, item.span.start);
            let has_head =
                self.out.len() > start || !item.docs.is_empty() || !item.notes.is_empty();
            self.item(item);
            let is_long = self.lines_since(start) > 1;
            let class = class(&item.kind);
            let apart = before
                .is_some_and(|(other, was_long)| has_head || is_long || was_long || class != other);
            if apart
                && !self
                    .out
                    .get(..start)
                    .is_some_and(|out| out.ends_with("\n\n"))
            {
                self.out.insert(start, '\n');
            }
            before = Some((class, is_long));
            let next = file.items.get(index + 1);
            self.beside(next.map_or(u32::MAX, |next| next.span.start));
        }
        if !self.comments.is_empty() {
            self.blank();
            self.comments(0, 0, u32::MAX);
        }
        let length = self.out.trim_end().len();
        self.out.truncate(length);
        if length > 0 {
            self.out.push('\n');
        }
        self.out
    }

    fn lines_since(&self, start: usize) -> usize {
        let written = self.out.get(start..).unwrap_or_default();
        written.bytes().filter(|byte| *byte == b'\n').count()
    }

    /// Writes doc comments, one line each. A comment between two lines comes before them.
    pub(super) fn docs(&mut self, indent: usize, docs: &[ast::Doc]) {
        let end = docs.last().map_or(0, |doc| doc.span.end);
        self.comments(indent, 0, end);
        for line in docs {
            let space = if line.is_empty() { "" } else { " " };
            self.line(indent, &text(format!("///{space}{}", line.node)));
        }
    }

    fn item(&mut self, item: &Spanned<Item>) {
        let head = item
            .docs
            .iter()
            .map(|doc| doc.span.end)
            .chain(item.notes.iter().map(|note| note.span.end))
            .max()
            .unwrap_or(item.span.start);
        self.comments(0, 0, head);
        self.docs(0, &item.docs);
        for note in &item.notes {
            let name = text(format!("@{}", note.name.node));
            let values = match note.values.as_slice() {
                [] => concat([]),
                values => bracketed(
                    "(",
                    Doc::SoftLine,
                    values.iter().map(|value| expr::value(value)),
                    ")",
                ),
            };
            self.line(0, &concat([name, values]));
        }
        let span = item.span;
        match &item.kind {
            ItemKind::Policy(policy) => self.leaf(span, &self::policy(policy)),
            ItemKind::Facts(facts) => self.facts(span, facts),
            ItemKind::Agent(agent) => self.leaf(span, &entity("agent ", agent)),
            ItemKind::Group(group) => self.leaf(span, &group_of(group)),
            ItemKind::Action(action) => {
                let groups = expr::in_groups(&action.groups);
                let name = expr::name(&action.name);
                self.leaf(span, &group([text("action "), name, groups]));
            }
            ItemKind::Tool(tool) => self.tool(span, tool),
            ItemKind::Let(binding) => self.leaf(span, &self::binding(binding)),
            ItemKind::History(history) => self.leaf(span, &self::history(history)),
            ItemKind::Rule(rule) => self.rule(span, rule),
            ItemKind::Claim(claim) => self.claim(span, claim),
            ItemKind::Given(given) => self.given(span, given),
            ItemKind::Test(test) => self.test(span, test),
        }
    }

    /// Writes an item that has no parts to comment on.
    fn leaf(&mut self, span: Span, doc: &Doc) {
        self.comments(0, 0, span.end);
        self.line(0, doc);
    }

    fn facts(&mut self, span: Span, facts: &ast::Facts) {
        let mut head = vec![text("facts ")];
        head.push(match &facts.of.node {
            ast::FactsOf::Agent => text("agent"),
            ast::FactsOf::User => text("user"),
            ast::FactsOf::Task => text("task"),
            ast::FactsOf::Context => text("context"),
            ast::FactsOf::Resource(patterns) => {
                concat([text("resource "), nest(2, expr::strings(patterns))])
            }
        });
        match facts.timing.as_ref().map(|timing| timing.node) {
            Some(ast::Timing::Fixed) => head.push(text(" fixed")),
            Some(ast::Timing::At(moment)) => {
                head.push(text(format!(" at {}", clause::moment_word(moment))));
            }
            None => {}
        }
        head.push(text(" "));
        let head = Doc::Concat(head);
        self.comments(0, 0, facts.of.span.end);
        let short = concat([head.clone(), expr::record(&facts.fields)]);
        if !self.has_comments(span) && fits(0, short.width()) {
            self.line(0, &short);
            return;
        }
        self.block(0, concat([head, text("{")]), |printer| {
            printer.fields(2, &facts.fields, span.end);
        });
    }

    /// Writes fields, one on a line.
    pub(super) fn fields(&mut self, indent: usize, fields: &[Spanned<ast::Field>], end: u32) {
        let names = fields.iter().map(|field| expr::name(&field.name).width());
        // One long name must not push everything else to the right.
        let column = names.filter(|width| *width <= 24).max().unwrap_or(0) + 2;
        self.lines(indent, fields, end, |_, field| {
            concat([expr::field(field, column), text(",")])
        });
    }
}

/// Items of one class stand together when each takes a line.
fn class(kind: &ItemKind) -> usize {
    match kind {
        ItemKind::Policy(_) => 0,
        ItemKind::Facts(_) => 1,
        ItemKind::Agent(_) | ItemKind::Group(_) | ItemKind::Action(_) => 2,
        ItemKind::Tool(_) => 3,
        ItemKind::Let(_) | ItemKind::History(_) => 4,
        ItemKind::Rule(_) => 5,
        ItemKind::Claim(_) => 6,
        ItemKind::Given(_) | ItemKind::Test(_) => 7,
    }
}

/// `word NAME in … { … }`.
pub(super) fn entity(word: &'static str, entity: &ast::Entity) -> Doc {
    group([
        text(word),
        expr::name(&entity.name),
        expr::in_groups(&entity.groups),
        expr::some_object(&entity.facts),
    ])
}

fn policy(policy: &ast::Policy) -> Doc {
    let mut parts = Vec::new();
    if let Some(language) = &policy.language {
        parts.push(text(format!("language {}", language.node)));
    }
    if !policy.layers.is_empty() {
        let layers = group([nest(7, expr::names(&policy.layers))]);
        parts.push(concat([text("layers "), layers]));
    }
    if let Some(lifetime) = &policy.lifetime {
        parts.push(concat([text("lifetime "), expr::duration(lifetime.node)]));
    }
    concat([
        text("policy "),
        expr::name(&policy.name),
        text(" "),
        spaced_block(parts),
    ])
}

/// `{ a  b  c }` on one line if it fits, else a part on each.
pub(super) fn spaced_block(parts: Vec<Doc>) -> Doc {
    if parts.is_empty() {
        return text("{}");
    }
    let mut inner = Vec::new();
    for (index, part) in parts.into_iter().enumerate() {
        // A line break of the group, and on one line two spaces.
        inner.push(Doc::Line);
        if index > 0 {
            inner.push(Doc::IfFlat(" "));
        }
        inner.push(part);
    }
    group([text("{"), nest(2, concat(inner)), Doc::Line, text("}")])
}

fn group_of(of: &ast::Group) -> Doc {
    let kind = match of.kind.node {
        ast::GroupKind::Agents => "agents",
        ast::GroupKind::Users => "users",
        ast::GroupKind::Actions => "actions",
    };
    let members = match &of.members {
        ast::Members::Declared => concat([]),
        ast::Members::FromRequest(_) => text(" from request"),
        ast::Members::Listed(names) => concat([text(" = "), nest(2, expr::names(names))]),
    };
    group([
        text(format!("group {kind} ")),
        expr::name(&of.name),
        expr::in_groups(&of.groups),
        members,
    ])
}

fn binding(of: &ast::Let) -> Doc {
    let params = of
        .params
        .iter()
        .map(|param| concat([expr::name(&param.name), text(": "), expr::ty(&param.ty)]));
    let params = match of.params.is_empty() {
        true => concat([]),
        false => bracketed("(", Doc::SoftLine, params, ")"),
    };
    concat([
        text("let "),
        expr::name(&of.name),
        params,
        text(" = "),
        nest(2, expr::expr(&of.body)),
    ])
}

fn history(of: &ast::History) -> Doc {
    let key = match of.per.node {
        ast::Key::Task => "task",
        ast::Key::Credential => "credential",
        ast::Key::Chain => "chain",
        ast::Key::Agent => "agent",
        ast::Key::User => "user",
    };
    let mut parts = Vec::new();
    for select in &of.select {
        let (word, what) = match &select.node {
            Select::Tool(paths) => ("tool ", expr::paths(paths)),
            Select::ActionIn(groups) => ("action ", clause::in_only(groups)),
            Select::Action(names) => ("action ", expr::names_but(&["in"], names)),
            Select::Resource(patterns) => ("resource ", expr::strings(patterns)),
            Select::Outcome(names) => ("outcome ", expr::names(names)),
        };
        parts.extend([Doc::Line, text(word), nest(2, what)]);
    }
    parts.extend([Doc::Line, text(format!("per {key}"))]);
    if let Some(within) = &of.within {
        parts.extend([text(" within "), expr::duration(within.node)]);
    }
    group([
        text("history "),
        expr::name(&of.name),
        text(" = calls"),
        nest(2, concat(parts)),
    ])
}
