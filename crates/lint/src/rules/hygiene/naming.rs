//! A name in another style than most of its kind.

use std::collections::BTreeMap;

use placet_syntax::ast::{self, ItemKind};
use placet_syntax::{FileId, Span};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1601,
    name: "naming",
    category: Category::Hygiene,
    level: Level::Note,
    tags: &[],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

/// How words are joined in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Style {
    Hyphens,
    Underscores,
    Capitals,
}

fn check(context: &Context<'_>, found: &mut Found) {
    let mut kinds: BTreeMap<&str, Vec<(&str, FileId, Span, Style)>> = BTreeMap::new();
    for declared in context.items() {
        let (kind, name): (&str, &ast::Name) = match &declared.item.node.kind {
            ItemKind::Rule(own) => ("rules", &own.name),
            ItemKind::Group(own) => ("groups", &own.name),
            ItemKind::Agent(own) => ("agents", &own.name),
            ItemKind::Let(own) => ("lets", &own.name),
            ItemKind::History(own) => ("histories", &own.name),
            _ => continue,
        };
        // A quoted name comes from elsewhere, as a SPIFFE id does.
        let quoted = context.text(declared.file, name.span).starts_with('"');
        if let (false, Some(style)) = (quoted, style(&name.node)) {
            let own = (name.node.as_str(), declared.file, name.span, style);
            kinds.entry(kind).or_default().push(own);
        }
    }
    for (kind, names) in kinds {
        let count = |style| names.iter().filter(|name| name.3 == style).count();
        let styles = [Style::Hyphens, Style::Underscores, Style::Capitals];
        // Of several that are as frequent, hyphens are meant.
        let Some(most) = styles.into_iter().rev().max_by_key(|style| count(*style)) else {
            continue;
        };
        for (name, file, span, style) in &names {
            if *style != most {
                found.push(
                    RULE.says(format!("`{name}` is not written as other {kind} are"))
                        .at(*file, *span, format!("they have {}", shown(most)))
                        .help(format!("write `{}`", rewritten(name, most))),
                );
            }
        }
    }
}

const fn shown(style: Style) -> &'static str {
    match style {
        Style::Hyphens => "small letters and hyphens",
        Style::Underscores => "small letters and underscores",
        Style::Capitals => "a capital for each word",
    }
}

/// The style of a name; `None` for one word in small letters, which is every style.
fn style(name: &str) -> Option<Style> {
    if name.contains('_') {
        Some(Style::Underscores)
    } else if name.chars().any(char::is_uppercase) {
        Some(Style::Capitals)
    } else {
        name.contains('-').then_some(Style::Hyphens)
    }
}

fn rewritten(name: &str, style: Style) -> String {
    let mut words: Vec<String> = vec![String::new()];
    for char in name.chars() {
        let breaks = matches!(char, '-' | '_');
        if (breaks || char.is_uppercase()) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let (false, Some(word)) = (breaks, words.last_mut()) {
            word.extend(char.to_lowercase());
        }
    }
    match style {
        Style::Hyphens => words.join("-"),
        Style::Underscores => words.join("_"),
        Style::Capitals => words
            .iter()
            .map(|word| {
                let mut chars = word.chars();
                let first = chars.next().map(|first| first.to_uppercase().to_string());
                first.unwrap_or_default() + chars.as_str()
            })
            .collect(),
    }
}
