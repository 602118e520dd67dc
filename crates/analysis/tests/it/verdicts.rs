//! Small policies with a claim each: what comes of it.

use placet_analysis::{Effort, Verdict, prove};
use placet_model::request::Request;
use placet_model::wire::{request_to_json, to_text};

/// Declarations that all policies here share.
const DESK: &str = r#"
facts user    { tenant: text, teams: set<text>? }
facts task    { tickets: set<text>, limit: decimal? }
facts context { risk: int, mfa: bool? }
facts resource "ticket/**" { open: bool }
group users leads from request
group users clerks = ana, ben
agent bot
agent clerk { owner = "desk" }
tool desk {
  action read  { get(tenant: text, id: text) -> "ticket/{tenant}/{id}" }
  action write { put(tenant: text, id: text, amount: decimal, public: bool = false) -> "ticket/{tenant}/{id}" }
  action send  { mail(to: list<text>) -> "{each email(to)}" }
}
tool disk { action read { cat(file: text) -> "file/{path(file)}" } }
history sent = calls tool desk.mail per user within 1h
"#;

/// What comes of a claim about some rules: `proved`, `unknown`, or the request against it.
fn verdict(rules: &str, claim: &str) -> String {
    let head = "policy p { language 1  layers main  lifetime 1h }";
    let text = format!("{head}\n{DESK}\n{rules}\nclaim \"c\" {{ {claim} }}");
    let checked = placet_compiler::texts::check([("p.placet", text)]);
    let found: Vec<&String> = checked
        .diagnostics
        .iter()
        .map(|found| &found.message)
        .collect();
    assert!(checked.policy.is_some(), "{rules} {claim}: {found:?}");
    let policy = checked.policy.as_ref().expect("a policy");
    let mut proved = prove(policy, &checked.claims, Effort::default());
    match proved.remove(0).verdict {
        Verdict::Holds => "proved".to_owned(),
        Verdict::Refuted(refutation) => shown(&refutation.request),
        Verdict::Unknown(_) => "unknown".to_owned(),
    }
}

fn shown(request: &Request) -> String {
    to_text(&request_to_json(request))
}

/// Grants that are the same but for their conditions.
fn grant(rest: &str) -> String {
    format!("grant g {{ agent any  user any  tool any  action any  resource {rest} }}")
}

#[test]
fn what_no_request_goes_against_is_proved() {
    let check = |rules: &str, claim: &str| assert_eq!(verdict(rules, claim), "proved", "{claim}");
    let own = grant(r#""ticket/{user.tenant}/**""#);
    check(
        &own,
        r#"never { resource "ticket/{*t}/**"  unless has user and t == user.tenant }"#,
    );
    check(&own, "never { user none }");
    check(&own, "only has user may { tool desk }");
    check(&own, r#"never { resource "file/**" }"#);
    let low = grant("any  when context.risk < 50 and context.mfa == true");
    let low = low.replace("context.mfa ==", "has context.mfa and context.mfa ==");
    check(&low, "never { unless context.risk <= 49 }");
    check(&low, "never { when context.risk > 60 }");
    check(&low, "never { unless has context.mfa }");
    let listed = grant(r#""ticket/*/{task.tickets}""#);
    check(
        &listed,
        r#"never { resource "ticket/*/{*id}"  unless id in task.tickets }"#,
    );
    let path = grant(r#""file/public/**""#);
    check(&path, r#"never { resource "file/private/**" }"#);
    let mail = grant(r#""email/acme.com/*""#);
    check(
        &mail,
        r#"never { resource "email/{*d}/*"  unless d == "acme.com" }"#,
    );
    let word = grant("any  consent per call  for 5m");
    check(&word, "every { tool desk } needs consent for 15m");
    check(
        &(grant("any") + "deny d { when chain.depth > 0 }"),
        "never { when chain.depth > 2 }",
    );
    check(
        &grant("any  when count(sent) < 3"),
        "never { when count(sent) == 7 }",
    );
    // Nobody approves for himself, and nobody else is in the group.
    let alone = grant("any  approval auditors") + "\ngroup users auditors = eve";
    check(&alone, "never { user eve }");
}

#[test]
fn what_some_request_goes_against_is_refuted_with_it() {
    let cases = [
        (
            grant("any"),
            r#"never { resource "ticket/{*t}/**"  unless has user and t == user.tenant }"#,
        ),
        (
            grant("any  when context.risk < 50"),
            "never { unless context.risk < 49 }",
        ),
        (
            grant("any  approval clerks per call"),
            "every { tool desk.put } needs consent",
        ),
        (
            grant(r#""email/*/*""#),
            r#"never { resource "email/{*d}/*"  unless d == "acme.com" }"#,
        ),
        (
            grant("any  for 1h"),
            "every { user in leads  tool disk } needs for 15m",
        ),
        (
            grant(r#""file/**""#),
            r#"never { resource "file/*/secret/**" }"#,
        ),
        (
            grant("any  unless has context.mfa and context.mfa"),
            "always { agent bot  user ana  tool desk.get }",
        ),
    ];
    let shown: Vec<String> = cases
        .iter()
        .map(|(rules, claim)| format!("{claim}\n  {}", verdict(rules, claim)))
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn what_cannot_be_told_is_unknown() {
    let check = |rules: &str, claim: &str| assert_eq!(verdict(rules, claim), "unknown", "{claim}");
    check(
        &(grant("any") + "deny d { tool desk.put  unless args.amount + args.amount <= 10.0 }"),
        "never { tool desk.put  when args.amount + args.amount - 1.0 > 9.0 }",
    );
    check(&grant("any"), "never { at issuance }");
}

/// Each link is issued by the engine, so that the request carries a credential.
#[test]
fn what_holds_only_for_delegated_calls_is_refuted_with_a_chain() {
    let check = |rules: &str, claim: &str, above: usize| {
        let shown = verdict(rules, claim);
        let parents = shown.matches("\"parent\"").count();
        assert_eq!(parents, above, "{claim}: {shown}");
    };
    check(
        &grant("any  delegate 2"),
        "never { when chain.depth == 1 }",
        1,
    );
    let bound = grant("any  delegate 2") + "deny d { agent bot  when chain.depth > 1 }";
    check(&bound, "never { agent bot  when chain.depth > 0 }", 1);
    assert_eq!(
        verdict(&bound, "never { agent bot  when chain.depth > 1 }"),
        "proved"
    );
}

/// What the prover does not follow may be anything, and a proof then holds whatever it is.
#[test]
fn a_proof_does_not_need_to_follow_what_does_not_matter() {
    let sum = "args.amount + args.amount <= 10.0";
    let rules = grant("any") + &format!("deny d {{ tool desk.put  unless {sum} }}");
    assert_eq!(
        verdict(&rules, &format!("never {{ tool desk.put  unless {sum} }}")),
        "proved"
    );
}

#[test]
fn a_search_that_takes_too_long_is_given_up() {
    let text = format!(
        "policy p {{ language 1  layers main  lifetime 1h }}\n{DESK}\n{}\n\
         claim \"c\" {{ never {{ when context.risk > 3 }} }}",
        grant("any  when context.risk > 1")
    );
    let checked = placet_compiler::texts::check([("p.placet", text)]);
    let policy = checked.policy.as_ref().expect("a policy");
    let proved = prove(policy, &checked.claims, Effort { steps: 0 });
    let Verdict::Unknown(whys) = &proved[0].verdict else {
        panic!("{proved:?}");
    };
    assert!(
        whys.iter()
            .all(|(why, _)| *why == placet_analysis::Why::Budget)
    );
}
