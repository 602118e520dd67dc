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
    let mut texts: Vec<SmolStr> = Vec::new();
    let empty = SmolStr::default();
    let prefixes: BTreeSet<&SmolStr> = std::iter::once(&empty)
        .chain(class.globs.iter().map(|(prefix, _)| prefix))
        .collect();
    let suffixes: BTreeSet<&SmolStr> = std::iter::once(&empty)
        .chain(class.globs.iter().map(|(_, suffix)| suffix))
        .collect();
    let used: Vec<&str> = class
        .values
        .iter()
        .filter_map(|value| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .chain(prefixes.iter().map(|text| text.as_str()))
        .chain(suffixes.iter().map(|text| text.as_str()))
        .collect();
    let words: Vec<SmolStr> = (0..)
        .map(fresh)
        .filter(|word| !used.iter().any(|text| text.contains(word.as_str())))
        .take(class.terms.max(1))
        .collect();
    for prefix in &prefixes {
        for suffix in &suffixes {
            for word in &words {
                let plain = prefix.is_empty() && suffix.is_empty();
                texts.push(if class.domain && suffix.is_empty() {
                    format_smolstr!("{prefix}{word}.example")
                } else if plain {
                    word.clone()
                } else {
                    format_smolstr!("{prefix}{word}{suffix}")
                });
            }
        }
    }
    texts.extend(
        used.iter()
            .filter(|text| !text.is_empty())
            .map(SmolStr::new),
    );
    for prefix in &prefixes {
        for suffix in &suffixes {
            texts.extend(overlaps(prefix, suffix));
        }
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
