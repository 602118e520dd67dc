//! Claims that are false for odd values alone: none of them is proved.

use placet_analysis::dead::{Judge, Life};
use placet_analysis::{Effort, Question, Verdict, prove, who};
use placet_compiler::texts::Checked;
use placet_evaluator::Engine;
use placet_model::compiled::Compiled;

/// What is never true.
const NEVER: &str = "has user and not has user";

/// What is declared, what the one grant asks for, and what is claimed.
const CASES: &[(&str, &str, &str)] = &[
    // Between and beside the longest decimals there is no room for more digits.
    (
        "facts context { d: decimal }  tool t { action read { f() -> \"r/a\" } }",
        "context.d > 0.0000000000000000000000000001",
        "never { tool t }",
    ),
    // Near the ends of the times that are tried.
    (
        "facts context { t: time }  tool t { action read { f() -> \"r/a\" } }",
        "context.t > \"2125-12-12T11:59:59.500Z\"",
        "never { tool t }",
    ),
    // What a clock shows, compared with what a request tells.
    (
        "facts context { s: duration }  tool t { action read { f() -> \"r/a\" } }",
        "time_of_day(now, \"+00:00\") == context.s",
        "never { tool t }",
    ),
    (
        "facts context { w: text }  tool t { action read { f() -> \"r/a\" } }",
        "weekday(now, \"+00:00\") == context.w",
        "never { tool t }",
    ),
    // Texts that are members of an enum.
    (
        "facts context { k: \"a\" | \"b\", ts: set<text> }  tool t { action read { f() -> \"r/a\" } }",
        "context.k in context.ts",
        "never { tool t }",
    ),
    // A member that the policy does not know, where it knows the word that nobody uses.
    (
        "facts context { k: \"alfa\" | \"b\" }  tool t { action read { f() -> \"r/a\" } }",
        "has context.k",
        "never { when not (context.k == \"alfa\") and not (context.k == \"b\") }",
    ),
    // Texts that are not empty and make no segment.
    (
        "facts user { tenant: text }  tool t { action read { f() -> \"r/a\" } }",
        "has user and lower(user.tenant) like \"x*\"",
        "never { user any  resource \"r/{lower(user.tenant)}\" }",
    ),
    // Each member that matters may differ from all others.
    (
        "tool t { action read { f(xs: list<text>, ys: list<text>) -> \"r/a\" } }",
        "not (args.xs subset of args.ys) and not (args.ys subset of args.xs) and (some x in args.xs: x in args.ys)",
        "never { tool t }",
    ),
    (
        "tool t { action read { f(xs: list<int>, a: int, b: int) -> \"r/a\" } }",
        "(some x in args.xs: x < args.a) and args.a < args.b and (some y in args.xs: (y > args.a and y < args.b)) and (some z in args.xs: z > args.b)",
        "never { tool t }",
    ),
    // Records, sets of sets.
    (
        "tool t { action read { f(rs: list<{ a: int }>, r: { a: int }) -> \"r/a\" } }",
        "(some x in args.rs: x.a == 1) and not (args.r in args.rs)",
        "never { tool t }",
    ),
    (
        "tool t { action read { f(xs: list<set<int>>, x: set<int>) -> \"r/a\" } }",
        "args.x in args.xs and args.x contains 3 and args.x contains 4",
        "never { tool t }",
    ),
    // Long lists.
    (
        "tool t { action read { f(xs: list<text>) -> \"r/a\" } }",
        "count(args.xs) > 100",
        "never { tool t }",
    ),
    (
        "tool t { action read { f(xs: list<text>) -> \"r/a\" } }",
        "count(args.xs) > 700",
        "never { tool t }",
    ),
    // A word between two ends that happens to go on as another pattern does.
    (
        "tool t { action read -> \"r/*\" }",
        "has user",
        "never { resource \"r/bot*\"  unless resource.path like \"r/bota*\" or resource.path == \"r/bot\" }",
    ),
    (
        "tool t { action read { f(a: text) -> \"r/a\" } }",
        "args.a like \"ab*\" and args.a like \"*b\" and not (args.a like \"aba*\") and args.a != \"ab\"",
        "never { tool t }",
    ),
    (
        "tool t { action send { f(to: text) -> \"m/{email(to)}\" } }",
        "not (email(args.to).domain like \"*e\")",
        "never { tool t }",
    ),
    (
        "tool t { action send { f(to: text) -> \"m/{email(to)}\" } }",
        "email(args.to).local like \"*\\\"\"",
        "never { tool t }",
    ),
    // What only another line makes a resource of may be anything.
    (
        "tool t { function f(m: \"r\" | \"w\", name: text) {
            read  when args.m == \"r\" -> \"r/a\"
            write when args.m == \"w\" -> \"w/{name}\" } }",
        "args.name == \"..\"",
        "never { action read }",
    ),
    // Each member of a list within a record.
    (
        "tool t { action read { f(r: { to: list<text> }) -> \"r/{each r.to}\" } }",
        "has args.r",
        "never { tool t }",
    ),
    // What is known of a resource, where an input says whether it is one of which anything is.
    (
        "facts resource \"r/**\" { owner: text }  tool t { action read -> \"*/x\" }
         grant known { agent any  user any  tool t  action any  resource \"r/*\"  when resource.owner != \"a\" }",
        NEVER,
        "never { tool t }",
    ),
    (
        "facts resource \"r/*\" { owner: text }  tool t { action read -> \"r/**\" }
         grant known { agent any  user any  tool t  action any  resource \"r/*\"  when resource.owner != \"a\" }",
        NEVER,
        "never { tool t }",
    ),
    // An agent that only a request makes known, and one that no group can have.
    (
        "group agents crew from request  tool t { action read { f() -> \"r/a\" } }",
        "not (agent.id == \"bot\") and agent.id != \"x\"",
        "never { tool t }",
    ),
    // The same argument twice in a template, and two that have to be alike.
    (
        "tool t { action read { f(a: text) -> \"r/{a}/{a}\" } }",
        "resource.path like \"r/x*\"",
        "never { resource \"r/xa/xa\" }",
    ),
    (
        "tool t { action read { f(a: text, b: text) -> \"r/{a}/{b}\" } }",
        "args.a == args.b and args.a like \"z*\"",
        "never { resource \"r/{*x}/{*y}\"  when x == y }",
    ),
    // Absent, and a default that is what is asked for.
    (
        "tool t { action read { f(a: text = \"z\", b: text?) -> \"r/{a}\" } }",
        "args.a == \"z\" and not has args.b",
        "never { resource \"r/z\" }",
    ),
    (
        "facts context { n: int? = 7 }  tool t { action read { f() -> \"r/a\" } }",
        "context.n == 7",
        "never { tool t }",
    ),
    // The least and the greatest whole numbers.
    (
        "facts context { n: int }  tool t { action read { f() -> \"r/a\" } }",
        "context.n > 9223372036854775806",
        "never { tool t }",
    ),
    (
        "facts context { n: int }  tool t { action read { f() -> \"r/a\" } }",
        "context.n < -9223372036854775806",
        "never { tool t }",
    ),
    // An address between two that are named.
    (
        "facts context { a: ip }  tool t { action read { f() -> \"r/a\" } }",
        "context.a within \"10.0.0.0/8\" and not (context.a within \"10.0.0.0/9\") and not (context.a within \"10.128.0.0/9\" and not (context.a within \"10.200.0.1/32\"))",
        "never { tool t }",
    ),
    (
        "facts context { a: ip }  tool t { action read { f() -> \"r/a\" } }",
        "not (context.a within \"0.0.0.0/0\")",
        "never { tool t }",
    ),
    // A path that is nothing at all, and one that is longer than any pattern.
    (
        "tool t { action read { f(p: text) -> \"r/{path(p)}\" } }",
        "resource.path == \"r\"",
        "never { resource \"r\" }",
    ),
    (
        "tool t { action read { f(p: text) -> \"r/{path(p)}\" } }",
        "has user or not has user",
        "never { resource \"r/*/*/*/*/*/**\" }",
    ),
    // A user who is called as the agent is.
    (
        "tool t { action read { f() -> \"r/a\" } }",
        "has user and user.id == agent.id",
        "never { user any }",
    ),
    // Two users of one group, and neither of those who are named.
    (
        "group users g from request  tool t { action read { f() -> \"r/a\" } }",
        "has user and user.id != \"ana\"",
        "never { user in g  unless user.id == \"ana\" }",
    ),
    // A set that has no members.
    (
        "facts context { ts: set<text> }  tool t { action read { f() -> \"r/a\" } }",
        "count(context.ts) == 0 and (all x in context.ts: x == \"a\")",
        "never { tool t }",
    ),
    // A moment in which the time is not told.
    (
        "tool t { action read { f() -> \"r/a\" } }",
        "not has user or has user",
        "never { unless now > \"1970-01-01T00:00:00Z\" or now <= \"1970-01-01T00:00:00Z\" }",
    ),
];

/// A policy of what is declared and of one grant that asks for something, with a claim.
fn granting(declared: &str, asked: &str, claim: &str) -> Checked {
    checked(&format!(
        "{declared}\n\
         grant g {{ agent any  user any, none  tool any  action any  resource any  when {asked} }}\n\
         claim \"c\" {{ {claim} }}"
    ))
}

fn checked(text: &str) -> Checked {
    let head = "policy p { language 1  layers main  lifetime 1h }\nagent bot";
    let checked = placet_compiler::texts::check([("p.placet", format!("{head}\n{text}"))]);
    let found = checked.diagnostics.iter().map(|found| &found.message);
    let found: Vec<&String> = found.collect();
    assert!(checked.policy.is_some(), "{text}: {found:?}");
    checked
}

/// A rule is not called dead.
fn lives(compiled: &Compiled, rule: &str) {
    let engine = Engine::new(compiled.clone());
    let policy = engine.compiled().policy();
    let judged = Judge::new(&engine, Effort::default()).all();
    let own = judged
        .iter()
        .find(|judged| policy.rule_name(judged.rule) == rule);
    let life = own.map(|judged| &judged.life);
    assert!(
        life.is_some_and(|life| !matches!(life, Life::Dead(_))),
        "{rule}: {life:?}\n{:?}",
        policy.exprs
    );
}

#[test]
fn no_odd_value_is_left_out_of_a_proof() {
    for (declared, asked, claim) in CASES {
        let checked = granting(declared, asked, claim);
        let policy = checked.policy.as_ref().expect("a policy");
        let proved = prove(policy, &checked.claims, Effort::default());
        let proved = proved.first().map(|claim| &claim.verdict);
        assert!(
            proved.is_some_and(|verdict| !matches!(verdict, Verdict::Holds)),
            "{declared}\n{asked}\n{claim}"
        );
    }
}

#[test]
fn no_grant_of_odd_values_is_dead_or_missing_from_what_is_granted() {
    for (declared, asked, claim) in CASES {
        let checked = granting(declared, asked, claim);
        let compiled = checked.policy.as_ref().expect("a policy");
        let rule = match *asked {
            // Nothing but the other grant is asked about.
            NEVER => "main/known",
            _ => "main/g",
        };
        let answer = who(compiled, &Question::default(), Effort::default());
        let mut regions = answer.regions.iter();
        assert!(
            regions.any(|region| region.rules.iter().any(|name| name == rule))
                || !answer.unknown.is_empty(),
            "{declared}\n{asked}"
        );
        lives(compiled, rule);
    }
}

#[test]
fn no_deny_of_odd_values_is_dead() {
    for (declared, asked, _) in CASES.iter().filter(|(_, asked, _)| *asked != NEVER) {
        let checked = checked(&format!(
            "{declared}\n\
             grant all {{ agent any  user any, none  tool any  action any  resource any }}\n\
             deny d {{ when {asked} }}"
        ));
        lives(checked.policy.as_ref().expect("a policy"), "main/d");
    }
}
