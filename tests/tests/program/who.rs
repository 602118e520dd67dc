//! `who-can`, `what-can` and `blast-radius`

use crate::support::{Folder, at_root};

const DESK: &str = "policies/support-desk";

fn shown(args: &[&str]) -> String {
    at_root(args).ends(0).stdout
}

#[test]
fn who_can_do_something_is_told_with_the_conditions() {
    insta::assert_snapshot!(shown(&["who-can", "delete", "tickets", "--policy", DESK]));
    insta::assert_snapshot!(shown(&[
        "who-can",
        "delete",
        "tickets",
        "ticket/acme/41",
        "--policy",
        DESK
    ]));
    insta::assert_snapshot!(shown(&[
        "who-can", "in destructive", "any", "--for", "none", "--policy", DESK
    ]), @"complete: nothing is granted");
    insta::assert_snapshot!(shown(&[
        "who-can",
        "pay",
        "money",
        "payee/shop-17",
        "--policy",
        "policies/owasp-agentic"
    ]));
}

#[test]
fn what_an_agent_can_do_is_told_with_the_conditions() {
    insta::assert_snapshot!(shown(&["what-can", "billing-bot", "--policy", DESK]));
    insta::assert_snapshot!(shown(&[
        "what-can",
        "in triage-bots",
        "--for",
        "ana",
        "--policy",
        DESK
    ]));
}

/// `decide` grants what is shown as an example.
#[test]
fn every_region_has_a_request_that_is_granted() {
    let json = at_root(&[
        "what-can",
        "privacy-bot",
        "--policy",
        DESK,
        "--format",
        "json",
    ]);
    let json = json.ends(0).json();
    assert_eq!(json["version"], 1);
    assert_eq!(json["complete"], true);
    let regions = json["regions"].as_array().expect("a list");
    assert_eq!(regions.len(), 3);
    let folder = Folder::new();
    let policy = crate::support::root().join(DESK);
    let policy = policy.to_str().expect("a path");
    for region in regions {
        let request = &region["witness"]["request"];
        assert_eq!(request["agent"]["id"], "privacy-bot");
        folder.file("request.json", request.to_string());
        folder
            .run(&[
                "decide",
                "--no-credential",
                "--policy",
                policy,
                "request.json",
            ])
            .ends(0);
    }
    let mut first = regions[0].clone();
    first["witness"] = serde_json::Value::Null;
    insta::assert_snapshot!(serde_json::to_string_pretty(&first).expect("JSON"));
}

#[test]
fn the_worst_that_an_agent_could_do_is_summed_up() {
    insta::assert_snapshot!(shown(&["blast-radius", "triage-bot", "--policy", DESK]));
    insta::assert_snapshot!(shown(&[
        "blast-radius",
        "planner",
        "--policy",
        "policies/devops"
    ]));
    let json = at_root(&[
        "blast-radius",
        "assistant",
        "--policy",
        "policies/owasp-agentic",
        "--format",
        "json",
    ]);
    let json = json.ends(0).json();
    // A whole chain, credentials and all, that the evaluator grants.
    let witness = &json["delegates"][0]["witness"];
    assert_eq!(witness["decision"]["decision"], "grant");
    assert_eq!(witness["request"]["agent"]["id"], "reader");
    let parent = &witness["request"]["credential"]["parent"];
    assert_eq!(parent["agent"]["id"], "assistant");
}

#[test]
fn what_a_credential_still_allows_is_told_by_the_policy_in_force() {
    let folder = Folder::new();
    let policy = crate::support::root().join(DESK);
    let request = policy.join("requests/issue.json");
    let (policy, request) = (policy.to_str().expect("a path"), request.to_str());
    let issued = folder.run(&[
        "issue",
        "--policy",
        policy,
        "--store",
        "store",
        request.expect("a path"),
    ]);
    let issued = issued.ends(0).stdout;
    folder.file("issued.json", &issued);
    let at = ["--at", "2026-01-05T09:06:00Z", "--policy", policy];
    let blast = |of: &str, more: &[&str]| {
        let args = [&["blast-radius", of][..], &at, more].concat();
        folder.run(&args).ends(0).stdout
    };
    insta::assert_snapshot!(blast("issued.json", &["--store", "store"]));
    let issued: serde_json::Value = serde_json::from_str(&issued).expect("JSON");
    let id = issued["credential"]["id"].as_str().expect("an id");
    let shown = blast(id, &["--store", "store"]);
    assert_eq!(shown, blast("issued.json", &["--store", "store"]));
    let alone = blast("issued.json", &[]);
    assert!(alone.contains("not known without `--store`"), "{alone}");

    folder
        .run(&[
            "revoke",
            "--store",
            "store",
            "--credential",
            id,
            "--by",
            "ops",
            "--reason",
            "over",
        ])
        .ends(0);
    let shown = blast(id, &["--store", "store"]);
    assert!(shown.starts_with("revoked"), "{shown}");
    assert!(shown.contains("complete: nothing is granted"), "{shown}");
    folder
        .run(&["blast-radius", id, "--policy", policy])
        .ends(2)
        .says("no store is given");
    folder.file("broken.json", "{ \"agent\": 7 }");
    folder
        .run(&["blast-radius", "broken.json", "--policy", policy])
        .ends(2)
        .says("`broken.json` holds no credential");
}

#[test]
fn what_cannot_be_asked_is_an_error_with_a_suggestion() {
    let check = |args: &[&str], says: &[&str]| {
        let mut run = at_root(&[args, &["--policy", DESK]].concat()).ends(2);
        for text in says {
            run = run.says(text);
        }
    };
    check(
        &["who-can", "delte", "tickets"],
        &["unknown action `delte`", "`delete`?"],
    );
    check(
        &["who-can", "read", "tickts"],
        &["unknown tool `tickts`", "`tickets`?"],
    );
    check(
        &["who-can", "in gone", "any"],
        &["unknown group of actions `gone`", "`destructive`"],
    );
    check(
        &["who-can", "read", "tickets", "ticket//x"],
        &["empty segment at byte 7"],
    );
    check(
        &["who-can", "read", "tickets", "invoice/a/1"],
        &[
            "no call that is asked about has a resource like `invoice/a/1`",
            "`ticket/{tenant}/{id}`",
        ],
    );
    check(
        &["who-can", "erase", "tickets"],
        &["these tools have no such action"],
    );
    check(
        &["what-can", "triage-bt"],
        &["unknown agent `triage-bt`", "`triage-bot`?"],
    );
    check(&["what-can", "a\u{1b}[31m"], &["control"]);
    check(
        &["what-can", "triage-bot", "--for", "in nobody"],
        &["unknown group of users"],
    );
    check(&["blast-radius", "nobody"], &["unknown agent `nobody`"]);
}

/// The console blocks of the page show what the program says.
#[test]
fn the_page_shows_what_is_said() {
    let page = std::fs::read_to_string(crate::support::root().join("docs/reference/who-can.md"));
    let page = page.expect("there is a page");
    let mut shown = 0;
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().expect("a block ends");
        let (command, said) = block.split_once('\n').expect("a command says something");
        let args = command
            .strip_prefix("$ placet ")
            .expect("it runs the program");
        let args: Vec<&str> = args.split_whitespace().collect();
        assert_eq!(at_root(&args).ends(0).stdout, said, "{command}");
        shown += 1;
    }
    assert_eq!(shown, 2);
}
