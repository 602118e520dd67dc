//! What conditions and patterns may say: each case is a rule beside `world.placet`, and
//! the codes that it gives.

use placet_compiler::Checked;

use crate::support::{check_files, render};

const WORLD: &str = include_str!("world.placet");

fn checked(text: &str) -> (Checked, String) {
    let (checked, sources) = check_files(&[("case", text), ("world", WORLD)]);
    let rendered = render(&checked.diagnostics, &sources);
    (checked, rendered)
}

/// Checks declarations beside the world; `codes` are those found, in the order of places.
fn check(text: &str, codes: &str) {
    let (checked, rendered) = checked(text);
    let found: Vec<&str> = checked
        .diagnostics
        .iter()
        .map(|found| found.code.as_str())
        .collect();
    assert_eq!(found.join(" "), codes, "{text}\n{rendered}");
}

/// Checks a condition in a deny about documents that are edited, by a user.
fn deny(condition: &str, codes: &str) {
    let text = format!(
        "deny case {{ user any  tool docs.put  action edit  resource \"doc/*\"  when {condition} }}"
    );
    check(&text, codes);
}

/// Checks a condition in a grant about the same.
fn grant(condition: &str, codes: &str) {
    let text = format!(
        "grant case {{ agent any  user any  tool docs.put  action edit  resource \"doc/*\"  when {condition} }}"
    );
    check(&text, codes);
}

#[test]
fn the_world_is_right() {
    check("", "");
}

#[test]
fn what_may_be_absent_needs_a_guard() {
    grant("has context.mfa and context.mfa", "");
    grant("context.mfa", "PL0301");
    grant("not has context.mfa or context.mfa", "");
    grant("not (has context.mfa and context.mfa)", "");
    grant("not (not has context.mfa or context.mfa)", "");
    grant("context.mfa and has context.mfa", "PL0301");
    grant("has context.mfa or context.mfa", "PL0301");
    grant("(has context.mfa or risky) and context.mfa", "PL0301");
    grant("(has context.mfa and risky) and context.mfa", "");
    grant("has context.mfa  when context.mfa", "");
    grant("context.mfa  when has context.mfa", "PL0301");
    grant("risky  unless not has context.mfa  when context.mfa", "");
    grant("risky  unless not has context.mfa or context.mfa", "");
    grant("strong", "");
    grant("strong and context.mfa", "");
    grant("not strong or context.mfa", "");
    grant("has args.note and args.note == \"x\"", "");
    grant("args.note == \"x\"", "PL0301");
    grant("args.note == \"x\" or args.note == \"y\"", "PL0301");
    grant("has resource.size and resource.size > 3", "");
    grant("resource.size > 3", "PL0301");
    grant("context.score > 0.1", "");
    grant("has user.address and user.address.city == \"Bonn\"", "");
    grant(
        "has user.address.city and user.address.city == \"Bonn\"",
        "",
    );
    grant("user.address.city == \"Bonn\"", "PL0301");
    grant("has user.address and user.address.zip == \"1\"", "PL0301");
    grant(
        "has user.address.zip and user.address.city == user.address.zip",
        "",
    );
    grant(
        "count(e in edits where has e.args.note and e.args.note == \"x\") == 0",
        "",
    );
    grant(
        "count(e in edits where e.args.note == \"x\") == 0",
        "PL0301",
    );
    grant(
        "some e in edits where has e.args.note: e.args.note == \"x\"",
        "",
    );
    grant(
        "(some e in edits: has e.args.note) and (some e in edits: e.args.note == \"x\")",
        "PL0301",
    );
    grant(
        "sum(e in edits where has e.args.amount: e.args.amount) < 5",
        "",
    );
    grant("sum(e in edits: e.args.amount) < 5", "PL0301");
    grant("sum(p in puts: p.args.amount) < 5", "");
    grant("has agent.owner and agent.owner == \"x\"", "");
    grant("agent.owner == \"x\"", "PL0301");
}

#[test]
fn a_user_is_there_where_a_rule_says_so() {
    check(
        "deny case { action edit  when user.tenant == \"a\" }",
        "PL0302",
    );
    check(
        "deny case { action edit  when has user and user.tenant == \"a\" }",
        "",
    );
    check(
        "deny case { action edit  when has user.team and user.tenant == user.team }",
        "",
    );
    check(
        "deny case { action edit  when user.team == \"a\" }",
        "PL0301",
    );
    check(
        "deny case { action edit  unless has user and user.tenant == \"a\" }",
        "",
    );
    check(
        "deny case { user any  action edit  when user.tenant == \"a\" }",
        "",
    );
    check(
        "deny case { action edit  when user.tenant == \"a\"  user staff2, ana }",
        "",
    );
    check(
        "deny case { user in staff  action edit  when user.tenant == \"a\" }",
        "",
    );
    check(
        "deny case { user any, none  action edit  when user.tenant == \"a\" }",
        "PL0302",
    );
    check(
        "deny case { user none  action edit  when user.tenant == \"a\" }",
        "PL0307",
    );
    check(
        "deny case { action edit  resource \"x/{user.tenant}/*\" }",
        "PL0302",
    );
    check(
        "deny case { action edit  resource \"x/{user.tenant}/*\"  when has user }",
        "",
    );
    check(
        "deny case { user any  action edit  resource \"x/{user.team}/*\" }",
        "PL0301",
    );
    check(
        "deny case { user any  action edit  resource \"x/{user.team}/*\"  when has user.team }",
        "",
    );
    check("deny case { action edit  when mine(\"x\") }", "");
    check("deny case { action edit  when user.id == \"x\" }", "PL0302");
}

#[test]
fn the_suggested_guard_fails_safe() {
    let check = |rule: &str, expected: &str| {
        let (checked, rendered) = checked(rule);
        let suggestion = checked.diagnostics[0].suggestion.as_ref().unwrap();
        assert_eq!(suggestion.replacement, expected, "{rendered}");
        let mut fixed = rule.to_owned();
        fixed.replace_range(suggestion.span.range(), &suggestion.replacement);
        let (checked, _) = self::checked(&fixed);
        assert!(checked.policy.is_some(), "{fixed}");
    };
    let grant = |condition: &str| {
        format!(
            "grant case {{ agent any  user any  tool docs  action edit  resource \"doc/*\"  {condition} }}"
        )
    };
    check(
        "deny d { when context.mfa }",
        "not has context.mfa or context.mfa",
    );
    check(
        "deny d { unless context.mfa }",
        "has context.mfa and context.mfa",
    );
    check(
        "deny d { when not context.mfa }",
        "not has context.mfa or not context.mfa",
    );
    check(
        "deny d { when risky and context.mfa }",
        "(not has context.mfa or context.mfa)",
    );
    check(
        "deny d { when risky or context.mfa }",
        "not has context.mfa or context.mfa",
    );
    check(
        "require d { when user.id == \"a\"  for 1m }",
        "not has user or user.id == \"a\"",
    );
    check(
        &grant("when context.mfa == true"),
        "has context.mfa and context.mfa == true",
    );
    check(
        &grant("unless context.mfa"),
        "not has context.mfa or context.mfa",
    );
    check(
        &grant("when risky and context.mfa"),
        "has context.mfa and context.mfa",
    );
    check(
        &grant("when not (risky and context.mfa)"),
        "(not has context.mfa or context.mfa)",
    );
    check(
        &grant("when some s in context.seen: s == user.team"),
        "(has user.team and s == user.team)",
    );
    check(
        "deny d { unless all s in context.seen: (s == \"x\" or context.mfa) }",
        "has context.mfa and context.mfa",
    );
}

#[test]
fn types_are_strict_and_literals_adapt() {
    deny("context.risk > 5", "");
    deny("context.risk > 5.5", "PL0201");
    deny("args.amount > 5", "");
    deny("5 < args.amount", "");
    deny("args.amount > context.risk", "PL0201");
    deny("args.amount + 1 > 5.5", "");
    deny("1 + args.amount + 2 > 5", "");
    deny("args.amount > 1 + 2", "");
    deny("context.risk + 1.5 > 3", "PL0205");
    deny("args.amount == \"5\"", "PL0201");
    deny("task.purpose == \"billing\"", "");
    deny("task.purpose == \"biling\"", "PL0203");
    deny("\"biling\" == task.purpose", "PL0203");
    deny("task.purpose in [\"billing\", \"trige\"]", "PL0203");
    deny("task.purpose == context.kind", "");
    deny("agent.zone == context.kind", "PL0201");
    deny("task.purpose == user.tenant", "");
    deny("task.purpose < \"z\"", "PL0203");
    deny("user.tenant < \"z\"", "PL0205");
    deny("now > \"2026-01-01T00:00:00Z\"", "");
    deny("now > \"yesterday\"", "PL0204");
    deny("now - 1h > user.born", "");
    deny("1h + now > user.born", "");
    deny("now - user.born > 30d", "");
    deny("now + user.born > 30d", "PL0205");
    deny("1h - now > 3h", "PL0205");
    deny("context.ip within \"10.0.0.0/8\"", "");
    deny("context.ip within \"10.0.0.1/8\"", "PL0204");
    deny("context.ip within \"10.0.0.0\"", "PL0204");
    deny("context.ip within user.tenant", "PL0206");
    deny("user.tenant within \"10.0.0.0/8\"", "PL0205");
    deny("context.ip == \"10.0.0.1\"", "");
    deny("context.ip == \"10.0.0\"", "PL0204");
    deny("user.tenant like \"a*b*\"", "");
    deny("context.risk like \"a*\"", "PL0205");
    deny("user.tenant in user.orgs", "");
    deny("\"acme\" in user.orgs", "");
    deny("context.risk in user.orgs", "PL0201");
    deny("context.risk in [1, 2]", "");
    deny("args.amount in [1, 2.5]", "");
    deny("user.orgs contains \"acme\"", "");
    deny("user.tenant contains \"acme\"", "");
    deny("context.risk contains 1", "PL0210");
    deny("user.orgs subset of context.seen", "");
    deny("user.orgs subset of [\"a\", \"b\"]", "");
    deny("[\"a\"] subset of user.orgs", "");
    deny("user.orgs == [\"a\", \"b\"]", "");
    deny("user.orgs subset of user.tenant", "PL0210");
    deny("context.payload == context.payload", "PL0301 PL0213");
    deny("has context.payload", "");
    deny("all s in context.seen: s == \"a\"", "");
    deny("all s in user.tenant: s == \"a\"", "PL0210");
    deny("some s in context.seen: s", "PL0202");
    deny("some s in context.seen: s == \"a\" or s == \"b\"", "PL0101");
    deny(
        "count(context.seen) > 3 and count(distinct s in context.seen) > 2",
        "",
    );
    deny("count(s in context.seen: s) > 3", "PL0215");
    deny("sum(context.seen) > 3", "PL0205");
    deny("sum(s in [1, 2]: s) > 3", "");
    deny("sum([1.5, 2]) > 3", "");
    deny("count([]) == 0", "");
    deny("weekday(now, \"+01:00\") == \"mon\"", "");
    deny("weekday(now, \"+01:00\") == \"monday\"", "PL0203");
    deny("weekday(now, \"CET\") == \"mon\"", "PL0204");
    deny("time_of_day(now, \"-23:59\") < 4h", "");
    deny("time_of_day(now, \"+24:00\") < 4h", "PL0204");
    deny("time_of_day(user.tenant, \"+00:00\") < 4h", "PL0205");
    deny(
        "lower(user.tenant) == \"a\" and lower(user.orgs) contains \"a\"",
        "",
    );
    deny(
        "email(user.tenant).domain == \"a.com\" and url(user.tenant).port == 443",
        "",
    );
    deny("url(user.tenant).query == \"q\"", "");
    deny("some s in path(user.tenant): s == \"etc\"", "");
    deny("email(context.risk).domain == \"x\"", "PL0205");
    deny(
        "chain.depth > 2 and chain.root == \"bot\" and \"bot\" in chain.agents",
        "",
    );
    deny("resource.path like \"doc/*\"", "");
    deny("(has context.mfa) == true", "");
    deny("context.risk", "PL0202");
    deny(
        "context.risk > \"5\" and user.tenat == \"x\" and args.nope == 1",
        "PL0201 PL0102 PL0107",
    );
}

#[test]
fn one_mistake_is_one_error() {
    deny("context.rsk > 5 or context.rsk < 3", "PL0102 PL0102");
    deny("lower(user.tenat) in [\"a\"]", "PL0102");
    deny("all x in user.nope: (x.y > 3 and x == \"a\")", "PL0102");
    deny("sum(x in user.nope: x.y) + 3 > \"a\"", "PL0102");
    check(
        "facts user { odd: set<json> }\ndeny case { user any  when \"x\" in user.odd }",
        "PL0212",
    );
    check(
        "let wrong = context.nope > 3\ndeny case { when wrong }\ndeny other { when wrong and risky }",
        "PL0102",
    );
    check(
        "history h = calls tool nope per task\ndeny case { when count(h) > 3 }",
        "PL0106",
    );
    check(
        "deny case { agent nope  action nope  tool nope  when args.nope == 3 }",
        "PL0103 PL0105 PL0106",
    );
}

#[test]
fn arguments_are_those_of_all_covered_functions() {
    check("deny case { tool docs.put  when args.amount > 3 }", "");
    check("deny case { action edit  when args.amount > 3 }", "PL0301");
    check(
        "deny case { tool docs.put, docs.tag  when args.amount > 3 }",
        "PL0301",
    );
    check(
        "deny case { tool docs.put, docs.tag  when has args.amount and args.amount > 3 }",
        "",
    );
    check(
        "deny case { tool docs.put, docs.get  when args.id == \"x\" }",
        "",
    );
    check("deny case { tool docs  when args.id == \"x\" }", "PL0301");
    check("deny case { tool img  when args.id == \"x\" }", "PL0107");
    check("deny case { tool docs.put  when big }", "");
    check("deny case { tool docs.tag  when big }", "PL0301");
    check("deny case { tool docs.get  when big }", "PL0107");
    check("deny case { tool docs.find  when args.page > 3 }", "");
    let two = "tool t { action go { f(n: int) -> \"x\"  g(n: text) -> \"y\" } }\nhistory h = calls tool t per task\n";
    check(
        &format!("{two}deny case {{ tool t  when args.n == 1 }}"),
        "PL0209",
    );
    check(
        &format!("{two}deny case {{ tool t  when some c in h: c.args.n == 1 }}"),
        "PL0209",
    );
    check(
        &format!("{two}deny case {{ tool t.f  when args.n == 1 }}"),
        "",
    );
    check(
        "require case { tool docs.put  budget 5 of args.amount }",
        "",
    );
    check(
        "require case { tool docs.tag  budget 5 of args.amount }",
        "PL0301",
    );
    check(
        "require case { tool docs.tag  budget 5 of args.amount  when has args.amount }",
        "",
    );
}

#[test]
fn facts_of_resources_are_read_within_their_patterns() {
    check(
        "deny case { resource \"doc/*\"  when resource.owner == \"x\" }",
        "",
    );
    check(
        "deny case { resource \"doc/a*\", \"doc/b\"  when resource.owner == \"x\" }",
        "",
    );
    check(
        "deny case { resource \"doc/{agent.id}\"  when resource.owner == \"x\" }",
        "",
    );
    check(
        "deny case { resource \"doc/{*d}\"  when resource.owner == d }",
        "",
    );
    check(
        "deny case { resource \"doc/**\"  when resource.owner == \"x\" }",
        "PL0525",
    );
    check(
        "deny case { resource \"doc/**\"  when resource.label == \"x\" }",
        "",
    );
    check(
        "deny case { resource \"doc/**\", \"img/a/*\"  when resource.label == \"x\" }",
        "",
    );
    check(
        "deny case { resource \"*/a\"  when resource.label == \"x\" }",
        "PL0525",
    );
    check(
        "deny case { action read  when resource.owner == \"x\" }",
        "PL0525",
    );
    check("deny case { resource \"doc/*\"  when own-doc }", "");
    check("deny case { resource \"img/*\"  when own-doc }", "PL0525");
    check(
        "deny case { resource \"doc/*\"  when resource.ownr == \"x\" }",
        "PL0102",
    );
    check("facts resource \"doc/a\" { owner: int }", "PL0120");
    check("facts resource \"pic/a\" { owner: int }", "");
}

#[test]
fn facts_have_their_moments() {
    deny("user.verified", "PL0303");
    check(
        "deny case { user any  at issuance  unless user.verified }",
        "",
    );
    check(
        "deny case { user any  at runtime  unless user.verified }",
        "PL0303",
    );
    grant("user.verified", "PL0303");
    grant("context.live", "");
    check("deny case { at issuance  when context.live }", "PL0305");
    check("deny case { at issuance  when count(all) > 3 }", "PL0305");
    check("facts task at issuance { x: int }", "PL0304");
    check("facts resource \"a/*\" fixed { x: int }", "PL0304");
    check("facts task fixed { x: int }", "");
}

#[test]
fn patterns_of_rules_read_facts_alone() {
    check(
        "deny case { user any  resource \"x/{lower(user.orgs)}/**\" }",
        "",
    );
    check(
        "deny case { user any  resource \"x/{agent.id}/{user.id}/{task.purpose}/{context.risk}\" }",
        "",
    );
    check(
        "deny case { resource \"{email(agent.id)}\", \"x/{path(agent.id)}\", \"{url(agent.id)}\" }",
        "",
    );
    check("deny case { resource \"x/{task.budget}\" }", "PL0523");
    check(
        "deny case { resource \"x/{email(context.risk)}\" }",
        "PL0523",
    );
    check("deny case { resource \"x/{chain.root}\" }", "PL0522");
    check("deny case { resource \"x/{now}\" }", "PL0522");
    check("deny case { resource \"doc/{resource.owner}\" }", "PL0522");
    check("deny case { resource \"doc/{edits}\" }", "PL0522");
    check(
        "deny case { resource \"doc/{*d}\", \"doc/{*d}/**\"  unless d == \"x\" }",
        "",
    );
    check(
        "deny case { resource \"doc/{*d}/{d}\"  when d == \"x\" }",
        "PL0522",
    );
    check("deny case { resource \"doc/{*d}\" }", "PL0520");
    check(
        "deny case { resource \"doc/{*d}\", \"doc/{*e}\"  when d == \"x\" }",
        "PL0521 PL0520",
    );
    check(
        "deny case { resource \"doc/{*edits}\"  when true }",
        "PL0112",
    );
    check("deny case { resource \"doc/*\", \"doc/*\" }", "PL0409");
    check(
        "deny case { resource \"doc//x\", \"a/**/b\" }",
        "PL0501 PL0507",
    );
    check(
        "deny case { resource \"doc/{*d}\"  when some d in user.orgs: d == \"x\"  user any }",
        "PL0520 PL0112",
    );
}

#[test]
fn lets_are_written_out() {
    check(
        "let twice(x: decimal) = x + x > 10\ndeny case { tool docs.put  when twice(args.amount) }",
        "",
    );
    check(
        "let twice(x: decimal) = x + x > 10\ndeny case { when twice(3) }",
        "",
    );
    check(
        "let twice(x: decimal) = x + x > 10\ndeny case { when twice(context.risk) }",
        "PL0201",
    );
    check(
        "let twice(x: decimal) = x + x > 10\ndeny case { when twice }",
        "PL0118",
    );
    check(
        "let cap = 500\ndeny case { tool docs.put  when args.amount > cap }",
        "",
    );
    check(
        "let p(x: \"eu\" | \"us\") = agent.zone == x\ndeny case { when p(\"eu\") }",
        "",
    );
    check(
        "let p(x: \"eu\" | \"us\") = agent.zone == x\ndeny case { when p(\"uk\") }",
        "PL0203",
    );
    check("let a = b\nlet b = c\nlet c = a", "PL0116");
    check("let a(x: int, x: int) = x > 1", "PL0110 PL0112");
    check("let edits = risky", "PL0112");
    check("let now = risky", "PL0112");
    check("let a(risky: int) = risky > 1", "PL0112");
    check("let a(x: int) = some x in [1]: x > 1", "PL0112");
    check(
        "let any-of(xs: set<text>) = some x in xs: x == \"a\"\ndeny case { user any  when some o in user.orgs: (any-of(user.orgs) and o == \"b\") }",
        "",
    );
    check("let unused = args.nope == 1", "PL0107");
    check("deny case { user any  when mine(user.team) }", "PL0301");
    check(
        "let opt = context.mfa\ndeny case { when has context.mfa and opt }\ndeny other { when opt }",
        "PL0301",
    );
}

#[test]
fn lines_of_functions_read_arguments_alone() {
    let check_line = |line: &str, codes: &str| {
        let text = format!(
            "tool t {{ function f(a: text, b: text?, xs: list<text>, rs: list<{{ n: text, ns: list<text> }}>, d: decimal) {{ {line} }} }}"
        );
        check(&text, codes);
    };
    check_line("go -> \"x/{a}\"", "");
    check_line("go -> \"x/{b}\"", "");
    check_line(
        "go -> \"x/{each xs}\", \"{each email(xs)}\", \"y/{each rs.n}\"",
        "",
    );
    check_line("go -> \"x/{xs}\"", "PL0604");
    check_line("go -> \"x/{each a}\"", "PL0604");
    check_line("go -> \"x/{each rs.ns}\"", "PL0604");
    check_line("go -> \"x/{each xs}/{each xs}\"", "PL0604");
    check_line("go -> \"x/{d}\"", "PL0523");
    check_line("go -> \"x/{c}\"", "PL0107");
    check_line("go -> \"x/{args.a}\"", "PL0107");
    check_line("go -> \"x/{a.b}\"", "PL0211");
    check_line("go when has args.b and args.b == a -> \"x/{b}\"", "PL0101");
    check_line("go when has args.b and args.b == args.a -> \"x/{b}\"", "");
    check_line("go when args.b == args.a -> \"x/{b}\"", "PL0301");
    check_line("go when user.id == args.a -> \"x/{b}\"", "PL0605");
    check_line("go when count(edits) > 1 -> \"x/{b}\"", "PL0605");
    check_line(
        "go when now > \"2026-01-01T00:00:00Z\" -> \"x/{b}\"",
        "PL0605",
    );
}

#[test]
fn rules_have_a_shape() {
    check(
        "grant case { agent any  user any  tool any  action any  resource any }",
        "",
    );
    check("grant case { agent any }", "PL0401");
    check("require case { action edit }", "PL0405");
    check(
        "require case { action edit  approval leads, staff per call  approval leads }",
        "PL0409",
    );
    check("require case { action edit  approval bots }", "PL0113");
    check("require case { action edit  budget 0 calls }", "PL0407");
    check(
        "require case { action edit  budget 5 calls  budget 6 calls }",
        "PL0402",
    );
    check(
        "require case { tool docs.put  budget -5 of args.amount }",
        "PL0407",
    );
    check(
        "require case { tool docs.put  budget 5 of args.body }",
        "PL0408",
    );
    check("require case { delegate 4294967296 }", "PL0208");
    check("require case { user none  consent }", "PL0406");
    check("deny case { for 5m }", "PL0403");
    check("deny case { agent in field }", "");
    check("deny case { agent bots }", "PL0103");
    check("deny case { agent in bot }", "PL0104");
    check("deny case { action writes }", "PL0105");
    check("deny case { action in writes }", "");
    check("deny case { action in edit }", "PL0104");
    check("deny case { tool put }", "PL0106");
    check("deny case { tool docs.putt }", "PL0106");
    check("deny case { tool docs  action paint }", "PL0410");
    check("agent any", "PL0111");
    check("agent x in field", "PL0115");
    check("agent x in crew", "");
    check("group users none", "PL0111");
    check("group agents a in b", "PL0104");
    check("group agents a = nobody", "PL0103");
    check("group agents a = bots", "PL0113");
    check("group actions a from request", "PL0115");
    check(
        "action edit in heavy\naction drop in heavy\ndeny case { action in heavy }",
        "",
    );
    check("action fly in heavy", "PL0105");
    check(
        "agent x { tier = \"high\", nope = 1, zone = \"eu\" }",
        "PL0207 PL0102",
    );
    check("history h = calls outcome okay per task", "PL0203");
    check("history h = calls per task within 0h", "PL0407");
    check("history h = calls resource \"doc/{*x}\" per task", "PL0524");
    check("tool docs.get { action read -> \"x\" }", "PL0110");
    check(
        "tool t { action read { f(a: text, a: int) -> \"x\" } }",
        "PL0110",
    );
    check(
        "tool t { audience \"https:///x\"  action read -> \"x\" }",
        "PL0603",
    );
    check(
        "tool t { action read { f(a: text, ...) -> \"x/{a}\" returns { n: int?, xs: list<{ a: text }> } } }",
        "",
    );
    check(
        "facts context { a: int = 3, b: set<\"x\" | \"y\"> = [\"x\", \"z\"], c: text? = 3 }",
        "PL0203 PL0207",
    );
    check("facts context { a: \"x\" | \"x\" }", "PL0110");
    check("facts agent { owner: text }", "");
    check("facts agent { owner: int }", "PL0120");
    check(
        "facts context { risk: int }\nfacts context { mfa: bool? }",
        "",
    );
    check("facts context { mfa: bool }", "PL0120");
}

#[test]
fn an_unparsed_part_hides_only_what_it_may_declare() {
    // `risc` may be declared in the broken block; `rsk` is nowhere.
    let (checked, rendered) = checked(
        "facts context { risc int }\ndeny case { when context.risc > 1 }\ndeny other { when context.rsk > 1 }",
    );
    let found: Vec<&str> = checked
        .diagnostics
        .iter()
        .map(|found| found.code.as_str())
        .collect();
    assert_eq!(found, ["PL0001", "PL0102"], "{rendered}");
    assert!(checked.policy.is_none());
}

#[test]
fn a_clause_that_does_not_parse_is_not_missed() {
    let check = |rule: &str| {
        let (checked, rendered) = checked(rule);
        let codes: Vec<&str> = checked
            .diagnostics
            .iter()
            .map(|found| found.code.as_str())
            .collect();
        let syntax = codes.iter().all(|code| code.starts_with("PL00"));
        assert!(syntax && !codes.is_empty(), "{rendered}");
    };
    check("deny case { action edit  when has ??? user  when user.tenant == \"a\" }");
    check("deny case { resource \"doc/{*d}\"  when d = \"x\" }");
    check(
        "grant case { agent any  user any  tool docs  action edit  resorce \"doc/*\"  when has resource.size }",
    );
    check("require case { action edit  aproval leads }");
}
