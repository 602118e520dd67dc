//! What is saved loads as it was, and what was changed, cut short or forged does not load,
//! or decides as its policy says all the same.

use placet_compiler::lower::lower;
use placet_model::compiled::{Compiled, FORMAT, LoadErrorKind};
use placet_model::policy::Policy;
use sha2::{Digest, Sha256};

use crate::generate::{self, Random};
use crate::meaning::{gather, request};

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

/// A saved policy with right lengths and checksum around other sections.
fn forge(policy: &[u8], graphs: &[u8]) -> Vec<u8> {
    let mut bytes = b"PLACETC".to_vec();
    bytes.extend(FORMAT.to_le_bytes());
    for (tag, section) in [(1, policy), (2, graphs)] {
        bytes.push(tag);
        bytes.extend((section.len() as u64).to_le_bytes());
        bytes.extend(section);
    }
    let checksum = Sha256::digest(&bytes);
    bytes.extend(checksum);
    bytes
}

fn sections(bytes: &[u8]) -> [Vec<u8>; 2] {
    let mut rest = &bytes[11..];
    [1, 2].map(|tag| {
        assert_eq!(rest[0], tag);
        let length = u64::from_le_bytes(rest[1..9].try_into().unwrap()) as usize;
        let section = rest[9..9 + length].to_vec();
        rest = &rest[9 + length..];
        section
    })
}

/// What loads although it was forged must decide as its own policy says.
fn is_sound(loaded: &Compiled, what: &str) {
    let graphs = lower(loaded.policy());
    for seed in 0..20 {
        let request = request(seed);
        for (one, other) in loaded.graphs().iter().zip(&graphs) {
            let policy = loaded.policy();
            assert_eq!(
                gather(policy, one, &request),
                gather(policy, other, &request),
                "{what}"
            );
        }
    }
}

#[test]
fn forged_sections_do_not_load_or_are_sound() {
    let mut loaded = 0;
    for seed in 0..24 {
        let [policy, graphs] = sections(&compile(generate::policy(seed)).save());
        assert_eq!(kind(&forge(&policy, &graphs)), None);
        let mut random = Random::new(seed);
        for round in 0..250 {
            let mut forged = [policy.clone(), graphs.clone()];
            let which = random.below(2);
            for _ in 0..1 + random.below(2) {
                let section = &mut forged[which];
                let at = random.below(section.len());
                // Small numbers are ids: these changes often lead to other ids.
                section[at] = match random.below(4) {
                    0 => section[at].wrapping_add(1),
                    1 => section[at].wrapping_sub(1),
                    2 => random.below(16) as u8,
                    _ => random.below(256) as u8,
                };
            }
            let [policy, graphs] = &forged;
            if let Ok(compiled) = Compiled::load(&forge(policy, graphs)) {
                loaded += 1;
                is_sound(&compiled, &format!("seed {seed}, round {round}"));
            }
        }
    }
    // Names and negations can be forged: then it is another policy, and a valid one.
    assert!(loaded > 0);
}

#[test]
fn graphs_of_another_policy_do_not_load() {
    let mut refused = 0;
    for seed in 0..200 {
        let [policy, graphs] = sections(&compile(generate::policy(seed)).save());
        let [_, others] = sections(&compile(generate::policy(seed + 1)).save());
        if graphs != others {
            let kind = kind(&forge(&policy, &others));
            assert_eq!(kind, Some(LoadErrorKind::Invalid), "seed {seed}");
            refused += 1;
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn hostile_lengths_are_errors() {
    let [policy, graphs] = sections(&compile(generate::policy(3)).save());
    // A vector that claims to be as long as can be.
    let long = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01];
    for at in 0..policy.len().min(400) {
        let forged = [&policy[..at], &long[..], &policy[at..]].concat();
        assert!(kind(&forge(&forged, &graphs)).is_some(), "at {at}");
    }
    for at in 0..graphs.len().min(400) {
        let forged = [&graphs[..at], &long[..], &graphs[at..]].concat();
        assert!(kind(&forge(&policy, &forged)).is_some(), "at {at}");
    }
}
