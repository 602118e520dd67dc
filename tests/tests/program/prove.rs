//! `prove`, and the claims in `check`

use crate::support::{Folder, at_root};

const NOTES: &str = r#"
policy notes { language 1  layers main  lifetime 1h }
facts user { tenant: text }
group users editors from request
agent assistant
tool notes {
  action read   { read_note(tenant: text, id: int)   -> "note/{tenant}/{id}" }
  action delete { delete_note(tenant: text, id: int) -> "note/{tenant}/{id}" }
}
grant read-notes   { agent assistant  user any  tool notes  action read    resource "note/{user.tenant}/**" }
grant delete-notes { agent assistant  user in editors  tool notes  action delete  resource "note/{user.tenant}/**"  consent per call }
claim "nobody crosses tenants" { never { resource "note/{*t}/**"  unless has user and t == user.tenant } }
claim "what is deleted has the user's word" { every { action delete } needs consent per call }
"#;

fn notes(change: (&str, &str)) -> Folder {
    let text = NOTES.replacen(change.0, change.1, 1);
    assert!(change.0 == change.1 || text != NOTES, "nothing was changed");
    let folder = Folder::new();
    folder.file("notes.placet", text);
    folder
}

#[test]
fn claims_that_hold_are_proved() {
    let folder = notes(("", ""));
    let shown = folder.run(&["prove", "."]).ends(0).stdout;
    insta::assert_snapshot!(shown, @r"
    proved   nobody crosses tenants
    proved   what is deleted has the user's word
    proved: 2 claims
    ");
    folder.run(&["check", "."]).ends(0).shows("2 claims proved");
}

/// One word less, and `decide` confirms the request that is shown.
#[test]
fn a_claim_that_does_not_hold_is_refuted_with_a_request_that_is_granted() {
    let folder = notes(("note/{user.tenant}/**", "note/*/**"));
    let shown = folder.run(&["prove", "."]).ends(1).stdout;
    insta::assert_snapshot!(shown);
    folder
        .run(&["check", "."])
        .ends(1)
        .shows("REFUTED")
        .shows("1 of 2 claims proved");

    let json = folder
        .run(&["prove", ".", "--format", "json"])
        .ends(1)
        .json();
    assert_eq!(json["passed"], false);
    assert_eq!(json["counts"]["refuted"], 1);
    let claim = &json["claims"][0];
    assert_eq!(claim["holds_without"][0], "main/read-notes");
    folder.file("request.json", claim["request"].to_string());
    let decided = folder
        .run(&[
            "decide",
            "--no-credential",
            "--policy",
            "notes.placet",
            "request.json",
        ])
        .ends(0)
        .json();
    assert_eq!(decided["decision"], "grant");
    assert_eq!(decided["policy"], claim["decision"]["policy"]);
}

#[test]
fn a_duty_that_is_missing_is_named() {
    let folder = notes(("  consent per call }", "  consent }"));
    folder
        .run(&["prove", ".", "--filter", "word"])
        .ends(1)
        .shows("granted without `consent per call`, by `main/delete-notes`")
        .shows("not proved: 1 of 1 claim, 1 refuted");
}

#[test]
fn what_cannot_be_told_is_unknown_with_the_reason() {
    let folder = notes(("", ""));
    folder.file(
        "sum.placet",
        "claim \"few\" { never { action read  unless args.id + args.id < 7 } }\n\
         deny many { action read  unless args.id + args.id + 0 < 7 }\n",
    );
    folder
        .run(&["prove", ".", "--filter", "few"])
        .ends(1)
        .shows("unknown  few")
        .shows("notes.read_note (read): it depends on what is not followed exactly: `args.id + args.id");
    folder
        .run(&["check", "."])
        .ends(0)
        .shows("2 of 3 claims proved");
    folder.run(&["check", ".", "--deny-warnings"]).ends(1);
}

#[test]
fn what_cannot_be_proved_at_all_is_an_error() {
    let folder = notes(("", ""));
    folder
        .run(&["prove", ".", "--filter", "nothing of the kind"])
        .ends(2)
        .says("no claim has `nothing of the kind` in its name; there are 2 claims");
    folder.file("bad.placet", "claim \"bad\" { never { action delte } }");
    folder.run(&["prove", "."]).ends(2).says("PL0105");
    Folder::starter()
        .run(&["prove", "."])
        .ends(0)
        .shows("no claims");
}

#[test]
fn the_claims_of_real_policies_are_proved() {
    at_root(&[
        "prove",
        "policies/support-desk",
        "policies/payments",
        "policies/github",
    ])
    .ends(0)
    .shows("in 3 suites");
}
