//! What a misspelled word was probably meant to be.

/// The candidate closest to a word, when it is close enough to be meant: at most a third
/// of the letters differ (swapped neighbours count as one), and at least one may.
#[must_use]
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Long words are not worth comparing: no candidate is near them.
    if word.len() > 64 {
        return None;
    }
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| {
            *distance <= (word.chars().count().max(candidate.chars().count()) / 3).max(1)
        })
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_suggested_and_far_ones_are_not() {
        let check = |word: &str, meant: Option<&str>| {
            assert_eq!(
                closest(word, ["agent", "user", "task", "time"]),
                meant,
                "{word}"
            );
        };
        check("agnet", Some("agent"));
        check("Agent", Some("agent"));
        check("tsk", Some("task"));
        check("usr", Some("user"));
        check("resources", None);
        check(&"a".repeat(100), None);
    }
}
