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
