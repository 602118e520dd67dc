//! What an embedder lends is checked as what is read as JSON is: whatever reading would refuse,
//! the engine refuses by itself, and all ways of asking agree.

use placet_compiler::texts::compile;
use placet_model::decision::Reason;
use placet_model::json::{Fields, Json};
use placet_model::question::{Asking, Datum, Given, Job, Names, Party, Question};
use placet_model::request::Calls;
use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::Engine;

const POLICY: &str = r#"
policy lent { language 1  layers main  lifetime 1h }
facts agent { tier: text }
facts user { level: int }
facts task { ticket: text }
facts context { risk: int = 0 }
facts resource "doc/**" { secret: bool }
agent bot
group users staff = ana
tool docs { action read -> "doc/**"  action list -> "doc/**" }
tool docs2 { action read -> "doc/**" }
tool mail { action write { send(to: text) -> "mail/{to}" } }
history past = calls tool docs per agent
grant reads {
  agent bot  user any  tool docs  action read  resource "doc/**"
  when has agent.tier and agent.tier == "gold" and context.risk < 5
}
grant writes { agent bot  user any  tool mail.send  action write  resource any }
"#;

const READ: Asking<'static> = Asking::Triple {
    tool: "docs",
    action: "read",
    resource: "doc/a",
};

const GOLD: Datum<'static> = Datum::Text("gold");

fn engine() -> Engine {
    let policy = compile([("lent", POLICY)]).unwrap_or_else(|findings| panic!("{findings}"));
    Engine::new(policy)
}

/// Asks for a document as an agent with a right to it, but for what is changed, and checks
/// what the decision says; nothing where it grants.
fn check(change: impl FnOnce(&mut Question<'_>), said: &str) {
    let facts = [("tier", GOLD)];
    let mut question = Question {
        agent: Party {
            facts: Given::Lent(&facts),
            ..Party::from("bot")
        },
        user: Some(Party::from("ana")),
        ..Question::new("bot", READ)
    };
    // What is changed is lent for as long as the policy lives.
    change(&mut question);
    let engine = engine();
    let decision = engine.decide_without_credential(question);
    assert_eq!(decision.explanation.join("\n"), said);
    assert_eq!(
        decision.is_grant(),
        said.is_empty(),
        "{:?}",
        decision.reason
    );
    let ruling = engine.ruling_without_credential(question);
    assert_eq!(ruling.reason(), decision.reason, "{said}");
    let ready = engine.ready_without_credential(question);
    assert_eq!(ready.ruling(), ruling, "{said}");
}

#[test]
fn of_what_is_lent_twice_no_engine_chooses_one() {
    const NULL: Datum<'_> = Datum::Json(&Json::Null);
    const BASE: Datum<'_> = Datum::Text("base");
    const ANY: Json = Json::Null;
    let agent = |facts: &'static [(&str, Datum<'_>)], said: &str| {
        check(|question| question.agent.facts = Given::Lent(facts), said);
    };
    agent(&[("tier", GOLD)], "");
    agent(&[("other", BASE), ("tier", GOLD), ("other", GOLD)], "");
    let twice = "/agent/facts/tier: `tier` is given twice";
    agent(&[("tier", BASE), ("tier", GOLD)], twice);
    agent(&[("tier", GOLD), ("tier", GOLD)], twice);
    agent(&[("tier", NULL), ("tier", GOLD)], twice);
    agent(&[("tier", GOLD), ("owner", BASE), ("tier", NULL)], twice);
    check(
        |question| {
            question.user = Some(Party {
                facts: Given::Lent(&[("level", Datum::Int(1)), ("level", Datum::Int(2))]),
                ..Party::from("ana")
            });
        },
        "/user/facts/level: `level` is given twice",
    );
    check(
        |question| {
            question.task = Some(Job {
                facts: Given::Lent(&[("ticket", BASE), ("ticket", GOLD)]),
                ..Job::from("t")
            });
        },
        "/task/facts/ticket: `ticket` is given twice",
    );
    check(
        |question| question.context = Given::Lent(&[("risk", Datum::Int(9)), ("risk", NULL)]),
        "/context/risk: `risk` is given twice",
    );
    check(
        |question| {
            question.asked = Asking::Call {
                tool: "mail.send",
                args: Given::Lent(&[("to", BASE), ("to", GOLD)]),
            };
        },
        "/call/args/to: `to` is given twice",
    );
    let secret = |to: bool| (SmolStr::from("secret"), Json::Bool(to));
    let within: &[(SmolStr, Fields)] = Box::leak(Box::new([(
        "doc/a".into(),
        vec![secret(true), secret(false)],
    )]));
    check(
        |question| question.resources = within,
        "/resources/doc~1a/secret: `secret` is given twice",
    );
    let two: &[(SmolStr, Fields)] = Box::leak(Box::new([
        ("doc/a".into(), vec![secret(true)]),
        ("doc/b".into(), vec![("secret".into(), ANY)]),
        ("doc/a".into(), vec![secret(false)]),
    ]));
    check(
        |question| question.resources = two,
        "/resources/doc~1a: `doc/a` is given twice",
    );
    let two: &[(SmolStr, Calls)] = Box::leak(Box::new([
        ("past".into(), Calls::Count(100)),
        ("past".into(), Calls::Count(0)),
    ]));
    check(
        |question| question.histories = two,
        "/histories/past: `past` is given twice",
    );
    let two: &[(SmolStr, Vec<Decimal>)] = Box::leak(Box::new([
        ("main/reads".into(), vec![Decimal::TEN]),
        ("main/reads".into(), vec![Decimal::ZERO]),
    ]));
    check(
        |question| question.budgets = two,
        "/budgets/main~1reads: `main/reads` is given twice",
    );
}

#[test]
fn names_that_are_lent_are_checked() {
    let asked = |tool, action, resource, said: &str| {
        let triple = Asking::Triple {
            tool,
            action,
            resource,
        };
        check(|question| question.asked = triple, said);
    };
    asked("docs", "read", "doc/a", "");
    asked("", "read", "doc/a", "/tool: empty text");
    asked(
        "doc",
        "read",
        "doc/a",
        "unknown tool `doc`; did you mean `docs`?",
    );
    asked(
        "docs2",
        "list",
        "doc/a",
        "/action: tool `docs2` has no action `list`",
    );
    asked(
        "mail",
        "write",
        "doc/a",
        "`mail` is a server; name one of its functions",
    );
    asked(
        "docs",
        "read\u{202e}",
        "doc/a",
        "/action: bidirectional control character U+202E at byte 4",
    );
    asked(
        "docs",
        "read",
        "doc/a\u{0}",
        "/resource: control character U+0000 at byte 5",
    );
    asked(
        "docs",
        "read",
        "doc/e\u{301}",
        "/resource: text is not in Unicode Normalization Form C at byte 4",
    );
    asked(
        "docs",
        "read",
        "doc//a",
        "/resource: empty segment at byte 4",
    );
    // An action of others is none of this tool's.
    asked(
        "docs",
        "write",
        "doc/a",
        "/action: tool `docs` has no action `write`",
    );
    check(|question| question.agent.id = "", "/agent/id: empty text");
    check(
        |question| question.agent.id = "bot\n",
        "/agent/id: control character U+000A at byte 3",
    );
    check(
        |question| question.agent.facts = Given::Lent(&[("tier", Datum::Int(3))]),
        "/agent/facts/tier: expected a string, found a number",
    );
    // `staff` names its members, and a request puts nobody into it.
    check(
        |question| {
            question.user = Some(Party {
                groups: Some(Names::Lent(&["unheard-of", "staff"])),
                ..Party::from("eve")
            });
        },
        "/user/groups/1: the policy names the members of group `staff`, and `eve` is not among them",
    );
    // Names inline and on the heap are the same names.
    let names = [
        "a-name-of-22-bytes-000",
        "a-name-of-23-bytes-0000",
        "a-name-of-24-bytes-00000",
    ];
    for name in names {
        let resource: &str = Box::leak(format!("doc/{name}/{name}").into());
        asked("docs", "read", resource, "");
    }
}

#[test]
fn a_plain_triple_and_a_call_are_told_apart() {
    let call = Asking::Call {
        tool: "docs",
        args: Given::NONE,
    };
    check(
        |question| question.asked = call,
        "/call/tool: `docs` takes no calls; ask with `tool`, `action` and `resource` in place of `call`",
    );
    assert_eq!(
        engine().ruling(Question::new("bot", READ)).reason(),
        Reason::InvalidRequest
    );
}
