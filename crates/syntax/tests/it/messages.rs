//! What is said of mistakes: source and diagnostics side by side.

use insta::assert_snapshot;

use crate::render::rendered;

#[test]
fn clauses_that_do_not_parse_are_explained_one_by_one() {
    assert_snapshot!(rendered(
        r##"
allow a { principal bot  user any  tool t  action read  path "x/**" }
grant b {
  agent bot,
  user any
  tool zendesk.get_ticket zendesk.delete_ticket
  action *
  resource *
  for 15
  delegate one
  budget 3
  approval
  consent per calls
  at run-time
}
"##
    ));
}

#[test]
fn conditions_of_other_languages_are_explained() {
    assert_snapshot!(rendered(
        r##"
deny c {
  when user.id = "x"
  unless has context.mfa and context.mfa == true)
  when not
  when !has user
  when x in ["a" "b"]
  when x in ["a", "b"
  when a == b == c
  when some x in xs (x > 1)
  when all x of xs: x > 1
  when count(xs > 3
  when x is 3
  when x => 3
  when user.name matches "x"
  when args.amount * 2 > 3
  when 5mins > x
}
"##
    ));
}

#[test]
fn declarations_that_do_not_parse_are_explained() {
    assert_snapshot!(rendered(
        r##"
policy p { language "1"  layers: main  lifetime 1 h }
facts user { name: string, age: integer, tags: set<text, ids: list, x = int, y: text = , z }
facts users { a: int }
facts user at run { a: int }
agent bot in { owner = x }
agent bot { owner: "x" }
agent spiffe://acme/bot
group agent bots
group agents bots from requests
group agents bots: a, b
action delete
history h = calls tool t
history h = tool t per task
history h = calls tool t per day within 1h
let x
let f(a) = a
let f(a: int) == a
layer foo
"##
    ));
}

#[test]
fn parts_of_tools_that_do_not_parse_are_explained() {
    assert_snapshot!(rendered(
        r##"
tool t
tool t {
  action read { f(a: int) }
  action write f(a: int) -> "x"
  action { f() -> "x" }
  f(a: int) -> "x"
  function g(a: int) -> "x"
  function h(a: int) { read if a > 1 -> "x" }
  function i(a int) { read -> "x" }
  function j(a: int {
    read -> "x"
  }
  /// doc
}
"##
    ));
}

#[test]
fn claims_and_tests_that_do_not_parse_are_explained() {
    assert_snapshot!(rendered(
        r##"
claim "a" { no { user none } }
claim "b" { never user none }
claim "c" { every { user none } }
claim "d" { only x may }
test "e" {
  agent a
  at 2026-01-01
  issue t read -> grant
  issue t read "x" -> narrowed "y"
  call t.f -> grant
  call t.f {} -> denied
  call t.f { a = null } -> grant
  call t.f { a: 1, b: 2 } -> grant
  call t.f {} grant
  list t.f -> maybe
  after 1 hour
  consent ana
}
test { agent a }
@owner payments
grant x {}
grant {}
grant y
@owner("x"
deny z { user none }
"##
    ));
}

#[test]
fn headers_and_odd_characters_are_explained() {
    assert_snapshot!(rendered(
        r##"
grant payments v2 { agent a  user any  tool t  action b  resource "x" }
deny a { resource "x" or "y" }
deny b { agent in desk bots }
deny c { user any none }
deny d { for 1h30m }
deny e { action any except delete }
deny f { action in: destructive }
deny g [ action read ]
deny h ( action read )
deny i { action read; user any }
deny j { resource 'x' }
deny k { when context.risk > 5% }
deny l { when context.risk ≥ 5 }
deny m { when a? }
"##
    ));
}

#[test]
fn brackets_that_do_not_match_cost_no_more_than_their_block() {
    assert_snapshot!(rendered(
        r##"
grant a {
  agent x
  user any

deny b { action y }
deny c {
  when (a and b
  for 15m
}
}
tool z {
  action read {
    f(a: text -> "x"
    g(b: text) -> x/{b}
    h(c: text) -> "x"
  }
  functon k(a: text) { read -> "x" }
}
claim "d" { never { tool x unles y } never {} }
deny e {
  when d
"##
    ));
}

#[test]
fn broken_strings_and_forbidden_characters_are_explained() {
    assert_snapshot!(rendered(
        "grant x { agent \"a
  user any  resource \"x/** }
claim \"never again { never { user none } }
deny a { resource \"x\\d\"  when a == \"\\u{d800}\" or b == \"\\u{110000}\" or c == \"\\\" }
deny b\u{0} { user none } // \u{202e} and \u{1b}[2J
deny c { when user.name == \"tab\there\" }
agent e\u{301}tude
agent \"e\u{301}tude\"
agent \"\"
agent \"a\\nb\"
deny d { user none }\r
deny e { user\rnone }
deny f { user\u{a0}none }
/// a doc comment that documents nothing
"
    ));
}

#[test]
fn one_mistake_does_not_hide_another() {
    let text = "
gran a { agent x  user any }
grant b {
  agent    in triage-bots
  resources \"ticket/**\"
  action   read comment
  resource ticket/{user.tenant}/**
  when     task.purpose = \"triage\" && context.risk < 50
  for      15min
}
deny c { user none }
";
    let found = crate::render::parsed(text);
    assert_snapshot!(rendered(text));
    assert_eq!(found.file.items.len(), 3);
    assert!(found.file.items[0].recovered && found.file.items[1].recovered);
    assert!(!found.file.items[2].recovered);
}

#[test]
fn rows_that_do_not_parse_are_explained_one_by_one() {
    assert_snapshot!(rendered(
        r##"
test "rows" {
  call f { a = row.x } -> row
  rows {
    "one" { x = 1 } -> grant,
    "two" { x: 1 } -> grant
    three { x = 1 } -> grant
    "four" { x = 1 } grant
    "five" { x = 1 } -> denied no-grant
    "six" -> grant
    "seven" { x = 1 } -> deny no-grant
  }
  after 1m
  row { "eight" { x = 1 } -> grant }
}
test "open" {
  rows {
    "one" { x = 1 } -> grant
    "two" { x = 1  -> grant
  }
}
test "a word" { call f { a = row } -> grant  call f { a = row. } -> grant  call f { a = rows.x } -> grant }
"##
    ));
}
