//! The generators make enough of everything: every construct, both outcomes, every reason
//! that the engine can give.

use std::collections::BTreeMap;

use placet_model::decision::Reason;
use placet_reference::coverage::CONSTRUCTS;
use placet_reference::differential::{Counts, run};

const POLICIES: u64 = 240;
const DECISIONS: usize = 50;

#[test]
fn generated_policies_and_requests_cover_the_language() {
    let mut counts = Counts::default();
    for seed in 0..POLICIES {
        if let Err(difference) = run(seed, DECISIONS, &mut counts) {
            assert!(difference.sides().is_none(), "{:#?}", difference.sides());
        }
    }
    assert!(
        counts.refused * 50 <= POLICIES,
        "{} generated policies do not compile",
        counts.refused
    );
    let rare: Vec<String> = CONSTRUCTS
        .iter()
        .map(|name| (*name, counts.constructs.get(name).copied().unwrap_or(0)))
        // In one policy of a hundred at least, and so in a run of millions in thousands.
        .filter(|(_, count)| count * 100 < POLICIES)
        .map(|(name, count)| format!("{name}: {count}"))
        .collect();
    assert!(rare.is_empty(), "too rare: {rare:?}");

    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    let mut calls = 0;
    let mut granted = 0;
    for (name, count) in &counts.outcomes {
        let Some((kind, reason)) = name.split_once(": ") else {
            continue;
        };
        *reasons.entry(reason).or_default() += count;
        if kind == "call (policy alone)" {
            calls += count;
            if reason == Reason::Granted.name() {
                granted += count;
            }
        }
    }
    // Revocation is known to a store, not to the policy.
    for reason in Reason::ALL {
        let count = reasons.get(reason.name()).copied().unwrap_or(0);
        assert!(count > 0 || reason == Reason::Revoked, "never {reason}");
    }
    assert!(
        granted * 5 >= calls,
        "{granted} of {calls} calls are granted"
    );
    assert!(
        (calls - granted) * 5 >= calls,
        "{granted} of {calls} calls are granted"
    );
    for outcome in ["granted", "narrowed", "denied", "yes", "depends", "no"] {
        let count = reasons.get(outcome).copied().unwrap_or(0);
        assert!(count >= 5, "{outcome}: {count}");
    }
}
