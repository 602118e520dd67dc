//! Checking never panics, whatever the texts are, and its findings point into them.

use crate::support::{check_files, render};

const TEXTS: [&str; 4] = [
    include_str!("world.placet"),
    include_str!("../../../syntax/tests/fixtures/claims.placet"),
    include_str!("../../../syntax/tests/fixtures/office.placet"),
    include_str!("../../../syntax/tests/fixtures/support.placet"),
];

/// A small generator of numbers: the same on every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// The words and signs of a text, with the space before each.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut start = 0;
    let is_word = |char: char| char.is_alphanumeric() || "_-.".contains(char);
    for (at, pair) in text
        .char_indices()
        .zip(text.chars().skip(1))
        .map(|((at, a), b)| (at + a.len_utf8(), (a, b)))
    {
        let (before, after) = pair;
        if !(before.is_whitespace() || is_word(before) && is_word(after)) {
            tokens.push(&text[start..at]);
            start = at;
        }
    }
    tokens.push(&text[start..]);
    tokens
}

#[test]
fn mangled_policies_give_findings_and_no_panic() {
    let mut numbers = Numbers(7);
    for round in 0..200 {
        let text = TEXTS[round % TEXTS.len()];
        let mut tokens = tokens(text);
        for _ in 0..=numbers.below(4) {
            let at = numbers.below(tokens.len());
            let other = numbers.below(tokens.len());
            match numbers.below(4) {
                0 => drop(tokens.remove(at)),
                1 => tokens.swap(at, other),
                2 => tokens.insert(at, tokens[other]),
                _ => tokens[at] = tokens[other],
            }
        }
        let mangled = tokens.concat();
        let (checked, sources) = check_files(&[("mangled", &mangled)]);
        // Rendering looks every place up.
        let rendered = render(&checked.diagnostics, &sources);
        let errors = checked
            .diagnostics
            .iter()
            .any(placet_syntax::Diagnostic::is_error);
        assert_eq!(checked.policy.is_some(), !errors, "{mangled}\n{rendered}");
        for found in &checked.diagnostics {
            let primary = found.labels.iter().filter(|label| label.primary).count();
            assert!(primary > 0 || found.code.as_str() == "PL0701", "{rendered}");
        }
    }
}

#[test]
fn items_may_be_missing_anywhere() {
    for text in TEXTS {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for gone in 0..lines.len() {
            let mut rest = lines.clone();
            rest.remove(gone);
            let rest = rest.concat();
            let (checked, sources) = check_files(&[("shorter", &rest)]);
            render(&checked.diagnostics, &sources);
        }
    }
}

/// Checks a text that is large or deep; `code` is what it gives.
fn hostile(text: &str, code: &str) {
    let start = "policy p { language 1  layers main  lifetime 1h }\n\
        facts context { risk: int }\n\
        tool t { action go -> \"x/**\" }\n";
    let (checked, _) = check_files(&[("hostile", &format!("{start}{text}"))]);
    let found: Vec<&str> = checked
        .diagnostics
        .iter()
        .map(|found| found.code.as_str())
        .collect();
    let last = found.last().copied().unwrap_or_default();
    assert_eq!(last, code, "{} findings", found.len());
}

#[test]
fn hostile_policies_are_refused_soon_and_on_a_small_stack() {
    let lines = |count: usize, line: fn(usize) -> String| -> String {
        (0..count).map(line).collect::<Vec<_>>().join("\n")
    };
    let rule = "\ndeny d { action go }";
    hostile(
        &(lines(20_000, |at| format!("let l{at} = l{}", (at + 1) % 20_000)) + rule),
        "PL0116",
    );
    hostile(
        &(lines(20_000, |at| {
            format!("group agents g{at} in g{}", (at + 1) % 20_000)
        }) + rule),
        "PL0114",
    );
    let chain = lines(20_000, |at| format!("group agents g{at} in g{}", at + 1));
    hostile(&(chain + "\ngroup agents g20000" + rule), "PL0910");
    let nested = lines(200, |at| {
        format!("let l{} = some x{at} in [1]: (x{at} > 0 and l{at})", at + 1)
    });
    hostile(
        &("let l0 = context.risk > 1\n".to_owned() + &nested + rule),
        "PL0913",
    );
    hostile(
        &lines(3_000, |at| format!("deny d{at} {{ agent bot{at} }}")),
        "PL0903",
    );
    hostile(
        &(lines(200, |at| {
            format!(
                "facts resource \"a{at}/*\", \"b/{at}/*\", \"c/*/{at}\", \"d\", \"e\", \"f\" {{ o: text }}"
            )
        }) + rule),
        "PL0910",
    );
    let doubled = lines(11, |at| format!("let d{} = d{at} and d{at}", at + 1));
    hostile(
        &("let d0 = context.risk > 1\n".to_owned() + &doubled + rule),
        "PL0912",
    );
}
