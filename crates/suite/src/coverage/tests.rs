//! What is seen by which step.

use placet_compiler::texts::check;

use super::{Options, Report, run};

/// A policy around the rules that are tried.
const DESK: &str = r#"
policy desk { language 1  layers main  lifetime 1h }
facts user { tenant: text, team: text? }
facts context { risk: int, mfa: bool?, tags: list<text>? }
agent bot  agent helper
group users leads from request
tool desk {
  action read   { get(tenant: text, id: int) -> "ticket/{tenant}/{id}" }
  action write  { put(tenant: text, id: int, size: int) -> "ticket/{tenant}/{id}" }
  action delete { drop(tenant: text, id: int) -> "ticket/{tenant}/{id}" }
}
tool mail { action read { fetch(id: int) -> "mail/{id}" } }
grant other { agent any  user any  tool mail  action read  resource any }
"#;

const SETUP: &str = "agent bot  user ana { tenant = \"acme\" }  context { risk = 10 }";

fn report(rules: &str, tests: &str) -> Report {
    let checked = check([("desk.placet", format!("{DESK}\n{rules}\n{tests}"))]);
    assert!(checked.policy.is_some(), "{:#?}", checked.diagnostics);
    run(&checked, &Options::default()).unwrap()
}

/// What was never seen of the rule `r`, as `text outcome`; with `?` what was undefined.
fn missing(rules: &str, steps: &str) -> Vec<String> {
    let report = report(rules, &format!("test \"t\" {{ {SETUP}\n{steps} }}"));
    assert_eq!(report.failed.len(), 0, "{steps}");
    let mut rules = report.rules.iter();
    let rule = rules.find(|rule| rule.name == "main/r").unwrap();
    let decided = (rule.decided == 0).then(|| "decided".to_owned());
    let parts = rule.parts.iter().flat_map(|part| {
        part.missing().map(move |what| {
            let untold = if part.undefined > 0 { "?" } else { "" };
            format!("{} {}{untold}", part.text, what.as_str())
        })
    });
    decided.into_iter().chain(parts).collect()
}

fn check_missing(rules: &str, steps: &[&str], expected: &[&str]) {
    assert_eq!(
        missing(rules, &steps.join("\n")),
        expected,
        "{rules}\n{steps:?}"
    );
}

const READ: &str = r#"grant r {
  agent bot  user any  tool desk  action read  resource "ticket/{user.tenant}/**"
  when context.risk < 50
}"#;
/// Nothing but the agent, the tool and the action: the rest covers all.
const OPEN: &str = "grant r { agent bot  user any, none  tool desk  action read  resource any }";

#[test]
fn a_clause_is_seen_to_fail_when_all_others_hold() {
    let all = [
        "user any failed",
        "action read failed",
        "context.risk < 50 false",
    ];
    let issue = "issue desk read \"ticket/acme/**\" -> grant";
    let helper = "agent helper  issue desk read \"ticket/acme/**\" -> deny no-grant";
    let resource = "resource \"ticket/{user.tenant}/**\" failed";
    check_missing(
        READ,
        &[issue],
        &[
            "agent bot failed",
            "user any failed",
            "action read failed",
            resource,
            "context.risk < 50 false",
        ],
    );
    check_missing(
        READ,
        &[issue, helper],
        &[
            "user any failed",
            "action read failed",
            resource,
            "context.risk < 50 false",
        ],
    );
    // Two clauses fail: neither decided.
    let both =
        "agent helper  context { risk = 90 }  issue desk read \"ticket/acme/**\" -> deny no-grant";
    check_missing(
        READ,
        &[issue, both],
        &[
            "agent bot failed",
            "user any failed",
            "action read failed",
            resource,
            "context.risk < 50 false",
        ],
    );
    // A scope that is wider than the pattern holds in a part and fails in the rest.
    let wide = "issue desk read \"ticket/**\" -> narrowed to \"ticket/acme/**\"";
    check_missing(READ, &[wide, helper], &all);
    check_missing(
        READ,
        &[
            wide,
            helper,
            "agent bot  issue desk delete \"ticket/acme/**\" -> deny no-grant",
            "context { risk = 50 }  issue desk read \"ticket/acme/**\" -> deny no-grant",
            "context { risk = 0 }  user none  issue desk read \"ticket/**\" -> deny no-grant",
        ],
        &[],
    );
}

#[test]
fn what_no_request_can_show_is_not_counted() {
    // `desk` alone has tickets, so that no other tool could read one.
    check_missing(
        READ,
        &[],
        &[
            "decided",
            "agent bot held",
            "agent bot failed",
            "user any held",
            "user any failed",
            "action read held",
            "action read failed",
            "resource \"ticket/{user.tenant}/**\" held",
            "resource \"ticket/{user.tenant}/**\" failed",
            "context.risk < 50 true",
            "context.risk < 50 false",
        ],
    );
    // All agents, all users, all that the tools can reach, and what is true anyway.
    check_missing(
        "grant r { agent bot, helper  user any, none  tool desk, mail  action any  resource \"*/**\"  when true }",
        &["issue desk read \"ticket/**\" -> grant by r"],
        &[],
    );
    check_missing(
        "deny r { }",
        &["issue desk read \"ticket/**\" -> deny denied-by-rule"],
        &[],
    );
    check_missing("deny r { }", &[], &["decided"]);
}

#[test]
fn tool_and_action_are_one_where_neither_fails_alone() {
    let rule = r#"grant r { agent any  user any, none  tool desk.get  action read  resource "ticket/**" }"#;
    let read = "issue desk.get read \"ticket/**\" -> grant";
    check_missing(rule, &[read], &["tool desk.get, action read failed"]);
    check_missing(
        rule,
        &[
            read,
            "issue desk.drop delete \"ticket/**\" -> deny no-grant",
        ],
        &[],
    );
    // Both fail alone.
    let issue = "issue desk read \"ticket/**\" -> grant";
    check_missing(
        OPEN,
        &[issue],
        &["agent bot failed", "tool desk failed", "action read failed"],
    );
    check_missing(
        OPEN,
        &[
            issue,
            "user none  issue mail read \"mail/**\" -> deny no-grant",
        ],
        &["agent bot failed", "action read failed"],
    );
}

#[test]
fn atoms_are_seen_where_they_decide() {
    let rule = |when: &str| {
        format!(
            "grant r {{ agent any  user any, none  tool any  action any  resource any  {when} }}"
        )
    };
    let at = |context: &str, expected: &str| {
        format!("after 1s  context {{ {context} }}  issue desk read \"ticket/**\" -> {expected}")
    };
    let or = rule("when context.risk < 50 or context.risk > 90");
    let (low, mid, high) = (
        at("risk = 1", "grant"),
        at("risk = 70", "deny no-grant"),
        at("risk = 95", "grant"),
    );
    check_missing(
        &or,
        &[&low],
        &[
            "context.risk < 50 false",
            "context.risk > 90 true",
            "context.risk > 90 false",
        ],
    );
    check_missing(&or, &[&low, &mid], &["context.risk > 90 true"]);
    check_missing(&or, &[&low, &mid, &high], &[]);
    // An atom that is there twice in a clause is one.
    let twice = rule("when context.risk < 50 and not (context.risk < 50 and context.risk > 90)");
    assert_eq!(missing(&twice, &low).len(), 2);
    let unless = rule("unless context.risk < 50");
    check_missing(
        &unless,
        &[&at("risk = 70", "grant")],
        &["context.risk < 50 true"],
    );
}

#[test]
fn a_guard_decides_for_what_it_guards() {
    let rule = "grant r { agent any  user any  tool any  action any  resource any  when has user.team  when user.team == \"a\" and has context.mfa and context.mfa }";
    let issue = |set: &str, expected: &str| {
        format!("after 1s  {set}  issue desk write \"ticket/**\" -> {expected}")
    };
    let steps = [
        issue(
            "user ben { tenant = \"acme\" }  context { mfa = true }",
            "deny no-grant",
        ),
        issue("user bo { tenant = \"acme\", team = \"a\" }", "grant"),
    ];
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    check_missing(
        rule,
        &steps,
        &[
            "user any failed",
            "user.team == \"a\" false",
            "has context.mfa false",
            "context.mfa false",
        ],
    );
    // Without a user no fact of one is there, and yet the clause alone decides.
    check_missing(
        rule,
        &[
            steps[0],
            "user none  issue desk write \"ticket/**\" -> deny no-grant",
        ],
        &[
            "decided",
            "user any held",
            "has user.team true",
            "user.team == \"a\" true",
            "user.team == \"a\" false",
            "has context.mfa true",
            "has context.mfa false",
            "context.mfa true",
            "context.mfa false",
        ],
    );
    // A deny is guarded the other way round.
    let deny = "grant g { agent any  user any  tool any  action any  resource any }
        deny r { unless has context.mfa and context.mfa }";
    let read = |context: &str, expected: &str| {
        format!("after 1s  context {{ {context} }}  issue mail read \"mail/**\" -> {expected}")
    };
    check_missing(
        deny,
        &["issue mail read \"mail/**\" -> deny denied-by-rule"],
        &[
            "has context.mfa true",
            "context.mfa true",
            "context.mfa false",
        ],
    );
    check_missing(
        deny,
        &[
            &read("mfa = false", "deny denied-by-rule"),
            &read("mfa = true", "grant"),
        ],
        &["has context.mfa false"],
    );
}

#[test]
fn what_could_not_be_told_is_said() {
    let rule = r#"deny r { when context.risk > 5 }"#;
    let steps = "issue mail read \"mail/**\" -> deny denied-by-rule";
    let without = report(
        rule,
        &format!("test \"t\" {{ agent bot  user ana\n{steps} }}"),
    );
    let part = &without.rules[1].parts[0];
    assert_eq!((part.undefined, part.missing().count()), (1, 2));
    assert!(
        without
            .to_string()
            .contains("context.risk > 5: never seen true where it decided, only undefined"),
        "{without}"
    );
    assert_eq!(without.rules[1].decided, 1);
}

#[test]
fn each_pattern_is_to_match_and_all_are_to_fail() {
    let rule = r#"grant r { agent any  user any, none  tool desk  action any  resource "ticket/a/*", "ticket/{*t}/1"  when resource.path != "ticket/b/1" and X }"#
        .replace(" and X", " and t != \"c\"")
        .replace("\"ticket/a/*\"", "\"ticket/{*t}/2\"");
    let issue = |of: &str, expected: &str| format!("issue desk.get read \"{of}\" -> {expected}");
    let first = issue("ticket/a/2", "grant");
    check_missing(
        &rule,
        &[&first],
        &[
            "resource \"ticket/{*t}/2\", \"ticket/{*t}/1\" failed",
            "\"ticket/{*t}/1\" matched",
            "resource.path != \"ticket/b/1\" false",
            "t != \"c\" false",
        ],
    );
    check_missing(
        &rule,
        &[
            &first,
            &issue("ticket/x/3", "deny no-grant"),
            &issue("ticket/b/1", "deny no-grant"),
            &issue("ticket/c/1", "deny no-grant"),
        ],
        &["\"ticket/{*t}/1\" matched"],
    );
}

const GIVE: &str = "grant g { agent any  user any  tool any  action any  resource any  for 1h }\n";

#[test]
fn denies_and_requires_count_when_they_decide() {
    let deny = format!("{GIVE}deny r {{ resource \"ticket/acme/*\"  action delete }}");
    // Cut out of a scope, or of a scope's tools.
    check_missing(
        &deny,
        &["issue desk any \"ticket/**\" -> narrowed to \"ticket/**\""],
        &[],
    );
    check_missing(
        &deny,
        &["issue desk read \"ticket/**\" -> grant"],
        &[
            "decided",
            "action delete held",
            "resource \"ticket/acme/*\" held",
            "resource \"ticket/acme/*\" failed",
        ],
    );
    let require =
        format!("{GIVE}require r {{ action write  for 5m  consent per call  when args.size > 3 }}");
    let issue = "issue desk any \"ticket/**\" -> grant";
    let put = |size: u8, expected: &str| {
        format!("call desk.put {{ tenant = \"acme\", id = 1, size = {size} }} -> {expected}")
    };
    check_missing(
        &require,
        &[issue, &put(3, "grant")],
        &[
            "decided",
            "action write held",
            "action write failed",
            "args.size > 3 true",
            "consent per call asked",
            "consent per call given",
            "for 5m bound",
        ],
    );
    check_missing(
        &require,
        &[
            issue,
            &put(3, "grant"),
            &put(4, "deny consent-required"),
            "consent by ana",
            &put(4, "grant"),
            "call desk.drop { tenant = \"acme\", id = 1 } -> grant",
        ],
        &[],
    );
}

#[test]
fn duties_are_seen_to_stop_and_to_let_through() {
    let rule = |duty: &str| {
        format!("grant r {{ agent any  user any  tool desk  action any  resource any  {duty} }}")
    };
    let lines = |of: &str, steps: &[&str]| {
        let steps = steps.join("\n");
        let mut all = missing(&rule(of), &steps);
        all.retain(|line| line.starts_with(of.split(' ').next().unwrap()));
        all
    };
    let issue = "issue desk any \"ticket/**\" -> grant";
    let get = "call desk.get { tenant = \"acme\", id = 1 } -> ";
    let (granted, used) = (
        &format!("{get}grant"),
        &format!("{get}deny budget-exhausted"),
    );
    assert_eq!(
        lines("budget 1 calls", &[issue, granted]),
        ["budget 1 calls exhausted"]
    );
    assert_eq!(
        lines("budget 1 calls", &[issue, granted, used]),
        [] as [&str; 0]
    );
    let stopped = "issue desk any \"ticket/**\" -> deny consent-required";
    assert_eq!(lines("consent", &[stopped]), ["consent given"]);
    assert_eq!(
        lines("consent", &[stopped, "consent by ana", issue]),
        [] as [&str; 0]
    );
    let stopped = "issue desk any \"ticket/**\" -> deny approval-required";
    assert_eq!(
        lines("approval leads", &[stopped]),
        ["approval leads given"]
    );
    assert_eq!(
        lines("approval leads", &[stopped, "approval by lee", issue]),
        [] as [&str; 0]
    );
    assert_eq!(
        lines("for 5m", &["issue desk any \"ticket/**\" for 1m -> grant"]),
        ["for 5m bound"]
    );
    assert_eq!(lines("for 5m", &[issue]), [] as [&str; 0]);
    assert_eq!(
        lines(
            "for 5m",
            &["issue desk any \"ticket/**\" for 1m -> grant", granted]
        ),
        [] as [&str; 0]
    );
    let delegate = "delegate helper desk any \"ticket/**\" -> ";
    let on = &format!("{delegate}grant");
    assert_eq!(
        lines("delegate 1", &[issue]),
        ["delegate 1 used", "delegate 1 stopped"]
    );
    assert_eq!(lines("delegate 1", &[issue, on]), ["delegate 1 stopped"]);
    assert_eq!(
        lines(
            "delegate 0",
            &[issue, &format!("{delegate}deny out-of-scope")]
        ),
        [] as [&str; 0]
    );
}

#[test]
fn steps_that_ask_no_rule_show_nothing() {
    let issue = "issue desk read \"ticket/acme/1\" -> grant";
    let rest = [
        "agent bot failed",
        "user any failed",
        "action read failed",
        "resource \"ticket/{user.tenant}/**\" failed",
        "context.risk < 50 false",
    ];
    let get = |id: u8, expected: &str| {
        format!("call desk.get {{ tenant = \"acme\", id = {id} }} -> {expected}")
    };
    check_missing(
        READ,
        &[issue, "context { risk = 90 }", &get(2, "deny out-of-scope")],
        &rest,
    );
    check_missing(
        READ,
        &[
            &format!("{} as one", "issue desk read \"ticket/acme/1\""),
            "-> grant  context { risk = 90 }  revoke one",
            &get(1, "deny revoked"),
        ],
        &rest,
    );
    check_missing(
        READ,
        &[
            issue,
            "context { risk = 90 }  after 2h",
            &get(1, "deny expired"),
        ],
        &rest,
    );
    check_missing(
        READ,
        &[issue, "context { risk = 90 }", &get(1, "deny no-grant")],
        &rest[..4],
    );
}

#[test]
fn only_tests_that_pass_and_are_chosen_count() {
    let tests = format!(
        "test \"good\" {{ {SETUP}  issue desk read \"ticket/acme/**\" -> grant }}
         test \"bad\" {{ {SETUP}  after 1s  agent helper  issue desk read \"ticket/acme/**\" -> grant }}"
    );
    let all = report(READ, &tests);
    assert_eq!(
        (all.passed, all.failed.as_slice()),
        (1, &["bad".into()][..])
    );
    let agent = &all.rules[1].parts[0];
    assert_eq!(
        agent.missing().count(),
        1,
        "the failing test is not counted"
    );
    let checked = check([("desk.placet", format!("{DESK}\n{READ}\n{tests}"))]);
    let options = Options {
        filter: vec!["none".into()],
        ..Options::default()
    };
    let none = run(&checked, &options).unwrap();
    assert_eq!((none.total, none.passed, none.counts().seen), (2, 0, 0));
    let many = Options {
        jobs: std::num::NonZeroUsize::new(4).unwrap(),
        ..Options::default()
    };
    assert_eq!(run(&checked, &many).unwrap().to_string(), all.to_string());
}

#[test]
fn atoms_of_lets_stand_where_they_are_used() {
    let rules = "
let calm(limit: int, also: bool) = context.risk < limit and also
let safe = calm(50, context.risk > 5)
grant r { agent any  user any  tool any  action any  resource any  when safe or calm(9, false) }";
    let report = report(rules, "");
    let rule = report
        .rules
        .iter()
        .find(|rule| rule.name == "main/r")
        .unwrap();
    let text =
        |place: placet_compiler::Place| report.sources.get(place.file).unwrap().slice(place.span);
    let atoms: Vec<_> = rule
        .parts
        .iter()
        .filter(|part| part.kind == super::PartKind::When)
        .map(|part| (part.text.as_str(), text(part.place), part.shared.map(text)))
        .collect();
    assert_eq!(
        atoms,
        [
            ("context.risk < 50", "safe", Some("context.risk < limit")),
            ("context.risk > 5", "safe", Some("context.risk > 5")),
            (
                "context.risk < 9",
                "calm(9, false)",
                Some("context.risk < limit")
            ),
        ]
    );
}

#[test]
fn the_report_shown_is_for_snapshots() {
    let tests = format!("test \"one\" {{ {SETUP}  issue desk read \"ticket/acme/**\" -> grant }}");
    insta::assert_snapshot!(report(READ, &tests));
}

#[test]
fn every_agent_of_a_chain_is_asked() {
    let rules = r#"
grant g { agent any  user any  tool desk  action any  resource any  delegate 1 }
deny r { agent bot  when context.risk > 50 }"#;
    let handed = "issue desk any \"ticket/**\" -> grant
        delegate helper desk read \"ticket/**\" -> grant";
    let get = |risk: u8, expected: &str| {
        format!(
            "context {{ risk = {risk} }}
             call desk.get {{ tenant = \"acme\", id = 1 }} -> {expected}"
        )
    };
    // The helper itself is none of the rule's agents, and the one above it is.
    let denied = get(51, "deny denied-by-rule by r");
    check_missing(rules, &[handed, &denied], &[]);
    check_missing(
        rules,
        &[handed, &get(50, "grant")],
        &[
            "decided",
            "agent bot held",
            "agent bot failed",
            "context.risk > 50 true",
        ],
    );
}

#[test]
fn a_quantifier_is_one_atom_however_deep_it_is() {
    // The first of them reads nothing, and so has nothing to show.
    let rule = r#"grant r {
  agent any  user any, none  tool desk  action delete  resource any
  when all a in ["x", "y"]: (some b in ["x", "y"] where b != a: all c in ["x"]: c != b or a == "y")
  when has context.tags and (all a in context.tags: some b in context.tags where a != b: b != "x")
}"#;
    let tags = |tags: &str, expected: &str| {
        format!(
            "after 1s  context {{ tags = [{tags}] }}  issue desk delete \"ticket/**\" -> {expected}"
        )
    };
    let (good, bad) = (tags("", "grant by r"), tags("\"x\"", "deny no-grant"));
    let all = "all x in context.tags: (some y in context.tags where x != y: y != \"x\")";
    let none = "issue desk delete \"ticket/**\" -> deny no-grant";
    check_missing(
        rule,
        &[none, &bad],
        &[
            "decided",
            "action delete held",
            "action delete failed",
            "has context.tags true",
            &format!("{all} true"),
        ],
    );
    check_missing(rule, &[none, &bad, &good], &["action delete failed"]);
}
