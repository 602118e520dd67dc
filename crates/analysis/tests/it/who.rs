//! What is granted within questions about a small policy, as regions.

use placet_analysis::{Answer, Effort, Question, Region, who};
use placet_model::compiled::Compiled;
use placet_model::pattern::Concrete;
use placet_model::policy::{Agents, Policy, Users};

const DESK: &str = r#"
policy desk { language 1  layers org, main  lifetime 1h }
facts user    { tenant: text, teams: set<text>? }
facts task    { purpose: "triage" | "billing", tickets: set<text> }
facts context { risk: int, mfa: bool? }
group agents coders from request
group users leads from request
group users clerks = ana, ben
group actions destructive = delete
agent bot in bots
agent night-bot in bots
agent clerk
group agents bots
tool desk {
  action read   { get(tenant: text, id: text) -> "ticket/{tenant}/{id}"
                  search(tenant: text) -> "ticket/{tenant}" }
  action note   { put(tenant: text, id: text) -> "ticket/{tenant}/{id}" }
  action delete { remove(tenant: text, id: text) -> "ticket/{tenant}/{id}" }
}
tool disk { action read { cat(file: text) -> "file/{path(file)}" } }
"#;

const RULES: &str = r#"
grant triage {
  agent in bots  user any  tool desk  action read, note
  resource "ticket/{user.tenant}/**"  when task.purpose == "triage"  for 15m  delegate 1
}
grant tidy {
  agent bot  user in clerks  tool desk  action delete
  resource "ticket/*/{task.tickets}"  budget 3 calls
}
grant files { agent in coders  user any, none  tool disk  action read  resource "file/pub/**" }
deny no-mfa { action delete  unless has context.mfa and context.mfa }
deny wall { resource "ticket/{*t}/**"  unless has user and t == user.tenant }
require word { action note  when context.risk > 50  consent }
require lead { action in destructive  approval leads per call  for 5m }
"#;

const ORG: &str = "layer org default grant\ndeny hijacked { when context.risk > 80 }\n";

fn compiled() -> Compiled {
    let texts = [
        ("desk.placet", format!("{DESK}\n{RULES}")),
        ("org.placet", ORG.to_owned()),
    ];
    let checked = placet_compiler::texts::check(texts);
    let found: Vec<&String> = checked.diagnostics.iter().map(|one| &one.message).collect();
    assert!(checked.policy.is_some(), "{found:?}");
    checked.policy.expect("a policy")
}

/// The regions as text, and what is not known.
fn shown(answer: &Answer) -> String {
    let mut text = String::new();
    for region in &answer.regions {
        assert!(region.witness.is_some() || !region.unknown.is_empty());
        text.push_str(&lines(region));
        text.push('\n');
    }
    for (why, call) in &answer.unknown {
        text.push_str(&format!("unknown {call}: {why:?}\n"));
    }
    text
}

fn lines(region: &Region) -> String {
    let mut text = String::new();
    for line in region.lines() {
        let by = line
            .rule
            .map(|rule| format!("  ({rule})"))
            .unwrap_or_default();
        text.push_str(&format!("{} {}{by}\n", line.word, line.text));
    }
    for (why, call) in &region.unknown {
        text.push_str(&format!("unknown {call}: {why:?}\n"));
    }
    text
}

fn asked(of: impl Fn(&Policy, &mut Question)) -> String {
    let compiled = compiled();
    let mut question = Question::default();
    of(compiled.policy(), &mut question);
    shown(&who(&compiled, &question, Effort::default()))
}

fn to(policy: &Policy, action: &str, tool: &str, resource: &str, question: &mut Question) {
    question.actions = policy.action(action).map(|id| vec![id]);
    question.functions = policy.function(tool).map(|id| vec![id]);
    question.resources = vec![Concrete::parse(resource).expect("a pattern")];
}

#[test]
fn all_that_is_granted_is_told() {
    insta::assert_snapshot!(asked(|_, _| {}));
}

#[test]
fn a_resource_says_what_facts_have_to_be() {
    insta::assert_snapshot!(asked(|policy, question| {
        to(policy, "read", "desk.get", "ticket/acme/17", question);
    }));
    insta::assert_snapshot!(asked(|policy, question| {
        to(policy, "delete", "desk.remove", "ticket/acme/17", question);
    }));
}

#[test]
fn an_agent_or_a_user_is_asked_about() {
    insta::assert_snapshot!(asked(|_, question| {
        question.agents = Agents::Named(vec!["clerk".into()]);
    }));
    insta::assert_snapshot!(asked(|_, question| {
        question.agents = Agents::Named(vec!["night-bot".into()]);
        question.users = Users::Named(vec!["ana".into()]);
    }));
    insta::assert_snapshot!(asked(|_, question| question.users = Users::None));
}
