//! Names that differ in case, or in `-` and `_`, alone.

use std::collections::BTreeMap;

use placet_syntax::{FileId, Span};

use super::names::{Named, names, roots};
use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1504,
    name: "case-twins",
    category: Category::Correctness,
    level: Level::Error,
    tags: &[Tag::Asi(3), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let mut folded: BTreeMap<(&str, String), Named<'_>> = BTreeMap::new();
    for own in names(context) {
        let key = (own.kind, own.name.to_lowercase().replace('_', "-"));
        let Some(other) = folded.get(&key) else {
            folded.insert(key, own);
            continue;
        };
        if other.name == own.name {
            continue;
        }
        found.push(
            RULE.says(format!(
                "{} `{}` and `{}` are two",
                own.kind, other.name, own.name
            ))
            .at(own.file, own.span, "one letter or separator apart")
            .see(other.file, other.span, "the other")
            .note("names and resources are compared letter by letter")
            .help("write the same where the same is meant, and what differs where it is not"),
        );
    }
    let roots = roots(context);
    let mut seen: BTreeMap<String, Vec<&(String, FileId, Span)>> = BTreeMap::new();
    for root in &roots {
        let key = root.0.to_lowercase().replace('_', "-");
        let spellings = seen.entry(key).or_default();
        if spellings.iter().all(|other| other.0 != root.0) {
            spellings.push(root);
        }
    }
    for spellings in seen.into_values() {
        let [(first, at_file, at), others @ ..] = spellings.as_slice() else {
            continue;
        };
        for (other, file, span) in others {
            found.push(
                RULE.says(format!(
                    "resources that begin with `{first}` and with `{other}` are two kinds"
                ))
                .at(*file, *span, "one letter or separator apart")
                .see(*at_file, *at, "the other")
                .note("names and resources are compared letter by letter")
                .help("write the same where the same is meant"),
            );
        }
    }
}
