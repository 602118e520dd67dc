use std::fs;
use std::path::Path;

use placet_model::value::Time;
use placet_model::wire::{read_json, to_text};

use super::*;

const MESSAGE: &[u8] = b"it is granted";

fn json(text: &str) -> Json {
    match read_json(text.as_bytes()) {
        Ok(Ok(json)) => json,
        other => panic!("{other:?}"),
    }
}

#[cfg(unix)]
fn chmod(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_a_key_signs_its_public_half_verifies_and_no_other() {
    for algorithm in Algorithm::ALL {
        let key = SigningKey::generate(algorithm).unwrap();
        let other = SigningKey::generate(algorithm).unwrap();
        let signature = key.sign(MESSAGE).unwrap();
        assert_eq!(signature.len(), 64);
        let public = key.verifying_key();
        assert_eq!(public.verify(MESSAGE, &signature), Ok(()));
        assert_eq!(
            public.verify(b"it is denied", &signature),
            Err(BadSignature)
        );
        assert_eq!(public.verify(MESSAGE, b""), Err(BadSignature));
        let verified = other.verifying_key().verify(MESSAGE, &signature);
        assert_eq!(verified, Err(BadSignature));
        assert_eq!(
            VerifyingKey::from_jwk(&public.to_jwk()).as_ref(),
            Ok(public)
        );
    }
}

#[test]
fn thumbprints_are_those_of_the_standards() {
    // RFC 8037 appendix A.3.
    let ed =
        json(r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#);
    let key = VerifyingKey::from_jwk(&ed).unwrap();
    assert_eq!(
        key.thumbprint(),
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    );
    assert_eq!(key.kid(), key.thumbprint());
}

#[test]
fn a_saved_key_is_loaded_again_and_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    for algorithm in Algorithm::ALL {
        let key = SigningKey::generate(algorithm).unwrap();
        let path = folder.path().join(algorithm.name());
        key.save(&path).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let loaded = SigningKey::load(&path).unwrap();
        assert_eq!(loaded.verifying_key(), key.verifying_key());
        assert_eq!(loaded.algorithm(), algorithm);

        let again = SigningKey::generate(algorithm).unwrap().save(&path);
        assert!(matches!(again, Err(KeyError::Exists { .. })), "{again:?}");
        let kept = SigningKey::load(&path).unwrap();
        assert_eq!(kept.kid(), key.kid());
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    SigningKey::generate(Algorithm::EdDsa)
        .unwrap()
        .save(&path)
        .unwrap();
    for mode in [0o640, 0o604, 0o660, 0o601] {
        chmod(&path, mode);
        let error = SigningKey::load(&path).unwrap_err();
        let shown = error
            .to_string()
            .replace(&path.display().to_string(), "key.pem");
        let said = format!(
            "`key.pem` is open to others (mode {mode:04o}); run `chmod 600 key.pem`, and \
             consider whether the key is still a secret"
        );
        assert_eq!(shown, said);
    }
}

#[test]
fn what_is_no_private_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let key = SigningKey::generate(Algorithm::EdDsa).unwrap();
    key.save(&path).unwrap();
    let good = fs::read_to_string(&path).unwrap();
    for text in [
        String::new(),
        good.replace("PRIVATE", "PUBLIC"),
        good.replace("-----END PRIVATE KEY-----", ""),
        format!("{good}{good}"),
        good.replacen("MC", "!!", 1),
        good.replacen("MC", "MD", 1),
    ] {
        fs::write(&path, &text).unwrap();
        let read = SigningKey::load(&path);
        assert!(
            matches!(read, Err(KeyError::NotPrivateKey { .. })),
            "{text}\n{read:?}"
        );
    }
    fs::write(&path, vec![b'a'; 1 << 20]).unwrap();
    assert!(matches!(SigningKey::load(&path), Err(KeyError::Io { .. })));
    assert!(matches!(
        SigningKey::load(folder.path()),
        Err(KeyError::Io { .. })
    ));
}

#[test]
fn nothing_that_is_shown_has_a_private_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let key = SigningKey::generate(Algorithm::EdDsa).unwrap();
    key.save(&path).unwrap();
    let kid = key.kid();
    let shown = format!("SigningKey {{ algorithm: EdDsa, kid: \"{kid}\", .. }}");
    assert_eq!(format!("{key:?}"), shown);
    let jwk = to_text(&key.verifying_key().to_jwk());
    assert!(!jwk.contains("\"d\""), "{jwk}");
}

#[test]
fn a_key_set_is_read_as_the_standard_asks() {
    let keys = [
        SigningKey::generate(Algorithm::EdDsa).unwrap(),
        SigningKey::generate(Algorithm::Es256).unwrap(),
    ];
    let [ed, ec] = keys
        .each_ref()
        .map(|key| to_text(&key.verifying_key().to_jwk()));
    let check = |jwks: &[&str], expected: Result<usize, &str>| {
        let text = format!(r#"{{"keys":[{}],"more":1}}"#, jwks.join(","));
        let read = KeySet::read(text.as_bytes());
        let shown = read
            .as_ref()
            .map(|set| set.iter().count())
            .map_err(ToString::to_string);
        assert_eq!(
            shown.as_ref().map_err(String::as_str),
            expected.as_ref().map_err(|e| *e)
        );
    };
    check(&[], Ok(0));
    check(&[&ed, &ec], Ok(2));
    check(
        &[&ed, r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, "17"],
        Ok(1),
    );
    check(
        &[
            &ed,
            r#"{"kty":"new","kid":"x"}"#,
            r#"{"kty":"EC","crv":"P-256"}"#,
        ],
        Ok(1),
    );
    // Off the curve, of another length, for another use.
    check(
        &[r#"{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}"#],
        Ok(0),
    );
    let point = "A".repeat(43);
    check(
        &[&format!(
            r#"{{"kty":"EC","crv":"P-256","x":"{point}","y":"{point}"}}"#
        )],
        Ok(0),
    );
    check(&[&ed.replace("\"sig\"", "\"enc\"")], Ok(0));
    check(&[&ed.replace("\"EdDSA\"", "\"ES256\"")], Ok(0));
    check(&[&ed.replace("{", r#"{"key_ops":["sign"],"#)], Ok(0));
    check(&[&ed.replace("{", r#"{"key_ops":["verify"],"#)], Ok(1));
    let twice = format!("two keys have the `kid` `{}`", keys[0].kid());
    check(&[&ed, &ec, &ed], Err(&twice));
    let private = ed.replace("{", r#"{"d":"AAAA","#);
    check(
        &[&private],
        Err("a private key is published; replace it by a new one"),
    );
    check(
        &[&ed.replace("{", r#"{"kty":"OKP","#)],
        Err("/keys/0/kty: duplicate key `kty`"),
    );
    let not_set = KeySet::read(b"[]").unwrap_err();
    assert_eq!(
        not_set.to_string(),
        "a key set is an object with an array `keys`"
    );
    let large = vec![b' '; MAX_KEY_SET_BYTES + 1];
    assert_eq!(KeySet::read(&large), Err(JwkError::TooLarge));
}

const NOW: Time = Time(1_767_225_600_000_000);
const LATER: Time = Time(NOW.0 + 1);

fn ring(folder: &Path) -> Keyring {
    Keyring::open_or_create(folder, Algorithm::EdDsa, NOW).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_rotated_key_verifies_until_it_is_retired() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("keys/tokens");
    assert!(matches!(
        Keyring::open(&folder),
        Err(KeyError::NoKeyring { .. })
    ));
    let mut ring = ring(&folder);
    let old = ring.signing().kid().to_owned();
    let signature = ring.signing().sign(MESSAGE).unwrap();
    assert!(matches!(ring.retire(&old), Err(KeyError::Active(_))));

    ring.rotate_to(Algorithm::Es256, LATER).unwrap();
    assert_eq!(ring.signing().algorithm(), Algorithm::Es256);
    let times: Vec<_> = ring
        .keys()
        .iter()
        .map(|key| (key.created, key.superseded))
        .collect();
    assert_eq!(times, [(NOW, Some(LATER)), (LATER, None)]);
    let set = ring.jwks();
    assert_eq!(set.iter().count(), 2);
    assert_eq!(set.get(&old).unwrap().verify(MESSAGE, &signature), Ok(()));
    assert!(!names(&folder).contains(&format!("{old}.pem")));

    let mut reopened = Keyring::open(&folder).unwrap();
    assert_eq!(reopened.jwks(), set);
    assert!(matches!(
        reopened.retire("another"),
        Err(KeyError::Unknown(_))
    ));
    reopened.retire(&old).unwrap();
    assert!(reopened.jwks().get(&old).is_none());
    ring.reload().unwrap();
    assert_eq!(ring.jwks(), reopened.jwks());
    assert_eq!(
        KeySet::read(ring.jwks().to_text().as_bytes()),
        Ok(ring.jwks())
    );
}

/// Every state of the folder that a crash can leave behind, by the files that are there.
#[test]
fn a_folder_opens_after_a_crash_at_any_step() {
    let before = tempfile::tempdir().unwrap();
    let after = tempfile::tempdir().unwrap();
    let old = ring(before.path());
    let signature = old.signing().sign(MESSAGE).unwrap();
    let copy = |from: &Path, to: &Path, name: &str| {
        fs::copy(from.join(name), to.join(name)).unwrap();
    };
    for name in names(before.path()) {
        copy(before.path(), after.path(), &name);
    }
    let mut new = Keyring::open(after.path()).unwrap();
    new.rotate(LATER).unwrap();
    let (old_kid, new_kid) = (old.signing().kid(), new.signing().kid());
    let steps = [
        format!("{new_kid}.pem"),
        format!("{new_kid}.json"),
        format!("{old_kid}.json"),
        ACTIVE.to_owned(),
    ];
    for done in 0..=steps.len() {
        let crashed = tempfile::tempdir().unwrap();
        for name in names(before.path()) {
            copy(before.path(), crashed.path(), &name);
        }
        for step in &steps[..done] {
            copy(after.path(), crashed.path(), step);
        }
        fs::write(crashed.path().join(".x.pem.0.tmp"), "half").unwrap();
        let opened = Keyring::open(crashed.path()).unwrap();
        let rotated = done == steps.len();
        let expected = if rotated { &new } else { &old };
        assert_eq!(opened.signing().kid(), expected.signing().kid(), "{done}");
        assert_eq!(opened.jwks(), expected.jwks(), "{done}");
        let key = opened.jwks().get(old_kid).cloned().unwrap();
        assert_eq!(key.verify(MESSAGE, &signature), Ok(()));
        let tidy = if rotated { after.path() } else { before.path() };
        assert_eq!(names(crashed.path()), names(tidy), "{done}");
    }

    // The first key of all.
    let steps = [format!("{old_kid}.pem"), format!("{old_kid}.json")];
    for done in 0..=steps.len() {
        let crashed = tempfile::tempdir().unwrap();
        for step in &steps[..done] {
            copy(before.path(), crashed.path(), step);
        }
        let opened = ring(crashed.path());
        // A key that is described may be known outside: it stays.
        assert_eq!(opened.signing().kid() == old_kid, done == steps.len());
        assert_eq!(opened.jwks().iter().count(), 1);
        assert_eq!(names(crashed.path()).len(), names(before.path()).len());
    }
}

const ACTIVE: &str = "active";

#[test]
fn a_damaged_folder_is_refused() {
    let check = |damage: &dyn Fn(&Path, &str), expected: &str| {
        let folder = tempfile::tempdir().unwrap();
        let mut ring = ring(folder.path());
        ring.rotate(LATER).unwrap();
        let kid = ring.signing().kid();
        damage(folder.path(), kid);
        let shown = Keyring::open(folder.path()).unwrap_err().to_string();
        let shown = shown
            .replace(&folder.path().display().to_string(), "keys")
            .replace(kid, "KID");
        assert_eq!(shown, expected);
    };
    check(
        &|folder, _| fs::write(folder.join(ACTIVE), "other\n").unwrap(),
        "`keys` does not tell which key signs; write the name of its `.pem` file, without \
         `.pem`, into `keys/active`",
    );
    check(
        &|folder, kid| fs::write(folder.join(format!("{kid}.json")), "{}").unwrap(),
        "`keys/KID.json` describes no key of this folder",
    );
    check(
        &|folder, kid| fs::remove_file(folder.join(format!("{kid}.json"))).unwrap(),
        "`keys/KID.json` describes no key of this folder",
    );
    check(
        &|folder, kid| {
            let path = folder.join(format!("{kid}.pem"));
            fs::remove_file(&path).unwrap();
            SigningKey::generate(Algorithm::EdDsa)
                .unwrap()
                .save(&path)
                .unwrap();
        },
        "`keys/KID.json` describes no key of this folder",
    );
    #[cfg(unix)]
    check(
        &|folder, _| chmod(folder, 0o770),
        "`keys` is open to others (mode 0770); run `chmod 700 keys`, and consider whether the \
         key is still a secret",
    );
}

#[test]
fn files_of_others_in_the_folder_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut ring = ring(folder.path());
    let others = ["backup.pem", "notes.json", "README"].map(|name| folder.path().join(name));
    for other in &others {
        fs::write(other, "mine").unwrap();
    }
    ring.rotate(LATER).unwrap();
    ring = Keyring::open(folder.path()).unwrap();
    assert_eq!(ring.keys().len(), 2);
    assert!(others.iter().all(|other| other.exists()));
}

#[test]
fn threads_that_rotate_one_folder_lose_no_key() {
    let folder = tempfile::tempdir().unwrap();
    ring(folder.path());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| Keyring::open(folder.path()).unwrap().rotate(LATER).unwrap());
        }
    });
    let ring = Keyring::open(folder.path()).unwrap();
    assert_eq!(ring.keys().len(), 5);
}

#[test]
fn the_id_of_a_new_key_is_never_taken_for_an_option() {
    for _ in 0..1_000 {
        let key = SigningKey::generate(Algorithm::EdDsa).unwrap();
        assert!(!key.kid().starts_with('-'), "{}", key.kid());
    }
}
