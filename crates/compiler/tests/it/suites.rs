//! Claims, fixtures and tests are checked against everything that is declared.

use crate::support::{check_files, render};

const WORLD: &str = include_str!("world.placet");

fn check(text: &str, codes: &str) {
    let (checked, sources) = check_files(&[("case", text), ("world", WORLD)]);
    let rendered = render(&checked.diagnostics, &sources);
    let found: Vec<&str> = checked
        .diagnostics
        .iter()
        .map(|found| found.code.as_str())
        .collect();
    assert_eq!(found.join(" "), codes, "{text}\n{rendered}");
}

/// Checks the lines of a test with an agent and a user, a task, and one credential.
fn steps(lines: &str, codes: &str) {
    let setup = "agent bot in bots { tier = 1, zone = \"eu\" }\n\
        user ana in staff { tenant = \"acme\", orgs = [\"a\"], address = { city = \"Bonn\" } }\n\
        task T-1 { purpose = \"triage\", budget = 5 }\n\
        context { risk = 1, ip = \"10.0.0.1\", seen = [\"x\"] }\n\
        resource \"doc/1\" { owner = \"ana\", label = \"x\" }\n\
        issue docs read, edit \"doc/*\" for 30m as first -> grant for 30m by base";
    check(&format!("test \"case\" {{\n{setup}\n{lines}\n}}"), codes);
}

#[test]
fn what_is_loggable_is_declared() {
    let facts = "context { weight: int, colour: text }";
    let tool =
        "tool shelf { action read { a(x: int, y: int) -> \"s/{x}\"  b(z: int) -> \"s/{z}\" } }";
    check(&format!("@loggable facts {facts}"), "");
    check(
        &format!("@loggable(\"weight\", \"colour\") facts {facts}"),
        "",
    );
    check(&format!("@loggable(\"weigth\") facts {facts}"), "PL0121");
    // Of the block, not of some other.
    check(&format!("@loggable(\"risk\") facts {facts}"), "PL0121");
    check(&format!("@loggable(weight) facts {facts}"), "PL0001");
    check(&format!("@loggable(1) facts {facts}"), "PL0122");
    check(&format!("@loggable(\"x\", \"z\") {tool}"), "");
    check(&format!("@loggable(\"x\", \"q\") {tool}"), "PL0121");
    check(&format!("@loggable {tool}"), "PL0122");
    check(
        "@loggable facts resource \"shelf/**\" { size: int }",
        "PL0122",
    );
    check("@loggable deny case { tool docs.get }", "PL0122");
    check("@loggable let large = 1 == 1", "PL0122");
    check(
        &format!("facts {facts} @loggable(\"weight\") facts context {{ weight: int }}"),
        "",
    );
}

#[test]
fn claims_are_typed_like_rules() {
    let claim = |body: &str, codes: &str| check(&format!("claim \"case\" {{ {body} }}"), codes);
    claim("never { tool docs  action drop }", "");
    claim("never { tool docs  action paint }", "PL0410");
    claim(
        "always { agent ops  tool docs.put  when args.amount < 5 }",
        "",
    );
    claim(
        "always { agent ops  tool docs  when args.amount < 5 }",
        "PL0301",
    );
    claim(
        "never { resource \"x/{*t}/**\"  unless has user and t == user.tenant }",
        "",
    );
    claim(
        "never { resource \"x/{*t}/**\"  unless t == user.tenant }",
        "PL0302",
    );
    claim("never { resource \"x/{*t}/**\" }", "PL0520");
    claim("only agent.id == \"ops\" may { action drop }", "");
    claim("only user.id == \"ana\" may { action drop }", "PL0302");
    claim(
        "only has user and user.id == \"ana\" may { action drop }",
        "",
    );
    claim("only chain.depth may { action drop }", "PL0202");
    claim("every { action drop } needs approval leads per call", "");
    claim("every { action drop } needs approval leadz", "PL0104");
    claim("every { action drop } needs consent budget 3 calls", "");
    claim("every { user none  action drop } needs consent", "PL0406");
    claim("never { action drop  for 5m }", "PL0806");
    claim(
        "never { agent nope  tool nope  action nope }",
        "PL0103 PL0106 PL0105",
    );
    check(
        "claim \"a\" { never { action drop } }\nclaim \"a\" { always { action read } }",
        "PL0110",
    );
}

#[test]
fn a_test_sets_up_declared_things() {
    let test = |lines: &str, codes: &str| check(&format!("test \"case\" {{ {lines} }}"), codes);
    test(
        "agent bot  user ana  task T-1  context { }  at \"2026-01-01T00:00:00Z\"",
        "",
    );
    test("at \"tomorrow\"", "PL0204");
    test("agent bot in nope", "PL0104");
    test("agent bot in staff", "PL0113");
    test("agent x in field { tier = 1 }", "");
    test("agent bot { tier = \"x\", teir = 1 }", "PL0207 PL0102");
    test(
        "user ana { tenant = 1, orgs = \"a\", address = { zip = \"1\" } }",
        "PL0207 PL0207 PL0207",
    );
    test("user ana { limit = 5, limit = 6 }", "PL0110");
    test(
        "task T { purpose = \"play\", until = \"2026-01-01T00:00:00Z\" }",
        "PL0203",
    );
    test(
        "context { risk = 1.5, ip = \"x\", payload = { a = [1] }, live = true }",
        "PL0207 PL0204",
    );
    test("resource \"doc/1\" { size = 3, label = \"x\" }", "");
    test("resource \"doc/1/2\" { size = 3 }", "PL0102");
    test("resource \"pic/1\" { size = 3 }", "PL0525");
    test("resource \"doc/*\" { size = 3 }", "PL0526");
    test("resource \"doc/{x}\" { size = 3 }", "PL0524");
    test("user ana  user bob", "PL0808");
    test("agent bot  agent ops", "PL0816");
    test("agent bot  agent bot", "PL0808");
    check(
        "given a { agent bot }\ntest \"case\" { given a  agent ops }",
        "",
    );
    test(
        "agent bot  agent ops  issue docs read \"doc/*\" -> grant  delegate bot docs read \"doc/*\" -> grant",
        "",
    );
    test("given nope", "PL0801");
    check(
        "given a { user ana { nope = 1 } }\ntest \"case\" { given a }",
        "PL0102",
    );
    check(
        "given a { agent bot  given b }\ngiven b { user ana }\ntest \"case\" { given a  issue docs read \"doc/*\" -> grant }",
        "",
    );
    check("given a { given a }", "PL0809");
    check("given a { }\ngiven a { }", "PL0110");
    check("test \"a\" { }\ntest \"a\" { }", "PL0110");
}

#[test]
fn a_test_asks_what_can_be_asked() {
    steps("", "");
    steps("call docs.get { id = \"1\" } -> grant by base", "");
    steps(
        "call docs.get { id = \"1\" } with first -> grant by \"main/base\"",
        "",
    );
    steps("call docs.get { id = \"1\" } with other -> grant", "PL0802");
    steps("call docs.get { id = 1 } -> grant", "PL0207");
    steps("call docs.get { id = 1 } -> deny invalid-request", "");
    steps("call docs.get { raw = 1 } -> deny invalid-request", "");
    steps("call docs.get { id = \"1\", raw = 1 } -> grant", "PL0107");
    steps("call docs.get { } -> grant", "PL0207");
    steps("call docs.nope { } -> grant", "PL0106");
    steps("call docs.nope { } -> deny unknown-tool", "");
    steps("call docs { } -> grant", "PL0106");
    steps("call img { } -> grant", "PL0106");
    steps(
        "call docs.put { id = \"1\", body = \"x\", amount = 3 } -> grant result { version = 2 }",
        "",
    );
    steps(
        "call docs.put { id = \"1\", body = \"x\", amount = 3 } -> grant result { version = \"2\" }",
        "PL0207",
    );
    steps(
        "call docs.put { id = \"1\", body = \"x\", amount = 3 } -> grant result { nope = 2 }",
        "PL0108",
    );
    steps(
        "call docs.put { id = \"1\", body = \"x\", amount = 3 } -> grant fails",
        "",
    );
    steps(
        "call docs.put { id = \"1\", body = \"x\", amount = 3 } -> deny no-grant fails",
        "PL0805",
    );
    steps("call docs.get { id = \"1\" } -> deny nogrant", "PL0804");
    steps(
        "call docs.get { id = \"1\" } -> deny denied-by-rule by base",
        "",
    );
    steps("call docs.get { id = \"1\" } -> grant by nope", "PL0803");
    steps(
        "call docs.get { id = \"1\" } -> narrowed to \"doc/1\"",
        "PL0805",
    );
    steps("list docs.get -> depends", "");
    steps("list docs -> yes", "");
    steps("list docs.get -> grant", "PL0805");
    steps("list nope -> no", "PL0106");
    steps(
        "issue docs any \"doc/*\" -> narrowed to \"doc/1\", \"doc/2\" for 5m by base",
        "",
    );
    steps("issue docs read \"doc/{x}\" -> grant", "PL0524");
    steps("issue docs read \"doc/..\" -> deny invalid-request", "");
    steps("issue docs fly \"doc/*\" -> grant", "PL0105");
    steps("issue docs fly \"doc/*\" -> deny unknown-action", "");
    steps("issue docs read \"doc/*\" as first -> grant", "PL0808");
    steps("issue docs read \"doc/*\" for 0s -> grant", "PL0407");
    steps("issue docs read \"doc/*\" -> yes", "PL0805");
    steps(
        "delegate ops docs read \"doc/*\" for 5m as second -> grant\nrevoke second",
        "",
    );
    steps("delegate opps docs read \"doc/*\" -> grant", "PL0103");
    steps(
        "delegate opps docs read \"doc/*\" -> deny unknown-agent",
        "",
    );
    steps("revoke nope", "PL0802");
    steps(
        "after 5m\nconsent by ana\napproval by bob for docs.get { id = \"1\" }",
        "",
    );
    steps("approval by bob for docs.get { id = 1 }", "PL0207");
    steps("approval by bob in leads, staff", "");
    steps("approval by bob in bots", "PL0113");
    steps(
        "approval by bob in nope for docs.get { id = \"1\" }",
        "PL0104",
    );
    steps("consent by ana in staff", "PL0001");
    steps(
        "delegate ops docs read \"doc/*\" for 5m with first as second -> grant",
        "",
    );
    steps(
        "delegate ops docs read \"doc/*\" with frist -> grant",
        "PL0802",
    );
    steps("issue docs read \"doc/*\" with first -> grant", "PL0001");
    steps(
        "user bob { tenant = \"x\" }\ncontext { risk = 3 }\ncall docs.get { id = \"1\" } -> deny no-grant",
        "",
    );
    check(
        "test \"case\" { agent bot  call docs.get { id = \"1\" } -> grant }",
        "PL0802",
    );
    check(
        "test \"case\" { issue docs read \"doc/*\" -> grant  list docs -> no }",
        "PL0807",
    );
}

#[test]
fn a_credential_may_have_been_issued_by_a_step_that_does_not_parse() {
    let case = |lines: &str| {
        let broken = "agent bot  issue docs read \"doc/*\"\n";
        check(&format!("test \"case\" {{ {broken}{lines} }}"), "PL0001");
    };
    case("call docs.get { id = \"1\" } -> grant");
    case("delegate ops docs read \"doc/*\" -> grant");
    case("revoke first");
}

/// A test with rows, whose lines are for `bot` and `ana`.
fn table(lines: &str, rows: &str, codes: &str) {
    let setup = "agent bot { tier = 1, zone = \"eu\" }\n\
        user \"{row.who}\" { tenant = \"acme\" }\n\
        issue docs read \"doc/{row.who}-*\" for 30m as first -> grant";
    check(
        &format!("test \"case\" {{\n{setup}\n{lines}\nrows {{ {rows} }}\n}}"),
        codes,
    );
}

#[test]
fn a_test_is_checked_with_each_of_its_rows() {
    let get = "call docs.get { id = row.id } -> row";
    table(
        get,
        "\"a\" { who = \"ana\", id = \"1\" } -> grant by base  \"b\" { who = 7, id = \"x\" } -> deny no-grant",
        "",
    );
    // Every kind of value stands as a whole.
    table(
        "call docs.tag { id = \"{row.who}\", labels = row.labels, amount = row.amount } -> grant\n\
         context { risk = row.risk, mfa = row.mfa, payload = { a = [row.amount, \"{ row.risk }\"] } }\n\
         after row.wait\n\
         issue docs read \"doc/{row.who}\" for row.ttl as \"{row.who}-2\" -> grant for row.ttl by \"{row.rule}\"\n\
         revoke \"{row.who}-2\"\n\
         user bob { address = row.home }",
        "\"a\" { who = \"ana\", labels = [\"x\"], amount = 1.5, risk = 3, mfa = true, wait = 5m, ttl = 1h,\n\
           rule = \"main/base\", home = { city = \"Bonn\" } }",
        "",
    );
    // What is wrong with a cell is told at the cell, once for each.
    table(
        get,
        "\"a\" { who = \"ana\", id = 1 } -> grant  \"b\" { who = \"\", id = true } -> grant",
        "PL0207 PL0019 PL0207",
    );
    // A row that expects to be refused may be.
    table(
        get,
        "\"a\" { who = \"ana\", id = 1 } -> deny invalid-request",
        "",
    );
    // What is wrong with every row is wrong with the line, and told once.
    table(
        "call docs.gett { id = row.id } -> row",
        "\"a\" { who = \"ana\", id = \"1\" } -> grant  \"b\" { who = \"ben\", id = \"2\" } -> grant",
        "PL0106",
    );
    table(
        "call docs.\"{row.verb}\" { id = \"1\" } -> grant",
        "\"a\" { who = \"ana\", verb = \"get\" }  \"b\" { who = \"ana\", verb = \"gett\" }",
        "PL0106",
    );
    table(
        "call docs.get { id = \"{row.list}\" } -> grant\nafter row.wait",
        "\"a\" { who = \"ana\", list = [], wait = 5 }",
        "PL0207 PL0207",
    );
    table(
        get,
        "\"a\" { who = \"ana//b\", id = \"1\" } -> grant",
        "PL0501",
    );
}

#[test]
fn rows_and_lines_have_the_same_columns() {
    let get = "call docs.get { id = row.id } -> row";
    table(get, "\"a\" { who = \"ana\" } -> grant", "PL0811");
    table(
        "call docs.get { id = \"{row.}\" } -> grant",
        "\"a\" { who = \"ana\" }",
        "PL0811",
    );
    table(
        get,
        "\"a\" { who = \"ana\", id = \"1\" } -> grant  \"b\" { who = \"ana\", idd = \"1\" } -> grant",
        "PL0812",
    );
    table(
        get,
        "\"a\" { who = \"ana\", id = \"1\", more = 1 } -> grant",
        "PL0813",
    );
    table(
        get,
        "\"a\" { who = \"ana\", id = \"1\", id = \"2\" } -> grant",
        "PL0110",
    );
    table(
        get,
        "\"a\" { who = \"ana\", id = row.who } -> grant",
        "PL0810",
    );
    table(get, "", "PL0814");
    table(
        get,
        "\"a\" { who = \"ana\", id = \"1\" } -> grant  \"a\" { who = \"ana\", id = \"2\" } -> grant",
        "PL0110",
    );
    table(
        get,
        "\"a\" { who = \"ana\", id = \"1\" } -> grant } rows { \"b\" { who = \"ana\", id = \"1\" } -> grant",
        "PL0808",
    );
    check("agent x { owner = row.x }", "PL0810");
    check(
        "given g { user \"{row.x}\"  context { payload = [row.x] } }",
        "PL0810 PL0810",
    );
    check(
        "test \"case\" { agent bot  issue docs read \"doc/{row.x}\" for row.y -> row }",
        "PL0524 PL0810 PL0810 PL0810",
    );
    check(
        "test \"a\" { rows { \"b\" {} \"c\" {} } } test \"a / b\" {}",
        "PL0110",
    );
}

#[test]
fn rows_expect_what_steps_ask_for() {
    let get = "call docs.get { id = row.id } -> row";
    let row = |expect: &str| format!("\"a\" {{ who = \"ana\", id = \"1\" }} {expect}");
    table(get, &row(""), "PL0815");
    table(
        "call docs.get { id = row.id } -> grant",
        &row("-> grant"),
        "PL0815",
    );
    table(get, &row("-> row"), "PL0815");
    table(get, &row("-> narrowed to \"doc/1\""), "PL0805");
    table(get, &row("-> yes"), "PL0805");
    table(get, &row("-> deny nogrant"), "PL0804");
    table(get, &row("-> grant by nope"), "PL0803");
    table(get, &row("-> grant fails"), "");
    table(get, &row("-> deny no-grant fails"), "PL0805");
    table(
        "call docs.get { id = row.id } -> row fails",
        &row("-> grant"),
        "PL0815",
    );
    table(
        "issue docs read \"{row.id}\" -> row",
        &row("-> grant fails"),
        "PL0805",
    );
    table(
        "call docs.put { id = row.id, body = \"\", amount = 1 } -> row",
        &row("-> grant result { version = row.id }"),
        "PL0207",
    );
    table(
        "list docs.get -> row\ncall docs.get { id = row.id } -> grant",
        &row("-> depends"),
        "",
    );
}

#[test]
fn what_is_wrong_with_rows_is_explained() {
    let text = r#"
test "a desk reads tickets of its own tenant only" {
  agent bot { tier = row.tier, zone = "eu" }
  user  "{row.who}" in staff { tenant = row.tenant }
  issue docs read "doc/{row.tenant}-*" -> grant
  call  docs.get { id = "{row.tenant}-{row.asked}", page = row.pagee } -> row

  rows {
    "its own"          { who = "ana", tenant = "acme", asked = "1", tier = 2, page = 1 } -> grant by base
    "another tenant's" { who = "ana", tenent = "globex", asked = "2", tier = 2, page = 1 } -> deny out-of-scope
    "too many"         { who = "any", tenant = "a//b", asked = 3, tier = "x", page = 1 }
  }
}
test "only cells" {
  agent bot
  user  "{row.who}"
  issue docs read "doc/x/{row.part}/z" as "{row.who}-first" -> grant by "{row.rule}"
  issue docs raed "doc/1" -> row
  rows {
    "one"   { who = "ana", part = "a", rule = "bass" } -> grant
    "two"   { who = "any", part = "a/../c", rule = "base" } -> yes
    "three" { who = "none", part = "", rule = "base" } -> deny no-grand
  }
}
"#;
    let (checked, sources) = check_files(&[("case", text), ("world", WORLD)]);
    insta::assert_snapshot!(render(&checked.diagnostics, &sources));
}
