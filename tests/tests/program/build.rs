//! `placet build`, and deciding with what it wrote.

use crate::support::Folder;

#[test]
fn a_compiled_policy_decides_as_its_texts_do() {
    let folder = Folder::starter();
    folder
        .run(&["build", ".", "-o", "starter.placetc"])
        .ends(0)
        .shows("wrote starter.placetc");
    let decide = |policy: &str| {
        folder
            .run(&[
                "decide",
                "--policy",
                policy,
                "--no-credential",
                "request.json",
            ])
            .ends(0)
            .stdout
    };
    assert_eq!(decide("starter.placetc"), decide("policy.placet"));
    assert_eq!(decide("starter.placetc"), decide("."));
    let first = folder.bytes("starter.placetc");
    folder.run(&["build", ".", "-o", "starter.placetc"]).ends(0);
    assert_eq!(
        first,
        folder.bytes("starter.placetc"),
        "equal texts, equal bytes"
    );
}

#[test]
fn a_corrupt_file_is_an_error_and_never_a_decision() {
    let folder = Folder::starter();
    folder.run(&["build", ".", "-o", "good"]).ends(0);
    let good = folder.bytes("good");
    let cut = &good[..good.len() / 2];
    let mut changed = good.clone();
    changed[good.len() / 2] ^= 1;
    let mut newer = good.clone();
    newer[7] = 99;
    for (name, bytes, says) in [
        ("cut", cut, "cut short"),
        ("changed", &changed[..], "checksum"),
        ("newer", &newer[..], "format"),
        ("long", &[&good[..], b"x"].concat()[..], "cannot load"),
        ("magic", &good[..7], "cannot load"),
    ] {
        folder.file(name, bytes);
        let run = folder
            .run(&[
                "decide",
                "--policy",
                name,
                "--no-credential",
                "request.json",
            ])
            .ends(2)
            .says(says);
        assert_eq!(run.stdout, "", "{name}");
    }
}

#[test]
fn a_compiled_policy_stands_alone() {
    let folder = Folder::starter();
    folder.run(&["build", ".", "-o", "x.placetc"]).ends(0);
    folder
        .run(&[
            "decide",
            "--policy",
            "x.placetc",
            "--policy",
            ".",
            "request.json",
        ])
        .ends(2)
        .says("takes nothing beside it");
    folder
        .run(&["check", "x.placetc"])
        .ends(2)
        .says("policy text is needed here");
}

#[test]
fn what_has_errors_is_not_built_and_the_old_file_stays() {
    let folder = Folder::starter();
    folder.run(&["build", ".", "-o", "x.placetc"]).ends(0);
    let before = folder.bytes("x.placetc");
    folder.file("bad.placet", "deny d { action delte }");
    folder
        .run(&["build", ".", "-o", "x.placetc"])
        .ends(2)
        .says("did you mean `delete`?")
        .says("the policy has errors");
    assert_eq!(before, folder.bytes("x.placetc"));
    folder
        .run(&["build", "policy.placet", "-o", "no/folder/x.placetc"])
        .ends(2)
        .says("cannot write");
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .expect("the folder is there")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".tmp"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn machines_are_told_what_was_built_or_why_it_was_not() {
    let folder = Folder::starter();
    let build = |more: &[&str]| {
        folder.run(&[&["build", "--format", "json", "-o", "x.placetc"], more].concat())
    };
    let told = build(&["."]).ends(0).json();
    let size = folder.bytes("x.placetc").len();
    assert_eq!(told["version"], 1);
    assert_eq!(told["written"]["file"], "x.placetc");
    assert_eq!(told["written"]["bytes"], size);
    assert_eq!(told["written"]["layers"], 1);
    let checked = folder.run(&["check", ".", "--format", "json"]).json();
    assert_eq!(told["written"]["policy"], checked["policy"]);
    assert_eq!(told["written"]["rules"], checked["rules"]);
    assert!(told["written"]["nodes"].as_u64() > Some(0));
    assert_eq!(told.get("error"), None);

    // A compiled policy can be built anew, and is the same.
    let again = build(&["x.placetc"]).ends(0).json();
    assert_eq!(again["written"], told["written"]);

    folder.file("bad.placet", "deny d { action delte }");
    let run = build(&["."]).ends(2).says("the policy has errors");
    assert!(!run.stderr.contains("PL0105"), "{}", run.stderr);
    let told = run.json();
    assert_eq!(told["written"], serde_json::Value::Null);
    assert_eq!(told["diagnostics"][0]["code"], "PL0105");
    assert_eq!(told["error"], "the policy has errors and cannot be used");

    let told = build(&["nowhere"]).ends(2).json();
    assert_eq!(
        told["error"],
        "cannot read `nowhere`: no such file or directory"
    );
    assert!(
        told["help"]
            .as_str()
            .is_some_and(|help| help.contains("path"))
    );
}
