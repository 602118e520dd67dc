//! The mutants of a policy set: its trees with one change each, and the texts that say so.

use placet_compiler::Place;
use placet_syntax::ast::{self, Clause, Effect, Item, ItemKind};
use placet_syntax::{Source, Span, Spanned};
use smol_str::{SmolStr, format_smolstr};

use super::change::{Change, Toward, with};
use super::clause::clause;
use super::condition::condition;

/// One changed item of one file.
#[derive(Clone, Debug)]
pub(super) struct Mutant {
    /// Which of the files.
    file: usize,
    /// Which of its items.
    item: usize,
    /// What stands there instead; `None` where the item is dropped.
    pub(super) tree: Option<Spanned<Item>>,
    /// The clause that is changed, if it is one.
    clause: Option<Spanned<Clause>>,
    /// The clause as it is then; `None` where it is dropped.
    changed: Option<Clause>,
    edits: Vec<(Span, String)>,
    /// `layer/rule`, or the name of a `let`.
    pub(super) rule: SmolStr,
    pub(super) what: String,
    pub(super) toward: Toward,
    pub(super) place: Place,
}

/// All mutants of the rules, and of the conditions that they share by `let`, in the order of
/// the texts.
pub(super) fn all(files: &[ast::File], text: impl Fn(&ast::File) -> String) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let text = text(file);
        let layer = match &file.layer {
            Some(layer) => layer.name.node.clone(),
            None => SmolStr::new_static("main"),
        };
        for (index, item) in file.items.iter().enumerate() {
            let of = Of {
                file: at,
                item: index,
                tree: file,
                text: &text,
                whole: item,
            };
            match &item.kind {
                ItemKind::Rule(rule) => of.rule(&mut mutants, &layer, rule),
                ItemKind::Let(shared) => of.shared(&mut mutants, shared),
                _ => {}
            }
        }
    }
    mutants
}

struct Of<'a> {
    file: usize,
    item: usize,
    tree: &'a ast::File,
    text: &'a str,
    whole: &'a Spanned<Item>,
}

impl Of<'_> {
    fn rule(&self, mutants: &mut Vec<Mutant>, layer: &SmolStr, rule: &ast::Rule) {
        let name = format_smolstr!("{layer}/{}", rule.name.node);
        let (word, toward) = match rule.effect.node {
            Effect::Grant => ("grant", Toward::Less),
            Effect::Deny => ("deny", Toward::More),
            Effect::Require => ("require", Toward::More),
        };
        let what = format!("drop `{word} {}`", rule.name.node);
        let place = rule.effect.span.to(rule.name.span);
        let dropped = Change::at(self.whole.span, None, "", toward, what);
        let mut mutant = self.mutant(&name, dropped);
        mutant.place.span = place;
        mutants.push(mutant);
        for (at, of) in rule.clauses.iter().enumerate() {
            for change in clause(self.tree.id, self.text, rule, of) {
                let changed = change.tree.clone();
                let change = change.within(|tree| {
                    let mut rule = rule.clone();
                    match tree {
                        Some(tree) => {
                            rule.clauses = with(&rule.clauses, at, Spanned::new(tree, of.span));
                        }
                        None => drop(rule.clauses.remove(at)),
                    }
                    Some(self.item(ItemKind::Rule(rule)))
                });
                let mut mutant = self.mutant(&name, change);
                mutant.clause = Some(of.clone());
                mutant.changed = changed;
                mutants.push(mutant);
            }
        }
    }

    /// A shared condition may stand anywhere in a rule: no change of it leads one way.
    fn shared(&self, mutants: &mut Vec<Mutant>, shared: &ast::Let) {
        let name = format_smolstr!("let {}", shared.name.node);
        for change in condition(self.text, &shared.body, Toward::Other) {
            let change = change.within(|tree| {
                let mut shared = shared.clone();
                shared.body.node = tree;
                Some(self.item(ItemKind::Let(shared)))
            });
            mutants.push(self.mutant(&name, change));
        }
    }

    fn item(&self, kind: ItemKind) -> Spanned<Item> {
        let item = Item {
            kind,
            ..self.whole.node.clone()
        };
        Spanned::new(item, self.whole.span)
    }

    fn mutant(&self, rule: &SmolStr, change: Change<Option<Spanned<Item>>>) -> Mutant {
        Mutant {
            file: self.file,
            item: self.item,
            tree: change.tree,
            clause: None,
            changed: None,
            edits: change.edits,
            rule: rule.clone(),
            what: change.what,
            toward: change.toward,
            place: Place {
                file: self.tree.id,
                span: change.span,
            },
        }
    }
}

impl Mutant {
    /// The trees with this change and without what only asks: tests and claims hold for any
    /// rules, or do not.
    pub(super) fn files(&self, files: &[ast::File]) -> Vec<ast::File> {
        let policy = |item: &Item| {
            !matches!(
                item.kind,
                ItemKind::Test(_) | ItemKind::Given(_) | ItemKind::Claim(_)
            )
        };
        let mut changed = Vec::with_capacity(files.len());
        for (at, file) in files.iter().enumerate() {
            let items = file.items.iter().enumerate().filter_map(|(index, item)| {
                if (at, index) == (self.file, self.item) {
                    self.tree.clone()
                } else {
                    Some(item.clone()).filter(|item| policy(item))
                }
            });
            changed.push(ast::File {
                id: file.id,
                layer: file.layer.clone(),
                items: items.collect(),
                recovered: file.recovered,
            });
        }
        changed
    }

    /// The file with this change and with all the rest.
    pub(super) fn file(&self, files: &[ast::File]) -> Option<ast::File> {
        let mut file = files.get(self.file)?.clone();
        match &self.tree {
            Some(tree) => file.items = with(&file.items, self.item, tree.clone()),
            None if self.item < file.items.len() => drop(file.items.remove(self.item)),
            None => return None,
        }
        Some(file)
    }

    /// The text of the file with this change: as much of its layout as can be, and never
    /// anything that means another tree.
    pub(super) fn text(&self, source: &Source, files: &[ast::File]) -> Option<String> {
        let wanted = self.file(files)?;
        let says = |text: &String| {
            let source = Source::new(source.name.clone(), text.clone());
            let parsed = placet_syntax::parse(wanted.id, &source);
            !parsed.has_errors() && parsed.file == wanted
        };
        let old = &source.text;
        let mut tries = Vec::new();
        match (&self.clause, &self.changed) {
            (None, _) if self.tree.is_none() => tries.push(taken(old, self.edits.first()?.0)),
            (Some(clause), None) => tries.push(taken(old, clause.span)),
            (Some(clause), Some(changed)) => {
                if self.edits.iter().all(|(span, _)| *span != clause.span) {
                    tries.push(edited(old, &self.edits));
                    tries.push(edited(old, &bracketed(&self.edits)));
                }
                let text = aligned(source.slice(clause.span), &changed.to_string());
                tries.push(edited(old, &[(clause.span, text)]));
            }
            (None, _) => {
                tries.push(edited(old, &self.edits));
                tries.push(edited(old, &bracketed(&self.edits)));
                if let Some(ItemKind::Let(shared)) = self.tree.as_ref().map(|item| &item.kind) {
                    let body = shared.body.to_string();
                    tries.push(edited(old, &[(shared.body.span, body)]));
                }
            }
        }
        let printed = || placet_syntax::print(&wanted);
        Some(tries.into_iter().find(says).unwrap_or_else(printed))
    }
}

fn edited(text: &str, edits: &[(Span, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (span, new) in edits {
        let range = span.range();
        out.push_str(text.get(from..range.start).unwrap_or_default());
        out.push_str(new);
        from = range.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

fn bracketed(edits: &[(Span, String)]) -> Vec<(Span, String)> {
    let edits = edits.iter();
    edits
        .map(|(span, text)| (*span, format!("({text})")))
        .collect()
}

/// The text without a piece, and without the lines that held nothing else.
fn taken(text: &str, span: Span) -> String {
    let range = span.range();
    let before = text.get(..range.start).unwrap_or_default();
    let after = text.get(range.end..).unwrap_or_default();
    let blank = |c: char| c == ' ' || c == '\t';
    let head = before.trim_end_matches(blank);
    let tail = after.trim_start_matches(blank);
    if !head.is_empty() && !head.ends_with('\n') {
        // Others stand on the same line.
        return format!("{head}{after}");
    }
    let tail = tail
        .strip_prefix("\r\n")
        .or_else(|| tail.strip_prefix('\n'));
    match tail {
        // An item goes with one of the two empty lines around it.
        Some(tail) if head.ends_with("\n\n") => {
            format!("{head}{}", tail.strip_prefix('\n').unwrap_or(tail))
        }
        Some(tail) => format!("{head}{tail}"),
        None => format!("{head}{after}"),
    }
}

/// A clause with as much space after its first word as it had.
fn aligned(old: &str, new: &str) -> String {
    let Some((word, rest)) = new.split_once(' ') else {
        return new.to_owned();
    };
    let gap = old.strip_prefix(word).map(|rest| {
        let space = rest.len() - rest.trim_start_matches(' ').len();
        rest.get(..space).unwrap_or_default()
    });
    match gap {
        Some(gap) if !gap.is_empty() => format!("{word}{gap}{}", rest.trim_start()),
        _ => new.to_owned(),
    }
}
