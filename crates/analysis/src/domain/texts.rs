//! Texts that patterns and constants tell apart.

use std::collections::BTreeSet;

use placet_model::value::Value;
use smol_str::{SmolStr, format_smolstr};

use crate::uses::Class;
use crate::values::fresh;

/// The texts to try for a class of terms.
///
/// A text is told apart by the longest beginning and the longest end that it has among those
/// of the patterns, when it is long enough for both: with a word between them that nobody
/// uses it is as good as any other. A shorter one is an overlap of the two, and there are
/// few of those.
pub(super) fn of_class(class: &Class) -> Vec<SmolStr> {
    let mut texts = between(class);
    let empty = SmolStr::default();
    if class.segment {
        // What no segment may hold makes none, whatever it begins and ends with.
        for (prefix, suffix) in ends(class) {
            texts.push(format_smolstr!("{prefix}\u{1}{suffix}"));
        }
    }
    texts.extend(
        used(class)
            .into_iter()
            .filter(|text| !text.is_empty())
            .map(SmolStr::new),
    );
    for (prefix, suffix) in ends(class) {
        texts.extend(overlaps(prefix, suffix));
    }
    if class.segment
        || class.values.contains(&Value::Text(empty.clone()))
        || !class.globs.is_empty()
    {
        // It gives no segment.
        texts.push(empty);
    }
    texts
}

/// The texts that are no constant: each beginning with each end and words between them.
pub(super) fn between(class: &Class) -> Vec<SmolStr> {
    const TOP: &str = ".example";
    let ends = ends(class);
    let used = used(class);
    let own_end = |text: &str| {
        let mut longer = ends.iter().filter(|(_, suffix)| !suffix.is_empty());
        longer.any(|(_, suffix)| text.ends_with(suffix.as_str()))
    };
    let is_plain = |word: &SmolStr| {
        !used.iter().any(|text| text.contains(word.as_str()))
            && !ends.iter().any(|(prefix, suffix)| {
                // A word goes on as no other beginning or end does.
                let (front, back) = (format!("{prefix}{word}"), format!("{word}{suffix}"));
                ends.iter().any(|(other, end)| {
                    other.len() > prefix.len() && front.starts_with(other.as_str())
                        || end.len() > suffix.len() && back.ends_with(end.as_str())
                })
            })
    };
    let words: Vec<SmolStr> = candidates()
        .filter(is_plain)
        .take(class.terms.max(1))
        .collect();
    let mut texts = Vec::new();
    for (prefix, suffix) in &ends {
        for word in &words {
            texts.push(if class.domain && suffix.is_empty() {
                let top = if own_end(&format!("{word}{TOP}")) {
                    format_smolstr!(".{word}")
                } else {
                    TOP.into()
                };
                format_smolstr!("{prefix}{word}{top}")
            } else {
                format_smolstr!("{prefix}{word}{suffix}")
            });
        }
    }
    texts
}

/// Words to put between: where the known ones go on as some pattern does, others.
fn candidates() -> impl Iterator<Item = SmolStr> {
    const KNOWN: usize = 64;
    let letters = ('0'..='9').chain('a'..='z').chain('\u{4E00}'..='\u{9FFF}');
    let others = letters.flat_map(|c| (0..KNOWN).map(move |at| format_smolstr!("{c}{at}x{c}")));
    (0..KNOWN).map(fresh).chain(others)
}

/// Each beginning with each end, those that are nothing included.
fn ends(class: &Class) -> Vec<(&SmolStr, &SmolStr)> {
    const NOTHING: &SmolStr = &SmolStr::new_static("");
    let fronts = class.globs.iter().map(|(prefix, _)| prefix);
    let prefixes: BTreeSet<&SmolStr> = std::iter::once(NOTHING).chain(fronts).collect();
    let backs = class.globs.iter().map(|(_, suffix)| suffix);
    let suffixes: BTreeSet<&SmolStr> = std::iter::once(NOTHING).chain(backs).collect();
    let pairs = prefixes.iter().flat_map(|prefix| {
        let suffixes = suffixes.iter();
        suffixes.map(|suffix| (*prefix, *suffix))
    });
    pairs.collect()
}

/// The constants and the beginnings and ends.
fn used(class: &Class) -> BTreeSet<&str> {
    let constants = class.values.iter().filter_map(|value| match value {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    });
    let globs = class.globs.iter();
    constants
        .chain(globs.flat_map(|(prefix, suffix)| [prefix.as_str(), suffix.as_str()]))
        .collect()
}

/// Texts that begin with the one and end with the other and are shorter than both.
fn overlaps(prefix: &str, suffix: &str) -> Vec<SmolStr> {
    let shared = suffix
        .char_indices()
        .map(|(at, _)| at)
        .skip(1)
        .filter_map(|at| {
            let (front, rest) = suffix.split_at_checked(at)?;
            prefix
                .ends_with(front)
                .then(|| format_smolstr!("{prefix}{rest}"))
        });
    shared.collect()
}
