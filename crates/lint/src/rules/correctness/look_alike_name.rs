//! Names that look the same and are not, and names in several scripts.

use std::collections::BTreeMap;

use unicode_security::MixedScript;
use unicode_security::confusable_detection::skeleton;

use super::names::{Named, names};
use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1503,
    name: "look-alike-name",
    category: Category::Correctness,
    level: Level::Error,
    tags: &[Tag::Asi(3), Tag::Asi(4), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let mut looks: BTreeMap<(&str, String), Named<'_>> = BTreeMap::new();
    for own in names(context) {
        // Case is the affair of another rule, and plain letters look like themselves.
        let ascii = own.name.is_ascii();
        if !ascii && !own.name.is_single_script() {
            found.push(
                RULE.says(format!("{} `{}` mixes scripts", own.kind, own.name))
                    .at(own.file, own.span, spelled(own.name))
                    .help("write it in one script"),
            );
        }
        let look: String = skeleton(own.name).collect();
        let Some(other) = looks.get(&(own.kind, look.clone())) else {
            looks.insert((own.kind, look), own);
            continue;
        };
        if other.name == own.name || ascii && other.name.is_ascii() && !digits(own.name, other.name)
        {
            continue;
        }
        found.push(
            RULE.says(format!(
                "{} `{}` looks like `{}`",
                own.kind, own.name, other.name
            ))
            .at(own.file, own.span, spelled(own.name))
            .see(other.file, other.span, "it looks like this")
            .help("write one of them otherwise"),
        );
    }
}

/// Whether two plain names differ where a digit stands for a letter: `l1ne` and `line`.
fn digits(one: &str, other: &str) -> bool {
    one.len() == other.len()
        && one
            .bytes()
            .zip(other.bytes())
            .any(|(one, other)| one != other && (one.is_ascii_digit() != other.is_ascii_digit()))
}

/// The letters beyond ASCII, by their code points.
fn spelled(name: &str) -> String {
    let odd: Vec<String> = name
        .chars()
        .filter(|char| !char.is_ascii())
        .map(|char| format!("U+{:04X}", u32::from(char)))
        .collect();
    match odd.is_empty() {
        true => "a digit stands where the other has a letter".to_owned(),
        false => format!("it has {}", odd.join(", ")),
    }
}
