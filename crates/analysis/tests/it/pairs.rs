//! Pairs of policies of which one word differs: whether a change is told follows from what
//! becomes of some request, by the words of the language reference.

use placet_analysis::Effort;
use placet_analysis::diff::{Difference, diff};
use placet_model::compiled::Compiled;

/// Rules of the one layer that grants, and what they are about.
const DESK: &str = r#"
policy p { language 1  layers main, floor  lifetime 1h }
facts user    { tenant: text?, tags: set<text>? }
facts task    { purpose: text }
facts context { risk: int, mode: "a" | "b" = "a", stray: int? }
facts agent   { team: text? }
facts resource "r/**" { owner: text }
group agents bots
group agents crew from request
group users leads = ana
group users guests from request
group actions risky
agent bot in bots { team = "x" }
agent helper { team = "y" }
agent spare
action write in risky
history recent = calls tool plain per user within 1h
let calm(x: int) = x < 10
tool t {
  action read  { get(id: text, n: int = 1, tag: text?) -> "r/{id}" }
  action write { put(id: text, to: list<text>) -> "r/{id}", "m/{each to}" }
  function run(id: text, how: "see" | "do") {
    read when args.how == "see" -> "r/{id}"
    write when args.how == "do" -> "r/{id}"
  }
}
tool plain { action read -> "p/*" }
grant all-bots { agent in bots  user any  tool t  action any  resource "r/*", "m/**"  when calm(context.risk)  for 15m  delegate 1 }
grant quiet    { agent helper  user any, none  tool t.get  action read  resource "r/{task.purpose}" }
grant spare    { agent any  user any  tool t.get  action read  resource "r/spare" }
grant lead     { agent in crew  user in leads  tool plain  action read  resource any  when count(recent) < 5 }
grant guest    { agent helper  user in guests  tool plain  action read  resource "p/*"  when has user.tenant and user.tenant == "acme"  consent  budget 3 calls }
deny secret    { resource "r/secret" }
deny second    { tool t.get  when args.n == 2 }
"#;

/// Rules of the guardrail.
const FLOOR: &str = r#"
layer floor default grant
deny mode { action in risky  when context.mode == "b" }
deny owned { agent helper  tool t  resource "r/**"  when resource.owner == "other" }
"#;

/// What differs, and what has to be told of it.
const CASES: &[(&[(&str, &str)], &str)] = &[
    (&[], ""),
    // Order and names say nothing.
    (&[("layers main, floor", "layers floor, main")], ""),
    (&[("deny secret ", "deny other-name ")], ""),
    (&[("calm(", "still(")], ""),
    (&[("\"see\" | \"do\"", "\"do\" | \"see\"")], ""),
    // Arguments.
    (&[("n: int = 1", "n: int = 2")], "denied"),
    (
        &[
            ("n: int = 1", "n: int?"),
            ("when args.n == 2", "when has args.n and args.n == 2"),
        ],
        "",
    ),
    (&[("n: int = 1", "n: int")], "denied"),
    (&[("n: int = 1", "n: decimal = 1")], "granted"),
    (&[("n: int = 1", "n: decimal = 2")], "granted denied"),
    (&[("tag: text?", "tag: text")], "denied"),
    (&[(", tag: text?", "")], "denied"),
    (&[("tag: text?", "tag: text?, ...")], "granted"),
    (&[("tag: text?", "tag: text?, more: bool?")], "granted"),
    (&[("tag: text?", "tag: \"a\" | \"b\"?")], "denied"),
    (&[("tag: text?", "tag: list<text>?")], "granted denied"),
    (&[("to: list<text>", "to: list<text>?")], "granted"),
    (&[("get(id: text", "get(id: int")], "granted denied"),
    (
        &[("get(id", "fetch(id"), ("t.get", "t.fetch")],
        "granted denied",
    ),
    (&[("\"see\" | \"do\"", "\"see\" | \"do\" | \"dry\"")], ""),
    (&[("args.how == \"see\"", "args.how != \"do\"")], ""),
    (
        &[
            ("\"see\" | \"do\"", "\"see\" | \"do\" | \"dry\""),
            ("args.how == \"see\"", "args.how != \"do\""),
        ],
        "granted",
    ),
    (
        &[(
            "write when args.how == \"do\"",
            "read when args.how == \"do\"",
        )],
        "granted",
    ),
    // Templates.
    (
        &[("tag: text?) -> \"r/{id}\"", "tag: text?) -> \"r/{id}/x\"")],
        "denied",
    ),
    (
        &[(
            "tag: text?) -> \"r/{id}\"",
            "tag: text?) -> \"r/{lower(id)}\"",
        )],
        "granted denied",
    ),
    (
        &[("-> \"r/{id}\", \"m/{each to}\"", "-> \"r/{id}\"")],
        "granted",
    ),
    (&[("-> \"p/*\"", "-> \"p/*\", \"q/*\"")], "granted"),
    (&[("-> \"p/*\"", "-> \"p/**\"")], "granted"),
    (&[("-> \"p/*\"", "-> \"p/a*\"")], "denied"),
    (&[("-> \"p/*\"", "-> \"p/a*\", \"p/*\"")], ""),
    // Facts.
    (
        &[("mode: \"a\" | \"b\" = \"a\"", "mode: \"a\" | \"b\" = \"b\"")],
        "denied",
    ),
    (
        &[("mode: \"a\" | \"b\" = \"a\"", "mode: \"a\" | \"b\"")],
        "denied",
    ),
    (
        &[(
            "mode: \"a\" | \"b\" = \"a\"",
            "mode: \"a\" | \"b\" | \"c\" = \"a\"",
        )],
        "granted",
    ),
    (
        &[("mode: \"a\" | \"b\" = \"a\"", "mode: text = \"a\"")],
        "granted",
    ),
    (&[("purpose: text", "purpose: text = \"home\"")], "granted"),
    (&[("purpose: text", "purpose: int")], "granted denied"),
    (&[("risk: int", "risk: int = 3")], "granted"),
    (&[("tenant: text?", "tenant: text")], ""),
    (&[("stray: int?", "stray: text?")], "granted denied"),
    // What a policy does not declare is nothing to it.
    (&[(", stray: int?", "")], ""),
    (&[("team = \"x\"", "team = \"z\"")], ""),
    (
        &[("{ owner: text }", "{ owner: \"me\" | \"other\" }")],
        "denied",
    ),
    (
        &[("{ owner: text }", "{ owner: text = \"me\" }")],
        "granted",
    ),
    // Conditions by other names.
    (&[("x < 10", "x < 11")], "granted"),
    (&[("x < 10", "not (x >= 10)")], ""),
    (
        &[
            ("history recent", "history lately"),
            ("count(recent)", "count(lately)"),
        ],
        "granted denied looser tighter",
    ),
    (&[("within 1h", "within 2h")], "denied"),
    (&[("per user", "per agent")], "granted denied"),
    (
        &[(
            "history recent = calls tool plain ",
            "history recent = calls tool t ",
        )],
        "granted",
    ),
    // Who acts.
    (&[("agent spare\n", "")], "denied"),
    (
        &[("agent bot in bots", "agent mate in bots\nagent bot in bots")],
        "granted",
    ),
    (&[("agent bot in bots", "agent bot")], "denied"),
    (
        &[
            ("group agents crew from request", "group agents crew"),
            ("agent helper {", "agent helper in crew {"),
        ],
        "granted denied looser",
    ),
    (
        &[("group users leads = ana", "group users leads = bob")],
        "granted denied looser tighter",
    ),
    (
        &[("group users leads = ana", "group users leads from request")],
        "granted denied tighter",
    ),
    (
        &[("group users leads = ana", "group users leads = ana, bob")],
        "granted looser",
    ),
    (&[("user any, none", "user any")], "denied"),
    (&[("user any, none", "user none")], "denied"),
    (
        &[("action write in risky", "action read in risky")],
        "granted denied",
    ),
    // What is asked and allowed.
    (&[("lifetime 1h", "lifetime 2h")], "looser"),
    (&[("for 15m", "for 10m")], "tighter"),
    (&[("delegate 1", "delegate 2")], "looser"),
    (&[("delegate 1", "")], "tighter"),
    (&[("consent ", "consent per call ")], "tighter"),
    (&[("consent ", "approval leads ")], "denied looser tighter"),
    (&[("budget 3 calls", "budget 4 calls")], "looser"),
    (&[("budget 3 calls", "")], "looser"),
    // Layers.
    (
        &[("deny owned", "deny none-of-it { tool plain }\ndeny owned")],
        "denied",
    ),
    (
        &[(
            "layer floor default grant\n",
            "layer floor default grant\nrequire soon { for 5m }\n",
        )],
        "tighter",
    ),
];

/// The desk with some words changed.
fn compiled(changes: &[(&str, &str)]) -> Compiled {
    let mut files = [DESK, FLOOR].map(ToOwned::to_owned);
    for (from, to) in changes {
        assert!(files.iter().any(|text| text.contains(from)), "{from}");
        files = files.map(|text| text.replace(from, to));
    }
    let [desk, floor] = files;
    let checked = placet_compiler::texts::check([("p.placet", desk), ("floor.placet", floor)]);
    let found: Vec<&String> = checked.diagnostics.iter().map(|one| &one.message).collect();
    let policy = checked.policy;
    policy.unwrap_or_else(|| panic!("{changes:?}: {found:?}"))
}

/// The four lists, what is asked in each, and what it is from the other side.
fn lists(found: &Difference) -> [(&'static str, &'static str, &'static str, bool); 4] {
    [
        (
            "granted",
            "newly granted",
            "denied",
            found.granted.is_empty(),
        ),
        ("denied", "newly denied", "granted", found.denied.is_empty()),
        ("looser", "looser", "tighter", found.looser.is_empty()),
        ("tighter", "tighter", "looser", found.tighter.is_empty()),
    ]
}

/// Nothing that is wanted is missing, unless it is said that it is not known; nothing else is
/// told; and policies that are alike are known to be.
fn check(changes: &[(&str, &str)], wanted: &str, found: &Difference, back: bool) {
    for (name, asked, other, is_empty) in lists(found) {
        let name = if back { other } else { name };
        let is_wanted = wanted.split(' ').any(|word| word == name);
        let is_unknown = found.unknown.iter().any(|unknown| unknown.asked == asked);
        assert!(
            !is_wanted || !is_empty || is_unknown,
            "{changes:?}: nothing is {asked}, back {back}"
        );
        assert!(
            is_wanted || is_empty,
            "{changes:?}: something is {asked}, back {back}: {found:?}"
        );
    }
    assert!(
        !wanted.is_empty() || found.is_empty(),
        "{changes:?}: {found:?}"
    );
}

#[test]
fn a_word_that_differs_is_told_both_ways_round() {
    let old = compiled(&[]);
    for (changes, wanted) in CASES {
        let new = compiled(changes);
        let effort = Effort { steps: 2_000 };
        check(changes, wanted, &diff(&old, &new, effort), false);
        check(changes, wanted, &diff(&new, &old, effort), true);
    }
}
