//! What is saved loads as it was, and what was changed, cut short or forged does not load,
//! or decides as its policy says all the same.

use placet_compiler::lower::lower;
use placet_model::compiled::{Compiled, FORMAT, LoadErrorKind};
use placet_model::ids::PatternId;
use placet_model::policy::*;
use placet_model::value::Value;
use sha2::{Digest, Sha256};

use crate::generate::{self, Build, Random};
use crate::meaning::{agrees, request};

fn compile(policy: Policy) -> Compiled {
    let graphs = lower(&policy);
    Compiled::new(policy, graphs)
}

fn kind(bytes: &[u8]) -> Option<LoadErrorKind> {
    Compiled::load(bytes).err().map(|error| error.kind)
}

#[test]
fn every_changed_byte_is_noticed() {
    let bytes = compile(generate::policy(7)).save();
    for at in 0..bytes.len() {
        for change in [1, 0x80, 0xFF] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            assert!(kind(&changed).is_some(), "byte {at} ^ {change}");
        }
    }
}

#[test]
fn every_cut_is_noticed() {
    let bytes = compile(generate::policy(8)).save();
    for length in 0..bytes.len() {
        assert!(kind(&bytes[..length]).is_some(), "cut at {length}");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(kind(&longer).is_some());
}

#[test]
fn what_is_wrong_is_told_apart() {
    let bytes = compile(generate::policy(9)).save();
    let with = |at: usize, byte: u8| {
        let mut changed = bytes.clone();
        changed[at] = byte;
        kind(&changed)
    };
    assert_eq!(kind(b"policy text { }"), Some(LoadErrorKind::Magic));
    assert_eq!(kind(b""), Some(LoadErrorKind::Length));
    assert_eq!(kind(b"PLACE"), Some(LoadErrorKind::Length));
    let found = FORMAT + 1;
    assert_eq!(with(7, found as u8), Some(LoadErrorKind::Version { found }));
    let last = bytes.len() - 1;
    assert_eq!(with(last, !bytes[last]), Some(LoadErrorKind::Checksum));
    assert_eq!(with(40, !bytes[40]), Some(LoadErrorKind::Checksum));
}

/// A saved policy with right length and checksum around other content.
fn forge(policy: &[u8]) -> Vec<u8> {
    let mut bytes = b"PLACETC".to_vec();
    bytes.extend(FORMAT.to_le_bytes());
    bytes.extend((policy.len() as u64).to_le_bytes());
    bytes.extend(policy);
    bytes.extend(Sha256::digest(policy));
    bytes
}

fn content(seed: u64) -> Vec<u8> {
    let bytes = compile(generate::policy(seed)).save();
    bytes[19..bytes.len() - 32].to_vec()
}

/// What loads although it was forged must decide as its own policy says, rule by rule.
fn is_sound(loaded: &Compiled, what: &str) {
    for seed in 0..20 {
        agrees(loaded.policy(), loaded.graphs(), &request(seed), what);
    }
}

#[test]
fn forged_policies_do_not_load_or_are_sound() {
    let mut loaded = 0;
    for seed in 0..24 {
        let policy = content(seed);
        assert_eq!(kind(&forge(&policy)), None);
        let mut random = Random::new(seed);
        for round in 0..250 {
            let mut forged = policy.clone();
            for _ in 0..1 + random.below(2) {
                let at = random.below(forged.len());
                // Small numbers are ids: these changes often lead to other ids.
                forged[at] = match random.below(4) {
                    0 => forged[at].wrapping_add(1),
                    1 => forged[at].wrapping_sub(1),
                    2 => random.below(16) as u8,
                    _ => random.below(256) as u8,
                };
            }
            if let Ok(compiled) = Compiled::load(&forge(&forged)) {
                loaded += 1;
                is_sound(&compiled, &format!("seed {seed}, round {round}"));
            }
        }
    }
    // Names and negations can be forged: then it is another policy, and a valid one.
    assert!(loaded > 0);
}

/// Checks that a policy which no compiler saves is refused, and why.
fn refused(policy: Policy, reason: &str) {
    let bytes = Compiled::new(policy, Vec::new()).save();
    let error = Compiled::load(&bytes).unwrap_err();
    assert_eq!(error.kind, LoadErrorKind::Invalid);
    let found = error.source.unwrap().to_string();
    assert!(found.contains(reason), "{found}");
}

#[test]
fn a_small_file_that_asks_for_much_is_refused() {
    let mut layers = Build::new().policy;
    let layer = layers.layers[0].clone();
    layers.layers = (0..65)
        .map(|at| Layer {
            name: format!("l{at}").into(),
            ..layer.clone()
        })
        .collect();
    refused(layers, "it has too many layers");
    // Each rule fills 60 holes by sums that are doubled eleven times.
    let mut holes = Build::new();
    let mut sum = holes.expr(Expr::Const(Value::Int(0)));
    for _ in 0..11 {
        sum = holes.expr(Expr::Add(sum, sum));
    }
    let hole = Segment::Hole(Hole {
        value: sum,
        extract: Extract::Text,
        each: false,
    });
    holes.policy.patterns.push(Pattern {
        segments: vec![hole; 60],
        tail: false,
    });
    let pattern = PatternId::new(holes.policy.patterns.len() - 1);
    for _ in 0..200 {
        holes.rule(RuleKind::Deny).resources = vec![pattern];
    }
    refused(holes.policy, "all conditions and holes are too big");
}

#[test]
fn hostile_lengths_are_errors() {
    let policy = content(3);
    // A vector that claims to be as long as can be.
    let long = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01];
    for at in 0..policy.len().min(400) {
        let forged = [&policy[..at], &long[..], &policy[at..]].concat();
        assert!(kind(&forge(&forged)).is_some(), "at {at}");
    }
}
