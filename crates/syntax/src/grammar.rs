//! The pest parser of `grammar/placet.pest`, and how its pairs are walked.

// The derive writes a public enum of several hundred rules without documentation.
#![allow(missing_docs, reason = "generated code")]

use pest::{
    Parser,
    iterators::{Pair as PestPair, Pairs as PestPairs},
};
use pest_derive::Parser;

#[derive(Parser)]
#[grammar = "placet.pest"]
struct Grammar;

pub(crate) type Pair<'i> = PestPair<'i, Rule>;
pub(crate) type Failure = pest::error::Error<Rule>;

/// Parses a prefix of `text` as `rule`; gives the one pair of that rule.
pub(crate) fn parse(rule: Rule, text: &str) -> Result<Parts<'_>, Box<Failure>> {
    let pairs = Grammar::parse(rule, text).map_err(Box::new)?;
    Ok(Parts { pairs })
}

impl Rule {
    /// Whether the rule stands for a keyword or a bracket, which says no more than that it
    /// is there.
    pub(crate) fn is_fixed(self) -> bool {
        // The grammar keeps them together at its end.
        self >= Self::deeper
    }
}

/// The pairs inside a pair, without keywords, brackets and commas.
#[derive(Clone)]
pub(crate) struct Parts<'i> {
    pairs: PestPairs<'i, Rule>,
}

impl<'i> Parts<'i> {
    pub(crate) fn of(pair: Pair<'i>) -> Self {
        Self {
            pairs: pair.into_inner(),
        }
    }

    /// The next pair, if it is of that rule.
    pub(crate) fn next_if(&mut self, rule: Rule) -> Option<Pair<'i>> {
        let mut ahead = self.clone();
        let pair = ahead.next().filter(|pair| pair.as_rule() == rule)?;
        *self = ahead;
        Some(pair)
    }

    /// Whether any of the pairs left is of that rule.
    pub(crate) fn any_is(&self, rule: Rule) -> bool {
        self.clone().any(|pair| pair.as_rule() == rule)
    }
}

impl<'i> Iterator for Parts<'i> {
    type Item = Pair<'i>;

    fn next(&mut self) -> Option<Pair<'i>> {
        self.pairs.by_ref().find(|pair| !pair.as_rule().is_fixed())
    }
}

/// Where a pair begins and ends in the text that was parsed.
///
/// A pair of the grammar may end in white space and comments, before an optional part that
/// is not there; the range ends with the last token.
pub(crate) fn range(pair: &Pair<'_>) -> std::ops::Range<usize> {
    pair.as_span().start()..end(pair)
}

fn end(pair: &Pair<'_>) -> usize {
    pair.clone()
        .into_inner()
        .next_back()
        .map_or_else(|| pair.as_span().end(), |last| end(&last))
}

#[cfg(test)]
mod tests {
    use super::Rule;

    #[test]
    fn keywords_and_brackets_stand_at_the_end_of_the_grammar() {
        for rule in Rule::all_rules() {
            let name = format!("{rule:?}");
            let is_fixed = name.starts_with("kw_")
                || name.starts_with("p_")
                || name == "deeper"
                || name == "shallower";
            assert_eq!(rule.is_fixed(), is_fixed, "{name}");
        }
    }
}
