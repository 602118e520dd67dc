//! Every answer about generated policies against requests that are tried one by one, by the
//! executable specification.

use std::collections::BTreeMap;

use placet_analysis::{Effort, Verdict, prove};
use placet_compiler::claim::{Claim, Claims, Says};
use placet_compiler::texts::{self, Checked};
use placet_model::decision::Reason;
use placet_model::ids::LayerId;
use placet_model::policy::{Condition, Policy};
use placet_model::request::{Asked, Request};
use placet_model::wire::{request_to_json, to_text};
use placet_reference::generate::{self, Dice, File, Pool};
use placet_reference::outcome::Outcome;
use placet_reference::runtime::{runtime, runtime_without_credential};

/// How many policies, and how many requests are tried against all claims of each.
const POLICIES: u64 = 20;
pub(crate) const REQUESTS: usize = 400;

#[test]
fn no_claim_that_is_proved_has_a_counterexample() {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let seeds = seeds();
    let policies = seeds.end - seeds.start;
    for seed in seeds {
        check(seed, &mut counts);
    }
    println!("{counts:?}");
    let count = |what| counts.get(what).copied().unwrap_or(0);
    // A prover that never answers would pass.
    assert!(count("holds") > policies / 2, "{counts:?}");
    assert!(count("refuted") > policies / 2, "{counts:?}");
    assert!(count("tried") > 10 * policies, "{counts:?}");
}

/// The seeds of the policies to try.
pub(crate) fn seeds() -> std::ops::Range<u64> {
    let told = |name| std::env::var(name).ok()?.parse().ok();
    let first = told("PLACET_BRUTE_SEED").unwrap_or(0);
    first..first + told("PLACET_BRUTE_POLICIES").unwrap_or(POLICIES)
}

/// Makes a policy with claims of a seed, and tries requests against what is said of them.
fn check(seed: u64, counts: &mut BTreeMap<&'static str, u64>) {
    let mut dice = Dice::seeded(seed);
    let files = generate::policy(&mut dice);
    let Some((checked, text)) = with_claims(&mut dice, files) else {
        return;
    };
    let compiled = checked.policy.as_ref().expect("a policy");
    let policy = compiled.policy();
    let mut count = |what| *counts.entry(what).or_default() += 1;
    let mut held = Vec::new();
    for (claim, proved) in
        checked
            .claims
            .list
            .iter()
            .zip(prove(compiled, &checked.claims, Effort { steps: 5_000 }))
    {
        match proved.verdict {
            Verdict::Holds => {
                count("holds");
                held.push((claim, denying(policy, &checked.claims, claim)));
            }
            Verdict::Refuted(refutation) => {
                count("refuted");
                let with = denying(policy, &checked.claims, claim);
                assert!(
                    refutes(policy, &with, claim, &refutation.request),
                    "seed {seed}: the specification does not confirm\n{}\nagainst `{}` in\n{text}",
                    to_text(&request_to_json(&refutation.request)),
                    claim.title,
                );
            }
            Verdict::Unknown(_) => count("unknown"),
        }
    }
    let pool = Pool::of(policy);
    for _ in 0..REQUESTS {
        let request = generate::runtime(&mut dice, policy, &pool, false);
        let outcome = decide(policy, &request);
        let granted = outcome.reason == Reason::Granted;
        // Of a call that does several things nobody knows which of them is refused.
        let told = granted || outcome.requests.len() == 1;
        // A plain triple of a function stands for calls, which are tried by themselves.
        let told = told && !stands_for_calls(policy, &request);
        for (claim, with) in &held {
            if told && granted != matches!(claim.says, Says::Always) {
                count("tried");
                assert!(
                    !refutes(policy, with, claim, &request),
                    "seed {seed}: proved, and yet\n{}\nis against `{}` in\n{text}",
                    to_text(&request_to_json(&request)),
                    claim.title,
                );
            }
        }
    }
}

/// The specification's decision, under the credential that a request carries or by the
/// policy alone.
pub(crate) fn decide(policy: &Policy, request: &Request) -> Outcome {
    if request.credential.is_some() {
        runtime(policy, request)
    } else {
        runtime_without_credential(policy, request)
    }
}

/// Whether a request is a triple of a tool that has functions.
pub(crate) fn stands_for_calls(policy: &Policy, request: &Request) -> bool {
    let Asked::Triple { tool, .. } = &request.asked else {
        return false;
    };
    let mut functions = policy.functions.iter();
    functions.any(|function| function.path == *tool && function.params.is_some())
}

/// The policy with a claim's region as one more deny, so that the specification tells
/// whether a request is inside.
fn denying(policy: &Policy, claims: &Claims, claim: &Claim) -> Policy {
    let mut with = claims.widen(policy);
    let mut region = claim.region.clone();
    region.layer = LayerId::new(0);
    region.name = "in the region".into();
    if let Says::Only(who) = claim.says {
        region.conditions.push(Condition {
            expr: who,
            unless: true,
        });
    }
    with.rules.push(region);
    with
}

/// Whether a request is one against a claim, by the words of the language reference.
fn refutes(policy: &Policy, with: &Policy, claim: &Claim, request: &Request) -> bool {
    let outcome = decide(policy, request);
    let inside = || {
        let denied = decide(with, request);
        denied.reason == Reason::DeniedByRule
            && denied
                .rules
                .iter()
                .any(|rule| rule.ends_with("/in the region"))
    };
    match &claim.says {
        Says::Never | Says::Only(_) => outcome.reason == Reason::Granted && inside(),
        Says::Always => {
            matches!(outcome.reason, Reason::NoGrant | Reason::DeniedByRule) && inside()
        }
        Says::Needs(duties) => {
            let obligations = &outcome.obligations;
            let group = |duty: &placet_model::policy::Approval| {
                let group = &policy.groups[duty.group.index()].name;
                obligations.approvals.iter().any(|own| own.group == *group)
            };
            let lacks = duties.consent.is_some() && obligations.consents.is_empty()
                || !duties.approvals.iter().all(group)
                || duties
                    .lifetime
                    .is_some_and(|most| obligations.lifetime.is_none_or(|own| own > most));
            outcome.reason == Reason::Granted && lacks && inside()
        }
    }
}

/// A generated policy without some of its denies, with claims made of its rules.
fn with_claims(dice: &mut Dice, mut files: Vec<File>) -> Option<(Checked, String)> {
    let mut claims = Vec::new();
    for file in &mut files {
        let mut kept = Vec::new();
        for item in std::mem::take(&mut file.items) {
            let claim = claim_of(dice, &item, claims.len());
            let deny = item.starts_with("deny ");
            claims.extend(claim);
            if !deny || dice.chance(50) {
                kept.push(item);
            }
        }
        file.items = kept;
    }
    let compile = |claims: &[String]| {
        let mut texts: Vec<(String, String)> = files
            .iter()
            .map(|file| (file.name.clone(), file.text()))
            .collect();
        texts.push(("claims.placet".to_owned(), claims.join("\n")));
        let text: Vec<String> = texts.iter().map(|(_, text)| text.clone()).collect();
        (texts::check(texts), text.join("\n\n"))
    };
    let (whole, text) = compile(&claims);
    if whole.policy.is_some() {
        return Some((whole, text));
    }
    // A claim of which the compiler asks for a guard is left out.
    claims.retain(|claim| compile(std::slice::from_ref(claim)).0.policy.is_some());
    let (whole, text) = compile(&claims);
    whole.policy.is_some().then_some((whole, text))
}

/// A claim about the region that a rule covers.
fn claim_of(dice: &mut Dice, item: &str, at: usize) -> Option<String> {
    let kind = item.split(' ').next()?;
    if !["grant", "deny", "require"].contains(&kind) {
        return None;
    }
    let (_, body) = item.split_once("{\n")?;
    let body = body.strip_suffix('}')?;
    let duty = |line: &&str| {
        let first = line.trim().split(' ').next().unwrap_or_default();
        !["for", "consent", "approval", "budget", "delegate"].contains(&first)
    };
    let clauses: Vec<&str> = body.lines().filter(duty).collect();
    let region = clauses.join("\n");
    let says = match dice.below(10) {
        0..=5 => format!("never {{\n{region}\n}}"),
        6 => format!("always {{\n{region}\n}}"),
        7 => format!("every {{\n{region}\n}} needs for 15m"),
        8 => format!("every {{\n{region}\n}} needs approval admins"),
        _ => format!("only agent.id == \"a1\" may {{\n{region}\n}}"),
    };
    Some(format!("claim \"c{at}\" {{\n{says}\n}}"))
}
