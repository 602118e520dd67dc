//! Claims that are false for odd values alone: none of them is proved.

use placet_analysis::{Effort, Verdict, prove};

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
        "has user and not has user",
        "never { tool t }",
    ),
    (
        "facts resource \"r/*\" { owner: text }  tool t { action read -> \"r/**\" }
         grant known { agent any  user any  tool t  action any  resource \"r/*\"  when resource.owner != \"a\" }",
        "has user and not has user",
        "never { tool t }",
    ),
];

#[test]
fn no_odd_value_is_left_out_of_a_proof() {
    for (declared, asked, claim) in CASES {
        let text = format!(
            "policy p {{ language 1  layers main  lifetime 1h }}\nagent bot\n{declared}\n\
             grant g {{ agent any  user any, none  tool any  action any  resource any  when {asked} }}\n\
             claim \"c\" {{ {claim} }}"
        );
        let checked = placet_compiler::texts::check([("p.placet", text)]);
        let found = checked.diagnostics.iter().map(|found| &found.message);
        let found: Vec<&String> = found.collect();
        let policy = checked.policy.as_ref();
        let policy = policy.unwrap_or_else(|| panic!("{asked}: {found:?}"));
        let proved = prove(policy, &checked.claims, Effort::default());
        let proved = proved.first().map(|claim| &claim.verdict);
        assert!(
            proved.is_some_and(|verdict| !matches!(verdict, Verdict::Holds)),
            "{declared}\n{asked}\n{claim}"
        );
    }
}
