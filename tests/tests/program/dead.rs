//! `dead`

use crate::support::Folder;

const NOTES: &str = r#"
policy notes { language 1  layers main  lifetime 1h }
facts user { tenant: text }
facts context { risk: int }
agent assistant
tool notes {
  action read   { read_note(tenant: text, id: int)   -> "note/{tenant}/{id}" }
  action delete { delete_note(tenant: text, id: int) -> "note/{tenant}/{id}" }
}
grant read-notes { agent assistant  user any  tool notes  action read  resource "note/{user.tenant}/**" }
grant read-one   { agent assistant  user any  tool notes.read_note  action any  resource "note/{user.tenant}/7"  for 5m }
deny risky       { when context.risk > 5  unless context.risk < 3 }
deny deletion    { action delete }
"#;

#[test]
fn rules_that_decide_nothing_are_shown_with_what_is_in_their_way() {
    let folder = Folder::new();
    folder.file("notes.placet", NOTES);
    let shown = folder.run(&["dead", "."]).ends(1).stdout;
    insta::assert_snapshot!(shown);

    let json = folder
        .run(&["dead", ".", "--format", "json"])
        .ends(1)
        .json();
    assert_eq!(json["passed"], false);
    assert_eq!(json["counts"]["dead"], 1);
    assert_eq!(json["counts"]["ungranted"], 1);
    assert_eq!(json["counts"]["idle"], 1);
    let rules = json["rules"].as_array().expect("rules");
    let named = |name: &str| {
        let mut rules = rules.iter();
        rules.find(|rule| rule["rule"] == name).expect("the rule")
    };
    assert_eq!(
        named("main/read-one")["because"][0]["name"],
        "main/read-notes"
    );
    assert_eq!(named("main/risky")["idle"][0]["because"], "implied");
    // What is shown of a rule that decides is what is decided.
    let deciding = named("main/read-notes");
    folder.file("request.json", deciding["request"].to_string());
    let decide = ["decide", "--policy", ".", "--no-credential", "request.json"];
    folder.run(&decide).ends(0);
}

#[test]
fn a_policy_of_which_every_rule_decides_is_alive() {
    let folder = Folder::new();
    folder.file("notes.placet", NOTES);
    let only = ["dead", ".", "--filter", "read-notes"];
    folder.run(&only).ends(0).shows("alive: 1 rule");
    let all = ["dead", ".", "--filter", "read-notes", "--all"];
    folder
        .run(&all)
        .ends(0)
        .shows("decides")
        .shows("without it: no-grant");
    folder.run(&["dead", ".", "--filter", "nothing"]).ends(2);
}
