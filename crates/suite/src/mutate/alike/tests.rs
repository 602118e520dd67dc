use placet_evaluator::Engine;
use placet_model::compiled::Compiled;
use placet_reference::differential::Kind;
use placet_reference::generate::{self, Dice, Pool};
use placet_syntax::{Source, Sources, ast};

use super::super::mutant;
use super::alike;

const DECLARED: &str = r#"
policy desk { language 1  layers org, main  lifetime 1h }
facts user { tenant: text }
facts task { ids: set<text>, purpose: "triage" | "billing" }
facts context { risk: int, mfa: bool? }
group agents bots from request
group users leads from request
agent triage
agent helper
action close in changing
action pay in changing
history paid = calls action pay per task
tool desk {
  action read  { get(tenant: text, id: text) -> "ticket/{tenant}/{id}"  search(query: text) -> "queue" }
  action close { close(tenant: text, id: text, note: text?) -> "ticket/{tenant}/{id}" }
  action pay   { pay(to: text, amount: decimal) -> "payee/{to}" }
}
"#;

fn compiled(text: &str) -> Compiled {
    let mut sources = Sources::default();
    let mut trees = Vec::new();
    let layers = text.split("---").enumerate();
    for (at, text) in layers {
        let head = if at == 0 {
            DECLARED
        } else {
            "layer org default grant"
        };
        let source = Source::new(format!("{at}.placet"), format!("{head}\n{text}"));
        let id = sources.add(source.clone());
        trees.push(placet_syntax::parse(id, &source).file);
    }
    let done = placet_compiler::compile(&sources, &trees);
    done.compiled
        .unwrap_or_else(|| panic!("{text}\n{:?}", done.diagnostics))
}

/// The policy with a text, and with another one instead.
fn check(policy: &str, from: &str, to: &str, expected: bool) {
    assert!(policy.contains(from), "{from}\n{policy}");
    let one = compiled(policy);
    let other = compiled(&policy.replacen(from, to, 1));
    assert_ne!(one.digest(), other.digest(), "{from} → {to}");
    let found = alike(one.policy(), other.policy());
    assert_eq!(found, expected, "{from} → {to}");
    assert_eq!(
        alike(other.policy(), one.policy()),
        expected,
        "{to} → {from}"
    );
}

const WORK: &str = r#"
grant work {
  agent    triage
  user     any
  tool     desk
  action   read, close
  resource "ticket/{user.tenant}/*"
  when     context.risk < 50
  for      15m
}
grant look {
  agent    triage, helper
  user     any
  tool     desk
  action   read
  resource "ticket/{user.tenant}/**", "queue"
  for      30m
}
grant pay {
  agent    triage
  user     any
  tool     desk
  action   pay
  resource "payee/{task.ids}"
  when     args.amount > 0.00 and count(paid) < 3
  approval leads per call
}
---
deny alone { user none  action in changing }
deny long { when chain.depth > 1 }
deny none { action pay  unless args.amount > 0.00 }
"#;

#[test]
fn what_a_template_spells_out_needs_no_literal() {
    check(
        WORK,
        r#"user.tenant}/**", "queue""#,
        r#"user.tenant}/**", "*""#,
        true,
    );
    check(WORK, "ticket/{user.tenant}/*", "*/{user.tenant}/*", true);
    check(
        WORK,
        "ticket/{user.tenant}/*",
        "ticket/{user.tenant}/**",
        true,
    );
    check(WORK, "ticket/{user.tenant}/*", "ticket/*/*", false);
    check(
        WORK,
        "ticket/{user.tenant}/*",
        "ticket/{lower(user.tenant)}/*",
        false,
    );
}

#[test]
fn a_grant_that_another_one_betters_makes_no_difference() {
    // `look` reads the same for longer and asks for nothing.
    check(WORK, "action   read, close", "action   close", true);
    // It would be chosen before `look`, since it lasts longer.
    check(
        &WORK.replace("15m", "45m"),
        "action   read, close",
        "action   close",
        false,
    );
    // Neither betters the other: one lasts longer, one may be delegated.
    check(
        &WORK.replace("for      15m", "for 15m  delegate 1"),
        "action   read, close",
        "action   close",
        false,
    );
    // Without its budget it would be chosen; with it, too, as long as it lasts.
    check(
        &WORK.replace("for      30m", "for 30m  budget 3 calls"),
        "action   read, close",
        "action   close",
        false,
    );
}

#[test]
fn what_is_denied_anyway_is_not_granted_by_more() {
    check(
        WORK,
        "user     any\n  tool     desk\n  action   pay",
        "user     any, none\n  tool     desk\n  action   pay",
        true,
    );
    let look = WORK.replace("ticket/{user.tenant}/**", "ticket/**");
    check(
        &look,
        "agent    triage, helper\n  user     any",
        "agent    triage, helper\n  user     any, none",
        false,
    );
    check(WORK, "args.amount > 0.00", "args.amount >= 0.00", true);
    check(WORK, "args.amount > 0.00 and ", "", true);
    check(WORK, "args.amount > 0.00", "args.amount > 1.00", false);
    check(WORK, "count(paid) < 3", "count(paid) <= 3", false);
    // A test can ask for the reason.
    check(
        WORK,
        "deny alone { user none  action in changing }",
        "",
        false,
    );
    check(
        WORK,
        "unless args.amount > 0.00",
        "unless args.amount >= 0.00",
        false,
    );
}

#[test]
fn what_cannot_be_the_case_makes_no_difference() {
    let deny = |what: &str| format!("{WORK}\ndeny more {{ {what} }}");
    // No other function has a note.
    let noted = "tool desk.close  unless not has args.note or has user";
    check(&deny(noted), "tool desk.close", "tool desk", true);
    check(
        &deny("when chain.depth >= 1"),
        "chain.depth >= 1",
        "chain.depth > 0",
        true,
    );
    check(
        &deny("when chain.depth >= 2"),
        "chain.depth >= 2",
        "chain.depth > 0",
        false,
    );
    check(
        &deny(r#"agent any  when agent.id == "triage" and chain.depth == 0"#),
        "agent.id",
        "chain.root",
        true,
    );
    check(
        &deny(r#"when agent.id == "triage""#),
        "agent.id",
        "chain.root",
        false,
    );
    check(
        &deny("when has user and context.risk > 9"),
        "has user and ",
        "",
        false,
    );
    check(
        &deny("user any  when has user and context.risk > 9"),
        "has user and ",
        "",
        true,
    );
}

#[test]
fn who_is_known_by_groups_alone_counts() {
    let more = |agents: &str| WORK.replace("agent    triage, helper", &format!("agent {agents}"));
    check(
        &more("triage, helper"),
        "agent triage, helper",
        "agent any",
        false,
    );
    let both = format!("{WORK}\ndeny bots {{ agent in bots  }}\n",);
    check(&both, "agent in bots", "agent any", false);
}

#[test]
fn conditions_are_not_taken_for_what_they_are_not() {
    let deny = |what: &str| format!("{WORK}\ndeny more {{ {what} }}");
    let captured =
        r#"resource "ticket/{*t}/{*i}"  unless has user and t == user.tenant and i != user.tenant"#;
    check(
        &deny(captured),
        "t == user.tenant and i !=",
        "i == user.tenant and t !=",
        false,
    );
    check(
        &deny(r#"resource "ticket/{*t}/*"  unless has user and t == user.tenant"#),
        "ticket/{*t}/*",
        "ticket/{*t}/**",
        true,
    );
    check(
        &deny("unless has context.mfa and context.mfa"),
        "has context.mfa and context.mfa",
        "has context.mfa and not context.mfa",
        false,
    );
    check(
        &deny("when context.risk > 1 and context.risk < 9"),
        "and context.risk < 9",
        "and context.risk <= 9",
        false,
    );
}

/// How many generated policies are tried.
const SEEDS: u64 = 4;

/// The interpreter decides alike what is said to be decided alike.
#[test]
fn no_request_tells_alike_policies_apart() {
    let mut found = 0;
    let mut asked = 0;
    for seed in 0..SEEDS {
        let mut dice = Dice::seeded(seed);
        let files = generate::policy(&mut dice);
        let mut sources = Sources::default();
        let mut trees: Vec<ast::File> = Vec::new();
        for file in &files {
            let source = Source::new(file.name.clone(), file.text());
            let id = sources.add(source.clone());
            trees.push(placet_syntax::parse(id, &source).file);
        }
        let Some(original) = placet_compiler::compile(&sources, &trees).compiled else {
            continue;
        };
        let pool = Pool::of(original.policy());
        let original = Engine::new(original);
        let text = |file: &ast::File| sources.get(file.id).map(|of| of.text.clone());
        for mutant in mutant::all(&trees, |file| text(file).unwrap_or_default()) {
            let changed = placet_compiler::compile(&sources, &mutant.files(&trees)).compiled;
            let Some(changed) = changed else { continue };
            let policy = original.compiled().policy();
            if changed.digest() == original.compiled().digest() || !alike(policy, changed.policy())
            {
                continue;
            }
            found += 1;
            let changed = Engine::new(changed);
            for at in 0..40 {
                let kind = if at % 2 == 0 { Kind::Bare } else { Kind::Held };
                let request = generate::runtime(&mut dice, policy, &pool, kind == Kind::Held);
                asked += 1;
                assert_eq!(
                    kind.specify(&original, &request),
                    kind.specify(&changed, &request),
                    "seed {seed}, {}: {}\n{}",
                    mutant.rule,
                    mutant.what,
                    files
                        .iter()
                        .map(|file| file.text())
                        .collect::<Vec<_>>()
                        .join("\n")
                );
            }
        }
    }
    assert!(found > 40, "{found} alike, {asked} asked");
}
