//! Ids, tokens and whole credentials, and the keys behind tokens.

use serde_json::{Value, json};

use super::{by_policy, call, desk, issuance, on_store, order};

#[test]
fn a_credential_is_named_by_id_token_or_as_a_whole() {
    let folder = desk();
    let decision = by_policy(
        &folder,
        &["issue", "--token"],
        issuance("clerk").to_string(),
    )
    .ends(0)
    .json();
    let check = |credential: Value, reason: &str| {
        let mut request = call("clerk", "order", order(1));
        request["credential"] = credential.clone();
        let run = by_policy(&folder, &["use"], request.to_string());
        assert_eq!(run.json()["reason"], reason, "{credential}");
        run.json()
    };
    let whole = decision["credential"].clone();
    check(whole["id"].clone(), "granted");
    check(decision["token"].clone(), "granted");
    check(whole.clone(), "granted");
    check(decision.clone(), "granted");

    let mut wider = whole.clone();
    wider["scopes"][0]["resource"] = json!("**");
    check(wider, "invalid-request");
    let mut nameless = whole.clone();
    nameless["id"] = Value::Null;
    check(nameless, "invalid-request");
    let token = decision["token"].as_str().expect("there is a token");
    check(
        json!(format!("{}A", &token[..token.len() - 2])),
        "invalid-request",
    );
    check(
        json!(format!(
            "{}.aaaaaaaaaaaaa",
            whole["id"].as_str().expect("an id")
        )),
        "invalid-request",
    );
    for hostile in [
        "../../etc/passwd",
        "c-",
        "a.b.c",
        "c-\u{1b}[31m",
        "",
        "\u{202e}",
    ] {
        let decision = check(json!(hostile), "invalid-request");
        assert!(decision["explanation"].to_string().contains("/credential"));
    }
    check(json!(17), "invalid-request");
    check(Value::Null, "invalid-request");
    check(json!({}), "invalid-request");
    // Named twice, and by an argument that is nothing.
    let mut request = call("clerk", "order", order(1));
    let run = by_policy(
        &folder,
        &["use", "--credential", "../x"],
        request.to_string(),
    )
    .ends(1);
    assert_eq!(run.json()["reason"], "invalid-request");
    request["credential"] = whole["id"].clone();
    let id = whole["id"].as_str().expect("an id");
    let run = by_policy(&folder, &["use", "--credential", id], request.to_string()).ends(1);
    assert!(run.stdout.contains("named twice"), "{}", run.stdout);
}

#[test]
fn keys_are_listed_rotated_and_published() {
    let folder = desk();
    let decision = by_policy(
        &folder,
        &["issue", "--token", "--issuer", "https://placet.example.com"],
        issuance("clerk").to_string(),
    );
    let token = decision.ends(0).json()["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let jwks = on_store(&folder, &["keys", "jwks"], "").ends(0);
    assert_eq!(jwks.json()["keys"].as_array().map(Vec::len), Some(1));
    folder.file("jwks.json", &jwks.stdout);
    on_store(&folder, &["keys", "rotate", "--algorithm", "ES256"], "")
        .ends(0)
        .shows("signs");
    let list = on_store(&folder, &["keys", "list"], "").ends(0);
    assert_eq!(list.stdout.lines().count(), 2, "{}", list.stdout);
    on_store(&folder, &["keys", "rotate", "--purpose", "audit"], "").ends(0);
    on_store(
        &folder,
        &[
            "keys",
            "rotate",
            "--purpose",
            "audit",
            "--algorithm",
            "ES256",
        ],
        "",
    )
    .ends(2)
    .says("EdDSA alone");

    // The old key still verifies: here, and where there is no store.
    let mut request = call("clerk", "order", order(1));
    request["credential"] = json!(token);
    let args = ["use", "--issuer", "https://placet.example.com"];
    by_policy(&folder, &args, request.to_string()).ends(0);
    let offline = ["decide", "--policy", "policy.placet", "--keys", "jwks.json"];
    let whose = ["--issuer", "https://placet.example.com", "--audience"];
    let decide = |audience: &str, request: &Value, code: i32| {
        let args = [&offline[..], &whose, &[audience]].concat();
        folder.run_on(&args, request.to_string()).ends(code).json()["reason"].clone()
    };
    assert_eq!(decide("https://shop.example.com", &request, 0), "granted");
    assert_eq!(
        decide("https://other.example.com", &request, 1),
        "invalid-request"
    );
    let mut asked = issuance("reader");
    asked["credential"] = json!(token);
    by_policy(
        &folder,
        &[
            "delegate",
            "--holder",
            "clerk",
            "--issuer",
            "https://placet.example.com",
        ],
        asked.to_string(),
    )
    .ends(0);

    // Until it is retired.
    let keys = on_store(&folder, &["keys", "list", "--format", "json"], "").lines();
    let kid = |signs: bool| {
        let mut of = keys.iter().filter(|key| key["until"].is_null() == signs);
        let key = of.next().expect("there is one");
        key["kid"].as_str().expect("it has an id")
    };
    on_store(&folder, &["keys", "retire", kid(true)], "")
        .ends(2)
        .says("rotate");
    on_store(&folder, &["keys", "retire", kid(false)], "").ends(0);
    by_policy(&folder, &args, request.to_string())
        .ends(1)
        .shows("no key");

    request["time"] = json!("2026-11-24T18:00:00Z");
    assert_eq!(decide("https://shop.example.com", &request, 1), "expired");
    let alone = folder
        .run_on(&["decide", "--policy", "."], request.to_string())
        .ends(1);
    assert!(alone.stdout.contains("--keys"), "{}", alone.stdout);
}

#[test]
fn what_is_bound_to_a_key_needs_the_proof() {
    let folder = desk();
    let key = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    let issue = ["issue", "--token", "--key", key];
    let issued = by_policy(&folder, &issue, issuance("clerk").to_string())
        .ends(0)
        .json();
    let request = call("clerk", "order", order(1)).to_string();
    let check = |named: &Value, proof: &[&str], reason: &str| {
        let named = named.as_str().expect("it is a text");
        let args = [&["use", "--credential", named], proof].concat();
        let decision = by_policy(&folder, &args, &request).json();
        assert_eq!(decision["reason"], reason, "{decision}");
    };
    let other = "1ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    for named in [&issued["credential"]["id"], &issued["token"]] {
        check(named, &[], "wrong-holder");
        check(named, &["--proven-key", other], "wrong-holder");
        check(named, &["--proven-key", key], "granted");
    }
}
