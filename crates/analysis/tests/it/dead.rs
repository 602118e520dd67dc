//! Small policies, and what is said of each of their rules.

use placet_analysis::Effort;
use placet_analysis::dead::{Cause, Clause, Issuance, Judge, Life, Obstacle, Redundancy};
use placet_evaluator::Engine;
use placet_model::ids::RuleId;

/// Declarations that all policies here share.
const DESK: &str = r#"
facts user    { tenant: text, teams: set<text>? }
facts context { risk: int, mfa: bool?, at: time? }
group users leads from request
group users clerks = ana, ben
group agents bots
agent bot in bots
agent clerk { owner = "desk" }
tool desk {
  action read  { get(tenant: text, id: text) -> "ticket/{tenant}/{id}" }
  action write { put(tenant: text, id: text, amount: decimal) -> "ticket/{tenant}/{id}" }
}
tool disk { action read { cat(file: text) -> "file/{path(file)}" } }
"#;

/// What is said of every rule, a line each.
fn judged(layers: &str, rules: &str) -> Vec<String> {
    let head = format!("policy p {{ language 1  layers {layers}  lifetime 1h }}");
    let text = format!("{head}\n{DESK}\n{rules}");
    let checked = placet_compiler::texts::check([("p.placet", text)]);
    let found = checked.diagnostics.iter().map(|found| &found.message);
    let found: Vec<&String> = found.collect();
    let policy = checked
        .policy
        .unwrap_or_else(|| panic!("{rules}: {found:?}"));
    let engine = Engine::new(policy);
    let policy = engine.compiled().policy();
    let judge = Judge::new(&engine, Effort::default());
    let name = |id: RuleId| policy.rule_name(id).to_string();
    let clause = |clause: Clause| match clause {
        Clause::Agent => "agent".to_owned(),
        Clause::User => "user".to_owned(),
        Clause::Resource => "resource".to_owned(),
        Clause::Condition(at) => format!("condition {at}"),
    };
    let lines = judge.all().into_iter().map(|judged| {
        let said = match judged.life {
            Life::Decides(deciding) => {
                let other = engine.decide_as_if_without(&deciding.request, &[judged.rule]);
                assert_eq!(other, deciding.without);
                assert_ne!(
                    (other.reason, other.obligations),
                    (
                        deciding.decision.reason,
                        deciding.decision.obligations.clone()
                    )
                );
                "decides".to_owned()
            }
            Life::Unknown(whys) => format!("unknown {whys:?}"),
            Life::Dead(dead) => {
                let cause = match dead.cause {
                    Cause::Nowhere => "nowhere".to_owned(),
                    Cause::Unmeetable => "unmeetable".to_owned(),
                    Cause::Contradiction(parts) => {
                        let parts = parts.iter();
                        let parts: Vec<String> = parts
                            .map(|part| format!("{}: {}", clause(part.clause), part.text))
                            .collect();
                        format!("contradiction [{}]", parts.join(", "))
                    }
                    Cause::Others(others) => {
                        let others: Vec<String> = others
                            .into_iter()
                            .map(|other| match other {
                                Obstacle::Deny(id) => format!("deny {}", name(id)),
                                Obstacle::Grant(id) => format!("grant {}", name(id)),
                                Obstacle::Require(id) => format!("require {}", name(id)),
                                Obstacle::Layer(id) => {
                                    format!("layer {}", policy.layers[id.index()].name)
                                }
                            })
                            .collect();
                        others.join(", ")
                    }
                };
                let issued = match dead.issuance {
                    Issuance::Nothing => "",
                    Issuance::Decides(_) => "; decides at issuance",
                    Issuance::Unknown => "; perhaps at issuance",
                };
                format!("dead: {cause}{issued}")
            }
        };
        let idle = judged.idle.into_iter().map(|idle| {
            let because = match idle.because {
                Redundancy::Implied => "implied",
                Redundancy::Covered => "covered",
            };
            format!(
                "; {because} {}: {}",
                clause(idle.part.clause),
                idle.part.text
            )
        });
        format!("{} {said}{}", name(judged.rule), idle.collect::<String>())
    });
    lines.collect()
}

#[test]
fn what_matters_when_a_credential_is_issued_is_told_apart() {
    // Of what a call brings nothing is known when its credential is issued.
    let by_amount = "deny little { tool desk.put  when context.risk > 5 and args.amount < 3.0 }\n\
                     deny much { tool desk.put  when context.risk > 5  unless args.amount < 3.0 }\n\
                     deny risky { tool desk.put  when context.risk > 5 }";
    check(
        &(grant("g", "any") + by_amount),
        &[
            "main/g decides",
            "main/little dead: deny main/risky",
            "main/much dead: deny main/risky",
            "main/risky dead: deny main/little, deny main/much; decides at issuance",
        ],
    );
    check(
        &(grant("g", "any") + "deny early { at issuance  user ana }"),
        &["main/early decides", "main/g decides"],
    );
    check(
        &(grant("g", "any")
            + "deny never { at issuance  user ana  when has user and user.id == \"ben\" }"),
        &[
            "main/g decides",
            "main/never dead: contradiction [user: user ana, condition 0: user.id == \"ben\"]",
        ],
    );
}

/// A grant of everything to whoever acts for somebody, but for what follows.
fn grant(name: &str, rest: &str) -> String {
    format!("grant {name} {{ agent any  user any  tool any  action any  resource {rest} }}\n")
}

fn check(rules: &str, expected: &[&str]) {
    assert_eq!(judged("main", rules), expected, "{rules}");
}

#[test]
fn a_rule_that_decides_is_shown_deciding() {
    check(
        &(grant("g", "any") + "deny d { tool disk }\nrequire r { tool desk.put  consent }"),
        &["main/d decides", "main/g decides", "main/r decides"],
    );
    // Longer, deeper or with less to be asked for is better than none.
    check(
        &(grant("all", "any") + &grant("longer", "\"file/**\"  for 2h")),
        &["main/all decides", "main/longer decides"],
    );
    check(
        &(grant("all", "any") + &grant("deeper", "\"file/**\"  delegate 1")),
        &["main/all decides", "main/deeper decides"],
    );
    check(
        &(grant("asked", "any  consent") + &grant("unasked", "\"file/**\"  for 5m")),
        &["main/asked decides", "main/unasked decides"],
    );
    check(
        &(grant("a", "any  budget 3 calls") + &grant("b", "any  budget 3 calls")),
        &["main/a decides", "main/b decides"],
    );
}

#[test]
fn what_others_decide_is_dead() {
    check(
        &(grant("all", "any") + &grant("some", "\"file/**\"  consent  for 5m")),
        &["main/all decides", "main/some dead: grant main/all"],
    );
    check(
        &(grant("low", "any  when context.risk < 50")
            + &grant("high", "any  when context.risk >= 50")
            + &grant("some", "\"file/**\"  when context.risk != 7")),
        &[
            "main/high decides",
            "main/low decides",
            "main/some dead: grant main/high, grant main/low",
        ],
    );
    check(
        &(grant("files", "\"file/**\"") + &grant("rest", "any") + "deny no-files { tool disk }"),
        &[
            "main/files dead: deny main/no-files",
            "main/no-files decides",
            "main/rest decides",
        ],
    );
    check(
        &(grant("g", "any") + "deny all { action read }\ndeny some { tool disk }"),
        &[
            "main/all decides",
            "main/g decides",
            "main/some dead: deny main/all",
        ],
    );
    check(
        &(grant("g", "\"ticket/**\"") + "deny unheard { tool disk }"),
        &["main/g decides", "main/unheard dead: layer main"],
    );
    check(
        &(grant("g", "any  consent per call")
            + "require r { tool disk  consent }\nrequire s { for 2h }"),
        &[
            "main/g decides",
            "main/r dead: layer main; perhaps at issuance",
            "main/s dead: layer main; perhaps at issuance",
        ],
    );
    // Levelled by what is asked of all.
    check(
        &(grant("long", "any  for 1h") + &grant("short", "any  for 30m") + "require r { for 5m }"),
        &[
            "main/long dead: grant main/short",
            "main/r decides",
            "main/short dead: grant main/long",
        ],
    );
}

#[test]
fn layers_nullify_one_another() {
    let text = "grant files { agent any  user any  tool disk  action any  resource any }\n\
                grant tickets { agent any  user any  tool desk  action any  resource any }";
    let org = "policy p { language 1  layers org, main  lifetime 1h }";
    let checked = placet_compiler::texts::check([
        ("p.placet", format!("{org}\n{DESK}\n{text}")),
        (
            "org.placet",
            "layer org\ngrant desk { agent any  user any  tool desk  action any  resource any }"
                .to_owned(),
        ),
    ]);
    let policy = checked.policy.expect("a policy");
    let engine = Engine::new(policy);
    let judge = Judge::new(&engine, Effort::default());
    let causes: Vec<Option<Cause>> = judge
        .all()
        .into_iter()
        .map(|judged| match judged.life {
            Life::Dead(dead) => Some(dead.cause),
            _ => None,
        })
        .collect();
    let org = placet_model::ids::LayerId::new(0);
    assert_eq!(
        causes,
        [None, Some(Cause::Others(vec![Obstacle::Layer(org)])), None]
    );
}

#[test]
fn clauses_that_contradict_one_another_are_named() {
    check(
        &grant(
            "g",
            "any  when context.risk > 5 and has context.mfa and context.risk < 3",
        ),
        &[
            "main/g dead: contradiction [condition 0: context.risk > 5, condition 0: context.risk < 3]",
        ],
    );
    check(
        &(grant("all", "any") + "deny d { user ana  when has user and user.id == \"ben\" }"),
        &[
            "main/all decides",
            "main/d dead: contradiction [user: user ana, condition 0: user.id == \"ben\"]",
        ],
    );
    check(
        &(grant("g", "\"nowhere/**\"")),
        &["main/g dead: contradiction [resource: resource \"nowhere/**\"]"],
    );
    check(
        &(grant("g", "any  approval nobody") + "group users nobody"),
        &["main/g dead: unmeetable"],
    );
}

#[test]
fn parts_that_change_nothing_are_named() {
    check(
        &grant("g", "any  when context.risk < 5  when context.risk < 9"),
        &["main/g decides; implied condition 1: context.risk < 9"],
    );
    check(
        &grant("g", "\"file/**\", \"file/a/**\", \"ticket/*/*\""),
        &["main/g decides; covered resource: \"file/a/**\""],
    );
    check(
        &(grant("g", "any") + "deny d { when context.risk > 5 or context.risk > 9 }"),
        &[
            "main/d decides; covered condition 0: context.risk > 9",
            "main/g decides",
        ],
    );
    check(
        &(grant("g", "any")
            + "deny d { agent bot, clerk  unless has context.mfa and context.mfa }"),
        &["main/d decides", "main/g decides"],
    );
}
