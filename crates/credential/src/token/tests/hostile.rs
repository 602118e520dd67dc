//! Tokens that somebody has made to deceive, most of them signed by a key that is trusted.

use super::*;

/// The reason of each refusal is `invalid-request`: time alone makes others.
#[test]
fn hostile_tokens_are_refused_and_told_why() {
    let key = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let other = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let ec = SigningKey::generate(Algorithm::Es256).unwrap();
    let verifier = verifier(&[&key, &ec]);
    let token = sign(&key, &held());
    let (header, payload) = (part(&token, 0), part(&token, 1));
    let pieces: Vec<&str> = token.split('.').collect();
    let (h, p, s) = (pieces[0], pieces[1], pieces[2]);
    let kid = key.kid();

    let mut table = String::new();
    let mut check = |what: &str, token: &str| {
        let error = verifier.verify(token, now(), None).unwrap_err();
        assert_eq!(error.reason(), Reason::InvalidRequest, "{what}");
        let said = error.to_string();
        let said = said
            .replace(kid, "KID")
            .replace(other.kid(), "OTHER")
            .replace(ec.kid(), "EC");
        table += &format!("{what}: {said}\n");
    };

    check("nothing", "");
    check("one part", h);
    check("two parts", &format!("{h}.{p}"));
    check("four parts", &format!("{token}.{s}"));
    check("no signature", &format!("{h}.{p}."));
    check("padding", &format!("{h}=.{p}.{s}"));
    check("white space", &format!("{token}\n"));
    check("another alphabet", &token.replacen('.', "+/.", 1));
    check("huge", &format!("{token}{}", "A".repeat(MAX_TOKEN_BYTES)));
    check("signature of another token", &{
        let mut more = held();
        more.epoch = Epoch(8);
        let stolen = sign(&key, &more);
        format!("{h}.{p}.{}", stolen.rsplit('.').next().unwrap())
    });

    let mut with_header = |what: &str, key: &SigningKey, header: &str| {
        check(what, &forge(key, header, &payload));
    };
    with_header("header is no JSON", &key, "{");
    with_header("header is no object", &key, "[]");
    with_header(
        "a deep header",
        &key,
        &format!("{{\"alg\":{}", "[".repeat(100) + &"]".repeat(100) + "}"),
    );
    with_header(
        "alg twice",
        &key,
        &header.replacen('{', r#"{"alg":"none","#, 1),
    );
    with_header("alg none", &key, &header.replace("EdDSA", "none"));
    with_header("alg None", &key, &header.replace("EdDSA", "None"));
    with_header("alg HS256", &key, &header.replace("EdDSA", "HS256"));
    with_header("alg eddsa", &key, &header.replace("EdDSA", "eddsa"));
    with_header("alg is no text", &key, &header.replace("\"EdDSA\"", "null"));
    with_header(
        "alg of another key",
        &key,
        &header.replace("EdDSA", "ES256"),
    );
    with_header("signed by another kind of key", &ec, &header);
    with_header("signed by another key", &other, &header);
    with_header("another kid", &key, &header.replace(kid, other.kid()));
    with_header(
        "a kid of another kind",
        &key,
        &header.replace(kid, ec.kid()).replace("ES256", "EdDSA"),
    );
    with_header(
        "a kid that is a path",
        &key,
        &header.replace(kid, "../../etc/passwd"),
    );
    with_header("a kid that hides", &key, &header.replace(kid, "a\\u202eb"));
    with_header("no kid", &key, r#"{"alg":"EdDSA","typ":"placet+jwt"}"#);
    with_header(
        "no typ",
        &key,
        &header.replace(r#""typ":"placet+jwt","#, ""),
    );
    with_header(
        "an access token",
        &key,
        &header.replace("placet+jwt", "at+jwt"),
    );
    with_header(
        "a typ in capitals",
        &key,
        &header.replace("placet+jwt", "PLACET+JWT"),
    );
    for more in [
        r#""crit":["exp"]"#,
        r#""jwk":{"kty":"OKP"}"#,
        r#""jku":"https://evil.example.com/keys""#,
        r#""x5u":"https://evil.example.com/cert""#,
        r#""x5c":[]"#,
        r#""b64":false"#,
        r#""zip":"DEF""#,
    ] {
        with_header(more, &key, &header.replacen('{', &format!("{{{more},"), 1));
    }

    let mut with_payload = |what: &str, from: &str, to: &str| {
        assert!(payload.contains(from), "{what}");
        check(what, &forge(&key, &header, &payload.replacen(from, to, 1)));
    };
    with_payload("payload is no JSON", "{", "");
    with_payload("a claim twice", r#""exp":"#, r#""exp":1,"exp":"#);
    with_payload("a fact twice", r#""mfa":true"#, r#""mfa":true,"mfa":false"#);
    with_payload("another issuer", ISSUER, "https://evil.example.com");
    with_payload(
        "an issuer that looks alike",
        "placet.example",
        "pl\u{430}cet.example",
    );
    with_payload("an issuer with more", ISSUER, "https://placet.example.com/");
    with_payload(
        "another audience",
        &format!(r#""aud":"{AUDIENCE}""#),
        r#""aud":["a","b"]"#,
    );
    with_payload(
        "no audience",
        &format!(r#""aud":"{AUDIENCE}""#),
        r#""aud":[]"#,
    );
    with_payload(
        "a numeric audience",
        &format!(r#""aud":"{AUDIENCE}""#),
        r#""aud":1"#,
    );
    with_payload("a later exp", r#""exp":1795428900"#, r#""exp":1795428901"#);
    with_payload(
        "an endless exp",
        r#""exp":1795428900"#,
        r#""exp":99999999999999999999"#,
    );
    with_payload(
        "exp of another spelling",
        r#""exp":1795428900"#,
        r#""exp":1.7954289e9"#,
    );
    with_payload(
        "exp as text",
        r#""exp":1795428900"#,
        r#""exp":"1795428900""#,
    );
    with_payload("no exp", r#""exp":1795428900,"#, "");
    with_payload("an earlier nbf", r#""nbf":1795428000"#, r#""nbf":0"#);
    with_payload("no nbf", r#""nbf":1795428000,"#, "");
    with_payload("an earlier iat", r#""iat":1795428000"#, r#""iat":0"#);
    with_payload(
        "not_after beyond all times",
        r#""not_after":"2026"#,
        r#""not_after":"999999"#,
    );
    with_payload("another jti", r#""jti":"c-b"#, r#""jti":"c-c"#);
    with_payload("jti is no id", r#""jti":"c-b"#, r#""jti":"b"#);
    with_payload("an empty user", r#""sub":"ana""#, "\"sub\":\"\"");
    with_payload("sub is not NFC", r#""sub":"ana""#, "\"sub\":\"ne\u{301}e\"");
    with_payload("sub hides", r#""sub":"ana""#, r#""sub":"ana\u202e""#);
    with_payload("no sub", r#""sub":"ana","#, "");
    with_payload("an actor less", r#","act":{"sub":"triage-bot"}"#, "");
    with_payload(
        "another actor before",
        r#"{"sub":"triage-bot"}"#,
        r#"{"sub":"boss"}"#,
    );
    with_payload(
        "an actor more",
        r#"{"sub":"triage-bot"}"#,
        r#"{"sub":"triage-bot","act":{"sub":"boss"}}"#,
    );
    with_payload(
        "a name of an actor",
        r#"{"sub":"triage-bot"}"#,
        r#"{"sub":"triage-bot","iss":"x"}"#,
    );
    with_payload(
        "act is no object",
        r#""act":{"sub":"reader","act":{"sub":"triage-bot"}}"#,
        r#""act":"reader""#,
    );
    with_payload(
        "no act",
        r#""act":{"sub":"reader","act":{"sub":"triage-bot"}},"#,
        "",
    );
    with_payload("a scope more", r#""scope":""#, r#""scope":"admin:write "#);
    with_payload(
        "scopes in another order",
        "zendesk.get_ticket:read zendesk.search:read",
        "zendesk.search:read zendesk.get_ticket:read",
    );
    with_payload(
        "a wider action",
        r#""actions":["read"]"#,
        r#""actions":["delete"]"#,
    );
    with_payload(
        "two actions",
        r#""actions":["read"]"#,
        r#""actions":["read","delete"]"#,
    );
    with_payload("no action", r#""actions":["read"],"#, "");
    with_payload(
        "a detail of another type",
        "urn:placet:scope:1",
        "urn:placet:scope:2",
    );
    with_payload(
        "a resource that is none",
        r#""identifier":"ticket/acme""#,
        r#""identifier":"ticket/../acme""#,
    );
    with_payload(
        "a resource twice",
        r#""identifier":"#,
        r#""resource":"**","identifier":"#,
    );
    with_payload(
        "a privilege",
        r#""identifier":"#,
        r#""privileges":["admin"],"identifier":"#,
    );
    with_payload("a negative depth", r#""delegate":0"#, r#""delegate":-1"#);
    with_payload(
        "task twice",
        r#""placet":{"#,
        r#""placet":{"policy":"sha256:01","#,
    );
    with_payload(
        "an agent named twice",
        r#""agent":{"#,
        r#""agent":{"id":"boss","#,
    );
    with_payload("no task", r#""task":"T-1","#, "");
    with_payload("a task that is a number", r#""task":"T-1""#, r#""task":1"#);
    with_payload("another parent", r#""id":"c-b"#, r#""id":"c-c"#);
    with_payload("no epoch", r#""epoch":7"#, r#""epoch":null"#);
    with_payload("a fractional epoch", r#""epoch":7"#, r#""epoch":7.0"#);
    with_payload("a negative epoch", r#""epoch":7"#, r#""epoch":-7"#);
    with_payload("a newer version", r#""version":1"#, r#""version":2"#);
    with_payload(
        "another member",
        r#""placet":{"#,
        r#""placet":{"admin":true,"#,
    );
    with_payload(
        "a whole decision",
        r#""placet":{"#,
        r#""placet":{"decision":"grant","#,
    );
    with_payload("another claim", r#""policy":"#, r#""admin":true,"policy":"#);
    with_payload(
        "a binding that is none",
        r#""policy":"#,
        r#""cnf":{},"policy":"#,
    );
    with_payload(
        "a binding to a short key",
        r#""policy":"#,
        r#""cnf":{"jkt":"AAAA"},"policy":"#,
    );
    with_payload(
        "a binding to a certificate, too",
        r#""policy":"#,
        &format!(r#""cnf":{{"jkt":"{JKT}","x5t#S256":"x"}},"policy":"#),
    );
    with_payload(
        "a deep fact",
        r#""mfa":true"#,
        &format!(r#""mfa":{}{}"#, "[".repeat(64), "]".repeat(64)),
    );

    insta::assert_snapshot!(table, @r##"
    nothing: a token is three parts in base64url without padding, joined by full stops
    one part: a token is three parts in base64url without padding, joined by full stops
    two parts: a token is three parts in base64url without padding, joined by full stops
    four parts: a token is three parts in base64url without padding, joined by full stops
    no signature: the signature does not verify
    padding: a token is three parts in base64url without padding, joined by full stops
    white space: a token is three parts in base64url without padding, joined by full stops
    another alphabet: a token is three parts in base64url without padding, joined by full stops
    huge: a token has at most 262144 bytes, and this one 264243
    signature of another token: the signature does not verify
    header is no JSON: the header is not JSON, line 1, column 2: object keys must be strings
    header is no object: the header is no object
    a deep header: the header: /alg/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0: nested deeper than 64 levels
    alg twice: the header: /alg: duplicate key `alg`
    alg none: signatures by `none` are not accepted here
    alg None: signatures by `None` are not accepted here
    alg HS256: signatures by `HS256` are not accepted here
    alg eddsa: signatures by `eddsa` are not accepted here
    alg is no text: `alg` is missing in the header, or is no text
    alg of another key: the key `KID` signs by EdDSA, and the header says ES256
    signed by another kind of key: the signature does not verify
    signed by another key: the signature does not verify
    another kid: no key `OTHER` is known here: it is another issuer's, was retired, or is newer than the keys here
    a kid of another kind: the key `EC` signs by ES256, and the header says EdDSA
    a kid that is a path: no key `../../etc/passwd` is known here: it is another issuer's, was retired, or is newer than the keys here
    a kid that hides: no key `a\u{202e}b` is known here: it is another issuer's, was retired, or is newer than the keys here
    no kid: `kid` is missing in the header, or is no text
    no typ: `typ` is missing in the header, or is no text
    an access token: the token is of type `at+jwt`, and not `placet+jwt`
    a typ in capitals: the token is of type `PLACET+JWT`, and not `placet+jwt`
    "crit":["exp"]: the header demands extensions (`crit`), and there are none
    "jwk":{"kty":"OKP"}: the header brings a key (`jwk`); the verifier alone knows the keys
    "jku":"https://evil.example.com/keys": the header brings a key (`jku`); the verifier alone knows the keys
    "x5u":"https://evil.example.com/cert": the header brings a key (`x5u`); the verifier alone knows the keys
    "x5c":[]: the header brings a key (`x5c`); the verifier alone knows the keys
    "b64":false: `b64` is not known in the header
    "zip":"DEF": `zip` is not known in the header
    payload is no JSON: the payload is not JSON, line 1, column 6: the JSON already contains one root element
    a claim twice: the payload: /exp: duplicate key `exp`
    a fact twice: the payload: /placet/context/mfa: duplicate key `mfa`
    another issuer: the token is issued by `https://evil.example.com`, which is not who is trusted here
    an issuer that looks alike: the token is issued by `https://pl\u{430}cet.example.com`, which is not who is trusted here
    an issuer with more: the token is issued by `https://placet.example.com/`, which is not who is trusted here
    another audience: the token is not for `https://zendesk.example.com/mcp`
    no audience: the claim `aud` is not a text or an array of texts
    a numeric audience: the claim `aud` is not a text or an array of texts
    a later exp: the claim `exp` does not agree with the credential that the token carries
    an endless exp: the claim `exp` does not agree with the credential that the token carries
    exp of another spelling: the claim `exp` does not agree with the credential that the token carries
    exp as text: the claim `exp` does not agree with the credential that the token carries
    no exp: the claim `exp` is missing
    an earlier nbf: the claim `nbf` does not agree with the credential that the token carries
    no nbf: the claim `nbf` is missing
    an earlier iat: the claim `iat` does not agree with the credential that the token carries
    not_after beyond all times: the token carries no credential: /scopes/0/not_after: `999999-11-23T10:15:00.75Z` is not a time; write it like `2026-11-23T10:00:00Z` (RFC 3339)
    another jti: `c-caaaaaaaaaaaaaaaaaaaaaaaaa.caaaaaaaaaaaa` is not the id of a credential in this place of its chain
    jti is no id: `baaaaaaaaaaaaaaaaaaaaaaaaa.caaaaaaaaaaaa` is not the id of a credential in this place of its chain
    an empty user: the token carries no credential: /user/id: empty text
    sub is not NFC: the token carries no credential: /user/id: text is not in Unicode Normalization Form C at byte 1
    sub hides: the token carries no credential: /user/id: bidirectional control character U+202E at byte 3
    no sub: the claim `sub` is missing
    an actor less: the claim `act` does not agree with the credential that the token carries
    another actor before: the claim `act` does not agree with the credential that the token carries
    an actor more: the claim `act` does not agree with the credential that the token carries
    a name of an actor: the claim `act` does not agree with the credential that the token carries
    act is no object: the claim `act` is not an object with a text `sub`
    no act: the claim `act` is missing
    a scope more: the claim `scope` does not agree with the credential that the token carries
    scopes in another order: the claim `scope` does not agree with the credential that the token carries
    a wider action: the claim `scope` does not agree with the credential that the token carries
    two actions: the claim `authorization_details` is not of one action and at most one location each
    no action: the token carries no credential: /scopes/0: `action` is missing
    a detail of another type: `authorization_details` has members of another type than `urn:placet:scope:1`
    a resource that is none: the token carries no credential: /scopes/0/resource: segments `.` and `..` are not allowed at byte 7
    a resource twice: the claim `authorization_details` is not of members that each say a thing once
    a privilege: the token carries no credential: /scopes/0/privileges: unknown key `privileges`; known are `tool`, `action`, `resource`, `except`, `not_after`, `delegate`, `rules` and `residual`
    a negative depth: the token carries no credential: /scopes/0/delegate: a depth of delegation is needed here, not a number
    task twice: the claim `placet` is not free of what other claims carry
    an agent named twice: the claim `placet` is not free of what other claims carry
    no task: the claim `task` is missing
    a task that is a number: the claim `task` is not a text
    another parent: `c-baaaaaaaaaaaaaaaaaaaaaaaaa.caaaaaaaaaaaa` is not the id of a credential in this place of its chain
    no epoch: the claim `placet` is not with a whole number `epoch`
    a fractional epoch: the claim `placet` is not with a whole number `epoch`
    a negative epoch: the claim `placet` is not with a whole number `epoch`
    a newer version: the token carries no credential: /version: version 2 of credentials is not known here; this is version 1
    another member: the token carries no credential: /admin: unknown key `admin`; known are `version`, `id`, `agent`, `user`, `task`, `context`, `issued`, `not_after`, `policy`, `scopes`, `consents`, `approvals` and `parent`
    a whole decision: the token carries no credential: this decision carries no credential
    another claim: the claim `admin` is not known
    a binding that is none: the claim `cnf` is not an object with a thumbprint `jkt`
    a binding to a short key: the claim `cnf` is not an object with a thumbprint `jkt`
    a binding to a certificate, too: the claim `cnf` does not agree with the credential that the token carries
    a deep fact: the payload: /placet/context/mfa/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0: nested deeper than 64 levels
    "##);
}

/// A token of any header and payload that a key really signs.
fn forge(key: &SigningKey, header: &str, payload: &str) -> String {
    let signed = [header, payload]
        .map(|part| URL_SAFE_NO_PAD.encode(part))
        .join(".");
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()).unwrap());
    format!("{signed}.{signature}")
}
