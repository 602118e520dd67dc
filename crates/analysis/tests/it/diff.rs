//! The difference of two policies, as it is told.

use std::fmt::Write;

use placet_analysis::Effort;
use placet_analysis::diff::{Change, Difference, diff};
use placet_model::compiled::Compiled;
use placet_model::wire::{request_to_json, to_text};

const DESK: &str = r#"
policy p { language 1  layers main  lifetime 1h }
facts user    { tenant: text }
facts task    { purpose: "triage" | "billing" }
facts context { risk: int, mfa: bool? }
group agents bots
group users leads from request
agent bot in bots
agent clerk
action delete in destructive
group actions destructive
tool desk {
  action read    { get(tenant: text, id: int)  -> "ticket/{tenant}/{id}"
                   search(tenant: text)        -> "ticket/{tenant}" }
  action comment { comment(tenant: text, id: int, body: text) -> "ticket/{tenant}/{id}" }
  action delete  { remove(tenant: text, id: int) -> "ticket/{tenant}/{id}" }
}
grant triage {
  agent in bots  user any  tool desk  action read, comment
  resource "ticket/{user.tenant}/**"
  when task.purpose == "triage" and context.risk < 50
  for 15m
}
grant clean { agent clerk  user any  tool desk  action delete  resource any }
require ask { action in destructive  consent }
deny no-mfa { action delete  unless has context.mfa and context.mfa }
"#;

fn compiled(text: &str) -> Compiled {
    let checked = placet_compiler::texts::check([("p.placet", text)]);
    let found: Vec<&String> = checked.diagnostics.iter().map(|one| &one.message).collect();
    checked.policy.unwrap_or_else(|| panic!("{found:?}"))
}

fn told(found: &Difference) -> String {
    let mut text = String::new();
    let lists = [
        ("granted", &found.granted),
        ("denied", &found.denied),
        ("looser", &found.looser),
        ("tighter", &found.tighter),
    ];
    for (name, changes) in lists {
        for change in changes {
            writeln!(text, "{name}").unwrap();
            text.push_str(&shown(change));
        }
    }
    for unknown in &found.unknown {
        writeln!(text, "unknown {unknown:?}").unwrap();
    }
    text
}

fn shown(change: &Change) -> String {
    let mut text = String::new();
    for line in change.region.lines() {
        writeln!(text, "  {} {}", line.word, line.text).unwrap();
    }
    for shift in &change.shifts {
        writeln!(text, "  {}: {:?} -> {:?}", shift.of, shift.old, shift.new).unwrap();
    }
    writeln!(text, "  {} -> {}", change.old.reason, change.new.reason).unwrap();
    writeln!(text, "  {}", to_text(&request_to_json(&change.request))).unwrap();
    text
}

/// The difference when some words of the desk are others.
fn check(changes: &[(&str, &str)]) -> String {
    let mut new = DESK.to_owned();
    for (from, to) in changes {
        assert!(new.contains(from), "{from}");
        new = new.replace(from, to);
    }
    let (old, new) = (compiled(DESK), compiled(&new));
    told(&diff(&old, &new, Effort::default()))
}

#[test]
fn what_changes_is_told_as_regions() {
    let cases: &[&[(&str, &str)]] = &[
        &[],
        &[("context.risk < 50", "context.risk < 80")],
        &[("action read, comment", "action read, comment, delete")],
        &[("for 15m", "for 30m")],
        &[("require ask { action in destructive  consent }", "")],
        &[
            ("deny no-mfa", "deny other"),
            ("agent in bots  user any", "agent any  user any"),
        ],
        &[("\"ticket/{user.tenant}/**\"", "\"ticket/**\"")],
        &[("unless has context.mfa and context.mfa", "")],
        &[("agent clerk\n", "agent clerk\nagent helper in bots\n")],
        &[(
            "\"triage\" | \"billing\"",
            "\"triage\" | \"billing\" | \"audit\"",
        )],
        &[(
            "get(tenant: text, id: int)",
            "get(tenant: text, id: int, full: bool?)",
        )],
        &[(
            "{ get(tenant: text, id: int)  -> \"ticket/{tenant}/{id}\"",
            "{ get(tenant: text, id: int)  -> \"ticket/all/{id}\"",
        )],
    ];
    let mut all = String::new();
    for case in cases {
        writeln!(all, "--- {case:?}\n{}", check(case)).unwrap();
    }
    insta::assert_snapshot!(all);
}

/// Policies that differ for odd requests alone: what is declared, and what the one grant asks
/// for, in the old policy and in the new one.
const ODD: &[[&str; 4]] = &[
    // The same words of two entities, of which one alone changes.
    [
        "facts user { t: int? = 1 }  facts task { t: int? = 1 }",
        "task.t == 1",
        "facts user { t: int? = 1 }  facts task { t: int? = 2 }",
        "task.t == 1",
    ],
    // A value between the constants of both.
    [
        "facts context { n: int }",
        "context.n > 3",
        "facts context { n: int }",
        "context.n > 4",
    ],
    [
        "facts context { d: decimal }",
        "context.d > 0.5",
        "facts context { d: decimal }",
        "context.d >= 0.5",
    ],
    // Ends of texts, and a text that has both.
    [
        "facts context { w: text }",
        "context.w like \"ab*\"",
        "facts context { w: text }",
        "context.w like \"ab*\" and not (context.w like \"*ba\")",
    ],
    // Another type, another default, a member more.
    [
        "facts context { n: int }",
        "context.n > 3",
        "facts context { n: decimal }",
        "context.n > 3",
    ],
    [
        "facts context { k: \"a\" | \"b\" }",
        "context.k != \"a\"",
        "facts context { k: \"a\" | \"b\" | \"c\" }",
        "context.k != \"a\"",
    ],
    [
        "facts agent { team: text }  agent other { team = \"x\" }",
        "agent.team == \"x\"",
        "facts agent { team: text }  agent other { team = \"y\" }",
        "agent.team == \"x\"",
    ],
    // The same group, whose members come from elsewhere.
    [
        "group users g from request",
        "has user",
        "group users g from request  deny in-g { user in g }",
        "has user",
    ],
    // The same history of other calls.
    [
        "history h = calls tool t per user within 1h",
        "has user and count(h) < 3",
        "history h = calls tool t per user within 2h",
        "has user and count(h) < 3",
    ],
    // Truth and what cannot be told.
    [
        "facts context { m: bool }",
        "not (context.m == false)",
        "facts context { m: bool }",
        "not has context.m or context.m",
    ],
];

#[test]
fn no_odd_request_is_left_out_of_a_difference() {
    for [declared, asked, redeclared, asked_now] in ODD {
        let policy = |declared: &str, asked: &str| {
            compiled(&format!(
                "policy p {{ language 1  layers main  lifetime 1h }}\nagent bot\n{declared}\n\
                 tool t {{ action read {{ f(a: text) -> \"r/{{a}}\" }} }}\n\
                 grant g {{ agent any  user any, none  tool any  action any  resource any  when {asked} }}"
            ))
        };
        let (old, new) = (policy(declared, asked), policy(redeclared, asked_now));
        for (old, new) in [(&old, &new), (&new, &old)] {
            let found = diff(old, new, Effort::default());
            assert!(
                !found.is_empty(),
                "{declared}\n{asked}\n{redeclared}\n{asked_now}"
            );
        }
        for same in [&old, &new] {
            assert!(diff(same, same, Effort::default()).is_empty());
        }
    }
}
