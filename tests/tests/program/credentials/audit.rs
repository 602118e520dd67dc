//! What the trail shows.

use super::{NOON, by_policy, call, desk, issued, on_store, order, used};

#[test]
fn the_audit_tells_what_was_changed() {
    let folder = desk();
    let (id, _) = issued(&folder);
    used(&folder, &id, &call("clerk", "order", order(1)), 0);
    let good = on_store(&folder, &["audit", "verify", "--format", "json"], "")
        .ends(0)
        .json();
    assert_eq!(good["records"], 2);
    let head = format!(
        "{}:{}",
        good["head"]["seq"],
        good["head"]["hash"].as_str().expect("it has a hash")
    );
    let jwks = on_store(&folder, &["keys", "jwks", "--purpose", "audit"], "")
        .ends(0)
        .stdout;
    folder.file("audit.json", jwks);
    let verify = [
        "audit",
        "verify",
        "--keys",
        "audit.json",
        "--expect-head",
        &head,
    ];
    on_store(&folder, &verify, "")
        .ends(0)
        .shows("2 records in 1 segment");

    let log = "store/audit/00000000000000000001.jsonl";
    let text = folder.read(log);
    folder.file(log, text.replacen("12:05:00Z", "12:06:00Z", 1));
    on_store(&folder, &verify, "").ends(1).shows("record    2");
    let request = call("clerk", "order", order(1)).to_string();
    let run = by_policy(&folder, &["use", "--credential", &id], request).ends(2);
    assert_eq!(run.json()["reason"], "unavailable");
    folder.file(log, text);
    on_store(&folder, &verify, "").ends(0);
}

#[test]
fn the_trail_tells_who_acted_for_whom() {
    let folder = desk();
    let (id, _) = issued(&folder);
    used(&folder, &id, &call("clerk", "order", order(1)), 0);
    used(&folder, &id, &call("clerk", "drop_order", order(2)), 1);
    let by = [
        "revoke", "--by", "ops", "--reason", "done", "--user", "ana", "--at", NOON,
    ];
    on_store(&folder, &by, "").ends(0);
    let query = |args: &[&str], lines: usize| {
        let args = [&["audit", "query"], args].concat();
        let run = on_store(&folder, &args, "").ends(0);
        assert_eq!(
            run.stdout.lines().count(),
            lines,
            "{args:?}\n{}",
            run.stdout
        );
        run
    };
    query(&[], 4);
    query(&["--user", "ana"], 4);
    query(&["--user", "ben"], 0);
    query(&["--agent", "clerk", "--event", "call"], 2);
    query(&["--task", "T-1", "--decision", "deny"], 1).shows("denied approval-required");
    query(&["--tool", "shop.order"], 1).shows("read order/acme/1");
    query(&["--under", &id], 3);
    query(&["--reason", "granted"], 2);
    query(&["--since", "2026-11-24T12:01:00Z"], 2);
    query(&["--until", "2026-11-24T12:01:00Z"], 2);
    let records = query(&["--event", "revoke", "--format", "json"], 1).lines();
    assert_eq!(records[0]["revocation"]["user"], "ana");

    let show = |what: &str, code: i32| on_store(&folder, &["audit", "show", what], "").ends(code);
    show("2", 0).shows("\"event\": \"call\"");
    show(&id, 0).shows("1 call granted, 1 denied");
    show("9", 2).says("no record 9");
    show(&format!("c-{}", "a".repeat(26)), 2).says("no record tells");
    let json = ["audit", "show", &id, "--format", "json"];
    let lineage = on_store(&folder, &json, "").ends(0).json();
    assert_eq!(lineage["revocations"][0]["by"], "ops");
}

#[test]
fn an_attempt_with_a_forged_credential_leaves_a_record() {
    let folder = desk();
    let (_, issued) = issued(&folder);
    let mut request = call("clerk", "order", order(1));
    request["credential"] = issued["credential"].clone();
    request["credential"]["not_after"] = "2036-01-01T00:00:00Z".into();
    by_policy(&folder, &["use"], request.to_string()).ends(1);
    request["credential"] = "eyJhbGciOiJub25lIn0.e30.".into();
    by_policy(&folder, &["use"], request.to_string()).ends(1);
    let query = [
        "audit",
        "query",
        "--reason",
        "invalid-request",
        "--format",
        "json",
    ];
    let records = on_store(&folder, &query, "").ends(0).lines();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["tool"], "shop.order");
    assert_eq!(records[0]["agent"], "clerk");
}

#[test]
fn the_audit_may_spill_into_another_folder() {
    let folder = desk();
    let request = super::issuance("clerk").to_string();
    let spill = ["issue", "--on-audit-failure", "spill=spilt"];
    by_policy(&folder, &spill, &request).ends(0);
    by_policy(
        &folder,
        &["issue", "--on-audit-failure", "continue"],
        &request,
    )
    .ends(0);
    on_store(&folder, &["audit", "verify", "--spill", "spilt"], "")
        .ends(0)
        .shows("2 records");
    by_policy(
        &folder,
        &["issue", "--on-audit-failure", "ignore"],
        &request,
    )
    .ends(2)
    .says("`continue`");
}
