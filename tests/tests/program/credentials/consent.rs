//! Who gives what is asked for.

use serde_json::json;

use super::{NOON, by_policy, call, desk, issuance, issued, order, used};

#[test]
fn consents_and_approvals_are_given_by_whom_they_are_asked() {
    let folder = desk();
    let (id, _) = issued(&folder);
    let drop = call("clerk", "drop_order", order(1));
    let denied = used(&folder, &id, &drop, 1);
    assert_eq!(denied["reason"], "approval-required");
    let give = |args: &[&str], code: i32| {
        let args = [&["consent", "--at", NOON], args].concat();
        by_policy(&folder, &args, denied.to_string()).ends(code)
    };
    give(&["--by", "bob"], 2).says("nothing of it is `bob`'s to give");
    give(&["--by", "bob"], 2).says("--groups managers");
    give(&["--by", "bob", "--groups", "auditors"], 2).says("`bob` is not in `auditors`");
    give(&["--by", "clerk", "--groups", "managers"], 2).says("is an agent");
    let run = give(
        &["--by", "ana", "--groups", "managers", "--format", "json"],
        0,
    )
    .json();
    assert_eq!(run["recorded"][0]["kind"], "consent");
    assert_eq!(
        run["remaining"]["approvals"][0]["group"], "managers",
        "not the user's own"
    );
    give(
        &[
            "--by",
            "bob",
            "--groups",
            "managers",
            "--until",
            "2026-11-24T13:00:00Z",
        ],
        0,
    )
    .shows("recorded approval");
    assert_eq!(used(&folder, &id, &drop, 0)["decision"], "grant");
    assert_eq!(
        used(&folder, &id, &drop, 1)["reason"],
        "approval-required",
        "both are spent"
    );

    // Members of this group are named by the policy.
    let books = call("clerk", "books", json!({ "tenant": "acme" }));
    let denied = used(&folder, &id, &books, 1);
    let ask = denied["obligations"]["ask"].to_string();
    by_policy(&folder, &["consent", "--by", "bob", "--at", NOON], &ask).ends(2);
    by_policy(&folder, &["consent", "--by", "eve", "--at", NOON], &ask).ends(0);
    assert_eq!(used(&folder, &id, &books, 0)["decision"], "grant");
}

#[test]
fn a_consent_may_come_first() {
    let folder = desk();
    let mut request = issuance("clerk");
    request["scopes"] = json!([{ "tool": "shop", "action": "export", "resource": "export/acme" }]);
    let asked = by_policy(&folder, &["issue"], request.to_string())
        .ends(1)
        .json();
    assert_eq!(asked["reason"], "consent-required");
    let scope = [
        "consent", "--by", "ana", "--at", NOON, "--agent", "clerk", "--task", "T-1",
    ];
    let args = [
        &scope[..],
        &["--scope", "shop.export", "export", "export/*"],
    ]
    .concat();
    by_policy(&folder, &args, "")
        .ends(0)
        .shows("recorded consent 1");
    let granted = by_policy(&folder, &["issue"], request.to_string()).ends(0);
    assert_eq!(granted.json()["credential"]["consents"][0]["by"], "ana");
    let wrong = ["consent", "--by", "ana", "--agent", "clerk", "--scope"];
    by_policy(
        &folder,
        &[&wrong[..], &["shop.exprt", "export", "**"]].concat(),
        "",
    )
    .ends(2)
    .says("did you mean `shop.export`?");
    by_policy(
        &folder,
        &[&wrong[..], &["shop", "exports", "**"]].concat(),
        "",
    )
    .ends(2)
    .says("did you mean `export`?");
    by_policy(
        &folder,
        &[&wrong[..], &["shop", "any", "a/../b"]].concat(),
        "",
    )
    .ends(2)
    .says("cannot be recorded");
    // What asks for nothing, and what is no decision.
    let run = by_policy(&folder, &["consent", "--by", "ana"], granted.stdout);
    run.ends(2).says("asks for no consent");
    by_policy(&folder, &["consent", "--by", "ana"], "[]")
        .ends(2)
        .says("an object is needed here");
    by_policy(&folder, &["consent", "--by", "ana"], "nope")
        .ends(2)
        .says("not JSON");
}
